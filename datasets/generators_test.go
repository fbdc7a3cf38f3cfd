package datasets

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math"
	"reflect"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// maker is a generator whose result type is forgotten.
type maker func() (any, error)

func erase[D any](g interface{ Make() (D, error) }) maker {
	return func() (any, error) { return g.Make() }
}

// generators has every generator, with enough rows for several chunks where it has rows, and every random choice on.
func generators(seed uint64) map[string]maker {
	const rows = 3*chunkRows + 17
	return map[string]maker{
		"Classification": erase(Classification{Rows: rows, Informative: 4, Redundant: 2, Repeated: 1, Flip: 0.1, Polytope: true,
			RandomShift: true, RandomScale: true, Seed: seed}),
		"Multilabel":         erase(Multilabel{Rows: rows, Seed: seed}),
		"Regression":         erase(Regression{Rows: rows, Features: 30, Noise: 1, EffectiveRank: 5, TailStrength: 0.2, Seed: seed}),
		"RegressionMulti":    erase(RegressionMulti{Rows: rows, Features: 20, Noise: 1, Seed: seed}),
		"Blobs":              erase(Blobs{Rows: rows, Seed: seed}),
		"Moons":              erase(Moons{Rows: rows, Noise: 0.1, Seed: seed}),
		"Circles":            erase(Circles{Rows: rows, Noise: 0.1, Seed: seed}),
		"SwissRoll":          erase(SwissRoll{Rows: rows, Noise: 0.1, Hole: true, Seed: seed}),
		"SCurve":             erase(SCurve{Rows: rows, Noise: 0.1, Seed: seed}),
		"Friedman1":          erase(Friedman1{Rows: rows, Noise: 1, Seed: seed}),
		"Friedman2":          erase(Friedman2{Rows: rows, Noise: 1, Seed: seed}),
		"Friedman3":          erase(Friedman3{Rows: rows, Noise: 1, Seed: seed}),
		"SparseUncorrelated": erase(SparseUncorrelated{Rows: rows, Seed: seed}),
		"Hastie":             erase(Hastie{Rows: rows, Seed: seed}),
		"Biclusters":         erase(Biclusters{Rows: rows, Columns: 10, Noise: 1, Seed: seed}),
		"Checkerboard":       erase(Checkerboard{Rows: rows, Columns: 10, Noise: 1, Seed: seed}),
		"LowRank":            erase(LowRank{Rows: rows, Columns: 30, TailStrength: 0.5, Seed: seed}),
		"SPD":                erase(SPD{Size: 40, Seed: seed}),
		"SparseSPD":          erase(SparseSPD{Size: 40, Seed: seed}),
		"SparseCoded":        erase(SparseCoded{Rows: rows, Seed: seed}),
		"SparseText":         erase(SparseText{Rows: rows, Vocabulary: 500, Length: 20, Seed: seed}),
		"HiggsLike":          erase(HiggsLike{Rows: rows, Flip: 0.1, Seed: seed}),
		"ClickLike":          erase(ClickLike{Rows: rows, Levels: 300, Seed: seed}),
		"RankingQueries":     erase(RankingQueries{Queries: 150, Noise: 0.5, Seed: seed}),
	}
}

// digest hashes every number and name below v, unexported ones too.
func digest(v any) uint64 {
	h := fnv.New64a()
	put := func(u uint64) { h.Write(binary.LittleEndian.AppendUint64(nil, u)) }
	var walk func(v reflect.Value)
	walk = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Float64:
			put(math.Float64bits(v.Float()))
		case reflect.Int, reflect.Int32:
			put(uint64(v.Int()))
		case reflect.Uint8:
			put(v.Uint())
		case reflect.String:
			h.Write([]byte(v.String()))
		case reflect.Slice:
			put(uint64(v.Len()))
			for i := range v.Len() {
				walk(v.Index(i))
			}
		case reflect.Struct:
			for i := range v.NumField() {
				walk(v.Field(i))
			}
		case reflect.Pointer, reflect.Interface:
			if !v.IsNil() {
				walk(v.Elem())
			}
		default:
			panic(fmt.Sprint("digest of ", v.Type()))
		}
	}
	walk(reflect.ValueOf(v))
	return h.Sum64()
}

func TestSameBytesForAnyGOMAXPROCS(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	want := map[string]uint64{}
	for name, make := range generators(3) {
		d, err := make()
		require.NoError(t, err, name)
		want[name] = digest(d)
	}
	for _, procs := range []int{2, 8} {
		runtime.GOMAXPROCS(procs)
		for name, make := range generators(3) {
			d, err := make()
			require.NoError(t, err, name)
			assert.Equal(t, want[name], digest(d), "%s at GOMAXPROCS=%d", name, procs)
		}
	}
	for name, make := range generators(4) {
		d, err := make()
		require.NoError(t, err, name)
		assert.NotEqual(t, want[name], digest(d), "%s ignores its seed", name)
	}
}

// configs has the zero config of every generator.
func configs() []any {
	return []any{Classification{}, Multilabel{}, Regression{}, RegressionMulti{}, Blobs{}, Moons{}, Circles{}, SwissRoll{}, SCurve{},
		Friedman1{}, Friedman2{}, Friedman3{}, SparseUncorrelated{}, Hastie{}, Biclusters{}, Checkerboard{}, LowRank{}, SPD{},
		SparseSPD{}, SparseCoded{}, SparseText{}, HiggsLike{}, ClickLike{}, RankingQueries{}}
}

// makeAny calls Make of a config by reflection.
func makeAny(config reflect.Value) (any, error) {
	out := config.MethodByName("Make").Call(nil)
	err, _ := out[1].Interface().(error)
	return out[0].Interface(), err
}

// checkable is every ml.Dataset.
type checkable interface {
	Check(where string, accept ml.Accepts) error
}

// A zero config is a valid one, and what it makes passes the check of every Fit.
func TestZeroConfigs(t *testing.T) {
	assert.Len(t, generators(0), len(configs()), "both lists are complete")
	for _, c := range configs() {
		name := reflect.TypeOf(c).Name()
		d, err := makeAny(reflect.ValueOf(c))
		require.NoError(t, err, name)
		if x := matrixOf(d); assert.NotNil(t, x, name) {
			rows, cols := x.Dims()
			assert.Positive(t, rows*cols, name)
		}
		if d, ok := d.(checkable); ok {
			_, clicks := c.(ClickLike)
			assert.NoError(t, d.Check(name, ml.Accepts{Missing: clicks, Categorical: clicks}))
		}
	}
}

// Whatever stands in a config: an error that names the generator, or a sound set, but no panic.
func TestNoConfigPanics(t *testing.T) {
	r := streamForTest(7)
	counts := []int{0, 0, 0, 1, 2, 3, 7, 40, -1, math.MaxInt, math.MinInt}
	amounts := []float64{0, 0, 0, 0.5, 1, 2, 1e-300, 1e6, -1, math.NaN(), math.Inf(1)}
	made := 0
	for _, zero := range configs() {
		for range 200 {
			config := reflect.New(reflect.TypeOf(zero)).Elem()
			for i := range config.NumField() {
				switch f := config.Field(i); f.Interface().(type) {
				case int:
					f.SetInt(int64(counts[r.IntN(len(counts))]))
				case float64:
					f.SetFloat(amounts[r.IntN(len(amounts))])
				case bool:
					f.SetBool(r.IntN(2) == 1)
				case uint64:
					f.SetUint(r.Uint64())
				case []int, []float64, [][]float64:
					if n := r.IntN(6); n < 3 {
						f.Set(reflect.MakeSlice(f.Type(), n, n)) // of zeros or of nil rows
					}
				}
			}
			if rows := config.FieldByName("Rows"); rows.IsValid() && rows.Int() == 0 {
				rows.SetInt(9) // the defaults are tested above; smaller is faster
			}
			d, err := makeAny(config)
			if err != nil {
				var bad *ml.Error
				require.ErrorAs(t, err, &bad, "%+v", config)
				require.Equal(t, "datasets."+config.Type().Name()+".Make", bad.Where)
				continue
			}
			made++
			if d, ok := d.(checkable); ok {
				_, clicks := zero.(ClickLike)
				require.NoError(t, d.Check("", ml.Accepts{Missing: clicks, Categorical: clicks}), "%+v", config)
			}
		}
	}
	assert.Greater(t, made, 200, "not all of them are refused")
}

// One row, or as few as a generator can have.
func TestSmallestConfigs(t *testing.T) {
	for name, make := range map[string]maker{
		"Classification": erase(Classification{Rows: 1, Features: 1, Informative: 1, Classes: 1, ClustersPerClass: 1}),
		"Multilabel":     erase(Multilabel{Rows: 1, Features: 1, Classes: 1, Length: 1, NoUnlabeled: true}),
		"Regression":     erase(Regression{Rows: 1, Features: 1, EffectiveRank: 1}),
		"Blobs":          erase(Blobs{Rows: 1, Features: 1, Centers: 1}),
		"Blobs, empty":   erase(Blobs{Rows: 1, Centers: 3}),
		"Moons":          erase(Moons{Rows: 1}), "Circles": erase(Circles{Rows: 1}), "SwissRoll": erase(SwissRoll{Rows: 1}),
		"SCurve": erase(SCurve{Rows: 1}), "Friedman1": erase(Friedman1{Rows: 1, Features: 5}), "Friedman3": erase(Friedman3{Rows: 1}),
		"Hastie": erase(Hastie{Rows: 1}), "Biclusters": erase(Biclusters{Rows: 1, Columns: 1, Clusters: 1}),
		"LowRank": erase(LowRank{Rows: 1, Columns: 1}), "SPD": erase(SPD{Size: 1}), "SparseSPD": erase(SparseSPD{Size: 1}),
		"SparseCoded": erase(SparseCoded{Rows: 1, Features: 1, Components: 1}),
		"SparseText":  erase(SparseText{Rows: 1, Vocabulary: 1, Classes: 1, Length: 1}),
		"ClickLike":   erase(ClickLike{Rows: 1, Numeric: 1, Categorical: 1, Levels: 2}), "HiggsLike": erase(HiggsLike{Rows: 1}),
		"RankingQueries": erase(RankingQueries{Queries: 1, Documents: 1, Features: 1}),
	} {
		_, err := make()
		assert.NoError(t, err, name)
	}
}

func matrixOf(d any) tensor.Matrix {
	switch d := d.(type) {
	case ml.Dataset[int]:
		return d.X
	case ml.Dataset[float64]:
		return d.X
	case ml.Dataset[[]float64]:
		return d.X
	case ml.Dataset[[]int]:
		return d.X
	case Biclustered:
		return d.X
	case CodedSignal:
		return d.X
	case *tensor.Tensor[float64]:
		return d
	}
	return nil
}

func TestBadParametersAreNamed(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		field string
		make  maker
	}{
		{"Rows", erase(Classification{Rows: -1})},
		{"Rows", erase(Classification{Rows: 1 << 30})},
		{"Rows", erase(Classification{Rows: math.MaxInt})},
		{"Features", erase(Classification{Features: 3, Informative: 2, Redundant: 2})},
		{"Informative", erase(Classification{Informative: 1})},
		{"Redundant", erase(Classification{Redundant: -1})},
		{"Repeated", erase(Classification{Repeated: -1})},
		{"Features", erase(Classification{Features: 5, Redundant: math.MaxInt, Repeated: math.MaxInt})},
		{"Classes", erase(Classification{Classes: -2})},
		{"Classes", erase(Classification{Classes: math.MaxInt, ClustersPerClass: 2})},
		{"ClustersPerClass", erase(Classification{ClustersPerClass: -1})},
		{"Flip", erase(Classification{Flip: 1.5})},
		{"Flip", erase(Classification{Flip: nan})},
		{"Separation", erase(Classification{Separation: -1})},
		{"Weights", erase(Classification{Weights: []float64{1}})},
		{"Weights", erase(Classification{Weights: []float64{0.5, 0.6}})},
		{"Weights[0]", erase(Classification{Weights: []float64{-0.5, 1.5}})},
		{"Shift", erase(Classification{Shift: nan})},
		{"Shift", erase(Classification{Shift: 1, RandomShift: true})},
		{"Scale", erase(Classification{Scale: 2, RandomScale: true})},
		{"Rows", erase(Multilabel{Rows: -1})},
		{"Labels", erase(Multilabel{Labels: 6})},
		{"Labels", erase(Multilabel{Labels: -1})},
		{"Length", erase(Multilabel{Length: -1})},
		{"Classes", erase(Multilabel{Classes: -1})},
		{"Features", erase(Multilabel{Features: -1})},
		{"Rows", erase(Regression{Rows: -5})},
		{"Features", erase(Regression{Features: -5})},
		{"Informative", erase(Regression{Features: 3, Informative: 4})},
		{"Noise", erase(Regression{Noise: -1})},
		{"Noise", erase(Regression{Noise: inf})},
		{"Bias", erase(Regression{Bias: nan})},
		{"EffectiveRank", erase(Regression{EffectiveRank: -1})},
		{"TailStrength", erase(Regression{EffectiveRank: 2, TailStrength: 2})},
		{"TailStrength", erase(Regression{TailStrength: 0.5})},
		{"Targets", erase(RegressionMulti{Targets: -1})},
		{"Informative", erase(RegressionMulti{Features: 3, Informative: 4})},
		{"Rows", erase(Blobs{Rows: -1})},
		{"Rows", erase(Blobs{Rows: 5, Sizes: []int{2, 2}})},
		{"Sizes[1]", erase(Blobs{Sizes: []int{2, -2}})},
		{"Sizes", erase(Blobs{Sizes: []int{2, 2}, Centers: 3})},
		{"Sizes[0]", erase(Blobs{Sizes: []int{math.MaxInt, math.MaxInt}})},
		{"Centers", erase(Blobs{Centers: -1})},
		{"Centers", erase(Blobs{Means: [][]float64{}})},
		{"Means", erase(Blobs{Means: [][]float64{{1}}, Centers: 2})},
		{"Means[1]", erase(Blobs{Means: [][]float64{{1}, {1, 2}}})},
		{"Means[0][0]", erase(Blobs{Means: [][]float64{{nan}}})},
		{"Features", erase(Blobs{Features: -1})},
		{"Std", erase(Blobs{Std: -1})},
		{"Std", erase(Blobs{Std: 1, Stds: []float64{1, 1, 1}})},
		{"Stds", erase(Blobs{Stds: []float64{1}})},
		{"Stds[2]", erase(Blobs{Stds: []float64{1, 1, nan}})},
		{"Box", erase(Blobs{Box: -1})},
		{"Rows", erase(Moons{Rows: -1})},
		{"Noise", erase(Moons{Noise: nan})},
		{"Factor", erase(Circles{Factor: 1})},
		{"Factor", erase(Circles{Factor: -0.5})},
		{"Noise", erase(Circles{Noise: -1})},
		{"Rows", erase(SwissRoll{Rows: -1})},
		{"Noise", erase(SwissRoll{Noise: -1})},
		{"Rows", erase(SCurve{Rows: -1})},
		{"Noise", erase(SCurve{Noise: nan})},
		{"Features", erase(Friedman1{Features: 4})},
		{"Noise", erase(Friedman1{Noise: -1})},
		{"Rows", erase(Friedman2{Rows: -1})},
		{"Noise", erase(Friedman3{Noise: nan})},
		{"Features", erase(SparseUncorrelated{Features: 3})},
		{"Rows", erase(Hastie{Rows: math.MaxInt})},
		{"Clusters", erase(Biclusters{Clusters: -1})},
		{"Rows", erase(Biclusters{Rows: 2})},
		{"Clusters", erase(Biclusters{Columns: 2})},
		{"Columns", erase(Biclusters{Columns: -1})},
		{"Low", erase(Biclusters{Low: 3, High: 2})},
		{"High", erase(Biclusters{High: inf})},
		{"Noise", erase(Biclusters{Noise: -1})},
		{"RowClusters", erase(Checkerboard{RowClusters: -1})},
		{"ColumnClusters", erase(Checkerboard{ColumnClusters: -1})},
		{"ColumnClusters", erase(Checkerboard{Columns: 2})},
		{"Rows", erase(LowRank{Rows: -1})},
		{"Columns", erase(LowRank{Columns: -1})},
		{"EffectiveRank", erase(LowRank{EffectiveRank: -1})},
		{"TailStrength", erase(LowRank{TailStrength: 2})},
		{"Size", erase(SPD{Size: -1})},
		{"Size", erase(SPD{Size: 1 << 20})},
		{"Condition", erase(SPD{Condition: 1})},
		{"Size", erase(SparseSPD{Size: -1})},
		{"Density", erase(SparseSPD{Density: 1.5})},
		{"Density", erase(SparseSPD{Density: -1})},
		{"Smallest", erase(SparseSPD{Smallest: 2})},
		{"Largest", erase(SparseSPD{Largest: nan})},
		{"Nonzero", erase(SparseCoded{Nonzero: 31})},
		{"Components", erase(SparseCoded{Components: -1})},
		{"Features", erase(SparseCoded{Features: -1})},
		{"Rows", erase(SparseCoded{Rows: -1})},
		{"Rows", erase(SparseText{Rows: -1})},
		{"Rows", erase(SparseText{Rows: 1 << 30})},
		{"Classes", erase(SparseText{Classes: -1})},
		{"Vocabulary", erase(SparseText{Vocabulary: 2, Classes: 3})},
		{"Vocabulary", erase(SparseText{Vocabulary: math.MaxInt})},
		{"Length", erase(SparseText{Length: -1})},
		{"Exponent", erase(SparseText{Exponent: -1})},
		{"Signal", erase(SparseText{Signal: 2})},
		{"Rows", erase(HiggsLike{Rows: -1})},
		{"Flip", erase(HiggsLike{Flip: -1})},
		{"Rows", erase(ClickLike{Rows: -1})},
		{"Numeric", erase(ClickLike{Numeric: -1})},
		{"Categorical", erase(ClickLike{Categorical: -1})},
		{"Levels", erase(ClickLike{Levels: 1})},
		{"Exponent", erase(ClickLike{Exponent: inf})},
		{"BaseRate", erase(ClickLike{BaseRate: 1})},
		{"BaseRate", erase(ClickLike{BaseRate: -1})},
		{"Missing", erase(ClickLike{Missing: 0.6})},
		{"Missing", erase(ClickLike{Missing: nan})},
		{"Missing", erase(ClickLike{Missing: 0.1, NoMissing: true})},
		{"Queries", erase(RankingQueries{Queries: -1})},
		{"Documents", erase(RankingQueries{Documents: -1})},
		{"Documents", erase(RankingQueries{Documents: math.MaxInt})},
		{"Features", erase(RankingQueries{Features: -1})},
		{"Informative", erase(RankingQueries{Features: 2, Informative: 3})},
		{"Noise", erase(RankingQueries{Noise: -1})},
	} {
		_, err := c.make()
		var bad *ml.Error
		if assert.ErrorAs(t, err, &bad, c.field) {
			assert.Equal(t, c.field, bad.Field, err)
			assert.ErrorIs(t, err, ml.ErrConfig)
			assert.Regexp(t, `^datasets\.\w+\.Make$`, bad.Where)
		}
	}
	_, err := Blobs{Centers: -1}.Points()
	assert.ErrorContains(t, err, "datasets.Blobs.Points: Centers is -1")
	_, err = Regression{Rows: -1}.Coef()
	assert.ErrorIs(t, err, ml.ErrConfig)
	_, err = RegressionMulti{Rows: -1}.Coef()
	assert.ErrorIs(t, err, ml.ErrConfig)
}

// What the docs promise of generators without shuffling: more rows begin with the same rows.
func TestMoreRowsBeginWithTheSame(t *testing.T) {
	few, err := HiggsLike{Rows: 700, Seed: 5}.Make()
	require.NoError(t, err)
	many, err := HiggsLike{Rows: 2000, Seed: 5}.Make()
	require.NoError(t, err)
	assert.Equal(t, few.Y, many.Y[:700])
	assert.Equal(t, values(few), values(many)[:700*higgsColumns])

	a, err := ClickLike{Rows: 700, Levels: 50, NoMissing: true, Seed: 5}.Make()
	require.NoError(t, err)
	b, err := ClickLike{Rows: 2000, Levels: 50, NoMissing: true, Seed: 5}.Make()
	require.NoError(t, err)
	assert.Equal(t, a.Y, b.Y[:700])
	assert.Equal(t, values(a), values(b)[:len(values(a))])
}

func values[Y any](d ml.Dataset[Y]) []float64 { return d.X.(*tensor.Tensor[float64]).Data() }

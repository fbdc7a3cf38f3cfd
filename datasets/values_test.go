package datasets

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

func streamForTest(seed uint64) *rand.Rand { return rng.New(seed, 99) }

func TestFriedmanFormulasMatchReference(t *testing.T) {
	reference := golden.Load[struct{ Friedman1, Friedman2, Friedman3 problem }](t, "testdata/formulas.json")
	for _, c := range []struct {
		want problem
		f    func(x []float64) float64
	}{{reference.Friedman1, friedman1}, {reference.Friedman2, friedman2}, {reference.Friedman3, friedman3}} {
		for i, x := range c.want.X {
			assert.InEpsilon(t, c.want.Y[i], c.f(x), 1e-14) // the same formula; sin, hypot and atan round apart
		}
	}
}

func TestFriedmanColumnsAndNoise(t *testing.T) {
	const rows = 20000
	for _, c := range []struct {
		make func(noise float64) (ml.Dataset[float64], error)
		f    func(x []float64) float64
		low  []float64
		high []float64
	}{
		{func(s float64) (ml.Dataset[float64], error) {
			return Friedman1{Rows: rows, Features: 7, Noise: s, Seed: 1}.Make()
		}, friedman1, make([]float64, 7), []float64{1, 1, 1, 1, 1, 1, 1}},
		{func(s float64) (ml.Dataset[float64], error) { return Friedman2{Rows: rows, Noise: s, Seed: 1}.Make() },
			friedman2, []float64{0, 40 * math.Pi, 0, 1}, []float64{100, 560 * math.Pi, 1, 11}},
		{func(s float64) (ml.Dataset[float64], error) { return Friedman3{Rows: rows, Noise: s, Seed: 1}.Make() },
			friedman3, []float64{0, 40 * math.Pi, 0, 1}, []float64{100, 560 * math.Pi, 1, 11}},
	} {
		clean, err := c.make(0)
		require.NoError(t, err)
		noisy, err := c.make(0.5)
		require.NoError(t, err)
		assert.Equal(t, values(clean), values(noisy))
		var noise []float64
		for i, y := range clean.Y {
			require.Equal(t, c.f(clean.X.(*tensor.Tensor[float64]).Row(i)), y)
			noise = append(noise, noisy.Y[i]-y)
		}
		mean, sd := stat.MeanStdDev(noise, nil)
		assert.InDelta(t, 0, mean, 0.02)
		assert.InDelta(t, 0.5, sd, 0.015)
		for j := range c.low {
			v, width := column(clean.X, j), c.high[j]-c.low[j]
			mean, sd := stat.MeanStdDev(v, nil)
			assert.InDelta(t, (c.low[j]+c.high[j])/2, mean, 0.011*width)
			assert.InDelta(t, width/math.Sqrt(12), sd, 0.008*width)
			for _, u := range v {
				require.True(t, u >= c.low[j] && u <= c.high[j])
			}
		}
	}
	d, err := Friedman2{Rows: rows, Seed: 1}.Make()
	require.NoError(t, err)
	assert.InDelta(t, 380, stat.StdDev(d.Y, nil), 15, "the figure of the doc comment")
}

func TestSparseUncorrelated(t *testing.T) {
	d, err := SparseUncorrelated{Rows: 20000, Features: 6, Seed: 1}.Make()
	require.NoError(t, err)
	var rest []float64
	for i, y := range d.Y {
		rest = append(rest, y-d.X.At(i, 0)-2*d.X.At(i, 1)+2*d.X.At(i, 2)+1.5*d.X.At(i, 3))
	}
	mean, sd := stat.MeanStdDev(rest, nil)
	assert.InDelta(t, 0, mean, 0.04)
	assert.InDelta(t, 1, sd, 0.03)
	assert.InDelta(t, 0, stat.Correlation(rest, column(d.X, 4), nil), 0.04)
}

func TestRegression(t *testing.T) {
	for _, g := range []Regression{
		{Rows: 300, Features: 12, Informative: 5, Bias: 3, Seed: 1},
		{Rows: 300, Features: 12, Informative: 5, Bias: 3, EffectiveRank: 2, TailStrength: 0.1, Seed: 1},
	} {
		d, err := g.Make()
		require.NoError(t, err)
		w, err := g.Coef()
		require.NoError(t, err)
		nonzero := 0
		for j, v := range w {
			assert.True(t, v >= 0 && v < 100)
			if v != 0 {
				nonzero++
			}
			assert.Equal(t, v != 0, d.Columns[j].Name[0] == 'i', d.Columns[j].Name)
		}
		assert.Equal(t, 5, nonzero)
		for i, y := range d.Y {
			require.InDelta(t, y, 3+dot(d.X.(*tensor.Tensor[float64]).Row(i), w), 1e-10)
		}
	}
}

func TestRegressionNoise(t *testing.T) {
	g := Regression{Rows: 20000, Features: 3, Noise: 7, NoShuffle: true, Seed: 2}
	d, err := g.Make()
	require.NoError(t, err)
	w, err := g.Coef()
	require.NoError(t, err)
	var rest []float64
	for i, y := range d.Y {
		rest = append(rest, y-dot(d.X.(*tensor.Tensor[float64]).Row(i), w))
	}
	mean, sd := stat.MeanStdDev(rest, nil)
	assert.InDelta(t, 0, mean, 0.3)
	assert.InDelta(t, 7, sd, 0.2)
	assert.Equal(t, "informative0", d.Columns[0].Name)
	mean, sd = stat.MeanStdDev(values(d), nil)
	assert.InDelta(t, 0, mean, 0.03)
	assert.InDelta(t, 1, sd, 0.02)
}

func TestRegressionMulti(t *testing.T) {
	g := RegressionMulti{Rows: 100, Features: 8, Informative: 3, Targets: 4, Bias: -2, Seed: 1}
	d, err := g.Make()
	require.NoError(t, err)
	w, err := g.Coef()
	require.NoError(t, err)
	require.Len(t, w, 4)
	for i, y := range d.Y {
		require.Len(t, y, 4)
		for k := range y {
			require.InDelta(t, y[k], -2+dot(d.X.(*tensor.Tensor[float64]).Row(i), w[k]), 1e-10)
		}
	}
	assert.NotEqual(t, w[0], w[1])
}

func dense(x *tensor.Tensor[float64]) *mat.Dense {
	n, p := x.Dims()
	return mat.NewDense(n, p, x.Data())
}

func TestLowRankSpectrumMatchesReference(t *testing.T) {
	reference := golden.Load[struct {
		S []float64 `json:"low_rank_singular_values"`
	}](t, "testdata/formulas.json")
	x, err := LowRank{Rows: 30, Columns: 12, EffectiveRank: 4, TailStrength: 0.3, Seed: 9}.Make()
	require.NoError(t, err)
	var svd mat.SVD
	require.True(t, svd.Factorize(dense(x), mat.SVDNone))
	assert.InDeltaSlice(t, reference.S, svd.Values(nil), 1e-14) // both are SVDs of a matrix of norm 1

	// Without a tail what is left beyond three times the rank is below exp(-9) of the first.
	x, err = LowRank{Rows: 20, Columns: 50, EffectiveRank: 3, Seed: 9}.Make()
	require.NoError(t, err)
	require.True(t, svd.Factorize(dense(x), mat.SVDNone))
	assert.Less(t, svd.Values(nil)[9], 1.3e-4)
}

func TestSPD(t *testing.T) {
	x, err := SPD{Size: 60, Condition: 50, Seed: 1}.Make()
	require.NoError(t, err)
	var eigen mat.EigenSym
	require.True(t, eigen.Factorize(symmetric(t, x), false))
	e := eigen.Values(nil)
	assert.GreaterOrEqual(t, e[0], 1-1e-12)
	assert.LessOrEqual(t, e[59], 50+1e-12)
	assert.Greater(t, e[59]-e[0], 40.0, "eigenvalues spread over [1, 50)")
}

// symmetric also checks that the two triangles agree to the last bit.
func symmetric(t *testing.T, x *tensor.Tensor[float64]) *mat.SymDense {
	n, _ := x.Dims()
	for i := range n {
		for j := range i {
			require.Equal(t, x.At(j, i), x.At(i, j))
		}
	}
	return mat.NewSymDense(n, x.Data())
}

func TestSparseSPD(t *testing.T) {
	for _, unit := range []bool{false, true} {
		x, err := SparseSPD{Size: 60, Density: 0.02, Smallest: 0.1, Largest: 0.5, UnitDiag: unit, Seed: 1}.Make()
		require.NoError(t, err)
		var c mat.Cholesky
		assert.True(t, c.Factorize(symmetric(t, x)), "positive definite")
		zeros := 0.0
		for i := range 60 {
			for j := range 60 {
				if x.At(i, j) == 0 {
					zeros++
				}
			}
			if unit {
				assert.Equal(t, 1.0, x.At(i, i))
			} else {
				assert.GreaterOrEqual(t, x.At(i, i), 1.0)
			}
		}
		assert.Greater(t, zeros/3600, 0.85)
		assert.Less(t, zeros, 3540.0, "more than a diagonal")
	}
}

func TestOrthonormal(t *testing.T) {
	q := orthonormal(streamForTest(1), 40, 40)
	for i, v := range q {
		for j, w := range q {
			want := 0.0
			if i == j {
				want = 1
			}
			assert.InDelta(t, want, dot(v, w), 1e-14) // a few units in the last place over 40 terms
		}
	}
}

func TestSparseCoded(t *testing.T) {
	d, err := SparseCoded{Rows: 50, Features: 8, Components: 12, Nonzero: 4, Seed: 1}.Make()
	require.NoError(t, err)
	for k := range 12 {
		assert.InDelta(t, 1, dot(d.Dictionary.Row(k), d.Dictionary.Row(k)), 1e-14)
	}
	var want mat.Dense
	want.Mul(dense(d.Code), dense(d.Dictionary))
	assert.InDeltaSlice(t, want.RawMatrix().Data, d.X.Data(), 1e-14)
	for i := range 50 {
		nonzero := 0
		for _, v := range d.Code.Row(i) {
			if v != 0 {
				nonzero++
			}
		}
		assert.Equal(t, 4, nonzero)
	}
}

func TestBiclustersAndCheckerboard(t *testing.T) {
	b, err := Biclusters{Rows: 31, Columns: 22, Clusters: 4, Low: 5, High: 6, Seed: 1}.Make()
	require.NoError(t, err)
	for i := range 31 {
		for j := range 22 {
			v := b.X.At(i, j)
			if b.Y[i] == b.ColumnCluster[j] {
				assert.True(t, v >= 5 && v < 6)
			} else {
				assert.Zero(t, v)
			}
		}
	}
	assert.NotEqual(t, membership(31, 4), b.Y, "shuffled")

	c, err := Checkerboard{Rows: 30, Columns: 20, RowClusters: 3, ColumnClusters: 2, Seed: 1}.Make()
	require.NoError(t, err)
	level := map[[2]int]float64{}
	for i := range 30 {
		for j := range 20 {
			key, v := [2]int{c.Y[i], c.ColumnCluster[j]}, c.X.At(i, j)
			if seen, ok := level[key]; ok {
				require.Equal(t, seen, v)
			}
			level[key] = v
			require.True(t, v >= 10 && v < 100)
		}
	}
	assert.Len(t, level, 6)
	for _, share := range shares(c.Y, 3) {
		assert.InDelta(t, 1.0/3, share, 1e-12)
	}

	noisy, err := Biclusters{Rows: 300, Columns: 200, Noise: 2, Seed: 1}.Make()
	require.NoError(t, err)
	var rest []float64
	for i := range 300 {
		for j := range 200 {
			if noisy.Y[i] != noisy.ColumnCluster[j] {
				rest = append(rest, noisy.X.At(i, j))
			}
		}
	}
	assert.InDelta(t, 2, stat.StdDev(rest, nil), 0.04)
}

// The golden points of scikit-learn and ours lie on the same sheets.
func TestManifolds(t *testing.T) {
	reference := golden.Load[struct {
		Roll  problem `json:"swiss_roll"`
		Curve problem `json:"s_curve"`
	}](t, "testdata/formulas.json")
	onRoll := func(x []float64, at float64) bool {
		return near(x[0], at*math.Cos(at)) && near(x[2], at*math.Sin(at)) && x[1] >= 0 && x[1] < 21 && at >= 1.5*math.Pi && at < 4.5*math.Pi
	}
	onCurve := func(x []float64, at float64) bool {
		side := math.Copysign(1, at)
		return near(x[0], math.Sin(at)) && near(x[2], side*(math.Cos(at)-1)) && x[1] >= 0 && x[1] < 2 && math.Abs(at) <= 1.5*math.Pi
	}
	for i, x := range reference.Roll.X {
		assert.True(t, onRoll(x, reference.Roll.Y[i]))
	}
	for i, x := range reference.Curve.X {
		assert.True(t, onCurve(x, reference.Curve.Y[i]))
	}
	roll, err := SwissRoll{Rows: 5000, Seed: 1}.Make()
	require.NoError(t, err)
	holed, err := SwissRoll{Rows: 5000, Hole: true, Seed: 1}.Make()
	require.NoError(t, err)
	curve, err := SCurve{Rows: 5000, Seed: 1}.Make()
	require.NoError(t, err)
	inHole := func(d ml.Dataset[float64], i int) bool {
		h := d.X.At(i, 1)
		return d.Y[i] >= 2.5*math.Pi && d.Y[i] < 3.5*math.Pi && h >= 7 && h < 14
	}
	holes := 0.0
	for i := range 5000 {
		require.True(t, onRoll(roll.X.(*tensor.Tensor[float64]).Row(i), roll.Y[i]))
		require.True(t, onRoll(holed.X.(*tensor.Tensor[float64]).Row(i), holed.Y[i]))
		require.True(t, onCurve(curve.X.(*tensor.Tensor[float64]).Row(i), curve.Y[i]))
		require.False(t, inHole(holed, i))
		if inHole(roll, i) {
			holes++
		}
	}
	assert.InDelta(t, 1.0/9, holes/5000, 0.025)
	assert.InDelta(t, 0, stat.Mean(curve.Y, nil), 0.2)
	assert.InDelta(t, 3*math.Pi, stat.Mean(holed.Y, nil), 0.2)
	noisy, err := SCurve{Rows: 5000, Noise: 0.3, Seed: 1}.Make()
	require.NoError(t, err)
	var rest []float64
	for i := range 5000 {
		rest = append(rest, noisy.X.At(i, 0)-math.Sin(noisy.Y[i]))
	}
	assert.InDelta(t, 0.3, stat.StdDev(rest, nil), 0.016)
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-12 }

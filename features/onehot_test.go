package features

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
)

func ExampleOneHotEncoder() {
	birds := ml.Table{
		X: tensor.FromSlice([]float64{0, 39, 1, 46, 2, 50, 1, 47}, 4, 2),
		Columns: []ml.Column{
			{Name: "species", Kind: ml.Categorical, Levels: []string{"adelie", "chinstrap", "gentoo"}},
			{Name: "bill"},
		},
	}
	encoder, err := OneHotEncoder{}.Fit(context.Background(), birds)
	if err != nil {
		panic(err)
	}
	x, err := encoder.Transform(birds.X)
	if err != nil {
		panic(err)
	}
	for _, c := range encoder.Out() {
		fmt.Println(c.Name)
	}
	fmt.Println(x.(*tensor.Tensor[float64]).Row(2))
	// Output:
	// species_adelie
	// species_chinstrap
	// species_gentoo
	// bill
	// [0 0 1 50]
}

func TestOneHotGolden(t *testing.T) {
	type file struct {
		X, New [][]float64
		Cases  []struct {
			Drop    string
			Freq    float64
			Cap     int
			Unknown string
			Names   []string
			Z       [][]float64
		}
	}
	g := golden.Load[file](t, "testdata/onehot.json")
	levels := []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"} // those above 5 are not seen
	d := ml.Table{X: fromRows(g.X), Columns: []ml.Column{{Name: "a", Kind: ml.Categorical, Levels: levels}, {Name: "b"}, {Name: "c"}}}
	if len(g.Cases) != 81 {
		t.Fatal(len(g.Cases), "cases")
	}
	for _, w := range g.Cases {
		c := OneHotEncoder{MinFrequency: w.Freq, MaxCategories: w.Cap, All: true}
		if err := errors.Join(c.Drop.UnmarshalText([]byte(w.Drop)), c.Unknown.UnmarshalText([]byte(w.Unknown))); err != nil {
			t.Fatal(err)
		}
		m, err := c.Fit(ctx, d)
		if len(w.Names) == 0 {
			if !errors.Is(err, ml.ErrColumn) {
				t.Errorf("%+v: %v, but no column is left", c, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("%+v: %v", c, err)
		}
		var names []string
		for _, o := range m.Out() {
			names = append(names, o.Name)
		}
		if !reflect.DeepEqual(names, w.Names) {
			t.Fatalf("%+v: names %v, want %v", c, names, w.Names)
		}
		x := fromRows(g.New).Rows(0, len(w.Z))
		z, err := m.Transform(x)
		if err != nil {
			t.Fatalf("%+v: %v", c, err)
		}
		same(t, fmt.Sprintf("%+v", c), dense(z), fromRows(w.Z).Data())
		same(t, "rows", byRow(t, m, x), dense(z))
		sparse := c
		sparse.Sparse = true
		ms := must(sparse.Fit(ctx, ml.Table{X: tensor.SparseFrom[float32](d.X), Columns: d.Columns}))
		zs, is := must(ms.Transform(x)).(*tensor.CSR[float64])
		if !is {
			t.Fatal("Sparse gave a dense [][]float64")
		}
		same(t, "sparse", dense(zs), dense(z))
	}
}

func birds() ml.Table {
	nan := math.NaN()
	return ml.Table{
		X:       table(2, 0, 1.5, 2, 0, 2, 2.5, nan, 1).X,
		Columns: []ml.Column{{Name: "species", Kind: ml.Categorical, Levels: []string{"adelie", "chinstrap", "gentoo"}}, {Name: "bill"}},
	}
}

func names(columns []ml.Column) []string {
	var out []string
	for _, c := range columns {
		out = append(out, c.Name)
	}
	return out
}

func TestOneHotInverse(t *testing.T) {
	d := birds()
	for _, c := range []OneHotEncoder{{}, {Drop: DropFirst}, {AllLevels: true}, {All: true}, {All: true, Drop: DropBinary}, {Sparse: true}} {
		m := must(c.Fit(ctx, d))
		same(t, fmt.Sprintf("%+v", c), dense(must(m.Inverse(must(m.Transform(d.X))))), dense(d.X))
	}
	grouped := must(OneHotEncoder{MaxCategories: 2, Unknown: UnknownIgnore}.Fit(ctx, d))
	if want := []string{"species_gentoo", "species_infrequent", "bill"}; !reflect.DeepEqual(names(grouped.Out()), want) {
		t.Fatal(names(grouped.Out()))
	}
	nan := math.NaN()
	same(t, "infrequent", dense(must(grouped.Inverse(must(grouped.Transform(d.X))))), []float64{nan, 1.5, 2, 0, 2, 2.5, nan, 1})
}

func TestOneHotColumns(t *testing.T) {
	d := birds()
	m := must(OneHotEncoder{}.Fit(ctx, d))
	want := []ml.Column{{Name: "species_adelie", From: []int{0}}, {Name: "species_gentoo", From: []int{0}}, {Name: "species_nan", From: []int{0}}, {Name: "bill", From: []int{1}}}
	if !reflect.DeepEqual(m.Out(), want) {
		t.Errorf("%+v", m.Out())
	}
	all := must(OneHotEncoder{AllLevels: true, Drop: DropFirst}.Fit(ctx, d))
	if want := []string{"species_chinstrap", "species_gentoo", "species_nan", "bill"}; !reflect.DeepEqual(names(all.Out()), want) {
		t.Error(names(all.Out()))
	}
	f := must(m.Transform(tensor.FromMatrix[float32](d.X)))
	if _, is := f.(*tensor.Tensor[float32]); !is {
		t.Errorf("float32 became %T", f)
	}
	s := must(m.Transform(tensor.SparseFrom[float32](d.X)))
	if _, is := s.(*tensor.CSR[float32]); !is {
		t.Errorf("CSR[float32] became %T", s)
	}
	same(t, "CSR", dense(s), dense(f))
	plain := must(OneHotEncoder{}.Fit(ctx, table(2, 1, 2, 3, 4)))
	same(t, "numbers pass", dense(must(plain.Transform(table(2, 1, 2).X))), []float64{1, 2})

	// A weight of zero is an absent row: its category gets no column.
	d.Weight = []float64{1, 1, 1, 0}
	if got := names(must(OneHotEncoder{}.Fit(ctx, d)).Out()); !reflect.DeepEqual(got, []string{"species_adelie", "species_gentoo", "bill"}) {
		t.Error(got)
	}
	d.Weight = []float64{0.5, 3, 3, 1}
	if got := names(must(OneHotEncoder{MinFrequency: 1}.Fit(ctx, d)).Out()); !reflect.DeepEqual(got, []string{"species_gentoo", "species_nan", "species_infrequent", "bill"}) {
		t.Error(got)
	}
	codes := ml.Table{X: table(1, 5, 100000, 5).X, Columns: []ml.Column{{Kind: ml.Categorical}}} // far apart, without names
	far := must(OneHotEncoder{}.Fit(ctx, codes))
	same(t, "far codes", dense(must(far.Transform(codes.X))), []float64{1, 0, 0, 1, 1, 0})
	if got := names(far.Out()); !reflect.DeepEqual(got, []string{"x0_5", "x0_100000"}) {
		t.Error(got)
	}
}

func TestOneHotErrors(t *testing.T) {
	d := birds()
	nan := math.NaN()
	m := must(OneHotEncoder{}.Fit(ctx, d))
	whole := must(OneHotEncoder{}.Fit(ctx, ml.Table{X: table(2, 0, 1, 2, 1).X, Columns: d.Columns}))
	ignore := must(OneHotEncoder{Unknown: UnknownIgnore}.Fit(ctx, d))
	dst := make([]float64, 4)
	for name, c := range map[string]struct {
		err  error
		kind error
	}{
		"unseen level":        {m.TransformRow(dst, []float64{1, 0}), ml.ErrColumn},
		"unseen missing":      {whole.TransformRow(dst[:3], []float64{nan, 0}), ml.ErrColumn},
		"no code":             {ignore.TransformRow(dst, []float64{0.5, 0}), ml.ErrColumn},
		"negative code":       {ignore.TransformRow(dst, []float64{-1, 0}), ml.ErrColumn},
		"code past Levels":    {ignore.TransformRow(dst, []float64{3, 0}), ml.ErrColumn},
		"inf code":            {ignore.TransformRow(dst, []float64{math.Inf(1), 0}), ml.ErrNotFinite},
		"inf number":          {second(m.Transform(table(2, 0, math.Inf(1)).X)), ml.ErrNotFinite},
		"fit code":            {second(OneHotEncoder{}.Fit(ctx, ml.Table{X: table(2, 7, 1).X, Columns: d.Columns})), ml.ErrColumn},
		"MinFrequency":        {second(OneHotEncoder{MinFrequency: -1}.Fit(ctx, d)), ml.ErrConfig},
		"MaxCategories":       {second(OneHotEncoder{MaxCategories: -1}.Fit(ctx, d)), ml.ErrConfig},
		"Drop":                {second(OneHotEncoder{Drop: 7}.Fit(ctx, d)), ml.ErrConfig},
		"Unknown":             {second(OneHotEncoder{Unknown: 7}.Fit(ctx, d)), ml.ErrConfig},
		"nothing left":        {second(OneHotEncoder{Drop: DropFirst, All: true}.Fit(ctx, table(1, 2, 2))), ml.ErrColumn},
		"inverse of bad rows": {second(m.Inverse(d.X)), ml.ErrShape},
	} {
		var e *ml.Error
		if !errors.As(c.err, &e) || !errors.Is(c.err, c.kind) {
			t.Errorf("%s: %v", name, c.err)
		}
	}
	if err := ignore.TransformRow(dst, []float64{1, 3}); err != nil || !reflect.DeepEqual(dst, []float64{0, 0, 0, 3}) {
		t.Error(dst, err)
	}
}

// Restore must refuse whatever a damaged file may hold, and never allocate by a code.
func TestOneHotRestore(t *testing.T) {
	good := *must(OneHotEncoder{}.Fit(ctx, birds()))
	for name, e := range map[string][]OneHotColumn{
		"none":       {},
		"column":     {{Column: 1}},
		"twice":      {{Column: 0}, {Column: 0}},
		"order":      {{Categories: []float64{1, 0}, Dropped: -1}},
		"inf":        {{Categories: []float64{0, math.Inf(1)}, Dropped: -1}},
		"nan first":  {{Categories: []float64{math.NaN(), 0}, Dropped: -1}},
		"huge code":  {{Categories: []float64{1e300}, Dropped: -1}},
		"fraction":   {{Categories: []float64{0.5}, Dropped: -1}},
		"dropped":    {{Categories: []float64{0}, Dropped: 1}},
		"infrequent": {{Categories: []float64{0}, Infrequent: []int{1}, Dropped: -1}},
		"repeated":   {{Categories: []float64{0, 1}, Infrequent: []int{1, 1}, Dropped: -1}},
	} {
		m := good
		m.Encoded = e
		if err := m.Restore(); !errors.Is(err, ml.ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

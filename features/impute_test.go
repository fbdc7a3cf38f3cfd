package features

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
)

func ExampleSimpleImputer() {
	nan := math.NaN()
	rows := ml.Table{
		X:       tensor.FromSlice([]float64{20, 0, nan, 1, 40, 1, 60, nan}, 4, 2),
		Columns: []ml.Column{{Name: "age"}, {Name: "sex", Kind: ml.Categorical, Levels: []string{"female", "male"}}},
	}
	imputer, err := SimpleImputer{Strategy: Median, AddIndicator: true}.Fit(context.Background(), rows)
	if err != nil {
		panic(err)
	}
	x, err := imputer.Transform(rows.X)
	if err != nil {
		panic(err)
	}
	for _, c := range imputer.Out() {
		fmt.Println(c.Name)
	}
	fmt.Println(x.(*tensor.Tensor[float64]).Row(1))
	fmt.Println(x.(*tensor.Tensor[float64]).Row(3))
	// Output:
	// age
	// sex
	// missingindicator_age
	// missingindicator_sex
	// [40 1 1 0]
	// [60 1 0 1]
}

// Sums of 41 numbers in another order: 1e-14.
func TestSimpleImputerGolden(t *testing.T) {
	type result struct {
		Fill       []float64
		Z          [][]float64
		Names      []string
		SparseFill []float64   `json:"sparse_fill"`
		SparseZ    [][]float64 `json:"sparse_z"`
	}
	type file struct {
		X, Sparse, New                   [][]float64
		Mean, Median, Frequent, Constant result
	}
	g := golden.Load[file](t, "testdata/impute.json")
	x, s := fromRows(g.X), tensor.SparseFrom[float64](fromRows(g.Sparse))
	columns := []ml.Column{{Name: "a"}, {Name: "b"}, {Name: "c"}, {Name: "d"}}
	for strategy, want := range map[Strategy]result{Mean: g.Mean, Median: g.Median, MostFrequent: g.Frequent, Constant: g.Constant} {
		t.Run(strategy.String(), func(t *testing.T) {
			c := SimpleImputer{Strategy: strategy, AddIndicator: true}
			if strategy == Constant {
				c.Fill = -7.5
			}
			m := must(c.Fit(ctx, ml.Table{X: x, Columns: columns}))
			near(t, "Fill", m.Fill, want.Fill, 1e-14)
			z := must(m.Transform(fromRows(g.New)))
			near(t, "z", dense(z), fromRows(want.Z).Data(), 1e-14)
			same(t, "rows", byRow(t, m, fromRows(g.New)), dense(z))
			var names []string
			for _, o := range m.Out() {
				names = append(names, o.Name)
			}
			if !reflect.DeepEqual(names, want.Names) {
				t.Errorf("names %v, want %v", names, want.Names)
			}
			ms := must(c.Fit(ctx, ml.Table{X: s}))
			near(t, "sparse Fill", ms.Fill, want.SparseFill, 1e-14)
			zs, is := must(ms.Transform(s)).(*tensor.CSR[float64])
			if !is {
				t.Fatal("CSR did not stay CSR")
			}
			near(t, "sparse z", dense(zs), fromRows(want.SparseZ).Data(), 1e-14)
			md := must(c.Fit(ctx, ml.Table{X: fromRows(g.Sparse)}))
			near(t, "dense of the same numbers", dense(must(md.Transform(fromRows(g.Sparse)))), dense(zs), 1e-14)
		})
	}
}

func TestSimpleImputerWeights(t *testing.T) {
	nan := math.NaN()
	values := []float64{3, 1, nan, 2, 2, 9, 7}
	weight := []float64{2, 1, 5, 0, 1, 0, 2}
	var repeated []float64
	for i, v := range values {
		for range int(weight[i]) {
			repeated = append(repeated, v)
		}
	}
	for _, s := range []Strategy{Mean, Median, MostFrequent} {
		d := table(1, values...)
		d.Weight = weight
		a := must(SimpleImputer{Strategy: s}.Fit(ctx, d)).Fill[0]
		b := must(SimpleImputer{Strategy: s}.Fit(ctx, table(1, repeated...))).Fill[0]
		d.X = tensor.SparseFrom[float32](d.X)
		c := must(SimpleImputer{Strategy: s}.Fit(ctx, d)).Fill[0]
		if !close(a, b, 1e-15) || !close(c, b, 1e-15) {
			t.Errorf("%v: weighted %v, sparse %v, repeated %v", s, a, c, b)
		}
	}
}

// In this [][]float64 every column is wholly stored, with weights whose sum is inexact: no zero may appear out of rounding.
func TestSimpleImputerNoFalseZeros(t *testing.T) {
	nan := math.NaN()
	x := must(tensor.NewCSR(3, 1, []int{0, 1, 2, 3}, []int32{0, 0, 0}, []float64{nan, nan, nan}))
	d := ml.Table{X: x, Weight: []float64{0.1, 0.2, 0.3}}
	for _, s := range []Strategy{Mean, Median, MostFrequent} {
		if _, err := (SimpleImputer{Strategy: s}).Fit(ctx, d); !errors.Is(err, ml.ErrColumn) {
			t.Errorf("%v: %v", s, err)
		}
	}
}

func TestSimpleImputerRules(t *testing.T) {
	nan := math.NaN()
	empty := table(2, nan, 1, nan, 2)
	levels := ml.Table{X: table(1, nan, 1, 1, 0).X, Columns: []ml.Column{{Name: "c", Kind: ml.Categorical, Levels: []string{"a", "b"}}}}
	for name, c := range map[string]struct {
		c    SimpleImputer
		d    ml.Table
		kind error
		fill []float64
	}{
		"empty":          {SimpleImputer{}, empty, ml.ErrColumn, nil},
		"kept":           {SimpleImputer{KeepEmpty: true, Fill: 4}, empty, nil, []float64{4, 1.5}},
		"constant":       {SimpleImputer{Strategy: Constant, Fill: 3}, empty, nil, []float64{3, 3}},
		"stray fill":     {SimpleImputer{Fill: 3}, empty, ml.ErrConfig, nil},
		"bad fill":       {SimpleImputer{Strategy: Constant, Fill: nan}, empty, ml.ErrConfig, nil},
		"stray level":    {SimpleImputer{FillLevel: "x"}, levels, ml.ErrConfig, nil},
		"strategy":       {SimpleImputer{Strategy: 9}, levels, ml.ErrConfig, nil},
		"category":       {SimpleImputer{}, levels, nil, []float64{1}},
		"known level":    {SimpleImputer{Strategy: Constant, FillLevel: "a"}, levels, nil, []float64{0}},
		"new level":      {SimpleImputer{Strategy: Constant, FillLevel: "none"}, levels, nil, []float64{2}},
		"inf":            {SimpleImputer{}, table(1, math.Inf(1)), ml.ErrNotFinite, nil},
		"no row":         {SimpleImputer{}, ml.Table{X: tensor.New[float64](0, 2)}, ml.ErrShape, nil},
		"empty category": {SimpleImputer{KeepEmpty: true}, ml.Table{X: table(1, nan).X, Columns: levels.Columns}, ml.ErrColumn, nil},
	} {
		m, err := c.c.Fit(ctx, c.d)
		if c.kind != nil {
			if !errors.Is(err, c.kind) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		near(t, name, m.Fill, c.fill, 0)
	}
	m := must(SimpleImputer{Strategy: Constant, FillLevel: "none"}.Fit(ctx, levels))
	if got := m.Out()[0].Levels; !reflect.DeepEqual(got, []string{"a", "b", "none"}) {
		t.Errorf("levels %v", got)
	}
	var s Strategy
	if err := s.UnmarshalText([]byte("most frequent")); err != nil || s != MostFrequent {
		t.Error(s, err)
	}
	if err := s.UnmarshalText([]byte("mode")); !errors.Is(err, ml.ErrConfig) {
		t.Error(err)
	}
}

func TestMedianOfExtremes(t *testing.T) {
	big := math.MaxFloat64
	for _, v := range [][]float64{{big, big}, {-big, big}, {-big, -big}} {
		tl := tally{values: slices.Clone(v), total: 2}
		if m := tl.median(); m != v[0]/2+v[1]/2 {
			t.Errorf("median of %v is %v", v, m)
		}
	}
}

func TestMedianOf(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	for n := 1; n < 400; n += 1 + n/20 {
		for _, draw := range []func(i int) float64{
			func(int) float64 { return r.NormFloat64() },
			func(int) float64 { return float64(r.IntN(3)) },
			func(i int) float64 { return float64(i) },
			func(i int) float64 { return -float64(i) },
			func(i int) float64 { return float64(min(i, n-i)) }, // unlucky for the middle of three
		} {
			v := make([]float64, n)
			for i := range v {
				v[i] = draw(i)
			}
			sorted := slices.Sorted(slices.Values(v))
			want := (sorted[(n-1)/2] + sorted[n/2]) / 2
			if got := medianOf(v); got != want {
				t.Fatalf("median of %v is %v, want %v", sorted, got, want)
			}
			for i := range v {
				if i < n/2 && v[i] > v[n/2] || i > n/2 && v[i] < v[n/2] {
					t.Fatalf("%d values are not divided at %d: %v", n, n/2, v)
				}
			}
		}
	}
}

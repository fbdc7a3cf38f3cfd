package decomp

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/tensor"
)

// sums are rows that are sums of few atoms.
func sums(n, p, k int, seed uint64) *tensor.Tensor[float64] {
	r := rng.New(seed, 0)
	atoms := make([]float64, k*p)
	rng.Normal(r, atoms, 0, 1)
	x := tensor.New[float64](n, p)
	for i := range n {
		for range 2 {
			c, share := r.IntN(k), r.NormFloat64()
			for j := range p {
				x.Set(x.At(i, j)+share*atoms[c*p+j]+.02*r.NormFloat64(), i, j)
			}
		}
	}
	return x
}

func TestDictionariesKeepTheLaws(t *testing.T) {
	options := []mltest.Option{mltest.Data(ml.Table{X: sums(70, 5, 4, 1)}), mltest.Rows(200), mltest.Waive(mltest.Inverse, "sums of few atoms are near the rows only"), mltest.Tolerance(mltest.RepeatedRows, 1e-5), mltest.Tolerance(mltest.RowOrder, 1e-5)}
	mltest.Transformer(t, DictionaryLearning{Components: 4, Alpha: .2, MaxIter: 5, Coding: Coding{Method: LassoLARS, SplitSign: true}}, options...)
	options = append(options, mltest.Waive(mltest.RepeatedRows, "batches are of rows, whatever their weights"), mltest.Waive(mltest.RowOrder, "batches are of rows in their order"))
	mltest.Transformer(t, MiniBatchDictionaryLearning{Components: 4, Alpha: .2, BatchSize: 20, MaxIter: 2, LARS: true}, options...)
	if testing.Short() {
		return
	}
	atoms := [][]float64{{1, 0, 0, 0, 0}, {0, .6, .8, 0, 0}, {.5, .5, .5, .5, 0}, {0, 0, 0, 0, -1}}
	for _, method := range []CodingMethod{OMP, LassoCD} {
		mltest.Transformer(t, SparseCoder{Dictionary: atoms, Coding: Coding{Method: method, Alpha: .1, NonZeros: 2}}, append(options, mltest.Waive(mltest.SparseMemory, "the dictionary has a width"), mltest.Waive(mltest.ZeroConfig, "there is no dictionary by default"), mltest.Waive(mltest.Degenerate, "the dictionary has a width"))...)
	}
}

func TestCodesAreScikitLearns(t *testing.T) {
	type fitted struct {
		Components, Codes [][]float64
		Errors            []float64
	}
	g := golden.Load[struct {
		X, New, Atoms, Start [][]float64
		Codes                map[string][][]float64
		Learned              map[string]fitted
		Streams              map[string]struct {
			Components, Updated [][]float64
			Steps               int
		}
	}](t, "testdata/dictionary.json")
	ctx, fresh := context.Background(), matrix(t, g.New)
	methods := map[string]CodingMethod{"OMP": OMP, "LARS": LARS, "LassoLARS": LassoLARS, "LassoCD": LassoCD, "Threshold": Threshold}
	for name, want := range g.Codes {
		kind, with, _ := strings.Cut(name, ", ")
		c := Coding{Method: methods[kind], NonZeros: 3, Alpha: .1, Positive: with == "positive"}
		tol := 1e-8
		switch c.Method {
		case Threshold:
			c.Alpha = .3
		case LassoCD:
			tol = 1e-4 // scikit-learn's ends at a gap of 1e-8 of the row's square, and so shares are near by its root
		}
		m, err := SparseCoder{Dictionary: g.Atoms, Coding: c}.Fit(ctx, ml.Table{X: fresh})
		if err != nil {
			t.Fatal(name, err)
		}
		y, err := m.Transform(fresh)
		if err != nil {
			t.Fatal(name, err)
		}
		closeTo(t, name, flat(rowsOf(y)), flat(want), tol)
	}
	for name, want := range g.Learned {
		c := DictionaryLearning{Components: 5, Alpha: .3, MaxIter: 8, Tol: -1, LARS: true, Coding: Coding{Method: LassoLARS, Alpha: .2}}
		tol := 1e-7
		switch name {
		case "descent":
			c.LARS, tol = false, 1e-3
		case "positive":
			c.LARS, c.PositiveDict, c.Coding.Positive, tol = false, true, true, 1e-3
		case "start":
			c.Start = g.Start
		}
		m, err := c.Fit(ctx, ml.Table{X: matrix(t, g.X)})
		if err != nil {
			t.Fatal(name, err)
		}
		closeTo(t, name+": atoms", flat(m.Components), flat(want.Components), tol)
		closeTo(t, name+": losses", m.Info.Loss, want.Errors, min(tol, 1e-5))
		y, err := m.Transform(fresh)
		if err != nil {
			t.Fatal(name, err)
		}
		closeTo(t, name+": codes", flat(rowsOf(y)), flat(want.Codes), tol)
	}
	for name, want := range g.Streams {
		c := MiniBatchDictionaryLearning{Components: 5, Alpha: .3, MaxIter: 3, Tol: -1, Patience: 1 << 30, LARS: true, BatchSize: 11, InOrder: true, Start: g.Start}
		tol := 1e-7
		switch name {
		case "descent":
			c.LARS, tol = false, 1e-3
		case "rest":
			c.Tol, c.MaxIter = .02, 50
		}
		m, err := c.Fit(ctx, ml.Table{X: matrix(t, g.X)})
		if err != nil {
			t.Fatal(name, err)
		}
		if m.Steps != want.Steps {
			t.Errorf("%s: %d batches, want %d", name, m.Steps, want.Steps)
		}
		closeTo(t, name+": batches", flat(m.Components), flat(want.Components), tol)
		whole := m.Config.(MiniBatchDictionaryLearning) // partial_fit takes all rows as one batch
		whole.BatchSize = 100
		m.Config = whole
		next, err := m.Update(ctx, ml.Table{X: fresh})
		if err != nil {
			t.Fatal(name, err)
		}
		closeTo(t, name+": update", flat(next.Components), flat(want.Updated), tol)
	}
}

// The lasso's solution is known by its slopes: at Alpha against the sign of each share, and no more where there is none.
func TestLassoCodesAreSolutions(t *testing.T) {
	r := rng.New(7, 0)
	for trial := range 200 {
		k, p := 2+r.IntN(12), 2+r.IntN(8)
		atoms := make([][]float64, k)
		for i := range atoms {
			atoms[i] = make([]float64, p)
			rng.Normal(r, atoms[i], 0, 1)
			if i > 0 && r.IntN(6) == 0 {
				copy(atoms[i], atoms[r.IntN(i)]) // a copy, and a dictionary with more atoms than columns: gram is singular
			}
		}
		x := make([]float64, p)
		rng.Normal(r, x, 0, 2)
		for _, c := range []Coding{{Method: LassoLARS}, {Method: LassoCD, MaxIter: 100_000}, {Method: LassoLARS, Positive: true}, {Method: LassoCD, Positive: true, MaxIter: 100_000}} {
			c.Alpha = .05 + r.Float64()
			if err := c.resolve("", 1); err != nil {
				t.Fatal(err)
			}
			a, room := newAtoms(c, atoms, p), newCodingRoom(k)
			a.to.row(room.alike, x)
			clear(room.w)
			a.code(room)
			left := append([]float64(nil), x...)
			for i, v := range room.w {
				for j := range left {
					left[j] -= v * atoms[i][j]
				}
			}
			for i, v := range room.w {
				slope := 0.0
				for j := range left {
					slope += left[j] * atoms[i][j]
				}
				fine := math.Abs(slope) <= c.Alpha+1e-7
				if c.Positive && v == 0 {
					fine = slope <= c.Alpha+1e-7
				}
				if v != 0 {
					fine = math.Abs(slope-math.Copysign(c.Alpha, v)) <= 1e-7 && (v > 0 || !c.Positive)
				}
				if !fine {
					t.Fatalf("trial %d, %v, positive %v: share %v, slope %v, penalty %v", trial, c.Method, c.Positive, v, slope, c.Alpha)
				}
			}
		}
	}
}

func TestDictionaryLowersTheLoss(t *testing.T) {
	m, err := DictionaryLearning{Components: 6, Alpha: .2, MaxIter: 40, Tol: -1, LARS: true}.Fit(context.Background(), ml.Table{X: sums(120, 8, 6, 3)})
	if err != nil {
		t.Fatal(err)
	}
	for i, now := range m.Info.Loss[1:] {
		if now > m.Info.Loss[i]*(1+1e-12) {
			t.Errorf("loss %v after %v", now, m.Info.Loss[i])
		}
	}
}

func TestDictionariesRefuse(t *testing.T) {
	ctx, x := context.Background(), ml.Table{X: sums(10, 4, 2, 1)}
	for _, c := range []DictionaryLearning{{Components: -1}, {Alpha: -1}, {MaxIter: -1}, {Tol: math.NaN()}, {Coding: Coding{Method: 9}}, {Coding: Coding{NonZeros: -1}}, {Coding: Coding{Alpha: math.Inf(1)}}, {Coding: Coding{Positive: true}},
		{Coding: Coding{MaxIter: -1}}, {Components: 2, Start: [][]float64{{1, 2, 3, 4}}}} {
		if _, err := c.Fit(ctx, x); !errors.Is(err, ml.ErrConfig) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if _, err := (MiniBatchDictionaryLearning{Patience: -1}).Fit(ctx, x); !errors.Is(err, ml.ErrConfig) {
		t.Error(err)
	}
	if _, err := (SparseCoder{}).Fit(ctx, x); !errors.Is(err, ml.ErrConfig) {
		t.Error(err)
	}
	if _, err := (SparseCoder{Dictionary: [][]float64{{1}}}).Fit(ctx, x); !errors.Is(err, ml.ErrShape) {
		t.Error(err)
	}
}

package kernel_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/kernel"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/tensor"
)

// histograms are rows of weights that are not negative, many of them 0, in two classes.
func histograms() ml.Dataset[int] {
	const n, p = 90, 5
	r := rand.New(rand.NewPCG(3, 5))
	x := tensor.New[float64](n, p)
	y := make([]int, n)
	for i := range n {
		y[i] = i % 2
		for j := range p {
			if r.IntN(3) > 0 {
				x.Set(float64(r.IntN(40)+j*y[i])/8, i, j)
			}
		}
	}
	return ml.Data(x, y)
}

func TestAdditiveChi2SamplerLaws(t *testing.T) {
	mltest.Transformer(t, kernel.AdditiveChi2Sampler{}, mltest.Rows(500), mltest.Data(histograms()))
}

func TestSkewedChi2SamplerLaws(t *testing.T) {
	mltest.Transformer(t, kernel.SkewedChi2Sampler{Components: 8}, mltest.Rows(500), mltest.Data(histograms()))
}

// 1e-12: both round a root, a logarithm and a cosine, of angles up to some tens.
func TestAdditiveChi2IsScikitLearns(t *testing.T) {
	file := golden.Load[struct {
		X     [][]float64
		Cases map[string]struct {
			Steps    int
			Interval float64
			Z        [][]float64
		}
	}](t, "testdata/samplers.json")
	x, err := tensor.FromRows(file.X)
	if err != nil {
		t.Fatal(err)
	}
	if len(file.Cases) < 5 {
		t.Fatal("only", len(file.Cases), "cases")
	}
	for name, c := range file.Cases {
		m, err := kernel.AdditiveChi2Sampler{SampleSteps: c.Steps, SampleInterval: c.Interval}.Fit(context.Background(), ml.Table{X: x})
		if err != nil {
			t.Fatal(name, err)
		}
		dense, err := m.Transform(x)
		if err != nil {
			t.Fatal(name, err)
		}
		sparse, err := m.Transform(tensor.SparseFrom[float64](x))
		if err != nil {
			t.Fatal(name, err)
		}
		s, ok := sparse.(*tensor.CSR[float64])
		if !ok {
			t.Fatalf("%s: CSR becomes %T", name, sparse)
		}
		if want := tensor.SparseFrom[float64](x).NNZ() * (2*c.Steps - 1); s.NNZ() != want {
			t.Errorf("%s: %d entries, want %d", name, s.NNZ(), want)
		}
		for i, want := range c.Z {
			golden.Close(t, dense.(*tensor.Tensor[float64]).Row(i), want, 1e-12, 1e-12, name)
			golden.Close(t, s.Dense().Row(i), want, 1e-12, 1e-12, name+" sparse")
		}
	}
}

// The more is read of the spectrum, the nearer are the products to the kernel; what three leave out is the rest of the spectrum's sum, a twentieth (and
// two thousandths for the repetition that readings at intervals bring).
func TestAdditiveChi2NearsItsKernel(t *testing.T) {
	d := histograms()
	want, largest := pairwise(d.X, func(x, y []float64) float64 {
		s := 0.0
		for j, v := range x {
			if v+y[j] > 0 {
				s += 2 * v * y[j] / (v + y[j])
			}
		}
		return s
	})
	before := math.Inf(1)
	for steps := 1; steps <= 3; steps++ {
		m, err := kernel.AdditiveChi2Sampler{SampleSteps: steps}.Fit(context.Background(), d.Table)
		if err != nil {
			t.Fatal(err)
		}
		worst := worstProduct(t, m, d.Table, want)
		if !(worst < before) {
			t.Errorf("%d steps: off by %g, fewer by %g", steps, worst, before)
		}
		before = worst
	}
	rest := 0.002
	for k := 3.0; k < 50; k++ {
		rest += 2 * 0.4 / math.Cosh(math.Pi*k*0.4)
	}
	if before > rest*largest {
		t.Errorf("off by %g of %g", before, largest)
	}
}

// The error of a mean of bounded numbers falls with the root of their count: five standard errors of 4000 are 0.08.
func TestSkewedChi2NearsItsKernel(t *testing.T) {
	d := histograms()
	for _, c := range []float64{0.1, 1, 30} {
		want, _ := pairwise(d.X, func(x, y []float64) float64 {
			s := 1.0
			for j, v := range x {
				s *= 2 * math.Sqrt(v+c) * math.Sqrt(y[j]+c) / (v + y[j] + 2*c)
			}
			return s
		})
		m, err := kernel.SkewedChi2Sampler{Skewedness: c, Components: 4000, Seed: 1}.Fit(context.Background(), d.Table)
		if err != nil {
			t.Fatal(err)
		}
		if worst := worstProduct(t, m, d.Table, want); worst > 0.08 {
			t.Errorf("skewedness %g: off by %g", c, worst)
		}
	}
}

func pairwise(x tensor.Matrix, k func(x, y []float64) float64) (*tensor.Tensor[float64], float64) {
	rows := x.(*tensor.Tensor[float64])
	n, _ := rows.Dims()
	out, largest := tensor.New[float64](n, n), 0.0
	for i := range n {
		for j := range n {
			v := k(rows.Row(i), rows.Row(j))
			out.Set(v, i, j)
			largest = max(largest, v)
		}
	}
	return out, largest
}

func TestChi2SamplersRefuse(t *testing.T) {
	ctx := context.Background()
	d := histograms()
	for _, c := range []kernel.AdditiveChi2Sampler{{SampleSteps: -1}, {SampleSteps: 1001, SampleInterval: 1}, {SampleSteps: 4}, {SampleInterval: -1}, {SampleInterval: 101}, {SampleInterval: math.NaN()}} {
		if _, err := c.Fit(ctx, d.Table); !errors.Is(err, ml.ErrConfig) {
			t.Error(c, err)
		}
	}
	for _, c := range []kernel.SkewedChi2Sampler{{Skewedness: -1}, {Skewedness: math.NaN()}, {Skewedness: math.Inf(1)}, {Components: -1}} {
		if _, err := c.Fit(ctx, d.Table); !errors.Is(err, ml.ErrConfig) {
			t.Error(c, err)
		}
	}
	a, err := kernel.AdditiveChi2Sampler{}.Fit(ctx, d.Table)
	if err != nil {
		t.Fatal(err)
	}
	s, err := kernel.SkewedChi2Sampler{}.Fit(ctx, d.Table)
	if err != nil {
		t.Fatal(err)
	}
	bad := []float64{0, 1, -1, 2, 0} // what the first may not see is, here, the bound of the second as well
	x := tensor.FromSlice(bad, 1, 5)
	for name, m := range map[string]interface {
		ml.Transformer
		ml.RowTransformer
	}{"additive": a, "skewed": s} {
		for _, form := range []tensor.Matrix{x, tensor.SparseFrom[float64](x)} {
			if _, err := m.Transform(form); !errors.Is(err, ml.ErrData) {
				t.Error(name, err)
			}
		}
		if err := m.TransformRow(make([]float64, len(m.Out())), bad); !errors.Is(err, ml.ErrData) {
			t.Error(name, err)
		}
	}
	_, first := kernel.AdditiveChi2Sampler{}.Fit(ctx, ml.Table{X: x})
	_, second := kernel.SkewedChi2Sampler{}.Fit(ctx, ml.Table{X: x})
	if !errors.Is(first, ml.ErrData) || !errors.Is(second, ml.ErrData) {
		t.Error(first, second)
	}
	// The extremes of what is accepted give finite numbers.
	far := tensor.FromSlice([]float64{math.MaxFloat64, math.SmallestNonzeroFloat64, 0, 1, 1e-300}, 1, 5)
	tiny, err := kernel.SkewedChi2Sampler{Skewedness: math.SmallestNonzeroFloat64}.Fit(ctx, ml.Table{X: far})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []ml.Transformer{a, tiny} {
		z, err := m.Transform(far)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range z.(*tensor.Tensor[float64]).Row(0) {
			if !(math.Abs(v) <= math.MaxFloat64) {
				t.Fatalf("%T gives %g", m, v)
			}
		}
	}
}

package nn

import (
	"testing"

	"github.com/gopherwood-ml/ml/internal/rng"
)

// Every loss, by differences in float64, with an input far enough from kinks. The bound is the issue's.
func TestLossGradients(t *testing.T) {
	const rows = 5
	r := rng.New(11, 0)
	normal := func(n int) []float64 {
		x := make([]float64, n)
		rng.Normal(r, x, 0, 1)
		return x
	}
	classes := []float64{2, 0, -1, 1, 2}
	answers := make([]float64, rows*3)
	shares := make([]float64, rows*3)
	counts := make([]float64, rows*3)
	for i := range answers {
		answers[i], counts[i] = float64(i%2), float64(i%4)
		shares[i] = []float64{.2, .5, .3}[i%3]
	}
	weights := []float64{1, .5, 2}
	numbers := normal(rows * 3)
	wide, column := []int{rows, 3}, []int{rows}
	for _, tc := range []struct {
		name   string
		loss   Loss
		in     []int
		target []int
		y      []float64
	}{
		{"MSE", MSE{}, []int{3}, wide, numbers},
		{"MAE", MAE{}, []int{3}, wide, numbers},
		{"Huber", Huber{.7}, []int{3}, wide, numbers},
		{"LogCosh", LogCosh{}, []int{3}, wide, numbers},
		{"Quantile", Quantile{.8}, []int{3}, wide, numbers},
		{"CrossEntropy", CrossEntropy{}, []int{3}, column, []float64{2, 0, 1, 1, 2}},
		{"CrossEntropy all", CrossEntropy{Smoothing: .1, ClassWeight: weights}, []int{3}, column, classes},
		{"CrossEntropy soft", CrossEntropy{Smoothing: .1, ClassWeight: weights}, []int{3}, wide, shares},
		{"BCE", BCE{}, []int{3}, wide, answers},
		{"BCE positive", BCE{3}, []int{3}, wide, answers},
		{"Focal", Focal{}, []int{3}, wide, answers},
		{"Focal alpha", Focal{Gamma: 1, Alpha: .3}, []int{3}, wide, answers},
		{"Hinge", Hinge{}, []int{3}, wide, answers},
		{"Hinge squared", Hinge{Squared: true}, []int{3}, wide, answers},
		{"MultiMargin", MultiMargin{.5}, []int{3}, column, []float64{2, 0, 1, 1, 2}},
		{"PoissonNLL", PoissonNLL{}, []int{3}, wide, counts},
		{"GaussianNLL", GaussianNLL{}, []int{6}, wide, numbers},
		{"KLDiv", KLDiv{}, []int{3}, wide, shares},
		{"CosineLoss", CosineLoss{}, []int{3}, wide, numbers},
		{"Dice", Dice{}, []int{3}, wide, answers},
		{"Cox", Cox{}, []int{1}, []int{rows, 2}, []float64{2, 1, 1, 1, 2, 0, 3, 1, 1, 1}},
		{"NLL", NLL{}, []int{3}, column, classes},
		{"Contrastive", Contrastive{2}, []int{6}, column, []float64{1, 0, 0, 1, 0}},
		{"Triplet", Triplet{}, []int{3, 4}, column, make([]float64, rows)},
		{"InfoNCE", InfoNCE{.5}, []int{2, 4}, column, make([]float64, rows)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			// a layer in front, so that the gradient arrives through one
			m := Dense{Out: tc.in[len(tc.in)-1], Act: Tanh}
			got, err := GradCheck(m, tc.loss, tc.in, normal(rows*size(tc.in)), tc.target, tc.y, 0)
			if err != nil {
				t.Fatal(err)
			}
			if !(got.Worst <= 1e-7) || got.Points < min(20, rows*size(tc.in)+2) {
				t.Errorf("%+v", got)
			}
		})
	}
}

// wrongSquare is x² whose gradient is off by a share.
type wrongSquare struct{ by float64 }

func (wrongSquare) Shape(in [][]int) ([]int, error) { return append([]int(nil), in[0]...), nil }

func (wrongSquare) Forward(n *Node) {
	x := read(n.Engine(), n.In(0).Buf())
	for i, v := range x {
		x[i] = v * v
	}
	n.Engine().PutWide(n.Out().Buf(), x)
}

func (o wrongSquare) Backward(n *Node) {
	g, add, ok := n.Grad(0)
	if !ok {
		return
	}
	x, d, old := read(n.Engine(), n.In(0).Buf()), read(n.Engine(), n.OutGrad()), read(n.Engine(), g)
	for i, v := range x {
		x[i] = 2 * v * d[i] * (1 + o.by)
		if add {
			x[i] += old[i]
		}
	}
	n.Engine().PutWide(g, x)
}

// A wrong gradient of the input, of a parameter, and one that overwrites what another path has left.
func TestGradCheckCatchesWrongGradients(t *testing.T) {
	x := []float64{1, -2, 3, .5, 1.5, -1, 2, .25}
	y := make([]float64, 8)
	for _, tc := range []struct {
		name  string
		m     Module
		where string // "" where nothing is wrong
	}{
		{"right", Func(func(c *Ctx, x *Var) *Var { return Apply(c, wrongSquare{}, x) }), ""},
		{"right, added", Func(func(c *Ctx, x *Var) *Var { return c.Add(x, Apply(c, wrongSquare{}, x)) }), ""},
		{"input", Func(func(c *Ctx, x *Var) *Var { return Apply(c, wrongSquare{1e-6}, x) }), "input"},
		{"parameter", Func(func(c *Ctx, x *Var) *Var {
			return c.Mul(x, Apply(c, wrongSquare{1e-6}, c.Param("w", Constant{1.5}, 4)))
		}), "w"},
		{"bias", Func(func(c *Ctx, x *Var) *Var {
			return c.Add(x, Apply(c, wrongSquare{-.5}, c.Bias("b", Constant{1.5}, 4)))
		}), "b"},
	} {
		got, err := GradCheck(tc.m, MSE{}, []int{4}, x, []int{2, 4}, y, 0)
		if err != nil {
			t.Fatal(tc.name, err)
		}
		if bad := got.Worst > 1e-7; bad != (tc.where != "") || bad && got.Where != tc.where {
			t.Errorf("%s: %+v", tc.name, got)
		}
	}
}

//go:build heavy

package nn_test

import (
	"math"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/nn"
	"github.com/gopherwood-ml/ml/tensor"
)

// ownDense, ownReLU and ownLoss are what nn.Dense, its activation and nn.MSE do, as a user would write them.
type ownDense struct {
	out int
	act bool
}

var ownInit nn.Init = nn.He{Slope: math.Sqrt(5)}

func (l ownDense) Forward(c *nn.Ctx, x *nn.Var) *nn.Var {
	y := c.Linear(x, c.Param("weights", ownInit, x.Dim(-1), l.out), c.Bias("bias", nil, l.out), nn.Linear)
	if l.act {
		return nn.Apply(c, ownReLU{}, y)
	}
	return y
}

type ownReLU struct{}

func (ownReLU) Shape(in [][]int) ([]int, error) { return slices.Clone(in[0]), nil }

func (ownReLU) Forward(n *nn.Node) {
	y := nn.Floats[float32](n.Out().Buf())
	for i, v := range nn.Floats[float32](n.In(0).Buf()) {
		y[i] = max(v, 0)
	}
}

func (ownReLU) Backward(n *nn.Node) {
	g, add, wanted := n.Grad(0)
	if !wanted {
		return
	}
	dx, dy, y := nn.Floats[float32](g), nn.Floats[float32](n.OutGrad()), nn.Floats[float32](n.Out().Buf())
	if !add {
		clear(dx)
	}
	for i, v := range y { // without a branch, which no processor could foresee
		dx[i] += dy[i] * min(v*math.MaxFloat32, 1)
	}
}

type ownLoss struct{}

func (ownLoss) Rows(c *nn.Ctx, pred, y *nn.Var) *nn.Var {
	d := c.Sub(pred, y)
	return c.Mean(c.Mul(d, d), 1)
}

// Layers, operations and losses of a user's own take at most 1.1 times as long as the same built in: on one core, the fast tenth of steps made in
// turns, and the best of three tries, since a busy machine only ever adds time.
func TestOwnLayersKeepUp(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	best := math.Inf(1)
	for range 3 {
		best = min(best, ownAgainstBuiltIn(t))
		t.Logf("a user's layers take %.3f of the time of those built in", best)
		if best <= 1.1 {
			return
		}
	}
	t.Errorf("a user's layers take %.3f of the time of those built in, want 1.1 at most", best)
}

func ownAgainstBuiltIn(t *testing.T) float64 {
	build := func(m nn.Module, loss nn.Loss) *nn.Trainer {
		net, err := nn.New(m, []int{784}, 1)
		if err != nil {
			t.Fatal(err)
		}
		tr, err := nn.NewTrainer(net, nn.Training{Loss: loss, Optimizer: nn.Adam{}})
		if err != nil {
			t.Fatal(err)
		}
		return tr
	}
	trainers := []*nn.Trainer{
		build(nn.Seq{nn.Dense{Out: 256, Act: nn.ReLU}, nn.Dense{Out: 128, Act: nn.ReLU}, nn.Dense{Out: 10}}, nn.MSE{}),
		build(nn.Seq{ownDense{256, true}, ownDense{128, true}, ownDense{10, false}}, ownLoss{}),
	}
	x, y := tensor.New[float32](64, 784), tensor.New[float32](64, 10)
	rng.Normal(rng.New(1, 1), x.Data(), 0, 1)
	rng.Normal(rng.New(1, 2), y.Data(), 0, 1)
	var times [2][]time.Duration
	for round := range 400 {
		for i, tr := range trainers {
			start := time.Now()
			if _, err := tr.Step(x, y); err != nil {
				t.Fatal(err)
			}
			if round >= 20 {
				times[i] = append(times[i], time.Since(start))
			}
		}
	}
	for i := range times {
		slices.Sort(times[i])
	}
	return float64(times[1][len(times[1])/10]) / float64(times[0][len(times[0])/10])
}

package nn

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"

	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

// turns is a module that takes another way in every pass, with values used several times and parts that lead nowhere.
type turns struct{ way *int }

func (m turns) Forward(c *Ctx, x *Var) *Var {
	a := Dense{Out: 6, Act: Tanh}
	h := c.Call("a", a, x)
	w := c.Param("w", NormalInit{}, 6)
	switch *m.way {
	case 0:
		h = c.Mul(h, w)
	case 1:
		h = c.Add(c.Mul(h, w), c.Act(h, GELU))
		c.Exp(h) // nothing comes of it
	case 2:
		for range 3 {
			h = c.Call("a", a, h)
		}
		h = c.Add(h, w)
	case 3: // without w, and the net's input beside what became of it
		h = c.Add(c.Act(x, ReLU), c.Reshape(c.Slice(c.Concat(-1, h, h), -1, 3, 9), -1, 6))
	}
	return c.Call("b", Dense{Out: 2}, h)
}

// Records of earlier passes, of other shapes and other ways, leave no trace: losses, gradients and predictions are those of a net that
// has just been built, bit for bit.
func TestTapeKeepsNothing(t *testing.T) {
	way := 1
	build := func() (*Net, *Trainer) {
		net, err := New(turns{&way}, []int{6}, 4)
		if err != nil {
			t.Fatal(err)
		}
		tr, err := NewTrainer(net, Training{Loss: MSE{}, Optimizer: SGD{LearningRate: .05, Momentum: .5}})
		if err != nil {
			t.Fatal(err)
		}
		return net, tr
	}
	net, tr := build()
	r := rng.New(9, 0)
	for step := range 120 {
		way = r.IntN(4)
		rows := []int{5, 3, 8, 1, 7, 2}[r.IntN(6)] // more than are remembered
		x, y := tensor.New[float32](rows, 6), tensor.New[float32](rows, 2)
		rng.Normal(r, x.Data(), 0, 1)
		rng.Normal(r, y.Data(), 0, 1)
		built := way
		way = 1 // the way that asks for all parameters
		fresh, again := build()
		way = built
		for i, p := range net.Params() {
			if err := fresh.Params()[i].Set(p.Values()); err != nil {
				t.Fatal(err)
			}
		}
		got, err := net.Predict(x)
		if err != nil {
			t.Fatal(err)
		}
		want, err := fresh.Predict(x)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.Data(), want.Data()) {
			t.Fatalf("step %d, way %d, %d rows: predictions differ", step, way, rows)
		}
		loss, err := tr.Step(x, y)
		if err != nil {
			t.Fatal(err)
		}
		other, err := again.Step(x, y)
		if err != nil {
			t.Fatal(err)
		}
		if loss != other {
			t.Fatalf("step %d, way %d, %d rows: the loss is %g, of a new net %g", step, way, rows, loss, other)
		}
		for i, p := range net.Params() {
			if q := fresh.Params()[i]; !slices.Equal(p.Grads(), q.Grads()) {
				t.Fatalf("step %d, way %d, %d rows: the gradient of %s is %v, of a new net %v", step, way, rows, p.Name, p.Grads(), q.Grads())
			}
		}
	}
}

// Many goroutines predict at once, with batches of many sizes, what one would.
func TestPredictAtOnce(t *testing.T) {
	for _, s := range steadyNets() {
		net, err := New(s.m, s.in, 3)
		if err != nil {
			t.Fatal(err)
		}
		x := make([]*tensor.Tensor[float32], 6)
		want := make([][]float32, len(x))
		for i := range x {
			x[i], _ = batch(s.in, 1+i, 2)
			y, err := net.Predict(x[i])
			if err != nil {
				t.Fatal(err)
			}
			want[i] = y.Data()
		}
		var all sync.WaitGroup
		errs := make([]error, 8)
		for g := range errs {
			all.Go(func() {
				for k := range 12 {
					i := (g + k*5) % len(x)
					dst := make([]float32, len(want[i]))
					if err := net.PredictInto(dst, x[i]); err != nil {
						errs[g] = err
					} else if !slices.Equal(dst, want[i]) {
						errs[g] = fmt.Errorf("a batch of %d gives other bits", i+1)
					}
				}
			})
		}
		all.Wait()
		for _, err := range errs {
			if err != nil {
				t.Errorf("%s: %v", s.name, err)
			}
		}
	}
}

// A batch that is not finite is refused, and leaves neither the weights nor the running means other than they were.
func TestBadBatchLeavesTheNet(t *testing.T) {
	net, err := New(Seq{BatchNorm{}, Dense{Out: 1}}, []int{2}, 1)
	if err != nil {
		t.Fatal(err)
	}
	tr, err := NewTrainer(net, Training{Loss: MSE{}})
	if err != nil {
		t.Fatal(err)
	}
	x, y := batch([]int{2}, 4, 2)
	if _, err := tr.Step(x, y); err != nil {
		t.Fatal(err)
	}
	all := func() (v []float32) {
		for _, p := range net.Params() {
			v = append(v, p.Values()...)
		}
		for _, s := range net.States() {
			v = append(v, s.Values(net)...)
		}
		return
	}
	before := all()
	bad := x.Data()[3]
	x.Data()[3] = float32(math.Inf(1))
	if _, err := tr.Step(x, y); err == nil {
		t.Fatal("an infinite input is taken")
	}
	if !slices.Equal(all(), before) {
		t.Errorf("%v became %v", before, all())
	}
	x.Data()[3] = bad
	if _, err := tr.Step(x, y); err != nil {
		t.Error("after a bad batch:", err)
	}
}

// counted passes values on and counts how often a gradient comes back.
type counted struct{ back *int }

func (counted) Shape(in [][]int) ([]int, error) { return append([]int(nil), in[0]...), nil }

func (counted) Forward(n *Node) { n.Engine().Copy(n.Out().value, n.In(0).value) }

func (o counted) Backward(n *Node) {
	*o.back++
	if g, add, ok := n.Grad(0); ok {
		n.Engine().Axpby(1, n.OutGrad(), float(add), g)
	}
}

// What lies before frozen parameters gets no gradient, until they are thawed.
func TestFrozenParametersCostNoGradients(t *testing.T) {
	back := 0
	net, err := New(Seq{Dense{Out: 3}, Func(func(c *Ctx, x *Var) *Var { return Apply(c, counted{&back}, x) }), Dense{Out: 2}}, []int{4}, 1)
	if err != nil {
		t.Fatal(err)
	}
	tr, err := NewTrainer(net, Training{Loss: MSE{}})
	if err != nil {
		t.Fatal(err)
	}
	x, y := tensor.New[float32](5, 4), tensor.New[float32](5, 2)
	rng.Normal(rng.New(1, 1), x.Data(), 0, 1)
	step := func() {
		t.Helper()
		if _, err := tr.Step(x, y); err != nil {
			t.Fatal(err)
		}
	}
	freeze := func(on bool) {
		for _, p := range net.Params()[:2] {
			p.Frozen = on
		}
	}
	step()
	before := net.Params()[0].Values()
	freeze(true)
	step()
	step()
	if back != 1 || !slices.Equal(net.Params()[0].Values(), before) {
		t.Errorf("frozen: %d gradients came back, weights moved: %v", back-1, !slices.Equal(net.Params()[0].Values(), before))
	}
	freeze(false)
	step()
	if back != 2 || slices.Equal(net.Params()[0].Values(), before) {
		t.Errorf("thawed: %d gradients came back", back-1)
	}
}

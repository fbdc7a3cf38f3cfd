package nn

import (
	"errors"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// Gradient returns the derivative of the probability of one class by each column, at each row of x: rows x columns. It is what
// explain.Slopes makes explanations of. It is computed in float32, by one pass forth and back for each row; the batch a row
// stands in may change the last bits. Nets that look vectors up by their columns (Embedding) have none: the error unwraps to errors.ErrUnsupported.
func (m *ClassifierModel) Gradient(x tensor.Matrix, output int) (*tensor.Tensor[float64], error) {
	const where = "nn.ClassifierModel.Gradient"
	if err := checkOutput(where, &m.Fitted, x, output, m.K); err != nil {
		return nil, err
	}
	n, p := x.Dims()
	out := tensor.New[float64](n, p)
	chosen, unseen := tensor.New[float32](m.K), tensor.New[float32](m.K)
	chosen.Data()[output] = 1
	for j, gone := range m.Unseen {
		if gone {
			unseen.Data()[j] = -math.MaxFloat32 / 4 // whose exponential is 0 beside any other
		}
	}
	head := func(c *Ctx, y *Var) *Var {
		return c.Mul(c.Softmax(c.Add(y, c.Input(unseen))), c.Input(chosen))
	}
	return out, m.oracle.gradients(where, x, head, func(i int, _, grad []float32) {
		for j, g := range grad {
			out.Row(i)[j] = float64(g)
		}
	})
}

// Gradient returns the derivative of the prediction by each column, at each row of x: rows x columns; output must be 0. It is what
// explain.Slopes makes explanations of. It is computed in float32, by one pass forth and back for each row; the batch a row
// stands in may change the last bits.
func (m *RegressorModel) Gradient(x tensor.Matrix, output int) (*tensor.Tensor[float64], error) {
	const where = "nn.RegressorModel.Gradient"
	if err := checkOutput(where, &m.Fitted, x, output, 1); err != nil {
		return nil, err
	}
	n, p := x.Dims()
	out := tensor.New[float64](n, p)
	_, poisson := lossIn(m.Config).(PoissonNLL)
	return out, m.oracle.gradients(where, x, func(_ *Ctx, y *Var) *Var { return y }, func(i int, y, grad []float32) {
		scale := m.Scale
		if poisson { // the derivative of an exponential is itself
			scale *= response(PoissonNLL{}, y[0], m.Shift, m.Scale)
		}
		for j, g := range grad {
			out.Row(i)[j] = scale * float64(g)
		}
	})
}

func checkOutput(where string, f *ml.Fitted, x tensor.Matrix, output, outputs int) error {
	if err := check(where, f, x); err != nil {
		return err
	}
	if output < 0 || output >= outputs {
		return ml.BadConfig(where, "output", output, fmt.Sprintf("0 to %d", outputs-1))
	}
	return nil
}

// twin is a net with the same numbers whose parameters want no gradients, so that any number of goroutines may walk back through it at once.
func (o *oracle) twin() (*Net, error) {
	o.once.Do(func() {
		t, err := o.net.Clone()
		if err == nil {
			for _, p := range t.book.params {
				p.v.learns = false
			}
		}
		o.slopes, o.fault = t, err
	})
	return o.slopes, o.fault
}

// gradients calls f with the outputs of every row of x and with the gradient, by its columns, of the sum of what head makes of them.
func (o *oracle) gradients(where string, x tensor.Matrix, head func(c *Ctx, y *Var) *Var, f func(i int, y, grad []float32)) error {
	n, err := o.twin()
	if err != nil {
		return err
	}
	r := rows.Of(x)
	p := r.Cols()
	for lo := 0; lo < r.Len(); {
		k := batchFor(r.Len() - lo)
		a := o.borrow(k)
		a.fill(r, lo, k)
		grads := make([]float32, k*p)
		if err := n.slopesAt(where, grads, a, k*p, k*o.out, head); err != nil {
			return err
		}
		for i := range k {
			y, g := a.y[i*o.out:(i+1)*o.out], grads[i*p:(i+1)*p]
			if !finite32(y) || !finite32(g) {
				return tooLarge(lo + i)
			}
			f(lo+i, y, g)
		}
		o.pool.Put(a)
		lo += k
	}
	return nil
}

// slopesAt is one pass forth and back.
func (n *Net) slopesAt(where string, grads []float32, a *asking, in, out int, head func(c *Ctx, y *Var) *Var) (err error) {
	c := n.borrow()
	defer catch(&err)
	c.begin(false, a.shape)
	v := c.Watch(c.inputOf(a.x[:in], a.shape))
	y := n.Module.Forward(c, v)
	n.engine.Get(a.y[:out], y.value)
	c.backward(c.Sum(head(c, y)))
	if !v.written {
		return &ml.Error{Where: where, Field: "the net", Found: "one that looks its columns up", Want: "columns that it computes with", Kind: errors.ErrUnsupported}
	}
	n.engine.Get(grads, v.grad)
	n.idle.Put(c)
	return n.fault(where)
}

package nn

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml/internal/compute"
)

// CTC is connectionist temporal classification (Graves et al., ICML 2006): the negative logarithm of the probability of a sequence of labels, over
// all ways to spread it, with blanks between, over the steps of a longer sequence. Predictions are logits [N, T, K], targets [N, L] labels; a
// negative label ends a target that is shorter than L. A target that does not fit into T steps has an infinite loss, which ends the training with an error;
// with SkipImpossible it counts 0.
type CTC struct {
	Blank          int // the label that stands for none
	SkipImpossible bool
}

// Rows gives the loss of each row. It is not divided by the length of the target.
func (l CTC) Rows(c *Ctx, pred, y *Var) *Var {
	if len(pred.shape) != 3 || len(y.shape) != 2 || y.shape[0] != pred.shape[0] || l.Blank < 0 || l.Blank >= pred.shape[2] {
		c.Fail(misfit("the predictions, the target and CTC.Blank", fmt.Sprintf("of shapes %v and %v, and %d", pred.shape, y.shape, l.Blank), "[N, T, K], [N, L], and a label below K"))
	}
	return Apply(c, ctcOp{l.Blank, l.SkipImpossible}, pred, y)
}

type ctcOp struct {
	blank int
	skip  bool
}

func (o ctcOp) Shape(in [][]int) ([]int, error) { return []int{in[0][0]}, nil }

func (o ctcOp) Forward(n *Node) {
	if n.Engine().Double() {
		ctcRows[float64](n, o)
	} else {
		ctcRows[float32](n, o)
	}
}

func (o ctcOp) Backward(n *Node) {
	g, add, ok := n.Grad(0)
	if !ok {
		return
	}
	rows, per := n.Out().Len(), n.In(0).Len()/n.Out().Len()
	if n.ints == nil {
		n.ints = [][]int{{rows, per}, {per, 1}, {1, 0}}
	}
	n.Engine().Contract(n.ints[0], g, n.ints[1], n.room[0], n.ints[1], n.OutGrad(), n.ints[2], add)
}

// ctcRows computes the losses and, in room 0, the gradients of the logits: the probability of each label at each step less what it is
// given the target.
func ctcRows[T compute.Float](n *Node, o ctcOp) {
	x, y, loss := n.In(0), Floats[T](n.In(1).value), Floats[T](n.Out().value)
	steps, k, most := x.shape[1], x.shape[2], n.In(1).shape[1]
	e := n.Engine()
	logs := n.Room(1, x.Len())
	e.Softmax(logs, x.value, x.Len()/k, k, true)
	p, grad := Floats[T](logs), Floats[T](n.Room(0, x.Len()))
	work := ctcWork{k: k, steps: steps, blank: o.blank, alpha: make([]float64, steps*(2*most+1)), beta: make([]float64, steps*(2*most+1)), path: make([]int, 0, 2*most+1), share: make([]float64, k)}
	for i := range loss {
		loss[i] = T(ctcRow(&work, p[i*steps*k:(i+1)*steps*k], y[i*most:(i+1)*most], grad[i*steps*k:(i+1)*steps*k], o.skip))
	}
}

// ctcWork is the memory of one row: paths of blanks and labels in turn, and their logarithms of probability.
type ctcWork struct {
	k, steps, blank int
	alpha, beta     []float64
	path            []int
	share           []float64
}

func ctcRow[T compute.Float](w *ctcWork, p, labels, grad []T, skip bool) float64 {
	w.path = append(w.path[:0], w.blank)
	for _, v := range labels {
		if v < 0 {
			break
		}
		c := w.k // no label: an error
		if v < T(w.k) {
			c = int(v)
		}
		if c == w.k || c == w.blank {
			clear(grad)
			return math.NaN()
		}
		w.path = append(w.path, c, w.blank)
	}
	s := len(w.path)
	at := func(t, j int) float64 { return float64(p[t*w.k+w.path[j]]) }
	jumps := func(j int) bool { return j >= 2 && w.path[j] != w.blank && w.path[j] != w.path[j-2] }
	for t := range w.steps {
		a, before := w.alpha[t*s:(t+1)*s], w.alpha[max(t-1, 0)*s:]
		for j := range a {
			sum := math.Inf(-1)
			switch {
			case t == 0 && j < 2:
				sum = 0
			case t > 0:
				sum = before[j]
				if j > 0 {
					sum = logAdd(sum, before[j-1])
				}
				if jumps(j) {
					sum = logAdd(sum, before[j-2])
				}
			}
			a[j] = sum + at(t, j)
		}
	}
	last := w.alpha[(w.steps-1)*s:]
	total := last[s-1]
	if s > 1 {
		total = logAdd(total, last[s-2])
	}
	if math.IsInf(total, -1) {
		clear(grad)
		if skip {
			return 0
		}
		return math.Inf(1)
	}
	for t := w.steps - 1; t >= 0; t-- {
		b, after := w.beta[t*s:(t+1)*s], w.beta[min(t+1, w.steps-1)*s:]
		for j := range b {
			sum := math.Inf(-1)
			switch {
			case t == w.steps-1 && j >= s-2:
				sum = 0
			case t < w.steps-1:
				sum = after[j] + at(t+1, j)
				if j+1 < s {
					sum = logAdd(sum, after[j+1]+at(t+1, j+1))
				}
				if j+2 < s && jumps(j+2) {
					sum = logAdd(sum, after[j+2]+at(t+1, j+2))
				}
			}
			b[j] = sum
		}
		clear(w.share)
		for j := range b {
			w.share[w.path[j]] += math.Exp(w.alpha[t*s+j] + b[j] - total)
		}
		for c := range w.k {
			grad[t*w.k+c] = T(math.Exp(float64(p[t*w.k+c])) - w.share[c])
		}
	}
	return -total
}

// logAdd is the logarithm of the sum of two numbers given by theirs.
func logAdd(a, b float64) float64 {
	if a < b {
		a, b = b, a
	}
	if math.IsInf(b, -1) {
		return a
	}
	return a + math.Log1p(math.Exp(b-a))
}

package nn

import (
	"cmp"
	"math"
	"slices"
)

// Cox is the negative partial log-likelihood of proportional hazards within a batch (Cox, JRSS B 34 (1972); Breslow's way with ties): the net gives
// one logarithm of a hazard for each row, a target is a time and 1 for an event or 0 where the row was lost sight of. Rows at risk are those
// of the batch with times as late or later, so batches should be large. The mean is over events; a batch without any has loss 0. A step sorts the batch and allocates for it.
type Cox struct{}

// Rows gives the loss of each row: 0 for those without an event.
func (Cox) Rows(c *Ctx, pred, y *Var) *Var {
	if len(y.shape) != 2 || y.shape[1] != 2 || pred.Len() != y.shape[0] {
		c.Fail(misfit("the target", "of other shape", "[N, 2], a time and whether the event came, and a prediction for each"))
	}
	return Apply(c, coxOp{}, c.Reshape(pred, -1), y)
}

type coxOp struct{}

func (coxOp) Shape(in [][]int) ([]int, error) { return []int{in[0][0]}, nil }

// coxWork is a batch in order of falling times.
type coxWork struct {
	score, time, event []float64
	order              []int
	risk               []float64 // the logarithm of the summed hazards of those at risk with row i
	scale              float64   // rows over events
}

func newCoxWork(n *Node) *coxWork {
	e, rows := n.Engine(), n.In(0).Len()
	w := &coxWork{make([]float64, rows), make([]float64, rows), make([]float64, rows), make([]int, rows), make([]float64, rows), 0}
	targets := make([]float64, 2*rows)
	e.GetWide(w.score, n.In(0).value)
	e.GetWide(targets, n.In(1).value)
	events := 0.0
	for i := range w.order {
		w.order[i], w.time[i], w.event[i] = i, targets[2*i], targets[2*i+1]
		events += w.event[i]
	}
	slices.SortFunc(w.order, func(a, b int) int {
		if c := cmp.Compare(w.time[b], w.time[a]); c != 0 {
			return c
		}
		return a - b
	})
	w.scale = float64(rows) / max(events, 1)
	sum := math.Inf(-1)
	for lo := 0; lo < rows; {
		hi := lo
		for ; hi < rows && w.time[w.order[hi]] == w.time[w.order[lo]]; hi++ {
			sum = logAdd(sum, w.score[w.order[hi]])
		}
		for ; lo < hi; lo++ {
			w.risk[w.order[lo]] = sum
		}
	}
	return w
}

func (coxOp) Forward(n *Node) {
	w := newCoxWork(n)
	for i, risk := range w.risk {
		w.risk[i] = w.scale * w.event[i] * (risk - w.score[i])
	}
	n.Engine().PutWide(n.Out().value, w.risk)
}

func (coxOp) Backward(n *Node) {
	g, add, ok := n.Grad(0)
	if !ok {
		return
	}
	w := newCoxWork(n)
	e, rows := n.Engine(), len(w.order)
	dy, dx := make([]float64, rows), make([]float64, rows)
	e.GetWide(dy, n.OutGrad())
	if add {
		e.GetWide(dx, g)
	}
	// From the earliest time on: a row is at risk with all events up to its own time. more and less are the logarithms of what those sum up to of
	// dy over their risk, where dy is above and below 0.
	more, less := math.Inf(-1), math.Inf(-1)
	for hi := rows; hi > 0; {
		lo := hi
		for ; lo > 0 && w.time[w.order[lo-1]] == w.time[w.order[hi-1]]; lo-- {
			i := w.order[lo-1]
			switch d := dy[i] * w.event[i]; {
			case d > 0:
				more = logAdd(more, math.Log(d)-w.risk[i])
			case d < 0:
				less = logAdd(less, math.Log(-d)-w.risk[i])
			}
		}
		for ; hi > lo; hi-- {
			i := w.order[hi-1]
			dx[i] += w.scale * (math.Exp(w.score[i]+more) - math.Exp(w.score[i]+less) - float64(dy[i]*w.event[i]))
		}
	}
	e.PutWide(g, dx)
}

// NLL is the negative log-likelihood of classes for a net that gives logarithms of probabilities, PyTorch's NLLLoss; targets of -1 are ignored. With
// scores, CrossEntropy is the better choice.
type NLL struct{}

// Rows gives the loss of each row.
func (NLL) Rows(c *Ctx, pred, y *Var) *Var {
	k := pred.Dim(-1)
	return c.Affine(c.Sum(c.Mul(c.Reshape(pred, -1, k), Apply(c, oneHotOp{k}, y)), 1), -1, 0)
}

// Mass is 0 for rows that are ignored.
func (NLL) Mass(c *Ctx, pred, y *Var) *Var {
	return c.Sum(Apply(c, oneHotOp{pred.Dim(-1)}, y), 1)
}

// Contrastive draws pairs together or apart (Hadsell, Chopra and LeCun, CVPR 2006): the net gives two vectors of a pair side by side, the target is 1 for a
// pair of the same kind, whose loss is half their squared distance d², and 0 for others: half of max(0, Margin - d)².
type Contrastive struct{ Margin float64 } // 0: 1

// Rows gives the loss of each pair.
func (l Contrastive) Rows(c *Ctx, pred, y *Var) *Var {
	half := pred.Dim(-1) / 2
	if len(pred.shape) != 2 || pred.Dim(-1)%2 != 0 || y.Len() != pred.shape[0] {
		c.Fail(misfit("the prediction", "of other shape", "[N, 2 D], two vectors side by side, and a target for each pair"))
	}
	d := c.Sum(c.Square(c.Sub(c.Slice(pred, 1, 0, half), c.Slice(pred, 1, half, 2*half))), 1)
	same := c.Reshape(y, -1)
	apart := c.Square(c.Act(c.Affine(c.Sqrt(c.Affine(d, 1, 1e-12)), -1, orOne(l.Margin)), ReLU))
	return c.Affine(c.Add(c.Mul(same, d), c.Mul(c.Affine(same, -1, 1), apart)), .5, 0)
}

package nn

import (
	"fmt"

	"github.com/gopherwood-ml/ml/internal/compute"
)

// Loss says how far predictions are from what was wanted.
type Loss interface {
	// Rows is the loss of every row, or every element, of a batch. Their mean, weighted where rows have weights, is what training
	// lowers.
	Rows(c *Ctx, pred, y *Var) *Var
}

// Masser is a Loss whose rows do not all count as one: Mass is what each counts in the mean, of the shape of Rows. A row of mass 0 is
// absent, so its loss must be 0.
type Masser interface {
	Mass(c *Ctx, pred, y *Var) *Var
}

// perRow averages an array of elements over all axes but the first.
func perRow(c *Ctx, x *Var) *Var {
	if len(x.shape) == 1 {
		return x
	}
	return c.Mean(c.Flatten(x), 1)
}

// alike ends the pass unless y has the shape of the predictions, or would have with an axis of 1 behind it.
func alike(c *Ctx, pred, y *Var) *Var {
	if equal(pred.shape, y.shape) {
		return y
	}
	if pred.Len() == y.Len() && pred.shape[0] == y.shape[0] {
		return Apply(c, reshapeOp{newAxes(c, pred.shape)}, y)
	}
	c.Fail(misfit("the target", fmt.Sprintf("of shape %v", y.shape), fmt.Sprintf("that of the predictions, %v", pred.shape)))
	return nil
}

// MSE is the mean squared error.
type MSE struct{}

// Rows gives the mean of squares of each row.
func (MSE) Rows(c *Ctx, pred, y *Var) *Var {
	return perRow(c, c.Square(c.Sub(pred, alike(c, pred, y))))
}

// MAE is the mean absolute error.
type MAE struct{}

// Rows gives the mean of absolute values of each row.
func (MAE) Rows(c *Ctx, pred, y *Var) *Var {
	return perRow(c, c.Abs(c.Sub(pred, alike(c, pred, y))))
}

// Huber is quadratic near 0 and linear beyond Delta (Huber, Ann. Math. Stat. 35 (1964)): e²/2 within, Delta (|e| - Delta/2) beyond.
type Huber struct{ Delta float64 } // 0: 1

// Rows gives the mean of each row.
func (l Huber) Rows(c *Ctx, pred, y *Var) *Var {
	d := orOne(l.Delta)
	e := c.Abs(c.Sub(pred, alike(c, pred, y)))
	near := c.Clamp(e, 0, d) // q (e - q/2), q = min(e, d)
	return perRow(c, c.Mul(near, c.Sub(e, c.Affine(near, .5, 0))))
}

// LogCosh is log cosh of the error: smooth, quadratic near 0, linear far off.
type LogCosh struct{}

// Rows gives the mean of each row.
func (LogCosh) Rows(c *Ctx, pred, y *Var) *Var {
	e := c.Sub(pred, alike(c, pred, y)) // e + softplus(-2e) - log 2
	return perRow(c, c.Affine(c.Add(e, c.Act(c.Affine(e, -2, 0), Softplus)), 1, -0.69314718055994530942))
}

// Quantile is the pinball loss of a quantile, 0 < Q < 1; 0 is the median.
type Quantile struct{ Q float64 }

// Rows gives the mean of each row.
func (l Quantile) Rows(c *Ctx, pred, y *Var) *Var {
	q := l.Q
	if q == 0 {
		q = .5
	}
	e := c.Sub(alike(c, pred, y), pred)
	return perRow(c, c.Max(c.Affine(e, q, 0), c.Affine(e, q-1, 0)))
}

// CrossEntropy is that of the softmax of the predictions, [..., K], and classes 0..K-1 in the target, [...]; or, where the target has the
// shape of the predictions, a distribution in each row.
type CrossEntropy struct {
	Smoothing   float64   // moves this share of every target to all classes alike (Szegedy et al., CVPR 2016). 0: none
	ClassWeight []float64 // what a row of each class counts; the mean divides by the weights, as PyTorch's does. nil: 1
}

// Rows gives the loss of every row. A row whose class is negative is absent.
func (l CrossEntropy) Rows(c *Ctx, pred, y *Var) *Var {
	k := pred.Dim(-1)
	if l.ClassWeight != nil && len(l.ClassWeight) != k {
		c.Fail(misset("CrossEntropy.ClassWeight", fmt.Sprintf("a list of %d", len(l.ClassWeight)), fmt.Sprintf("%d, one for each class", k)))
	}
	if equal(pred.shape, y.shape) && k > 1 {
		if l.Smoothing > 0 {
			y = c.Affine(y, 1-l.Smoothing, l.Smoothing/float64(k))
		}
		if l.ClassWeight != nil {
			y = c.Mul(y, c.Const(l.ClassWeight))
		}
		return c.Affine(c.Sum(c.Mul(y, c.LogSoftmax(pred)), -1), -1, 0)
	}
	if l.ClassWeight != nil {
		return Apply(c, crossEntropyOp{l.Smoothing}, pred, y, c.Const(l.ClassWeight))
	}
	return Apply(c, crossEntropyOp{l.Smoothing}, pred, y)
}

// Mass is the weight of each row's class, 0 for those without one.
func (l CrossEntropy) Mass(c *Ctx, pred, y *Var) *Var {
	if equal(pred.shape, y.shape) && pred.Dim(-1) > 1 {
		return nil
	}
	if l.ClassWeight != nil {
		return c.Reshape(c.Gather(c.Reshape(c.Const(l.ClassWeight), -1, 1), y), -1)
	}
	return Apply(c, countedOp{}, y)
}

// countedOp is 1 for a class, 0 for none.
type countedOp struct{}

func (countedOp) Shape(in [][]int) ([]int, error) { return []int{size(in[0])}, nil }

func (countedOp) Forward(n *Node) { // min(max(class + 1, 0), 1)
	e, y := n.Engine(), n.Out().value
	e.Map(compute.Func{Kind: compute.Scale, A: 1, B: 1}, y, n.In(0).value)
	e.Map(compute.Func{Kind: compute.Clamp, A: 0, B: 1}, y, y)
}

func (countedOp) Backward(*Node) {}

// Const is an input of the given numbers, of one axis.
func (c *Ctx) Const(x []float64) *Var {
	var shape [1]int
	shape[0] = len(x)
	v := c.input(shape[:])
	c.e.PutWide(v.value, x)
	return v
}

type crossEntropyOp struct{ smoothing float64 }

func (o crossEntropyOp) Shape(in [][]int) ([]int, error) {
	if len(in[0]) < 2 || size(in[0][:len(in[0])-1]) != size(in[1]) {
		return nil, misfit("the target", fmt.Sprintf("of shape %v", in[1]), fmt.Sprintf("a class for each row of the predictions, %v", in[0]))
	}
	return []int{size(in[1])}, nil
}

func (o crossEntropyOp) Forward(n *Node) {
	x, k := n.In(0), n.In(0).Dim(-1)
	var weight compute.Buf
	if n.Inputs() > 2 {
		weight = n.In(2).value
	}
	n.Engine().CrossEntropy(n.Out().value, n.Room(0, x.Len()), x.value, n.In(1).value, weight, x.Len()/k, k, o.smoothing)
}

func (o crossEntropyOp) Backward(n *Node) {
	g, add, ok := n.Grad(0)
	if !ok {
		return
	}
	rows, k := n.Out().Len(), n.In(0).Dim(-1)
	if n.ints == nil {
		n.ints = [][]int{{rows, k}, {k, 1}, {1, 0}}
	}
	n.Engine().Contract(n.ints[0], g, n.ints[1], n.room[0], n.ints[1], n.OutGrad(), n.ints[2], add)
}

// BCE is the cross-entropy of independent yes-or-no answers: predictions are logits, targets 0..1.
type BCE struct {
	Positive float64 // scales the loss of positives. 0: 1
}

// Rows gives the mean of each row.
func (l BCE) Rows(c *Ctx, pred, y *Var) *Var {
	y = alike(c, pred, y)
	loss := c.Sub(c.Act(pred, Softplus), c.Mul(y, pred)) // softplus(x) - y x
	if w := orOne(l.Positive); w != 1 {                  // (1-y) softplus(x) + w y softplus(-x)
		no := c.Mul(c.Affine(y, -1, 1), c.Act(pred, Softplus))
		yes := c.Mul(y, c.Act(c.Affine(pred, -1, 0), Softplus))
		loss = c.Add(no, c.Affine(yes, w, 0))
	}
	return perRow(c, loss)
}

// Focal is binary cross-entropy that looks less at what is well told apart already (Lin et al., ICCV 2017): (1-p)^Gamma times it, and
// Alpha times for positives, 1-Alpha for negatives.
type Focal struct {
	Gamma float64 // 0: 2
	Alpha float64 // 0: no such weight
}

// Rows gives the mean of each row.
func (l Focal) Rows(c *Ctx, pred, y *Var) *Var {
	gamma := l.Gamma
	if gamma == 0 {
		gamma = 2
	}
	y = alike(c, pred, y)
	sign := c.Affine(y, -2, 1) // the logit of being wrong: -x for positives
	wrong := c.Mul(sign, pred)
	loss := c.Mul(c.Exp(c.Affine(c.Act(wrong, LogSigmoid), gamma, 0)), c.Act(wrong, Softplus))
	if l.Alpha > 0 {
		loss = c.Mul(loss, c.Affine(y, 2*l.Alpha-1, 1-l.Alpha))
	}
	return perRow(c, loss)
}

// Hinge is max(0, 1 - s x), with s = 1 for targets of 1 and -1 for those of 0. Squared squares it.
type Hinge struct{ Squared bool }

// Rows gives the mean of each row.
func (l Hinge) Rows(c *Ctx, pred, y *Var) *Var {
	h := c.Act(c.Affine(c.Mul(c.Affine(alike(c, pred, y), 2, -1), pred), -1, 1), ReLU)
	if l.Squared {
		h = c.Square(h)
	}
	return perRow(c, h)
}

// MultiMargin is the hinge loss of K classes: the mean over the others of max(0, Margin - x_c + x_j) (Crammer and Singer's terms, summed
// as PyTorch does).
type MultiMargin struct{ Margin float64 } // 0: 1

// Rows gives the loss of each row.
func (l MultiMargin) Rows(c *Ctx, pred, y *Var) *Var {
	k := pred.Dim(-1)
	rows := c.Reshape(pred, -1, k)
	hot := Apply(c, oneHotOp{k}, y)
	own := c.Reshape(c.Sum(c.Mul(rows, hot), 1), -1, 1)
	m := c.Act(c.Affine(c.Sub(rows, own), 1, orOne(l.Margin)), ReLU)
	return c.Affine(c.Sum(c.Mul(m, c.Affine(hot, -1, 1)), 1), 1/float64(k), 0)
}

// oneHotOp turns classes into rows of zeros with a one.
type oneHotOp struct{ k int }

func (o oneHotOp) Shape(in [][]int) ([]int, error) { return []int{size(in[0]), o.k}, nil }

func (o oneHotOp) Forward(n *Node) {
	e := n.Engine()
	eye := n.Room(0, o.k*o.k)
	if n.ints == nil {
		n.ints = [][]int{{o.k}, {o.k + 1}, {0}}
		one := n.Room(1, 1)
		e.Fill(one, 1)
		e.Move(n.ints[0], eye, n.ints[1], one, n.ints[2], false)
	}
	e.Gather(n.Out().value, eye, n.In(0).value, o.k)
}

func (o oneHotOp) Backward(*Node) {}

// PoissonNLL is that of counts with the logarithm of their rate as prediction: exp(x) - y x.
type PoissonNLL struct{}

// Rows gives the mean of each row.
func (PoissonNLL) Rows(c *Ctx, pred, y *Var) *Var {
	return perRow(c, c.Sub(c.Exp(pred), c.Mul(alike(c, pred, y), pred)))
}

// GaussianNLL is that of normal numbers: predictions hold the means and then as many logarithms of variances. Constants are left out.
type GaussianNLL struct{}

// Rows gives the mean of each row.
func (GaussianNLL) Rows(c *Ctx, pred, y *Var) *Var {
	k := pred.Dim(-1)
	if k%2 != 0 {
		c.Fail(misfit("the predictions", fmt.Sprintf("%d numbers a row", k), "an even number: means, then logarithms of variances"))
	}
	mean, logVar := c.Slice(pred, -1, 0, k/2), c.Slice(pred, -1, k/2, k)
	e := c.Square(c.Sub(mean, alike(c, mean, y)))
	return perRow(c, c.Affine(c.Add(logVar, c.Mul(e, c.Exp(c.Affine(logVar, -1, 0)))), .5, 0))
}

// KLDiv is the divergence of the softmax of the predictions from distributions: Σ y (log y - log softmax x).
type KLDiv struct{}

// Rows gives the divergence of each row.
func (KLDiv) Rows(c *Ctx, pred, y *Var) *Var {
	y = alike(c, pred, y)
	logY := c.Log(c.Clamp(y, 1e-30, 1)) // 0 log 0 is 0
	return c.Sum(c.Mul(y, c.Sub(logY, c.LogSoftmax(pred))), -1)
}

// CosineLoss is 1 - cos of the angle between predictions and targets.
type CosineLoss struct{}

// Rows gives the loss of each row.
func (CosineLoss) Rows(c *Ctx, pred, y *Var) *Var {
	y = alike(c, pred, y)
	return c.Affine(c.cosine(pred, y), -1, 1)
}

// cosine is that of the angle between rows.
func (c *Ctx) cosine(x, y *Var) *Var {
	norms := c.Mul(c.Sum(c.Square(x), -1), c.Sum(c.Square(y), -1))
	return c.Div(c.Sum(c.Mul(x, y), -1), c.Sqrt(c.Affine(norms, 1, 1e-16)))
}

// Dice is 1 - 2 Σ p y / (Σ p + Σ y) of every row, p the sigmoid of the predictions (Milletari et al., 3DV 2016). Smooth is added above and
// below.
type Dice struct{ Smooth float64 } // 0: 1

// Rows gives the loss of each row.
func (l Dice) Rows(c *Ctx, pred, y *Var) *Var {
	p, y := c.Flatten(c.Act(pred, Sigmoid)), c.Flatten(alike(c, pred, y))
	s := orOne(l.Smooth)
	return c.Affine(c.Div(c.Affine(c.Sum(c.Mul(p, y), 1), 2, s), c.Affine(c.Add(c.Sum(p, 1), c.Sum(y, 1)), 1, s)), -1, 1)
}

// Triplet wants anchors nearer to positives than to negatives, by Margin (Schroff et al., CVPR 2015): predictions are [N, 3, D]: anchor,
// positive, negative. The target is not looked at.
type Triplet struct{ Margin float64 } // 0: 1

// Rows gives the loss of each row.
func (l Triplet) Rows(c *Ctx, pred, _ *Var) *Var {
	if len(pred.shape) != 3 || pred.shape[1] != 3 {
		c.Fail(misfit("the predictions", fmt.Sprintf("of shape %v", pred.shape), "[N, 3, D]: anchor, positive, negative"))
	}
	part := func(i int) *Var { return c.Slice(pred, 1, i, i+1) }
	far := func(v *Var) *Var { // as PyTorch: the norm of the difference, 1e-6 added to every element
		return c.Sqrt(c.Sum(c.Square(c.Affine(c.Sub(part(0), v), 1, 1e-6)), -1))
	}
	return c.Reshape(c.Act(c.Affine(c.Sub(far(part(1)), far(part(2))), 1, orOne(l.Margin)), ReLU), -1)
}

// InfoNCE tells, for every row's first vector, its second vector from those of the other rows (van den Oord et al., 2018): predictions are
// [N, 2, D]. The target is not looked at.
type InfoNCE struct{ Temperature float64 } // 0: 0.1

// Rows gives the loss of each row.
func (l InfoNCE) Rows(c *Ctx, pred, _ *Var) *Var {
	if len(pred.shape) != 3 || pred.shape[1] != 2 {
		c.Fail(misfit("the predictions", fmt.Sprintf("of shape %v", pred.shape), "[N, 2, D]: a vector and its partner"))
	}
	t := l.Temperature
	if t == 0 {
		t = .1
	}
	n, d := pred.shape[0], pred.shape[2]
	unit := func(i int) *Var {
		v := c.Reshape(c.Slice(pred, 1, i, i+1), n, d)
		return c.Div(v, c.Reshape(c.Sqrt(c.Affine(c.Sum(c.Square(v), -1), 1, 1e-16)), n, 1))
	}
	return Apply(c, crossEntropyOp{}, c.Affine(c.MatMul(unit(0), unit(1), true), 1/t, 0), c.counting(n))
}

// counting is 0, 1, ... n-1.
func (c *Ctx) counting(n int) *Var { return Apply(c, countOp{n}) }

type countOp struct{ n int }

func (o countOp) Shape([][]int) ([]int, error) { return []int{o.n}, nil }

func (o countOp) Forward(n *Node) {
	if n.ints != nil {
		return // it is there from the first pass
	}
	n.ints = [][]int{{o.n}}
	x := make([]float64, o.n)
	for i := range x {
		x[i] = float64(i)
	}
	n.Engine().PutWide(n.Out().value, x)
}

func (countOp) Backward(*Node) {}

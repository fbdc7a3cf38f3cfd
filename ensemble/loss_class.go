package ensemble

import (
	"cmp"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/tree"
)

// ClassLoss is what boosting for classes makes small, as Loss is for numbers: a function of the class code of a row and of its raw
// scores: one, or one for each class. score[k][i] is score k of row i, and so are grad and hess. It gets a block of rows with each call, from several
// goroutines at once, and keeps nothing of what it gets. One of your own works, and models with it can be saved once it is registered
// with [ml.Register]. It may also be a [ClassLossStart]; without, all scores start from 0. One of several scores may be a
// [ClassLossHessian], whose steps are joint.
type ClassLoss interface {
	// Outputs is the number of scores for k classes: 1 or k.
	Outputs(k int) int
	// Link leads from the scores to the probabilities: Logistic or Hinge with one score, Softmax or OneVsRest with k.
	Link(k int) tree.Link
	// Value writes the loss of each row to dst.
	Value(dst []float64, y []int, score [][]float64)
	// Derivatives writes the first and second derivatives of the loss by each score; the second ones must not be below 0.
	Derivatives(grad, hess [][]float32, y []int, score [][]float64)
}

// ClassLossStart is a ClassLoss that knows the scores from which boosting starts. share is the weight of each class over that of all.
type ClassLossStart interface {
	Start(share []float64) []float64
}

// LogLoss is the cross-entropy of the classes, in nats: logistic with one score for two classes, softmax with a score for each of more.
type LogLoss struct {
	Smoothing float64 // label smoothing: a row counts as its own class by 1 - Smoothing and as all classes alike by the rest. Below 1. 0: none
}

// Outputs is 1 for two classes.
func (LogLoss) Outputs(k int) int {
	if k <= 2 {
		return 1
	}
	return k
}

// Link is Logistic for two classes and Softmax for more.
func (LogLoss) Link(k int) tree.Link {
	if k <= 2 {
		return tree.Logistic
	}
	return tree.Softmax
}

// Start is the logit of the share of class 1, or the logarithms of the shares.
func (l LogLoss) Start(share []float64) []float64 {
	k := len(share)
	if k <= 2 {
		return []float64{logitOf(float64((1-l.Smoothing)*share[k-1]) + l.Smoothing/2)}
	}
	out := make([]float64, k)
	for c, p := range share {
		out[c] = kern.LogOne(max(float64((1-l.Smoothing)*p)+l.Smoothing/float64(k), 1e-15))
	}
	return out
}

// Value writes the losses.
func (l LogLoss) Value(dst []float64, y []int, score [][]float64) {
	if len(score) == 1 {
		for lo := 0; lo < len(dst); lo += block {
			hi := min(lo+block, len(dst))
			Softplus(dst[lo:hi], score[0][lo:hi])
			for i := lo; i < hi; i++ {
				dst[i] -= float64(l.target(y[i]) * score[0][i])
			}
		}
		return
	}
	var top, sum, e [block]float64
	for lo := 0; lo < len(dst); lo += block {
		n := min(block, len(dst)-lo)
		tops(top[:n], score, lo)
		clear(sum[:n])
		for _, z := range score {
			for i := range n {
				e[i] = z[lo+i] - top[i]
			}
			kern.ExpPortable(e[:n], e[:n])
			for i := range n {
				sum[i] += e[i]
			}
		}
		kern.LogPortable(sum[:n], sum[:n])
		for i := range n {
			loss := float64((1 - l.Smoothing) * ((top[i] - score[y[lo+i]][lo+i]) + sum[i]))
			if l.Smoothing > 0 {
				for _, z := range score {
					loss += float64(l.Smoothing / float64(len(score)) * ((top[i] - z[lo+i]) + sum[i]))
				}
			}
			dst[lo+i] = loss
		}
	}
}

// target is the smoothed label of one of two classes.
func (l LogLoss) target(y int) float64 {
	if y == 1 {
		return 1 - l.Smoothing/2
	}
	return l.Smoothing / 2
}

// tops writes the largest score of the rows from lo on.
func tops(top []float64, score [][]float64, lo int) {
	copy(top, score[0][lo:])
	for _, z := range score[1:] {
		for i := range top {
			top[i] = max(top[i], z[lo+i])
		}
	}
}

// Derivatives writes p - y and p·(1-p) for two classes. For k of more the second derivative of each score by itself is k/(k-1)·p·(1-p), as
// LightGBM has it, which stands for those by the other scores.
func (l LogLoss) Derivatives(grad, hess [][]float32, y []int, score [][]float64) {
	if len(score) == 1 {
		l.logistic(grad[0], hess[0], y, score[0])
		return
	}
	k := float64(len(score))
	factor, other := k/(k-1), l.Smoothing/k
	var top, sum [block]float64
	shares := make([]float64, len(score)*block)
	for lo := 0; lo < len(y); lo += block {
		n := min(block, len(y)-lo)
		tops(top[:n], score, lo)
		clear(sum[:n])
		for c, z := range score {
			e := shares[c*block : c*block+n]
			for i := range e {
				e[i] = z[lo+i] - top[i]
			}
			kern.ExpPortable(e, e)
			for i, v := range e {
				sum[i] += v
			}
		}
		for i := range n {
			sum[i] = 1 / sum[i]
		}
		for c := range score {
			e, g, h := shares[c*block:c*block+n], grad[c][lo:lo+n], hess[c][lo:lo+n]
			for i, v := range e {
				p := float64(v * sum[i])
				t := other
				if y[lo+i] == c {
					t += 1 - l.Smoothing
				}
				g[i], h[i] = float32(p-t), float32(factor*p*(1-p))
			}
		}
	}
}

func (l LogLoss) logistic(grad, hess []float32, y []int, score []float64) {
	targets := [2]float64{l.target(0), l.target(1)}
	var p [block]float64
	for lo := 0; lo < len(grad); lo += block {
		n := min(block, len(grad)-lo)
		Sigmoid(p[:n], score[lo:])
		kern.LogisticDerivatives(grad[lo:lo+n], hess[lo:lo+n], p[:n], y[lo:lo+n], &targets)
	}
}

// OneVsAllLoss is the sum of the logistic losses of each class against all others: a score for each class, whose probabilities are divided by
// their sum.
type OneVsAllLoss struct{}

// Outputs is k.
func (OneVsAllLoss) Outputs(k int) int { return k }

// Link is OneVsRest.
func (OneVsAllLoss) Link(int) tree.Link { return tree.OneVsRest }

// Start is the logit of each share.
func (OneVsAllLoss) Start(share []float64) []float64 {
	out := make([]float64, len(share))
	for c, p := range share {
		out[c] = logitOf(p)
	}
	return out
}

// Value writes the losses.
func (OneVsAllLoss) Value(dst []float64, y []int, score [][]float64) {
	var s [block]float64
	clear(dst)
	for lo := 0; lo < len(dst); lo += block {
		n := min(block, len(dst)-lo)
		for c, z := range score {
			Softplus(s[:n], z[lo:])
			for i := range n {
				dst[lo+i] += s[i]
				if y[lo+i] == c {
					dst[lo+i] -= z[lo+i]
				}
			}
		}
	}
}

// Derivatives writes p - y and p·(1-p) for each class.
func (OneVsAllLoss) Derivatives(grad, hess [][]float32, y []int, score [][]float64) {
	var p [block]float64
	for c, z := range score {
		for lo := 0; lo < len(y); lo += block {
			n := min(block, len(y)-lo)
			Sigmoid(p[:n], z[lo:])
			for i, q := range p[:n] {
				t := 0.0
				if y[lo+i] == c {
					t = 1
				}
				grad[c][lo+i], hess[c][lo+i] = float32(q-t), float32(q*(1-q))
			}
		}
	}
}

// FocalLoss is the logistic loss of each class times (1-p)^Gamma, where p is the probability of what is true: rows that are well told count
// little (Lin et al., ICCV 2017). There is one score for two classes; more have one each, told from all others. Probabilities are
// less extreme than those of LogLoss.
type FocalLoss struct {
	Gamma    float64 // >= 0. 0: 2. For the plain logistic loss use LogLoss or OneVsAllLoss
	Positive float64 // the weight of class 1 of two, or of a class against all others, between 0 and 1; the rest weighs 1 - Positive. 0: 0.5
}

func (l FocalLoss) gamma() float64    { return cmp.Or(l.Gamma, 2) }
func (l FocalLoss) positive() float64 { return 2 * cmp.Or(l.Positive, 0.5) }

// Outputs is 1 for two classes.
func (FocalLoss) Outputs(k int) int { return LogLoss{}.Outputs(k) }

// Link is Logistic for two classes and OneVsRest for more.
func (FocalLoss) Link(k int) tree.Link {
	if k <= 2 {
		return tree.Logistic
	}
	return tree.OneVsRest
}

// Start is the constant that makes the loss least.
func (l FocalLoss) Start(share []float64) []float64 {
	k := len(share)
	if k <= 2 {
		return []float64{l.start(share[k-1])}
	}
	out := make([]float64, k)
	for c, p := range share {
		out[c] = l.start(p)
	}
	return out
}

// start finds the score of least loss by halving: the loss is not convex, but has one minimum.
func (l FocalLoss) start(p float64) float64 {
	low, high := -40.0, 40.0
	for range 60 {
		z := [1]float64{(low + high) / 2}
		var g1, g0 [1]float64
		l.slopes(g1[:], nil, z[:], 1)
		l.slopes(g0[:], nil, z[:], -1)
		if float64(p*g1[0])+float64((1-p)*g0[0]) > 0 {
			high = z[0]
		} else {
			low = z[0]
		}
	}
	return low
}

// logs writes log p and log(1-p) of p = 1/(1 + exp(-side·score)).
func (FocalLoss) logs(p, q, score []float64, side float64) {
	for i := range p {
		p[i] = -float64(side * score[i])
	}
	Softplus(q, p)
	for i := range p {
		z := float64(side * score[i])
		p[i] = -q[i]
		q[i] = -(q[i] + z)
	}
}

// slopes writes the derivatives for rows that are all on one side, 1 or -1; hess may be nil.
func (l FocalLoss) slopes(grad, hess, score []float64, side float64) {
	gamma := l.gamma()
	alpha := l.positive()
	if side < 0 {
		alpha = 2 - alpha
	}
	var logP, logQ, power, prob [block]float64
	n := len(grad)
	l.logs(logP[:n], logQ[:n], score, side)
	exps(power[:n], logQ[:n], gamma)
	exps(prob[:n], logP[:n], 1)
	for i := range n {
		p, a := prob[i], float64(alpha*power[i])
		q := 1 - p
		t := float64(gamma*p*logP[i]) - q
		grad[i] = side * a * t
		if hess != nil {
			// The derivative of a·t; the loss bends down where p is small, and steps need a bend up.
			d := float64(p*q*(float64(gamma*logP[i])+gamma+1)) - float64(gamma*p*t)
			hess[i] = max(a*d, a*p*q, 1e-16)
		}
	}
}

// Value writes the losses.
func (l FocalLoss) Value(dst []float64, y []int, score [][]float64) {
	clear(dst)
	var p, q [block]float64
	for c, z := range score {
		for lo := 0; lo < len(dst); lo += block {
			n := min(block, len(dst)-lo)
			for i := range n {
				side := l.side(y[lo+i], c, len(score))
				alpha := l.positive()
				if side < 0 {
					alpha = 2 - alpha
				}
				l.logs(p[i:i+1], q[i:i+1], z[lo+i:lo+i+1], side)
				dst[lo+i] -= float64(alpha * kern.ExpOne(l.gamma()*q[i]) * p[i])
			}
		}
	}
}

// side is 1 where score c shall be high.
func (FocalLoss) side(y, c, outputs int) float64 {
	if outputs == 1 && y == 1 || outputs > 1 && y == c {
		return 1
	}
	return -1
}

// Derivatives writes the derivatives. The second one is at least (1-p)^Gamma·p·(1-p).
func (l FocalLoss) Derivatives(grad, hess [][]float32, y []int, score [][]float64) {
	var g, h, turned [block]float64
	for c, z := range score {
		for lo := 0; lo < len(y); lo += block {
			n := min(block, len(y)-lo)
			for _, side := range [2]float64{1, -1} {
				m := 0
				var at [block]int32
				for i := range n {
					if l.side(y[lo+i], c, len(score)) == side {
						turned[m], at[m] = z[lo+i], int32(i)
						m++
					}
				}
				l.slopes(g[:m], h[:m], turned[:m], side)
				for i, to := range at[:m] {
					grad[c][lo+int(to)], hess[c][lo+int(to)] = float32(g[i]), float32(h[i])
				}
			}
		}
	}
}

// HingeLoss is max(0, 1 - z) of two classes, where z is the score for class 1 and minus the score for class 0: the loss of support vector machines.
// It defines no probabilities: those of the model are 0 and 1. It is XGBoost's binary:hinge.
type HingeLoss struct{}

// Outputs is 1; Fit refuses more than two classes.
func (HingeLoss) Outputs(int) int { return 1 }

// Link is Hinge.
func (HingeLoss) Link(int) tree.Link { return tree.Hinge }

// Value writes the losses.
func (HingeLoss) Value(dst []float64, y []int, score [][]float64) {
	for i, s := range score[0] {
		dst[i] = max(0, 1-float64(signOf(y[i])*s))
	}
}

func signOf(y int) float64 { return float64(2*(y&1) - 1) }

// Derivatives writes -1 or 1, and 1, where the margin is below 1, and 0 elsewhere.
func (HingeLoss) Derivatives(grad, hess [][]float32, y []int, score [][]float64) {
	for i, s := range score[0] {
		side := signOf(y[i])
		grad[0][i], hess[0][i] = 0, 0
		if side*s < 1 {
			grad[0][i], hess[0][i] = float32(-side), 1
		}
	}
}

// checkClassLoss is checkLoss for classes.
func checkClassLoss(l ClassLoss) (field string, found any, want string) {
	switch l := l.(type) {
	case LogLoss:
		if !(l.Smoothing >= 0 && l.Smoothing < 1) {
			return "Loss.Smoothing", l.Smoothing, "0 to below 1"
		}
	case FocalLoss:
		if !(l.Gamma >= 0 && l.Gamma <= 100) {
			return "Loss.Gamma", l.Gamma, "> 0 and at most 100; 0 means 2"
		}
		if l.Positive != 0 && !(l.Positive > 0 && l.Positive < 1) {
			return "Loss.Positive", l.Positive, "between 0 and 1; 0 means 0.5"
		}
	}
	return "", nil, ""
}

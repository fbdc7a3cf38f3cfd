package ensemble

import (
	"cmp"
	"fmt"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/tree"
)

// maxStep is LightGBM's poisson_max_delta_step: the second derivative of PoissonLoss is that at a score this much higher, which keeps steps short
// where a mean is near zero.
const maxStep = 0.7

// maxLog bounds the scores whose exponential is taken, so that derivatives stay finite numbers of float32.
const maxLog = 80

// logScores writes the scores within ±maxLog to dst.
func logScores(dst, score []float64) {
	for i := range dst {
		dst[i] = max(-maxLog, min(maxLog, score[i]))
	}
}

// PoissonLoss is the negative log-likelihood of counts y >= 0 with mean exp(score): exp(score) - y·score. Predictions are means.
type PoissonLoss struct{}

// Value writes the losses.
func (PoissonLoss) Value(dst, y, score []float64) {
	exps(dst, score, 1)
	for i := range dst {
		dst[i] -= float64(y[i] * score[i])
	}
}

// Derivatives writes exp(score) - y, and exp(score + 0.7) as LightGBM does.
func (PoissonLoss) Derivatives(grad, hess []float32, y, score []float64) {
	longer := kern.ExpOne(maxStep)
	var e [block]float64
	for lo := 0; lo < len(grad); lo += block {
		n := min(block, len(grad)-lo)
		logScores(e[:n], score[lo:])
		exps(e[:n], e[:n], 1)
		for i := range n {
			grad[lo+i], hess[lo+i] = float32(e[i]-y[lo+i]), float32(e[i]*longer)
		}
	}
}

// Start is the logarithm of the mean.
func (PoissonLoss) Start(y, weight []float64) float64 { return logMean(y, weight) }

// Link is Exp.
func (PoissonLoss) Link() tree.Link { return tree.Exp }

// Takes wants numbers >= 0.
func (PoissonLoss) Takes(y float64) string { return notNegative(y) }

// GammaLoss is the negative log-likelihood of amounts y > 0 that are gamma distributed with mean exp(score): score + y·exp(-score).
// Predictions are means.
type GammaLoss struct{}

// Value writes the losses.
func (GammaLoss) Value(dst, y, score []float64) {
	exps(dst, score, -1)
	for i := range dst {
		dst[i] = score[i] + float64(y[i]*dst[i])
	}
}

// Derivatives writes 1 - y·exp(-score) and y·exp(-score).
func (GammaLoss) Derivatives(grad, hess []float32, y, score []float64) {
	var e [block]float64
	for lo := 0; lo < len(grad); lo += block {
		n := min(block, len(grad)-lo)
		logScores(e[:n], score[lo:])
		exps(e[:n], e[:n], -1)
		for i := range n {
			h := float64(y[lo+i] * e[i])
			grad[lo+i], hess[lo+i] = float32(1-h), float32(h)
		}
	}
}

// Start is the logarithm of the mean.
func (GammaLoss) Start(y, weight []float64) float64 { return logMean(y, weight) }

// Link is Exp.
func (GammaLoss) Link() tree.Link { return tree.Exp }

// Takes wants numbers > 0.
func (GammaLoss) Takes(y float64) string {
	if y > 0 {
		return ""
	}
	return "> 0"
}

// TweedieLoss is half the deviance of the Tweedie distribution with mean exp(score), for amounts y >= 0 many of which are 0, but for a term in y:
// -y·exp((1-Power)·score)/(1-Power) + exp((2-Power)·score)/(2-Power). Predictions are means.
type TweedieLoss struct {
	Power float64 // of the variance as a function of the mean, between 1 (Poisson) and 2 (gamma), without the ends. 0: 1.5
}

func (l TweedieLoss) power() float64 { return cmp.Or(l.Power, 1.5) }

// Value writes the losses.
func (l TweedieLoss) Value(dst, y, score []float64) {
	p := l.power()
	var a [block]float64
	for lo := 0; lo < len(dst); lo += block {
		n := min(block, len(dst)-lo)
		exps(a[:n], score[lo:lo+n], 1-p)
		exps(dst[lo:lo+n], score[lo:lo+n], 2-p)
		for i := range n {
			dst[lo+i] = dst[lo+i]/(2-p) - y[lo+i]*a[i]/(1-p)
		}
	}
}

// Derivatives writes the derivatives.
func (l TweedieLoss) Derivatives(grad, hess []float32, y, score []float64) {
	p := l.power()
	var s, a, b [block]float64
	for lo := 0; lo < len(grad); lo += block {
		n := min(block, len(grad)-lo)
		logScores(s[:n], score[lo:])
		exps(a[:n], s[:n], 1-p)
		exps(b[:n], s[:n], 2-p)
		for i := range n {
			u := float64(y[lo+i] * a[i])
			grad[lo+i] = float32(b[i] - u)
			hess[lo+i] = float32(float64((2-p)*b[i]) + float64((p-1)*u))
		}
	}
}

// Start is the logarithm of the mean.
func (TweedieLoss) Start(y, weight []float64) float64 { return logMean(y, weight) }

// Link is Exp.
func (TweedieLoss) Link() tree.Link { return tree.Exp }

// Takes wants numbers >= 0.
func (TweedieLoss) Takes(y float64) string { return notNegative(y) }

func notNegative(y float64) string {
	if y >= 0 {
		return ""
	}
	return ">= 0"
}

// CrossEntropyLoss is the cross-entropy of targets from 0 to 1, such as shares or soft labels, with 1/(1 + exp(-score)):
// log(1 + exp(score)) - y·score. Predictions are shares.
type CrossEntropyLoss struct{}

// Value writes the losses.
func (CrossEntropyLoss) Value(dst, y, score []float64) {
	for lo := 0; lo < len(dst); lo += block {
		hi := min(lo+block, len(dst))
		Softplus(dst[lo:hi], score[lo:hi])
		for i := lo; i < hi; i++ {
			dst[i] -= float64(y[i] * score[i])
		}
	}
}

// Derivatives writes p - y and p·(1-p), of p = 1/(1 + exp(-score)).
func (CrossEntropyLoss) Derivatives(grad, hess []float32, y, score []float64) {
	var p [block]float64
	for lo := 0; lo < len(grad); lo += block {
		n := min(block, len(grad)-lo)
		Sigmoid(p[:n], score[lo:])
		for i := range n {
			grad[lo+i], hess[lo+i] = float32(p[i]-y[lo+i]), float32(p[i]*(1-p[i]))
		}
	}
}

// Start is the logit of the mean.
func (CrossEntropyLoss) Start(y, weight []float64) float64 { return logitOf(meanOf(y, weight)) }

// Link is Logistic.
func (CrossEntropyLoss) Link() tree.Link { return tree.Logistic }

// Takes wants numbers from 0 to 1.
func (CrossEntropyLoss) Takes(y float64) string {
	if y >= 0 && y <= 1 {
		return ""
	}
	return "0 to 1"
}

// checkLoss refuses parameters of built-in losses that are out of range; field is the config's name for them.
func checkLoss(l Loss) (field string, found any, want string) {
	positive := func(name string, v float64, zero string) (string, any, string) {
		if v >= 0 && v <= 1e300 {
			return "", nil, ""
		}
		return "Loss." + name, v, "> 0 and finite; 0 means " + zero
	}
	between := func(name string, v, low, high float64, zero string) (string, any, string) {
		if v == 0 || v > low && v < high {
			return "", nil, ""
		}
		return "Loss." + name, v, fmt.Sprintf("between %g and %g; 0 means %s", low, high, zero)
	}
	switch l := l.(type) {
	case HuberLoss:
		return positive("Delta", l.Delta, "0.9")
	case PseudoHuberLoss:
		return positive("Delta", l.Delta, "1")
	case FairLoss:
		return positive("C", l.C, "1")
	case QuantileLoss:
		return between("Level", l.Level, 0, 1, "0.5")
	case ExpectileLoss:
		return between("Level", l.Level, 0, 1, "0.5")
	case TweedieLoss:
		return between("Power", l.Power, 1, 2, "1.5")
	case PowerLoss:
		if l.Power != 0 && !(l.Power >= 1 && l.Power <= 100) {
			return "Loss.Power", l.Power, "1 to 100; 0 means 2"
		}
	}
	return "", nil, ""
}

package metrics

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// LogLoss is the mean of -log of the probability given to the true class, in nats: the cross-entropy. Best 0. proba is
// rows x K, each row a distribution over the classes. Probabilities are kept a machine epsilon away from 0 and 1 (that of float32
// if the matrix is stored so), which bounds the loss of a row at 36 (16 for float32).
func LogLoss(y []int, proba tensor.Matrix, weight ...float64) float64 {
	if rows.Fault(proba) != "" {
		return math.NaN()
	}
	p := rows.Of(proba)
	k := p.Cols()
	eps := 0x1p-52
	if p.Narrow() {
		eps = 0x1p-23
	}
	if !fits(len(y), p.Len(), weight) {
		return math.NaN()
	}
	whole, _ := p.Whole()
	return -meanLog(len(y), weight, func(lo, hi int, out []float64) {
		if whole != nil {
			pick(y[lo:hi], whole[lo*k:hi*k], k, eps, out)
		} else {
			buf := make([]float64, k)
			for i := lo; i < hi; i++ {
				pick(y[i:i+1], p.Row(i, buf), k, eps, out[i-lo:i-lo+1])
			}
		}
	})
}

// meanLog is the weighted mean of the logarithms of n numbers from a machine epsilon to 1.
func meanLog(n int, weight []float64, fill func(lo, hi int, out []float64)) float64 {
	if len(weight) == 0 {
		return meanOfSums(n, nil, block, func(lo, hi int, room []float64) float64 {
			fill(lo, hi, room[:hi-lo])
			return kern.SumLogs(room[:hi-lo])
		})
	}
	return meanLoss(n, weight, func(lo, hi int, out []float64) {
		fill(lo, hi, out)
		kern.LogPortable(out, out)
	})
}

// pick writes the probability of each row's class, clipped, or NaN if the code has no column or the row holds what is no probability.
func pick(y []int, proba []float64, k int, eps float64, out []float64) {
	if k == 2 {
		pickOfTwo(y, proba, eps, out)
		return
	}
	for i, c := range y {
		row := proba[i*k : i*k+k]
		v := math.NaN()
		if uint(c) < uint(k) {
			v = row[c]
		}
		for _, q := range row {
			if !(q >= 0 && q <= 1) {
				v = math.NaN()
			}
		}
		out[i] = min(max(v, eps), 1-eps)
	}
}

// pickOfTwo is pick of two classes. Numbers that are not negative are in the order of their bits, which integers compare without branches; what lies outside 0..1, or is -0, is looked at
// again.
func pickOfTwo(y []int, proba []float64, eps float64, out []float64) {
	least, most, one := math.Float64bits(eps), math.Float64bits(1-eps), math.Float64bits(1)
	proba, out = proba[:2*len(y)], out[:len(y)]
	worst, code := uint64(0), uint(0)
	for i, c := range y {
		a, b := math.Float64bits(proba[2*i]), math.Float64bits(proba[2*i+1])
		worst, code = max(worst, a, b), code|uint(c)
		v := a ^ (a^b)&-uint64(c&1)
		out[i] = math.Float64frombits(min(max(v, least), most))
	}
	if worst <= one && code <= 1 {
		return
	}
	for i, c := range y {
		a, b := proba[2*i], proba[2*i+1]
		v := a
		if c == 1 {
			v = b
		}
		if !(a >= 0 && a <= 1 && b >= 0 && b <= 1) || uint(c) > 1 {
			v = math.NaN()
		}
		out[i] = min(max(v, eps), 1-eps)
	}
}

// LogLossBinary is LogLoss of two classes from the probability of class 1 alone. NaN for other codes and for what is no probability.
func LogLossBinary(y []int, p []float64, weight ...float64) float64 {
	if !fits(len(y), len(p), weight) {
		return math.NaN()
	}
	return -meanLog(len(y), weight, func(lo, hi int, out []float64) { pickOne(y[lo:hi], p[lo:hi], out) })
}

// pickOne is pickOfTwo of the probability of class 1 alone.
func pickOne(y []int, p, out []float64) {
	least, most, one := math.Float64bits(0x1p-52), math.Float64bits(1-0x1p-52), math.Float64bits(1)
	p, out = p[:len(y)], out[:len(y)]
	worst, code := uint64(0), uint(0)
	for i, c := range y {
		a, b := math.Float64bits(1-p[i]), math.Float64bits(p[i])
		worst, code = max(worst, b), code|uint(c)
		v := a ^ (a^b)&-uint64(c&1)
		out[i] = math.Float64frombits(min(max(v, least), most))
	}
	if worst <= one && code <= 1 {
		return
	}
	for i, c := range y {
		v := p[i]
		if !(v >= 0 && v <= 1) || uint(c) > 1 {
			v = math.NaN()
		}
		if c == 0 {
			v = 1 - v
		}
		out[i] = min(max(v, 0x1p-52), 1-0x1p-52)
	}
}

// shares are the classes' shares of the rows.
func shares(y []int, k int, weight []float64) []float64 {
	s := make([]sum, k)
	for i, c := range y {
		if !absent(weight, i) {
			s[c].add(w(weight, i))
		}
	}
	total := totalOf(len(y), weight)
	out := make([]float64, k)
	for c := range s {
		out[c] = s[c].value() / total
	}
	return out
}

// D2LogLoss is the share of the log-loss of always predicting the classes' shares that proba explains. Best 1; 0 is the shares' own score. NaN for fewer than two
// rows. One class alone is treated as a constant in [R2].
func D2LogLoss(y []int, proba tensor.Matrix, weight ...float64) float64 {
	if CheckProba("metrics.D2LogLoss", y, proba, weight) != nil {
		return math.NaN()
	}
	_, k := proba.Dims()
	if present(len(y), weight) < 2 {
		return math.NaN()
	}
	var total sum
	single := false
	for _, s := range shares(y, k, weight) {
		if s > 0 {
			total.add(-s * math.Log(s))
		}
		single = single || s == 1
	}
	return explained(LogLoss(y, proba, weight...), total.value(), single)
}

// present counts the rows that are not absent.
func present(n int, weight []float64) int {
	if len(weight) == 0 {
		return n
	}
	n = 0
	for _, w := range weight {
		if w > 0 {
			n++
		}
	}
	return n
}

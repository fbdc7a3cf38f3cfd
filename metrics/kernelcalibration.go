package metrics

import (
	"math"
	"slices"
)

// DebiasedSquaredECE is the mean squared distance of Proba from Share over the bins, weighted by their rows, less what chance alone adds to it: Share (1 - Share) over the rows of the bin less one. It
// does not grow with the number of bins, and may be negative for a model that is well calibrated. Bins with a weight of 1 or less tell nothing and are left out; NaN if there is no other. Best 0.
//
// Kumar, Liang and Ma: Verified uncertainty calibration. NeurIPS (2019).
func (r *Reliability) DebiasedSquaredECE() float64 {
	var m mean
	for i, p := range r.Proba {
		if n := r.Weight[i]; n > 1 {
			m.add((p-r.Share[i])*(p-r.Share[i])-r.Share[i]*(1-r.Share[i])/(n-1), n)
		}
	}
	return m.value()
}

// DebiasedECE is the root of [Reliability.DebiasedSquaredECE], 0 where that is negative.
func (r *Reliability) DebiasedECE() float64 {
	v := r.DebiasedSquaredECE()
	if v < 0 {
		return 0
	}
	return math.Sqrt(v)
}

// DebiasedECE is the debiased root mean squared calibration error of the probabilities of class 1: see [Reliability.DebiasedECE]. NaN where [NewReliability] gives an error.
func DebiasedECE(y []int, p []float64, b Bins, weight ...float64) float64 {
	r, err := NewReliability(y, p, b, weight...)
	if err != nil {
		return math.NaN()
	}
	return r.DebiasedECE()
}

// KernelCalibration is the calibration error without bins: the mean of (y - p)(y' - p') exp(-|p - p'| / width) over all pairs of different rows, the unbiased squared kernel calibration error of two
// classes with a Laplacian kernel. About 0 for a calibrated model, and as often below as above. A row of weight k is k rows. NaN where [NewReliability] gives an error, for a width that is not a finite number > 0 (0: 0.1), and for
// a total weight of 1 or less. O(n log n).
//
// Widmann, Lindsten and Zachariah: Calibration tests in multi-class classification. NeurIPS (2019).
func KernelCalibration(y []int, p []float64, width float64, weight ...float64) float64 {
	if width == 0 {
		width = 0.1
	}
	if checkBinaryProba("metrics.KernelCalibration", y, p, weight) != nil || !(width > 0) || width > math.MaxFloat64 {
		return math.NaN()
	}
	order := make([]int, 0, len(y))
	for i := range y {
		if !absent(weight, i) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case p[a] < p[b]:
			return -1
		case p[a] > p[b]:
			return 1
		}
		return y[a] - y[b] // rows that differ in weight alone stay as they came
	})
	// Sorted, the kernel of a pair is the product of those of the steps between: one running sum takes all rows below.
	var pairs, total sum
	below, last := 0.0, 0.0
	for k, i := range order {
		r, w := float64(y[i])-p[i], w(weight, i)
		if k > 0 {
			below *= math.Exp(-(p[i] - last) / width)
		}
		pairs.add(w * r * below)
		pairs.add(w * (w - 1) / 2 * r * r)
		below += w * r
		last = p[i]
		total.add(w)
	}
	n := total.value()
	if !(n > 1) {
		return math.NaN()
	}
	return pairs.value() / (n * (n - 1) / 2)
}

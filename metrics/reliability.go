package metrics

import (
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/stats"
	"github.com/gopherwood-ml/ml/tensor"
)

// Bins says how probabilities are put together.
type Bins struct {
	Count    int  // 0: 10
	Quantile bool // bins of about as many rows each; false: bins of equal width over 0..1
}

// A Reliability is the calibration curve of two classes: in each bin that has rows, what was predicted and what came.
type Reliability struct {
	Low, High []float64 // ends of the bin; a probability on an inner end lies in the lower bin
	Proba     []float64 // mean predicted probability of class 1
	Share     []float64 // share of rows of class 1
	Weight    []float64 // rows in the bin, by weight
	variance  float64   // of Proba within the bins, and its covariance with class 1: what Murphy needs to add up
	cov       float64
}

// bin is the sums of the rows of a bin: of their probabilities, of the squares of these, of the codes, of the products of both, and of the weights.
type bin struct{ p, pp, y, py, w sum }

// binned sums rows by the bin of their probability, in chunks; even: the inner edges lie at equal distances.
func binned(y []int, p, weight, inner []float64, even bool) []bin {
	k := len(inner) + 1
	grain := chunk
	if k > chunk/4 {
		grain = len(y)
	}
	return par.Reduce(len(y), grain, func(_, lo, hi int) []bin {
		sums := make([][5]float64, k)
		for i, v := range p[lo:hi] {
			i += lo
			if absent(weight, i) {
				continue
			}
			at := 0
			if even {
				at = min(int(v*float64(k)), k-1)
				for at > 0 && v <= inner[at-1] { // the edge belongs below
					at--
				}
				for at < k-1 && v > inner[at] {
					at++
				}
			} else {
				at, _ = slices.BinarySearch(inner, v)
			}
			s, one, w := &sums[at], float64(y[i]), w(weight, i)
			s[0] += w * v
			s[1] += w * v * v
			s[2] += w * one
			s[3] += w * v * one
			s[4] += w
		}
		bins := make([]bin, k)
		for j, s := range sums {
			bins[j] = bin{sum{total: s[0]}, sum{total: s[1]}, sum{total: s[2]}, sum{total: s[3]}, sum{total: s[4]}}
		}
		return bins
	}, func(a, b []bin) []bin {
		for j, o := range b {
			a[j].p.join(o.p)
			a[j].pp.join(o.pp)
			a[j].y.join(o.y)
			a[j].py.join(o.py)
			a[j].w.join(o.w)
		}
		return a
	})
}

// maxBins bounds the memory of a Reliability.
const maxBins = 1 << 20

// NewReliability compares the probabilities of class 1 with the codes, 0 or 1. Quantiles are interpolated between rows, unless weights are no
// whole numbers: then they are the averaged inverse of the weighted distribution. ErrConfig for a negative or huge count, ErrTarget for other codes, ErrData (ErrNotFinite for NaN) for
// what is no probability; the rest is as in [CheckRows].
func NewReliability(y []int, p []float64, b Bins, weight ...float64) (*Reliability, error) {
	const where = "metrics.NewReliability"
	if err := checkBinaryProba(where, y, p, weight); err != nil {
		return nil, err
	}
	k := b.Count
	if k == 0 {
		k = 10
	}
	if k < 1 || k > maxBins {
		return nil, ml.BadConfig(where, "Bins.Count", b.Count, fmt.Sprintf("1 to %d bins", maxBins))
	}
	edges := make([]float64, k+1)
	for i := range edges {
		edges[i] = float64(i) / float64(k)
	}
	if b.Quantile {
		if len(weight) == 0 {
			weight = nil
		}
		sample, by := stats.NewSample(p, weight), stats.Linear
		for _, w := range weight {
			if w != math.Trunc(w) {
				by = stats.AveragedInvertedCDF
			}
		}
		for i := range edges {
			edges[i] = sample.Quantile(edges[i], by)
		}
	}
	inner := edges[1:k]
	bins := binned(y, p, weight, inner, !b.Quantile)
	r := &Reliability{}
	var within, along, total sum
	for i, x := range bins {
		n := x.w.value()
		if n == 0 {
			continue
		}
		r.Low, r.High = append(r.Low, edges[i]), append(r.High, edges[i+1])
		r.Proba, r.Share, r.Weight = append(r.Proba, x.p.value()/n), append(r.Share, x.y.value()/n), append(r.Weight, n)
		within.add(x.pp.value() - x.p.value()*x.p.value()/n)
		along.add(x.py.value() - x.p.value()*x.y.value()/n)
		total.add(n)
	}
	r.variance, r.cov = within.value()/total.value(), along.value()/total.value()
	return r, nil
}

func checkBinaryProba(where string, y []int, p, weight []float64) error {
	if err := CheckRows(where, len(y), len(p), weight); err != nil {
		return err
	}
	if err := checkBinary(where, y, p, weight, "probabilities"); err != nil {
		return err
	}
	for i, v := range p {
		if !absent(weight, i) && !(v >= 0 && v <= 1) {
			return &ml.Error{Where: where, Field: fmt.Sprintf("probabilities[%d]", i), Found: fmt.Sprint(v), Want: "a number in [0, 1]", Kind: ml.ErrData}
		}
	}
	return nil
}

// ECE is the expected calibration error, the mean of |Proba-Share| over the bins weighted by their rows. Best 0.
func (r *Reliability) ECE() float64 {
	var m mean
	for i, p := range r.Proba {
		m.add(math.Abs(p-r.Share[i]), r.Weight[i])
	}
	return m.value()
}

// MCE is the maximal calibration error, the largest |Proba-Share| of a bin. Best 0.
func (r *Reliability) MCE() float64 {
	worst := 0.0
	for i, p := range r.Proba {
		worst = max(worst, math.Abs(p-r.Share[i]))
	}
	return worst
}

// ACE is the plain mean of |Proba-Share| over the bins; of quantile bins it is the adaptive calibration error (Nixon et al., CVPR Workshops 2019). Best 0.
func (r *Reliability) ACE() float64 {
	var m mean
	for i, p := range r.Proba {
		m.add(math.Abs(p-r.Share[i]), 1)
	}
	return m.value()
}

// Murphy splits the Brier score (Murphy, Journal of Applied Meteorology 12, 1973): Brier = reliability - resolution + uncertainty + within. Reliability is the mean squared distance of Proba from Share (best 0),
// resolution that of Share from the overall share (the more the better), uncertainty the score of the overall share, and within what rests on differences inside the
// bins: 0 if each holds a single probability.
func (r *Reliability) Murphy() (reliability, resolution, uncertainty, within float64) {
	var overall, a, b mean
	for i, s := range r.Share {
		overall.add(s, r.Weight[i])
	}
	base := overall.value()
	for i, s := range r.Share {
		a.add((r.Proba[i]-s)*(r.Proba[i]-s), r.Weight[i])
		b.add((s-base)*(s-base), r.Weight[i])
	}
	return a.value(), b.value(), base * (1 - base), r.variance - 2*r.cov
}

// Band is Wilson's confidence interval of the share of each bin at the given level in (0, 1), for independent rows: weights count as repetitions.
func (r *Reliability) Band(level float64) (low, high []float64) {
	z := stats.Normal{Sigma: 1}.Quantile(0.5 + level/2)
	for i, s := range r.Share {
		lo, hi := wilson(s, r.Weight[i], z)
		low, high = append(low, lo), append(high, hi)
	}
	return low, high
}

// wilson is the score interval of a share p of n.
func wilson(p, n, z float64) (low, high float64) {
	center := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return max(center-half, 0), min(center+half, 1)
}

// ECE is the expected calibration error of the probabilities of class 1: see [Reliability.ECE]. NaN where [NewReliability] gives an error. For
// several classes take [TopLabel] first.
func ECE(y []int, p []float64, b Bins, weight ...float64) float64 {
	r, err := NewReliability(y, p, b, weight...)
	if err != nil {
		return math.NaN()
	}
	return r.ECE()
}

// MCE is the maximal calibration error: see [Reliability.MCE].
func MCE(y []int, p []float64, b Bins, weight ...float64) float64 {
	r, err := NewReliability(y, p, b, weight...)
	if err != nil {
		return math.NaN()
	}
	return r.MCE()
}

// ACE is the adaptive calibration error over the given number of quantile bins, 0 for 10: see [Reliability.ACE].
func ACE(y []int, p []float64, bins int, weight ...float64) float64 {
	r, err := NewReliability(y, p, Bins{Count: bins, Quantile: true}, weight...)
	if err != nil {
		return math.NaN()
	}
	return r.ACE()
}

// TopLabel makes two classes of many: whether the class with the highest probability (the first of equal ones) is the true one, and that probability. Calibration
// of confidence is that of these. The errors are those of [CheckProba].
func TopLabel(y []int, proba tensor.Matrix) (right []int, confidence []float64, err error) {
	if err := CheckProba("metrics.TopLabel", y, proba, nil); err != nil {
		return nil, nil, err
	}
	_, k := proba.Dims()
	for i, c := range y {
		best := 0
		for j := 1; j < k; j++ {
			if proba.At(i, j) > proba.At(i, best) {
				best = j
			}
		}
		hit := 0
		if best == c {
			hit = 1
		}
		right, confidence = append(right, hit), append(confidence, proba.At(i, best))
	}
	return right, confidence, nil
}

package bayes

import (
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/stats"
	"github.com/gopherwood-ml/ml/tensor"
)

// ShrinkageRule says how discriminant analysis finds how far to shrink a covariance matrix from the rows themselves.
type ShrinkageRule uint8

const (
	// FixedShrinkage shrinks by the number in the field Shrinkage: 0 for not at all. The zero value.
	FixedShrinkage ShrinkageRule = iota
	// LedoitWolf is asymptotically best, whatever the distribution (Ledoit and Wolf, J. Multivariate Anal. 88 (2004)).
	LedoitWolf
	// OAS is about best for normal rows, and converges faster (Chen, Wiesel, Eldar and Hero, IEEE Trans. Signal Process. 58 (2010)).
	OAS
)

var shrinkageRules = []string{"fixed", "ledoit-wolf", "oas"}

// String is "fixed", "ledoit-wolf" or "oas".
func (r ShrinkageRule) String() string { return enumName("ShrinkageRule", shrinkageRules, uint8(r)) }

// MarshalText writes the rule's name.
func (r ShrinkageRule) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (r *ShrinkageRule) UnmarshalText(text []byte) error {
	v, err := enumOf("ShrinkageRule", shrinkageRules, text)
	*r = ShrinkageRule(v)
	return err
}

func enumName(kind string, names []string, v uint8) string {
	if int(v) < len(names) {
		return names[v]
	}
	return fmt.Sprintf("%s(%d)", kind, v)
}

func enumOf(kind string, names []string, text []byte) (uint8, error) {
	v := slices.Index(names, string(text))
	if v < 0 {
		return 0, &ml.Error{Where: "bayes." + kind, Found: fmt.Sprintf("%q", text), Want: fmt.Sprintf("one of %q", names), Kind: ml.ErrConfig}
	}
	return uint8(v), nil
}

// shrinkage is how the covariance matrices of a fit are shrunk.
type shrinkage struct {
	amount float64
	rule   ShrinkageRule
}

func (s shrinkage) none() bool { return s.amount == 0 && s.rule == FixedShrinkage }

func (s shrinkage) check(where string) error {
	switch {
	case !(s.amount >= 0 && s.amount <= 1):
		return ml.BadConfig(where, "Shrinkage", s.amount, "0 to 1")
	case int(s.rule) >= len(shrinkageRules):
		return ml.BadConfig(where, "AutoShrinkage", s.rule, fmt.Sprintf("one of %q", shrinkageRules))
	case s.rule != FixedShrinkage && s.amount != 0:
		return ml.BadConfig(where, "Shrinkage", s.amount, "0 with AutoShrinkage: only one of them")
	}
	return nil
}

// apply shrinks the covariance of n rows: by a given amount towards the mean variance, by a rule in units of the columns' standard
// deviations. fourth is Σ w·|z|⁴ in those units.
func (s shrinkage) apply(cov []float64, p int, n, fourth float64) {
	if s.none() {
		return
	}
	if s.rule == FixedShrinkage {
		shrink(cov, p, s.amount)
		return
	}
	size := units(cov, p)
	rescale(cov, p, size, true)
	spread := stats.Spread{N: n, P: p, Fourth: fourth}
	for i := range p {
		spread.Trace += cov[i*p+i]
	}
	for _, v := range cov {
		spread.Square += v * v
	}
	if s.rule == LedoitWolf {
		shrink(cov, p, spread.LedoitWolf())
	} else {
		shrink(cov, p, spread.OAS())
	}
	rescale(cov, p, size, false)
}

// shrink makes (1-amount)·cov + amount·(mean variance)·I.
func shrink(cov []float64, p int, amount float64) {
	mean := 0.0
	for i := range p {
		mean += cov[i*p+i] / float64(p)
	}
	for i := range cov {
		cov[i] *= 1 - amount
	}
	addDiagonal(cov, p, amount*mean)
}

func addDiagonal(cov []float64, p int, v float64) {
	for i := range p {
		cov[i*p+i] += v
	}
}

// units are the standard deviations of the columns, 1 for constant ones.
func units(cov []float64, p int) []float64 {
	size := make([]float64, p)
	for j := range size {
		size[j] = 1
		if v := cov[j*p+j]; v > 0 {
			size[j] = math.Sqrt(v)
		}
	}
	return size
}

// rescale divides the matrix by units on both sides, or multiplies it.
func rescale(cov []float64, p int, size []float64, divide bool) {
	for i := range p {
		for j := range p {
			if divide {
				cov[i*p+j] = cov[i*p+j] / size[i] / size[j]
			} else {
				cov[i*p+j] *= size[i] * size[j]
			}
		}
	}
}

// clearConstant makes zeros of the rows and columns of what does not vary: sums have left rounding there.
func clearConstant(cov []float64, p int, varies func(j int) bool) {
	for j := range p {
		if varies(j) {
			continue
		}
		for i := range p {
			cov[i*p+j], cov[j*p+i] = 0, 0
		}
	}
}

// whitening is W, rank x p, with W cov Wᵀ = I, of the directions whose standard deviation, with every column in units of its own, is
// above tol. Its rows go from the largest of those deviations to the smallest.
type whitening struct {
	rank, p int
	w       []float64
	size    []float64 // units of the columns
	logDet  float64   // of cov, over the directions kept
}

// whiten is false if a number is not finite. cov is overwritten.
func whiten(cov []float64, p int, tol float64) (whitening, bool) {
	size := units(cov, p)
	rescale(cov, p, size, true)
	values, z, ok := linalg.EigenSym(cov, p, true)
	if !ok {
		return whitening{}, false
	}
	out := whitening{p: p, size: size}
	for i := p - 1; i >= 0 && values[i] > tol*tol; i-- {
		root := math.Sqrt(values[i])
		for j := range p {
			out.w = append(out.w, z[j*p+i]/root/size[j])
		}
		out.logDet += math.Log(values[i])
		out.rank++
	}
	for _, s := range size {
		out.logDet += 2 * math.Log(s)
	}
	return out, linalg.AllFinite(out.w)
}

// apply is the rows x rank product of rows of p numbers with Wᵀ.
func (h whitening) apply(x []float64) []float64 {
	n := len(x) / h.p
	out := make([]float64, n*h.rank)
	for i := range n {
		for r := range h.rank {
			out[i*h.rank+r] = linalg.Dot(h.w[r*h.p:(r+1)*h.p], x[i*h.p:(i+1)*h.p])
		}
	}
	return out
}

// turn is the whitening along the first rank columns of v, which has orthonormal columns, cols of them. The largest number of each
// row, with the columns in units of the first whitening's, is positive.
func (h whitening) turn(v []float64, cols, rank int) whitening {
	out := whitening{rank: rank, p: h.p, w: make([]float64, rank*h.p)}
	for r := range rank {
		row := out.w[r*h.p : (r+1)*h.p]
		for i := range h.rank {
			linalg.Axpy(v[i*cols+r], h.w[i*h.p:(i+1)*h.p], row)
		}
		top := 0.0
		for j, x := range row {
			if x *= h.size[j]; math.Abs(x) > math.Abs(top) {
				top = x
			}
		}
		if top < 0 {
			for j := range row {
				row[j] = -row[j]
			}
		}
	}
	return out
}

// columns are the first n rows as columns of a p x n matrix.
func (h whitening) columns(n int) *tensor.Tensor[float64] {
	out := tensor.New[float64](h.p, n)
	for i := range n {
		for j := range h.p {
			out.Set(h.w[i*h.p+j], j, i)
		}
	}
	return out
}

// checkTol fills in the default. Covariances are sums of squares, which cannot tell smaller deviations from rounding.
func checkTol(where string, tol *float64) error {
	const least = 1e-7
	if *tol == 0 {
		*tol = 1e-4
	}
	if !(*tol >= least && *tol < 1) {
		return ml.BadConfig(where, "Tol", *tol, "1e-7 to below 1; 0 means 1e-4")
	}
	return nil
}

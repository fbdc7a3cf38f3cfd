package metrics

import (
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/stats"
)

// A Test is the outcome of a statistical test.
type Test struct {
	Statistic float64
	P         float64 // probability of a statistic at least as far out, if the null hypothesis holds
	DF        float64 // degrees of freedom; 0 for a normal statistic
}

// Spiegelhalter tests whether probabilities of class 1 are calibrated by the part of the Brier score that should be 0 if they are (Statistics in Medicine 5, 1986): the statistic is
// normal, the test two-sided. Weights count as repetitions. The errors are those of [NewReliability], and ErrData where all probabilities are 0, 1/2 or 1, which tells nothing.
func Spiegelhalter(y []int, p []float64, weight ...float64) (Test, error) {
	const where = "metrics.Spiegelhalter"
	if err := checkBinaryProba(where, y, p, weight); err != nil {
		return Test{}, err
	}
	var above, variance sum
	for i, v := range p {
		if !absent(weight, i) {
			w := w(weight, i)
			above.add(w * (float64(y[i]) - v) * (1 - 2*v))
			variance.add(w * (1 - 2*v) * (1 - 2*v) * v * (1 - v))
		}
	}
	if variance.value() == 0 {
		return Test{}, &ml.Error{Where: where, Field: "probabilities", Found: "0, 1/2 or 1 in every row", Want: "others among them", Kind: ml.ErrData}
	}
	z := above.value() / math.Sqrt(variance.value())
	return Test{Statistic: z, P: 2 * stats.Normal{Sigma: 1}.Survival(math.Abs(z))}, nil
}

// HosmerLemeshow tests whether probabilities of class 1 are calibrated, by observed against expected rows in quantile bins of them, 0 for 10 bins: chi-squared with two
// degrees less than there are bins with rows (Hosmer and Lemeshow, Communications in Statistics A 9, 1980), as for a model fitted on these rows. Weights count as repetitions. The
// errors are those of [NewReliability], and ErrData for fewer than three bins with rows, or a bin of probabilities that are all 0 or all 1 and wrong.
func HosmerLemeshow(y []int, p []float64, bins int, weight ...float64) (Test, error) {
	const where = "metrics.HosmerLemeshow"
	r, err := NewReliability(y, p, Bins{Count: bins, Quantile: true}, weight...)
	if err != nil {
		return Test{}, err
	}
	var s sum
	for i, p := range r.Proba {
		d := r.Share[i] - p
		if d == 0 {
			continue
		}
		if p == 0 || p == 1 {
			return Test{}, &ml.Error{Where: where, Field: "probabilities", Found: "certain and wrong in a whole bin", Want: "numbers between 0 and 1", Kind: ml.ErrData}
		}
		s.add(r.Weight[i] * d * d / (p * (1 - p)))
	}
	df := float64(len(r.Proba) - 2)
	if df < 1 {
		return Test{}, &ml.Error{Where: where, Field: "probabilities", Found: "too few different ones for three bins", Want: "at least three bins with rows", Kind: ml.ErrData}
	}
	return Test{Statistic: s.value(), P: stats.ChiSquared{K: df}.Survival(s.value()), DF: df}, nil
}

// A CalibrationLine is the logistic regression of class 1 on the log-odds of its predicted probability (Cox, Biometrika 45, 1958).
type CalibrationLine struct {
	Slope, SlopeSE         float64 // 1 is calibrated; below 1 the probabilities are too extreme
	Intercept, InterceptSE float64 // of the line with that slope
	InTheLarge             float64 // intercept of the line of slope 1: 0 is calibrated on the whole, above 0 the probabilities are too low
	InTheLargeSE           float64
}

// NewCalibrationLine fits the line by Newton's method; weights count as repetitions. Probabilities are kept 2^-52 away from 0 and 1. The errors are those of [NewReliability], ErrTarget unless both
// classes occur, and ErrData where no line is best: a single probability for all rows, or probabilities that separate the classes.
func NewCalibrationLine(y []int, p []float64, weight ...float64) (CalibrationLine, error) {
	const where = "metrics.NewCalibrationLine"
	if err := CheckScores(where, y, p, weight); err != nil {
		return CalibrationLine{}, err
	}
	if err := checkBinaryProba(where, y, p, weight); err != nil {
		return CalibrationLine{}, err
	}
	odds := make([]float64, len(p))
	for i, v := range p {
		v = min(max(v, 0x1p-52), 1-0x1p-52)
		odds[i] = math.Log(v) - math.Log1p(-v)
	}
	var c CalibrationLine
	bad := &ml.Error{Where: where, Field: "probabilities", Found: "without a line that fits best", Want: "different ones that do not separate the classes", Kind: ml.ErrData}
	if _, constant := spread(odds, weight); constant || separated(y, odds, weight) {
		return c, bad
	}
	a, b, ok := logisticLine(y, odds, weight, true)
	if !ok {
		return c, bad
	}
	c.Intercept, c.InterceptSE, c.Slope, c.SlopeSE = a.at, a.se, b.at, b.se
	if a, _, ok = logisticLine(y, odds, weight, false); !ok {
		return c, bad
	}
	c.InTheLarge, c.InTheLargeSE = a.at, a.se
	return c, nil
}

// separated reports whether some threshold splits the classes, ties aside.
func separated(y []int, x, weight []float64) bool {
	low, high := [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}
	for i, c := range y {
		if !absent(weight, i) {
			low[c], high[c] = min(low[c], x[i]), max(high[c], x[i])
		}
	}
	return low[1] >= high[0] || low[0] >= high[1]
}

type estimate struct{ at, se float64 }

// logisticLine fits intercept and slope, or the intercept alone beside a slope of 1.
func logisticLine(y []int, x, weight []float64, slope bool) (a, b estimate, ok bool) {
	b.at = 1
	loss := func(p, q float64) float64 {
		var s sum
		for i, c := range y {
			if !absent(weight, i) {
				t := p + q*x[i]
				if c == 1 {
					t = -t
				}
				s.add(w(weight, i) * (max(t, 0) + math.Log1p(math.Exp(-math.Abs(t)))))
			}
		}
		return s.value()
	}
	at := loss(a.at, b.at)
	for range 100 {
		var g0, g1, h00, h01, h11 sum
		for i, c := range y {
			if absent(weight, i) {
				continue
			}
			w := w(weight, i)
			mu := 1 / (1 + math.Exp(-(a.at + b.at*x[i])))
			r, v := w*(float64(c)-mu), w*mu*(1-mu)
			g0.add(r)
			h00.add(v)
			if slope {
				g1.add(r * x[i])
				h01.add(v * x[i])
				h11.add(v * x[i] * x[i])
			}
		}
		var da, db float64
		if slope {
			det := h00.value()*h11.value() - h01.value()*h01.value()
			if !(det > 0) {
				return a, b, false
			}
			da = (h11.value()*g0.value() - h01.value()*g1.value()) / det
			db = (h00.value()*g1.value() - h01.value()*g0.value()) / det
			a.se, b.se = math.Sqrt(h11.value()/det), math.Sqrt(h00.value()/det)
		} else {
			if !(h00.value() > 0) {
				return a, b, false
			}
			da, a.se = g0.value()/h00.value(), 1/math.Sqrt(h00.value())
		}
		if math.Abs(da) <= 1e-14*(1+math.Abs(a.at)) && math.Abs(db) <= 1e-14*(1+math.Abs(b.at)) {
			return a, b, true
		}
		step, next := 1.0, 0.0
		for range 30 { // halve until the step does not lead uphill
			next = loss(a.at+step*da, b.at+step*db)
			if next <= at*(1+1e-15) {
				break
			}
			step /= 2
		}
		a.at, b.at, at = a.at+step*da, b.at+step*db, next
	}
	return a, b, !math.IsNaN(a.at + b.at)
}

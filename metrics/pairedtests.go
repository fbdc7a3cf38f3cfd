package metrics

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/stats"
)

// McNemarResult is the outcome of McNemar's test.
type McNemarResult struct {
	OnlyA, OnlyB float64 // rows, by weight, that the one model has right and the other wrong
	Test         Test    // chi-squared with one degree of freedom and the correction for continuity; of use from 25 such rows on
	Exact        float64 // P by the binomial distribution; NaN for weights that are no whole numbers
}

// McNemar tests whether two models are right equally often on the same rows (Psychometrika 12, 1947). Without a row on which they differ every P is 1. Weights count as repetitions. The errors are those of
// [CheckCodes].
func McNemar(y, a, b []int, weight ...float64) (McNemarResult, error) {
	const where = "metrics.McNemar"
	for _, pred := range [][]int{a, b} {
		if err := CheckCodes(where, y, pred, weight); err != nil {
			return McNemarResult{}, err
		}
	}
	var onlyA, onlyB sum
	for i, c := range y {
		switch {
		case absent(weight, i) || (a[i] == c) == (b[i] == c):
		case a[i] == c:
			onlyA.add(w(weight, i))
		default:
			onlyB.add(w(weight, i))
		}
	}
	r := McNemarResult{OnlyA: onlyA.value(), OnlyB: onlyB.value(), Test: Test{P: 1, DF: 1}, Exact: 1}
	n := r.OnlyA + r.OnlyB
	if n == 0 {
		return r, nil
	}
	d := max(math.Abs(r.OnlyA-r.OnlyB)-1, 0)
	r.Test.Statistic = d * d / n
	r.Test.P = stats.ChiSquared{K: 1}.Survival(r.Test.Statistic)
	r.Exact = min(1, 2*binomialTail(min(r.OnlyA, r.OnlyB), n))
	if r.OnlyA != math.Trunc(r.OnlyA) || r.OnlyB != math.Trunc(r.OnlyB) {
		r.Exact = math.NaN()
	}
	return r, nil
}

// binomialTail is the probability of at most k heads of n fair coins.
func binomialTail(k, n float64) float64 {
	if n > 1000 {
		return stats.Binomial{N: n, P: 0.5}.CDF(k)
	}
	term := math.Exp2(-n) // of 0 heads
	var s sum
	for i := 0.0; i <= k; i++ {
		s.add(term)
		term *= (n - i) / (i + 1)
	}
	return s.value()
}

// CorrectedT compares two models by their scores on the same folds, k of each: a t test whose variance is raised for the training rows that folds share (Nadeau and Bengio, Machine Learning 52, 2003). testToTrain is the number of
// test rows over that of training rows: 1/(k-1) for k folds. Level is 0.95. Equal scores have P 1. ErrShape for lists of different lengths or fewer than two folds, ErrNotFinite, ErrConfig for testToTrain <= 0.
func CorrectedT(a, b []float64, testToTrain float64) (Comparison, error) {
	const where = "metrics.CorrectedT"
	if err := CheckValues(where, a, b, nil); err != nil {
		return Comparison{}, err
	}
	if len(a) < 2 {
		return Comparison{}, ml.BadShape(where, "a", "the score of one fold", "at least two")
	}
	if !(testToTrain > 0) || math.IsInf(testToTrain, 1) {
		return Comparison{}, ml.BadConfig(where, "testToTrain", testToTrain, "> 0")
	}
	d := make([]float64, len(a))
	var ma, mb mean
	for i := range a {
		d[i] = a[i] - b[i]
		ma.add(a[i], 1)
		mb.add(b[i], 1)
	}
	k := float64(len(d))
	se := deviation(d) * math.Sqrt(1/k+testToTrain)
	return student(ma.value(), mb.value(), MeanError(b, a), se, k-1), nil
}

// student is the comparison of two scores by the difference, its standard error and degrees of freedom.
func student(a, b, difference, se, df float64) Comparison {
	t := stats.StudentT{Nu: df}
	half := t.Quantile(0.975) * se
	c := Comparison{A: a, B: b, Difference: Interval{difference, difference - half, difference + half}, Test: Test{P: 1, DF: df}}
	if difference != 0 {
		c.Test.Statistic = difference / se
		c.Test.P = 2 * t.Survival(math.Abs(c.Test.Statistic))
	}
	return c
}

// FiveByTwo is Dietterich's test of two models by five repetitions of two folds (Neural Computation 10, 1998): a and b hold ten scores, the two of each repetition side by side. The statistic has Student's distribution with
// five degrees of freedom. Equal scores have P 1. ErrShape unless there are ten scores each, ErrNotFinite.
func FiveByTwo(a, b []float64) (Test, error) {
	const where = "metrics.FiveByTwo"
	if err := CheckValues(where, a, b, nil); err != nil {
		return Test{}, err
	}
	if len(a) != 10 {
		return Test{}, ml.BadShape(where, "a", fmt.Sprintf("%d scores", len(a)), "10, of five repetitions of two folds")
	}
	var s sum
	for i := 0; i < 10; i += 2 {
		p, q := a[i]-b[i], a[i+1]-b[i+1]
		m := (p + q) / 2
		s.add((p-m)*(p-m) + (q-m)*(q-m))
	}
	return student(0, 0, a[0]-b[0], math.Sqrt(s.value()/5), 5).Test, nil
}

// ShareInterval is Wilson's score interval of a share of n independent rows, such as an accuracy (Journal of the American Statistical Association 22, 1927). level 0 is 0.95. ErrConfig unless 0 <= successes <= n, n > 0, and the level lies between 0 and
// 1.
func ShareInterval(successes, n, level float64) (Interval, error) {
	const where = "metrics.ShareInterval"
	level, err := checkLevel(where, level)
	if err != nil {
		return Interval{}, err
	}
	if !(n > 0 && successes >= 0 && successes <= n) || math.IsInf(n, 1) {
		return Interval{}, ml.BadConfig(where, "successes", fmt.Sprintf("%v of %v", successes, n), "0 to n of n > 0 rows")
	}
	low, high := wilson(successes/n, n, stats.Normal{Sigma: 1}.Quantile(0.5+level/2))
	return Interval{successes / n, low, high}, nil
}

package harness

import (
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Ratio is a quotient of times, ours over theirs, with the interval that holds the true one in 95 of 100 runs like this.
type Ratio struct {
	Mean, Low, High float64
}

// PairedRatio estimates ours/theirs from rounds that measured both, one after the other: drifts of the machine that last
// longer than a round cancel. It is Student's interval of the mean logarithm; with fewer than two rounds it is (0, +Inf).
func PairedRatio(ours, theirs []float64) Ratio {
	logs := make([]float64, len(ours))
	for i := range ours {
		logs[i] = math.Log(ours[i] / theirs[i])
	}
	n := float64(len(logs))
	mean, sd := stat.MeanStdDev(logs, nil)
	if n < 2 {
		return Ratio{math.Exp(mean), 0, math.Inf(1)}
	}
	half := distuv.StudentsT{Sigma: 1, Nu: n - 1}.Quantile(0.975) * sd / math.Sqrt(n)
	return Ratio{math.Exp(mean), math.Exp(mean - half), math.Exp(mean + half)}
}

// Verdict says what the interval proves: "holds" if all of it is below the floor, "fails" if all of it is above, else "open".
func (r Ratio) Verdict(floor float64) string {
	switch {
	case r.High < floor:
		return "holds"
	case r.Low > floor:
		return "fails"
	}
	return "open"
}

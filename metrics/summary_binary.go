package metrics

import (
	"fmt"
	"math"
)

// ReportBinary scores the probabilities of class 1: how well they rank, how well they are calibrated, and the decisions they give at the threshold 0.5 and at that of the best F1. Codes are 0 and 1 and both must occur (ErrTarget);
// what is no probability is ErrData. The interval of the area is DeLong's, where there are two rows of each class.
func ReportBinary(y []int, p []float64, weight ...float64) (*Report, error) {
	const where = "metrics.ReportBinary"
	if err := CheckScores(where, y, p, weight); err != nil {
		return nil, err
	}
	if err := checkBinaryProba(where, y, p, weight); err != nil {
		return nil, err
	}
	t, err := NewThresholds(y, p, weight...)
	if err != nil {
		return nil, err
	}
	n := t.P + t.N
	r := &Report{Title: fmt.Sprintf("Two classes: %s rows, %.4g%% of class 1", amount(n), 100*t.P/n)}
	area := Interval{ROCAUC(y, p, weight...), math.NaN(), math.NaN()}
	if i, err := AUCInterval(y, p, 0.95, weight...); err == nil {
		area = i
	}
	r.Lines = append(r.Lines, ReportLine{"ROC AUC", area, "best 1, chance 0.5; 95% interval"})
	r.add("average precision", t.averagePrecision(), fmt.Sprintf("best 1, chance %.4g", t.P/n))
	r.add("log-loss", LogLossBinary(y, p, weight...), fmt.Sprintf("best 0, always the share of class 1: %.4g", entropy2(t.P/n)))
	r.add("Brier score", BrierBinary(y, p, weight...), fmt.Sprintf("best 0, always the share of class 1: %.4g", t.P/n*(t.N/n)))
	r.add("calibration error", ECE(y, p, Bins{}, weight...), "ECE over ten bins, best 0")
	if l, err := NewCalibrationLine(y, p, weight...); err == nil {
		r.add("calibration slope", l.Slope, "1 is calibrated, below 1 too extreme")
		r.add("calibration in the large", l.InTheLarge, "0 is calibrated, above 0 too low")
	}
	half := Counts{FN: t.P, TN: t.N}
	for i, at := range t.Threshold {
		if at >= 0.5 {
			half = t.Counts(i)
		}
	}
	best, f1 := t.Best(func(c Counts) float64 { return c.F(1, 0) })
	r.add("accuracy at 0.5", half.Accuracy(), fmt.Sprintf("always the larger class: %.4g", max(t.P, t.N)/n))
	r.add("precision at 0.5", half.Precision(0), "of the rows predicted as 1")
	r.add("recall at 0.5", half.Recall(0), "of the rows of class 1")
	r.add("F1 at 0.5", half.F(1, 0), "best 1")
	r.add("MCC at 0.5", half.MCC(), "best 1, chance 0")
	r.add("best F1", f1, fmt.Sprintf("from the threshold %.4g on", best))
	r.Detail = table([][]string{
		{"at 0.5: true \\ predicted", "0", "1"},
		{"0", amount(half.TN), amount(half.FP)},
		{"1", amount(half.FN), amount(half.TP)},
	})
	return r, nil
}

// entropy2 is the entropy of a share, in nats.
func entropy2(p float64) float64 {
	s := 0.0
	for _, v := range []float64{p, 1 - p} {
		if v > 0 {
			s -= v * math.Log(v)
		}
	}
	return s
}

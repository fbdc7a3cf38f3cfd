package metrics

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// ReportClasses scores probabilities of several classes (rows x K) and the decisions for the most probable class, the first of equal ones. names are those of the classes; nil: their codes. The errors are those of
// [CheckProba], and ErrShape for another number of names.
func ReportClasses(y []int, proba tensor.Matrix, names []string, weight ...float64) (*Report, error) {
	const where = "metrics.ReportClasses"
	if err := CheckProba(where, y, proba, weight); err != nil {
		return nil, err
	}
	p := rows.Of(proba)
	k := p.Cols()
	if names != nil && len(names) != k {
		return nil, ml.BadShape(where, "names", fmt.Sprintf("a list of %d", len(names)), fmt.Sprintf("%d, one for each column", k))
	}
	pred, right, confidence, buf := make([]int, len(y)), make([]int, len(y)), make([]float64, len(y)), make([]float64, k)
	for i := range y {
		if absent(weight, i) {
			continue
		}
		row := p.Row(i, buf)
		for j, v := range row {
			if v > row[pred[i]] {
				pred[i] = j
			}
		}
		confidence[i] = row[pred[i]]
		if pred[i] == y[i] {
			right[i] = 1
		}
	}
	n := totalOf(len(y), weight)
	r := &Report{Title: fmt.Sprintf("%d classes: %s rows", k, amount(n))}
	most, chance := 0.0, 0.0
	for _, s := range shares(y, k, weight) {
		most = max(most, s)
		if s > 0 {
			chance -= s * math.Log(s)
		}
	}
	accuracy := Accuracy(y, pred, weight...)
	i, err := ShareInterval(min(accuracy*n, n), n, 0.95)
	if err != nil {
		return nil, err
	}
	r.Lines = append(r.Lines, ReportLine{"accuracy", i, fmt.Sprintf("always the largest class: %.4g; 95%% interval", most)})
	r.add("balanced accuracy", BalancedAccuracy(y, pred, weight...), "mean recall, best 1")
	r.add("F1, macro", F1(y, pred, Macro, weight...), "best 1")
	r.add("MCC", MCC(y, pred, weight...), "best 1, chance 0")
	r.add("Cohen's kappa", CohenKappa(y, pred, Nominal, weight...), "best 1, chance 0")
	r.add("log-loss", LogLoss(y, proba, weight...), fmt.Sprintf("best 0, always the classes' shares: %.4g", chance))
	r.add("Brier score", Brier(y, proba, weight...), "best 0")
	if auc := ROCAUCOvO(y, proba, Macro, weight...); !math.IsNaN(auc) {
		r.add("ROC AUC of pairs", auc, "best 1, chance 0.5")
	}
	r.add("calibration error", ECE(right, confidence, Bins{}, weight...), "ECE of the most probable class, best 0")
	classes := names
	if classes == nil {
		for c := range k {
			classes = append(classes, fmt.Sprint(c))
		}
	}
	each, err := NewClassReport(y, pred, classes, weight...)
	if err != nil {
		return nil, err
	}
	r.Detail = each.String()
	if k <= 30 {
		m, err := ConfusionMatrix(y, pred, k, weight...)
		if err != nil {
			return nil, err
		}
		text, err := FormatConfusion(m, classes)
		if err != nil {
			return nil, err
		}
		r.Detail += "\n" + text
	}
	return r, nil
}

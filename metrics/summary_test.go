package metrics

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

func TestReportsHoldTheMetrics(t *testing.T) {
	y, p := []int{0, 1, 1, 0, 1, 0, 0, 1}, []float64{0.1, 0.8, 0.4, 0.6, 0.9, 0.2, 0.3, 0.55}
	w := []float64{1, 2, 1, 1, 0, 1, 3, 1}
	pred := []int{0, 1, 0, 1, 1, 0, 0, 1}
	r, err := ReportBinary(y, p, w...)
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]float64{
		"ROC AUC": ROCAUC(y, p, w...), "average precision": AveragePrecision(y, p, w...), "log-loss": LogLossBinary(y, p, w...), "Brier score": BrierBinary(y, p, w...), "accuracy at 0.5": Accuracy(y, pred, w...),
		"precision at 0.5": Precision(y, pred, Binary, w...), "recall at 0.5": Recall(y, pred, Binary, w...), "F1 at 0.5": F1(y, pred, Binary, w...), "MCC at 0.5": MCC(y, pred, w...),
	} {
		close1(t, name, r.Value(name), v)
	}
	if !math.IsNaN(r.Value("no such score")) {
		t.Error("a score that is not there")
	}
	proba := tensor.New[float64](8, 2)
	for i, v := range p {
		proba.Row(i)[0], proba.Row(i)[1] = 1-v, v
	}
	c, err := ReportClasses(y, proba, []string{"no", "yes"}, w...)
	if err != nil {
		t.Fatal(err)
	}
	close1(t, "log-loss", c.Value("log-loss"), LogLoss(y, proba, w...))
	close1(t, "macro F1", c.Value("F1, macro"), F1(y, pred, Macro, w...))
	close1(t, "AUC of pairs", c.Value("ROC AUC of pairs"), ROCAUC(y, p, w...))
	if !strings.Contains(c.String(), "weighted avg") || !strings.Contains(c.String(), "true \\ predicted") {
		t.Error(c)
	}
	a, b := []float64{1, 2, 3, 4, 5}, []float64{1.1, 1.9, 3.2, 4, 4}
	g, err := ReportRegression(a, b)
	if err != nil {
		t.Fatal(err)
	}
	close1(t, "R2", g.Value("R2"), R2(a, b))
	close1(t, "WAPE", g.Value("WAPE"), WAPE(a, b))
	q, err := ReportRanking([]float64{0, 1, 0, 0}, []float64{3, 2, 1, 0}, []int{1, 1, 1, 2})
	if err != nil {
		t.Fatal(err)
	}
	close1(t, "MRR", q.Value("MRR"), 0.5)
	k, err := ReportClusters(tensor.FromSlice([]float64{0, 0.1, 5, 5.2}, 4, 1), []int{3, 3, 1, 1}, []int{0, 0, 1, 1})
	if err != nil {
		t.Fatal(err)
	}
	close1(t, "ARI", k.Value("adjusted Rand"), 1)
	if !strings.Contains(k.String(), "cluster  1  3\n   rows  2  2\n") {
		t.Error(k)
	}
	for name, err := range map[string]error{
		"binary":     func() error { _, err := ReportBinary([]int{1}, []float64{0.5}); return err }(),
		"classes":    func() error { _, err := ReportClasses([]int{2}, tensor.New[float64](1, 2), nil); return err }(),
		"names":      func() error { _, err := ReportClasses([]int{1}, tensor.New[float64](1, 2), []string{"a"}); return err }(),
		"regression": func() error { _, err := ReportRegression([]float64{1}, []float64{math.NaN()}); return err }(),
		"ranking":    func() error { _, err := ReportRanking(nil, nil, nil); return err }(),
		"clusters":   func() error { _, err := ReportClusters(nil, nil, nil); return err }(),
	} {
		var e *ml.Error
		if !errors.As(err, &e) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

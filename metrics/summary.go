package metrics

import (
	"fmt"
	"math"
	"strings"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// A Report is the scores that a person should look at, for one task, each with its range and what is best.
type Report struct {
	Title  string
	Lines  []ReportLine
	Detail string // tables below the lines, as text
}

// ReportLine is one score.
type ReportLine struct {
	Name     string
	Interval Interval // Low and High are NaN where no interval is given
	Note     string   // how to read it
}

// Value is the score of a name, NaN if the report has none of it.
func (r *Report) Value(name string) float64 {
	for _, l := range r.Lines {
		if l.Name == name {
			return l.Interval.Value
		}
	}
	return math.NaN()
}

func (r *Report) add(name string, value float64, note string) {
	r.Lines = append(r.Lines, ReportLine{name, Interval{value, math.NaN(), math.NaN()}, note})
}

// String is the report as text.
func (r *Report) String() string {
	width := 0
	for _, l := range r.Lines {
		width = max(width, len([]rune(l.Name)))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", r.Title)
	for _, l := range r.Lines {
		value := fmt.Sprintf("%12.5g", l.Interval.Value)
		between := ""
		if l.Interval.Low == l.Interval.Low {
			between = fmt.Sprintf(" [%.4g, %.4g]", l.Interval.Low, l.Interval.High)
		}
		b.WriteString(strings.TrimRight(fmt.Sprintf("%-*s %s%-20s  %s", width, l.Name, value, between, l.Note), " "))
		b.WriteByte('\n')
	}
	if r.Detail != "" {
		b.WriteByte('\n')
		b.WriteString(r.Detail)
	}
	return b.String()
}

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

// ReportRegression scores predicted numbers. The errors are those of [CheckValues].
func ReportRegression(y, pred []float64, weight ...float64) (*Report, error) {
	if err := CheckValues("metrics.ReportRegression", y, pred, weight); err != nil {
		return nil, err
	}
	center := meanOf(len(y), weight, func(i int) float64 { return y[i] })
	r := &Report{Title: fmt.Sprintf("Numbers: %s rows, mean %.5g, standard deviation %.5g", amount(totalOf(len(y), weight)), center, math.Sqrt(variance(y, weight)))}
	same := make([]float64, len(y))
	for i := range same {
		same[i] = center
	}
	r.add("R2", R2(y, pred, weight...), "best 1, always the mean: 0")
	r.add("RMSE", RMSE(y, pred, weight...), fmt.Sprintf("always the mean: %.5g", RMSE(y, same, weight...)))
	r.add("MAE", MAE(y, pred, weight...), fmt.Sprintf("always the mean: %.5g", MAE(y, same, weight...)))
	r.add("median absolute error", MedianAE(y, pred, weight...), "half of the errors are smaller")
	r.add("largest error", MaxError(y, pred, weight...), "")
	r.add("mean error", MeanError(y, pred, weight...), "the bias, best 0")
	if v := WAPE(y, pred, weight...); !math.IsNaN(v) {
		r.add("WAPE", v, "sum of absolute errors over that of |y|")
	}
	if v := Spearman(y, pred, weight...); !math.IsNaN(v) {
		r.add("rank correlation", v, "best 1")
	}
	errors := make([]float64, len(y))
	for i := range y {
		errors[i] = pred[i] - y[i]
	}
	head, line := []string{"quantile of the error"}, []string{"prediction - truth"}
	for _, q := range []float64{0.05, 0.25, 0.5, 0.75, 0.95} {
		head, line = append(head, fmt.Sprint(q)), append(line, fmt.Sprintf("%.4g", quantile(errors, weight, q)))
	}
	r.Detail = table([][]string{head, line})
	return r, nil
}

// ReportRanking scores ranked lists, cut at 1, 5 and 10. The errors are those of [NewQueries].
func ReportRanking(rel, score []float64, group []int, weight ...float64) (*Report, error) {
	q, err := NewQueries(rel, score, group, weight...)
	if err != nil {
		return nil, err
	}
	without := 0
	for i := range q.list {
		if q.list[i].relevant() == 0 {
			without++
		}
	}
	r := &Report{Title: fmt.Sprintf("Ranked lists: %d, of which %d without relevant rows are left out", q.Len(), without)}
	nan := math.NaN()
	for _, k := range []int{1, 5, 10} {
		r.add(fmt.Sprint("NDCG at ", k), q.Mean(func(q *Query) float64 { return q.NDCG(k, Identity, nan) }), "best 1")
	}
	r.add("MAP", q.Mean(func(q *Query) float64 { return q.AveragePrecision(0, nan) }), "best 1")
	r.add("MRR", q.Mean(func(q *Query) float64 { return q.ReciprocalRank(0, nan) }), "best 1")
	for _, k := range []int{1, 5, 10} {
		r.add(fmt.Sprint("recall at ", k), q.Mean(func(q *Query) float64 { return q.Recall(k, nan) }), "best 1")
	}
	r.add("AUC within lists", q.Mean(func(q *Query) float64 { return q.AUC(nan) }), "best 1, chance 0.5")
	return r, nil
}

// ReportClusters scores clusters by the distances of their rows, and by true classes if y is not nil. The silhouette of more than 20000 rows is left out, whose cost grows with their square. The errors are those of
// [SilhouetteSamples] and [CheckRows].
func ReportClusters(x tensor.Matrix, cluster, y []int, weight ...float64) (*Report, error) {
	const where = "metrics.ReportClusters"
	c, err := newClustered(where, x, cluster, weight)
	if err != nil {
		return nil, err
	}
	r := &Report{Title: fmt.Sprintf("%d clusters: %s rows", c.k(), amount(totalOf(len(cluster), weight)))}
	if len(c.at) <= 20_000 {
		s, err := SilhouetteSamples(x, cluster, nil, weight...)
		if err != nil {
			return nil, err
		}
		r.add("silhouette", meanOf(len(s), weight, func(i int) float64 { return s[i] }), "best 1, 0 between clusters")
	}
	r.add("Calinski-Harabasz", CalinskiHarabasz(x, cluster, weight...), "the more the better")
	r.add("Davies-Bouldin", DaviesBouldin(x, cluster, weight...), "best 0")
	if y != nil {
		k, err := NewContingency(y, cluster, weight...)
		if err != nil {
			return nil, err
		}
		r.add("adjusted Rand", k.AdjustedRand(), "best 1, chance 0")
		if k.whole {
			r.add("AMI", k.AdjustedMutualInformation(Arithmetic), "best 1, chance 0")
		}
		r.add("homogeneity", k.Homogeneity(), "1: every cluster of one class")
		r.add("completeness", k.Completeness(), "1: every class in one cluster")
		r.add("purity", k.Purity(), "best 1")
	}
	head, line := []string{"cluster"}, []string{"rows"}
	sizes := c.sizes()
	for m, n := range sizes[:min(len(sizes), 30)] {
		head, line = append(head, fmt.Sprint(cluster[c.at[c.start[m]]])), append(line, amount(n))
	}
	r.Detail = table([][]string{head, line})
	return r, nil
}

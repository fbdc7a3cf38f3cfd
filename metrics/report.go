package metrics

import (
	"fmt"
	"strings"

	"github.com/gopherwood-ml/ml"
)

// A ClassReport is precision, recall, F1 and support of every class or label, and their averages.
type ClassReport struct {
	Classes  []ClassScores
	Macro    ClassScores
	Weighted ClassScores
	Micro    ClassScores
	Samples  *ClassScores // multi-label data only
	Accuracy float64      // of class codes: the share of rows that are right; of labels: the share of rows all of whose labels are
	labels   bool         // multi-label data, whose micro averages differ
}

// ClassScores is one line of a report.
type ClassScores struct {
	Name                           string
	Precision, Recall, F1, Support float64
	Counts                         Counts // of the class; empty in averages
}

// NewClassReport scores class codes or multi-label rows. names are those of the classes 0..K-1, which are then all in the report; nil: those that occur, named by
// their codes. A ratio of nothing to nothing counts 0. The errors are those of [NewTally].
func NewClassReport[Y Label](y, pred []Y, names []string, weight ...float64) (*ClassReport, error) {
	t, err := NewTally(y, pred, len(names), weight...)
	if err != nil {
		return nil, err
	}
	line := func(name string, a Average) ClassScores {
		return ClassScores{
			Name:      name,
			Precision: t.Mean(a, func(c Counts) float64 { return c.Precision(0) }),
			Recall:    t.Mean(a, func(c Counts) float64 { return c.Recall(0) }),
			F1:        t.Mean(a, func(c Counts) float64 { return c.F(1, 0) }),
			Support:   t.support(),
		}
	}
	r := &ClassReport{Macro: line("macro avg", Macro), Weighted: line("weighted avg", Weighted), Micro: line("micro avg", Micro)}
	for j, c := range t.Counts {
		name := fmt.Sprint(t.Labels[j])
		if len(names) > 0 {
			name = names[j]
		}
		r.Classes = append(r.Classes, ClassScores{name, c.Precision(0), c.Recall(0), c.F(1, 0), c.Support(), c})
	}
	if codes, ok := any(y).([]int); ok {
		r.Accuracy = Accuracy(codes, any(pred).([]int), weight...)
		return r, nil
	}
	r.labels = true
	r.Accuracy = SubsetAccuracy(any(y).([][]int), any(pred).([][]int), weight...)
	samples := line("samples avg", Samples)
	r.Samples = &samples
	return r, nil
}

func (t *Tally) support() float64 {
	var s sum
	for _, c := range t.Counts {
		s.add(c.Support())
	}
	return s.value()
}

// String is the report as a table of text, like scikit-learn's.
func (r *ClassReport) String() string {
	lines := append([]ClassScores{}, r.Classes...)
	averages := []ClassScores{r.Macro, r.Weighted}
	if r.labels {
		averages = []ClassScores{r.Micro, r.Macro, r.Weighted, *r.Samples}
	}
	width := len("weighted avg")
	for _, l := range lines {
		width = max(width, len([]rune(l.Name)))
	}
	var b strings.Builder
	print := func(l ClassScores) {
		fmt.Fprintf(&b, "%*s  %9.4f %9.4f %9.4f %9s\n", width, l.Name, l.Precision, l.Recall, l.F1, amount(l.Support))
	}
	fmt.Fprintf(&b, "%*s  %9s %9s %9s %9s\n\n", width, "", "precision", "recall", "f1", "support")
	for _, l := range lines {
		print(l)
	}
	b.WriteByte('\n')
	if !r.labels {
		fmt.Fprintf(&b, "%*s  %9s %9s %9.4f %9s\n", width, "accuracy", "", "", r.Accuracy, amount(r.Macro.Support))
	}
	for _, l := range averages {
		print(l)
	}
	return b.String()
}

// amount is a count, with decimals if weights gave it some.
func amount(v float64) string {
	if v == float64(int64(v)) {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

// FormatConfusion is a confusion matrix as a table of text: rows are true classes, columns predicted ones. names are those of the classes; nil: their codes. ErrShape unless
// the matrix is square and has a name for each row.
func FormatConfusion(m interface {
	Dims() (int, int)
	At(i, j int) float64
}, names []string) (string, error) {
	const where = "metrics.FormatConfusion"
	r, c := m.Dims()
	if r != c || names != nil && len(names) != r {
		return "", ml.BadShape(where, "matrix", fmt.Sprintf("%d x %d with %d names", r, c, len(names)), "a square matrix and a name for each class")
	}
	cells := make([][]string, r+1)
	head := []string{"true \\ predicted"}
	for i := range r {
		name := fmt.Sprint(i)
		if names != nil {
			name = names[i]
		}
		head = append(head, name)
		cells[i+1] = append(cells[i+1], name)
		for j := range c {
			v := m.At(i, j)
			text := amount(v)
			if v != float64(int64(v)) && v < 1 {
				text = fmt.Sprintf("%.4f", v)
			}
			cells[i+1] = append(cells[i+1], text)
		}
	}
	cells[0] = head
	return table(cells), nil
}

// table aligns columns to the right.
func table(cells [][]string) string {
	var widths []int
	for _, row := range cells {
		for j, cell := range row {
			if j == len(widths) {
				widths = append(widths, 0)
			}
			widths[j] = max(widths[j], len([]rune(cell)))
		}
	}
	var b strings.Builder
	for _, row := range cells {
		for j, cell := range row {
			if j > 0 {
				b.WriteString("  ")
			}
			fmt.Fprintf(&b, "%*s", widths[j], cell)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

package features

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
)

// FillSums is what the fills of a SimpleImputer were made of.
type FillSums struct {
	Seen  []float64    // with Strategy Mean: of each column, the weight of its values; else nil
	Mean  []float64    // of each column, its mean; else nil
	Rest  []float64    // what rounding took from Mean; else nil
	Modes []ModeCounts // of the columns that get their most frequent value, in order
}

// ModeCounts are the different values of a column.
type ModeCounts struct {
	Column int
	Values []float64 // rising
	Counts []float64 // the weight of the rows with each
}

// mode is the value of the greatest weight, the smallest of several; NaN if there is none.
func (c *ModeCounts) mode() float64 {
	if len(c.Values) == 0 {
		return math.NaN()
	}
	t := tally{values: c.Values, weight: c.Counts, sorted: true}
	return t.mode()
}

// modal reports whether column j gets its most frequent value.
func (c SimpleImputer) modal(columns []ml.Column, j int) bool {
	if isCategorical(columns, j) {
		return !c.constantLevel()
	}
	return c.Strategy == MostFrequent
}

// sums measures the rows of t.
func (c SimpleImputer) sums(t ml.Table) *FillSums {
	s := &FillSums{}
	if c.Strategy == Mean {
		pivot := firstValues(t.X, t.Weight)
		s.means(columnMoments(t.X, t.Weight, pivot), pivot)
	}
	s.Modes = c.modes(t)
	return s
}

// modes counts the values of the columns that get their most frequent one.
func (c SimpleImputer) modes(t ml.Table) (modes []ModeCounts) {
	_, p := t.X.Dims()
	counts := make([]ModeCounts, p)
	modal := func(j int) bool { return c.modal(t.Columns, j) }
	_ = eachCodeTally(t.X, t.Weight, modal, nil, func(j int, t tally) { // no check, no error
		for v, w := range t.runs {
			counts[j].Values, counts[j].Counts = append(counts[j].Values, v), append(counts[j].Counts, w)
		}
	})
	for j := range p {
		if modal(j) {
			counts[j].Column = j
			modes = append(modes, counts[j])
		}
	}
	return modes
}

// means takes the means of values measured from pivot.
func (s *FillSums) means(of moments, pivot []float64) {
	p := len(pivot)
	s.Seen, s.Mean, s.Rest = of.weight, make([]float64, p), make([]float64, p)
	for j, w := range s.Seen {
		if w > 0 {
			s.Mean[j], s.Rest[j] = pivot[j]+of.mean[j], sumError(pivot[j], of.mean[j])
		}
	}
}

// brief reports whether no column has too many values to keep.
func (s *FillSums) brief() bool {
	return !slices.ContainsFunc(s.Modes, func(c ModeCounts) bool { return len(c.Values) > codeLimit })
}

// check refuses what no fit gives.
func (s *FillSums) check(where string, c SimpleImputer, columns []ml.Column, p int) error {
	if s == nil {
		return nil
	}
	if c.Strategy == Mean {
		if err := checkArrays(where, p, map[string][]float64{"Sums.Seen": s.Seen, "Sums.Mean": s.Mean, "Sums.Rest": s.Rest}); err != nil {
			return err
		}
	}
	next := 0
	for j := range p {
		if !c.modal(columns, j) {
			continue
		}
		if next == len(s.Modes) || s.Modes[next].Column != j || len(s.Modes[next].Counts) != len(s.Modes[next].Values) {
			return ml.BadFile(where, "Sums.Modes", "without "+columnLabel(columns, j), "the values of each column that gets its most frequent one, and as many Counts")
		}
		if err := checkCategories(where, s.Modes[next].Values, isCategorical(columns, j)); err != nil {
			return err
		}
		next++
	}
	if next != len(s.Modes) {
		return ml.BadFile(where, "Sums.Modes", lengthOf(len(s.Modes)), fmt.Sprint(next))
	}
	return nil
}

// Update returns the model of the rows seen so far and those of t together: as a fit to all of them at once, means up to rounding. With AddIndicator a column that has its first missing
// values in t gets an indicator, and the result is wider. Strategy Median, a column of more than 1024 different values with MostFrequent, and a model that an earlier
// release saved give errors.ErrUnsupported.
func (m *ImputerModel) Update(ctx context.Context, t ml.Table) (*ImputerModel, error) {
	const where = "features.ImputerModel.Update"
	c := m.Config.(SimpleImputer)
	if err := ml.CheckPredict(where, &m.Fitted, t.X); err != nil {
		return nil, err
	}
	t.Columns = m.Columns
	if err := t.Check(where, c.Accepts()); err != nil {
		return nil, err
	}
	if m.Sums == nil {
		return nil, unsupported(where, "a model that keeps no sums: of medians, of more than 1024 values, or of an earlier release")
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	next := &ImputerModel{Fitted: m.Fitted}
	next.Info.Rows += t.Rows()
	if err := next.fill(where, c, m.Sums.add(c, t)); err != nil {
		return nil, err
	}
	if c.AddIndicator {
		next.Indicator = append(columnsWithMissing(t), m.Indicator...)
		slices.Sort(next.Indicator)
		next.Indicator = slices.Compact(next.Indicator)
	}
	return ready(next)
}

// add joins the sums of the rows of t to those of s, which stay as they are.
func (s *FillSums) add(c SimpleImputer, t ml.Table) *FillSums {
	next := &FillSums{}
	if c.Strategy == Mean {
		pivot := firstValues(t.X, t.Weight)
		seen := newMoments(len(pivot))
		for j, w := range s.Seen {
			if w > 0 {
				pivot[j], seen.weight[j], seen.mean[j] = s.Mean[j], w, s.Rest[j]
			}
		}
		next.means(seen.add(columnMoments(t.X, t.Weight, pivot)), pivot)
	}
	for i, more := range c.modes(t) {
		before, both := &s.Modes[i], ModeCounts{Column: more.Column}
		mergeCategories(before.Values, more.Values, func(v float64, i, k int) {
			both.Values, both.Counts = append(both.Values, v), append(both.Counts, countAt(before.Counts, i)+countAt(more.Counts, k))
		})
		next.Modes = append(next.Modes, both)
	}
	return next
}

// Can says that Update needs what Fit did not keep.
func (m *ImputerModel) Can(ability any) ml.Verdict {
	if _, update := ability.(*ml.Updater[ml.Table, *ImputerModel]); update && m.Sums == nil {
		return ml.Lacks
	}
	return ml.Undecided
}

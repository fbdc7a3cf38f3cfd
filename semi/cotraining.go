package semi

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// CoTraining fits two classifiers that see a row from two sides, different columns or with different methods, and lets each label rows for both: what one is sure of, the other
// may have to learn.
//
//	semi.CoTraining{Base: ml.Classify(bayes.MultinomialNB{}), Views: [2][]int{words, links}}
//	semi.CoTraining{Base: ml.Classify(linear.LogisticRegression{}), Second: ml.Classify(neighbors.KNeighborsClassifier{})} // both see all columns
//
// In each round either labels, for each class, the rows of which it is surest: PerClass rows of the rarest class among the labelled rows, of the others as many more as they are more
// frequent. A row that both name, differently, waits. It ends after MaxIter rounds, or when no row is left. It helps where each side would do alone and errs on other rows than the other; with
// two views of the same, it is self-training. Predict answers by the product of both probabilities, made to sum to 1. Rows keep their weights and groups; Valid is not passed on where there are
// Views. Nothing is random but what is in the estimators. The cost is that of two fits and two predictions of the rest in each round.
//
// Blum and Mitchell: Combining labeled and unlabeled data with co-training. COLT (1998); all open rows are looked at, not a pool of 75.
type CoTraining struct {
	Base     ml.AnyClassifier // of the first view; none is an error
	Second   ml.AnyClassifier // of the second view; none: Base, which then needs Views
	Views    [2][]int         // the columns that each sees; nil: all
	PerClass int              // rows of the rarest class that each labels in a round. 0: 1
	MaxIter  int              // rounds at the most. 0: 30
}

// CoTrained is a fitted CoTraining. Info.Status is Converged if every row has a label, Stalled if both agree on none of the rest, MaxIter if the rounds ran out.
type CoTrained struct {
	ml.Fitted
	K      int
	Views  [2][]int // the columns of each; nil: all
	Inner  [2]ml.Classifier
	Label  []int // of each training row: given, or found; ml.None if it has none
	Round  []int // in which round each row was labelled: 0 those that had a label, -1 those that have none
	Source []int // who labelled it: 0 and 1 the classifiers, 2 both, -1 nobody
}

var (
	_ ml.Fitter[ml.Dataset[int], *CoTrained] = CoTraining{}
	_ ml.Classifier                          = (*CoTrained)(nil)
)

func (c CoTraining) both() [2]ml.AnyClassifier {
	if c.Second.Config == nil {
		c.Second = c.Base
	}
	return [2]ml.AnyClassifier{c.Base, c.Second}
}

// Accepts says what both estimators say, and that rows need no class.
func (c CoTraining) Accepts() ml.Accepts {
	b := c.both()
	return unlabelledToo(b[0].Config).And(unlabelledToo(b[1].Config))
}

// Fit labels and fits. Errors: ErrConfig without an estimator, with two that see the same, or for settings out of range, ErrColumn for columns that are not there, and those of the estimators.
func (c CoTraining) Fit(ctx context.Context, d ml.Dataset[int]) (*CoTrained, error) {
	const where = "semi.CoTraining.Fit"
	switch {
	case c.Base.Config == nil:
		return nil, ml.BadConfig(where, "Base", "none", "one such as ml.Classify(linear.LogisticRegression{})")
	case c.PerClass < 0:
		return nil, ml.BadConfig(where, "PerClass", c.PerClass, ">= 1, or 0 for 1")
	case c.MaxIter < 0:
		return nil, ml.BadConfig(where, "MaxIter", c.MaxIter, ">= 1, or 0 for 30")
	case c.Second.Config == nil && c.Views[0] == nil && c.Views[1] == nil:
		return nil, ml.BadConfig(where, "Second and Views", "none", "another estimator, or two lists of columns: two that see the same learn nothing from each other")
	}
	if err := d.Check(where, c.Accepts()); err != nil {
		return nil, err
	}
	c.PerClass, c.MaxIter = cmp.Or(c.PerClass, 1), cmp.Or(c.MaxIter, 30)
	m := &CoTrained{Fitted: ml.NewFitted(d.Table, d.Classes, c), K: d.K(), Views: [2][]int{slices.Clone(c.Views[0]), slices.Clone(c.Views[1])},
		Label: slices.Clone(d.Y), Round: make([]int, d.Rows()), Source: slices.Repeat([]int{-1}, d.Rows())}
	if err := m.checkViews(where); err != nil {
		return nil, err
	}
	d = d.NameClasses()
	d.Y = m.Label
	var sides [2]ml.Dataset[int]
	for v, columns := range m.Views {
		sides[v] = d
		if columns != nil {
			sides[v].Valid = nil
			sides[v] = sides[v].SelectColumns(columns)
		}
	}
	if err := c.grow(ctx, where, m, sides); err != nil {
		return nil, err
	}
	return m, nil
}

func (m *CoTrained) checkViews(where string) error {
	for v, columns := range m.Views {
		if columns != nil && len(columns) == 0 {
			return ml.BadConfig(where, fmt.Sprintf("Views[%d]", v), "no column", "columns, or nil for all")
		}
		for _, j := range columns {
			if j < 0 || j >= m.Info.Features {
				return &ml.Error{Where: where, Field: fmt.Sprintf("Views[%d]", v), Found: fmt.Sprint(j), Want: fmt.Sprintf("0 to %d", m.Info.Features-1), Kind: ml.ErrColumn}
			}
		}
	}
	return nil
}

// grow labels round after round and leaves the last models.
func (c CoTraining) grow(ctx context.Context, where string, m *CoTrained, sides [2]ml.Dataset[int]) error {
	have, open := present(sides[0])
	for i, y := range m.Label {
		if y == ml.None {
			m.Round[i] = -1
		}
	}
	if len(have) == 0 {
		return unlabelledAll(where)
	}
	take := c.quotas(m, sides[0].Weight, have)
	track := ml.Track(ctx, "round", c.MaxIter)
	base := c.both()
	fit := func() error {
		return par.Do(ctx, 2, func(ctx context.Context, v int) (err error) {
			m.Inner[v], err = base[v].Fit(ml.Quiet(ctx), sides[v].Select(have))
			return err
		})
	}
	m.Info.Status = ml.Converged
	for {
		if err := ml.Done(ctx); err != nil {
			return err
		}
		if err := fit(); err != nil {
			return err
		}
		if len(open) == 0 || m.Info.Status == ml.Stopped {
			return nil
		}
		if m.Info.Iterations == c.MaxIter {
			m.Info.Status = ml.MaxIter
			return nil
		}
		m.Info.Iterations++
		var named [2]map[int]int
		for v := range named {
			p, err := m.Inner[v].PredictProba(sides[v].Table.Select(open).X)
			if err != nil {
				return err
			}
			named[v] = surest(p, take)
		}
		left, before := open[:0], len(have)
		for k, i := range open {
			a, first := named[0][k]
			b, second := named[1][k]
			if !first && !second || first && second && a != b {
				left = append(left, i)
				continue
			}
			m.Label[i], m.Source[i] = a, 0
			switch {
			case first && second:
				m.Source[i] = 2
			case second:
				m.Label[i], m.Source[i] = b, 1
			}
			m.Round[i] = m.Info.Iterations
			have = append(have, i)
		}
		open = left
		if len(have) == before {
			m.Info.Status = ml.Stalled
			return nil
		}
		slices.Sort(have)
		stop, err := track.Step(m.Info.Iterations, ml.Loss{})
		if err != nil {
			return err
		}
		if stop {
			m.Info.Status = ml.Stopped
		}
	}
}

// present are the rows of positive weight with a class, and without.
func present(d ml.Dataset[int]) (have, open []int) {
	for i, y := range d.Y {
		switch {
		case weightAt(d.Weight, i) == 0:
		case y == ml.None:
			open = append(open, i)
		default:
			have = append(have, i)
		}
	}
	return have, open
}

func unlabelledAll(where string) error {
	return &ml.Error{Where: where, Field: "Y", Found: "without a labelled row of positive weight", Want: "at least one", Kind: ml.ErrTarget}
}

// quotas are how many rows of each class are labelled in a round.
func (c CoTraining) quotas(m *CoTrained, weight []float64, have []int) []int {
	mass := make([]float64, m.K)
	for _, i := range have {
		mass[m.Label[i]] += weightAt(weight, i)
	}
	rarest := math.Inf(1)
	for _, w := range mass {
		if w > 0 {
			rarest = min(rarest, w)
		}
	}
	take := make([]int, m.K)
	for k, w := range mass {
		take[k] = int(math.Round(float64(c.PerClass) * w / rarest))
	}
	return take
}

// surest names the rows with the largest probabilities of each class, the first of equals: row to class. A row named for several classes goes to the most probable.
func surest(p *tensor.Tensor[float64], take []int) map[int]int {
	n, _ := p.Dims()
	named := map[int]int{}
	order := make([]int, n)
	for k, count := range take {
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p.At(b, k), p.At(a, k)) })
		for _, i := range order[:min(count, n)] {
			if at, already := named[i]; !already || p.At(i, k) > p.At(i, at) {
				named[i] = k
			}
		}
	}
	return named
}

// Restore checks a model that was read from a file.
func (m *CoTrained) Restore() error {
	const where = "semi.CoTrained"
	if err := checkLabels(where, &m.Fitted, m.K, m.Label); err != nil {
		return err
	}
	if len(m.Round) != len(m.Label) || len(m.Source) != len(m.Label) {
		return ml.BadFile(where, "Round and Source", fmt.Sprintf("%d and %d numbers", len(m.Round), len(m.Source)), fmt.Sprintf("%d, as rows", len(m.Label)))
	}
	if err := m.checkViews(where); err != nil {
		return ml.BadFile(where, "Views", err.Error(), "columns of the model")
	}
	for v, columns := range m.Views {
		width := len(columns)
		if columns == nil {
			width = m.Info.Features
		}
		if err := ml.CheckInside(where, width, m.Inner[v]); err != nil {
			return err
		}
	}
	return nil
}

// PredictProba returns the products of both classifiers' probabilities, made to sum to 1, rows x K; where they exclude each other, their mean.
func (m *CoTrained) PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	if err := ml.CheckPredict("semi.CoTrained.PredictProba", &m.Fitted, x); err != nil {
		return nil, err
	}
	var p [2]*tensor.Tensor[float64]
	for v, columns := range m.Views {
		side := x
		if columns != nil {
			side = rows.SelectCols(x, columns)
		}
		var err error
		if p[v], err = m.Inner[v].PredictProba(side); err != nil {
			return nil, err
		}
	}
	n, _ := x.Dims()
	out := tensor.New[float64](n, m.K)
	for i := range n {
		to, a, b := out.Row(i), p[0].Row(i), p[1].Row(i)
		for k := range to {
			to[k] = a[k] * b[k]
		}
		if !divide(to) {
			for k := range to {
				to[k] = (a[k] + b[k]) / 2
			}
		}
	}
	return out, nil
}

// Predict returns the most probable class of each row, the lowest code of equals.
func (m *CoTrained) Predict(x tensor.Matrix) ([]int, error) {
	p, err := m.PredictProba(x)
	if err != nil {
		return nil, err
	}
	n, _ := p.Dims()
	out := make([]int, n)
	for i := range out {
		out[i] = largest(p.Row(i))
	}
	return out, nil
}

func init() {
	ml.RegisterConfig[CoTraining]("semi.CoTraining")
	ml.Register[*CoTrained]("semi.CoTrained")
}

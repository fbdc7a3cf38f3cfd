package ensemble

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

// LabelPowerset takes each combination of labels that a training row has for a class of its own, so that it learns which labels go together, and predicts only combinations
// that it has seen. For many labels, and so many combinations of few rows each, see [RAkEL].
//
// Weights, groups and Valid go to the estimator; rows of Valid whose combination training has not are left out.
type LabelPowerset struct {
	Base ml.AnyClassifier // of the combinations; none is an error
}

// LabelPowersetModel is a fitted LabelPowerset.
type LabelPowersetModel struct {
	ml.Fitted
	Sets  [][]int // the combination of each class of Inner, in ascending order
	Inner ml.Predictor[int]
}

var _ ml.Fitter[ml.Dataset[[]int], *LabelPowersetModel] = LabelPowerset{}

// Accepts says that the estimator decides.
func (c LabelPowerset) Accepts() ml.Accepts { return acceptsAll(decider(c.Base.Config)) }

// Fit fits the estimator to the combinations. Errors: ErrConfig without an estimator, and those of the estimator.
func (c LabelPowerset) Fit(ctx context.Context, d ml.Dataset[[]int]) (*LabelPowersetModel, error) {
	const where = "ensemble.LabelPowerset.Fit"
	if err := checkLearner(where, c.Base.Config, "ml.Classify(linear.LogisticRegression{})"); err != nil {
		return nil, err
	}
	if err := d.Check(where, c.Accepts()); err != nil {
		return nil, err
	}
	if err := checkWatched(where, d); err != nil {
		return nil, err
	}
	m := &LabelPowersetModel{Fitted: ml.NewFitted(d.Table, d.Classes, c)}
	d = d.Present()
	classes := m.combine(d)
	var err error
	if m.Inner, err = variedDecider(c.Base.Config).fit(ctx, classes); err != nil {
		return nil, err
	}
	ml.Adopt(&m.Fitted, m.Inner)
	return m, nil
}

// combine numbers the combinations of the training rows.
func (m *LabelPowersetModel) combine(d ml.Dataset[[]int]) ml.Dataset[int] {
	m.Sets = slices.Clone(d.Y)
	slices.SortFunc(m.Sets, slices.Compare[[]int])
	m.Sets = cloneWords(slices.CompactFunc(m.Sets, slices.Equal[[]int]))
	out := ml.Dataset[int]{Table: d.Table, Y: make([]int, len(d.Y)), Classes: numbered("set", len(m.Sets))}
	for i, y := range d.Y {
		out.Y[i], _ = slices.BinarySearchFunc(m.Sets, y, slices.Compare[[]int])
	}
	if d.Valid == nil {
		return out
	}
	var known, codes []int
	for i, y := range d.Valid.Y {
		if at, found := slices.BinarySearchFunc(m.Sets, y, slices.Compare[[]int]); found {
			known, codes = append(known, i), append(codes, at)
		}
	}
	if len(known) > 0 {
		out.Valid = &ml.Dataset[int]{Table: d.Valid.Table.Select(known), Y: codes, Classes: out.Classes}
	}
	return out
}

// Restore checks a model that was read from a file.
func (m *LabelPowersetModel) Restore() error {
	const where = "ensemble.LabelPowersetModel"
	if len(m.Sets) == 0 {
		return ml.BadFile(where, "Sets", "empty", "at least one combination")
	}
	for _, s := range m.Sets {
		if len(s) == 0 || len(s) != len(m.Sets[0]) {
			return ml.BadFile(where, "Sets", fmt.Sprintf("of %d and %d labels", len(m.Sets[0]), len(s)), "as many labels in each, at least one")
		}
		for _, l := range s {
			if l != 0 && l != 1 {
				return ml.BadFile(where, "Sets", fmt.Sprintf("with a label %d", l), "0 or 1")
			}
		}
	}
	return ml.CheckInside(where, m.Info.Features, m.Inner)
}

// Response returns the probability of each label, the sum of those of the combinations that have it, rows x labels; errors.ErrUnsupported if the estimator has no probabilities.
func (m *LabelPowersetModel) Response(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	const where = "ensemble.LabelPowersetModel.Response"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	if !allProba([]ml.Predictor[int]{m.Inner}) {
		return nil, ml.Unsupported(where, "PredictProba", m.Inner)
	}
	p, err := classAnswers(len(m.Sets), false).of(where, m.Inner, x)
	if err != nil {
		return nil, err
	}
	n, _ := p.Dims()
	out := tensor.New[float64](n, len(m.Sets[0]))
	for i := range n {
		row := out.Row(i)
		for s, v := range p.Row(i) {
			for l, is := range m.Sets[s] {
				row[l] += v * float64(is)
			}
		}
		for l, v := range row {
			row[l] = min(v, 1)
		}
	}
	return out, nil
}

// Can says that Response needs an estimator with probabilities.
func (m *LabelPowersetModel) Can(ability any) ml.Verdict {
	if asksFor(ability, "Response") && !allProba([]ml.Predictor[int]{m.Inner}) {
		return ml.Lacks
	}
	return ml.Undecided
}

// Predict returns the labels of the combination that the estimator predicts.
func (m *LabelPowersetModel) Predict(x tensor.Matrix) ([][]int, error) {
	const where = "ensemble.LabelPowersetModel.Predict"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	y, err := m.Inner.Predict(x)
	if err != nil {
		return nil, err
	}
	out := table[int](len(y), len(m.Sets[0]))
	for i, s := range y {
		if s < 0 || s >= len(m.Sets) {
			return nil, &ml.Error{Where: where, Field: "the estimator", Found: fmt.Sprintf("predicting class %d", s), Want: fmt.Sprintf("one of 0 to %d", len(m.Sets)-1), Kind: ml.ErrTarget}
		}
		copy(out[i], m.Sets[s])
	}
	return out, nil
}

// RAkEL fits a [LabelPowerset] to each of many small sets of labels, drawn at random, and averages what they say of each label: it keeps what the powerset learns of labels
// together where there are too many for one.
//
// Weights, groups and Valid go to the estimator; its seeds are made different for each set. The fits run side by side.
//
// Tsoumakas, Katakis and Vlahavas: Random k-labelsets for multilabel classification. IEEE TKDE 23 (2011).
type RAkEL struct {
	Base     ml.AnyClassifier // of combinations of Size labels; none is an error
	Size     int              // labels in a set, at most all. 0: 3
	Sets     int              // that are drawn, different ones as long as there are some; labels that none has get one more. 0: twice as many as labels
	Disjoint bool             // the labels are divided into sets instead, each label in one; Sets must be 0
	Seed     uint64           // of the draws, and from which the seeds of the fits are made
}

// RAkELModel is a fitted RAkEL.
type RAkELModel struct {
	ml.Fitted
	Labels  int
	Sets    [][]int // the labels of each member
	Members []*LabelPowersetModel
}

var _ ml.Fitter[ml.Dataset[[]int], *RAkELModel] = RAkEL{}

// Accepts says that the estimator decides.
func (c RAkEL) Accepts() ml.Accepts { return acceptsAll(decider(c.Base.Config)) }

// Fit draws the sets and fits a powerset to each. Errors: ErrConfig, and those of the estimator.
func (c RAkEL) Fit(ctx context.Context, d ml.Dataset[[]int]) (*RAkELModel, error) {
	const where = "ensemble.RAkEL.Fit"
	if err := checkLearner(where, c.Base.Config, "ml.Classify(linear.LogisticRegression{})"); err != nil {
		return nil, err
	}
	switch {
	case c.Size < 0:
		return nil, ml.BadConfig(where, "Size", c.Size, ">= 1, or 0 for 3")
	case c.Sets < 0 || c.Sets > 1<<20:
		return nil, ml.BadConfig(where, "Sets", c.Sets, "1 to 1048576, or 0 for twice as many as labels")
	case c.Disjoint && c.Sets > 0:
		return nil, ml.BadConfig(where, "Sets", c.Sets, "0 with Disjoint, which divides all labels")
	}
	if err := d.Check(where, c.Accepts()); err != nil {
		return nil, err
	}
	if err := checkWatched(where, d); err != nil {
		return nil, err
	}
	c.Size = cmp.Or(c.Size, 3)
	m := &RAkELModel{Fitted: ml.NewFitted(d.Table, d.Classes, c), Labels: len(d.Y[0])}
	m.Sets = c.draw(m.Labels)
	var err error
	m.Members, err = fitEach(ctx, where, "set", len(m.Sets), func(ctx context.Context, s int) (*LabelPowersetModel, error) {
		inner := LabelPowerset{Base: ml.AnyClassifier{Config: reseeded(c.Base.Config, c.Seed, uint64(s))}}
		return inner.Fit(ctx, pickLabels(d, m.Sets[s]))
	})
	if err != nil {
		return nil, err
	}
	ml.Adopt(&m.Fitted, m.Members...)
	return m, nil
}

// draw draws the sets, each in ascending order.
func (c RAkEL) draw(labels int) [][]int {
	size := min(c.Size, labels)
	r := rng.New(c.Seed, 0)
	if c.Disjoint {
		return pieces(rng.Perm(r, labels), size)
	}
	want := cmp.Or(c.Sets, 2*labels)
	most := 1.0 // sets there are
	for i := range size {
		most = math.Round(most * float64(labels-i) / float64(i+1))
	}
	var out [][]int
	drawn, covered := map[string]bool{}, make([]bool, labels)
	add := func(s []int) {
		slices.Sort(s)
		key := fmt.Sprint(s)
		if drawn[key] {
			return
		}
		drawn[key] = true
		out = append(out, s)
		for _, l := range s {
			covered[l] = true
		}
	}
	for float64(len(out)) < min(float64(want), most) {
		add(rng.Sample(r, labels, size))
	}
	for l := range covered {
		if covered[l] {
			continue
		}
		s := []int{l}
		for _, o := range rng.Sample(r, labels, size) {
			if o != l && len(s) < size {
				s = append(s, o)
			}
		}
		add(s)
	}
	return out
}

// pieces cuts an order into sets of a size, the last one smaller.
func pieces(order []int, size int) [][]int {
	var out [][]int
	for s := range slices.Chunk(order, size) {
		s = slices.Clone(s)
		slices.Sort(s)
		out = append(out, s)
	}
	return out
}

// pickLabels is d with some of its labels.
func pickLabels(d ml.Dataset[[]int], labels []int) ml.Dataset[[]int] {
	y := table[int](len(d.Y), len(labels))
	for i := range y {
		for k, l := range labels {
			y[i][k] = d.Y[i][l]
		}
	}
	d.Y, d.Classes = y, nil
	if d.Valid != nil {
		v := pickLabels(*d.Valid, labels)
		d.Valid = &v
	}
	return d
}

// Restore checks a model that was read from a file.
func (m *RAkELModel) Restore() error {
	const where = "ensemble.RAkELModel"
	if len(m.Members) == 0 || len(m.Sets) != len(m.Members) || m.Labels < 1 {
		return ml.BadFile(where, "Sets and Members", fmt.Sprintf("%d and %d, of %d labels", len(m.Sets), len(m.Members), m.Labels), "as many, at least one")
	}
	covered := make(map[int]bool, m.Labels)
	for s, member := range m.Members {
		if member == nil || len(member.Sets) == 0 || len(member.Sets[0]) != len(m.Sets[s]) {
			return ml.BadFile(where, fmt.Sprintf("Members[%d]", s), "missing, or of other labels", "a powerset of the labels of Sets")
		}
		for _, l := range m.Sets[s] {
			if l < 0 || l >= m.Labels {
				return ml.BadFile(where, fmt.Sprintf("Sets[%d]", s), fmt.Sprintf("of label %d", l), fmt.Sprintf("labels 0 to %d", m.Labels-1))
			}
			covered[l] = true
		}
	}
	if len(covered) != m.Labels {
		return ml.BadFile(where, "Sets", fmt.Sprintf("of %d labels", len(covered)), fmt.Sprint(m.Labels))
	}
	return ml.CheckInside(where, m.Info.Features, m.Members...)
}

// Response returns the mean probability of each label by the members that know it, or the share of those that predict it if the estimator has no probabilities: rows x labels.
func (m *RAkELModel) Response(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	const where = "ensemble.RAkELModel.Response"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out, know := tensor.New[float64](n, m.Labels), make([]float64, m.Labels)
	for s, member := range m.Members {
		p, err := labelAnswers(len(m.Sets[s])).of(where, member, x)
		if err != nil {
			return nil, err
		}
		for k, l := range m.Sets[s] {
			know[l]++
			for i := range n {
				out.Row(i)[l] += p.Row(i)[k]
			}
		}
	}
	for i := range n {
		for l := range know {
			out.Row(i)[l] /= know[l]
		}
	}
	return out, nil
}

// Predict returns 0 or 1 for each label of each row: 1 where Response is above 1/2.
func (m *RAkELModel) Predict(x tensor.Matrix) ([][]int, error) {
	return labelAnswers(m.Labels).decisions(m.Response(x))
}

func init() {
	ml.RegisterConfig[LabelPowerset]("ensemble.LabelPowerset")
	ml.Register[*LabelPowersetModel]("ensemble.LabelPowersetModel")
	ml.RegisterConfig[RAkEL]("ensemble.RAkEL")
	ml.Register[*RAkELModel]("ensemble.RAkELModel")
}

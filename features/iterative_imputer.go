package features

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/tensor"
)

// IterativeImputer replaces missing values by what a regression on the other columns says of them. It begins as a SimpleImputer; then it goes
// through the columns, those with the fewest missing values first, and each is learned from all others and predicted where it is missing; and so on, round after round, until
// no row moves by more than Tol.
//
// Later rows go through the same regressions in the same order. Every column has one, so that it may be missing later even if it was not in training.
// Weights count as in the regression. Not coming to rest in MaxIter rounds is usual and said in Info, whose Gap is the greatest change of a row in the last round. Categorical columns are an error: encode them first. CSR is an error: what is filled in is not
// zero. The result is float64. A fit costs rounds * columns regressions, which the model keeps.
//
// van Buuren and Groothuis-Oudshoorn: mice. Journal of Statistical Software 45 (2011); this is its single imputation by expected values.
type IterativeImputer struct {
	Base         ml.AnyRegressor // the regression; zero: linear.BayesianRidge{}
	MaxIter      int             // rounds at most; zero: 10
	Tol          float64         // of the greatest change of a row in a round, its values' changes added up, as a share of the greatest absolute value given; zero: 1e-3
	Initial      Strategy        // what a value is before its first regression; zero: Mean. Constant is 0
	Low          float64         // no value below it is filled in; Low and High both zero: no bounds
	High         float64         // nor above it
	AddIndicator bool            // true: adds a column of zeros and ones for each column with missing values in training
}

// IterativeImputerModel is a fitted IterativeImputer.
type IterativeImputerModel struct {
	ml.Fitted
	Fill      []float64 // what each column begins with
	Steps     []ImputerStep
	Indicator []int // columns that had missing values, if AddIndicator

	out []ml.Column
}

// ImputerStep is one regression of an IterativeImputerModel.
type ImputerStep struct {
	Column int // learned from all others, in their order
	Model  ml.Predictor[float64]
}

// Accepts says that it takes missing values.
func (IterativeImputer) Accepts() ml.Accepts { return ml.Accepts{Missing: true} }

const whyIterative = ": what is filled in is not zero"

// Fit learns the regressions of the columns of t.
func (c IterativeImputer) Fit(ctx context.Context, t ml.Table) (*IterativeImputerModel, error) {
	m, _, err := c.fit(ctx, "features.IterativeImputer.Fit", t)
	return m, err
}

func (c IterativeImputer) check(where string) error {
	switch {
	case c.MaxIter < 0:
		return ml.BadConfig(where, "MaxIter", c.MaxIter, "0 for 10, or >= 1")
	case !(c.Tol >= 0):
		return ml.BadConfig(where, "Tol", c.Tol, "0 for 1e-3, or > 0")
	case !(c.Low == 0 && c.High == 0 || c.Low < c.High):
		return ml.BadConfig(where, "Low", c.Low, fmt.Sprintf("< High, which is %v", c.High))
	}
	return enumCheck(where, "Initial", "Strategy", strategies, uint8(c.Initial))
}

func (c IterativeImputer) fit(ctx context.Context, where string, t ml.Table) (*IterativeImputerModel, *tensor.Tensor[float64], error) {
	if err := c.check(where); err != nil {
		return nil, nil, err
	}
	if err := t.Check(where, c.Accepts()); err != nil {
		return nil, nil, err
	}
	_, p := t.X.Dims()
	switch {
	case isSparse(t.X):
		return nil, nil, denseOnly(where, whyIterative)
	case p < 2:
		return nil, nil, ml.BadShape(where, "X", "1 column", "at least 2, to learn one from the other; or SimpleImputer")
	}
	simple, err := SimpleImputer{Strategy: c.Initial}.Fit(ctx, t)
	if err != nil {
		return nil, nil, err
	}
	m := &IterativeImputerModel{Fitted: ml.NewFitted(t, nil, c), Fill: simple.Fill}
	if c.AddIndicator {
		m.Indicator = columnsWithMissing(t)
	}
	filled, err := m.rounds(ctx, c, t)
	if err != nil {
		return nil, nil, err
	}
	m, err = ready(m)
	return m, filled, err
}

// rounds learns the steps, and returns the training rows as they are then.
func (m *IterativeImputerModel) rounds(ctx context.Context, c IterativeImputer, t ml.Table) (*tensor.Tensor[float64], error) {
	missing, greatest := missingCells(t.X)
	filled := m.begin(t.X, missing)
	n, p := filled.Dims()
	order := make([]int, p)
	for j := range order {
		order[j] = j
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(len(missing[a]), len(missing[b])) })
	rounds, tol := c.MaxIter, c.Tol
	if rounds == 0 {
		rounds = 10
	}
	if tol == 0 {
		tol = 1e-3
	}
	estimator := c.Base
	if estimator.Config == nil {
		estimator = ml.Regress(linear.BayesianRidge{})
	}
	track := ml.Track(ctx, "round", rounds)
	before := tensor.New[float64](n, p)
	for round := 1; round <= rounds; round++ {
		copy(before.Data(), filled.Data())
		for _, j := range order {
			if err := ml.Done(ctx); err != nil {
				return nil, err
			}
			step, err := learnColumn(ml.Quiet(ctx), estimator, filled, missing[j], j, t.Weight)
			if err != nil {
				return nil, fmt.Errorf("features.IterativeImputer: the regression of %s: %w", columnLabel(t.Columns, j), err)
			}
			if err := m.follow(c, step, filled, missing[j]); err != nil {
				return nil, err
			}
			m.Steps = append(m.Steps, step)
		}
		change := 0.0
		for i := range n {
			row := 0.0
			for j, v := range filled.Row(i) {
				row += math.Abs(v - before.Row(i)[j])
			}
			change = max(change, row)
		}
		m.Info.Iterations, m.Info.Gap, m.Info.Status = round, change, ml.MaxIter
		if change < tol*greatest || change == 0 {
			m.Info.Status = ml.Converged
		}
		stop, err := track.Step(round, ml.Loss{Train: change})
		if err != nil {
			return nil, err
		}
		if stop {
			m.Info.Status = ml.Stopped
		}
		if m.Info.Status != ml.MaxIter {
			break
		}
	}
	return filled, nil
}

// missingCells lists the rows where each column is missing, and finds the greatest absolute value.
func missingCells(x tensor.Matrix) (missing [][]int, greatest float64) {
	from := rows.Of(x)
	n, p := from.Dims()
	missing = make([][]int, p)
	buf := make([]float64, p)
	for i := range n {
		for j, v := range from.Row(i, buf) {
			if v != v {
				missing[j] = append(missing[j], i)
			} else {
				greatest = max(greatest, math.Abs(v))
			}
		}
	}
	return missing, greatest
}

// begin is x with its missing values filled as at the start.
func (m *IterativeImputerModel) begin(x tensor.Matrix, missing [][]int) *tensor.Tensor[float64] {
	from := rows.Of(x)
	n, p := from.Dims()
	out := tensor.New[float64](n, p)
	for i := range n {
		copy(out.Row(i), from.Row(i, out.Row(i)))
	}
	for j, list := range missing {
		for _, i := range list {
			out.Row(i)[j] = m.Fill[j]
		}
	}
	return out
}

// learnColumn fits column j to all others, on the rows where it is given.
func learnColumn(ctx context.Context, estimator ml.AnyRegressor, filled *tensor.Tensor[float64], missing []int, j int, weight []float64) (ImputerStep, error) {
	n, _ := filled.Dims()
	given := make([]int, 0, n-len(missing))
	next := 0
	for i := range n {
		if next < len(missing) && missing[next] == i {
			next++
			continue
		}
		given = append(given, i)
	}
	d := ml.Dataset[float64]{Table: ml.Table{X: without(filled, given, j)}, Y: make([]float64, len(given))}
	for k, i := range given {
		d.Y[k] = filled.Row(i)[j]
	}
	if weight != nil {
		d.Weight = pick(weight, given)
	}
	model, err := estimator.Fit(ctx, d)
	return ImputerStep{j, model}, err
}

// without is some rows of x without column j.
func without(x *tensor.Tensor[float64], idx []int, j int) *tensor.Tensor[float64] {
	_, p := x.Dims()
	out := tensor.New[float64](len(idx), p-1)
	for k, i := range idx {
		row := x.Row(i)
		copy(out.Row(k), row[:j])
		copy(out.Row(k)[j:], row[j+1:])
	}
	return out
}

// follow fills one column where it is missing.
func (m *IterativeImputerModel) follow(c IterativeImputer, step ImputerStep, filled *tensor.Tensor[float64], missing []int) error {
	if len(missing) == 0 {
		return nil
	}
	values, err := step.Model.Predict(without(filled, missing, step.Column))
	if err != nil {
		return err
	}
	for k, i := range missing {
		v := values[k]
		if c.Low != c.High {
			v = min(max(v, c.Low), c.High)
		}
		if !finite(v) {
			return ml.NotFinite("features.IterativeImputer", m.Columns, i, step.Column, v)
		}
		filled.Row(i)[step.Column] = v
	}
	return nil
}

// Restore checks a model that was read from a file and derives its columns.
func (m *IterativeImputerModel) Restore() error {
	const where = "features.IterativeImputerModel"
	if _, is := m.Config.(IterativeImputer); !is {
		return ml.BadFile(where, "Config", fmt.Sprintf("%T", m.Config), "a features.IterativeImputer")
	}
	p := m.Info.Features
	if err := checkArrays(where, p, map[string][]float64{"Fill": m.Fill}); err != nil {
		return err
	}
	for k, s := range m.Steps {
		if s.Column < 0 || s.Column >= p || s.Model == nil {
			return ml.BadFile(where, fmt.Sprintf("Steps[%d]", k), fmt.Sprintf("column %d, model %T", s.Column, s.Model), fmt.Sprintf("a column in 0..%d and its model", p-1))
		}
	}
	var err error
	m.out, err = withIndicators(where, m.Columns, p, m.Indicator)
	return err
}

// Transform fills the missing values of x. Inf is an error.
func (m *IterativeImputerModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	const where = "features.IterativeImputerModel.Transform"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	if isSparse(x) {
		return nil, denseOnly(where, whyIterative)
	}
	if err := ml.CheckFinite(where, &m.Fitted, x, true); err != nil {
		return nil, err
	}
	missing, _ := missingCells(x)
	filled := m.begin(x, missing)
	for _, s := range m.Steps {
		if err := m.follow(m.Config.(IterativeImputer), s, filled, missing[s.Column]); err != nil {
			return nil, err
		}
	}
	if len(m.Indicator) == 0 {
		return filled, nil
	}
	n, p := filled.Dims()
	out := tensor.New[float64](n, len(m.out))
	from := rows.Of(x)
	buf := make([]float64, p)
	for i := range n {
		copy(out.Row(i), filled.Row(i))
		indicate(out.Row(i)[p:], from.Row(i, buf), m.Indicator)
	}
	return out, nil
}

// Out describes the columns: those of training, and the indicators, called "missingindicator_age".
func (m *IterativeImputerModel) Out() []ml.Column { return ml.CloneColumns(m.out) }

func init() {
	ml.RegisterConfig[IterativeImputer]("features.IterativeImputer")
	ml.Register[*IterativeImputerModel]("features.IterativeImputerModel")
}

package features

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// SelectionModel keeps some columns and drops the others: what VarianceThreshold, SelectKBest, RFEClassifier and the other selectors become.
type SelectionModel struct {
	ml.Fitted
	Support []int     // the columns kept, rising
	Scores  []float64 // of each column of the input, by the selector's measure; nil if it has none
	PValues []float64 // of each column, if the score has them
	Ranking []int     // of each column, for recursive elimination: 1 for those kept, 2 for the last one dropped, ...; for MRMR: 1 for the first one kept, 2 for the next, ..., K+1 for those dropped; else nil

	missing bool // missing values pass, or there are categorical columns, whose missing ones do
}

// newSelection makes the model of the columns that keep accepts. None at all is an error.
func newSelection(where string, f ml.Fitted, scores, p []float64, keep func(j int) bool) (*SelectionModel, error) {
	m := &SelectionModel{Fitted: f, Scores: scores, PValues: p}
	for j := range f.Info.Features {
		if keep(j) {
			m.Support = append(m.Support, j)
		}
	}
	if len(m.Support) == 0 {
		return nil, &ml.Error{Where: where, Field: "Support", Found: "empty: no column passes", Want: "at least one: a weaker condition, or other columns", Kind: ml.ErrColumn}
	}
	return ready(m)
}

// Restore checks a model that was read from a file.
func (m *SelectionModel) Restore() error {
	const where = "features.SelectionModel"
	p := m.Info.Features
	if m.Columns != nil && len(m.Columns) != p || len(m.Support) == 0 {
		return ml.BadFile(where, "Columns and Support", fmt.Sprintf("%d and %d long", len(m.Columns), len(m.Support)), fmt.Sprintf("%d, and at least 1", p))
	}
	if a, is := m.Config.(ml.Accepter); is {
		m.missing = a.Accepts().Missing
	}
	for j := range p {
		m.missing = m.missing || isCategorical(m.Columns, j)
	}
	last := -1
	for k, j := range m.Support {
		if j <= last || j >= p {
			return ml.BadFile(where, fmt.Sprintf("Support[%d]", k), fmt.Sprint(j), "a column, greater than the one before")
		}
		last = j
	}
	for name, n := range map[string]int{"Scores": len(m.Scores), "PValues": len(m.PValues), "Ranking": len(m.Ranking)} {
		if n != 0 && n != p {
			return ml.BadFile(where, name, lengthOf(n), lengthOf(p))
		}
	}
	return nil
}

// Transform returns the columns kept, in the storage of x. Inf is an error, and so is a missing value unless the selector takes them, or categories.
func (m *SelectionModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	const where = "features.SelectionModel.Transform"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	if err := ml.CheckFinite(where, &m.Fitted, x, m.missing); err != nil {
		return nil, err
	}
	return rows.SelectCols(x, m.Support), nil
}

// TransformInto is Transform into dst: see ml.IntoTransformer.
func (m *SelectionModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	return mapping{columns: len(m.Support), nsPerRow: m.Info.Features, row: m.row}.transformInto("features.SelectionModel.TransformInto", &m.Fitted, dst, x)
}

// TransformRow copies the columns kept; dst has len(Out()) elements.
func (m *SelectionModel) TransformRow(dst, x []float64) error {
	return transformRow("features.SelectionModel.TransformRow", &m.Fitted, dst, x, len(m.Support), m.row)
}

func (m *SelectionModel) row(dst, src []float64) int {
	for j, v := range src {
		if math.IsInf(v, 0) || v != v && !m.missing {
			return j
		}
	}
	for k, j := range m.Support {
		dst[k] = src[j]
	}
	return -1
}

// Inverse puts zeros for the columns dropped.
func (m *SelectionModel) Inverse(x tensor.Matrix) (tensor.Matrix, error) {
	const where = "features.SelectionModel.Inverse"
	shape := ml.Fitted{Info: ml.Info{Features: len(m.Support)}}
	if err := ml.CheckPredict(where, &shape, x); err != nil {
		return nil, err
	}
	out, bad := mapRows(x, m.Info.Features, m.Info.Features, func(dst, src []float64) int {
		clear(dst)
		for k, j := range m.Support {
			if math.IsInf(src[k], 0) {
				return k
			}
			dst[j] = src[k]
		}
		return -1
	})
	if bad != noPlace {
		return nil, badNumber(where, nil, bad.row, bad.col, x.At(bad.row, bad.col))
	}
	return out, nil
}

// Can says that dropped columns do not come back.
func (m *SelectionModel) Can(ability any) ml.Verdict {
	if _, inverse := ability.(*ml.Inverter); inverse && len(m.Support) < m.Info.Features {
		return ml.Lacks
	}
	return ml.Undecided
}

// Out describes the columns kept, which keep their names.
func (m *SelectionModel) Out() []ml.Column {
	out := make([]ml.Column, len(m.Support))
	for k, j := range m.Support {
		out[k] = passed(ml.CloneColumns(m.Columns), j)
	}
	return out
}

// VarianceThreshold drops columns whose variance is not above Threshold: with zero those of one value, which say nothing.
//
// The variance is the population's; weights count, a row of weight k as k rows. Missing values (NaN) are left out, and pass. Where Threshold is 0 and rounding gives
// a column of one value a variance, it is dropped all the same. Categorical columns are taken by their codes. Storage and width are kept; two passes.
type VarianceThreshold struct {
	Threshold float64 // zero: drop columns of one value only
}

// Accepts says that it takes missing values and categorical columns.
func (VarianceThreshold) Accepts() ml.Accepts { return ml.Accepts{Missing: true, Categorical: true} }

// Fit measures the columns of t.
func (c VarianceThreshold) Fit(ctx context.Context, t ml.Table) (*SelectionModel, error) {
	const where = "features.VarianceThreshold.Fit"
	if !(c.Threshold >= 0) || math.IsInf(c.Threshold, 0) {
		return nil, ml.BadConfig(where, "Threshold", c.Threshold, "a finite number >= 0")
	}
	if err := t.Check(where, c.Accepts()); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	s := columnMoments(t.X, t.Weight, firstValues(t.X, t.Weight))
	e := columnExtremes(t.X, t.Weight)
	variance := make([]float64, len(s.m2))
	for j, w := range s.weight {
		if w > 0 && e.low[j] < e.high[j] {
			if variance[j] = s.m2[j] / w; !finite(variance[j]) {
				return nil, tooLarge(where, t.Columns, j)
			}
		}
	}
	return newSelection(where, ml.NewFitted(t, nil, c), variance, nil, func(j int) bool { return variance[j] > c.Threshold })
}

// A ColumnScore measures what each column says of the target: ANOVA, Chi2, FRegression, Correlation, MutualInfo, DistanceCorrelation, HSIC, ReliefF. A type of your own needs ml.Register to be saved.
type ColumnScore[Y any] interface {
	// ScoreColumns returns a score for each column of d, the higher the better, and its p-value; nil p-values if the score has none.
	ScoreColumns(ctx context.Context, d ml.Dataset[Y]) (scores, p []float64, err error)
}

// SelectKBest keeps the K columns with the highest scores; of equal ones the later. Columns without a score (NaN) come last.
type SelectKBest[Y int | float64] struct {
	Score ColumnScore[Y] // nil is an error
	K     int            // zero: 10; at least all columns: all
}

// Accepts says what the score takes.
func (c SelectKBest[Y]) Accepts() ml.Accepts { return ml.AcceptsOf(c.Score) }

// Accepts says what the score takes.
func (c SelectPercentile[Y]) Accepts() ml.Accepts { return ml.AcceptsOf(c.Score) }

// Accepts says what the score takes.
func (c SelectFPR[Y]) Accepts() ml.Accepts { return ml.AcceptsOf(c.Score) }

// Accepts says what the score takes.
func (c SelectFDR[Y]) Accepts() ml.Accepts { return ml.AcceptsOf(c.Score) }

// Accepts says what the score takes.
func (c SelectFWE[Y]) Accepts() ml.Accepts { return ml.AcceptsOf(c.Score) }

// SelectPercentile keeps the share of the columns with the highest scores: those above the quantile, and of those equal to it the first ones that still fit.
type SelectPercentile[Y int | float64] struct {
	Score   ColumnScore[Y] // nil is an error
	Percent float64        // in 0..100; zero: 10
}

// SelectFPR keeps the columns whose p-value is below Alpha: of columns that say nothing, that share is kept.
type SelectFPR[Y int | float64] struct {
	Score ColumnScore[Y] // with p-values; nil is an error
	Alpha float64        // in 0..1; zero: 0.05
}

// SelectFDR keeps columns so that of those kept a share of at most Alpha is expected to say nothing.
//
// Benjamini and Hochberg: Controlling the false discovery rate. Journal of the Royal Statistical Society B 57 (1995).
type SelectFDR[Y int | float64] SelectFPR[Y]

// SelectFWE keeps columns so that with probability 1 - Alpha all of them say something (Bonferroni's correction).
type SelectFWE[Y int | float64] SelectFPR[Y]

// scoreColumns is what all of them begin with.
func scoreColumns[Y int | float64](ctx context.Context, where string, score ColumnScore[Y], config any, d ml.Dataset[Y]) (scores, p []float64, f ml.Fitted, err error) {
	if score == nil {
		return nil, nil, f, ml.BadConfig(where, "Score", "nil", "a score, such as features.ANOVA{} for classes or features.FRegression{} for numbers")
	}
	if scores, p, err = score.ScoreColumns(ctx, d); err != nil {
		return nil, nil, f, err
	}
	return scores, p, ml.NewFitted(d.Table, d.Classes, config), nil
}

// Fit scores the columns of d.
func (c SelectKBest[Y]) Fit(ctx context.Context, d ml.Dataset[Y]) (*SelectionModel, error) {
	const where = "features.SelectKBest.Fit"
	if c.K < 0 {
		return nil, ml.BadConfig(where, "K", c.K, "0 for 10, or >= 1")
	}
	scores, p, f, err := scoreColumns(ctx, where, c.Score, c, d)
	if err != nil {
		return nil, err
	}
	k := c.K
	if k == 0 {
		k = 10
	}
	order := byScore(scores)
	kept := make([]bool, len(scores))
	for _, j := range order[max(0, len(order)-k):] {
		kept[j] = true
	}
	return newSelection(where, f, scores, p, func(j int) bool { return kept[j] })
}

// byScore lists the columns with rising scores, NaN first, equal ones in order.
func byScore(scores []float64) []int {
	order := make([]int, len(scores))
	for j := range order {
		order[j] = j
	}
	slices.SortStableFunc(order, func(a, b int) int {
		va, vb := scores[a], scores[b]
		switch {
		case va < vb || va != va && vb == vb:
			return -1
		case va > vb || va == va && vb != vb:
			return 1
		}
		return 0
	})
	return order
}

// Fit scores the columns of d.
func (c SelectPercentile[Y]) Fit(ctx context.Context, d ml.Dataset[Y]) (*SelectionModel, error) {
	const where = "features.SelectPercentile.Fit"
	if !(c.Percent >= 0 && c.Percent <= 100) {
		return nil, ml.BadConfig(where, "Percent", c.Percent, "in 0..100")
	}
	percent := c.Percent
	if percent == 0 {
		percent = 10
	}
	scores, p, f, err := scoreColumns(ctx, where, c.Score, c, d)
	if err != nil {
		return nil, err
	}
	clean := slices.Clone(scores)
	for j, v := range clean {
		if v != v {
			clean[j] = -math.MaxFloat64
		}
	}
	sorted := slices.Sorted(slices.Values(clean))
	at := (100 - percent) / 100 * float64(len(sorted)-1)
	below := int(math.Floor(at))
	limit := sorted[below]
	if below+1 < len(sorted) && at > float64(below) {
		limit += (at - float64(below)) * (sorted[below+1] - sorted[below])
	}
	kept := make([]bool, len(clean))
	left := int(float64(len(clean)) * percent / 100)
	for j, v := range clean {
		if v > limit {
			kept[j] = true
			left--
		}
	}
	for j, v := range clean {
		if v == limit && (left > 0 || percent == 100) {
			kept[j] = true
			left--
		}
	}
	return newSelection(where, f, scores, p, func(j int) bool { return kept[j] })
}

func alphaOf(where string, alpha float64) (float64, error) {
	if !(alpha >= 0 && alpha <= 1) {
		return 0, ml.BadConfig(where, "Alpha", alpha, "0 for 0.05, or in 0..1")
	}
	if alpha == 0 {
		return 0.05, nil
	}
	return alpha, nil
}

// fitByP keeps the columns whose p-value is below a limit, which is drawn from all of them.
func fitByP[Y int | float64](ctx context.Context, where string, c SelectFPR[Y], config any, d ml.Dataset[Y], limit func(p []float64, alpha float64) float64) (*SelectionModel, error) {
	alpha, err := alphaOf(where, c.Alpha)
	if err != nil {
		return nil, err
	}
	scores, p, f, err := scoreColumns(ctx, where, c.Score, config, d)
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, ml.BadConfig(where, "Score", fmt.Sprintf("%T, which has no p-values", c.Score), "one that has; or SelectKBest")
	}
	most := limit(p, alpha)
	return newSelection(where, f, scores, p, func(j int) bool { return p[j] < most })
}

// Fit scores the columns of d.
func (c SelectFPR[Y]) Fit(ctx context.Context, d ml.Dataset[Y]) (*SelectionModel, error) {
	return fitByP(ctx, "features.SelectFPR.Fit", c, c, d, func(_ []float64, alpha float64) float64 { return alpha })
}

// Fit scores the columns of d.
func (c SelectFDR[Y]) Fit(ctx context.Context, d ml.Dataset[Y]) (*SelectionModel, error) {
	return fitByP(ctx, "features.SelectFDR.Fit", SelectFPR[Y](c), c, d, func(p []float64, alpha float64) float64 {
		most := -1.0
		for k, v := range slices.Sorted(slices.Values(p)) {
			if v <= alpha/float64(len(p))*float64(k+1) {
				most = v
			}
		}
		return math.Nextafter(most, 2) // that p-value itself is kept
	})
}

// Fit scores the columns of d.
func (c SelectFWE[Y]) Fit(ctx context.Context, d ml.Dataset[Y]) (*SelectionModel, error) {
	return fitByP(ctx, "features.SelectFWE.Fit", SelectFPR[Y](c), c, d, func(p []float64, alpha float64) float64 { return alpha / float64(len(p)) })
}

func registerSelectors[Y int | float64](of string) {
	ml.RegisterConfig[SelectKBest[Y]]("features.SelectKBest[" + of + "]")
	ml.RegisterConfig[SelectPercentile[Y]]("features.SelectPercentile[" + of + "]")
	ml.RegisterConfig[SelectFPR[Y]]("features.SelectFPR[" + of + "]")
	ml.RegisterConfig[SelectFDR[Y]]("features.SelectFDR[" + of + "]")
	ml.RegisterConfig[SelectFWE[Y]]("features.SelectFWE[" + of + "]")
	ml.Register[MutualInfo[Y]]("features.MutualInfo[" + of + "]")
	ml.Register[DistanceCorrelation[Y]]("features.DistanceCorrelation[" + of + "]")
	ml.Register[HSIC[Y]]("features.HSIC[" + of + "]")
	ml.Register[ReliefF[Y]]("features.ReliefF[" + of + "]")
	ml.RegisterConfig[MRMR[Y]]("features.MRMR[" + of + "]")
}

func init() {
	registerSelectors[int]("int")
	registerSelectors[float64]("float64")
	ml.RegisterConfig[VarianceThreshold]("features.VarianceThreshold")
	ml.Register[*SelectionModel]("features.SelectionModel")
	ml.Register[ANOVA]("features.ANOVA")
	ml.Register[Chi2]("features.Chi2")
	ml.Register[FRegression]("features.FRegression")
	ml.Register[Correlation]("features.Correlation")
}

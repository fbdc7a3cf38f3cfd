package ensemble

import (
	"cmp"
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

// LossChanges says for each column by how much a score gets worse on the rows of d when the trees do not know the column: where a split asks for it, a row goes both ways, in
// proportion to the training weight that went there. It is what CatBoost calls LossFunctionChange. Above 0: the column helps, whether higher or lower scores are better; 0 for
// columns that no split asks for, such as Offset; below 0: the rows would be better off without it. Nothing is drawn and nothing fitted anew, so columns that tell
// the same share what they are worth; for numbers dealt out anew see explain.Importance. Measure it on rows that the model has not seen. Each column costs a
// prediction of all rows by the trees that ask for it, both ways, and a score; columns are scored side by side. Without a scorer it gives ErrConfig, and for a model that does not know its covers ErrFormat.
func (m *BoostedRegression) LossChanges(ctx context.Context, d ml.Dataset[float64], scorer ml.Scorer[float64]) ([]float64, error) {
	return lossChanges(ctx, "ensemble.BoostedRegression.LossChanges", &m.Model, d, scorer, predictsNumbers)
}

// LossChanges is that of BoostedRegression.
func (m *BoostedClassification) LossChanges(ctx context.Context, d ml.Dataset[int], scorer ml.Scorer[int]) ([]float64, error) {
	return lossChanges(ctx, "ensemble.BoostedClassification.LossChanges", &m.Model, d, scorer, func(w watched) ml.Predictor[int] { return &watchedClasses{w} })
}

// LossChanges is that of BoostedRegression.
func (m *BoostedLabels) LossChanges(ctx context.Context, d ml.Dataset[[]int], scorer ml.Scorer[[]int]) ([]float64, error) {
	return lossChanges(ctx, "ensemble.BoostedLabels.LossChanges", &m.Model, d, scorer, func(w watched) ml.Predictor[[]int] { return &watchedLabels{w} })
}

func lossChanges[Y any](ctx context.Context, where string, m *tree.Model, d ml.Dataset[Y], scorer ml.Scorer[Y], predictor func(watched) ml.Predictor[Y]) ([]float64, error) {
	e := m.Ensemble
	if scorer == nil {
		return nil, ml.BadConfig(where, "scorer", nil, "a scorer, such as selection.RMSE{}")
	}
	if e.Cover == nil && len(e.Feature) > e.Trees() {
		return nil, &ml.Error{Where: where, Field: "Ensemble", Found: "no covers", Want: "a model that knows them", Kind: ml.ErrFormat}
	}
	if err := d.Check(where, ml.Accepts{Missing: true, Categorical: true}); err != nil {
		return nil, err
	}
	raw, err := m.Raw(d.X)
	if err != nil {
		return nil, err
	}
	if e.Link == tree.Logistic || e.Link == tree.OneVsRest { // what stands for the model does not know of factors
		scale := cmp.Or(e.LinkScale, 1)
		for i := range raw.Data() {
			raw.Data()[i] *= scale
		}
	}
	score := func(change [][]float64) (float64, error) {
		w := watched{rows: d.Rows(), outputs: e.Outputs, link: e.Link, score: change, x: d.X, whole: func() (*tree.Ensemble, error) {
			return nil, &ml.Error{Where: where, Field: "scorer", Found: scorer.Name() + ", which asks about other rows", Want: "one that asks about those of d", Kind: ml.ErrConfig}
		}}
		for k := range change {
			for i := range change[k] {
				change[k][i] += raw.Row(i)[k]
			}
		}
		return scorer.Score(ctx, predictor(w), d)
	}
	blank := func() [][]float64 {
		out := make([][]float64, e.Outputs)
		for k := range out {
			out[k] = make([]float64, d.Rows())
		}
		return out
	}
	known, err := score(blank())
	if err != nil {
		return nil, err
	}
	askers := askersOf(e)
	out := make([]float64, e.Features)
	err = par.Do(ctx, e.Features, func(ctx context.Context, j int) error {
		if len(askers[j]) == 0 {
			return nil
		}
		change := blank()
		if err := blinded(ctx, e, askers[j], j, d.X, change); err != nil {
			return err
		}
		v, err := score(change)
		if err != nil {
			return fmt.Errorf("without %s: %w", ml.ColumnName(m.Columns, j), err)
		}
		out[j] = v - known
		if !scorer.Lower() {
			out[j] = known - v
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// askersOf lists the trees that ask for each column.
func askersOf(e *tree.Ensemble) [][]int {
	out := make([][]int, e.Features)
	for t := range e.Trees() {
		for _, j := range e.Feature[e.Start[t]:e.Start[t+1]] {
			if j >= 0 && (len(out[j]) == 0 || out[j][len(out[j])-1] != t) {
				out[j] = append(out[j], t)
			}
		}
	}
	return out
}

// blinded adds to change by how much the scores of the rows differ if trees do not know column j. Leaves that are linear functions, which hold offsets, have
// the same terms all over a tree, so these do not change.
func blinded(ctx context.Context, e *tree.Ensemble, trees []int, j int, m tensor.Matrix, change [][]float64) error {
	x := rows.Of(m)
	buf := make([]float64, x.Cols())
	factor := 1.0
	if e.Average {
		factor = float64(e.Outputs) / float64(e.Trees())
	}
	if e.Link == tree.Logistic || e.Link == tree.OneVsRest {
		factor *= cmp.Or(e.LinkScale, 1)
	}
	for i := range x.Len() {
		if i&1023 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		row := x.Row(i, buf)
		for _, t := range trees {
			k, weight := 0, factor
			if e.Output != nil {
				k = int(e.Output[t])
			}
			if e.Weight != nil {
				weight *= e.Weight[t]
			}
			root := int(e.Start[t])
			change[k][i] += float64(weight * (bothWays(e, root, root, j, row) - e.Value[root+e.Leaf(t, row)]))
		}
	}
	return nil
}

// bothWays is what the tree of a root, from node i on, says of a row without knowing column j.
func bothWays(e *tree.Ensemble, root, i, j int, row []float64) float64 {
	for e.Feature[i] >= 0 {
		left, right := root+int(e.Left[i]), root+int(e.Right[i])
		if f := int(e.Feature[i]); f != j {
			if e.Passes(i, row[f]) {
				i = left
			} else {
				i = right
			}
			continue
		}
		a, b := e.Cover[left], e.Cover[right]
		if !(a+b > 0) {
			a, b = 1, 1
		}
		return (float64(a*bothWays(e, root, left, j, row)) + float64(b*bothWays(e, root, right, j, row))) / (a + b)
	}
	return e.Value[i]
}

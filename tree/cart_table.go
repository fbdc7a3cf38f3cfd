package tree

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/folds"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// CostTable returns the table of cost-complexity pruning with errors by cross-validation, as rpart's cptable: a row for each step of the path of the tree
// of all rows, the whole tree first. Errors are of classification, as shares of the root's. The rows are dealt to k parts (at least 2), stratified by class, by seed. CCPAlpha is left
// aside. See [OneStandardError]. It costs k+1 fits.
func (c DecisionTreeClassifier) CostTable(ctx context.Context, d ml.Dataset[int], k int, seed uint64) ([]CostRow, error) {
	const where = "tree.DecisionTreeClassifier.CostTable"
	c.CCPAlpha = 0
	whole, err := c.Fit(ctx, d)
	if err != nil {
		return nil, err
	}
	weight, err := c.ClassWeight.Weights(where, d.Y, d.Weight, d.K())
	if err != nil {
		return nil, err
	}
	d = d.NameClasses()
	t := tabled{where: where, table: d.Table, weight: weight, k: k,
		fold: func() []int { return folds.Stratified(d.Y, k, rng.New(seed, 0)) },
		fit: func(rows []int) (*Ensemble, error) {
			m, err := c.Fit(ctx, d.Select(rows))
			if err != nil {
				return nil, err
			}
			return m.Ensemble, nil
		},
		loss: func(e *Ensemble) func(i, node int) float64 {
			label := (&ClassificationModel{Model{Ensemble: e}}).labels()
			return func(i, node int) float64 {
				if label[node] == d.Y[i] {
					return 0
				}
				return 1
			}
		}}
	return t.rows(whole.Ensemble)
}

// CostTable is that of [DecisionTreeClassifier], with squared errors.
func (c DecisionTreeRegressor) CostTable(ctx context.Context, d ml.Dataset[float64], k int, seed uint64) ([]CostRow, error) {
	c.CCPAlpha = 0
	whole, err := c.Fit(ctx, d)
	if err != nil {
		return nil, err
	}
	t := tabled{where: "tree.DecisionTreeRegressor.CostTable", table: d.Table, weight: d.Weight, k: k,
		fold: func() []int { return folds.KFold(d.Rows(), k, rng.New(seed, 0)) },
		fit: func(rows []int) (*Ensemble, error) {
			m, err := c.Fit(ctx, d.Select(rows))
			if err != nil {
				return nil, err
			}
			return m.Ensemble, nil
		},
		loss: func(e *Ensemble) func(i, node int) float64 {
			return func(i, node int) float64 {
				r := d.Y[i] - e.Value[node]
				return float64(r * r)
			}
		}}
	return t.rows(whole.Ensemble)
}

// tabled is what a table of pruning is made from.
type tabled struct {
	where  string
	table  ml.Table
	weight []float64
	k      int
	fold   func() []int
	fit    func(rows []int) (*Ensemble, error)
	loss   func(e *Ensemble) func(i, node int) float64
}

func (t *tabled) rows(whole *Ensemble) ([]CostRow, error) {
	n := t.table.Rows()
	if t.k < 2 || t.k > n {
		return nil, ml.BadConfig(t.where, "k", t.k, fmt.Sprintf("2 to %d, the number of rows", n))
	}
	path, err := whole.CostPath()
	if err != nil {
		return nil, err
	}
	path = distinctSteps(path)
	table := make([]CostRow, len(path))
	for i := range table {
		table[i].PruneStep = path[i]
	}
	own := newCosts(path)
	for i := range path {
		own.betas[i] = path[i].Alpha // the steps themselves
	}
	if err := own.add(whole, t.table, t.weight, t.loss(whole)); err != nil {
		return nil, err
	}
	total := make([]CostRow, len(path))
	own.rows(total, 1, 0)
	root := total[len(total)-1].CVError
	if root == 0 { // nothing to be lost, nothing to be gained
		root = 1
	}
	squaredWeights := 0.0
	for i := range n {
		w := 1.0
		if t.weight != nil {
			w = t.weight[i]
		}
		squaredWeights += float64(w * w)
	}
	c := newCosts(path)
	for _, test := range folds.Tests(t.fold(), t.k) {
		e, err := t.fit(folds.Complement(n, test))
		if err != nil {
			return nil, err
		}
		loss := t.loss(e)
		var weight []float64
		if t.weight != nil {
			weight = make([]float64, len(test))
			for i, r := range test {
				weight[i] = t.weight[r]
			}
		}
		if err := c.add(e, t.table.Select(test), weight, func(i, node int) float64 { return loss(test[i], node) }); err != nil {
			return nil, err
		}
	}
	c.rows(table, root, squaredWeights)
	for i := range table {
		table[i].Error = total[i].CVError / root
	}
	return table, nil
}

// distinctSteps leaves out the steps whose penalty is that of the next one, too: no penalty makes their trees.
func distinctSteps(path []PruneStep) []PruneStep {
	var out []PruneStep
	for i, s := range path {
		if i+1 == len(path) || path[i+1].Alpha > s.Alpha {
			out = append(out, s)
		}
	}
	return out
}

package tree

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/internal/stats"
	"github.com/gopherwood-ml/ml/tensor"
)

// PruneReducedError returns the tree without the branches that do no better than a leaf in their place on rows it was not grown from (Quinlan, "Simplifying
// decision trees", International Journal of Man-Machine Studies 27 (1987)): the smallest of the subtrees with the fewest errors on d. Weights count.
// The cost is that of predicting d.
func (m *ClassificationModel) PruneReducedError(d ml.Dataset[int]) (*ClassificationModel, error) {
	const where = "tree.ClassificationModel.PruneReducedError"
	if d.Classes == nil {
		d.Classes = m.Classes
	}
	if err := m.checkPruning(where, d.Table, d.Check); err != nil {
		return nil, err
	}
	if k := d.K(); k > m.K() {
		return nil, &ml.Error{Where: where, Field: "Y", Found: fmt.Sprintf("%d classes", k), Want: fmt.Sprintf("at most the %d of the model", m.K()), Kind: ml.ErrTarget}
	}
	label := m.labels()
	e, err := m.Ensemble.reduceErrors(d.Table, func(i, node int) float64 {
		if label[node] == d.Y[i] {
			return 0
		}
		return 1
	})
	if err != nil {
		return nil, err
	}
	return NewClassificationModel(m.Fitted, e)
}

// PruneReducedError is that of [ClassificationModel], with squared errors.
func (m *RegressionModel) PruneReducedError(d ml.Dataset[float64]) (*RegressionModel, error) {
	const where = "tree.RegressionModel.PruneReducedError"
	if err := m.checkPruning(where, d.Table, d.Check); err != nil {
		return nil, err
	}
	e, err := m.Ensemble.reduceErrors(d.Table, func(i, node int) float64 {
		r := d.Y[i] - m.Ensemble.Value[node]
		return float64(r * r)
	})
	if err != nil {
		return nil, err
	}
	return NewRegressionModel(m.Fitted, e)
}

// PrunePessimistic returns the tree without the branches that are expected to do no better than a leaf in their place, as C4.5 prunes (Quinlan, C4.5:
// Programs for Machine Learning, 1993, chapter 4, without its subtree raising): the errors to be expected of a leaf are the upper bound of the binomial
// confidence interval about its errors in training. confidence is the probability, up to 1/2, that the bound is too low: the smaller, the smaller the tree; 0 means 0.25.
func (m *ClassificationModel) PrunePessimistic(confidence float64) (*ClassificationModel, error) {
	const where = "tree.ClassificationModel.PrunePessimistic"
	if confidence == 0 {
		confidence = 0.25
	}
	if !(confidence > 0 && confidence <= 0.5) {
		return nil, ml.BadConfig(where, "confidence", confidence, "above 0, up to 0.5; 0 means 0.25")
	}
	e := m.Ensemble
	if err := e.oneTree(); err != nil {
		return nil, err
	}
	if e.Cover == nil {
		return nil, malformed("Cover", "missing", "the weight of each node")
	}
	losses, label := make([]float64, e.Nodes(0)), m.labels()
	for i := range losses {
		n := e.Cover[i]
		share := e.Value[i*e.Outputs+label[i]]
		losses[i] = n * upperError(n*max(1-share, 0), n, confidence)
	}
	pruned, err := e.withLeaves(e.cheapest(losses))
	if err != nil {
		return nil, err
	}
	return NewClassificationModel(m.Fitted, pruned)
}

// upperError is the error rate above which as few as errors in n happen with the given probability (Clopper and Pearson).
func upperError(errors, n, confidence float64) float64 {
	if n-errors <= 0 {
		return 1
	}
	return stats.Beta{A: errors + 1, B: n - errors}.Quantile(1 - confidence)
}

// labels is the class of each node of a tree of shares.
func (m *ClassificationModel) labels() []int {
	e := m.Ensemble
	label := make([]int, len(e.Feature))
	for i := range label {
		share := e.Value[i*e.Outputs : (i+1)*e.Outputs]
		for c, v := range share {
			if v > share[label[i]] {
				label[i] = c
			}
		}
	}
	return label
}

func (m *Model) checkPruning(where string, t ml.Table, check func(string, ml.Accepts) error) error {
	if err := m.Ensemble.oneTree(); err != nil {
		return err
	}
	if err := check(where, ml.Accepts{Missing: true, Categorical: true}); err != nil {
		return err
	}
	return ml.CheckPredict(where, &m.Fitted, t.X)
}

// oneTree refuses ensembles that are not one decision tree of this package.
func (e *Ensemble) oneTree() error {
	if e.Trees() != 1 || e.Linear != nil || e.Link != Identity && !(e.Link == Share && e.Vector) {
		return malformed("Ensemble", fmt.Sprintf("%d trees with the link %v", e.Trees(), e.Link), "one decision tree to be pruned")
	}
	return nil
}

// reduceErrors prunes by the losses of some rows: loss is that of row i when a node answers.
func (e *Ensemble) reduceErrors(t ml.Table, loss func(i, node int) float64) (*Ensemble, error) {
	losses := make([]float64, e.Nodes(0))
	e.paths(t.X, func(i int, path []int) {
		w := 1.0
		if t.Weight != nil {
			w = t.Weight[i]
		}
		if w == 0 {
			return
		}
		for _, node := range path {
			losses[node] += float64(w * loss(i, node))
		}
	})
	return e.withLeaves(e.cheapest(losses))
}

// paths calls visit with the nodes that each row passes in the first tree, the root first.
func (e *Ensemble) paths(x tensor.Matrix, visit func(i int, path []int)) {
	src := rows.Of(x)
	buf := make([]float64, e.Features)
	var path []int
	for i := range src.Len() {
		row := src.Row(i, buf)
		at := 0
		path = append(path[:0], 0)
		for e.Feature[at] >= 0 {
			if e.passes(at, row[e.Feature[at]]) {
				at = int(e.Left[at])
			} else {
				at = int(e.Right[at])
			}
			path = append(path, at)
		}
		visit(i, path)
	}
}

// cheapest says which nodes are to be leaves so that the losses of the leaves are least, with as few as that takes. Sums of losses that differ by rounding are equal.
func (e *Ensemble) cheapest(losses []float64) []bool {
	leaf := make([]bool, len(losses))
	best := make([]float64, len(losses))
	for i := len(losses) - 1; i >= 0; i-- {
		best[i], leaf[i] = losses[i], true
		if e.Feature[i] < 0 {
			continue
		}
		if branch := best[e.Left[i]] + best[e.Right[i]]; branch < losses[i]*(1-1e-12) {
			best[i], leaf[i] = branch, false
		}
	}
	return leaf
}

// CostRow is a row of the table that says how much pruning is best.
type CostRow struct {
	PruneStep         // the tree of all rows
	Error     float64 // of that tree on its own rows, as a share of the root's
	CVError   float64 // of trees that were pruned as much, on rows they were not grown from, as a share of the root's
	CVStd     float64 // the standard error of CVError
}

// OneStandardError returns the row of the smallest tree whose error in cross-validation is within one standard error of the least, which is the usual choice: PruneCost
// with its Alpha makes that tree. There must be at least one row.
func OneStandardError(rows []CostRow) CostRow {
	least := rows[0]
	for _, r := range rows[1:] {
		if r.CVError < least.CVError {
			least = r
		}
	}
	for i := len(rows) - 1; i >= 0; i-- {
		if rows[i].CVError <= least.CVError+least.CVStd {
			return rows[i]
		}
	}
	return least
}

// costs gathers the losses of a pruning path over rows that are held out.
type costs struct {
	betas                  []float64 // of each step: the penalty it stands for
	weight                 float64   // of the rows
	sum, weighted, squares []float64 // Σ w·loss, Σ w²·loss and Σ w²·loss²: what each step adds to the one before
}

// newCosts stands for each step by the geometric mean of its penalty and the next one's, as rpart does.
func newCosts(path []PruneStep) *costs {
	n := len(path)
	c := &costs{betas: make([]float64, n), sum: make([]float64, n+1), squares: make([]float64, n+1), weighted: make([]float64, n+1)}
	for i := range path {
		c.betas[i] = math.Inf(1)
		if i+1 < n {
			c.betas[i] = math.Sqrt(max(path[i].Alpha, 0)) * math.Sqrt(max(path[i+1].Alpha, 0))
		}
	}
	return c
}

// add adds the losses of rows that the tree has not seen: what a row loses at a step is the loss of the topmost node of its path that is a leaf by then.
func (c *costs) add(e *Ensemble, t ml.Table, weight []float64, loss func(i, node int) float64) error {
	p, err := newPruner(e)
	if err != nil {
		return err
	}
	first := make([]int, e.Nodes(0)) // the step from which a node is a leaf
	for i, leaf := range p.isLeaf {
		if !leaf {
			first[i] = len(c.betas)
		}
	}
	step, highest := 0, 0.0
	for p.leaves[0] > 1 {
		node, alpha := p.weakest()
		for highest = max(highest, alpha); step < len(c.betas) && c.betas[step] < highest; step++ {
		}
		first[node] = step
		p.cut()
	}
	e.paths(t.X, func(i int, path []int) {
		w := 1.0
		if weight != nil {
			w = weight[i]
		}
		if w == 0 {
			return
		}
		c.weight += w
		end := len(c.betas)
		for _, node := range path {
			if first[node] >= end {
				continue
			}
			v := loss(i, node)
			c.change(first[node], w, v)
			c.change(end, -w, v)
			if end = first[node]; end == 0 {
				return
			}
		}
	})
	return nil
}

// change adds (w < 0: takes away) a loss v of weight w from a step on.
func (c *costs) change(step int, w, v float64) {
	c.sum[step] += float64(w * v)
	c.weighted[step] += float64(float64(w*math.Abs(w)) * v)
	c.squares[step] += float64(float64(w*math.Abs(w)) * float64(v*v))
}

// rows writes the results into the table, as shares of the root's loss.
func (c *costs) rows(table []CostRow, root, squaredWeights float64) {
	sum, squares, weighted := 0.0, 0.0, 0.0
	for k := range table {
		sum, squares, weighted = sum+c.sum[k], squares+c.squares[k], weighted+c.weighted[k]
		mean := sum / c.weight
		table[k].CVError = mean / root
		variance := squares - 2*float64(mean*weighted) + float64(float64(mean*mean)*squaredWeights)
		table[k].CVStd = math.Sqrt(max(variance, 0)) / c.weight / root
	}
}

package ensemble

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tree"
)

// ColumnImportances weigh the columns of a forest by rows that its trees have not drawn.
type ColumnImportances struct {
	Mean          []float64 // over the trees
	StandardError []float64 // of the mean: the deviation between trees divided by the root of their number
}

// Permuting says how [ForestClassification.PermutationImportances] deals out the numbers of a column.
type Permuting struct {
	// Conditional is from which correlation (its size, by Pearson) on another column is held fast: numbers are dealt out only among rows between the same cuts that the tree has
	// in such columns, so that a column which stands in for another one gets nothing for it (Strobl and others, BMC Bioinformatics 2008). 0: among all rows
	Conditional float64
	Seed        uint64
}

// outOfBagTrees asks one tree after the other about the rows that it has not drawn.
type outOfBagTrees struct {
	where string
	e     *tree.Ensemble
	d     ml.Table // weights are those of the draws
	bag   *bag
}

// leftTrees draws the rows of a classifier again.
func (m *ForestClassification) leftTrees(where string, d ml.Dataset[int]) (*outOfBagTrees, error) {
	var c RandomForestClassifier
	switch config := m.Config.(type) {
	case RandomForestClassifier:
		c = config
	case ExtraTreesClassifier:
		c = RandomForestClassifier(config)
	default:
		return nil, foreignConfig(where, m.Config)
	}
	if err := d.Check(where, accepted); err != nil {
		return nil, err
	}
	if d.K() > m.K() {
		return nil, ml.BadShape(where, "Y", strconv.Itoa(d.K())+" classes", strconv.Itoa(m.K())+", as the model")
	}
	f := &forest{where: where, rows: c.Rows, maxSamples: c.MaxSamples, seed: c.Seed, class: d.Y, k: m.K(), table: d.Table}
	var err error
	if f.table.Weight, err = c.ClassWeight.Weights(where, d.Y, d.Weight, m.K()); err != nil {
		return nil, err
	}
	return f.leftTrees(&m.Model)
}

func (m *ForestRegression) leftTrees(where string, d ml.Dataset[float64]) (*outOfBagTrees, error) {
	var c RandomForestRegressor
	switch config := m.Config.(type) {
	case RandomForestRegressor:
		c = config
	case ExtraTreesRegressor:
		c = RandomForestRegressor(config)
	default:
		return nil, foreignConfig(where, m.Config)
	}
	if err := d.Check(where, accepted); err != nil {
		return nil, err
	}
	return (&forest{where: where, rows: c.Rows, maxSamples: c.MaxSamples, seed: c.Seed, table: d.Table}).leftTrees(&m.Model)
}

func (f *forest) leftTrees(m *tree.Model) (*outOfBagTrees, error) {
	if !f.outOfBag() {
		return nil, ml.BadConfig(f.where, "Rows", f.rows, "rows that are drawn: every tree has seen every row")
	}
	if err := checkMore(f.where, 0, true, m.Info.Rows, f.table); err != nil {
		return nil, err
	}
	if err := ml.CheckPredict(f.where, &m.Fitted, f.table.X); err != nil {
		return nil, err
	}
	return &outOfBagTrees{f.where, m.Ensemble, f.table, newBag(f)}, nil
}

// each asks all trees, side by side: of gives the importances of a tree, whose rows of the given numbers lie in x, or nil if it has left none out.
func (o *outOfBagTrees) each(ctx context.Context, of func(t int, left []int, x [][]float64) []float64) (*ColumnImportances, error) {
	all, p := rows.Of(o.d.X), o.e.Features
	parts := make([][]float64, o.e.Trees())
	err := par.Do(ctx, len(parts), func(_ context.Context, t int) error {
		counts := make([]float64, o.bag.n)
		o.bag.counts(t, counts)
		var left []int
		for _, i := range o.bag.kept {
			if counts[i] == 0 {
				left = append(left, int(i))
			}
		}
		if len(left) == 0 {
			return nil
		}
		flat, x := make([]float64, len(left)*p), make([][]float64, len(left))
		for k, i := range left {
			x[k] = flat[k*p : (k+1)*p]
			copy(x[k], all.Row(i, x[k]))
		}
		parts[t] = of(t, left, x)
		return nil
	})
	if err != nil {
		if done := ml.Done(ctx); done != nil {
			err = done
		}
		return nil, err
	}
	return spreadOf(parts, p), nil
}

// spreadOf is the mean over the parts that are there, and its standard error.
func spreadOf(parts [][]float64, p int) *ColumnImportances {
	parts = slices.DeleteFunc(parts, func(part []float64) bool { return part == nil })
	out, n := &ColumnImportances{make([]float64, p), make([]float64, p)}, float64(len(parts))
	for j := range p {
		squares := 0.0
		for _, part := range parts {
			out.Mean[j] += part[j]
		}
		out.Mean[j] /= max(n, 1)
		for _, part := range parts {
			d := part[j] - out.Mean[j]
			squares += float64(d * d)
		}
		if n > 1 {
			out.StandardError[j] = math.Sqrt(squares / (n - 1) / n)
		}
	}
	return out
}

// PermutationImportances says by how much the accuracy of a tree falls, on the rows that it has not drawn, when the numbers of a column are dealt out anew among these: Breiman's
// importance, the mean over the trees (Machine Learning 45, 2001). Columns that say nothing get about 0, whatever numbers they hold. d are the rows of the fit; they weigh as in
// training. A tree's rows are copied dense. The cost is that of a prediction for each column that a tree asks. Errors: ErrConfig where trees draw no rows, ErrShape for other rows.
func (m *ForestClassification) PermutationImportances(ctx context.Context, d ml.Dataset[int], how Permuting) (*ColumnImportances, error) {
	const where = "ensemble.ForestClassification.PermutationImportances"
	o, err := m.leftTrees(where, d)
	if err != nil {
		return nil, err
	}
	e := m.Ensemble
	return o.permute(ctx, how, func(leaf, i int) float64 {
		best := 0
		if e.Vector {
			for c, v := range e.Value[leaf*e.Outputs : (leaf+1)*e.Outputs] {
				if v > e.Value[leaf*e.Outputs+best] {
					best = c
				}
			}
		} else if e.Value[leaf] > 0.5 {
			best = 1
		}
		if best == d.Y[i] {
			return 0
		}
		return 1
	})
}

// PermutationImportances is that of [ForestClassification]; for the accuracy stands minus the mean squared error.
func (m *ForestRegression) PermutationImportances(ctx context.Context, d ml.Dataset[float64], how Permuting) (*ColumnImportances, error) {
	const where = "ensemble.ForestRegression.PermutationImportances"
	o, err := m.leftTrees(where, d)
	if err != nil {
		return nil, err
	}
	return o.permute(ctx, how, func(leaf, i int) float64 {
		r := d.Y[i] - m.Ensemble.Value[leaf]
		return float64(r * r)
	})
}

// permute compares the loss of each tree before and after the numbers of a column are dealt out.
func (o *outOfBagTrees) permute(ctx context.Context, how Permuting, loss func(leaf, i int) float64) (*ColumnImportances, error) {
	if !(how.Conditional >= 0 && how.Conditional <= 1) {
		return nil, ml.BadConfig(o.where, "Conditional", how.Conditional, "0 to 1; 0 means among all rows")
	}
	var near [][]int
	if how.Conditional > 0 {
		near = correlated(rows.Of(o.d.X), how.Conditional)
	}
	e := o.e
	return o.each(ctx, func(t int, left []int, x [][]float64) []float64 {
		mean := func() float64 {
			sum, total := 0.0, 0.0
			for k, i := range left {
				w := weightOf(o.d.Weight, i)
				sum += float64(w * loss(int(e.Start[t])+e.Leaf(t, x[k]), i))
				total += w
			}
			return sum / total
		}
		before, out := mean(), make([]float64, e.Features)
		var cells *cellsOf
		if near != nil {
			cells = newCellsOf(e, t)
		}
		kept := make([]float64, len(x))
		for _, j := range askedBy(e, t) {
			groups := [][]int{nil}
			if near == nil {
				for k := range x {
					groups[0] = append(groups[0], k)
				}
			} else {
				groups = cells.groups(x, near[j])
			}
			for k := range x {
				kept[k] = x[k][j]
			}
			r := rng.New(rng.Key(how.Seed, forestShuffle, uint64(t)), uint64(j))
			for _, g := range groups {
				deal(r, g, func(to, from int) { x[to][j] = kept[from] })
			}
			out[j] = mean() - before
			for k := range x {
				x[k][j] = kept[k]
			}
		}
		return out
	})
}

// deal gives each place the number of one that is drawn, each of them once.
func deal(r *rand.Rand, places []int, give func(to, from int)) {
	order := rng.Sample(r, len(places), len(places))
	for k, o := range order {
		give(places[k], places[o])
	}
}

// askedBy lists the columns that the splits of a tree ask, ascending.
func askedBy(e *tree.Ensemble, t int) []int {
	var out []int
	for _, j := range e.Feature[e.Start[t]:e.Start[t+1]] {
		if j >= 0 {
			out = append(out, int(j))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// correlated lists for each column the others whose correlation with it is at least that large. Missing values count as the mean.
func correlated(x rows.Rows, least float64) [][]int {
	n, p := x.Dims()
	z := make([][]float64, p)
	par.For(p, 10*n, func(lo, hi int) {
		for j := lo; j < hi; j++ {
			z[j] = make([]float64, n)
			x.Col(j, z[j])
			standardise(z[j])
		}
	})
	out := make([][]int, p)
	par.For(p, p*n, func(lo, hi int) {
		for j := lo; j < hi; j++ {
			for k := range p {
				sum := 0.0
				for i, v := range z[j] {
					sum += float64(v * z[k][i])
				}
				if k != j && math.Abs(sum) >= least {
					out[j] = append(out[j], k)
				}
			}
		}
	})
	return out
}

// standardise gives a column the mean 0 and the length 1.
func standardise(v []float64) {
	sum, n, squares := 0.0, 0.0, 0.0
	for _, a := range v {
		if a == a {
			sum += a
			n++
		}
	}
	for i, a := range v {
		if v[i] = 0; a == a {
			v[i] = a - sum/n
		}
		squares += float64(v[i] * v[i])
	}
	for i := range v {
		if squares > 0 {
			v[i] /= math.Sqrt(squares)
		}
	}
}

// cellsOf are the cuts of a tree in each column.
type cellsOf struct {
	splits [][]int // of each column
	e      *tree.Ensemble
}

func newCellsOf(e *tree.Ensemble, t int) *cellsOf {
	c := &cellsOf{make([][]int, e.Features), e}
	for i := int(e.Start[t]); i < int(e.Start[t+1]); i++ {
		if j := e.Feature[i]; j >= 0 {
			c.splits[j] = append(c.splits[j], i)
		}
	}
	return c
}

// groups are the rows that all splits on some columns send the same ways.
func (c *cellsOf) groups(x [][]float64, columns []int) [][]int {
	var out [][]int
	place := map[string]int{}
	var key []byte
	for k, row := range x {
		key = key[:0]
		for _, j := range columns {
			for _, i := range c.splits[j] {
				way := byte('r')
				if c.e.Passes(i, row[j]) {
					way = 'l'
				}
				key = append(key, way)
			}
		}
		at, seen := place[string(key)]
		if !seen {
			at = len(out)
			place[string(key)] = at
			out = append(out, nil)
		}
		out[at] = append(out[at], k)
	}
	return out
}

// UnbiasedImportances is the mean decrease of impurity as the rows that a tree has not drawn see it (Li, Wang, Basu, Kumbier and Yu, NeurIPS 2019: MDI-oob): the mean over these rows of what they
// gain, times the target, by the steps of their way where the column is asked. For the rows that a tree has drawn it would be the decrease itself; for those that it has not, columns of
// noise get about 0, however many numbers they hold. d are the rows of the fit. Errors are those of PermutationImportances.
func (m *ForestClassification) UnbiasedImportances(ctx context.Context, d ml.Dataset[int]) (*ColumnImportances, error) {
	o, err := m.leftTrees("ensemble.ForestClassification.UnbiasedImportances", d)
	if err != nil {
		return nil, err
	}
	e := m.Ensemble
	return o.each(ctx, func(t int, left []int, x [][]float64) []float64 {
		return o.decrease(t, left, x, func(child, node, i int) float64 {
			if e.Vector {
				return e.Value[child*e.Outputs+d.Y[i]] - e.Value[node*e.Outputs+d.Y[i]]
			}
			return (e.Value[child] - e.Value[node]) * float64(2*d.Y[i]-1) // what one class gains the other loses
		})
	})
}

// UnbiasedImportances is that of [ForestClassification], for the squared error.
func (m *ForestRegression) UnbiasedImportances(ctx context.Context, d ml.Dataset[float64]) (*ColumnImportances, error) {
	o, err := m.leftTrees("ensemble.ForestRegression.UnbiasedImportances", d)
	if err != nil {
		return nil, err
	}
	return o.each(ctx, func(t int, left []int, x [][]float64) []float64 {
		return o.decrease(t, left, x, func(child, node, i int) float64 {
			return float64((m.Ensemble.Value[child] - m.Ensemble.Value[node]) * d.Y[i])
		})
	})
}

// decrease adds up what the steps of the ways of some rows gain, by the column that is asked.
func (o *outOfBagTrees) decrease(t int, left []int, x [][]float64, step func(child, node, i int) float64) []float64 {
	e, out, total := o.e, make([]float64, o.e.Features), 0.0
	root := int(e.Start[t])
	for k, i := range left {
		w := weightOf(o.d.Weight, i)
		total += w
		for at := root; e.Feature[at] >= 0; {
			j, child := e.Feature[at], root+int(e.Right[at])
			if e.Passes(at, x[k][j]) {
				child = root + int(e.Left[at])
			}
			out[j] += float64(w * step(child, at, i))
			at = child
		}
	}
	for j := range out {
		out[j] /= total
	}
	return out
}

package explain

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

// HStatistic measures how much of what a model makes of its columns is interaction (Friedman and Popescu 2008, "Predictive learning via rule ensembles", section 8.1):
// with F the partial dependence on some columns, counted from its mean,
//
//	pair    H²(j,k) = Σ (F(j,k) - F(j) - F(k))² / Σ F(j,k)²
//	total   H²(j)   = Σ (f - F(j) - F(all but j))² / Σ f²
//	overall H²      = Σ (f - the sum of all F(j))² / Σ f²
//
// over the rows. 0 means that the parts add up, 1 that nothing is left of a pair but its interaction. H of a pair that hardly matters may be large by the small denominator, so
// the numerators are there as well, on the scale of the answers.
type HStatistic struct {
	Columns []int   // the columns of the pairs and totals; nil: all. Overall always counts all columns
	Rows    int     // rows that are drawn from the table, without replacement: the work grows with their square, for trees with their number. 0: 300. All, if there are no more
	Floor   float64 // a denominator below this share of the variance of the answers counts as none, and H is 0; 0: 1e-10
	Seed    uint64  // of the draw
}

// HTable is the result: H, not its square, and the square root of the numerator's mean.
type HTable struct {
	Columns []ml.Column
	Outputs []string

	Pair        *tensor.Tensor[float64] // outputs x columns x columns, symmetric, 0 on the diagonal
	PairSize    *tensor.Tensor[float64] // outputs x columns x columns
	Total       *tensor.Tensor[float64] // outputs x columns
	TotalSize   *tensor.Tensor[float64] // outputs x columns
	Overall     []float64               // of each output
	OverallSize []float64
}

// Of measures a model's interactions over the rows of a table, by brute force: for c columns of p and n rows it asks for n² (p + c + c(c-1)/2) answers.
func (c HStatistic) Of(ctx context.Context, m Model, t ml.Table) (*HTable, error) {
	const where = "explain.HStatistic.Of"
	if err := t.Check(where, ml.Accepts{Missing: true, Categorical: true}); err != nil {
		return nil, err
	}
	_, p := t.X.Dims()
	return c.measure(ctx, where, t, columnsOf(&ml.Fitted{Columns: t.Columns}, p), func(x *tensor.Tensor[float64], w []float64) (dependenceOn, []string, error) {
		whole, err := answer(where, m, x, 0)
		if err != nil {
			return nil, nil, err
		}
		k := whole.Shape()[1]
		return func(set []int) (*tensor.Tensor[float64], error) {
			if set == nil {
				return whole, nil
			}
			out := tensor.New[float64](x.Shape()[0], k)
			err := par.Do(ctx, x.Shape()[0], func(_ context.Context, at int) error {
				moved := x.Clone()
				for i := range w {
					for _, j := range set {
						moved.Row(i)[j] = x.Row(at)[j]
					}
				}
				said, err := answer(where, m, moved, k)
				if err != nil {
					return err
				}
				for i, share := range w {
					for o, v := range said.Row(i) {
						out.Row(at)[o] += float64(share * v)
					}
				}
				return nil
			})
			return out, err
		}, outputsOf(metaOf(m), k), nil
	})
}

// OfTrees is what Of gives for the raw scores of a model of trees, exactly, without asking for answers: each partial dependence walks the rows down the trees twice. Linear leaves
// take the long way.
func (c HStatistic) OfTrees(ctx context.Context, m tree.Grown, t ml.Table) (*HTable, error) {
	const where = "explain.HStatistic.OfTrees"
	x, err := dependent(where, m)
	if err != nil {
		return nil, err
	}
	if err := x.accepts(where, t); err != nil {
		return nil, err
	}
	if x.e.Linear != nil {
		return c.Of(ctx, rawScores{x}, t)
	}
	return c.measure(ctx, where, t, x.columns, func(data *tensor.Tensor[float64], w []float64) (dependenceOn, []string, error) {
		src := rows.Of(data)
		return func(set []int) (*tensor.Tensor[float64], error) {
			if set == nil {
				return rawScores{x}.Answer(data)
			}
			return x.averages(ctx, set, src, src, w)
		}, x.outputs, nil
	})
}

// dependenceOn is the partial dependence on a set of columns at each row, rows x outputs; on nil, the answers themselves.
type dependenceOn func(set []int) (*tensor.Tensor[float64], error)

func (c HStatistic) measure(ctx context.Context, where string, t ml.Table, columns []ml.Column, open func(x *tensor.Tensor[float64], w []float64) (dependenceOn, []string, error)) (*HTable, error) {
	n, p := t.X.Dims()
	floor := c.Floor
	switch {
	case c.Rows < 0:
		return nil, ml.BadConfig(where, "Rows", c.Rows, ">= 0")
	case !(floor >= 0 && floor < 1):
		return nil, ml.BadConfig(where, "Floor", floor, ">= 0 and < 1")
	case floor == 0:
		floor = 1e-10
	}
	set, every := c.Columns, make([]int, p)
	for j := range every {
		every[j] = j
	}
	if set == nil {
		set = every
	}
	seen := make([]bool, p)
	for _, j := range set {
		if j < 0 || j >= p || seen[j] {
			return nil, ml.BadConfig(where, "Columns", j, fmt.Sprintf("each of %d columns at most once", p))
		}
		seen[j] = true
	}
	w, err := shares(where, t)
	if err != nil {
		return nil, err
	}
	x := tensor.FromMatrix[float64](t.X)
	most := c.Rows
	if most == 0 {
		most = 300
	}
	if n > most {
		x, w = sampleRows(x, w, most, c.Seed)
	}
	at, outputs, err := open(x, w)
	if err != nil {
		return nil, err
	}
	f := func(set []int) (*tensor.Tensor[float64], error) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		out, err := at(set)
		if err != nil {
			return nil, err
		}
		return aroundMean(out, w), nil
	}
	whole, err := f(nil)
	if err != nil {
		return nil, err
	}
	k := whole.Shape()[1]
	out := &HTable{Outputs: outputs, Pair: tensor.New[float64](k, len(set), len(set)), PairSize: tensor.New[float64](k, len(set), len(set)), Total: tensor.New[float64](k, len(set)), TotalSize: tensor.New[float64](k, len(set)),
		Overall: make([]float64, k), OverallSize: make([]float64, k)}
	single := make([]*tensor.Tensor[float64], p)
	for _, j := range every {
		if single[j], err = f([]int{j}); err != nil {
			return nil, err
		}
	}
	raw, err := at(nil)
	if err != nil {
		return nil, err
	}
	variance, least := make([]float64, k), make([]float64, k)
	for o := range k {
		variance[o] = squares(w, o, whole)
		least[o] = float64(floor*variance[o]) + float64(1e-24*squares(w, o, raw)) // what rounding leaves of a constant is no variance
		out.Overall[o], out.OverallSize[o] = rooted(squares(w, o, whole, single...), variance[o], least[o])
	}
	for a, j := range set {
		out.Columns = append(out.Columns, columns[j])
		rest := make([]int, 0, p-1)
		for _, i := range every {
			if i != j {
				rest = append(rest, i)
			}
		}
		others, err := f(rest)
		if err != nil {
			return nil, err
		}
		for o := range k {
			out.Total.Row(o)[a], out.TotalSize.Row(o)[a] = rooted(squares(w, o, whole, single[j], others), variance[o], least[o])
		}
		for b, i := range set[:a] {
			both, err := f([]int{i, j})
			if err != nil {
				return nil, err
			}
			for o := range k {
				h, size := rooted(squares(w, o, both, single[i], single[j]), squares(w, o, both), least[o])
				for _, q := range [2]int{(o*len(set)+a)*len(set) + b, (o*len(set)+b)*len(set) + a} {
					out.Pair.Data()[q], out.PairSize.Data()[q] = h, size
				}
			}
		}
	}
	return out, nil
}

// sampleRows is a sample of rows, in their order, and their shares of the weight.
func sampleRows(x *tensor.Tensor[float64], w []float64, n int, seed uint64) (*tensor.Tensor[float64], []float64) {
	picked := make([]bool, len(w))
	for _, i := range rng.Sample(rng.New(seed, 0), len(w), n) {
		picked[i] = true
	}
	out, weight, total := tensor.New[float64](n, x.Shape()[1]), make([]float64, 0, n), 0.0
	for i, in := range picked {
		if in {
			copy(out.Row(len(weight)), x.Row(i))
			weight, total = append(weight, w[i]), total+w[i]
		}
	}
	for i := range weight {
		if total > 0 {
			weight[i] /= total
		} else {
			weight[i] = 1 / float64(n)
		}
	}
	return out, weight
}

// aroundMean counts each output from its mean.
func aroundMean(x *tensor.Tensor[float64], w []float64) *tensor.Tensor[float64] {
	out := x.Clone()
	mean := make([]float64, x.Shape()[1])
	for i, share := range w {
		for o, v := range x.Row(i) {
			mean[o] += float64(share * v)
		}
	}
	for i := range w {
		for o := range mean {
			out.Row(i)[o] -= mean[o]
		}
	}
	return out
}

// squares is the mean square of what is left of whole without its parts.
func squares(w []float64, o int, whole *tensor.Tensor[float64], parts ...*tensor.Tensor[float64]) float64 {
	sum := 0.0
	for i, share := range w {
		v := whole.Row(i)[o]
		for _, part := range parts {
			v -= part.Row(i)[o]
		}
		sum += float64(share * float64(v*v))
	}
	return sum
}

// rooted is the root of a quotient, and that of its numerator; 0 below the floor of the denominator.
func rooted(above, below, floor float64) (h, size float64) {
	size = math.Sqrt(above)
	if below > 0 && below >= floor {
		h = math.Sqrt(above / below)
	}
	return h, size
}

package ensemble

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// chaining is what chains of classifiers and of regressors have in common.
type chaining[T any] struct {
	where    string
	config   any
	learn    func(config any) learner[T]
	target   func(d ml.Dataset[[]T], j int) ml.Dataset[T]
	number   func(T) float64                                             // a target as a column has it
	say      func(m ml.Predictor[T], x tensor.Matrix) ([]float64, error) // what a link tells the next ones
	crossFit bool
	splitter ml.Splitter
}

// growing is X with columns that are added behind it one by one.
type growing struct {
	p      int
	dense  *tensor.Tensor[float64] // nil: X is sparse
	sparse *tensor.CSR[float64]
	extra  *tensor.Tensor[float64]
}

func newGrowing(x tensor.Matrix, more int) *growing {
	from := rows.Of(x)
	n, p := from.Dims()
	if from.Sparse() {
		return &growing{p: p, sparse: wideCSR(x), extra: tensor.New[float64](n, more)}
	}
	g := &growing{p: p, dense: tensor.New[float64](n, p+more)}
	g.extra = g.dense.Cols(p, p+more)
	for i := range n {
		to := g.dense.Row(i)[:p]
		copy(to, from.Row(i, to))
	}
	return g
}

// wideCSR is a sparse matrix in float64.
func wideCSR(x tensor.Matrix) *tensor.CSR[float64] {
	if narrow, is := x.(*tensor.CSR[float32]); is {
		return tensor.ConvertCSR[float64](narrow)
	}
	return x.(*tensor.CSR[float64])
}

// first is X with the first of the columns.
func (g *growing) first(columns int) tensor.Matrix {
	if g.dense != nil {
		return g.dense.Cols(0, g.p+columns)
	}
	if columns == 0 {
		return g.sparse
	}
	return tensor.HStack(g.sparse, tensor.SparseFrom[float64](g.extra.Cols(0, columns)))
}

func (g *growing) set(column int, values []float64) {
	for i, v := range values {
		g.extra.Row(i)[column] = v
	}
}

// fit fits the links in the given order. d has no rows of weight 0.
func (c *chaining[T]) fit(ctx context.Context, d ml.Dataset[[]T], order []int, seed uint64) ([]ml.Predictor[T], error) {
	g := newGrowing(d.X, len(order))
	var watched *growing
	if d.Valid != nil {
		watched = newGrowing(d.Valid.X, len(order))
	}
	out := make([]ml.Predictor[T], len(order))
	columns := d.Columns
	for at, j := range order {
		own := c.target(d, j)
		own.X, own.Columns = g.first(at), columns
		if own.Valid != nil {
			own.Valid.X, own.Valid.Columns = watched.first(at), columns
		}
		link := c.learn(reseeded(c.config, seed, uint64(j)))
		m, err := link.fit(ml.WithTask(ctx, "link", at, len(order)), own)
		if err != nil {
			return nil, fmt.Errorf("%s: link %d: %w", c.where, j, err)
		}
		out[at] = m
		if at == len(order)-1 {
			break
		}
		told, err := c.told(ctx, link, own)
		if err != nil {
			return nil, err
		}
		g.set(at, told)
		if watched != nil {
			if told, err = c.say(m, own.Valid.X); err != nil {
				return nil, err
			}
			watched.set(at, told)
		}
		if columns != nil {
			columns = append(slices.Clip(columns), ml.Column{Name: fmt.Sprintf("target %d", j)})
		}
	}
	return out, nil
}

// told is what the links behind this one learn from: the targets, or what models that were fitted without a row say of it.
func (c *chaining[T]) told(ctx context.Context, link learner[T], own ml.Dataset[T]) ([]float64, error) {
	out := make([]float64, len(own.Y))
	if !c.crossFit {
		for i, y := range own.Y {
			out[i] = c.number(y)
		}
		return out, nil
	}
	said, err := crossAnswers(ctx, c.where, []learner[T]{link}, own, c.splitter, column(c.say))
	if err != nil {
		return nil, err
	}
	for i := range out {
		out[i] = said[0].Row(i)[0]
	}
	return out, nil
}

// column makes a matrix of one column of what a link says.
func column[T any](say func(m ml.Predictor[T], x tensor.Matrix) ([]float64, error)) func(m ml.Predictor[T], x tensor.Matrix) (*tensor.Tensor[float64], error) {
	return func(m ml.Predictor[T], x tensor.Matrix) (*tensor.Tensor[float64], error) {
		v, err := say(m, x)
		if err != nil {
			return nil, err
		}
		return tensor.FromSlice(v, len(v), 1), nil
	}
}

// drawOrders are the orders of the chains: those asked for, or ones that are drawn.
func drawOrders(order []int, chains, targets int, seed uint64) [][]int {
	out := make([][]int, chains)
	for i := range out {
		switch {
		case i == 0 && order != nil:
			out[i] = slices.Clone(order)
		case i == 0:
			out[i] = make([]int, targets)
			for j := range out[i] {
				out[i][j] = j
			}
		default:
			out[i] = rng.Perm(rng.New(seed, uint64(i)), targets)
		}
	}
	return out
}

// searchOrders scores orders and keeps the best ones, of equals the first.
func searchOrders(ctx context.Context, orders [][]int, keep int, score func(ctx context.Context, order []int) (float64, error)) ([][]int, error) {
	scores, err := fitEach(ctx, "order search", "order", len(orders), func(ctx context.Context, i int) (float64, error) { return score(ctx, orders[i]) })
	if err != nil {
		return nil, err
	}
	at := make([]int, len(orders))
	for i := range at {
		at[i] = i
	}
	slices.SortStableFunc(at, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	out := make([][]int, keep)
	for i := range out {
		out[i] = orders[at[i]]
	}
	return out, nil
}

// checkChain checks the fields that chains share.
func checkChain(where string, order []int, chains, search, targets int) error {
	switch {
	case chains < 0:
		return ml.BadConfig(where, "Chains", chains, ">= 1, or 0 for 1")
	case search < 0 || search > 0 && search < max(chains, 1):
		return ml.BadConfig(where, "Search", search, fmt.Sprintf(">= %d, the number of chains, or 0 for none", max(chains, 1)))
	case search > 0 && order != nil:
		return ml.BadConfig(where, "Order", order, "nil with Search, which finds one")
	case order != nil && !isOrder(order, targets):
		return ml.BadConfig(where, "Order", order, fmt.Sprintf("each of 0 to %d once", targets-1))
	}
	return nil
}

func isOrder(order []int, n int) bool {
	sorted := slices.Clone(order)
	slices.Sort(sorted)
	for i, v := range sorted {
		if v != i {
			return false
		}
	}
	return len(order) == n
}

// checkLinks checks the chains of a model that was read from a file.
func checkLinks[T any](where string, f *ml.Fitted, targets int, orders [][]int, members [][]ml.Predictor[T]) error {
	if targets < 1 || len(orders) == 0 || len(orders) != len(members) {
		return ml.BadFile(where, "Orders and Members", fmt.Sprintf("%d and %d, of %d targets", len(orders), len(members), targets), "as many, at least one")
	}
	for i, order := range orders {
		if !isOrder(order, targets) || len(members[i]) != targets {
			return ml.BadFile(where, fmt.Sprintf("Orders[%d] and Members[%d]", i, i), fmt.Sprintf("%v and %d", order, len(members[i])), fmt.Sprintf("each of 0 to %d once, with a member", targets-1))
		}
		for at, m := range members[i] {
			if err := ml.CheckInside(where, f.Info.Features+at, m); err != nil {
				return err
			}
		}
	}
	return nil
}

// withoutText is for what puts numbers beside the columns of X.
func withoutText(a ml.Accepts) ml.Accepts {
	a.Text = false
	return a
}

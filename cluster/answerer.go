package cluster

import (
	"cmp"
	"context"
	"fmt"
	"sync"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/near"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/neighbors"
	"github.com/gopherwood-ml/ml/tensor"
)

// answerer answers for rows, one by one on all cores: what the Predict methods of models share that search.
type answerer struct {
	predicts, predictsInto, predictsRow string // the methods' names

	fitted *ml.Fitted
	cost   int  // nanoseconds of a row
	sparse bool // rows may be CSR
	given  bool // rows are distances
	one    func(a *asking, x []float64) int
	pool   *sync.Pool
}

// asking is the memory of a query.
type asking struct {
	near.Search
	row     []float64
	values  []float64
	entries rows.Entries
}

// room is a buffer of n numbers.
func (a *asking) room(n int) []float64 {
	if cap(a.values) < n {
		a.values = make([]float64, n)
	}
	return a.values[:n]
}

func newAnswerer(where string, f *ml.Fitted, cost int, one func(a *asking, x []float64) int) answerer {
	d := f.Info.Features
	return answerer{predicts: where + ".Predict", predictsInto: where + ".PredictInto", predictsRow: where + ".PredictRow", fitted: f, cost: cost, one: one,
		pool: &sync.Pool{New: func() any { return &asking{row: make([]float64, d)} }}}
}

// newAnswererAmong is newAnswerer for rows in whatever form; given says that they are distances.
func newAnswererAmong(where string, f *ml.Fitted, cost int, given bool, one func(a *asking, x []float64) int) answerer {
	c := newAnswerer(where, f, cost, one)
	c.sparse, c.given = true, given
	return c
}

func (c *answerer) predict(x tensor.Matrix) ([]int, error) {
	r, err := c.queries(c.predicts, x)
	if err != nil {
		return nil, err
	}
	out := make([]int, r.Len())
	c.fill(out, r)
	return out, nil
}

func (c *answerer) predictInto(dst []int, x tensor.Matrix) error {
	r, err := c.queries(c.predictsInto, x)
	if err != nil {
		return err
	}
	if len(dst) != r.Len() {
		return ml.BadShape(c.predictsInto, "dst", fmt.Sprintf("%d long", len(dst)), fmt.Sprint(r.Len()))
	}
	c.fill(dst, r)
	return nil
}

func (c *answerer) predictRow(x []float64) (int, error) {
	if err := ml.CheckFiniteRow(c.predictsRow, c.fitted, x); err != nil {
		return 0, err
	}
	if c.given {
		for j, v := range x {
			if v < 0 {
				return 0, &ml.Error{Where: c.predictsRow, Field: fmt.Sprintf("x[%d]", j), Found: fmt.Sprint(v), Want: "a distance >= 0", Kind: ml.ErrData}
			}
		}
	}
	a := c.pool.Get().(*asking)
	defer c.pool.Put(a)
	return c.one(a, x), nil
}

func (c *answerer) queries(where string, x tensor.Matrix) (rows.Rows, error) {
	if err := ml.CheckPredict(where, c.fitted, x); err != nil {
		return rows.Rows{}, err
	}
	if !c.sparse {
		if err := denseOnly(where, x); err != nil {
			return rows.Rows{}, err
		}
	}
	if err := ml.CheckFinite(where, c.fitted, x, false); err != nil || !c.given {
		return rows.Of(x), err
	}
	return rows.Of(x), notNegative(where, x)
}

// begin checks a table and what check says of the config, for so many columns.
func begin(ctx context.Context, where string, t ml.Table, check func(columns int) error) error {
	if err := t.Check(where, ml.Accepts{}); err != nil {
		return err
	}
	_, d := t.X.Dims()
	return cmp.Or(check(d), denseOnly(where, t.X), ml.Done(ctx))
}

// beginAmong is begin for rows in every form; given says that they are distances.
func beginAmong(ctx context.Context, where string, t ml.Table, given bool, check func(where string, columns int, sparse bool) error) error {
	if err := t.Check(where, ml.Accepts{}); err != nil {
		return err
	}
	_, d := t.X.Dims()
	if err := check(where, d, rows.Of(t.X).Sparse()); err != nil {
		return err
	}
	if given {
		if err := checkGiven(where, t.X); err != nil {
			return err
		}
	}
	return ml.Done(ctx)
}

// indexOf makes an index for searches; an error says what would suit the distance.
func indexOf(where string, p near.Points, d metrics.Distance, how neighbors.Algorithm) (near.Index, error) {
	ix, why := near.Choose(p, d, near.Kind(how), 0)
	if ix == nil {
		return nil, ml.BadConfig(where, "Algorithm", fmt.Sprintf("%v for %T", how, d), why)
	}
	return ix, nil
}

// denseOnly refuses CSR.
func denseOnly(where string, x tensor.Matrix) error {
	if rows.Of(x).Sparse() {
		return ml.BadShape(where, "X", "a CSR matrix", "a dense one: searches need every number")
	}
	return nil
}

func (c *answerer) fill(dst []int, r rows.Rows) {
	if par.Small(r.Len(), c.cost) {
		c.span(dst, r, 0, r.Len())
		return
	}
	par.For(r.Len(), c.cost, func(lo, hi int) { c.span(dst, r, lo, hi) })
}

// each calls f for every row, on all cores.
func (c *answerer) each(r rows.Rows, f func(a *asking, i int, x []float64)) {
	par.For(r.Len(), c.cost, func(lo, hi int) {
		a := c.pool.Get().(*asking)
		for i := lo; i < hi; i++ {
			f(a, i, query(r, c.given, a, i))
		}
		c.pool.Put(a)
	})
}

func (c *answerer) span(dst []int, r rows.Rows, lo, hi int) {
	a := c.pool.Get().(*asking)
	for i := lo; i < hi; i++ {
		dst[i] = c.one(a, query(r, c.given, a, i))
	}
	c.pool.Put(a)
}

// label gives every training row its cluster; of is that of the i-th that has a weight, the others are predicted.
func (c *answerer) label(t ml.Table, of func(i int) int) []int {
	labels := make([]int, c.fitted.Info.Rows)
	i := 0
	for at := range labels {
		if t.Weight == nil || t.Weight[at] > 0 {
			labels[at] = of(i)
			i++
			continue
		}
		c.span(labels[at:at+1], rows.Of(rows.Select(t.X, []int{at})), 0, 1)
	}
	return labels
}

// checkLabels checks the labels of training rows that were read from a file.
func checkLabels(where string, labels []int, n, k int) error {
	if len(labels) != n {
		return notSound(where, "Labels", fmt.Sprintf("%d long", len(labels)), fmt.Sprintf("%d, one for each training row", n))
	}
	for i, code := range labels {
		if code < ml.None || code >= k {
			return notSound(where, fmt.Sprintf("Labels[%d]", i), fmt.Sprint(code), fmt.Sprintf("%d to %d", ml.None, k-1))
		}
	}
	return nil
}

// checkRows checks rows of a model that was read from a file.
func checkRows(where, field string, x *tensor.Tensor[float64], n, d int) error {
	if x == nil || len(x.Shape()) != 2 || x.Shape()[0] != n || x.Shape()[1] != d {
		return notSound(where, field, "of another shape", fmt.Sprintf("%d x %d", n, d))
	}
	if i, j, v, ok := rows.CheckFinite(x, false); !ok {
		return notSound(where, fmt.Sprintf("%s[%d, %d]", field, i, j), fmt.Sprint(v), "a finite number")
	}
	return nil
}

func notSound(where, field, found, want string) error {
	return &ml.Error{Where: where, Field: field, Found: found, Want: want, Kind: ml.ErrFormat}
}

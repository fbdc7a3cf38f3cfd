package features

import (
	"context"
	"fmt"
	"math"
	"math/bits"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/internal/stats"
	"github.com/gopherwood-ml/ml/tensor"
)

// QuantileTransformer replaces every number by its rank among the training values of the column, as a share from 0 to 1, or by the
// normal number of that rank: whatever the distribution was, it becomes uniform or normal, and outliers lose their power.
//
// The distribution function goes through Quantiles quantiles (NumPy's default) and is straight between them; of equal ones it takes the middle. Values beyond the
// training range get the rank of its ends. With Normal the ranks are kept 1e-7 from 0 and 1, which is 5.2 standard deviations. Missing values
// (NaN) are left out of the fit and stay missing. A row of weight k is k rows. CSR would become dense, as rank 0 is the smallest value and not zero.
// Categorical columns are an error. Width is kept.
//
// A fit sorts the columns, O(n log n) each, of all rows or of Subsample rows drawn once, at random, for all columns. A transform costs O(1) a value
// unless the quantiles lie very unevenly, then O(log Quantiles).
type QuantileTransformer struct {
	Quantiles int    // how many; zero: 1000, and never more than there are rows. With as many as rows it is the rank-based inverse normal transform
	Normal    bool   // true: normal numbers; false: shares in 0..1
	Subsample int    // zero: learn from all rows; else from that many at most, drawn without regard to weights, which count afterwards
	Seed      uint64 // of the draw
}

// QuantileModel is a fitted QuantileTransformer.
type QuantileModel struct {
	ml.Fitted
	Quantiles [][]float64 // of each column, rising, at equal distances from 0 to 1; nil for a column without any value

	steps []ladder
}

// Accepts says that it takes missing values.
func (QuantileTransformer) Accepts() ml.Accepts { return ml.Accepts{Missing: true} }

// Fit finds the quantiles of each column of t.
func (c QuantileTransformer) Fit(ctx context.Context, t ml.Table) (*QuantileModel, error) {
	const where = "features.QuantileTransformer.Fit"
	switch {
	case c.Quantiles < 0 || c.Quantiles == 1:
		return nil, ml.BadConfig(where, "Quantiles", c.Quantiles, "0 for 1000, or >= 2")
	case c.Subsample < 0:
		return nil, ml.BadConfig(where, "Subsample", c.Subsample, "0 for all rows, or > 0")
	}
	if err := t.Check(where, c.Accepts()); err != nil {
		return nil, err
	}
	if isSparse(t.X) {
		return nil, denseOnly(where, whyQuantile)
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	x, weight := t.X, t.Weight
	if n := t.Rows(); c.Subsample > 0 && c.Subsample < n {
		drawn := rng.Sample(rng.New(c.Seed, 0), n, c.Subsample)
		sortDrawn(drawn, n)
		x = rows.Select(x, drawn)
		if weight != nil {
			weight = pick(weight, drawn)
		}
	}
	n, p := x.Dims()
	quantiles := c.Quantiles
	if quantiles == 0 {
		quantiles = 1000
	}
	if counted := total(weight, n); float64(quantiles) > counted {
		quantiles = max(2, int(counted))
	}
	m := &QuantileModel{Fitted: ml.NewFitted(t, nil, c), Quantiles: make([][]float64, p)}
	eachTally(x, weight, func(int) bool { return true }, func(j int, t tally) {
		if len(t.values) > 0 {
			m.Quantiles[j] = t.quantiles(quantiles)
		}
	})
	return ready(m)
}

const whyQuantile = ": the rank of a zero is not zero"

// sortDrawn sorts different numbers below n.
func sortDrawn(numbers []int, n int) {
	in := make([]bool, n)
	for _, i := range numbers {
		in[i] = true
	}
	at := 0
	for i, is := range in {
		if is {
			numbers[at] = i
			at++
		}
	}
}

func pick(values []float64, idx []int) []float64 {
	out := make([]float64, len(idx))
	for k, i := range idx {
		out[k] = values[i]
	}
	return out
}

// quantiles are k of them at equal distances, made rising where rounding broke the order.
func (t *tally) quantiles(k int) []float64 {
	s := stats.NewSample(t.values, t.weight)
	q := make([]float64, k)
	for i := range q {
		q[i] = s.Quantile(float64(i)/float64(k-1), stats.Linear)
		if i > 0 {
			q[i] = max(q[i], q[i-1])
		}
	}
	return q
}

// A ladder is a piecewise straight distribution function: at x[i] it jumps from below[i] to above[i], of which the value there is the middle, and
// between x[i] and x[i+1] it goes straight from above[i] to below[i+1].
type ladder struct {
	x, below, above []float64
	middle          []float64 // the share at x[i]; 0 and 1 at the ends
	rungs           []rung    // the same as share reads them, and then some at +Inf
	first           []int32   // by bucket of equal width: the last x in an earlier bucket
	perUnit         float64   // buckets in a unit of x; 0 if there is but one
	span            int       // the first step of a search among the most x of a bucket: a power of two, or 0
}

// A rung is one x, with the share above it up to the next: above + slope * (v - x).
type rung struct{ x, above, slope float64 }

func newLadder(quantiles []float64) ladder {
	var l ladder
	last := float64(len(quantiles) - 1)
	for i, v := range quantiles {
		share := float64(i) / last
		if k := len(l.x) - 1; k >= 0 && l.x[k] == v {
			l.above[k] = share
			continue
		}
		l.x, l.below, l.above = append(l.x, v), append(l.below, share), append(l.above, share)
	}
	n := len(l.x)
	l.middle = make([]float64, n)
	for k := range l.middle {
		l.middle[k] = (l.below[k] + l.above[k]) / 2
	}
	l.middle[n-1], l.middle[0] = 1, 0
	most := l.spread()
	l.span = 1 << bits.Len(uint(most)) >> 1
	l.rungs = make([]rung, n+2*l.span)
	for k := range l.rungs {
		l.rungs[k].x = math.Inf(1)
	}
	for k, v := range l.x {
		l.rungs[k] = rung{x: v, above: l.above[k]}
		if k+1 < n {
			l.rungs[k].slope = (l.below[k+1] - l.above[k]) / (l.x[k+1] - v)
		}
	}
	return l
}

// spread divides the range of x into buckets and returns how many x the fullest holds.
func (l *ladder) spread() int {
	const perStep = 4 // buckets for each step: with even steps a bucket then holds one at most
	n := len(l.x)
	buckets := perStep * n
	if l.perUnit = float64(buckets) / (l.x[n-1] - l.x[0]); !finite(l.perUnit) {
		l.perUnit = 0
	}
	if l.perUnit == 0 {
		l.first = make([]int32, 1)
		return n
	}
	l.first = make([]int32, buckets+1)
	k, most := 0, 0
	for b := range l.first {
		for k+1 < n && l.bucket(l.x[k+1]) < b {
			k++
		}
		l.first[b] = int32(k)
		if b > 0 {
			most = max(most, k-int(l.first[b-1]))
		}
	}
	return max(most, n-1-k)
}

// bucket rises with v, so an x in an earlier bucket is smaller.
func (l *ladder) bucket(v float64) int {
	if l.perUnit == 0 {
		return 0
	}
	return int((v - l.x[0]) * l.perUnit)
}

// share is the value of the distribution function at v, a number.
func (l *ladder) share(v float64) float64 {
	n := len(l.x)
	if v <= l.x[0] {
		return 0
	}
	if v >= l.x[n-1] {
		return 1
	}
	return l.between(v)
}

// between is share for v between the first x and the last.
func (l *ladder) between(v float64) float64 {
	k := l.step(v)
	r := &l.rungs[k]
	if r.x == v {
		return l.middle[k]
	}
	return r.above + float64((v-r.x)*r.slope)
}

// step is the last k with x[k] <= v, for v from the first x to before the last. Which way the comparisons go cannot be foretold, so there is no branch on them.
func (l *ladder) step(v float64) int {
	k, rungs := int(l.first[l.bucket(v)]), l.rungs
	for up := l.span; up > 0; up >>= 1 {
		higher := 0
		if rungs[k+up].x <= v {
			higher = 1
		}
		k += up & -higher
	}
	return k
}

// at is the value whose share is s, in 0..1.
func (l *ladder) at(s float64) float64 {
	n := len(l.x)
	k, _ := slices.BinarySearch(l.above, s) // the first whose jump ends at s or later
	if k == n {
		return l.x[n-1]
	}
	if k == 0 || s >= l.below[k] {
		return l.x[k]
	}
	t := (s - l.above[k-1]) / (l.below[k] - l.above[k-1])
	return l.x[k-1] + t*(l.x[k]-l.x[k-1])
}

// Restore checks a model that was read from a file and derives the rest.
func (m *QuantileModel) Restore() error {
	const where = "features.QuantileModel"
	if _, is := m.Config.(QuantileTransformer); !is {
		return ml.BadFile(where, "Config", fmt.Sprintf("%T", m.Config), "a features.QuantileTransformer")
	}
	if len(m.Quantiles) != m.Info.Features {
		return ml.BadFile(where, "Quantiles", lengthOf(len(m.Quantiles)), lengthOf(m.Info.Features))
	}
	m.steps = make([]ladder, len(m.Quantiles))
	for j, q := range m.Quantiles {
		if q == nil {
			continue
		}
		if len(q) < 2 || !finite(q[0]) || !finite(q[len(q)-1]) || !slices.IsSorted(q) {
			return ml.BadFile(where, fmt.Sprintf("Quantiles[%d]", j), "no rising list of numbers", "at least two finite numbers, rising")
		}
		m.steps[j] = newLadder(q)
	}
	return nil
}

// Ranks nearer to 0 or 1 would give numbers without bound.
const extremeRank = 1e-7

func (m *QuantileModel) row(dst, src []float64) int {
	normal := m.Config.(QuantileTransformer).Normal
	for j, v := range src {
		w, ok := m.value(j, v, normal)
		if !ok {
			return j
		}
		dst[j] = w
	}
	return -1
}

func (m *QuantileModel) inverseRow(dst, src []float64) int {
	normal := m.Config.(QuantileTransformer).Normal
	for j, v := range src {
		switch {
		case v != v:
		case math.IsInf(v, 0):
			return j
		case m.steps[j].x == nil:
			v = 0
		default:
			if normal {
				v = stats.Normal{Sigma: 1}.CDF(v)
				if v <= extremeRank {
					v = 0
				} else if v >= 1-extremeRank {
					v = 1
				}
			}
			v = m.steps[j].at(min(max(v, 0), 1))
		}
		dst[j] = v
	}
	return -1
}

// Transform replaces the numbers of x by their ranks. Missing values stay missing; Inf is an error.
func (m *QuantileModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	return m.forward().transform("features.QuantileModel.Transform", &m.Fitted, x, nil, whyQuantile)
}

// TransformInto is Transform into dst: see ml.IntoTransformer.
func (m *QuantileModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	return m.forward().transformInto("features.QuantileModel.TransformInto", &m.Fitted, dst, x)
}

func (m *QuantileModel) forward() mapping {
	return mapping{len(m.steps), m.cost(), m.row, m.block}
}

// block is the blockFunc: column by column, so that one column's rungs stay in the nearest cache.
func (m *QuantileModel) block(dst, src []float64) bool {
	p := len(m.steps)
	normal := m.Config.(QuantileTransformer).Normal
	fine := true
	for j := range p {
		l := &m.steps[j]
		low, high := 1.0, 0.0 // of a column without any value, nothing is between
		if l.x != nil && !normal {
			low, high = l.x[0], l.x[len(l.x)-1]
		}
		for i := j; i < len(src); i += p {
			if v := src[i]; v > low && v < high {
				dst[i] = l.between(v)
				continue
			}
			w, ok := m.value(j, src[i], normal)
			fine = fine && ok
			dst[i] = w
		}
	}
	return fine
}

// value is the transform of one number; false for Inf.
func (m *QuantileModel) value(j int, v float64, normal bool) (float64, bool) {
	l := &m.steps[j]
	switch {
	case v != v:
		return v, true
	case math.IsInf(v, 0):
		return v, false
	case l.x == nil:
		return 0, true // of a column without any value, 0 is the middle of the normal numbers, too
	}
	v = l.share(v)
	if normal {
		v = normalQuantile(min(max(v, extremeRank), 1-extremeRank))
	}
	return v, true
}

// Inverse brings ranks back to numbers: exactly where the training values were dense, and to the ends of their range beyond it.
func (m *QuantileModel) Inverse(x tensor.Matrix) (tensor.Matrix, error) {
	return transform("features.QuantileModel.Inverse", &m.Fitted, x, len(m.steps), m.cost(), m.inverseRow, nil, whyQuantile)
}

func (m *QuantileModel) cost() int {
	perValue := 8
	if m.Config.(QuantileTransformer).Normal {
		perValue = 30
	}
	return perValue * len(m.steps)
}

// TransformRow replaces the numbers of one row; dst is as long.
func (m *QuantileModel) TransformRow(dst, x []float64) error {
	return transformRow("features.QuantileModel.TransformRow", &m.Fitted, dst, x, len(m.steps), m.row)
}

// Out describes the columns: the same as in training.
func (m *QuantileModel) Out() []ml.Column { return sameColumns(m.Columns, m.Info.Features) }

func init() {
	ml.RegisterConfig[QuantileTransformer]("features.QuantileTransformer")
	ml.Register[*QuantileModel]("features.QuantileModel")
}

package features

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/internal/stats"
	"github.com/gopherwood-ml/ml/tensor"
)

// ANOVA scores columns by the F statistic of a one-way analysis of variance: how far the means of the classes lie apart, measured by the spread within
// them. Its p-value is right for normal columns of equal variance in all classes. A column of one value has no score (NaN); one that is constant within each class scores +Inf.
//
// Weights count: a row of weight k is k rows. CSR is read as it is. Three passes.
type ANOVA struct{}

// ScoreColumns returns F statistics and their p-values.
func (ANOVA) ScoreColumns(ctx context.Context, d ml.Dataset[int]) (scores, p []float64, err error) {
	const where = "features.ANOVA"
	if err := d.Check(where, ml.Accepts{}); err != nil {
		return nil, nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, nil, err
	}
	weight, sums := classSums(d, nil)
	total, classes := 0.0, 0
	for _, w := range weight {
		total += w
		if w > 0 {
			classes++
		}
	}
	if classes < 2 {
		return nil, nil, ml.BadShape(where, "Y", "of one class", "at least two")
	}
	_, width := d.X.Dims()
	mean := make([]float64, width)
	for k := range sums {
		for j, s := range sums[k] {
			mean[j] += s / total
		}
	}
	_, sums = classSums(d, mean) // from the mean, where no digits cancel
	between := make([]float64, width)
	for k, w := range weight {
		if w == 0 {
			continue
		}
		for j := range sums[k] {
			sums[k][j] /= w
			between[j] += w * sums[k][j] * sums[k][j]
			sums[k][j] += mean[j]
		}
	}
	within := classSpread(d, weight, sums)
	scores, p = make([]float64, width), make([]float64, width)
	d1, d2 := float64(classes-1), total-float64(classes)
	flat := columnExtremes(d.X, d.Weight)
	for j := range scores {
		if scores[j] = (between[j] / d1) / (within[j] / d2); flat.low[j] == flat.high[j] {
			scores[j] = math.NaN()
		}
		p[j] = survivalF(scores[j], d1, d2)
	}
	return scores, p, nil
}

func survivalF(f, d1, d2 float64) float64 {
	switch {
	case f != f || d2 <= 0:
		return math.NaN()
	case math.IsInf(f, 1):
		return 0
	}
	return stats.F{D1: d1, D2: d2}.Survival(max(f, 0))
}

// classSums adds up each class's weights, and its rows less center, which is 0 if nil.
func classSums(d ml.Dataset[int], center []float64) (weight []float64, sums [][]float64) {
	from := rows.Of(d.X)
	n, p := from.Dims()
	type part struct {
		weight []float64
		sums   [][]float64
	}
	k := d.K()
	out := reduceRows(n, p, func(lo, hi int) part {
		s := part{make([]float64, k), matrix(k, p)}
		var left [][]float64 // weight of the rows that do not store the column
		if from.Sparse() && center != nil {
			left = matrix(k, p)
		}
		buf := make([]float64, p)
		var stored rows.Entries
		for i := lo; i < hi; i++ {
			w, c := weightOf(d.Weight, i), d.Y[i]
			if w == 0 {
				continue
			}
			s.weight[c] += w
			to := s.sums[c]
			if from.Sparse() {
				js, vs := from.NZ(i, &stored)
				for e, j := range js {
					if center == nil {
						to[j] += w * vs[e]
						continue
					}
					to[j] += w * (vs[e] - center[j])
					left[c][j] -= w
				}
				continue
			}
			for j, v := range from.Row(i, buf) {
				if center != nil {
					v -= center[j]
				}
				to[j] += w * v
			}
		}
		for c := range left {
			for j, v := range center {
				s.sums[c][j] -= (s.weight[c] + left[c][j]) * v
			}
		}
		return s
	}, func(a, b part) part {
		for c := range a.weight {
			a.weight[c] += b.weight[c]
			for j, v := range b.sums[c] {
				a.sums[c][j] += v
			}
		}
		return a
	})
	return out.weight, out.sums
}

func matrix(n, p int) [][]float64 {
	data := make([]float64, n*p)
	out := make([][]float64, n)
	for i := range out {
		out[i] = data[i*p : (i+1)*p : (i+1)*p]
	}
	return out
}

// classSpread is the weighted sum of squared distances of each column from its class's mean.
func classSpread(d ml.Dataset[int], weight []float64, mean [][]float64) []float64 {
	from := rows.Of(d.X)
	n, p := from.Dims()
	k := len(weight)
	// behind the sums: the weight of each class's rows that store the column
	out := reduceRows(n, p, func(lo, hi int) []float64 {
		spread := make([]float64, p)
		if from.Sparse() {
			spread = make([]float64, (k+1)*p)
		}
		buf := make([]float64, p)
		var stored rows.Entries
		for i := lo; i < hi; i++ {
			c := d.Y[i]
			w, m := weightOf(d.Weight, i), mean[c]
			if w == 0 {
				continue
			}
			if from.Sparse() {
				js, vs := from.NZ(i, &stored)
				for e, j := range js {
					spread[j] += w * (vs[e] - m[j]) * (vs[e] - m[j])
					spread[(c+1)*p+int(j)] += w
				}
				continue
			}
			for j, v := range from.Row(i, buf) {
				spread[j] += w * (v - m[j]) * (v - m[j])
			}
		}
		return spread
	}, addTo)
	if from.Sparse() {
		for c, w := range weight {
			for j, m := range mean[c] {
				out[j] += (w - out[(c+1)*p+j]) * m * m
			}
		}
	}
	return out[:p]
}

func addTo(a, b []float64) []float64 {
	for j, v := range b {
		a[j] += v
	}
	return a
}

// Chi2 scores columns of counts, or other numbers >= 0, by the chi-squared statistic of their independence of the class: how far the sum of a column in
// each class is from the class's share of it. For texts and one-hot columns. A column of zeros has no score (NaN).
//
// Weights count: a row of weight k is k rows. CSR is read as it is; one pass.
type Chi2 struct{}

// ScoreColumns returns chi-squared statistics and their p-values.
func (Chi2) ScoreColumns(ctx context.Context, d ml.Dataset[int]) (scores, p []float64, err error) {
	const where = "features.Chi2"
	if err := d.Check(where, ml.Accepts{}); err != nil {
		return nil, nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, nil, err
	}
	if e := columnExtremes(d.X, d.Weight); e.low != nil {
		for j, v := range e.low {
			if v < 0 {
				return nil, nil, &ml.Error{Where: where, Field: columnLabel(d.Columns, j), Found: fmt.Sprint(v), Want: "counts, or other numbers >= 0; or ANOVA", Kind: ml.ErrConfig}
			}
		}
	}
	weight, sums := classSums(d, nil)
	total, classes := 0.0, 0
	for _, w := range weight {
		total += w
		if w > 0 {
			classes++
		}
	}
	_, width := d.X.Dims()
	scores, p = make([]float64, width), make([]float64, width)
	for j := range scores {
		all := 0.0
		for c := range sums {
			all += sums[c][j]
		}
		for c, w := range weight {
			if w > 0 {
				expected := w / total * all
				scores[j] += (sums[c][j] - expected) * (sums[c][j] - expected) / expected
			}
		}
		switch {
		case scores[j] != scores[j]:
			p[j] = math.NaN()
		case classes < 2:
			p[j] = 1
		default:
			p[j] = stats.ChiSquared{K: float64(classes - 1)}.Survival(scores[j])
		}
	}
	return scores, p, nil
}

// FRegression scores columns by the F statistic of a straight line through the target: r^2 / (1 - r^2) * (n - 2), with the correlation r. Its p-value is right for
// normal residuals. A column of one value scores 0.
//
// Weights count: a row of weight k is k rows. CSR is read as it is. Two passes.
type FRegression struct{}

// ScoreColumns returns F statistics and their p-values.
func (FRegression) ScoreColumns(ctx context.Context, d ml.Dataset[float64]) (scores, p []float64, err error) {
	const where = "features.FRegression"
	if err := d.Check(where, ml.Accepts{}); err != nil {
		return nil, nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, nil, err
	}
	return fScores(d, correlations(d, newColumnSpread(d.Table)))
}

// fScores are the F statistics of correlations, and their p-values. Columns of one value score 0.
func fScores(d ml.Dataset[float64], r []float64) (scores, p []float64, err error) {
	total := total(d.Weight, len(d.Y))
	scores, p = make([]float64, len(r)), make([]float64, len(r))
	for j, r := range r {
		if r == 0 {
			p[j] = 1
			continue
		}
		if r2 := r * r; r2 < 1 {
			scores[j] = r2 / (1 - r2) * (total - 2)
		} else if r2 >= 1 {
			scores[j] = math.Inf(1)
		} else {
			scores[j] = math.NaN()
		}
		p[j] = survivalF(scores[j], 1, total-2)
	}
	return scores, p, nil
}

// columnSpread is what correlations need to know of the columns.
type columnSpread struct {
	squares []float64 // weighted, of what they are from their means
	flat    []bool    // they have one value
}

func newColumnSpread(t ml.Table) columnSpread {
	s := columnSpread{squares: columnMoments(t.X, t.Weight, firstValues(t.X, t.Weight)).m2}
	e := columnExtremes(t.X, t.Weight)
	for j, low := range e.low {
		s.flat = append(s.flat, low == e.high[j])
	}
	return s
}

// correlations are Pearson's, of each column with the target; 0 for columns of one value, NaN for such a target.
func correlations(d ml.Dataset[float64], s columnSpread) []float64 {
	y := columnMoments(tensor.FromSlice(d.Y, len(d.Y), 1), d.Weight, []float64{d.Y[0]})
	r := crossMoments(d, d.Y[0]+y.mean[0])
	for j := range r {
		if s.flat[j] {
			r[j] = 0
			continue
		}
		r[j] /= math.Sqrt(s.squares[j] * y.m2[0])
	}
	return r
}

// Correlation scores columns by the size of their correlation with the target (Pearson's), in 0..1, with the p-values of FRegression, of which the order is the same. A column of one value scores 0.
//
// Weights count: a row of weight k is k rows. CSR is read as it is. Two passes.
type Correlation struct{}

// ScoreColumns returns absolute correlations and their p-values.
func (Correlation) ScoreColumns(ctx context.Context, d ml.Dataset[float64]) (scores, p []float64, err error) {
	if err := d.Check("features.Correlation", ml.Accepts{}); err != nil {
		return nil, nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, nil, err
	}
	r := correlations(d, newColumnSpread(d.Table))
	_, p, err = fScores(d, r)
	for j, v := range r {
		r[j] = min(math.Abs(v), 1) // NaN stays
	}
	return r, p, err
}

// crossMoments is the weighted sum of each column times Y - mean. That of a constant is 0, so columns need not be centred, but those far from 0 are measured from their first value.
func crossMoments(d ml.Dataset[float64], mean float64) []float64 {
	from := rows.Of(d.X)
	n, p := from.Dims()
	pivot := firstValues(d.X, d.Weight)
	return reduceRows(n, p, func(lo, hi int) []float64 {
		out := make([]float64, p)
		buf := make([]float64, p)
		var stored rows.Entries
		for i := lo; i < hi; i++ {
			r := weightOf(d.Weight, i) * (d.Y[i] - mean)
			if r == 0 {
				continue
			}
			if from.Sparse() {
				js, vs := from.NZ(i, &stored)
				for e, j := range js {
					out[j] += r * vs[e]
				}
				continue
			}
			for j, v := range from.Row(i, buf) {
				out[j] += r * (v - pivot[j])
			}
		}
		return out
	}, addTo)
}

package features

import (
	"context"
	"fmt"
	"slices"

	"github.com/gopherwood-ml/ml"
)

// measure finds the encodings and what Update goes on from, of all rows.
func (m *TargetModel) measure(s *targetStats) {
	all := func(int) bool { return true }
	for o := range s.target {
		total, mean, variance := s.prior(o, all)
		m.Seen, m.Prior, m.Spread = total, append(m.Prior, mean), append(m.Spread, variance)
	}
	for k := range m.Encoded {
		e := &m.Encoded[k]
		for o := range s.target {
			of := s.gather(k, o, all)
			e.Counts, e.Means, e.Squares = of.weight, append(e.Means, of.mean), append(e.Squares, of.m2)
			e.Values = append(e.Values, s.blend(of, m.Prior[o], m.Spread[o]))
		}
	}
}

// complete reports whether Update can go on from e.
func (e *TargetColumn) complete(outputs int) bool {
	n := len(e.Categories)
	other := func(v []float64) bool { return len(v) != n }
	return len(e.Counts) == n && len(e.Means) == outputs && len(e.Squares) == outputs && !slices.ContainsFunc(e.Means, other) && !slices.ContainsFunc(e.Squares, other)
}

// Update returns the model of the rows seen so far and those of d together, up to rounding: m.Update(ctx, more.Any()), where more is an ml.Dataset as Fit took it. The columns must have the
// Levels of training and the classes be those of the first fit, which for more than two should name its Classes. The model is that of later rows: the rows of d are not cross-fitted, so what learns from
// their encodings learns from their targets. A model that an earlier release saved gives errors.ErrUnsupported.
func (m *TargetModel) Update(ctx context.Context, d ml.AnyData) (*TargetModel, error) {
	if c, is := m.Config.(TargetEncoder[int]); is {
		return updateTarget(ctx, m, c, d)
	}
	return updateTarget(ctx, m, m.Config.(TargetEncoder[float64]), d)
}

func updateTarget[Y int | float64](ctx context.Context, m *TargetModel, c TargetEncoder[Y], more ml.AnyData) (*TargetModel, error) {
	const where = "features.TargetModel.Update"
	var d ml.Dataset[Y]
	if err := d.From(more); err != nil {
		return nil, err
	}
	if err := ml.CheckPredict(where, &m.Fitted, d.X); err != nil {
		return nil, err
	}
	d.Columns = m.Columns
	if err := c.check(where, d); err != nil {
		return nil, err
	}
	k := max(2, len(m.Prior))
	if class, is := any(d.Y).([]int); is {
		for i, y := range class {
			if y >= k {
				return nil, &ml.Error{Where: where, Field: fmt.Sprintf("Y[%d]", i), Found: fmt.Sprint(y), Want: fmt.Sprintf("a class code < %d: the first fit knew no others; name its Classes", k), Kind: ml.ErrTarget}
			}
		}
	}
	if m.Seen == 0 {
		return nil, unsupported(where, "a model without Counts")
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	d.Classes = m.Classes
	learned, s, err := c.gathered(where, d, k)
	if err != nil {
		return nil, err
	}
	next := &TargetModel{Fitted: m.Fitted, Seen: m.Seen}
	next.Info.Rows += d.Rows()
	for o := range m.Prior {
		old := moments{[]float64{m.Seen}, []float64{m.Prior[o]}, []float64{m.Spread[o] * m.Seen}}
		both := old.add(moments{[]float64{learned.Seen}, []float64{learned.Prior[o]}, []float64{learned.Spread[o] * learned.Seen}})
		next.Seen, next.Prior, next.Spread = both.weight[0], append(next.Prior, both.mean[0]), append(next.Spread, both.m2[0]/both.weight[0])
	}
	for k := range m.Encoded {
		e := m.Encoded[k].join(&learned.Encoded[k])
		for o := range m.Prior {
			e.Values = append(e.Values, s.blend(e.moments(o), next.Prior[o], next.Spread[o]))
		}
		next.Encoded = append(next.Encoded, e)
	}
	return ready(next)
}

func (e *TargetColumn) moments(o int) moments { return moments{e.Counts, e.Means[o], e.Squares[o]} }

// join adds the measures of two columns.
func (e *TargetColumn) join(more *TargetColumn) TargetColumn {
	out := TargetColumn{Column: e.Column}
	var places [][2]int
	mergeCategories(e.Categories, more.Categories, func(v float64, i, k int) {
		out.Categories, places = append(out.Categories, v), append(places, [2]int{i, k})
	})
	for o := range e.Means {
		of := [2]moments{newMoments(len(places)), newMoments(len(places))}
		for v, place := range places {
			for side, from := range []*TargetColumn{e, more} {
				if at := place[side]; at >= 0 {
					of[side].weight[v], of[side].mean[v], of[side].m2[v] = from.Counts[at], from.Means[o][at], from.Squares[o][at]
				}
			}
		}
		both := of[0].add(of[1])
		out.Counts, out.Means, out.Squares = both.weight, append(out.Means, both.mean), append(out.Squares, both.m2)
	}
	return out
}

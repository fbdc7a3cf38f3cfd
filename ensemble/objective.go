package ensemble

import (
	"slices"
	"sync"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tree"
)

// objective is a loss with the targets and weights of the rows it is about. Scores, gradients and Hessians are one slice for each output.
type objective interface {
	outputs() int
	link() tree.Link
	// start is the constant of each output, where rows have these offsets already; nil: none.
	start(offset [][]float64) []float64
	// derive writes the weighted derivatives of all rows.
	derive(grad, hess [][]float32, score [][]float64, seed uint64)
	// unit says that second derivatives that are found to be all 1 may be left out.
	unit() bool
	// loss is the weighted mean of the losses, of every step-th row.
	loss(score [][]float64, step int) float64
	// weights are those of the rows; nil: 1 each.
	weights() []float64
	// leaf is how leaves are made, if not by Newton steps.
	leaf() (LossLeaf, []float64)
}

// rowCost is about how many nanoseconds a row's derivatives take.
const rowCost = 6

// numberObjective is a Loss.
type numberObjective struct {
	l         Loss
	y, weight []float64
}

func (o *numberObjective) outputs() int { return 1 }

func (o *numberObjective) weights() []float64 { return o.weight }

func (o *numberObjective) link() tree.Link {
	if l, ok := o.l.(LossLink); ok {
		return l.Link()
	}
	return tree.Identity
}

func (o *numberObjective) start(offset [][]float64) []float64 {
	if offset == nil {
		return []float64{BestConstant(o.l, o.y, o.weight)}
	}
	return []float64{bestConstant(o.l, o.y, o.weight, offset[0])}
}

func (o *numberObjective) unit() bool { return true }

func (o *numberObjective) derive(grad, hess [][]float32, score [][]float64, _ uint64) {
	g, h, s := grad[0], hess[0], score[0]
	par.For(len(o.y), rowCost, func(lo, hi int) {
		o.l.Derivatives(g[lo:hi], h[lo:hi], o.y[lo:hi], s[lo:hi])
		weigh(g[lo:hi], h[lo:hi], o.weight, lo)
	})
}

// weigh multiplies the derivatives of the rows from lo on by their weights.
func weigh(g, h []float32, weight []float64, lo int) {
	if weight == nil {
		return
	}
	for i, w := range weight[lo : lo+len(g)] {
		g[i] = float32(float64(g[i]) * w)
		h[i] = float32(float64(h[i]) * w)
	}
}

func (o *numberObjective) loss(score [][]float64, step int) float64 {
	return meanLoss(len(o.y), step, o.weight, func(dst []float64, r *lossRoom) {
		o.l.Value(dst, pick(&r.numbers, o.y, r.at), r.scores(score)[0])
	})
}

func (o *numberObjective) leaf() (LossLeaf, []float64) {
	l, _ := o.l.(LossLeaf)
	return l, o.y
}

// lossRoom is memory for some of the rows, kept between rounds.
type lossRoom struct {
	at, classes            []int
	numbers, value, weight []float64
	score                  [][]float64
}

var lossRooms = sync.Pool{New: func() any { return new(lossRoom) }}

// pick writes the elements at some places into the memory of held.
func pick[T any](held *[]T, from []T, at []int) []T {
	out := slices.Grow((*held)[:0], len(at))
	for _, i := range at {
		out = append(out, from[i])
	}
	*held = out
	return out
}

// scores are those of the rows at some places.
func (r *lossRoom) scores(from [][]float64) [][]float64 {
	for len(r.score) < len(from) {
		r.score = append(r.score, nil)
	}
	for k := range from {
		pick(&r.score[k], from[k], r.at)
	}
	return r.score[:len(from)]
}

// meanLoss is the weighted mean over every step-th of n rows of what value writes for those that the room names.
func meanLoss(n, step int, weight []float64, value func(dst []float64, r *lossRoom)) float64 {
	type sums struct{ loss, weight float64 }
	const chunk = 4096
	m := (n + step - 1) / step
	total := par.Reduce(m, chunk, func(_, lo, hi int) sums {
		r := lossRooms.Get().(*lossRoom)
		defer lossRooms.Put(r)
		r.at = r.at[:0]
		for k := lo; k < hi; k++ {
			r.at = append(r.at, k*step)
		}
		r.value = slices.Grow(r.value[:0], hi-lo)[:hi-lo]
		clear(r.value)
		value(r.value, r)
		if weight == nil {
			return sums{kern.SumPortable(r.value), float64(len(r.value))}
		}
		w := pick(&r.weight, weight, r.at)
		return sums{kern.DotPortable(r.value, w), kern.SumPortable(w)}
	}, func(a, b sums) sums { return sums{a.loss + b.loss, a.weight + b.weight} })
	if total.weight == 0 {
		return 0
	}
	return total.loss / total.weight
}

// classObjective is a ClassLoss.
type classObjective struct {
	l      ClassLoss
	k      int
	y      []int
	weight []float64
}

func (o *classObjective) outputs() int    { return o.l.Outputs(o.k) }
func (o *classObjective) link() tree.Link { return o.l.Link(o.k) }
func (o *classObjective) unit() bool      { return false }

func (o *classObjective) weights() []float64 { return o.weight }

// start is 0 beside offsets, as with LightGBM.
func (o *classObjective) start(offset [][]float64) []float64 {
	l, ok := o.l.(ClassLossStart)
	if !ok || offset != nil {
		return make([]float64, o.outputs())
	}
	share := make([]float64, max(o.k, 2)) // whole weights add up exactly in any order
	total := 0.0
	for i, c := range o.y {
		w := 1.0
		if o.weight != nil {
			w = o.weight[i]
		}
		share[c] += w
		total += w
	}
	for c := range share {
		share[c] /= total
	}
	return l.Start(share)
}

func (o *classObjective) derive(grad, hess [][]float32, score [][]float64, _ uint64) {
	m := len(score)
	par.For(len(o.y), rowCost*m, func(lo, hi int) {
		g, h, s := make([][]float32, m), make([][]float32, m), make([][]float64, m)
		for k := range s {
			g[k], h[k], s[k] = grad[k][lo:hi], hess[k][lo:hi], score[k][lo:hi]
		}
		if l, is := o.l.(ClassLossHessian); is && m > 1 {
			jointly(l, g, h, o.y[lo:hi], s)
		} else {
			o.l.Derivatives(g, h, o.y[lo:hi], s)
		}
		for k := range s {
			weigh(g[k], h[k], o.weight, lo)
		}
	})
}

func (o *classObjective) loss(score [][]float64, step int) float64 {
	return meanLoss(len(o.y), step, o.weight, func(dst []float64, r *lossRoom) {
		o.l.Value(dst, pick(&r.classes, o.y, r.at), r.scores(score))
	})
}

func (o *classObjective) leaf() (LossLeaf, []float64) { return nil, nil }

// labelObjective is a ClassLoss of two classes for each of several labels.
type labelObjective struct {
	l      ClassLoss
	each   []classObjective // of a label
	weight []float64
}

func newLabelObjective(l ClassLoss, y [][]int, weight []float64) *labelObjective {
	o := &labelObjective{l: l, weight: weight, each: make([]classObjective, len(y[0]))}
	for k := range o.each {
		codes := make([]int, len(y))
		for i, v := range y {
			codes[i] = v[k]
		}
		o.each[k] = classObjective{l, 2, codes, weight}
	}
	return o
}

func (o *labelObjective) outputs() int                { return len(o.each) }
func (o *labelObjective) link() tree.Link             { return o.l.Link(2) }
func (o *labelObjective) unit() bool                  { return false }
func (o *labelObjective) weights() []float64          { return o.weight }
func (o *labelObjective) leaf() (LossLeaf, []float64) { return nil, nil }

func (o *labelObjective) start(offset [][]float64) []float64 {
	var out []float64
	for k := range o.each {
		if offset != nil {
			out = append(out, 0)
			continue
		}
		out = append(out, o.each[k].start(nil)...)
	}
	return out
}

func (o *labelObjective) derive(grad, hess [][]float32, score [][]float64, seed uint64) {
	for k := range o.each {
		o.each[k].derive(grad[k:k+1], hess[k:k+1], score[k:k+1], seed)
	}
}

// loss is the mean over the labels.
func (o *labelObjective) loss(score [][]float64, step int) float64 {
	sum := 0.0
	for k := range o.each {
		sum += o.each[k].loss(score[k:k+1], step)
	}
	return sum / float64(len(o.each))
}

// rankObjective is a RankLoss.
type rankObjective struct {
	l         RankLoss
	y, weight []float64
	queries   [][]int32 // the rows of each, those of weight 0 left out
}

// newRankObjective takes the rows of a group together, groups in the order of their first rows.
func newRankObjective(l RankLoss, d ml.Dataset[float64]) *rankObjective {
	o := &rankObjective{l: l, y: d.Y, weight: d.Weight}
	seen := map[int]int{}
	for i, g := range d.Group {
		if d.Weight != nil && d.Weight[i] == 0 {
			continue
		}
		q, ok := seen[g]
		if !ok {
			q = len(o.queries)
			seen[g] = q
			o.queries = append(o.queries, nil)
		}
		o.queries[q] = append(o.queries[q], int32(i))
	}
	return o
}

func (o *rankObjective) outputs() int                { return 1 }
func (o *rankObjective) link() tree.Link             { return tree.Identity }
func (o *rankObjective) unit() bool                  { return false }
func (o *rankObjective) weights() []float64          { return o.weight }
func (o *rankObjective) start([][]float64) []float64 { return []float64{0} }
func (o *rankObjective) leaf() (LossLeaf, []float64) { return nil, nil }

func (o *rankObjective) derive(grad, hess [][]float32, score [][]float64, seed uint64) {
	const few = 8
	par.ForChunks(len(o.queries), few, func(_, lo, hi int) {
		var y, s []float64
		var g, h []float32
		for q := lo; q < hi; q++ {
			at := o.queries[q]
			y, s, g, h = y[:0], s[:0], g[:0], h[:0]
			for _, i := range at {
				y, s, g, h = append(y, o.y[i]), append(s, score[0][i]), append(g, 0), append(h, 0)
			}
			o.l.Derivatives(g, h, y, s, rng.Key(seed, uint64(q)))
			for k, i := range at {
				w := 1.0
				if o.weight != nil {
					w = o.weight[i]
				}
				grad[0][i], hess[0][i] = float32(float64(g[k])*w), float32(float64(h[k])*w)
			}
		}
	})
}

// loss is the mean over the queries, all of them, each with the mean weight of its rows.
func (o *rankObjective) loss(score [][]float64, _ int) float64 {
	const few = 64
	type sums struct{ loss, weight float64 }
	total := par.Reduce(len(o.queries), few, func(_, lo, hi int) sums {
		var s sums
		for _, at := range o.queries[lo:hi] {
			y, scores, weight := make([]float64, len(at)), make([]float64, len(at)), 1.0
			for k, i := range at {
				y[k], scores[k] = o.y[i], score[0][i]
			}
			if o.weight != nil {
				weight = 0
				for _, i := range at {
					weight += o.weight[i]
				}
				weight /= float64(len(at))
			}
			s.loss += float64(weight * o.l.Value(y, scores))
			s.weight += weight
		}
		return s
	}, func(a, b sums) sums { return sums{a.loss + b.loss, a.weight + b.weight} })
	if total.weight == 0 {
		return 0
	}
	return total.loss / total.weight
}

package ensemble

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tree"
)

// OutOfBag is what the trees of a forest, or the members of a bag, say of the training rows that they have not drawn: an honest estimate, since none can
// remember a row that it has not seen. Rows of weight 0, and those that all have drawn, have none.
type OutOfBag struct {
	Score float64   // accuracy; R² for numbers, the mean over the outputs; for labels the share of rows that have all right. Rows weigh as in training. NaN if no row has been left out
	Count []int32   // of each row: the trees or members that have not drawn it; nil: OOB was not asked for
	Value []float64 // of each row: the probability of each class or label, or the mean of each output; NaN where Count is 0. Row by row
}

// leftOut returns the mean over trees of what they say of rows that they have not drawn, as many numbers for each row as there are outputs (of two classes: as
// classes).
func (f *forest) leftOut(e *tree.Ensemble) OutOfBag {
	x, left := rows.Of(f.table.X), f.bag.left(e.Trees())
	k := max(f.k, e.Outputs)
	out := OutOfBag{Count: make([]int32, x.Len()), Value: make([]float64, x.Len()*k)}
	width := len(e.Value) / max(len(e.Feature), 1)
	par.For(x.Len(), 40*e.Trees(), func(lo, hi int) {
		buf := make([]float64, e.Features)
		var trees []int
		for i := lo; i < hi; i++ {
			trees = left.row(i, trees)
			out.Count[i] = int32(len(trees))
			sum := out.Value[i*k : (i+1)*k]
			row := x.Row(i, buf)
			for _, t := range trees {
				leaf := int(e.Start[t]) + e.Leaf(t, row)
				if width < k { // the probability of class 1
					sum[1] += e.Value[leaf]
					continue
				}
				for c, v := range e.Value[leaf*k : (leaf+1)*k] {
					sum[c] += v
				}
			}
			for c := range sum {
				sum[c] /= float64(len(trees)) // NaN without trees
			}
			if width < k {
				sum[0] = 1 - sum[1]
			}
		}
	})
	return out
}

// accuracy is the share of the weight of the rows left out whose most probable class is theirs.
func (o *OutOfBag) accuracy(class []int, weight []float64, k int) float64 {
	right, total := 0.0, 0.0
	for i, n := range o.Count {
		if n == 0 {
			continue
		}
		w := weightOf(weight, i)
		best, p := 0, o.Value[i*k:(i+1)*k]
		for c, v := range p {
			if v > p[best] {
				best = c
			}
		}
		total += w
		if best == class[i] {
			right += w
		}
	}
	return right / total
}

// determination is R², the mean over m outputs.
func (o *OutOfBag) determination(y []float64, weight []float64, m int) float64 {
	score := 0.0
	for j := range m {
		total, sum := 0.0, 0.0
		for i, n := range o.Count {
			if n > 0 {
				w := weightOf(weight, i)
				total += w
				sum += float64(w * y[i*m+j])
			}
		}
		mean, residual, spread := sum/total, 0.0, 0.0
		for i, n := range o.Count {
			if n > 0 {
				w := weightOf(weight, i)
				d, r := y[i*m+j]-mean, y[i*m+j]-o.Value[i*m+j]
				spread += float64(w * float64(d*d))
				residual += float64(w * float64(r*r))
			}
		}
		switch {
		case total == 0:
			return math.NaN()
		case spread > 0:
			score += 1 - residual/spread
		case residual == 0:
			score++
		}
	}
	return score / float64(m)
}

func weightOf(weight []float64, i int) float64 {
	if weight == nil {
		return 1
	}
	return weight[i]
}

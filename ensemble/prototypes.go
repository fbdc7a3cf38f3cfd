package ensemble

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/internal/stats"
	"github.com/gopherwood-ml/ml/tensor"
)

// Prototypes returns a typical row of each class, K x columns, as a forest sees it (Breiman and Cutler): of all rows the one that has most of the class among its nearest neighbours by [Proximities], itself
// included, is its centre, and the prototype is the median, column by column, of those of its neighbours that are of the class. A class without rows has NaN. neighbors 0 means as many as the rarest
// class has rows. Time and memory are proportional to the square of the number of rows. Of equals the first row counts.
func Prototypes(m Leafy, d ml.Dataset[int], neighbors int) (*tensor.Tensor[float64], error) {
	const where = "ensemble.Prototypes"
	if err := d.Check(where, accepted); err != nil {
		return nil, err
	}
	n, p := d.X.Dims()
	if neighbors < 0 || neighbors > n {
		return nil, ml.BadConfig(where, "neighbors", neighbors, fmt.Sprintf("1 to %d; 0 means the size of the rarest class", n))
	}
	if neighbors == 0 {
		neighbors = n
		for _, members := range byClass(d.Y) {
			neighbors = min(neighbors, len(members))
		}
	}
	near, err := Proximities(m, d.X, d.X)
	if err != nil {
		return nil, err
	}
	k := d.K()
	most, of := make([]int, k), make([][]int, k) // the neighbours of the class around its centre
	order := make([]int, n)
	for i := range n {
		row := near.Row(i)
		for a := range order {
			order[a] = a
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(row[b], row[a]) })
		count := make([]int, k)
		for _, a := range order[:neighbors] {
			count[d.Y[a]]++
		}
		for c, size := range count {
			if size > most[c] {
				most[c], of[c] = size, nil
				for _, a := range order[:neighbors] {
					if d.Y[a] == c {
						of[c] = append(of[c], a)
					}
				}
			}
		}
	}
	out, x, buf := tensor.New[float64](k, p), rows.Of(d.X), make([]float64, p)
	for c, members := range of {
		columns := make([][]float64, p)
		for _, a := range members {
			for j, v := range x.Row(a, buf) {
				if v == v {
					columns[j] = append(columns[j], v)
				}
			}
		}
		for j, v := range columns {
			out.Set(medianOf(v), c, j)
		}
	}
	return out, nil
}

// OutlierScores says how far a row lies from the others of its class in the eyes of a forest (Breiman and Cutler): the number of rows divided by the sum of the squares of the [Proximities] to the rows of its class, itself
// included, less the median of that over the class, divided by the median absolute deviation (by 1 if that is 0). Above 10 a row counts as an outlier. class nil: all rows are of one. Time and memory are proportional to
// the square of the number of rows.
func OutlierScores(m Leafy, x tensor.Matrix, class []int) ([]float64, error) {
	const where = "ensemble.OutlierScores"
	near, err := Proximities(m, x, x)
	if err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	if class == nil {
		class = make([]int, n)
	}
	if len(class) != n {
		return nil, ml.BadShape(where, "class", fmt.Sprintf("%d long", len(class)), fmt.Sprintf("%d, as X has rows", n))
	}
	out := make([]float64, n)
	for _, members := range byClass(class) {
		raw := make([]float64, len(members))
		for a, i := range members {
			sum := 0.0
			for _, k := range members {
				v := near.At(i, k)
				sum += float64(v * v)
			}
			raw[a] = float64(n) / sum
		}
		middle, away := medianOf(raw), make([]float64, len(raw))
		for a, v := range raw {
			away[a] = math.Abs(v - middle)
		}
		scale := medianOf(away)
		if scale == 0 {
			scale = 1
		}
		for a, i := range members {
			out[i] = (raw[a] - middle) / scale
		}
	}
	return out, nil
}

// medianOf is NaN for no numbers.
func medianOf(v []float64) float64 {
	if len(v) == 0 {
		return math.NaN()
	}
	return stats.NewSample(slices.Clone(v), nil).Quantile(0.5, stats.Linear)
}

package features

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
)

// A dependence is what a measure of dependence compares with each column: the targets of the rows of positive weight, and their shares of the weight.
type dependence struct {
	kept    []int
	share   []float64
	classes []int     // nil for numbers
	numbers []float64 // measured from their mean in standard deviations; nil for classes, and where all are alike
}

func newDependence[Y int | float64](d ml.Dataset[Y]) dependence {
	var out dependence
	sum := total(d.Weight, len(d.Y))
	for i := range d.Y {
		if w := weightOf(d.Weight, i); w > 0 {
			out.kept, out.share = append(out.kept, i), append(out.share, w/sum)
		}
	}
	switch y := any(d.Y).(type) {
	case []int:
		out.classes = make([]int, len(out.kept))
		for e, i := range out.kept {
			out.classes[e] = y[i]
		}
	case []float64:
		out.numbers = out.standard(pick(y, out.kept))
	}
	return out
}

// standard is x less its mean, over its standard deviation; nil if all are alike.
func (d dependence) standard(x []float64) []float64 {
	low, high := slices.Min(x), slices.Max(x)
	if low == high {
		return nil
	}
	for i, v := range x {
		x[i] = inRange(v, low, high)
	}
	for range 2 { // again, for what rounding left in the mean
		mean := 0.0
		for i, v := range x {
			mean += float64(d.share[i] * v)
		}
		for i := range x {
			x[i] -= mean
		}
	}
	squares := 0.0
	for i, v := range x {
		squares += float64(d.share[i] * float64(v*v))
	}
	if !(squares > 0) {
		return nil
	}
	for i := range x {
		x[i] /= math.Sqrt(squares)
	}
	return x
}

// scores calls f with each column of x, standardised; a column of one value scores 0.
func (d dependence) scores(ctx context.Context, t ml.Table, f func(x []float64) float64) ([]float64, error) {
	n, p := t.X.Dims()
	from := rows.Of(t.X)
	scores := make([]float64, p)
	err := par.Do(ctx, p, func(_ context.Context, j int) error {
		column := make([]float64, n)
		from.Col(j, column)
		if x := d.standard(pick(column, d.kept)); x != nil && (d.classes != nil || d.numbers != nil) {
			scores[j] = f(x)
		}
		return nil
	})
	return scores, err
}

// DistanceCorrelation scores columns by their distance correlation with the target, in 0..1: 0 for independence only, whatever the form of the dependence; 1 for a straight line. Of classes
// the distance is 1 between different ones. It has no p-values.
//
// A row of weight k is k rows. A column of one value scores 0. CSR is read a column at a time. O(n log n) a column.
//
// Székely, Rizzo, Bakirov: Measuring and testing dependence by correlation of distances. Annals of Statistics 35 (2007); Lyons: Distance covariance in metric spaces. Annals of
// Probability 41 (2013), for classes.
type DistanceCorrelation[Y int | float64] struct{}

// ScoreColumns returns distance correlations, and no p-values.
func (DistanceCorrelation[Y]) ScoreColumns(ctx context.Context, d ml.Dataset[Y]) (scores, p []float64, err error) {
	if err := d.Check("features.DistanceCorrelation", ml.Accepts{}); err != nil {
		return nil, nil, err
	}
	with := newDependence(d)
	if with.classes != nil {
		apart := with.classDistances()
		scores, err = with.scores(ctx, d.Table, func(x []float64) float64 { return with.classDistance(x, apart) })
		return scores, nil, err
	}
	if with.numbers == nil {
		_, width := d.X.Dims()
		return make([]float64, width), nil, nil
	}
	apart := with.meanDistances(with.numbers)
	scores, err = with.scores(ctx, d.Table, func(x []float64) float64 { return with.numberDistance(x, apart) })
	return scores, nil, err
}

// byValue lists the numbers in rising order.
func byValue(x []float64) []int {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(x[a], x[b]), a-b) })
	return order
}

// meanDistances are those of each number to all.
func (d dependence) meanDistances(x []float64) []float64 {
	order, out := byValue(x), make([]float64, len(x))
	all := 0.0
	for i, v := range x {
		all += float64(d.share[i] * v)
	}
	share, sum := 0.0, 0.0 // of those below
	for _, i := range order {
		v := x[i]
		below := float64(v*share) - sum
		above := (all - sum) - float64(v*(1-share)) // v itself counts 0
		out[i] = below + above
		share += d.share[i]
		sum += float64(d.share[i] * v)
	}
	return out
}

// covariance joins the mean product of distances with the mean distances of each row; those of one variable alone have the mean product 2 as they are standardised.
func (d dependence) covariance(product float64, a, b []float64) float64 {
	cross, meanA, meanB := 0.0, 0.0, 0.0
	for i, w := range d.share {
		cross += float64(w * float64(a[i]*b[i]))
		meanA += float64(w * a[i])
		meanB += float64(w * b[i])
	}
	return product - 2*cross + float64(meanA*meanB)
}

func distanceCorrelation(xy, xx, yy float64) float64 {
	if !(xx > 0 && yy > 0) {
		return 0
	}
	return math.Sqrt(min(max(xy/math.Sqrt(xx*yy), 0), 1))
}

func (d dependence) numberDistance(x, apart []float64) float64 {
	a := d.meanDistances(x)
	return distanceCorrelation(d.covariance(d.distanceProduct(x, d.numbers), a, apart), d.covariance(2, a, a), d.covariance(2, apart, apart))
}

// distanceProduct is the mean of |xi-xj| |yi-yj| over all pairs. Rows are taken by rising x; of those before, trees of sums over the ranks of y tell which have smaller y.
//
// Huo, Székely: Fast computing for distance covariance. Technometrics 58 (2016).
func (d dependence) distanceProduct(x, y []float64) float64 {
	rank := make([]int, len(y))
	for r, i := range byValue(y) {
		rank[i] = r + 1
	}
	type sums [4]float64 // of 1, x, y and xy
	tree := make([]sums, len(y)+1)
	var all sums
	product := 0.0
	for _, i := range byValue(x) {
		var below sums
		for r := rank[i]; r > 0; r -= r & -r {
			for k, v := range tree[r] {
				below[k] += v
			}
		}
		w, u, v := d.share[i], x[i], y[i]
		// of those below, (u-xj)(v-yj), of the others, the same with its sign turned
		pair := func(s sums) float64 {
			return float64(float64(u*v)*s[0]) - float64(v*s[1]) - float64(u*s[2]) + s[3]
		}
		product += float64(w * (2*pair(below) - pair(all)))
		add := sums{w, float64(w * u), float64(w * v), float64(w * float64(u*v))}
		for r := rank[i]; r < len(tree); r += r & -r {
			for k, v := range add {
				tree[r][k] += v
			}
		}
		for k, v := range add {
			all[k] += v
		}
	}
	return 2 * product
}

// classDistances are the mean distances of each row's class to those of all rows.
func (d dependence) classDistances() []float64 {
	share := make([]float64, slices.Max(d.classes)+1)
	for i, c := range d.classes {
		share[c] += d.share[i]
	}
	out := make([]float64, len(d.classes))
	for i, c := range d.classes {
		out[i] = 1 - share[c]
	}
	return out
}

func (d dependence) classDistance(x, apart []float64) float64 {
	a := d.meanDistances(x)
	k := slices.Max(d.classes) + 1
	share, sum := make([]float64, k), make([]float64, k) // of those below, by class
	within := 0.0
	for _, i := range byValue(x) {
		c, w, v := d.classes[i], d.share[i], x[i]
		within += float64(w * (float64(v*share[c]) - sum[c]))
		share[c] += w
		sum[c] += float64(w * v)
	}
	product, different := -2*within, 0.0
	for i, w := range d.share {
		product += float64(w * a[i])
		different += float64(w * apart[i])
	}
	return distanceCorrelation(d.covariance(product, a, apart), d.covariance(2, a, a), d.covariance(different, apart, apart))
}

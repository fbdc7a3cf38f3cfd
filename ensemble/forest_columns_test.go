package ensemble_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/tensor"
)

// leftRows are the rows that the one tree of a forest has not drawn.
func leftRows(o ensemble.OutOfBag) (left []int) {
	for i, n := range o.Count {
		if n > 0 {
			left = append(left, i)
		}
	}
	return left
}

// One tree by brute force: the mean over all ways to deal out a column is the mean over all pairs of rows.
func TestPermutationImportancesAreTheMeanOverPairs(t *testing.T) {
	d := datasets.Diabetes()
	m := must(ensemble.RandomForestRegressor{Trees: 1, OOB: true, MaxLeaves: 12, Seed: 3}.Fit(ctx, d))
	left := leftRows(m.OOB)
	_, p := d.X.Dims()
	squares := func(row []float64, i int) float64 {
		r := d.Y[i] - must(m.PredictRow(row))
		return r * r / float64(len(left))
	}
	want := make([]float64, p)
	for _, i := range left {
		row := make([]float64, p)
		for j := range row {
			row[j] = d.X.At(i, j)
		}
		before := squares(row, i)
		for j := range want {
			own := row[j]
			for _, k := range left {
				row[j] = d.X.At(k, j)
				want[j] += (squares(row, i) - before) / float64(len(left))
			}
			row[j] = own
		}
	}
	const seeds = 200
	mean, squared := make([]float64, p), make([]float64, p)
	for seed := range uint64(seeds) {
		got := must(m.PermutationImportances(ctx, d, ensemble.Permuting{Seed: seed}))
		for j, v := range got.Mean {
			mean[j] += v / seeds
			squared[j] += v * v / seeds
		}
	}
	for j := range want {
		noise := math.Sqrt(max(squared[j]-mean[j]*mean[j], 0) / seeds)
		assert.InDelta(t, want[j], mean[j], 4*noise+1e-9, "column %d", j)
	}
}

// One tree by brute force: steps along the way of each row.
func TestUnbiasedImportancesByHand(t *testing.T) {
	d := datasets.Diabetes()
	m := must(ensemble.RandomForestRegressor{Trees: 1, OOB: true, Seed: 5}.Fit(ctx, d))
	left := leftRows(m.OOB)
	e := m.Trees()
	_, p := d.X.Dims()
	want := make([]float64, p)
	for _, i := range left {
		for at := int32(0); e.Feature[at] >= 0; {
			j, next := e.Feature[at], e.Right[at]
			if d.X.At(i, int(j)) <= e.Threshold[at] {
				next = e.Left[at]
			}
			want[j] += (e.Value[next] - e.Value[at]) * d.Y[i] / float64(len(left))
			at = next
		}
	}
	assert.InDeltaSlice(t, want, must(m.UnbiasedImportances(ctx, d)).Mean, 1e-6)
}

// Columns of noise have many numbers, which the impurity falls for and rows that were left out do not.
func TestNoiseHasNoOutOfBagImportance(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	x, y, three := tensor.New[float64](600, 6), make([]int, 600), make([]int, 600)
	for i := range y {
		x.Set(float64(r.IntN(2)), i, 0)
		for j := 1; j < 6; j++ {
			x.Set(r.NormFloat64(), i, j)
		}
		if y[i] = int(x.At(i, 0)); r.IntN(4) == 0 {
			y[i] = 1 - y[i]
		}
		three[i] = y[i] * (1 + r.IntN(2))
	}
	for _, target := range [][]int{y, three} {
		d := ml.Data[int](x, target)
		m := must(ensemble.RandomForestClassifier{Trees: 60}.Fit(ctx, d))
		impurity, _, err := ensemble.ImpurityImportances(m)
		require.NoError(t, err)
		permuted := must(m.PermutationImportances(ctx, d, ensemble.Permuting{}))
		unbiased := must(m.UnbiasedImportances(ctx, d))
		for j := range 6 {
			for what, got := range map[string]*ensemble.ColumnImportances{"permutation": permuted, "unbiased": unbiased} {
				if j == 0 {
					assert.Greater(t, got.Mean[0], 0.05, what)
					assert.Greater(t, got.Mean[0], 10*got.StandardError[0], what)
					continue
				}
				assert.Less(t, got.Mean[j], 0.1*got.Mean[0], what)
			}
			if j > 0 {
				assert.Greater(t, impurity[j], 0.1*impurity[0], "which the impurity does not see")
			}
		}
	}
	_, err := must(ensemble.ExtraTreesClassifier{Trees: 2}.Fit(ctx, ml.Data[int](x, y))).PermutationImportances(ctx, ml.Data[int](x, y), ensemble.Permuting{})
	assert.ErrorIs(t, err, ml.ErrConfig)
	m := must(ensemble.RandomForestClassifier{Trees: 2}.Fit(ctx, ml.Data[int](x, y)))
	_, err = m.UnbiasedImportances(ctx, ml.Data[int](x.Rows(0, 50), y[:50]))
	assert.ErrorIs(t, err, ml.ErrShape)
	_, err = m.PermutationImportances(ctx, ml.Data[int](x, y), ensemble.Permuting{Conditional: 2})
	assert.ErrorIs(t, err, ml.ErrConfig)
}

// A column that only stands in for another one loses its importance where that one is held fast.
func TestConditionalImportance(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	x, y := tensor.New[float64](800, 4), make([]float64, 800)
	for i := range y {
		a := r.NormFloat64()
		x.Set(a, i, 0)
		x.Set(a+0.5*r.NormFloat64(), i, 1) // nothing of its own
		x.Set(r.NormFloat64(), i, 2)
		x.Set(r.NormFloat64(), i, 3)
		y[i] = 2*a + x.At(i, 2) + 0.3*r.NormFloat64()
	}
	d := ml.Data[float64](x, y)
	m := must(ensemble.RandomForestRegressor{Trees: 40, MaxFeatures: 2, MaxLeaves: 20}.Fit(ctx, d))
	free := must(m.PermutationImportances(ctx, d, ensemble.Permuting{})).Mean
	held := must(m.PermutationImportances(ctx, d, ensemble.Permuting{Conditional: 0.5})).Mean
	assert.Less(t, held[1], 0.3*free[1])
	assert.InDelta(t, free[2], held[2], 0.15*free[2], "it stands alone")
}

func TestPValuesOfImportances(t *testing.T) {
	p := must(ensemble.JanitzaPValues([]float64{3, -1, 0, 0.5, -2}))
	// none of importance: -1, 1, 0, -2, 2
	assert.InDeltaSlice(t, []float64{0, 0.8, 0.6, 0.4, 1}, p, 1e-12)
	_, err := ensemble.JanitzaPValues([]float64{1, 2})
	assert.ErrorIs(t, err, ml.ErrConfig)

	x, _, class := curved(200, 4, 3)
	d := ml.Data[int](x, class)
	observed, p, err := ensemble.AltmannPValues(ctx, d, 19, 1, func(ctx context.Context, d ml.Dataset[int]) ([]float64, error) {
		m, err := ensemble.RandomForestClassifier{Trees: 10, MaxDepth: 4}.Fit(ctx, d)
		if err != nil {
			return nil, err
		}
		v, err := m.UnbiasedImportances(ctx, d)
		return v.Mean, err
	})
	require.NoError(t, err)
	require.Len(t, observed, 4)
	assert.Equal(t, 0.05, p[2])
	assert.Greater(t, p[3], 0.05)
}

func TestPrototypesAndOutliers(t *testing.T) {
	d := datasets.Iris()
	m := must(ensemble.RandomForestClassifier{Trees: 50}.Fit(ctx, d))
	typical := must(ensemble.Prototypes(m, d, 0))
	assert.Equal(t, []int{0, 1, 2}, must(m.Predict(typical)))
	_, err := ensemble.Prototypes(m, d, 151)
	assert.ErrorIs(t, err, ml.ErrConfig)

	near := must(ensemble.Proximities(m, d.X, d.X))
	scores := must(ensemble.OutlierScores(m, d.X, d.Y))
	far, where := 0.0, 0
	for i, v := range scores { // the row that lies furthest has the least proximity to its class
		if v > far {
			far, where = v, i
		}
	}
	sum := func(i int) (s float64) {
		for k, c := range d.Y {
			if c == d.Y[i] {
				s += near.At(i, k) * near.At(i, k)
			}
		}
		return s
	}
	for k, c := range d.Y {
		if c == d.Y[where] {
			assert.LessOrEqual(t, sum(where), sum(k))
		}
	}
	assert.Greater(t, far, 10.0)
	_, err = ensemble.OutlierScores(m, d.X, d.Y[:3])
	assert.ErrorIs(t, err, ml.ErrShape)
}

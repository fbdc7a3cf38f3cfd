package explain

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/tensor"
)

// nearExact returns how many of the values are within two standard errors of the exact ones, and the sum of squared errors.
func nearExact(t *testing.T, got, exact *Explanation) (within, square float64) {
	t.Helper()
	of := 0.0
	for q, v := range got.Values.Data() {
		e := v - exact.Values.Data()[q]
		square += e * e
		if s := got.Errors.Data()[q]; s > 1e-9 {
			of++
			if math.Abs(e) <= 2*s {
				within++
			}
		}
	}
	require.Greater(t, of, 50.0)
	return within / of, square
}

func TestSingleRowsAreSampled(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	s := shape{features: 10}
	background := Sampled{Background: ml.Table{X: randomRows(r, 5, s), Weight: []float64{0, 1, 1, 3, 1}}}
	rows := randomRows(r, 20, s)
	exact := explainAll(t, ExactSHAP{Sampled: background}, formula(crossed), rows)
	answered, err := formula(crossed).Answer(rows)
	require.NoError(t, err)
	var squares [2]float64
	for i, evaluations := range []int{2000, 16000} {
		got := explainAll(t, SamplingSHAP{Sampled: background, Evaluations: evaluations}, formula(crossed), rows)
		worst, err := got.Additivity(answered)
		require.NoError(t, err)
		require.Less(t, worst, 1e-13)
		within, square := nearExact(t, got, exact)
		require.Greater(t, within, 0.9)
		squares[i] = square
	}
	require.Less(t, squares[1], squares[0]/4) // an eighth is expected
	again := explainAll(t, SamplingSHAP{Sampled: background, Evaluations: 2000}, formula(crossed), rows)
	require.Equal(t, again.Values.Data(), explainAll(t, SamplingSHAP{Sampled: background, Evaluations: 2000}, formula(crossed), rows).Values.Data())

	asked := 0
	counting := formula(func(x []float64) []float64 { asked++; return crossed(x) })
	few := rows.Rows(0, 1)
	for _, c := range []struct{ tol, least, most float64 }{{0, 10000, 10100}, {0.2, 0, 5000}} {
		e, err := SamplingSHAP{Sampled: background, Tol: c.tol}.For(counting)
		require.NoError(t, err)
		asked = 0
		_, err = e.Explain(context.Background(), few)
		require.NoError(t, err)
		require.True(t, float64(asked) >= c.least && float64(asked) <= c.most, asked)
	}
	_, err = SamplingSHAP{Sampled: background, Evaluations: -1}.For(counting)
	require.ErrorIs(t, err, ml.ErrConfig)
}

// TestKernelStopsWhenItIsPrecise: what is asked first is as random as the whole, so that standard errors hold at each stop.
func TestKernelStopsWhenItIsPrecise(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	s := shape{features: 10}
	background := Sampled{Background: ml.Table{X: randomRows(r, 4, s)}}
	n := 30
	if testing.Short() { // each row solves for a few hundred sets
		n = 10
	}
	rows := randomRows(r, n, s)
	exact := explainAll(t, ExactSHAP{Sampled: background}, formula(crossed), rows)
	asked := 0
	counting := formula(func(x []float64) []float64 { asked++; return crossed(x) })
	before := 1 << 30
	for _, tol := range []float64{0, 0.1, 0.3, 10} {
		e, err := KernelSHAP{Sampled: background, Evaluations: 500, Tol: tol}.For(counting)
		require.NoError(t, err)
		asked = 0
		got, err := e.Explain(context.Background(), rows)
		require.NoError(t, err)
		require.LessOrEqual(t, asked, before)
		before = asked
		if tol < 1 {
			within, _ := nearExact(t, got, exact)
			require.Greater(t, within, 0.85)
		}
		if tol == 0 {
			continue
		}
		for i := range n {
			largest, worst := 0.0, 0.0
			for o := range 2 {
				for j, v := range got.Row(i, o) {
					largest, worst = max(largest, math.Abs(v)), max(worst, got.Errors.Data()[(i*2+o)*10+j])
				}
			}
			require.LessOrEqual(t, worst, max(tol, 0.3)*largest) // 500 sets may not be enough for 0.1
		}
	}
	for _, bad := range []KernelSHAP{{MaxColumns: -1}, {Criterion: 3}, {Criterion: AIC, MaxColumns: 2}} {
		bad.Sampled = background
		_, err := bad.For(counting)
		require.ErrorIs(t, err, ml.ErrConfig)
	}
	one := explainAll(t, KernelSHAP{Sampled: Sampled{Background: ml.Table{X: matrixOf([][]float64{{0}})}}, Evaluations: 1, MaxColumns: 1}, formula(func(x []float64) []float64 { return x[:1] }), matrixOf([][]float64{{3}}))
	require.Equal(t, 3.0, one.Row(0, 0)[0])
}

// TestKernelChoosesColumns: columns that count for little are left out, and values add up all the same.
func TestKernelChoosesColumns(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 16))
	s := shape{features: 30}
	background := Sampled{Background: ml.Table{X: randomRows(r, 4, s)}}
	rows := randomRows(r, 5, s)
	f := formula(func(x []float64) []float64 { return []float64{4*x[3] - 5*x[7] + 3*x[20]*x[21] + x[1]*x[2]/50, x[0]} })
	answered, err := f.Answer(rows)
	require.NoError(t, err)
	for _, how := range []KernelSHAP{{Evaluations: 500, MaxColumns: 4}, {Evaluations: 500, Criterion: BIC}, {Evaluations: 500, Criterion: AIC}} {
		how.Sampled = background
		got := explainAll(t, how, f, rows)
		worst, err := got.Additivity(answered)
		require.NoError(t, err)
		require.Less(t, worst, 1e-12)
		for i := range 5 {
			some := 0
			for _, v := range got.Row(i, 0) {
				if v != 0 {
					some++
				}
			}
			if how.MaxColumns > 0 {
				require.Equal(t, 4, some)
			}
			require.Less(t, some, 30)
			require.NotZero(t, got.Row(i, 0)[3])
			require.NotZero(t, got.Row(i, 0)[7])
			require.InDelta(t, answered.Row(i)[1]-got.Base.Row(i)[1], got.Row(i, 1)[0], 1e-12) // the only column of the second output
		}
	}
}

func TestSumsOfColumnsAreExplainedAtOnce(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 18))
	s := shape{features: 6, missing: true}
	background := Sampled{Background: ml.Table{X: randomRows(r, 7, s), Weight: []float64{1, 1, 0, 2, 1, 1, 3}}}
	rows := randomRows(r, 9, s)
	f := formula(func(x []float64) []float64 {
		sum := 1.0
		for j, v := range x {
			if math.IsNaN(v) {
				v = 4
			}
			sum += math.Sin(v * float64(j+1))
		}
		return []float64{sum, -sum / 2}
	})
	exact := explainAll(t, ExactSHAP{Sampled: background}, f, rows)
	got := explainAll(t, AdditiveSHAP{Sampled: background}, f, rows)
	require.InDeltaSlice(t, exact.Values.Data(), got.Values.Data(), 1e-13)
	e, err := AdditiveSHAP{Sampled: background}.For(formula(func(x []float64) []float64 {
		if math.IsNaN(x[0]) || math.IsNaN(x[1]) {
			return []float64{0}
		}
		return []float64{x[0] * x[1]}
	}))
	require.NoError(t, err)
	_, err = e.Explain(context.Background(), rows)
	require.ErrorContains(t, err, "sum of functions")
	_, err = AdditiveSHAP{Sampled: background, Tol: -1}.For(f)
	require.ErrorIs(t, err, ml.ErrConfig)
}

// TestCorrelatedLinearValuesAreThoseOfAllSets compares with the Shapley values of the game whose unknown columns are regressed on the known ones.
func TestCorrelatedLinearValuesAreThoseOfAllSets(t *testing.T) {
	ctx := context.Background()
	r := rand.New(rand.NewPCG(19, 20))
	const n, p = 60, 6
	x := tensor.New[float64](n, p)
	for i := range n {
		row := x.Row(i)
		a, b := r.NormFloat64(), r.NormFloat64()
		row[0], row[1], row[2], row[3] = a, a+b/2, r.NormFloat64()+3, b-a
		row[4], row[5] = row[0]*2-1, 7 // the same once more in other units, and a constant
	}
	coef := matrixOf([][]float64{{1, 2, -1, 0, 0.5, 3}, {0, 0, 1, 0, 0, 0}})
	how := LinearSHAP{Coef: coef, Intercept: []float64{0.5, -1}, Background: ml.Table{X: x}, Correlated: true}
	got, err := how.Explain(ctx, x.Rows(0, 8))
	require.NoError(t, err)
	answered := tensor.New[float64](8, 2)
	for i := range 8 {
		for o := range 2 {
			answered.Row(i)[o] = how.Intercept[o]
			for j, w := range coef.Row(o) {
				answered.Row(i)[o] += w * x.Row(i)[j]
			}
		}
	}
	worst, err := got.Additivity(answered)
	require.NoError(t, err)
	require.Less(t, worst, 1e-12)
	for i := range 8 {
		for o := range 2 {
			single, _ := brute(Shapley, p, func(set int) float64 {
				// The least-squares fit of the score to the set's columns, which is what a normal distribution expects.
				var known []int
				for j := range 4 { // 4 says the same as 0
					if set>>j&1 != 0 || j == 0 && set>>4&1 != 0 {
						known = append(known, j)
					}
				}
				d := ml.Dataset[float64]{Table: ml.Table{X: tensor.New[float64](n, max(1, len(known)))}, Y: make([]float64, n)}
				for q := range n {
					for k, j := range known {
						d.X.(*tensor.Tensor[float64]).Row(q)[k] = x.Row(q)[j]
					}
					for j, w := range coef.Row(o) {
						d.Y[q] += w * x.Row(q)[j]
					}
				}
				if len(known) == 0 {
					mean := 0.0
					for _, v := range d.Y {
						mean += v / n
					}
					return mean
				}
				m, err := linear.OLS{}.Fit(ctx, d)
				require.NoError(t, err)
				sum := m.Intercept
				for k, w := range m.Coef {
					sum += w * x.Row(i)[known[k]]
				}
				return sum
			})
			require.InDeltaSlice(t, single, got.Row(i, o), 1e-10)
		}
	}
	require.InDelta(t, got.Row(0, 0)[0], got.Row(0, 0)[4], 1e-12) // which say the same
	require.NotZero(t, got.Row(0, 1)[0])                          // of no use to the score, but it goes with the column that is
}

// TestOrdersOfCorrelatedColumnsAreSampled compares 18 columns in blocks with the exact values of the blocks.
func TestOrdersOfCorrelatedColumnsAreSampled(t *testing.T) {
	ctx := context.Background()
	r := rand.New(rand.NewPCG(21, 22))
	const n, p = 400, 18
	x := tensor.New[float64](n, p)
	for i := range n {
		for j := range p {
			x.Row(i)[j] = r.NormFloat64()
			if j > 0 {
				x.Row(i)[j] += 0.7 * x.Row(i)[j-1]
			}
		}
	}
	coef := tensor.New[float64](1, p)
	for j := range p {
		coef.Row(0)[j] = float64(j%5) - 2
	}
	how := LinearSHAP{Coef: coef, Intercept: []float64{0}, Background: ml.Table{X: x}, Correlated: true, Orders: 400}
	rows := x.Rows(0, 20)
	got, err := how.Explain(ctx, rows)
	require.NoError(t, err)
	how.Seed, how.Orders = 1, 6400
	more, err := how.Explain(ctx, rows)
	require.NoError(t, err)
	within, _ := nearExact(t, got, more)
	require.Greater(t, within, 0.85)
	again, err := how.Explain(ctx, rows)
	require.NoError(t, err)
	require.Equal(t, more.Values.Data(), again.Values.Data())
	how.Orders = -1
	_, err = how.Explain(ctx, rows)
	require.ErrorIs(t, err, ml.ErrConfig)
	how.Orders, how.Background = 0, ml.Table{X: x.Rows(0, 1)}
	_, err = how.Explain(ctx, rows)
	require.ErrorIs(t, err, ml.ErrShape)
}

// matrixOf is a matrix of its rows.
func matrixOf(rows [][]float64) *tensor.Tensor[float64] {
	x, err := tensor.FromRows(rows)
	if err != nil {
		panic(err)
	}
	return x
}

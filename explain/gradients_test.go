package explain

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// smooth is two formulas with their slopes.
type smooth struct{ formula }

func newSmooth() smooth {
	return smooth{func(x []float64) []float64 {
		return []float64{math.Sin(x[0]*x[1]) + x[2]*x[2]*x[2], x[0] + 2*x[1]*x[3]}
	}}
}

func (smooth) Gradient(m tensor.Matrix, output int) (*tensor.Tensor[float64], error) {
	x := tensor.FromMatrix[float64](m)
	n, p := x.Dims()
	out := tensor.New[float64](n, p)
	for i := range n {
		v, g := x.Row(i), out.Row(i)
		if output == 0 {
			c := math.Cos(v[0] * v[1])
			g[0], g[1], g[2] = v[1]*c, v[0]*c, 3*v[2]*v[2]
			continue
		}
		g[0], g[1], g[3] = 1, 2*v[3], 2*v[1]
	}
	return out, nil
}

func TestGradientsAddUpAlongTheWay(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	background := Sampled{Background: ml.Table{X: randomRows(r, 5, shape{features: 4}), Weight: []float64{1, 2, 0, 1, 3}}}
	rows := randomRows(r, 8, shape{features: 4})
	m := newSmooth()
	answered, err := m.Answer(rows)
	require.NoError(t, err)
	explain := func(how interface {
		For(m Differentiable) (Explainer, error)
	}) *Explanation {
		e, err := how.For(m)
		require.NoError(t, err)
		got, err := e.Explain(t.Context(), rows)
		require.NoError(t, err)
		return got
	}
	exact := explain(IntegratedGradients{Sampled: background})
	worst, err := exact.Additivity(answered)
	require.NoError(t, err)
	require.Less(t, worst, 1e-12) // the error of completeness
	require.Nil(t, exact.Errors)
	coarse, err := explain(IntegratedGradients{Sampled: background, Points: 1}).Additivity(answered)
	require.NoError(t, err)
	require.Greater(t, coarse, 1e-3)
	for i := range 8 { // x0 alone is a straight line, and a product shares its change
		x, mean := rows.Row(i), 0.0
		for b, w := range []float64{1. / 7, 2. / 7, 0, 1. / 7, 3. / 7} {
			mean += w * background.Background.X.(*tensor.Tensor[float64]).Row(b)[0]
		}
		require.InDelta(t, x[0]-mean, exact.Row(i, 1)[0], 1e-13)
	}
	sampled := explain(ExpectedGradients{Sampled: background, Points: 2000})
	within := 0
	for q, v := range sampled.Values.Data() {
		if math.Abs(v-exact.Values.Data()[q]) <= 2*sampled.Errors.Data()[q]+1e-12 {
			within++
		}
	}
	require.Greater(t, within, 55) // of 64; 95 % are expected
	require.Equal(t, sampled.Values.Data(), explain(ExpectedGradients{Sampled: background, Points: 2000}).Values.Data())

	grouped := background
	grouped.Groups = []Group{{Name: "both", Columns: []int{0, 1}}}
	both := explain(IntegratedGradients{Sampled: grouped})
	require.InDelta(t, exact.Row(3, 0)[0]+exact.Row(3, 0)[1], both.Row(3, 0)[0], 1e-13)

	for _, points := range []int{-1, 1} {
		_, err := ExpectedGradients{Sampled: background, Points: points}.For(m)
		require.ErrorIs(t, err, ml.ErrConfig)
	}
	_, err = IntegratedGradients{Sampled: background, Points: -1}.For(m)
	require.ErrorIs(t, err, ml.ErrConfig)
	e, err := IntegratedGradients{Sampled: background}.For(m)
	require.NoError(t, err)
	rows.Row(1)[2] = math.NaN()
	_, err = e.Explain(t.Context(), rows)
	require.ErrorIs(t, err, ml.ErrNotFinite)
	_, err = IntegratedGradients{Sampled: Sampled{Background: ml.Table{X: rows}}}.For(m)
	require.ErrorIs(t, err, ml.ErrNotFinite)
}

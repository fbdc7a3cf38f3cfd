package tree

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
)

// Rows stop where LightGBM stops them, with its scores to the bit; a margin that nothing reaches gives all rounds.
func TestEarlyPredictionsAreLightGBMs(t *testing.T) {
	file := golden.Load[struct {
		Test  [][]float64
		Cases []struct {
			Name, Model string
			Every       int
			Margin      float64
			Raw         []float64
		}
	}](t, "testdata/early.json")
	x, err := tensor.FromRows(file.Test)
	require.NoError(t, err)
	var m answering
	for _, c := range file.Cases {
		if c.Model != "" {
			m, err = ReadLightGBM[answering](strings.NewReader(c.Model))
			require.NoError(t, err)
		}
		p, err := NewEarly(m, c.Every, c.Margin)
		require.NoError(t, err)
		raw, rounds, err := p.Raw(x)
		require.NoError(t, err)
		assert.Equal(t, c.Raw, raw.Data(), "%s, every %d, margin %v", c.Name, c.Every, c.Margin)
		early := 0
		for i, n := range rounds { // the scores are those of the rounds
			if n < 32 {
				early++
			}
			f, err := m.Trees().First(n)
			require.NoError(t, err)
			want := make([]float64, f.Outputs)
			f.walk(want, x.Row(i), f.Trees())
			assert.Equal(t, want, raw.Row(i))
		}
		assert.Greater(t, early, 20, "the test shows nothing")
		all, err := NewEarly(m, c.Every, math.Inf(1))
		require.NoError(t, err)
		raw, rounds, err = all.Raw(x)
		require.NoError(t, err)
		want, err := m.Raw(x)
		require.NoError(t, err)
		assert.Equal(t, want.Data(), raw.Data())
		assert.Equal(t, 32, rounds[0])
		response, err := all.Response(x)
		require.NoError(t, err)
		usual, err := m.Response(x)
		require.NoError(t, err)
		assert.Equal(t, usual.Data(), response.Data())
	}
	for _, bad := range []struct {
		every  int
		margin float64
	}{{-1, 1}, {1, -1}, {1, math.NaN()}} {
		_, err := NewEarly(m, bad.every, bad.margin)
		assert.ErrorIs(t, err, ml.ErrConfig)
	}
	e, err := NewBuilder(Ensemble{Features: 1, Outputs: 1}).Ensemble()
	require.NoError(t, err)
	number, err := NewRegressionModel(ml.Fitted{Info: ml.Info{Features: 1}}, e)
	require.NoError(t, err)
	_, err = NewEarly(number, 1, 1)
	assert.ErrorIs(t, err, ml.ErrConfig)
	p, err := NewEarly(m, 1, 1)
	require.NoError(t, err)
	_, _, err = p.Raw(tensor.New[float64](2, 3))
	assert.ErrorIs(t, err, ml.ErrShape)
}

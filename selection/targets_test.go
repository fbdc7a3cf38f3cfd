package selection

import (
	"bytes"
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// first predicts the first target, whatever its type.
type first[Y any] struct{ Missing bool }

type firstModel[Y any] struct {
	ml.Fitted
	Y Y
}

func (c first[Y]) Accepts() ml.Accepts { return ml.Accepts{Missing: c.Missing} }

func (c first[Y]) Fit(_ context.Context, d ml.Dataset[Y]) (*firstModel[Y], error) {
	return &firstModel[Y]{ml.NewFitted(d.Table, d.Classes, c), d.Y[0]}, nil
}

func (m *firstModel[Y]) Predict(x tensor.Matrix) ([]Y, error) {
	n, _ := x.Dims()
	out := make([]Y, n)
	for i := range out {
		out[i] = m.Y
	}
	return out, nil
}

// flat scores everything alike.
type flat[Y any] struct{}

func (flat[Y]) Score(context.Context, ml.Predictor[Y], ml.Dataset[Y]) (float64, error) { return 1, nil }
func (flat[Y]) Lower() bool                                                            { return false }
func (flat[Y]) Name() string                                                           { return "flat" }

func registerFirst[Y any](name string) {
	ml.RegisterConfig[first[Y]]("toy.first." + name)
	ml.Register[*firstModel[Y]]("toy.firstModel." + name)
	ml.Register[flat[Y]]("toy.flat." + name)
}

func init() {
	registerFirst[int]("code")
	registerFirst[float64]("number")
	registerFirst[[]int]("labels")
	registerFirst[[]float64]("numbers")
}

// Searches and hold-outs of every kind of target come back from a file as what their caller asks for, and are saved again as
// the same bytes.
func TestEveryTargetIsSaved(t *testing.T) {
	t.Run("codes", func(t *testing.T) { saved(t, func(i int) int { return i % 2 }) })
	t.Run("number", func(t *testing.T) { saved(t, func(i int) float64 { return float64(i) }) })
	t.Run("labels", func(t *testing.T) { saved(t, func(i int) []int { return []int{i % 2, 1} }) })
	t.Run("numbers", func(t *testing.T) { saved(t, func(i int) []float64 { return []float64{float64(i), 2} }) })
}

func saved[Y any](t *testing.T, y func(i int) Y) {
	d := rowsOf(12, y)
	search := NewSearch([]HeldOut[Y, *firstModel[Y]]{HoldOut(first[Y]{}, 0.25)}, KFold{K: 3}, flat[Y]{})
	m := must(search.Fit(ctx, d))
	var b, again bytes.Buffer
	require.NoError(t, ml.Save(&b, m))
	erased := must(ml.Load[ml.Predictor[Y]](bytes.NewReader(b.Bytes())))
	require.Equal(t, must(m.Predict(d.X)), must(erased.Predict(d.X)))
	require.NoError(t, ml.Save(&again, erased))
	require.Equal(t, b.Bytes(), again.Bytes())

	require.Equal(t, search, must(ml.UnmarshalConfig[Search[Y, *firstModel[Y], HeldOut[Y, *firstModel[Y]]]](must(ml.MarshalConfig(search)))))
	loaded := must(ml.UnmarshalConfig[ml.Fitter[ml.Dataset[Y], ml.Predictor[Y]]](must(ml.MarshalConfig(search))))
	require.Equal(t, must(m.Predict(d.X)), must(must(loaded.Fit(ctx, d)).Predict(d.X)))
}

func TestWrappersAcceptWhatTheyWrap(t *testing.T) {
	takes := first[int]{Missing: true}
	require.Equal(t, ml.Accepts{Missing: true}, HoldOut(takes, 0.5).Accepts())
	require.Equal(t, ml.Accepts{Missing: true}, NewSearch([]first[int]{takes, takes}, KFold{}, flat[int]{}).Accepts())
	require.Equal(t, ml.Accepts{}, NewSearch([]first[int]{takes, {}}, KFold{}, flat[int]{}).Accepts())
	require.Equal(t, ml.Accepts{}, HoldOut(level{}, 0.5).Accepts())
}

package ml_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

func cat(name string, levels ...string) ml.Column {
	return ml.Column{Name: name, Kind: ml.Categorical, Levels: levels}
}

func aligned(columns ...ml.Column) *ml.Fitted {
	return &ml.Fitted{Columns: columns, Info: ml.Info{Features: len(columns)}}
}

func TestAlignReordersByName(t *testing.T) {
	model := aligned(ml.Column{Name: "a"}, ml.Column{Name: "b"})
	x := tensor.FromSlice([]float64{1, 2, 3, 4, 5, 6}, 2, 3)
	table := ml.Table{X: x, Columns: []ml.Column{{Name: "b"}, {Name: "extra"}, {Name: "a"}}, Weight: []float64{1, 2}}
	for _, form := range []tensor.Matrix{x, x.To32(), tensor.SparseFrom[float64](x), tensor.SparseFrom[float32](x), plain{x}} {
		table.X = form
		out := must(ml.Align(model, table))
		require.Equal(t, [][]float64{{3, 1}, {6, 4}}, dense(out.X), "%T", form)
		require.Equal(t, model.Columns, out.Columns)
		require.Equal(t, table.Weight, out.Weight)
		if _, user := form.(plain); !user {
			require.IsType(t, form, out.X)
		}
	}
	fits := ml.Table{X: x.Cols(0, 2), Columns: model.Columns}
	require.Same(t, fits.X, must(ml.Align(model, fits)).X, "no copy where none is needed")
}

// plain is a matrix that is nothing but a Matrix.
type plain struct{ tensor.Matrix }

func TestAlignTranslatesLevels(t *testing.T) {
	nan := math.NaN()
	model := aligned(ml.Column{Name: "n"}, cat("c", "red", "green", "blue"))
	x := tensor.FromSlice([]float64{7, 0, 8, 1, 9, 2, 10, nan, 11, 5, 12, 0.5}, 6, 2)
	for _, form := range []tensor.Matrix{x, x.To32(), plain{x}} {
		out := must(ml.Align(model, ml.Table{X: form, Columns: []ml.Column{{Name: "n"}, cat("c", "blue", "red", "violet")}}))
		got := dense(out.X)
		require.Equal(t, []float64{7, 2}, got[0])
		require.Equal(t, []float64{8, 0}, got[1])
		for _, row := range got[2:] {
			require.True(t, math.IsNaN(row[1]), "unseen, missing and no code at all")
		}
	}
	require.Equal(t, 0., x.At(0, 1), "the table is not written to")

	sparse := tensor.SparseFrom[float64](tensor.FromSlice([]float64{0, 0, 0, 1}, 2, 2))
	out := must(ml.Align(model, ml.Table{X: sparse, Columns: []ml.Column{{Name: "n"}, cat("c", "red", "blue")}}))
	require.Equal(t, [][]float64{{0, 0}, {0, 2}}, dense(out.X))
	require.IsType(t, sparse, out.X)
	_, err := ml.Align(model, ml.Table{X: sparse, Columns: []ml.Column{{Name: "n"}, cat("c", "blue", "red")}})
	require.ErrorIs(t, err, ml.ErrColumn)
}

func TestAlignRefusesWhatDoesNotFit(t *testing.T) {
	model := aligned(ml.Column{Name: "a"}, cat("c", "x"))
	x := tensor.New[float64](1, 2)
	for _, c := range []struct {
		columns []ml.Column
		say     string
	}{
		{[]ml.Column{{Name: "d"}, {Name: "e"}}, "without a, c"},
		{[]ml.Column{{Name: "a"}, {Name: "c"}}, "numeric"},
		{[]ml.Column{{Name: "a"}, {Name: "a"}}, "more than once"},
	} {
		_, err := ml.Align(model, ml.Table{X: x, Columns: c.columns})
		require.ErrorIs(t, err, ml.ErrColumn)
		require.ErrorContains(t, err, c.say)
	}
	_, err := ml.Align(aligned(ml.Column{Name: "a"}), ml.Table{X: x, Columns: []ml.Column{{Name: "a"}, {Name: "a"}}})
	require.ErrorContains(t, err, "more than once")
	_, err = ml.Align(model, ml.Table{X: tensor.New[float64](1, 3)})
	require.ErrorIs(t, err, ml.ErrShape)
	_, err = ml.Align(model, ml.Table{X: x, Columns: []ml.Column{{Name: "a"}}})
	require.ErrorIs(t, err, ml.ErrShape)
	_, err = ml.Align(model, ml.Table{})
	require.ErrorIs(t, err, ml.ErrShape)
	require.Equal(t, x, must(ml.Align(model, ml.Table{X: x})).X, "no names: the width decides")
}

package neighbors_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/neighbors"
	"github.com/gopherwood-ml/ml/tensor"
)

var perRow = []mltest.Option{
	copies,
	mltest.Waive(mltest.RowOrder, "there is a column for each training row"),
	mltest.Waive(mltest.ZeroWeight, "there is a column for each training row, an empty one for those of weight 0"),
}

func TestKNeighborsTransformerLaws(t *testing.T) {
	mltest.Transformer(t, neighbors.KNeighborsTransformer{}, perRow...)
	if testing.Short() {
		return
	}
	mltest.Transformer(t, neighbors.RadiusNeighborsTransformer{Radius: 1.5, Connected: true, Distance: metrics.Manhattan{}}, perRow...)
}

// five rows on a line: 0, 1, 2.5, 4.5, 5.
func line() *tensor.Tensor[float64] { return tensor.FromSlice([]float64{0, 1, 2.5, 4.5, 5}, 5, 1) }

func dense(t *testing.T, m tensor.Matrix, err error) []float64 {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return m.(*tensor.CSR[float64]).Dense().Data()
}

// Graphs of five rows on a line, by hand.
func TestGraphsByHand(t *testing.T) {
	d := ml.Table{X: line()}
	m, err := neighbors.NearestNeighbors{}.Fit(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	g, err := m.KNNGraph(1, neighbors.Lengths)
	if got, want := dense(t, g, err), []float64{0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1.5, 0, 0, 0, 0, 0, 0, 0, .5, 0, 0, 0, .5, 0}; !slices.Equal(got, want) {
		t.Error(got, want)
	}
	both, err := neighbors.Mutual(g)
	if got, want := dense(t, both, err), []float64{0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, .5, 0, 0, 0, .5, 0}; !slices.Equal(got, want) {
		t.Error(got, want)
	}
	either, err := neighbors.Either(g)
	if got, want := dense(t, either, err), []float64{0, 1, 0, 0, 0, 1, 0, 1.5, 0, 0, 0, 1.5, 0, 0, 0, 0, 0, 0, 0, .5, 0, 0, 0, .5, 0}; !slices.Equal(got, want) {
		t.Error(got, want)
	}
	self, err := m.KNNGraph(1, neighbors.Connected|neighbors.Self)
	if got, want := dense(t, self, err), []float64{1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 1}; !slices.Equal(got, want) {
		t.Error(got, want)
	}
	if self, err = m.RadiusGraph(0.5, neighbors.Lengths|neighbors.Self); err != nil || self.NNZ() != 7 {
		t.Error(self, err)
	}
	if _, err := m.KNNGraph(1, 2); err == nil {
		t.Error("a graph of another kind")
	}
	if _, err := neighbors.Mutual(tensor.NewCSRZeros[float64](2, 3)); err == nil {
		t.Error("a graph that is not square")
	}
	d.Weight = []float64{1, 0, 1, 1, 1}
	near, err := neighbors.KNeighborsTransformer{Neighbors: 1}.Fit(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	z, err := near.Transform(tensor.FromSlice([]float64{2.5, 1}, 2, 1))
	if got, want := dense(t, z, err), []float64{0, 0, 0, 2, 0, 1, 0, 1.5, 0, 0}; !slices.Equal(got, want) || z.(*tensor.CSR[float64]).NNZ() != 4 {
		t.Error(got, want)
	}
	if len(near.Out()) != 5 || near.Out()[4].Name != "kneighborstransformer4" {
		t.Error(near.Out())
	}
}

// Every way to search finds the same rows, by a distance with few values, too.
func TestSearchesOfSequences(t *testing.T) {
	r := rng.New(3, 0)
	x := tensor.New[float64](300, 6)
	for i := range x.Data() {
		x.Data()[i] = float64(r.IntN(3))
	}
	var want []neighbors.Neighbors
	for how := neighbors.Brute; how <= neighbors.BKTree; how++ {
		if how == neighbors.KDTree {
			continue
		}
		m, err := neighbors.NearestNeighbors{Distance: metrics.EditDistance{}, Algorithm: how, LeafSize: 3}.Fit(ctx, ml.Table{X: x})
		if err != nil {
			t.Fatal(err)
		}
		got, err := m.Nearest(x, 7)
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = got
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%v finds others", how)
		}
	}
}

package cluster_test

import (
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/cluster"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/tensor"
)

func TestFeatureAgglomerationLaws(t *testing.T) {
	mltest.Transformer(t, cluster.FeatureAgglomeration{},
		mltest.Waive(mltest.Inverse, "a mean does not say what it is of"))
}

// Columns that follow one of two hidden ones come together; a cluster's number is the mean of its columns.
func TestFeatureAgglomerationFindsColumnsThatGoTogether(t *testing.T) {
	r := rng.New(2, 0)
	x := tensor.New[float64](200, 6)
	for i := range 200 {
		a, b := r.NormFloat64(), r.NormFloat64()
		for j := range 6 {
			if x.Row(i)[j] = a; j%3 == 1 {
				x.Row(i)[j] = b
			}
			x.Row(i)[j] += r.NormFloat64() / 10
		}
	}
	for _, l := range linkages {
		m, err := cluster.FeatureAgglomeration{K: 2, Linkage: l}.Fit(ctx, ml.Table{X: x})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(m.Labels, []int{0, 1, 0, 0, 1, 0}) {
			t.Errorf("%v: %v", l, m.Labels)
		}
		z, err := m.Transform(x)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := z.At(7, 1), (x.At(7, 1)/2 + x.At(7, 4)/2); got != want {
			t.Errorf("%v: %v, want %v", l, got, want)
		}
		if back, err := m.Inverse(z); err != nil || back.At(7, 4) != z.At(7, 1) {
			t.Errorf("%v: %v", l, err)
		}
	}
}

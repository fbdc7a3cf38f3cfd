package metrics

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
)

func TestPartitionScoresAreTheReferences(t *testing.T) {
	type scores struct {
		Rand, ARI, FMI, MI, Purity, VI, EMI float64
		NMI, AMI, HCV, BCubed, Pairs        []float64
	}
	want := golden.Load[struct {
		External []struct {
			Y, Cluster      []int
			Weight          []float64
			Plain, Weighted scores
		}
	}](t, "testdata/clusters.json")
	for i, c := range want.External {
		for v, want := range []scores{c.Plain, c.Weighted} {
			at, weight := fmt.Sprint("partition ", i, v, ": "), c.Weight
			if v == 0 {
				weight = nil
			}
			k, err := NewContingency(c.Y, c.Cluster, weight...)
			if err != nil {
				t.Fatal(err)
			}
			a, b, cc, d := k.Pairs()
			each(t, at+"pairs", []float64{a, b, cc, d}, want.Pairs)
			close1(t, at+"Rand", RandIndex(c.Y, c.Cluster, weight...), want.Rand)
			close1(t, at+"ARI", ARI(c.Y, c.Cluster, weight...), want.ARI)
			close1(t, at+"FMI", FowlkesMallows(c.Y, c.Cluster, weight...), want.FMI)
			close1(t, at+"MI", k.MutualInformation(), want.MI)
			close1(t, at+"purity", Purity(c.Y, c.Cluster, weight...), want.Purity)
			close1(t, at+"VI", VariationOfInformation(c.Y, c.Cluster, weight...), want.VI)
			close1(t, at+"expected MI", k.expected(), want.EMI)
			for n := range want.NMI {
				close1(t, fmt.Sprint(at, "NMI ", n), k.NormalizedMutualInformation(Normalizer(n)), want.NMI[n])
				if math.Abs(want.AMI[n]) < 1e6 { // where numerator and divisor are both rounding, either side keeps another epsilon
					// a difference of mutual informations over another: their rounding grows as chance nears the whole
					golden.Close(t, []float64{k.AdjustedMutualInformation(Normalizer(n))}, []float64{want.AMI[n]}, 1e-11, 1e-12, fmt.Sprint(at, "AMI ", n))
				}
			}
			close1(t, at+"NMI", NMI(c.Y, c.Cluster, weight...), want.NMI[0])
			golden.Close(t, []float64{AMI(c.Y, c.Cluster, weight...)}, want.AMI[:1], 1e-11, 1e-12, at+"AMI")
			each(t, at+"homogeneity and completeness", []float64{k.Homogeneity(), k.Completeness(), VMeasure(c.Y, c.Cluster, weight...), k.VMeasure(0.4)}, want.HCV)
			p, r, f := k.BCubed()
			each(t, at+"B-cubed", []float64{p, r, f}, want.BCubed)
			close1(t, at+"B-cubed F1", BCubedF1(c.Y, c.Cluster, weight...), want.BCubed[2])
		}
	}
	if v := AMI([]int{0, 1, 1}, []int{0, 0, 1}, 1, 0.5, 1); !math.IsNaN(v) {
		t.Error("AMI of half a row:", v)
	}
	// Parts of a million rows, where factorials have lost the digits that tell.
	many := &Contingency{total: 1e6, whole: true, classes: []float64{5e5, 5e5}, clusters: []float64{5e5, 5e5}}
	golden.Close(t, []float64{many.expected()}, []float64{1 / (2 * 1e6)}, 1e-5, 0, "expected MI of large parts") // (r-1)(c-1)/2N to first order
}

func TestClusterScoresAreTheReferences(t *testing.T) {
	type scores struct{ Silhouette, Manhattan, CH, DB, Dunn float64 }
	want := golden.Load[struct {
		Internal []struct {
			X               [][]float64
			Cluster         []int
			Weight, Samples []float64
			Plain, Weighted scores
		}
	}](t, "testdata/clusters.json")
	for i, c := range want.Internal {
		x := matrix(t, c.X)
		s, err := SilhouetteSamples(x, c.Cluster, nil)
		if err != nil {
			t.Fatal(err)
		}
		each(t, "silhouette samples", s, c.Samples)
		for v, want := range []scores{c.Plain, c.Weighted} {
			at, weight := fmt.Sprint("clusters ", i, v, ": "), c.Weight
			if v == 0 {
				weight = nil
			}
			close1(t, at+"silhouette", Silhouette(x, c.Cluster, nil, weight...), want.Silhouette)
			close1(t, at+"silhouette, Manhattan", Silhouette(x, c.Cluster, Manhattan{}, weight...), want.Manhattan)
			close1(t, at+"Calinski-Harabasz", CalinskiHarabasz(x, c.Cluster, weight...), want.CH)
			golden.Close(t, []float64{DaviesBouldin(x, c.Cluster, weight...)}, []float64{want.DB}, 1e-10, 0, at+"Davies-Bouldin") // the reference's Euclidean distances are roots of differences of products
			close1(t, at+"Dunn", Dunn(x, c.Cluster, nil, weight...), want.Dunn)
		}
	}
	x := tensor.FromSlice([]float64{1, 1, 1, 2, 2, math.NaN()}, 3, 2)
	for name, c := range map[string]struct {
		x       tensor.Matrix
		cluster []int
		kind    error
	}{
		"one cluster": {x, []int{1, 1, 1}, ml.ErrData}, "a cluster each": {x.Rows(0, 2), []int{1, 2}, ml.ErrData}, "NaN": {x, []int{0, 0, 1}, ml.ErrNotFinite},
		"lengths": {x, []int{0}, ml.ErrShape}, "nil": {nil, []int{0}, ml.ErrShape},
	} {
		if _, err := SilhouetteSamples(c.x, c.cluster, nil); !errors.Is(err, c.kind) {
			t.Errorf("%s: %v", name, err)
		}
		if v := CalinskiHarabasz(c.x, c.cluster); !math.IsNaN(v) {
			t.Errorf("%s: %v", name, v)
		}
		if v := DaviesBouldin(c.x, c.cluster); !math.IsNaN(v) {
			t.Errorf("%s: %v", name, v)
		}
	}
	// A row of noise without weight is not there, whatever stands in it.
	y := tensor.FromSlice([]float64{0, 0, 0, 1, 5, 5, 5, 6, math.NaN(), 0}, 5, 2)
	close1(t, "noise left out", Silhouette(y, []int{0, 0, 1, 1, -1}, nil, 1, 1, 1, 1, 0), Silhouette(y.Rows(0, 4), []int{0, 0, 1, 1}, nil))
}

package cluster_test

import (
	"errors"
	"math"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/cluster"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

func four(spread float64) *tensor.Tensor[float64] {
	r := rng.New(2, 0)
	x := tensor.New[float64](240, 2)
	for i := range 240 {
		x.Row(i)[0] = 10*float64(i%2) + spread*r.NormFloat64()
		x.Row(i)[1] = 12*float64(i/2%2) + spread*r.NormFloat64()
	}
	return x
}

func kmeans(k int) ml.Fitter[ml.Table, *cluster.KMeansModel] {
	return cluster.KMeans{K: k, Restarts: 3}
}

func TestChooseKFindsFour(t *testing.T) {
	d := ml.Table{X: four(1)}
	scores, models, err := cluster.ChooseK(ctx, d, []int{1, 2, 3, 4, 5, 6}, kmeans, cluster.KOptions{Resamples: 3})
	if err != nil {
		t.Fatal(err)
	}
	for by := cluster.BySilhouette; by <= cluster.ByStrength; by++ {
		if i := cluster.BestK(scores, by); i < 0 || scores[i].K != 4 || models[i].K() != 4 {
			t.Errorf("criterion %d: index %d of %+v", by, i, scores)
		}
	}
	// Each score is that of package metrics.
	labels, _ := models[3].Predict(d.X)
	s := scores[3]
	if s.Silhouette != metrics.Silhouette(d.X, labels, metrics.Euclidean{}) || s.CalinskiHarabasz != metrics.CalinskiHarabasz(d.X, labels) || s.DaviesBouldin != metrics.DaviesBouldin(d.X, labels) {
		t.Errorf("other scores: %+v", s)
	}
	// BIC by its definition, from the densities of the rows.
	variance := models[3].Inertia / (2 * 236)
	l := 0.0
	for i, c := range labels {
		a, b := d.X.At(i, 0)-models[3].Centers.At(c, 0), d.X.At(i, 1)-models[3].Centers.At(c, 1)
		l += math.Log(60.0/240) - math.Log(2*math.Pi*variance) - (a*a+b*b)/2/variance
	}
	if want := 12*math.Log(240) - 2*l; math.Abs(s.BIC-want) > 1e-9*math.Abs(want) {
		t.Errorf("BIC %g, want %g", s.BIC, want)
	}
	if s.Strength != 1 || s.Jaccard != 1 {
		t.Errorf("clusters that lie apart have strength %g and stability %g", s.Strength, s.Jaccard)
	}
	if !math.IsNaN(scores[0].Silhouette) || math.IsNaN(scores[0].Gap) || math.IsNaN(scores[0].BIC) {
		t.Errorf("one cluster: %+v", scores[0])
	}
	// A mixture's BIC is its own, and finds four as well.
	mixtures, fits, err := cluster.ChooseK(ctx, d, []int{2, 3, 4, 5}, func(k int) ml.Fitter[ml.Table, *cluster.MixtureModel] {
		return cluster.GaussianMixture{K: k, Restarts: 3, Covariance: cluster.Spherical}
	}, cluster.KOptions{NoGap: true})
	if err != nil {
		t.Fatal(err)
	}
	own, _ := fits[1].BIC(d.X)
	if i := cluster.BestK(mixtures, cluster.ByBIC); mixtures[i].K != 4 || mixtures[1].BIC != own || !math.IsNaN(mixtures[i].Gap) || cluster.BestK(mixtures, cluster.ByStrength) != -1 {
		t.Errorf("mixtures: %+v", mixtures)
	}
}

func TestChooseKSaysWhatIsWrong(t *testing.T) {
	d := ml.Table{X: four(1)}
	for name, err := range map[string]error{
		"no numbers":        second(cluster.ChooseK(ctx, d, nil, kmeans, cluster.KOptions{})),
		"no rows for it":    second(cluster.ChooseK(ctx, d, []int{241}, kmeans, cluster.KOptions{})),
		"a negative number": second(cluster.ChooseK(ctx, d, []int{2}, kmeans, cluster.KOptions{Resamples: -1})),
	} {
		if !errors.Is(err, ml.ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Rows of weight 0 are absent.
	d.Weight = make([]float64, 240)
	for i := range d.Weight {
		d.Weight[i] = float64(i % 4 % 3) // two of the four are left
	}
	scores, _, err := cluster.ChooseK(ctx, d, []int{2, 3}, kmeans, cluster.KOptions{NoGap: true, SilhouetteRows: 50})
	if err != nil || cluster.BestK(scores, cluster.BySilhouette) != 0 {
		t.Errorf("two clusters: %+v, %v", scores, err)
	}
}

func second[A, B any](_ A, _ B, err error) error { return err }

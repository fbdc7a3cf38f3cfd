package cluster_test

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/cluster"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

// How many groups of wines are there? The silhouette is highest at three, which is how many growers there were.
func Example() {
	wine := datasets.Wine()
	scaler, err := features.StandardScaler{}.Fit(context.Background(), wine.Table)
	if err != nil {
		fmt.Println(err)
		return
	}
	x, err := scaler.Transform(wine.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	for k := 2; k <= 5; k++ {
		model, err := cluster.KMeans{K: k, Restarts: 10}.Fit(context.Background(), ml.Table{X: x})
		if err != nil {
			fmt.Println(err)
			return
		}
		groups, err := model.Predict(x)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%d clusters: inertia %.0f, silhouette %.3f, agreement with the growers %.3f\n", k, model.Inertia,
			metrics.Silhouette(x, groups, metrics.Euclidean{}), metrics.ARI(wine.Y, groups))
	}
	// Output:
	// 2 clusters: inertia 1659, silhouette 0.268, agreement with the growers 0.389
	// 3 clusters: inertia 1278, silhouette 0.285, agreement with the growers 0.897
	// 4 clusters: inertia 1182, silhouette 0.275, agreement with the growers 0.796
	// 5 clusters: inertia 1111, silhouette 0.246, agreement with the growers 0.716
}

// A mixture of two components suffices for three species of iris, says its BIC: two of them overlap.
func ExampleGaussianMixture() {
	iris := datasets.Iris()
	for k := 1; k <= 4; k++ {
		model, err := cluster.GaussianMixture{K: k, Restarts: 10, MaxIter: 500, Tol: 1e-6}.Fit(context.Background(), iris.Table)
		if err != nil {
			fmt.Println(err)
			return
		}
		bic, err := model.BIC(iris.X)
		if err != nil {
			fmt.Println(err)
			return
		}
		groups, err := model.Predict(iris.X)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%d components: BIC %.0f, agreement with the species %.2f\n", k, bic, metrics.ARI(iris.Y, groups))
	}
	// Output:
	// 1 components: BIC 830, agreement with the species 0.00
	// 2 components: BIC 574, agreement with the species 0.57
	// 3 components: BIC 581, agreement with the species 0.90
	// 4 components: BIC 622, agreement with the species 0.78
}

// A machine is quiet or busy, which nobody noted; its load is what is known. Two nights are two sequences.
func ExampleGaussianHMM() {
	load := []float64{1.1, 0.9, 1.0, 5.2, 4.8, 5.1, 4.9, 1.2, 0.8, 1.0, 0.9, 5.0, 5.3, 1.1}
	x := tensor.FromSlice(load, len(load), 1)
	night := []int{1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2}
	model, err := cluster.GaussianHMM{K: 2}.Fit(context.Background(), ml.Table{X: x, Group: night})
	if err != nil {
		fmt.Println(err)
		return
	}
	states, _, err := model.Decode(ml.Table{X: x, Group: night})
	if err != nil {
		fmt.Println(err)
		return
	}
	busy := states[3] // which number a state has is chance
	for i, state := range states {
		if i == 8 {
			fmt.Print(" ")
		}
		fmt.Print(map[bool]string{true: "#", false: "."}[state == busy])
	}
	fmt.Println()
	fmt.Printf("a busy hour is followed by another one with probability %.2f\n", model.Transitions.At(busy, busy))
	// Output:
	// ...####. ...##.
	// a busy hour is followed by another one with probability 0.67
}

// Which two of five towns are nearest to the others, by road? The distances are given, and need not be those of any map.
func ExampleKMedoids() {
	towns := []string{"Bern", "Basel", "Zurich", "Geneva", "Lausanne"}
	km := tensor.FromSlice([]float64{
		0, 100, 125, 160, 105,
		100, 0, 85, 255, 200,
		125, 85, 0, 280, 225,
		160, 255, 280, 0, 65,
		105, 200, 225, 65, 0,
	}, 5, 5)
	model, err := cluster.KMedoids{K: 2, Precomputed: true}.Fit(context.Background(), ml.Table{X: km})
	if err != nil {
		fmt.Println(err)
		return
	}
	groups, err := model.Predict(km)
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, town := range towns {
		fmt.Printf("%s belongs to %s\n", town, towns[model.Medoids[groups[i]]])
	}
	fmt.Printf("%.0f km in all\n", model.Loss)
	// Output:
	// Bern belongs to Basel
	// Basel belongs to Basel
	// Zurich belongs to Basel
	// Geneva belongs to Geneva
	// Lausanne belongs to Geneva
	// 250 km in all
}

func ExampleAgglomerative() {
	towns := tensor.FromSlice([]float64{0, 12, 90, 95}, 4, 1)
	model, err := cluster.Agglomerative{Linkage: cluster.Average}.Fit(context.Background(), ml.Table{X: towns})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range 3 {
		fmt.Println(model.Z.Row(i))
	}
	fmt.Println(model.Labels, model.CutHeight(10))
	// Output:
	// [2 3 5 2]
	// [0 1 12 2]
	// [4 5 86.5 4]
	// [0 0 1 1] [0 1 2 2]
}

func ExampleHDBSCAN() {
	x := tensor.FromSlice([]float64{1, 1.1, 1.2, 1.35, 1.5, 7, 20, 21, 22.5, 24, 25, 26, 60}, 13, 1)
	model, err := cluster.HDBSCAN{MinClusterSize: 4, MinSamples: 2}.Fit(context.Background(), ml.Table{X: x})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(model.Labels)
	fmt.Printf("%.2f\n", model.Strength[4:7])
	codes, strength, err := model.PredictStrength(tensor.FromSlice([]float64{1.3, 23, 40}, 3, 1))
	fmt.Printf("%d %.2f %v\n", codes, strength, err)
	// Output:
	// [0 0 0 0 0 0 1 1 1 1 1 1 -1]
	// [1.00 0.03 1.00]
	// [0 1 -1] [1.00 1.00 0.00] <nil>
}

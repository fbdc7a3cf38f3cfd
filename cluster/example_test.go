package cluster_test

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/cluster"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/metrics"
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

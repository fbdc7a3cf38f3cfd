package cluster_test

import (
	"testing"

	"github.com/gopherwood-ml/ml/cluster"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/neighbors"
)

// drawn are the laws that a method cannot keep whose first centres are rows drawn at random.
var drawn = []mltest.Option{
	mltest.Waive(mltest.RowOrder, "the first centres are drawn by position"),
	mltest.Waive(mltest.RepeatedRows, "the first centres are drawn by position"),
}

func TestKMeansLaws(t *testing.T) {
	mltest.Clusterer(t, cluster.KMeans{K: 3}, drawn...)
	if testing.Short() { // the other config differs in its first centres
		return
	}
	mltest.Clusterer(t, cluster.KMeans{K: 2, Init: cluster.RandomRows, Restarts: 2, Algorithm: cluster.Yinyang}, drawn...)
}

func TestDBSCANLaws(t *testing.T) {
	mltest.Clusterer(t, cluster.DBSCAN{Eps: 1.2})
	if testing.Short() { // the other config differs in its searches
		return
	}
	mltest.Clusterer(t, cluster.DBSCAN{Eps: 2, MinSamples: 4, Distance: metrics.Manhattan{}, Algorithm: neighbors.BallTree})
}

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

func TestAgglomerativeLaws(t *testing.T) {
	mltest.Clusterer(t, cluster.Agglomerative{K: 3}, mltest.Rows(600))
	if testing.Short() { // the others differ in how far apart clusters are
		return
	}
	for _, l := range []cluster.Linkage{cluster.Average, cluster.Median, cluster.Single} {
		mltest.Clusterer(t, cluster.Agglomerative{K: 3, Linkage: l}, mltest.Rows(400))
	}
}

func TestHDBSCANLaws(t *testing.T) {
	mltest.Clusterer(t, cluster.HDBSCAN{}, mltest.Rows(1500))
	if testing.Short() { // the other config differs in its searches and its choice
		return
	}
	mltest.Clusterer(t, cluster.HDBSCAN{MinClusterSize: 4, MinSamples: 3, Selection: cluster.Leaves, Distance: metrics.Canberra{}, AllowSingle: true}, mltest.Rows(400))
}

// walked are the laws that a walk cannot keep that begins with the first row.
var walked = []mltest.Option{
	mltest.Waive(mltest.RowOrder, "the walk begins with the first row"),
	mltest.Waive(mltest.RepeatedRows, "slopes of the plot count rows"),
}

func TestOPTICSLaws(t *testing.T) {
	mltest.Clusterer(t, cluster.OPTICS{}, append(walked, mltest.Rows(400))...)
}

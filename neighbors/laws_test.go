package neighbors_test

import (
	"testing"

	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/neighbors"
)

var copies = mltest.Waive(mltest.RepeatedRows, "weights other than 0 do not count")

// The second config of a kind differs in what its searches and votes are, which other tests try: short runs, under emulation and the race detector, leave it out.

func TestKNeighborsClassifierLaws(t *testing.T) {
	mltest.Classifier(t, neighbors.KNeighborsClassifier{})
	if testing.Short() {
		return
	}
	mltest.Classifier(t, neighbors.KNeighborsClassifier{Neighbors: 3, Weights: neighbors.InverseDistance{}, Algorithm: neighbors.BallTree, Distance: metrics.Manhattan{}})
}

func TestRadiusNeighborsClassifierLaws(t *testing.T) {
	mltest.Classifier(t, neighbors.RadiusNeighborsClassifier{Radius: 2, Weights: neighbors.GaussianWeighting{}, Algorithm: neighbors.Brute})
}

func TestKNeighborsRegressorLaws(t *testing.T) {
	mltest.Regressor(t, neighbors.KNeighborsRegressor{Algorithm: neighbors.KDTree})
}

func TestKNeighborsMultiLaws(t *testing.T) {
	mltest.MultiRegressor(t, neighbors.KNeighborsMulti{Weights: neighbors.InverseDistance{}})
}

func TestRadiusNeighborsRegressorLaws(t *testing.T) {
	mltest.Regressor(t, neighbors.RadiusNeighborsRegressor{Radius: 2})
	if testing.Short() {
		return
	}
	mltest.MultiRegressor(t, neighbors.RadiusNeighborsMulti{Radius: 1.5, Distance: metrics.Chebyshev{}})
}

func TestLocalOutlierFactorLaws(t *testing.T) {
	mltest.Detector(t, neighbors.LocalOutlierFactor{Neighbors: 10, Contamination: 0.1}, copies)
}

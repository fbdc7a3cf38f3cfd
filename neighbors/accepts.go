package neighbors

import (
	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/metrics"
)

// Rows may hold what their distance takes: gaps and categories for [metrics.Gower], for instance.

// Accepts says what the distance takes.
func (c KNeighborsClassifier) Accepts() ml.Accepts { return metrics.DistanceAccepts(c.Distance) }

// Accepts says what the distance takes.
func (c RadiusNeighborsClassifier) Accepts() ml.Accepts { return metrics.DistanceAccepts(c.Distance) }

// Accepts says what the distance takes.
func (c KNeighborsRegressor) Accepts() ml.Accepts { return metrics.DistanceAccepts(c.Distance) }

// Accepts says what the distance takes.
func (c KNeighborsMulti) Accepts() ml.Accepts { return metrics.DistanceAccepts(c.Distance) }

// Accepts says what the distance takes.
func (c RadiusNeighborsRegressor) Accepts() ml.Accepts { return metrics.DistanceAccepts(c.Distance) }

// Accepts says what the distance takes.
func (c RadiusNeighborsMulti) Accepts() ml.Accepts { return metrics.DistanceAccepts(c.Distance) }

// Accepts says what the distance takes.
func (c NearestNeighbors) Accepts() ml.Accepts { return metrics.DistanceAccepts(c.Distance) }

// Accepts says what the distance takes.
func (c KNeighborsTransformer) Accepts() ml.Accepts { return metrics.DistanceAccepts(c.Distance) }

// Accepts says what the distance takes.
func (c RadiusNeighborsTransformer) Accepts() ml.Accepts { return metrics.DistanceAccepts(c.Distance) }

package neighbors

import "github.com/gopherwood-ml/ml"

func init() {
	ml.RegisterConfig[KNeighborsClassifier]("neighbors.KNeighborsClassifier")
	ml.RegisterConfig[RadiusNeighborsClassifier]("neighbors.RadiusNeighborsClassifier")
	ml.RegisterConfig[KNeighborsRegressor]("neighbors.KNeighborsRegressor")
	ml.RegisterConfig[KNeighborsMulti]("neighbors.KNeighborsMulti")
	ml.RegisterConfig[RadiusNeighborsRegressor]("neighbors.RadiusNeighborsRegressor")
	ml.RegisterConfig[RadiusNeighborsMulti]("neighbors.RadiusNeighborsMulti")
	ml.RegisterConfig[NearestNeighbors]("neighbors.NearestNeighbors")
	ml.RegisterConfig[KNeighborsTransformer]("neighbors.KNeighborsTransformer")
	ml.RegisterConfig[RadiusNeighborsTransformer]("neighbors.RadiusNeighborsTransformer")
	ml.Register[*GraphModel]("neighbors.GraphModel")
	ml.RegisterConfig[LocalOutlierFactor]("neighbors.LocalOutlierFactor")
	ml.RegisterConfig[HNSW]("neighbors.HNSW")
	ml.RegisterConfig[KernelDensity]("neighbors.KernelDensity")
	ml.RegisterConfig[NearestCentroid]("neighbors.NearestCentroid")
	ml.Register[*ClassifierModel]("neighbors.ClassifierModel")
	ml.Register[*RegressorModel]("neighbors.RegressorModel")
	ml.Register[*MultiModel]("neighbors.MultiModel")
	ml.Register[*NearestModel]("neighbors.NearestModel")
	ml.Register[*OutlierModel]("neighbors.OutlierModel")
	ml.Register[*HNSWIndex]("neighbors.HNSWIndex")
	ml.Register[*DensityModel]("neighbors.DensityModel")
	ml.Register[*CentroidModel]("neighbors.CentroidModel")
	ml.Register[Uniform]("neighbors.Uniform")
	ml.Register[InverseDistance]("neighbors.InverseDistance")
	ml.Register[GaussianWeighting]("neighbors.GaussianWeighting")
}

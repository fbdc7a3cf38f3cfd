package cluster

import "github.com/gopherwood-ml/ml"

func init() {
	ml.RegisterConfig[KMeans]("cluster.KMeans")
	ml.RegisterConfig[DBSCAN]("cluster.DBSCAN")
	ml.RegisterConfig[GaussianMixture]("cluster.GaussianMixture")
	ml.RegisterConfig[BayesianGaussianMixture]("cluster.BayesianGaussianMixture")
	ml.RegisterConfig[GaussianHMM]("cluster.GaussianHMM")
	ml.RegisterConfig[CategoricalHMM]("cluster.CategoricalHMM")
	ml.RegisterConfig[MiniBatchKMeans]("cluster.MiniBatchKMeans")
	ml.RegisterConfig[BisectingKMeans]("cluster.BisectingKMeans")
	ml.RegisterConfig[KMedoids]("cluster.KMedoids")
	ml.Register[*BisectingModel]("cluster.BisectingModel")
	ml.Register[*KMedoidsModel]("cluster.KMedoidsModel")
	ml.Register[*KMeansModel]("cluster.KMeansModel")
	ml.Register[*DBSCANModel]("cluster.DBSCANModel")
	ml.Register[*MixtureModel]("cluster.MixtureModel")
	ml.Register[*HMMModel]("cluster.HMMModel")
	ml.Register[*GaussianEmission]("cluster.GaussianEmission")
	ml.Register[*CategoricalEmission]("cluster.CategoricalEmission")
	ml.RegisterConfig[Agglomerative]("cluster.Agglomerative")
	ml.Register[*AgglomerativeModel]("cluster.AgglomerativeModel")
	ml.RegisterConfig[OPTICS]("cluster.OPTICS")
	ml.Register[*OPTICSModel]("cluster.OPTICSModel")
	ml.RegisterConfig[HDBSCAN]("cluster.HDBSCAN")
	ml.Register[*HDBSCANModel]("cluster.HDBSCANModel")
	ml.RegisterConfig[FeatureAgglomeration]("cluster.FeatureAgglomeration")
	ml.Register[*FeatureAgglomerationModel]("cluster.FeatureAgglomerationModel")
}

package cluster

import "github.com/gopherwood-ml/ml"

func init() {
	ml.RegisterConfig[KMeans]("cluster.KMeans")
	ml.Register[*KMeansModel]("cluster.KMeansModel")
}

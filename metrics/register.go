package metrics

import "github.com/gopherwood-ml/ml"

// Distances stand in configs, which are saved.
func init() {
	ml.Register[Euclidean]("metrics.Euclidean")
	ml.Register[SquaredEuclidean]("metrics.SquaredEuclidean")
	ml.Register[Manhattan]("metrics.Manhattan")
	ml.Register[Chebyshev]("metrics.Chebyshev")
	ml.Register[Minkowski]("metrics.Minkowski")
	ml.Register[Cosine]("metrics.Cosine")
	ml.Register[InnerProduct]("metrics.InnerProduct")
	ml.Register[Correlation]("metrics.Correlation")
	ml.Register[Canberra]("metrics.Canberra")
	ml.Register[BrayCurtis]("metrics.BrayCurtis")
	ml.Register[Hamming]("metrics.Hamming")
	ml.Register[JaccardDistance]("metrics.JaccardDistance")
	ml.Register[Haversine]("metrics.Haversine")
	ml.Register[NaNEuclidean]("metrics.NaNEuclidean")
	ml.Register[StandardizedEuclidean]("metrics.StandardizedEuclidean")
	ml.Register[Mahalanobis]("metrics.Mahalanobis")
	ml.Register[WeightedMinkowski]("metrics.WeightedMinkowski")
	ml.Register[JensenShannonDistance]("metrics.JensenShannonDistance")
	ml.Register[DiceDistance]("metrics.DiceDistance")
	ml.Register[RogersTanimoto]("metrics.RogersTanimoto")
	ml.Register[RussellRao]("metrics.RussellRao")
	ml.Register[SokalSneath]("metrics.SokalSneath")
	ml.Register[Yule]("metrics.Yule")
	ml.Register[EditDistance]("metrics.EditDistance")
	ml.Register[DTW]("metrics.DTW")
	ml.Register[Gower]("metrics.Gower")
}

package linear

import "github.com/gopherwood-ml/ml"

func init() {
	ml.Register[OLS]("linear.OLS")
	ml.Register[OLSMulti]("linear.OLSMulti")
	ml.Register[Ridge]("linear.Ridge")
	ml.Register[RidgeMulti]("linear.RidgeMulti")
	ml.Register[LogisticRegression]("linear.LogisticRegression")
	ml.Register[SGDClassifier]("linear.SGDClassifier")
	ml.Register[SGDRegressor]("linear.SGDRegressor")
	ml.Register[SGDOneClass]("linear.SGDOneClass")
	ml.Register[Perceptron]("linear.Perceptron")
	ml.Register[PassiveAggressiveClassifier]("linear.PassiveAggressiveClassifier")
	ml.Register[PassiveAggressiveRegressor]("linear.PassiveAggressiveRegressor")
	ml.Register[HingeLoss]("linear.HingeLoss")
	ml.Register[SquaredHingeLoss]("linear.SquaredHingeLoss")
	ml.Register[PerceptronLoss]("linear.PerceptronLoss")
	ml.Register[LogLoss]("linear.LogLoss")
	ml.Register[ModifiedHuberLoss]("linear.ModifiedHuberLoss")
	ml.Register[SquaredLoss]("linear.SquaredLoss")
	ml.Register[HuberLoss]("linear.HuberLoss")
	ml.Register[EpsilonInsensitiveLoss]("linear.EpsilonInsensitiveLoss")
	ml.Register[SquaredEpsilonInsensitiveLoss]("linear.SquaredEpsilonInsensitiveLoss")
	ml.Register[*SGDModel]("linear.SGDModel")
	ml.Register[*SGDRegressionModel]("linear.SGDRegressionModel")
	ml.Register[*OneClassModel]("linear.OneClassModel")
	ml.Register[*MarginModel]("linear.MarginModel")
	ml.Register[*RegressionModel]("linear.RegressionModel")
	ml.Register[*MultiRegressionModel]("linear.MultiRegressionModel")
	ml.Register[*LogisticModel]("linear.LogisticModel")
}

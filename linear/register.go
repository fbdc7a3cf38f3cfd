package linear

import "github.com/gopherwood-ml/ml"

func init() {
	ml.Register[OLS]("linear.OLS")
	ml.Register[OLSMulti]("linear.OLSMulti")
	ml.Register[Ridge]("linear.Ridge")
	ml.Register[RidgeMulti]("linear.RidgeMulti")
	ml.Register[LogisticRegression]("linear.LogisticRegression")
	ml.Register[*RegressionModel]("linear.RegressionModel")
	ml.Register[*MultiRegressionModel]("linear.MultiRegressionModel")
	ml.Register[*LogisticModel]("linear.LogisticModel")
}

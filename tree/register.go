package tree

import "github.com/gopherwood-ml/ml"

func init() {
	ml.RegisterConfig[DecisionTreeClassifier]("tree.DecisionTreeClassifier")
	ml.RegisterConfig[DecisionTreeRegressor]("tree.DecisionTreeRegressor")
	ml.RegisterConfig[DecisionTreeMulti]("tree.DecisionTreeMulti")
	ml.RegisterConfig[DecisionTreeMixed]("tree.DecisionTreeMixed")
	ml.Register[*MixedModel]("tree.MixedModel")
	ml.RegisterConfig[SurrogateClassifier]("tree.SurrogateClassifier")
	ml.RegisterConfig[SurrogateRegressor]("tree.SurrogateRegressor")
	ml.Register[*SurrogateClassificationModel]("tree.SurrogateClassificationModel")
	ml.Register[*SurrogateRegressionModel]("tree.SurrogateRegressionModel")
	ml.Register[Origin]("tree.Origin")
	ml.Register[*Ensemble]("tree.Ensemble")
	ml.Register[*RegressionModel]("tree.RegressionModel")
	ml.Register[*MultiRegressionModel]("tree.MultiRegressionModel")
	ml.Register[*ClassificationModel]("tree.ClassificationModel")
}

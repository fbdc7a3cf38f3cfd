package tree

import "github.com/gopherwood-ml/ml"

func init() {
	ml.Register[DecisionTreeClassifier]("tree.DecisionTreeClassifier")
	ml.Register[DecisionTreeRegressor]("tree.DecisionTreeRegressor")
	ml.Register[DecisionTreeMulti]("tree.DecisionTreeMulti")
	ml.Register[DecisionTreeMixed]("tree.DecisionTreeMixed")
	ml.Register[*MixedModel]("tree.MixedModel")
	ml.Register[SurrogateClassifier]("tree.SurrogateClassifier")
	ml.Register[SurrogateRegressor]("tree.SurrogateRegressor")
	ml.Register[*SurrogateClassificationModel]("tree.SurrogateClassificationModel")
	ml.Register[*SurrogateRegressionModel]("tree.SurrogateRegressionModel")
	ml.Register[Origin]("tree.Origin")
	ml.Register[*Ensemble]("tree.Ensemble")
	ml.Register[*RegressionModel]("tree.RegressionModel")
	ml.Register[*MultiRegressionModel]("tree.MultiRegressionModel")
	ml.Register[*ClassificationModel]("tree.ClassificationModel")
}

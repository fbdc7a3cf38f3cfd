package tree_test

import (
	"testing"

	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/tree"
)

func TestDecisionTreeClassifierLaws(t *testing.T) {
	mltest.Classifier(t, tree.DecisionTreeClassifier{})
}

func TestDecisionTreeClassifierVariantsLaws(t *testing.T) {
	mltest.Classifier(t, tree.DecisionTreeClassifier{Criterion: tree.Entropy, MaxLeaves: 12, CCPAlpha: 0.001})
}

func TestDecisionTreeRegressorLaws(t *testing.T) { mltest.Regressor(t, tree.DecisionTreeRegressor{}) }

func TestDecisionTreeAbsoluteLaws(t *testing.T) {
	mltest.Regressor(t, tree.DecisionTreeRegressor{Criterion: tree.AbsoluteError, MaxDepth: 6})
}

func TestDecisionTreeHuberLaws(t *testing.T) {
	mltest.Regressor(t, tree.DecisionTreeRegressor{Criterion: tree.Huber, MaxDepth: 5})
}

func TestDecisionTreeMultiLaws(t *testing.T) {
	mltest.MultiRegressor(t, tree.DecisionTreeMulti{})
}

func TestDecisionTreeBinsLaws(t *testing.T) {
	mltest.Classifier(t, tree.DecisionTreeClassifier{MaxLeaves: 20, Bins: tree.Binning{Max: 16}})
}

func TestDecisionTreeMixedLaws(t *testing.T) {
	mltest.MultiRegressor(t, tree.DecisionTreeMixed{})
}

func TestDecisionTreeCategoriesLaws(t *testing.T) {
	mltest.Regressor(t, tree.DecisionTreeRegressor{MaxDepth: 4, Interactions: [][]int{{0, 1}}, Categories: tree.Categories{Smooth: 2, MinSamples: 3, Unseen: tree.UnseenMissing}})
}

func TestSurrogateClassifierLaws(t *testing.T) { mltest.Classifier(t, tree.SurrogateClassifier{}) }

func TestSurrogateRegressorLaws(t *testing.T) { mltest.Regressor(t, tree.SurrogateRegressor{}) }

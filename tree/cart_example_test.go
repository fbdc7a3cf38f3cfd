package tree_test

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

func ExampleDecisionTreeClassifier() {
	iris := datasets.Iris()
	m, err := tree.DecisionTreeClassifier{MaxDepth: 2}.Fit(context.Background(), iris)
	if err != nil {
		fmt.Println(err)
		return
	}
	var show func(i int, indent string)
	show = func(i int, indent string) {
		n := m.Ensemble.Node(0, i)
		if n.Leaf() {
			fmt.Printf("%s%d rows, shares %.2f\n", indent, n.Samples, n.Value)
			return
		}
		fmt.Printf("%s%s <= %.2f (gini %.3f)\n", indent, m.Columns[n.Feature].Name, n.Threshold, n.Impurity)
		show(n.Left, indent+"  ")
		show(n.Right, indent+"  ")
	}
	show(0, "")
	p, _ := m.Predict(iris.X)
	fmt.Printf("accuracy %.3f\n", metrics.Accuracy(iris.Y, p))
	importance, _ := m.Ensemble.Importances()
	fmt.Printf("importance %.3f\n", importance)
	// Output:
	// petal length (cm) <= 2.45 (gini 0.667)
	//   50 rows, shares [1.00 0.00 0.00]
	//   petal width (cm) <= 1.75 (gini 0.500)
	//     54 rows, shares [0.00 0.91 0.09]
	//     46 rows, shares [0.00 0.02 0.98]
	// accuracy 0.960
	// importance [0.000 0.000 0.562 0.438]
}

// A tree that is grown to the end knows its rows by heart; the path says what is lost with each branch that goes.
func ExampleEnsemble_CostPath() {
	diabetes := datasets.Diabetes()
	m, err := tree.DecisionTreeRegressor{MaxLeaves: 6}.Fit(context.Background(), diabetes)
	if err != nil {
		fmt.Println(err)
		return
	}
	path, err := m.Ensemble.CostPath()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range path {
		fmt.Printf("alpha %6.1f: %d leaves, variance %.0f\n", s.Alpha, s.Leaves, s.Impurity)
	}
	pruned, _ := m.Ensemble.PruneCost(path[2].Alpha)
	fmt.Println(pruned.Nodes(0), "nodes are left")
	// Output:
	// alpha    0.0: 6 leaves, variance 3058
	// alpha  120.4: 5 leaves, variance 3178
	// alpha  181.8: 4 leaves, variance 3360
	// alpha  335.6: 3 leaves, variance 3696
	// alpha  505.4: 2 leaves, variance 4201
	// alpha 1728.8: 1 leaves, variance 5930
	// 7 nodes are left
}

// Categories are split by sets, and a missing value goes where it helps.
func ExampleDecisionTreeRegressor() {
	d := ml.Dataset[float64]{Table: ml.Table{
		X: tensor.FromSlice([]float64{0, 1, 1, 2, 2, 1, 3, 2, 0, 2, 3, math.NaN()}, 6, 2),
		Columns: []ml.Column{
			{Name: "city", Kind: ml.Categorical, Levels: []string{"Bern", "Rome", "Oslo", "Pisa"}},
			{Name: "rooms"},
		},
	}, Y: []float64{10, 31, 11, 29, 12, 33}}
	m, err := tree.DecisionTreeRegressor{MaxDepth: 1}.Fit(context.Background(), d)
	if err != nil {
		fmt.Println(err)
		return
	}
	root := m.Ensemble.Node(0, 0)
	fmt.Printf("%s in set %04b\n", m.Columns[root.Feature].Name, root.Set[0])
	y, _ := m.PredictRow([]float64{2, 3})
	fmt.Println(y)
	// Output:
	// city in set 0101
	// 11
}

package tree_test

import (
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tree"
)

func ExampleBuilder() {
	b := tree.NewBuilder(tree.Ensemble{Features: 2, Outputs: 1})
	b.Add(0, 1, []tree.Node{
		{Feature: 1, Rule: tree.LessEq | tree.MissingLeft, Threshold: 2.5, Left: 1, Right: 2, Cover: 150},
		{Feature: -1, Value: []float64{5}, Cover: 50},
		{Feature: -1, Value: []float64{6.5}, Cover: 100},
	})
	e, err := b.Ensemble()
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := tree.NewRegressionModel(ml.Fitted{}, e)
	if err != nil {
		fmt.Println(err)
		return
	}
	y, err := m.PredictRow([]float64{0, 3})
	fmt.Println(y, err)
	// Output: 6.5 <nil>
}

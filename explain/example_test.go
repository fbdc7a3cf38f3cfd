package explain_test

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/explain"
	"github.com/gopherwood-ml/ml/tree"
)

func ExampleTreeSHAP() {
	ctx := context.Background()
	d := datasets.Diabetes()
	model, err := tree.DecisionTreeRegressor{MaxDepth: 3}.Fit(ctx, d)
	if err != nil {
		fmt.Println(err)
		return
	}
	x, err := explain.TreeSHAP{}.For(model)
	if err != nil {
		fmt.Println(err)
		return
	}
	why, err := x.Explain(ctx, d.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	text, err := why.Text(0, 0, 2)
	fmt.Print(text, err, "\n")
	importance, err := why.Importance(0)
	for _, j := range explain.Order(importance)[:2] {
		fmt.Printf("%s moves the answer by %.1f\n", why.Columns[j].Name, importance[j])
	}
	fmt.Println(err)
	// Output:
	// answer: 208.6, from 152.1 for an average row
	//   + 32.67  s5 = 0.01991
	//   + 22.75  bmi = 0.0617
	//   + 1.014  2 others
	// <nil>
	// s5 moves the answer by 34.7
	// bmi moves the answer by 28.0
	// <nil>
}

package explain_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/ensemble"
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

func ExampleLIME() {
	ctx := context.Background()
	d := datasets.Diabetes()
	model, err := tree.DecisionTreeRegressor{MaxDepth: 3}.Fit(ctx, d)
	if err != nil {
		fmt.Println(err)
		return
	}
	row := d.X.(interface{ Row(int) []float64 }).Row(0)
	near, err := explain.LIME{Background: d.Table, Local: explain.Local{Features: 3}}.Of(ctx, explain.Values(model), row, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(near)
	// Output:
	// answer: 208.6; the linear model says 225.6, R2 0.43, stable: columns 75%, weights 97%
	//   + 58.35   bmi > 0.03125
	//   + 35.37   -0.001947 < s5 <= 0.03243
	//   + 3.777   -0.03318 < s6 <= -0.001078
}

func ExampleSurrogateTree() {
	ctx := context.Background()
	d := datasets.Diabetes()
	model, err := ensemble.RandomForestRegressor{Trees: 50}.Fit(ctx, d)
	if err != nil {
		fmt.Println(err)
		return
	}
	rules, err := explain.SurrogateTree{MaxDepth: 2}.Of(ctx, explain.Values(model), 0, d.Table)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("the rules explain %.0f%% of what the forest answers:\n", 100*rules.Fidelity)
	err = tree.WriteText(os.Stdout, rules.Tree, tree.Drawing{})
	fmt.Println(err)
	// Output:
	// the rules explain 60% of what the forest answers:
	// |--- s5 <= -0.003761
	// |   |--- bmi <= 0.006189 or missing
	// |   |   |--- 97.81 (cover 171)
	// |   |--- bmi > 0.006189
	// |   |   |--- 158.9 (cover 47)
	// |--- s5 > -0.003761 or missing
	// |   |--- bmi <= 0.01481 or missing
	// |   |   |--- 161.7 (cover 116)
	// |   |--- bmi > 0.01481
	// |   |   |--- 223.1 (cover 108)
	// <nil>
}

func ExamplePartialDependence() {
	ctx := context.Background()
	d := datasets.Diabetes()
	model, err := ensemble.RandomForestRegressor{Trees: 50}.Fit(ctx, d)
	if err != nil {
		fmt.Println(err)
		return
	}
	bmi := 2
	mean, err := explain.PartialDependence{Columns: []int{bmi}, Points: 4, ICE: true}.OfTrees(ctx, model, d.Table)
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, v := range mean.Grid[0] {
		fmt.Printf("%s %+.3f: %.1f on the whole, %.1f for the first row\n", mean.Columns[0].Name, v, mean.Mean.Row(i)[0], mean.Rows.Data()[i*442])
	}
	// Output:
	// bmi -0.067: 127.8 on the whole, 147.2 for the first row
	// bmi -0.016: 137.1 on the whole, 173.0 for the first row
	// bmi +0.035: 178.0 on the whole, 176.6 for the first row
	// bmi +0.085: 204.5 on the whole, 228.7 for the first row
}

func ExampleAccumulatedEffects() {
	ctx := context.Background()
	d := datasets.Diabetes()
	model, err := ensemble.RandomForestRegressor{Trees: 50}.Fit(ctx, d)
	if err != nil {
		fmt.Println(err)
		return
	}
	bmi := 2
	e, err := explain.AccumulatedEffects{Columns: []int{bmi}, Bins: 4}.Of(ctx, explain.Values(model), d.Table)
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, v := range e.Grid[0] {
		fmt.Printf("%s %+.3f: %+.1f\n", e.Columns[0].Name, v, e.Mean.Row(i)[0])
	}
	// Output:
	// bmi -0.090: -25.4
	// bmi -0.034: -23.9
	// bmi -0.007: -14.0
	// bmi +0.032: +20.6
	// bmi +0.171: +61.3
}

func ExampleHStatistic() {
	ctx := context.Background()
	d := datasets.Diabetes()
	model, err := ensemble.RandomForestRegressor{Trees: 50}.Fit(ctx, d)
	if err != nil {
		fmt.Println(err)
		return
	}
	h, err := explain.HStatistic{Columns: []int{2, 3, 8}}.OfTrees(ctx, model, d.Table)
	if err != nil {
		fmt.Println(err)
		return
	}
	for j, c := range h.Columns {
		fmt.Printf("%s: %.2f of it with others, %.2f with %s\n", c.Name, h.Total.Row(0)[j], h.Pair.Data()[3*j+(j+1)%3], h.Columns[(j+1)%3].Name)
	}
	// Output:
	// bmi: 0.34 of it with others, 0.16 with bp
	// bp: 0.21 of it with others, 0.11 with s5
	// s5: 0.33 of it with others, 0.16 with bmi
}

func ExampleExplanation_WriteWaterfall() {
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
	var picture bytes.Buffer // a file, or the answer to a browser
	err = why.WriteWaterfall(&picture, 0, 0, 0)
	fmt.Println(strings.Contains(picture.String(), "bmi = 0.0617"), err)
	// Output: true <nil>
}

package semi_test

import (
	"context"
	"fmt"
	"log"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/semi"
	"github.com/gopherwood-ml/ml/tensor"
)

// Two labels, and rows that lead from one class's label through its clump.
func ExampleLabelSpreading() {
	x := tensor.FromSlice([]float64{0, 1, 2, 3, 7, 8, 9, 10}, 8, 1)
	d := ml.Data(x, []int{0, ml.None, ml.None, ml.None, ml.None, ml.None, ml.None, 1})
	m, err := semi.LabelSpreading{Neighbors: 3}.Fit(context.Background(), d)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(m.Label)
	// Output: [0 0 0 0 1 1 1 1]
}

func ExampleSelfTraining() {
	x := tensor.FromSlice([]float64{0, 1, 2, 3, 7, 8, 9, 10}, 8, 1)
	d := ml.Data(x, []int{0, ml.None, ml.None, ml.None, ml.None, ml.None, ml.None, 1})
	m, err := semi.SelfTraining{Base: ml.Classify(linear.LogisticRegression{})}.Fit(context.Background(), d)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(m.Label, "in rounds", m.Round)
	// Output: [0 0 0 0 1 1 1 1] in rounds [0 1 1 1 1 1 1 0]
}

// A session as an iterator: the caller answers.
func ExampleSession_Queries() {
	x := tensor.FromSlice([]float64{0, 1, 2, 4, 7, 8, 9, 10}, 8, 1)
	truth := []int{0, 0, 0, 0, 1, 1, 1, 1}
	d := ml.Data(x, []int{0, ml.None, ml.None, ml.None, ml.None, ml.None, ml.None, 1})
	ctx := context.Background()
	session, err := semi.Active{Base: ml.Classify(linear.LogisticRegression{}), Query: semi.Margin{}, Budget: 2}.Start(ctx, d)
	if err != nil {
		log.Fatal(err)
	}
	for q, err := range session.Queries(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("what is row %d, %v?\n", q.Row, q.X)
		if err := session.Answer(q.Row, truth[q.Row]); err != nil {
			log.Fatal(err)
		}
	}
	// Output:
	// what is row 3, [4]?
	// what is row 4, [7]?
}

// The graph is every pair of rows here, and the labels given stay.
func ExampleLabelPropagation() {
	x := tensor.FromSlice([]float64{0, 1, 2, 3, 7, 8, 9, 10}, 8, 1)
	d := ml.Data(x, []int{0, ml.None, ml.None, ml.None, ml.None, ml.None, ml.None, 1})
	m, err := semi.LabelPropagation{Kernel: metrics.RBF{Gamma: 1}}.Fit(context.Background(), d)
	if err != nil {
		log.Fatal(err)
	}
	class, err := m.Predict(tensor.FromSlice([]float64{2.5, 7.5}, 2, 1))
	fmt.Println(m.Label, class, err)
	// Output: [0 0 0 0 1 1 1 1] [0 1] <nil>
}

// Each side of a row is a column. A row in the middle of one side is clear on the other, so the sides teach each other.
func ExampleCoTraining() {
	x := tensor.FromSlice([]float64{
		0, 0,
		10, 10,
		1, 5,
		9, 5,
		5, 2,
		5, 8,
	}, 6, 2)
	d := ml.Data(x, []int{0, 1, ml.None, ml.None, ml.None, ml.None})
	c := semi.CoTraining{Base: ml.Classify(linear.LogisticRegression{}), Views: [2][]int{{0}, {1}}}
	m, err := c.Fit(context.Background(), d)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(m.Label, "by", m.Source)
	// Output: [0 1 0 1 0 1] by [-1 -1 0 0 1 1]
}

// half is rows of which the upper half, from 10 on, is positive, and every other one of those is known.
func half() ml.Dataset[int] {
	x, y := tensor.New[float64](40, 1), make([]int, 40)
	for i := range y {
		x.Data()[i], y[i] = float64(i)/2, ml.None
		if i >= 20 && i%2 == 0 {
			y[i] = 1
		}
	}
	return ml.Data(x, y)
}

// Rows known to be positive, and rows of which nothing is known: the share of the positive ones that are known puts the probabilities right.
func ExampleElkanNoto() {
	m, err := semi.ElkanNoto{Base: ml.Classify(linear.LogisticRegression{})}.Fit(context.Background(), half())
	if err != nil {
		log.Fatal(err)
	}
	class, err := m.Predict(tensor.FromSlice([]float64{2, 18}, 2, 1))
	fmt.Println(class, err)
	// Output: [0 1] <nil>
}

// The same rows; unlabelled ones that look like the known ones score high.
func ExampleBaggingPU() {
	m, err := semi.BaggingPU{Base: ml.Classify(linear.LogisticRegression{}), Members: 20}.Fit(context.Background(), half())
	if err != nil {
		log.Fatal(err)
	}
	class, err := m.Predict(tensor.FromSlice([]float64{2, 18}, 2, 1))
	fmt.Println(class, m.Scores[39] > m.Scores[1], err)
	// Output: [0 1] true <nil>
}

// An oracle that knows the classes answers two questions, and the model has learned from them.
func ExampleActive() {
	x := tensor.FromSlice([]float64{0, 1, 2, 4, 7, 8, 9, 10}, 8, 1)
	d := ml.Data(x, []int{0, ml.None, ml.None, ml.None, ml.None, ml.None, ml.None, 1})
	ctx := context.Background()
	session, err := semi.Active{Base: ml.Classify(linear.LogisticRegression{}), Query: semi.Uncertain{}, Budget: 2}.Start(ctx, d)
	if err != nil {
		log.Fatal(err)
	}
	if err := session.Ask(ctx, semi.Known{0, 0, 0, 0, 1, 1, 1, 1}); err != nil {
		log.Fatal(err)
	}
	m, err := session.Model(ctx)
	if err != nil {
		log.Fatal(err)
	}
	class, err := m.Predict(x)
	fmt.Println("asked", session.Asked, class, err)
	// Output: asked [3 4] [0 0 0 0 1 1 1 1] <nil>
}

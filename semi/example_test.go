package semi_test

import (
	"context"
	"fmt"
	"log"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/linear"
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

package neighbors_test

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/neighbors"
	"github.com/gopherwood-ml/ml/selection"
	"github.com/gopherwood-ml/ml/tensor"
)

func Example() {
	train, test := selection.Split(datasets.Wine(), 0.25, 1)
	pipe := ml.Pipe(ml.Step(features.StandardScaler{}), neighbors.KNeighborsClassifier{Neighbors: 7})
	model, err := pipe.Fit(context.Background(), train)
	if err != nil {
		fmt.Println(err)
		return
	}
	pred, err := model.Predict(test.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("accuracy %.3f\n", metrics.Accuracy(test.Y, pred))
	// Output: accuracy 1.000
}

// Which flowers look like the first one, and which are odd?
func ExampleNearestModel() {
	iris := datasets.Iris()
	model, err := neighbors.NearestNeighbors{}.Fit(context.Background(), iris.Table)
	if err != nil {
		fmt.Println(err)
		return
	}
	found, err := model.NearestRow(neighbors.Neighbors{}, []float64{5.1, 3.5, 1.4, 0.2}, 3)
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, at := range found.Index {
		fmt.Printf("row %d at %.3f\n", at, found.Distance[i])
	}
	// Output:
	// row 0 at 0.000
	// row 17 at 0.100
	// row 4 at 0.141
}

func ExampleLocalOutlierFactor() {
	iris := datasets.Iris()
	model, err := neighbors.LocalOutlierFactor{Neighbors: 10}.Fit(context.Background(), iris.Table)
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, f := range model.Training {
		if f > 2 {
			fmt.Printf("row %d: %.2f\n", i, f)
		}
	}
	// Output: row 41: 2.14
}

// Which of three thousand embeddings are nearest to one, and which of those that a user may see?
func ExampleHNSW() {
	x := tensor.New[float32](3000, 32)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range x.Data() {
		x.Data()[i] = float32(rng.NormFloat64())
	}
	ctx := context.Background()
	index, err := neighbors.HNSW{Distance: metrics.Cosine{}}.Fit(ctx, ml.Table{X: x})
	if err != nil {
		fmt.Println(err)
		return
	}
	found, err := index.NearestRow(neighbors.Neighbors{}, x.Row(42), neighbors.Query{K: 3})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("nearest:", found.Index)
	if err := index.Delete(found.Index[1]); err != nil {
		fmt.Println(err)
		return
	}
	found, err = index.NearestRow(found, x.Row(42), neighbors.Query{K: 3, Keep: func(id int) bool { return id%2 == 0 }})
	fmt.Println("of even ids, after a deletion:", found.Index, err)
	// Output:
	// nearest: [42 1318 2732]
	// of even ids, after a deletion: [42 2732 1264] <nil>
}

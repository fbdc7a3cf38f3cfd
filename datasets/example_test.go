package datasets_test

import (
	"errors"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
)

func ExampleIris() {
	iris := datasets.Iris()
	rows, cols := iris.X.Dims()
	fmt.Println(rows, "flowers,", cols, "columns, the first:", iris.Columns[0].Name)
	fmt.Println(iris.X.At(0, 0), iris.Classes[iris.Y[0]])
	// Output:
	// 150 flowers, 4 columns, the first: sepal length (cm)
	// 5.1 setosa
}

func ExamplePenguins() {
	penguins := datasets.Penguins()
	island := penguins.Columns[0]
	fmt.Println(island.Kind, island.Levels)
	fmt.Println("the first lives on", island.Levels[int(penguins.X.At(0, 0))])
	fmt.Println("the bill of the fourth was not measured:", math.IsNaN(penguins.X.At(3, 1)))
	// Output:
	// categorical [Biscoe Dream Torgersen]
	// the first lives on Torgersen
	// the bill of the fourth was not measured: true
}

func ExampleRegression_Coef() {
	config := datasets.Regression{Rows: 200, Features: 4, Informative: 2, Bias: 3, Seed: 1}
	d, err := config.Make()
	if err != nil {
		panic(err)
	}
	coef, err := config.Coef()
	if err != nil {
		panic(err)
	}
	y := 3.0
	for j, w := range coef {
		y += w * d.X.At(0, j)
	}
	fmt.Println(math.Abs(y-d.Y[0]) < 1e-9)
	// Output: true
}

func ExampleBlobs() {
	d, err := datasets.Blobs{Sizes: []int{50, 30}, Means: [][]float64{{0, 0}, {10, 10}}, Std: 0.5}.Make()
	if err != nil {
		panic(err)
	}
	count := make([]int, d.K())
	for _, y := range d.Y {
		count[y]++
	}
	fmt.Println(d.Rows(), count)
	// Output: 80 [50 30]
}

// A field out of range is named.
func ExampleCircles() {
	_, err := datasets.Circles{Factor: 1.5}.Make()
	fmt.Println(err)
	fmt.Println(errors.Is(err, ml.ErrConfig))
	// Output:
	// datasets.Circles.Make: Factor is 1.5: want < 1, the radius of the outer circle (bad configuration)
	// true
}

func ExampleRankingQueries() {
	d, err := datasets.RankingQueries{Queries: 3, Documents: 4, Seed: 1}.Make()
	if err != nil {
		panic(err)
	}
	fmt.Println(d.Group[0], d.Group[d.Rows()-1], d.Columns[0].Name)
	// Output: 0 2 informative0
}

// The example of the package page.
func Example() {
	train, err := datasets.Classification{Rows: 1000, Features: 20, Informative: 5, Flip: 0.01, Seed: 1}.Make()
	if err != nil {
		fmt.Println(err)
		return
	}
	blobs, err := datasets.Blobs{Rows: 300, Centers: 3, Std: 0.5}.Make()
	if err != nil {
		fmt.Println(err)
		return
	}
	truth, err := datasets.Regression{Rows: 500, Noise: 2, Seed: 7}.Coef()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(train.Rows(), train.K(), blobs.Rows(), blobs.K(), len(truth))
	// Output: 1000 2 300 3 100
}

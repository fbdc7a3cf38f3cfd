package decomp_test

import (
	"context"
	"fmt"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/decomp"
	"github.com/gopherwood-ml/ml/tensor"
)

// The four measures of irises in two numbers each.
func ExamplePCA() {
	iris := datasets.Iris()
	pca, err := decomp.PCA{Components: 2}.Fit(context.Background(), ml.Table{X: iris.X})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("shares of the variance: %.4f\n", pca.VarianceRatio)
	z, err := pca.Transform(iris.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("the first flower: %.3f, %.3f\n", z.At(0, 0), z.At(0, 1))
	// Output:
	// shares of the variance: [0.9246 0.0531]
	// the first flower: -2.684, 0.319
}

// Documents of two themes: words 0 to 2 belong to one, 3 to 5 to the other. The topics are printed in the order of their first word.
func ExampleLatentDirichletAllocation() {
	counts := tensor.FromSlice([]float64{
		3, 2, 1, 0, 0, 0,
		2, 3, 2, 0, 0, 1,
		1, 4, 1, 0, 0, 0,
		0, 0, 0, 3, 1, 2,
		0, 1, 0, 2, 4, 1,
		0, 0, 0, 1, 3, 3,
	}, 6, 6)
	m, err := decomp.LatentDirichletAllocation{Components: 2, MaxIter: 100, DocTopicPrior: 0.1}.Fit(context.Background(), ml.Table{X: counts})
	if err != nil {
		fmt.Println(err)
		return
	}
	top := m.TopWords(3)
	for _, words := range top {
		slices.Sort(words)
	}
	slices.SortFunc(top, slices.Compare[[]int])
	fmt.Println(top)
	shares, err := m.Transform(counts)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("the first document: %.2f of its larger topic\n", max(shares.At(0, 0), shares.At(0, 1)))
	// Output:
	// [[0 1 2] [3 4 5]]
	// the first document: 0.98 of its larger topic
}

// Rows of two atoms, and a row that is twice the one less the other.
func ExampleSparseCoder() {
	atoms := [][]float64{{1, 0, 0, 0}, {0, 0.6, 0.8, 0}, {0, 0, 0, 1}}
	x := tensor.FromSlice([]float64{2, -0.6, -0.8, 0}, 1, 4)
	m, err := decomp.SparseCoder{Dictionary: atoms, Coding: decomp.Coding{NonZeros: 2}}.Fit(context.Background(), ml.Table{X: x})
	if err != nil {
		fmt.Println(err)
		return
	}
	code, err := m.Transform(x)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.1f %.1f %.1f\n", code.At(0, 0), code.At(0, 1), code.At(0, 2))
	// Output: 2.0 -1.0 0.0
}

package decomp_test

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/decomp"
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

package decomp_test

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/decomp"
	"github.com/gopherwood-ml/ml/metrics"
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

// Sixty mixtures of two sources at two microphones, unmixed: the sources come back up to order, sign and size.
func ExampleFastICA() {
	const n = 60
	x, sine, square := tensor.New[float64](n, 2), make([]float64, n), make([]float64, n)
	for i := range n {
		sine[i] = math.Sin(float64(i) * 0.7)
		square[i] = 1 - 2*float64(i/5%2)
		copy(x.Row(i), []float64{sine[i] + square[i]/2, square[i] - sine[i]/2})
	}
	m, err := decomp.FastICA{}.Fit(context.Background(), ml.Table{X: x})
	if err != nil {
		fmt.Println(err)
		return
	}
	z, err := m.Transform(x)
	if err != nil {
		fmt.Println(err)
		return
	}
	for name, source := range map[string][]float64{"sine": sine, "square": square} {
		best := 0.0
		for c := range 2 {
			xy, xx, yy := 0.0, 0.0, 0.0
			for i, v := range source {
				xy, xx, yy = xy+v*z.At(i, c), xx+v*v, yy+z.At(i, c)*z.At(i, c)
			}
			best = max(best, math.Abs(xy)/math.Sqrt(xx*yy))
		}
		fmt.Printf("%s: correlation %.2f\n", name, best)
	}
	// Unordered output:
	// sine: correlation 1.00
	// square: correlation 1.00
}

// Two rings, one in the other: no line parts them, but the first component of a Gaussian kernel does.
func ExampleKernelPCA() {
	x := tensor.New[float64](50, 2)
	for i := range 50 {
		radius := 0.5
		if i >= 30 {
			radius = 4
		}
		angle := 2 * math.Pi * float64(i) / 20
		copy(x.Row(i), []float64{radius * math.Cos(angle), radius * math.Sin(angle)})
	}
	m, err := decomp.KernelPCA{Components: 1, Kernel: metrics.RBF{Gamma: 0.5}}.Fit(context.Background(), ml.Table{X: x})
	if err != nil {
		fmt.Println(err)
		return
	}
	z, err := m.Transform(x)
	if err != nil {
		fmt.Println(err)
		return
	}
	inner, outer := z.At(0, 0), z.At(30, 0)
	for i := range 50 {
		if i < 30 {
			inner = max(inner, z.At(i, 0))
		} else {
			outer = min(outer, z.At(i, 0))
		}
	}
	fmt.Printf("inner ring: at most %.3f, outer ring: at least %.3f\n", inner, outer)
	// Output: inner ring: at most -0.309, outer ring: at least 0.568
}

// Twenty channels that all follow two hidden amounts, of which the target is the first: two components do.
func ExamplePLSRegression() {
	const n, channels = 30, 20
	x, y := tensor.New[float64](n, channels), make([]float64, n)
	for i := range n {
		first, second := math.Sin(float64(i)), math.Cos(float64(3*i))
		for j := range channels {
			x.Set(first*math.Exp(-float64(j)/5)+second*float64(j)/10, i, j)
		}
		y[i] = 5 + 2*first
	}
	m, err := decomp.PLSRegression{Components: 2}.Fit(context.Background(), ml.Data(x, y))
	if err != nil {
		fmt.Println(err)
		return
	}
	got, err := m.Predict(x)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.3f for %.3f, %.3f for %.3f\n", got[1], y[1], got[2], y[2])
	// Output: 6.683 for 6.683, 6.819 for 6.819
}

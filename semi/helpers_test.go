package semi_test

import (
	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

// some are n rows around k centres, every fifth of them labelled.
func some(n, k int) ml.Dataset[int] {
	r := rng.New(7, 1)
	x, y := tensor.New[float64](n, 4), make([]int, n)
	for i := range n {
		rng.Normal(r, x.Row(i), 0, 1)
		x.Row(i)[i%k] += 3
		y[i] = ml.None
		if i%5 < 1 || i < k {
			y[i] = i % k
		}
	}
	return ml.Data(x, y)
}

package tensor

import "github.com/gopherwood-ml/ml/internal/rng"

// Uniform returns a Tensor of independent values drawn uniformly from [lo, hi). The same seed and shape give the same values;
// the float32 values are the float64 ones, rounded (which may reach hi).
func Uniform[T Float](seed uint64, lo, hi float64, shape ...int) *Tensor[T] {
	t := New[T](shape...)
	rng.Uniform(rng.New(seed, 0), t.data, lo, hi)
	return t
}

// Normal returns a Tensor of independent values drawn from the normal distribution with the given mean and standard
// deviation. The same seed and shape give the same values; the float32 values are the float64 ones, rounded.
func Normal[T Float](seed uint64, mean, std float64, shape ...int) *Tensor[T] {
	t := New[T](shape...)
	rng.Normal(rng.New(seed, 0), t.data, mean, std)
	return t
}

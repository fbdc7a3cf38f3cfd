package cases

import (
	"math"
	"strconv"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/tensor"
)

const (
	elements    = 1 << 16 // float32: a quarter of a MiB, which stays in the second cache
	softmaxRows = 512
	softmaxCols = 128
)

func init() {
	registerElementwise("exp-f32", kern.Exp[float32], func(dst, x []float32) {
		for i, v := range x {
			dst[i] = float32(math.Exp(float64(v)))
		}
	})
	registerElementwise("tanh-f32", kern.Tanh[float32], func(dst, x []float32) {
		for i, v := range x {
			dst[i] = float32(math.Tanh(float64(v)))
		}
	})
	registerElementwise("sigmoid-f32", kern.Sigmoid[float32], func(dst, x []float32) {
		for i, v := range x {
			dst[i] = float32(1 / (1 + math.Exp(-float64(v))))
		}
	})
	registerElementwise("softmax-f32", func(dst, x []float32) {
		kern.SoftmaxRows(softmaxRows, softmaxCols, x, softmaxCols, dst, softmaxCols)
	}, eachSoftmax(func(dst, x []float32) {
		top := float32(math.Inf(-1))
		for _, v := range x {
			top = max(top, v)
		}
		sum := 0.0
		for i, v := range x {
			e := math.Exp(float64(v - top))
			dst[i], sum = float32(e), sum+e
		}
		for i := range dst {
			dst[i] /= float32(sum)
		}
	}))
	for _, d := range []int{16, 100} {
		registerDistances(d, map[int]float64{16: 1. / 7, 100: 1. / 10}[d])
	}
}

func eachSoftmax(f func(dst, x []float32)) func(dst, x []float32) {
	return func(dst, x []float32) {
		for i := 0; i < len(x); i += softmaxCols {
			f(dst[i:i+softmaxCols], x[i:i+softmaxCols])
		}
	}
}

func registerElementwise(name string, kernel, loop func(dst, x []float32)) {
	mk := func(f func(dst, x []float32), floor float64) func(*Data) (*Work, error) {
		return func(d *Data) (*Work, error) {
			x, dst := cut[float32](d, "A", elements), make([]float32, elements)
			into := func() error { f(dst, x); return nil }
			fresh := func() error { f(make([]float32, elements), x); return nil }
			return &Work{
				Rows: softmaxRows, Columns: softmaxCols,
				Steps: []Step{step("map into", into).floor(Loop, floor), step("map", fresh)},
				Score: func() (map[string]float64, error) { return mean(dst), nil },
				Tol:   map[string]float64{"mean": 1e-6}, // a few roundings of float32, never all in one direction
			}, nil
		}
	}
	Register(Case{Name: name, Data: "kernels", Vs: []string{Loop, "numpy", "torch"}, Make: mk(kernel, 1./30)})
	Register(Case{Name: name, Lib: Loop, Data: "kernels", Make: mk(loop, 1)})
}

func mean[T tensor.Float](x []T) map[string]float64 {
	sum := 0.0
	for _, v := range x {
		sum += float64(v)
	}
	return map[string]float64{"mean": sum / float64(len(x))}
}

func sqDistLoop(dst, x, rows []float32, stride int) {
	for i := range dst {
		sum := float32(0)
		for j, v := range rows[i*stride : i*stride+len(x)] {
			sum += (x[j] - v) * (x[j] - v)
		}
		dst[i] = sum
	}
}

// registerDistances measures squared distances of float32 points: one to 4096, and 1000 to 1000.
func registerDistances(dim int, floor float64) {
	one := func(f func(dst, x, rows []float32, stride int)) func(*Data) (*Work, error) {
		return func(d *Data) (*Work, error) {
			const n = 4096
			x, rows, dst := cut[float32](d, "A", dim), cut[float32](d, "B", n*dim), make([]float32, n)
			return &Work{
				Rows: n, Columns: dim,
				Steps: []Step{
					step("distances into", func() error { f(dst, x, rows, dim); return nil }).floor(Loop, floor),
					step("distances", func() error { f(make([]float32, n), x, rows, dim); return nil }),
				},
				Score: func() (map[string]float64, error) { return mean(dst), nil },
				Tol:   map[string]float64{"mean": 1e-5}, // sums of so many float32 squares in different orders
			}, nil
		}
	}
	Register(Case{Name: "sqdist-one-to-many-" + strconv.Itoa(dim), Data: "kernels", Vs: []string{Loop, "numpy"}, Make: one(kern.SqDistRows[float32])})
	Register(Case{Name: "sqdist-one-to-many-" + strconv.Itoa(dim), Lib: Loop, Data: "kernels", Make: one(sqDistLoop)})

	many := func(f func(dst, x, y []float32)) func(*Data) (*Work, error) {
		return func(d *Data) (*Work, error) {
			const n = 1000
			x, y, dst := cut[float32](d, "A", n*dim), cut[float32](d, "B", n*dim), make([]float32, n*n)
			return &Work{
				Rows: n, Columns: dim,
				Steps: []Step{
					step("distances into", func() error { f(dst, x, y); return nil }),
					step("distances", func() error { f(make([]float32, n*n), x, y); return nil }),
				},
				Score: func() (map[string]float64, error) { return mean(dst), nil },
				Tol:   map[string]float64{"mean": 1e-5},
			}, nil
		}
	}
	Register(Case{Name: "sqdist-many-to-many-" + strconv.Itoa(dim), Data: "kernels", Vs: []string{Loop, "scipy", "scikit-learn"}, Make: many(func(dst, x, y []float32) {
		kern.SqDists(1000, 1000, dim, x, dim, y, dim, dst, 1000)
	})})
	Register(Case{Name: "sqdist-many-to-many-" + strconv.Itoa(dim), Lib: Loop, Data: "kernels", Make: many(func(dst, x, y []float32) {
		for i := range 1000 {
			sqDistLoop(dst[i*1000:(i+1)*1000], x[i*dim:(i+1)*dim], y, dim)
		}
	})})
}

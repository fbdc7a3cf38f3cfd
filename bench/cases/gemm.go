package cases

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/blas64"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/tensor"
)

// A product is C = A B of m x k and k x n matrices, cut from the operands of "kernels".
type product[T tensor.Float] struct {
	m, n, k int
	a, b, c []T
}

func init() {
	sizes := [][3]int{{32, 10, 784}, {100, 10, 64}} // narrow: a batch through the last layer, digits through a linear model
	for _, n := range []int{32, 64, 128, 256, 512, 1024, 2048} {
		sizes = append(sizes, [3]int{n, n, n})
	}
	for _, s := range sizes {
		registerGemm("sgemm", s, func(p product[float32]) {
			m, n, k := p.m, p.n, p.k
			blas32.Gemm(blas.NoTrans, blas.NoTrans, 1, blas32.General{Rows: m, Cols: k, Stride: k, Data: p.a},
				blas32.General{Rows: k, Cols: n, Stride: n, Data: p.b}, 0, blas32.General{Rows: m, Cols: n, Stride: n, Data: p.c})
		})
		registerGemm("dgemm", s, func(p product[float64]) {
			m, n, k := p.m, p.n, p.k
			blas64.Gemm(blas.NoTrans, blas.NoTrans, 1, blas64.General{Rows: m, Cols: k, Stride: k, Data: p.a},
				blas64.General{Rows: k, Cols: n, Stride: n, Data: p.b}, 0, blas64.General{Rows: m, Cols: n, Stride: n, Data: p.c})
		})
	}
}

// shapeName is a name like sgemm-512 or, of what is not square, sgemm-32x10x784.
func shapeName(kind string, s [3]int) string {
	if s[0] == s[1] && s[1] == s[2] {
		return fmt.Sprintf("%s-%d", kind, s[0])
	}
	return fmt.Sprintf("%s-%dx%dx%d", kind, s[0], s[1], s[2])
}

func registerGemm[T tensor.Float](kind string, s [3]int, gonum func(product[T])) {
	name := shapeName(kind, s)
	Register(Case{Name: name, Data: "kernels", Vs: []string{"numpy", Gonum}, Make: func(d *Data) (*Work, error) {
		return gemm(d, s, func(p product[T]) {
			kern.Gemm(false, false, p.m, p.n, p.k, 1, p.a, p.k, p.b, p.n, 0, p.c, p.n)
		})
	}})
	Register(Case{Name: name, Lib: Gonum, Data: "kernels", Slow: s[0] >= 1024, Make: func(d *Data) (*Work, error) { return gemm(d, s, gonum) }})
}

func gemm[T tensor.Float](d *Data, s [3]int, multiply func(product[T])) (*Work, error) {
	m, n, k := s[0], s[1], s[2]
	p := product[T]{m, n, k, cut[T](d, "A", m*k), cut[T](d, "B", k*n), make([]T, m*n)}
	into := func() error { multiply(p); return nil }
	fresh := func() error {
		q := p
		q.c = make([]T, m*n)
		multiply(q)
		return nil
	}
	var steps []Step
	for _, s := range []Step{step("product into", into), step("product", fresh)} {
		s.FLOP, s.Single = 2*float64(m)*float64(n)*float64(k), single[T]()
		steps = append(steps, s)
	}
	tol := 1e-11
	if single[T]() {
		tol = 2e-4 // 2048 roundings of 6e-8, and one element is about the root of k
	}
	return &Work{
		Rows: m, Columns: n, Params: fmt.Sprintf("k=%d", k), Steps: steps,
		Score: func() (map[string]float64, error) {
			sum := 0.0
			for _, v := range p.c {
				sum += float64(v) * float64(v)
			}
			return map[string]float64{"norm": math.Sqrt(sum), "last": float64(p.c[len(p.c)-1])}, nil
		},
		Tol: map[string]float64{"norm": tol, "last": tol},
	}, nil
}

func single[T tensor.Float]() bool {
	var v T
	_, ok := any(v).(float32)
	return ok
}

// cut returns the first n numbers of an operand.
func cut[T tensor.Float](d *Data, part string, n int) []T {
	v := d.Values(part)[:n]
	x := make([]T, n)
	for i := range x {
		x[i] = T(v[i])
	}
	return x
}

package cases

import (
	"errors"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/tensor"
)

// order1000 is the number of rows and columns of the matrices that are factored.
const order1000 = 1000

var errBroken = errors.New("the factorisation broke down")

func init() {
	general := func(d *Data) []float64 { return cut[float64](d, "A", order1000*order1000) }
	// A Aᵀ / n + I: eigenvalues between 1 and 5.
	positive := func(d *Data) []float64 {
		a := tensor.FromSlice(general(d), order1000, order1000)
		c := tensor.Eye[float64](order1000)
		tensor.Gemm(false, true, 1./order1000, a, a, 1, c)
		return c.Data()
	}
	symmetric := func(d *Data) []float64 {
		a := tensor.FromSlice(general(d), order1000, order1000)
		return a.Add(a.Transpose()).Data()
	}
	const n = order1000
	registerFactor("svd-1000", general, func(a []float64) (float64, error) {
		s, ok := linalg.NewSVD(a, n, n, linalg.ThinVectors)
		return total(s.Values), broken(ok)
	}, func(a []float64) (float64, error) {
		var s mat.SVD
		ok := s.Factorize(mat.NewDense(n, n, a), mat.SVDThin)
		return total(s.Values(nil)), broken(ok)
	})
	registerFactor("eigh-1000", symmetric, func(a []float64) (float64, error) {
		values, _, ok := linalg.EigenSym(a, n, true)
		return total(values), broken(ok)
	}, func(a []float64) (float64, error) {
		var e mat.EigenSym
		ok := e.Factorize(mat.NewSymDense(n, a), true)
		return total(e.Values(nil)), broken(ok)
	})
	registerFactor("qr-1000", general, func(a []float64) (float64, error) {
		linalg.NewFullQR(a, n, n) // R is a's upper triangle
		return diagonal(a), nil
	}, func(a []float64) (float64, error) {
		var q mat.QR
		q.Factorize(mat.NewDense(n, n, a))
		var r mat.Dense
		q.RTo(&r)
		return diagonal(r.RawMatrix().Data), nil
	})
	registerFactor("cholesky-1000", positive, func(a []float64) (float64, error) {
		c := linalg.NewCholesky(a, n)
		if c == nil {
			return 0, errBroken
		}
		return c.LogDet(), nil
	}, func(a []float64) (float64, error) {
		var c mat.Cholesky
		ok := c.Factorize(mat.NewSymDense(n, a))
		return c.LogDet(), broken(ok)
	})
	registerFactor("lu-1000", general, func(a []float64) (float64, error) {
		v, _ := linalg.NewLU(a, n).LogDet()
		return v, nil
	}, func(a []float64) (float64, error) {
		var f mat.LU
		f.Factorize(mat.NewDense(n, n, a))
		v, _ := f.LogDet()
		return v, nil
	})
}

// registerFactor measures a factorisation that overwrites its matrix and returns one number that tells that it is right.
// "factor" copies the matrix to fresh memory first, "factor into" to the caller's.
func registerFactor(name string, matrix func(*Data) []float64, ours, gonum func([]float64) (float64, error)) {
	mk := func(f func([]float64) (float64, error), floor float64) func(*Data) (*Work, error) {
		return func(d *Data) (*Work, error) {
			a := matrix(d)
			buf := make([]float64, len(a))
			var value float64
			return &Work{
				Rows: order1000, Columns: order1000,
				Steps: []Step{
					step("factor into", func() (err error) { copy(buf, a); value, err = f(buf); return }).floor(Gonum, floor),
					step("factor", func() (err error) { value, err = f(slices.Clone(a)); return }).floor(Gonum, floor),
				},
				Score: func() (map[string]float64, error) { return map[string]float64{"value": value}, nil },
				Tol:   map[string]float64{"value": 1e-10}, // sums of 1000 numbers, each right to n roundings
			}, nil
		}
	}
	Register(Case{Name: name, Data: "kernels", Vs: []string{"scipy", Gonum}, Make: mk(ours, 0.2)})
	Register(Case{Name: name, Lib: Gonum, Data: "kernels", Make: mk(gonum, 1), Slow: true})
}

func broken(ok bool) error {
	if !ok {
		return errBroken
	}
	return nil
}

func total(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += math.Abs(v)
	}
	return sum
}

func diagonal(a []float64) float64 {
	sum := 0.0
	for i := range order1000 {
		sum += math.Abs(a[i*order1000+i])
	}
	return sum
}

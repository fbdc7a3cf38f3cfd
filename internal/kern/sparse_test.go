package kern

import (
	"math"
	"math/rand/v2"
	"testing"
)

func testSparse[T, X Float](t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	const n = 500
	for nnz := range 40 {
		perm := r.Perm(n)[:nnz]
		vals, cols := make([]T, nnz), make([]int32, nnz)
		x, y := make([]X, n), make([]X, n)
		normals(r, x)
		normals(r, y)
		want, size := 0.0, 0.0
		after := append([]X(nil), y...)
		for k, j := range perm {
			vals[k], cols[k] = T(r.NormFloat64()), int32(j)
			want += float64(vals[k]) * float64(x[j])
			size += math.Abs(float64(vals[k]) * float64(x[j]))
			after[j] = y[j] + X(0.5*float64(vals[k])) // exact: a half
		}
		if got := float64(SparseDot(vals, cols, x)); math.Abs(got-want) > float64(nnz)*eps[X]()*size {
			t.Errorf("%d nonzeros: %v, want %v", nnz, got, want)
		}
		SparseAxpy(0.5, vals, cols, y)
		for j := range y {
			if math.Abs(float64(y[j]-after[j])) > eps[X]()*math.Abs(float64(after[j])) { // one rounding, or two without FMA
				t.Fatalf("%d nonzeros: y[%d] is %v, want %v", nnz, j, y[j], after[j])
			}
		}
	}
}

func TestSparseRows(t *testing.T) {
	testSparse[float64, float64](t)
	testSparse[float32, float32](t)
	testSparse[float32, float64](t)
}

func BenchmarkSparseDot(b *testing.B) {
	const n, nnz = 10_000, 80
	r := rand.New(rand.NewPCG(1, 1))
	x, vals, cols := make([]float64, n), make([]float64, nnz), make([]int32, nnz)
	normals(r, x)
	normals(r, vals)
	for k := range cols {
		cols[k] = int32(r.IntN(n))
	}
	var keep float64
	against(b, nnz, func() {
		s := 0.0
		for k, j := range cols {
			s += vals[k] * x[j]
		}
		keep += s
	}, func() { keep += SparseDot(vals, cols, x) })
}

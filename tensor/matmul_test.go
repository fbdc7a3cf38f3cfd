package tensor

import (
	"fmt"
	"math"
	"runtime"
	"testing"
)

// naive is the definition of the product, in float64.
func naive(a, b Matrix) *Tensor[float64] {
	r, n := a.Dims()
	_, c := b.Dims()
	out := New[float64](r, c)
	for i := range r {
		for j := range c {
			sum := 0.0
			for k := range n {
				sum += a.At(i, k) * b.At(k, j)
			}
			out.Set(sum, i, j)
		}
	}
	return out
}

func testMatMul[T Float](t *testing.T, eps float64) {
	sizes := []int{0, 1, 2, 3, 4, 5, 7, 31, 33, 65}
	depths := []int{0, 1, 2, 5, 255, 256, 257, 600}
	for _, r := range sizes {
		for _, c := range append(sizes, 257) {
			for _, n := range depths {
				if r*c*n > 400_000 {
					continue
				}
				a := Normal[T](uint64(r*n), 0, 1, r, n)
				b := Normal[T](uint64(c*n+1), 0, 1, n, c)
				want := naive(a, b)
				// |error| <= n eps sum |a||b|, and the sum is below 10 n for normal values.
				tol := eps * float64(n+1) * 4 * math.Sqrt(float64(n+1))
				if got := MatMul(a, b).To64(); !got.AllClose(want, 0, tol) {
					t.Fatalf("%dx%dx%d differs", r, n, c)
				}
				for _, flag := range [][2]bool{{true, false}, {false, true}, {true, true}} {
					x, y := a, b
					if flag[0] {
						x = a.Transpose()
					}
					if flag[1] {
						y = b.Transpose()
					}
					got := Full(T(1), r, c)
					Gemm(flag[0], flag[1], 2, x, y, -3, got)
					half := got.To64().AddScalar(3).MulScalar(0.5)
					if !half.AllClose(want, 0, tol+8*eps) {
						t.Fatalf("%dx%dx%d transposed %v differs", r, n, c, flag)
					}
				}
			}
		}
	}
}

func TestMatMulMatchesDefinition(t *testing.T) {
	t.Run("float64", func(t *testing.T) { testMatMul[float64](t, 0x1p-52) })
	t.Run("float32", func(t *testing.T) { testMatMul[float32](t, 0x1p-23) })
}

func TestMatMulOfViews(t *testing.T) {
	a := Normal[float64](1, 0, 1, 50, 90).Cols(3, 80).Rows(2, 41)
	b := Normal[float64](2, 0, 1, 100, 60).Rows(9, 86).Cols(11, 30)
	whole := Full(7.0, 60, 40)
	c := whole.Rows(10, 49).Cols(5, 24)
	Gemm(false, false, 1, a, b, 0, c)
	if !c.Equal(MatMul(a.Clone(), b.Clone())) {
		t.Fatal("views give another product than their copies")
	}
	for i := range 60 {
		for j := range 40 {
			if (i < 10 || i >= 49 || j < 5 || j >= 24) && whole.At(i, j) != 7 {
				t.Fatalf("Gemm wrote outside the view, at %d, %d", i, j)
			}
		}
	}
}

// Columns of one parent lie in each other's memory, but have no element in common.
func TestGemmBesideItsFactors(t *testing.T) {
	x := Normal[float64](1, 0, 1, 6, 18)
	want := MatMul(x.Cols(0, 6).Clone(), x.Cols(12, 18).Clone())
	c := x.Cols(6, 12)
	Gemm(false, false, 1, x.Cols(0, 6), x.Cols(12, 18), 0, c)
	if !c.Equal(want) {
		t.Error("wrong product")
	}
	for _, at := range []int{1, 5, 7, 11} { // touches the first or the second factor
		mustPanic(t, "Gemm", [][]int{{6, 6}, {6, 6}, {6, 6}}, func() {
			Gemm(false, false, 1, x.Cols(0, 6), x.Cols(12, 18), 0, x.Cols(at, at+6))
		})
		mustPanic(t, "Gemm", [][]int{{5, 6}, {6, 6}, {5, 6}}, func() {
			Gemm(false, false, 1, x.Rows(1, 6).Cols(0, 6), x.Cols(12, 18), 0, x.Rows(0, 5).Cols(at, at+6))
		})
	}
}

func TestMatMulDeterminism(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	a, b := Normal[float32](1, 0, 1, 203, 517), Normal[float32](2, 0, 1, 517, 305)
	runtime.GOMAXPROCS(1)
	want := MatMul(a, b)
	for _, procs := range []int{2, 8} {
		runtime.GOMAXPROCS(procs)
		if !MatMul(a, b).Equal(want) {
			t.Fatalf("GOMAXPROCS %d changes the product", procs)
		}
	}
	for _, n := range []int{1, 2, 3, 4, 5} {
		if !MatMul(a.Rows(7, 7+n), b).Equal(want.Rows(7, 7+n)) {
			t.Fatalf("%d rows alone give other bytes than among others", n)
		}
	}
}

func TestGemmBetaZeroIgnoresNaN(t *testing.T) {
	c := Full(math.NaN(), 6, 6)
	Gemm(false, false, 1, Eye[float64](6), Eye[float64](6), 0, c)
	if !c.Equal(Eye[float64](6)) {
		t.Fatal("beta 0 let the old result through")
	}
}

func TestMatMulSpecialValues(t *testing.T) {
	// An infinity in one row must not reach other rows through the padding of tiles.
	a := New[float64](5, 3)
	a.Set(math.Inf(1), 4, 2)
	got := MatMul(a, Ones[float64](3, 5))
	for i := range 5 {
		for j := range 5 {
			want := 0.0
			if i == 4 {
				want = math.Inf(1)
			}
			if got.At(i, j) != want {
				t.Fatalf("(%d, %d) = %v, want %v", i, j, got.At(i, j), want)
			}
		}
	}
}

func TestDotAndMatVec(t *testing.T) {
	for n := range 20 {
		x, y := Normal[float64](1, 0, 1, n), Normal[float64](2, 0, 1, n)
		want := 0.0
		for i := range n {
			want += x.Get(i) * y.Get(i)
		}
		if got := Dot(x.Data(), y.Data()); math.Abs(got-want) > 1e-14 {
			t.Fatalf("Dot of %d: %v, want %v", n, got, want)
		}
	}
	a := Normal[float64](3, 0, 1, 9, 12).Cols(1, 8)
	x := Normal[float64](4, 0, 1, 7, 1)
	if got := FromSlice(MatVec(a, x.Data()), 9, 1); !got.AllClose(naive(a, x), 0, 1e-14) {
		t.Fatal("MatVec differs from the definition")
	}
}

func BenchmarkMatMul(b *testing.B) {
	for _, n := range []int{32, 128, 512} {
		b.Run(fmt.Sprintf("float64/%d", n), func(b *testing.B) { benchmarkMatMul[float64](b, n) })
		b.Run(fmt.Sprintf("float32/%d", n), func(b *testing.B) { benchmarkMatMul[float32](b, n) })
	}
}

func benchmarkMatMul[T Float](b *testing.B, n int) {
	x, y, z := Normal[T](1, 0, 1, n, n), Normal[T](2, 0, 1, n, n), New[T](n, n)
	for b.Loop() {
		Gemm(false, false, 1, x, y, 0, z)
	}
	b.ReportMetric(2*float64(n)*float64(n)*float64(n)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GF/s")
}

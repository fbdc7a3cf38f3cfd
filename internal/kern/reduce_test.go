package kern

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// exact returns the sum of the terms a*b and of their sizes, without rounding that matters here.
func exact(n int, term func(i int) (a, b float64)) (sum, size float64) {
	s, m, p := new(big.Float).SetPrec(300), new(big.Float).SetPrec(300), new(big.Float).SetPrec(300)
	for i := range n {
		a, b := term(i)
		p.Mul(big.NewFloat(a), big.NewFloat(b))
		s.Add(s, p)
		m.Add(m, p.Abs(p))
	}
	sum, _ = s.Float64()
	size, _ = m.Float64()
	return sum, size
}

// near fails unless got is the sum to the accuracy of the kernels' order: no partial sum takes more than n/8 terms
// within a chunk, plus the pairwise end, the rounding of the term itself and the final one.
func near[T Float](t *testing.T, what string, got T, n int, sum, size float64) {
	t.Helper()
	tol := (float64(min(n, sweep))/8 + 8) * eps[T]() * size
	if !(math.Abs(float64(got)-sum) <= tol+eps[T]()*math.Abs(sum)) {
		t.Fatalf("%s of %d: %v, want %v +- %v", what, n, got, sum, tol)
	}
}

func testReduce[T Float](t *testing.T) {
	cases(t, func(t *testing.T, r *rand.Rand, n, offset int) {
		x, checkX := guarded[T](t, n, offset)
		y, checkY := guarded[T](t, n, 2*offset+1)
		normals(r, x)
		normals(r, y)
		at := func(x []T, i int) float64 { return float64(x[i]) }

		sum, size := exact(n, func(i int) (a, b float64) { return at(x, i), at(y, i) })
		near(t, "Dot", Dot(x, y), n, sum, size)
		sum, size = exact(n, func(i int) (a, b float64) { return at(x, i), 1 })
		near(t, "Sum", Sum(x), n, sum, size)
		sum, size = exact(n, func(i int) (a, b float64) { return at(x, i), at(x, i) })
		near(t, "SumSq", SumSq(x), n, sum, size)
		near(t, "Dot with itself", Dot(x, x), n, sum, size)
		sum, size = exact(n, func(i int) (a, b float64) { d := at(x, i) - at(y, i); return d, d })
		near(t, "SqDist", SqDist(x, y), n, sum, 4*size) // the difference is rounded as well
		if d := SqDist(x, x); d != 0 {
			t.Fatalf("SqDist of %d to itself: %v", n, d)
		}
		if n > 0 {
			x[r.IntN(n)] = T(math.NaN())
			for _, v := range []T{Dot(x, y), SqDist(x, y), SqDist(y, x), Sum(x), SumSq(x)} {
				if v == v {
					t.Fatalf("a NaN among %d is lost: %v", n, v)
				}
			}
		}
		checkX()
		checkY()
	})
}

func TestReduceF32(t *testing.T) { testReduce[float32](t) }
func TestReduceF64(t *testing.T) { testReduce[float64](t) }

// Integers that no order can round: every element counts exactly once, with its partner.
func testReduceExact[T Float](t *testing.T) {
	cases(t, func(t *testing.T, r *rand.Rand, n, offset int) {
		if n > 1000 { // partial sums must stay below 2**24
			return
		}
		x, _ := guarded[T](t, n, offset)
		y, _ := guarded[T](t, n, offset+1)
		var dot, dist, sum, sq T
		for i := range x {
			x[i], y[i] = T(r.IntN(41)-20), T(r.IntN(41)-20)
			dot += x[i] * y[i]
			dist += (x[i] - y[i]) * (x[i] - y[i])
			sum += x[i]
			sq += x[i] * x[i]
		}
		if Dot(x, y) != dot || SqDist(x, y) != dist || Sum(x) != sum || SumSq(x) != sq {
			t.Fatalf("n %d: %v %v %v %v, want %v %v %v %v", n, Dot(x, y), SqDist(x, y), Sum(x), SumSq(x), dot, dist, sum, sq)
		}
	})
}

func TestReduceExactF32(t *testing.T) { testReduceExact[float32](t) }
func TestReduceExactF64(t *testing.T) { testReduceExact[float64](t) }

func testRows[T Float](t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(3, 4))
		for _, d := range []int{0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 100, 257, sweep + 5} {
			for _, n := range []int{0, 1, 2, 3, 4, 5, 7, 8, 9, 70} {
				if d > sweep && (n > 9 || small() && n > 2) {
					continue
				}
				stride := d + r.IntN(3)
				x, _ := guarded[T](t, d, 1)
				rows, _ := guarded[T](t, max(0, (n-1)*stride+d), 2) // NaN between rows too
				dst, check := guarded[T](t, n, 3)
				one, _ := guarded[T](t, 1, 0)
				normals(r, x)
				for i := range n {
					normals(r, rows[i*stride:i*stride+d])
				}
				DotRows(dst, x, rows, stride)
				for i, got := range dst {
					row := rows[i*stride : i*stride+d]
					sum, size := exact(d, func(k int) (a, b float64) { return float64(x[k]), float64(row[k]) })
					near(t, "DotRows", got, d, sum, size)
					DotRows(one, x, row, stride)
					if one[0] != got {
						t.Fatalf("d %d, row %d of %d: %v together, %v alone", d, i, n, got, one[0])
					}
				}
				SqDistRows(dst, x, rows, stride)
				for i, got := range dst {
					row := rows[i*stride : i*stride+d]
					sum, size := exact(d, func(k int) (a, b float64) { v := float64(x[k]) - float64(row[k]); return v, v })
					near(t, "SqDistRows", got, d, sum, 4*size)
					SqDistRows(one, x, row, stride)
					if one[0] != got {
						t.Fatalf("d %d, row %d of %d: %v together, %v alone", d, i, n, got, one[0])
					}
				}
				check()
			}
		}
	})
}

func TestRowsF32(t *testing.T) { testRows[float32](t) }
func TestRowsF64(t *testing.T) { testRows[float64](t) }

func TestMismatchPanics(t *testing.T) {
	two, three := make([]float64, 2, 8), make([]float64, 3)
	for name, f := range map[string]func(){
		"Dot":        func() { Dot(two, three) },
		"longer":     func() { Dot(three, two) },
		"SqDist":     func() { SqDist(two, three) },
		"Axpy":       func() { Axpy(1, two, three) },
		"Scal":       func() { Scal(1, two, three) },
		"Add":        func() { Add(two, two, three) },
		"Mul":        func() { Mul(two, three, two) },
		"FMA":        func() { FMA(two, two, two, three) },
		"DotRows":    func() { DotRows(two, two, three, 2) },
		"stride":     func() { SqDistRows(two, two, make([]float64, 9), -1) },
		"SqDistRows": func() { SqDistRows(three, three, make([]float64, 8), 3) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}

// Buffers on the caller's stack stay there: no stub and no dispatch makes its arguments escape.
func TestStackBuffersStay(t *testing.T) {
	if racing {
		t.Skip("telling the race detector moves buffers to the heap")
	}
	eachLevel(t, func(t *testing.T) {
		if n := testing.AllocsPerRun(100, func() {
			var x, y [64]float32
			var z [64]float64
			x[3] = 2
			Axpy(2, x[:], y[:])
			Add(y[:], x[:], y[:])
			FMA(y[:], x[:], y[:], x[:])
			DotRows(y[:4], x[:16], x[:], 16)
			z[0] = Dot(z[:], z[:]) + Sum(z[:]) + Max(z[:])
			y[ArgMin(x[:])]++
		}); n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}

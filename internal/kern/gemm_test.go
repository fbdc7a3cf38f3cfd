package kern

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
)

// gemmCase is one product with room between rows.
type gemmCase[T Float] struct {
	transA, transB bool
	m, n, k        int
	alpha, beta    T
	a, b, c        []T
	lda, ldb, ldc  int
	check          func()
}

// padded returns a rows x cols matrix of normals whose rows are cols+gap apart, with NaN in the gaps and around.
func padded[T Float](t testing.TB, r *rand.Rand, rows, cols, gap int) (x []T, stride int, check func()) {
	stride = cols + gap
	x, around := guarded[T](t, max(0, (rows-1)*stride+cols), gap)
	for i := range x {
		x[i] = T(math.NaN())
		if i%stride < cols {
			x[i] = T(r.NormFloat64())
		}
	}
	return x, stride, func() {
		t.Helper()
		around()
		for i, v := range x {
			if i%stride >= cols && v == v {
				t.Fatalf("%dx%d: wrote %v between rows", rows, cols, v)
			}
		}
	}
}

func newGemm[T Float](t testing.TB, r *rand.Rand, m, n, k int, transA, transB bool, alpha, beta T) *gemmCase[T] {
	t.Helper()
	g := &gemmCase[T]{transA: transA, transB: transB, m: m, n: n, k: k, alpha: alpha, beta: beta}
	rows, cols := m, k
	if transA {
		rows, cols = k, m
	}
	g.a, g.lda, _ = padded[T](t, r, rows, cols, r.IntN(3))
	rows, cols = k, n
	if transB {
		rows, cols = n, k
	}
	g.b, g.ldb, _ = padded[T](t, r, rows, cols, r.IntN(3))
	g.c, g.ldc, g.check = padded[T](t, r, m, n, r.IntN(3))
	if beta == 0 { // C is not read
		for i := range m {
			for j := range n {
				g.c[i*g.ldc+j] = T(math.NaN())
			}
		}
	}
	return g
}

func (g *gemmCase[T]) at(i, p int) float64 {
	if g.transA {
		return float64(g.a[p*g.lda+i])
	}
	return float64(g.a[i*g.lda+p])
}

func (g *gemmCase[T]) bt(p, j int) float64 {
	if g.transB {
		return float64(g.b[j*g.ldb+p])
	}
	return float64(g.b[p*g.ldb+j])
}

func (g *gemmCase[T]) run(c []T) {
	Gemm(g.transA, g.transB, g.m, g.n, g.k, g.alpha, g.a, g.lda, g.b, g.ldb, g.beta, c, g.ldc)
}

func (g *gemmCase[T]) String() string {
	return fmt.Sprintf("%dx%dx%d transA %v transB %v alpha %v beta %v", g.m, g.n, g.k, g.transA, g.transB, g.alpha, g.beta)
}

// verify runs the product and compares every element with a float64 sum: k roundings of partial sums that are no
// larger than the sum of sizes, and a few more for alpha and beta; in float64 the reference has as many itself.
func (g *gemmCase[T]) verify(t *testing.T) {
	t.Helper()
	was := append([]T(nil), g.c...)
	g.run(g.c)
	g.check()
	columns := make([]float64, g.n*g.k)
	for j := range g.n {
		for p := range g.k {
			columns[j*g.k+p] = g.bt(p, j)
		}
	}
	row := make([]float64, g.k)
	for i := range g.m {
		for p := range row {
			row[p] = g.at(i, p)
		}
		for j := range g.n {
			sum, size := 0.0, 0.0
			for p, v := range columns[j*g.k : (j+1)*g.k] {
				v *= row[p]
				sum += v
				size += math.Abs(v)
			}
			want, size := float64(g.alpha)*sum, math.Abs(float64(g.alpha))*size
			if g.beta != 0 {
				old := float64(g.beta) * float64(was[i*g.ldc+j])
				want, size = want+old, size+math.Abs(old)
			}
			got := float64(g.c[i*g.ldc+j])
			if tol := 2 * float64(g.k+4) * eps[T]() * size; !(math.Abs(got-want) <= tol) {
				t.Fatalf("%v: element %d,%d is %v, want %v +- %v", g, i, j, got, want, tol)
			}
		}
	}
}

// flags runs f for every pair of transposes and a few scalings.
func flags[T Float](f func(transA, transB bool, alpha, beta T)) {
	for _, tr := range [][2]bool{{false, false}, {false, true}, {true, false}, {true, true}} {
		for _, s := range [][2]T{{1, 0}, {-0.5, 1}, {2, 0.25}, {0, 3}, {0, 0}} {
			f(tr[0], tr[1], s[0], s[1])
		}
	}
}

func testGemmSmall[T Float](t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(5, 6))
		for m := range 14 {
			for _, n := range []int{0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 24, 31, 33} {
				for _, k := range []int{0, 1, 2, 3, 4, 5, 9, 30} {
					tr := r.IntN(4)
					newGemm[T](t, r, m, n, k, tr&1 == 0, tr&2 == 0, T(r.NormFloat64()), T(r.IntN(2))*T(r.NormFloat64())).verify(t)
				}
			}
		}
		newGemm[T](t, r, 3000, 200, 1, false, false, 0, 2).verify(t) // C is scaled on several cores
		flags(func(transA, transB bool, alpha, beta T) {
			for _, s := range [][3]int{{1, 1, 1}, {1, 70, 9}, {1, 300, 300}, {70, 1, 9}, {7, 13, 5}, {6, 16, 8}, {19, 35, 261}, {50, 70, 3}} {
				newGemm(t, r, s[0], s[1], s[2], transA, transB, alpha, beta).verify(t)
			}
		})
	})
}

func TestGemmSmallF32(t *testing.T) { testGemmSmall[float32](t) }
func TestGemmSmallF64(t *testing.T) { testGemmSmall[float64](t) }

// Shapes on both sides of every cut: packing, blocks of k, of rows and of columns, several chunks.
func testGemmLarge[T Float](t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(7, 8))
		for _, s := range [][3]int{
			{190, 130, 2*depth + 3}, {270, 260, depth + 4}, {130, 130, depth}, {49, 300, depth + 1}, {packStrips*tileRows() + 5, 70, depth - 1}, {7, packCols + 21, 9},
			{500, 10, 64}, {1000, 3, 7}, {2, 700, 300}, {1, 3000, 60}, {130, 1, 2000}, {60, packCols + 21, 17},
		} {
			if small() && s[0]*s[1]*s[2] > 4_500_000 {
				continue
			}
			for _, tr := range [][2]bool{{false, false}, {false, true}, {true, false}, {true, true}} {
				newGemm[T](t, r, s[0], s[1], s[2], tr[0], tr[1], 0.75, T(r.IntN(2))).verify(t)
			}
		}
	})
}

func TestGemmLargeF32(t *testing.T) { testGemmLarge[float32](t) }
func TestGemmLargeF64(t *testing.T) { testGemmLarge[float64](t) }

// The same bits for any number of cores, and for rows computed together or alone (see Gemm for the exceptions).
func testGemmBits[T Float](t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(9, 10))
		shapes := [][3]int{{300, 200, 600}, {5, 3000, 300}, {2000, 30, 70}, {40, 20, 1000}, {1, 4000, 300}, {3000, 1, 200}}
		if small() {
			shapes = [][3]int{{60, 200, 300}, {5, 300, 300}, {40, 20, 600}}
		}
		for _, s := range shapes {
			for _, tr := range [][2]bool{{false, false}, {false, true}, {true, false}, {true, true}} {
				g := newGemm[T](t, r, s[0], s[1], s[2], tr[0], tr[1], 1.5, 0.5)
				start := append([]T(nil), g.c...)
				g.run(g.c)
				was := runtime.GOMAXPROCS(0)
				for _, procs := range []int{1, 2, 7} {
					runtime.GOMAXPROCS(procs)
					again := append([]T(nil), start...)
					g.run(again)
					runtime.GOMAXPROCS(was)
					if !equalBits(g.c, again) {
						t.Fatalf("%v: other bits at GOMAXPROCS %d", g, procs)
					}
				}
				if g.n == 1 || g.transB && g.m == 1 {
					continue
				}
				for _, i := range []int{0, g.m / 2, g.m - 1} {
					rows := min(2, g.m-i)
					if rows == 1 && g.transB {
						continue
					}
					a := g.a[min(i*g.lda, len(g.a)):]
					if g.transA {
						a = g.a[i:]
					}
					part := append([]T(nil), start[i*g.ldc:(i+rows-1)*g.ldc+g.n]...)
					Gemm(g.transA, g.transB, rows, g.n, g.k, g.alpha, a, g.lda, g.b, g.ldb, g.beta, part, g.ldc)
					if !equalBits(part, g.c[i*g.ldc:][:len(part)]) {
						t.Fatalf("%v: row %d alone has other bits", g, i)
					}
				}
			}
		}
	})
}

func TestGemmBitsF32(t *testing.T) { testGemmBits[float32](t) }
func TestGemmBitsF64(t *testing.T) { testGemmBits[float64](t) }

func equalBits[T Float](x, y []T) bool {
	return slices.EqualFunc(x, y, func(a, b T) bool { return bits(a) == bits(b) })
}

func TestGemmNonFinite(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		nan, inf := math.NaN(), math.Inf(1)
		for _, s := range [][3]int{{7, 5, 3}, {1, 9, 4}, {9, 1, 4}, {1, 70, 3}, {150, 60, 300}} {
			m, n, k := s[0], s[1], s[2]
			a, b, c := make([]float64, m*k), make([]float64, k*n), make([]float64, m*n)
			for i := range a {
				a[i] = 1
			}
			b[(k-1)*n] = nan // column 0
			if n > 1 {
				b[1] = inf
			}
			Gemm(false, false, m, n, k, 1, a, k, b, n, 0, c, n)
			for i := range m {
				if c[i*n] == c[i*n] || n > 1 && c[i*n+1] != inf || n > 2 && c[i*n+2] != 0 {
					t.Fatalf("%v: row %d is %v", s, i, c[i*n:i*n+min(n, 3)])
				}
			}
			Gemm(false, false, m, n, k, 0, a, k, b, n, 1, make([]float64, m*n), n) // alpha 0 reads nothing
			Gemm(false, false, m, n, k, 1, a, k, make([]float64, k*n), n, nan, c, n)
			if c[m*n-1] == c[m*n-1] {
				t.Fatalf("%v: beta NaN gives %v", s, c[m*n-1])
			}
		}
	})
}

func testGemv[T Float](t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(11, 12))
		for _, s := range [][2]int{{1, 1}, {3, 5}, {5, 3}, {17, 64}, {64, 17}, {300, 700}, {0, 3}, {3, 0}} {
			for _, trans := range []bool{false, true} {
				m, n := s[0], s[1]
				a, lda, _ := padded[T](t, r, m, n, 2)
				rows, cols := m, n
				if trans {
					rows, cols = n, m
				}
				x, _ := guarded[T](t, cols, 1)
				y, check := guarded[T](t, rows, 2)
				normals(r, x)
				normals(r, y)
				was := append([]T(nil), y...)
				Gemv(trans, m, n, 2, a, lda, x, -1, y)
				check()
				for i, got := range y {
					sum, size := exact(cols, func(p int) (float64, float64) {
						if trans {
							return float64(a[p*lda+i]), float64(x[p])
						}
						return float64(a[i*lda+p]), float64(x[p])
					})
					want := 2*sum - float64(was[i])
					if tol := float64(cols+4) * eps[T]() * (2*size + math.Abs(float64(was[i]))); !(math.Abs(float64(got)-want) <= tol) {
						t.Fatalf("%v trans %v: %d is %v, want %v", s, trans, i, got, want)
					}
				}
			}
		}
	})
}

func TestGemvF32(t *testing.T) { testGemv[float32](t) }
func TestGemvF64(t *testing.T) { testGemv[float64](t) }

func TestGemmRefusesShortOperands(t *testing.T) {
	x := make([]float32, 12)
	for name, f := range map[string]func(){
		"a":      func() { Gemm(false, false, 3, 2, 5, 1, x, 5, x, 2, 0, make([]float32, 6), 2) },
		"b":      func() { Gemm(false, false, 2, 3, 5, 1, x, 5, x, 3, 0, make([]float32, 6), 3) },
		"c":      func() { Gemm(false, false, 3, 3, 1, 1, x, 1, x, 3, 0, make([]float32, 8), 3) },
		"lda":    func() { Gemm(false, false, 6, 2, 3, 1, x, 2, x, 2, 0, make([]float32, 12), 2) },
		"ldb":    func() { Gemm(false, false, 2, 4, 3, 1, x, 3, x, 2, 0, make([]float32, 8), 4) },
		"ldc":    func() { Gemm(false, false, 2, 4, 3, 1, x, 3, x, 4, 0, make([]float32, 8), 2) },
		"transB": func() { Gemm(false, true, 2, 3, 5, 1, x, 5, x, 5, 0, make([]float32, 6), 3) },
		"x":      func() { Gemv(false, 2, 3, 1, x, 3, x[:2], 0, x[:2]) },
		"y":      func() { Gemv(true, 2, 3, 1, x, 3, x[:2], 0, x[:2]) },
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

// Rows of A may overlap, stored either way: the bits are those of copies.
func TestGemmOverlappingRows(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(3, 8))
		draw := func(x []float32) {
			for i := range x {
				x[i] = float32(r.NormFloat64())
			}
		}
		for _, s := range []struct{ m, n, k, lda int }{{5, 3, 7, 2}, {70, 12, 6, 2}, {29, 33, 40, 9}, {4, 1, 9, 3}, {1, 5, 6, 0}, {9, 2, 1, 1}} {
			for _, turned := range []bool{false, true} {
				rows, cols := s.m, s.k // of A as it lies
				if turned {
					rows, cols = s.k, s.m
				}
				a, b, c := make([]float32, (rows-1)*s.lda+cols), make([]float32, s.k*s.n), make([]float32, s.m*s.n)
				draw(a)
				draw(b)
				draw(c)
				apart := make([]float32, rows*cols)
				for i := range rows {
					copy(apart[i*cols:(i+1)*cols], a[i*s.lda:])
				}
				want := slices.Clone(c)
				Gemm(turned, false, s.m, s.n, s.k, 2, apart, cols, b, s.n, 1, want, s.n)
				Gemm(turned, false, s.m, s.n, s.k, 2, a, s.lda, b, s.n, 1, c, s.n)
				if !slices.Equal(c, want) {
					t.Errorf("%+v, transposed %v: other bits than of copied rows", s, turned)
				}
			}
		}
	})
}

// A small product on one core allocates nothing once the scratch memory is there.
func TestGemmAllocates(t *testing.T) {
	if racing {
		t.Skip("telling the race detector moves buffers to the heap")
	}
	eachLevel(t, func(t *testing.T) {
		a, c := make([]float32, 64*64), make([]float32, 64*64)
		for _, s := range [][3]int{{8, 8, 8}, {1, 64, 64}, {64, 1, 64}, {20, 10, 64}} {
			run := func() {
				Gemm(false, false, s[0], s[1], s[2], 1, a, s[2], a, s[1], 0, c, s[1])
				Gemm(false, true, s[0], s[1], s[2], 1, a, s[2], a, s[2], 0, c, s[1])
			}
			run()
			if n := testing.AllocsPerRun(100, run); n >= 1 {
				t.Errorf("%v: %v allocations", s, n)
			}
		}
	})
}

// Products at once on several goroutines, whose scratch memory comes from one pool.
func TestGemmConcurrent(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(17, 18))
		var wg sync.WaitGroup
		for range 4 {
			g := newGemm[float64](t, r, 70, 90, 300, false, true, 1, 0)
			want := append([]float64(nil), g.c...)
			g.run(want)
			wg.Go(func() {
				for range 5 {
					g.run(g.c)
					if !equalBits(g.c, want) {
						t.Errorf("%v: other bits beside other products", g)
					}
				}
			})
		}
		wg.Wait()
	})
}

// A matrix one column wide whose rows are adjacent is, transposed, a row with stride 1: not a matrix of overlapping rows.
func TestGemmOfColumnsOneWide(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		for _, n := range []int{1, 3} {
			a, b, c := []float64{1, 2, 3, 4, 5}, make([]float64, 5*n), make([]float64, n)
			for i := range b {
				b[i] = float64(i / n)
			}
			Gemm(true, false, 1, n, 5, 1, a, 1, b, n, 0, c, n)
			for _, v := range c {
				if v != 40 {
					t.Errorf("n %d: got %v, want 40", n, v)
				}
			}
		}
	})
}

// Rows a multiple of 2 KB apart are packed although they would fit the caches.
func testGemmOnPowersOfTwo[T Float](t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(3, 3))
		for _, s := range [][3]int{{20, 33, 40}, {60, 70, 50}, {9, 100, 17}} {
			for _, tr := range [][2]bool{{false, false}, {true, false}, {false, true}} {
				g := newGemm[T](t, r, s[0], s[1], s[2], tr[0], tr[1], 0.75, 1)
				rows, cols := s[0], s[2]
				if tr[0] {
					rows, cols = cols, rows
				}
				g.a, g.lda, _ = padded[T](t, r, rows, cols, sameSet[T]()-cols)
				rows, cols = s[2], s[1]
				if tr[1] {
					rows, cols = cols, rows
				}
				g.b, g.ldb, _ = padded[T](t, r, rows, cols, 2*sameSet[T]()-cols)
				g.verify(t)
			}
		}
	})
}

func TestGemmOnPowersOfTwoF32(t *testing.T) { testGemmOnPowersOfTwo[float32](t) }
func TestGemmOnPowersOfTwoF64(t *testing.T) { testGemmOnPowersOfTwo[float64](t) }

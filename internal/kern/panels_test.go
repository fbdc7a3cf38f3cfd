package kern

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Products with packed weights have the bits of Gemm and the maps behind it.
func TestPanelsAgainstGemm(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(3, 4))
		for _, s := range [][3]int{{1, 10, 128}, {1, 1, 7}, {1, 84, 120}, {1, 256, 784}, {1, 300, 5}, {2, 33, 9}, {14, 32, 40}, {15, 31, 1}, {29, 97, 600}, {3, 1, 65}, {5, 4, 0}, {0, 3, 3}} {
			m, n, k := s[0], s[1], s[2]
			a, b, bias := make([]float32, m*(k+3)), make([]float32, k*(n+1)), make([]float32, n)
			normals(r, a)
			normals(r, b)
			normals(r, bias)
			p := Pack(k, n, b, n+1)
			for variant := range 4 {
				add, cut := bias, variant&2 > 0
				if variant&1 > 0 {
					add = nil
				}
				c, check := guarded[float32](t, m*(n+2), 1)
				p.Product(m, a, k+3, c, n+2, add, cut)
				check()
				want := make([]float32, m*n)
				if m > 0 {
					Gemm(false, false, m, n, k, 1, a, k+3, b, n+1, 0, want, n)
				}
				for i := range m {
					row := want[i*n : (i+1)*n]
					if add != nil {
						Add(row, row, bias)
					}
					if cut {
						ReLU(row, row)
					}
					if !equalBits(row, c[i*(n+2):][:n]) {
						t.Fatalf("%v variant %d: row %d: %v, want %v", s, variant, i, c[i*(n+2):][:n], row)
					}
					if i < m-1 && c[i*(n+2)+n] == c[i*(n+2)+n] {
						t.Fatalf("%v: wrote behind row %d", s, i)
					}
				}
			}
		}
	})
}

// Windows are sums over runs, as plain arithmetic has them, and a row has the same bits whatever stands beside it.
func TestWindows(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(5, 6))
		for _, s := range [][5]int{{1, 5, 1, 1, 1}, {14, 12, 5, 6, 2}, {10, 16, 5, 30, 6}, {29, 33, 3, 7, 4}, {7, 64, 1, 9, 5}, {3, 17, 2, 2, 1}, {40, 1, 3, 3, 3}} {
			m, n, lines, run, lda := s[0], s[1], s[2], s[3], s[4]
			step := m*lda + run + 2
			a, b := make([]float32, (lines-1)*step+(m-1)*lda+run), make([]float32, lines*run*n)
			normals(r, a)
			normals(r, b)
			p := Pack(lines*run, n, b, n)
			bias := make([]float32, p.Padded())
			normals(r, bias[:n])
			for _, cut := range []bool{false, true} {
				c, check := guarded[float32](t, m*n, 3)
				p.Windows(&Windows{Rows: m, Step: lda, Lines: lines, Run: run, Gap: step, Blocks: 1}, a, c, n, 0, bias, cut)
				check()
				for i := range m {
					for j := range n {
						sum, size := 0.0, 0.0
						for l := range lines {
							for k := range run {
								v := float64(a[i*lda+l*step+k]) * float64(b[(l*run+k)*n+j])
								sum, size = sum+v, size+math.Abs(v)
							}
						}
						want := sum + float64(bias[j])
						if cut {
							want = max(want, 0)
						}
						if d := math.Abs(float64(c[i*n+j]) - want); !(d <= (size+math.Abs(want))*eps[float32]()*float64(lines*run+2)) {
							t.Fatalf("%v: row %d column %d: %v, want %v", s, i, j, c[i*n+j], want)
						}
					}
					one := make([]float32, n)
					p.Windows(&Windows{Rows: 1, Lines: lines, Run: run, Gap: step, Blocks: 1}, a[i*lda:], one, n, 0, bias, cut)
					if !equalBits(one, c[i*n:(i+1)*n]) {
						t.Fatalf("%v: row %d alone differs", s, i)
					}
				}
			}
		}
	})
}

// Blocks are windows each, however many a call takes, and long lines are cut.
func TestWindowsBlocks(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(9, 9))
		for _, s := range [][3]int{{5, 3, 12}, {40, 20, 33}, {1 << 10, 2, 5}, {3, 1 << 12, 3}} {
			rows, blocks, n := s[0], s[1], s[2]
			w := Windows{Rows: rows, Step: 2, Lines: 2, Run: 70, Gap: 90, Blocks: blocks, Next: 3}
			a, b := make([]float32, w.reach()), make([]float32, 140*n)
			normals(r, a)
			normals(r, b)
			p := Pack(140, n, b, n)
			bias := make([]float32, p.Padded())
			normals(r, bias[:n])
			c, check := guarded[float32](t, blocks*rows*n, 3)
			p.Windows(&w, a, c, n, rows*n, bias, true)
			check()
			one, row := w, make([]float32, n)
			one.Rows, one.Blocks = 1, 1
			for i := 0; i < rows*blocks; i += max(1, rows*blocks/50) {
				p.Windows(&one, a[i/rows*3+i%rows*2:], row, n, 0, bias, true)
				if !equalBits(row, c[i*n:(i+1)*n]) {
					t.Fatalf("%v: row %d differs", s, i)
				}
			}
		}
	})
}

// Pooling by four is that of plain code, NaN included.
func TestLargestOfFour(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(7, 8))
		for _, s := range [][2]int{{0, 3}, {1, 1}, {14, 6}, {5, 16}, {3, 17}, {2, 40}, {7, 8}, {1, 9000}} {
			n, c := s[0], s[1]
			x, okX := guarded[float32](t, 2*n*c, 1)
			y, okY := guarded[float32](t, 2*n*c, 2)
			normals(r, x)
			normals(r, y)
			if n > 1 {
				x[1], y[len(y)-1] = float32(math.NaN()), float32(math.NaN())
			}
			dst, check := guarded[float32](t, n*c, 1)
			LargestOfFour(dst, x, y, c)
			check()
			okX()
			okY()
			want := make([]float32, n*c)
			largestOfFourGeneric(want, x, y, n, c)
			for i, v := range want {
				if dst[i] != v && (v == v || dst[i] == dst[i]) {
					t.Fatalf("%v: %v at %d, want %v", s, dst[i], i, v)
				}
			}
		}
	})
}

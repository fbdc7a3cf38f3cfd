//go:build cuda

package cuda

import (
	"math"
	"testing"

	"github.com/gopherwood-ml/ml/internal/compute"
)

// A map's value on the device is a few roundings of float32 from the host's; where a function is steep or small beside its argument, relative to 1.
const ofMaps = 4e-6

func TestMaps(t *testing.T) {
	c := newTrial(t, 30)
	for kind := range compute.Kinds {
		for _, p := range [][2]float64{{.5, 2}, {-.25, .75}} {
			f := compute.Func{Kind: kind, A: p[0], B: p[1]}
			for _, odd := range []bool{false, true} {
				x := c.normals(1003, 3)
				if odd {
					x = c.odd(1003)
				}
				// At a jump of a derivative the sides may differ in which it is, and beside a pole in how far they go.
				for i, v := range x {
					if kind == compute.Power && v < 0 && p[0] == .5 || kind == compute.Log && v < 0 {
						x[i] = -v
					}
				}
				in, y, dx, dy := c.holding(x), c.normal(len(x)), c.normal(len(x)), c.normal(len(x))
				grads := [2]twin{dx, c.normal(len(x))}
				c.both(func(e compute.Engine, at func(twin) compute.Buf) { e.Map(f, at(y), at(in)) })
				c.agree(c.name("function ", kind, " of ", p, odd), y, ofMaps, 1)
				if odd {
					continue
				}
				for k, d := range grads {
					c.both(func(e compute.Engine, at func(twin) compute.Buf) { e.MapGrad(f, at(d), at(dy), at(in), at(y), k == 1) })
					c.agree(c.name("derivative of function ", kind, " of ", p), d, 2e-5, 1)
				}
				if !f.NeedsInput() {
					c.both(func(e compute.Engine, at func(twin) compute.Buf) {
						e.MapGrad(f, at(dx), at(dy), compute.Buf{}, at(y), false)
					})
					c.agree(c.name("derivative of function ", kind, " by its value"), dx, 2e-5, 1)
				}
			}
		}
	}
	for _, s := range [][2]int{{0, 3}, {1, 1}, {7, 33}, {600, 5}, {3, 4000}} {
		for _, kind := range []compute.Kind{compute.Identity, compute.ReLU, compute.GELU} {
			x, y, bias := c.normal(s[0]*s[1]), c.normal(s[0]*s[1]), c.normal(s[1])
			c.both(func(e compute.Engine, at func(twin) compute.Buf) {
				e.BiasMap(compute.Func{Kind: kind}, at(y), at(x), at(bias), s[0], s[1])
			})
			c.agree(c.name("bias of ", s), y, ofMaps, 1)
		}
	}
	for _, ab := range [][2]float64{{1, 0}, {-.5, 1}, {2, .25}} {
		x, y := c.normal(5001), c.normal(5001)
		c.both(func(e compute.Engine, at func(twin) compute.Buf) { e.Axpby(ab[0], at(x), ab[1], at(y)) })
		c.agree("a x + b y", y, fewRoundings, 1)
	}
	x, y := c.normal(40), c.holding([]float32{float32(math.NaN()), 1, 2})
	c.both(func(e compute.Engine, at func(twin) compute.Buf) {
		e.Axpby(2, at(x).Part(0, 3), 0, at(y)) // which is not read
		e.Copy(at(x).Part(1, 3), at(y))
		e.Fill(at(x).Part(3, 3), 1)
		e.Fill(at(x).Part(7, 9), -2)
	})
	c.agree("what is written over", y, fewRoundings, 1)
	c.agree("parts", x, fewRoundings, 1)
}

// oneByOne is for sums that the host makes in the order of elements, of up to 5000 equal ones: each rounding may go the same way.
const oneByOne = 3e-4

func TestIndexSpaces(t *testing.T) {
	c := newTrial(t, 31)
	// Random spaces, some of whose axes repeat or are summed.
	for trial := range 150 {
		axes := 1 + c.rng.IntN(5)
		shape := make([]int, axes)
		for i := range shape {
			shape[i] = 1 + c.rng.IntN(5)
		}
		if trial%10 == 0 {
			shape[c.rng.IntN(axes)] = 5000 // a sum that is made in parts
		}
		strides := func(drop bool) (step []int, n int) {
			step, n = make([]int, axes), 1
			for _, i := range c.rng.Perm(axes) {
				if drop && c.rng.IntN(3) == 0 {
					continue
				}
				step[i] = n
				n *= shape[i]
			}
			return step, n
		}
		whole, n := strides(false)
		xs, nx := strides(true)
		ys, ny := strides(true)
		ds, nd := strides(true)
		x, y, all, sums, products := c.normal(nx), c.normal(ny), c.normal(n), c.normal(nd), c.normal(nd)
		c.both(func(e compute.Engine, at func(twin) compute.Buf) {
			e.Move(shape, at(all), whole, at(x), xs, trial%2 == 1)
			e.Move(shape, at(sums), ds, at(x), xs, true)
			e.Contract(shape, at(products), ds, at(x), xs, at(y), ys, trial%2 == 0)
		})
		scale := math.Sqrt(float64(n)) * 8
		c.agree(c.name("moved ", shape, whole, xs), all, fewRoundings, 1)
		c.agree(c.name("summed ", shape, ds, xs), sums, oneByOne, scale)
		c.agree(c.name("contracted ", shape, ds, xs, ys), products, oneByOne, scale)
		op := compute.Op(trial % 7)
		c.both(func(e compute.Engine, at func(twin) compute.Buf) { e.Binary(op, shape, at(all), at(x), xs, at(y), ys) })
		c.agree(c.name("combined by ", op, shape, xs, ys), all, fewRoundings, 1)
	}
	for op := range compute.Op(7) {
		x, y, d := c.holding(c.odd(500)), c.holding(c.odd(500)), c.normal(500)
		c.both(func(e compute.Engine, at func(twin) compute.Buf) {
			e.Binary(op, []int{500}, at(d), at(x), []int{1}, at(y), []int{1})
		})
		c.agree(c.name("odd numbers combined by ", op), d, fewRoundings, 1)
	}
}

func TestGemm(t *testing.T) {
	c := newTrial(t, 32)
	for _, s := range [][3]int{{0, 3, 2}, {3, 0, 2}, {3, 2, 0}, {1, 1, 1}, {3, 4, 5}, {17, 1, 33}, {1, 40, 7}, {31, 33, 65}} {
		for k := range 16 {
			ta, tb := flags(k)[0], flags(k)[1]
			alpha, beta := []float64{1, .5}[k>>2&1], []float64{0, 2}[k>>3&1]
			m, n, depth, pad := s[0], s[1], s[2], k%3
			rows := func(trans bool, r, c int) (int, int) {
				if trans {
					r, c = c, r
				}
				return r, c + pad
			}
			ar, lda := rows(ta, m, depth)
			br, ldb := rows(tb, depth, n)
			ldc := n + pad
			for _, batch := range []int{1, 3} {
				a, b, d := c.normal(batch*ar*lda), c.normal(batch*br*ldb), c.normal(batch*m*ldc+1)
				c.both(func(e compute.Engine, at func(twin) compute.Buf) {
					if batch == 1 {
						e.Gemm(ta, tb, m, n, depth, alpha, at(a), lda, at(b), ldb, beta, at(d), ldc)
						return
					}
					e.GemmBatch(batch, ta, tb, m, n, depth, alpha, at(a), lda, ar*lda, at(b), ldb, br*ldb, beta, at(d), ldc, m*ldc)
				})
				c.agree(c.name("product of ", s, ta, tb, batch), d, manyRoundings, 8)
			}
		}
	}
}

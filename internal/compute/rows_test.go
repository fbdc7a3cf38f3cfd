package compute

import (
	"fmt"
	"math"
	"testing"

	"github.com/gopherwood-ml/ml/internal/rng"
)

// sizes are rows and columns: few, many, narrow, wide, and such as the cores share.
var sizes = [][2]int{{1, 1}, {1, 7}, {5, 3}, {300, 1}, {700, 3}, {2000, 17}, {513, 128}, {3, 5000}}

// Sums, normalisations and softmax of rows and columns by their definition, and on 1, 2 and 8 cores.
func TestRows(t *testing.T) {
	for _, size := range sizes {
		for _, en := range engines {
			t.Run(fmt.Sprint(size, en.name), func(t *testing.T) { checkRows(t, size[0], size[1], en.e, en.tol) })
		}
	}
}

func checkRows(t *testing.T, rows, cols int, e Engine, tol float64) {
	r := rng.New(31, uint64(rows*cols))
	x, xs := wide(e, r, rows*cols)
	dy, ds := wide(e, r, rows*cols)
	row := func(v []float64, i int) []float64 { return v[i*cols : (i+1)*cols] }
	transposed := func(v []float64) []float64 {
		w := make([]float64, len(v))
		for i, a := range v {
			w[i%cols*rows+i/cols] = a
		}
		return w
	}
	run := func(what string, n int, want []float64, f func(out Buf)) {
		t.Helper()
		agree(t, on(t, what, func() []float64 {
			out := e.New(n)
			e.Fill(out, 3)
			f(out)
			return read(e, out)
		}), want, tol, what)
	}
	added := func(add bool, v []float64) []float64 {
		w := make([]float64, len(v))
		for i := range v {
			w[i] = v[i] + pick(add, 3, 0)
		}
		return w
	}
	// soft gives the softmax of a row, or its logarithm, and what flows back
	soft := func(x, dy []float64, log bool) (y, dx []float64) {
		y, dx = make([]float64, len(x)), make([]float64, len(x))
		most, sum := math.Inf(-1), 0.0
		for _, v := range x {
			most = max(most, v)
		}
		for _, v := range x {
			sum += math.Exp(v - most)
		}
		dot, all := 0.0, 0.0
		for i, v := range x {
			y[i] = math.Exp(v-most) / sum
			dot += y[i] * dy[i]
			all += dy[i]
		}
		for i, v := range x {
			if log {
				dx[i] = dy[i] - y[i]*all
				y[i] = v - most - math.Log(sum)
			} else {
				dx[i] = y[i] * (dy[i] - dot)
			}
		}
		return
	}
	// norm gives a row mean 0, if asked, and mean square 1, and what flows back
	norm := func(x, dy []float64, eps float64, centre bool) (y, dx []float64, inv, mean, variance float64) {
		y, dx = make([]float64, len(x)), make([]float64, len(x))
		n := float64(len(x))
		for _, v := range x {
			mean += v / n
		}
		if !centre {
			mean = 0
		}
		for _, v := range x {
			variance += (v - mean) * (v - mean) / n
		}
		inv = 1 / math.Sqrt(variance+eps)
		shift, tilt := 0.0, 0.0
		for i, v := range x {
			y[i] = (v - mean) * inv
			shift += dy[i] / n
			tilt += dy[i] * y[i] / n
		}
		if !centre {
			shift = 0
		}
		for i := range x {
			dx[i] = inv * (dy[i] - shift - y[i]*tilt)
		}
		return
	}
	const eps = 1e-2
	for _, flag := range []bool{false, true} {
		var ys, dxs, ny, ndx, invs []float64
		for i := range rows {
			y, dx := soft(row(xs, i), row(ds, i), flag)
			ys, dxs = append(ys, y...), append(dxs, dx...)
			y, dx, inv, _, _ := norm(row(xs, i), row(ds, i), eps, flag)
			ny, ndx, invs = append(ny, y...), append(ndx, dx...), append(invs, inv)
		}
		run(fmt.Sprint("Softmax, log ", flag), len(xs), ys, func(out Buf) { e.Softmax(out, x, rows, cols, flag) })
		run(fmt.Sprint("NormRows, centre ", flag), len(xs), ny, func(out Buf) { e.NormRows(out, e.New(rows), x, rows, cols, eps, flag) })
		run("NormRows' roots", rows, invs, func(out Buf) { e.NormRows(e.New(len(xs)), out, x, rows, cols, eps, flag) })
		y, normed, inv := e.New(len(xs)), e.New(len(xs)), e.New(rows)
		e.Softmax(y, x, rows, cols, flag)
		e.NormRows(normed, inv, x, rows, cols, eps, flag)
		for _, add := range []bool{false, true} {
			run(fmt.Sprint("SoftmaxGrad, log ", flag), len(xs), added(add, dxs), func(out Buf) { e.SoftmaxGrad(out, dy, y, rows, cols, flag, add) })
			run(fmt.Sprint("NormRowsGrad, centre ", flag), len(xs), added(add, ndx), func(out Buf) { e.NormRowsGrad(out, dy, normed, inv, rows, cols, flag, add) })
		}
	}
	xt, dt := transposed(xs), transposed(ds)
	var yt, dxt, means, variances, sums []float64
	for j := range cols {
		y, dx, _, mean, variance := norm(xt[j*rows:(j+1)*rows], dt[j*rows:(j+1)*rows], eps, true)
		yt, dxt, means, variances, sums = append(yt, y...), append(dxt, dx...), append(means, mean), append(variances, variance), append(sums, mean*float64(rows))
	}
	rowsOf := func(v []float64) []float64 { // back to rows
		w := make([]float64, len(v))
		for i := range w {
			w[i] = v[i%cols*rows+i/cols]
		}
		return w
	}
	mean, variance, inv, y := e.New(cols), e.New(cols), e.New(cols), e.New(len(xs))
	run("NormColumns", len(xs), rowsOf(yt), func(out Buf) { e.NormColumns(out, inv, mean, variance, x, rows, cols, eps) })
	e.NormColumns(y, inv, mean, variance, x, rows, cols, eps)
	agree(t, read(e, mean), means, tol, "means")
	agree(t, read(e, variance), variances, tol, "variances")
	for _, add := range []bool{false, true} {
		run("NormColumnsGrad", len(xs), added(add, rowsOf(dxt)), func(out Buf) { e.NormColumnsGrad(out, dy, y, inv, e.New(3*cols), rows, cols, add) })
		run("ColumnSums", cols, added(add, sums), func(out Buf) { e.ColumnSums(out, x, rows, cols, add) })
	}
	square := 0.0
	for _, v := range xs {
		square += v * v
	}
	if got := e.SumSq(x); !(math.Abs(got-square) <= tol*square) {
		t.Errorf("SumSq is %g, want %g", got, square)
	}
}

// Rows of a table there and back, with numbers that are no row.
func TestGatherScatter(t *testing.T) {
	for _, en := range engines {
		e, r := en.e, rng.New(41, 0)
		table, ts := wide(e, r, 5*3)
		index := []float64{4, 0, -1, 2, 5, 4, 1e9, math.NaN(), 4, 1, math.Inf(1), math.Inf(-1), 1e30}
		at := e.New(len(index))
		e.PutWide(at, index)
		src, ss := wide(e, r, len(index)*3)

		dst := e.New(len(index) * 3)
		e.Fill(dst, 7)
		e.Gather(dst, table, at, 3)
		got := read(e, dst)
		for i, v := range index {
			for j := range 3 {
				want := 0.0
				if v >= 0 && v < 5 {
					want = ts[int(v)*3+j]
				}
				if got[i*3+j] != want {
					t.Fatalf("row %d, for %g: %g, want %g", i, v, got[i*3+j], want)
				}
			}
		}
		e.Scatter(table, src, at, 3)
		for i, v := range index {
			if v >= 0 && v < 5 {
				for j := range 3 {
					ts[int(v)*3+j] += ss[i*3+j]
				}
			}
		}
		agree(t, read(e, table), ts, en.tol, "Scatter")
	}
}

// Masks and normal numbers have the moments they should, do not depend on how many are asked for at once, and other keys give others.
func TestRandom(t *testing.T) {
	const n = 200001
	e := CPU64
	for _, keep := range []float64{.1, .5, .9, 1} {
		mask := on(t, "DropMask", func() []float64 {
			b := e.New(n)
			e.DropMask(b, keep, 5)
			return read(e, b)
		})
		kept := 0.0
		for _, v := range mask {
			if v != 0 && v != 1/keep {
				t.Fatalf("a mask of %g, want 0 or %g", v, 1/keep)
			}
			kept += pick(v != 0, 1, 0)
		}
		if sd := math.Sqrt(n * keep * (1 - keep)); math.Abs(kept-n*keep) > 5*sd {
			t.Errorf("%g of %d are kept, want about %g", kept, n, n*keep)
		}
		few := e.New(7)
		e.DropMask(few, keep, 5)
		agree(t, read(e, few), mask[:7], 0, "the first of a mask")
	}
	x := on(t, "Normal", func() []float64 {
		b := e.New(n)
		e.Normal(b, 5)
		return read(e, b)
	})
	few, other := e.New(7), e.New(7)
	e.Normal(few, 5)
	e.Normal(other, 6)
	agree(t, read(e, few), x[:7], 0, "the first normal numbers")
	if read(e, few)[0] == read(e, other)[0] {
		t.Error("two keys give the same numbers")
	}
	var m [5]float64
	lag := 0.0
	for i, v := range x {
		p := 1.0
		for k := range m {
			m[k] += p / n
			p *= v
		}
		lag += v * x[(i+1)%n] / n
	}
	// deviations of the moments of n numbers: sqrt(1, 2, 15, 96 / n)
	for k, want := range []float64{0, 1, 0, 3} {
		if sd := math.Sqrt([]float64{1, 2, 15, 96}[k] / n); math.Abs(m[k+1]-want) > 5*sd {
			t.Errorf("moment %d is %g, want %g", k+1, m[k+1], want)
		}
	}
	if math.Abs(lag) > 5/math.Sqrt(n) {
		t.Errorf("neighbours are correlated by %g", lag)
	}
}

// Every rule moves a long stretch of weights as it moves each weight alone, whatever kernel is at work, and float32 as float64.
func TestUpdateOfManyWeights(t *testing.T) {
	const n = 40003
	for rule := SGD; rule <= LAMB; rule++ {
		for _, nesterov := range []bool{false, true} {
			if nesterov && rule != SGD {
				continue
			}
			move := func(e Engine, n int) func() []float64 {
				return func() []float64 {
					r := rng.New(51, 0)
					w, m, v, most := e.New(n), e.New(n), e.New(n), e.New(n)
					x := make([]float64, n)
					rng.Normal(r, x, 0, 1)
					e.PutWide(w, x)
					g := e.New(n)
					rates := Rates{LR: .05, L2: .1, Shrink: .99, Beta1: .8, Beta2: .9, Fresh: .7, Eps: 1e-3, Mu: .7, MuNext: .75, Nesterov: nesterov, Most: most}
					for step := range 7 {
						rng.Normal(rng.New(52, uint64(step)), x, 0, 1)
						for i := range x {
							x[i] = float64(float32(x[i]))
						}
						e.PutWide(g, x)
						rates.Step, rates.Product = float64(step+1), math.Pow(.7, float64(step+1))
						e.Update(rule, &rates, w, g, m, v)
					}
					if rule == LAMB {
						return read(e, g)
					}
					return read(e, w)
				}
			}
			long := move(CPU64, n)()
			agree(t, on(t, fmt.Sprint("rule ", rule), move(CPU32, n)), long, 3e-5, fmt.Sprint("rule ", rule, ", float32"))
			for _, few := range []int{1, 7, 100} {
				agree(t, move(CPU64, few)(), long[:few], 1e-13, fmt.Sprint("rule ", rule, ", ", few, " weights"))
			}
		}
	}
}

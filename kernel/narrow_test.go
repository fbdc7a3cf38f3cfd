package kernel

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

// cloud is rows around four places, spread apart.
func cloud(n, p int, spread float64) *tensor.Tensor[float64] {
	x := tensor.New[float64](n, p)
	r := rng.New(11, 1)
	rng.Normal(r, x.Data(), 0, 1)
	for i := range n {
		for j := range p {
			x.Row(i)[j] += spread * float64((i>>(j%2))&1)
		}
	}
	return x
}

func upTo(n int) []int {
	idx := make([]int, n)
	for i := range idx {
		idx[i] = i
	}
	return idx
}

func ones(n int) []float64 { return slices.Repeat([]float64{1}, n) }

// A value has the bits it has in the whole matrix whatever else is asked for, and is off by no more than single precision explains: the exponent is a sum of
// p+2 products whose sizes add up to twice the exponents of the rows at most, each rounded once, and the coordinates were rounded before.
func TestNarrowColumns(t *testing.T) {
	const n, p = 1100, 5
	x := cloud(n, p, 2)
	k := metrics.RBF{Gamma: 0.2}
	g := newGaussColumns(k, rows.Of(x), upTo(n), ones(n), 0, 1e-3)
	if g == nil {
		t.Fatal("not narrow")
	}
	whole := make([]float32, n*n)
	g.fill(whole, n, upTo(n), 0, n)
	mean := make([]float64, p)
	for i := range n {
		for j, v := range x.Row(i) {
			mean[j] += v / n
		}
	}
	far := make([]float64, n)
	for i := range n {
		for j, v := range x.Row(i) {
			far[i] += k.Gamma * (v - mean[j]) * (v - mean[j])
		}
	}
	for i := range n {
		for j := range n {
			got, want := float64(whole[i*n+j]), k.Of(x.Row(i), x.Row(j))
			if bound := 0x1p-24 * (4 + (p+4)*2*(far[i]+far[j])) * (want + 1e-30); !(math.Abs(got-want) <= bound) {
				t.Fatalf("(%d, %d) is %v, want %v to %g", i, j, got, want, bound)
			}
		}
	}
	check := func(c columns[float32], some, cols []int, lo, hi int, what string) {
		w := hi - lo
		dst := make([]float32, len(some)*(w+3))
		c.fill(dst, w+3, some, lo, hi)
		for a, i := range some {
			for b, j := range cols[lo:hi] {
				if math.Float32bits(dst[a*(w+3)+b]) != math.Float32bits(whole[i*n+j]) {
					t.Fatalf("%s: (%d, %d) is %v, in the whole %v", what, i, j, dst[a*(w+3)+b], whole[i*n+j])
				}
			}
		}
	}
	check(g, []int{7}, upTo(n), 0, n, "one row")
	check(g, []int{3, 900, 31}, upTo(n), 513, 600, "a part")
	check(g, []int{3, 900, 31}, upTo(n), n-2, n, "the last two")
	for _, some := range [][]int{{5}, {5, 9}, {1, 2, 70, 1000}} {
		check(g.of(some), []int{5, 80}, some, 0, len(some), fmt.Sprint("of ", some))
	}
	var places []int
	for i := 0; i < n; i += 3 {
		places = append(places, i)
	}
	g.keep(places)
	check(g, []int{5, 80}, places, 0, len(places), "kept")
	g.keep([]int{4})
	check(g, []int{5, 80}, []int{places[4]}, 0, 1, "one kept")
}

// Where rounding could matter, or gains nothing, values are in double precision.
func TestNarrowIsRefused(t *testing.T) {
	const n = 1200
	x := cloud(n, 3, 1)
	distant := cloud(n, 3, 1)
	distant.Row(8)[0] = 1e3
	k, idx := metrics.RBF{Gamma: 0.3}, upTo(n)
	if newGaussColumns(k, rows.Of(x), idx, ones(n), 0, 1e-3) == nil {
		t.Fatal("not narrow at all")
	}
	for name, g := range map[string]*gaussColumns{
		"few rows":     newGaussColumns(k, rows.Of(x), idx[:999], ones(999), 0, 1e-3),
		"tolerance":    newGaussColumns(k, rows.Of(x), idx, ones(n), 0, 1e-6),
		"factors":      newGaussColumns(k, rows.Of(x), idx, slices.Repeat([]float64{1e3}, n), 0, 1e-3),
		"a row afar":   newGaussColumns(k, rows.Of(distant), idx, ones(n), 0, 1e-3),
		"one sign":     newGaussColumns(k, rows.Of(x), idx, ones(n), n, 1e-3),
		"sparse":       newGaussColumns(k, rows.Of(tensor.SparseFrom[float64](x)), idx, ones(n), 0, 1e-3),
		"other kernel": newGaussColumns(metrics.LaplacianKernel{Gamma: 1}, rows.Of(x), idx, ones(n), 0, 1e-3),
	} {
		if g != nil {
			t.Errorf("%s: in single precision", name)
		}
	}
}

// What was solved with values in single precision is solved to Tol in double precision, and the scores are right to an eighth of it, as newGaussColumns promises.
func TestNarrowSolvesWithinTol(t *testing.T) {
	n := 4000
	if testing.Short() {
		n = 1001
	}
	for _, c := range []struct {
		name          string
		p             int
		spread, gamma float64
		c, tol        float64
		kind          string
	}{
		{"plain", 6, 1, 0, 1, 1e-3, "svc"},
		{"far apart", 4, 6, 0.2, 1, 1e-3, "svc"},
		{"large C", 3, 0.5, 1, 8, 1e-2, "svc"},
		{"tight", 8, 0, 0.05, 0.3, 1e-4, "svc"},
		{"many columns", 120, 0.2, 0, 1, 1e-3, "svc"},
		{"numbers", 5, 1, 0.2, 1, 1e-3, "svr"},
		{"one class", 5, 1, 0.2, 1, 1e-3, "one"},
		{"nu", 5, 1, 0.2, 1, 1e-3, "nu"},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := rows.Of(cloud(n, c.p, c.spread))
			if c.gamma == 0 {
				c.gamma = scaleGamma(x, nil)
			}
			r := rng.New(3, 1)
			noise := make([]float64, n)
			rng.Normal(r, noise, 0, 0.5)
			d := &dual{kernel: metrics.RBF{Gamma: c.gamma}, x: x, idx: upTo(n), tol: c.tol, maxIter: 100_000, cache: 8 << 20, shrink: true, track: ml.Track(context.Background(), "block", 100_000)}
			buf := make([]float64, c.p)
			for i := range n {
				row := x.Row(i, buf)
				score := math.Sin(2*row[0]) + float64(row[1]*row[2])/2 + noise[i]
				switch c.kind {
				case "svr":
					d.y, d.p = append(d.y, 1), append(d.p, 0.1-score)
				case "one":
					d.y, d.p, d.c, d.a = append(d.y, 1), append(d.p, 0), append(d.c, 1), append(d.a, 0)
				default:
					p := -1.0
					if c.kind == "nu" {
						p = 0
					}
					d.y, d.p, d.c, d.a = append(d.y, math.Copysign(1, score)), append(d.p, p), append(d.c, c.c), append(d.a, 0)
				}
			}
			switch c.kind {
			case "svr":
				d.twice = true
				for i := range n {
					d.y, d.p = append(d.y, -1), append(d.p, 0.2-d.p[i])
				}
				d.c, d.a = slices.Repeat([]float64{c.c}, 2*n), make([]float64, 2*n)
			case "one":
				spend(d.a, d.c, 0.02*float64(n))
			case "nu":
				d.nu = true
				left := [2]float64{0.1 * float64(n), 0.1 * float64(n)}
				for i, y := range d.y {
					g := (1 - int(y)) / 2
					d.a[i] = min(1, left[g])
					left[g] -= d.a[i]
				}
			}
			if newGaussColumns(d.kernel, d.x, d.idx, d.c, kern.Sum(d.weights()), d.tol) == nil {
				t.Fatal("not in single precision")
			}
			if err := d.solve(context.Background()); err != nil {
				t.Fatal(err)
			}
			narrow := slices.Clone(d.f)
			clear(d.f)
			by, some := changes(d.weights(), nil)
			addOnce(context.Background(), newWideColumns(d.kernel, d.x, d.idx), d.f, by, some)
			off := 0.0
			for i, v := range d.f {
				off = max(off, math.Abs(v-narrow[i]))
			}
			if off > c.tol/8 {
				t.Errorf("scores are off by %g, more than an eighth of %g", off, c.tol)
			}
			gap := violation(d.extremes())
			if d.status != ml.Converged || !(gap <= c.tol) {
				t.Errorf("%v, violation %g (thought to be %g), want %g", d.status, gap, d.gap, c.tol)
			}
			t.Logf("%d blocks, %d vectors, violation %g thought to be %g, scores off by %g", d.blocks, len(some), gap, d.gap, off)
		})
	}
}

// The bytes of a model do not depend on the number of cores, with rows that come and go in a small cache and are shrunk.
func TestNarrowOnAnyCores(t *testing.T) {
	n := 3000
	if testing.Short() {
		n = 1001
	}
	x := cloud(n, 5, 1)
	y := make([]int, n)
	for i := range y {
		if row := x.Row(i); math.Sin(2*row[0])+float64(row[1]*row[2]) > 0.3 {
			y[i] = 1
		}
	}
	if newGaussColumns(metrics.RBF{Gamma: scaleGamma(rows.Of(x), nil)}, rows.Of(x), upTo(n), ones(n), 0, 1e-3) == nil {
		t.Fatal("not in single precision")
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var first *SVCModel
	for _, cores := range []int{1, 2, 3} {
		runtime.GOMAXPROCS(cores)
		m, err := SVC{CacheMB: 4}.Fit(context.Background(), ml.Data[int](x, y))
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = m
			continue
		}
		same := func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }
		if !slices.Equal(m.Support, first.Support) || !slices.EqualFunc(m.Dual.Data(), first.Dual.Data(), same) || !slices.EqualFunc(m.Intercept, first.Intercept, same) ||
			!slices.EqualFunc(m.Objective, first.Objective, same) || !slices.EqualFunc(m.Violation, first.Violation, same) {
			t.Errorf("%d cores: another model than with one", cores)
		}
	}
}

// The machine in single precision is LIBSVM's: the objective of a solution to Tol is within Tol times the sum of the variables of the best, here 1e-4 of it; of the
// vectors those that hardly differ from 0 or C may be told otherwise, one in a hundred; the intercept is known to Tol.
func TestNarrowIsLIBSVMs(t *testing.T) {
	file := golden.Load[struct {
		Cases []struct {
			C, Intercept, Objective float64
			Vectors, Bounded        int
		}
		Sum float64
	}](t, "testdata/svm_large.json")
	const n, p = 2000, 6
	x, y := tensor.New[float64](n, p), make([]int, n)
	sum := 0.0
	for i := range n {
		row := x.Row(i)
		for j := range row {
			row[j] = float64((i*i*(3+2*j)+7919*i*(j+1)+31*j)%1009) / 1009
			sum += row[j]
		}
		if float64((row[0]-0.5)*(row[1]-0.5))+float64(0.1*(row[2]-0.5))+float64(0.05*(row[3]-0.5)) > 0 {
			y[i] = 1
		}
	}
	golden.Close(t, []float64{sum}, []float64{file.Sum}, 1e-9, 0, "the rows")
	if len(file.Cases) != 2 {
		t.Fatal(len(file.Cases), "cases")
	}
	for _, c := range file.Cases {
		if newGaussColumns(metrics.RBF{Gamma: scaleGamma(rows.Of(x), nil)}, rows.Of(x), upTo(n), slices.Repeat([]float64{c.C}, n), 0, 1e-3) == nil {
			t.Fatal("not in single precision")
		}
		m, err := SVC{C: c.C}.Fit(context.Background(), ml.Data[int](x, y))
		if err != nil {
			t.Fatal(err)
		}
		bounded := 0
		for _, v := range m.Dual.Data() {
			if math.Abs(v) >= c.C {
				bounded++
			}
		}
		t.Logf("C %v: %d vectors, %d bounded, %v, %v; LIBSVM %+v", c.C, len(m.Support), bounded, m.Intercept, m.Objective, c)
		if near := func(a, b int) bool { return 100*max(a-b, b-a) <= b }; !near(len(m.Support), c.Vectors) || !near(bounded, c.Bounded) {
			t.Errorf("C %v: %d vectors, %d bounded; LIBSVM %d and %d", c.C, len(m.Support), bounded, c.Vectors, c.Bounded)
		}
		golden.Close(t, m.Intercept, []float64{c.Intercept}, 0, 1e-3, "intercept")
		golden.Close(t, m.Objective, []float64{c.Objective}, 1e-4, 0, "objective")
	}
}

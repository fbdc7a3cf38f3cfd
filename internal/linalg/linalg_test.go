package linalg

import (
	"math"
	"math/big"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
)

func random(r *rand.Rand, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = r.NormFloat64()
	}
	return out
}

func seeded() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

// near compares to rel times the largest wanted number.
func near(t *testing.T, got, want []float64, rel float64, what string) {
	t.Helper()
	size := MaxAbs(want)
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= rel*size) {
			t.Errorf("%s: [%d] is %v, want %v", what, i, got[i], want[i])
			return
		}
	}
}

func fold(a, y []float64, rows, cols, targets int) *QR {
	q := NewQR(rows, cols, targets)
	for i := range rows {
		row := q.Row()
		copy(row, a[i*cols:(i+1)*cols])
		copy(row[cols:], y[i*targets:(i+1)*targets])
	}
	return q
}

// The triangle has the Gram matrix of the rows, whatever the number of rows that fit the buffer.
func TestQRKeepsTheGramMatrix(t *testing.T) {
	r := seeded()
	for _, size := range [][2]int{{1, 1}, {1, 5}, {4, 5}, {5, 5}, {50, 5}, {40000, 3}, {900, 150}} {
		n, p := size[0], size[1]
		a, y := random(r, n*p), random(r, n*2)
		rows, rt := fold(a, y, n, p, 2).Triangle()
		if rows > min(n, p) {
			t.Fatal(size, "left", rows, "rows")
		}
		w := p + 2
		want, got := make([]float64, w*w), make([]float64, w*w)
		for i := range n {
			row := append(slices.Clone(a[i*p:(i+1)*p]), y[i*2:i*2+2]...)
			AddGram(want, row, 1, w, w)
		}
		AddGram(got, rt, rows, w, w)
		for i := range p { // QᵀY is cut off below the triangle, so that YᵀY is not kept
			near(t, got[i*w+i:(i+1)*w], want[i*w+i:(i+1)*w], 1e-12, "row of the Gram matrix")
		}
		for i := range rows {
			for j := range min(i, p) {
				if rt[i*w+j] != 0 {
					t.Fatal("not a triangle")
				}
			}
		}
	}
}

func TestQRJoin(t *testing.T) {
	r := seeded()
	a, y := random(r, 300*4), random(r, 300)
	whole := fold(a, y, 300, 4, 1)
	parts := NewQR(8, 4, 1)
	parts.Join(fold(a[:100*4], y[:100], 100, 4, 1))
	parts.Join(fold(a[100*4:], y[100:], 200, 4, 1))
	solve := func(q *QR) []float64 {
		rows, rt := q.Triangle()
		x := make([]float64, 4)
		NewLeastSquares(rt, rows, 4, 1, []float64{1, 1, 1, 1}, 1e-14).Basic(x, 0)
		return x
	}
	near(t, solve(parts), solve(whole), 1e-13, "solution of joined triangles")
}

// A buffer that was told of too few rows grows.
func TestQRWithWrongHint(t *testing.T) {
	r := seeded()
	a := random(r, 20*6)
	q := NewQR(1, 6, 0)
	for i := range 20 {
		copy(q.Row(), a[i*6:(i+1)*6])
	}
	rows, rt := q.Triangle()
	want, got := make([]float64, 36), make([]float64, 36)
	AddGram(want, a, 20, 6, 6)
	AddGram(got, rt, rows, 6, 6)
	near(t, got, want, 1e-13, "Gram matrix")
}

// dgemm runs on many goroutines: the bytes must not depend on how many.
func TestSameBytesForAnyGOMAXPROCS(t *testing.T) {
	r := seeded()
	a := random(r, 700*200)
	run := func(procs int) ([]float64, []float64) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		_, rt := fold(a, make([]float64, 700), 700, 200, 1).Triangle()
		g := make([]float64, 300*300)
		OuterGram(g, a, 300, 200)
		return rt, g
	}
	rt1, g1 := run(1)
	for _, procs := range []int{2, 8} {
		rt, g := run(procs)
		if !slices.Equal(rt, rt1) || !slices.Equal(g, g1) {
			t.Error("other bytes for", procs)
		}
	}
}

func TestLeastSquaresRank(t *testing.T) {
	r := seeded()
	const n, p = 30, 5
	a, y := random(r, n*p), random(r, n)
	for i := range n {
		row := a[i*p : (i+1)*p]
		row[3] = 1e-3 * (row[0] - 2*row[1]) // dependent, though small
		row[2] *= 1e-5                      // smaller, but not dependent
	}
	size := make([]float64, p)
	for j := range size {
		for i := range n {
			size[j] = math.Hypot(size[j], a[i*p+j])
		}
	}
	rows, rt := fold(a, y, n, p, 1).Triangle()
	f := NewLeastSquares(rt, rows, p, 1, size, 1e-14)
	if f.Rank() != 4 {
		t.Fatal("rank", f.Rank())
	}
	x := make([]float64, p)
	f.Basic(x, 0)
	f.Shortest(x)
	// The shortest solution is orthogonal to the null vector (1, -2, 0, -1e3, 0) and has the same residual as any other.
	if dot := x[0] - 2*x[1] - 1e3*x[3]; math.Abs(dot) > 1e-13*1e3*Norm(x) {
		t.Errorf("not the shortest: %v along the null space", dot)
	}
	grad := make([]float64, p)
	for i := range n {
		row := a[i*p : (i+1)*p]
		Axpy(y[i]-Dot(row, x), row, grad)
	}
	for j, g := range grad {
		if math.Abs(g) > 1e-9*size[j]*Norm(y) { // the units differ by 1e5
			t.Errorf("column %d is not orthogonal to the residual: %v", j, g/size[j])
		}
	}
}

func TestLeastSquaresOfNothing(t *testing.T) {
	f := NewLeastSquares(make([]float64, 3*4), 3, 3, 1, []float64{0, 0, 0}, 1e-14) // three zero columns
	x := []float64{1, 2, 3}
	f.Basic(x, 0)
	f.Shortest(x)
	if f.Rank() != 0 || !slices.Equal(x, make([]float64, 3)) {
		t.Error(f.Rank(), x)
	}
	if NewLeastSquares([]float64{math.Inf(1), 1}, 1, 1, 1, []float64{1}, 1e-14) != nil {
		t.Error("an overflowed triangle was factored")
	}
}

func TestCholesky(t *testing.T) {
	r := seeded()
	const n = 12
	a := random(r, 3*n*n)
	for i := range 3 * n {
		for j := range n {
			a[i*n+j] *= math.Pow(10, float64(j%7-3)) // scales must not matter
		}
	}
	g := make([]float64, n*n)
	AddGram(g, a, 3*n, n, n)
	want := random(r, n)
	b := make([]float64, n)
	for i := range n {
		for j := range n {
			b[i] += g[min(i, j)*n+max(i, j)] * want[j]
		}
	}
	c := NewCholesky(slices.Clone(g), n)
	c.Solve(b)
	near(t, b, want, 1e-9, "solution")
	if c.RCond() < 1e-3 || c.RCond() > 1 {
		t.Error("rcond", c.RCond())
	}
	for name, bad := range map[string][]float64{"zero": {0, 0, 0, 1}, "indefinite": {1, 2, 0, 1}, "NaN": {1, math.NaN(), 0, 1}, "Inf": {math.Inf(1), 0, 0, 1}} {
		if NewCholesky(bad, 2) != nil {
			t.Error(name, "was factored")
		}
	}
}

// All supports of at most 6 columns are tried: the best feasible one is the answer.
func TestNNLSAgainstAllSupports(t *testing.T) {
	r := seeded()
	for trial := range 200 {
		n, p := 2+trial%9, 1+trial%6
		a, y := random(r, n*p), random(r, n)
		if trial%5 == 0 && p > 1 { // a column twice
			for i := range n {
				a[i*p+1] = a[i*p]
			}
		}
		rt := make([]float64, 0, n*(p+1))
		for i := range n {
			rt = append(append(rt, a[i*p:(i+1)*p]...), y[i])
		}
		x := make([]float64, p)
		res, err := NNLS{Tol: 1e-12, MaxSteps: 100, Step: func(int, float64) (bool, error) { return false, nil }}.Solve(x, rt, n, p)
		if err != nil || !res.Done {
			t.Fatal(trial, res, err)
		}
		got := residual(a, y, x, n, p)
		best := math.Inf(1)
		for mask := range 1 << p {
			if s := onSupport(a, y, n, p, mask); s != nil {
				best = min(best, residual(a, y, s, n, p))
			}
		}
		if slices.Min(x) < 0 || got > best+1e-12*(1+best) {
			t.Errorf("trial %d: residual %v at %v, best %v", trial, got, x, best)
		}
	}
}

func residual(a, y, x []float64, n, p int) float64 {
	sum := 0.0
	for i := range n {
		e := y[i] - Dot(x, a[i*p:(i+1)*p])
		sum += e * e
	}
	return sum
}

// onSupport is the least-squares solution on the columns of mask, nil if it has a negative coefficient.
func onSupport(a, y []float64, n, p, mask int) []float64 {
	var cols []int
	for j := range p {
		if mask>>j&1 == 1 {
			cols = append(cols, j)
		}
	}
	q := NewQR(n, len(cols), 1)
	size := make([]float64, len(cols))
	for i := range n {
		row := q.Row()
		for k, j := range cols {
			row[k] = a[i*p+j]
			size[k] = 1
		}
		row[len(cols)] = y[i]
	}
	rows, rt := q.Triangle()
	s := make([]float64, len(cols))
	x := make([]float64, p)
	NewLeastSquares(rt, rows, len(cols), 1, size, 1e-12).Basic(s, 0)
	for k, j := range cols {
		if s[k] < 0 {
			return nil
		}
		x[j] = s[k]
	}
	return x
}

type denseOperator struct {
	a          []float64
	rows, cols int
}

func (o denseOperator) Dims() (int, int) { return o.rows, o.cols }
func (o denseOperator) Mul(dst, x []float64) {
	MulVec(dst, o.a, o.rows, o.cols, o.cols, x)
}
func (o denseOperator) MulTrans(dst, y []float64) {
	clear(dst)
	AddMulTrans(dst, o.a, o.rows, o.cols, o.cols, y)
}

func TestLSQR(t *testing.T) {
	r := seeded()
	for _, size := range [][2]int{{40, 6}, {6, 40}, {10, 10}} {
		for _, damp := range []float64{0, 0.7} {
			n, p := size[0], size[1]
			a, b := random(r, n*p), random(r, n)
			q := NewQR(n+p, p, 1)
			for i := range n {
				row := q.Row()
				copy(row, a[i*p:(i+1)*p])
				row[p] = b[i]
			}
			for j := range p {
				row := q.Row()
				clear(row)
				row[j] = damp
			}
			ones := slices.Repeat([]float64{1}, p)
			rows, rt := q.Triangle()
			f := NewLeastSquares(rt, rows, p, 1, ones, 1e-12)
			want, got := make([]float64, p), make([]float64, p)
			f.Basic(want, 0)
			f.Shortest(want)
			res, err := LSQR{Damp: damp, Tol: 1e-14, MaxIter: 500, Step: func(int, float64) (bool, error) { return false, nil }}.Solve(got, denseOperator{a, n, p}, b)
			if err != nil || !res.Done {
				t.Fatal(size, damp, res, err)
			}
			near(t, got, want, 1e-9, "LSQR")
		}
	}
	x := []float64{1, 1}
	res, err := LSQR{Tol: 1e-10, MaxIter: 5}.Solve(x, denseOperator{make([]float64, 6), 3, 2}, []float64{1, 2, 3})
	if err != nil || !res.Done || x[0] != 0 || x[1] != 0 {
		t.Error("of a zero matrix:", x, res, err)
	}
}

// Double against exact rationals: 1e-30 is what a pair of float64 resolves, with room for a few hundred additions.
func TestDouble(t *testing.T) {
	r := seeded()
	x, b := random(r, 300), random(r, 300)
	for i := range x {
		x[i] *= math.Pow(10, float64(i%13-6))
	}
	exact := new(big.Rat)
	exact.SetFloat64(3)
	for i := range x {
		exact.Sub(exact, new(big.Rat).Mul(new(big.Rat).SetFloat64(x[i]), new(big.Rat).SetFloat64(b[i])))
	}
	off := func(d Double) float64 {
		e := new(big.Rat).Sub(new(big.Rat).Add(new(big.Rat).SetFloat64(d.Hi), new(big.Rat).SetFloat64(d.Lo)), exact)
		f, _ := new(big.Rat).Quo(e, exact).Float64()
		return math.Abs(f)
	}
	one := Double{Hi: 3}
	for i := range x {
		one = one.AddProduct(-x[i], b[i])
	}
	whole := ResidualDot(Double{Hi: 3}, x, b)
	sums := make([]Double, 1)
	sums[0] = Double{Hi: 3}
	for i := range x {
		AddScaled(sums, Double{Hi: -b[i]}, x[i:i+1])
	}
	halves := ResidualDot(Double{Hi: 3}, x[:150], b[:150]).Add(ResidualDot(Double{}, x[150:], b[150:]))
	for name, d := range map[string]Double{"AddProduct": one, "ResidualDot": whole, "AddScaled": sums[0], "Add": halves} {
		if e := off(d); e > 1e-27 {
			t.Errorf("%s: relative error %g", name, e)
		}
	}
	third := Double{Hi: 1. / 3, Lo: 0x1p-56 / 3}
	if got := third.Scale(3).AddFloat(-1).Sum(); math.Abs(got-0x1p-56) > 0x1p-100 && math.Abs(got) > 0x1p-53 {
		t.Error("Scale:", got)
	}
}

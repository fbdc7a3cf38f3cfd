package compute

import "github.com/gopherwood-ml/ml/internal/kern"

// Op is a function of two numbers.
type Op uint8

// The functions of two numbers.
const (
	Add Op = iota
	Sub
	Mul
	Div
	Max
	Min
	Equal // 1 or 0
)

// maxAxes is the most axes an index space has.
const maxAxes = 8

// walk calls row for every row of an index space, a row being its last axis, with the offsets where it begins in three
// arrays. Axes that all arrays run through as one are joined first, so rows are as long as they can be.
type walk struct {
	axes   int
	n      [maxAxes]int
	step   [3][maxAxes]int
	at     [3]int
	count  [maxAxes]int
	inside int // elements of a row
}

func newWalk(shape []int, a, b, c []int) walk {
	var w walk
	strides := [3][]int{a, b, c}
	for i, n := range shape {
		if n == 1 {
			continue
		}
		joins := w.axes > 0
		for j, s := range strides {
			if s != nil && joins {
				joins = w.step[j][w.axes-1] == s[i]*n
			}
		}
		if joins {
			w.n[w.axes-1] *= n
		} else {
			w.n[w.axes] = n
			w.axes++
		}
		for j, s := range strides {
			if s != nil {
				w.step[j][w.axes-1] = s[i]
			}
		}
	}
	if w.axes == 0 {
		w.axes, w.n[0] = 1, 1
	}
	w.inside = w.n[w.axes-1]
	return w
}

// rows is the number of rows.
func (w *walk) rows() int {
	r := 1
	for i := range w.axes - 1 {
		r *= w.n[i]
	}
	return r
}

// next moves to the row after.
func (w *walk) next() {
	for i := w.axes - 2; i >= 0; i-- {
		w.count[i]++
		for j := range w.at {
			w.at[j] += w.step[j][i]
		}
		if w.count[i] < w.n[i] {
			return
		}
		for j := range w.at {
			w.at[j] -= w.step[j][i] * w.n[i]
		}
		w.count[i] = 0
	}
}

// skip moves to row k from the first.
func (w *walk) skip(k int) {
	for i := w.axes - 2; i >= 0; i-- {
		w.count[i] = k % w.n[i]
		k /= w.n[i]
		for j := range w.at {
			w.at[j] += w.step[j][i] * w.count[i]
		}
	}
}

// apart reports whether no two rows share elements of array j.
func (w *walk) apart(j int) bool {
	for i := range w.axes - 1 {
		if w.n[i] > 1 && w.step[j][i] == 0 {
			return false
		}
	}
	return true
}

// split cuts a single long row into rows, so that cores can share it.
func (w *walk) split() {
	const piece = 1 << 14
	if w.axes != 1 || w.inside < 2*piece || w.inside%piece != 0 {
		return
	}
	for j := range w.step {
		w.step[j][1] = w.step[j][0]
		w.step[j][0] *= piece
	}
	w.axes, w.n[0], w.n[1], w.inside = 2, w.inside/piece, piece, piece
}

// last is the step of array j within a row.
func (w *walk) last(j int) int { return w.step[j][w.axes-1] }

func (cpu[T]) Move(shape []int, dst Buf, dstStride []int, src Buf, srcStride []int, add bool) {
	d, s := Floats[T](dst), Floats[T](src)
	w := newWalk(shape, dstStride, srcStride, nil)
	if w.last(0) != 0 {
		w.split()
	}
	if small(w.rows(), w.inside) || !w.apart(0) {
		moveRows(w, d, s, add, 0, w.rows())
		return
	}
	moveTogether(w, d, s, add)
}

func moveTogether[T Float](w walk, d, s []T, add bool) {
	rowsTogether(w.rows(), w.inside, func(lo, hi int) { moveRows(w, d, s, add, lo, hi) })
}

func moveRows[T Float](w walk, d, s []T, add bool, lo, hi int) {
	w.skip(lo)
	n, ds, ss := w.inside, w.last(0), w.last(1)
	for range hi - lo {
		a, b := d[w.at[0]:], s[w.at[1]:]
		switch {
		case n == 0:
		case ds == 1 && ss == 1 && add:
			kern.Add(a[:n], a[:n], b[:n])
		case ds == 1 && ss == 1:
			copy(a[:n], b[:n])
		case ds == 0 && ss == 1 && add:
			a[0] += kern.Sum(b[:n])
		case add:
			for i := range n {
				a[i*ds] += b[i*ss]
			}
		default:
			for i := range n {
				a[i*ds] = b[i*ss]
			}
		}
		w.next()
	}
}

func (cpu[T]) Binary(op Op, shape []int, dst, x Buf, xStride []int, y Buf, yStride []int) {
	d, a, b := Floats[T](dst), Floats[T](x), Floats[T](y)
	w := newWalk(shape, nil, xStride, yStride)
	w.split()
	if small(w.rows(), w.inside) {
		combineRows(op, w, d, a, b, 0, w.rows())
		return
	}
	combineTogether(op, w, d, a, b)
}

func combineTogether[T Float](op Op, w walk, d, a, b []T) {
	rowsTogether(w.rows(), w.inside, func(lo, hi int) { combineRows(op, w, d, a, b, lo, hi) })
}

func combineRows[T Float](op Op, w walk, d, a, b []T, lo, hi int) {
	w.skip(lo)
	n, xs, ys := w.inside, w.last(1), w.last(2)
	for r := lo; r < hi; r++ {
		combine(op, d[r*n:(r+1)*n], a[w.at[1]:], xs, b[w.at[2]:], ys)
		w.next()
	}
}

// combine does one row.
func combine[T Float](op Op, dst, x []T, xs int, y []T, ys int) {
	n := len(dst)
	switch {
	case n == 0:
	case xs == 1 && ys == 1 && op == Add:
		kern.Add(dst, x[:n], y[:n])
	case xs == 1 && ys == 1 && op == Mul:
		kern.Mul(dst, x[:n], y[:n])
	case xs == 1 && ys == 0 && op == Add:
		kern.Shift(1, y[0], dst, x[:n])
	case xs == 1 && ys == 0 && op == Sub:
		kern.Shift(1, -y[0], dst, x[:n])
	case xs == 1 && ys == 0 && op == Mul:
		kern.Scal(y[0], dst, x[:n])
	case xs == 0 && ys == 1 && op == Add:
		kern.Shift(1, x[0], dst, y[:n])
	case xs == 0 && ys == 1 && op == Sub:
		kern.Shift(-1, x[0], dst, y[:n])
	case xs == 0 && ys == 1 && op == Mul:
		kern.Scal(x[0], dst, y[:n])
	default:
		for i := range dst {
			dst[i] = of2(op, x[i*xs], y[i*ys])
		}
	}
}

func of2[T Float](op Op, x, y T) T {
	switch op {
	case Add:
		return x + y
	case Sub:
		return x - y
	case Mul:
		return x * y
	case Div:
		return x / y
	case Max:
		return max(x, y)
	case Equal:
		if x == y {
			return 1
		}
		return 0
	default:
		return min(x, y)
	}
}

func (cpu[T]) Contract(shape []int, dst Buf, dstStride []int, x Buf, xStride []int, y Buf, yStride []int, add bool) {
	d, a, b := Floats[T](dst), Floats[T](x), Floats[T](y)
	w := newWalk(shape, dstStride, xStride, yStride)
	if !add {
		clear(d)
	}
	if w.last(0) != 0 {
		w.split()
	}
	if small(w.rows(), w.inside) || !w.apart(0) {
		contractRows(w, d, a, b, 0, w.rows())
		return
	}
	contractTogether(w, d, a, b)
}

func contractTogether[T Float](w walk, d, a, b []T) {
	rowsTogether(w.rows(), w.inside, func(lo, hi int) { contractRows(w, d, a, b, lo, hi) })
}

func contractRows[T Float](w walk, d, a, b []T, lo, hi int) {
	w.skip(lo)
	n, ds, xs, ys := w.inside, w.last(0), w.last(1), w.last(2)
	var s [stretch]T
	for range hi - lo {
		to, from, by := d[w.at[0]:], a[w.at[1]:], b[w.at[2]:]
		switch {
		case n == 0:
		case ds == 1 && xs == 1 && ys == 1:
			kern.FMA(to[:n], from[:n], by[:n], to[:n])
		case ds == 1 && xs == 1 && ys == 0:
			kern.Axpy(by[0], from[:n], to[:n])
		case ds == 1 && xs == 0 && ys == 1:
			kern.Axpy(from[0], by[:n], to[:n])
		case ds == 0 && xs == 1 && ys == 1:
			to[0] += kern.Dot(from[:n], by[:n])
		default:
			for at := 0; at < n; at += stretch { // products first: no sum is fused with one
				m := min(stretch, n-at)
				for i := range m {
					s[i] = from[(at+i)*xs] * by[(at+i)*ys]
				}
				for i := range m {
					to[(at+i)*ds] += s[i]
				}
			}
		}
		w.next()
	}
}

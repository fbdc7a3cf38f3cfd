// Package naive is an accelerator for tests: it does what compute asks of one by plain loops, so that what estimators make of the answers is
// checked without a device.
package naive

import (
	"math"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/gopherwood-ml/ml/internal/compute"
)

// Engine answers everything.
type Engine struct {
	Queries  int  // how many queries of each task are answered; 0: all
	Decline  bool // declines everything
	Answered atomic.Int64
}

// Serve registers e until the test ends. Such tests do not run in parallel with others.
func (e *Engine) Serve(t testing.TB) {
	compute.Accelerate(e)
	t.Cleanup(func() { compute.Accelerate(nil) })
}

// take counts an answer.
func (e *Engine) take() bool {
	if !e.Decline {
		e.Answered.Add(1)
	}
	return !e.Decline
}

func square(x, y []float32) float32 {
	var sum float32
	for j, v := range x {
		gap := v - y[j]
		sum += float32(gap * gap)
	}
	return sum
}

// Nearest implements compute.Accelerator.
func (e *Engine) Nearest(t compute.NearestTask) int {
	if !e.take() {
		return 0
	}
	m, n, d := t.Dims()
	if e.Queries > 0 {
		m = min(m, e.Queries)
	}
	points, query := make([]float32, n*d), make([]float32, d)
	t.Points(points, 0, n)
	const together = 7
	for first := 0; first < m; first += together {
		found := make([]compute.Candidates, min(together, m-first))
		for i := range found {
			t.Queries(query, first+i, first+i+1)
			all := make([]float32, n)
			for j := range all {
				all[j] = square(query, points[j*d:(j+1)*d])
			}
			c := &found[i]
			c.Bound = float32(math.Inf(1))
			if w := t.Wanted(); w < n {
				sorted := slices.Clone(all)
				slices.Sort(sorted)
				c.Bound = sorted[w-1]
			}
			for j, v := range all {
				if v < c.Bound {
					c.Squares, c.Index = append(c.Squares, v), append(c.Index, int32(j))
				}
			}
		}
		t.Take(first, found)
	}
	return m
}

// Assign implements compute.Accelerator.
func (e *Engine) Assign(t compute.AssignTask) bool {
	n, k, d := t.Dims()
	centres := t.Centres()
	if len(centres) == 0 || !e.take() {
		return false
	}
	rows := make([]float32, n*d)
	t.Rows(rows, 0, n)
	at, least, second := make([]int32, n), make([]float32, n), make([]float32, n)
	for i := range n {
		least[i], second[i] = float32(math.Inf(1)), float32(math.Inf(1))
		for c := range k {
			switch v := square(rows[i*d:(i+1)*d], centres[c*d:(c+1)*d]); {
			case v < least[i]:
				at[i], least[i], second[i] = int32(c), v, least[i]
			case v < second[i]:
				second[i] = v
			}
		}
	}
	t.Take(at, least, second)
	return true
}

// Kernel implements compute.Accelerator.
func (e *Engine) Kernel(t compute.KernelTask, dst []float64, ldd int, left []float64, m int) bool {
	s := t.Spec()
	if s.Kind == compute.OtherKernel || !e.take() {
		return false
	}
	a := make([]float64, m*s.Width)
	t.Left(a, left, m)
	for i := range m {
		for j := range s.N {
			v := 0.0
			for c := range s.Width {
				x, y := a[i*s.Width+c], s.Right[j*s.Width+c]
				if s.Gaps {
					x -= y
					y = x
				}
				v += float64(x * y)
			}
			switch s.Kind {
			case compute.RootKernel:
				v = math.Sqrt(v)
			case compute.ExpKernel:
				v = math.Exp(s.Gamma * v)
			case compute.SigmoidKernel:
				v = math.Tanh(float64(s.Gamma*v) + s.Coef0)
			case compute.PolynomialKernel:
				v = math.Pow(float64(s.Gamma*v)+s.Coef0, float64(s.Degree))
			}
			dst[i*ldd+j] = v
		}
	}
	return true
}

// Squares implements compute.Accelerator.
func (e *Engine) Squares(t compute.SquaresTask, dst []float64) bool {
	if !e.take() {
		return false
	}
	x, n, p := t.Columns()
	for i := range n {
		for j := i; j < n; j++ {
			sum := 0.0
			for c := range p {
				gap := x[c*n+i] - x[c*n+j]
				sum += float64(gap * gap)
			}
			dst[i*n+j] = sum
		}
	}
	return true
}

// Histogram implements compute.Accelerator.
func (e *Engine) Histogram(t compute.HistogramTask, hist []int64, lo, hi int) bool {
	if !e.take() {
		return false
	}
	codes, d := t.Codes(), t.Derivatives()
	clear(hist[:codes.Cols*512])
	places := t.Places(lo, hi)
	for i := range hi - lo {
		r := lo + i
		if places != nil {
			r = int(places[i])
		}
		var first, second int64
		if d.Pairs {
			first, second = d.Values[2*r], d.Values[2*r+1]
		} else {
			v := d.Values[r]
			first = v >> (d.CountBits + d.HessBits)
			second = v>>d.CountBits&(1<<d.HessBits-1) + v&(1<<d.CountBits-1)<<d.CountShift
		}
		for c, code := range codes.Codes[r*codes.Stride:][:codes.Cols] {
			hist[c*512+int(code)] += first
			hist[c*512+256+int(code)] += second
		}
	}
	return true
}

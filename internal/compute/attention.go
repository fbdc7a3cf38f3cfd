package compute

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
)

// AttentionShape is the geometry of attention: N sequences of T queries to S keys and values, in heads of Dim numbers; Heads/KV heads of
// queries share a head of keys and values. A row of queries, keys or values has LDQ, LDK numbers, with the heads side by side from
// the columns ColK and ColV on (queries from 0).
type AttentionShape struct {
	N, T, S, Heads, KV, Dim int
	LDQ, LDK, ColK, ColV    int
	Causal                  bool
	Rows                    int // of keys and values there is room for in each sequence. 0: S
}

// Shares is how many numbers the shares of attention are.
func (s *AttentionShape) Shares() int { return s.N * s.Heads * s.T * s.S }

// cost is about how many nanoseconds a sequence takes.
func (s *AttentionShape) cost() int { return s.Heads * s.T * s.S * (s.Dim/16 + 2) }

// head is where the parts of one head of one sequence begin.
type head struct{ q, k, v, p, y int }

func (s *AttentionShape) head(n, h int) head {
	kv, rows := h/(s.Heads/s.KV), s.Rows
	if rows == 0 {
		rows = s.S
	}
	return head{q: n*s.T*s.LDQ + h*s.Dim, k: n*rows*s.LDK + s.ColK + kv*s.Dim, v: n*rows*s.LDK + s.ColV + kv*s.Dim,
		p: (n*s.Heads + h) * s.T * s.S, y: (n*s.T*s.Heads + h) * s.Dim}
}

func (cpu[T]) Attention(s *AttentionShape, shares, q, k, ends Buf) {
	p, qs, ks, es := Floats[T](shares), Floats[T](q), Floats[T](k), Floats[T](ends)
	if small(s.N, s.cost()) {
		attend(s, p, qs, ks, es, 0, s.N)
		return
	}
	rowsTogether(s.N, s.cost(), func(lo, hi int) { attend(s, p, qs, ks, es, lo, hi) })
}

// attend writes softmax(q kᵀ / √dim) of every head.
func attend[T Float](s *AttentionShape, shares, q, k, ends []T, lo, hi int) {
	scale := T(1 / math.Sqrt(float64(s.Dim)))
	for n := lo; n < hi; n++ {
		end := s.S
		if len(ends) > 0 {
			end = min(max(int(ends[n]), 0), s.S)
		}
		for h := range s.Heads {
			at := s.head(n, h)
			p := shares[at.p : at.p+s.T*s.S]
			if end == 0 {
				clear(p)
				continue
			}
			kern.Gemm(false, true, s.T, s.S, s.Dim, scale, q[at.q:], s.LDQ, k[at.k:], s.LDK, 0, p, s.S)
			if s.Causal {
				conceal(p, s.T, s.S)
			}
			if end < s.S {
				concealFrom(p, end, s.T, s.S)
			}
			kern.SoftmaxRows(s.T, s.S, p, s.S, p, s.S)
		}
	}
}

// conceal sets what lies right of the diagonal that ends in the last corner to -Inf.
func conceal[T Float](p []T, rows, cols int) {
	never := T(math.Inf(-1))
	for i := range rows {
		row := p[i*cols : (i+1)*cols]
		for j := min(max(i+cols-rows+1, 0), cols); j < cols; j++ {
			row[j] = never
		}
	}
}

// concealFrom sets the columns from one on to -Inf.
func concealFrom[T Float](p []T, from, rows, cols int) {
	never := T(math.Inf(-1))
	for i := range rows {
		for j := i*cols + from; j < (i+1)*cols; j++ {
			p[j] = never
		}
	}
}

func (cpu[T]) Attended(s *AttentionShape, y, shares, v Buf) {
	d, p, vs := Floats[T](y), Floats[T](shares), Floats[T](v)
	if small(s.N, s.cost()) {
		attended(s, d, p, vs, 0, s.N)
		return
	}
	rowsTogether(s.N, s.cost(), func(lo, hi int) { attended(s, d, p, vs, lo, hi) })
}

// attended mixes values by their shares.
func attended[T Float](s *AttentionShape, y, shares, v []T, lo, hi int) {
	for n := lo; n < hi; n++ {
		for h := range s.Heads {
			at := s.head(n, h)
			kern.Gemm(false, false, s.T, s.Dim, s.S, 1, shares[at.p:], s.S, v[at.v:], s.LDK, 0, y[at.y:], s.Heads*s.Dim)
		}
	}
}

func (cpu[T]) AttendedGrad(s *AttentionShape, dshares, dv, dy, shares, v Buf) {
	dp, g, d, p, vs := Floats[T](dshares), Floats[T](dv), Floats[T](dy), Floats[T](shares), Floats[T](v)
	if small(s.N, 2*s.cost()) {
		attendedBack(s, dp, g, d, p, vs, 0, s.N)
		return
	}
	rowsTogether(s.N, 2*s.cost(), func(lo, hi int) { attendedBack(s, dp, g, d, p, vs, lo, hi) })
}

func attendedBack[T Float](s *AttentionShape, dshares, dv, dy, shares, v []T, lo, hi int) {
	width := s.Heads * s.Dim
	for n := lo; n < hi; n++ {
		for h := range s.Heads { // heads that share values add up, in order
			at := s.head(n, h)
			kern.Gemm(false, true, s.T, s.S, s.Dim, 1, dy[at.y:], width, v[at.v:], s.LDK, 0, dshares[at.p:], s.S)
			if len(dv) > 0 {
				kern.Gemm(true, false, s.S, s.Dim, s.T, 1, shares[at.p:], s.S, dy[at.y:], width, 1, dv[at.v:], s.LDK)
			}
		}
	}
}

func (cpu[T]) AttentionGrad(s *AttentionShape, dq, dk, dshares, shares, q, k Buf) {
	gq, gk, dp, p, qs, ks := Floats[T](dq), Floats[T](dk), Floats[T](dshares), Floats[T](shares), Floats[T](q), Floats[T](k)
	if small(s.N, 2*s.cost()) {
		attendBack(s, gq, gk, dp, p, qs, ks, 0, s.N)
		return
	}
	rowsTogether(s.N, 2*s.cost(), func(lo, hi int) { attendBack(s, gq, gk, dp, p, qs, ks, lo, hi) })
}

// attendBack turns gradients of shares into those of scores, and adds what they say about queries and keys.
func attendBack[T Float](s *AttentionShape, dq, dk, dshares, shares, q, k []T, lo, hi int) {
	scale := T(1 / math.Sqrt(float64(s.Dim)))
	for n := lo; n < hi; n++ {
		for h := range s.Heads {
			at := s.head(n, h)
			d := dshares[at.p : at.p+s.T*s.S]
			softmaxBack(d, d, shares[at.p:], 0, s.T, s.S, false, false)
			if len(dq) > 0 {
				kern.Gemm(false, false, s.T, s.Dim, s.S, scale, d, s.S, k[at.k:], s.LDK, 1, dq[at.q:], s.LDQ)
			}
			if len(dk) > 0 {
				kern.Gemm(true, false, s.S, s.Dim, s.T, scale, d, s.S, q[at.q:], s.LDQ, 1, dk[at.k:], s.LDK)
			}
		}
	}
}

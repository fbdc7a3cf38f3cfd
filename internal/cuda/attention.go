//go:build cuda

package cuda

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/compute"
)

// Heads are taken one after the other, each for all sequences at once: so the operands of a batch of products lie steps apart, and heads that
// share keys and values add to their gradients in order.

// heads calls f for every head with where its parts begin: queries and results, keys, values and shares.
func heads(s *compute.AttentionShape, f func(q, k, v, p int)) {
	for h := range s.Heads {
		kv := h / (s.Heads / s.KV) * s.Dim
		f(h*s.Dim, s.ColK+kv, s.ColV+kv, h*s.T*s.S)
	}
}

// from is the rest of a Buf, or nothing where there is none.
func from(b compute.Buf, at int) compute.Buf { return b.Part(min(at, b.Len()), b.Len()) }

// stepK is how many numbers the keys and values of a sequence take.
func stepK(s *compute.AttentionShape) int {
	if s.Rows > 0 {
		return s.Rows * s.LDK
	}
	return s.S * s.LDK
}

func attentionScale(s *compute.AttentionShape) float64 { return 1 / math.Sqrt(float64(s.Dim)) }

func (e *engine) Attention(s *compute.AttentionShape, shares, q, k, ends compute.Buf) {
	if s.Shares() == 0 {
		return
	}
	heads(s, func(atQ, atK, _, at int) {
		e.GemmBatch(s.N, false, true, s.T, s.S, s.Dim, attentionScale(s), from(q, atQ), s.LDQ, s.T*s.LDQ, from(k, atK), s.LDK, stepK(s),
			0, from(shares, at), s.S, s.Heads*s.T*s.S)
	})
	rows, width := s.N*s.Heads*s.T, lanes(s.S)
	e.launch("attention_softmax", blocksFor(rows*width), blockThreads, 0, shares, ends, int64(rows), int32(s.Heads), int32(s.T), int32(s.S),
		flag(s.Causal), int32(width))
}

func (e *engine) Attended(s *compute.AttentionShape, y, shares, v compute.Buf) {
	if s.N*s.T == 0 {
		return
	}
	width := s.Heads * s.Dim
	heads(s, func(atY, _, atV, at int) {
		e.GemmBatch(s.N, false, false, s.T, s.Dim, s.S, 1, from(shares, at), s.S, s.Heads*s.T*s.S, from(v, atV), s.LDK, stepK(s),
			0, from(y, atY), width, s.T*width)
	})
}

func (e *engine) AttendedGrad(s *compute.AttentionShape, dshares, dv, dy, shares, v compute.Buf) {
	if s.Shares() == 0 {
		return
	}
	width := s.Heads * s.Dim
	heads(s, func(atY, _, atV, at int) {
		e.GemmBatch(s.N, false, true, s.T, s.S, s.Dim, 1, from(dy, atY), width, s.T*width, from(v, atV), s.LDK, stepK(s),
			0, from(dshares, at), s.S, s.Heads*s.T*s.S)
		if dv.Len() > 0 {
			e.GemmBatch(s.N, true, false, s.S, s.Dim, s.T, 1, from(shares, at), s.S, s.Heads*s.T*s.S, from(dy, atY), width, s.T*width,
				1, from(dv, atV), s.LDK, stepK(s))
		}
	})
}

func (e *engine) AttentionGrad(s *compute.AttentionShape, dq, dk, dshares, shares, q, k compute.Buf) {
	if s.Shares() == 0 {
		return
	}
	e.SoftmaxGrad(dshares, dshares, shares, s.N*s.Heads*s.T, s.S, false, false)
	heads(s, func(atQ, atK, _, at int) {
		d, step := from(dshares, at), s.Heads*s.T*s.S
		if dq.Len() > 0 {
			e.GemmBatch(s.N, false, false, s.T, s.Dim, s.S, attentionScale(s), d, s.S, step, from(k, atK), s.LDK, stepK(s),
				1, from(dq, atQ), s.LDQ, s.T*s.LDQ)
		}
		if dk.Len() > 0 {
			e.GemmBatch(s.N, true, false, s.S, s.Dim, s.T, attentionScale(s), d, s.S, step, from(q, atQ), s.LDQ, s.T*s.LDQ,
				1, from(dk, atK), s.LDK, stepK(s))
		}
	})
}

package rl

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gopherwood-ml/ml/internal/compute"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/nn"
)

// The learners' nets are stacks of dense layers whose losses are written out by hand, so that an update is a handful of products and nothing is allocated. They start from
// package nn's initialisers and leave as its nets (see [Actor.Net]); what happens between is here.

// stack is the shape of a stack of dense layers, and where its weights lie in a slab: layer after layer the weights, in x out as in nn.Dense, then the bias, each
// from a cache line on.
type stack struct {
	sizes []int // inputs, hidden layers, outputs
	relu  bool  // hidden layers use max(x, 0), else tanh
	at    int   // in the slab
}

// slab is the weights of several stacks, which one optimiser moves.
type slab struct {
	w, g, m, v []float32
	step       int
	rates      compute.Rates
}

const line = 16

func lined(n int) int { return (n + line - 1) / line * line }

func (s *stack) layers() int { return len(s.sizes) - 1 }

// size is how many numbers of a slab a stack takes.
func (s *stack) size() int {
	n := 0
	for i := range s.layers() {
		n += lined(s.sizes[i]*s.sizes[i+1]) + lined(s.sizes[i+1])
	}
	return n
}

// layer finds the weights and the bias of a layer in any slab of the same plan.
func (s *stack) layer(slab []float32, i int) (w, b []float32) {
	at := s.at
	for k := range i {
		at += lined(s.sizes[k]*s.sizes[k+1]) + lined(s.sizes[k+1])
	}
	n := s.sizes[i] * s.sizes[i+1]
	return slab[at : at+n], slab[at+lined(n) : at+lined(n)+s.sizes[i+1]]
}

// newSlab makes room for stacks, one after the other, and for extra numbers behind them.
func newSlab(extra int, stacks ...*stack) *slab {
	at := 0
	for _, s := range stacks {
		s.at = at
		at += s.size()
	}
	at += lined(extra)
	return &slab{w: kern.Aligned[float32](at), g: kern.Aligned[float32](at), m: kern.Aligned[float32](at), v: kern.Aligned[float32](at)}
}

// init draws the weights. With a gain for the last layer they are orthogonal, of gain √2 before it and with biases 0, as is usual for policies that learn from their own
// rollouts; without one they are PyTorch's default.
func (s *stack) init(w []float32, r *rand.Rand, last float64) {
	for i := range s.layers() {
		in, out := s.sizes[i], s.sizes[i+1]
		weights, bias := s.layer(w, i)
		x, b := make([]float64, in*out), make([]float64, out)
		if last > 0 {
			gain := math.Sqrt2
			if i == s.layers()-1 {
				gain = last
			}
			nn.Orthogonal{Gain: gain}.Init(r, x, []int{in, out})
		} else {
			nn.He{Slope: math.Sqrt(5)}.Init(r, x, []int{in, out})
			nn.UniformInit{Bound: 1 / math.Sqrt(float64(in))}.Init(r, b, []int{out})
		}
		for k, v := range x {
			weights[k] = float32(v)
		}
		for k, v := range b {
			bias[k] = float32(v)
		}
	}
}

// pass is the memory of a stack's way there and back over up to so many rows.
type pass struct {
	s    *stack
	x    []float32   // what went in
	y    [][]float32 // what came out of each layer
	d    [][]float32 // the gradient of that
	ones []float32
	more []float32 // what else the gradient of the last hidden layer is, beside what comes through the outputs; nil: nothing
	rows int
	act  compute.Func
}

// narrow is the most outputs that are computed one by one, as products with vectors: tiles are made for wider ones.
const narrow = 4

// tallEnough is from how many rows on that pays.
const tallEnough = 32

// fillRows writes row to every row of y.
func fillRows(y, row []float32) {
	n := copy(y, row)
	for n < len(y) { // twice as much each time
		n += copy(y[n:], y[:n])
	}
}

// addColumns adds the rows of d to dst.
func addColumns(dst, d []float32) {
	n := len(dst)
	for j := range dst {
		sum := float32(0)
		for k := j; k < len(d); k += n {
			sum += d[k]
		}
		dst[j] += sum
	}
}

func newPass(s *stack, rows int, back bool) *pass {
	p := &pass{s: s, act: compute.Func{Kind: compute.Tanh}}
	if s.relu {
		p.act.Kind = compute.ReLU
	}
	for _, n := range s.sizes[1:] {
		p.y = append(p.y, kern.Aligned[float32](rows*n))
		if back {
			p.ones = slices.Repeat([]float32{1}, rows)
			p.d = append(p.d, kern.Aligned[float32](rows*n))
		}
	}
	return p
}

// forward runs rows through the stack with the weights of a slab; what comes out holds until the next time.
func (p *pass) forward(w, x []float32, rows int) []float32 {
	s, e := p.s, compute.CPU32
	p.x, p.rows = x[:rows*s.sizes[0]], rows
	in := p.x
	for i := range s.layers() {
		m, n := s.sizes[i], s.sizes[i+1]
		weights, bias := s.layer(w, i)
		y := p.y[i][:rows*n]
		fillRows(y, bias)
		switch last := i == s.layers()-1; {
		case last && n <= narrow && rows >= tallEnough:
			for j := range n {
				kern.Gemm(false, false, rows, 1, m, 1, in, m, weights[j:], n, 1, y[j:], n)
			}
		default:
			kern.Gemm(false, false, rows, n, m, 1, in, m, weights, n, 1, y, n)
			if !last {
				e.Map(p.act, compute.Of(y), compute.Of(y))
			}
		}
		in = y
	}
	return in
}

// out is the memory in which the gradient of what came out is to be put.
func (p *pass) out() []float32 {
	last := p.s.layers() - 1
	return p.d[last][:p.rows*p.s.sizes[last+1]]
}

// hidden is what came out of the last hidden layer (or went in, if there is none).
func (p *pass) hidden() []float32 {
	if k := p.s.layers() - 2; k >= 0 {
		return p.y[k][:p.rows*p.s.sizes[k+1]]
	}
	return p.x
}

// only goes on with some of the rows that went forward, in rising order: backward then walks back from these alone.
func (p *pass) only(rows []int) {
	for i, y := range p.y {
		n := p.s.sizes[i+1]
		for to, from := range rows {
			copy(y[to*n:(to+1)*n], y[from*n:(from+1)*n])
		}
	}
	p.rows = len(rows)
}

// backward walks back from out: it adds to the gradients in g, unless that is nil (what went in has to be whole for it), and writes the gradient of what went in to dx, unless that is nil.
func (p *pass) backward(w, g, dx []float32) {
	s, e, rows := p.s, compute.CPU32, p.rows
	for i := s.layers() - 1; i >= 0; i-- {
		m, n := s.sizes[i], s.sizes[i+1]
		d := p.d[i][:rows*n]
		in := p.x
		if i > 0 {
			in = p.y[i-1][:rows*m]
		}
		if i < s.layers()-1 {
			e.MapGrad(p.act, compute.Of(d), compute.Of(d), compute.Buf{}, compute.Of(p.y[i][:rows*n]), false)
		}
		weights, _ := s.layer(w, i)
		if g != nil {
			gw, gb := s.layer(g, i)
			if n <= narrow {
				for j := range n {
					kern.Gemm(true, false, m, 1, rows, 1, in, m, d[j:], n, 1, gw[j:], n)
				}
				addColumns(gb, d)
			} else {
				kern.Gemm(true, false, m, n, rows, 1, in, m, d, n, 1, gw, n)
				kern.Gemm(false, false, 1, n, rows, 1, p.ones, rows, d, n, 1, gb, n)
			}
		}
		switch {
		case i > 0:
			kern.Gemm(false, true, rows, m, n, 1, d, n, weights, n, 0, p.d[i-1][:rows*m], m)
			if p.more != nil && i == s.layers()-1 {
				kern.Add(p.d[i-1][:rows*m], p.d[i-1][:rows*m], p.more[:rows*m])
			}
		case dx != nil:
			kern.Gemm(false, true, rows, m, n, 1, d, n, weights, n, 0, dx[:rows*m], m)
		}
	}
}

// clip scales the gradients down to a norm, if limit > 0. It returns the norm before.
func (s *slab) clip(limit float64) float64 {
	norm := math.Sqrt(compute.CPU32.SumSq(compute.Of(s.g)))
	if limit > 0 && norm > limit {
		kern.Scal(float32(limit/(norm+1e-6)), s.g, s.g)
	}
	return norm
}

// adam moves the weights against the gradients, which start at 0 again.
func (s *slab) adam(rate, eps float64) {
	s.step++
	s.rates = compute.Rates{LR: rate, Shrink: 1, Beta1: 0.9, Beta2: 0.999, Eps: eps, Step: float64(s.step)}
	compute.CPU32.Update(compute.Adam, &s.rates, compute.Of(s.w), compute.Of(s.g), compute.Of(s.m), compute.Of(s.v))
	clear(s.g)
}

// pursue moves target weights by a share tau of the way to w.
func pursue(target, w []float32, tau float64) {
	if tau >= 1 {
		copy(target, w)
		return
	}
	compute.CPU32.Axpby(tau, compute.Of(w), 1-tau, compute.Of(target))
}

// source is SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): a stream whose whole state is a number, which a checkpoint keeps.
type source struct{ state uint64 }

// Uint64 implements rand.Source.
func (s *source) Uint64() uint64 {
	s.state += 0x9e3779b97f4a7c15
	z := s.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

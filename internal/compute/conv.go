package compute

import (
	"sync"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
)

// ConvShape is the geometry of a convolution or a pooling over images whose channels lie last: [N, D, H, W, C]. Axes that are not
// there have size 1. Weights lie as [KD, KH, KW, C/Groups, Out], so that a product with a row of patches needs no transpose.
type ConvShape struct {
	N, C, Out, Groups int
	In, Kernel        [3]int // D, H, W
	Stride, Dilation  [3]int
	Before            [3]int // padding in front
	Size              [3]int // of what comes out
}

// Pixels is the number of places in one image that comes out, Taps the number of weights between one channel and one other.
func (s *ConvShape) Pixels() int { return s.Size[0] * s.Size[1] * s.Size[2] }

// Taps is the number of places a kernel sees.
func (s *ConvShape) Taps() int { return s.Kernel[0] * s.Kernel[1] * s.Kernel[2] }

func (s *ConvShape) places() int { return s.In[0] * s.In[1] * s.In[2] }

// plain reports whether the convolution is a product of pixels and weights as they lie.
func (s *ConvShape) plain() bool {
	return s.Groups == 1 && s.Taps() == 1 && s.Stride == [3]int{1, 1, 1} && s.Before == [3]int{} && s.Size == s.In
}

// depthwise reports whether every channel has a kernel of its own.
func (s *ConvShape) depthwise() bool { return s.Groups > 1 && s.Groups == s.C && s.C == s.Out }

// tile is how many pixels are unrolled at a time: their patches should stay in the second-level cache.
func (s *ConvShape) tile() int {
	k := s.Taps() * s.C / s.Groups
	return min(max(1<<15/k, 16), 256)
}

// cost is about how many nanoseconds an image takes.
func (s *ConvShape) cost() int {
	return s.Pixels() * s.Taps() * (s.C / s.Groups) * s.Out / 32
}

// visit calls f for every tap of the patch of a pixel that lies inside the image, runs along W joined where they are
// adjacent: taps from tap on, n of them, lie at place on.
func (s *ConvShape) visit(pixel int, f func(tap, n, place int)) {
	w := pixel % s.Size[2]
	h := pixel / s.Size[2] % s.Size[1]
	d := pixel / (s.Size[2] * s.Size[1])
	for a := range s.Kernel[0] {
		z := d*s.Stride[0] - s.Before[0] + a*s.Dilation[0]
		if z < 0 || z >= s.In[0] {
			continue
		}
		for b := range s.Kernel[1] {
			y := h*s.Stride[1] - s.Before[1] + b*s.Dilation[1]
			if y < 0 || y >= s.In[1] {
				continue
			}
			x := w*s.Stride[2] - s.Before[2]
			line, first := (z*s.In[1]+y)*s.In[2], (a*s.Kernel[1]+b)*s.Kernel[2]
			if s.Dilation[2] == 1 {
				lo, hi := max(0, -x), min(s.Kernel[2], s.In[2]-x)
				if lo < hi {
					f(first+lo, hi-lo, line+x+lo)
				}
				continue
			}
			for c := range s.Kernel[2] {
				if at := x + c*s.Dilation[2]; at >= 0 && at < s.In[2] {
					f(first+c, 1, line+at)
				}
			}
		}
	}
}

// slab is scratch memory that is kept between calls.
type slab[T Float] struct{ x []T }

var slabs32, slabs64 = sync.Pool{New: func() any { return new(slab[float32]) }}, sync.Pool{New: func() any { return new(slab[float64]) }}

func borrow[T Float](n int) *slab[T] {
	pool := &slabs32
	if Of([]T{0}).wide {
		pool = &slabs64
	}
	s := pool.Get().(*slab[T])
	if cap(s.x) < n {
		s.x = kern.Aligned[T](n)
	}
	s.x = s.x[:n]
	return s
}

func (s *slab[T]) giveBack() {
	if Of([]T{0}).wide {
		slabs64.Put(s)
		return
	}
	slabs32.Put(s)
}

// unroll copies the patches of pixels lo to hi of one image, one group of its channels, to rows of taps times channels.
func unroll[T Float](s *ConvShape, dst, x []T, group, lo, hi int) {
	per := s.C / s.Groups
	k, off := s.Taps()*per, group*per
	whole := s.Taps()
	for p := lo; p < hi; p++ {
		row := dst[(p-lo)*k : (p-lo+1)*k]
		seen := 0
		s.visit(p, func(tap, n, place int) {
			if s.Groups == 1 {
				copy(row[tap*per:(tap+n)*per], x[place*s.C:])
			} else {
				for i := range n {
					copy(row[(tap+i)*per:(tap+i+1)*per], x[(place+i)*s.C+off:])
				}
			}
			seen += n
		})
		if seen < whole { // a patch over the edge: once more, with zeros first
			clear(row)
			s.visit(p, func(tap, n, place int) {
				for i := range n {
					copy(row[(tap+i)*per:(tap+i+1)*per], x[(place+i)*s.C+off:(place+i)*s.C+off+per])
				}
			})
		}
	}
}

// rollUp adds rows of patches to where they came from.
func rollUp[T Float](s *ConvShape, dx, rows []T, group, lo, hi int) {
	per := s.C / s.Groups
	k, off := s.Taps()*per, group*per
	for p := lo; p < hi; p++ {
		row := rows[(p-lo)*k : (p-lo+1)*k]
		s.visit(p, func(tap, n, place int) {
			if s.Groups == 1 && n*per >= 8 {
				d := dx[place*s.C : (place+n)*s.C]
				kern.Add(d, d, row[tap*per:(tap+n)*per])
				return
			}
			for i := range n {
				d := dx[(place+i)*s.C+off : (place+i)*s.C+off+per]
				for j, v := range row[(tap+i)*per : (tap+i+1)*per] {
					d[j] += v
				}
			}
		})
	}
}

func (cpu[T]) Conv(s *ConvShape, y, x, w Buf) {
	d, in, weights := Floats[T](y), Floats[T](x), Floats[T](w)
	if s.plain() {
		kern.Gemm(false, false, s.N*s.Pixels(), s.Out, s.C, 1, in, s.C, weights, s.Out, 0, d, s.Out)
		return
	}
	if small(s.N, s.cost()) {
		convolve(s, d, in, weights, 0, s.N)
		return
	}
	rowsTogether(s.N, s.cost(), func(lo, hi int) { convolve(s, d, in, weights, lo, hi) })
}

func convolve[T Float](s *ConvShape, y, x, w []T, lo, hi int) {
	in, out := s.places()*s.C, s.Pixels()*s.Out
	if s.depthwise() {
		for i := lo; i < hi; i++ {
			depthwise(s, y[i*out:(i+1)*out], x[i*in:(i+1)*in], w)
		}
		return
	}
	k, n, tile := s.Taps()*s.C/s.Groups, s.Out/s.Groups, s.tile()
	room := borrow[T](tile * k)
	defer room.giveBack()
	for i := lo; i < hi; i++ {
		for g := range s.Groups {
			for p := 0; p < s.Pixels(); p += tile {
				m := min(tile, s.Pixels()-p)
				unroll(s, room.x, x[i*in:(i+1)*in], g, p, p+m)
				kern.Gemm(false, false, m, n, k, 1, room.x, k, w[g*n:], s.Out, 0, y[i*out+p*s.Out+g*n:], s.Out)
			}
		}
	}
}

func depthwise[T Float](s *ConvShape, y, x, w []T) {
	clear(y)
	c := s.C
	for p := range s.Pixels() {
		d := y[p*c : (p+1)*c]
		s.visit(p, func(tap, n, place int) {
			for i := range n {
				kern.FMA(d, x[(place+i)*c:(place+i+1)*c], w[(tap+i)*c:(tap+i+1)*c], d)
			}
		})
	}
}

func (cpu[T]) ConvGradX(s *ConvShape, dx, dy, w Buf, add bool) {
	d, g, weights := Floats[T](dx), Floats[T](dy), Floats[T](w)
	if s.plain() {
		kern.Gemm(false, true, s.N*s.Pixels(), s.C, s.Out, 1, g, s.Out, weights, s.Out, beta[T](add), d, s.C)
		return
	}
	if !add {
		clear(d)
	}
	if small(s.N, s.cost()) {
		convolveBack(s, d, g, weights, 0, s.N)
		return
	}
	rowsTogether(s.N, s.cost(), func(lo, hi int) { convolveBack(s, d, g, weights, lo, hi) })
}

// beta is the beta of a product that adds, or does not.
func beta[T Float](add bool) T {
	if add {
		return 1
	}
	return 0
}

func convolveBack[T Float](s *ConvShape, dx, dy, w []T, lo, hi int) {
	in, out, c := s.places()*s.C, s.Pixels()*s.Out, s.C
	if s.depthwise() {
		for i := lo; i < hi; i++ {
			dxi, dyi := dx[i*in:(i+1)*in], dy[i*out:(i+1)*out]
			for p := range s.Pixels() {
				g := dyi[p*c : (p+1)*c]
				s.visit(p, func(tap, n, place int) {
					for j := range n {
						d := dxi[(place+j)*c : (place+j+1)*c]
						kern.FMA(d, g, w[(tap+j)*c:(tap+j+1)*c], d)
					}
				})
			}
		}
		return
	}
	k, n, tile := s.Taps()*s.C/s.Groups, s.Out/s.Groups, s.tile()
	room := borrow[T](tile * k)
	defer room.giveBack()
	for i := lo; i < hi; i++ {
		for g := range s.Groups {
			for p := 0; p < s.Pixels(); p += tile {
				m := min(tile, s.Pixels()-p)
				kern.Gemm(false, true, m, k, n, 1, dy[i*out+p*s.Out+g*n:], s.Out, w[g*n:], s.Out, 0, room.x, k)
				rollUp(s, dx[i*in:(i+1)*in], room.x, g, p, p+m)
			}
		}
	}
}

// gradChunks is into how many parts at most the images are cut whose gradients of the weights are summed apart.
const gradChunks = 8

func (cpu[T]) ConvGradW(s *ConvShape, dw, dy, x Buf, add bool) {
	d, g, in := Floats[T](dw), Floats[T](dy), Floats[T](x)
	if s.plain() {
		kern.Gemm(true, false, s.C, s.Out, s.N*s.Pixels(), 1, in, s.C, g, s.Out, beta[T](add), d, s.Out)
		return
	}
	if !add {
		clear(d)
	}
	grain := (s.N + gradChunks - 1) / gradChunks
	chunks := par.Chunks(s.N, grain)
	if chunks == 1 || small(s.N, s.cost()) {
		room := borrow[T](len(d))
		defer room.giveBack()
		for c := range chunks { // the same sums as with several cores
			lo, hi := par.Bounds(s.N, chunks, c)
			if c == 0 {
				weigh(s, d, g, in, lo, hi)
				continue
			}
			clear(room.x)
			weigh(s, room.x, g, in, lo, hi)
			kern.Add(d, d, room.x)
		}
		return
	}
	rooms := borrow[T](len(d) * (chunks - 1))
	defer rooms.giveBack()
	clear(rooms.x)
	par.ForChunks(s.N, grain, func(c, lo, hi int) {
		to := d
		if c > 0 {
			to = rooms.x[(c-1)*len(d) : c*len(d)]
		}
		weigh(s, to, g, in, lo, hi)
	})
	for c := range chunks - 1 {
		kern.Add(d, d, rooms.x[c*len(d):(c+1)*len(d)])
	}
}

// weigh adds what images lo to hi say about the weights.
func weigh[T Float](s *ConvShape, dw, dy, x []T, lo, hi int) {
	in, out, c := s.places()*s.C, s.Pixels()*s.Out, s.C
	if s.depthwise() {
		for i := lo; i < hi; i++ {
			xi, dyi := x[i*in:(i+1)*in], dy[i*out:(i+1)*out]
			for p := range s.Pixels() {
				g := dyi[p*c : (p+1)*c]
				s.visit(p, func(tap, n, place int) {
					for j := range n {
						d := dw[(tap+j)*c : (tap+j+1)*c]
						kern.FMA(d, g, xi[(place+j)*c:(place+j+1)*c], d)
					}
				})
			}
		}
		return
	}
	k, n, tile := s.Taps()*s.C/s.Groups, s.Out/s.Groups, s.tile()
	room := borrow[T](tile * k)
	defer room.giveBack()
	for i := lo; i < hi; i++ {
		for g := range s.Groups {
			for p := 0; p < s.Pixels(); p += tile {
				m := min(tile, s.Pixels()-p)
				unroll(s, room.x, x[i*in:(i+1)*in], g, p, p+m)
				kern.Gemm(true, false, k, n, m, 1, room.x, k, dy[i*out+p*s.Out+g*n:], s.Out, 1, dw[g*n:], s.Out)
			}
		}
	}
}

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
	if Of([]T{0}).wide() {
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
	if Of([]T{0}).wide() {
		slabs64.Put(s)
		return
	}
	slabs32.Put(s)
}

// frame is the size of an image with the zeros around it that the windows see.
func (s *ConvShape) frame() (size [3]int, bare bool) {
	bare = true
	for i := range size {
		seen := (s.Size[i]-1)*s.Stride[i] + (s.Kernel[i]-1)*s.Dilation[i] + 1
		size[i] = max(seen, s.Before[i]+s.In[i])
		bare = bare && size[i] == s.In[i]
	}
	return size, bare
}

// enclose copies an image into its frame, or adds the inside of the frame to the image.
func enclose[T Float](s *ConvShape, frame [3]int, dst, x []T, back bool) {
	row := s.In[2] * s.C
	for d := range s.In[0] {
		for h := range s.In[1] {
			in := (d*s.In[1] + h) * row
			at := (((d+s.Before[0])*frame[1]+h+s.Before[1])*frame[2] + s.Before[2]) * s.C
			if back {
				kern.Add(x[in:in+row], x[in:in+row], dst[at:at+row])
			} else {
				copy(dst[at:at+row], x[in:in+row])
			}
		}
	}
}

// lines is how many lines of pixels are unrolled at a time: their patches should stay in the second-level cache.
func (s *ConvShape) lines() int {
	k := s.Taps() * s.C / s.Groups
	return min(max(1<<15/(k*s.Size[2]), 1), s.Size[0]*s.Size[1])
}

// byTap reports whether patches are laid out tap by tap, [taps, pixels], which for one channel makes every line one copy.
func (s *ConvShape) byTap() bool { return s.C == 1 && s.Stride[2] == 1 }

// unroll copies the patches of output lines lo to hi of a framed image, one group of its channels: to rows of taps times channels, or by tap.
func unroll[T Float](s *ConvShape, frame [3]int, dst, x []T, group, lo, hi int) {
	per := s.C / s.Groups
	k, wide := s.Taps()*per, s.Size[2]
	pixels := (hi - lo) * wide
	for line := lo; line < hi; line++ {
		z, y := line/s.Size[1]*s.Stride[0], line%s.Size[1]*s.Stride[1]
		to := dst[(line-lo)*wide*k:]
		for a := range s.Kernel[0] {
			for b := range s.Kernel[1] {
				src := x[((z+a*s.Dilation[0])*frame[1]+y+b*s.Dilation[1])*frame[2]*s.C+group*per:]
				first := (a*s.Kernel[1] + b) * s.Kernel[2]
				switch {
				case s.byTap():
					for c := range s.Kernel[2] {
						copy(dst[(first+c)*pixels+(line-lo)*wide:][:wide], src[c*s.Dilation[2]:])
					}
				case s.Dilation[2] == 1 && s.Groups == 1:
					run := s.Kernel[2] * per
					for w := range wide {
						copy(to[w*k+first*per:][:run], src[w*s.Stride[2]*s.C:])
					}
				default:
					for w := range wide {
						for c := range s.Kernel[2] {
							copy(to[w*k+(first+c)*per:][:per], src[(w*s.Stride[2]+c*s.Dilation[2])*s.C:])
						}
					}
				}
			}
		}
	}
}

// rollUp adds rows of patches to where they came from.
func rollUp[T Float](s *ConvShape, frame [3]int, dx, rows []T, group, lo, hi int) {
	per := s.C / s.Groups
	k, wide := s.Taps()*per, s.Size[2]
	for line := lo; line < hi; line++ {
		z, y := line/s.Size[1]*s.Stride[0], line%s.Size[1]*s.Stride[1]
		from := rows[(line-lo)*wide*k:]
		for a := range s.Kernel[0] {
			for b := range s.Kernel[1] {
				to := dx[((z+a*s.Dilation[0])*frame[1]+y+b*s.Dilation[1])*frame[2]*s.C+group*per:]
				first := (a*s.Kernel[1] + b) * s.Kernel[2]
				if run := s.Kernel[2] * per; s.Dilation[2] == 1 && s.Groups == 1 {
					for w := range wide {
						addRun(to[w*s.Stride[2]*s.C:][:run], from[w*k+first*per:][:run])
					}
					continue
				}
				for w := range wide {
					for c := range s.Kernel[2] {
						addRun(to[(w*s.Stride[2]+c*s.Dilation[2])*s.C:][:per], from[w*k+(first+c)*per:][:per])
					}
				}
			}
		}
	}
}

// addRun adds x to dst; a few elements in plain code, since a call costs more.
func addRun[T Float](dst, x []T) {
	if len(dst) > 16 {
		kern.Add(dst, dst, x)
		return
	}
	x = x[:len(dst)]
	for i, v := range x {
		dst[i] += v
	}
}

func (cpu[T]) Conv(s *ConvShape, y, x, w Buf) {
	d, in, weights := Floats[T](y), Floats[T](x), Floats[T](w)
	if s.plain() {
		kern.Gemm(false, false, s.N*s.Pixels(), s.Out, s.C, 1, in, s.C, weights, s.Out, 0, d, s.Out)
		return
	}
	if s.byWinograd() {
		convWinograd(s, d, in, weights)
		return
	}
	if small(s.N, s.cost()) {
		convolve(s, d, in, weights, 0, s.N)
		return
	}
	rowsTogether(s.N, s.cost(), func(lo, hi int) { convolve(s, d, in, weights, lo, hi) })
}

// tile is a stretch of output lines of one group of channels; the zero tile stands before the first.
type tile struct{ group, lo, hi int }

// next moves to the tile after, of per lines at the most, and reports whether there is one.
func (t *tile) next(s *ConvShape, per int) bool {
	last := s.Size[0] * s.Size[1]
	if t.hi == last {
		t.group, t.hi = t.group+1, 0
	}
	t.lo = t.hi
	t.hi = min(t.lo+per, last)
	return t.group < s.Groups
}

// workshop is what one core needs for convolutions: the image in its frame and unrolled patches.
type workshop[T Float] struct {
	frame   [3]int
	bare    bool
	image   *slab[T]
	patches *slab[T]
}

func newWorkshop[T Float](s *ConvShape) workshop[T] {
	var w workshop[T]
	w.frame, w.bare = s.frame()
	w.patches = borrow[T](s.lines() * s.Size[2] * s.Taps() * s.C / s.Groups)
	if !w.bare {
		w.image = borrow[T](w.frame[0] * w.frame[1] * w.frame[2] * s.C)
		clear(w.image.x)
	}
	return w
}

// framed is the image in its frame.
func (w *workshop[T]) framed(s *ConvShape, x []T) []T {
	if w.bare {
		return x
	}
	enclose(s, w.frame, w.image.x, x, false)
	return w.image.x
}

func (w *workshop[T]) close() {
	w.patches.giveBack()
	if w.image != nil {
		w.image.giveBack()
	}
}

func convolve[T Float](s *ConvShape, y, x, w []T, lo, hi int) {
	in, out := s.places()*s.C, s.Pixels()*s.Out
	if s.depthwise() {
		for i := lo; i < hi; i++ {
			depthwise(s, y[i*out:(i+1)*out], x[i*in:(i+1)*in], w)
		}
		return
	}
	if o, pays := s.overlapping(); pays {
		convolveOverlap(s, &o, y, x, w, lo, hi)
		return
	}
	k, n, lines := s.Taps()*s.C/s.Groups, s.Out/s.Groups, s.lines()
	shop := newWorkshop[T](s)
	defer shop.close()
	for i := lo; i < hi; i++ {
		image := shop.framed(s, x[i*in:(i+1)*in])
		for t := (tile{}); t.next(s, lines); {
			m := (t.hi - t.lo) * s.Size[2]
			unroll(s, shop.frame, shop.patches.x, image, t.group, t.lo, t.hi)
			to := y[i*out+t.lo*s.Size[2]*s.Out+t.group*n:]
			if s.byTap() {
				kern.Gemm(true, false, m, n, k, 1, shop.patches.x, m, w, s.Out, 0, to, s.Out)
			} else {
				kern.Gemm(false, false, m, n, k, 1, shop.patches.x, k, w[t.group*n:], s.Out, 0, to, s.Out)
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
	if s.byWinograd() && s.In[1] >= 4 && s.In[2] >= 4 && s.Before[1] <= 2 && s.Before[2] <= 2 {
		convBackWinograd(s, d, g, weights)
		return
	}
	turned := borrow[T](len(weights)) // once for all images: products with a transposed matrix copy it each
	defer turned.giveBack()
	k := len(weights) / s.Out
	transpose(turned.x, weights, k, s.Out)
	if small(s.N, s.cost()) {
		convolveBack(s, d, g, weights, turned.x, 0, s.N)
		return
	}
	rowsTogether(s.N, s.cost(), func(lo, hi int) { convolveBack(s, d, g, weights, turned.x, lo, hi) })
}

// transpose sets dst, n x m, to x, m x n, turned.
func transpose[T Float](dst, x []T, m, n int) {
	const block = 16 // a line of the cache either way
	for i := 0; i < m; i += block {
		for j := 0; j < n; j += block {
			for a := i; a < min(i+block, m); a++ {
				for b := j; b < min(j+block, n); b++ {
					dst[b*m+a] = x[a*n+b]
				}
			}
		}
	}
}

// beta is that of a product that adds, or does not.
func beta[T Float](add bool) T {
	if add {
		return 1
	}
	return 0
}

func convolveBack[T Float](s *ConvShape, dx, dy, w, turned []T, lo, hi int) {
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
	k, n, lines := s.Taps()*s.C/s.Groups, s.Out/s.Groups, s.lines()
	shop := newWorkshop[T](s)
	defer shop.close()
	for i := lo; i < hi; i++ {
		to := dx[i*in : (i+1)*in]
		if !shop.bare {
			clear(shop.image.x)
			to = shop.image.x
		}
		for t := (tile{}); t.next(s, lines); {
			m := (t.hi - t.lo) * s.Size[2]
			kern.Gemm(false, false, m, k, n, 1, dy[i*out+t.lo*s.Size[2]*s.Out+t.group*n:], s.Out, turned[t.group*n*k:], k, 0, shop.patches.x, k)
			rollUp(s, shop.frame, to, shop.patches.x, t.group, t.lo, t.hi)
		}
		if !shop.bare {
			enclose(s, shop.frame, to, dx[i*in:(i+1)*in], true)
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
		weighAll(s, d, g, in, chunks)
		return
	}
	weighTogether(s, d, g, in, chunks, grain)
}

// weighAll adds up the same sums in the same order as weighTogether, on one core.
func weighAll[T Float](s *ConvShape, d, g, in []T, chunks int) {
	room := borrow[T](len(d))
	defer room.giveBack()
	for c := range chunks {
		lo, hi := par.Bounds(s.N, chunks, c)
		if c == 0 {
			weigh(s, d, g, in, lo, hi)
			continue
		}
		clear(room.x)
		weigh(s, room.x, g, in, lo, hi)
		kern.Add(d, d, room.x)
	}
}

func weighTogether[T Float](s *ConvShape, d, g, in []T, chunks, grain int) {
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
	if o, pays := s.overlapping(); pays {
		weighOverlap(s, &o, dw, dy, x, lo, hi)
		return
	}
	k, n, lines := s.Taps()*s.C/s.Groups, s.Out/s.Groups, s.lines()
	shop := newWorkshop[T](s)
	defer shop.close()
	for i := lo; i < hi; i++ {
		image := shop.framed(s, x[i*in:(i+1)*in])
		for t := (tile{}); t.next(s, lines); {
			m := (t.hi - t.lo) * s.Size[2]
			unroll(s, shop.frame, shop.patches.x, image, t.group, t.lo, t.hi)
			from := dy[i*out+t.lo*s.Size[2]*s.Out+t.group*n:]
			if s.byTap() {
				kern.Gemm(false, false, k, n, m, 1, shop.patches.x, m, from, s.Out, 1, dw, s.Out)
			} else {
				kern.Gemm(true, false, k, n, m, 1, shop.patches.x, k, from, s.Out, 1, dw[t.group*n:], s.Out)
			}
		}
	}
}

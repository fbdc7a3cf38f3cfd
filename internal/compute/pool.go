package compute

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
)

// poolCost is about how many nanoseconds an image takes.
func (s *ConvShape) poolCost() int { return 2 * s.Pixels() * s.Taps() * s.C }

func (cpu[T]) MaxPool(s *ConvShape, y, x Buf) {
	d, in := Floats[T](y), Floats[T](x)
	if small(s.N, s.poolCost()) {
		maxPool(s, d, in, 0, s.N)
		return
	}
	rowsTogether(s.N, s.poolCost(), func(lo, hi int) { maxPool(s, d, in, lo, hi) })
}

// each calls f for every pixel and tap of its window that lies inside the image.
func (s *ConvShape) each(f func(pixel, place int)) {
	pixel := 0
	for d := range s.Size[0] {
		for h := range s.Size[1] {
			for w := range s.Size[2] {
				for a := range s.Kernel[0] {
					z := d*s.Stride[0] - s.Before[0] + a
					if uint(z) >= uint(s.In[0]) {
						continue
					}
					for b := range s.Kernel[1] {
						y := h*s.Stride[1] - s.Before[1] + b
						if uint(y) >= uint(s.In[1]) {
							continue
						}
						x := w*s.Stride[2] - s.Before[2]
						line := (z*s.In[1] + y) * s.In[2]
						for c := max(0, -x); c < min(s.Kernel[2], s.In[2]-x); c++ {
							f(pixel, line+x+c)
						}
					}
				}
				pixel++
			}
		}
	}
}

// wideRow is the number of channels from which rows go through kernels: a call costs more than a few elements.
const wideRow = 16

// maxPool keeps a NaN if there is one, as PyTorch does.
func maxPool[T Float](s *ConvShape, y, x []T, lo, hi int) {
	c, in, out := s.C, s.places()*s.C, s.Pixels()*s.C
	low := T(math.Inf(-1))
	for i := lo; i < hi; i++ {
		image, to := x[i*in:(i+1)*in], y[i*out:(i+1)*out]
		for j := range to {
			to[j] = low
		}
		s.each(func(pixel, place int) {
			d, src := to[pixel*c:(pixel+1)*c], image[place*c:(place+1)*c]
			if c >= wideRow {
				kern.Maximum(d, src, d)
				return
			}
			for j, v := range src {
				d[j] = max(d[j], v)
			}
		})
	}
}

func (cpu[T]) MaxPoolGrad(s *ConvShape, dx, dy, y, x Buf, add bool) {
	d, g, top, in := Floats[T](dx), Floats[T](dy), Floats[T](y), Floats[T](x)
	if !add {
		clear(d)
	}
	if small(s.N, s.poolCost()) {
		maxPoolBack(s, d, g, top, in, 0, s.N)
		return
	}
	rowsTogether(s.N, s.poolCost(), func(lo, hi int) { maxPoolBack(s, d, g, top, in, lo, hi) })
}

// maxPoolBack gives each gradient to the first place that holds the largest, as PyTorch does, and leaves none for those after it: dy is
// used up.
func maxPoolBack[T Float](s *ConvShape, dx, dy, y, x []T, lo, hi int) {
	c, in, out := s.C, s.places()*s.C, s.Pixels()*s.C
	var t [stretch]T
	for i := lo; i < hi; i++ {
		s.each(func(pixel, place int) {
			at, from := i*out+pixel*c, i*in+place*c
			g, top := dy[at:at+c], y[at:at+c]
			src, d := x[from:from+c], dx[from:from+c]
			if c < wideRow {
				for j, v := range src {
					if v == top[j] {
						d[j] += g[j]
						g[j] = 0
					}
				}
				return
			}
			for len(g) > 0 {
				m := min(len(g), stretch)
				kern.EqualKeep(t[:m], src[:m], top[:m], g[:m])
				kern.Add(d[:m], d[:m], t[:m])
				kern.Axpy(-1, t[:m], g[:m])
				g, top, src, d = g[m:], top[m:], src[m:], d[m:]
			}
		})
	}
}

func (cpu[T]) MeanPool(s *ConvShape, y, x Buf, countPadding bool) {
	d, in := Floats[T](y), Floats[T](x)
	if small(s.N, s.poolCost()) {
		meanPool(s, d, in, countPadding, false, 0, s.N)
		return
	}
	rowsTogether(s.N, s.poolCost(), func(lo, hi int) { meanPool(s, d, in, countPadding, false, lo, hi) })
}

func (cpu[T]) MeanPoolGrad(s *ConvShape, dx, dy Buf, countPadding, add bool) {
	d, g := Floats[T](dx), Floats[T](dy)
	if !add {
		clear(d)
	}
	if small(s.N, s.poolCost()) {
		meanPool(s, g, d, countPadding, true, 0, s.N)
		return
	}
	rowsTogether(s.N, s.poolCost(), func(lo, hi int) { meanPool(s, g, d, countPadding, true, lo, hi) })
}

// meanPool sets y to the means of windows of x or, backward, adds shares of y to x. A window over the edge divides by all its
// taps with countPadding, by those inside without.
func meanPool[T Float](s *ConvShape, y, x []T, countPadding, back bool, lo, hi int) {
	c, in, out := s.C, s.places()*s.C, s.Pixels()*s.C
	for i := lo; i < hi; i++ {
		for p := range s.Pixels() {
			d := y[i*out+p*c : i*out+(p+1)*c]
			inside := 0
			s.visit(p, func(_, n, _ int) { inside += n })
			if countPadding {
				inside = s.Taps()
			}
			share := 1 / T(max(inside, 1))
			if !back {
				clear(d)
			}
			s.visit(p, func(_, n, from int) {
				for k := from; k < from+n; k++ {
					src := x[i*in+k*c : i*in+(k+1)*c]
					if back {
						for j, v := range d {
							src[j] += T(v * share)
						}
						continue
					}
					for j, v := range src {
						d[j] += v
					}
				}
			})
			if !back {
				for j := range d {
					d[j] *= share
				}
			}
		}
	}
}

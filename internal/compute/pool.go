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

// eachRun calls f for every tap of the windows of a line of pixels: first to last pixel of the run that the tap serves inside the
// image, counted through the image, and the places the tap has there, step apart.
func (s *ConvShape) eachRun(f func(first, last, place, step int)) {
	for line := range s.Size[0] * s.Size[1] {
		d, h := line/s.Size[1], line%s.Size[1]
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
				for c := range s.Kernel[2] {
					off, step := c-s.Before[2], s.Stride[2]
					lo := max(0, (step-1-off)/step) // the first w with w step + off >= 0
					if off >= 0 {
						lo = 0
					}
					hi := min(s.Size[2], (s.In[2]-1-off)/step+1)
					if lo < hi {
						f(line*s.Size[2]+lo, line*s.Size[2]+hi, (z*s.In[1]+y)*s.In[2]+lo*step+off, step)
					}
				}
			}
		}
	}
}

// gathered are the channels of places step apart, side by side, in room unless they are so already.
func gathered[T Float](room, x []T, n, c, step int) []T {
	if step == 1 {
		return x[:n*c]
	}
	switch {
	case c == 1:
		for i := range n {
			room[i] = x[i*step]
		}
	case c < 8:
		for i := range n {
			src := x[i*step*c:][:c]
			for j, v := range src {
				room[i*c+j] = v
			}
		}
	default:
		for i := range n {
			copy(room[i*c:(i+1)*c], x[i*step*c:])
		}
	}
	return room[:n*c]
}

// maxPool keeps a NaN if there is one, as PyTorch does.
func maxPool[T Float](s *ConvShape, y, x []T, lo, hi int) {
	if s.apart() {
		maxPoolApart(s, y, x, lo, hi)
		return
	}
	c, in, out := s.C, s.places()*s.C, s.Pixels()*s.C
	low := T(math.Inf(-1))
	room := borrow[T](s.Size[2] * c)
	defer room.giveBack()
	for i := lo; i < hi; i++ {
		image, to := x[i*in:(i+1)*in], y[i*out:(i+1)*out]
		for j := range to {
			to[j] = low
		}
		s.eachRun(func(first, last, place, step int) {
			d := to[first*c : last*c]
			kern.Maximum(d, gathered(room.x, image[place*c:], last-first, c, step), d)
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
	if s.apart() {
		maxPoolApartBack(s, dx, dy, y, x, lo, hi)
		return
	}
	c, in, out := s.C, s.places()*s.C, s.Pixels()*s.C
	room := borrow[T](s.Size[2] * c)
	defer room.giveBack()
	for i := lo; i < hi; i++ {
		s.eachRun(func(first, last, place, step int) {
			n := last - first
			g := dy[i*out+first*c : i*out+last*c]
			from := i*in + place*c
			t := room.x[:n*c]
			kern.EqualKeep(t, gathered(t, x[from:], n, c, step), y[i*out+first*c:i*out+last*c], g)
			kern.Axpy(-1, t, g)
			for k := range n {
				addRun(dx[from+k*step*c:][:c], t[k*c:(k+1)*c])
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

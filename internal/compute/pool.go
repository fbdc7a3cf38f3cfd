package compute

import "math"

// poolCost is about how many nanoseconds an image takes.
func (s *ConvShape) poolCost() int { return 2 * s.Pixels() * s.Taps() * s.C }

func (cpu[T]) MaxPool(s *ConvShape, y, place, x Buf) {
	d, p, in := Floats[T](y), Floats[T](place), Floats[T](x)
	if small(s.N, s.poolCost()) {
		maxPool(s, d, p, in, 0, s.N)
		return
	}
	rowsTogether(s.N, s.poolCost(), func(lo, hi int) { maxPool(s, d, p, in, lo, hi) })
}

// maxPool keeps the first of equals, and a NaN if there is one, as PyTorch does. The places are within an image and its
// channel: numbers that single precision holds, up to 2^24.
func maxPool[T Float](s *ConvShape, y, place, x []T, lo, hi int) {
	c, in, out := s.C, s.places()*s.C, s.Pixels()*s.C
	low := T(math.Inf(-1))
	for i := lo; i < hi; i++ {
		for p := range s.Pixels() {
			d, at := y[i*out+p*c:i*out+(p+1)*c], place[i*out+p*c:i*out+(p+1)*c]
			for j := range d {
				d[j], at[j] = low, -1
			}
			s.visit(p, func(_, n, from int) {
				for k := from; k < from+n; k++ {
					src := x[i*in+k*c : i*in+(k+1)*c]
					for j, v := range src {
						if v > d[j] || at[j] < 0 || v != v && d[j] == d[j] {
							d[j], at[j] = v, T(k)
						}
					}
				}
			})
		}
	}
}

func (cpu[T]) MaxPoolGrad(s *ConvShape, dx, dy, place Buf, add bool) {
	d, g, p := Floats[T](dx), Floats[T](dy), Floats[T](place)
	if !add {
		clear(d)
	}
	c, in, out := s.C, s.places()*s.C, s.Pixels()*s.C
	for i := range s.N {
		for q := range s.Pixels() {
			at := i*out + q*c
			for j, v := range g[at : at+c] {
				if k := int(p[at+j]); k >= 0 {
					d[i*in+k*c+j] += v
				}
			}
		}
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

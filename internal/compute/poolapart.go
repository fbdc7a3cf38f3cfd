package compute

import (
	"unsafe"

	"github.com/gopherwood-ml/ml/internal/kern"
)

// Windows that stand side by side inside the image, the usual kind, are pooled by lines: the lines of the image under a line of windows
// are set against each other whole, and the places along a line are taken apart after that, for one line in place of several.

// apart reports whether windows stand side by side.
func (s *ConvShape) apart() bool {
	for i := range 3 {
		if s.Stride[i] != s.Kernel[i] || s.Before[i] > 0 || s.Size[i]*s.Stride[i] > s.In[i] {
			return false
		}
	}
	return true
}

// under is where line k of those under a line of windows begins in the image.
func (s *ConvShape) under(line, k int) int {
	z := line/s.Size[1]*s.Kernel[0] + k/s.Kernel[1]
	y := line%s.Size[1]*s.Kernel[1] + k%s.Kernel[1]
	return (z*s.In[1] + y) * s.In[2] * s.C
}

func maxPoolApart[T Float](s *ConvShape, y, x []T, lo, hi int) {
	c, in, out := s.C, s.places()*s.C, s.Pixels()*s.C
	wide, long := s.Size[2]*c, s.Size[2]*s.Kernel[2]*c
	room := borrow[T](long + wide)
	defer room.giveBack()
	top, t := room.x[:long], room.x[long:]
	for i := lo; i < hi; i++ {
		for line := range s.Size[0] * s.Size[1] {
			first := i*in + s.under(line, 0)
			most := x[first : first+long]
			for k := 1; k < s.Kernel[0]*s.Kernel[1]; k++ {
				at := i*in + s.under(line, k)
				kern.Maximum(top, most, x[at:at+long])
				most = top
			}
			to := y[i*out+line*wide:][:wide]
			unweave(to, most, s.Size[2], c, s.Kernel[2]*c)
			for k := 1; k < s.Kernel[2]; k++ {
				unweave(t, most[k*c:], s.Size[2], c, s.Kernel[2]*c)
				kern.Maximum(to, to, t)
			}
		}
	}
}

// maxPoolApartBack is maxPoolBack: gradients go to the first place that holds the largest.
func maxPoolApartBack[T Float](s *ConvShape, dx, dy, y, x []T, lo, hi int) {
	c, in, out := s.C, s.places()*s.C, s.Pixels()*s.C
	wide, long := s.Size[2]*c, s.Size[2]*s.Kernel[2]*c
	room := borrow[T](2*long + block)
	defer room.giveBack()
	shares, row := room.x[:long], room.x[long:]
	for i := lo; i < hi; i++ {
		for line := range s.Size[0] * s.Size[1] {
			at := i*out + line*wide
			most, g := y[at:at+wide], dy[at:at+wide]
			for k := range s.Kernel[0] * s.Kernel[1] {
				at := i*in + s.under(line, k)
				for j := range s.Kernel[2] {
					t := shares[j*wide:][:wide]
					unweave(t, x[at+j*c:], s.Size[2], c, s.Kernel[2]*c)
					kern.EqualKeep(t, t, most, g)
					kern.Sub(g, g, t)
				}
				weave(row, shares, s.Size[2], s.Kernel[2], c)
				kern.Add(dx[at:at+long], dx[at:at+long], row[:long])
			}
		}
	}
}

// block is the most numbers that are moved at once where that is cheaper than a call of copy: what lies behind a run is moved along, and
// overwritten by the next.
const block = 16

// unweave copies n runs of c numbers, step apart in x, side by side.
func unweave[T Float](dst, x []T, n, c, step int) {
	done := 0
	switch {
	case c <= block/2:
		done = unweaveBlocks[[block / 2]T](dst, x, n, c, step, block/2)
	case c <= block:
		done = unweaveBlocks[[block]T](dst, x, n, c, step, block)
	}
	for i := done; i < n; i++ {
		copy(dst[i*c:(i+1)*c], x[i*step:])
	}
}

// unweaveBlocks moves as many runs as there is room for blocks of size numbers on both sides.
func unweaveBlocks[B any, T Float](dst, x []T, n, c, step, size int) int {
	n = min(n, (len(dst)-size)/c+1, (len(x)-size)/step+1)
	if len(dst) < size || len(x) < size {
		return 0
	}
	each := unsafe.Sizeof(*new(T))
	to, from := unsafe.Pointer(unsafe.SliceData(dst)), unsafe.Pointer(unsafe.SliceData(x))
	for i := range n { // pointers that walked along would end behind the slices
		*(*B)(unsafe.Add(to, uintptr(i*c)*each)) = *(*B)(unsafe.Add(from, uintptr(i*step)*each))
	}
	return n
}

// weave lays kinds arrays of n runs of c numbers, one after the other in x, out run by run: the first of each, the second of each. dst is
// block numbers longer than that.
func weave[T Float](dst, x []T, n, kinds, c int) {
	for i := range n {
		for j := range kinds {
			to, from := dst[(i*kinds+j)*c:], x[(j*n+i)*c:]
			switch {
			case c <= block/2 && len(from) >= block/2:
				*(*[block / 2]T)(to) = *(*[block / 2]T)(from)
			case c <= block && len(from) >= block:
				*(*[block]T)(to) = *(*[block]T)(from)
			default:
				copy(to[:c], from)
			}
		}
	}
}

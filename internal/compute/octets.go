package compute

import (
	"math"
	"sync"

	"github.com/gopherwood-ml/ml/internal/kern"
)

// Octets is a dense layer or a convolution whose weights are bytes: sums are exact integers, so that bits are the same on every machine. Inputs become
// bytes on the way, by a scale of each row (of each image), or by one that was found beforehand.
type Octets struct {
	k, n        int
	w           []int8  // n rows of k
	whole       []int32 // sums of the rows
	scale, bias []float32
	f           Func
	in          Range // of inputs; none: each row's own
	conv        *ConvShape
}

// Range is what numbers lie between. The zero Range is none.
type Range struct{ Low, High float32 }

// Add widens a range.
func (r Range) Add(x []float32) Range {
	if len(x) == 0 {
		return r
	}
	return Range{min(r.Low, kern.Min(x)), max(r.High, kern.Max(x))}
}

// steps is the width of one of the 255 steps of a range that holds 0, and where 0 is among them.
func (r Range) steps() (step float32, zero int32) {
	low, high := min(float64(r.Low), 0), max(float64(r.High), 0)
	width := (high - low) / 255
	if !(width > 0 && width <= math.MaxFloat32) { // all zeros; or not finite: sums will tell
		return 1, 0
	}
	return float32(width), int32(math.RoundToEven(-low / width))
}

// NewOctets makes a layer of rows of weights, one for each of n outputs, with their scales. For a convolution, rows are [KD, KH, KW, C] and conv says the geometry.
func NewOctets(w []int8, k, n int, scale, bias []float32, f Func, in Range, conv *ConvShape) *Octets {
	o := &Octets{k: k, n: n, w: w, whole: make([]int32, n), scale: scale, bias: bias, f: f, in: in}
	if bias == nil {
		o.bias = make([]float32, n)
	}
	for j := range n {
		for _, v := range w[j*k : (j+1)*k] {
			o.whole[j] += int32(v)
		}
	}
	if conv != nil {
		s := *conv
		s.N = 1
		o.conv = &s
	}
	return o
}

// octetRoom is scratch memory for bytes and their sums.
type octetRoom struct {
	bytes []uint8
	sums  []int32
}

var octetRooms = sync.Pool{New: func() any { return new(octetRoom) }}

func borrowOctets(bytes, sums int) *octetRoom {
	r := octetRooms.Get().(*octetRoom)
	if cap(r.bytes) < bytes {
		r.bytes = make([]uint8, bytes)
	}
	if cap(r.sums) < sums {
		r.sums = make([]int32, sums)
	}
	r.bytes, r.sums = r.bytes[:bytes], r.sums[:sums]
	return r
}

// Run computes so many rows, or images.
func (o *Octets) Run(y, x []float32, rows int) {
	if o.conv != nil {
		o.convolve(y, x, rows)
		return
	}
	room := borrowOctets(o.k, o.n)
	defer octetRooms.Put(room)
	for i := range rows {
		o.row(y[i*o.n:(i+1)*o.n], x[i*o.k:(i+1)*o.k], room)
	}
	o.finish(y, rows)
}

func (o *Octets) row(y, x []float32, room *octetRoom) {
	step, zero := o.range32(x)
	kern.Quantize(room.bytes, x, 1/step, zero)
	kern.DotRowsU8S8(room.sums, room.bytes, o.w, o.k)
	kern.Dequantize(y, room.sums, o.whole, zero, step, o.scale, o.bias, o.f.Kind == ReLU)
}

func (o *Octets) range32(x []float32) (step float32, zero int32) {
	if o.in != (Range{}) {
		return o.in.steps()
	}
	return Range{}.Add(x).steps()
}

// finish applies functions that are not part of the last step.
func (o *Octets) finish(y []float32, rows int) {
	if !o.f.built() {
		mapped(o.f, y[:rows*o.n], y[:rows*o.n])
	}
}

func (o *Octets) convolve(y, x []float32, n int) {
	s := o.conv
	frame, _ := s.frame()
	in, whole, wide := s.places()*s.C, frame[0]*frame[1]*frame[2]*s.C, s.Size[2]
	room := borrowOctets(in+whole+wide*o.k, wide*o.n)
	defer octetRooms.Put(room)
	image, framed, patches := room.bytes[:in], room.bytes[in:in+whole], room.bytes[in+whole:]
	for i := range n {
		from := x[i*in : (i+1)*in]
		step, zero := o.range32(from)
		kern.Quantize(image, from, 1/step, zero)
		for j := range framed {
			framed[j] = uint8(zero)
		}
		encloseOctets(s, frame, framed, image)
		for line := range s.Size[0] * s.Size[1] {
			unrollOctets(s, frame, patches, framed, line)
			to := y[(i*s.Size[0]*s.Size[1]+line)*wide*o.n:]
			for w := range wide {
				sums := room.sums[w*o.n : (w+1)*o.n]
				kern.DotRowsU8S8(sums, patches[w*o.k:(w+1)*o.k], o.w, o.k)
				kern.Dequantize(to[w*o.n:(w+1)*o.n], sums, o.whole, zero, step, o.scale, o.bias, o.f.Kind == ReLU)
			}
		}
	}
	o.finish(y, n*s.Pixels())
}

// encloseOctets copies an image into its frame.
func encloseOctets(s *ConvShape, frame [3]int, dst, x []uint8) {
	row := s.In[2] * s.C
	for d := range s.In[0] {
		for h := range s.In[1] {
			at := (((d+s.Before[0])*frame[1]+h+s.Before[1])*frame[2] + s.Before[2]) * s.C
			copy(dst[at:at+row], x[(d*s.In[1]+h)*row:])
		}
	}
}

// unrollOctets copies the windows of one line of pixels, row by row.
func unrollOctets(s *ConvShape, frame [3]int, dst, x []uint8, line int) {
	k := s.Taps() * s.C
	z, y := line/s.Size[1]*s.Stride[0], line%s.Size[1]*s.Stride[1]
	for a := range s.Kernel[0] {
		for b := range s.Kernel[1] {
			src := x[((z+a*s.Dilation[0])*frame[1]+y+b*s.Dilation[1])*frame[2]*s.C:]
			first := (a*s.Kernel[1] + b) * s.Kernel[2] * s.C
			if s.Dilation[2] == 1 {
				for w := range s.Size[2] {
					copy(dst[w*k+first:][:s.Kernel[2]*s.C], src[w*s.Stride[2]*s.C:])
				}
				continue
			}
			for w := range s.Size[2] {
				for c := range s.Kernel[2] {
					copy(dst[w*k+first+c*s.C:][:s.C], src[(w*s.Stride[2]+c*s.Dilation[2])*s.C:])
				}
			}
		}
	}
}

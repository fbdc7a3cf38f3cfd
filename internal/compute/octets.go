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

	pack        *kern.OctetPanels // nil: dot products
	wide        int               // convolutions: pixels in a row of windows
	lineOf      [2][]float32      // scale and bias, of a line of pixels
	wholeOfLine []int32
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
	if conv == nil {
		o.pack = kern.PackOctets(w, n, 1, k)
		return o
	}
	s := *conv
	s.N = 1
	o.conv = &s
	o.shift()
	for range s.Size[2] {
		o.lineOf[0], o.lineOf[1], o.wholeOfLine = append(o.lineOf[0], o.scale...), append(o.lineOf[1], o.bias...), append(o.wholeOfLine, o.whole...)
	}
	return o
}

// shift packs the weights for windows, as Filter does: a row may stand for several pixels.
func (o *Octets) shift() {
	s := o.conv
	if s.Kernel[0] != 1 || s.Dilation[2] != 1 {
		return
	}
	o.wide = widest(s, 4)
	lines, own := s.Kernel[1], s.Kernel[2]*s.C
	run := s.runOf(o.wide)
	rows := make([]int8, o.wide*o.n*lines*run)
	for p := range o.wide {
		for j := range o.n {
			for t := range lines {
				copy(rows[((p*o.n+j)*lines+t)*run+p*s.Stride[2]*s.C:], o.w[j*o.k+t*own:][:own])
			}
		}
	}
	o.pack = kern.PackOctets(rows, o.wide*o.n, lines, run)
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
	if rows > 1 && o.pack != nil {
		o.rows(y, x, rows)
		o.finish(y, rows)
		return
	}
	room := borrowOctets(o.k, o.n)
	defer octetRooms.Put(room)
	for i := range rows {
		o.row(y[i*o.n:(i+1)*o.n], x[i*o.k:(i+1)*o.k], room)
	}
	o.finish(y, rows)
}

// rowsTogether32 is how many rows share a pass through the weights.
const rowsTogether32 = 28

// rows computes several rows at a time.
func (o *Octets) rows(y, x []float32, n int) {
	var steps [rowsTogether32]float32
	var zeros [rowsTogether32]int32
	room := borrowOctets(rowsTogether32*o.k+kern.OctetSlack, rowsTogether32*o.n)
	defer octetRooms.Put(room)
	for lo := 0; lo < n; lo += rowsTogether32 {
		some := min(rowsTogether32, n-lo)
		for i := range some {
			from := x[(lo+i)*o.k:][:o.k]
			steps[i], zeros[i] = o.range32(from)
			kern.Quantize(room.bytes[i*o.k:(i+1)*o.k], from, 1/steps[i], zeros[i])
		}
		o.pack.Windows(&kern.Windows{Rows: some, Step: o.k, Lines: 1, Run: o.k, Blocks: 1}, room.bytes, room.sums, o.n, 0)
		for i := range some {
			kern.Dequantize(y[(lo+i)*o.n:][:o.n], room.sums[i*o.n:(i+1)*o.n], o.whole, zeros[i], steps[i], o.scale, o.bias, o.f.Kind == ReLU)
		}
	}
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
	frame, bare := s.frame()
	in, whole, wide := s.places()*s.C, frame[0]*frame[1]*frame[2]*s.C, s.Size[2]
	lines := s.Size[0] * s.Size[1]
	room := borrowOctets(in+whole+kern.OctetSlack+wide*o.k, lines*wide*o.n)
	defer octetRooms.Put(room)
	image, framed, patches := room.bytes[:in], room.bytes[in:in+whole+kern.OctetSlack], room.bytes[in+whole+kern.OctetSlack:]
	for i := range n {
		from := x[i*in : (i+1)*in]
		step, zero := o.range32(from)
		if bare {
			kern.Quantize(framed[:in], from, 1/step, zero)
		} else {
			kern.Quantize(image, from, 1/step, zero)
			fillOctets(framed, uint8(zero))
			encloseOctets(s, frame, framed, image)
		}
		if o.pack != nil {
			high := frame[2] * s.C
			w := kern.Windows{Rows: wide / o.wide, Step: o.wide * s.Stride[2] * s.C, Lines: s.Kernel[1], Run: s.runOf(o.wide), Gap: s.Dilation[1] * high, Blocks: s.Size[1], Next: s.Stride[1] * high}
			for plane := range s.Size[0] {
				o.pack.Windows(&w, framed[plane*s.Stride[0]*frame[1]*high:], room.sums[plane*s.Size[1]*wide*o.n:], o.wide*o.n, wide*o.n)
			}
		} else {
			for line := range lines {
				unrollOctets(s, frame, patches, framed, line)
				for w := range wide {
					kern.DotRowsU8S8(room.sums[(line*wide+w)*o.n:][:o.n], patches[w*o.k:(w+1)*o.k], o.w, o.k)
				}
			}
		}
		for line := range lines {
			at := line * wide * o.n
			kern.Dequantize(y[i*lines*wide*o.n+at:][:wide*o.n], room.sums[at:at+wide*o.n], o.wholeOfLine, zero, step, o.lineOf[0], o.lineOf[1], o.f.Kind == ReLU)
		}
	}
	o.finish(y, n*s.Pixels())
}

// fillOctets sets all bytes, by copies of twice as many each.
func fillOctets(x []uint8, v uint8) {
	if len(x) > 0 {
		x[0] = v
	}
	for n := 1; n < len(x); n *= 2 {
		copy(x[n:], x[:n])
	}
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

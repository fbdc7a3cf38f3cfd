package tree

import (
	"encoding/binary"
	"math"
)

// length is how many numbers an array holds.
func (d *document) length() int {
	if d.raw != nil {
		return len(d.raw) / ubjsonSize(d.marker)
	}
	return len(d.numbers)
}

// floats are the numbers of an array.
func (d *document) floats() []float64 {
	if d.raw == nil {
		return d.numbers
	}
	out := make([]float64, d.length())
	d.read64(out)
	return out
}

// read64 writes the numbers of an array to dst, which is as long.
func (d *document) read64(dst []float64) {
	if d.raw == nil {
		copy(dst, d.numbers)
		return
	}
	readRaw(dst, d.raw, d.marker)
}

// read32 is read64 for whole numbers, and tells whether all are such that 32 bits hold.
func (d *document) read32(dst []int32) bool {
	switch {
	case d.raw == nil:
		return wholeNumbers(dst, d.numbers)
	case d.marker == 'L' || d.marker == 'd' || d.marker == 'D':
		return wholeNumbers(dst, d.floats())
	}
	readRaw(dst, d.raw, d.marker)
	return true
}

func wholeNumbers(dst []int32, from []float64) bool {
	for i, v := range from {
		if !(v >= math.MinInt32 && v <= math.MaxInt32 && v == math.Trunc(v)) {
			return false
		}
		dst[i] = int32(v)
	}
	return true
}

// readRaw decodes the numbers of a typed array.
func readRaw[T int32 | float64](dst []T, raw []byte, marker byte) {
	switch marker {
	case 'i':
		for i := range dst {
			dst[i] = T(int8(raw[i]))
		}
	case 'U':
		for i := range dst {
			dst[i] = T(raw[i])
		}
	case 'I':
		for i := range dst {
			dst[i] = T(int16(binary.BigEndian.Uint16(raw[2*i:])))
		}
	case 'l':
		for i := range dst {
			dst[i] = T(int32(binary.BigEndian.Uint32(raw[4*i:])))
		}
	case 'd':
		for i := range dst {
			dst[i] = T(math.Float32frombits(binary.BigEndian.Uint32(raw[4*i:])))
		}
	case 'L':
		for i := range dst {
			dst[i] = T(int64(binary.BigEndian.Uint64(raw[8*i:])))
		}
	default:
		for i := range dst {
			dst[i] = T(math.Float64frombits(binary.BigEndian.Uint64(raw[8*i:])))
		}
	}
}

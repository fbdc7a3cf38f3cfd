package onnx

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml/internal/codec"
)

// tensor reads an array, from its raw bytes or from the lists of numbers of each type.
func (r *reader) tensor() (t Tensor) {
	var raw []byte
	var floats []float32
	var ints, wide []int64
	var doubles []float64
	isRaw, external := false, false
	for r.next() {
		switch r.field {
		case 1:
			for _, d := range r.numbers(nil) {
				if d < 0 || d > math.MaxInt32 || len(t.Dims) >= 64 {
					r.fail(fmt.Sprintf("axis %d of length %d", len(t.Dims), d), "0 to 2147483647, and 64 axes at the most")
				}
				t.Dims = append(t.Dims, int(d))
			}
		case 2:
			t.Type = DataType(r.number())
		case 4:
			floats = r.floats(floats)
		case 5:
			ints = r.numbers(ints)
		case 7:
			wide = r.numbers(wide)
		case 8:
			t.Name = r.text()
		case 9:
			raw, isRaw = r.bytes(), true
		case 10:
			if r.wire == 1 {
				doubles = append(doubles, math.Float64frombits(r.fixed64()))
				continue
			}
			for s := r.sub("packed"); s.at < s.end; {
				doubles = append(doubles, math.Float64frombits(s.fixed64()))
			}
		case 14:
			external = r.number() != 0
		default:
			r.skip()
		}
	}
	width := t.Type.width()
	count := 1
	for _, d := range t.Dims {
		if d > 0 && count > math.MaxInt32/d {
			r.fail(fmt.Sprintf("tensor %q of shape %v", t.Name, t.Dims), "as many numbers as the file holds")
		}
		count *= d
	}
	have := len(raw)
	if width > 0 {
		have /= width
	}
	if !isRaw {
		have = max(len(floats), len(ints), len(wide), len(doubles))
	}
	switch {
	case external:
		r.fail(fmt.Sprintf("tensor %q in another file", t.Name), "weights inside the file")
	case width == 0:
		r.fail(fmt.Sprintf("tensor %q of type %d", t.Name, t.Type), "numbers or truths")
	case have != count || isRaw && len(raw) != count*width:
		r.fail(fmt.Sprintf("%d numbers in tensor %q", have, t.Name), fmt.Sprintf("those of shape %v", t.Dims))
	case isRaw && t.IsFloat():
		t.Floats = make([]float32, count)
		for i := range t.Floats {
			t.Floats[i] = t.Type.float(raw[i*width:])
		}
	case isRaw:
		t.Ints = make([]int64, count)
		for i := range t.Ints {
			t.Ints[i] = t.Type.integer(raw[i*width:])
		}
	default:
		r.listed(&t, count, floats, ints, wide, doubles)
	}
	return t
}

// listed takes the numbers from the list that belongs to the type.
func (r *reader) listed(t *Tensor, count int, floats []float32, ints, wide []int64, doubles []float64) {
	from := 0
	switch t.Type {
	case Float32:
		t.Floats, from = floats, len(floats)
	case Float64:
		from = len(doubles)
		t.Floats = make([]float32, from)
		for i, v := range doubles {
			t.Floats[i] = float32(v)
		}
	case Float16, BFloat16:
		from = len(ints)
		t.Floats = make([]float32, from)
		var b [2]byte
		for i, v := range ints {
			binary.LittleEndian.PutUint16(b[:], uint16(v))
			t.Floats[i] = t.Type.float(b[:])
		}
	case Int64:
		t.Ints, from = wide, len(wide)
	default:
		t.Ints, from = ints, len(ints)
	}
	if from != count {
		r.fail(fmt.Sprintf("tensor %q with the numbers of another type", t.Name), fmt.Sprintf("those of type %d", t.Type))
	}
}

func (r *reader) fixed64() uint64 {
	if r.end-r.at < 8 {
		r.fail("a number cut off", "8 bytes")
	}
	r.at += 8
	return binary.LittleEndian.Uint64(r.b[r.at-8:])
}

func (t DataType) float(b []byte) float32 {
	switch t {
	case Float64:
		return float32(math.Float64frombits(binary.LittleEndian.Uint64(b)))
	case Float16:
		return codec.Half(binary.LittleEndian.Uint16(b))
	case BFloat16:
		return math.Float32frombits(uint32(binary.LittleEndian.Uint16(b)) << 16)
	}
	return math.Float32frombits(binary.LittleEndian.Uint32(b))
}

func (t DataType) integer(b []byte) int64 {
	switch t {
	case Uint8:
		return int64(b[0])
	case Bool:
		return int64(min(b[0], 1))
	case Int8:
		return int64(int8(b[0]))
	case Uint16:
		return int64(binary.LittleEndian.Uint16(b))
	case Int16:
		return int64(int16(binary.LittleEndian.Uint16(b)))
	case Int32:
		return int64(int32(binary.LittleEndian.Uint32(b)))
	}
	return int64(binary.LittleEndian.Uint64(b))
}

package onnx

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
)

// Decode reads a file. It allocates no more than the file's length justifies: no count in it is believed before the bytes that it counts
// are there. Fields that this package does not know are passed over. Errors are *Error.
func Decode(b []byte) (m *Model, err error) {
	defer func() {
		if e, ok := recover().(*Error); ok {
			m, err = nil, e
		}
	}()
	m = new(Model)
	r := reader{b: b, end: len(b), path: "model"}
	seen := false
	for r.next() {
		switch r.field {
		case 1:
			m.IR = int64(r.number())
		case 2:
			m.Producer = r.text()
		case 3:
			m.Version = r.text()
		case 6:
			m.Doc = r.text()
		case 7:
			if seen {
				r.fail("a second graph", "one")
			}
			seen = true
			s := r.sub("graph")
			m.Graph = s.graph()
		case 8:
			s := r.sub("opset_import")
			var o Opset
			for s.next() {
				switch s.field {
				case 1:
					o.Domain = s.text()
				case 2:
					o.Version = int64(s.number())
				default:
					s.skip()
				}
			}
			m.Opsets = append(m.Opsets, o)
		default:
			r.skip()
		}
	}
	if !seen {
		r.fail("no graph", "one")
	}
	return m, nil
}

// reader walks the fields of one message.
type reader struct {
	b       []byte // the whole file
	at, end int
	path    string
	field   int
	wire    int
}

func (r *reader) fail(found, want string) {
	panic(&Error{Path: r.path, Offset: r.at, Found: found, Want: want})
}

func (r *reader) varint() uint64 {
	v, n := binary.Uvarint(r.b[r.at:r.end])
	if n <= 0 {
		r.fail("a number that does not end", "10 bytes at the most, inside the message")
	}
	r.at += n
	return v
}

// next reads the key of the next field, if there is one.
func (r *reader) next() bool {
	if r.at == r.end {
		return false
	}
	k := r.varint()
	if k>>3 == 0 || k>>3 > 1<<29 {
		r.fail(fmt.Sprintf("field %d", k>>3), "1 or more, and of 29 bits")
	}
	r.field, r.wire = int(k>>3), int(k&7)
	return true
}

func (r *reader) want(wire int) {
	if r.wire != wire {
		r.fail(fmt.Sprintf("field %d in wire type %d", r.field, r.wire), fmt.Sprintf("wire type %d", wire))
	}
}

func (r *reader) number() uint64 {
	r.want(0)
	return r.varint()
}

// bytes is a stretch of the file.
func (r *reader) bytes() []byte {
	r.want(2)
	n := r.varint()
	if n > uint64(r.end-r.at) {
		r.fail(fmt.Sprintf("%d bytes in field %d", n, r.field), fmt.Sprintf("the %d that are left at the most", r.end-r.at))
	}
	r.at += int(n)
	return r.b[r.at-int(n) : r.at]
}

func (r *reader) text() string { return string(r.bytes()) }

func (r *reader) fixed32() uint32 {
	if r.end-r.at < 4 {
		r.fail("a number cut off", "4 bytes")
	}
	r.at += 4
	return binary.LittleEndian.Uint32(r.b[r.at-4:])
}

// sub is a reader of the message in this field.
func (r *reader) sub(name string) *reader {
	b := r.bytes()
	return &reader{b: r.b, at: r.at - len(b), end: r.at, path: r.path + "." + name}
}

func (r *reader) skip() {
	switch r.wire {
	case 0:
		r.varint()
	case 1:
		if r.end-r.at < 8 {
			r.fail("a number cut off", "8 bytes")
		}
		r.at += 8
	case 2:
		r.bytes()
	case 5:
		r.fixed32()
	default:
		r.fail(fmt.Sprintf("wire type %d", r.wire), "0, 1, 2 or 5")
	}
}

// numbers appends one number, or those that are packed into one field.
func (r *reader) numbers(to []int64) []int64 {
	if r.wire == 0 {
		return append(to, int64(r.varint()))
	}
	s := r.sub("packed")
	for s.at < s.end {
		to = append(to, int64(s.varint()))
	}
	return to
}

func (r *reader) floats(to []float32) []float32 {
	if r.wire == 5 {
		return append(to, math.Float32frombits(r.fixed32()))
	}
	s := r.sub("packed")
	to = slices.Grow(to, (s.end-s.at)/4)
	for s.at < s.end {
		to = append(to, math.Float32frombits(s.fixed32()))
	}
	return to
}

func (r *reader) graph() (g Graph) {
	for r.next() {
		switch r.field {
		case 1:
			g.Nodes = append(g.Nodes, r.sub("node").node())
		case 2:
			g.Name = r.text()
		case 5:
			g.Initializers = append(g.Initializers, r.sub("initializer").tensor())
		case 11:
			g.Inputs = append(g.Inputs, r.sub("input").value())
		case 12:
			g.Outputs = append(g.Outputs, r.sub("output").value())
		case 15:
			r.fail("sparse tensors", "dense ones")
		default:
			r.skip()
		}
	}
	return g
}

func (r *reader) node() (n Node) {
	for r.next() {
		switch r.field {
		case 1:
			n.In = append(n.In, r.text())
		case 2:
			n.Out = append(n.Out, r.text())
		case 3:
			n.Name = r.text()
		case 4:
			n.Op = r.text()
		case 5:
			n.Attrs = append(n.Attrs, r.sub("attribute").attr())
		case 7:
			n.Domain = r.text()
		default:
			r.skip()
		}
	}
	return n
}

func (r *reader) attr() (a Attr) {
	for r.next() {
		switch r.field {
		case 1:
			a.Name = r.text()
		case 2:
			r.want(5)
			a.F = math.Float32frombits(r.fixed32())
		case 3:
			a.I = int64(r.number())
		case 4:
			a.S = r.text()
		case 5:
			t := r.sub("t").tensor()
			a.T = &t
		case 7:
			a.Floats = r.floats(a.Floats)
		case 8:
			a.Ints = r.numbers(a.Ints)
		case 9:
			a.Strings = append(a.Strings, r.text())
		case 20:
			a.Type = AttrType(r.number())
		default:
			r.skip()
		}
	}
	if a.Type == TensorT && a.T == nil {
		r.fail("a tensor attribute without a tensor", "one")
	}
	return a
}

func (r *reader) value() (v Value) {
	for r.next() {
		if r.field != 2 {
			if r.field == 1 {
				v.Name = r.text()
			} else {
				r.skip()
			}
			continue
		}
		for t := r.sub("type"); t.next(); {
			if t.field != 1 {
				t.skip()
				continue
			}
			for s := t.sub("tensor_type"); s.next(); {
				switch s.field {
				case 1:
					v.Type = DataType(s.number())
				case 2:
					v.Known = true
					for d := s.sub("shape"); d.next(); {
						if d.field == 1 {
							v.Dims = append(v.Dims, d.sub("dim").dim())
						} else {
							d.skip()
						}
					}
				default:
					s.skip()
				}
			}
		}
	}
	return v
}

func (r *reader) dim() (d Dim) {
	for r.next() {
		switch r.field {
		case 1:
			v := r.number()
			if v > math.MaxInt32 {
				if int64(v) >= 0 {
					r.fail(fmt.Sprintf("an axis of %d", v), "2147483647 at the most")
				}
				v = 0 // -1 stands for a length that is not known
			}
			d.Size = int(v)
		case 2:
			d.Name = r.text()
		default:
			r.skip()
		}
	}
	return d
}

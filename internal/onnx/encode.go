package onnx

import (
	"encoding/binary"
	"math"
)

// Encode is the file of a model: the same bytes for the same model. Tensors are written as Float32 or Int64, or as Bool or Int32 where
// their Type says so.
func Encode(m *Model) []byte {
	var w writer
	w.number(1, uint64(m.IR))
	w.text(2, m.Producer)
	w.text(3, m.Version)
	w.text(6, m.Doc)
	w.message(7, func() { w.graph(&m.Graph) })
	for _, o := range m.Opsets {
		w.message(8, func() {
			w.text(1, o.Domain)
			w.number(2, uint64(o.Version))
		})
	}
	return w.b
}

// writer appends fields. A message is written before its length is known and then moved up by as many bytes as that takes.
type writer struct{ b []byte }

func (w *writer) key(field, wire int) { w.b = binary.AppendUvarint(w.b, uint64(field<<3|wire)) }

func (w *writer) number(field int, v uint64) {
	w.key(field, 0)
	w.b = binary.AppendUvarint(w.b, v)
}

// text leaves empty strings out, as protocol buffers do; inputs of nodes are written by each, since there an empty one has a place.
func (w *writer) text(field int, s string) {
	if s != "" {
		w.each(field, s)
	}
}

func (w *writer) each(field int, s string) {
	w.key(field, 2)
	w.b = binary.AppendUvarint(w.b, uint64(len(s)))
	w.b = append(w.b, s...)
}

func (w *writer) message(field int, f func()) {
	w.key(field, 2)
	at := len(w.b)
	f()
	n := len(w.b) - at
	var room [binary.MaxVarintLen64]byte
	head := binary.PutUvarint(room[:], uint64(n))
	w.b = append(w.b, room[:head]...)
	copy(w.b[at+head:], w.b[at:at+n])
	copy(w.b[at:], room[:head])
}

func (w *writer) graph(g *Graph) {
	for i := range g.Nodes {
		w.message(1, func() { w.node(&g.Nodes[i]) })
	}
	w.text(2, g.Name)
	for i := range g.Initializers {
		w.message(5, func() { w.tensor(&g.Initializers[i]) })
	}
	for i := range g.Inputs {
		w.message(11, func() { w.value(&g.Inputs[i]) })
	}
	for i := range g.Outputs {
		w.message(12, func() { w.value(&g.Outputs[i]) })
	}
}

func (w *writer) node(n *Node) {
	for _, s := range n.In {
		w.each(1, s)
	}
	for _, s := range n.Out {
		w.each(2, s)
	}
	w.text(3, n.Name)
	w.text(4, n.Op)
	for i := range n.Attrs {
		w.message(5, func() { w.attr(&n.Attrs[i]) })
	}
	w.text(7, n.Domain)
}

func (w *writer) float(field int, v float32) {
	w.key(field, 5)
	w.b = binary.LittleEndian.AppendUint32(w.b, math.Float32bits(v))
}

func (w *writer) attr(a *Attr) {
	w.text(1, a.Name)
	switch a.Type {
	case Float:
		w.float(2, a.F)
	case Int:
		w.number(3, uint64(a.I))
	case String:
		w.each(4, a.S)
	case TensorT:
		w.message(5, func() { w.tensor(a.T) })
	case Floats:
		for _, v := range a.Floats {
			w.float(7, v)
		}
	case Ints:
		for _, v := range a.Ints {
			w.number(8, uint64(v))
		}
	case Strings:
		for _, s := range a.Strings {
			w.each(9, s)
		}
	}
	w.number(20, uint64(a.Type))
}

func (w *writer) tensor(t *Tensor) {
	for _, d := range t.Dims {
		w.number(1, uint64(d))
	}
	kind := t.Type
	switch {
	case t.IsFloat():
		kind = Float32
	case kind != Bool && kind != Int32:
		kind = Int64
	}
	w.number(2, uint64(kind))
	w.text(8, t.Name)
	w.key(9, 2)
	if kind == Float32 {
		w.b = binary.AppendUvarint(w.b, uint64(4*len(t.Floats)))
		for _, v := range t.Floats {
			w.b = binary.LittleEndian.AppendUint32(w.b, math.Float32bits(v))
		}
		return
	}
	w.b = binary.AppendUvarint(w.b, uint64(kind.width()*len(t.Ints)))
	for _, v := range t.Ints {
		switch kind {
		case Bool:
			w.b = append(w.b, byte(v))
		case Int32:
			w.b = binary.LittleEndian.AppendUint32(w.b, uint32(v))
		default:
			w.b = binary.LittleEndian.AppendUint64(w.b, uint64(v))
		}
	}
}

func (w *writer) value(v *Value) {
	w.text(1, v.Name)
	w.message(2, func() {
		w.message(1, func() {
			w.number(1, uint64(v.Type))
			if !v.Known {
				return
			}
			w.message(2, func() {
				for _, d := range v.Dims {
					w.message(1, func() {
						if d.Size > 0 {
							w.number(1, uint64(d.Size))
						} else {
							w.text(2, d.Name)
						}
					})
				}
			})
		})
	})
}

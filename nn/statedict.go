package nn

import (
	"reflect"
	"slices"
)

// stored is one tensor of a state dict and where its numbers belong.
type stored struct {
	name  string
	also  string // another name that PyTorch has had for it
	shape []int
	parts []storedPart
	count bool // BatchNorm's number of batches, of which the net keeps none
}

// storedPart is a stretch of a tensor that belongs to one parameter or state.
type storedPart struct {
	at      int   // where it begins in the tensor
	shape   []int // its axes, as the tensor runs through them
	to      *held
	from    int   // the place of its first number in the parameter
	strides []int // in the parameter, of those axes
	second  bool  // another addend of what a part before has: 0 when written
}

// held is a parameter or a state.
type held struct {
	param *Param
	state *State
}

func (h *held) name() string {
	if h.param != nil {
		return h.param.Name
	}
	return h.state.Name
}

func (h *held) shape() []int {
	if h.param != nil {
		return h.param.Shape
	}
	return h.state.Shape
}

// stateDict lists the tensors of a net as PyTorch has them.
func stateDict(n *Net) []stored {
	d := &dictWriter{}
	d.visit(&n.book.root, n.Module, "")
	return d.out
}

type dictWriter struct {
	out []stored
	s   *scope
	at  string // the path of the layer in names
	got map[any]bool
}

// visit lists what a module has: by PyTorch's names where it knows the layer, as it is elsewhere.
func (d *dictWriter) visit(s *scope, m any, at string) {
	if v := reflect.ValueOf(m); v.Kind() == reflect.Pointer && !v.IsNil() {
		m = v.Elem().Interface()
	}
	d.s, d.at, d.got = s, at, map[any]bool{}
	switch l := m.(type) {
	case Dense:
		d.turned("W", "weight")
		d.plain("b", "bias")
	case Conv1D, Conv2D, Conv3D, ConvTranspose2D:
		d.kernels()
		d.plain("b", "bias")
	case Embedding, EmbeddingBag, Positions:
		d.plain("W", "weight")
	case LayerNorm, RMSNorm, GroupNorm, InstanceNorm:
		d.plain("scale", "weight")
		d.plain("shift", "bias")
	case BatchNorm:
		d.plain("scale", "weight")
		d.plain("shift", "bias")
		d.plain("mean", "running_mean")
		d.plain("variance", "running_var")
		d.out = append(d.out, stored{name: joined(at, "num_batches_tracked"), shape: []int{}, count: true})
	case WeightNorm:
		if g := d.find("g"); g != nil {
			units := g.shape()[0]
			d.add(stored{name: "parametrizations.weight.original0", also: "weight_g", shape: []int{units, 1}, parts: []storedPart{{shape: []int{units, 1}, to: g, strides: []int{1, 1}}}})
		}
		d.turned("V", "parametrizations.weight.original1")
		d.out[len(d.out)-1].also = joined(at, "weight_v")
		d.plain("b", "bias")
	case SpectralNorm:
		d.turned("W", "parametrizations.weight.original")
		d.out[len(d.out)-1].also = joined(at, "weight_orig")
		for _, v := range []string{"u", "v"} {
			h := d.find(v)
			k := h.shape()[1]
			d.add(stored{name: "parametrizations.weight.0._" + v, also: "weight_" + v, shape: []int{k}, parts: []storedPart{{shape: []int{k}, to: h, strides: []int{1}}}})
		}
		d.plain("b", "bias")
	case MultiHeadAttention:
		d.attention()
	case LSTM:
		d.recurrent(4, l.Bidirectional)
		return
	case GRU:
		d.recurrent(3, l.Bidirectional)
		return
	case RNN:
		d.recurrent(1, l.Bidirectional)
		return
	case Transformer:
		d.block(l)
		return
	case Decoder:
		d.block(l.Block)
		return
	}
	d.rest()
	for i, k := range s.kids {
		d.visit(k, k.module, joined(at, s.names[i]))
	}
}

// rest lists what no layer of PyTorch's claims, under its own name and as it lies.
func (d *dictWriter) rest() {
	for _, p := range d.s.params {
		if !d.got[p] {
			d.plain(base(p.Name), base(p.Name))
		}
	}
	for _, st := range d.s.states {
		if !d.got[st] {
			d.plain(base(st.Name), base(st.Name))
		}
	}
}

// find is a parameter or state of the layer, nil if it has none of that name.
func (d *dictWriter) find(name string) *held {
	for _, p := range d.s.params {
		if base(p.Name) == name {
			d.got[p] = true
			return &held{param: p}
		}
	}
	for _, s := range d.s.states {
		if base(s.Name) == name {
			d.got[s] = true
			return &held{state: s}
		}
	}
	return nil
}

func (d *dictWriter) add(t stored) {
	t.name = joined(d.at, t.name)
	if t.also != "" {
		t.also = joined(d.at, t.also)
	}
	d.out = append(d.out, t)
}

// strides of an array that lies row by row.
func stridesOf(shape []int) []int {
	out, step := make([]int, len(shape)), 1
	for i := len(shape) - 1; i >= 0; i-- {
		out[i] = step
		step *= shape[i]
	}
	return out
}

// permuted lists a parameter with its axes in another order.
func (d *dictWriter) permuted(own, name string, order ...int) {
	h := d.find(own)
	if h == nil {
		return
	}
	had := stridesOf(h.shape())
	shape, strides := make([]int, len(order)), make([]int, len(order))
	for i, a := range order {
		shape[i], strides[i] = h.shape()[a], had[a]
	}
	d.add(stored{name: name, shape: shape, parts: []storedPart{{shape: shape, to: h, strides: strides}}})
}

func (d *dictWriter) turned(own, name string) { d.permuted(own, name, 1, 0) }

func (d *dictWriter) plain(own, name string) {
	if h := d.find(own); h != nil {
		shape := slices.Clone(h.shape())
		d.add(stored{name: name, shape: shape, parts: []storedPart{{shape: shape, to: h, strides: stridesOf(shape)}}})
	}
}

// kernels: [places..., a, b] are PyTorch's [b, a, places...], for transposed convolutions as well.
func (d *dictWriter) kernels() {
	k := len(d.find("W").shape()) - 2
	order := []int{k + 1, k}
	for i := range k {
		order = append(order, i)
	}
	d.permuted("W", "weight", order...)
}

// attention: nn.MultiheadAttention's, whose rows are queries, keys and values.
func (d *dictWriter) attention() {
	if d.find("W") != nil {
		d.turned("W", "in_proj_weight")
		d.plain("b", "in_proj_bias")
	} else if q, k := d.find("Q"), d.find("K"); q != nil && k != nil {
		in, memory, wide, both := q.shape()[0], k.shape()[0], q.shape()[1], k.shape()[1]
		rows := func(h *held, at, lo, hi, in, width int) storedPart {
			return storedPart{at: at, shape: []int{hi - lo, in}, to: h, from: lo, strides: []int{1, width}}
		}
		if in == memory {
			d.add(stored{name: "in_proj_weight", shape: []int{wide + both, in}, parts: []storedPart{rows(q, 0, 0, wide, in, wide), rows(k, wide*in, 0, both, in, both)}})
		} else {
			d.turned("Q", "q_proj_weight")
			d.add(stored{name: "k_proj_weight", shape: []int{both / 2, memory}, parts: []storedPart{rows(k, 0, 0, both/2, memory, both)}})
			d.add(stored{name: "v_proj_weight", shape: []int{both / 2, memory}, parts: []storedPart{rows(k, 0, both/2, both, memory, both)}})
		}
		if bq, bk := d.find("bq"), d.find("bk"); bq != nil && bk != nil {
			d.add(stored{name: "in_proj_bias", shape: []int{wide + both}, parts: []storedPart{
				{shape: []int{wide}, to: bq, strides: []int{1}}, {at: wide, shape: []int{both}, to: bk, strides: []int{1}}}})
		}
	}
	d.turned("O", "out_proj.weight")
	d.plain("bo", "out_proj.bias")
}

// recurrent: gates one below the other, and two biases, which add up.
func (d *dictWriter) recurrent(gates int, both bool) {
	s, at := d.s, d.at
	for i, k := range s.kids {
		d.s, d.got = k, map[any]bool{}
		end := "_l" + number(i)
		if both {
			end = "_l" + number(i/2) + []string{"", "_reverse"}[i%2]
		}
		w, u, b := d.find("W"), d.find("U"), d.find("b")
		in, h := w.shape()[1], w.shape()[2]
		d.at = at
		matrix := func(name string, to *held, in int) {
			d.add(stored{name: name + end, shape: []int{gates * h, in}, parts: []storedPart{{shape: []int{gates, h, in}, to: to, strides: []int{in * h, 1, h}}}})
		}
		matrix("weight_ih", w, in)
		matrix("weight_hh", u, h)
		line := func(at, n int, to *held, second bool) storedPart {
			return storedPart{at: at, shape: []int{n}, to: to, strides: []int{1}, second: second}
		}
		d.add(stored{name: "bias_ih" + end, shape: []int{gates * h}, parts: []storedPart{line(0, gates*h, b, false)}})
		other := stored{name: "bias_hh" + end, shape: []int{gates * h}}
		if v := d.find("v"); v != nil { // the new gate's stays inside the product with the reset gate
			other.parts = []storedPart{line(0, 2*h, b, true), line(2*h, h, v, false)}
		} else {
			other.parts = []storedPart{line(0, gates*h, b, true)}
		}
		d.add(other)
	}
}

// block: nn.TransformerEncoderLayer's with norm_first, or nn.TransformerDecoderLayer's where there is a memory to look at.
func (d *dictWriter) block(l Transformer) {
	s, at := d.s, d.at
	crossed := slices.Contains(s.names, "cross")
	var norm Module = LayerNorm{}
	if l.RMS {
		norm = RMSNorm{}
	}
	for i, k := range s.kids {
		name, m := s.names[i], k.module
		switch name {
		case "attention":
			name, m = "self_attn", l.Attention
		case "cross":
			name, m = "multihead_attn", l.Attention
		case "up":
			name, m = "linear1", Dense{}
		case "down":
			name, m = "linear2", Dense{}
		case "norm1":
			m = norm
		case "norm2", "norm3": // ours are numbered in the order in which they came to be, PyTorch's in that of use
			m = norm
			if crossed {
				name = map[string]string{"norm2": "norm3", "norm3": "norm2"}[name]
			}
		}
		d.visit(k, m, joined(at, name))
	}
}

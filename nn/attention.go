package nn

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/compute"
)

// MultiHeadAttention lets every place of a sequence [N, T, D] look at the others (Vaswani et al., NeurIPS 2017). Queries, keys and values
// come from one product, with the weights W [D, D + 2 KVHeads D/Heads] (queries first, then keys, then values), and what the heads found is
// mixed by O [D, D].
type MultiHeadAttention struct {
	Heads   int     // divides D
	KVHeads int     // heads of keys and values, each serving Heads/KVHeads of queries (Ainslie et al., EMNLP 2023). 0: Heads
	Causal  bool    // a place sees itself and those before it
	Rotary  bool    // positions by rotation of queries and keys (Su et al., 2021)
	Dropout float64 // of the shares of attention, in training
	NoBias  bool
	Init    Init // nil: Xavier{}
}

// Forward looks.
func (l MultiHeadAttention) Forward(c *Ctx, x *Var) *Var {
	kv, dim := l.sizes(c, x)
	init := l.init()
	var bias *Var
	if !l.NoBias {
		bias = c.Bias("b", zeros, x.shape[2]+2*kv*dim)
	}
	qkv := c.Linear(x, c.Param("W", init, x.shape[2], x.shape[2]+2*kv*dim), bias, Linear)
	if l.Rotary {
		qkv = Apply(c, rotaryOp{heads: l.Heads + kv, dim: dim}, qkv)
	}
	switch {
	case c.session != nil && !l.Causal:
		c.Fail(&ml.Error{Field: "attention", Found: "not causal, in a session", Want: "layers that look back only", Kind: ml.ErrConfig})
	case c.session != nil:
		return l.mixed(c, Apply(c, goOnOp{heads: l.Heads, kv: kv}, qkv))
	case c.lengths != nil:
		return l.mixed(c, Apply(c, attentionOp{heads: l.Heads, kv: kv, causal: l.Causal, drop: l.dropping(c), short: true}, qkv, c.lengths))
	}
	return l.mixed(c, Apply(c, attentionOp{heads: l.Heads, kv: kv, causal: l.Causal, drop: l.dropping(c)}, qkv))
}

// CrossAttention is MultiHeadAttention of a sequence x to another, memory [N, S, D]: queries come from x by the weights Q, keys and values
// from memory by the weights K, side by side. lengths has a number for each sequence of memory, behind which nothing is looked at;
// nil: all is.
func (c *Ctx) CrossAttention(name string, l MultiHeadAttention, x, memory, lengths *Var) *Var {
	c.alongTime("CrossAttention")
	defer c.leave(c.within(name))
	if c.build {
		c.scope.module = l
	}
	kv, dim := l.sizes(c, x)
	if len(memory.shape) != 3 || memory.shape[0] != x.shape[0] {
		c.Fail(misfit("the memory", fmt.Sprintf("of shape %v", memory.shape), fmt.Sprintf("[%d, S, D], as many sequences as x has", x.shape[0])))
	}
	init := l.init()
	var bq, bk *Var
	if !l.NoBias {
		bq, bk = c.Bias("bq", zeros, l.Heads*dim), c.Bias("bk", zeros, 2*kv*dim)
	}
	q := c.Linear(x, c.Param("Q", init, x.shape[2], l.Heads*dim), bq, Linear)
	k := c.Linear(memory, c.Param("K", init, memory.shape[2], 2*kv*dim), bk, Linear)
	if lengths != nil {
		return l.mixed(c, Apply(c, attentionOp{heads: l.Heads, kv: kv, causal: l.Causal, drop: l.dropping(c), cross: true, short: true}, q, k, lengths))
	}
	return l.mixed(c, Apply(c, attentionOp{heads: l.Heads, kv: kv, causal: l.Causal, drop: l.dropping(c), cross: true}, q, k))
}

func (l MultiHeadAttention) sizes(c *Ctx, x *Var) (kv, dim int) {
	kv = l.KVHeads
	if kv == 0 {
		kv = l.Heads
	}
	if len(x.shape) != 3 || l.Heads < 1 || x.shape[2]%l.Heads != 0 || kv < 1 || l.Heads%kv != 0 || l.Rotary && x.shape[2]/l.Heads%2 != 0 {
		c.Fail(misfit("the input", fmt.Sprintf("of shape %v for %d heads, %d of keys", x.shape, l.Heads, kv), "[N, T, D] with heads that divide D (evenly by two more for Rotary), and KVHeads that divide Heads"))
	}
	return kv, x.shape[2] / l.Heads
}

var xavierInit Init = Xavier{}

func (l MultiHeadAttention) init() Init {
	if l.Init == nil {
		return xavierInit
	}
	return l.Init
}

// mixed is the product after the heads.
func (l MultiHeadAttention) mixed(c *Ctx, x *Var) *Var {
	d := x.shape[2]
	if l.NoBias {
		return c.Linear(x, c.Param("O", l.init(), d, d), nil, Linear)
	}
	return c.Linear(x, c.Param("O", l.init(), d, d), c.Bias("bo", zeros, d), Linear)
}

func (l MultiHeadAttention) dropping(c *Ctx) float64 {
	if !c.train {
		return 0
	}
	return l.Dropout
}

// attentionOp is softmax(q kᵀ / √dim) v for every head. Its inputs are queries, keys and values side by side in one array, or queries in one
// and keys and values in another.
type attentionOp struct {
	heads, kv int
	causal    bool
	drop      float64
	cross     bool // keys and values are an input of their own
	short     bool // the last input holds how many keys of each sequence count
}

func (o attentionOp) Shape(in [][]int) ([]int, error) {
	x := in[0]
	if ends := in[len(in)-1]; o.short && size(ends) != x[0] {
		return nil, misfit("the lengths", fmt.Sprintf("of shape %v", ends), fmt.Sprintf("one for each of the %d sequences", x[0]))
	}
	width := x[2]
	if !o.cross {
		width = x[2] * o.heads / (o.heads + 2*o.kv)
	}
	return []int{x[0], x[1], width}, nil
}

// shape is the geometry, worked out once.
func (o attentionOp) shape(n *Node) *compute.AttentionShape {
	if n.attention == nil {
		q := n.In(0)
		s := compute.AttentionShape{N: q.shape[0], T: q.shape[1], S: q.shape[1], Heads: o.heads, KV: o.kv, Dim: n.Out().Dim(-1) / o.heads, LDQ: q.shape[2], LDK: q.shape[2], Causal: o.causal}
		s.ColK = o.heads * s.Dim
		if o.cross {
			k := n.In(1)
			s.S, s.LDK, s.ColK = k.shape[1], k.shape[2], 0
		}
		s.ColV = s.ColK + o.kv*s.Dim
		n.attention = &s
		n.ints = [][]int{{s.Shares()}, {1}}
	}
	return n.attention
}

// source is the input that holds keys and values.
func (o attentionOp) source() int {
	if o.cross {
		return 1
	}
	return 0
}

// ends is how many keys of each sequence count; empty: all.
func (o attentionOp) ends(n *Node) compute.Buf {
	if !o.short {
		return compute.Buf{}
	}
	return n.In(n.Inputs() - 1).value
}

func (o attentionOp) Forward(n *Node) {
	e, s := n.Engine(), o.shape(n)
	shares, k := n.Room(0, s.Shares()), n.In(o.source()).value
	e.Attention(s, shares, n.In(0).value, k, o.ends(n))
	used := shares
	if o.drop > 0 {
		mask := n.Room(1, shares.Len())
		e.DropMask(mask, 1-o.drop, n.Key())
		used = n.Room(2, shares.Len())
		e.Binary(compute.Mul, n.ints[0], used, shares, n.ints[1], mask, n.ints[1])
	}
	e.Attended(s, n.Out().value, used, k)
}

func (o attentionOp) Backward(n *Node) {
	e, s := n.Engine(), o.shape(n)
	shares, k := n.room[0], n.In(o.source()).value
	used := shares
	if o.drop > 0 {
		used = n.room[2]
	}
	ds := n.Room(3, shares.Len())
	gq := o.cleared(n, 0)
	gk := gq
	if o.source() > 0 {
		gk = o.cleared(n, 1)
	}
	e.AttendedGrad(s, ds, gk, n.OutGrad(), used, k)
	if o.drop > 0 {
		e.Binary(compute.Mul, n.ints[0], ds, ds, n.ints[1], n.room[1], n.ints[1])
	}
	e.AttentionGrad(s, gq, gk, ds, shares, n.In(0).value, k)
}

// cleared is the gradient of an input, with zeros if nothing is there yet; empty if it has none.
func (o attentionOp) cleared(n *Node, i int) compute.Buf {
	g, add, ok := n.Grad(i)
	if ok && !add {
		n.Engine().Fill(g, 0)
	}
	return g
}

// tail is what lies from one element on.
func tail(b compute.Buf, at int) compute.Buf { return b.Part(at, b.Len()) }

// rotaryOp turns the pairs (j, j + dim/2) of the first heads of each row by an angle that grows with the place in the sequence and falls
// with j, 10000^(-2j/dim); what stands behind those heads stays.
type rotaryOp struct{ heads, dim int }

func (o rotaryOp) Shape(in [][]int) ([]int, error) { return append([]int(nil), in[0]...), nil }

func (o rotaryOp) Forward(n *Node) {
	e := n.Engine()
	e.Copy(n.Out().value, n.In(0).value)
	o.turn(n, n.Out().value, n.In(0).value, 1)
}

func (o rotaryOp) Backward(n *Node) {
	g, add, ok := n.Grad(0)
	if !ok {
		return
	}
	e, d := n.Engine(), n.OutGrad()
	t := n.Room(2, d.Len())
	e.Copy(t, d)
	o.turn(n, t, d, -1)
	e.Axpby(1, t, float(add), g)
}

// turn writes rotated pairs to dst: with the halves a and b of a head, (a cos - b sin, b cos + a sin), sin times sign.
func (o rotaryOp) turn(n *Node, dst, src compute.Buf, sign float64) {
	e, s := n.Engine(), n.Out().shape
	half, places, at := o.dim/2, s[1], n.c.past()
	if n.c.session != nil {
		places = n.c.session.length
	}
	cos, sin := n.Room(0, places*half), n.Room(1, places*half)
	if n.ints == nil {
		a, b := make([]float64, places*half), make([]float64, places*half)
		for t := range places {
			for j := range half {
				b[t*half+j], a[t*half+j] = math.Sincos(float64(t) * math.Pow(10000, -2*float64(j)/float64(o.dim)))
			}
		}
		e.PutWide(cos, a)
		e.PutWide(sin, b)
		n.ints = [][]int{{s[0], s[1], o.heads, half}, {s[1] * s[2], s[2], o.dim, 1}, {0, half, 0, 1}}
	}
	space, rows, turn := n.ints[0], n.ints[1], n.ints[2]
	cos, sin = cos.Part(at*half, (at+s[1])*half), sin.Part(at*half, (at+s[1])*half)
	signed := sin
	if sign < 0 {
		signed = n.Room(3, sin.Len())
		e.Axpby(-1, sin, 0, signed)
	}
	minus := n.Room(4, sin.Len())
	e.Axpby(-1, signed, 0, minus)
	first, second := src, tail(src, half)
	e.Move(space, dst, rows, n.zero(), n.still(), false)
	e.Move(space, tail(dst, half), rows, n.zero(), n.still(), false)
	e.Contract(space, dst, rows, first, rows, cos, turn, true)
	e.Contract(space, dst, rows, second, rows, minus, turn, true)
	e.Contract(space, tail(dst, half), rows, second, rows, cos, turn, true)
	e.Contract(space, tail(dst, half), rows, first, rows, signed, turn, true)
}

// zero is one number 0, and still the strides that repeat it over four axes.
func (n *Node) zero() compute.Buf { return n.Room(5, 1) }

func (n *Node) still() []int { return fourZeros }

var fourZeros = []int{0, 0, 0, 0}

// Sinusoids adds Vaswani's fixed positions to a sequence [N, T, D]: sines and cosines whose wave lengths grow from 2π to 10000·2π.
type Sinusoids struct{}

// Forward adds.
func (Sinusoids) Forward(c *Ctx, x *Var) *Var {
	if len(x.shape) != 3 {
		c.Fail(misfit("the input", fmt.Sprintf("of shape %v", x.shape), "[N, T, D]"))
	}
	if c.session != nil {
		return c.Add(x, Apply(c, placesOp{x.shape[1]}, Apply(c, wavesOp{c.session.length, x.shape[2]})))
	}
	return c.Add(x, Apply(c, wavesOp{x.shape[1], x.shape[2]}))
}

type wavesOp struct{ t, d int }

func (o wavesOp) Shape([][]int) ([]int, error) { return []int{o.t, o.d}, nil }

func (o wavesOp) Forward(n *Node) {
	if n.ints != nil {
		return
	}
	n.ints = [][]int{{}}
	w := make([]float64, o.t*o.d)
	for t := range o.t {
		for j := range o.d {
			angle := float64(t) * math.Pow(10000, -float64(j/2*2)/float64(o.d))
			w[t*o.d+j] = math.Sin(angle)
			if j%2 == 1 {
				w[t*o.d+j] = math.Cos(angle)
			}
		}
	}
	n.Engine().PutWide(n.Out().value, w)
}

func (wavesOp) Backward(*Node) {}

// Transformer is a block of attention and a small net on every place, each normalised before and added to its input (pre-norm).
type Transformer struct {
	Attention MultiHeadAttention
	Hidden    int        // units of the small net. 0: 4 D
	Act       Activation // zero: GELU
	Dropout   float64    // after both parts
	RMS       bool       // RMSNorm instead of LayerNorm
}

// Forward runs the block.
func (l Transformer) Forward(c *Ctx, x *Var) *Var {
	x = c.Add(x, c.Dropout(l.attend(c, l.normal(c, "norm1", x)), l.Dropout, false))
	return c.Add(x, c.Dropout(l.think(c, l.normal(c, "norm2", x)), l.Dropout, false))
}

func (l Transformer) normal(c *Ctx, name string, x *Var) *Var {
	defer c.leave(c.within(name))
	if l.RMS {
		return RMSNorm{}.Forward(c, x)
	}
	return LayerNorm{}.Forward(c, x)
}

func (l Transformer) attend(c *Ctx, x *Var) *Var {
	defer c.leave(c.within("attention"))
	return l.Attention.Forward(c, x)
}

func (l Transformer) think(c *Ctx, x *Var) *Var {
	d, hidden, act := x.Dim(-1), l.Hidden, l.Act
	if hidden == 0 {
		hidden = 4 * d
	}
	if act == Linear {
		act = GELU
	}
	outer := c.within("up")
	x = Dense{Out: hidden, Act: act}.Forward(c, x)
	c.leave(outer)
	defer c.leave(c.within("down"))
	return Dense{Out: d}.Forward(c, x)
}

// Decoder is a Transformer block that also looks at the output of an encoder, Memory, which it runs itself on the part of its input
// before the first Split places: for sequences whose first part is read and whose second is written.
type Decoder struct {
	Block  Transformer // of the second part; its attention should be causal
	Memory Module      // what reads the first part. nil: the identity
	Split  int         // places of the first part
}

// Forward reads the first part and returns what the block makes of the second.
func (l Decoder) Forward(c *Ctx, x *Var) *Var {
	if len(x.shape) != 3 || l.Split < 1 || l.Split >= x.shape[1] {
		c.Fail(misset("Decoder.Split", fmt.Sprintf("%d for shape %v", l.Split, x.shape), "a place inside the sequence"))
	}
	c.alongTime("Decoder")
	memory, y := c.Slice(x, 1, 0, l.Split), c.Slice(x, 1, l.Split, x.shape[1])
	if l.Memory != nil {
		memory = c.Call("memory", l.Memory, memory)
	}
	lengths := c.lengths // of both parts together
	if lengths != nil {
		c.lengths = c.Affine(lengths, 1, -float64(l.Split))
	}
	y = l.Block.WithMemory(c, y, memory, lengths)
	c.lengths = lengths
	return y
}

// WithMemory runs the block on x with a look at memory between its parts; lengths are those of memory's sequences, see CrossAttention.
func (l Transformer) WithMemory(c *Ctx, x, memory, lengths *Var) *Var {
	x = c.Add(x, c.Dropout(l.attend(c, l.normal(c, "norm1", x)), l.Dropout, false))
	look := l.Attention
	look.Causal, look.Rotary = false, false
	x = c.Add(x, c.Dropout(c.CrossAttention("cross", look, l.normal(c, "norm3", x), memory, lengths), l.Dropout, false))
	return c.Add(x, c.Dropout(l.think(c, l.normal(c, "norm2", x)), l.Dropout, false))
}

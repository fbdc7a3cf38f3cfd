package nn

import (
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/compute"
	"github.com/gopherwood-ml/ml/tensor"
)

// Session reads sequences piece by piece, as texts are written: each call gives what one pass over all that has been read would give for the
// new places, in the time of the new ones. Attention keeps the keys and values of the places before (Pope et al., MLSys 2023, call it a cache of
// keys and values), recurrent layers their last state; positions count on.
//
// Layers that look along the sequence must look back only: causal attention, Positions, Sinusoids, and LSTM, GRU and RNN in one direction.
// Others that do so give an error where they can tell (Conv1D, pooling, Lengths, Decoder); layers that look at each place alone always go.
//
// A Session belongs to one goroutine. It sees later changes of the net's weights, but what it has kept is of the old ones: Reset it then.
type Session struct {
	net          *Net
	c            *Ctx
	rows, length int
	at           int
	kept         map[uint64]*memory // by the operation's place in a pass, which is the same for pieces of any length
	broken       bool
}

// memory is what a layer keeps between pieces: keys and values, or states.
type memory struct{ a, b compute.Buf }

// NewSession begins so many sequences side by side, of up to length places. It takes memory for all of them: for each place
// and attention layer, 2 KVHeads times the length of a head.
func (n *Net) NewSession(rows, length int) (*Session, error) {
	const where = "nn.Net.NewSession"
	switch {
	case rows < 1:
		return nil, ml.BadConfig(where, "rows", rows, "1 or more")
	case length < 1:
		return nil, ml.BadConfig(where, "length", length, "1 or more")
	case len(n.In) == 0:
		return nil, ml.BadConfig(where, "the net", "one whose inputs are single numbers", "one whose inputs are sequences")
	}
	s := &Session{net: n, c: n.newCtx(), rows: rows, length: length, kept: map[uint64]*memory{}}
	s.c.session = s
	return s, nil
}

// Len is how many places have been read.
func (s *Session) Len() int { return s.at }

// Reset begins anew.
func (s *Session) Reset() {
	s.at, s.broken = 0, false
	for _, m := range s.kept {
		s.net.engine.Fill(m.a, 0)
		s.net.engine.Fill(m.b, 0)
	}
}

// Read goes on with x, [rows, places, ...]: the new places of every sequence. After an error the session must be Reset.
func (s *Session) Read(x *tensor.Tensor[float32]) (y *tensor.Tensor[float32], err error) {
	v, err := s.read("nn.Session.Read", x)
	if err != nil {
		return nil, err
	}
	y = tensor.New[float32](v.shape...)
	s.net.engine.Get(y.Data(), v.value)
	return y, nil
}

// ReadInto is Read into the caller's memory; on one core it allocates nothing from the second piece of as many places on.
func (s *Session) ReadInto(dst []float32, x *tensor.Tensor[float32]) error {
	const where = "nn.Session.ReadInto"
	v, err := s.read(where, x)
	if err != nil {
		return err
	}
	if len(dst) != v.Len() {
		s.broken = true
		return ml.BadShape(where, "dst", fmt.Sprintf("%d numbers", len(dst)), fmt.Sprint(v.Len()))
	}
	s.net.engine.Get(dst, v.value)
	return nil
}

func (s *Session) read(where string, x *tensor.Tensor[float32]) (v *Var, err error) {
	var room [maxAxes]int
	shape := x.AppendShape(room[:0])
	if err := s.net.check(where, shape); err != nil {
		return nil, err
	}
	switch {
	case s.broken:
		return nil, &ml.Error{Where: where, Field: "the session", Found: "ended by an error", Want: "Reset first", Kind: ml.ErrConfig}
	case shape[0] != s.rows:
		return nil, ml.BadShape(where, "X", fmt.Sprintf("%d sequences", shape[0]), fmt.Sprint(s.rows))
	case s.at+shape[1] > s.length:
		return nil, ml.BadShape(where, "X", fmt.Sprintf("%d places behind %d", shape[1], s.at), fmt.Sprintf("%d in all", s.length))
	}
	s.broken = true
	defer catch(&err)
	v = s.net.run(s.c, x.Data(), shape)
	s.broken = false
	s.at += shape[1]
	return v, nil
}

// past is how many places the session of this pass has read before, 0 without one.
func (c *Ctx) past() int {
	if c.session == nil {
		return 0
	}
	return c.session.at
}

// alongTime ends a pass of a session at a layer that would have to see more places than the new ones.
func (c *Ctx) alongTime(what string) {
	if c.session != nil {
		c.Fail(&ml.Error{Field: what, Found: "in a session", Want: "layers that look back only", Kind: ml.ErrConfig})
	}
}

// memory is what the layer of this operation keeps in a session, of the given sizes.
func (n *Node) memory(a, b int) *memory {
	s := n.c.session
	m := s.kept[n.key]
	if m == nil {
		m = &memory{n.c.e.New(a), n.c.e.New(b)}
		s.kept[n.key] = m
	}
	return m
}

// placesOp is the rows of a table that belong to the places of this piece.
type placesOp struct{ places int }

func (o placesOp) Shape(in [][]int) ([]int, error) { return []int{o.places, in[0][1]}, nil }

func (o placesOp) Forward(n *Node) {
	at, width := n.c.past(), n.Out().Dim(1)
	n.Engine().Copy(n.Out().value, n.In(0).value.Part(at*width, (at+o.places)*width))
}

func (placesOp) Backward(*Node) {} // sessions do not learn

// goOnOp is causal attention of the new places of a session to all so far. Its input is queries, keys and values side by side.
type goOnOp struct{ heads, kv int }

func (o goOnOp) Shape(in [][]int) ([]int, error) {
	return attentionOp{heads: o.heads, kv: o.kv}.Shape(in)
}

func (o goOnOp) Forward(n *Node) {
	e, x, session := n.Engine(), n.In(0), n.c.session
	rows, t, ld := x.shape[0], x.shape[1], x.shape[2]
	dim := n.Out().Dim(-1) / o.heads
	width := 2 * o.kv * dim
	if n.attention == nil {
		n.attention = &compute.AttentionShape{N: rows, T: t, Heads: o.heads, KV: o.kv, Dim: dim, LDQ: ld, LDK: width, ColV: o.kv * dim, Causal: true, Rows: session.length}
		n.ints = [][]int{{rows, t, width}, {session.length * width, width, 1}, {t * ld, ld, 1}}
	}
	kept := n.memory(rows*session.length*width, 0)
	e.Move(n.ints[0], tail(kept.a, session.at*width), n.ints[1], tail(x.value, o.heads*dim), n.ints[2], false)
	s := n.attention
	s.S = session.at + t
	shares := n.Room(0, rows*o.heads*t*session.length).Part(0, s.Shares())
	e.Attention(s, shares, x.value, kept.a, compute.Buf{})
	e.Attended(s, n.Out().value, shares, kept.a)
}

func (goOnOp) Backward(*Node) {}

package nn

import (
	"fmt"
	"math/bits"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/compute"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/tensor"
)

// Frozen is a net that is done learning: a list of instructions with its weights packed, the scales and shifts of batch normalisation
// folded into them, activations joined to the sums, and values in memory that is used again. It never changes, and any number of goroutines may
// use it at once.
//
// A prediction does not allocate once a batch of about its size has been seen (operations without an instruction of their own, attention and recurrent
// layers say, may share large work among cores, which costs a few small allocations). Rows of a batch are taken to be independent: large batches are cut,
// into parts that run on several cores where that is worth it, and the numbers of a row do not depend on the others.
//
// Numbers are those of Net.Predict but for rounding: folded weights are rounded once more, and convolutions may add up in another order. They
// agree to about 1e-5 of the largest output; nets of dense layers without batch normalisation give the same bits.
type Frozen struct {
	net    *Net // of its own
	oct    []*octets
	inputs []compute.Range // of the inputs of layers with weights; nil: each row's own
	seen   *observer       // while calibrating

	mu       sync.Mutex
	packed   map[[32]byte]runner
	programs atomic.Pointer[[]*program]
	teams    sync.Pool // of *team
}

// Freeze makes a net ready for inference. The net may go on learning: what is frozen has weights of its own.
func (n *Net) Freeze() (*Frozen, error) {
	own, err := n.onHost()
	if err != nil {
		return nil, err
	}
	return freeze(own, nil, nil)
}

// freeze takes the net over.
func freeze(own *Net, oct []*octets, inputs []compute.Range) (*Frozen, error) {
	f := &Frozen{net: own, oct: oct, inputs: inputs, packed: map[[32]byte]runner{}}
	if _, err := f.program(1, own.In); err != nil { // what is wrong shows now
		return nil, err
	}
	return f, nil
}

// In is the shape of one input.
func (f *Frozen) In() []int { return slices.Clone(f.net.In) }

// Out is the shape of one output.
func (f *Frozen) Out() []int { return slices.Clone(f.net.out) }

// Predict passes a batch through the net: x has the shape of an input behind the batch.
func (f *Frozen) Predict(x *tensor.Tensor[float32]) (*tensor.Tensor[float32], error) {
	shape := x.Shape()
	if err := f.net.check("nn.Frozen.Predict", shape); err != nil {
		return nil, err
	}
	p, err := f.program(1, shape[1:])
	if err != nil {
		return nil, err
	}
	y := tensor.New[float32](append([]int{shape[0]}, p.outShape[1:]...)...)
	return y, f.run(p, y.Data(), x.Data(), shape)
}

// PredictInto is Predict into the caller's memory, without allocating.
func (f *Frozen) PredictInto(dst []float32, x *tensor.Tensor[float32]) error {
	const where = "nn.Frozen.PredictInto"
	var room [maxAxes]int
	shape := x.AppendShape(room[:0])
	if err := f.net.check(where, shape); err != nil {
		return err
	}
	p, err := f.program(1, shape[1:])
	if err != nil {
		return err
	}
	if len(dst) != shape[0]*p.out.size {
		return ml.BadShape(where, "dst", fmt.Sprintf("%d numbers", len(dst)), fmt.Sprint(shape[0]*p.out.size))
	}
	return f.run(p, dst, x.Data(), shape)
}

// program is the instructions for batches of one shape.
type program struct {
	f        *Frozen
	rows     int
	shape    []int // with the batch
	outShape []int
	list     []*instr
	in, out  *place
	memory   int // numbers that values take at once
	ns       int // about how long it takes
	idle     sync.Pool
}

// maxPrograms is how many shapes are remembered: batches of 1, 2, 4 ... 128 rows, for sequences of a few lengths.
const maxPrograms = 64

// program finds, or writes, the instructions for so many rows of inputs of a shape.
func (f *Frozen) program(rows int, in []int) (*program, error) {
	if p := f.find(rows, in); p != nil {
		return p, nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if p := f.find(rows, in); p != nil {
		return p, nil
	}
	p, err := f.write(rows, in)
	if err != nil {
		return nil, err
	}
	var list []*program
	if old := f.programs.Load(); old != nil {
		list = append(list, (*old)[max(0, len(*old)-maxPrograms+1):]...)
	}
	list = append(list, p)
	f.programs.Store(&list)
	return p, nil
}

func (f *Frozen) find(rows int, in []int) *program {
	if list := f.programs.Load(); list != nil {
		for _, p := range *list {
			if p.rows == rows && slices.Equal(p.shape[1:], in) {
				return p
			}
		}
	}
	return nil
}

// write makes a program. The lock is held.
func (f *Frozen) write(rows int, in []int) (*program, error) {
	p := &program{f: f, rows: rows, shape: append([]int{rows}, in...)}
	g, err := f.net.trace(p.shape)
	if err != nil {
		return nil, err
	}
	if len(g.out.shape) == 0 || g.out.shape[0] != rows {
		return nil, ml.BadShape("nn.Net.Freeze", "the output", fmt.Sprintf("of shape %v for a batch of %d", g.out.shape, rows), "the batch along the first axis")
	}
	p.outShape = slices.Clone(g.out.shape)
	p.list, p.in, p.out = g.instructions(f.oct)
	layer := 0
	for _, i := range p.list {
		switch {
		case i.weights != nil:
			a := i.weights
			a.ready, i.layer = f.pack(a, i.f, layer), layer
			layer++
			work := 2 * a.k * a.n * a.rows
			if a.conv != nil {
				work *= a.shape.Pixels()
			}
			p.ns += work/64 + i.out.size/8
			a.w, a.q = nil, nil
		case i.node != nil:
			p.ns += 4 * i.out.size
		default:
			p.ns += i.out.size
		}
	}
	p.lay()
	return p, nil
}

// lay finds memory for every value: that of values that nobody will read any more is used again.
func (p *program) lay() {
	for at, i := range p.list {
		if i.in != nil {
			i.in.root().last = at
			i.in.root().reads++
		}
		for _, v := range i.of {
			if v != nil {
				v.root().last = at
				v.root().reads++
			}
		}
	}
	p.out.root().last, p.out.root().reads = len(p.list), p.out.root().reads+1
	type stretch struct{ lo, hi int }
	type held struct {
		stretch
		v *place
	}
	var live []held
	for at, i := range p.list {
		if r := i.place(); r != nil && !r.input && r.reads == 1 && r.last == at && i.out.size == r.size && (i.only || i.channel != nil) {
			i.out.like = r // in place
			r.last = i.out.last
			r.reads = i.out.reads
			continue
		}
		live = slices.DeleteFunc(live, func(h held) bool { return h.v.last < at })
		slices.SortFunc(live, func(a, b held) int { return a.lo - b.lo })
		lo, size := 0, aligned(max(i.out.size, 1))
		for _, h := range live {
			if lo+size <= h.lo {
				break
			}
			lo = max(lo, h.hi)
		}
		i.out.at = lo
		i.out.last = max(i.out.last, at)
		live = append(live, held{stretch{lo, lo + size}, i.out})
		p.memory = max(p.memory, lo+size)
	}
}

// place is where the one input of an instruction lies.
func (i *instr) place() *place {
	if i.in == nil {
		return nil
	}
	return i.in.root()
}

// pass is what one goroutine needs to run a program.
type pass struct {
	p     *program
	ctx   *Ctx
	all   []float32
	steps []step
	own   []*Var // values that lie where the input lies
}

// step is an instruction with its memory.
type step struct {
	*instr
	x, y []float32
	here bool // x is the input
	node *Node
}

func (p *program) borrow() *pass {
	if s, ok := p.idle.Get().(*pass); ok {
		return s
	}
	s := &pass{p: p, ctx: p.f.net.newCtx(), all: kern.Aligned[float32](p.memory)}
	s.ctx.plan = &plan{free: map[int][]compute.Buf{}}
	vars := map[*place]*Var{}
	for _, i := range p.list {
		st := step{instr: i, y: s.at(i.out)}
		if i.in != nil {
			st.here, st.x = i.in.root().input, s.at(i.in)
		}
		if i.node != nil {
			n := &Node{c: s.ctx, op: i.node.op, key: i.node.key, path: i.node.path, out: Var{shape: i.node.out.shape, value: compute.Of(st.y)}}
			for k, v := range i.node.in {
				if k >= len(i.of) || i.of[k] == nil { // a parameter or the like
					n.in = append(n.in, v)
					continue
				}
				at := i.of[k]
				if vars[at] == nil {
					vars[at] = &Var{shape: v.shape, value: compute.Of(s.at(at))}
					if at.root().input {
						s.own = append(s.own, vars[at])
					}
				}
				n.in = append(n.in, vars[at])
			}
			st.node = n
		}
		s.steps = append(s.steps, st)
	}
	return s
}

// at is the memory of a value; that of the input is not the pass's.
func (s *pass) at(v *place) []float32 {
	r := v.root()
	if r.input {
		return nil
	}
	return s.all[r.at : r.at+v.size]
}

// do runs the program.
func (s *pass) do(dst, x []float32) (err error) {
	defer catch(&err)
	for _, v := range s.own {
		v.value = compute.Of(x)
	}
	for k := range s.steps {
		st := &s.steps[k]
		from := st.x
		if st.here {
			from = x
		}
		if seen := s.p.f.seen; seen != nil && st.weights != nil {
			seen.see(st.layer, from)
		}
		st.run(from)
	}
	if out := s.p.out; out.root().input {
		copy(dst, x)
	} else {
		copy(dst, s.at(out))
	}
	return nil
}

func (st *step) run(x []float32) {
	switch {
	case st.weights != nil:
		st.weights.ready.Run(st.y, x, st.weights.rows)
	case st.pool != nil && st.mean:
		compute.MeanPool32(st.pool, st.y, x, st.pool.N, st.count)
	case st.pool != nil:
		compute.MaxPool32(st.pool, st.y, x, st.pool.N)
	case st.channel != nil:
		st.channel.run(st.y, x)
		if st.f.Kind != compute.Identity {
			compute.Apply32(st.f, st.y, st.y)
		}
	case st.only:
		compute.Apply32(st.f, st.y, x)
	default:
		st.node.op.Forward(st.node)
	}
}

// run scales and shifts, in single precision.
func (c *channelwise) run(y, x []float32) {
	n := len(c.scale)
	for i := 0; i < len(y); i += n {
		row, from := y[i:i+n], x[i:i+n]
		for j, v := range from {
			row[j] = float32(v*float32(c.scale[j])) + float32(c.shift[j])
		}
	}
}

// observer is told what layers with weights are given.
type observer struct{ see func(layer int, x []float32) }

// team is a batch that several cores share.
type team struct {
	f       *Frozen
	loop    *par.Loop
	one     *program
	dst, x  []float32
	rows    int
	each    int
	failure atomic.Pointer[error]
}

// most rows that run at once: weights are read once for all of them, values should stay in the caches.
const (
	mostRows   = 128
	mostValues = 1 << 20
)

// partsEach is how many parts of a batch there are for each core: a helper that wakes late leaves its share to the others.
const partsEach = 4

// together is how many rows run at once.
func (p *program) together() int {
	return power(min(max(mostValues/max(p.memory+p.in.size, 1), 1), mostRows))
}

// power is the largest power of two up to n.
func power(n int) int { return 1 << (bits.Len(uint(max(n, 1))) - 1) }

// run passes a batch through, in parts.
func (f *Frozen) run(one *program, dst, x []float32, shape []int) error {
	rows := shape[0]
	if rows == 1 {
		return f.part(one, dst, x, 1)
	}
	each := one.together()
	if rows < 2 || par.Small(rows, max(one.ns, 1)) || par.Alone() {
		return f.parts(one, dst, x, rows, each)
	}
	cores := runtime.GOMAXPROCS(0)
	each = min(each, power(max(rows/(partsEach*cores), par.Grain(max(one.ns, 1)))))
	t, ok := f.teams.Get().(*team)
	if !ok {
		t = &team{f: f}
		t.loop = par.NewLoop(t.work)
	}
	t.one, t.dst, t.x, t.rows, t.each = one, dst, x, rows, each
	t.failure.Store(nil)
	t.loop.Run((rows + each - 1) / each)
	t.dst, t.x = nil, nil
	failure := t.failure.Load()
	f.teams.Put(t)
	if failure != nil {
		return *failure
	}
	return nil
}

// work is one part of a batch.
func (t *team) work(i int) {
	lo, hi := i*t.each, min((i+1)*t.each, t.rows)
	in, out := t.one.in.size, t.one.out.size
	if err := t.f.parts(t.one, t.dst[lo*out:hi*out], t.x[lo*in:hi*in], hi-lo, t.each); err != nil {
		failure := err // err itself stays off the heap
		t.failure.Store(&failure)
	}
}

// parts passes rows through on the caller's core, so many at a time.
func (f *Frozen) parts(one *program, dst, x []float32, rows, each int) error {
	in, out := one.in.size, one.out.size
	for lo := 0; lo < rows; {
		n := min(each, power(rows-lo))
		p := one
		if n > 1 {
			var err error
			if p, err = f.program(n, one.shape[1:]); err != nil {
				return err
			}
		}
		if err := f.part(p, dst[lo*out:(lo+n)*out], x[lo*in:(lo+n)*in], n); err != nil {
			return err
		}
		lo += n
	}
	return nil
}

func (f *Frozen) part(p *program, dst, x []float32, rows int) error {
	s := p.borrow()
	err := s.do(dst, x[:rows*p.in.size/p.rows])
	p.idle.Put(s)
	return err
}

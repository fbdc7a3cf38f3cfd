package nn

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/compute"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// Module is a layer, a block or a whole network: plain data that says what to do with a value. Its parameters are not in it but in the
// Net, which knows them by name; so modules can be printed, compared, saved and used for several nets at once.
//
// A module that holds others passes values to them with Ctx.Call, which gives each its place in the names:
//
//	type Residual struct{ Inner nn.Module }
//
//	func (r Residual) Forward(c *nn.Ctx, x *nn.Var) *nn.Var { return c.Add(x, c.Call("inner", r.Inner, x)) }
//
// Calling one name twice uses the same parameters twice. Keep inner modules in fields of type Module (or pass pointers): a
// struct that is turned into an interface anew costs an allocation in every pass.
type Module interface {
	Forward(c *Ctx, x *Var) *Var
}

// Param is a set of weights that are learned together.
type Param struct {
	Name   string // the path of layers and the name within the last: "0.W"
	Shape  []int
	Frozen bool    // not moved by training
	Rate   float64 // scales the learning rate. 0: 1
	Decay  bool    // subject to weight decay: by default weights are, biases and the scales of normalisation are not

	v    Var
	net  *Net
	mask *mask // of what was pruned; nil: nothing
}

// State is a set of numbers that a layer keeps and training does not move by gradients: running means.
type State struct {
	Name  string
	Shape []int
	v     Var
}

// scope is the place of one module in the names.
type scope struct {
	path   string
	parent *scope
	names  []string
	kids   []*scope
	params []*Param
	states []*State
	seen   []int // while the net is built: the visit in which each parameter was asked for last
	visits int
	module Module // what Call called here; nil: a place of the module outside
	out    []int  // the shape of what the module gave when the net was built
	flops  int    // of one input, operations of this module itself
}

// total is the parameters and the operations of s and of what is in it.
func (s *scope) total() (params, flops int) {
	for _, p := range s.params {
		params += p.v.Len()
	}
	flops = s.flops
	for _, k := range s.kids {
		p, f := k.total()
		params, flops = params+p, flops+f
	}
	return params, flops
}

// book holds the parameters of a net in the order in which layers asked for them first.
type book struct {
	root   scope
	params []*Param
	states []*State
	expect [][]int // shapes of parameters in a file, which must be met before memory is taken; nil: none
}

// expected ends the pass if the next parameter has not the shape that the file gives it.
func (b *book) expected(c *Ctx, shape []int) {
	if k := len(b.params); b.expect != nil && (k >= len(b.expect) || !slices.Equal(b.expect[k], shape)) {
		c.Fail(&ml.Error{Field: fmt.Sprintf("parameter %d", k), Found: "missing, or of another shape", Want: fmt.Sprint(shape), Kind: ml.ErrFormat})
	}
}

// child is the place named name in s.
func (s *scope) child(c *Ctx, name string) *scope {
	for i, n := range s.names {
		if n == name {
			return s.kids[i]
		}
	}
	if !c.build {
		c.Fail(&ml.Error{Field: "layer " + name, Found: "not there when the net was built", Want: "Forward to call the same layers in every pass", Kind: ml.ErrConfig})
	}
	k := &scope{path: joined(s.path, name), parent: s}
	s.names, s.kids = append(s.names, name), append(s.kids, k)
	return k
}

func joined(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// enter makes s the scope. Passes of a built net only read it: many may run at once.
func (c *Ctx) enter(s *scope) {
	c.scope = s
	if c.build {
		s.visits++
	}
}

// Call passes x to a module whose parameters stand under name.
func (c *Ctx) Call(name string, m Module, x *Var) *Var {
	outer := c.within(name)
	y := m.Forward(c, x)
	if c.build {
		c.scope.out, c.scope.module = y.shape, m
	}
	c.scope = outer
	return y
}

// within makes the scope of name the current one and returns the scope outside, for leave: for modules that take more than one value.
// (A closure that leaves would be allocated in every pass.)
func (c *Ctx) within(name string) (outer *scope) {
	outer = c.scope
	c.enter(outer.child(c, name))
	return outer
}

// leave ends within.
func (c *Ctx) leave(outer *scope) { c.scope = outer }

// Param is a parameter of the module that runs. The first pass, with which New builds the net, makes it by init.
func (c *Ctx) Param(name string, init Init, shape ...int) *Var {
	return c.param(name, init, true, shape)
}

// Bias is Param for what weight decay leaves alone.
func (c *Ctx) Bias(name string, init Init, shape ...int) *Var {
	return c.param(name, init, false, shape)
}

func (c *Ctx) param(name string, init Init, decay bool, shape []int) *Var {
	s := c.scope
	for i, p := range s.params {
		if base(p.Name) != name {
			continue
		}
		if c.build && s.seen[i] == s.visits {
			c.Fail(&ml.Error{Field: "parameter " + joined(s.path, name), Found: "asked for twice in one call", Want: "Ctx.Call for each inner module, and names that differ", Kind: ml.ErrConfig})
		}
		if !slices.Equal(p.Shape, shape) {
			c.Fail(&ml.Error{Field: "parameter " + p.Name, Found: fmt.Sprintf("wanted as %v for this input", slices.Clone(shape)), Want: fmt.Sprintf("%v, as the net was built", p.Shape), Kind: ml.ErrShape})
		}
		if c.build {
			s.seen[i] = s.visits
		}
		return &p.v
	}
	if !c.build {
		c.Fail(&ml.Error{Field: "parameter " + joined(s.path, name), Found: "not there when the net was built", Want: "Forward to ask for the same parameters in every pass", Kind: ml.ErrConfig})
	}
	own := slices.Clone(shape) // the list itself stays on the caller's stack
	for _, d := range own {
		if d < 1 {
			c.Fail(&ml.Error{Field: "parameter " + joined(s.path, name), Found: fmt.Sprintf("of shape %v", own), Want: "axes of 1 or more", Kind: ml.ErrShape})
		}
	}
	c.book.expected(c, own)
	p := &Param{Name: joined(s.path, name), Shape: own, Decay: decay}
	p.v = Var{shape: own, value: c.e.New(size(own)), learns: true, kept: true}
	fill(c.e, p.v.value, init, own, rng.Key(c.seed, uint64(len(c.book.params)), 0x1417))
	s.params, s.seen = append(s.params, p), append(s.seen, s.visits)
	c.book.params = append(c.book.params, p)
	return &p.v
}

// base is the name within the layer.
func base(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }

// State is a set of numbers of the module that runs, all of them start when the net is built.
func (c *Ctx) State(name string, start float64, shape ...int) *Var {
	s := c.scope
	for _, st := range s.states {
		if base(st.Name) == name {
			return &st.v
		}
	}
	if !c.build {
		c.Fail(&ml.Error{Field: "state " + joined(s.path, name), Found: "not there when the net was built", Want: "Forward to ask for the same state in every pass", Kind: ml.ErrConfig})
	}
	own := slices.Clone(shape)
	st := &State{Name: joined(s.path, name), Shape: own, v: Var{shape: own, value: c.e.New(size(own)), kept: true}}
	c.e.Fill(st.v.value, start)
	s.states = append(s.states, st)
	c.book.states = append(c.book.states, st)
	return &st.v
}

// fill draws a parameter, in float64 whatever the engine, so that a net of either width starts from the same numbers.
func fill(e compute.Engine, dst compute.Buf, init Init, shape []int, key uint64) {
	x := make([]float64, dst.Len())
	if init != nil {
		init.Init(rng.New(key, 0), x, shape)
	}
	e.PutWide(dst, x)
}

// number is the name of part i of a container; the first hundred cost nothing.
func number(i int) string { return strconv.Itoa(i) }

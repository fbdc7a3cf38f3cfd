package nn

import (
	"fmt"
	"slices"
)

// uniform is the number that all axes of places have in an attribute.
func (r *graphRun) uniform(name string, dims, or int) int {
	v := r.n.ints(name)
	if len(v) == 0 {
		return or
	}
	for _, x := range v {
		if x != v[0] || x < 1 || x > 1<<16 {
			r.fail(fmt.Sprintf("%s of %v", name, v), "one number of 1 or more for all axes")
		}
	}
	if len(v) != dims {
		r.fail(fmt.Sprintf("%s of %v", name, v), fmt.Sprintf("%d numbers", dims))
	}
	return v[0]
}

// window is the geometry of a convolution or pooling as convOp has it, and the zeros around each axis if that cannot say them.
func (r *graphRun) window(x []int, kernel, stride, dilation int) (o convOp, before, behind []int) {
	dims := len(x) - 2
	o = convOp{dims: dims, kernel: kernel, stride: stride, dilation: dilation, groups: 1}
	p := r.n.ints("pads")
	switch auto := r.n.text("auto_pad", "NOTSET"); auto {
	case "SAME_UPPER":
		o.pad = Same
		return o, nil, nil
	case "NOTSET":
	case "VALID":
		p = nil
	default:
		r.fail("auto_pad "+auto, "SAME_UPPER, VALID or NOTSET")
	}
	if len(p) == 0 {
		return o, nil, nil
	}
	if len(p) != 2*dims {
		r.fail(fmt.Sprintf("pads %v", p), fmt.Sprintf("%d numbers", 2*dims))
	}
	for _, v := range p {
		if v < 0 || v > 1<<16 {
			r.fail(fmt.Sprintf("pads %v", p), "0 or more")
		}
	}
	if !slices.ContainsFunc(p, func(v int) bool { return v != p[0] }) {
		o.zeros = p[0]
		return o, nil, nil
	}
	same := o
	same.pad = Same
	if s, err := same.geometry(x, 1); err == nil && slices.Equal(pads(&s, dims), p) {
		return same, nil, nil
	}
	return o, p[:dims], p[dims:]
}

// around puts zeros around the axes of places of an image, channels last.
func (r *graphRun) around(x *Var, before, behind []int) *Var {
	for i := range before {
		if before[i]+behind[i] > 0 {
			x = Apply(r.c, newPick(1+i, padPlaces(padOp{PadZeros, 0}, x.shape[1+i], before[i], behind[i])), x)
		}
	}
	return x
}

// padPlaces are the places that a padded axis shows.
func padPlaces(o padOp, n, before, behind int) []int {
	at := make([]int, 0, max(n+before+behind, 0))
	for i := -before; i < n+behind; i++ {
		at = append(at, o.source(i+o.amount, n))
	}
	return at
}

func (r *graphRun) conv() {
	x, w := r.channelsLast(r.in(0)), r.plain(r.in(1)) // the weights were turned to our layout when the file was read
	dims := len(x.shape) - 2
	if len(w.shape) != dims+2 {
		r.fail(fmt.Sprintf("weights of shape %v for an input of %v", w.shape, x.shape), "as many axes")
	}
	kernel := w.shape[0]
	for _, k := range w.shape[:dims] {
		if k != kernel {
			r.fail(fmt.Sprintf("a kernel of %v", w.shape[:dims]), "one with equal sides")
		}
	}
	o, before, behind := r.window(x.shape, kernel, r.uniform("strides", dims, 1), r.uniform("dilations", dims, 1))
	o.groups = r.n.int("group", 1)
	if o.groups < 1 || w.shape[dims]*o.groups != x.Dim(-1) || w.shape[dims+1]%o.groups != 0 {
		r.fail(fmt.Sprintf("%d groups of weights %v for an input of %v", o.groups, w.shape, x.shape), "weights that fit")
	}
	if before != nil {
		x = r.around(x, before, behind)
	}
	if !r.has(2) {
		r.image(Apply(r.c, o, x, w))
		return
	}
	b := r.plain(r.in(2))
	if len(b.shape) != 1 || b.shape[0] != w.shape[dims+1] {
		r.fail(fmt.Sprintf("a bias of shape %v", b.shape), fmt.Sprintf("%d numbers", w.shape[dims+1]))
	}
	r.image(Apply(r.c, o, x, w, b))
}

func (r *graphRun) convTranspose() {
	x, w := r.channelsLast(r.in(0)), r.plain(r.in(1))
	if len(x.shape) != 4 || len(w.shape) != 4 || w.shape[0] != w.shape[1] || w.shape[3] != x.shape[3] || r.n.int("group", 1) != 1 || r.n.text("auto_pad", "NOTSET") != "NOTSET" || r.uniform("dilations", 2, 1) != 1 || r.n.ints("output_shape") != nil {
		r.fail(fmt.Sprintf("a transposed convolution of %v by %v, or one in groups, dilated or with the shape of its result", x.shape, w.shape), "one of images, with a square kernel and nothing else")
	}
	p := r.n.ints("pads")
	zero := 0
	if len(p) > 0 {
		zero = p[0]
	}
	if slices.ContainsFunc(r.n.ints("output_padding"), func(v int) bool { return v != 0 }) || zero < 0 || slices.ContainsFunc(p, func(v int) bool { return v != zero }) {
		r.fail("zeros that differ from side to side", "as many on either")
	}
	y := Apply(r.c, transposedOp{convOp{dims: 2, kernel: w.shape[0], stride: r.uniform("strides", 2, 1), dilation: 1, groups: 1, zeros: zero}}, x, w)
	if r.has(2) {
		b := r.plain(r.in(2))
		if len(b.shape) != 1 || b.shape[0] != w.shape[2] {
			r.fail(fmt.Sprintf("a bias of shape %v", b.shape), fmt.Sprintf("%d numbers", w.shape[2]))
		}
		y = r.c.Add(y, b)
	}
	r.image(y)
}

func (r *graphRun) pool(mean bool) {
	x := r.channelsLast(r.in(0))
	dims := len(x.shape) - 2
	kernel := r.uniform("kernel_shape", dims, 0)
	if kernel < 1 || r.uniform("dilations", dims, 1) != 1 || r.n.int("storage_order", 0) != 0 {
		r.fail("a pooling without a size, dilated or in another order", "a plain one")
	}
	o, before, _ := r.window(x.shape, kernel, r.uniform("strides", dims, 1), 1)
	if before != nil {
		r.fail(fmt.Sprintf("pads %v", r.n.ints("pads")), "as many on either side, or those of SAME_UPPER")
	}
	s, err := o.geometry(x.shape, x.Dim(-1))
	if err != nil {
		r.c.Fail(err)
	}
	for a := 3 - dims; a < 3; a++ {
		over := s.In[a] + 2*o.zeros - kernel
		if o.pad != Same && r.n.int("ceil_mode", 0) != 0 && over%o.stride != 0 {
			r.fail("ceil_mode with a last window that is cut off", "windows that fit")
		}
		if o.zeros >= kernel {
			r.fail(fmt.Sprintf("%d zeros around a window of %d", o.zeros, kernel), "windows that see the image")
		}
	}
	r.image(Apply(r.c, poolOp{o, mean, mean && r.n.int("count_include_pad", 0) != 0}, x))
}

// global reduces all places to one.
func (r *graphRun) global(most bool) {
	x := r.channelsLast(r.in(0))
	c, s := r.c, x.shape
	flat := c.Reshape(x, s[0], -1, s[len(s)-1])
	if most {
		flat = c.MaxOf(flat, 1)
	} else {
		flat = c.Mean(flat, 1)
	}
	shape := []int{s[0], s[len(s)-1]}
	r.put(c.Reshape(flat, append(shape, slices.Repeat([]int{1}, len(s)-2)...)...))
}

// pad puts zeros, or what stands inside, around any axes; negative amounts cut.
func (r *graphRun) pad() {
	x := r.in(0)
	rank := len(x.shape())
	amounts := r.ints(1, "pads")
	if r.scalar(2, "value", 0) != 0 {
		r.fail("another number than 0 around", "zeros")
	}
	mode, ok := map[string]PadMode{"constant": PadZeros, "reflect": PadReflect, "edge": PadReplicate, "wrap": PadCircular}[r.n.text("mode", "constant")]
	axes := make([]int, rank)
	for i := range axes {
		axes[i] = i
	}
	if r.has(3) {
		axes = r.ints(3, "")
	}
	if !ok || len(amounts) != 2*len(axes) {
		r.fail(fmt.Sprintf("mode %s with %d amounts for %d axes", r.n.text("mode", "constant"), len(amounts), rank), "two for each axis, and a mode of ONNX")
	}
	v := r.onTape(x)
	for i, a := range axes {
		a = r.axis(a, rank)
		if x.perm != nil {
			a = x.perm[a]
		}
		before, behind, n := amounts[i], amounts[i+len(axes)], v.shape[a]
		if before == 0 && behind == 0 {
			continue
		}
		most := max(before, behind)
		if most > 1<<24 || n+before+behind < 1 || mode == PadReflect && most >= n || mode == PadCircular && most > n {
			r.fail(fmt.Sprintf("%d and %d places around an axis of %d", before, behind, n), "as many as the mode can fill")
		}
		v = Apply(r.c, newPick(a, padPlaces(padOp{mode, 0}, n, before, behind)), v)
	}
	r.set(0, graphValue{v: v, perm: x.perm})
}

// vectorOf is an input of so many numbers in a row.
func (r *graphRun) vectorOf(i, n int) *Var {
	v := r.plain(r.in(i))
	if len(v.shape) != 1 || v.shape[0] != n {
		r.fail(fmt.Sprintf("input %d of shape %v", i, v.shape), fmt.Sprintf("%d numbers", n))
	}
	return v
}

func (r *graphRun) batchNorm() {
	in := r.in(0)
	var x *Var
	if len(in.shape()) == 2 {
		x = r.plain(in)
	} else {
		x = r.channelsLast(in)
	}
	c, n, eps := r.c, x.Dim(-1), r.n.float("epsilon", 1e-5)
	scale, shift, mean, variance := r.vectorOf(1, n), r.vectorOf(2, n), r.vectorOf(3, n), r.vectorOf(4, n)
	if c.train {
		x = Apply(c, batchNormOp{1 - r.n.float("momentum", .9), eps}, x, mean, variance)
	} else {
		x = Apply(c, runningOp{eps}, x, mean, variance)
	}
	x = c.Add(c.Mul(x, scale), shift)
	if len(x.shape) == 2 {
		r.put(x)
	} else {
		r.image(x)
	}
}

func (r *graphRun) layerNorm() {
	x := r.plain(r.in(0))
	if r.axis(r.n.int("axis", -1), len(x.shape)) != len(x.shape)-1 {
		r.fail("a normalisation of several axes", "of the last")
	}
	n := x.Dim(-1)
	y := r.c.normalise(x, 1, r.n.float("epsilon", 1e-5), true)
	y = r.c.Mul(y, r.vectorOf(1, n))
	if r.has(2) {
		y = r.c.Add(y, r.vectorOf(2, n))
	}
	r.put(y)
}

func (r *graphRun) instanceNorm() {
	x := r.plain(r.in(0))
	c, s := r.c, x.shape
	if len(s) < 3 {
		r.fail(fmt.Sprintf("an input of shape %v", s), "[N, C] and places")
	}
	rows := c.normalise(c.Reshape(x, s[0]*s[1], -1), 1, r.n.float("epsilon", 1e-5), true)
	y := c.Reshape(rows, s[0], s[1], -1)
	scale, shift := r.vectorOf(1, s[1]), r.vectorOf(2, s[1])
	y = c.Add(c.Mul(y, c.Reshape(scale, s[1], 1)), c.Reshape(shift, s[1], 1))
	r.put(c.Reshape(y, s...))
}

// lengthsFrom is the input that says how long sequences are, nil if there is none.
func (r *graphRun) lengthsFrom(i, batch int) *Var {
	if !r.has(i) {
		return nil
	}
	return r.vectorOf(i, batch)
}

// recurrent runs a layer in its one or two directions. Its inputs are the sequence, the lengths, the first states (which must be zeros), and then
// the weights of each direction, in the layout that we have.
func (r *graphRun) recurrent(k cell) {
	const fixed = 4
	c, n := r.c, r.n
	in := r.in(0)
	if len(in.shape()) != 3 {
		r.fail(fmt.Sprintf("an input of shape %v", in.shape()), "[T, N, D]")
	}
	x := r.ordered(in, []int{1, 0, 2})
	lengths := r.lengthsFrom(1, x.shape[0])
	for i := 2; i < fixed; i++ {
		if r.has(i) && slices.ContainsFunc(r.numbers(i), func(v float64) bool { return v != 0 }) {
			r.fail("a first state that is not zero", "zeros")
		}
	}
	each := 3
	if k == cellGRU {
		each = 4
	}
	units, gates := n.int("hidden_size", 0), k.gates()
	dirs := 1
	way := n.text("direction", "forward")
	if way == "bidirectional" {
		dirs = 2
	}
	if units < 1 || len(n.In) != fixed+dirs*each || way != "forward" && way != "reverse" && way != "bidirectional" {
		r.fail(fmt.Sprintf("%d inputs, direction %s, %d units", len(n.In), way, units), "the weights of each direction")
	}
	r.charge(2 * (gates + 6) * size(x.shape[:2]) * units) // what the layer needs besides its result
	run := func(d int, last bool) *Var {
		o := recurrentOp{kind: k, last: last, reverse: way == "reverse" || d == 1, short: lengths != nil}
		args := []*Var{x}
		for i := range each {
			w := r.plain(r.in(fixed + d*each + i))
			want := [][]int{{gates, x.shape[2], units}, {gates, units, units}, {gates, units}, {1, units}}[i]
			if !slices.Equal(w.shape, want) {
				r.fail(fmt.Sprintf("weights of shape %v", w.shape), fmt.Sprint(want))
			}
			args = append(args, w)
		}
		if lengths != nil {
			args = append(args, lengths)
		}
		return Apply(c, o, args...)
	}
	wanted := func(i int) bool { return i < len(n.Out) && n.Out[i] >= 0 }
	join := func(last bool) *Var {
		var parts []*Var
		for d := range dirs {
			y := run(d, last)
			s := slices.Clone(y.shape)
			parts = append(parts, c.Reshape(y, slices.Insert(s, len(s)-1, 1)...))
		}
		return c.Concat(-2, parts...)
	}
	if wanted(0) { // [N, T, dirs, H] is the file's [T, dirs, N, H]
		r.set(0, graphValue{v: join(false), perm: []int{1, 2, 0, 3}})
	}
	if wanted(1) {
		r.set(1, graphValue{v: join(true), perm: []int{1, 0, 2}})
	}
	if wanted(2) {
		r.fail("a last cell that is read", "the states")
	}
}

// reduced works out which axes go.
func (r *graphRun) reduced(rank int) (gone []bool, keep bool) {
	axes := r.ints(1, "axes")
	if len(axes) == 0 && r.n.int("noop_with_empty_axes", 0) != 0 {
		return make([]bool, rank), true
	}
	return r.marked(axes, rank), r.n.int("keepdims", 1) != 0
}

// reduce is a sum or a mean over axes.
func (r *graphRun) reduce(mean bool) {
	x := r.in(0)
	r.reduceBy(x, func(v *Var, axes []int) *Var { return Apply(r.c, sumOp{newAxes(r.c, axes), mean}, v) })
}

func (r *graphRun) reduceMax() {
	r.reduceBy(r.in(0), func(v *Var, axes []int) *Var {
		for i := len(axes) - 1; i >= 0; i-- {
			v = r.c.MaxOf(v, axes[i])
		}
		return v
	})
}

func (r *graphRun) reduceL2() {
	r.reduceBy(r.in(0), func(v *Var, axes []int) *Var { return r.c.Sqrt(r.c.Sum(r.c.Square(v), axes...)) })
}

// reduceBy takes the axes away where they are, and puts the rest in the order of the file.
func (r *graphRun) reduceBy(x graphValue, f func(v *Var, axes []int) *Var) {
	shape := slices.Clone(x.shape())
	gone, keep := r.reduced(len(shape))
	v := r.onTape(x)
	perm := x.perm
	var axes, left []int // of v
	for i, g := range gone {
		a := i
		if perm != nil {
			a = perm[i]
		}
		if g {
			axes = append(axes, a)
			shape[i] = 1
		} else {
			left = append(left, a)
		}
	}
	if len(axes) == 0 {
		r.set(0, x)
		return
	}
	slices.Sort(axes)
	y := f(v, axes)
	if len(left) > 0 {
		order := make([]int, len(left))
		for i, a := range left {
			for _, b := range left {
				if b < a {
					order[i]++
				}
			}
		}
		y = r.ordered(graphValue{v: y}, order)
	}
	if keep {
		y = r.c.Reshape(y, shape...)
	}
	r.put(y)
}

// reduceProd is for shapes.
func (r *graphRun) reduceProd() {
	p := 1.
	for _, v := range r.numbers(0) {
		p *= v
	}
	dims := []int{}
	if r.n.int("keepdims", 1) != 0 {
		dims = []int{1}
	}
	if len(r.in(0).dims) > 1 {
		r.fail("a product over an array", "over a list")
	}
	r.tell([]float64{p}, dims, true)
}

package nn

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/gopherwood-ml/ml/internal/compute"
)

func rsqrt(v float64) float64 { return 1 / math.Sqrt(v) }

// narrow is numbers as a file has them.
func narrow(x []float64) []float32 {
	out := make([]float32, len(x))
	for i, v := range x {
		out[i] = float32(v)
	}
	return out
}

// step writes the code of one operation.
func (g *goWriter) step(s *goStep) {
	name := strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%T", s.op), "*nn."), "Op")
	g.f.Printf("\n\t// ")
	if s.node.path != "" {
		g.f.Printf("%s: ", s.node.path)
	}
	if o, ok := s.op.(*mapOp); ok {
		name, _, _ = strings.Cut(mapNames[o.f.Kind], " ")
	}
	g.f.Printf("%s, %v to %v\n", name, s.in[0].shape[1:], s.out.shape[1:])
	y := g.slice(s.out)
	in := func(i int) string {
		if i >= len(s.in) {
			return "nil"
		}
		return g.slice(s.in[i])
	}
	call := func(format string, args ...any) { g.f.Printf("\t"+format+"\n", args...) }
	switch o := s.op.(type) {
	case *channelsOp:
		g.channels(o, y, in(0))
	case *linearOp:
		call("GenLinear(%s, %s, %s, %s, %d, %d)", y, in(0), in(1), in(2), s.in[1].shape[0], s.in[1].shape[1])
		g.mapped(o.f.Func, y, y)
	case *matMulOp:
		_, m, n, k, step := o.sizes(s.in[0].shape, s.in[1].shape)
		call("GenMatMul(%s, %s, %s, %d, %d, %d, %t, %t)", y, in(0), in(1), m, n, k, o.transB, step == 0)
	case *mapOp:
		g.mapped(o.f, y, in(0))
	case *binaryOp:
		out := s.out.shape
		verb := map[compute.Op]string{compute.Add: "%s + %s", compute.Sub: "%s - %s", compute.Mul: "float32(%s * %s)", compute.Div: "%s / %s", compute.Max: "max(%s, %s)", compute.Min: "min(%s, %s)"}[o.op]
		g.nest(out, []string{y, in(0), in(1)}, []int{0, 0, 0}, [][]int{dense(out), strides(s.in[0].shape, out), strides(s.in[1].shape, out)}, "%s = "+verb)
	case *convOp:
		call("GenConv(%s, %s, %s, %s, %s)", y, in(0), in(1), in(2), window(o.shape(s.node)))
		g.mapped(o.f.Func, y, y)
	case *transposedOp:
		call("GenTransposed(%s, %s, %s, %s)", y, in(0), in(1), window(o.shape(s.node)))
	case *poolOp:
		if w := window(o.conv.shape(s.node)); o.mean {
			call("GenMeanPool(%s, %s, %s, %t)", y, in(0), w, o.count)
		} else {
			call("GenMaxPool(%s, %s, %s)", y, in(0), w)
		}
	case *normOp:
		_, width := o.sizes(s.node)
		call("GenNorm(%s, %s, %d, %s, %t)", y, in(0), width, literal(o.eps), o.centre)
	case *sumOp:
		x := s.in[0].shape
		own, to, _ := o.strides(s.node)
		call("clear(%s)", y)
		g.nest(x, []string{y, in(0)}, []int{0, 0}, [][]int{to, own}, "%s += %s")
		if count := s.in[0].len() / s.out.len(); o.mean && count > 1 {
			call("for i := range %s {\n\t\t%s[i] /= %d\n\t}", y, y, count)
		}
	case *extremeOp:
		_, n, inner := o.sizes(s.in[0].shape)
		call("GenExtreme(%s, %s, %d, %d)", y, in(0), n, inner)
	case *softmaxOp:
		call("GenSoftmax(%s, %s, %d, %t)", y, in(0), s.out.channels(), o.log)
	case *gatherOp:
		call("GenGather(%s, %s, %s, %d)", y, in(0), in(1), s.out.channels())
	case *padOp:
		var places [3]int
		x := s.in[0].shape
		copy(places[5-len(x):], x[1:len(x)-1])
		call("GenPad(%s, %s, %s, %d, %d, %d)", y, in(0), triple(places), s.out.channels(), o.amount, o.mode)
	case *transposeOp:
		from, to := o.strides(s.node)
		g.nest(s.out.shape, []string{y, in(0)}, []int{0, 0}, [][]int{to, from}, "%s = %s")
	case *sliceOp:
		own := dense(s.in[0].shape)
		at := o.lo * own[fromEnd(o.axis, len(own))]
		g.nest(s.out.shape, []string{y, in(0)}, []int{0, at}, [][]int{dense(s.out.shape), own}, "%s = %s")
	case *concatOp:
		whole := dense(s.out.shape)
		a, at := fromEnd(o.axis, len(whole)), 0
		for i, v := range s.in {
			g.nest(v.shape, []string{y, in(i)}, []int{at * whole[a], 0}, [][]int{whole, dense(v.shape)}, "%s = %s")
			at += v.shape[a]
		}
	case *attentionOp:
		h := o.shape(s.node)
		ends := strconv.Itoa(h.S)
		if o.short {
			ends = "int(" + in(len(s.in)-1) + "[0])"
		}
		call("GenAttention(%s, %s, %s, %s, &GenHeads{T: %d, S: %d, Heads: %d, KV: %d, Dim: %d, Q: %d, K: %d, FirstK: %d, FirstV: %d, Causal: %t}, %s)", y, in(0), in(o.source()), g.slice(s.temp),
			h.T, h.S, h.Heads, h.KV, h.Dim, h.LDQ, h.LDK, h.ColK, h.ColV, h.Causal, ends)
	case *rotaryOp:
		cos, sin := make([]float32, s.node.room[0].Len()), make([]float32, s.node.room[1].Len())
		s.node.c.e.Get(cos, s.node.room[0])
		s.node.c.e.Get(sin, s.node.room[1])
		call("GenRotary(%s, %s, %s, %s, %d, %d, %d)", y, in(0), g.f.Numbers(cos), g.f.Numbers(sin), s.out.channels(), o.heads, o.dim)
	case *recurrentOp:
		g.recurrent(o, s, y, in)
	case *lengthsOp:
		call("%s[0] = GenLengths(%s)", y, in(0))
	case *meansOp:
		call("GenMeans(%s, int(%s[0]))", y, in(0))
	}
}

func (g *goWriter) recurrent(o *recurrentOp, s *goStep, y string, in func(int) string) {
	x := s.in[0].shape
	ends, weights := strconv.Itoa(x[1]), in(1)+", "+in(2)+", "+in(3)
	if o.short {
		ends = "int(" + in(len(s.in)-1) + "[0])"
	}
	if o.kind == cellGRU {
		weights += ", " + in(4)
	}
	g.f.Printf("\tGen%s(%s, %s, %s, %s, &GenCell{T: %d, D: %d, Units: %d, Last: %t, Reverse: %t}, %s)\n", [...]string{"RNN", "GRU", "LSTM"}[o.kind],
		y, in(0), weights, g.slice(s.temp), x[1], x[2], s.in[2].shape[2], o.last, o.reverse, ends)
}

// channels writes a scale and shift, without what does nothing.
func (g *goWriter) channels(o *channelsOp, y, x string) {
	scale, shift := "nil", "nil"
	for j := range o.scale {
		if o.scale[j] != 1 && scale == "nil" {
			scale = g.f.Numbers(narrow(o.scale))
		}
		if o.shift[j] != 0 && shift == "nil" {
			shift = g.f.Numbers(narrow(o.shift))
		}
	}
	switch {
	case scale != "nil" || shift != "nil":
		g.f.Printf("\tGenAffine(%s, %s, %s, %s)\n", y, x, scale, shift)
	case x != y:
		g.f.Printf("\tcopy(%s, %s)\n", y, x)
	}
}

// mapNames are the functions that stand for kinds: those with numbers behind take them.
var mapNames = map[compute.Kind]string{
	compute.ReLU: "ReLU", compute.LeakyReLU: "LeakyReLU a", compute.GELU: "GELU", compute.GELUTanh: "GELUTanh", compute.SiLU: "SiLU", compute.Tanh: "Tanhs",
	compute.Sigmoid: "Sigmoids", compute.Softplus: "Softpluses", compute.ELU: "ELU a", compute.SELU: "SELU", compute.Mish: "Mish", compute.HardSwish: "HardSwish",
	compute.HardSigmoid: "HardSigmoid", compute.ReLU6: "Clamp 0 6", compute.Softsign: "Softsign", compute.LogSigmoid: "LogSigmoid", compute.Exp: "Exps", compute.Log: "Logs",
	compute.Sqrt: "Roots", compute.Square: "Powers 2", compute.Abs: "Abs", compute.Neg: "Scale -1 0", compute.Reciprocal: "Reciprocal", compute.Sin: "Sines", compute.Cos: "Cosines",
	compute.Erf: "Erf", compute.Clamp: "Clamp a b", compute.Power: "Powers a", compute.Scale: "Scale a b", compute.HardTanh: "Clamp a b",
}

// mapped writes a function of every element.
func (g *goWriter) mapped(f compute.Func, y, x string) {
	if f.Kind == compute.Identity {
		return
	}
	name, rest, _ := strings.Cut(mapNames[f.Kind], " ")
	args := ""
	for _, a := range strings.Fields(rest) {
		switch a {
		case "a":
			a = literal(f.A)
		case "b":
			a = literal(f.B)
		}
		args += ", " + a
	}
	g.f.Printf("\tGen%s(%s, %s%s)\n", name, y, x, args)
}

// literal is a number as code.
func literal(v float64) string {
	switch {
	case math.IsInf(v, 0):
		return fmt.Sprintf("math.Inf(%d)", int(math.Copysign(1, v)))
	case v != v:
		return "math.NaN()"
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

func triple(v [3]int) string { return fmt.Sprintf("[3]int{%d, %d, %d}", v[0], v[1], v[2]) }

// window is the code of a geometry.
func window(s *compute.ConvShape) string {
	return fmt.Sprintf("&GenWindow{C: %d, Out: %d, Groups: %d, In: %s, Kernel: %s, Stride: %s, Dilate: %s, Zeros: %s, Size: %s}", s.C, s.Out, s.Groups,
		triple(s.In), triple(s.Kernel), triple(s.Stride), triple(s.Dilation), triple(s.Before), triple(s.Size))
}

// nest writes loops over an index space, in which the slices are read with strides of their own from the given places on. Axes that run on in all of them
// become one.
func (g *goWriter) nest(shape []int, slices []string, from []int, stride [][]int, body string) {
	var dims []int
	steps := make([][]int, len(slices))
	for a, n := range shape {
		if n == 1 {
			continue
		}
		joins := len(dims) > 0
		for k := range slices {
			joins = joins && steps[k][len(dims)-1] == stride[k][a]*n
		}
		if joins {
			dims[len(dims)-1] *= n
		} else {
			dims = append(dims, n)
		}
		for k := range slices {
			if joins {
				steps[k][len(dims)-1] = stride[k][a]
			} else {
				steps[k] = append(steps[k], stride[k][a])
			}
		}
	}
	if len(dims) == 1 && body == "%s = %s" && steps[0][0] == 1 && steps[1][0] == 1 {
		g.f.Printf("\tcopy(%s[%d:], %s[%d:%d])\n", slices[0], from[0], slices[1], from[1], from[1]+dims[0])
		return
	}
	args := make([]any, len(slices))
	names := [...]string{"y", "a", "b"}
	for k := range slices {
		args[k] = names[k] + "[" + indexOf(from[k], steps[k]) + "]"
	}
	g.f.Printf("\t{\n\t\t%s := %s\n", strings.Join(names[:len(slices)], ", "), strings.Join(slices, ", "))
	for d, n := range dims {
		g.f.Printf("%sfor %s := range %d {\n", strings.Repeat("\t", d+2), indices[d], n)
	}
	g.f.Printf("%s"+body+"\n", append([]any{strings.Repeat("\t", len(dims)+2)}, args...)...)
	for d := len(dims); d >= 0; d-- {
		g.f.Printf("%s}\n", strings.Repeat("\t", d+1))
	}
}

var indices = [maxAxes]string{"i", "j", "k", "l", "m", "n", "o", "p"}

// indexOf is an index: the sum of loop variables times strides.
func indexOf(from int, steps []int) string {
	var terms []string
	for d, step := range steps {
		switch step {
		case 0:
		case 1:
			terms = append(terms, indices[d])
		default:
			terms = append(terms, fmt.Sprintf("%s*%d", indices[d], step))
		}
	}
	if from > 0 || len(terms) == 0 {
		terms = append(terms, strconv.Itoa(from))
	}
	return strings.Join(terms, "+")
}

package tree

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/gosource"
)

// GoSource says how WriteGo names things.
type GoSource struct {
	Package string // "" means model
	Func    string // "" means Predict; all other names in the file begin with it, so that several models fit into one package
}

// WriteGo writes a model as a Go source file that imports nothing (math where a link or an infinity needs it):
//
//	func Predict(x []float64) float64   // of a model with one output
//	func Predict(dst, x []float64)      // of one with several: dst takes a score for each
//
// The scores are those of m.Raw to the bit, on every machine. A model with a link also gets PredictResponse, of the same form, which is m.Response but
// for the last bits of math.Exp. x has a number for each column, NaN for a missing one. Nothing is allocated.
//
// Each tree is a function of nested ifs. A tree that is deeper than 1000 splits gives an error that unwraps to errors.ErrUnsupported.
func WriteGo(w io.Writer, m Grown, how GoSource) error {
	const where = "tree.WriteGo"
	e, err := grown(where, m)
	if err != nil {
		return err
	}
	g := goWriter{e: e, pkg: how.Package, name: how.Func}
	if g.pkg == "" {
		g.pkg = "model"
	}
	if g.name == "" {
		g.name = "Predict"
	}
	for field, name := range map[string]string{"Package": g.pkg, "Func": g.name} {
		if !gosource.Identifier(name) {
			return ml.BadConfig(where, field, strconv.Quote(name), "a Go identifier")
		}
	}
	for t := range e.Trees() {
		if depth := e.Depth(t); depth > deepest {
			return unsupported(where, fmt.Sprintf("tree %d", t), fmt.Sprintf("%d splits deep", depth), fmt.Sprintf("at most %d", deepest))
		}
	}
	return send(where, w, g.file(m))
}

// goWriter writes code. What it needs besides the trees is found out while they are written.
type goWriter struct {
	e             *Ensemble
	pkg, name     string
	b             bytes.Buffer
	math          bool
	zero, in, cut bool // helpers
	inf           bool
	t             int // the tree under way
}

// helper is the name of something that the file has besides Predict.
func (g *goWriter) helper(name string) string {
	return gosource.Lower(g.name) + name
}

func (g *goWriter) printf(format string, args ...any) { fmt.Fprintf(&g.b, format, args...) }

// float is the type of sums.
func (g *goWriter) float() string {
	if g.e.Float32 {
		return "float32"
	}
	return "float64"
}

// literal is v as a constant of the type of sums.
func (g *goWriter) literal(v float64) string {
	bits := 64
	if g.e.Float32 {
		bits = 32
	}
	if v == 0 && math.Signbit(v) {
		g.math = true
		return g.float() + "(math.Copysign(0, -1))"
	}
	return strconv.FormatFloat(v, 'g', -1, bits)
}

func (g *goWriter) file(m Grown) []byte {
	e := g.e
	g.predict(m)
	if e.Link != Identity {
		g.response()
	}
	for g.t = range e.Trees() {
		g.tree()
	}
	g.helpers()
	body := bytes.Clone(g.b.Bytes())
	g.b.Reset()
	g.b.WriteString(gosource.Header(g.pkg, g.math))
	g.b.Write(body)
	return g.b.Bytes()
}

// predict writes the function that adds the trees up.
func (g *goWriter) predict(m Grown) {
	e := g.e
	result := "returns the raw score of a row"
	if e.Outputs > 1 {
		result = fmt.Sprintf("writes the %d raw scores of a row to dst", e.Outputs)
	}
	g.printf("// %s %s, the sum of %d trees. NaN is a missing value. The columns of x:\n//\n", g.name, result, e.Trees())
	for j := range e.Features {
		g.printf("//\t%d  %s\n", j, gosource.Line(ml.ColumnName(m.Meta().Columns, j)))
	}
	if e.Outputs > 1 {
		g.predictMany()
		return
	}
	g.printf("func %s(x []float64) float64 {\n\t_ = x[%d]\n", g.name, e.Features-1)
	if e.Trees() == 0 {
		g.printf("\treturn %s\n}\n", strconv.FormatFloat(e.Base[0], 'g', -1, 64))
		return
	}
	base := e.Base[0]
	if e.Average {
		base = 0
	}
	g.printf("\ts := %s(%s)\n", g.float(), g.literal(base))
	for t := range e.Trees() {
		g.printf("\ts += %s(x)\n", g.treeName(t))
	}
	g.printf("\treturn %s\n}\n", g.finished("float64(s)", "s", 0))
}

// finished is what a mean makes of a sum. It is float64 in any case.
func (g *goWriter) finished(wide, sum string, k int) string {
	e := g.e
	if !e.Average {
		if e.Float32 {
			return wide
		}
		return sum
	}
	out := wide
	if !e.Float32 {
		out = sum
	}
	if n := e.adders(k, e.Trees()); n > 0 {
		out = fmt.Sprintf("%s/%d", out, n)
	}
	return fmt.Sprintf("%s + %s", out, strconv.FormatFloat(e.Base[k], 'g', -1, 64))
}

func (g *goWriter) predictMany() {
	e := g.e
	g.printf("func %s(dst, x []float64) {\n\t_, _ = dst[%d], x[%d]\n", g.name, e.Outputs-1, e.Features-1)
	for k, base := range e.Base {
		if e.Average {
			base = 0
		}
		g.printf("\tdst[%d] = %s\n", k, strconv.FormatFloat(base, 'g', -1, 64))
	}
	for t := range e.Trees() {
		switch {
		case e.Vector:
			g.printf("\t%s(dst, x)\n", g.treeName(t))
		case e.Float32:
			g.printf("\tdst[%d] = float64(float32(dst[%d]) + %s(x))\n", e.output(t), e.output(t), g.treeName(t))
		default:
			g.printf("\tdst[%d] += %s(x)\n", e.output(t), g.treeName(t))
		}
	}
	for k := range e.Base {
		if sum := fmt.Sprintf("dst[%d]", k); e.Average {
			g.printf("\t%s = %s\n", sum, g.finished(sum, sum, k))
		}
	}
	g.printf("}\n")
}

func (g *goWriter) treeName(t int) string { return g.helper(fmt.Sprintf("Tree%d", t)) }

// response writes the function with the link.
func (g *goWriter) response() {
	e := g.e
	g.printf("\n// %sResponse is %s with the link %q: what the model predicts.\n", g.name, g.name, e.Link.String())
	one := func(v string) string { // the link of one score
		scale := ""
		if e.LinkScale != 0 && e.LinkScale != 1 {
			scale = strconv.FormatFloat(e.LinkScale, 'g', -1, 64) + " * "
		}
		switch e.Link {
		case Logistic, OneVsRest:
			g.math = true
			return "1 / (1 + math.Exp(-(" + scale + v + ")))"
		case Exp:
			g.math = true
			return "math.Exp(" + v + ")"
		case SignedSquare:
			g.math = true
			return "math.Copysign(" + v + "*" + v + ", " + v + ")"
		case Softplus:
			g.math = true
			return "math.Log1p(math.Exp(-math.Abs(" + v + "))) + max(" + v + ", 0)"
		}
		return ""
	}
	if e.Outputs == 1 {
		g.printf("func %sResponse(x []float64) float64 {\n\ts := %s(x)\n", g.name, g.name)
		switch e.Link {
		case Softmax, Share:
			g.printf("\tif s != s {\n\t\treturn s\n\t}\n\treturn 1\n}\n")
		case Hinge:
			g.printf("\tif s > 0 {\n\t\treturn 1\n\t}\n\treturn 0\n}\n")
		default:
			g.printf("\treturn %s\n}\n", one("s"))
		}
		return
	}
	g.printf("func %sResponse(dst, x []float64) {\n\t%s(dst, x)\n\tdst = dst[:%d]\n", g.name, g.name, e.Outputs)
	switch e.Link {
	case Softmax:
		g.math = true
		g.printf("\ttop := dst[0]\n\tfor _, s := range dst {\n\t\ttop = max(top, s)\n\t}\n\tfor k, s := range dst {\n\t\tdst[k] = math.Exp(s - top)\n\t}\n")
		fallthrough
	case Share:
		g.printf("\tsum := 0.0\n\tfor _, s := range dst {\n\t\tsum += s\n\t}\n\tfor k := range dst {\n\t\tif sum > 0 {\n\t\t\tdst[k] /= sum\n\t\t} else {\n\t\t\tdst[k] = 1 / float64(len(dst))\n\t\t}\n\t}\n")
	case Hinge:
		g.printf("\tfor k, s := range dst {\n\t\tdst[k] = 0\n\t\tif s > 0 {\n\t\t\tdst[k] = 1\n\t\t}\n\t}\n")
	default:
		g.printf("\tfor k, s := range dst {\n\t\tdst[k] = %s\n\t}\n", one("s"))
	}
	g.printf("}\n")
}

func (g *goWriter) tree() {
	e := g.e
	if e.Vector {
		g.printf("\nfunc %s(dst, x []float64) {\n", g.treeName(g.t))
	} else {
		g.printf("\nfunc %s(x []float64) %s {\n", g.treeName(g.t), g.float())
	}
	g.node(0, "\t", true)
	g.printf("}\n")
}

// node writes place i of the tree: left of a split inside the if, right after it. last says that nothing follows in the function.
func (g *goWriter) node(i int, indent string, last bool) {
	e := g.e
	for {
		at := int(e.Start[g.t]) + i
		if e.Feature[at] < 0 {
			g.leaf(at, indent, last)
			return
		}
		g.printf("%sif %s {\n", indent, g.test(at))
		g.node(int(e.Left[at]), indent+"\t", false)
		g.printf("%s}\n", indent)
		i = int(e.Right[at])
	}
}

// test is the condition on which a row goes left. The negation of a comparison lets NaN through.
func (g *goWriter) test(at int) string {
	e := g.e
	r := e.Rule[at]
	x := fmt.Sprintf("x[%d]", e.Feature[at])
	wide := x
	if e.Float32 {
		x = "float32(" + x + ")"
		wide = "float64(" + x + ")"
	}
	left := r&MissingLeft != 0 || r&NaNIsZero != 0 && e.passes(at, math.NaN())
	if r.Categorical() {
		helper := g.helper("In")
		if r.Test() == InCut {
			helper = g.helper("InCut")
			g.cut = true
		} else {
			g.in = true
		}
		text := fmt.Sprintf("%s(%s[:], %s)", helper, g.helper(fmt.Sprintf("Set%d", int(e.Threshold[at]))), wide)
		if len(e.set(int(e.Threshold[at]))) == 0 {
			text = fmt.Sprintf("%s(nil, %s)", helper, wide)
		}
		if left {
			return x + " != " + x + " || " + text
		}
		return text
	}
	threshold := g.threshold(e.Threshold[at])
	text := x + pick(r.Test() == Less, " < ", " <= ") + threshold
	if left {
		text = "!(" + x + pick(r.Test() == Less, " >= ", " > ") + threshold + ")"
	}
	if r&ZeroIsMissing == 0 {
		return text
	}
	g.zero = true
	if left {
		return g.helper("Zero") + "(" + wide + ") || " + text
	}
	return "!" + g.helper("Zero") + "(" + wide + ") && " + text
}

func (g *goWriter) threshold(v float64) string {
	if math.IsInf(v, 0) {
		g.math, g.inf = true, true
		name := g.helper("Inf")
		return pick(v < 0, "-", "") + name
	}
	bits := 64
	if g.e.Float32 {
		bits = 32
	}
	return strconv.FormatFloat(v, 'g', -1, bits)
}

func (g *goWriter) leaf(at int, indent string, last bool) {
	e := g.e
	if e.Vector {
		for k := range e.Outputs {
			v := g.literal(e.weighted(g.t, e.Value[at*e.Outputs+k]))
			if e.Float32 {
				g.printf("%sdst[%d] = float64(float32(dst[%d]) + %s)\n", indent, k, k, v)
			} else {
				g.printf("%sdst[%d] += %s\n", indent, k, v)
			}
		}
		if !last {
			g.printf("%sreturn\n", indent)
		}
		return
	}
	if l := e.Linear; l != nil {
		g.line(at, indent)
		return
	}
	g.printf("%sreturn %s\n", indent, g.literal(e.weighted(g.t, e.Value[at])))
}

// line writes a leaf that is a linear function. Conversions forbid a fused multiply-add, which would depend on the machine.
func (g *goWriter) line(at int, indent string) {
	e, l, float := g.e, g.e.Linear, g.float()
	terms := l.Feature[l.Start[at]:l.Start[at+1]]
	if !l.SkipMissing && !e.Float32 && len(terms) > 0 {
		var tests []string
		for _, j := range terms {
			tests = append(tests, fmt.Sprintf("x[%d] != x[%d]", j, j))
		}
		g.printf("%sif %s {\n%s\treturn %s\n%s}\n", indent, strings.Join(tests, " || "), indent, g.literal(e.weighted(g.t, e.Value[at])), indent)
	}
	g.printf("%ss := %s(%s)\n", indent, float, g.literal(l.Const[at]))
	for q := l.Start[at]; q < l.Start[at+1]; q++ {
		x := fmt.Sprintf("x[%d]", l.Feature[q])
		if e.Float32 {
			x = "float32(" + x + ")"
		}
		add := fmt.Sprintf("s += %s(%s * %s)", float, g.literal(l.Coef[q]), x)
		if l.SkipMissing || e.Float32 {
			g.printf("%sif v := %s; v == v {\n%s\ts += %s(%s * v)\n%s}\n", indent, x, indent, float, g.literal(l.Coef[q]), indent)
		} else {
			g.printf("%s%s\n", indent, add)
		}
	}
	if w := e.weight(g.t); w != 1 {
		g.printf("%sreturn %s(s * %s)\n", indent, float, g.literal(w))
	} else {
		g.printf("%sreturn s\n", indent)
	}
}

// helpers writes the sets and the functions that tests call.
func (g *goWriter) helpers() {
	e := g.e
	used := make([]bool, max(len(e.SetStart), 1))
	for i, r := range e.Rule {
		if e.Feature[i] >= 0 && r.Categorical() {
			used[int(e.Threshold[i])] = true
		}
	}
	for s := range len(e.SetStart) - 1 {
		if words := e.set(s); used[s] && len(words) > 0 {
			g.printf("\nvar %s = [...]uint32{", g.helper(fmt.Sprintf("Set%d", s)))
			for k, word := range words {
				g.printf("%s%#x", pick(k > 0, ", ", ""), word)
			}
			g.printf("}\n")
		}
	}
	contains := "float64(32*len(set)) && set[int(v)>>5]>>(int(v)&31)&1 != 0\n}\n"
	if g.in {
		g.printf("\n// %s reports whether a set has the category v, whose fraction is cut off; bit c%%32 of word c/32 stands for c.\n", g.helper("In"))
		g.printf("func %s(set []uint32, v float64) bool {\n\treturn v >= 0 && v < %s", g.helper("In"), contains)
	}
	if g.cut {
		g.printf("\n// %s is a look into a set where the fraction is cut off first, so that -0.5 is 0; bit c%%32 of word c/32 stands for c.\n", g.helper("InCut"))
		g.printf("func %s(set []uint32, v float64) bool {\n\treturn v > -1 && v < %s", g.helper("InCut"), contains)
	}
	if g.zero {
		bound := strconv.FormatFloat(zeroBound, 'g', -1, 64)
		g.printf("\n// %s reports whether v counts as missing where zeros do.\n", g.helper("Zero"))
		g.printf("func %s(v float64) bool {\n\treturn v != v || v >= -%s && v <= %s\n}\n", g.helper("Zero"), bound, bound)
	}
	if g.inf {
		g.printf("\nvar %s = %s(math.Inf(1))\n", g.helper("Inf"), g.float())
	}
}

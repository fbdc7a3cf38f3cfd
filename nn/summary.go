package nn

import (
	"fmt"
	"strings"
	"text/tabwriter"
)

// Summary is a table of the net's layers: what each gives for one input, how many parameters it has of its own and about how many operations its
// products take for one input (a multiplication and an addition are two). Layers that are used twice are listed once.
func (n *Net) Summary() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight|tabwriter.TabIndent)
	fmt.Fprintln(w, "layer\toutput\tparameters\toperations\t")
	var visit func(s *scope, name string)
	visit = func(s *scope, name string) {
		own := 0
		for _, p := range s.params {
			own += p.v.Len()
		}
		if s.parent != nil && (len(s.kids) == 0 || own > 0 || s.flops > 0) {
			out := ""
			if len(s.out) > 0 {
				out = fmt.Sprint(s.out[1:])
			}
			fmt.Fprintf(w, "%s\t%s\t%d\t%d\t\n", name, out, own, s.flops)
		}
		for i, k := range s.kids {
			visit(k, joined(name, s.names[i]))
		}
	}
	visit(&n.book.root, "")
	total, flops := n.book.root.total()
	fmt.Fprintf(w, "total\t%v\t%d\t%d\t\n", n.out, total, flops)
	w.Flush()
	fmt.Fprintf(&b, "%d bytes of parameters\n", 4*total)
	return b.String()
}

func (o linearOp) flops(n *Node) int { return 2 * n.Out().Len() * n.In(1).shape[0] }

func (o matMulOp) flops(n *Node) int { return 2 * n.Out().Len() * n.In(0).Dim(-1) }

func (o convOp) flops(n *Node) int {
	s := o.shape(n)
	return 2 * n.Out().Len() * s.Taps() * s.C / s.Groups
}

func (o transposedOp) flops(n *Node) int {
	s := o.shape(n)
	return 2 * n.In(0).Len() * s.Taps() * s.C
}

func (o recurrentOp) flops(n *Node) int {
	p := o.tape(n)
	return 2 * p.gates * p.t * p.m * (p.d + p.h)
}

func (o attentionOp) flops(n *Node) int {
	s := o.shape(n)
	return 4 * s.Shares() * s.Dim
}

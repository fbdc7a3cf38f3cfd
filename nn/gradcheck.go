package nn

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/compute"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// GradReport says how far the gradients of a module are from differences of its loss.
type GradReport struct {
	Worst  float64 // the largest error, relative to the larger of the gradient and 1
	Where  string  // the parameter, or "input"
	Index  int     // the element
	Got    float64 // the gradient there
	Want   float64 // the difference quotient
	Points int     // how many elements were looked at
}

// GradCheck compares gradients with central differences, in float64: of every parameter and of the input, at points random elements of
// each (0: 20). It is how a new layer or loss is tested; an error above 1e-7 is a wrong gradient, or a kink too near. x is the batch, of
// the shape of in behind its rows, and y the target. Layers of chance are checked with the same chance throughout.
func GradCheck(m Module, loss Loss, in []int, x []float64, target []int, y []float64, points int) (report GradReport, err error) {
	const where = "nn.GradCheck"
	if points == 0 {
		points = 20
	}
	rows := len(x) / max(size(in), 1)
	if rows*size(in) != len(x) || rows == 0 {
		return report, ml.BadShape(where, "x", fmt.Sprintf("%d numbers", len(x)), fmt.Sprintf("rows of %v", in))
	}
	if size(target) != len(y) {
		return report, ml.BadShape(where, "y", fmt.Sprintf("%d numbers", len(y)), fmt.Sprintf("as many as shape %v has", target))
	}
	net, err := newNet(m, in, 1, compute.CPU64)
	if err != nil {
		return report, err
	}
	tr, err := NewTrainer(net, Training{Loss: loss})
	if err != nil {
		return report, err
	}
	defer catch(&err)
	start := make([]float64, net.states.Len())
	net.engine.GetWide(start, net.states)
	shape := append([]int{rows}, in...)
	pass := func() (loss, input *Var) {
		net.engine.PutWide(net.states, start)
		c := tr.ctx
		c.begin(true, shape, target)
		input = c.Watch(c.input(shape))
		c.e.PutWide(input.value, x)
		tr.x, tr.y = input, c.input(target)
		c.e.PutWide(tr.y.value, y)
		return tr.supervised(c), input
	}
	value := func() float64 {
		v, _ := pass()
		var out [1]float64
		net.engine.GetWide(out[:], v.value)
		return out[0]
	}
	lossVar, input := pass()
	tr.ctx.backward(lossVar)
	r := rng.New(7, 0)
	compare := func(name string, n int, gradient compute.Buf, read func(i int) float64, write func(i int, v float64)) {
		g := make([]float64, n)
		if gradient.Len() == n {
			net.engine.GetWide(g, gradient)
		}
		for _, i := range rng.Sample(r, n, min(points, n)) {
			at := read(i)
			h := 1e-5 * max(1, math.Abs(at))
			side := func(k float64) float64 {
				write(i, at+k*h)
				return value()
			}
			// fourth order: the error of the quotient is far below what is asked for
			want := (8*(side(1)-side(-1)) - (side(2) - side(-2))) / (12 * h)
			write(i, at)
			report.Points++
			if e := math.Abs(g[i]-want) / max(1, math.Abs(g[i]), math.Abs(want)); e > report.Worst || e != e {
				report.Worst, report.Where, report.Index, report.Got, report.Want = e, name, i, g[i], want
			}
		}
	}
	for _, p := range net.book.params {
		w := make([]float64, p.v.Len())
		net.engine.GetWide(w, p.v.value)
		compare(p.Name, len(w), p.v.grad, func(i int) float64 { return w[i] }, func(i int, v float64) {
			w[i] = v
			net.engine.PutWide(p.v.value, w)
		})
	}
	gradient := input.grad
	compare("input", len(x), gradient, func(i int) float64 { return x[i] }, func(i int, v float64) { x[i] = v })
	return report, nil
}

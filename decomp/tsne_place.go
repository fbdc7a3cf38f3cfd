package decomp

import (
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/near"
)

// asking is the memory of a question.
type asking struct {
	near.Search
	p, d, room []float64
}

// floats is room for n numbers in *buf.
func floats(buf *[]float64, n int) []float64 {
	if cap(*buf) < n {
		*buf = make([]float64, n)
	}
	*buf = (*buf)[:n]
	return *buf
}

// What openTSNE takes for new points, but for the learning rate's momentum.
const (
	newPerplexity   = 5.0
	newNeighbors    = 15
	newIter         = 250
	newRate         = 0.1
	newExaggeration = 1.5
	newMomentum     = 0.8
	newMost         = 0.25 // of a gradient's length
)

// place finds the place of a new row.
func (m *TSNEModel) place(a *asking, dst, x []float64) {
	p := m.placed
	k := min(newNeighbors, p.points.N)
	found := p.index.Nearest(&a.Search, x, k)
	if found[0].Value == 0 {
		copy(dst, p.y[found[0].Index*p.c:])
		return
	}
	if !(found[k-1].Value <= math.MaxFloat64) {
		dst[0] = math.Inf(1) // the caller tells
		return
	}
	far, weight := floats(&a.d, k), floats(&a.p, k)
	for e, f := range found {
		far[e] = f.Value
	}
	calibrate(floats(&a.room, 2*k), weight, far, min(newPerplexity, max(float64(k)/3, 1)))
	for j := range dst {
		for e, f := range found {
			far[e] = p.y[f.Index*p.c+j]
		}
		slices.Sort(far)
		dst[j] = (far[(k-1)/2] + far[k/2]) / 2
	}
	room := floats(&a.room, 3*p.c)
	gradient, step, gain := room[:p.c], room[p.c:2*p.c], room[2*p.c:]
	for j := range gain {
		step[j], gain[j] = 0, 1
	}
	for range newIter {
		m.pull(gradient, dst, found, weight)
		length := 0.0
		for _, v := range gradient {
			length += float64(v * v)
		}
		if length = math.Sqrt(length); length > newMost {
			for j := range gradient {
				gradient[j] *= newMost / length
			}
		}
		for j, v := range gradient {
			gain[j] = grown(gain[j], v, step[j])
			step[j] = float64(newMomentum*step[j]) - float64(newRate*gain[j]*v)
			dst[j] += step[j]
		}
	}
}

// grown is the gain of a coordinate: more where it goes on downhill, less where it turns (Jacobs, Neural Networks 1, 1988).
func grown(gain, gradient, step float64) float64 {
	if (gradient > 0) != (step > 0) {
		return gain + 0.2
	}
	return max(gain*0.8, 0.01)
}

// pull writes the gradient at y.
func (m *TSNEModel) pull(gradient, y []float64, found []near.Neighbor, weight []float64) {
	p := m.placed
	clear(gradient)
	z := 0.0
	switch {
	case m.tree == nil:
		for i := range p.points.N {
			w := student(y, p.y[i*p.c:(i+1)*p.c])
			z += w
			w *= w
			for j, v := range p.y[i*p.c : (i+1)*p.c] {
				gradient[j] += float64(w * (y[j] - v))
			}
		}
	case p.c == 3:
		var f [3]float64
		z, f = m.tree.repel3([3]float64(y), -1)
		copy(gradient, f[:])
	default:
		var f [2]float64
		second := 0.0
		if p.c == 2 {
			second = y[1]
		}
		z, f[0], f[1] = m.tree.repel2(y[0], second, -1)
		copy(gradient, f[:p.c])
	}
	for j := range gradient {
		gradient[j] = -gradient[j] / z
	}
	for e, f := range found {
		w := newExaggeration * weight[e] * student(y, p.y[f.Index*p.c:(f.Index+1)*p.c])
		for j, v := range p.y[f.Index*p.c : (f.Index+1)*p.c] {
			gradient[j] += float64(w * (y[j] - v))
		}
	}
}

// student is 1/(1+d²) of the distance of two places.
func student(a, b []float64) float64 {
	d := 1.0
	for j, v := range a {
		d += float64((v - b[j]) * (v - b[j]))
	}
	return 1 / d
}

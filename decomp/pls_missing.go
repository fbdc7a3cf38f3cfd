package decomp

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// Accepts says that NaN stands for a missing number.
func (PLSRegression) Accepts() ml.Accepts { return ml.Accepts{Missing: true} }

// Accepts says that NaN stands for a missing number.
func (PLSRegressionMulti) Accepts() ml.Accepts { return ml.Accepts{Missing: true} }

// gappy is a block some of whose numbers are missing: they are 0, and so in seen, which is 1 elsewhere. Every sum of products is over the numbers that are there, over the sum of the squares that they were multiplied by: the slope of a least-squares line.
type gappy struct {
	*block
	seen []float64
}

func newGappy(s *sample, plain bool) *gappy {
	b := &gappy{&block{n: s.n, p: s.p, data: make([]float64, s.n*s.p), mean: make([]float64, s.p), scale: make([]float64, s.p)}, make([]float64, s.n*s.p)}
	weight := make([]float64, s.p)
	for i := range b.n {
		for j, v := range s.x.Row(s.at(i), b.row(i)) {
			b.row(i)[j] = v
			if v == v {
				b.seen[i*b.p+j] = 1
				weight[j] += s.weight(i)
			}
		}
	}
	for range 2 { // the second pass takes off what rounding has left
		more := make([]float64, s.p)
		for i := range b.n {
			for j, v := range b.row(i) {
				if v == v {
					more[j] += float64(s.weight(i) * (v - b.mean[j]))
				}
			}
		}
		for j, v := range more {
			b.mean[j] += ratio(v, weight[j])
		}
	}
	sums := make([]float64, s.p)
	for i := range b.n {
		root, row := math.Sqrt(s.weight(i)), b.row(i)
		for j, v := range row {
			if v != v {
				row[j] = 0
				continue
			}
			row[j] = root * (v - b.mean[j])
			sums[j] += float64(row[j] * row[j])
		}
	}
	for j, v := range sums {
		b.scale[j] = 1
		deviation := 0.0
		if weight[j] > 1 {
			deviation = math.Sqrt(v / (weight[j] - 1))
		}
		times := 1.0
		if deviation <= 1e-14*math.Abs(b.mean[j]) { // one number, or numbers that do not vary
			times = 0
		} else if !plain {
			b.scale[j] = deviation
		}
		for i := range b.n {
			x := &b.data[i*b.p+j]
			*x = times * *x / b.scale[j]
			b.square += float64(*x * *x)
		}
	}
	return b
}

// slopes is what each column has of a unit of score.
func (b *gappy) slopes(score []float64) []float64 {
	out, squares := b.against(score), make([]float64, b.p)
	linalg.AddMulTrans(squares, b.seen, b.n, b.p, b.p, squared(score))
	for j, v := range squares {
		out[j] = ratio(out[j], v)
	}
	return out
}

// scores is how much of w each row has.
func (b *gappy) scores(w []float64) []float64 {
	out, squares := b.along(w), make([]float64, b.n)
	linalg.MulVec(squares, b.seen, b.n, b.p, b.p, squared(w))
	for i, v := range squares {
		out[i] = ratio(out[i], v)
	}
	return out
}

func squared(x []float64) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = v * v
	}
	return out
}

// powers is how many rounds a component takes at the most.
const powers = 10000

// fitGappy is fit of a regression by NIPALS, rounds of which go on until the scores stay. note says of components whose scores did not.
func (m *Latent) fitGappy(ctx context.Context, where string, c pairs, t ml.Table, targets [][]float64) (note string, err error) {
	s := newSample(t)
	if err := enough(where, s); err != nil {
		return "", err
	}
	x, y := newGappy(s, c.plain), newBlock(targetSample(t, targets), c.plain)
	if !linalg.AllFinite([]float64{x.square, y.square}) {
		return "", tooLarge(where, &ml.Error{Kind: ml.ErrFormat})
	}
	k, err := howMany(where, c.components, min(x.n, x.p), false)
	if err != nil {
		return "", err
	}
	m.XMean, m.XScale, m.YMean, m.YScale = x.mean, x.scale, y.mean, y.scale
	for a := range k {
		w, ended, err := x.weights(ctx, y)
		if err != nil {
			return "", err
		}
		if w == nil {
			if a > 0 {
				break
			}
			w = make([]float64, x.p)
		}
		if !ended {
			note = fmt.Sprintf("component %d has not settled after %d rounds", a, powers)
		}
		fixSign(w)
		score := x.scores(w)
		loading, predicted := x.slopes(score), y.slopesOf(score)
		x.lose(score, loading)
		for i, v := range x.seen {
			x.data[i] *= v
		}
		y.lose(score, predicted)
		m.XWeights, m.XLoadings = append(m.XWeights, w), append(m.XLoadings, loading)
		m.YWeights, m.YLoadings = append(m.YWeights, predicted), append(m.YLoadings, append([]float64(nil), predicted...))
	}
	for a, w := range m.XWeights { // what gives a whole row the scores that it has above, where loadings and weights of other components are not at right angles
		r := append([]float64(nil), w...)
		for b := range a {
			linalg.Axpy(-linalg.Dot(m.XLoadings[b], w), m.XRotations[b], r)
		}
		m.XRotations = append(m.XRotations, r)
	}
	var ok bool
	if m.YRotations, ok = rotations(m.YWeights, m.YLoadings); !ok {
		return "", tooLarge(where, &ml.Error{Kind: ml.ErrFormat})
	}
	return note, nil
}

// slopesOf is what each column has of a unit of score.
func (b *block) slopesOf(score []float64) []float64 {
	out, square := b.against(score), linalg.Dot(score, score)
	for j, v := range out {
		out[j] = ratio(v, square)
	}
	return out
}

// weights are those of the next component, of length 1; nil if there is nothing left.
func (b *gappy) weights(ctx context.Context, y *block) (w []float64, ended bool, err error) {
	cross := crossProducts(b.block, y)
	best, at := 0.0, 0
	for t := range y.p {
		sum := 0.0
		for j := range b.p {
			v := cross[j*y.p+t]
			sum += float64(v * v)
		}
		if sum > best {
			best, at = sum, t
		}
	}
	if !(math.Sqrt(best) > 1e-14*math.Sqrt(b.square)*math.Sqrt(y.square)) {
		return nil, true, nil
	}
	u := make([]float64, y.n)
	for i := range u {
		u[i] = y.data[i*y.p+at]
	}
	var last []float64
	for range powers {
		w = b.slopes(u)
		unit(w)
		if y.p == 1 {
			return w, true, nil
		}
		score := b.scores(w)
		if last != nil {
			for i, v := range score {
				last[i] -= v
			}
			if linalg.Norm(last) <= 1e-13*linalg.Norm(score) {
				return w, true, nil
			}
		}
		last = score
		along := y.slopesOf(score)
		u = y.along(along)
		square := linalg.Dot(along, along)
		for i, v := range u {
			u[i] = ratio(v, square)
		}
		if err := ml.Done(ctx); err != nil {
			return nil, false, err
		}
	}
	return w, false, nil
}

func hasNaN(x []float64) bool {
	for _, v := range x {
		if v != v {
			return true
		}
	}
	return false
}

// anyNaN says whether a number of x is missing.
func anyNaN(x tensor.Matrix) bool {
	_, _, _, ok := rows.CheckFinite(x, false)
	return !ok
}

// gaps are the scores of a row of which some numbers are missing: each is the slope of what is there, less what the components before explain, over the weights.
func (m *Latent) gaps(dst, row []float64) {
	for a, w := range m.XWeights {
		sum, squares := 0.0, 0.0
		for j, v := range row {
			if v != v {
				continue
			}
			v = (v - m.XMean[j]) / m.XScale[j]
			for b := range a {
				v -= float64(dst[b] * m.XLoadings[b][j])
			}
			sum += float64(w[j] * v)
			squares += float64(w[j] * w[j])
		}
		dst[a] = ratio(sum, squares)
	}
}

// guess is target t of a row of which some numbers are missing.
func (m *Latent) guess(t int, row []float64) float64 {
	var room [32]float64
	scores := room[:]
	if len(m.XWeights) > len(scores) {
		scores = make([]float64, len(m.XWeights))
	}
	m.gaps(scores, row)
	sum := 0.0
	for a, y := range m.YLoadings {
		sum += float64(scores[a] * y[t])
	}
	return m.YMean[t] + float64(sum*m.YScale[t])
}

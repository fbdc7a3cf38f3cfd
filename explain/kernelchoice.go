package explain

import (
	"math"
	"slices"
)

// choose returns the players that get a value in output o, ascending. The fit that chooses does not know that values add up: instead each set counts twice, once as what its players
// add to the base, and once as what the others take from the whole, weighted by how many they are. That is what shap does; where all sets are asked the choices are the same.
func (f *kernelFit) choose(o int) []int {
	n := f.deck.n
	if !f.chooses() {
		return numbers(n)
	}
	p := &choiceProblem{n: n, gram: make([]float64, n*n), xy: make([]float64, n), sums: make([]float64, n)}
	in := make([]bool, n)
	line := make([]float64, n)
	for i, set := range f.sets {
		clear(in)
		for _, q := range set {
			in[q] = true
		}
		for side := range 2 {
			size := 0
			for q := range in {
				if side == 1 {
					in[q] = !in[q]
				}
				if in[q] {
					size++
				}
			}
			v := f.answers[2*i+side][o]
			p.add(line, in, 0, v-f.base[o], math.Sqrt(float64(f.weight[i]*float64(n-size))))
			p.add(line, in, -1, v-f.whole[o], math.Sqrt(float64(f.weight[i]*float64(size))))
		}
	}
	if f.chooser.Criterion != NoCriterion {
		return p.byCriterion(f.chooser.Criterion)
	}
	var who []int
	leastAngle(p.gram, p.xy, n, false, func(_ []float64, active []int) bool {
		who = append(who[:0], active...)
		return len(active) < f.chooser.MaxColumns
	})
	slices.Sort(who)
	return who
}

func numbers(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// choiceProblem is the sums that a regression needs.
type choiceProblem struct {
	n, rows  int
	gram, xy []float64
	sums     []float64 // of each column
	sum, yy  float64   // of y, and of its squares
}

// add takes a row in: 1 for who is in, plus shift, and y, all times a weight.
func (p *choiceProblem) add(line []float64, in []bool, shift, y, weight float64) {
	p.rows++
	y *= weight
	p.sum += y
	p.yy += float64(y * y)
	for q := range line {
		line[q] = shift
		if in[q] {
			line[q]++
		}
		line[q] *= weight
		p.sums[q] += line[q]
		p.xy[q] += float64(line[q] * y)
	}
	for a, v := range line {
		for b, w := range line {
			p.gram[a*p.n+b] += float64(v * w)
		}
	}
}

// byCriterion takes the point of the lasso's path with the least criterion (Zou, Hastie and Tibshirani 2007), for columns of unit variance and with an intercept.
func (p *choiceProblem) byCriterion(c Criterion) []int {
	n, rows := p.n, float64(p.rows)
	scale := make([]float64, n)
	for a := range n {
		scale[a] = 1 / math.Sqrt((p.gram[a*n+a]-float64(p.sums[a]*p.sums[a])/rows)/rows)
	}
	for a := range n {
		p.xy[a] = float64((p.xy[a] - float64(p.sums[a]*p.sum)/rows) * scale[a])
		for b := range n {
			p.gram[a*n+b] = float64(float64((p.gram[a*n+b]-float64(p.sums[a]*p.sums[b])/rows)*scale[a]) * scale[b])
		}
	}
	yy := p.yy - float64(p.sum*p.sum)/rows
	type point struct {
		who []int
		rss float64
	}
	points := []point{{nil, yy}}
	leastAngle(p.gram, p.xy, n, true, func(coef []float64, active []int) bool {
		at := point{rss: yy}
		for a, v := range coef {
			if math.Abs(v) > 0x1p-52 {
				at.who = append(at.who, a)
			}
			fitted := 0.0
			for b, w := range coef {
				fitted += float64(p.gram[a*n+b] * w)
			}
			at.rss += float64(v * (fitted - 2*p.xy[a]))
		}
		points = append(points, at)
		return true
	})
	last := points[len(points)-1]
	noise := last.rss / float64(p.rows-n-1)
	if !(noise > 1e-14*yy/rows) { // the answers are a sum of the columns: nothing that is left out is noise
		return last.who
	}
	price := 2.0
	if c == BIC {
		price = math.Log(rows)
	}
	best, least := points[0].who, math.Inf(1)
	for _, at := range points {
		if v := at.rss/noise + float64(price*float64(len(at.who))); v < least {
			best, least = at.who, v
		}
	}
	return best
}

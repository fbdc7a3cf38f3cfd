package explain

import (
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/svg"
	"github.com/gopherwood-ml/ml/tensor"
)

// LocalModel is the linear model of [LIME] near a row. The stability indices are those of Visani and others (2022), "Statistical stability indices for LIME", as shares instead of percentages.
type LocalModel struct {
	Terms     []LocalTerm // the one with the largest weight first
	Intercept float64
	Answered  float64 // what the model answered for the row
	Predicted float64 // what the linear model says for it
	R2        float64 // how much of the variance of the answers near the row the linear model explains: 1 is perfect, and near 0 the weights say nothing
	VSI       float64 // of two repeats, the mean share of columns that both choose; NaN if there is one only
	CSI       float64 // of two repeats that choose a column, how often the 95% intervals of its weights meet, as a mean over the columns; NaN if there is one only
	Output    string  // the name of what was explained, "" if it has none
}

// A LocalTerm is a column of a local model.
type LocalTerm struct {
	Column    int     // its number; of a text, the number of the word among its different words in their order
	Condition string  // what holds in the row: "age <= 37"; of a number that was drawn around the row: "each 9.2 of age"
	Per       float64 // so much more of the column adds Weight; 0: the condition does
	Weight    float64
	Error     float64 // the standard error of the weight: how much it varies with the draws (White 1980)
}

// String lists the terms, and how far they are to be believed.
func (m *LocalModel) String() string {
	var b strings.Builder
	name := m.Output
	if name == "" {
		name = "answer"
	}
	fmt.Fprintf(&b, "%s: %s; the linear model says %s, R2 %.2f", name, short(m.Answered), short(m.Predicted), m.R2)
	if !math.IsNaN(m.VSI) {
		fmt.Fprintf(&b, ", stable: columns %.0f%%, weights %.0f%%", 100*m.VSI, 100*m.CSI)
	}
	b.WriteString("\n")
	for _, t := range m.Terms {
		sign := "+"
		if t.Weight < 0 {
			sign = "-"
		}
		fmt.Fprintf(&b, "  %s %-7s %s\n", sign, short(math.Abs(t.Weight)), t.Condition)
	}
	return b.String()
}

// WriteSVG draws the weights with their 95% intervals: the top ones (0: 15).
func (m *LocalModel) WriteSVG(w io.Writer, top int) error {
	if top <= 0 {
		top = 15
	}
	var bars []bar
	for _, t := range m.Terms[:min(top, len(m.Terms))] {
		reach := 1.96 * t.Error
		bars = append(bars, bar{name: t.Condition, value: t.Weight, lo: t.Weight - reach, hi: t.Weight + reach, label: labelled(t.Weight), interval: true, signed: true})
	}
	return send(w, barChart(fmt.Sprintf("local weights for %s, R² = %s", nameOf([]string{m.Output}, 0), svg.Number(m.R2, 2)), bars))
}

// explain draws and fits. sample fills z, Samples rows of as many columns as there are names, and the squares of their distances, the explained row first, and returns the model's answers. of is what the explained row has in a column of z.
func (c Local) explain(ctx context.Context, where string, about *ml.Fitted, names []LocalTerm, output int, sample func(r *rand.Rand, z, away []float64) (*tensor.Tensor[float64], error), of func(k int) float64) (*LocalModel, error) {
	p := len(names)
	z, away, y := make([]float64, c.Samples*p), make([]float64, c.Samples), make([]float64, c.Samples)
	var fits []*localFit
	var first float64
	var title string
	for repeat := range c.Repeats {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		clear(z)
		clear(away)
		answers, err := sample(c.stream(repeat), z, away)
		if err != nil {
			return nil, err
		}
		outputs := answers.Shape()[1]
		if output < 0 || output >= outputs {
			return nil, ml.BadConfig(where, "output", output, fmt.Sprintf("one of %d outputs, from 0", outputs))
		}
		for i := range y {
			if y[i] = answers.Row(i)[output]; !(math.Abs(y[i]) <= math.MaxFloat64) {
				return nil, &ml.Error{Where: where, Field: "the model's answer", Found: fmt.Sprint(y[i]), Want: "a finite number", Kind: ml.ErrNotFinite}
			}
		}
		if repeat == 0 {
			first, title = y[0], outputsOf(about, outputs)[output]
		}
		for i := range away {
			away[i] = -away[i] / float64(2*float64(c.Width*c.Width))
		}
		kern.ExpPortable(away, away)
		fits = append(fits, c.fit(z, y, away))
	}
	fit := fits[0]
	out := &LocalModel{Intercept: fit.intercept, Answered: first, Predicted: fit.intercept, R2: fit.r2, Output: title}
	out.VSI, out.CSI = stability(fits, p)
	for q, j := range fit.who {
		term := names[j]
		term.Weight, term.Error = fit.coef[q], fit.errors[q]
		out.Terms = append(out.Terms, term)
		out.Predicted += float64(term.Weight * of(j))
	}
	sort.SliceStable(out.Terms, func(a, b int) bool { return math.Abs(out.Terms[a].Weight) > math.Abs(out.Terms[b].Weight) })
	return out, nil
}

// localFit is a weighted ridge regression on some columns.
type localFit struct {
	who           []int // ascending
	coef, errors  []float64
	intercept, r2 float64
}

// fit chooses columns and fits the line. All that it needs of the rows are the sums of products, around their weighted means, so each choice costs no further pass over them.
func (c Local) fit(z, y, weight []float64) *localFit {
	n := len(y)
	p := len(z) / n
	total, meanY, mean := 0.0, 0.0, make([]float64, p)
	for i, w := range weight {
		total += w
		meanY += float64(w * y[i])
		for j, v := range z[i*p : (i+1)*p] {
			mean[j] += float64(w * v)
		}
	}
	meanY /= total
	for j := range mean {
		mean[j] /= total
	}
	gram, xy, yy := make([]float64, p*p), make([]float64, p), 0.0
	line := make([]float64, p)
	for i, w := range weight {
		v := y[i] - meanY
		yy += float64(w * float64(v*v))
		for j, at := range z[i*p : (i+1)*p] {
			line[j] = at - mean[j]
			xy[j] += float64(float64(w*line[j]) * v)
		}
		for j, at := range line {
			at *= w
			for k, other := range line[:j+1] {
				gram[j*p+k] += float64(at * other)
			}
		}
	}
	for j := range p {
		for k := range j {
			gram[k*p+j] = gram[j*p+k]
		}
	}
	var who []int
	switch {
	case c.Features >= p && c.Choice != ForwardChoice:
		who = numbers(p)
	case c.Choice == ForwardChoice:
		who = forward(gram, xy, yy, p, c.Features)
	case c.Choice == LassoChoice:
		leastAngle(gram, xy, p, true, func(coef []float64, active []int) bool {
			var in []int
			for j, v := range coef {
				if v != 0 {
					in = append(in, j)
				}
			}
			if len(in) <= c.Features {
				who = in
			}
			return true
		})
	default:
		all := numbers(p)
		coef, _ := ridge(gram, xy, p, all, 0.01)
		sort.SliceStable(all, func(a, b int) bool { return math.Abs(coef[all[a]]) > math.Abs(coef[all[b]]) })
		who = all[:c.Features]
		slices.Sort(who)
	}
	out := &localFit{who: who, intercept: meanY, errors: make([]float64, len(who))}
	m := len(who)
	coef, factor := ridge(gram, xy, p, who, c.Alpha)
	out.coef = coef
	for q, j := range who {
		out.intercept -= float64(coef[q] * mean[j])
	}
	left, spread := 0.0, make([]float64, m*m)
	for i, w := range weight {
		residual := y[i] - meanY
		for q, j := range who {
			line[q] = z[i*p+j] - mean[j]
			residual -= float64(coef[q] * line[q])
		}
		square := float64(w * float64(residual*residual))
		left += square
		for q, at := range line[:m] {
			at = float64(at*w) * square
			for r, other := range line[:m] {
				spread[q*m+r] += float64(at * other)
			}
		}
	}
	switch {
	case left == 0:
		out.r2 = 1
	case yy > 0:
		out.r2 = 1 - left/yy
	}
	if m == 0 {
		return out
	}
	// White's covariance, M^-1 S M^-1 with the sum S of (w r)² x x': how much the coefficients vary with the draws, whatever the linear model leaves out.
	inverse := make([]float64, m*m)
	factor.Inverse(inverse)
	for q := range m {
		sum := 0.0
		for r, v := range inverse[q*m : (q+1)*m] {
			for s, w := range inverse[q*m : (q+1)*m] {
				sum += float64(float64(v*w) * spread[r*m+s])
			}
		}
		out.errors[q] = math.Sqrt(max(0, sum))
	}
	return out
}

// ridge solves for the coefficients of some columns. The penalty makes the matrix definite.
func ridge(gram, xy []float64, p int, who []int, alpha float64) ([]float64, *linalg.Cholesky) {
	m := len(who)
	part, coef := make([]float64, m*m), make([]float64, m)
	for q, j := range who {
		coef[q] = xy[j]
		for r, k := range who {
			part[q*m+r] = gram[j*p+k]
		}
		part[q*m+q] += alpha
	}
	if m == 0 {
		return coef, nil
	}
	factor := linalg.NewCholesky(part, m)
	for add := alpha; factor == nil; { // a penalty below the rounding of the sums
		add = max(2*add, 0x1p-1022)
		for q := range m {
			part[q*m+q] += add
		}
		factor = linalg.NewCholesky(part, m)
	}
	factor.Solve(coef)
	return coef, factor
}

// forward adds the column that explains most of what is left, taking what it tells out of the others.
func forward(gram, xy []float64, yy float64, p, most int) []int {
	g, left := slices.Clone(gram), slices.Clone(xy)
	var who []int
	for len(who) < most {
		best, gain := -1, 1e-15*yy
		for j := range p {
			if d := g[j*p+j]; d > 1e-12*gram[j*p+j] && !slices.Contains(who, j) {
				if v := float64(left[j]*left[j]) / d; v > gain {
					best, gain = j, v
				}
			}
		}
		if best < 0 {
			break
		}
		who = append(who, best)
		pivot := slices.Clone(g[best*p : (best+1)*p])
		share := left[best] / pivot[best]
		for j := range p {
			f := pivot[j] / pivot[best]
			for k := range p {
				g[j*p+k] -= float64(f * pivot[k])
			}
			left[j] -= float64(share * pivot[j])
		}
	}
	slices.Sort(who)
	return who
}

// stability compares all pairs of repeats.
func stability(fits []*localFit, p int) (vsi, csi float64) {
	if len(fits) < 2 {
		return math.NaN(), math.NaN()
	}
	pairs, met, both := 0, make([]float64, p), make([]float64, p)
	for a, f := range fits {
		for _, g := range fits[:a] {
			pairs++
			common := 0
			for q, j := range f.who {
				r := slices.Index(g.who, j)
				if r < 0 {
					continue
				}
				common++
				both[j]++
				if math.Abs(f.coef[q]-g.coef[r]) <= float64(1.96*(f.errors[q]+g.errors[r])) {
					met[j]++
				}
			}
			if size := max(len(f.who), len(g.who)); size == 0 {
				vsi++
			} else {
				vsi += float64(common) / float64(size)
			}
		}
	}
	columns := 0.0
	for j, n := range both {
		if n > 0 {
			csi += met[j] / n
			columns++
		}
	}
	if columns == 0 {
		csi, columns = 1, 1
	}
	return vsi / float64(pairs), csi / columns
}

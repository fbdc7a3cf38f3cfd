package features

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// PolynomialFeatures adds the products of columns, powers included, up to a degree: of a and b with Degree 2 it makes a, b, a^2, a b, b^2. A linear
// model of the result is a polynomial in the input.
//
// The columns are in order of degree, and within one in that of their factors, as in scikit-learn: p columns give C(p+Degree, Degree) - 1. Missing values are
// an error. A product that is too large for a float64 is an error, too. CSR stays CSR and only products of stored values are formed: O(k^Degree)
// for a row with k of them. Nothing is learned. Categorical columns are an error.
// With Degree 1 and Bias it only puts a column of ones before the others.
type PolynomialFeatures struct {
	Degree          int  // the greatest number of factors, >= 1; zero: 2
	MinDegree       int  // the least number of factors; zero: 1
	InteractionOnly bool // true: no column twice in a product; false: powers, too
	Bias            bool // true: begins with a column of ones; false: without, as linear models have an intercept
}

// PolynomialModel is a fitted PolynomialFeatures.
type PolynomialModel struct {
	ml.Fitted

	degree int
	starts []int // of each degree's products in the result, -1 for those left out
	width  int
}

// A dense row of more products is a mistake: a thousand of them would take 128 GB.
const maxProducts = 1 << 24

// Fit checks the rows of t, and learns nothing.
func (c PolynomialFeatures) Fit(ctx context.Context, t ml.Table) (*PolynomialModel, error) {
	const where = "features.PolynomialFeatures.Fit"
	switch {
	case c.Degree < 0:
		return nil, ml.BadConfig(where, "Degree", c.Degree, "0 for 2, or >= 1")
	case c.MinDegree < 0 || c.MinDegree > c.degree():
		return nil, ml.BadConfig(where, "MinDegree", c.MinDegree, fmt.Sprintf("0 for 1, or 1..Degree, which is %d", c.degree()))
	}
	if err := t.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	m, err := ready(&PolynomialModel{Fitted: ml.NewFitted(t, nil, c)})
	if err != nil {
		return nil, err
	}
	if err := m.checkDense(where, t.X); err != nil {
		return nil, err
	}
	return m, nil
}

func (m *PolynomialModel) checkDense(where string, x tensor.Matrix) error {
	if m.width <= maxProducts || isSparse(x) {
		return nil
	}
	return ml.BadConfig(where, "Degree", m.degree, fmt.Sprintf("one that makes at most %d columns of %d for dense rows", maxProducts, m.Info.Features))
}

func (c PolynomialFeatures) degree() int {
	if c.Degree == 0 {
		return 2
	}
	return c.Degree
}

// choose is the number of products of r factors out of n columns; +Inf if it is beyond an int32.
func (c PolynomialFeatures) choose(n, r int) float64 {
	if !c.InteractionOnly {
		n += r - 1
	}
	if r > n {
		return 0
	}
	out := 1.0
	for i := 1; i <= r; i++ {
		out = math.Round(out * float64(n-r+i) / float64(i))
		if out > math.MaxInt32 {
			return math.Inf(1)
		}
	}
	return out
}

// Restore derives the products.
func (m *PolynomialModel) Restore() error {
	const where = "features.PolynomialModel"
	c, is := m.Config.(PolynomialFeatures)
	p := m.Info.Features
	if !is || c.degree() < 1 || c.MinDegree > c.degree() || m.Columns != nil && len(m.Columns) != p {
		return ml.BadFile(where, "Config", fmt.Sprintf("%T", m.Config), "a features.PolynomialFeatures that fits the columns")
	}
	m.degree = c.degree()
	width := 0.0
	if c.Bias {
		width++
	}
	m.starts = make([]int, m.degree+1)
	for d := 1; d <= m.degree; d++ {
		m.starts[d] = -1
		if d >= c.MinDegree {
			m.starts[d] = int(min(width, math.MaxInt32))
			width += c.choose(p, d)
		}
		if width > math.MaxInt32 {
			return ml.BadConfig("features.PolynomialFeatures", "Degree", m.degree, fmt.Sprintf("one that makes at most %d columns of %d", math.MaxInt32, p))
		}
	}
	if width == 0 {
		return ml.BadConfig("features.PolynomialFeatures", "MinDegree", c.MinDegree, fmt.Sprintf("at most the %d columns, which make no product of more factors with InteractionOnly", p))
	}
	m.width = int(width)
	return nil
}

// productName is "a^2 b".
func productName(columns []ml.Column, factors []int) string {
	var parts []string
	for i := 0; i < len(factors); {
		k := i
		for i < len(factors) && factors[i] == factors[k] {
			i++
		}
		name := ml.ColumnName(columns, factors[k])
		if i-k > 1 {
			name += fmt.Sprintf("^%d", i-k)
		}
		parts = append(parts, name)
	}
	return strings.Join(parts, " ")
}

// distinct lists the different numbers of a rising list.
func distinct(rising []int) []int {
	out := []int{}
	for i, j := range rising {
		if i == 0 || j != rising[i-1] {
			out = append(out, j)
		}
	}
	return out
}

func (m *PolynomialModel) row(dst, src []float64) int {
	greatest := 0
	for j, v := range src {
		if !finite(v) {
			return j
		}
		if math.Abs(v) > math.Abs(src[greatest]) {
			greatest = j
		}
	}
	c := m.Config.(PolynomialFeatures)
	if c.Bias {
		dst[0] = 1
	}
	step := 0
	if c.InteractionOnly {
		step = 1
	}
	for d := 1; d <= m.degree; d++ {
		if m.starts[d] >= 0 {
			multiply(dst[m.starts[d]:], src, d, step, 1)
		}
	}
	if slices.ContainsFunc(dst, func(v float64) bool { return !finite(v) }) {
		return greatest
	}
	return -1
}

// multiply writes v times the products of d factors of src, in order, and returns how many. The next factor is at least step columns behind the one before.
func multiply(dst, src []float64, d, step int, v float64) int {
	if d == 1 {
		dst = dst[:len(src)]
		for j, w := range src {
			dst[j] = v * w
		}
		return len(src)
	}
	n := 0
	for j, w := range src {
		n += multiply(dst[n:], src[min(j+step, len(src)):], d-1, step, v*w)
	}
	return n
}

// Transform makes the products of each row of x. NaN and Inf are errors.
func (m *PolynomialModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	const where = "features.PolynomialModel.Transform"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	if !isSparse(x) {
		if err := m.checkDense(where, x); err != nil {
			return nil, err
		}
		return transform(where, &m.Fitted, x, m.width, 2*m.width, m.row, nil, "")
	}
	out, bad := buildSparse(x, m.width, alike(m.sparseRow))
	if bad != noPlace {
		return nil, badNumber(where, m.Columns, bad.row, bad.col, x.At(bad.row, bad.col))
	}
	return out, nil
}

// sparseRow forms the products of stored values, in order.
func (m *PolynomialModel) sparseRow(js []int32, vs []float64, put func(j int, v float64)) int {
	for k, v := range vs {
		if !finite(v) {
			return int(js[k])
		}
	}
	c := m.Config.(PolynomialFeatures)
	if c.Bias {
		put(0, 1)
	}
	for d := 1; d <= m.degree; d++ {
		if m.starts[d] < 0 {
			continue
		}
		if bad := m.combine(c, js, vs, 0, d, 0, m.starts[d], 1, put); bad >= 0 {
			return bad
		}
	}
	return -1
}

// combine goes through the products of d more factors from entry from on; least is the first column that may come, and rank the number of products of this degree
// before the first of these.
func (m *PolynomialModel) combine(c PolynomialFeatures, js []int32, vs []float64, from, d, least, rank int, v float64, put func(j int, v float64)) int {
	p := m.Info.Features
	for k := from; k < len(js); k++ {
		j := int(js[k])
		// all products that begin with one of the columns least..j-1 come before
		before := rank + int(c.choose(p-least, d)-c.choose(p-j, d))
		w := v * vs[k]
		if d == 1 {
			if !finite(w) {
				return j
			}
			put(before, w)
			continue
		}
		next, then := k, j
		if c.InteractionOnly {
			next, then = k+1, j+1
		}
		if bad := m.combine(c, js, vs, next, d-1, then, before, w, put); bad >= 0 {
			return bad
		}
	}
	return -1
}

// TransformInto is Transform into dst: see ml.IntoTransformer.
func (m *PolynomialModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	return mapping{columns: m.width, nsPerRow: 2 * m.width, row: m.row}.transformInto("features.PolynomialModel.TransformInto", &m.Fitted, dst, x)
}

// TransformRow makes the products of one row; dst has len(Out()) elements.
func (m *PolynomialModel) TransformRow(dst, x []float64) error {
	return transformRow("features.PolynomialModel.TransformRow", &m.Fitted, dst, x, m.width, m.row)
}

// Out describes the products: "age^2 income".
func (m *PolynomialModel) Out() []ml.Column {
	c := m.Config.(PolynomialFeatures)
	out := make([]ml.Column, 0, m.width)
	if c.Bias {
		out = append(out, ml.Column{Name: "1", From: []int{}})
	}
	factors := make([]int, 0, m.degree)
	var describe func(d, from int)
	describe = func(d, from int) {
		if d == 0 {
			out = append(out, ml.Column{Name: productName(m.Columns, factors), From: distinct(factors)})
			return
		}
		for j := from; j < m.Info.Features; j++ {
			factors = append(factors, j)
			next := j
			if c.InteractionOnly {
				next++
			}
			describe(d-1, next)
			factors = factors[:len(factors)-1]
		}
	}
	for d := 1; d <= m.degree; d++ {
		if m.starts[d] >= 0 {
			describe(d, 0)
		}
	}
	return out
}

func init() {
	ml.RegisterConfig[PolynomialFeatures]("features.PolynomialFeatures")
	ml.Register[*PolynomialModel]("features.PolynomialModel")
}

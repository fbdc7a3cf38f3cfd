package linear

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
)

// Leverage returns how much each row pulls its own fitted score: the diagonal of the hat matrix of weighted least squares at the
// coefficients fitted, one number for each row, of one observation where the weight of the row says that there are several; 0 for a
// weight of 0. Times the weights they add up to the number of coefficients k.
//
// d is what the model was fitted to: it keeps no rows. Data that gives another deviance is refused with ErrData, and a model
// without Cov, for its many columns, with ErrShape. The cost is that of an iteration of the fit.
func (m *GLMModel) Leverage(d ml.Dataset[float64]) ([]float64, error) {
	g, err := m.again("linear.GLMModel.Leverage", d)
	if err != nil {
		return nil, err
	}
	return g.leverage(g.inverseInformation()), nil
}

// CooksDistance returns how far the scores of all rows move when one observation of the row is left out, in units of their standard
// errors, to first order: r²h/(k·Dispersion·(1-h)²) with r the Pearson residual and h the leverage (Pregibon, Ann. Statist. 9 (1981)). Beyond
// about 1, or well above the others, a row deserves a look. NaN for rows of weight 0 or leverage 1. As for
// [GLMModel.Leverage], d is what the model was fitted to.
func (m *GLMModel) CooksDistance(d ml.Dataset[float64]) ([]float64, error) {
	const where = "linear.GLMModel.CooksDistance"
	g, err := m.again(where, d)
	if err != nil {
		return nil, err
	}
	h := g.leverage(g.inverseInformation())
	k := m.Observations - m.DFResidual
	return g.eachScore(func(i int, score float64) float64 {
		free := g.free(i, h[i])
		r := m.residual(PearsonResidual, g.y[i], score, g.precisionOf(i)) / free
		return r * r * h[i] / (k * m.Dispersion)
	}), nil
}

// standardized are the residuals that need the leverage.
func (m *GLMModel) standardized(where string, kind Residual, d ml.Dataset[float64]) ([]float64, error) {
	g, err := m.again(where, d)
	if err != nil {
		return nil, err
	}
	h := g.leverage(g.inverseInformation())
	estimated := !math.IsInf(m.dfTest(), 1)
	return g.eachScore(func(i int, score float64) float64 {
		free, each := g.free(i, h[i]), g.precisionOf(i)
		deviance := m.residual(DevianceResidual, g.y[i], score, each)
		pearson := m.residual(PearsonResidual, g.y[i], score, each)
		switch kind {
		case StandardizedResidual:
			return deviance / math.Sqrt(m.Dispersion*free)
		case StandardizedPearsonResidual:
			return pearson / math.Sqrt(m.Dispersion*free)
		}
		saved := math.Copysign(math.Sqrt(deviance*deviance+h[i]*pearson*pearson/free), deviance)
		if estimated {
			saved /= math.Sqrt(max(m.Deviance-deviance*deviance/free, 0) / (m.DFResidual - 1))
		}
		return saved
	}), nil
}

// free is 1 - leverage, NaN where the row does not count or determines its own mean.
func (g *scoring) free(i int, leverage float64) float64 {
	if free := 1 - leverage; g.w(i) > 0 && free > leftFree {
		return free
	}
	return math.NaN()
}

// again is the fit about its rows, as it stood at the end.
func (m *GLMModel) again(where string, d ml.Dataset[float64]) (*scoring, error) {
	g, err := m.prepared(where, d, false)
	if err != nil {
		return nil, err
	}
	g.params = g.packed(m.Coef, m.Intercept)
	g.last = g.at(g.params, true)
	const same, rounding = 1e-6, 1e-9
	if off := math.Abs(g.last.deviance - m.Deviance); !(off <= same*m.Deviance+rounding*g.last.energy) {
		return nil, &ml.Error{Where: where, Field: "deviance of the rows", Found: fmt.Sprintf("%g", g.last.deviance),
			Want: fmt.Sprintf("%g: the data that the model was fitted to", m.Deviance), Kind: ml.ErrData}
	}
	return g, nil
}

// prepared is a fit of the model's config to the rows d that has not begun, without the intercept if that is to be left out.
func (m *GLMModel) prepared(where string, d ml.Dataset[float64], noIntercept bool) (*scoring, error) {
	if err := d.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	if err := ml.CheckPredict(where, &m.Fitted, d.X); err != nil {
		return nil, err
	}
	if d.Rows() != m.Info.Rows {
		return nil, ml.BadShape(where, "X", fmt.Sprintf("%d rows", d.Rows()), fmt.Sprintf("the %d rows that the model was fitted to", m.Info.Rows))
	}
	if m.Cov == nil {
		return nil, ml.BadShape(where, "X", fmt.Sprintf("%d columns", len(m.Coef)), "few enough columns for the model to have a covariance of its coefficients")
	}
	c, _ := m.Config.(GLM)
	if config, ok := m.Config.(glmConfig); ok {
		c = config.glm(totalWeight(d))
	}
	c, err := c.resolve(where)
	if err != nil {
		return nil, err
	}
	c.Family, c.Link, c.NoIntercept = m.Family, m.Link, c.NoIntercept || noIntercept
	d.Columns = m.Columns
	g, err := c.newScoring(where, d)
	if err != nil {
		return nil, err
	}
	for j, a := range m.Aliased {
		if a {
			g.frozen[j], g.aliased[j] = true, true
		}
	}
	return g, nil
}

// eachScore is what f makes of the linear score of each row.
func (g *scoring) eachScore(f func(i int, score float64) float64) []float64 {
	out := make([]float64, g.rows)
	w, b := g.unpack(g.params)
	par.For(g.rows, g.rowCost()+60, func(lo, hi int) {
		g.blocks(lo, hi, w, b, func(rows blockRows, z []float64) {
			for i, score := range z {
				at := rows.lo + i
				if g.offset != nil {
					score += g.offset[at]
				}
				out[at] = f(at, score)
			}
		})
	})
	return out
}

// leverage is that of every row, one repetition of it, for an inverse of the information at params.
func (g *scoring) leverage(inverse []float64) []float64 {
	out := make([]float64, g.rows)
	w, b := g.unpack(g.params)
	q := g.stride()
	par.For(g.rows, q*q/8+g.rowCost()+40, func(lo, hi int) {
		var p point
		var l leverages
		g.blocks(lo, hi, w, b, func(rows blockRows, z []float64) {
			p.resize(rows.n)
			g.local(rows, z, &p, new(information))
			l.find(g, rows, p.curvature, inverse)
			copy(out[rows.lo:], l.of)
		})
	})
	return out
}

// full counts the rows that robust covariances leave out, as they determine their own means.
func (g *scoring) full(inverse []float64) int {
	if c := g.config.Covariance; inverse == nil || c != HC2 && c != HC3 {
		return 0
	}
	n := 0
	for _, h := range g.leverage(inverse) {
		if 1-h <= leftFree {
			n++
		}
	}
	return n
}

// leverages are those of the rows of one block, with the scratch to find them.
type leverages struct {
	of             []float64
	centered, half []float64
}

// find sets them to curvature·xᵀ(information)⁻¹x for rows x, centred, with a 1 behind if there is an intercept.
func (l *leverages) find(g *scoring, rows blockRows, curvature, inverse []float64) {
	q, n := g.stride(), rows.n
	if cap(l.of) < n {
		l.of, l.centered, l.half = make([]float64, n), make([]float64, n*q), make([]float64, n*q)
	}
	l.of, l.centered, l.half = l.of[:n], l.centered[:n*q], l.half[:n*q]
	for i := range n {
		x := l.centered[i*q : (i+1)*q]
		if g.sparse() {
			clear(x)
			cols, vals := g.x.NZ(rows.lo+i, &rows.entries)
			for k, j := range cols {
				x[j] = vals[k]
			}
		} else {
			copy(x, rows.data[i*g.cols:(i+1)*g.cols])
		}
		for j, m := range g.center {
			x[j] -= m
			if g.frozen[j] {
				x[j] = 0
			}
		}
		if g.fitted {
			x[g.cols] = 1
		}
	}
	kern.Gemm(false, false, n, q, q, 1, l.centered, q, inverse, q, 0, l.half, q)
	for i, c := range curvature {
		l.of[i] = 0
		if c > 0 {
			c /= g.repetitions(rows.lo + i)
			l.of[i] = min(max(c*linalg.Dot(l.half[i*q:(i+1)*q], l.centered[i*q:(i+1)*q]), 0), 1)
		}
	}
}

// rowCost is about how many nanoseconds the score of a row takes.
func (o *blockwise) rowCost() int {
	if o.sparse() {
		return 40
	}
	return o.cols/2 + 20
}

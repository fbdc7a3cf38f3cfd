package linear

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/tensor"
)

// model is the fit with its statistics.
func (g *scoring) model(columns []ml.Column, c GLM, config any) *GLMModel {
	m := &GLMModel{Fitted: ml.Fitted{Columns: ownColumns(columns), Config: config}, Family: g.family, Link: g.link,
		Offset: c.Offset, Exposure: c.Exposure, Precision: c.Precision, role: g.roles, Aliased: g.aliased,
		Deviance: g.last.deviance, PearsonChi2: g.last.pearson}
	w, b := g.unpack(g.params)
	m.Coef = w
	if g.fitted {
		m.Intercept = b[0]
	}
	if g.roles.offset >= 0 {
		m.Coef[g.roles.offset] = 1
	}
	m.Observations = g.observations()
	m.NullDeviance = g.nullDeviance()

	inverse := g.inverseInformation()
	k := g.parameters(inverse)
	m.DFResidual = m.Observations - k
	m.Dispersion = 1
	estimated := c.Quasi || !g.family.UnitDispersion()
	if estimated {
		m.Dispersion = math.NaN()
		if m.DFResidual > 0 {
			m.Dispersion = m.PearsonChi2 / m.DFResidual
		}
	}
	m.LogLik = math.NaN()
	if !c.Quasi {
		m.LogLik = g.logLik(m)
	}
	if !g.family.UnitDispersion() {
		k++
	}
	if g.overdispersed() {
		k++
	}
	m.AIC, m.BIC = 2*k-2*m.LogLik, k*math.Log(m.Observations)-2*m.LogLik
	if inverse != nil {
		m.Cov = g.covariance(inverse, m.Dispersion)
	}
	g.note(inverse)
	m.Info = g.info
	return m
}

// observations counts rows, repetitions included.
func (g *scoring) observations() float64 {
	n := 0.0
	for i := range g.y {
		switch {
		case g.w(i) == 0:
		case g.count == nil:
			n++
		default:
			n += g.count[i]
		}
	}
	return n
}

// overdispersed says that the overdispersion was estimated.
func (g *scoring) overdispersed() bool {
	nb, ok := g.config.Family.(NegativeBinomial)
	return ok && nb.Overdispersion == 0
}

// inverseInformation is that of the penalised information, both halves, in the parameters of the fit; nil for many columns.
func (g *scoring) inverseInformation() []float64 {
	if g.last.hessian == nil {
		return nil
	}
	q := g.stride()
	h := append([]float64(nil), g.last.hessian...)
	for j := range g.cols {
		h[j*q+j] += g.penalty
	}
	inverse := make([]float64, q*q)
	if chol := linalg.NewCholesky(h, q); chol != nil {
		chol.Inverse(inverse)
	} else if chol := g.factor(append([]float64(nil), g.last.hessian...)); chol != nil { // of the information over the total weight
		chol.Inverse(inverse)
		for i := range inverse {
			inverse[i] /= g.total
		}
	}
	for j, f := range g.frozen {
		if f {
			inverse[j*q+j] = 0
		}
	}
	return inverse
}

// parameters is how many were fitted: the trace of the hat matrix.
func (g *scoring) parameters(inverse []float64) float64 {
	k := 0.0
	for _, f := range g.frozen {
		if !f {
			k++
		}
	}
	if g.fitted {
		k++
	}
	if inverse != nil && g.penalty > 0 {
		q := g.stride()
		for j := range g.cols {
			k -= g.penalty * inverse[j*q+j]
		}
	}
	return k
}

// covariance is that of the coefficients as they are, intercept first.
func (g *scoring) covariance(inverse []float64, dispersion float64) *tensor.Tensor[float64] {
	q := g.stride()
	v := append([]float64(nil), inverse...)
	if g.config.Covariance == Classical {
		for i := range v {
			v[i] *= dispersion
		}
	} else {
		v = g.sandwich(inverse)
	}
	for j, a := range g.aliased {
		for i := range q {
			if a {
				v[i*q+j], v[j*q+i] = math.NaN(), math.NaN()
			}
		}
	}
	if !g.fitted {
		return tensor.FromSlice(v, q, q)
	}
	// The intercept at x = 0 is that at the centre minus center·coef.
	out := tensor.New[float64](q, q)
	dst := out.Data()
	p := g.cols
	for i := range p {
		cross := v[i*q+p]
		for j, m := range g.center {
			if !g.frozen[j] {
				cross -= m * v[i*q+j]
			}
		}
		copy(dst[(i+1)*q+1:(i+2)*q], v[i*q:i*q+p])
		dst[i+1], dst[(i+1)*q] = cross, cross
	}
	first := v[q*q-1]
	for i, m := range g.center {
		if !g.frozen[i] {
			first -= m * (v[i*q+p] + dst[i+1])
		}
	}
	dst[0] = first
	return out
}

// sandwich is the covariance that holds whatever the variances of rows are: White, Econometrica 48 (1980).
func (g *scoring) sandwich(inverse []float64) []float64 {
	q := g.stride()
	w, b := g.unpack(g.params)
	meat := par.Reduce(g.rows, g.grain(q), func(_, lo, hi int) []float64 {
		sum := make([]float64, q*q)
		add := g.gramAdder()
		var p point
		var l leverages
		g.blocks(lo, hi, w, b, func(rows blockRows, z []float64) {
			p.resize(rows.n)
			g.local(rows, z, &p, new(information))
			if c := g.config.Covariance; c == HC2 || c == HC3 {
				l.find(g, rows, p.curvature, inverse)
			}
			for i, score := range p.score {
				if score == 0 {
					continue
				}
				count := g.repetitions(rows.lo + i)
				p.score[i] = g.blownUp(score/count, l.of, i) * count
			}
			add(sum, rows, p.score, 1)
		})
		return sum
	}, addInto)
	s := information{score: make([]float64, q), hessian: meat}
	g.freeze(&s)
	for j, f := range g.frozen {
		if f {
			meat[j*q+j] = 0
		}
	}
	mirror(meat, q)
	half, out := make([]float64, q*q), make([]float64, q*q)
	kern.Gemm(false, false, q, q, q, 1, inverse, q, meat, q, 0, half, q)
	kern.Gemm(false, false, q, q, q, 1, half, q, inverse, q, 0, out, q)
	if g.config.Covariance == HC1 {
		n := g.observations()
		for i := range out {
			out[i] *= n / (n - g.parameters(inverse))
		}
	}
	return out
}

// blownUp is what an observation of the i-th row of a block contributes to the meat: the square of its score, or more.
func (g *scoring) blownUp(score float64, leverage []float64, i int) float64 {
	switch g.config.Covariance {
	case HC2:
		if free := 1 - leverage[i]; free > leftFree {
			return score * score / free
		}
		return 0
	case HC3:
		if free := 1 - leverage[i]; free > leftFree {
			return score * score / (free * free)
		}
		return 0
	}
	return score * score
}

// repetitions is how many observations row i stands for.
func (g *scoring) repetitions(i int) float64 {
	if g.count == nil {
		return 1
	}
	return g.count[i]
}

// precisionOf is what divides the variance of row i.
func (g *scoring) precisionOf(i int) float64 {
	if g.each == nil {
		return 1
	}
	return g.each[i]
}

// logLik is the log-likelihood at the dispersion that the model documents.
func (g *scoring) logLik(m *GLMModel) float64 {
	dispersion := m.Dispersion
	switch f := g.family.(type) {
	case Gaussian, Gamma, InverseGaussian:
		dispersion = m.Deviance / m.Observations
	case Tweedie:
		if f.Power == 0 || f.Power == 2 || f.Power == 3 {
			dispersion = m.Deviance / m.Observations
		}
	}
	w, b := g.unpack(g.params)
	return par.Reduce(g.rows, grain(g.rows, g.rowCost()+40), func(_, lo, hi int) float64 {
		sum := 0.0
		var p point
		g.blocks(lo, hi, w, b, func(rows blockRows, z []float64) {
			p.resize(rows.n)
			if g.offset != nil {
				linalg.Axpy(1, g.offset[rows.lo:rows.lo+rows.n], z)
			}
			g.meansAt(z, &p)
			for i, mean := range p.mean {
				at := rows.lo + i
				if g.w(at) == 0 {
					continue
				}
				sum += g.repetitions(at) * g.family.LogProb(g.y[at], mean, dispersion, g.precisionOf(at))
			}
		})
		return sum
	}, func(a, b float64) float64 { return a + b })
}

// nullDeviance is the deviance of the best intercept alone, by scoring in one variable; NaN if no intercept is possible.
func (g *scoring) nullDeviance() float64 {
	at := func(intercept float64) (deviance, score, curvature float64) {
		type part struct{ deviance, score, curvature float64 }
		all := par.Reduce(g.rows, grain(g.rows, 20), func(_, lo, hi int) (sum part) {
			const length = 512
			var p point
			var s information
			for at := lo; at < hi; at += length {
				rows := blockRows{lo: at, n: min(length, hi-at)}
				p.resize(rows.n)
				for i := range p.spare {
					p.spare[i] = intercept
				}
				if g.offset != nil {
					kern.Add(p.spare, p.spare, g.offset[at:at+rows.n])
				}
				g.meansAt(p.spare, &p)
				g.weigh(rows, &p, &s)
				sum.score += kern.Sum(p.score)
				sum.curvature += kern.Sum(p.curvature)
			}
			sum.deviance = s.deviance
			return sum
		}, func(a, b part) part {
			return part{a.deviance + b.deviance, a.score + b.score, a.curvature + b.curvature}
		})
		return all.deviance, all.score, all.curvature
	}
	if !g.fitted {
		deviance, _, _ := at(0)
		return deviance
	}
	b := g.link.Score(g.average)
	if math.IsNaN(b - b) { // all targets at the end of their range
		b = g.link.Score(g.initialMean(g.average))
	}
	deviance, score, curvature := at(b)
	for range 100 {
		step := score / curvature
		// A step gains about step·score. Below the rounding of the sum no step can be seen to gain, and each try is a pass over the rows.
		const rounding = 1e-14
		if !(step*score > rounding*deviance) {
			break
		}
		t := 1.0
		for ; t > 0x1p-30; t /= 2 {
			d, s, h := at(b + t*step)
			if d <= deviance {
				b, deviance, score, curvature = b+t*step, d, s, h
				break
			}
		}
		if t <= 0x1p-30 {
			break
		}
	}
	return deviance
}

// note says what the data do not determine.
func (g *scoring) note(inverse []float64) {
	add := func(text string) {
		if g.info.Note != "" {
			g.info.Note += "; "
		}
		g.info.Note += text
	}
	if list := names(g.columns, g.aliased); list != "" {
		add("dependent on columns before them, coefficient 0: " + list)
	}
	if full := g.full(inverse); full > 0 {
		add(fmt.Sprintf("%d rows of leverage 1 determine their own mean; %s leaves them out", full, g.config.Covariance))
	}
	_, binomial := g.family.(Binomial)
	what := ""
	switch {
	case binomial && g.last.split:
		what = "perfect separation: the model splits the targets 0 and 1 without error"
	case binomial && g.last.extreme > 0:
		what = "quasi-complete separation: fitted probabilities of 0 or 1"
	case g.last.extreme > 0 && g.family.Targets().Contains(0) && g.family.UnitDispersion():
		what = "separation: fitted means of 0"
	default:
		return
	}
	if g.penalty > 0 {
		add(what + "; the size of the coefficients is set by the penalty")
		return
	}
	until := "Tol was met"
	switch g.info.Status {
	case ml.MaxIter:
		until = "MaxIter ended the fit"
	case ml.Stopped:
		until = "the fit was stopped"
	case ml.Stalled:
		until = "no step could be seen to gain"
	}
	add(what + "; some coefficients have no finite optimum and grew until " + until + ": they and their standard errors mean nothing")
}

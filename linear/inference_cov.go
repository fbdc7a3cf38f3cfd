package linear

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/stats"
	"github.com/gopherwood-ml/ml/tensor"
)

// covariance fills in the covariance of the coefficients and the tests that rest on it. In the orthonormal basis the covariance is
// s² times the identity, or the sum of squared scores ("meat") of a robust estimate, which is well conditioned there; the
// inverse triangle carries it to the coefficients.
func (p *inference) covariance(ctx context.Context, m *OLSResults, groups []int) error {
	width := len(p.kept) + p.lead()
	m.DFTest = m.DFResidual
	var meat []float64
	var err error
	switch c := p.config.Covariance; c {
	case Classical:
		meat = make([]float64, width*width)
		for i := range width {
			meat[i*width+i] = p.sigma * p.sigma
		}
	case HAC:
		m.Lags = p.config.Lags
		if m.Lags == 0 {
			m.Lags = int(4 * math.Pow(p.n/100, 2.0/9))
		}
		meat, err = p.lagged(ctx, m.Lags)
		p.correct(meat, p.n/m.DFResidual)
	case Cluster:
		meat, m.Groups, err = p.clustered(ctx, groups)
		if m.Groups < 2 && err == nil {
			return ml.BadShape("linear.OLSInference.Fit", "Group", fmt.Sprintf("%d group", m.Groups), "at least two groups of rows of positive weight with Covariance Cluster")
		}
		g := float64(m.Groups)
		p.correct(meat, g/(g-1)*(p.n-1)/m.DFResidual)
		m.DFTest = g - 1
	default:
		meat, err = p.heteroskedastic(ctx)
		if c == HC1 {
			kern.Scal(p.n/m.DFResidual, meat, meat)
		}
	}
	if err != nil {
		return err
	}
	if !(m.DFResidual > 0) {
		for i := range meat {
			meat[i] = math.NaN()
		}
	}
	if p.config.Normal {
		m.DFTest = math.Inf(1)
	}
	p.testAll(m, meat)
	p.roots(m, meat)
	p.covarianceOf(m)
	if p.config.Covariance == Classical {
		return p.refineCovariance(ctx, m)
	}
	return nil
}

// correct applies the factor for few rows or groups.
func (p *inference) correct(meat []float64, factor float64) {
	if !p.config.Uncorrected {
		kern.Scal(factor, meat, meat)
	}
}

// heteroskedastic is the meat of HC0 to HC3: Σ e²qqᵀ, with e as it is or blown up.
func (p *inference) heteroskedastic(ctx context.Context) ([]float64, error) {
	width := len(p.kept) + p.lead()
	chunks := par.Chunks(p.rows, grain(p.rows, width*width/2+40))
	parts := make([][]float64, chunks)
	err := par.Do(ctx, chunks, func(ctx context.Context, c int) error {
		lo, hi := par.Bounds(p.rows, chunks, c)
		g := make([]float64, width*width)
		parts[c] = g
		return p.basis(ctx, lo, hi, func(first int, q []float64) {
			rows := len(q) / max(width, 1)
			for i := range rows {
				row := q[i*width : (i+1)*width]
				kern.Scal(p.blownUp(first+i), row, row)
			}
			linalg.AddGram(g, q, rows, width, width)
		})
	})
	if err != nil {
		return nil, err
	}
	total := make([]float64, width*width)
	for _, g := range parts {
		linalg.Axpy(1, g, total)
	}
	mirror(total, width)
	return total, nil
}

// blownUp is the root of what the row's observations contribute to the meat.
func (p *inference) blownUp(i int) float64 {
	e := math.Sqrt(p.count(i)) * p.unit(i) * p.residuals[i]
	free := 1 - p.leverage[i]
	switch c := p.config.Covariance; {
	case c != HC2 && c != HC3:
		return e
	case free <= leftFree:
		return 0
	case c == HC2:
		return e / math.Sqrt(free)
	default:
		return e / free
	}
}

// lagged is the meat of Newey and West: products of scores up to some rows apart, the farther the less.
func (p *inference) lagged(ctx context.Context, lags int) ([]float64, error) {
	width := len(p.kept) + p.lead()
	lags = min(lags, p.rows) // more have no pair
	meat, sum := make([]float64, width*width), make([]float64, width)
	ring := make([][]float64, 0, lags+1) // the last scores, the newest at place at
	at := -1
	err := p.basis(ctx, 0, p.rows, func(first int, q []float64) {
		for i := first; len(q) > 0; i, q = i+1, q[width:] {
			if p.count(i) == 0 {
				continue
			}
			score := make([]float64, 0, width)
			if len(ring) == lags+1 {
				score = ring[(at+1)%len(ring)][:0]
			}
			e := p.unit(i) * p.residuals[i]
			for _, v := range q[:width] {
				score = append(score, e*v)
			}
			if len(ring) <= lags {
				ring = append(ring, score)
				at = len(ring) - 1
			} else {
				at = (at + 1) % len(ring)
				ring[at] = score
			}
			clear(sum)
			linalg.Axpy(0.5, score, sum)
			for l := 1; l < len(ring); l++ {
				linalg.Axpy(1-float64(l)/float64(lags+1), ring[(at-l+len(ring))%len(ring)], sum)
			}
			for a := range width {
				linalg.Axpy(score[a], sum, meat[a*width:(a+1)*width])
				linalg.Axpy(sum[a], score, meat[a*width:(a+1)*width])
			}
		}
	})
	return meat, err
}

// clustered is the meat of the sums of scores over each group, and the number of groups.
func (p *inference) clustered(ctx context.Context, groups []int) ([]float64, int, error) {
	width := len(p.kept) + p.lead()
	place := map[int]int{}
	var sums []float64
	err := p.basis(ctx, 0, p.rows, func(first int, q []float64) {
		for i := first; i < first+len(q)/max(width, 1); i++ {
			c := p.count(i)
			if c == 0 {
				continue
			}
			g, ok := place[groups[i]]
			if !ok {
				g = len(place)
				place[groups[i]] = g
				sums = append(sums, make([]float64, width)...)
			}
			linalg.Axpy(c*p.unit(i)*p.residuals[i], q[(i-first)*width:(i-first+1)*width], sums[g*width:(g+1)*width])
		}
	})
	meat := make([]float64, width*width)
	linalg.AddGram(meat, sums, len(place), width, width)
	mirror(meat, width)
	return meat, len(place), err
}

// testAll is the F test of all columns: from the sums of squares, or Wald's from a robust covariance.
func (p *inference) testAll(m *OLSResults, meat []float64) {
	k, lead := len(p.kept), p.lead()
	m.F, m.PF = math.NaN(), math.NaN()
	if k == 0 || !(m.DFResidual > 0) {
		return
	}
	df := m.DFResidual
	if p.config.Covariance == Classical {
		m.F = (m.TSS - m.RSS) / float64(k) / (p.sigma * p.sigma)
	} else {
		if p.config.Covariance == Cluster {
			df = float64(m.Groups) - 1
		}
		// bᵀ(R⁻¹ M R⁻ᵀ)⁻¹b = (Rb)ᵀ M⁻¹ (Rb)
		inner, rb := make([]float64, k*k), make([]float64, k)
		for a := range k {
			copy(inner[a*k:(a+1)*k], meat[(a+lead)*(k+lead)+lead:])
			rb[a] = p.s.coef[p.kept[a]]
		}
		linalg.SolveTriangular(linalg.Triangle{Upper: true}, k, 1, p.inv, k, rb, 1)
		chol := linalg.NewCholesky(inner, k)
		if chol == nil {
			return
		}
		x := append([]float64(nil), rb...)
		chol.Solve(x)
		m.F = linalg.Dot(x, rb) / float64(k)
	}
	m.PF = stats.F{D1: float64(k), D2: df}.Survival(m.F)
}

// roots sets m.Root to a root of the covariance of the level at the centre and the coefficients.
func (p *inference) roots(m *OLSResults, meat []float64) {
	k, lead := len(p.kept), p.lead()
	width := k + lead
	root := append([]float64(nil), meat...)
	if p.config.Covariance == Classical {
		for i := range width {
			root[i*width+i] = p.sigma
		}
	} else if values, vectors, ok := linalg.EigenSym(root, width, true); ok {
		root = vectors
		for b, v := range values {
			s := math.Sqrt(max(v, 0)) // rounding may leave a zero below it
			for a := range width {
				root[a*width+b] *= s
			}
		}
	} // else: NaN throughout
	m.Root = tensor.New[float64](p.cols+lead, p.cols+lead)
	if lead == 1 {
		for b, v := range root[:width] {
			m.Root.Row(0)[b] = v / math.Sqrt(p.total)
		}
	}
	for a, j := range p.kept {
		dst := m.Root.Row(lead + j)[:width]
		for c := a; c < k; c++ {
			linalg.Axpy(p.inv[a*k+c], root[(c+lead)*width:(c+lead+1)*width], dst)
		}
	}
}

// covarianceOf multiplies the root out, with the intercept for the level at the centre.
func (p *inference) covarianceOf(m *OLSResults) {
	lead := p.lead()
	terms := p.cols + lead
	rows := append([]float64(nil), m.Root.Data()...)
	if lead == 1 {
		for j, c := range p.center {
			linalg.Axpy(-c, rows[(j+1)*terms:(j+2)*terms], rows[:terms])
		}
	}
	m.Cov = tensor.New[float64](terms, terms)
	linalg.OuterGram(m.Cov.Data(), rows, terms, terms)
	mirror(m.Cov.Data(), terms)
	for j, a := range m.Aliased {
		for t := range terms {
			if a {
				m.Cov.Set(math.NaN(), lead+j, t)
				m.Cov.Set(math.NaN(), t, lead+j)
			}
		}
	}
}

// refineCovariance replaces s²(XᵀX)⁻¹ by one of about all digits where the triangle has lost too many: each column of the inverse
// solves a system with the normal equations, and is refined as coefficients are.
func (p *inference) refineCovariance(ctx context.Context, m *OLSResults) error {
	const lossy = 1e5
	cond := p.factor.Cond()
	if cond < lossy || !(m.DFResidual > 0) {
		return nil
	}
	blank := *p.design
	blank.targets = [][]float64{make([]float64, p.rows)}
	lead := p.lead()
	column := func(k int) error { // -1: that of the intercept
		s, err := p.inverseColumn(ctx, &blank, k, cond)
		if err != nil {
			return err
		}
		variance := p.sigma * p.sigma
		if lead == 1 {
			m.Cov.Set(variance*s.intercept, 0, k+lead)
		}
		for _, j := range p.kept {
			m.Cov.Set(variance*s.coef[j], lead+j, k+lead)
		}
		return nil
	}
	if lead == 1 {
		if err := column(-1); err != nil {
			return err
		}
	}
	for _, k := range p.kept {
		if err := column(k); err != nil {
			return err
		}
	}
	terms := p.cols + lead
	for i := range terms {
		for j := range i {
			mean := m.Cov.At(i, j)/2 + m.Cov.At(j, i)/2
			m.Cov.Set(mean, i, j)
			m.Cov.Set(mean, j, i)
		}
	}
	return nil
}

// inverseColumn solves ZᵀWZ v = e_k for Z = [1 X], k = -1 for the ones: from zero, by the corrections that the residual of the
// system in double-double arithmetic asks for.
func (p *inference) inverseColumn(ctx context.Context, blank *design, k int, cond float64) (solution, error) {
	const maxSteps, eps = 10, 0x1p-52
	s := solution{coef: make([]float64, p.cols)}
	step, grad := make([]float64, p.cols), make([]float64, p.cols)
	last := math.Inf(1)
	for range maxSteps {
		if err := ml.Done(ctx); err != nil {
			return s, err
		}
		exact, total := blank.residualGradient(0, s.coef, s.intercept)
		if k < 0 {
			total = total.AddFloat(1)
		} else {
			exact[k] = exact[k].AddFloat(1)
		}
		for j, g := range exact {
			if p.fitted {
				g = g.Add(total.Scale(-p.center[j]))
			}
			grad[j] = g.Sum()
		}
		p.Correct(step, grad)
		size := p.sized(step)
		if !(size < last/2) {
			break
		}
		last = size
		linalg.Axpy(1, step, s.coef)
		if p.fitted {
			s.intercept += total.Sum()/p.total - linalg.Dot(p.center, step)
		}
		if size*min(cond*eps, 1) < eps*p.sized(s.coef) {
			break
		}
	}
	return s, nil
}

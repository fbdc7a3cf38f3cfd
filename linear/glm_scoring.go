package linear

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
)

// scoring is a generalised linear model under way: rows with their targets, and the parameters so far.
type scoring struct {
	*blockwise
	config  GLM
	family  Family // that of the config, with its parameter once it is estimated
	link    Link
	means   Range
	roles   roles
	y       []float64
	count   []float64 // repetitions of each row, nil: ones
	each    []float64 // precision of each row, nil: ones
	offset  []float64 // added to scores, nil: zeros
	average float64   // weighted mean of y
	frozen  []bool    // columns that have no coefficient: roles, and those that depend on others
	aliased []bool    // the latter
	pinned  int       // the column whose coefficient is held where it is, or the number of columns for the intercept; -1: none
	params  []float64 // nil: not started
	last    information
	info    ml.Info
	columns []ml.Column
	vectors *sync.Pool // of *[]float64, as long as the gradient of a wide pass
}

func (c GLM) newScoring(where string, d ml.Dataset[float64]) (*scoring, error) {
	x := newSource(d.X)
	r, err := findRoles(where, d.Columns, x.cols, c)
	if err != nil {
		return nil, err
	}
	g := &scoring{config: c, family: c.Family, link: c.Link, means: c.Family.Means(), roles: r, y: d.Y, count: d.Weight,
		frozen: make([]bool, x.cols), aliased: make([]bool, x.cols), columns: d.Columns, pinned: -1, vectors: new(sync.Pool)}
	for _, j := range r.list() {
		if j >= 0 {
			g.frozen[j] = true
		}
	}
	weight := d.Weight
	if r.precision >= 0 {
		g.each = make([]float64, x.rows)
		x.x.Col(r.precision, g.each)
		weight = slices.Clone(g.each)
		for i, a := range g.each {
			if g.absent(i) {
				weight[i] = 0
				continue
			}
			if !(a >= 0) {
				return nil, badRole(where, d.Columns, i, r.precision, a, ">= 0, as a precision")
			}
			if g.count != nil {
				weight[i] *= g.count[i]
			}
		}
		if !slices.ContainsFunc(weight, func(w float64) bool { return w > 0 }) {
			return nil, &ml.Error{Where: where, Field: "column " + c.Precision, Found: "zero for every row of positive weight", Want: "at least one > 0", Kind: ml.ErrWeight}
		}
	}
	if err := g.readOffset(where, x, d.Columns); err != nil {
		return nil, err
	}
	if g.blockwise, err = newBlockwise(where, x, weight, 1, !c.NoIntercept); err != nil {
		return nil, err
	}
	g.penalty = c.L2
	g.last.params = make([]float64, g.stride())
	for j, f := range g.frozen {
		if f { // what is left alone need not be centred
			g.center[j] = 0
		}
	}
	g.info = ml.Info{Rows: x.rows, Features: x.cols}
	return g, g.checkTargets(where)
}

// absent says that row i has weight 0 whatever its precision.
func (g *scoring) absent(i int) bool { return g.count != nil && g.count[i] == 0 }

func (g *scoring) readOffset(where string, x source, columns []ml.Column) error {
	if g.roles.offset < 0 && g.roles.exposure < 0 {
		return nil
	}
	g.offset = make([]float64, x.rows)
	if j := g.roles.exposure; j >= 0 {
		x.x.Col(j, g.offset)
		for i, v := range g.offset {
			switch {
			case v > 0:
				g.offset[i] = math.Log(v)
			case g.absent(i):
				g.offset[i] = 0
			default:
				return badRole(where, columns, i, j, v, "> 0, as an exposure")
			}
		}
	}
	if j := g.roles.offset; j >= 0 {
		own := make([]float64, x.rows)
		x.x.Col(j, own)
		linalg.Axpy(1, own, g.offset)
	}
	return nil
}

func badRole(where string, columns []ml.Column, i, j int, v float64, want string) error {
	return &ml.Error{Where: where, Field: fmt.Sprintf("X[%d, %d] (%s)", i, j, ml.ColumnName(columns, j)), Found: fmt.Sprint(v), Want: want, Kind: ml.ErrColumn}
}

func (g *scoring) checkTargets(where string) error {
	targets := g.family.Targets()
	sum := 0.0
	absent := false
	for i, y := range g.y {
		w := g.w(i)
		if w == 0 {
			absent = true
			continue
		}
		if !targets.Contains(y) {
			return &ml.Error{Where: where, Field: fmt.Sprintf("Y[%d]", i), Found: fmt.Sprint(y),
				Want: fmt.Sprintf("%s, as the %s family has it", targets, g.family), Kind: ml.ErrTarget}
		}
		sum += w * y
	}
	g.average = sum / g.total
	if math.IsNaN(g.average - g.average) {
		return tooLarge(where)
	}
	if absent { // what an absent row holds must not matter
		g.y = slices.Clone(g.y)
		for i := range g.y {
			if g.w(i) == 0 {
				g.y[i] = g.average
			}
		}
	}
	return nil
}

// packed is parameters for coefficients of x as it is.
func (g *scoring) packed(coef []float64, intercept float64) []float64 {
	p := make([]float64, g.stride())
	for j, b := range coef {
		if !g.frozen[j] {
			p[j] = b
		}
	}
	if g.fitted {
		p[g.cols] = intercept + linalg.Dot(g.center, p)
	}
	return p
}

// information is what one pass over the rows says about some parameters.
type information struct {
	params   []float64
	deviance float64   // Σ w·deviance; NaN if some mean is impossible
	pearson  float64   // Σ w (y-μ)²/V
	energy   float64   // Σ w y²/V: what pearson is to be compared with
	score    []float64 // the gradient of -deviance/2, centred
	hessian  []float64 // the expected one of deviance/2, centred, upper half
	pull     float64   // the component of the score of the pinned coefficient
	extreme  int       // rows whose mean is at the end of its range
	split    bool      // every binary target is on its side of 1/2
}

// objective is what is minimised.
func (g *scoring) objective(s information) float64 {
	b := s.params[:g.cols]
	return s.deviance/2 + g.penalty/2*linalg.Dot(b, b)
}

// at looks at parameters; whole says that the Hessian is wanted too.
func (g *scoring) at(params []float64, whole bool) information {
	return g.pass(params, whole, g.local)
}

// start looks at means near the targets instead, and asks for the scores that these have: score and hessian are those of the
// least-squares problem whose solution is where to begin.
func (g *scoring) start(whole bool) information {
	return g.pass(make([]float64, g.stride()), whole, g.initial)
}

// point is what the rows of a block say: dst holds Σ over them; score and curvature are per row.
type point struct {
	mean, slope, score, curvature, weight []float64
	spare                                 []float64
}

func (g *scoring) pass(params []float64, whole bool, look func(rows blockRows, z []float64, p *point, s *information)) information {
	w, b := g.unpack(params)
	q := g.stride()
	perChunk := 1
	if whole {
		perChunk = q
	}
	all := par.Reduce(g.rows, g.chunk(perChunk), func(_, lo, hi int) information {
		s := information{score: g.vector(), split: true}
		own := sums{coef: s.score[:g.cols], scores: s.score[g.cols:]}
		var add func(dst []float64, rows blockRows, h []float64, step int)
		if whole {
			s.hessian = make([]float64, q*q)
			add = g.gramAdder()
		}
		var p point
		g.blocks(lo, hi, w, b, func(rows blockRows, z []float64) {
			p.resize(rows.n)
			look(rows, z, &p, &s)
			rows.addGradient(&own, p.score)
			if whole {
				add(s.hessian, rows, p.curvature, 1)
			}
		})
		return s
	}, g.join)
	all.params = params
	total := all.score[g.cols]
	for j, m := range g.center {
		all.score[j] -= m * total
	}
	if g.pinned >= 0 {
		all.pull = all.score[g.pinned]
	}
	all.score = all.score[:q]
	g.freeze(&all)
	return all
}

// vector is a gradient of zeros, with the one of the intercept behind it. Wide ones are passed on: fresh memory is slow.
func (g *scoring) vector() []float64 {
	if v, ok := g.vectors.Get().(*[]float64); ok {
		clear(*v)
		return *v
	}
	return make([]float64, g.cols+1)
}

func (g *scoring) release(score []float64) {
	score = score[:g.cols+1]
	g.vectors.Put(&score)
}

func (g *scoring) join(a, b information) information {
	a.deviance += b.deviance
	a.pearson += b.pearson
	a.energy += b.energy
	a.extreme += b.extreme
	a.split = a.split && b.split
	linalg.Axpy(1, b.score, a.score)
	g.release(b.score)
	if a.hessian != nil {
		linalg.Axpy(1, b.hessian, a.hessian)
	}
	return a
}

// freeze takes the columns without a coefficient out of the equations.
func (g *scoring) freeze(s *information) {
	q := g.stride()
	for j, f := range g.frozen {
		if !f {
			continue
		}
		s.score[j] = 0
		if s.hessian == nil {
			continue
		}
		for i := range q {
			s.hessian[i*q+j], s.hessian[j*q+i] = 0, 0
		}
		s.hessian[j*q+j] = g.total
	}
}

func (p *point) resize(n int) {
	if cap(p.mean) < n {
		all := make([]float64, 6*n)
		p.mean, p.slope, p.score, p.curvature, p.weight, p.spare = all[:n], all[n:2*n], all[2*n:3*n], all[3*n:4*n], all[4*n:5*n], all[5*n:]
	}
	p.mean, p.slope, p.score, p.curvature, p.weight, p.spare = p.mean[:n], p.slope[:n], p.score[:n], p.curvature[:n], p.weight[:n], p.spare[:n]
}

// local looks at the rows where their scores put them.
func (g *scoring) local(rows blockRows, z []float64, p *point, s *information) {
	if g.offset != nil {
		linalg.Axpy(1, g.offset[rows.lo:rows.lo+rows.n], z)
	}
	g.meansAt(z, p)
	g.weigh(rows, p, s)
}

func (g *scoring) meansAt(z []float64, p *point) {
	if v, ok := g.link.(vectorLink); ok {
		v.means(p.mean, p.slope, z)
		return
	}
	for i, eta := range z {
		p.mean[i], p.slope[i] = g.link.Mean(eta), g.link.Slope(eta)
	}
}

// weigh turns means and slopes into scores, curvatures and sums.
func (g *scoring) weigh(rows blockRows, p *point, s *information) {
	const end = 1e-10
	y := g.y[rows.lo : rows.lo+rows.n]
	for i, m := range p.mean {
		w := g.w(rows.lo + i)
		p.weight[i] = w
		if w == 0 {
			p.mean[i], p.score[i], p.curvature[i] = g.harmless(), 0, 0
			continue
		}
		if !g.means.Contains(m) {
			s.deviance = math.NaN()
		}
		v := g.family.Variance(m)
		d := p.slope[i] / v
		r := y[i] - m
		p.score[i] = w * r * d
		p.curvature[i] = w * p.slope[i] * d
		s.pearson += w * r * r / v
		s.energy += w * y[i] * y[i] / v
		if m < end*g.average || 1-m < end && g.means.High == 1 {
			s.extreme++
		}
		s.split = s.split && (y[i] == 0 && m < 0.5 || y[i] == 1 && m > 0.5)
	}
	if v, ok := g.family.(vectorDeviance); ok {
		s.deviance += v.deviances(y, p.mean, p.weight, p.spare)
		return
	}
	for i, m := range p.mean {
		if p.weight[i] > 0 {
			s.deviance += p.weight[i] * g.family.Deviance(y[i], m)
		}
	}
}

// harmless is a mean that can be computed with, for rows that do not count.
func (g *scoring) harmless() float64 {
	if g.means.High == 1 {
		return 0.5
	}
	return 1
}

// initial looks at the rows at means near their targets, where the score that least squares should give is that of the mean.
func (g *scoring) initial(rows blockRows, _ []float64, p *point, s *information) {
	for i := range rows.n {
		p.mean[i] = g.initialMean(g.y[rows.lo+i])
		eta := g.link.Score(p.mean[i])
		p.slope[i] = g.link.Slope(eta)
		p.spare[i] = eta
	}
	eta := slices.Clone(p.spare)
	g.weigh(rows, p, s)
	for i, h := range p.curvature {
		if h == 0 {
			continue
		}
		if g.offset != nil {
			eta[i] -= g.offset[rows.lo+i]
		}
		p.score[i] += h * eta[i]
	}
}

// initialMean is halfway between the target and the middle of all.
func (g *scoring) initialMean(y float64) float64 {
	if g.means.High == 1 {
		return (y + 0.5) / 2
	}
	for _, m := range []float64{(y + g.average) / 2, g.average} {
		if eta := g.link.Score(m); g.means.Contains(m) && !math.IsNaN(eta-eta) {
			return m
		}
	}
	return 0.1
}

// names lists columns.
func names(columns []ml.Column, of []bool) string {
	var list []string
	for j, is := range of {
		if is {
			list = append(list, ml.ColumnName(columns, j))
		}
	}
	const most = 10
	if len(list) > most {
		return strings.Join(list[:most], ", ") + fmt.Sprintf(" and %d more", len(list)-most)
	}
	return strings.Join(list, ", ")
}

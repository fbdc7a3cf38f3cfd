package linear

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// LogisticPath fits [LogisticRegression] for a whole grid of penalties, from strong to weak, each fit starting from the one before: a path costs
// little more than its last fit.
//
// With EarlyStop a path ends, after its fifth penalty, behind the one at which the share of the deviance explained exceeds 0.999 or has grown by
// less than 1e-5 of itself: weaker penalties would fit noise, at great cost. These are the rules of glmnet, whose lambda is 1/(C·Σ w_i) and
// whose path this is for columns that are not standardised.
type LogisticPath struct {
	L1Ratio     float64        // as in LogisticRegression
	Cs          []float64      // inverse strengths of the penalties, > 0, in any order. nil: NCs from the data
	NCs         int            // how many, with equal ratios, from the largest C that leaves no coefficient up to 1/Eps times that; with L1Ratio 0 there is none, and they go from 1e-4 to 1e4. 0: 100
	Eps         float64        // 0: 1e-3
	EarlyStop   bool           // end where little more can be explained. False: go through the whole grid
	NoIntercept bool           // as in LogisticRegression
	ClassWeight ml.ClassWeight // as in LogisticRegression
	MaxIter     int            // as in LogisticRegression, for each penalty
	Tol         float64        // as in LogisticRegression
}

// LogisticPathModel holds the models of all penalties of a path.
type LogisticPathModel struct {
	ml.Fitted
	Cs        []float64 // rising
	L1Ratio   float64
	Coef      *tensor.Tensor[float64] // penalties x 1 x columns for two classes, penalties x K x columns for more
	Intercept *tensor.Tensor[float64] // penalties x 1, or penalties x K
	Explained []float64               // the share of the deviance of the training rows that each explains, beyond the intercepts
	Gaps      []float64               // of each, as Info.Gap of LogisticRegression
	Steps     []int                   // iterations of each
}

var (
	_ ml.Fitter[ml.Dataset[int], *LogisticPathModel] = LogisticPath{}
	_ ml.Predictor[[]int]                            = (*LogisticPathModel)(nil)
)

// Fit returns the path. Info.Status is Converged if every penalty met Tol, Info.Gap the largest gap, Info.Iterations the sum of all iterations. Progress
// is reported for each penalty; stopped there, the path ends with it.
func (c LogisticPath) Fit(ctx context.Context, d ml.Dataset[int]) (*LogisticPathModel, error) {
	const where = "linear.LogisticPath.Fit"
	grid := cGrid{cs: c.Cs, n: c.NCs, eps: c.Eps}.withDefaults(100)
	if err := grid.check(where); err != nil {
		return nil, err
	}
	one, err := c.at(1).resolve(where)
	if err != nil {
		return nil, err
	}
	c.Cs, c.NCs, c.Eps, c.MaxIter, c.Tol, c.ClassWeight = slices.Clone(c.Cs), grid.n, grid.eps, one.MaxIter, one.Tol, one.ClassWeight
	p, err := one.problem(ctx, where, d)
	if err != nil {
		return nil, err
	}
	p.loss.along = new(alongPath)
	cs, err := grid.rising(p)
	if err != nil {
		return nil, err
	}
	track := ml.Track(ctx, "penalty", len(cs))
	m := &LogisticPathModel{L1Ratio: c.L1Ratio}
	var models []*LogisticModel
	var infos []ml.Info
	for k, strength := range cs {
		out, err := p.solve(ctx, strength, quietly(ctx))
		if err != nil {
			return nil, err
		}
		models = append(models, p.model(nil, out.info))
		m.Cs, m.Gaps, m.Steps = append(m.Cs, strength), append(m.Gaps, out.info.Gap), append(m.Steps, out.info.Iterations)
		m.Explained = append(m.Explained, max(1-out.loss/p.loss.nullLoss(), 0)) // not less but for rounding
		infos = append(infos, out.info)
		stop, err := track.Step(k+1, ml.Loss{Train: out.loss})
		if err != nil {
			return nil, err
		}
		if stop {
			infos[k].Status = ml.Stopped
		}
		if stop || c.EarlyStop && saturated(m.Explained) {
			break
		}
	}
	info := joinInfo(infos)
	m.Fitted = ml.Fitted{Columns: ownColumns(d.Columns), Classes: slices.Clone(d.Classes), Config: c, Info: info}
	scores := len(models[0].Intercept)
	m.Coef, m.Intercept = tensor.New[float64](len(models), scores, p.loss.cols), tensor.New[float64](len(models), scores)
	for k, one := range models {
		copy(m.Coef.Data()[k*scores*p.loss.cols:], one.Coef.Data())
		copy(m.Intercept.Row(k), one.Intercept)
	}
	return m, nil
}

// at is the config of one penalty.
func (c LogisticPath) at(strength float64) LogisticRegression {
	return LogisticRegression{C: strength, L1Ratio: c.L1Ratio, NoIntercept: c.NoIntercept, ClassWeight: c.ClassWeight, MaxIter: c.MaxIter, Tol: c.Tol}
}

// quietly watches a fit that is one of many: only the context can end it.
func quietly(ctx context.Context) logisticWatch {
	return func(int, float64) (bool, error) { return false, ml.Done(ctx) }
}

// nullLoss is the mean loss of the intercepts alone.
func (o *logLoss) nullLoss() float64 {
	share := make([]float64, max(o.k, 2))
	for i, c := range o.code {
		if w := o.w(i); w > 0 {
			share[c] += w / o.total
		}
	}
	sum := 0.0
	for _, s := range share {
		if !o.fitted {
			sum += s * math.Log(float64(len(share)))
		} else if s > 0 {
			sum -= s * math.Log(s)
		}
	}
	return sum
}

// cGrid says which strengths of a penalty are tried.
type cGrid struct {
	cs  []float64 // of the caller's; nil: from the data
	n   int
	eps float64
}

func (g cGrid) withDefaults(n int) cGrid {
	if g.n == 0 {
		g.n = n
	}
	if g.eps == 0 {
		g.eps = 1e-3
	}
	g.cs = slices.Clone(g.cs)
	slices.Sort(g.cs)
	return g
}

func (g cGrid) check(where string) error {
	switch {
	case g.cs != nil && len(g.cs) == 0:
		return ml.BadConfig(where, "Cs", "empty", "at least one, or nil for a grid from the data")
	case g.n < 0:
		return ml.BadConfig(where, "NCs", g.n, ">= 0; 0 means the default")
	case !(g.eps > 0 && g.eps < 1):
		return ml.BadConfig(where, "Eps", g.eps, "> 0 and < 1; 0 means 1e-3")
	}
	for k, c := range g.cs {
		if !(c > 0) || math.IsInf(c, 1) {
			return ml.BadConfig(where, fmt.Sprintf("Cs (place %d from the smallest)", k), c, "> 0 and finite; for no penalty use LogisticRegression with NoPenalty")
		}
	}
	return nil
}

// rising lists the strengths for a problem.
func (g cGrid) rising(p *logisticProblem) ([]float64, error) {
	if g.cs != nil {
		return g.cs, nil
	}
	first, last := 1e-4, 1e4
	if p.L1Ratio > 0 {
		most, err := p.largestPull()
		if err != nil {
			return nil, err
		}
		first = 1 // nothing can be learned: any penalty gives zeros
		if most > 0 {
			first = p.L1Ratio / (most * p.loss.total)
		}
		last = first / g.eps
	}
	if math.IsInf(last, 1) || first == 0 {
		return nil, tooLarge(p.where)
	}
	out := make([]float64, g.n)
	for k := range out {
		out[k] = first
		if k > 0 {
			out[k] = first * math.Pow(last/first, float64(k)/float64(g.n-1))
		}
	}
	return out, nil
}

// largestPull is how hard the data pull at any coefficient where all are zero.
func (p *logisticProblem) largestPull() (float64, error) {
	f, err := p.proximal()
	if err != nil {
		return 0, err
	}
	f.begin(nil)
	f.pen = penalty{}
	p.params, p.before = f.params(), math.Inf(1)
	return f.certify().most, nil
}

// At is the model of penalty k.
func (m *LogisticPathModel) At(k int) *LogisticModel {
	_, scores := m.Intercept.Dims()
	p := m.Info.Features
	c, _ := m.Config.(LogisticPath)
	info := ml.Info{Status: m.Info.Status, Gap: m.Gaps[k], Iterations: m.Steps[k], Rows: m.Info.Rows, Features: p}
	coef := slices.Clone(m.Coef.Data()[k*scores*p : (k+1)*scores*p])
	return &LogisticModel{Fitted: ml.Fitted{Columns: ownColumns(m.Columns), Classes: slices.Clone(m.Classes), Config: c.at(m.Cs[k]), Info: info},
		Coef: tensor.FromSlice(coef, scores, p), Intercept: slices.Clone(m.Intercept.Row(k))}
}

// Predict returns, for each row of x, the most probable class code by each penalty.
func (m *LogisticPathModel) Predict(x tensor.Matrix) ([][]int, error) {
	if err := ml.CheckPredict("linear.LogisticPathModel.Predict", &m.Fitted, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	k := len(m.Cs)
	all, out := make([]int, n*k), make([][]int, n)
	for i := range out {
		out[i] = all[i*k : (i+1)*k : (i+1)*k]
	}
	for k := range m.Cs {
		codes, err := m.At(k).Predict(x)
		if err != nil {
			return nil, err
		}
		for i, c := range codes {
			out[i][k] = c
		}
	}
	return out, nil
}

// Restore checks a model that was read from a file.
func (m *LogisticPathModel) Restore() error {
	n := len(m.Cs)
	ok := n > 0 && len(m.Explained) == n && len(m.Gaps) == n && len(m.Steps) == n && m.Intercept != nil && m.Intercept.Rank() == 2 && m.Coef != nil && m.Coef.Rank() == 3
	if ok {
		rows, scores := m.Intercept.Dims()
		k := max(scores, 2)
		ok = rows == n && scores > 0 && scores != 2 && m.Intercept.Contiguous() && m.Coef.Contiguous() && slices.Equal(m.Coef.Shape(), []int{n, scores, m.Info.Features}) &&
			(m.Classes == nil || len(m.Classes) == k)
	}
	return checkShape("linear.LogisticPathModel", &m.Fitted, ok)
}

package cluster

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// CategoricalHMM is [GaussianHMM] for rows of categories: each column holds codes 0, 1, ..., and is independent of the others given the state. A missing code (NaN) says nothing
// of the state. One column is what is called a discrete or multinomial hidden Markov model.
//
// The first emissions, transitions and first states are drawn at random by Seed, so more than one restart pays.
type CategoricalHMM struct {
	K               int       // states; 0: 1
	Levels          []int     // categories of each column; nil: those named by Table.Columns, else as many as the largest code says
	Start           *HMMStart // nil: at random
	StartPrior      float64   // parameter, >= 1, of the Dirichlet prior of the first states: that less 1 is added to what is counted of each; 0: 1, nothing
	TransitionPrior float64   // the same for every row of the transitions; 0: 1
	EmissionPrior   float64   // the same for the categories of a column in a state; 0: 1
	Restarts        int       // fits with other starts, of which the most likely is kept; 0: 1. With a whole Start there is one
	MaxIter         int       // iterations of a fit; 0: 100
	Tol             float64   // a fit has converged when the log-likelihood of all sequences rises by less; 0: 1e-2
	Seed            uint64    // of the start
}

var _ ml.Fitter[ml.Table, *HMMModel] = CategoricalHMM{}

// Accepts says that columns are categories, and may be missing.
func (CategoricalHMM) Accepts() ml.Accepts { return ml.Accepts{Missing: true, Categorical: true} }

// Fit finds the states.
func (c CategoricalHMM) Fit(ctx context.Context, t ml.Table) (*HMMModel, error) {
	const where = "cluster.CategoricalHMM.Fit"
	if err := priorOr(where, "EmissionPrior", &c.EmissionPrior); err != nil {
		return nil, err
	}
	f := hmmFit{where: where, k: &c.K, restarts: &c.Restarts, maxIter: &c.MaxIter, tol: &c.Tol, initial: &c.StartPrior, transition: &c.TransitionPrior, start: &c.Start}
	if err := f.prepare(ctx, t, c.Accepts()); err != nil {
		return nil, err
	}
	levels, err := c.levels(where, t, &f)
	if err != nil {
		return nil, err
	}
	c.Levels = levels
	if c.Start != nil && c.Start.Emission != nil {
		for j, n := range c.Start.Emission.(*CategoricalEmission).levels() {
			if n != levels[j] {
				return nil, ml.BadConfig(where, fmt.Sprintf("Start.Emission, column %d", j), n, fmt.Sprintf("%d categories", levels[j]))
			}
		}
	}
	m := &HMMModel{Fitted: ml.NewFitted(t, nil, c)}
	err = f.run(ctx, m, func(restart uint64) (learner, error) {
		if c.Start != nil && c.Start.Emission != nil {
			return &categoricalLearner{c: &c, e: c.Start.Emission.copy().(*CategoricalEmission), r: rng.New(c.Seed, restart)}, nil
		}
		r := rng.New(c.Seed, restart)
		e := &CategoricalEmission{}
		for _, n := range levels {
			e.Probabilities = append(e.Probabilities, dirichlet(r, c.K, n))
		}
		e.derive()
		return &categoricalLearner{c: &c, e: e, r: r}, nil
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}

// levels is the number of categories of each column.
func (c *CategoricalHMM) levels(where string, t ml.Table, f *hmmFit) ([]int, error) {
	d := f.s.d
	if c.Levels != nil && len(c.Levels) != d {
		return nil, ml.BadConfig(where, "Levels", fmt.Sprintf("a list of %d", len(c.Levels)), fmt.Sprintf("%d, one for each column", d))
	}
	out := make([]int, d)
	buf := make([]float64, d)
	const most = 1 << 20
	for i := range f.s.n {
		for j, v := range f.s.x.Row(i, buf) {
			if math.IsNaN(v) {
				continue
			}
			if v != math.Trunc(v) || v < 0 || v >= most {
				return nil, &ml.Error{Where: where, Field: fmt.Sprintf("X[.., %d]", j), Found: fmt.Sprint(v), Want: fmt.Sprintf("a code 0, 1, ..., less than %d", most), Kind: ml.ErrData}
			}
			out[j] = max(out[j], int(v)+1)
		}
	}
	for j, found := range out {
		given := 0
		if c.Levels != nil {
			given = c.Levels[j]
			if given < 1 || given > most {
				return nil, ml.BadConfig(where, fmt.Sprintf("Levels[%d]", j), given, fmt.Sprintf("1 to %d", most))
			}
		} else if j < len(t.Columns) {
			given = len(t.Columns[j].Levels)
		}
		if given > 0 && found > given {
			return nil, &ml.Error{Where: where, Field: fmt.Sprintf("X[.., %d]", j), Found: fmt.Sprintf("code %d", found-1), Want: fmt.Sprintf("less than %d, the categories there are", given), Kind: ml.ErrData}
		}
		out[j] = max(found, given, 1)
	}
	return out, nil
}

// dirichlet draws k rows of n probabilities, all as likely as each other.
func dirichlet(r *rand.Rand, k, n int) *tensor.Tensor[float64] {
	out := tensor.New[float64](k, n)
	for i := range k {
		row, sum := out.Row(i), 0.0
		for j := range row {
			row[j] = r.ExpFloat64()
			sum += row[j]
		}
		for j := range row {
			row[j] /= sum
		}
	}
	return out
}

// CategoricalEmission is what a state emits: a category in each column.
type CategoricalEmission struct {
	Probabilities []*tensor.Tensor[float64] // for each column K x categories; rows sum to 1

	log [][]float64 // categories x K
}

func (e *CategoricalEmission) levels() []int {
	var out []int
	for _, p := range e.Probabilities {
		out = append(out, p.Shape()[1])
	}
	return out
}

func (e *CategoricalEmission) check(where string, k, d int) error {
	if e == nil || len(e.Probabilities) != d {
		return ml.BadConfig(where, "Emission", "other columns", fmt.Sprintf("probabilities for %d columns", d))
	}
	for j, p := range e.Probabilities {
		field := fmt.Sprintf("Emission.Probabilities[%d]", j)
		if rows.Fault(p) != "" || p.Shape()[0] != k || p.Shape()[1] < 1 {
			return ml.BadConfig(where, field, "another shape", fmt.Sprintf("%d x categories", k))
		}
		if err := checkChances(where, field, p.Clone().Data(), p.Shape()[1], k*p.Shape()[1]); err != nil {
			return err
		}
	}
	e.derive()
	return nil
}

func (e *CategoricalEmission) derive() {
	e.log = nil
	for _, p := range e.Probabilities {
		k, n := p.Dims()
		log := make([]float64, n*k)
		for i := range k {
			for v := range n {
				log[v*k+i] = math.Log(p.At(i, v))
			}
		}
		e.log = append(e.log, log)
	}
}

func (e *CategoricalEmission) copy() Emission {
	out := &CategoricalEmission{}
	for _, p := range e.Probabilities {
		out.Probabilities = append(out.Probabilities, p.Clone())
	}
	out.derive()
	return out
}

func (e *CategoricalEmission) accepts(where string, x rows.Rows) error {
	buf := make([]float64, x.Cols())
	levels := e.levels()
	for i := range x.Len() {
		for j, v := range x.Row(i, buf) {
			if !math.IsNaN(v) && !(v >= 0 && v < float64(levels[j]) && v == math.Trunc(v)) {
				return &ml.Error{Where: where, Field: fmt.Sprintf("X[%d, %d]", i, j), Found: fmt.Sprint(v), Want: fmt.Sprintf("a code 0 to %d, or NaN", levels[j]-1), Kind: ml.ErrData}
			}
		}
	}
	return nil
}

func (e *CategoricalEmission) logs(dst []float64, x rows.Rows) {
	k, _ := e.Probabilities[0].Dims()
	par.For(x.Len(), 2*k*x.Cols()+20, func(lo, hi int) {
		buf := make([]float64, x.Cols())
		for i := lo; i < hi; i++ {
			row := dst[i*k : (i+1)*k]
			clear(row)
			for j, v := range x.Row(i, buf) {
				if math.IsNaN(v) {
					continue
				}
				for s, l := range e.log[j][int(v)*k : (int(v)+1)*k] {
					row[s] += l
				}
			}
		}
	})
}

func (e *CategoricalEmission) drawer() func(r *rand.Rand, row []float64, state int) {
	var upTo [][][]float64
	for _, p := range e.Probabilities {
		var all [][]float64
		for s := range p.Shape()[0] {
			all = append(all, cumulated(p.Row(s)))
		}
		upTo = append(upTo, all)
	}
	return func(r *rand.Rand, row []float64, state int) {
		for j := range row {
			row[j] = float64(pickShare(r.Float64(), upTo[j][state]))
		}
	}
}

// categoricalLearner is categorical emissions that learn.
type categoricalLearner struct {
	c *CategoricalHMM
	e *CategoricalEmission
	r *rand.Rand
}

func (l *categoricalLearner) logs(dst []float64, s *space) { l.e.logs(dst, s.x) }

// learn counts. Probabilities of 0 stay 0.
func (l *categoricalLearner) learn(s *space, share []float64) error {
	k := l.c.K
	for j, p := range l.e.Probabilities {
		n := p.Shape()[1]
		counts := par.Reduce(s.n, max(4096, (s.n+63)/64), func(_, lo, hi int) []float64 {
			sum := make([]float64, n*k)
			for i := lo; i < hi; i++ {
				v := s.x.At(i, j)
				if math.IsNaN(v) {
					continue
				}
				w := s.w(i)
				for c, r := range share[i*k : (i+1)*k] {
					sum[int(v)*k+c] += float64(w * r)
				}
			}
			return sum
		}, func(a, b []float64) []float64 {
			for i, v := range b {
				a[i] += v
			}
			return a
		})
		own := make([]float64, n)
		for c := range k {
			for v := range n {
				own[v] = counts[v*k+c]
			}
			normalise(p.Row(c), own, l.c.EmissionPrior-1)
		}
	}
	l.e.derive()
	return nil
}

func (l *categoricalLearner) chances(k int) (initial, moves []float64) {
	return dirichlet(l.r, 1, k).Data(), dirichlet(l.r, k, k).Data()
}

func (l *categoricalLearner) keep() Emission { return l.e }

func (l *categoricalLearner) note() string { return "" }

package decomp

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// MiniBatchDictionaryLearning is [DictionaryLearning] of rows that come in batches: atoms are moved after each, by sums over all batches in which old ones count less and less (Mairal, Bach, Ponce and Sapiro, JMLR 11,
// 2010). Update goes on with more rows.
//
// Rows are dense. A row of weight k counts as k rows of its batch, which is still of BatchSize rows. Random, by Seed, are the order of rows and atoms drawn anew. A batch takes O(BatchSize · Components · (columns + Components · sweeps)).
type MiniBatchDictionaryLearning struct {
	Components   int         // atoms. 0: as many as columns
	Alpha        float64     // of the penalty on shares. 0: 1
	LARS         bool        // find shares by LassoLARS. False: LassoCD
	PositiveDict bool        // atoms >= 0
	Coding       Coding      // of Transform
	Start        [][]float64 // the atoms to begin with. nil: from singular vectors
	BatchSize    int         // rows. 0: 256
	InOrder      bool        // take rows in their order, not in a random one
	MaxIter      int         // passes over all rows. 0: 1000
	Tol          float64     // the fit ends when a batch moves the atoms by less, in root of the sum of squares over Components. 0: 1e-3; negative: never
	Patience     int         // or when the mean loss has not fallen for so many batches. 0: 10
	Seed         uint64
}

var _ ml.Fitter[ml.Table, *MiniBatchDictionaryModel] = MiniBatchDictionaryLearning{}

// MiniBatchDictionaryModel is a dictionary that learns on.
type MiniBatchDictionaryModel struct {
	DictionaryModel
	Used  [][]float64 // sums of products of shares, Components x Components, old ones counting less
	Moved [][]float64 // of shares and rows, Components x columns
	Steps int         // batches seen
}

func (c *MiniBatchDictionaryLearning) resolve(where string) error {
	if err := checkLearning(where, c.Components, c.Alpha, c.MaxIter, c.Tol); err != nil {
		return err
	}
	if c.BatchSize < 0 || c.Patience < 0 {
		return ml.BadConfig(where, "BatchSize and Patience", fmt.Sprint(c.BatchSize, c.Patience), ">= 1, or 0 for 256 and 10")
	}
	c.Alpha, c.MaxIter, c.Tol = cmp.Or(c.Alpha, 1), cmp.Or(c.MaxIter, 1000), cmp.Or(c.Tol, 1e-3)
	c.BatchSize, c.Patience = cmp.Or(c.BatchSize, 256), cmp.Or(c.Patience, 10)
	return c.Coding.resolve(where, c.Alpha)
}

// dictStream is a dictionary while it learns from batches.
type dictStream struct {
	learning
	dict, a, b []float64
	steps      int
}

// batch learns from n rows and returns their mean loss before the atoms move.
func (s *dictStream) batch(x, weight []float64, p int) float64 {
	n := len(x) / p
	code := make([]float64, n*s.k)
	s.shares(code, s.dict, x, p)
	total := float64(n)
	if weight != nil {
		total = 0
		for _, w := range weight {
			total += w
		}
	}
	cost := s.loss(s.dict, code, x, weight, p) / total
	// Early batches, coded with poor atoms, are soon forgotten.
	size, theta := float64(n), float64((s.steps+1)*n)
	if s.steps >= n-1 {
		theta = float64(n*n + s.steps + 1 - n)
	}
	keep := (theta + 1 - size) / (theta + 1)
	a, b := codeProducts(code, x, weight, s.k, p)
	blend := func(old, now []float64) {
		for i, v := range now {
			old[i] = float64(old[i]*keep) + v/total
		}
	}
	blend(s.a, a)
	blend(s.b, b)
	s.steps++
	s.improve(s.dict, s.a, s.b, code, x, p, uint64(s.steps))
	return cost
}

// Fit learns a dictionary of the rows of t.
func (c MiniBatchDictionaryLearning) Fit(ctx context.Context, t ml.Table) (*MiniBatchDictionaryModel, error) {
	const where = "decomp.MiniBatchDictionaryLearning.Fit"
	if err := cmp.Or(c.resolve(where), t.Check(where, ml.Accepts{}), ml.Done(ctx), denseOnly(where, t.X)); err != nil {
		return nil, err
	}
	sm := newSample(t)
	n, p := sm.n, sm.p
	c.Components, c.Start = cmp.Or(c.Components, p), cloneRows(c.Start)
	k := c.Components
	s := &dictStream{learning: learning{k: k, alpha: c.Alpha, positive: c.PositiveDict, start: c.Start, seed: c.Seed, coding: fitCoding(c.LARS, c.Coding.Positive, c.Alpha)}, a: make([]float64, k*k), b: make([]float64, k*p)}
	var err error
	if s.dict, err = s.begin(where, sm); err != nil {
		return nil, err
	}
	x := make([]float64, n*p)
	sm.plain(x)
	weight := sm.w
	if !c.InOrder {
		x, weight = shuffled(x, weight, p, c.Seed)
	}
	m := &MiniBatchDictionaryModel{DictionaryModel: DictionaryModel{Fitted: ml.NewFitted(t, nil, c)}}
	m.Info.Status = ml.MaxIter
	track := ml.Track(ctx, "iteration", c.MaxIter)
	size := min(c.BatchSize, n)
	w := watcher{n: n, patience: c.Patience, skip: min(100, float64(n)/float64(size))}
passes:
	for iter := 1; iter <= c.MaxIter; iter++ {
		m.Info.Iterations = iter
		for lo := 0; lo < n; lo += size {
			if err := ml.Done(ctx); err != nil {
				return nil, err
			}
			hi := min(lo+size, n)
			before := append([]float64(nil), s.dict...)
			cost := s.batch(x[lo*p:hi*p], part(weight, lo, hi), p)
			if !(cost <= math.MaxFloat64) {
				return nil, tooLarge(where, &ml.Error{Kind: ml.ErrFormat})
			}
			m.Error = cost * sm.total
			for i, v := range s.dict {
				before[i] -= v
			}
			m.Info.Gap = linalg.Norm(before) / float64(k)
			if w.rests(cost, hi-lo, s.steps, m.Info.Gap <= c.Tol) {
				m.Info.Status = ml.Converged
				break passes
			}
		}
		if stop, err := track.Step(iter, ml.Loss{Train: m.Error}); err != nil {
			return nil, err
		} else if stop {
			m.Info.Status = ml.Stopped
			break
		}
	}
	if err := m.take(s, p); err != nil {
		return nil, tooLarge(where, err)
	}
	return m, nil
}

func part(weight []float64, lo, hi int) []float64 {
	if weight == nil {
		return nil
	}
	return weight[lo:hi]
}

// shuffled are the rows in another order.
func shuffled(x, weight []float64, p int, seed uint64) (y, w []float64) {
	y = make([]float64, len(x))
	if weight != nil {
		w = make([]float64, len(weight))
	}
	for i, from := range rng.Perm(rng.New(seed, 0), len(x)/p) {
		copy(y[i*p:(i+1)*p], x[from*p:(from+1)*p])
		if w != nil {
			w[i] = weight[from]
		}
	}
	return y, w
}

// watcher tells when fits by batches may end: when nothing moves, or when the mean cost, in which old batches count less, has not fallen for long.
type watcher struct {
	n, patience int
	skip        float64 // batches whose costs say nothing yet
	mean, least float64
	seen        bool
	idle        int
}

func (w *watcher) rests(cost float64, rows, step int, still bool) bool {
	if float64(step) <= w.skip {
		return false
	}
	if !w.seen {
		w.mean = cost
	} else {
		share := min(float64(rows)/float64(w.n+1), 1)
		w.mean = float64(w.mean*(1-share)) + float64(cost*share)
	}
	if still {
		return true
	}
	if !w.seen || w.mean < w.least {
		w.idle, w.least = 0, w.mean
	} else {
		w.idle++
	}
	w.seen = true
	return w.idle >= w.patience
}

func (m *MiniBatchDictionaryModel) take(s *dictStream, p int) error {
	m.Components, m.Used, m.Moved, m.Steps = cutRows(s.dict, s.k, p), cutRows(s.a, s.k, s.k), cutRows(s.b, s.k, p), s.steps
	return m.Restore()
}

// Restore checks a model that was read from a file and makes it ready.
func (m *MiniBatchDictionaryModel) Restore() error {
	const where = "decomp.MiniBatchDictionaryModel"
	if _, ok := m.Config.(MiniBatchDictionaryLearning); !ok {
		return unsound(where, "Config", fmt.Sprintf("%T", m.Config), "a decomp.MiniBatchDictionaryLearning")
	}
	if err := m.DictionaryModel.Restore(); err != nil {
		return err
	}
	k := len(m.Components)
	if len(m.Used) != k || len(m.Moved) != k || m.Steps < 0 {
		return unsound(where, "Used, Moved and Steps", fmt.Sprintf("%d and %d rows, %d", len(m.Used), len(m.Moved), m.Steps), fmt.Sprintf("%d rows, a number >= 0", k))
	}
	return cmp.Or(checkRows(where, "Used", m.Used, k), checkRows(where, "Moved", m.Moved, m.Info.Features))
}

// Update learns on from the rows of t, a batch at a time in their order, and returns a new model.
func (m *MiniBatchDictionaryModel) Update(ctx context.Context, t ml.Table) (*MiniBatchDictionaryModel, error) {
	const where = "decomp.MiniBatchDictionaryModel.Update"
	if err := cmp.Or(t.Check(where, ml.Accepts{}), ml.CheckPredict(where, &m.Fitted, t.X), ml.Done(ctx), denseOnly(where, t.X)); err != nil {
		return nil, err
	}
	c, sm := m.Config.(MiniBatchDictionaryLearning), newSample(t)
	p := sm.p
	s := &dictStream{learning: learning{k: len(m.Components), alpha: c.Alpha, positive: c.PositiveDict, seed: c.Seed, coding: fitCoding(c.LARS, c.Coding.Positive, c.Alpha)},
		dict: flatRows(m.Components), a: flatRows(m.Used), b: flatRows(m.Moved), steps: m.Steps}
	x := make([]float64, sm.n*p)
	sm.plain(x)
	next := &MiniBatchDictionaryModel{DictionaryModel: DictionaryModel{Fitted: m.Fitted}}
	next.Info.Rows += t.Rows()
	for lo := 0; lo < sm.n; lo += c.BatchSize {
		if err := ml.Done(ctx); err != nil {
			return nil, err
		}
		hi := min(lo+c.BatchSize, sm.n)
		cost := s.batch(x[lo*p:hi*p], part(sm.w, lo, hi), p)
		if !(cost <= math.MaxFloat64) {
			return nil, tooLarge(where, &ml.Error{Kind: ml.ErrFormat})
		}
		next.Error = cost * sm.total
	}
	if err := next.take(s, p); err != nil {
		return nil, tooLarge(where, err)
	}
	return next, nil
}

func flatRows(x [][]float64) []float64 {
	var y []float64
	for _, row := range x {
		y = append(y, row...)
	}
	return y
}

package decomp

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
)

// MiniBatchNMF is [NMF] of rows that come in batches (Lefèvre, Bach and Févotte, WASPAA 2011): after each, the parts are moved by multiplicative updates whose sums hold all batches, old ones counting less and less. Update
// goes on with more rows.
//
// A row of weight k counts as k rows of its batch, which is still of BatchSize rows. CSR stays sparse but for ItakuraSaito, which refuses it. A batch takes O(nonzeros · Components + (rows + columns) · Components²).
// Random are the vectors that the start's singular vectors are found from, and Random, by Seed.
type MiniBatchNMF struct {
	Components    int        // 0: 2
	Loss          Divergence // zero: LeastSquares
	Random        bool       // start from random numbers
	AlphaW        float64    // of the penalty on W, times the columns. 0: none
	AlphaH        float64    // of the penalty on H, times the weight of the batch. 0: none
	L1            float64    // share of the penalty that is the sum, 0 to 1; the rest is half the sum of squares
	BatchSize     int        // rows. 0: 1024
	Forget        float64    // what all that was learned a pass over the rows ago still counts, above 0 to 1. 0: 0.7
	FreshRestarts bool       // find the shares of each batch anew, to their end. False: one step from those of the pass before
	FreshIter     int        // FreshRestarts and Update: steps at the most. 0: 30
	MaxIter       int        // passes over all rows, and steps of Transform. 0: 200
	Tol           float64    // the fit ends when a batch moves the parts by less than this share of them. 0: 1e-4; negative: never
	Patience      int        // or when the mean loss has not fallen for so many batches. 0: 10
	Seed          uint64
}

var _ ml.Fitter[ml.Table, *MiniBatchNMFModel] = MiniBatchNMF{}

// MiniBatchNMFModel is a fitted MiniBatchNMF.
type MiniBatchNMFModel struct {
	NMFModel
	Up, Down [][]float64 // sums of what pulls the parts up and down; the parts are their ratio, for ItakuraSaito its root
	Keep     float64     // what the sums of before still count after a batch
	Steps    int         // batches seen
}

func (c MiniBatchNMF) nmf() NMF {
	return NMF{Components: c.Components, Loss: c.Loss, Multiplicative: true, Random: c.Random, AlphaW: c.AlphaW, AlphaH: c.AlphaH, L1: c.L1, MaxIter: c.MaxIter, Tol: c.Tol, Seed: c.Seed}
}

func (c *MiniBatchNMF) resolve(where string) error {
	n := c.nmf()
	if err := n.resolve(where); err != nil {
		return err
	}
	switch {
	case c.BatchSize < 0 || c.FreshIter < 0 || c.Patience < 0:
		return ml.BadConfig(where, "BatchSize, FreshIter and Patience", fmt.Sprint(c.BatchSize, c.FreshIter, c.Patience), ">= 1, or 0 for 1024, 30 and 10")
	case !(c.Forget >= 0 && c.Forget <= 1):
		return ml.BadConfig(where, "Forget", c.Forget, "above 0 to 1, or 0 for 0.7")
	}
	c.Components, c.MaxIter, c.Tol = n.Components, n.MaxIter, n.Tol
	c.BatchSize, c.FreshIter, c.Patience, c.Forget = cmp.Or(c.BatchSize, 1024), cmp.Or(c.FreshIter, 30), cmp.Or(c.Patience, 10), cmp.Or(c.Forget, 0.7)
	return nil
}

// partsStream is parts while they learn from batches. All lie in columns, p x k.
type partsStream struct {
	c           MiniBatchNMF
	h, up, down []float64
	keep        float64
	steps       int
}

// batch learns from the rows of s, whose shares are w, and returns their mean loss before the parts move. fresh finds the shares anew.
func (p *partsStream) batch(s *sample, w []float64, fresh bool) float64 {
	n, loss := p.c.nmf(), p.c.Loss
	f := &factors{s: s, k: p.c.Components, w: w, h: p.h}
	l1W, l2W, l1H, l2H := f.penalties(n)
	up, down := make([]float64, len(w)), make([]float64, len(w))
	if fresh {
		f.restart(p.c, p.c.FreshIter, up, down)
	} else {
		f.slopesOfRows(loss, up, down)
		f.scale(loss, w, up, down, l1W, l2W)
	}
	cost := f.loss(loss)
	for i, v := range w {
		cost += float64(s.weight(i/f.k) * (float64(l1W*v) + float64(l2W*square(v))))
	}
	for _, v := range p.h {
		cost += float64(l1H*v) + float64(l2H*square(v))
	}
	upH, downH := make([]float64, len(p.h)), make([]float64, len(p.h))
	f.slopesOfColumns(loss, upH, downH)
	for i, v := range p.h {
		d := downH[i]
		if loss == KullbackLeibler && d == 0 {
			d = 1
		}
		if d += l1H + float64(l2H*v); d == 0 {
			d = least
		}
		if loss == ItakuraSaito {
			v = square(v)
		}
		p.up[i] = float64(p.up[i]*p.keep) + float64(upH[i]*v)
		p.down[i] = float64(p.down[i]*p.keep) + d
		v = p.up[i] / p.down[i]
		if loss == ItakuraSaito {
			v = math.Sqrt(v)
		}
		if loss != LeastSquares && v < least {
			v = 0
		}
		p.h[i] = v
	}
	p.steps++
	return cost / s.total
}

// restart finds the shares of all rows anew.
func (f *factors) restart(c MiniBatchNMF, most int, up, down []float64) {
	n := c.nmf()
	l1W, l2W, _, _ := f.penalties(n)
	mean := 0.0
	for _, v := range f.s.means() {
		mean += v / float64(f.s.p)
	}
	for i := range f.w {
		f.w[i] = math.Sqrt(mean / float64(f.k))
	}
	before := make([]float64, len(f.w))
	for range most {
		copy(before, f.w)
		f.slopesOfRows(c.Loss, up, down)
		f.scale(c.Loss, f.w, up, down, l1W, l2W)
		if size := linalg.Norm(f.w); c.Tol > 0 && apart(before, f.w) <= c.Tol*size {
			return
		}
	}
}

// apart is the distance of two vectors; the first is lost.
func apart(a, b []float64) float64 {
	for i, v := range b {
		a[i] -= v
	}
	return linalg.Norm(a)
}

// Fit finds the parts of the rows of t.
func (c MiniBatchNMF) Fit(ctx context.Context, t ml.Table) (*MiniBatchNMFModel, error) {
	const where = "decomp.MiniBatchNMF.Fit"
	if err := cmp.Or(c.resolve(where), t.Check(where, ml.Accepts{}), ml.Done(ctx)); err != nil {
		return nil, err
	}
	n := c.nmf()
	if err := n.suits(where, t.X); err != nil {
		return nil, err
	}
	s := newSample(t)
	f, err := n.start(where, s)
	if err != nil {
		return nil, err
	}
	k, size := c.Components, min(c.BatchSize, s.n)
	p := &partsStream{c: c, h: f.h, up: append([]float64(nil), f.h...), down: make([]float64, len(f.h)), keep: math.Pow(c.Forget, float64(size)/float64(s.n))}
	for i := range p.down {
		p.down[i] = 1
	}
	m := &MiniBatchNMFModel{NMFModel: NMFModel{Fitted: ml.NewFitted(t, nil, c)}}
	m.Info.Status = ml.MaxIter
	track := ml.Track(ctx, "iteration", c.MaxIter)
	watch := watcher{n: s.n, patience: c.Patience, skip: 1}
passes:
	for iter := 1; iter <= c.MaxIter; iter++ {
		m.Info.Iterations = iter
		cost := 0.0
		for lo := 0; lo < s.n; lo += size {
			if err := ml.Done(ctx); err != nil {
				return nil, err
			}
			hi := min(lo+size, s.n)
			before := append([]float64(nil), p.h...)
			cost = p.batch(s.slice(lo, hi), f.w[lo*k:hi*k], c.FreshRestarts)
			if !(math.Abs(cost) <= math.MaxFloat64) {
				return nil, tooLarge(where, &ml.Error{Kind: ml.ErrFormat})
			}
			if whole := linalg.Norm(p.h); whole > 0 {
				m.Info.Gap = apart(before, p.h) / whole
			}
			if watch.rests(cost, hi-lo, p.steps, m.Info.Gap <= c.Tol) {
				m.Info.Status = ml.Converged
				break passes
			}
		}
		if stop, err := track.Step(iter, ml.Loss{Train: cost}); err != nil {
			return nil, err
		} else if stop {
			m.Info.Status = ml.Stopped
			break
		}
	}
	if c.FreshRestarts {
		f.restart(c, c.MaxIter, make([]float64, len(f.w)), make([]float64, len(f.w)))
	}
	m.Error = math.Sqrt(2 * max(f.loss(c.Loss), 0))
	if err := m.take(p); err != nil {
		return nil, tooLarge(where, err)
	}
	return m, nil
}

func (m *MiniBatchNMFModel) take(p *partsStream) error {
	m.Components, m.Up, m.Down = acrossRows(p.h, p.c.Components), acrossRows(p.up, p.c.Components), acrossRows(p.down, p.c.Components)
	m.Keep, m.Steps = p.keep, p.steps
	return m.Restore()
}

// acrossRows are the columns of x, rows of k numbers.
func acrossRows(x []float64, k int) [][]float64 {
	y := make([][]float64, k)
	for c := range y {
		y[c] = make([]float64, len(x)/k)
		for j := range y[c] {
			y[c][j] = x[j*k+c]
		}
	}
	return y
}

// columnsOf is the reverse of acrossRows.
func columnsOf(y [][]float64) []float64 {
	k := len(y)
	x := make([]float64, k*len(y[0]))
	for c, row := range y {
		for j, v := range row {
			x[j*k+c] = v
		}
	}
	return x
}

// Restore checks a model that was read from a file and makes it ready.
func (m *MiniBatchNMFModel) Restore() error {
	const where = "decomp.MiniBatchNMFModel"
	c, ok := m.Config.(MiniBatchNMF)
	if !ok {
		return unsound(where, "Config", fmt.Sprintf("%T", m.Config), "a decomp.MiniBatchNMF")
	}
	if err := cmp.Or(c.resolve(where), m.NMFModel.Restore()); err != nil {
		return err
	}
	k := len(m.Components)
	if len(m.Up) != k || len(m.Down) != k || m.Steps < 0 || !(m.Keep > 0 && m.Keep <= 1) {
		return unsound(where, "Up, Down, Keep and Steps", fmt.Sprintf("%d and %d rows, %v, %d", len(m.Up), len(m.Down), m.Keep, m.Steps), fmt.Sprintf("%d rows, a number above 0 to 1, a number >= 0", k))
	}
	if err := cmp.Or(checkRows(where, "Up", m.Up, m.Info.Features), checkRows(where, "Down", m.Down, m.Info.Features)); err != nil {
		return err
	}
	for i, row := range m.Down {
		for j, v := range row {
			if !(v > 0) || m.Up[i][j] < 0 {
				return unsound(where, fmt.Sprintf("Up and Down[%d][%d]", i, j), fmt.Sprint(m.Up[i][j], v), "numbers >= 0, and > 0")
			}
		}
	}
	return nil
}

// Update learns on from the rows of t, a batch at a time, and returns a new model. Shares are found anew; Error is that of the rows of t, each batch's when it was learned.
func (m *MiniBatchNMFModel) Update(ctx context.Context, t ml.Table) (*MiniBatchNMFModel, error) {
	const where = "decomp.MiniBatchNMFModel.Update"
	if err := cmp.Or(t.Check(where, ml.Accepts{}), ml.CheckPredict(where, &m.Fitted, t.X), ml.Done(ctx)); err != nil {
		return nil, err
	}
	c := m.Config.(MiniBatchNMF)
	n := c.nmf()
	if err := n.suits(where, t.X); err != nil {
		return nil, err
	}
	s := newSample(t)
	p := &partsStream{c: c, h: columnsOf(m.Components), up: columnsOf(m.Up), down: columnsOf(m.Down), keep: m.Keep, steps: m.Steps}
	next := &MiniBatchNMFModel{NMFModel: NMFModel{Fitted: m.Fitted}}
	next.Info.Rows += t.Rows()
	sum := 0.0
	for lo := 0; lo < s.n; lo += c.BatchSize {
		if err := ml.Done(ctx); err != nil {
			return nil, err
		}
		hi := min(lo+c.BatchSize, s.n)
		batch, w := s.slice(lo, hi), make([]float64, (hi-lo)*c.Components)
		cost := p.batch(batch, w, true)
		if !(math.Abs(cost) <= math.MaxFloat64) {
			return nil, tooLarge(where, &ml.Error{Kind: ml.ErrFormat})
		}
		sum += (&factors{s: batch, k: c.Components, w: w, h: p.h}).loss(c.Loss)
	}
	next.Error = math.Sqrt(2 * max(sum, 0))
	if err := next.take(p); err != nil {
		return nil, tooLarge(where, err)
	}
	return next, nil
}

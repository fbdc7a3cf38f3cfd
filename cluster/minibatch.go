package cluster

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/near"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// MiniBatchKMeans is [KMeans] from small batches of rows that are drawn at random: each centre is the mean of the rows that it was ever nearest to, so it settles as it has seen
// more (Sculley, "Web-scale k-means clustering", WWW 2010). It takes a fraction of the time for a little more inertia. A centre that is nearest to few rows is put on a row of
// the batch.
//
// Batches are drawn with replacement, rows in proportion to their weights; one of weight 0 is absent. CSR is not made dense. A batch costs BatchSize · K · columns operations.
// It ends when the inertia of a row, averaged over about as many batches as hold all rows, has not fallen for Patience batches. Progress reports that average for every batch;
// Info.Iterations counts batches, Info.Gap is the last change of the average. What is random is drawn by Seed. The model learns on with Update.
type MiniBatchKMeans struct {
	K         int                     // clusters; 0: 8. More than there are rows is an error
	Init      Init                    // the first centres, from InitRows rows; 0: PlusPlus
	Start     *tensor.Tensor[float64] // the first centres themselves, K x columns; nil: by Init
	Restarts  int                     // first centres that are drawn, of which those with the least inertia are gone on with; 0: 1
	BatchSize int                     // rows of a batch; 0: 1024, or all rows if there are fewer
	InitRows  int                     // rows that the first centres are drawn from, at least K; 0: three batches, or 3·K where that is more
	MaxIter   int                     // times as many batches as hold all rows; 0: 100
	Patience  int                     // batches without improvement that end the fit; 0: 10
	Tol       float64                 // ends it as well: when the squares of the centres' moves sum to Tol times the mean variance of the columns or less; 0: they do not
	Reassign  float64                 // a centre that saw less than this share of what the busiest saw is put on a row of the batch; 0: 0.01
	Seed      uint64                  // of the batches and the first centres
}

var _ ml.Fitter[ml.Table, *KMeansModel] = MiniBatchKMeans{}

// resolve checks the fields and fills in their defaults.
func (c *MiniBatchKMeans) resolve(where string) error {
	return cmp.Or(countOr(where, "K", &c.K, 8), countOr(where, "Restarts", &c.Restarts, 1), countOr(where, "BatchSize", &c.BatchSize, 1024), countOr(where, "MaxIter", &c.MaxIter, 100),
		countOr(where, "Patience", &c.Patience, 10), countOr(where, "InitRows", &c.InitRows, max(3*c.BatchSize, 3*c.K)), positiveOr(where, "Tol", &c.Tol, 0),
		positiveOr(where, "Reassign", &c.Reassign, 0.01), KMeans{Init: c.Init}.checkKinds(where))
}

// Fit finds the clusters.
func (c MiniBatchKMeans) Fit(ctx context.Context, t ml.Table) (*KMeansModel, error) {
	const where = "cluster.MiniBatchKMeans.Fit"
	if err := c.resolve(where); err != nil {
		return nil, err
	}
	if c.InitRows < c.K {
		return nil, ml.BadConfig(where, "InitRows", c.InitRows, fmt.Sprintf(">= %d, the clusters", c.K))
	}
	if err := t.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	if c.Start != nil {
		if err := (&KMeans{K: c.K, Start: c.Start}).checkStart(where, t); err != nil {
			return nil, err
		}
		c.Start = c.Start.Clone()
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	s := newSpace(t)
	if s.n < c.K {
		return nil, ml.BadConfig(where, "K", c.K, fmt.Sprintf("at most %d, the rows of positive weight", s.n))
	}
	if s.x.Sparse() {
		s.open(false)
	}
	b := &batches{c: &c, space: s, r: rng.New(c.Seed, 0), size: min(c.BatchSize, s.n), counts: make([]float64, c.K)}
	if s.weight != nil {
		b.upTo = cumulated(s.weight)
	}
	b.begin()
	if err := b.run(ctx); err != nil {
		return nil, err
	}
	label := make([]int32, s.n)
	s.assignOnce(label, b.centres, c.K)
	m := &KMeansModel{Fitted: ml.NewFitted(t, nil, c), Centers: tensor.FromSlice(b.centres, c.K, s.d), Inertia: s.inertia(label, b.centres), Counts: b.counts}
	m.Info.Status, m.Info.Iterations, m.Info.Gap = b.status, b.steps, b.gap
	if err := m.Restore(); err != nil {
		return nil, tooLargeToSquare(where, err)
	}
	return m, nil
}

func tooLargeToSquare(where string, cause error) error {
	return &ml.Error{Where: where, Field: "X", Found: "numbers too large to square", Want: "smaller ones", Kind: ml.ErrNotFinite, Cause: cause}
}

// part is a space of some rows; those may come twice. Their weights are 1 unless weighed.
func (s *space) part(at []int, weighed bool) *space {
	p := &space{table: rows.Select(s.table, at), n: len(at), d: s.d}
	p.x = rows.Of(p.table)
	if weighed && s.weight != nil {
		for _, i := range at {
			p.weight = append(p.weight, s.weight[i])
		}
	}
	if p.x.Sparse() {
		p.open(false)
	}
	return p
}

// assignOnce labels every row without preparing for another time.
func (s *space) assignOnce(label []int32, centres []float64, k int) {
	if s.x.Sparse() {
		s.assign(label, centres, k)
		return
	}
	near.Assign(label, s.x, near.Points{N: k, D: s.d, X: centres})
}

// batches is a fit in progress.
type batches struct {
	*space
	c       *MiniBatchKMeans
	r       *rand.Rand
	upTo    []float64 // sums of the weights
	size    int
	centres []float64
	counts  []float64 // rows that each centre has seen
	average float64   // of a row's inertia
	gap     float64
	steps   int
	status  ml.Status
}

// begin finds the first centres: those of several draws that suit some other rows best.
func (b *batches) begin() {
	c := b.c
	if c.Start != nil {
		b.centres = slices.Clone(c.Start.Data())
		return
	}
	few := min(c.InitRows, b.n)
	judge := b.part(rng.Sample(b.r, b.n, few), true)
	least := math.Inf(1)
	for r := range c.Restarts {
		l := (&KMeans{K: c.K, Init: c.Init, Seed: rng.Key(c.Seed, 1)}).begin(b.opened(rng.Sample(b.r, b.n, few)), uint64(r))
		if c.Restarts == 1 {
			b.centres = l.centres
			return
		}
		label := make([]int32, few)
		judge.assignOnce(label, l.centres, c.K)
		if v := judge.inertia(label, l.centres); v < least || b.centres == nil {
			b.centres, least = l.centres, v
		}
	}
}

// opened is a part that is ready for k-means++.
func (b *batches) opened(at []int) *space {
	p := b.part(at, true)
	p.open(false)
	return p
}

func (b *batches) run(ctx context.Context) error {
	c := b.c
	most := max(1, c.MaxIter*b.n/b.size)
	tol := 0.0
	if c.Tol > 0 {
		tol = c.Tol * b.variance()
	}
	track := ml.Track(ctx, "batch", most)
	b.status = ml.MaxIter
	least, idle, since := math.Inf(1), 0, 0
	at := make([]int, b.size)
	for b.steps < most {
		b.steps++
		for i := range at {
			if b.upTo == nil {
				at[i] = b.r.IntN(b.n)
			} else {
				at[i] = pickShare(b.r.Float64(), b.upTo)
			}
		}
		part := b.part(at, false)
		inertia, moved := part.follow(b.centres, b.counts)
		if since += b.size; since >= 10*c.K || slices.Contains(b.counts, 0) {
			since = 0
			b.reassign(part)
		}
		inertia /= float64(b.size)
		switch alpha := min(1, 2*float64(b.size)/float64(b.n+1)); {
		case b.steps == 1: // that is the first centres'
			b.average = inertia
		case b.steps == 2:
			b.gap, b.average = math.Abs(b.average-inertia), inertia
		default:
			next := float64(b.average*(1-alpha)) + float64(inertia*alpha)
			b.gap, b.average = math.Abs(b.average-next), next
		}
		stop, err := track.Step(b.steps, ml.Loss{Train: b.average})
		if err != nil {
			return err
		}
		if b.steps > 1 {
			if b.average < least {
				least, idle = b.average, 0
			} else {
				idle++
			}
			if idle >= c.Patience || c.Tol > 0 && moved <= tol {
				b.status = ml.Converged
				break
			}
		}
		if stop {
			b.status = ml.Stopped
			break
		}
	}
	return nil
}

// follow moves centres, in place, to the means of all rows that they have seen, those of s as well. It returns the inertia before, and the squares of the moves.
func (s *space) follow(centres, counts []float64) (inertia, moved float64) {
	k := len(counts)
	label := make([]int32, s.n)
	s.assignOnce(label, centres, k)
	inertia = s.inertia(label, centres)
	add := (&lloyd{space: s, k: k, label: label}).sums(false)
	for c, w := range add.weight {
		if w == 0 {
			continue
		}
		counts[c] += w
		for j := range s.d {
			was := centres[c*s.d+j]
			is := was + (add.sum[c*s.d+j]-float64(w*was))/counts[c]
			centres[c*s.d+j] = is
			moved += float64((is - was) * (is - was))
		}
	}
	return inertia, moved
}

// reassign puts centres that saw few rows on rows of the batch, half of the batch at the most.
func (b *batches) reassign(part *space) {
	top := slices.Max(b.counts)
	var idle []int
	for c, n := range b.counts {
		if n < b.c.Reassign*top {
			idle = append(idle, c)
		}
	}
	slices.SortStableFunc(idle, func(x, y int) int { return cmp.Compare(b.counts[x], b.counts[y]) })
	idle = idle[:min(len(idle), b.size/2)]
	if len(idle) == 0 {
		return
	}
	least := top // a centre on a new row counts for no less than the others, or it would be put on another one at once
	for c, n := range b.counts {
		if !slices.Contains(idle, c) {
			least = min(least, n)
		}
	}
	for i, row := range rng.Sample(b.r, part.n, len(idle)) {
		copy(b.centres[idle[i]*b.d:(idle[i]+1)*b.d], part.rowsOf([]int{row}))
		b.counts[idle[i]] = least
	}
}

// Update moves the centres to the means of all rows that they have seen, those of t as well: each row belongs to the centre that is nearest before. It returns a new model.
// Weights count as rows. Inertia is that of the rows of t, before.
func (m *KMeansModel) Update(ctx context.Context, t ml.Table) (*KMeansModel, error) {
	const where = "cluster.KMeansModel.Update"
	if err := t.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	if err := ml.CheckPredict(where, &m.Fitted, t.X); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	if m.Counts == nil {
		return nil, &ml.Error{Where: where, Field: "Counts", Found: "none", Want: "the rows that each centre has seen", Kind: ml.ErrData}
	}
	s := newSpace(t)
	if s.x.Sparse() {
		s.open(false)
	}
	next := &KMeansModel{Fitted: m.Fitted, Centers: m.Centers.Clone(), Counts: slices.Clone(m.Counts)}
	next.Columns, next.Classes = ml.CloneColumns(m.Columns), slices.Clone(m.Classes)
	next.Inertia, next.Info.Gap = s.follow(next.Centers.Data(), next.Counts)
	n, _ := t.X.Dims()
	next.Info.Rows += n
	if err := next.Restore(); err != nil {
		return nil, tooLargeToSquare(where, err)
	}
	return next, nil
}

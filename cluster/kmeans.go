package cluster

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/near"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// KMeansAlgorithm is how rows find their nearest centre. All give the same clusters; they differ in time.
type KMeansAlgorithm uint8

const (
	// Hamerly skips rows whose centre cannot have been overtaken, by two bounds for each row. The zero value. CSR rows are always compared as by Lloyd,
	// those of the other algorithms too.
	Hamerly KMeansAlgorithm = iota
	// Lloyd compares every row with every centre in every iteration.
	Lloyd
	// Elkan keeps a bound for each row and centre, K numbers for each row, and compares least where clusters are many and columns are.
	Elkan
	// Yinyang keeps a bound for each row and group of about ten centres.
	Yinyang
)

// Init is how k-means begins.
type Init uint8

const (
	// PlusPlus draws rows with a probability in proportion to their squared distance from the centres so far, several times for each centre, and keeps the one that
	// leaves the least inertia: greedy k-means++ (Arthur and Vassilvitskii, SODA 2007). The zero value.
	PlusPlus Init = iota
	// RandomRows draws different rows.
	RandomRows
	// Scalable draws about 2·K rows at a time, five times, by squared distance from those before, and takes the centres of k-means++ among them, each with the weight of the rows
	// that it is nearest to: k-means‖ (Bahmani and others, VLDB 2012). It goes through the rows six times instead of K times.
	Scalable
)

// KMeans finds K clusters such that the sum of squared distances of the rows to the means of their clusters, the inertia, is small: from a first guess rows go to their
// nearest centre, and centres to the mean of their rows, until nothing changes or the centres hardly move (Lloyd, "Least squares quantization in PCM", IEEE Transactions
// on Information Theory 28, 1982). A cluster that loses all rows gets the row that is farthest from its centre.
//
// A row of weight k counts as k rows, one of weight 0 is absent. Scale the columns first. CSR is not made dense. An iteration costs rows · K · columns operations, in
// single precision with ties decided in double. What is random, the first centres, is drawn by Seed; with Start nothing is.
// Progress reports the sum of the squares of the centres' moves, as Info.Gap is; Info.Iterations counts those of all restarts.
type KMeans struct {
	K         int                     // clusters; 0: 8. More than there are rows is an error
	Init      Init                    // the first centres; 0: PlusPlus
	Start     *tensor.Tensor[float64] // the first centres themselves, K x columns; nil: by Init
	Restarts  int                     // fits with other first centres, of which the one with the least inertia is kept; 0: 1
	MaxIter   int                     // iterations of a fit; 0: 300
	Tol       float64                 // a fit has converged when the squares of the centres' moves sum to less than Tol times the mean variance of the columns, or no row changes its cluster. 0: 1e-4
	Algorithm KMeansAlgorithm         // 0: Hamerly
	Seed      uint64                  // of the first centres
}

var _ ml.Fitter[ml.Table, *KMeansModel] = KMeans{}

// Fit finds the clusters.
func (c KMeans) Fit(ctx context.Context, t ml.Table) (*KMeansModel, error) {
	const where = "cluster.KMeans.Fit"
	if err := c.resolve(where); err != nil {
		return nil, err
	}
	if err := t.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	if c.Start != nil {
		if err := c.checkStart(where, t); err != nil {
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
	s.open(c.Algorithm == Hamerly)
	if !s.x.Sparse() {
		switch c.Algorithm {
		case Elkan:
			s.bounded = near.NewBounded(s.x, 0)
		case Yinyang:
			s.bounded = near.NewBounded(s.x, (c.K+9)/10)
		}
	}
	tol := c.Tol * s.variance()
	var best *lloyd
	track := ml.Track(ctx, "iteration", c.Restarts*c.MaxIter)
	done := 0
	for r := range c.Restarts {
		run := c.begin(s, uint64(r))
		stop, err := run.iterate(track, done, c.MaxIter, tol)
		if err != nil {
			return nil, err
		}
		done += run.iterations
		if best == nil || run.inertia < best.inertia {
			best = run
		}
		if stop {
			best.status = ml.Stopped
			break
		}
	}
	m := &KMeansModel{Fitted: ml.NewFitted(t, nil, c), Centers: tensor.FromSlice(best.centres, c.K, s.d), Inertia: best.inertia, Counts: best.counts()}
	m.Info.Status, m.Info.Iterations, m.Info.Gap = best.status, done, best.moved
	if err := m.Restore(); err != nil {
		return nil, tooLargeToSquare(where, err)
	}
	return m, nil
}

// begin is a fit with its first centres.
func (c *KMeans) begin(s *space, restart uint64) *lloyd {
	l := &lloyd{space: s, k: c.K, label: make([]int32, s.n)}
	switch {
	case c.Start != nil:
		l.centres = append(l.centres, c.Start.Data()...)
	case c.Init == RandomRows:
		l.centres = s.rowsOf(rng.Sample(rng.New(c.Seed, restart), s.n, c.K))
	case c.Init == Scalable:
		l.centres = s.scalable(rng.New(c.Seed, restart), c.K)
	default:
		l.centres = s.plusPlus(rng.New(c.Seed, restart), c.K)
	}
	return l
}

// resolve checks the fields and fills in their defaults.
func (c *KMeans) resolve(where string) error {
	for _, f := range []struct {
		name string
		v    *int
		zero int
	}{{"K", &c.K, 8}, {"Restarts", &c.Restarts, 1}, {"MaxIter", &c.MaxIter, 300}} {
		if err := countOr(where, f.name, f.v, f.zero); err != nil {
			return err
		}
	}
	if err := positiveOr(where, "Tol", &c.Tol, 1e-4); err != nil {
		return err
	}
	return c.checkKinds(where)
}

func (c KMeans) checkKinds(where string) error {
	if c.Init > Scalable {
		return ml.BadConfig(where, "Init", c.Init, "PlusPlus, RandomRows or Scalable")
	}
	if c.Algorithm > Yinyang {
		return ml.BadConfig(where, "Algorithm", c.Algorithm, "Hamerly, Lloyd, Elkan or Yinyang")
	}
	return nil
}

func (c *KMeans) checkStart(where string, t ml.Table) error {
	_, d := t.X.Dims()
	if fault := rows.Fault(c.Start); fault != "" {
		return ml.BadConfig(where, "Start", fault, fmt.Sprintf("%d x %d", c.K, d))
	}
	if k, p := c.Start.Dims(); k != c.K || p != d {
		return ml.BadConfig(where, "Start", fmt.Sprintf("%d x %d", k, p), fmt.Sprintf("%d x %d, K centres of as many columns as X", c.K, d))
	}
	if i, j, v, ok := rows.CheckFinite(c.Start, false); !ok {
		return ml.BadConfig(where, fmt.Sprintf("Start[%d, %d]", i, j), v, "a finite number")
	}
	return nil
}

// lloyd is one fit from one set of first centres.
type lloyd struct {
	*space
	k          int
	centres    []float64
	label      []int32
	inertia    float64
	moved      float64
	iterations int
	status     ml.Status
	held       *sums   // of the last means, nil: they cannot be gone on with
	before     []int32 // the labels that they are of
	since      int     // how often they were gone on with
}

// iterate moves rows and centres in turn.
func (l *lloyd) iterate(track ml.Tracker, before, most int, tol float64) (stop bool, err error) {
	for i := range l.label {
		l.label[i] = -1
	}
	if l.near != nil {
		l.near.Forget()
	}
	if l.bounded != nil {
		l.bounded.Forget()
	}
	l.status = ml.MaxIter
	l.assign(l.label, l.centres, l.k)
	for l.iterations < most {
		l.iterations++
		next := l.means()
		l.moved = 0
		for j, v := range next {
			l.moved += float64((v - l.centres[j]) * (v - l.centres[j]))
		}
		l.centres = next
		changed := l.assign(l.label, l.centres, l.k)
		if stop, err = track.Step(before+l.iterations, ml.Loss{Train: l.moved}); err != nil {
			return false, err
		}
		if changed == 0 || l.moved <= tol {
			l.status = ml.Converged
			break
		}
		if stop {
			break
		}
	}
	l.inertia = l.space.inertia(l.label, l.centres)
	return stop, nil
}

// sums are weights and weighted sums of the rows of each cluster.
type sums struct{ weight, sum []float64 }

func (a sums) join(b sums) sums {
	kern.Add(a.weight, a.weight, b.weight)
	kern.Add(a.sum, a.sum, b.sum)
	return a
}

// means are the centres of the rows as they are assigned now. The chunks do not depend on the number of cores. Where few rows have moved since the last call, and weigh 1,
// which leaves no doubt of the weight of a cluster, they alone are taken from one sum and added to the other.
func (l *lloyd) means() []float64 {
	moved := l.n
	if l.held != nil && l.weight == nil && l.since < 16 { // sums anew now and then, lest rounding add up
		moved = par.Reduce(l.n, 1<<14, func(_, lo, hi int) int {
			moved := 0
			for i, c := range l.label[lo:hi] {
				if c != l.before[lo+i] {
					moved++
				}
			}
			return moved
		}, func(a, b int) int { return a + b })
	}
	some := moved < l.n/4
	s := l.sums(some)
	if l.since++; some {
		s = l.held.join(s)
	} else {
		l.since = 0
	}
	kept := l.relocate(s)
	l.held = nil
	if l.weight == nil && !kept {
		l.held = &sums{append([]float64(nil), s.weight...), append([]float64(nil), s.sum...)}
		l.before = append(l.before[:0], l.label...)
	}
	for c, w := range s.weight {
		for j := range l.d {
			s.sum[c*l.d+j] /= w
		}
	}
	return s.sum
}

// counts are the weights of the clusters.
func (l *lloyd) counts() []float64 {
	out := make([]float64, l.k)
	for i, c := range l.label {
		out[c] += l.w(i)
	}
	return out
}

// sums adds up the rows of each cluster; only what those that moved have changed, if only some is true.
func (l *lloyd) sums(some bool) sums {
	d := l.d
	return par.Reduce(l.n, max(2048, (l.n+63)/64), func(_, lo, hi int) sums {
		p := sums{make([]float64, l.k), make([]float64, l.k*d)}
		buf := make([]float64, d)
		for i := lo; i < hi; i++ {
			c := int(l.label[i])
			if some {
				if was := int(l.before[i]); was != c {
					p.weight[was]--
					p.weight[c]++
					l.x.AddTo(p.sum[was*d:(was+1)*d], -1, i)
					l.x.AddTo(p.sum[c*d:(c+1)*d], 1, i)
				}
				continue
			}
			w := l.w(i)
			p.weight[c] += w
			to := p.sum[c*d : (c+1)*d]
			if w == 1 && !l.x.Sparse() {
				kern.Add(to, to, l.x.Row(i, buf))
				continue
			}
			l.x.AddTo(to, w, i)
		}
		return p
	}, sums.join)
}

// relocate gives every empty cluster the row that is farthest from its centre, and takes it from its own cluster. It reports whether one stayed empty, and kept its centre.
func (l *lloyd) relocate(s sums) (kept bool) {
	d := l.d
	var away []float64
	for c, w := range s.weight {
		if w > 0 {
			continue
		}
		if away == nil {
			away = l.distances(l.label, l.centres)
		}
		best := -1
		for i, v := range away {
			if s.weight[l.label[i]] > l.w(i) && (best < 0 || v > away[best]) { // its cluster must not become empty in turn
				best = i
			}
		}
		if best < 0 || away[best] == 0 { // as many clusters as different rows: the centre stays where it was
			kept = true
			s.weight[c] = 1
			copy(s.sum[c*d:(c+1)*d], l.centres[c*d:(c+1)*d])
			continue
		}
		away[best] = 0
		w := l.w(best)
		from := int(l.label[best])
		s.weight[from] -= w
		l.x.AddTo(s.sum[from*d:(from+1)*d], -w, best)
		s.weight[c] = w
		clear(s.sum[c*d : (c+1)*d])
		l.x.AddTo(s.sum[c*d:(c+1)*d], w, best)
		l.label[best] = int32(c)
	}
	return kept
}

package cluster

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

// MedoidInit is how k-medoids begins.
type MedoidInit uint8

const (
	// Build takes the row that all others are nearest to, then again and again the one that helps most: PAM's first phase. The zero value; nothing is random.
	Build MedoidInit = iota
	// RandomMedoids draws different rows.
	RandomMedoids
)

// KMedoids finds K rows, the medoids, such that the sum of the distances of all rows to the nearest of them, the loss, is small: medoids are swapped for other rows as long as a
// swap helps, the first that does (FasterPAM: Schubert and Rousseeuw, "Fast and eager k-medoids clustering", Information Systems 101, 2021). At the end no single swap does.
// Unlike centres, medoids are rows, and any distance will do.
//
// A row of weight k counts as k rows, one of weight 0 is absent. CSR is an error. All distances are kept, 8·rows² bytes; going through all candidates once costs about rows²
// operations, whatever K is. What is random is drawn by Seed. Progress reports the loss after every candidate that was swapped in; Info.Iterations counts those.
type KMedoids struct {
	K           int              // clusters; 0: 8. More than there are rows is an error
	Distance    metrics.Distance // nil: Euclidean
	Precomputed bool             // X is rows x rows, the distances themselves; Distance must be nil. Predict then takes the distances of other rows from the training rows
	Init        MedoidInit       // 0: Build
	Start       []int            // the first medoids, as indices of rows; nil: by Init
	Restarts    int              // fits with other random medoids, of which the one with the least loss is kept; 0: 1. Only for RandomMedoids
	MaxIter     int              // times that all candidates are gone through; 0: 100
	Seed        uint64           // of the first medoids
}

var _ ml.Fitter[ml.Table, *KMedoidsModel] = KMedoids{}

// KMedoidsModel is rows that other rows are nearest to. [KMedoids] returns it.
type KMedoidsModel struct {
	ml.Fitted
	Medoids     []int                   // indices of training rows
	Centers     *tensor.Tensor[float64] // those rows, K x columns; nil if distances were given
	Distance    metrics.Distance        // nil: Euclidean, or distances were given
	Precomputed bool
	Loss        float64 // weighted sum of the distances of the training rows from their medoids
}

// Fit finds the medoids.
func (c KMedoids) Fit(ctx context.Context, t ml.Table) (*KMedoidsModel, error) {
	const where = "cluster.KMedoids.Fit"
	for _, f := range []struct {
		name string
		v    *int
		zero int
	}{{"K", &c.K, 8}, {"Restarts", &c.Restarts, 1}, {"MaxIter", &c.MaxIter, 100}} {
		if err := countOr(where, f.name, f.v, f.zero); err != nil {
			return nil, err
		}
	}
	if c.Init > RandomMedoids {
		return nil, ml.BadConfig(where, "Init", c.Init, "Build or RandomMedoids")
	}
	if err := t.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	n, d := t.X.Dims()
	if err := c.checkTable(where, t.X, n, d); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	p, err := c.open(where, t)
	if err != nil {
		return nil, err
	}
	if len(p.rows) < c.K {
		return nil, ml.BadConfig(where, "K", c.K, fmt.Sprintf("at most %d, the rows of positive weight", len(p.rows)))
	}
	restarts := c.Restarts
	if c.Start != nil || c.Init == Build {
		restarts = 1
	}
	m := &KMedoidsModel{Fitted: ml.NewFitted(t, nil, c), Distance: c.Distance, Precomputed: c.Precomputed, Loss: math.Inf(1)}
	track := ml.Track(ctx, "swap", 0)
	done := 0
	for r := range restarts {
		if err := c.begin(ctx, where, p, uint64(r)); err != nil {
			return nil, err
		}
		status, stop, err := p.improve(track, &done, c.MaxIter)
		if err != nil {
			return nil, err
		}
		if loss := p.loss(); loss < m.Loss || r == 0 {
			m.Loss, m.Medoids, m.Info.Status = loss, make([]int, c.K), status
			for i, at := range p.medoids {
				m.Medoids[i] = p.rows[at]
			}
		}
		if stop {
			m.Info.Status = ml.Stopped
			break
		}
	}
	m.Info.Iterations = done
	if !c.Precomputed {
		m.Centers = tensor.New[float64](c.K, d)
		x := rows.Of(t.X)
		for i, at := range m.Medoids {
			copy(m.Centers.Row(i), x.Row(at, make([]float64, d)))
		}
	}
	if err := m.Restore(); err != nil {
		return nil, &ml.Error{Where: where, Field: "X", Found: "distances that are not finite", Want: "finite ones", Kind: ml.ErrNotFinite, Cause: err}
	}
	return m, nil
}

func (c KMedoids) checkTable(where string, x tensor.Matrix, n, d int) error {
	for i, at := range c.Start {
		if at < 0 || at >= n || slices.Index(c.Start, at) != i {
			return ml.BadConfig(where, fmt.Sprintf("Start[%d]", i), at, fmt.Sprintf("the index of another row, 0 to %d", n-1))
		}
	}
	if c.Start != nil && len(c.Start) != c.K {
		return ml.BadConfig(where, "Start", fmt.Sprintf("%d rows", len(c.Start)), fmt.Sprint(c.K))
	}
	if rows.Of(x).Sparse() {
		return ml.BadShape(where, "X", "a CSR matrix", "a dense one: distances need every number")
	}
	if !c.Precomputed {
		return metrics.CheckDistance(where, c.Distance, d)
	}
	if c.Distance != nil {
		return ml.BadConfig(where, "Distance", fmt.Sprintf("%T", c.Distance), "nil: X are distances already")
	}
	return checkGiven(where, x)
}

// notNegative refuses distances below 0.
func notNegative(where string, x tensor.Matrix) error {
	r := rows.Of(x)
	var e rows.Entries
	for i := range r.Len() {
		cols, vals := r.NZ(i, &e)
		for k, v := range vals {
			if j := cols[k]; v < 0 {
				return &ml.Error{Where: where, Field: fmt.Sprintf("X[%d, %d]", i, j), Found: fmt.Sprint(v), Want: "a distance >= 0", Kind: ml.ErrData}
			}
		}
	}
	return nil
}

// medoids is the state of a search.
type medoids struct {
	n       int
	rows    []int     // of the table, those of positive weight
	weight  []float64 // nil: all 1
	far     []float64 // n x n: of column i's row from row j's, so that a candidate's are together
	medoids []int
	taken   []bool
	near    []nearest
	removal []float64 // what the loss grows by without each medoid
}

// nearest is the two nearest medoids of a row, by their place among the medoids.
type nearest struct {
	first, second int32
	d1, d2        float64
}

// open computes the distances: row j holds those of all rows from candidate j.
func (c KMedoids) open(where string, t ml.Table) (*medoids, error) {
	p := &medoids{}
	n, _ := t.X.Dims()
	for i := range n {
		if t.Weight == nil || t.Weight[i] > 0 {
			p.rows = append(p.rows, i)
			if t.Weight != nil {
				p.weight = append(p.weight, t.Weight[i])
			}
		}
	}
	p.n = len(p.rows)
	p.taken, p.near = make([]bool, p.n), make([]nearest, p.n)
	if c.Precomputed {
		x := rows.Of(t.X)
		p.far = make([]float64, p.n*p.n)
		buf := make([]float64, n)
		for i, at := range p.rows { // transposed: row i of X is its distances from the candidates
			row := x.Row(at, buf)
			for j, to := range p.rows {
				p.far[j*p.n+i] = row[to]
			}
		}
		return p, nil
	}
	x := t.X
	if p.n < n {
		x = rows.Select(x, p.rows)
	}
	by := c.Distance
	if by == nil {
		by = metrics.Euclidean{}
	}
	d, err := metrics.Distances(x, x, by)
	if err != nil {
		return nil, err
	}
	p.far = d.Data()
	if !rows.AllFinite(p.far) {
		return nil, &ml.Error{Where: where, Field: "Distance", Found: "a distance that is not finite", Want: "finite ones", Kind: ml.ErrNotFinite}
	}
	return p, nil
}

func (p *medoids) w(i int) float64 {
	if p.weight == nil {
		return 1
	}
	return p.weight[i]
}

func (p *medoids) from(candidate int) []float64 {
	return p.far[candidate*p.n : (candidate+1)*p.n]
}

// begin chooses the first medoids.
func (c KMedoids) begin(ctx context.Context, where string, p *medoids, restart uint64) error {
	switch {
	case c.Start != nil:
		p.medoids = nil
		for i, at := range c.Start {
			j := slices.Index(p.rows, at)
			if j < 0 {
				return ml.BadConfig(where, fmt.Sprintf("Start[%d]", i), at, "a row of positive weight")
			}
			p.medoids = append(p.medoids, j)
		}
	case c.Init == RandomMedoids:
		p.medoids = rng.Sample(rng.New(c.Seed, restart), p.n, c.K)
	default:
		if err := p.build(ctx, c.K); err != nil {
			return err
		}
	}
	clear(p.taken)
	for _, at := range p.medoids {
		p.taken[at] = true
	}
	p.assign()
	return nil
}

// build takes again and again the row that lowers the loss most, the first of equals.
func (p *medoids) build(ctx context.Context, k int) error {
	p.medoids = nil
	closest := make([]float64, p.n)
	gain := make([]float64, p.n)
	for len(p.medoids) < k {
		if err := ml.Done(ctx); err != nil {
			return err
		}
		first := len(p.medoids) == 0
		par.For(p.n, p.n, func(lo, hi int) {
			for j := lo; j < hi; j++ {
				sum := 0.0
				for i, d := range p.from(j) {
					switch {
					case first:
						sum -= float64(p.w(i) * d)
					case d < closest[i]:
						sum += float64(p.w(i) * (closest[i] - d))
					}
				}
				gain[j] = sum
			}
		})
		best := -1
		for j, g := range gain {
			if !slices.Contains(p.medoids, j) && (best < 0 || g > gain[best]) {
				best = j
			}
		}
		p.medoids = append(p.medoids, best)
		for i, d := range p.from(best) {
			if first || d < closest[i] {
				closest[i] = d
			}
		}
	}
	return nil
}

// assign finds the two nearest medoids of every row, and what each medoid is good for.
func (p *medoids) assign() {
	par.For(p.n, 2*len(p.medoids), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			p.near[i] = p.look(i)
		}
	})
	p.weigh()
}

func (p *medoids) look(i int) nearest {
	at := nearest{-1, -1, math.Inf(1), math.Inf(1)}
	for m, j := range p.medoids {
		switch d := p.far[j*p.n+i]; {
		case d < at.d1 || at.first < 0:
			at = nearest{int32(m), at.first, d, at.d1}
		case d < at.d2 || at.second < 0:
			at.second, at.d2 = int32(m), d
		}
	}
	return at
}

func (p *medoids) weigh() {
	p.removal = make([]float64, len(p.medoids))
	for i, at := range p.near {
		if at.second >= 0 {
			p.removal[at.first] += float64(p.w(i) * (at.d2 - at.d1))
		}
	}
}

func (p *medoids) loss() float64 {
	sum := 0.0
	for i, at := range p.near {
		sum += float64(p.w(i) * at.d1)
	}
	return sum
}

// try is the change of the loss if candidate j came in for the medoid that is missed least, and which that is. change is memory for as many numbers as there are medoids.
func (p *medoids) try(j int, change []float64) (best int, delta float64) {
	copy(change, p.removal)
	all := 0.0
	for i, d := range p.from(j) {
		at := &p.near[i]
		if d >= at.d2 {
			continue
		}
		w := p.w(i)
		if d < at.d1 { // it would be the nearest
			all += float64(w * (d - at.d1))
			change[at.first] += float64(w * (at.d1 - at.d2))
		} else { // the nearest once the present one is gone
			change[at.first] += float64(w * (d - at.d2))
		}
	}
	for m, v := range change {
		if v < change[best] {
			best = m
		}
	}
	return best, change[best] + all
}

// improve swaps until no candidate helps. Several candidates are tried at once; the first in order that helps is taken, so their number changes nothing.
func (p *medoids) improve(track ml.Tracker, done *int, rounds int) (status ml.Status, stop bool, err error) {
	k := len(p.medoids)
	if k == p.n {
		return ml.Converged, false, nil
	}
	if k == 1 {
		return p.only(track, done)
	}
	const most = 64
	loss := p.loss()
	tries := make([]struct {
		medoid int
		delta  float64
	}, most)
	batch := 1 // grows as long as nothing is found, as what follows a find is tried in vain
	for at, idle, seen := 0, 0, 0; idle < p.n; {
		if seen >= rounds*p.n {
			return ml.MaxIter, false, nil
		}
		n := min(batch, p.n-idle)
		run := func(lo, hi int) {
			change := make([]float64, k)
			for b := lo; b < hi; b++ {
				if j := (at + b) % p.n; p.taken[j] {
					tries[b].delta = 0
				} else {
					tries[b].medoid, tries[b].delta = p.try(j, change)
				}
			}
		}
		par.For(n, 2*p.n, run)
		found := -1
		for b := range n {
			if tries[b].delta < -1e-12*loss { // else rounding might swap for ever
				found = b
				break
			}
		}
		if found < 0 {
			at, idle, seen, batch = (at+n)%p.n, idle+n, seen+n, min(2*batch, most)
			if _, err := track.Step(*done+1, ml.Loss{Train: loss}); err != nil {
				return 0, false, err
			}
			continue
		}
		j := (at + found) % p.n
		p.swap(tries[found].medoid, j)
		loss = p.loss()
		*done++
		at, idle, seen, batch = (j+1)%p.n, 0, seen+found+1, max(1, batch/2)
		if stop, err = track.Step(*done, ml.Loss{Train: loss}); err != nil || stop {
			return ml.Stopped, stop, err
		}
	}
	return ml.Converged, false, nil
}

// only finds the best single medoid.
func (p *medoids) only(track ml.Tracker, done *int) (ml.Status, bool, error) {
	sums := make([]float64, p.n)
	par.For(p.n, p.n, func(lo, hi int) {
		for j := lo; j < hi; j++ {
			for i, d := range p.from(j) {
				sums[j] += float64(p.w(i) * d)
			}
		}
	})
	best := p.medoids[0]
	for j, v := range sums {
		if v < sums[best] {
			best = j
		}
	}
	if best != p.medoids[0] {
		p.swap(0, best)
	}
	*done++
	stop, err := track.Step(*done, ml.Loss{Train: sums[best]})
	return ml.Converged, stop, err
}

// swap puts row j in the place of a medoid.
func (p *medoids) swap(medoid, j int) {
	p.taken[p.medoids[medoid]], p.taken[j] = false, true
	p.medoids[medoid] = j
	m := int32(medoid)
	far := p.from(j)
	for i := range p.near {
		at := &p.near[i]
		if at.first == m || at.second == m {
			*at = p.look(i)
			continue
		}
		switch d := far[i]; {
		case d < at.d1:
			*at = nearest{m, at.first, d, at.d1}
		case d < at.d2 || at.second < 0:
			at.second, at.d2 = m, d
		}
	}
	p.weigh()
}

// Restore checks a model that was read from a file.
func (m *KMedoidsModel) Restore() error {
	const where = "cluster.KMedoidsModel"
	bad := func(field string, cause error) error {
		return &ml.Error{Where: where, Field: field, Found: "impossible numbers", Want: "medoids", Kind: ml.ErrFormat, Cause: cause}
	}
	if len(m.Medoids) == 0 || !(m.Loss >= 0 && m.Loss <= math.MaxFloat64) {
		return bad("Medoids and Loss", nil)
	}
	for i, at := range m.Medoids {
		if at < 0 || m.Precomputed && at >= m.Info.Features || slices.Index(m.Medoids, at) != i {
			return bad("Medoids", nil)
		}
	}
	if m.Precomputed {
		return nil
	}
	if err := checkTensor(where, "Centers", m.Centers, len(m.Medoids), m.Info.Features); err != nil {
		return bad("Centers", err)
	}
	if err := metrics.CheckDistance(where, m.Distance, m.Info.Features); err != nil {
		return bad("Distance", err)
	}
	return nil
}

// K is the number of clusters.
func (m *KMedoidsModel) K() int { return len(m.Medoids) }

func (m *KMedoidsModel) code(x []float64) int {
	best, least := 0, math.Inf(1)
	for c, at := range m.Medoids {
		var d float64
		switch {
		case m.Precomputed:
			d = x[at]
		case m.Distance == nil:
			d = metrics.Euclidean{}.Between(x, m.Centers.Row(c))
		default:
			d = m.Distance.Between(x, m.Centers.Row(c))
		}
		if d < least {
			best, least = c, d
		}
	}
	return best
}

// Predict returns the cluster of each row of x: that of the nearest medoid, the first of equally near ones.
func (m *KMedoidsModel) Predict(x tensor.Matrix) ([]int, error) {
	return predictCodes("cluster.KMedoidsModel.Predict", &m.Fitted, x, m.cost(), m)
}

// PredictInto is Predict into dst, which has one element for each row of x.
func (m *KMedoidsModel) PredictInto(dst []int, x tensor.Matrix) error {
	return predictCodesInto("cluster.KMedoidsModel.PredictInto", &m.Fitted, dst, x, m.cost(), m)
}

func (m *KMedoidsModel) cost() int {
	if m.Precomputed {
		return 2 * len(m.Medoids)
	}
	return 4 * len(m.Medoids) * m.Info.Features
}

// PredictRow returns the cluster of a single row, without allocating.
func (m *KMedoidsModel) PredictRow(x []float64) (int, error) {
	if err := ml.CheckFiniteRow("cluster.KMedoidsModel.PredictRow", &m.Fitted, x); err != nil {
		return 0, err
	}
	return m.code(x), nil
}

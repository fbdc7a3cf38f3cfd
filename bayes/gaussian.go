package bayes

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// GaussianNB is naive Bayes for numbers: within a class every column is normal, and independent of the others. The means and variances
// are gathered chunk by chunk with the update of Chan, Golub and LeVeque (The American Statistician 37 (1983)), so that large
// offsets cost no digits.
//
// Missing numbers (NaN) are left out of the sums, and of the likelihood of the row that has them. A column that a class has never
// seen takes its mean and variance from all classes.
//
// Weights: a row of weight 0 is absent, one of weight k counts as k rows. CSR matrices are not made dense. A fit costs
// about 6·rows·columns operations and keeps 3·K·columns numbers. Nothing is random. The variances and their smoothing are
// scikit-learn's GaussianNB's, but weights count in the smoothing too.
type GaussianNB struct {
	Priors       []float64 // probability of each class, >= 0 with sum 1. nil: their share of the weight
	VarSmoothing float64   // share of the largest variance of all columns that is added to every variance, >= 0. 0: 1e-9. If no column varies, it is the variance
}

var _ ml.Fitter[ml.Dataset[int], *GaussianModel] = GaussianNB{}

// Accepts says that NaN is a missing number.
func (GaussianNB) Accepts() ml.Accepts { return ml.Accepts{Missing: true} }

// Fit returns the classifier.
func (c GaussianNB) Fit(ctx context.Context, d ml.Dataset[int]) (*GaussianModel, error) {
	const where = "bayes.GaussianNB.Fit"
	if err := checkVarSmoothing(where, &c.VarSmoothing); err != nil {
		return nil, err
	}
	if err := d.CheckShape(where, c.Accepts()); err != nil {
		return nil, err
	}
	look := func() error { return ml.CheckFinite(where, &ml.Fitted{Columns: d.Columns}, d.X, true) }
	if d.Weight != nil { // rows of weight 0 add nothing to the moments that would tell
		if err := look(); err != nil {
			return nil, err
		}
	}
	if err := checkPriors(where, c.Priors, d.K()); err != nil {
		return nil, err
	}
	c.Priors = slices.Clone(c.Priors)
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	g := gatherMoments(ctx, d, d.K())
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	m, err := newGaussian(where, ml.NewFitted(d.Table, d.Classes, c), c, g)
	if err != nil {
		return nil, cmp.Or(look(), err) // which number it is, or that they are too large
	}
	return m, nil
}

func checkVarSmoothing(where string, s *float64) error {
	if !(*s >= 0 && *s < math.Inf(1)) {
		return ml.BadConfig(where, "VarSmoothing", *s, ">= 0; 0 means 1e-9")
	}
	if *s == 0 {
		*s = 1e-9
	}
	return nil
}

// moments are those of each column within each class.
type moments struct {
	k, p    int
	count   []float64 // weight of each class
	seen    []float64 // weight of the numbers that are not missing, k x p
	mean    []float64
	scatter []float64 // Σ w (x - mean)²
}

func newMoments(k, p int) *moments {
	return &moments{k, p, make([]float64, k), make([]float64, k*p), make([]float64, k*p), make([]float64, k*p)}
}

func (m *moments) clone() *moments {
	return &moments{m.k, m.p, slices.Clone(m.count), slices.Clone(m.seen), slices.Clone(m.mean), slices.Clone(m.scatter)}
}

// merge adds the moments of other rows.
func (m *moments) merge(o *moments) *moments {
	for c, n := range o.count {
		m.count[c] += n
	}
	for i, n := range o.seen {
		m.seen[i], m.mean[i], m.scatter[i] = mergeMoments(m.seen[i], m.mean[i], m.scatter[i], n, o.mean[i], o.scatter[i])
	}
	return m
}

// mergeMoments joins weight, mean and scatter of two groups.
func mergeMoments(n, mean, scatter, on, omean, oscatter float64) (float64, float64, float64) {
	if on == 0 {
		return n, mean, scatter
	}
	if n == 0 {
		return on, omean, oscatter
	}
	all, step := n+on, omean-mean
	return all, mean + step*(on/all), scatter + oscatter + step*step*(n*(on/all))
}

// gatherMoments reads each chunk of rows once, or, where that would cost digits or something is missing, twice, for means and for squares
// about them, while it lies in a cache.
func gatherMoments(ctx context.Context, d ml.Dataset[int], k int) *moments {
	r := rows.Of(d.X)
	n, p := r.Dims()
	return par.Reduce(n, chunkLength(n, 3*k*p, p), func(_, lo, hi int) *moments {
		m := newMoments(k, p)
		if ctx.Err() != nil {
			return m
		}
		if r.Sparse() {
			m.addSparse(r, d, lo, hi)
		} else if !m.addBlocks(r, d, lo, hi) {
			m.addDense(r, d, lo, hi)
		}
		return m
	}, (*moments).merge)
}

// chunkLength cuts n rows into a fixed number of chunks, fewer if each must hold many numbers of its own.
func chunkLength(n, perChunk, cols int) int {
	const maxChunks, numbers = 64, 1 << 20
	chunks := max(min(numbers/max(perChunk, 1), maxChunks), 1)
	return max((n+chunks-1)/chunks, par.Grain(cols))
}

func weight(d ml.Dataset[int], i int) float64 {
	if d.Weight == nil {
		return 1
	}
	return d.Weight[i]
}

func (m *moments) addDense(r rows.Rows, d ml.Dataset[int], lo, hi int) {
	buf, tmp := make([]float64, m.p), make([]float64, m.p)
	gaps := false // there are missing numbers
	for i := lo; i < hi; i++ {
		w, c := weight(d, i), d.Y[i]
		if w == 0 {
			continue
		}
		m.count[c] += w
		x := r.Row(i, buf)
		seen, sum := m.seen[c*m.p:(c+1)*m.p], m.mean[c*m.p:(c+1)*m.p]
		if s := kern.Sum(x); !math.IsNaN(s) {
			kern.Axpy(w, x, sum)
			continue
		}
		gaps = true
		for j, v := range x {
			if math.IsNaN(v) {
				seen[j] -= w
			} else {
				sum[j] += w * v
			}
		}
	}
	m.finishMeans()
	for i := lo; i < hi; i++ {
		w, c := weight(d, i), d.Y[i]
		if w == 0 {
			continue
		}
		x := r.Row(i, buf)
		mean, scatter := m.mean[c*m.p:(c+1)*m.p], m.scatter[c*m.p:(c+1)*m.p]
		kern.Scal(-1, tmp, mean)
		kern.Add(tmp, x, tmp)
		if gaps {
			for j, v := range tmp {
				if !math.IsNaN(v) {
					scatter[j] += w * v * v
				}
			}
			continue
		}
		if w != 1 {
			kern.Scal(math.Sqrt(w), tmp, tmp)
		}
		kern.FMA(scatter, tmp, tmp, scatter)
	}
}

// finishMeans turns sums into means and what is missing into what was seen.
func (m *moments) finishMeans() {
	for c, n := range m.count {
		for j := c * m.p; j < (c+1)*m.p; j++ {
			m.seen[j] += n
			if m.seen[j] > 0 {
				m.mean[j] /= m.seen[j]
			} else {
				m.seen[j], m.mean[j] = 0, 0 // nothing but rounding
			}
		}
	}
}

// addSparse counts the zeros that are not stored at the end.
func (m *moments) addSparse(r rows.Rows, d ml.Dataset[int], lo, hi int) {
	var buf rows.Entries
	stored := make([]float64, len(m.seen)) // weight of the stored numbers
	for i := lo; i < hi; i++ {
		w, c := weight(d, i), d.Y[i]
		if w == 0 {
			continue
		}
		m.count[c] += w
		cols, vals := r.NZ(i, &buf)
		for q, j := range cols {
			at := c*m.p + int(j)
			stored[at] += w
			if math.IsNaN(vals[q]) {
				m.seen[at] -= w
			} else {
				m.mean[at] += w * vals[q]
			}
		}
	}
	m.finishMeans()
	for i := lo; i < hi; i++ {
		w, c := weight(d, i), d.Y[i]
		if w == 0 {
			continue
		}
		cols, vals := r.NZ(i, &buf)
		for q, j := range cols {
			at := c*m.p + int(j)
			if v := vals[q] - m.mean[at]; !math.IsNaN(v) {
				m.scatter[at] += w * v * v
			}
		}
	}
	for c, n := range m.count {
		for at := c * m.p; at < (c+1)*m.p; at++ {
			if zeros := n - stored[at]; zeros > 0 {
				m.scatter[at] += zeros * m.mean[at] * m.mean[at]
			}
		}
	}
}

// GaussianModel is a fitted GaussianNB.
type GaussianModel struct {
	ml.Fitted
	Prior   []float64               // probability of each class; 0 for one without rows
	Mean    *tensor.Tensor[float64] // K x columns
	Var     *tensor.Tensor[float64] // K x columns, smoothing included
	Count   []float64               // weight of the rows of each class
	Seen    *tensor.Tensor[float64] // K x columns: weight of the numbers that were not missing
	Scatter *tensor.Tensor[float64] // K x columns: Σ w (x - Mean)² of what was seen, from which Update goes on

	shift, inverse []float64 // -Mean and 1/sqrt(Var)
	normalizer     []float64 // log(2π Var)/2
	logPrior       []float64
	constant, zero []float64 // of each class: the score at the mean, and the square of what x = 0 is from it in standard deviations
}

var (
	_ ml.Classifier                               = (*GaussianModel)(nil)
	_ ml.RowPredictor[int]                        = (*GaussianModel)(nil)
	_ ml.RowProba                                 = (*GaussianModel)(nil)
	_ ml.Into[int]                                = (*GaussianModel)(nil)
	_ ml.Updater[ml.Dataset[int], *GaussianModel] = (*GaussianModel)(nil)
)

func newGaussian(where string, f ml.Fitted, c GaussianNB, g *moments) (*GaussianModel, error) {
	k, p := g.k, g.p
	m := &GaussianModel{Fitted: f, Prior: priors(c.Priors, g.count), Count: g.count,
		Seen: tensor.FromSlice(g.seen, k, p), Scatter: tensor.FromSlice(g.scatter, k, p),
		Mean: tensor.FromSlice(slices.Clone(g.mean), k, p), Var: tensor.New[float64](k, p)}
	if !validPriors(m.Prior, nil) {
		return nil, noPrior(where)
	}
	largest := 0.0
	pooledMean, pooledVar := make([]float64, p), make([]float64, p)
	for j := range p {
		n, mean, scatter := 0.0, 0.0, 0.0
		for at := j; at < k*p; at += p {
			n, mean, scatter = mergeMoments(n, mean, scatter, g.seen[at], g.mean[at], g.scatter[at])
		}
		if n > 0 {
			pooledMean[j], pooledVar[j] = mean, scatter/n
		}
		largest = max(largest, pooledVar[j])
	}
	smoothing := c.VarSmoothing * largest
	if smoothing == 0 {
		smoothing = c.VarSmoothing // all columns are constant
	}
	for at, n := range g.seen {
		v := pooledVar[at%p]
		if n > 0 {
			v = g.scatter[at] / n
		} else {
			m.Mean.Data()[at] = pooledMean[at%p]
		}
		m.Var.Data()[at] = v + smoothing
	}
	if !allFinite(m.Var.Data()) || slices.Min(m.Var.Data()) == 0 || !allFinite(m.Mean.Data()) {
		return nil, tooLarge(where)
	}
	m.derive()
	return m, nil
}

func (m *GaussianModel) derive() {
	k, p := m.Mean.Shape()[0], m.Mean.Shape()[1]
	m.shift, m.inverse, m.normalizer = make([]float64, k*p), make([]float64, k*p), make([]float64, k*p)
	m.constant, m.zero, m.logPrior = make([]float64, k), make([]float64, k), make([]float64, k)
	for c := range k {
		m.logPrior[c] = math.Log(m.Prior[c])
		m.constant[c] = m.logPrior[c]
		for j := range p {
			at := c*p + j
			v := m.Var.At(c, j)
			m.shift[at], m.inverse[at] = -m.Mean.At(c, j), 1/math.Sqrt(v)
			m.normalizer[at] = 0.5 * math.Log(2*math.Pi*v)
			m.constant[c] -= m.normalizer[at]
			z := m.shift[at] * m.inverse[at]
			m.zero[c] += z * z
		}
	}
}

// Restore checks a model that was read from a file.
func (m *GaussianModel) Restore() error {
	k, p := len(m.Prior), m.Info.Features
	ok := validPriors(m.Prior, m.Classes) && len(m.Count) == k && isMatrix(m.Mean, k, p) && isMatrix(m.Var, k, p) &&
		isMatrix(m.Seen, k, p) && isMatrix(m.Scatter, k, p) && allFinite(m.Mean.Data()) && allFinite(m.Scatter.Data()) && noneNegative(m.Seen.Data()) && noneNegative(m.Count)
	if ok {
		for _, v := range m.Var.Data() {
			ok = ok && v > 0 && v < math.Inf(1)
		}
	}
	if err := checkRestored("bayes.GaussianModel", &m.Fitted, ok); err != nil {
		return err
	}
	m.derive()
	return nil
}

// Update returns the model of the rows so far and those of d, as if they had been fitted together. d has the columns and no more
// classes than the model; name the Classes in the first fit if its rows may lack one.
func (m *GaussianModel) Update(ctx context.Context, d ml.Dataset[int]) (*GaussianModel, error) {
	const where = "bayes.GaussianModel.Update"
	c, _ := m.Config.(GaussianNB)
	k := len(m.Prior)
	if err := checkUpdate(where, &m.Fitted, d, k, c.Accepts()); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	old := &moments{k: k, p: m.Info.Features, count: m.Count, seen: m.Seen.Data(), mean: m.Mean.Data(), scatter: m.Scatter.Data()}
	g := old.clone().merge(gatherMoments(ctx, d, k))
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	return newGaussian(where, updated(&m.Fitted, d), c, g)
}

func (m *GaussianModel) classes() int        { return len(m.Prior) }
func (m *GaussianModel) possible(c int) bool { return m.Prior[c] > 0 }
func (m *GaussianModel) rowTime() int        { return len(m.Prior) * (m.Info.Features/2 + 20) }

func (m *GaussianModel) dense(c int, x []float64) float64 {
	p := len(x)
	shift, inverse := m.shift[c*p:(c+1)*p], m.inverse[c*p:(c+1)*p]
	var z [128]float64
	sum := 0.0
	for lo := 0; lo < p; lo += len(z) {
		hi := min(lo+len(z), p)
		part := z[:hi-lo]
		kern.Add(part, x[lo:hi], shift[lo:hi])
		kern.Mul(part, part, inverse[lo:hi])
		sum += kern.SumSq(part)
	}
	if math.IsNaN(sum) {
		return m.denseWithGaps(c, x)
	}
	return m.constant[c] - 0.5*sum
}

// denseWithGaps leaves out what is missing.
func (m *GaussianModel) denseWithGaps(c int, x []float64) float64 {
	score := m.logPrior[c]
	for j, v := range x {
		score += m.term(c, j, v)
	}
	return score
}

// term is what an entry adds to the score of a class: its log density, nothing if it is missing.
func (m *GaussianModel) term(c, j int, v float64) float64 {
	at := c*m.Info.Features + j
	if math.IsNaN(v) {
		return 0
	}
	z := (v + m.shift[at]) * m.inverse[at]
	return -0.5*z*z - m.normalizer[at]
}

func (m *GaussianModel) sparse(c int, cols []int32, vals []float64) float64 {
	score := m.constant[c] - 0.5*m.zero[c]
	for q, j := range cols {
		score += m.term(c, int(j), vals[q]) - m.term(c, int(j), 0)
	}
	return score
}

func (m *GaussianModel) fault(where string, i int, x []float64) error {
	return badNumber(where, &m.Fitted, i, x, true)
}

package bayes

import (
	"context"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// MultinomialNB is naive Bayes for counts, such as the words of a text: within a class a row is drawn word by word (McCallum and
// Nigam, AAAI workshop on text categorization (1998)). Entries must be >= 0; fractions such as TF-IDF weights work.
//
// Weights: a row of weight 0 is absent, one of weight k counts as k rows. CSR matrices are not made dense: a fit costs the
// nonzeros, and K·columns numbers. Nothing is random. The results are scikit-learn's.
type MultinomialNB struct {
	Smoothing    float64   // added to the count of every column in every class, > 0. 0: 1 (Laplace); for none take something tiny, such as 1e-10
	UniformPrior bool      // all classes are equally probable. False: by their share of the weight, or Priors
	Priors       []float64 // probability of each class, >= 0 with sum 1. nil: see UniformPrior
}

// ComplementNB is naive Bayes for counts with the parameters of each class taken from all other classes, which suits classes of unequal
// sizes (Rennie, Shih, Teevan and Karger, ICML (2003)). The probabilities of classes do not enter, and its own probabilities
// are no more than a ranking. Weights, cost and input are as in MultinomialNB. The results are scikit-learn's.
type ComplementNB struct {
	Smoothing float64 // as in MultinomialNB
	Norm      bool    // divide the weights of each class by their sum, the second normalisation of the paper. False: as scikit-learn's default
}

// BernoulliNB is naive Bayes for yes and no: within a class every column is a coin of its own, and an absent word counts as
// well (McCallum and Nigam (1998)). Missing entries (NaN) are left out of the likelihood of their row, and of the counts.
// Weights and cost are as in MultinomialNB. The results are scikit-learn's.
type BernoulliNB struct {
	Smoothing    float64   // added to the counts of yes and of no, > 0. 0: 1
	Threshold    float64   // an entry above it is a yes, >= 0. 0: any positive number
	UniformPrior bool      // as in MultinomialNB
	Priors       []float64 // as in MultinomialNB
}

// PoissonNB is naive Bayes for counts of events: within a class every column is Poisson, so that, unlike in MultinomialNB, how
// many events a row has in all counts as well. The rate of a column in a class is (events + Smoothing·r) / (rows + Smoothing), with r
// the rate over all classes: the mean of a Gamma posterior. A column without any event says nothing. Weights, cost and input
// are as in MultinomialNB.
type PoissonNB struct {
	Smoothing    float64   // rows of the overall rate that are added to each class, > 0. 0: 1
	UniformPrior bool      // as in MultinomialNB
	Priors       []float64 // as in MultinomialNB
}

var (
	_ ml.Fitter[ml.Dataset[int], *CountModel] = MultinomialNB{}
	_ ml.Fitter[ml.Dataset[int], *CountModel] = ComplementNB{}
	_ ml.Fitter[ml.Dataset[int], *CountModel] = BernoulliNB{}
	_ ml.Fitter[ml.Dataset[int], *CountModel] = PoissonNB{}
)

// Accepts says that NaN is a missing entry.
func (BernoulliNB) Accepts() ml.Accepts { return ml.Accepts{Missing: true} }

// Fit returns the classifier. X must not be negative.
func (c MultinomialNB) Fit(ctx context.Context, d ml.Dataset[int]) (*CountModel, error) {
	const where = "bayes.MultinomialNB.Fit"
	if err := checkSmoothing(where, &c.Smoothing); err != nil {
		return nil, err
	}
	c.Priors = slices.Clone(c.Priors)
	return fitCounts(ctx, where, d, c, multinomial{c})
}

// Fit returns the classifier. X must not be negative.
func (c ComplementNB) Fit(ctx context.Context, d ml.Dataset[int]) (*CountModel, error) {
	const where = "bayes.ComplementNB.Fit"
	if err := checkSmoothing(where, &c.Smoothing); err != nil {
		return nil, err
	}
	return fitCounts(ctx, where, d, c, complement{c})
}

// Fit returns the classifier.
func (c BernoulliNB) Fit(ctx context.Context, d ml.Dataset[int]) (*CountModel, error) {
	const where = "bayes.BernoulliNB.Fit"
	if err := checkSmoothing(where, &c.Smoothing); err != nil {
		return nil, err
	}
	if !(c.Threshold >= 0 && c.Threshold < math.Inf(1)) {
		return nil, ml.BadConfig(where, "Threshold", c.Threshold, ">= 0 and finite")
	}
	c.Priors = slices.Clone(c.Priors)
	return fitCounts(ctx, where, d, c, bernoulli{c})
}

// Fit returns the classifier. X must not be negative.
func (c PoissonNB) Fit(ctx context.Context, d ml.Dataset[int]) (*CountModel, error) {
	const where = "bayes.PoissonNB.Fit"
	if err := checkSmoothing(where, &c.Smoothing); err != nil {
		return nil, err
	}
	c.Priors = slices.Clone(c.Priors)
	return fitCounts(ctx, where, d, c, poisson{c})
}

func checkSmoothing(where string, s *float64) error {
	if !(*s >= 0 && *s < math.Inf(1)) {
		return ml.BadConfig(where, "Smoothing", *s, "> 0; 0 means 1")
	}
	if *s == 0 {
		*s = 1
	}
	return nil
}

// A kind of count model says what of an entry counts, and what the counts mean.
type countKind interface {
	entry(v float64) (float64, bool) // what an entry adds to its count; false for one that cannot be
	priors() (uniform bool, configured []float64)
	weigh(m *CountModel) // fills Coef and Intercept, and the absent part, from the counts
}

func kindOf(config any) countKind {
	switch c := config.(type) {
	case MultinomialNB:
		return multinomial{c}
	case ComplementNB:
		return complement{c}
	case BernoulliNB:
		return bernoulli{c}
	case PoissonNB:
		return poisson{c}
	}
	return nil
}

func fitCounts(ctx context.Context, where string, d ml.Dataset[int], config any, kind countKind) (*CountModel, error) {
	if err := d.Check(where, ml.AcceptsOf(config)); err != nil {
		return nil, err
	}
	if err := checkEitherPrior(where, kind.priors, d.K()); err != nil {
		return nil, err
	}
	t, err := gatherCounts(ctx, where, d, d.K(), kind)
	if err != nil {
		return nil, err
	}
	return newCountModel(where, ml.NewFitted(d.Table, d.Classes, config), t, kind)
}

// tally is what the count models know of the rows.
type tally struct {
	count   []float64 // weight of each class
	sums    []float64 // of the entries, K x columns
	missing []float64 // weight of the missing entries, K x columns; nil: none
	bad     int       // first row with an entry that cannot be; -1 for none
}

func gatherCounts(ctx context.Context, where string, d ml.Dataset[int], k int, kind countKind) (*tally, error) {
	r := rows.Of(d.X)
	n, p := r.Dims()
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	_, yesNo := kind.(bernoulli)
	t := par.Reduce(n, chunkLength(n, k*p, p), func(_, lo, hi int) *tally {
		t := &tally{count: make([]float64, k), sums: make([]float64, k*p), bad: -1}
		if ctx.Err() == nil {
			t.add(r, d, lo, hi, kind, !yesNo)
		}
		return t
	}, func(a, b *tally) *tally {
		kern.Axpy(1, b.count, a.count)
		kern.Axpy(1, b.sums, a.sums)
		if b.missing != nil {
			if a.missing == nil {
				a.missing = make([]float64, len(a.sums))
			}
			kern.Axpy(1, b.missing, a.missing)
		}
		if a.bad < 0 {
			a.bad = b.bad
		}
		return a
	})
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	if t.bad >= 0 {
		return nil, badEntry(where, d.Columns, t.bad, r.Row(t.bad, make([]float64, p)), kind)
	}
	if !allFinite(t.sums) {
		return nil, tooLarge(where)
	}
	return t, nil
}

// add counts rows lo..hi-1. Whole rows add up as they are, if no entry is negative.
func (t *tally) add(r rows.Rows, d ml.Dataset[int], lo, hi int, kind countKind, whole bool) {
	p := r.Cols()
	var buf rows.Entries
	row := make([]float64, p)
	for i := lo; i < hi; i++ {
		w, c := weight(d, i), d.Y[i]
		if w == 0 {
			continue
		}
		t.count[c] += w
		sums := t.sums[c*p : (c+1)*p]
		if whole && !r.Sparse() {
			x := r.Row(i, row)
			if kern.Min(x) < 0 {
				t.bad = i
				return
			}
			kern.Axpy(w, x, sums)
			continue
		}
		cols, vals := r.NZ(i, &buf)
		for q, j := range cols {
			v, ok := kind.entry(vals[q])
			switch {
			case !ok:
				t.bad = i
				return
			case math.IsNaN(v):
				if t.missing == nil {
					t.missing = make([]float64, len(t.sums))
				}
				t.missing[c*p+int(j)] += w
			default:
				sums[j] += w * v
			}
		}
	}
}

// badEntry is the error of the first entry of row i that is not a count.
func badEntry(where string, columns []ml.Column, i int, x []float64, kind countKind) error {
	for j, v := range x {
		if _, ok := kind.entry(v); !ok {
			e := ml.NotFinite(where, columns, i, j, v)
			if v < 0 {
				e.Want, e.Kind = "a count >= 0", ml.ErrData
			}
			return e
		}
	}
	return nil
}

func newCountModel(where string, f ml.Fitted, t *tally, kind countKind) (*CountModel, error) {
	k, p := len(t.count), len(t.sums)/len(t.count)
	m := &CountModel{Fitted: f, Count: t.count, FeatureCount: tensor.FromSlice(t.sums, k, p), Missing: t.missing,
		Coef: tensor.New[float64](k, p), Intercept: make([]float64, k)}
	m.Prior = chosenPriors(kind.priors, t.count)
	if !validPriors(m.Prior, nil) {
		return nil, noPrior(where)
	}
	kind.weigh(m)
	for c := range k {
		if m.Prior[c] > 0 && !allFinite(m.Coef.Row(c)) {
			return nil, tooLarge(where)
		}
	}
	m.derive(kind)
	return m, nil
}

// CountModel is a fitted MultinomialNB, ComplementNB, BernoulliNB or PoissonNB: a score for each class that is linear in the entries.
type CountModel struct {
	ml.Fitted
	Coef         *tensor.Tensor[float64] // K x columns: what an entry adds to the score of a class, log p(column | class) of the multinomial
	Intercept    []float64               // of each class; -Inf for a class without rows
	Prior        []float64               // probability of each class; 0 for one without rows
	Count        []float64               // weight of the rows of each class
	FeatureCount *tensor.Tensor[float64] // K x columns: sum of the entries, of the yeses for BernoulliNB
	Missing      []float64               // K·columns: weight of the missing entries of BernoulliNB, row by row; nil: none

	kind   countKind
	absent []float64 // BernoulliNB: log p(no), which a missing entry does not have; K x columns
}

var (
	_ ml.Classifier                            = (*CountModel)(nil)
	_ ml.RowPredictor[int]                     = (*CountModel)(nil)
	_ ml.RowProba                              = (*CountModel)(nil)
	_ ml.Into[int]                             = (*CountModel)(nil)
	_ ml.Updater[ml.Dataset[int], *CountModel] = (*CountModel)(nil)
)

func (m *CountModel) derive(kind countKind) {
	m.kind = kind
	if b, ok := kind.(bernoulli); ok {
		m.absent = b.absent(m)
	}
}

// Restore checks a model that was read from a file.
func (m *CountModel) Restore() error {
	k, p := len(m.Prior), m.Info.Features
	kind := kindOf(m.Config)
	ok := kind != nil && validPriors(m.Prior, m.Classes) && len(m.Count) == k && len(m.Intercept) == k && isMatrix(m.Coef, k, p) && isMatrix(m.FeatureCount, k, p) &&
		(m.Missing == nil || len(m.Missing) == k*p && noneNegative(m.Missing)) && noneNegative(m.Count) && noneNegative(m.FeatureCount.Data())
	for c := 0; ok && c < k; c++ {
		ok = m.Prior[c] == 0 || allFinite(m.Coef.Row(c)) && !math.IsNaN(m.Intercept[c]-m.Intercept[c])
	}
	if err := checkRestored("bayes.CountModel", &m.Fitted, ok); err != nil {
		return err
	}
	m.derive(kind)
	return nil
}

// Update returns the model of the rows so far and those of d, as if they had been fitted together. d has the columns and no more
// classes than the model; name the Classes in the first fit if its rows may lack one.
func (m *CountModel) Update(ctx context.Context, d ml.Dataset[int]) (*CountModel, error) {
	const where = "bayes.CountModel.Update"
	k := len(m.Prior)
	if err := checkUpdate(where, &m.Fitted, d, k, ml.AcceptsOf(m.Config)); err != nil {
		return nil, err
	}
	t, err := gatherCounts(ctx, where, d, k, m.kind)
	if err != nil {
		return nil, err
	}
	kern.Axpy(1, m.Count, t.count)
	kern.Axpy(1, m.FeatureCount.Data(), t.sums)
	if m.Missing != nil {
		if t.missing == nil {
			t.missing = make([]float64, len(t.sums))
		}
		kern.Axpy(1, m.Missing, t.missing)
	}
	return newCountModel(where, updated(&m.Fitted, d), t, m.kind)
}

func (m *CountModel) classes() int        { return len(m.Prior) }
func (m *CountModel) possible(c int) bool { return m.Prior[c] > 0 }
func (m *CountModel) rowTime() int        { return len(m.Prior) * (m.Info.Features/4 + 10) }

func (m *CountModel) dense(c int, x []float64) float64 {
	if m.absent == nil {
		return product(m.Coef.Row(c), x) + m.Intercept[c]
	}
	score, coef := m.Intercept[c], m.Coef.Row(c)
	for j, v := range x {
		score += m.answer(c, j, v, coef[j])
	}
	return score
}

func (m *CountModel) linear() (coef *tensor.Tensor[float64], intercept []float64) {
	if m.absent != nil {
		return nil, nil
	}
	return m.Coef, m.Intercept
}

func (m *CountModel) sparse(c int, cols []int32, vals []float64) float64 {
	score, coef := m.Intercept[c], m.Coef.Row(c)
	for q, j := range cols {
		if m.absent == nil {
			score += vals[q] * coef[j]
		} else {
			score += m.answer(c, int(j), vals[q], coef[j])
		}
	}
	return score
}

// answer is what an entry of BernoulliNB adds to the score of a row of noes: nothing for a no, minus that no for a missing one.
func (m *CountModel) answer(c, j int, v, yes float64) float64 {
	switch e, ok := m.kind.entry(v); {
	case !ok:
		return math.NaN()
	case e == 1:
		return yes
	case e == 0:
		return 0
	}
	return -m.absent[c*m.Info.Features+j]
}

func (m *CountModel) fault(where string, i int, x []float64) error {
	return badNumber(where, &m.Fitted, i, x, m.absent != nil)
}

type multinomial struct{ MultinomialNB }

func (multinomial) entry(v float64) (float64, bool)                { return v, v >= 0 }
func (k multinomial) priors() (uniform bool, configured []float64) { return k.UniformPrior, k.Priors }

func (k multinomial) weigh(m *CountModel) {
	for c, prior := range m.Prior {
		total := 0.0
		coef := m.Coef.Row(c)
		for j, n := range m.FeatureCount.Row(c) {
			coef[j] = n + k.Smoothing
			total += coef[j]
		}
		kern.Log(coef, coef)
		norm := math.Log(total)
		for j := range coef {
			coef[j] -= norm
		}
		m.Intercept[c] = math.Log(prior)
	}
}

type poisson struct{ PoissonNB }

func (poisson) entry(v float64) (float64, bool)                { return v, v >= 0 }
func (k poisson) priors() (uniform bool, configured []float64) { return k.UniformPrior, k.Priors }

func (k poisson) weigh(m *CountModel) {
	p := m.Info.Features
	all, rows := make([]float64, p), 0.0
	for c, n := range m.Count {
		kern.Axpy(1, m.FeatureCount.Row(c), all)
		rows += n
	}
	for c, prior := range m.Prior {
		coef := m.Coef.Row(c)
		m.Intercept[c] = math.Log(prior)
		for j, n := range m.FeatureCount.Row(c) {
			coef[j] = 0
			if all[j] > 0 {
				rate := (n + k.Smoothing*(all[j]/rows)) / (m.Count[c] + k.Smoothing)
				coef[j] = math.Log(rate)
				m.Intercept[c] -= rate
			}
		}
	}
}

type complement struct{ ComplementNB }

func (complement) entry(v float64) (float64, bool)              { return v, v >= 0 }
func (complement) priors() (uniform bool, configured []float64) { return false, nil }

func (k complement) weigh(m *CountModel) {
	p := m.Info.Features
	all := make([]float64, p)
	for c := range m.Prior {
		kern.Axpy(1, m.FeatureCount.Row(c), all)
	}
	for c, prior := range m.Prior {
		coef, total := m.Coef.Row(c), 0.0
		for j, n := range m.FeatureCount.Row(c) {
			coef[j] = max(all[j]-n, 0) + k.Smoothing
			total += coef[j]
		}
		sum, norm := 0.0, math.Log(total)
		kern.Log(coef, coef)
		for j := range coef {
			coef[j] -= norm
			sum += coef[j]
		}
		for j := range coef {
			if k.Norm {
				coef[j] /= sum
			} else {
				coef[j] = -coef[j]
			}
		}
		if prior == 0 {
			m.Intercept[c] = math.Inf(-1)
		}
	}
}

type bernoulli struct{ BernoulliNB }

func (k bernoulli) entry(v float64) (float64, bool) {
	switch {
	case math.IsNaN(v):
		return v, true
	case v > k.Threshold:
		return 1, !math.IsInf(v, 1)
	}
	return 0, !math.IsInf(v, -1)
}
func (k bernoulli) priors() (uniform bool, configured []float64) { return k.UniformPrior, k.Priors }

// weigh makes the score of a row of noes the intercept.
func (k bernoulli) weigh(m *CountModel) {
	for c, prior := range m.Prior {
		m.Intercept[c] = math.Log(prior)
		coef := m.Coef.Row(c)
		for j := range coef {
			yes, no := k.logs(m, c, j)
			coef[j] = yes - no
			m.Intercept[c] += no
		}
	}
}

// logs of the probabilities of yes and no.
func (k bernoulli) logs(m *CountModel, c, j int) (yes, no float64) {
	n, seen := m.FeatureCount.At(c, j), m.Count[c]
	if m.Missing != nil {
		seen -= m.Missing[c*m.Info.Features+j]
	}
	seen = max(seen, n) // rounding
	total := math.Log(seen + 2*k.Smoothing)
	return math.Log(n+k.Smoothing) - total, math.Log(seen-n+k.Smoothing) - total
}

func (k bernoulli) absent(m *CountModel) []float64 {
	out := make([]float64, 0, m.classes()*m.Info.Features)
	for c := range m.Prior {
		for j := range m.Info.Features {
			_, no := k.logs(m, c, j)
			out = append(out, no)
		}
	}
	return out
}

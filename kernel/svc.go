package kernel

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

// SVC is the support vector machine with a kernel. For two classes, y_i being -1 or 1, it minimises the dual objective
//
//	½ Σ_ij a_i a_j y_i y_j K(x_i, x_j) - Σ a_i,  0 <= a_i <= C·w_i,  Σ y_i a_i = 0
//
// where w_i is the weight of the row times that of its class; more classes are told apart pair by pair and vote. These are LIBSVM's problems, and
// with Tol alike its solutions: scikit-learn's SVC has the same support vectors, dual coefficients and intercepts.
//
// The method is sequential minimal optimisation in blocks of 256 variables with second-order selection, shrinking and a cache of kernel rows. Kernel values are
// matrix products where the kernel allows it (Gaussian, linear, polynomial, sigmoid), on all cores. Sparse rows stay sparse. The
// cost is between rows² and rows³ times columns; columns should share a scale (features.StandardScaler).
//
// Weights: a row of weight 0 is absent, one of weight k counts as k rows. Nothing is random. Probabilities come from selection.Calibrated, cross-fitted: selection.Calibrated{Base: ml.Decide(kernel.SVC{})}.
//
// Cortes and Vapnik: Support-vector networks. Machine Learning 20 (1995). Chang and Lin: LIBSVM. ACM TIST 2 (2011).
type SVC struct {
	C           float64        // inverse strength of the penalty, > 0. 0: 1
	Kernel      metrics.Kernel // nil: metrics.RBF with Gamma 1/(columns · weighted variance of X). Also [Precomputed], and kernels of your own
	ClassWeight ml.ClassWeight // how much each class counts. Zero: all rows as they are
	BreakTies   bool           // equal votes go to the class with the highest DecisionFunction. False: to the lowest code
	NoShrinking bool           // keep all rows in play. False: leave out those whose variables stay at bounds
	CacheMB     int            // memory for kernel rows, in MiB, of each pair of classes under way. 0: 200
	MaxIter     int            // blocks at the most. 0: 100000
	Tol         float64        // ends when no pair of rows violates the optimality conditions by more, in units of margin. 0: 1e-3
}

// NuSVC is [SVC] with another parameter: Nu bounds the share of rows inside of the margin from above, and that of support vectors from below. It is a
// bad config if the classes of a pair are too unequal for it: Nu may be at most 2·min(W_a, W_b)/(W_a + W_b) for classes of weights W.
//
// Schölkopf, Smola, Williamson and Bartlett: New support vector algorithms. Neural Computation 12 (2000).
type NuSVC struct {
	Nu          float64        // above 0, up to 1. 0: 0.5
	Kernel      metrics.Kernel // as in SVC
	ClassWeight ml.ClassWeight // as in SVC
	BreakTies   bool           // as in SVC
	NoShrinking bool           // as in SVC
	CacheMB     int            // as in SVC
	MaxIter     int            // as in SVC
	Tol         float64        // as in SVC
}

var (
	_ ml.Fitter[ml.Dataset[int], *SVCModel] = SVC{}
	_ ml.Fitter[ml.Dataset[int], *SVCModel] = NuSVC{}
)

// Fit returns the classifier. Info.Gap is the largest violation of the optimality conditions over all pairs.
func (c SVC) Fit(ctx context.Context, d ml.Dataset[int]) (*SVCModel, error) {
	const where = "kernel.SVC.Fit"
	if err := positive(where, "C", &c.C, 1); err != nil {
		return nil, err
	}
	s := solver{c.Tol, c.MaxIter, c.CacheMB}
	if err := s.resolve(where); err != nil {
		return nil, err
	}
	c.Tol, c.MaxIter, c.CacheMB = s.Tol, s.MaxIter, s.CacheMB
	c.ClassWeight.PerClass = slices.Clone(c.ClassWeight.PerClass)
	return fitSVC(ctx, where, d, svcOptions{config: c, solver: s, kernel: c.Kernel, class: c.ClassWeight, shrink: !c.NoShrinking, c: c.C})
}

// Fit returns the classifier, as SVC does.
func (c NuSVC) Fit(ctx context.Context, d ml.Dataset[int]) (*SVCModel, error) {
	const where = "kernel.NuSVC.Fit"
	if err := share(where, &c.Nu); err != nil {
		return nil, err
	}
	s := solver{c.Tol, c.MaxIter, c.CacheMB}
	if err := s.resolve(where); err != nil {
		return nil, err
	}
	c.Tol, c.MaxIter, c.CacheMB = s.Tol, s.MaxIter, s.CacheMB
	c.ClassWeight.PerClass = slices.Clone(c.ClassWeight.PerClass)
	return fitSVC(ctx, where, d, svcOptions{config: c, solver: s, kernel: c.Kernel, class: c.ClassWeight, shrink: !c.NoShrinking, nu: c.Nu})
}

type svcOptions struct {
	solver
	config any
	kernel metrics.Kernel
	class  ml.ClassWeight
	shrink bool
	c, nu  float64 // nu > 0: NuSVC
}

// pairFit is the solution for two classes.
type pairFit struct {
	coef                      []float64 // of the rows of both
	intercept, objective, gap float64
	blocks                    int
	status                    ml.Status
}

func fitSVC(ctx context.Context, where string, d ml.Dataset[int], o svcOptions) (*SVCModel, error) {
	if err := d.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	weight, err := o.class.Weights(where, d.Y, d.Weight, d.K())
	if err != nil {
		return nil, err
	}
	x := rows.Of(d.X)
	kernel, err := resolveKernel(where, o.kernel, presentRows(d.X, weight), d.Weight, weight)
	if err != nil {
		return nil, err
	}
	idx, w := present(len(d.Y), weight)
	of, wOf := make([][]int, d.K()), make([][]float64, d.K())
	for k, i := range idx {
		of[d.Y[i]], wOf[d.Y[i]] = append(of[d.Y[i]], i), append(wOf[d.Y[i]], w[k])
	}
	m := &SVCModel{Fitted: ml.NewFitted(d.Table, d.Classes, o.config), Width: max(d.K(), 2)}
	for c, rows := range of {
		if len(rows) > 0 {
			m.Seen = append(m.Seen, c)
		}
	}
	seen := len(m.Seen)
	if seen < 2 {
		return nil, &ml.Error{Where: where, Field: "Y", Found: fmt.Sprintf("%d class with rows", seen), Want: "at least two", Kind: ml.ErrTarget}
	}
	var pairs [][2]int
	for a := range seen {
		for b := a + 1; b < seen; b++ {
			pairs = append(pairs, [2]int{m.Seen[a], m.Seen[b]})
		}
	}
	fits := make([]pairFit, len(pairs))
	solve := func(ctx context.Context, k int) error {
		a, b := pairs[k][0], pairs[k][1]
		f, err := o.pair(ctx, where, kernel, x, [2][]int{of[a], of[b]}, [2][]float64{wOf[a], wOf[b]})
		fits[k] = f
		return err
	}
	if len(pairs) == 1 {
		err = solve(ctx, 0)
	} else {
		err = par.Do(ctx, len(pairs), func(ctx context.Context, k int) error { return solve(ml.WithTask(ctx, "pair", k, len(pairs)), k) })
	}
	if err != nil {
		return nil, err
	}
	m.assemble(kernel, x, d.X, of, pairs, fits)
	if err := m.ready(where); err != nil {
		return nil, err
	}
	return m, nil
}

// presentRows are those whose weight is not zero.
func presentRows(x tensor.Matrix, weight []float64) rows.Rows {
	if idx, _ := present(len(weight), weight); len(idx) < len(weight) {
		return rows.Of(rows.Select(x, idx))
	}
	return rows.Of(x)
}

// pair solves for two classes; the second counts as positive.
func (o svcOptions) pair(ctx context.Context, where string, kernel metrics.Kernel, x rows.Rows, idx [2][]int, w [2][]float64) (pairFit, error) {
	n := len(idx[0]) + len(idx[1])
	d := &dual{kernel: kernel, x: x, idx: slices.Concat(idx[0], idx[1]), y: make([]float64, n), p: make([]float64, n), c: slices.Concat(w[0], w[1]), a: make([]float64, n),
		tol: o.Tol, maxIter: o.MaxIter, cache: o.CacheMB << 20, shrink: o.shrink, track: ml.Track(ctx, "block", o.MaxIter)}
	total := 0.0
	for i := range n {
		d.y[i] = 1
		if i < len(idx[0]) {
			d.y[i] = -1
		}
		total += d.c[i]
		if o.nu == 0 {
			d.p[i] = -1
			d.c[i] *= o.c
		}
	}
	if o.nu > 0 {
		d.nu = true
		for g, lo := range []int{0, len(idx[0])} {
			if left := spend(d.a[lo:lo+len(idx[g])], d.c[lo:], o.nu*total/2); left > 1e-12*total {
				return pairFit{}, ml.BadConfig(where, "Nu", o.nu, "at most 2·min(W_a, W_b)/(W_a + W_b) for every two classes, W being the weight of their rows")
			}
		}
	}
	if err := d.solve(ctx); err != nil {
		return pairFit{}, err
	}
	f := pairFit{coef: make([]float64, n), objective: d.objective(), gap: d.gap, blocks: d.blocks, status: d.status}
	v := d.offsets()
	scale := 1.0
	if o.nu > 0 {
		// The margin, by which all is divided, so that it is 1 as in SVC.
		r := (v[1] - v[0]) / 2
		if !(r > o.Tol) { // scores are known to within Tol: a smaller margin is none
			return f, ml.BadConfig(where, "Nu", o.nu, fmt.Sprintf("a value that leaves a margin between the classes, of more than Tol, %v: it is %v", o.Tol, r))
		}
		scale = 1 / r
		v[0] = (v[0] + v[1]) / 2
	}
	f.intercept = v[0] * scale
	f.objective *= scale * scale
	for i := range f.coef {
		f.coef[i] = d.y[i] * d.a[i] * scale
	}
	return f, nil
}

// spend raises a to c one by one until the sum is met, and returns what is left.
func spend(a, c []float64, sum float64) float64 {
	for i := range a {
		a[i] = min(sum, c[i])
		sum -= a[i]
	}
	return sum
}

// SVCModel is a fitted [SVC] or [NuSVC].
type SVCModel struct {
	ml.Fitted
	Expansion
	Width     int                     // classes
	Seen      []int                   // codes of those with training rows, rising
	Count     []int                   // support vectors of each of those; they lie class by class
	Dual      *tensor.Tensor[float64] // (len(Seen)-1) x support vectors: a·y of each vector against the other classes in rising order; positive for the higher code
	Intercept []float64               // of each pair (0, 1), (0, 2), ..., (1, 2), ... of classes seen
	Objective []float64               // dual objective of each pair
	Violation []float64               // the largest violation of the optimality conditions of each pair

	pairs  [][2]int // places in Seen
	starts []int
}

var (
	_ ml.Predictor[int]    = (*SVCModel)(nil)
	_ ml.RowPredictor[int] = (*SVCModel)(nil)
	_ ml.Into[int]         = (*SVCModel)(nil)
	_ ml.Decider           = (*SVCModel)(nil)
)

func (m *SVCModel) assemble(kernel metrics.Kernel, x rows.Rows, matrix tensor.Matrix, of [][]int, pairs [][2]int, fits []pairFit) {
	var support []int
	isVector := map[int]bool{}
	for k, p := range pairs {
		for t, r := range slices.Concat(of[p[0]], of[p[1]]) {
			if fits[k].coef[t] != 0 {
				isVector[r] = true
			}
		}
	}
	place := map[int]int{}
	for _, c := range m.Seen {
		before := len(support)
		for _, r := range of[c] {
			if isVector[r] {
				place[r] = len(support)
				support = append(support, r)
			}
		}
		m.Count = append(m.Count, len(support)-before)
	}
	m.Dual = tensor.New[float64](len(m.Seen)-1, len(support))
	m.Info.Status = ml.Converged
	for k, p := range pairs {
		a, b := slices.Index(m.Seen, p[0]), slices.Index(m.Seen, p[1])
		f := fits[k]
		for t, r := range slices.Concat(of[p[0]], of[p[1]]) {
			if f.coef[t] == 0 {
				continue
			}
			row := b - 1
			if t >= len(of[p[0]]) {
				row = a
			}
			m.Dual.Set(f.coef[t], row, place[r])
		}
		m.Intercept, m.Objective, m.Violation = append(m.Intercept, f.intercept), append(m.Objective, f.objective), append(m.Violation, f.gap)
		m.Info.Status, m.Info.Gap, m.Info.Iterations = worse(m.Info.Status, f.status), max(m.Info.Gap, f.gap), max(m.Info.Iterations, f.blocks)
	}
	m.Expansion = newExpansion(kernel, x, matrix, support)
}

// Restore checks a model that was read from a file.
func (m *SVCModel) Restore() error { return m.ready("kernel.SVCModel") }

func (m *SVCModel) ready(where string) error {
	bad := &ml.Error{Where: where, Field: "Dual", Found: "shapes that do not fit", Want: "one number for each support vector and pair of classes", Kind: ml.ErrFormat}
	seen := len(m.Seen)
	if seen < 2 || m.Width < seen || m.Width > math.MaxInt32 || len(m.Count) != seen || m.Dual == nil || len(m.Intercept) != seen*(seen-1)/2 || m.Classes != nil && len(m.Classes) != m.Width {
		return bad
	}
	m.starts, m.pairs = []int{0}, nil
	for a, c := range m.Seen {
		if c < 0 || c >= m.Width || a > 0 && c <= m.Seen[a-1] || m.Count[a] < 0 || m.Count[a] > len(m.Support) {
			return bad
		}
		m.starts = append(m.starts, m.starts[a]+m.Count[a])
		for b := a + 1; b < seen; b++ {
			m.pairs = append(m.pairs, [2]int{a, b})
		}
	}
	if s := m.Dual.Shape(); len(s) != 2 || s[0] != seen-1 || s[1] != len(m.Support) || m.starts[seen] != len(m.Support) {
		return bad
	}
	if err := checkGram(where, m.Dual.Data()); err != nil {
		return err
	}
	if err := checkGram(where, m.Intercept); err != nil {
		return err
	}
	return m.Expansion.ready(where, &m.Fitted)
}

// pair is the score of a pair, positive for the higher code, from the kernel values of a row.
func (m *SVCModel) pair(q int, k []float64) float64 {
	a, b := m.pairs[q][0], m.pairs[q][1]
	la, ha, lb, hb := m.starts[a], m.starts[a+1], m.starts[b], m.starts[b+1]
	return m.Intercept[q] + kern.Dot(k[la:ha], m.Dual.Row(b - 1)[la:ha]) + kern.Dot(k[lb:hb], m.Dual.Row(a)[lb:hb])
}

// ovr writes votes, with ties told apart by sums of scores, as scikit-learn does.
func (m *SVCModel) ovr(dst, k []float64) {
	if m.Width == 2 {
		dst[0] = m.pair(0, k)
		return
	}
	for c := range dst {
		dst[c] = math.Inf(-1)
	}
	for _, c := range m.Seen {
		dst[c] = 0
	}
	for q, p := range m.pairs { // first the sums
		s := m.pair(q, k)
		dst[m.Seen[p[0]]] -= s
		dst[m.Seen[p[1]]] += s
	}
	for _, c := range m.Seen {
		dst[c] /= 3 * (math.Abs(dst[c]) + 1)
	}
	for q, p := range m.pairs {
		if m.pair(q, k) > 0 {
			dst[m.Seen[p[1]]]++
		} else {
			dst[m.Seen[p[0]]]++
		}
	}
}

// class is the answer for a row; votes is room for Width numbers.
func (m *SVCModel) class(k, votes []float64) int {
	if len(m.Seen) == 2 {
		if m.pair(0, k) > 0 {
			return m.Seen[1]
		}
		return m.Seen[0]
	}
	if m.breaks() {
		m.ovr(votes, k)
		return kern.ArgMax(votes)
	}
	clear(votes)
	for q, p := range m.pairs {
		if m.pair(q, k) > 0 {
			votes[m.Seen[p[1]]]++
		} else {
			votes[m.Seen[p[0]]]++
		}
	}
	return kern.ArgMax(votes)
}

func (m *SVCModel) breaks() bool {
	switch c := m.Config.(type) {
	case SVC:
		return c.BreakTies
	case NuSVC:
		return c.BreakTies
	}
	return false
}

// Predict returns the class code of each row of x, which must be finite.
func (m *SVCModel) Predict(x tensor.Matrix) ([]int, error) {
	if err := ml.CheckPredict("kernel.SVCModel.Predict", &m.Fitted, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out := make([]int, n)
	return out, m.PredictInto(out, x)
}

// PredictInto is Predict into dst, which has one element for each row of x.
func (m *SVCModel) PredictInto(dst []int, x tensor.Matrix) error {
	const where = "kernel.SVCModel.PredictInto"
	if err := checkAsked(where, &m.Fitted, x); err != nil {
		return err
	}
	if n, _ := x.Dims(); len(dst) != n {
		return ml.BadShape(where, "dst", fmt.Sprintf("%d long", len(dst)), fmt.Sprint(n))
	}
	if few(len(dst)) {
		r, a := rows.Of(x), m.ask(m.Width)
		for i := range dst {
			k, votes := m.one(a, r.Row(i, a.row))
			dst[i] = m.class(k, votes)
		}
		askers.Put(a)
		return nil
	}
	m.each(x, func(i int, _, k []float64) {
		votes, back := kern.Borrow(m.Width)
		dst[i] = m.class(k, votes)
		back()
	})
	return nil
}

// PredictRow returns the class code of a single row without allocating.
func (m *SVCModel) PredictRow(x []float64) (int, error) {
	const where = "kernel.SVCModel.PredictRow"
	if err := checkAskedRow(where, &m.Fitted, x); err != nil {
		return 0, err
	}
	a := m.ask(m.Width)
	k, votes := m.one(a, x)
	c := m.class(k, votes)
	askers.Put(a)
	return c, nil
}

// DecisionFunction returns rows x 1 scores for two classes, positive for the second, and rows x K for more: the votes of each class, plus a number below a half that grows with
// the sum of its scores, scikit-learn's "ovr". A class without training rows has -Inf.
func (m *SVCModel) DecisionFunction(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	const where = "kernel.SVCModel.DecisionFunction"
	if err := checkAsked(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	width := m.Width
	if width == 2 {
		width = 1
	}
	out := tensor.New[float64](n, width)
	m.each(x, func(i int, _, k []float64) { m.ovr(out.Row(i), k) })
	return out, nil
}

// PairScores returns rows x pairs scores of the pairs of classes seen, in the order of Intercept, positive for the higher code. (scikit-learn's "ovo" has the other sign.)
func (m *SVCModel) PairScores(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	const where = "kernel.SVCModel.PairScores"
	if err := checkAsked(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out := tensor.New[float64](n, len(m.pairs))
	m.each(x, func(i int, _, k []float64) {
		for q := range m.pairs {
			out.Row(i)[q] = m.pair(q, k)
		}
	})
	return out, nil
}

// checkAsked is the first line of every question about rows.
func checkAsked(where string, f *ml.Fitted, x tensor.Matrix) error {
	if err := ml.CheckPredict(where, f, x); err != nil {
		return err
	}
	return ml.CheckFinite(where, f, x, false)
}

func checkAskedRow(where string, f *ml.Fitted, x []float64) error {
	if err := ml.CheckRow(where, f, x); err != nil {
		return err
	}
	return ml.CheckFiniteRow(where, f, x)
}

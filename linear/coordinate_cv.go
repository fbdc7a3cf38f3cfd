package linear

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/folds"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/tensor"
)

// penaltySearch chooses a penalty by cross-validation over paths and fits with it.
type penaltySearch struct {
	descentOptions
	where    string
	ratios   []float64
	grid     alphaGrid
	k        int
	splitter ml.Splitter
	oneSE    bool

	x      *design     // all rows
	alphas [][]float64 // for each ratio
	parts  []*crossProducts
}

func (s *penaltySearch) check() error {
	if len(s.ratios) == 0 {
		return ml.BadConfig(s.where, "L1Ratios", "empty", "at least one, or nil for 0.5")
	}
	if err := checkFolds(s.where, s.k, s.splitter); err != nil {
		return err
	}
	return s.checkPath(s.where, s.grid, s.ratios)
}

func checkFolds(where string, k int, splitter ml.Splitter) error {
	switch {
	case k < 0 || k == 1:
		return ml.BadConfig(where, "K", k, ">= 2; 0 means 5")
	case k > 0 && splitter != nil:
		return ml.BadConfig(where, "K", k, "0 when Splitter is set: only one of them")
	}
	return nil
}

// run returns the fits to all rows, one for each target.
func (s *penaltySearch) run(ctx context.Context, data ml.AnyData, targets [][]float64) ([]solution, ml.Info, PenaltyCV, error) {
	none := func(err error) ([]solution, ml.Info, PenaltyCV, error) { return nil, ml.Info{}, PenaltyCV{}, err }
	division, err := divided(s.where, s.k, s.splitter, data, func(n, k int) []int { return folds.KFold(n, k, nil) })
	if err != nil {
		return none(err)
	}
	if s.x, err = s.prepare(ctx, s.where, data.Table, targets, false); err != nil {
		return none(err)
	}
	shared := s.x.smallGram() && isPartition(division, s.x.rows)
	if shared {
		for _, f := range division {
			part, err := s.x.productsOf(ctx, f.Test)
			if err != nil {
				return none(err)
			}
			s.parts = append(s.parts, part)
		}
	}
	terms, source, err := s.whole(ctx)
	if err != nil {
		return none(err)
	}
	for _, r := range s.ratios {
		s.alphas = append(s.alphas, s.grid.falling(terms, r, s.positive))
	}
	results := make([]foldResult, len(division))
	err = par.Do(ctx, len(division), func(ctx context.Context, f int) error {
		return s.fold(ml.WithTask(ctx, "fold", f, len(division)), f, division[f], &results[f])
	})
	if err != nil {
		return none(err)
	}
	found, note, stopped := s.choose(results)
	final := s.descentOptions
	final.alpha, final.l1Ratio = found.Alpha, found.L1Ratio
	fits, info, err := final.run(ml.WithTask(ctx, "all rows", 0, 1), s.where, s.x, 0, terms, source)
	if err != nil {
		return none(err)
	}
	info.Note = note
	if stopped {
		info.Status = ml.Stopped
	}
	return fits, info, found, nil
}

// whole is the problem of all rows.
func (s *penaltySearch) whole(ctx context.Context) (lossTerms, curvature, error) {
	tasks := len(s.x.targets)
	if s.parts != nil {
		terms, full, _ := joined(s.x, s.parts, 0, tasks)
		return terms, full, nil
	}
	return s.x.shared(ctx, tasks)
}

// divided asks the splitter, or makes k folds of its own (0: 5, or as many as there are rows).
func divided(where string, k int, splitter ml.Splitter, data ml.AnyData, own func(n, k int) []int) ([]ml.Fold, error) {
	n, _ := data.X.Dims()
	if splitter == nil {
		if k == 0 {
			k = min(5, n)
		}
		if k > n || n < 2 {
			return nil, ml.BadShape(where, "X", fmt.Sprintf("of %d rows with a positive weight", n), fmt.Sprintf("at least %d, one for each fold", max(k, 2)))
		}
		var out []ml.Fold
		for _, test := range folds.Tests(own(n, k), k) {
			out = append(out, ml.Fold{Test: test})
		}
		return out, nil
	}
	division, err := splitter.Split(data)
	if err != nil {
		return nil, err
	}
	return division, ml.CheckFolds(where, "Splitter", division, n)
}

// isPartition says that every row is tested once and learned from in all other folds.
func isPartition(division []ml.Fold, n int) bool {
	seen := make([]bool, n)
	count := 0
	for _, f := range division {
		if f.Train != nil {
			return false
		}
		for _, i := range f.Test {
			if seen[i] {
				return false
			}
			seen[i] = true
			count++
		}
	}
	return count == n && len(division) > 1
}

// foldResult is what one fold says.
type foldResult struct {
	weight    float64     // of the test rows
	errors    [][]float64 // for each ratio and penalty
	stopped   bool
	unsettled int // fits that did not converge
}

func (s *penaltySearch) fold(ctx context.Context, f int, fold ml.Fold, out *foldResult) error {
	tasks := len(s.x.targets)
	terms, source, view, err := s.training(ctx, f, fold)
	if err != nil {
		return err
	}
	d := newDescent(terms, source, s.descentOptions)
	track := ml.Track(ctx, "penalty", len(s.ratios)*len(s.alphas[0]))
	for _, i := range fold.Test {
		out.weight += s.x.w(i)
	}
	step := 0
	for r, ratio := range s.ratios {
		var fits []solution
		if out.stopped {
			break
		}
		d.restart()
		err := d.follow(ctx, s.alphas[r], ratio, s.positive, func(_ int, o outcome) (stop bool, err error) {
			if o.status != ml.Converged {
				out.unsettled++
			}
			fits = append(fits, d.solutions(view, 0)...)
			step++
			out.stopped, err = track.Step(step, ml.Loss{Train: o.loss})
			return out.stopped, err
		})
		if err != nil {
			return err
		}
		out.errors = append(out.errors, s.x.testErrors(fold.Test, fits, tasks))
	}
	return ml.Done(ctx)
}

// training is the problem of a fold's training rows; the design is for intercepts.
func (s *penaltySearch) training(ctx context.Context, f int, fold ml.Fold) (lossTerms, curvature, *design, error) {
	tasks := len(s.x.targets)
	if s.parts != nil {
		others := make([]*crossProducts, 0, len(s.parts))
		others = append(append(others, s.parts[:f]...), s.parts[f+1:]...)
		terms, full, view := joined(s.x, others, 0, tasks)
		return terms, full, view, nil
	}
	weight := make([]float64, s.x.rows) // rows may be named twice
	for _, i := range fold.TrainRows(s.x.rows) {
		weight[i] += s.x.w(i)
	}
	x := *s.x
	x.weight = weight
	view, err := measured(s.where, &x)
	if err != nil {
		return lossTerms{}, nil, nil, err
	}
	terms, source, err := view.shared(ctx, tasks)
	return terms, source, view, err
}

// testErrors are the weighted mean squares of what models leave of the rows, averaged over the tasks: fits has those of the tasks of one model,
// then those of the next.
func (d *design) testErrors(rows []int, fits []solution, tasks int) []float64 {
	m := len(fits)
	coef, intercept := make([]float64, m*d.cols), make([]float64, m)
	for k, f := range fits {
		copy(coef[k*d.cols:(k+1)*d.cols], f.coef)
		intercept[k] = f.intercept
	}
	sums := par.Reduce(len(rows), grain(len(rows), m*(d.cols/16+2)), func(_, lo, hi int) []float64 {
		sum := make([]float64, m+1) // the total weight behind the sums
		const length = 32
		x, pred := make([]float64, length*d.cols), make([]float64, length*m)
		buf := d.rowScratch()
		for ; lo < hi; lo += length {
			now := rows[lo:min(lo+length, hi)]
			if d.sparse() {
				for a, i := range now {
					cols, vals := d.nonzeros(i, buf)
					for k := range m {
						pred[a*m+k] = kern.SparseDot(vals, cols, coef[k*d.cols:(k+1)*d.cols])
					}
				}
			} else {
				for a, i := range now {
					copy(x[a*d.cols:(a+1)*d.cols], d.row(i, buf))
				}
				kern.Gemm(false, true, len(now), m, d.cols, 1, x, d.cols, coef, d.cols, 0, pred, m)
			}
			for a, i := range now {
				w := d.w(i)
				sum[m] += w
				for k, p := range pred[a*m : (a+1)*m] {
					r := d.targets[k%tasks][i] - p - intercept[k]
					sum[k] += w * r * r
				}
			}
		}
		return sum
	}, addInto)
	out := make([]float64, m/tasks)
	for k := range m {
		out[k/tasks] += sums[k] / sums[m] / float64(tasks)
	}
	return out
}

// foldTable is what the folds say together, of the penalties that all of them have tried.
type foldTable struct {
	folds              *tensor.Tensor[float64] // ratios x penalties x folds
	means, errors      *tensor.Tensor[float64] // ratios x penalties: weighted by the folds, and their standard errors
	ratio, best, oneSE int                     // places of the best mean, and of the first as good as it but for a standard error
}

// summarize makes the table. Less is better if lower.
func summarize(results []foldResult, ratios, penalties int, lower bool) (t foldTable, unsettled int, stopped bool) {
	for _, r := range results {
		ratios = min(ratios, len(r.errors))
		stopped = stopped || r.stopped
		unsettled += r.unsettled
	}
	for _, r := range results { // a fold that was stopped ends within a ratio: leave that out, or cut it if it is the only one
		if last := len(r.errors[ratios-1]); last < penalties {
			if ratios > 1 {
				ratios--
				break
			}
			penalties = last
		}
	}
	for _, r := range results {
		penalties = min(penalties, len(r.errors[0]))
	}
	folds := len(results)
	t.means, t.errors, t.folds = tensor.New[float64](ratios, penalties), tensor.New[float64](ratios, penalties), tensor.New[float64](ratios, penalties, folds)
	sign := 1.0
	if !lower {
		sign = -1
	}
	best := math.Inf(1)
	for r := range ratios {
		for k := range penalties {
			mean, spread, total := 0.0, 0.0, 0.0
			for f, fold := range results {
				e := fold.errors[r][k]
				t.folds.Set(e, r, k, f)
				mean += fold.weight * e
				total += fold.weight
			}
			mean /= total
			for _, fold := range results {
				e := fold.errors[r][k] - mean
				spread += fold.weight / total * e * e
			}
			t.means.Set(mean, r, k)
			if folds > 1 {
				t.errors.Set(math.Sqrt(spread/float64(folds-1)), r, k)
			}
			if sign*mean < best {
				best, t.ratio, t.best = sign*mean, r, k
			}
		}
	}
	t.oneSE = t.best
	for k := range t.best {
		if sign*t.means.At(t.ratio, k) <= best+t.errors.At(t.ratio, t.best) {
			t.oneSE = k
			break
		}
	}
	return t, unsettled, stopped
}

// choose compares the penalties that all folds have tried.
func (s *penaltySearch) choose(results []foldResult) (PenaltyCV, string, bool) {
	table, unsettled, stopped := summarize(results, len(s.ratios), len(s.alphas[0]), true)
	ratios, penalties := table.means.Dims()
	c := PenaltyCV{L1Ratios: s.ratios[:ratios:ratios], Alphas: tensor.New[float64](ratios, penalties), FoldErrors: table.folds, Errors: table.means, StdErrors: table.errors}
	for r := range ratios {
		copy(c.Alphas.Row(r), s.alphas[r])
	}
	falling := s.alphas[table.ratio]
	c.L1Ratio, c.BestAlpha, c.OneSEAlpha = s.ratios[table.ratio], falling[table.best], falling[table.oneSE]
	c.Alpha = c.BestAlpha
	if s.oneSE {
		c.Alpha = c.OneSEAlpha
	}
	note := ""
	switch {
	case unsettled > 0:
		note = fmt.Sprintf("%d fits on folds did not converge", unsettled)
	case table.best == penalties-1 && penalties > 1:
		note = "the smallest penalty of the grid has the least error: try smaller ones"
	}
	return c, note, stopped
}

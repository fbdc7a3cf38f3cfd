package linear

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/folds"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/tensor"
)

// LogisticRegressionCV is [LogisticRegression] with the penalty chosen by cross-validation: a path of penalties is fitted to the training rows of
// every fold, and that penalty taken whose score on the rows left out is the best on average, or with OneSE a stronger one that does about as well. Then the
// model is fitted to all rows. The penalty is one for all classes; [OneVsRestLogisticCV] finds one for each.
//
// Folds run side by side; progress reports carry the task "fold", and after them "all rows". A class that the training rows of a fold lack has
// probability 0 there, which the log-loss counts as 2^-52, as scikit-learn does. Rows of a single class are an error.
//
// Weights count in fits and scores, and a fold by the total weight of its rows. A row of weight 0 is absent, also when folds are made; a row of
// weight k is in one fold, unlike k rows. Class weights count in fits only. Nothing is random but what the Splitter does.
type LogisticRegressionCV struct {
	L1Ratios    []float64      // to try, each as L1Ratio in LogisticRegression. nil: 0, squares only
	Cs          []float64      // inverse strengths of the penalties, > 0, in any order. nil: NCs for each of L1Ratios, as in LogisticPath, from all rows
	NCs         int            // 0: 25
	Eps         float64        // as in LogisticPath
	K           int            // folds, each with its share of every class, at least 2; not with Splitter. 0: 5, or as many as there are rows
	Splitter    ml.Splitter    // other folds. nil: K stratified ones, of rows as they come
	Score       ml.Scorer[int] // what is compared, such as selection.ROCAUC{}. nil: the log-loss
	OneSE       bool           // take the strongest penalty of the best L1Ratio whose mean score is within a standard error of the best. False: the best
	NoIntercept bool           // as in LogisticRegression
	ClassWeight ml.ClassWeight // as in LogisticRegression
	MaxIter     int            // as in LogisticRegression, for each fit
	Tol         float64        // as in LogisticRegression
}

// LogisticCV is what cross-validation over paths of logistic regression found.
type LogisticCV struct {
	C, L1Ratio float64                 // those that the model has
	BestC      float64                 // of the best mean score
	OneSEC     float64                 // the strongest penalty of the same L1Ratio whose mean score is within a standard error of the best
	L1Ratios   []float64               // tried
	Cs         *tensor.Tensor[float64] // L1Ratios x penalties, rising in each row
	FoldScores *tensor.Tensor[float64] // L1Ratios x penalties x folds: on the rows left out; the mean log-loss unless there is a Score
	Scores     *tensor.Tensor[float64] // L1Ratios x penalties: their means, weighted by the folds
	StdErrors  *tensor.Tensor[float64] // L1Ratios x penalties: the standard errors of these; 0 for a single fold
}

// LogisticCVModel is a fitted logistic regression with the search for its penalty.
type LogisticCVModel struct {
	LogisticModel
	LogisticCV
}

var (
	_ ml.Fitter[ml.Dataset[int], *LogisticCVModel] = LogisticRegressionCV{}
	_ ml.Classifier                                = (*LogisticCVModel)(nil)
	_ ml.RowPredictor[int]                         = (*LogisticCVModel)(nil)
	_ ml.RowProba                                  = (*LogisticCVModel)(nil)
)

// Fit chooses the penalty and fits the model. Info is that of the fit to all rows, as after LogisticRegression; Info.Note also says when the weakest
// penalty of the grid is the best, or fits on folds did not converge. An error of Score ends the fit.
func (c LogisticRegressionCV) Fit(ctx context.Context, d ml.Dataset[int]) (*LogisticCVModel, error) {
	const where = "linear.LogisticRegressionCV.Fit"
	s, d, err := c.search(where, d)
	if err != nil {
		return nil, err
	}
	p, found, info, err := s.run(ctx, d)
	if err != nil {
		return nil, err
	}
	return &LogisticCVModel{LogisticModel: *p.model(s.config, info), LogisticCV: found}, nil
}

// strengthSearch chooses a penalty of logistic regression by cross-validation over paths.
type strengthSearch struct {
	where  string
	config LogisticRegressionCV // with its defaults
	grid   cGrid
	ones   []LogisticRegression // for each ratio, resolved
	cs     [][]float64          // for each ratio
	folds  []ml.Fold
	class  int // to be told from all others; -1: all classes
}

// search checks the config and the data, and leaves rows of weight 0 out.
func (c LogisticRegressionCV) search(where string, d ml.Dataset[int]) (*strengthSearch, ml.Dataset[int], error) {
	s := &strengthSearch{where: where, class: -1, grid: cGrid{cs: c.Cs, n: c.NCs, eps: c.Eps}.withDefaults(25)}
	none := func(err error) (*strengthSearch, ml.Dataset[int], error) { return nil, d, err }
	if err := s.grid.check(where); err != nil {
		return none(err)
	}
	c.L1Ratios = slices.Clone(c.L1Ratios)
	if c.L1Ratios == nil {
		c.L1Ratios = []float64{0}
	}
	if len(c.L1Ratios) == 0 {
		return none(ml.BadConfig(where, "L1Ratios", "empty", "at least one, or nil for 0"))
	}
	if err := checkFolds(where, c.K, c.Splitter); err != nil {
		return none(err)
	}
	for k, r := range c.L1Ratios {
		if err := checkL1Ratio(where, fmt.Sprintf("L1Ratios[%d]", k), r); err != nil {
			return none(err)
		}
		one, err := LogisticRegression{C: 1, L1Ratio: r, NoIntercept: c.NoIntercept, ClassWeight: c.ClassWeight, MaxIter: c.MaxIter, Tol: c.Tol}.resolve(where)
		if err != nil {
			return none(err)
		}
		s.ones = append(s.ones, one)
	}
	c.Cs, c.NCs, c.Eps, c.MaxIter, c.ClassWeight = slices.Clone(c.Cs), s.grid.n, s.grid.eps, s.ones[0].MaxIter, s.ones[0].ClassWeight
	s.config = c
	if err := d.CheckShape(where, ml.Accepts{}); err != nil {
		return none(err)
	}
	if rows := absent(d.Weight); rows != nil {
		present := d.Select(rows)
		if present.K() < d.K() {
			present.Classes = d.NameClasses().Classes
		}
		d = present
	}
	return s, d, nil
}

// run returns the problem of all rows, solved for the penalty chosen.
func (s *strengthSearch) run(ctx context.Context, d ml.Dataset[int]) (*logisticProblem, LogisticCV, ml.Info, error) {
	none := func(err error) (*logisticProblem, LogisticCV, ml.Info, error) {
		return nil, LogisticCV{}, ml.Info{}, err
	}
	whole, err := s.ones[0].problem(ctx, s.where, d)
	if err == nil && s.class >= 0 {
		whole, err = s.ones[0].weighted(s.where, told(d, s.class), whole.weight)
	}
	if err != nil {
		return none(err)
	}
	if s.folds == nil {
		if s.folds, err = s.divide(d); err != nil {
			return none(err)
		}
	}
	for _, one := range s.ones {
		whole.LogisticRegression = one
		cs, err := s.grid.rising(whole)
		if err != nil {
			return none(err)
		}
		s.cs = append(s.cs, cs)
	}
	results := make([]foldResult, len(s.folds))
	err = par.Do(ctx, len(s.folds), func(ctx context.Context, f int) error {
		return s.fold(ml.WithTask(ctx, "fold", f, len(s.folds)), f, d, &results[f])
	})
	if err != nil {
		return none(err)
	}
	found, note, stopped := s.choose(results)
	ratio := slices.Index(s.config.L1Ratios, found.L1Ratio)
	whole.LogisticRegression = s.ones[ratio]
	whole.params, whole.prox = nil, nil
	track := ml.Track(ml.WithTask(ctx, "all rows", 0, 1), "iteration", whole.MaxIter)
	out, err := whole.solve(ctx, found.C, func(step int, f float64) (bool, error) { return track.Step(step, ml.Loss{Train: f}) })
	if err != nil {
		return none(err)
	}
	if note != "" && out.info.Note != "" {
		note += "; "
	}
	out.info.Note = note + out.info.Note
	if stopped {
		out.info.Status = ml.Stopped
	}
	return whole, found, out.info, nil
}

func (s *strengthSearch) divide(d ml.Dataset[int]) ([]ml.Fold, error) {
	return divided(s.where, s.config.K, s.config.Splitter, d.Any(), func(_, k int) []int { return folds.Stratified(d.Y, k, nil) })
}

func (s *strengthSearch) fold(ctx context.Context, f int, d ml.Dataset[int], out *foldResult) error {
	train := make([]float64, len(d.Y)) // rows may be named twice
	for _, i := range s.folds[f].TrainRows(len(d.Y)) {
		train[i] += weightOf(d.Weight, i)
	}
	weight, err := s.ones[0].ClassWeight.Weights(s.where, d.Y, train, d.K())
	if err != nil {
		return err
	}
	named := d.NameClasses()
	if s.class >= 0 {
		named = told(d, s.class)
	}
	test := named.Select(s.folds[f].Test)
	test.Valid = nil
	for i := range test.Y {
		out.weight += weightOf(test.Weight, i)
	}
	track := ml.Track(ctx, "penalty", len(s.ones)*len(s.cs[0]))
	step := 0
	for r, one := range s.ones {
		p, err := one.weighted(s.where, named, weight)
		if err != nil {
			return inFold(err, f)
		}
		p.loss.along = new(alongPath)
		var scores []float64
		for _, c := range s.cs[r] {
			fit, err := p.solve(ctx, c, quietly(ctx))
			if err != nil {
				return err
			}
			if fit.info.Status != ml.Converged {
				out.unsettled++
			}
			one.C = c
			score, err := s.score(ctx, p.model(one, fit.info), test)
			if err != nil {
				return fmt.Errorf("%s: fold %d: %w", s.where, f, err)
			}
			scores = append(scores, score)
			step++
			if out.stopped, err = track.Step(step, ml.Loss{Train: fit.loss}); err != nil {
				return err
			}
			if out.stopped {
				break
			}
		}
		out.errors = append(out.errors, scores)
		if out.stopped {
			break
		}
	}
	return ml.Done(ctx)
}

// inFold says which fold has rows of one class only.
func inFold(err error, f int) error {
	var e *ml.Error
	if errors.As(err, &e) && e.Kind == ml.ErrTarget {
		e.Found += fmt.Sprintf(", in the training rows of fold %d", f)
	}
	return err
}

// weightOf is the weight of row i.
func weightOf(weight []float64, i int) float64 {
	if weight == nil {
		return 1
	}
	return weight[i]
}

func (s *strengthSearch) score(ctx context.Context, m *LogisticModel, test ml.Dataset[int]) (float64, error) {
	if s.config.Score != nil {
		return s.config.Score.Score(ctx, m, test)
	}
	logs, err := m.PredictLogProba(test.X)
	if err != nil {
		return 0, err
	}
	const least = -52 * math.Ln2
	sum, total := 0.0, 0.0
	for i, y := range test.Y {
		w := weightOf(test.Weight, i)
		sum -= w * max(logs.At(i, y), least)
		total += w
	}
	return sum / total, nil
}

// choose compares the penalties that all folds have tried.
func (s *strengthSearch) choose(results []foldResult) (LogisticCV, string, bool) {
	lower := s.config.Score == nil || s.config.Score.Lower()
	table, unsettled, stopped := summarize(results, len(s.ones), len(s.cs[0]), lower)
	ratios, penalties := table.means.Dims()
	c := LogisticCV{L1Ratios: s.config.L1Ratios[:ratios:ratios], Cs: tensor.New[float64](ratios, penalties), FoldScores: table.folds, Scores: table.means, StdErrors: table.errors}
	for r := range ratios {
		copy(c.Cs.Row(r), s.cs[r])
	}
	c.L1Ratio, c.BestC, c.OneSEC = s.config.L1Ratios[table.ratio], s.cs[table.ratio][table.best], s.cs[table.ratio][table.oneSE]
	c.C = c.BestC
	if s.config.OneSE {
		c.C = c.OneSEC
	}
	note := ""
	switch {
	case unsettled > 0:
		note = fmt.Sprintf("%d fits on folds did not converge", unsettled)
	case table.best == penalties-1 && penalties > 1:
		note = "the weakest penalty of the grid has the best score: try a larger C"
	}
	return c, note, stopped
}

// Restore checks a model that was read from a file.
func (m *LogisticCVModel) Restore() error {
	if err := m.LogisticModel.Restore(); err != nil {
		return err
	}
	return checkShape("linear.LogisticCVModel", &m.Fitted, m.consistent())
}

func (p *LogisticCV) consistent() bool {
	if p.Cs == nil || p.Cs.Rank() != 2 || p.FoldScores == nil || p.FoldScores.Rank() != 3 || !p.FoldScores.Contiguous() {
		return false
	}
	r, k := p.Cs.Dims()
	folds := p.FoldScores.Shape()[2]
	return r > 0 && k > 0 && folds > 0 && len(p.L1Ratios) == r && isMatrix(p.Cs, r, k) && isMatrix(p.Scores, r, k) && isMatrix(p.StdErrors, r, k) &&
		slices.Equal(p.FoldScores.Shape(), []int{r, k, folds}) && p.C > 0 && !math.IsInf(p.C, 1)
}

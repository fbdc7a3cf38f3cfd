package selection

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
)

// Tuner searches a space of parameters by cross-validation and fits the best ones to all rows. It is a Fitter, so it nests in cross-validation: see
// [Honest]. Make it with Tune, set the other fields where needed:
//
//	tuner := selection.Tune(space, selection.BayesSearch{Trials: 60}, selection.StratifiedKFold{}, selection.LogLoss{})
//	tuned, err := tuner.Fit(ctx, train)
//	fmt.Print(tuned)                 // the table of all trials
//	pred, err := tuned.Predict(test.X)
//
// Since a space holds funcs, a Tuner is no data and is not saved; its model is: ml.Save(w, tuned.Best). For a fixed list of configs that is data throughout
// there is [Search].
type Tuner[P any, Y any, M ml.Predictor[Y], C ml.Fitter[ml.Dataset[Y], M]] struct {
	Space    Space[P, C]
	Strategy Strategy // nil: RandomSearch{}
	Splitter ml.Splitter
	Scorers  []ml.Scorer[Y]   // the first one decides, the others are for the table
	Refit    Refit            // nil: BestMean
	Simpler  func(a, b P) int // negative where a is simpler: the order in which Refit sees the trials. nil: that in which they were made
	Journal  *Journal         // takes down every score, so that a search that was ended can be resumed. nil: none
}

// Tune makes a Tuner.
func Tune[P any, Y any, M ml.Predictor[Y], C ml.Fitter[ml.Dataset[Y], M]](space Space[P, C], strategy Strategy, s ml.Splitter, scorers ...ml.Scorer[Y]) Tuner[P, Y, M, C] {
	return Tuner[P, Y, M, C]{Space: space, Strategy: strategy, Splitter: s, Scorers: scorers}
}

// Trial is what a search found out about one point of its space.
type Trial[P any] struct {
	Params    P
	Metrics   []Metric        // of each scorer; nil if a fit or a score failed
	Fault     string          // why it failed, "" if it did not
	Rung      int             // of a HalvingSearch, from 0
	Resource  int             // what it was given: units of the resource's field, or training rows of the smallest fold
	Whole     bool            // all of the resource: only such trials can be chosen
	FitTime   []time.Duration // of each fold, by the clock: others ran beside it
	ScoreTime []time.Duration

	point []float64
}

// Tuned is the chosen parameters' model, fitted to all rows, and the table of all trials.
type Tuned[P any, Y any, M ml.Predictor[Y]] struct {
	*SearchModel[Y, M] // Candidates are the trials by the first scorer, Config the chosen config
	Params             P
	Trials             []Trial[P] // in the order in which they were made
	Names              []string   // of the space's dimensions: the fields' own

	shown [][]string // the value of each dimension, for each trial
}

// Fit tries points, each on every fold, in parallel, and fits the choice to all of d. A trial whose fit or score fails, or scores NaN, is recorded and cannot
// win; if none is left, so does the search, with the first one's error. A point that is met again is not fitted again.
//
// All but the times is the same on any number of cores, whether or not the search was cancelled and resumed from its Journal. Progress reports carry the
// tasks "trial" and "fold", and "best" for the last fit. The cost is that of trials x folds fits, and the rows of the folds under way are held once.
func (t Tuner[P, Y, M, C]) Fit(ctx context.Context, d ml.Dataset[Y]) (*Tuned[P, Y, M], error) {
	const where = "selection.Tuner.Fit"
	s, err := t.begin(where, d)
	if err != nil {
		return nil, err
	}
	var done []result
	for {
		batch := s.run.next(done)
		if len(batch) == 0 {
			break
		}
		results, err := s.try(ctx, batch)
		if err != nil {
			return nil, err
		}
		done = append(done, results...)
	}
	return s.finish(ctx, d)
}

// Accepts is what the config of the space's base accepts.
func (t Tuner[P, Y, M, C]) Accepts() ml.Accepts {
	if t.Space.Build == nil {
		return ml.Accepts{}
	}
	return ml.AcceptsOf(t.Space.Build(t.Space.Base))
}

// tuning is a search under way.
type tuning[P any, Y any, M ml.Predictor[Y], C ml.Fitter[ml.Dataset[Y], M]] struct {
	Tuner[P, Y, M, C]
	where   string
	terrain *terrain[P]
	run     run
	plan    *plan[Y]
	order   [][]int // of the training rows of each fold, where they are the resource
	trials  []Trial[P]
	first   error          // of the first trial that failed
	known   map[string]int // trials by point and part
}

func (t Tuner[P, Y, M, C]) begin(where string, d ml.Dataset[Y]) (*tuning[P, Y, M, C], error) {
	if len(t.Scorers) == 0 {
		return nil, noScorer(where)
	}
	if err := checkFit(where, t, t.Scorers); err != nil {
		return nil, err
	}
	if t.Strategy == nil {
		t.Strategy = RandomSearch{}
	}
	terrain, err := t.Space.terrain(where)
	if err != nil {
		return nil, err
	}
	p, err := newPlan(where, d, t.Splitter, 0)
	if err != nil {
		return nil, err
	}
	r, err := t.Strategy.start(where, terrain)
	if err != nil {
		return nil, err
	}
	s := &tuning[P, Y, M, C]{Tuner: t, where: where, terrain: terrain, run: r, plan: p, known: map[string]int{}}
	if h, ok := r.(*halving); ok {
		s.grant(h)
	}
	if t.Journal != nil {
		if err := t.Journal.open(where, s.fingerprint(), len(p.folds), len(t.Scorers)); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// grant tells a halving the least share of the resource, and draws the order in which rows are given.
func (s *tuning[P, Y, M, C]) grant(h *halving) {
	config := s.Strategy.(HalvingSearch)
	if i := s.terrain.resource; i >= 0 {
		a := s.terrain.dims[i].axis
		h.least = max(a.low, float64(config.Least)) / a.high
		return
	}
	least := config.Least
	if least == 0 {
		least = 20
	}
	h.least = float64(least) / float64(s.plan.smallestTrain())
	for i := range s.plan.folds {
		fold := s.plan.folds[i].fold
		s.order = append(s.order, TrainSizes{Seed: config.Seed}.order(s.plan.data, fold.TrainRows(s.plan.data.Rows()), uint64(i)))
	}
}

// try evaluates a batch: fold by fold, all its trials together, so that few folds are held at a time.
func (s *tuning[P, Y, M, C]) try(ctx context.Context, batch []proposal) ([]result, error) {
	k, base := len(s.plan.folds), len(s.trials)
	p, part := s.plan, batch[0].part // one for all of a batch
	for i := range batch {
		batch[i].point = s.given(batch[i])
	}
	if s.order != nil && part < 1 {
		p = s.fewer(part)
	}
	fresh := make([]int, 0, len(batch)) // trials of the batch that are not copies of others
	copies := make([]int, len(batch))
	for i, q := range batch {
		key := fmt.Sprint(q.point, q.part)
		of, seen := s.known[key]
		if !seen {
			of = base + i
			s.known[key] = of
			fresh = append(fresh, i)
		}
		copies[i] = of
	}
	configs := make([]C, len(batch))
	for _, i := range fresh {
		configs[i] = s.Space.Build(s.terrain.at(batch[i].point))
		if any(configs[i]) == nil {
			return nil, ml.BadConfig(s.where, "Space.Build", "a func that gives nil", "an estimator's config")
		}
	}
	cells := make([][]cell, len(batch))
	type task struct{ trial, fold int }
	var tasks []task
	for fold := range k {
		uses := 0
		for _, i := range fresh {
			if fold == 0 {
				cells[i] = make([]cell, k)
			}
			if s.Journal != nil {
				c, found, err := s.Journal.recall(base+i, fold, batch[i].point)
				if err != nil {
					return nil, err
				}
				if found {
					cells[i][fold] = c
					continue
				}
			}
			tasks = append(tasks, task{i, fold})
			uses++
		}
		p.folds[fold].uses = uses
	}
	err := par.Do(ctx, len(tasks), func(ctx context.Context, n int) error {
		i, fold := tasks[n].trial, tasks[n].fold
		ctx = ml.WithTask(ml.WithTask(ctx, "trial", base+i, 0), "fold", fold, k)
		c, err := try(ctx, s.where, configs[i], p, fold, s.Scorers)
		if err != nil {
			return err
		}
		cells[i][fold] = c
		if s.Journal != nil {
			return s.Journal.note(base+i, fold, batch[i].point, c)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := make([]result, len(batch))
	for i, q := range batch {
		if copies[i] == base+i {
			s.add(q, p, cells[i])
		} else {
			again := s.trials[copies[i]]
			again.Rung = q.rung
			s.trials = append(s.trials, again)
		}
		out[i] = result{q, s.loss(s.trials[base+i])}
	}
	return out, nil
}

// given is the point with its part of a resource that is a field.
func (s *tuning[P, Y, M, C]) given(q proposal) []float64 {
	i := s.terrain.resource
	if i < 0 || q.part == 1 {
		return s.terrain.full(q.point)
	}
	a := s.terrain.dims[i].axis
	point := slices.Clone(q.point)
	point[i] = max(a.low, math.Round(q.part*a.high))
	return point
}

// full is the point with all of the resource.
func (t *terrain[P]) full(point []float64) []float64 {
	if t.resource >= 0 {
		point = slices.Clone(point)
		point[t.resource] = t.dims[t.resource].axis.high
	}
	return point
}

// fewer is the plan with a part of the training rows.
func (s *tuning[P, Y, M, C]) fewer(part float64) *plan[Y] {
	p := &plan[Y]{data: s.plan.data, folds: make([]foldRows[Y], len(s.plan.folds))}
	for i := range p.folds {
		rows := s.order[i]
		n := max(1, int(math.Round(part*float64(len(rows)))))
		p.folds[i].fold = ml.Fold{Test: s.plan.folds[i].fold.Test, Train: rows[:n:n]}
	}
	return p
}

// add takes down a trial.
func (s *tuning[P, Y, M, C]) add(q proposal, p *plan[Y], cells []cell) {
	t := Trial[P]{Params: s.terrain.at(q.point), Rung: q.rung, Whole: q.part == 1, point: q.point}
	if i := s.terrain.resource; i >= 0 {
		t.Resource = int(q.point[i])
	} else {
		t.Resource = p.smallestTrain()
	}
	scores := make([][]float64, len(cells))
	for fold, c := range cells {
		t.FitTime, t.ScoreTime = append(t.FitTime, c.fit), append(t.ScoreTime, c.scoreTime)
		scores[fold] = c.scores
	}
	if err := firstFault(cells); err != nil {
		t.Fault = err.Error()
		if s.first == nil {
			s.first = err
		}
	}
	if t.Fault == "" {
		t.Metrics = p.table(s.Scorers, scores).Metrics
	}
	s.trials = append(s.trials, t)
}

// loss is what strategies make small.
func (s *tuning[P, Y, M, C]) loss(t Trial[P]) float64 {
	switch {
	case t.Fault != "":
		return math.Inf(1)
	case s.Scorers[0].Lower():
		return t.Metrics[0].Mean()
	}
	return -t.Metrics[0].Mean()
}

// candidate is a trial as a Refit sees it.
func (t Trial[P]) candidate() Candidate {
	switch {
	case t.Fault != "":
		return Candidate{Mean: math.NaN(), Fault: t.Fault}
	case !t.Whole:
		return Candidate{Folds: t.Metrics[0].Folds, Mean: t.Metrics[0].Mean(), Fault: "a part of the resource"}
	}
	return Candidate{Folds: t.Metrics[0].Folds, Mean: t.Metrics[0].Mean()}
}

// finish chooses a trial and fits it to all rows.
func (s *tuning[P, Y, M, C]) finish(ctx context.Context, d ml.Dataset[Y]) (*Tuned[P, Y, M], error) {
	candidates, order := make([]Candidate, len(s.trials)), make([]int, len(s.trials))
	ok := false
	for i, t := range s.trials {
		candidates[i], order[i] = t.candidate(), i
		ok = ok || candidates[i].Fault == ""
	}
	if !ok {
		return nil, fmt.Errorf("%s: none of %d trials could be fitted and scored: %w", s.where, len(s.trials), s.first)
	}
	if s.Simpler != nil {
		slices.SortStableFunc(order, func(a, b int) int { return s.Simpler(s.trials[a].Params, s.trials[b].Params) })
	}
	seen := make([]Candidate, len(order))
	for i, of := range order {
		seen[i] = candidates[of]
	}
	pick, err := picked(s.where, s.Refit, seen, s.Scorers[0].Lower())
	if err != nil {
		return nil, err
	}
	best := order[pick]
	config := s.Space.Build(s.trials[best].Params)
	m, err := config.Fit(ml.WithTask(ctx, "best", 0, 1), d)
	if err != nil {
		return nil, err
	}
	model, err := newSearchModel[Y](d, config, m, best, candidates)
	if err != nil {
		return nil, err
	}
	out := &Tuned[P, Y, M]{SearchModel: model, Params: s.trials[best].Params, Trials: s.trials, Names: s.terrain.names}
	for _, t := range s.trials {
		row := make([]string, len(s.terrain.names))
		for i := range row {
			row[i] = s.terrain.show(i, t.point)
		}
		out.shown = append(out.shown, row)
	}
	return out, nil
}

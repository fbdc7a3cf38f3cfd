package selection

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
)

// FaultPolicy says what becomes of a cross-validation in which a fit or a score fails.
type FaultPolicy uint8

const (
	// StopAtFault ends the whole with the error of the first fold that failed. The zero value.
	StopAtFault FaultPolicy = iota
	// RecordFaults goes on: the fold's scores are NaN, and so are means over it. Only if every fold fails is there an error, the first one's.
	RecordFaults
)

// Options are what [CrossEvaluate] does beyond scoring the test rows.
type Options struct {
	Models bool        // keep the fitted models
	Train  bool        // score the rows that a model was fitted to as well
	Faults FaultPolicy // 0: StopAtFault
}

// Evaluation is a cross-validation in full.
type Evaluation[M any] struct {
	Scores    *Scores         // of the test rows
	Train     *Scores         // of the training rows; nil unless Options.Train
	Models    []M             // one for each fold, the zero M where there is none; nil unless Options.Models
	Faults    []error         // one for each fold, nil where none occurred; nil if no fold failed
	FitTime   []time.Duration // of each fold, by the clock: other folds ran beside it
	ScoreTime []time.Duration
}

// CrossEvaluate is [CrossValidate] with models, scores of the training rows and recorded faults on request. All but the times is the same
// on any number of cores.
//
//	e, err := selection.CrossEvaluate(ctx, pipe, iris, selection.StratifiedKFold{}, selection.Options{Train: true, Faults: selection.RecordFaults}, selection.Accuracy{})
func CrossEvaluate[Y any, M ml.Predictor[Y]](ctx context.Context, f ml.Fitter[ml.Dataset[Y], M], d ml.Dataset[Y], s ml.Splitter, o Options, scorers ...ml.Scorer[Y]) (*Evaluation[M], error) {
	const where = "selection.CrossEvaluate"
	if o.Faults > RecordFaults {
		return nil, ml.BadConfig(where, "Faults", o.Faults, "StopAtFault or RecordFaults")
	}
	if len(scorers) == 0 && !o.Models {
		return nil, noScorer(where)
	}
	return crossFit(ctx, where, f, d, s, o, scorers)
}

func crossFit[Y any, M ml.Predictor[Y]](ctx context.Context, where string, f ml.Fitter[ml.Dataset[Y], M], d ml.Dataset[Y], s ml.Splitter, o Options, scorers []ml.Scorer[Y]) (*Evaluation[M], error) {
	if err := checkFit(where, f, scorers); err != nil {
		return nil, err
	}
	p, err := newPlan(where, d, s, 1)
	if err != nil {
		return nil, err
	}
	k := len(p.folds)
	outs, faults := make([]outcome[M], k), make([]error, k)
	err = par.Do(ctx, k, func(ctx context.Context, i int) error {
		out, err := fitAndScore(ml.WithTask(ctx, "fold", i, k), f, p, i, scorers, o.Train)
		if err != nil {
			err = fmt.Errorf("%s: fold %d: %w", where, i, err)
			if o.Faults == StopAtFault || ends(ctx, err) {
				return err
			}
			faults[i] = err
			var none M
			out.model = none
		}
		if !o.Models {
			var none M
			out.model = none
		}
		outs[i] = out
		return nil
	})
	if err != nil {
		return nil, err
	}
	return gather(p, o, scorers, outs, faults)
}

// gather puts what the folds gave side by side.
func gather[Y any, M ml.Predictor[Y]](p *plan[Y], o Options, scorers []ml.Scorer[Y], outs []outcome[M], faults []error) (*Evaluation[M], error) {
	k := len(outs)
	e := &Evaluation[M]{FitTime: make([]time.Duration, k), ScoreTime: make([]time.Duration, k)}
	test, train := make([][]float64, k), make([][]float64, k)
	failed := 0
	for i, out := range outs {
		test[i], train[i] = out.test, out.train
		e.FitTime[i], e.ScoreTime[i] = out.fitTime, out.scores
		if o.Models {
			e.Models = append(e.Models, out.model)
		}
		if faults[i] != nil {
			failed++
			test[i], train[i] = nil, nil
		}
	}
	if failed == k {
		return nil, faults[0]
	}
	if failed > 0 {
		e.Faults = faults
	}
	e.Scores = p.table(scorers, test)
	if o.Train {
		e.Train = p.table(scorers, train)
	}
	return e, nil
}

// table turns the scores of each fold, nil for one that failed, into those of each scorer.
func (p *plan[Y]) table(scorers []ml.Scorer[Y], perFold [][]float64) *Scores {
	out := &Scores{Metrics: make([]Metric, len(scorers)), Folds: p.divisions()}
	for j, s := range scorers {
		m := Metric{Name: s.Name(), Lower: s.Lower(), Folds: make([]float64, len(perFold))}
		for i, scores := range perFold {
			m.Folds[i] = math.NaN()
			if scores != nil {
				m.Folds[i] = scores[j]
			}
		}
		out.Metrics[j] = m
	}
	return out
}

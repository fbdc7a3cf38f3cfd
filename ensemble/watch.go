package ensemble

import (
	"context"
	"reflect"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

// watcher keeps the scores of one set of rows to watch.
type watcher struct {
	x        rows.Rows
	score    [][]float64
	sum      [][]float64 // of the trees, with Forest
	measures []measure
}

// measure is a metric on one of these sets.
type measure struct {
	name    string
	lower   bool // a smaller value is better
	decides bool // may end the fit
	of      func(context.Context) (float64, error)
	values  []float64
	best    float64
	at      int // the round of the best, from 1
}

// better says whether a value beats the best one by more than least.
func (m *measure) better(v, least float64) bool {
	if m.lower {
		return v < m.best-least
	}
	return v > m.best+least
}

// watching says what is measured on the sets to watch.
type watching[Y any] struct {
	metric    ml.Scorer[Y] // nil: the loss
	more      []ml.Scorer[Y]
	firstOnly bool
	predictor func(watched) ml.Predictor[Y]
	objective func(v *ml.Dataset[Y], field string) (objective, error)
}

// observe prepares Valid and the sets behind it.
func observe[Y any](b *boosting, v *ml.Dataset[Y], what watching[Y]) error {
	for field := "Valid"; v != nil; v, field = v.Valid, field+".Valid" {
		set := *v
		o, err := what.objective(&set, field)
		if err != nil {
			return err
		}
		n := set.Rows()
		w := &watcher{x: rows.Of(set.X), score: make([][]float64, b.outputs)}
		for k := range w.score {
			w.score[k] = make([]float64, n)
		}
		if err := b.checkOffsets(field, w.x); err != nil {
			return err
		}
		if b.p.Forest {
			w.sum = like(w.score)
		}
		b.scores(w.score, w.sum, w.x)
		if what.metric == nil {
			w.measures = append(w.measures, measure{lower: true, decides: true, of: func(context.Context) (float64, error) { return o.loss(w.score, 1), nil }})
		}
		for i, s := range append([]ml.Scorer[Y]{what.metric}, what.more...) {
			if s == nil {
				continue
			}
			p := what.predictor(watched{rows: n, outputs: b.outputs, link: b.obj.link(), score: w.score, whole: b.ensemble, x: set.X})
			w.measures = append(w.measures, measure{name: s.Name(), lower: s.Lower(), decides: i == 0 || !what.firstOnly,
				of: func(ctx context.Context) (float64, error) { return s.Score(ctx, p, set) }})
		}
		b.watch = append(b.watch, w)
	}
	return nil
}

func predictsNumbers(w watched) ml.Predictor[float64] { return &watchedNumbers{w} }

// look measures everything after a round, and says which measure ends the fit; nil: none does.
func (b *boosting) look(ctx context.Context, round int) (*measure, error) {
	var stop *measure
	for _, w := range b.watch {
		for i := range w.measures {
			m := &w.measures[i]
			v, err := m.of(ctx)
			if err != nil {
				return nil, err
			}
			m.values = append(m.values, v)
			switch {
			case m.at == 0 || m.better(v, b.p.MinDelta):
				m.best, m.at = v, round
			case stop == nil && m.decides && b.p.Patience > 0 && round-m.at >= b.p.Patience:
				stop = m
			}
		}
	}
	return stop, nil
}

// curves are what was measured, but for the first metric on the first set.
func (b *boosting) curves() []ml.Curve {
	var out []ml.Curve
	for s, w := range b.watch {
		for i, m := range w.measures {
			if s > 0 || i > 0 {
				out = append(out, ml.Curve{Set: s, Metric: m.name, Values: m.values})
			}
		}
	}
	return out
}

// watched stands for the model so far where a metric asks for its predictions on the rows that are watched, which are known.
type watched struct {
	rows, outputs int
	link          tree.Link
	score         [][]float64
	whole         func() (*tree.Ensemble, error) // the trees so far, for a metric that asks about other rows
	x             tensor.Matrix
}

// responses are the scores of rows through the link, rows x outputs.
func (w *watched) responses(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	if !reflect.ValueOf(x).Comparable() || x != w.x { // a matrix of the user's need not be comparable
		e, err := w.whole()
		if err != nil {
			return nil, err
		}
		m, err := tree.NewMultiRegressionModel(ml.Fitted{}, e)
		if err != nil {
			return nil, err
		}
		return m.Response(x)
	}
	out := tensor.New[float64](w.rows, w.outputs)
	e := tree.Ensemble{Link: w.link}
	for i := range w.rows {
		row := out.Row(i)
		for k := range row {
			row[k] = w.score[k][i]
		}
		e.Respond(row)
	}
	return out, nil
}

type watchedNumbers struct{ watched }

// Predict returns the responses.
func (w *watchedNumbers) Predict(x tensor.Matrix) ([]float64, error) {
	out, err := w.responses(x)
	if err != nil {
		return nil, err
	}
	return out.Data(), nil
}

type watchedClasses struct{ watched }

// PredictProba returns the shares of the classes.
func (w *watchedClasses) PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	p, err := w.responses(x)
	if err != nil {
		return nil, err
	}
	n, k := p.Dims()
	if k == 1 {
		two := tensor.New[float64](n, 2)
		for i := range n {
			two.Row(i)[0], two.Row(i)[1] = 1-p.Row(i)[0], p.Row(i)[0]
		}
		return two, nil
	}
	for i := range n {
		row, sum := p.Row(i), 0.0
		for _, v := range row {
			sum += v
		}
		for c := range row {
			if sum > 0 {
				row[c] /= sum
			} else {
				row[c] = 1 / float64(k)
			}
		}
	}
	return p, nil
}

// Predict returns the most probable classes.
func (w *watchedClasses) Predict(x tensor.Matrix) ([]int, error) {
	p, err := w.PredictProba(x)
	if err != nil {
		return nil, err
	}
	n, _ := p.Dims()
	out := make([]int, n)
	for i := range out {
		for c, v := range p.Row(i) {
			if v > p.Row(i)[out[i]] {
				out[i] = c
			}
		}
	}
	return out, nil
}

type watchedLabels struct{ watched }

// Response returns the probability of each label.
func (w *watchedLabels) Response(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	return w.responses(x)
}

// Predict returns the labels whose probability is above 1/2.
func (w *watchedLabels) Predict(x tensor.Matrix) ([][]int, error) {
	p, err := w.responses(x)
	if err != nil {
		return nil, err
	}
	return labelsAbove(p, 0.5), nil
}

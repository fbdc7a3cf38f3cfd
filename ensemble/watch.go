package ensemble

import (
	"context"
	"reflect"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

// watcher keeps the scores of the rows to watch.
type watcher struct {
	x       rows.Rows
	score   [][]float64
	measure func(ctx context.Context, score [][]float64) (float64, error)
	lower   bool // a smaller measure is better
}

// add adds a tree to the scores of an output.
func (w *watcher) add(out int, t *grownTree, weight float64) {
	t.add(w.score[out], w.x, weight, 200)
}

// better says whether a measure beats the best one by more than least.
func (w *watcher) better(v, best, least float64) bool {
	if w.lower {
		return v < best-least
	}
	return v > best+least
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

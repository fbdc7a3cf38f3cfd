package ensemble

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/selection"
	"github.com/gopherwood-ml/ml/tensor"
)

// crossAnswers are what every estimator says of every row, each row judged by a model that was fitted without it. The folds are the same for all estimators.
// d has no rows of weight 0 and its classes are named. A nil splitter makes 5 folds.
func crossAnswers[Y any](ctx context.Context, where string, list []learner[Y], d ml.Dataset[Y], s ml.Splitter, read func(m ml.Predictor[Y], x tensor.Matrix) (*tensor.Tensor[float64], error)) ([]*tensor.Tensor[float64], error) {
	if s == nil {
		s = selection.DefaultSplitter(d.Any(), 5)
	}
	out := make([]*tensor.Tensor[float64], len(list))
	err := par.Do(ctx, len(list), func(ctx context.Context, i int) error {
		var err error
		out[i], err = selection.CrossOutput(ml.WithTask(ctx, "estimator", i, len(list)), list[i], d, s, read)
		if err != nil {
			return fmt.Errorf("%s: estimator %d: %w", where, i, err)
		}
		return nil
	})
	if err != nil {
		if done := ml.Done(ctx); done != nil {
			return nil, done
		}
		return nil, err
	}
	return out, nil
}

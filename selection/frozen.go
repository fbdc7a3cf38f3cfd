package selection

import (
	"context"

	"github.com/gopherwood-ml/ml"
)

// FrozenClassifier is a config whose fit gives the model it holds, as it is, whatever the rows: for calibration, thresholds and prediction sets of a
// model that is there already.
//
//	selection.Calibrated{Base: ml.Decide(selection.FrozenClassifier{Model: model})}
//
// Wrappers of this package that would cross-fit their estimator see that there is nothing to fit, and take all rows for their own part: they must be rows
// that the model has not learned from. The model's type must be registered for the config to be saved.
type FrozenClassifier struct {
	Model ml.Predictor[int] // nil is an error
}

// Fit returns the model.
func (c FrozenClassifier) Fit(ctx context.Context, d ml.Dataset[int]) (ml.Predictor[int], error) {
	return thaw(ctx, "selection.FrozenClassifier.Fit", c.Model, d)
}

// Accepts is what the config of the model accepts.
func (c FrozenClassifier) Accepts() ml.Accepts { return acceptsModel(c.Model) }

// FrozenRegressor is FrozenClassifier for a model of numbers.
type FrozenRegressor struct {
	Model ml.Predictor[float64] // nil is an error
}

// Fit returns the model.
func (c FrozenRegressor) Fit(ctx context.Context, d ml.Dataset[float64]) (ml.Predictor[float64], error) {
	return thaw(ctx, "selection.FrozenRegressor.Fit", c.Model, d)
}

// Accepts is what the config of the model accepts.
func (c FrozenRegressor) Accepts() ml.Accepts { return acceptsModel(c.Model) }

func thaw[Y any](ctx context.Context, where string, m ml.Predictor[Y], d ml.Dataset[Y]) (ml.Predictor[Y], error) {
	if m == nil {
		return nil, ml.BadConfig(where, "Model", "nil", "a fitted model")
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	if err := d.Check(where, acceptsModel(m)); err != nil {
		return nil, err
	}
	if of := ml.MetaOf(m); of != nil {
		if err := ml.CheckPredict(where, of, d.X); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func acceptsModel(m any) ml.Accepts {
	if of := ml.MetaOf(m); of != nil {
		return ml.AcceptsOf(of.Config)
	}
	return ml.Accepts{}
}

// notFrozen refuses what says how rows are divided for a config that gives a model that is there already.
func notFrozen(where string, config any, splitter ml.Splitter, fraction float64) error {
	switch {
	case !frozen(config):
	case splitter != nil:
		return ml.BadConfig(where, "Splitter", "set for a frozen model", "nil: there is nothing to fit in folds")
	case fraction != 0:
		return ml.BadConfig(where, "Fraction", fraction, "0 for a frozen model: all rows are kept back")
	}
	return nil
}

// frozen says that a config gives a model that is there already.
func frozen(config any) bool {
	switch config.(type) {
	case FrozenClassifier, FrozenRegressor:
		return true
	}
	return false
}

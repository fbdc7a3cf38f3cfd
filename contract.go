package ml

import (
	"context"
	"errors"
	"iter"

	"github.com/gopherwood-ml/ml/internal/folds"
	"github.com/gopherwood-ml/ml/tensor"
)

// Fitter is a config that can be fitted. D is what it learns from: Table for unsupervised methods,
// Dataset[Y] for supervised ones. M is the fitted model. Fit never changes the config nor the data.
type Fitter[D, M any] interface {
	Fit(ctx context.Context, d D) (M, error)
}

// Predictor is a fitted model: one prediction for each row of x. Any number of goroutines may use it at once.
type Predictor[Y any] interface {
	Predict(x tensor.Matrix) ([]Y, error)
}

// Classifier is a fitted model that also gives probabilities: rows x K, each row sums to 1, columns in the
// order of the class codes.
type Classifier interface {
	Predictor[int]
	PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error)
}

// Decider is a fitted model of classes with scores that need be no probabilities: rows x 1 for two classes, the higher the more class 1,
// and rows x K for more. -Inf is the score of a class without training rows.
type Decider interface {
	DecisionFunction(x tensor.Matrix) (*tensor.Tensor[float64], error)
}

// Transformer is a fitted model that turns rows into other rows. It never changes their number.
type Transformer interface {
	Transform(x tensor.Matrix) (tensor.Matrix, error)
	// Out describes the columns of what Transform returns; their From are columns of its input.
	Out() []Column
}

// FitTransformer is a config that has a better way than Transform to give the training rows: target encoders
// cross-fit there, embeddings return the embedding they optimised. A pipeline always uses it on training rows.
type FitTransformer[D, M any] interface {
	FitTransform(ctx context.Context, d D) (M, tensor.Matrix, error)
}

// Resampler is a config that changes which rows are learned from: over- and under-sampling, outlier removal.
// In a pipeline only training rows pass it.
type Resampler[D any] interface {
	Resample(ctx context.Context, d D) (D, error)
}

// RowPredictor predicts one row without allocating.
type RowPredictor[Y any] interface {
	PredictRow(x []float64) (Y, error)
}

// RowProba writes the class probabilities of one row into dst, which has K elements, without allocating.
type RowProba interface {
	ProbaRow(dst, x []float64) error
}

// RowTransformer transforms one row into dst, which has len(Out()) elements, without allocating. dst and x must not overlap.
type RowTransformer interface {
	TransformRow(dst, x []float64) error
}

// IntoTransformer transforms into a matrix of the caller's, which has a row for each row of x and len(Out()) columns: the numbers of Transform, in float64 whatever the
// storage of x. For a service or a loop, to which fresh memory for every result would cost more than the transform. dst and x must not overlap. After an error dst holds anything.
type IntoTransformer interface {
	TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error
}

// Into predicts into a slice of the caller's, which has one element for each row of x.
type Into[Y any] interface {
	PredictInto(dst []Y, x tensor.Matrix) error
}

// Importancer is a model that knows how much each column of its input matters to it, in numbers >= 0 whose scale is the model's: absolute coefficients of a
// linear model, shares of the gain of trees.
type Importancer interface {
	Importances() ([]float64, error)
}

// Inverter is a transformer that can be undone, exactly or in the sense its doc states.
type Inverter interface {
	Inverse(x tensor.Matrix) (tensor.Matrix, error)
}

// Stager yields the predictions after each stage of an additive model: trees, epochs.
type Stager[Y any] interface {
	Staged(x tensor.Matrix) iter.Seq2[[]Y, error]
}

// Updater is a model that can learn from more rows; it returns a new model and stays as it is. D is what Fit takes, or AnyData where the model's type does not say which kind of targets
// that has, as those of supervised transformers: m.Update(ctx, d.Any()).
type Updater[D, M any] interface {
	Update(ctx context.Context, d D) (M, error)
}

// Unwrapper is a model around another one.
type Unwrapper interface{ Unwrap() any }

// Fold is one division of the rows of a data set into test and training rows.
type Fold struct {
	Test  []int
	Train []int // nil: every row that is not in Test, in ascending order
}

// TrainRows is Train, or the rows out of n that are not in Test.
func (f Fold) TrainRows(n int) []int {
	if f.Train != nil {
		return f.Train
	}
	return folds.Complement(n, f.Test)
}

// Splitter divides rows for cross-validation. It may look at the classes (d.Y), the groups and the rows themselves.
type Splitter interface {
	Split(d AnyData) ([]Fold, error)
}

// Scorer measures predictions of a model on a data set. Built-in scorers are plain structs in package selection.
type Scorer[Y any] interface {
	// Score returns the score on d. Rows whose class is None are skipped; weights count.
	Score(ctx context.Context, m Predictor[Y], d Dataset[Y]) (float64, error)
	// Lower says that a smaller score is better.
	Lower() bool
	// Name is how reports call it: "accuracy".
	Name() string
}

// Verdict is a model's answer to As about one of its abilities.
type Verdict uint8

const (
	Undecided Verdict = iota // its methods decide, and what it wraps
	Has                      // it has the ability, whatever it wraps
	Lacks                    // it has the method, which would only give errors.ErrUnsupported
)

// Capable is a model whose abilities depend on what it holds rather than on its type. ability is a nil pointer to the
// interface that As was asked for:
//
//	func (m *MapModel) Can(ability any) ml.Verdict {
//		if _, inverse := ability.(*ml.Inverter); inverse && !m.invertible { return ml.Lacks }
//		return ml.Undecided
//	}
type Capable interface{ Can(ability any) Verdict }

// As finds the ability I in m: As[ml.RowPredictor[int]](model). For a wrapper (a pipeline, a search, a calibrated
// model) it holds only if what is wrapped has the ability as well, and the wrapper's own method is returned. A model
// that is Capable has its say.
func As[I any](m any) (I, bool) {
	var none I
	v, ok := m.(I)
	if !ok {
		return none, false
	}
	for inner := m; ; {
		if c, is := inner.(Capable); is {
			switch c.Can((*I)(nil)) {
			case Has:
				return v, true
			case Lacks:
				return none, false
			}
		}
		w, is := inner.(Unwrapper)
		if !is {
			return v, true
		}
		inner = w.Unwrap()
		if _, has := inner.(I); !has {
			return none, false
		}
	}
}

// FitStream fits the first chunk and updates the model with the others. The chunks should name their Classes,
// since the first one may not hold them all. An error in the stream ends it. A model without Update gives
// errors.ErrUnsupported as soon as there is a second chunk; a stream without a chunk gives ErrShape.
func FitStream[D, M any](ctx context.Context, f Fitter[D, M], chunks iter.Seq2[D, error]) (M, error) {
	var model, none M
	fitted := false
	for d, err := range chunks {
		if err != nil {
			return none, err
		}
		if !fitted {
			model, err = f.Fit(ctx, d)
			fitted = true
		} else {
			model, err = update(ctx, model, d)
		}
		if err != nil {
			return none, err
		}
	}
	if !fitted {
		return none, BadShape("ml.FitStream", "chunks", "an empty stream", "at least one chunk")
	}
	return model, nil
}

// update lets the model itself decide, and else a chain, which takes whatever its final model takes.
func update[D, M any](ctx context.Context, model M, d D) (M, error) {
	var none M
	if u, ok := any(model).(Updater[D, M]); ok {
		return u.Update(ctx, d)
	}
	e, erasable := any(d).(Erasable)
	if u, ok := any(model).(Updater[AnyData, M]); ok && erasable {
		return u.Update(ctx, e.Any())
	}
	u, isChain := any(model).(interface {
		updateAny(context.Context, AnyData) (any, error)
	})
	if !isChain || !erasable {
		return none, unsupported(model, "Update")
	}
	next, err := u.updateAny(ctx, e.Any())
	if err != nil {
		return none, err
	}
	return next.(M), nil
}

func unsupported(model any, ability string) error {
	return &Error{Where: typeName(model), Found: "without " + ability, Kind: errors.ErrUnsupported}
}

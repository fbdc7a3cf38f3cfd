package ml

import (
	"context"
	"fmt"
	"reflect"

	"github.com/gopherwood-ml/ml/internal/codec"
	"github.com/gopherwood-ml/ml/tensor"
)

// AnyClassifier is the config of whatever predicts class codes: what stacking, calibration and other wrappers hold. Make it with Classify, or
// with Decide where scores that are no probabilities will do.
type AnyClassifier struct{ Config any }

// Classify wraps the config of a classifier. One whose model is no Classifier does not compile.
func Classify[M Classifier](f Fitter[Dataset[int], M]) AnyClassifier { return AnyClassifier{f} }

// Decide wraps the config of a method that predicts class codes and need not give probabilities, such as a support vector machine. Wrappers say whether
// they can do without; one that cannot gives ErrConfig when it is fitted.
func Decide[M Predictor[int]](f Fitter[Dataset[int], M]) AnyClassifier { return AnyClassifier{f} }

// Fit fits the config it holds; ErrConfig if its model has no probabilities.
func (a AnyClassifier) Fit(ctx context.Context, d Dataset[int]) (Classifier, error) {
	return fitAs[Classifier](ctx, a.Config, d.Any())
}

// FitDecider is Fit for wrappers that need no probabilities.
func (a AnyClassifier) FitDecider(ctx context.Context, d Dataset[int]) (Predictor[int], error) {
	return fitAs[Predictor[int]](ctx, a.Config, d.Any())
}

// Restore refuses a config read from a file that cannot be fitted to class codes.
func (a AnyClassifier) Restore() error { return restoreAny[Dataset[int], Predictor[int]](a.Config) }

// AnyRegressor is a regressor's config of whatever type. Make it with Regress.
type AnyRegressor struct{ Config any }

// Regress wraps the config of a regressor. One whose model does not predict numbers does not compile.
func Regress[M Predictor[float64]](f Fitter[Dataset[float64], M]) AnyRegressor {
	return AnyRegressor{f}
}

// Fit fits the config it holds.
func (a AnyRegressor) Fit(ctx context.Context, d Dataset[float64]) (Predictor[float64], error) {
	return fitAs[Predictor[float64]](ctx, a.Config, d.Any())
}

// Restore refuses a config read from a file that cannot be fitted to numbers.
func (a AnyRegressor) Restore() error {
	return restoreAny[Dataset[float64], Predictor[float64]](a.Config)
}

// AnyMultiRegressor is the config of whatever predicts several numbers for each row. Make it with RegressMulti.
type AnyMultiRegressor struct{ Config any }

// RegressMulti wraps the config of a regressor of several outputs. One whose model does not predict them does not compile.
func RegressMulti[M Predictor[[]float64]](f Fitter[Dataset[[]float64], M]) AnyMultiRegressor {
	return AnyMultiRegressor{f}
}

// Fit fits the config it holds.
func (a AnyMultiRegressor) Fit(ctx context.Context, d Dataset[[]float64]) (Predictor[[]float64], error) {
	return fitAs[Predictor[[]float64]](ctx, a.Config, d.Any())
}

// Restore refuses a config read from a file that cannot be fitted to several numbers.
func (a AnyMultiRegressor) Restore() error {
	return restoreAny[Dataset[[]float64], Predictor[[]float64]](a.Config)
}

// AnyMultiLabel is the config of whatever predicts several labels, 0 or 1, for each row. Make it with LabelMulti.
type AnyMultiLabel struct{ Config any }

// LabelMulti wraps the config of a method that predicts several labels. One whose model does not does not compile.
func LabelMulti[M Predictor[[]int]](f Fitter[Dataset[[]int], M]) AnyMultiLabel {
	return AnyMultiLabel{f}
}

// Fit fits the config it holds.
func (a AnyMultiLabel) Fit(ctx context.Context, d Dataset[[]int]) (Predictor[[]int], error) {
	return fitAs[Predictor[[]int]](ctx, a.Config, d.Any())
}

// Restore refuses a config read from a file that cannot be fitted to labels.
func (a AnyMultiLabel) Restore() error { return restoreAny[Dataset[[]int], Predictor[[]int]](a.Config) }

// anyFitter is what a config becomes that is loaded into a slot of type Fitter[D, M] with an interface M:
// Go has no covariant results, so its own Fit does not fit the slot.
type anyFitter[D Erasable, M any] struct{ Config any }

func (a anyFitter[D, M]) Fit(ctx context.Context, d D) (M, error) {
	return fitAs[M](ctx, a.Config, d.Any())
}

// Unwrap returns the config as it was stored.
func (a anyFitter[D, M]) Unwrap() any { return a.Config }

func (a anyFitter[D, M]) Restore() error { return restoreAny[D, M](a.Config) }

// fitting is a config that knows itself what RegisterConfig notes of others.
type fitting interface {
	fits() (data, model reflect.Type)
}

func (a anyFitter[D, M]) fits() (data, model reflect.Type) {
	return reflect.TypeFor[D](), reflect.TypeFor[M]()
}

// restoreAny lets a wrapper without a config pass: it is an unset field, and an error only when it is fitted. So does one whose config
// was not registered as such.
func restoreAny[D Erasable, M any](config any) error {
	if config == nil {
		return nil
	}
	var from, to reflect.Type
	if f, ok := config.(fitting); ok {
		from, to = f.fits()
	} else if from, to, ok = codec.FitOf(reflect.TypeOf(config)); !ok {
		return nil
	}
	data, model := reflect.TypeFor[D](), reflect.TypeFor[M]()
	if from != data || !to.AssignableTo(model) {
		return &Error{Where: typeName(config), Found: fmt.Sprintf("a fitter from %v to %v", from, to),
			Want: fmt.Sprintf("one from %v to %v", data, model), Kind: ErrType}
	}
	return nil
}

// fitter is a config seen through reflection: only so can one that was read from a file be fitted, whose type
// was known to no caller at compile time.
type fitter struct {
	config any
	fit    reflect.Value // func(context.Context, D) (M, error)
	both   reflect.Value // func(context.Context, D) (M, tensor.Matrix, error), or invalid
	data   reflect.Type  // D
	model  reflect.Type  // M
}

var (
	contextType = reflect.TypeFor[context.Context]()
	errorType   = reflect.TypeFor[error]()
	matrixType  = reflect.TypeFor[tensor.Matrix]()
)

func fitterOf(config any) (fitter, error) {
	if isNil(config) {
		return fitter{}, BadConfig("ml", "Config", "nil", "an estimator's config")
	}
	v := reflect.ValueOf(config)
	f := fitter{config: config, fit: v.MethodByName("Fit")}
	if !f.fit.IsValid() {
		return fitter{}, notFitter(config)
	}
	t := f.fit.Type()
	if t.NumIn() != 2 || t.In(0) != contextType || t.NumOut() != 2 || t.Out(1) != errorType {
		return fitter{}, notFitter(config)
	}
	f.data, f.model = t.In(1), t.Out(0)
	if !reflect.PointerTo(f.data).Implements(reflect.TypeFor[interface{ From(AnyData) error }]()) {
		return fitter{}, notFitter(config)
	}
	both := v.MethodByName("FitTransform")
	if both.IsValid() && isFitTransform(both.Type(), f) {
		f.both = both
	}
	return f, nil
}

func isFitTransform(t reflect.Type, f fitter) bool {
	return t.NumIn() == 2 && t.In(0) == contextType && t.In(1) == f.data &&
		t.NumOut() == 3 && t.Out(0) == f.model && t.Out(1) == matrixType && t.Out(2) == errorType
}

func notFitter(config any) error {
	return &Error{Where: typeName(config), Found: fmt.Sprintf("a %T", config),
		Want: "a config with Fit(context.Context, ml.Table or ml.Dataset) (model, error)", Kind: ErrConfig}
}

// call converts the data and calls one of the config's methods; the error is its last result.
func (f fitter) call(ctx context.Context, method reflect.Value, d AnyData) ([]reflect.Value, error) {
	data, err := convert(f.data, d)
	if err != nil {
		return nil, err
	}
	out := method.Call([]reflect.Value{reflect.ValueOf(&ctx).Elem(), data})
	last := len(out) - 1
	err, _ = out[last].Interface().(error)
	return out[:last], err
}

// convert makes a Table or the right Dataset of d.
func convert(to reflect.Type, d AnyData) (reflect.Value, error) {
	p := reflect.New(to)
	if err := p.Interface().(interface{ From(AnyData) error }).From(d); err != nil {
		return reflect.Value{}, err
	}
	return p.Elem(), nil
}

// accepts says whether f could be fitted to data with d's targets.
func (f fitter) accepts(d AnyData) error {
	_, err := convert(f.data, d)
	return err
}

func fitAs[M any](ctx context.Context, config any, d AnyData) (M, error) {
	var none M
	f, err := fitterOf(config)
	if err != nil {
		return none, err
	}
	out, err := f.call(ctx, f.fit, d)
	if err != nil {
		return none, err
	}
	m, ok := out[0].Interface().(M)
	if !ok {
		return none, &Error{Where: typeName(config), Found: fmt.Sprintf("a fitter of %v", f.model),
			Want: fmt.Sprintf("one of %v", reflect.TypeFor[M]()), Kind: ErrConfig}
	}
	return m, nil
}

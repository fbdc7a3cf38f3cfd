package mltest

import (
	"bytes"
	"errors"
	"fmt"
	"runtime/debug"
	"testing"

	"github.com/gopherwood-ml/ml"
)

// Classifier checks the laws of an estimator that learns class codes. Those about probabilities are checked if its model
// has PredictProba.
func Classifier[F ml.Fitter[ml.Dataset[int], M], M ml.Predictor[int]](t *testing.T, config F, opts ...Option) {
	t.Helper()
	run[ml.Dataset[int], M, int](t, config, opts)
}

// Regressor checks the laws of an estimator that learns numbers.
func Regressor[F ml.Fitter[ml.Dataset[float64], M], M ml.Predictor[float64]](t *testing.T, config F, opts ...Option) {
	t.Helper()
	run[ml.Dataset[float64], M, float64](t, config, opts)
}

// MultiRegressor checks the laws of an estimator that learns several numbers for each row.
func MultiRegressor[F ml.Fitter[ml.Dataset[[]float64], M], M ml.Predictor[[]float64]](t *testing.T, config F, opts ...Option) {
	t.Helper()
	run[ml.Dataset[[]float64], M, []float64](t, config, opts)
}

// MultiLabel checks the laws of an estimator that learns several labels, 0 or 1, for each row.
func MultiLabel[F ml.Fitter[ml.Dataset[[]int], M], M ml.Predictor[[]int]](t *testing.T, config F, opts ...Option) {
	t.Helper()
	run[ml.Dataset[[]int], M, []int](t, config, opts)
}

// Transformer checks the laws of a transformer that needs no targets.
func Transformer[F ml.Fitter[ml.Table, M], M ml.Transformer](t *testing.T, config F, opts ...Option) {
	t.Helper()
	run[ml.Table, M, none](t, config, opts)
}

// SupervisedTransformer checks the laws of a transformer that learns from targets.
func SupervisedTransformer[F ml.Fitter[ml.Dataset[Y], M], Y any, M ml.Transformer](t *testing.T, config F, opts ...Option) {
	t.Helper()
	run[ml.Dataset[Y], M, Y](t, config, opts)
}

// Clusterer checks the laws of an estimator that finds groups of rows. A model that has Predict gives cluster codes,
// which are compared as partitions where a law changes the data; one that has not is checked by its saved bytes.
func Clusterer[F ml.Fitter[ml.Table, M], M any](t *testing.T, config F, opts ...Option) {
	t.Helper()
	run[ml.Table, M, int](t, config, opts)
}

// Detector checks the laws of an estimator that scores rows without targets: anomaly detection, density.
func Detector[F ml.Fitter[ml.Table, M], M ml.Predictor[float64]](t *testing.T, config F, opts ...Option) {
	t.Helper()
	run[ml.Table, M, float64](t, config, opts)
}

// none is the target of models that predict nothing.
type none struct{}

// run checks every law in a subtest of its own.
func run[D ml.Erasable, M, Y any, F ml.Fitter[D, M]](t *testing.T, config F, opts []Option) {
	t.Helper()
	o := newOptions(opts)
	for _, fault := range o.faults {
		t.Error(fault)
	}
	e, err := newEnv(newSubject[D, M, Y](config), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rules() {
		if reason, ok := o.waived[r.law]; ok {
			t.Logf("%s waived for %s: %s", r.law, e.subject.name, reason)
			continue
		}
		t.Run(string(r.law), func(t *testing.T) {
			err := r.try(e)
			if _, is := errors.AsType[notApplicable](err); is {
				t.Skip(err)
			}
			if err != nil {
				t.Errorf("%s breaks the law %s: %v", e.subject.name, r.law, err)
			}
		})
	}
}

// try runs the check; a panic breaks the law.
func (r rule) try(e *env) error { return caught(func() error { return r.check(e) }) }

// caught turns a panic into an error that says where it came from.
func caught(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, culprit(debug.Stack()))
		}
	}()
	return f()
}

// culprit is the part of a stack between the panic and this package.
func culprit(stack []byte) []byte {
	if _, after, ok := bytes.Cut(stack, []byte("\npanic(")); ok {
		stack = after
	}
	if _, after, ok := bytes.Cut(stack, []byte(".go:")); ok { // the line of panic itself
		_, stack, _ = bytes.Cut(after, []byte("\n"))
	}
	if i := bytes.Index(stack, []byte("/ml/mltest.caught(")); i >= 0 {
		stack = stack[:bytes.LastIndexByte(stack[:i], '\n')+1]
	}
	return stack
}

// notApplicable is why a law says nothing about an estimator.
type notApplicable string

func (n notApplicable) Error() string { return string(n) }

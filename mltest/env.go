package mltest

import (
	"context"
	"errors"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// env is one estimator under test.
type env struct {
	*subject
	options
	samples []sample
	models  map[string]any // of the samples, fitted once
}

func newEnv(s *subject, o options) (*env, error) {
	if err := o.ask(s); err != nil {
		return nil, err
	}
	list, err := samples(s, o)
	return &env{subject: s, options: o, samples: list, models: map[string]any{}}, err
}

// each runs a check on every sample and says which one failed it. A check that applies to no sample does not apply.
func (e *env) each(check func(s sample) error) error {
	var skipped error
	checked := false
	for _, s := range e.samples {
		err := check(s)
		if _, is := err.(notApplicable); is {
			skipped = err
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		checked = true
	}
	if !checked {
		return skipped
	}
	return nil
}

// model is the sample's model, fitted when it is first asked for.
func (e *env) model(s sample) (*view, error) {
	m, ok := e.models[s.name]
	if !ok {
		var err error
		if m, err = e.fitted(e.config, s.data); err != nil {
			return nil, err
		}
		e.models[s.name] = m
	}
	return e.view(m), nil
}

// fitted fits and wants a model.
func (s *subject) fitted(config any, d ml.AnyData) (any, error) {
	m, err := s.fit(context.Background(), config, d)
	if err != nil {
		return nil, fmt.Errorf("in Fit: %w", err)
	}
	if m == nil {
		return nil, errors.New("its Fit returns neither a model nor an error")
	}
	return m, nil
}

// bytes fits and saves.
func (s *subject) bytes(config any, d ml.AnyData) ([]byte, error) {
	m, err := s.fitted(config, d)
	if err != nil {
		return nil, err
	}
	return save(m)
}

// answers fits to d and asks about x.
func (s *subject) answers(d ml.AnyData, x tensor.Matrix) ([]output, error) {
	m, err := s.fitted(s.config, d)
	if err != nil {
		return nil, err
	}
	return s.view(m).outputs(x)
}

// same wants two fits to give models that answer alike about x and the rows of the first.
func (s *subject) same(want, got ml.AnyData, x tensor.Matrix, tol float64) error {
	a, err := s.answers(want, x)
	if err != nil {
		return err
	}
	b, err := s.answers(got, x)
	if err != nil {
		return err
	}
	return s.near(a, b, tol)
}

// refused wants an *ml.Error of one of the kinds and no model. No kinds allow any.
func refused(model any, err error, kinds ...error) error {
	if err == nil {
		return fmt.Errorf("no error; want %v", kinds)
	}
	if model != nil {
		return fmt.Errorf("an error and a model; want no model with %q", err)
	}
	return typed(err, kinds...)
}

// typed wants an *ml.Error of one of the kinds, which says where and what.
func typed(err error, kinds ...error) error {
	e, ok := errors.AsType[*ml.Error](err)
	if !ok {
		return fmt.Errorf("the error is a %T, want an *ml.Error: %w", err, err)
	}
	if e.Where == "" || e.Found == "" && e.Want == "" && e.Cause == nil {
		return fmt.Errorf("the error is %q; want its Where, and what was Found or Wanted", err)
	}
	for _, k := range kinds {
		if errors.Is(err, k) {
			return nil
		}
	}
	if len(kinds) > 0 {
		return fmt.Errorf("the error is %q; want one of the kind %v", err, kinds)
	}
	return nil
}

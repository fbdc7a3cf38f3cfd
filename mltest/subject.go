package mltest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"reflect"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// subject is an estimator without its type parameters, so that every law is written once.
type subject struct {
	name      string
	config    any
	zero      any          // the zero config, nil if it is an interface
	target    reflect.Type // Y of the Dataset it learns from, nil for a Table
	clusters  bool         // what it predicts are cluster codes
	transform bool         // its model is a Transformer by its type
	concrete  bool         // the type of its model is no interface

	fit          func(ctx context.Context, config any, d ml.AnyData) (any, error)
	fitTransform func(ctx context.Context, d ml.AnyData) (any, tensor.Matrix, error)  // nil if there is none
	update       func(model any) func(ctx context.Context, d ml.AnyData) (any, error) // nil if the model has none
	view         func(model any) *view
	load         func(r io.Reader) (any, error)
	unmarshal    func(b []byte) (any, error)
}

func newSubject[D ml.Erasable, M, Y any, F ml.Fitter[D, M]](config F) *subject {
	s := &subject{name: nameOf(config), config: config, target: targetOf[D](), view: see[Y]}
	if t := reflect.TypeFor[F](); t.Kind() != reflect.Interface {
		s.zero = reflect.Zero(t).Interface()
	}
	s.clusters = s.target == nil && reflect.TypeFor[Y]() == reflect.TypeFor[int]()
	s.concrete = reflect.TypeFor[M]().Kind() != reflect.Interface
	s.transform = reflect.TypeFor[M]().Implements(reflect.TypeFor[ml.Transformer]())
	s.fit = func(ctx context.Context, config any, d ml.AnyData) (any, error) {
		data, err := dataOf[D](d)
		if err != nil {
			return nil, err
		}
		f, ok := config.(F)
		if !ok {
			return fitReflect(ctx, config, data)
		}
		m, err := f.Fit(ctx, data)
		return plain(m), err
	}
	if f, ok := any(config).(ml.FitTransformer[D, M]); ok {
		s.fitTransform = func(ctx context.Context, d ml.AnyData) (any, tensor.Matrix, error) {
			data, err := dataOf[D](d)
			if err != nil {
				return nil, nil, err
			}
			m, x, err := f.FitTransform(ctx, data)
			return plain(m), x, err
		}
	}
	s.update = func(model any) func(context.Context, ml.AnyData) (any, error) {
		if u, ok := ml.As[ml.Updater[ml.AnyData, M]](model); ok {
			return func(ctx context.Context, d ml.AnyData) (any, error) {
				m, err := u.Update(ctx, d)
				return plain(m), err
			}
		}
		u, ok := ml.As[ml.Updater[D, M]](model)
		if !ok {
			return nil
		}
		return func(ctx context.Context, d ml.AnyData) (any, error) {
			data, err := dataOf[D](d)
			if err != nil {
				return nil, err
			}
			m, err := u.Update(ctx, data)
			return plain(m), err
		}
	}
	s.load = func(r io.Reader) (any, error) {
		m, err := ml.Load[M](r)
		return plain(m), err
	}
	s.unmarshal = func(b []byte) (any, error) { return ml.UnmarshalConfig[F](b) }
	return s
}

// targetOf is Y of a Dataset[Y], nil for a Table.
func targetOf[D any]() reflect.Type {
	y, ok := reflect.TypeFor[D]().FieldByName("Y")
	if !ok {
		return nil
	}
	return y.Type.Elem()
}

func dataOf[D any](d ml.AnyData) (D, error) {
	var data D
	to, ok := any(&data).(interface{ From(ml.AnyData) error })
	if !ok {
		return data, fmt.Errorf("mltest knows no %T", data)
	}
	return data, to.From(d)
}

// fitReflect fits a config that came out of a file as another type than the one it was fitted as.
func fitReflect(ctx context.Context, config, data any) (any, error) {
	fit := reflect.ValueOf(config).MethodByName("Fit")
	if !fit.IsValid() || fit.Type().NumIn() != 2 || fit.Type().In(1) != reflect.TypeOf(data) {
		return nil, fmt.Errorf("a %T has no Fit for %T", config, data)
	}
	out := fit.Call([]reflect.Value{reflect.ValueOf(&ctx).Elem(), reflect.ValueOf(data)})
	err, _ := out[1].Interface().(error)
	return plain(out[0].Interface()), err
}

// plain makes a typed nil a bare one.
func plain(model any) any {
	v := reflect.ValueOf(model)
	switch v.Kind() {
	case reflect.Invalid:
		return nil
	case reflect.Pointer, reflect.Interface, reflect.Map, reflect.Slice, reflect.Func:
		if v.IsNil() {
			return nil
		}
	}
	return model
}

// nameOf is how messages call an estimator: the config that a wrapper of any type holds, by its Go name.
func nameOf(config any) string { return fmt.Sprintf("%T", bare(config)) }

// bare is the config inside an AnyClassifier and its like.
func bare(config any) any {
	switch c := config.(type) {
	case ml.AnyClassifier:
		return c.Config
	case ml.AnyRegressor:
		return c.Config
	case ml.AnyMultiRegressor:
		return c.Config
	case ml.AnyMultiLabel:
		return c.Config
	}
	return config
}

// save returns a model's file.
func save(model any) ([]byte, error) {
	var b bytes.Buffer
	if err := ml.Save(&b, model); err != nil {
		return nil, fmt.Errorf("the model cannot be saved: %w", err)
	}
	return b.Bytes(), nil
}

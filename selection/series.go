package selection

import (
	"context"
	"fmt"
	"reflect"

	"github.com/gopherwood-ml/ml"
)

// series returns a func that fits all configs to one data set by the method FitSeries of their type, nil if they have none or are of several types. It looks at the
// types as they are, so that a search read from a file, which holds its configs as interfaces, works as the one that was saved.
func series[Y any, M ml.Predictor[Y], C any](configs []C) func(context.Context, ml.Dataset[Y]) ([]M, error) {
	if len(configs) < 2 {
		return nil
	}
	var list reflect.Value
	for _, c := range configs {
		config := any(c)
		if u, ok := config.(ml.Unwrapper); ok {
			config = u.Unwrap()
		}
		v := reflect.ValueOf(config)
		if !v.IsValid() || list.IsValid() && v.Type() != list.Type().Elem() {
			return nil
		}
		if !list.IsValid() {
			list = reflect.MakeSlice(reflect.SliceOf(v.Type()), 0, len(configs))
		}
		list = reflect.Append(list, v)
	}
	fit := list.Index(0).MethodByName("FitSeries")
	if !fit.IsValid() {
		return nil
	}
	t := fit.Type()
	if t.NumIn() != 3 || t.In(0) != reflect.TypeFor[context.Context]() || t.In(1) != reflect.TypeFor[ml.Dataset[Y]]() || t.In(2) != list.Type() ||
		t.NumOut() != 2 || t.Out(0).Kind() != reflect.Slice || !t.Out(0).Elem().AssignableTo(reflect.TypeFor[M]()) || t.Out(1) != reflect.TypeFor[error]() {
		return nil
	}
	return func(ctx context.Context, d ml.Dataset[Y]) ([]M, error) {
		out := fit.Call([]reflect.Value{reflect.ValueOf(&ctx).Elem(), reflect.ValueOf(d), list})
		if err, _ := out[1].Interface().(error); err != nil {
			return nil, err
		}
		if n := out[0].Len(); n != len(configs) {
			return nil, ml.BadShape("", "FitSeries", fmt.Sprintf("%d models", n), fmt.Sprintf("%d, one for each config", len(configs)))
		}
		models := make([]M, len(configs))
		for i := range models {
			models[i] = out[0].Index(i).Interface().(M)
		}
		return models, nil
	}
}

package ensemble

import (
	"reflect"

	"github.com/gopherwood-ml/ml/internal/rng"
)

// reseeded is a config whose seeds, also those of what it holds, are new for each task, so that members of one config draw differently. A
// config without seeds comes back as it is.
func reseeded(config any, seed, task uint64) any {
	if config == nil {
		return nil
	}
	v, changed := reseed(reflect.ValueOf(config), rng.Key(seed, task))
	if !changed {
		return config
	}
	return v.Interface()
}

// reseed walks fields, lists and interfaces; what lies behind a pointer, such as a model that is there already, is left alone.
func reseed(v reflect.Value, key uint64) (reflect.Value, bool) {
	switch v.Kind() {
	case reflect.Interface:
		if v.IsNil() {
			return v, false
		}
		inner, changed := reseed(v.Elem(), key)
		if !changed {
			return v, false
		}
		return inner, true
	case reflect.Struct:
		return reseedFields(v, key)
	case reflect.Slice:
		return reseedItems(v, key)
	}
	return v, false
}

func reseedFields(v reflect.Value, key uint64) (reflect.Value, bool) {
	var out reflect.Value
	set := func(i int, to reflect.Value) {
		if !out.IsValid() {
			out = reflect.New(v.Type()).Elem()
			out.Set(v)
		}
		out.Field(i).Set(to)
	}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() {
			continue
		}
		if f.Name == "Seed" && f.Type.Kind() == reflect.Uint64 {
			set(i, reflect.ValueOf(rng.Key(key, v.Field(i).Uint())).Convert(f.Type))
		} else if to, changed := reseed(v.Field(i), key); changed {
			set(i, to)
		}
	}
	if !out.IsValid() {
		return v, false
	}
	return out, true
}

func reseedItems(v reflect.Value, key uint64) (reflect.Value, bool) {
	switch v.Type().Elem().Kind() {
	case reflect.Interface, reflect.Struct, reflect.Slice:
	default:
		return v, false
	}
	var out reflect.Value
	for i := range v.Len() {
		to, changed := reseed(v.Index(i), key)
		if !changed {
			continue
		}
		if !out.IsValid() {
			out = reflect.MakeSlice(v.Type(), v.Len(), v.Len())
			reflect.Copy(out, v)
		}
		out.Index(i).Set(to)
	}
	if !out.IsValid() {
		return v, false
	}
	return out, true
}

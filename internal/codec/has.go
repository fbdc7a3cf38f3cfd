package codec

import (
	"reflect"
	"slices"
)

// StoredHas says whether the stored value at path is a model, or the config of one, with the methods of interface I. Families use
// it to choose a default type. A wrapper has the methods in any case, so what it wraps decides.
func StoredHas[I any](peek Peek, path ...string) bool {
	for {
		kind, ok := peek(path...)
		if !ok {
			return false
		}
		if t, ok := TypeOf(kind); ok {
			if _, model, ok := FitOf(t); ok {
				t = model
			}
			return t.Implements(reflect.TypeFor[I]())
		}
		inner := innerOf(kind)
		if inner == nil {
			return false
		}
		path = append(slices.Clip(path), inner...)
	}
}

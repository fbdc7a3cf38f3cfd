package codec

import "reflect"

// StoredHas says whether the stored value at path is a model, or the config of one, with the methods of interface I. Where
// the kind is not registered by itself it belongs to a family of wrappers, which have every method that what they wrap may
// have: the answer is yes. Families use it to choose a default type.
func StoredHas[I any](peek Peek, path ...string) bool {
	kind, ok := peek(path...)
	if !ok {
		return false
	}
	t, ok := TypeOf(kind)
	if !ok {
		return true
	}
	if fit, ok := t.MethodByName("Fit"); ok && fit.Type.NumOut() == 2 {
		t = fit.Type.Out(0)
	}
	return t.Implements(reflect.TypeFor[I]())
}

package codec

import (
	"encoding"
	"reflect"
	"time"

	"github.com/gopherwood-ml/ml/tensor"
)

// Types that may stand in an interface slot without being registered, by their kinds: the Go basic types, slices of them
// and slices of those, times, and the tensors. In a slot of their own type they carry no kind.
var (
	builtinTypes = map[string]reflect.Type{}
	builtinKinds = map[reflect.Type]string{}
)

func init() {
	basic := []reflect.Type{
		reflect.TypeFor[bool](), reflect.TypeFor[string](), reflect.TypeFor[float64](), reflect.TypeFor[float32](),
		reflect.TypeFor[int](), reflect.TypeFor[int8](), reflect.TypeFor[int16](), reflect.TypeFor[int32](), reflect.TypeFor[int64](),
		reflect.TypeFor[uint](), reflect.TypeFor[uint8](), reflect.TypeFor[uint16](), reflect.TypeFor[uint32](), reflect.TypeFor[uint64](),
		durationType, reflect.TypeFor[time.Time](),
	}
	for _, t := range basic {
		addBuiltin(t.String(), t)
		addBuiltin("[]"+t.String(), reflect.SliceOf(t))
		addBuiltin("[][]"+t.String(), reflect.SliceOf(reflect.SliceOf(t)))
	}
	addBuiltin("tensor.Tensor[float64]", reflect.TypeFor[*tensor.Tensor[float64]]())
	addBuiltin("tensor.Tensor[float32]", reflect.TypeFor[*tensor.Tensor[float32]]())
	addBuiltin("tensor.CSR[float64]", reflect.TypeFor[*tensor.CSR[float64]]())
	addBuiltin("tensor.CSR[float32]", reflect.TypeFor[*tensor.CSR[float32]]())
}

func addBuiltin(kind string, t reflect.Type) {
	builtinTypes[kind] = t
	builtinKinds[deref(t)] = kind
}

// slotKind is the kind of a value of type t in an interface slot, "" if it has none.
func slotKind(t reflect.Type) string {
	if kind, ok := KindOf(t); ok {
		return kind
	}
	return builtinKinds[deref(t)]
}

var (
	durationType    = reflect.TypeFor[time.Duration]()
	marshalerType   = reflect.TypeFor[encoding.TextMarshaler]()
	unmarshalerType = reflect.TypeFor[encoding.TextUnmarshaler]()
	restorerType    = reflect.TypeFor[restorer]()
	matrixType      = reflect.TypeFor[tensor.Matrix]()
)

// A restorer rebuilds and validates its unexported state from its exported fields.
type restorer interface{ Restore() error }

// A wrapper is stored as what it wraps; an adapter wraps it again: see [RegisterAdapter].
type wrapper interface{ Stored() any }

// isText tells whether values of t are stored as the text they marshal themselves to.
func isText(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer || t.Kind() == reflect.Interface || t.PkgPath() == "" {
		return false
	}
	p := reflect.PointerTo(t)
	return p.Implements(marshalerType) && p.Implements(unmarshalerType)
}

// isLeaf tells whether t is one of the tensors, which have a form of their own.
func isLeaf(t reflect.Type) bool {
	kind, ok := builtinKinds[t]
	return ok && builtinTypes[kind].Kind() == reflect.Pointer
}

// isObject tells whether a value of t is written as an object into which its kind can go.
func isObject(t reflect.Type) bool { return t.Kind() == reflect.Struct && !isText(t) }

// isNumber tells whether a slice of t is stored as one array of numbers.
func isNumber(t reflect.Type) bool {
	if _, ok := dtypeOf(t.Kind()); !ok || t == durationType || isText(t) {
		return false
	}
	_, registered := KindOf(t)
	return !registered
}

// isPlain tells whether t, apart from any kind of its own, is a slice or array of numbers.
func isPlain(t reflect.Type) bool {
	return (t.Kind() == reflect.Slice || t.Kind() == reflect.Array) && isNumber(t.Elem())
}

// isRagged tells whether t is a slice of slices of numbers, stored as two arrays: all values and the lengths.
func isRagged(t reflect.Type) bool {
	if t.Kind() != reflect.Slice || t.Elem().Kind() != reflect.Slice || !isPlain(t.Elem()) || isText(t.Elem()) {
		return false
	}
	_, registered := KindOf(t.Elem())
	return !registered
}

func isInt(k reflect.Kind) bool { return k >= reflect.Int && k <= reflect.Int64 }

func isUint(k reflect.Kind) bool { return k >= reflect.Uint && k <= reflect.Uint64 }

// nilable tells whether null is one of t's own values, so that a pointer to t must be written in brackets.
func nilable(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Interface:
		return true
	case reflect.Slice, reflect.Map:
		_, registered := KindOf(t) // then an object with its kind is around it
		return !registered && !isText(t)
	}
	return false
}

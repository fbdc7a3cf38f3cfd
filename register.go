package ml

import (
	"reflect"

	"github.com/gopherwood-ml/ml/internal/codec"
)

// Register names type T in model files: Register[Ridge]("linear.Ridge"), Register[*RegressionModel]("linear.RegressionModel").
// Call it in an init function for every config, model and option value of your own that is to be saved. A pointer type
// and its element share one kind. A kind that is taken by another type panics: it is a bug of the program.
func Register[T any](kind string) { codec.Register(kind, reflect.TypeFor[T]()) }

// typeName is how errors and file headers call the type of v: its registered kind, or else its Go name.
func typeName(v any) string {
	if v == nil {
		return "nil"
	}
	t := reflect.TypeOf(v)
	if kind, ok := codec.KindOf(t); ok {
		return kind
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.String()
}

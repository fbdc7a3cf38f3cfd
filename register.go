package ml

import (
	"reflect"

	"github.com/gopherwood-ml/ml/internal/codec"
)

// Register names type T in model files: Register[Ridge]("linear.Ridge"), Register[*RegressionModel]("linear.RegressionModel").
// Call it in an init function for every config, model and option value of your own that is to be saved. A pointer type
// and its element share one kind. A kind that is taken by another type panics: it is a bug of the program.
func Register[T any](kind string) { codec.Register(kind, reflect.TypeFor[T]()) }

// RegisterConfig is Register for the config of an estimator, and notes what it is fitted to: RegisterConfig[Ridge]("linear.Ridge"). A file that puts it where
// another kind of config belongs is then refused when it is loaded, not when it is fitted, and pipelines and wrappers around it get the abilities of its model.
func RegisterConfig[C Fitter[D, M], D, M any](kind string) {
	Register[C](kind)
	codec.RegisterFit(reflect.TypeFor[C](), reflect.TypeFor[D](), reflect.TypeFor[M]())
}

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

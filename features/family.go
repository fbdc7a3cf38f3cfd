package features

import (
	"fmt"
	"reflect"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/codec"
)

// The generic types of this package are known to model files by their own names: which types they were instantiated with
// is for the program to say, with the type that it asks ml.Load for.
func init() {
	for _, name := range []string{"Labels", "Labelled", "Encoder", "StructModel", "TextModel"} {
		kind := "features." + name
		codec.RegisterFamily(codec.Family{
			Name:  kind,
			Owner: codec.InstanceOf(reflect.TypeFor[Columns](), name),
			Kind:  func(reflect.Type) string { return kind },
			Default: func(k string, _ codec.Peek) (reflect.Type, error) {
				if k != kind {
					return nil, nil
				}
				return nil, &ml.Error{Where: "ml.Load", Found: "a generic " + kind, Want: fmt.Sprintf("its full type to be asked for: ml.Load[*%s[...]]", kind), Kind: ml.ErrType}
			},
		})
	}
}

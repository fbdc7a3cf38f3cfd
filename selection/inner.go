package selection

import (
	"errors"
	"fmt"

	"github.com/gopherwood-ml/ml"
)

func badFile(where, field, found, want string) error {
	return &ml.Error{Where: where, Field: field, Found: found, Want: want, Kind: ml.ErrFormat}
}

// lacks says that the model inside a model of the given kind has no such method.
func lacks(where, ability string, inner any) error {
	return &ml.Error{Where: where, Found: fmt.Sprintf("around a %T without %s", inner, ability), Kind: errors.ErrUnsupported}
}

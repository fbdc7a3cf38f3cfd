package tree

import (
	"errors"
	"io"

	"github.com/gopherwood-ml/ml"
)

// Grown is any model made of trees: those of this package, and whatever else can show its Ensemble.
type Grown interface {
	Meta() *ml.Fitted
	Trees() *Ensemble
}

// grown returns the trees of a model after a look at whether they are sound.
func grown(where string, m Grown) (*Ensemble, error) {
	e := m.Trees()
	if e == nil {
		return nil, &ml.Error{Where: where, Field: "Ensemble", Found: "missing", Want: "the trees", Kind: ml.ErrFormat}
	}
	if e.engine == nil {
		if err := e.check(); err != nil {
			return nil, fileError(where, err)
		}
	}
	return e, nil
}

// unsupported is the error of something that a format has no place for.
func unsupported(where, field, found, want string) error {
	return &ml.Error{Where: where, Field: field, Found: found, Want: want, Kind: errors.ErrUnsupported}
}

// send writes a whole file.
func send(where string, w io.Writer, text []byte) error {
	if _, err := w.Write(text); err != nil {
		return &ml.Error{Where: where, Found: "unwritable", Kind: ml.ErrFormat, Cause: err}
	}
	return nil
}

// named reports whether any column has a name.
func named(columns []ml.Column) bool {
	for _, c := range columns {
		if c.Name != "" {
			return true
		}
	}
	return false
}

// origin is where a loaded model comes from, if it comes from that library.
func origin(m Grown, library string) Origin {
	if o, ok := m.Meta().Config.(Origin); ok && o.Library == library {
		return o
	}
	return Origin{}
}

// codes lists the categories of a set in ascending order.
func codes(set []uint32) []int {
	var out []int
	for w, word := range set {
		for bit := range 32 {
			if word>>bit&1 != 0 {
				out = append(out, 32*w+bit)
			}
		}
	}
	return out
}

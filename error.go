package ml

import (
	"errors"
	"fmt"
	"strings"
)

// The kinds of fault an [Error] reports. Test for them with [errors.Is].
var (
	ErrConfig    = errors.New("bad configuration")       // a field of a config is out of range
	ErrShape     = errors.New("wrong shape")             // sizes do not agree, or there is nothing to work on
	ErrNotFinite = errors.New("not a finite number")     // NaN or Inf where the method takes none
	ErrTarget    = errors.New("bad target")              // a class code, a label or a target value
	ErrWeight    = errors.New("bad weight")              // a negative or non-finite weight, or all of them zero
	ErrColumn    = errors.New("wrong column")            // a column is missing, unknown or of the wrong kind
	ErrData      = errors.New("wrong kind of data")      // a step that needs targets got none, or targets of another type
	ErrFormat    = errors.New("malformed input")         // a file or a text cannot be read
	ErrEngine    = errors.New("the engine failed")       // what computes gave up: see Engine
	ErrType      = errors.New("file holds another type") // a file is sound but holds something else than was asked for
)

// Error says what was wrong with the user's data, configuration or file: what was found, where, and what
// was wanted. It unwraps to its Kind (one of ErrConfig, ErrShape, ...) and to its Cause.
type Error struct {
	Where string // what was running: "linear.Ridge.Fit", "ml.ReadCSV"
	Field string // the place: a config field, "X", "Y", "Weight", "row 3, column 2 (age)"
	Found string // what stood there
	Want  string // what would have been accepted
	Kind  error  // one of the Err values of this package
	Cause error  // what lies below, or nil
}

// Error renders one line, such as
//
//	linear.Ridge.Fit: Alpha is 0: want > 0; for no penalty use linear.OLS (bad configuration)
func (e *Error) Error() string {
	var b strings.Builder
	if e.Where != "" {
		b.WriteString(e.Where)
		b.WriteString(": ")
	}
	if e.Field != "" {
		b.WriteString(e.Field)
		b.WriteByte(' ')
	}
	if e.Found != "" {
		b.WriteString("is ")
		b.WriteString(e.Found)
	}
	if e.Want != "" {
		if e.Found != "" {
			b.WriteString(": ")
		}
		b.WriteString("want ")
		b.WriteString(e.Want)
	}
	if e.Cause != nil {
		fmt.Fprintf(&b, ": %v", e.Cause)
	}
	if e.Kind != nil {
		fmt.Fprintf(&b, " (%v)", e.Kind)
	}
	return b.String()
}

// Unwrap lets errors.Is and errors.As see both the kind and the cause.
func (e *Error) Unwrap() []error {
	out := make([]error, 0, 2)
	if e.Kind != nil {
		out = append(out, e.Kind)
	}
	if e.Cause != nil {
		out = append(out, e.Cause)
	}
	return out
}

// BadConfig is the Error of a config field out of range: BadConfig("linear.Ridge.Fit", "Alpha", -1, ">= 0").
func BadConfig(where, field string, found any, want string) *Error {
	return &Error{Where: where, Field: field, Found: fmt.Sprint(found), Want: want, Kind: ErrConfig}
}

// BadFile is the Error of a model file that does not hold together, for Restore methods.
func BadFile(where, field, found, want string) *Error {
	return &Error{Where: where, Field: field, Found: found, Want: want, Kind: ErrFormat}
}

// Unsupported is the error of a wrapper asked for something that the model inside it has no method for.
func Unsupported(where, ability string, inner any) *Error {
	return &Error{Where: where, Found: fmt.Sprintf("around a %T without %s", inner, ability), Kind: errors.ErrUnsupported}
}

// BadShape is the Error of sizes that do not agree: BadShape("linear.Ridge.Fit", "Y", "10 values", "12, one for each row of X").
func BadShape(where, field, found, want string) *Error {
	return &Error{Where: where, Field: field, Found: found, Want: want, Kind: ErrShape}
}

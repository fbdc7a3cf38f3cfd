package tensor

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrFormat is what every [*FormatError] unwraps to: a file or a set of raw arrays which is not what it claims to be.
var ErrFormat = errors.New("malformed data")

// A ShapeError says which operation was asked to combine or index shapes that do not fit.
// The index algebra of this package panics with a *ShapeError, as indexing a slice out of range panics; constructors which
// take data that a program did not make itself ([FromRows]) return it.
type ShapeError struct {
	Op     string  // the function or method, such as "MatMul"
	Shapes [][]int // the shapes it was given, in order
	Detail string  // what is wrong with them
}

// Error names the operation, the shapes and what is wrong with them.
func (e *ShapeError) Error() string {
	var b strings.Builder
	b.WriteString("tensor: ")
	b.WriteString(e.Op)
	for i, s := range e.Shapes {
		if i == 0 {
			b.WriteString(" of ")
		} else {
			b.WriteString(" and ")
		}
		fmt.Fprint(&b, s)
	}
	if e.Detail != "" {
		b.WriteString(": ")
		b.WriteString(e.Detail)
	}
	return b.String()
}

// badShape panics with a [*ShapeError]. It copies the shapes, so that its callers' slices stay on their stacks.
func badShape(op, detail string, shapes ...[]int) {
	kept := make([][]int, len(shapes))
	for i, s := range shapes {
		kept[i] = slices.Clone(s)
	}
	panic(&ShapeError{Op: op, Shapes: kept, Detail: detail})
}

// A FormatError says where data from outside (a file, raw index arrays) breaks its format. It unwraps to [ErrFormat], and to
// the error of the reader below when there was one.
type FormatError struct {
	Where  string // the part of the data, such as "npy header" or "indices[7]"
	Found  string // what is there
	Want   string // what the format asks for
	Reason error  // the error of the reader below; nil if there was none
}

// Error says where, what was found and what was wanted.
func (e *FormatError) Error() string {
	s := "tensor: " + e.Where + ": found " + e.Found + ", want " + e.Want
	if e.Reason != nil {
		s += ": " + e.Reason.Error()
	}
	return s
}

// Unwrap makes errors.Is hold for [ErrFormat] and for the reader's own error.
func (e *FormatError) Unwrap() []error {
	if e.Reason == nil {
		return []error{ErrFormat}
	}
	return []error{ErrFormat, e.Reason}
}

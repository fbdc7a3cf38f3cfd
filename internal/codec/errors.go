package codec

import (
	"errors"
	"fmt"
	"strings"
)

// The kinds of fault an [Error] reports.
var (
	ErrFormat = errors.New("malformed file")          // the file or the text breaks its format
	ErrType   = errors.New("file holds another type") // it is sound, but holds something else than was asked for
	ErrStore  = errors.New("cannot be stored")        // a value that is to be written holds something without a form on file
)

// An Error says where in a value or a file something is wrong. It unwraps to its Kind and its Cause.
type Error struct {
	Path  string // of fields: "Final.Coef"; "" for the value or the file itself
	Found string // what stands there
	Want  string // what was wanted
	Kind  error  // ErrFormat, ErrType or ErrStore
	Cause error  // what lies below, or nil
}

// Error renders one line: the path, what was found, what was wanted.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("codec: ")
	if e.Path != "" {
		b.WriteString(e.Path + ": ")
	}
	b.WriteString("found " + e.Found)
	if e.Want != "" {
		b.WriteString(", want " + e.Want)
	}
	if e.Cause != nil {
		fmt.Fprintf(&b, ": %v", e.Cause)
	}
	fmt.Fprintf(&b, " (%v)", e.Kind)
	return b.String()
}

// Unwrap lets errors.Is and errors.As see both the kind and the cause.
func (e *Error) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Cause}
}

func malformed(path, found, want string) *Error {
	return &Error{Path: path, Found: found, Want: want, Kind: ErrFormat}
}

func mistyped(path, found, want string) *Error {
	return &Error{Path: path, Found: found, Want: want, Kind: ErrType}
}

func unstorable(path, found, want string) *Error {
	return &Error{Path: path, Found: found, Want: want, Kind: ErrStore}
}

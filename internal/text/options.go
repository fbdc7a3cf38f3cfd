package text

import (
	"fmt"
	"math"
)

// Type is what a column is declared to hold.
type Type uint8

const (
	Auto     Type = iota // worked out from all cells
	Number               // quantities
	Bool                 // truth values, stored as 0 and 1
	Category             // text, stored as codes of its levels
	Time                 // dates and times, stored as seconds since 1970
	Skip                 // left out
)

// Spec is what is known of a column before it is read.
type Spec struct {
	Name    string
	Type    Type
	Levels  []string // not nil: all the levels that a Category may have, in the order of their codes
	Numeric bool     // of an Auto column: it may be anything but a category
	Text    bool     // a Category of any number of levels, none of which is ever unseen: free text
	Like    bool     // a column of an earlier table: the input may lack it
}

// DefaultMaxLevels is how many levels a column may have unless told otherwise.
const DefaultMaxLevels = 1 << 20

// Options say how cells are read.
type Options struct {
	Specs         []Spec   // of columns by name; of two with one name the first counts
	Missing       []string // the texts which stand for a missing value
	MaxLevels     int      // how many levels a category may have
	UnseenMissing bool     // a text outside a Spec's Levels is missing; else it is a fault
	Point         byte     // the decimal point
}

// rules are Options made ready for many cells.
type rules struct {
	tokens        map[string]bool
	longest       int       // of the tokens
	ends          [256]bool // whether a token ends so: tokens seldom end in a digit, as numbers do
	emptyMissing  bool
	maxLevels     int
	unseenMissing bool
	point         byte
}

func newRules(o Options) *rules {
	r := &rules{tokens: map[string]bool{}, maxLevels: o.MaxLevels, unseenMissing: o.UnseenMissing, point: o.Point}
	for _, t := range o.Missing {
		if t = string(trim([]byte(t))); t == "" {
			r.emptyMissing = true
			continue
		}
		r.tokens[t] = true
		r.ends[t[len(t)-1]] = true
		r.longest = max(r.longest, len(t))
	}
	return r
}

// missing reports whether b, without the spaces around it, stands for a missing value.
func (r *rules) isMissing(b []byte) bool {
	if len(b) == 0 {
		return r.emptyMissing
	}
	return len(b) <= r.longest && r.ends[b[len(b)-1]] && r.tokens[string(b)]
}

// trim cuts spaces and tabs off both ends.
func trim(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}

// Cause says of what kind a Fault is.
type Cause uint8

const (
	Malformed Cause = iota // the text breaks the format, or a cell does not hold what its column does
	BadColumn              // a column is missing, or has too many levels
	TooLarge               // the table would be far larger than the text it comes from
	Reading                // the reader below failed
)

// Fault says what is wrong in the input, and where.
type Fault struct {
	Line   int    // 1-based; 0: no particular one
	Column int    // 1-based; 0: the whole line
	Name   string // of the column
	Found  string
	Want   string
	Cause  Cause
	Err    error // the reader's
}

// Error is for tests and debuggers; package ml words its own error.
func (f *Fault) Error() string {
	return fmt.Sprintf("line %d, column %d (%s): found %s, want %s %v", f.Line, f.Column, f.Name, f.Found, f.Want, f.Err)
}

// quoted shows what was found, shortened if need be.
func quoted(b []byte) string {
	const most = 60
	if len(b) > most {
		return fmt.Sprintf("%q...", b[:most])
	}
	return fmt.Sprintf("%q", b)
}

var nan = math.NaN()

// MissingTest returns what says whether a text stands for a missing value.
func MissingTest(o Options) func(string) bool {
	r := newRules(o)
	return func(s string) bool { return r.isMissing(trim([]byte(s))) }
}

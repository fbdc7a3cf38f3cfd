// Package cases holds what is measured: one file for each package of the library registers its cases. A case is a name from
// the list in rows.go (or a kernel's), the data set it needs and a function that turns the data into steps to time.
package cases

import (
	"fmt"

	"github.com/gopherwood-ml/ml/bench/protocol"
)

// The libraries that run in a Go worker; all others are Python's.
const (
	Ours  = "gopherwood"
	Gonum = "gonum"
	Loop  = "go loop" // the obvious loop with package math, as a user would write it

	BuiltIn = "built in" // what the library has, against what a user writes in its place
)

// InGo says whether a library runs in a Go worker.
func InGo(lib string) bool { return lib == Ours || lib == Gonum || lib == Loop || lib == BuiltIn }

// A Case is one thing that a library does on one data set.
type Case struct {
	Name string
	Lib  string   // Ours (also ""), Gonum, Loop or BuiltIn
	Data string   // a name that Open knows, "" for none
	Vs   []string // the libraries to compare with
	Make func(*Data) (*Work, error)
	Slow bool // more than about ten seconds for all rounds: go test -short leaves it out
}

// Work is a case ready to run.
type Work struct {
	Rows, Columns int // what the first step sees
	Params        string
	Steps         []Step
	Score         func() (map[string]float64, error) // of the last results
	Tol           map[string]float64                 // how far our score may be from a peer's: |difference| <= Tol·max(1, |peer's|)
}

// Step is one thing to time: protocol.Step and how to run it. The first step of a Work is run before any other.
type Step struct {
	protocol.Step
	Run    func() error
	Single bool // the peak to compare with is float32's
}

type key struct{ name, lib string }

var (
	registry = map[key]Case{}
	order    []key
)

// Register adds a case. A second one of the same name and library is a programmer's error.
func Register(c Case) {
	if c.Lib == "" {
		c.Lib = Ours
	}
	k := key{c.Name, c.Lib}
	if _, twice := registry[k]; twice {
		panic(fmt.Sprintf("cases: %s of %s registered twice", c.Name, c.Lib))
	}
	registry[k] = c
	order = append(order, k)
}

// Find returns the case that a library has under a name.
func Find(name, lib string) (Case, bool) {
	c, ok := registry[key{name, lib}]
	return c, ok
}

// All returns the cases of a library, in the order of their registration.
func All(lib string) []Case {
	var all []Case
	for _, k := range order {
		if k.lib == lib {
			all = append(all, registry[k])
		}
	}
	return all
}

// step and stepInto build the two forms most operations have: results in fresh memory, and in the caller's, which peers that
// have only the one form are compared with, too.
func step(name string, run func() error) Step {
	return Step{Step: protocol.Step{Name: name}, Run: run}
}

func stepInto(name string, run func() error) Step {
	return Step{Step: protocol.Step{Name: name + " into", Against: name}, Run: run}
}

// floor says what share of a library's time the step may take at the most.
func (s Step) floor(lib string, ratio float64) Step {
	f := map[string]float64{lib: ratio}
	for k, v := range s.Floors {
		f[k] = v
	}
	s.Floors = f
	return s
}

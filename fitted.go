package ml

import (
	"fmt"
	"slices"
)

// Status says how an iterative fit ended.
type Status uint8

const (
	// Exact fits have a closed form: nothing to converge. The zero value.
	Exact Status = iota
	// Converged: the stopping criterion was met.
	Converged
	// MaxIter: the iterations ran out first. Information, not an error.
	MaxIter
	// Stalled: no step improves any more, though the criterion is not met.
	Stalled
	// Stopped: the progress function returned Stop.
	Stopped
	// EarlyStopped: the score on Valid no longer improved for Patience iterations.
	EarlyStopped
)

// String returns the status in words.
func (s Status) String() string {
	names := [...]string{"exact", "converged", "max iterations", "stalled", "stopped", "early stopped"}
	if int(s) < len(names) {
		return names[s]
	}
	return fmt.Sprintf("Status(%d)", uint8(s))
}

// Info says how a fit went and what it saw.
type Info struct {
	Status     Status
	Iterations int       // done, 0 for a closed form
	Best       int       // the iteration kept by early stopping, 0 if none was used
	Gap        float64   // the final value of the stopping criterion: gradient norm, dual gap, change; the model's doc says which
	Loss       []float64 // training loss after each iteration, if the method records it
	ValidLoss  []float64 // the same on Valid
	Watched    []Curve   // what else was measured: other metrics, on Valid and on the sets behind it
	Note       string    // what the user should know: "rank 3 of 5", "classes are separable"
	Rows       int       // rows learned from
	Features   int       // columns of X
}

// Curve is a metric after each iteration, on one of the sets that were watched.
type Curve struct {
	Set    int    // 0: Valid, 1: Valid.Valid, ...
	Metric string // "" for the loss
	Values []float64
}

// Fitted is what every model carries: what it was fitted from and how. It is embedded in every model.
type Fitted struct {
	Columns []Column // of the X it was fitted on; nil: all numeric, unnamed
	Classes []string // the names of the class codes; nil: unnamed, or not a classifier
	Config  any      // the config it was fitted with, those defaults filled in that do not depend on the data
	Info    Info
}

// NewFitted begins the description of a model: what it was fitted to, copied, so that the model keeps nothing of the
// caller's, and the config, which the method completes with its defaults. Classes are nil for anything but a classifier.
func NewFitted(t Table, classes []string, config any) Fitted {
	f := Fitted{Columns: CloneColumns(t.Columns), Classes: slices.Clone(classes), Config: config}
	if t.X != nil {
		f.Info.Rows, f.Info.Features = t.X.Dims()
	}
	return f
}

// CloneColumns copies columns with their levels and origins.
func CloneColumns(columns []Column) []Column {
	out := slices.Clone(columns)
	for j := range out {
		out[j].Levels = slices.Clone(out[j].Levels)
		out[j].From = slices.Clone(out[j].From)
	}
	return out
}

// Meta returns the common part of any model.
func (f *Fitted) Meta() *Fitted { return f }

// MetaOf is what a model says of its fit, nil if it carries no Fitted.
func MetaOf(model any) *Fitted {
	if of, ok := model.(interface{ Meta() *Fitted }); ok {
		return of.Meta()
	}
	return nil
}

// Adopt takes over how the fits of the models inside another went: their iterations together, the last status in the order of Status, where those that
// are not as they should be come last, and the first note.
func Adopt[M any](f *Fitted, models ...M) {
	for _, m := range models {
		of := MetaOf(m)
		if of == nil {
			continue
		}
		f.Info.Iterations += of.Info.Iterations
		f.Info.Status = max(f.Info.Status, of.Info.Status)
		if f.Info.Note == "" {
			f.Info.Note = of.Info.Note
		}
	}
}

// CheckInside makes sure that models inside another one, which was read from a file, are there, and for as many columns. where names the outer one.
func CheckInside[M any](where string, features int, models ...M) error {
	for _, m := range models {
		if any(m) == nil {
			return &Error{Where: where, Field: "the model inside", Found: "nil", Want: "a model", Kind: ErrFormat}
		}
		if of := MetaOf(m); of != nil && of.Info.Features != features {
			return &Error{Where: where, Field: "the model inside", Found: fmt.Sprintf("for %d columns", of.Info.Features), Want: fmt.Sprintf("for %d", features), Kind: ErrFormat}
		}
	}
	return nil
}

// ColumnName is the name of column j, "x3" for an unnamed one, as scikit-learn writes it.
func ColumnName(columns []Column, j int) string {
	if j < len(columns) && columns[j].Name != "" {
		return columns[j].Name
	}
	return fmt.Sprintf("x%d", j)
}

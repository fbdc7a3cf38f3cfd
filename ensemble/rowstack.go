package ensemble

import (
	"sync"

	"github.com/gopherwood-ml/ml"
)

// rowStack is what the one on top of a stack sees of a single row, without allocating. nil: a base cannot.
type rowStack struct {
	read    []rowReader
	width   int       // numbers that a base says
	second  bool      // of two classes only the second probability counts
	pass    bool      // the row itself comes behind
	scratch sync.Pool // of *stackScratch
}

// stackScratch is what one row needs: what a base says, and what the one on top sees.
type stackScratch struct{ said, above []float64 }

// newRowStack finds the bases' row methods; width is of what each of them says, features of the row.
func newRowStack[Y any](row func(m ml.Predictor[Y]) rowReader, bases []ml.Predictor[Y], width, features int, pass, second bool) *rowStack {
	r := &rowStack{width: width, second: second, pass: pass}
	for _, m := range bases {
		read := row(m)
		if read == nil {
			return nil
		}
		r.read = append(r.read, read)
	}
	above := len(bases) * width
	if second {
		above = len(bases)
	}
	if pass {
		above += features
	}
	r.scratch.New = func() any { return &stackScratch{make([]float64, width), make([]float64, above)} }
	return r
}

// with calls use with what the one on top sees.
func (r *rowStack) with(x []float64, use func(above []float64) error) error {
	s := r.scratch.Get().(*stackScratch)
	defer r.scratch.Put(s)
	at := 0
	for _, read := range r.read {
		if err := read(s.said, x); err != nil {
			return err
		}
		if r.second {
			s.above[at] = s.said[1]
			at++
			continue
		}
		at += copy(s.above[at:], s.said)
	}
	if r.pass {
		copy(s.above[at:], x)
	}
	return use(s.above)
}

// stackedRow is what classSays says of a single row: probabilities, or else the class. Scores have no method for single rows.
func stackedRow(k int) func(m ml.Predictor[int]) rowReader {
	return func(m ml.Predictor[int]) rowReader {
		if _, proba := ml.As[ml.Classifier](m); proba {
			return classRow(m, k, false)
		}
		if _, scores := ml.As[ml.Decider](m); scores {
			return nil
		}
		return classRow(m, k, true)
	}
}

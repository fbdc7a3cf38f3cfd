package ensemble

import (
	"errors"
	"fmt"
	"math"
	"sync"

	"github.com/gopherwood-ml/ml"
)

// rowReader writes what a model says of one row to dst, without allocating.
type rowReader func(dst, x []float64) error

// rowMean is answers.mean for a single row, without allocating. nil: a member cannot.
type rowMean struct {
	read    []rowReader // nil: of weight 0
	weight  []float64
	columns [][]int
	width   int
	proba   bool
	scratch sync.Pool // of *rowScratch
}

// rowScratch is what one row needs: the columns that a member sees, and what it says.
type rowScratch struct{ own, said, sum []float64 }

// newRowMean finds the members' row methods.
func newRowMean[Y any](a answers[Y], members []ml.Predictor[Y], weight []float64, columns [][]int) *rowMean {
	r := &rowMean{read: make([]rowReader, len(members)), weight: weight, columns: columns, width: a.width, proba: a.proba}
	widest := 0
	for i, m := range members {
		if weight != nil && weight[i] == 0 {
			continue
		}
		if r.read[i] = a.row(m); r.read[i] == nil {
			return nil
		}
		if columns != nil {
			widest = max(widest, len(columns[i]))
		}
	}
	r.scratch.New = func() any {
		return &rowScratch{make([]float64, widest), make([]float64, a.width), make([]float64, a.width)}
	}
	return r
}

// into writes the mean answer to dst.
func (r *rowMean) into(dst, x []float64) error {
	s := r.scratch.Get().(*rowScratch)
	defer r.scratch.Put(s)
	clear(dst)
	total := 0.0
	for i, read := range r.read {
		if read == nil {
			continue
		}
		own := x
		if r.columns != nil {
			own = s.own[:len(r.columns[i])]
			for k, j := range r.columns[i] {
				own[k] = x[j]
			}
		}
		if err := read(s.said, own); err != nil {
			return err
		}
		w := 1.0
		if r.weight != nil {
			w = r.weight[i]
		}
		total += w
		for j, v := range s.said {
			dst[j] += float64(w * v)
		}
	}
	if r.proba {
		total = 0
		for _, v := range dst {
			total += v
		}
	}
	for j := range dst {
		dst[j] /= total
	}
	return nil
}

// one is the mean answer as a prediction.
func one[Y any](r *rowMean, x []float64, decide func(row []float64) Y) (Y, error) {
	s := r.scratch.Get().(*rowScratch)
	defer r.scratch.Put(s)
	if err := r.into(s.sum, x); err != nil {
		var none Y
		return none, err
	}
	return decide(s.sum), nil
}

// checkOne checks a row to predict; all its numbers where members see a part of the columns, or some are not asked.
func checkOne(where string, f *ml.Fitted, r *rowMean, x []float64) error {
	if err := ml.CheckRow(where, f, x); err != nil {
		return err
	}
	if r.columns == nil && r.weight == nil {
		return nil
	}
	for j, v := range x {
		if math.Abs(v) <= math.MaxFloat64 || math.IsNaN(v) && ml.AcceptsOf(f.Config).Missing {
			continue
		}
		return ml.NotFinite(where, f.Columns, 0, j, v)
	}
	return nil
}

// checkDst makes sure that there is room for the probabilities of k classes.
func checkDst(where string, dst []float64, k int) error {
	if len(dst) != k {
		return ml.BadShape(where, "dst", fmt.Sprintf("%d long", len(dst)), fmt.Sprintf("%d, one for each class", k))
	}
	return nil
}

// canRow answers for PredictRow and ProbaRow: every member must have them.
func canRow(ability any, r *rowMean) ml.Verdict {
	if r == nil && (asksFor(ability, "PredictRow") || asksFor(ability, "ProbaRow")) {
		return ml.Lacks
	}
	return ml.Undecided
}

// noRows is the error of a row method where a member has none.
func noRows(where string) error {
	return &ml.Error{Where: where, Found: "of members without a method for single rows", Kind: errors.ErrUnsupported}
}

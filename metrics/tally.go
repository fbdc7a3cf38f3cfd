package metrics

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
)

// Label is the target of a row: the code of its class, or for each label whether it has it (1) or not (0).
type Label interface{ int | []int }

// A Tally counts, for every class against all others or for every label, what was predicted right and wrong: what precision, recall and their kin
// are made of.
type Tally struct {
	Labels  []int    // the class codes, or the columns of labels
	Counts  []Counts // of each of Labels
	samples []Counts // of each row, for multi-label data
	weight  []float64
	total   float64
}

// maxTally bounds the classes of a Tally, so that a stray code (a timestamp) is an error and not memory.
const maxTally = 1 << 20

// NewTally counts class codes or multi-label rows. k is the number of classes: 0..k-1 all count in averages then, whether they occur or
// not; 0 means those that occur in y or pred. Multi-label rows have a fixed width, which k must equal unless it is 0. Codes outside 0..k-1, negative or above
// 2^20, and labels that are not 0 or 1, give ErrTarget; k out of range ErrConfig; the rest is as in [CheckCodes]. O(rows + K).
func NewTally[Y Label](y, pred []Y, k int, weight ...float64) (*Tally, error) {
	const where = "metrics.NewTally"
	if err := CheckRows(where, len(y), len(pred), weight); err != nil {
		return nil, err
	}
	if k < 0 || k > maxTally {
		return nil, ml.BadConfig(where, "k", k, fmt.Sprintf("0 to %d classes", maxTally))
	}
	if codes, ok := any(y).([]int); ok {
		return tallyCodes(where, codes, any(pred).([]int), k, weight)
	}
	return tallyLabels(where, any(y).([][]int), any(pred).([][]int), k, weight)
}

// marginals are, for each class, the rows of it, those predicted as it, and those that are both.
type marginals struct{ truth, pred, both []float64 }

func (m marginals) join(o marginals) marginals {
	for c := range m.truth {
		m.truth[c] += o.truth[c]
		m.pred[c] += o.pred[c]
		m.both[c] += o.both[c]
	}
	return m
}

// marginalsOf counts codes, which must be 0..k-1 in rows of weight.
func marginalsOf(y, pred []int, k int, weight []float64) marginals {
	grain := 4 * chunk
	if k > 1<<10 { // a table for every chunk would be more work than the rows
		grain = len(y)
	}
	return par.Reduce(len(y), grain, func(_, lo, hi int) marginals {
		m := marginals{make([]float64, k), make([]float64, k), make([]float64, k)}
		if len(weight) == 0 {
			for i, c := range y[lo:hi] {
				p := pred[lo+i]
				m.truth[c]++
				m.pred[p]++
				if c == p {
					m.both[c]++
				}
			}
			return m
		}
		for i := lo; i < hi; i++ {
			if w := weight[i]; w > 0 {
				m.truth[y[i]] += w
				m.pred[pred[i]] += w
				if y[i] == pred[i] {
					m.both[y[i]] += w
				}
			}
		}
		return m
	}, marginals.join)
}

// codeBound is the number of classes up to the largest code, at least k; the error names a code that is outside 0..limit-1.
func codeBound(where string, y, pred []int, k, limit int, weight []float64) (int, error) {
	most := par.Reduce(len(y), 4*chunk, func(_, lo, hi int) int {
		most := -1
		for i := lo; i < hi; i++ {
			if absent(weight, i) {
				continue
			}
			a, b := y[i], pred[i]
			if uint(a) >= uint(limit) || uint(b) >= uint(limit) {
				return math.MaxInt
			}
			most = max(most, a, b)
		}
		return most
	}, func(a, b int) int { return max(a, b) })
	if most < math.MaxInt {
		return max(k, most+1), nil
	}
	for i := range y {
		if absent(weight, i) {
			continue
		}
		if uint(y[i]) >= uint(limit) {
			return 0, badCode(where, i, y[i], limit)
		}
		if uint(pred[i]) >= uint(limit) {
			return 0, &ml.Error{Where: where, Field: fmt.Sprintf("prediction[%d]", i), Found: fmt.Sprint(pred[i]), Want: fmt.Sprintf("a class code 0..%d", limit-1), Kind: ml.ErrTarget}
		}
	}
	return 0, nil
}

func tallyCodes(where string, y, pred []int, k int, weight []float64) (*Tally, error) {
	limit := k
	if k == 0 {
		limit = maxTally
	}
	bound, err := codeBound(where, y, pred, k, limit, weight)
	if err != nil {
		return nil, err
	}
	m := marginalsOf(y, pred, bound, weight)
	t := &Tally{total: totalOf(len(y), weight)}
	for c := range bound {
		if k == 0 && m.truth[c] == 0 && m.pred[c] == 0 {
			continue
		}
		t.Labels = append(t.Labels, c)
		n := Counts{TP: m.both[c], FP: m.pred[c] - m.both[c], FN: m.truth[c] - m.both[c]}
		n.TN = max(0, t.total-n.TP-n.FP-n.FN)
		if len(weight) > 0 { // differences of sums that were rounded: what is nothing must be 0
			n.FP, n.FN, n.TN = snap(n.FP, m.pred[c]), snap(n.FN, m.truth[c]), snap(n.TN, t.total)
		}
		t.Counts = append(t.Counts, n)
	}
	return t, nil
}

// snap is v, or 0 if v is a difference of sums of the given size that rounding alone could have left.
func snap(v, size float64) float64 {
	if math.Abs(v) <= 1e-13*size {
		return 0
	}
	return v
}

func tallyLabels(where string, y, pred [][]int, k int, weight []float64) (*Tally, error) {
	width, err := checkLabels(where, y, pred, weight)
	if err != nil {
		return nil, err
	}
	if k != 0 && k != width {
		return nil, ml.BadShape(where, "Y", fmt.Sprintf("%d labels wide", width), fmt.Sprintf("%d labels", k))
	}
	t := &Tally{Labels: make([]int, width), Counts: make([]Counts, width), samples: make([]Counts, len(y)), weight: weight}
	for j := range t.Labels {
		t.Labels[j] = j
	}
	for i := range y {
		if absent(weight, i) {
			continue
		}
		wi := w(weight, i)
		t.total += wi
		for j, a := range y[i] {
			one := Counts{}
			switch b := pred[i][j]; {
			case a == 1 && b == 1:
				one.TP = 1
			case b == 1:
				one.FP = 1
			case a == 1:
				one.FN = 1
			default:
				one.TN = 1
			}
			t.samples[i] = t.samples[i].plus(one)
			t.Counts[j] = t.Counts[j].plus(Counts{one.TP * wi, one.FP * wi, one.FN * wi, one.TN * wi})
		}
	}
	return t, nil
}

// Mean is the average over the classes or labels of a score of their counts:
//
//	t.Mean(metrics.Macro, func(c metrics.Counts) float64 { return c.F(2, 0) })
//
// A score of NaN is left out. Weighted weighs by the rows of a class, or not at all if there are none. NaN for Samples of class codes, and for
// Binary where there are classes but 0 and 1.
func (t *Tally) Mean(a Average, score func(Counts) float64) float64 {
	switch a {
	case Macro, Weighted:
		v, support := make([]float64, len(t.Counts)), make([]float64, len(t.Counts))
		for j, c := range t.Counts {
			v[j], support[j] = score(c), c.Support()
		}
		if a == Macro {
			support = nil
		}
		return average(v, support)
	case Micro:
		var all Counts
		for _, c := range t.Counts {
			all = all.plus(c)
		}
		return score(all)
	case Binary:
		return score(t.One())
	case Samples:
		if t.samples == nil {
			break
		}
		var v, weight []float64
		for i, c := range t.samples {
			if !absent(t.weight, i) {
				v, weight = append(v, score(c)), append(weight, w(t.weight, i))
			}
		}
		return average(v, weight)
	}
	return math.NaN()
}

// One is the counts of class 1 against class 0: NaN if there are other classes.
func (t *Tally) One() Counts {
	one := Counts{TN: t.total}
	for j, c := range t.Labels {
		switch {
		case t.samples != nil && len(t.Labels) > 1, c > 1:
			return Counts{math.NaN(), math.NaN(), math.NaN(), math.NaN()}
		case c == 1 || t.samples != nil:
			one = t.Counts[j]
		}
	}
	return one
}

// CheckLabels is CheckCodes for multi-label rows: all of one width, at least 1, of zeros and ones. Kinds: ErrShape, ErrTarget (in y), ErrData (in
// pred), ErrWeight.
func CheckLabels(where string, y, pred [][]int, weight []float64) error {
	if err := CheckRows(where, len(y), len(pred), weight); err != nil {
		return err
	}
	_, err := checkLabels(where, y, pred, weight)
	return err
}

func checkLabels(where string, y, pred [][]int, weight []float64) (width int, err error) {
	for i := range y {
		if absent(weight, i) {
			continue
		}
		if width == 0 {
			width = len(y[i])
		}
		for _, part := range []struct {
			name string
			row  []int
			kind error
		}{{"Y", y[i], ml.ErrTarget}, {"prediction", pred[i], ml.ErrData}} {
			if len(part.row) != width || width == 0 {
				return 0, ml.BadShape(where, fmt.Sprintf("%s[%d]", part.name, i), fmt.Sprintf("%d labels wide", len(part.row)), fmt.Sprintf("%d labels", max(width, 1)))
			}
			for j, v := range part.row {
				if v != 0 && v != 1 {
					return 0, &ml.Error{Where: where, Field: fmt.Sprintf("%s[%d][%d]", part.name, i, j), Found: fmt.Sprint(v), Want: "0 or 1", Kind: part.kind}
				}
			}
		}
	}
	return width, nil
}

package selection

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// counts are the numbers of rows, of most at the most. Fractions that give the same number are one.
func (s TrainSizes) counts(where string, most int) ([]int, error) {
	fractions := s.Fractions
	if fractions == nil {
		fractions = []float64{0.1, 0.325, 0.55, 0.775, 1}
	}
	if len(fractions) == 0 {
		return nil, ml.BadConfig(where, "Fractions", "empty", "at least one, or nil for five")
	}
	var out []int
	for i, f := range fractions {
		n := int(f * float64(most))
		if !(f > 0 && f <= 1) || i > 0 && f <= fractions[i-1] || n < 1 {
			return nil, ml.BadConfig(where, fmt.Sprintf("Fractions[%d]", i), f, fmt.Sprintf("rising, above 0, at most 1, and at least a row of %d", most))
		}
		if len(out) == 0 || n > out[len(out)-1] {
			out = append(out, n)
		}
	}
	return out, nil
}

// order is the order in which the training rows of a fold are taken: any number of first ones is a fair sample of all.
func (s TrainSizes) order(d interface{ Any() ml.AnyData }, train []int, fold uint64) []int {
	rows := slices.Clone(train)
	if s.InOrder {
		return rows
	}
	r := rng.New(s.Seed, fold)
	rng.Shuffle(r, rows)
	class, ok := d.Any().Y.([]int)
	if !ok {
		return rows
	}
	// Row i of the n of its class comes at the share (i+u)/n of the way, with one u for each class: every beginning holds the classes in their shares, up to a row.
	count, seen, phase := map[int]int{}, map[int]int{}, map[int]float64{}
	for _, row := range rows {
		c := class[row]
		if count[c]++; count[c] == 1 {
			phase[c] = r.Float64()
		}
	}
	at := make([]float64, len(rows))
	index := make([]int, len(rows))
	for i, row := range rows {
		c := class[row]
		at[i] = (float64(seen[c]) + phase[c]) / float64(count[c])
		seen[c]++
		index[i] = i
	}
	slices.SortStableFunc(index, func(a, b int) int { return cmp.Compare(at[a], at[b]) })
	out := make([]int, len(rows))
	for i, from := range index {
		out[i] = rows[from]
	}
	return out
}

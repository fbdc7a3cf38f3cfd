package mltest

import (
	"fmt"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
)

func checkZeroWeight(e *env) error {
	return e.each(func(s sample) error {
		gone := extremes(s.data)
		var kept []int
		for i := range s.data.Rows() {
			if !slices.Contains(gone, i) {
				kept = append(kept, i)
			}
		}
		absent := pick(s.data, kept)
		if absent.K() != s.data.K() || len(kept) == 0 {
			return notApplicable("too few rows to leave some out")
		}
		zero := s.data
		zero.Weight = slices.Clone(s.data.Weight)
		if zero.Weight == nil {
			zero.Weight = ones(s.data.Rows())
		}
		for _, i := range gone {
			zero.Weight[i] = 0
		}
		if err := e.same(absent, zero, s.probe, e.tol(ZeroWeight)); err != nil {
			return fmt.Errorf("without %d rows, and with their weight 0: %w", len(gone), err)
		}
		return nil
	})
}

// extremes are the first and last row and those with the smallest and largest number of each column: whoever looks at
// rows of weight 0 at all notices these.
func extremes(d ml.AnyData) []int {
	n, p := d.X.Dims()
	gone := []int{0, n - 1}
	for j := range p {
		low, high := 0, 0
		for i := range n {
			if d.X.At(i, j) < d.X.At(low, j) {
				low = i
			}
			if d.X.At(i, j) > d.X.At(high, j) {
				high = i
			}
		}
		gone = append(gone, low, high)
	}
	slices.Sort(gone)
	return slices.Compact(gone)
}

func checkRepeatedRows(e *env) error {
	return e.each(func(s sample) error {
		d := s.data
		d.Weight = nil
		n := d.Rows()
		tol := e.tol(RepeatedRows)
		one := d
		one.Weight = ones(n)
		if err := e.same(d, one, s.probe, tol); err != nil {
			return fmt.Errorf("without weights, and with weights of 1: %w", err)
		}
		weighted := d
		weighted.Weight = make([]float64, n)
		var rows []int
		for i := range n {
			k := 1 + i*i%3
			weighted.Weight[i] = float64(k)
			for range k {
				rows = append(rows, i)
			}
		}
		if err := e.same(pick(d, rows), weighted, s.probe, tol); err != nil {
			return fmt.Errorf("with rows repeated, and with weights in their place: %w", err)
		}
		return nil
	})
}

func checkRowOrder(e *env) error {
	return e.each(func(s sample) error {
		order := rng.Perm(rng.New(1, 0), s.data.Rows())
		if err := e.same(s.data, pick(s.data, order), s.probe, e.tol(RowOrder)); err != nil {
			return fmt.Errorf("with its rows in another order: %w", err)
		}
		return nil
	})
}

package mltest

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml/tensor"
)

// grid is a batch of answers as plain numbers.
type grid struct {
	rows, cols int
	v          []float64
	codes      bool // class or cluster codes, labels: equal or not, never close
}

func (g grid) row(i int) []float64 { return g.v[i*g.cols : (i+1)*g.cols] }

func gridOf(x tensor.Matrix) grid {
	n, p := x.Dims()
	g := grid{rows: n, cols: p, v: make([]float64, 0, n*p)}
	for i := range n {
		for j := range p {
			g.v = append(g.v, x.At(i, j))
		}
	}
	return g
}

// flatten copies predictions of any target type.
func flatten[Y any](y []Y) grid {
	switch y := any(y).(type) {
	case []float64:
		return grid{rows: len(y), cols: 1, v: append([]float64(nil), y...)}
	case []int:
		g := grid{rows: len(y), cols: 1, codes: true}
		for _, c := range y {
			g.v = append(g.v, float64(c))
		}
		return g
	case [][]float64:
		g := grid{rows: len(y)}
		for _, r := range y {
			g.cols = len(r)
			g.v = append(g.v, r...)
		}
		return g
	case [][]int:
		g := grid{rows: len(y), codes: true}
		for _, r := range y {
			g.cols = len(r)
			for _, l := range r {
				g.v = append(g.v, float64(l))
			}
		}
		return g
	}
	return grid{rows: len(y)}
}

// sameOutputs wants the same bits of every method.
func sameOutputs(want, got []output) error {
	for i, w := range want {
		if err := sameGrid(w.method, w.grid, got[i].grid); err != nil {
			return err
		}
	}
	return nil
}

// sameGrid wants the same bits; a NaN is a NaN.
func sameGrid(name string, want, got grid) error {
	if want.rows != got.rows || want.cols != got.cols {
		return fmt.Errorf("%s gives %d x %d, then %d x %d", name, want.rows, want.cols, got.rows, got.cols)
	}
	for k, a := range want.v {
		if b := got.v[k]; math.Float64bits(a) != math.Float64bits(b) && !(math.IsNaN(a) && math.IsNaN(b)) {
			return fmt.Errorf("%s[%d, %d] is %v, then %v", name, k/want.cols, k%want.cols, a, b)
		}
	}
	return nil
}

// near wants numbers within tol of the largest of the grid, and equal codes but where the model itself is undecided
// within tol. Cluster codes are compared as a partition, and alone: other outputs follow the numbering.
func (s *subject) near(want, got []output, tol float64) error {
	if len(want) != len(got) {
		return fmt.Errorf("one model has %d methods, the other %d", len(want), len(got))
	}
	for i, w := range want {
		g := got[i]
		if w.grid.rows != g.grid.rows || w.grid.cols != g.grid.cols {
			return fmt.Errorf("%s gives %d x %d and %d x %d", w.method, w.grid.rows, w.grid.cols, g.grid.rows, g.grid.cols)
		}
		var err error
		switch {
		case s.clusters && w.grid.codes:
			err = samePartition(w.grid, g.grid)
		case s.clusters:
		case w.grid.codes:
			err = sameCodes(w.grid, g.grid, probabilities(want), tol)
		default:
			err = closeGrids(w.grid, g.grid, tol)
		}
		if err != nil {
			return fmt.Errorf("%s%w", w.method, err)
		}
	}
	return nil
}

func closeGrids(want, got grid, tol float64) error {
	scale := 0.0
	for _, a := range want.v {
		if !math.IsNaN(a) && !math.IsInf(a, 0) {
			scale = max(scale, math.Abs(a))
		}
	}
	worst, at := 0.0, -1
	for k, a := range want.v {
		b := got.v[k]
		if math.IsNaN(a) && math.IsNaN(b) || a == b {
			continue
		}
		d := math.Abs(a - b)
		if math.IsNaN(d) {
			return fmt.Errorf("[%d, %d] is %v and %v", k/want.cols, k%want.cols, a, b)
		}
		if d > worst {
			worst, at = d, k
		}
	}
	if at < 0 || worst <= tol*scale {
		return nil
	}
	return fmt.Errorf("[%d, %d] is %v and %v: they differ by %.3g, %.3g of the largest output; the tolerance is %.3g", at/want.cols, at%want.cols, want.v[at], got.v[at], worst, worst/scale, tol)
}

func sameCodes(want, got grid, proba *grid, tol float64) error {
	for k, a := range want.v {
		b := got.v[k]
		if a == b {
			continue
		}
		if proba != nil && a >= 0 && b >= 0 && int(a) < proba.cols && int(b) < proba.cols {
			if p := proba.row(k); math.Abs(p[int(a)]-p[int(b)]) <= 2*tol {
				continue
			}
		}
		return fmt.Errorf("[%d] is %v and %v", k, a, b)
	}
	return nil
}

func samePartition(want, got grid) error {
	there, back := map[float64]float64{-1: -1}, map[float64]float64{-1: -1}
	for k, a := range want.v {
		b := got.v[k]
		if c, ok := there[a]; ok && c != b {
			return fmt.Errorf(" puts row %d with other rows than before", k)
		}
		if c, ok := back[b]; ok && c != a {
			return fmt.Errorf(" puts row %d with other rows than before", k)
		}
		there[a], back[b] = b, a
	}
	return nil
}

func probabilities(outs []output) *grid {
	for i := range outs {
		if outs[i].method == predictProba {
			return &outs[i].grid
		}
	}
	return nil
}

// usable wants finite outputs, and probabilities that are some.
func usable(outs []output) error {
	for _, o := range outs {
		for k, v := range o.grid.v {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("%s[%d, %d] is %v", o.method, k/o.grid.cols, k%o.grid.cols, v)
			}
		}
		if o.method == predictProba {
			if err := sumToOne(o.grid); err != nil {
				return err
			}
		}
	}
	return nil
}

func sumToOne(p grid) error {
	const ulp = 0x1p-52
	for i := range p.rows {
		sum := 0.0
		for j, v := range p.row(i) {
			if !(v >= 0 && v <= 1) {
				return fmt.Errorf("%s[%d, %d] is %v, not in [0, 1]", predictProba, i, j, v)
			}
			sum += v
		}
		if math.Abs(sum-1) > float64(p.cols)*ulp {
			return fmt.Errorf("%s row %d sums to 1%+.3g, more than %d ulp from 1", predictProba, i, sum-1, p.cols)
		}
	}
	return nil
}

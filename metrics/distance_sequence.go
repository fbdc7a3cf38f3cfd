package metrics

import "math"

// EditDistance is how many codes must be put in, taken out or replaced to make one row the other (Levenshtein, 1966). Rows hold whole codes from 0 on, and end at the first number below 0, so that shorter ones
// fill up with -1. O(length²).
type EditDistance struct{}

// Triangle says that it keeps the triangle inequality.
func (EditDistance) Triangle() bool { return true }

// Between implements Distance.
func (EditDistance) Between(x, y []float64) float64 {
	x, y = ended(x), ended(y)
	row := make([]float64, len(y)+1) // of the table: what the first codes of x cost to become the first j of y
	for j := range row {
		row[j] = float64(j)
	}
	for i, v := range x {
		slant := row[0]
		row[0] = float64(i + 1)
		for j, w := range y {
			replace := slant
			if v != w {
				replace++
			}
			slant = row[j+1]
			row[j+1] = min(replace, slant+1, row[j]+1)
		}
	}
	return row[len(y)]
}

func ended(x []float64) []float64 {
	for i, v := range x {
		if v < 0 {
			return x[:i]
		}
	}
	return x
}

// DTW is dynamic time warping: the least root of a sum of squared differences over all ways to walk through both series together, never back (Sakoe and Chiba, IEEE TASSP 26, 1978). It is no metric. O(length·Window),
// or O(length²).
type DTW struct {
	Window int // how many steps the one series may be ahead of the other; 0: any number
}

// Between implements Distance.
func (d DTW) Between(x, y []float64) float64 {
	n := len(y)
	if len(x) == 0 || n == 0 {
		return 0
	}
	inf := math.Inf(1)
	row := make([]float64, n+1) // row[j+1]: the least sum up to the present step of x and step j of y
	for j := range row {
		row[j] = inf
	}
	row[0] = 0
	for i, v := range x {
		lo, hi := 0, n
		if d.Window > 0 {
			lo, hi = max(i-d.Window, 0), min(i+d.Window+1, n)
		}
		slant := row[lo]
		row[lo] = inf // there is nothing before the window
		for j := lo; j < hi; j++ {
			diff := v - y[j]
			best := min(slant, row[j], row[j+1])
			slant = row[j+1]
			row[j+1] = best + float64(diff*diff)
		}
	}
	return math.Sqrt(row[n])
}

func (d DTW) wants(int) string {
	if d.Window < 0 {
		return "DTW.Window >= 0"
	}
	return ""
}

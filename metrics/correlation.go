package metrics

import "math"

// Pearson is the weighted linear correlation of two lists of numbers, -1 to 1. NaN if one of them is constant.
func Pearson(x, y []float64, weight ...float64) float64 {
	if CheckValues("metrics.Pearson", x, y, weight) != nil {
		return math.NaN()
	}
	_, cx := spread(x, weight)
	_, cy := spread(y, weight)
	if cx || cy {
		return math.NaN()
	}
	mx, my := meanOf(len(x), weight, func(i int) float64 { return x[i] }), meanOf(len(y), weight, func(i int) float64 { return y[i] })
	var sx, sy, sxy sum
	for i := range x {
		if !absent(weight, i) {
			a, b, w := x[i]-mx, y[i]-my, w(weight, i)
			sx.add(w * a * a)
			sy.add(w * b * b)
			sxy.add(w * a * b)
		}
	}
	return min(max(sxy.value()/math.Sqrt(sx.value())/math.Sqrt(sy.value()), -1), 1)
}

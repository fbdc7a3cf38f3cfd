package explain

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/linalg"
)

// leastAngle follows least angle regression, whose coefficients grow from zero in the directions in which all columns taken in so far keep equal correlations with what is
// left (Efron, Hastie, Johnstone and Tibshirani 2004). gram is X'X of n columns, xy is X'y. knot is called with the coefficients and the columns taken in, in their order,
// whenever a column comes in or goes, and at the end, the fit of least squares; it says whether to go on. With lasso a column whose coefficient comes to zero goes: that is the
// path of the lasso. A step costs the cube of the number of columns taken in.
func leastAngle(gram, xy []float64, n int, lasso bool, knot func(coef []float64, active []int) bool) {
	coef, left := make([]float64, n), append([]float64(nil), xy...)
	scale := 0.0
	for _, v := range xy {
		scale = max(scale, math.Abs(v))
	}
	var active []int
	in := make([]bool, n)
	gone := -1 // a column that just went may not come back at once
	for range 8 * n {
		most, next := 0.0, -1
		for j, v := range left {
			if in[j] {
				most = max(most, math.Abs(v))
			}
		}
		if gone < 0 {
			for j, v := range left {
				if !in[j] && (next < 0 || math.Abs(v) > math.Abs(left[next])) {
					next = j
				}
			}
			if next >= 0 && math.Abs(left[next]) > 1e-12*scale {
				active, in[next] = append(active, next), true
				most = max(most, math.Abs(left[next]))
			}
		}
		if most <= 1e-12*scale || len(active) == 0 {
			break
		}
		direction := equiangular(gram, left, n, active)
		reach, drop := most, -1
		turn := make([]float64, n)
		for j := range turn {
			for q, a := range active {
				turn[j] += float64(gram[j*n+a] * direction[q])
			}
			if in[j] || j == gone {
				continue
			}
			for _, step := range [2]float64{(most - left[j]) / (1 - turn[j]), (most + left[j]) / (1 + turn[j])} {
				if step > -1e-12*most && step < reach { // 0 where columns tie
					reach = max(0, step)
				}
			}
		}
		if lasso {
			for q, a := range active {
				if step := -coef[a] / direction[q]; step > 0 && step < reach {
					reach, drop = step, q
				}
			}
		}
		for q, a := range active {
			coef[a] += float64(reach * direction[q])
		}
		for j := range left {
			left[j] -= float64(reach * turn[j])
		}
		gone = -1
		if drop >= 0 {
			gone = active[drop]
			coef[gone], in[gone] = 0, false
			active = append(active[:drop], active[drop+1:]...)
		}
		if !knot(coef, active) {
			return
		}
	}
}

// equiangular solves for the direction in which the active columns' correlations fall at the rate 1.
func equiangular(gram, left []float64, n int, active []int) []float64 {
	m := len(active)
	part, direction := make([]float64, m*m), make([]float64, m)
	for q, a := range active {
		direction[q] = math.Copysign(1, left[a])
		for p, b := range active {
			part[q*m+p] = gram[a*n+b]
		}
	}
	c := linalg.NewCholesky(part, m)
	if c == nil { // columns that say the same
		return make([]float64, m)
	}
	c.Solve(direction)
	return direction
}

package linear

import (
	"context"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
)

// svm is one linear support vector problem: minimise R(w) + Σ cost_i·loss_i(x_i·w), where R is |w|²/2 or, with l1, |w|₁. With an
// intercept every row has one more column, of the constant number bias, and w one more coefficient, penalised like the others.
type svm struct {
	source
	y       []float64 // -1 or 1, or numbers in regression
	cost    []float64 // 0: the row is absent
	bias    float64   // 0: no intercept
	number  bool      // regression
	epsilon float64   // half the width of the tube of regression
	squared bool      // the losses are squares
	maxIter int
	tol     float64
	seed    uint64
	report  func(step int, objective float64) (stop bool, err error)
}

// svmResult is how far a method came.
type svmResult struct {
	w          []float64
	status     ml.Status
	iterations int
	gap        float64
	loss       []float64
}

// size is the number of coefficients with that of the intercept.
func (s *svm) size() int {
	if s.bias != 0 {
		return s.cols + 1
	}
	return s.cols
}

// excess is by how much row i with score z misses its margin or its tube, 0 for not at all, and the sign of dloss/dz.
func (s *svm) excess(i int, z float64) (e, sign float64) {
	y := s.y[i]
	if !s.number {
		return max(0, 1-y*z), -y
	}
	if z > y {
		return max(0, z-y-s.epsilon), 1
	}
	return max(0, y-z-s.epsilon), -1
}

// lossOf is the loss of an excess.
func (s *svm) lossOf(e float64) float64 {
	if s.squared {
		return e * e
	}
	return e
}

// solve picks the method. All lead to the same minimum.
func (s *svm) solve(ctx context.Context) (svmResult, error) {
	switch {
	case s.squared && s.factors():
		return s.newton(ctx)
	case s.squared && s.rows >= s.cols:
		return s.newtonCG(ctx)
	case s.number:
		return s.dualRegression(ctx)
	}
	return s.dual(ctx)
}

// dot is x_i·w with the intercept, addTo adds a multiple of row i to w. They are for methods that go row by row.
func (s *svm) dot(i int, w []float64, buf *scratch) float64 {
	z := 0.0
	if s.bias != 0 {
		z = s.bias * w[s.cols]
	}
	if s.sparse() {
		cols, vals := s.nonzeros(i, buf)
		return z + kern.SparseDot(vals, cols, w[:s.cols])
	}
	return z + kern.Dot(s.row(i, buf), w[:s.cols])
}

func (s *svm) addTo(w []float64, a float64, i int, buf *scratch) {
	if s.bias != 0 {
		w[s.cols] += a * s.bias
	}
	if s.sparse() {
		cols, vals := s.nonzeros(i, buf)
		kern.SparseAxpy(a, vals, cols, w[:s.cols])
		return
	}
	kern.Axpy(a, s.row(i, buf), w[:s.cols])
}

// squares are |x_i|² with the intercept's column; rows that are absent have 0.
func (s *svm) squares() []float64 {
	out := make([]float64, s.rows)
	buf := s.scratch()
	for i := range out {
		if s.cost[i] == 0 {
			continue
		}
		var x []float64
		if s.sparse() {
			_, x = s.nonzeros(i, buf)
		} else {
			x = s.row(i, buf)
		}
		out[i] = kern.Dot(x, x) + s.bias*s.bias
	}
	return out
}

// present are the rows that count.
func (s *svm) present() []int32 {
	var rows []int32
	for i, c := range s.cost {
		if c > 0 {
			rows = append(rows, int32(i))
		}
	}
	return rows
}

// solution splits w.
func (s *svm) solution(w []float64) (coef []float64, intercept float64) {
	if s.bias != 0 {
		intercept = s.bias * w[s.cols]
	}
	return w[:s.cols], intercept
}

// svmOptions are the fields that LinearSVC and LinearSVR share.
type svmOptions struct {
	C, InterceptScaling, Tol float64
	MaxIter                  int
}

func (o svmOptions) resolve(where string, tol float64) (svmOptions, error) {
	if !(o.C >= 0) || math.IsInf(o.C, 0) {
		return o, ml.BadConfig(where, "C", o.C, "> 0 and finite; 0 means 1")
	}
	if !(o.InterceptScaling >= 0) || math.IsInf(o.InterceptScaling, 0) {
		return o, ml.BadConfig(where, "InterceptScaling", o.InterceptScaling, "> 0 and finite; 0 means 1")
	}
	if err := checkIterative(where, o.Tol, o.MaxIter); err != nil {
		return o, err
	}
	setZero(&o.C, 1)
	setZero(&o.InterceptScaling, 1)
	setZero(&o.Tol, tol)
	setZero(&o.MaxIter, 1000)
	return o, nil
}

// costs are C times the weights.
func costs(c float64, weight []float64, n int) []float64 {
	out := slices.Repeat([]float64{c}, n)
	for i, w := range weight {
		out[i] = c * w
	}
	return out
}

// checkSizes refuses rows whose squares overflow.
func (s *svm) checkSizes(where string) error {
	if sq := s.squares(); !linalg.AllFinite(sq) || !linalg.AllFinite(s.cost) {
		return tooLarge(where)
	}
	return nil
}

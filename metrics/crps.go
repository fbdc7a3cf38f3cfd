package metrics

import (
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/internal/stats"
	"github.com/gopherwood-ml/ml/tensor"
)

// checkNormals asks for finite y and mu and finite sigma > 0.
func checkNormals(where string, y, mu, sigma, weight []float64) error {
	if err := CheckValues(where, y, mu, weight); err != nil {
		return err
	}
	if err := CheckValues(where, y, sigma, weight); err != nil {
		return err
	}
	for i, s := range sigma {
		if !absent(weight, i) && s <= 0 {
			return &ml.Error{Where: where, Field: fmt.Sprintf("sigma[%d]", i), Found: fmt.Sprint(s), Want: "> 0", Kind: ml.ErrData}
		}
	}
	return nil
}

// CRPSNormal is the mean continuous ranked probability score of normal predictions, in the units of y: the absolute error of a prediction that knows its spread (Gneiting and Raftery, Journal of the American
// Statistical Association 102, 2007). Best 0. NaN unless sigma > 0.
func CRPSNormal(y, mu, sigma []float64, weight ...float64) float64 {
	if checkNormals("metrics.CRPSNormal", y, mu, sigma, weight) != nil {
		return math.NaN()
	}
	unit := stats.Normal{Sigma: 1}
	return meanOf(len(y), weight, func(i int) float64 {
		z := (y[i] - mu[i]) / sigma[i]
		density := math.Exp(-z*z/2) / math.Sqrt(2*math.Pi)
		return sigma[i] * (z*(2*unit.CDF(z)-1) + 2*density - 1/math.Sqrt(math.Pi))
	})
}

// LogScoreNormal is the mean negative log density of normal predictions, in nats. NaN unless sigma > 0.
func LogScoreNormal(y, mu, sigma []float64, weight ...float64) float64 {
	if checkNormals("metrics.LogScoreNormal", y, mu, sigma, weight) != nil {
		return math.NaN()
	}
	return meanOf(len(y), weight, func(i int) float64 { return -stats.Normal{Mu: mu[i], Sigma: sigma[i]}.LogProb(y[i]) })
}

// DawidSebastiani is the mean of ((y-mu)/sigma)² + 2 log sigma, a proper score of a predicted mean and standard deviation that assumes no shape. NaN unless sigma > 0.
func DawidSebastiani(y, mu, sigma []float64, weight ...float64) float64 {
	if checkNormals("metrics.DawidSebastiani", y, mu, sigma, weight) != nil {
		return math.NaN()
	}
	return meanOf(len(y), weight, func(i int) float64 {
		z := (y[i] - mu[i]) / sigma[i]
		return z*z + 2*math.Log(sigma[i])
	})
}

// CRPSEnsemble is the mean continuous ranked probability score of predictions given as equally likely members (rows x members): the mean distance of the members from y minus half of
// that between two of them, drawn with replacement. Best 0; one member gives MAE. NaN if a member is not finite. O(rows · members log members).
func CRPSEnsemble(y []float64, members tensor.Matrix, weight ...float64) float64 {
	m, sorted := ensemble("metrics.CRPSEnsemble", y, members, weight)
	if m == 0 {
		return math.NaN()
	}
	v := meanOf(len(y), weight, func(i int) float64 {
		var near, apart sum
		for k, x := range sorted(i) {
			near.add(math.Abs(x - y[i]))
			apart.add(x * float64(2*k+1-m))
		}
		return near.value()/float64(m) - apart.value()/float64(m)/float64(m)
	})
	if math.IsInf(v, 0) {
		return math.NaN()
	}
	return v
}

// PIT is the probability integral transform of each row: the share of members (rows x members) below y, counting half of those equal to it. Over calibrated predictions it is uniform; a
// histogram of it like a U shows too narrow ones. The errors are those of [CheckRows], and ErrNotFinite for NaN.
func PIT(y []float64, members tensor.Matrix) ([]float64, error) {
	const where = "metrics.PIT"
	if err := checkMatrix(where, y, members, rows.Of(members).Cols(), nil); err != nil {
		return nil, err
	}
	p := rows.Of(members)
	if p.Cols() == 0 {
		return nil, ml.BadShape(where, "members", "0 columns wide", "at least one")
	}
	out, buf := make([]float64, len(y)), make([]float64, p.Cols())
	for i := range y {
		twice := 0
		for j, v := range p.Row(i, buf) {
			switch {
			case math.IsNaN(v) || math.IsNaN(y[i]):
				return nil, &ml.Error{Where: where, Field: fmt.Sprintf("row %d, member %d", i, j), Found: "NaN", Want: "numbers", Kind: ml.ErrNotFinite}
			case v < y[i]:
				twice += 2
			case v == y[i]:
				twice++
			}
		}
		out[i] = float64(twice) / float64(2*p.Cols())
	}
	return out, nil
}

// ensemble is the number of members, and the sorted members of a row; 0 for what does not fit together.
func ensemble(where string, y []float64, members tensor.Matrix, weight []float64) (m int, sorted func(i int) []float64) {
	p := rows.Of(members)
	if checkMatrix(where, y, members, p.Cols(), weight) != nil || CheckValues(where, y, y, weight) != nil {
		return 0, nil
	}
	buf, own := make([]float64, p.Cols()), make([]float64, p.Cols())
	return p.Cols(), func(i int) []float64 {
		copy(own, p.Row(i, buf))
		slices.Sort(own)
		return own
	}
}

// EnergyScore is the CRPS of predictions of several numbers at once, given as equally likely members: y is rows x outputs, member k of all rows is members[k] of the same shape. Distances are
// Euclidean. Best 0. NaN if shapes differ or a number is not finite. O(rows · members² · outputs).
func EnergyScore(y [][]float64, members [][][]float64, weight ...float64) float64 {
	if len(members) == 0 || CheckRows("metrics.EnergyScore", len(y), len(y), weight) != nil {
		return math.NaN()
	}
	for _, m := range members {
		if len(m) != len(y) {
			return math.NaN()
		}
		for i := range y {
			if len(m[i]) != len(y[i]) || len(y[i]) != len(y[0]) {
				return math.NaN()
			}
		}
	}
	apart := func(a, b []float64) float64 {
		s := 0.0
		for j, v := range a {
			s += (v - b[j]) * (v - b[j])
		}
		return math.Sqrt(s)
	}
	n := float64(len(members))
	v := meanOf(len(y), weight, func(i int) float64 {
		var near, between sum
		for k, a := range members {
			near.add(apart(a[i], y[i]))
			for _, b := range members[:k] {
				between.add(apart(a[i], b[i]))
			}
		}
		return near.value()/n - between.value()/n/n
	})
	if math.IsInf(v, 0) {
		return math.NaN()
	}
	return v
}

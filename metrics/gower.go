package metrics

import (
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rows"
)

// Gower is the mean difference over the columns that neither row misses (NaN), for rows of numbers and categories (Gower, "A general coefficient of similarity and some of its properties", Biometrics 27, 1971): of
// numbers |x-y| over the range of the column, at most 1; of categories 0 or 1. Where no column is known of both it is NaN, and a search takes the rows as infinitely far. With missing values it does not keep
// the triangle inequality, so it is searched by brute force. [GowerOf] makes one for a table.
type Gower struct {
	Range       []float64 // of each column of numbers, >= 0; 0: it is constant, and equal rows alone are at 0. Of categories it does not count
	Categorical []bool    // which columns are categories; nil: none
	Weight      []float64 // of each column, >= 0, in the mean; nil: 1
}

// GowerOf takes the ranges and the categorical columns of a table; columns without a number have range 0. The errors are those of a matrix.
func GowerOf(t ml.Table) (Gower, error) {
	const where = "metrics.GowerOf"
	if err := t.CheckShape(where, ml.Accepts{Missing: true, Categorical: true}); err != nil {
		return Gower{}, err
	}
	if i, j, v, ok := rows.CheckFinite(t.X, true); !ok {
		return Gower{}, ml.NotFinite(where, t.Columns, i, j, v)
	}
	r := rows.Of(t.X)
	n, p := r.Dims()
	low, high := make([]float64, p), make([]float64, p)
	for j := range low {
		low[j], high[j] = math.Inf(1), math.Inf(-1)
	}
	buf := make([]float64, p)
	for i := range n {
		if t.Weight != nil && t.Weight[i] == 0 {
			continue
		}
		for j, v := range r.Row(i, buf) {
			if v == v {
				low[j], high[j] = min(low[j], v), max(high[j], v)
			}
		}
	}
	g := Gower{Range: make([]float64, p)}
	for j := range g.Range {
		g.Range[j] = min(max(high[j]-low[j], 0), math.MaxFloat64)
	}
	if slices.ContainsFunc(t.Columns, func(c ml.Column) bool { return c.Kind == ml.Categorical }) {
		g.Categorical = make([]bool, p)
		for j, c := range t.Columns {
			g.Categorical[j] = c.Kind == ml.Categorical
		}
	}
	return g, nil
}

// Between implements Distance.
func (g Gower) Between(x, y []float64) float64 {
	sum, whole := 0.0, 0.0
	for j, v := range x {
		diff := math.Abs(v - y[j])
		if diff != diff {
			continue
		}
		w := 1.0
		if g.Weight != nil {
			w = g.Weight[j]
		}
		whole += w
		if diff == 0 || w == 0 {
			continue
		}
		if !(g.Categorical != nil && g.Categorical[j]) && diff < g.Range[j] {
			w = float64(w * (diff / g.Range[j]))
		}
		sum += w
	}
	if whole == 0 {
		return math.NaN()
	}
	return sum / whole
}

func (g Gower) wants(width int) string {
	switch {
	case len(g.Range) != width:
		return fmt.Sprintf("a Range for each column, not %d", len(g.Range))
	case g.Categorical != nil && len(g.Categorical) != width:
		return fmt.Sprintf("Categorical for each column, not %d", len(g.Categorical))
	case g.Weight != nil && len(g.Weight) != width:
		return fmt.Sprintf("a Weight for each column, not %d", len(g.Weight))
	}
	for _, v := range slices.Concat(g.Range, g.Weight) {
		if !(v >= 0 && v <= math.MaxFloat64) {
			return "every Range and Weight >= 0"
		}
	}
	return ""
}

// Accepts says that rows may have gaps and categories.
func (Gower) Accepts() ml.Accepts { return ml.Accepts{Missing: true, Categorical: true} }

// Accepts says that rows may have gaps.
func (NaNEuclidean) Accepts() ml.Accepts { return ml.Accepts{Missing: true} }

// DistanceAccepts is what rows may hold for a distance, beyond finite numbers: one of your own says so with a method Accepts() ml.Accepts.
func DistanceAccepts(d Distance) ml.Accepts {
	return ml.AcceptsOf(d)
}

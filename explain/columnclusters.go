package explain

import (
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rows"
)

// ClusterColumns puts columns that go together into coalitions of two, step by step: the two coalitions next whose least correlated columns are most correlated (complete linkage of
// 1 - |r|). Constant columns correlate with none. It returns what [PartitionSHAP] takes, and the distance of each join, from the first to the last. The columns of t must be
// numeric, without missing values; weights count. The cost is rows x columns^2 + columns^3.
func ClusterColumns(t ml.Table) ([]Coalition, []float64, error) {
	const where = "explain.ClusterColumns"
	if rows.IsNil(t.X) {
		return nil, nil, ml.BadConfig(where, "X", "missing", "rows")
	}
	if err := t.Check(where, ml.Accepts{}); err != nil {
		return nil, nil, err
	}
	_, cov, err := spreadOf(where, t)
	if err != nil {
		return nil, nil, err
	}
	_, p := t.X.Dims()
	distance := make([]float64, p*p)
	for i := range p {
		for j := range p {
			distance[i*p+j] = 1
			if both := cov[i*p+i] * cov[j*p+j]; both > 0 && i != j {
				distance[i*p+j] = max(0, 1-math.Abs(cov[i*p+j])/math.Sqrt(both))
			}
		}
	}
	parts := make([]Coalition, p)
	alive := numbers(p)
	for j := range parts {
		parts[j].Members = []int{j}
	}
	var heights []float64
	for len(alive) > 1 {
		first, second := 0, 1
		for a := range alive {
			for b := a + 1; b < len(alive); b++ {
				if distance[alive[a]*p+alive[b]] < distance[alive[first]*p+alive[second]] {
					first, second = a, b
				}
			}
		}
		i, j := alive[first], alive[second]
		heights = append(heights, distance[i*p+j])
		parts[i] = joined(parts[i], parts[j])
		for _, q := range alive {
			distance[i*p+q] = max(distance[i*p+q], distance[j*p+q])
			distance[q*p+i] = distance[i*p+q]
		}
		alive = append(alive[:second], alive[second+1:]...)
	}
	return []Coalition{parts[0]}, heights, nil
}

// joined puts two coalitions into one, whose members single columns are.
func joined(a, b Coalition) Coalition {
	var out Coalition
	for _, c := range [2]Coalition{a, b} {
		if len(c.Parts) == 0 && len(c.Members) == 1 {
			out.Members = append(out.Members, c.Members[0])
		} else {
			out.Parts = append(out.Parts, c)
		}
	}
	return out
}

// spreadOf returns the weighted means and covariances of the columns; the divisor is that of a sample, sum of weights less their mean square.
func spreadOf(where string, t ml.Table) (mean, cov []float64, err error) {
	weight, err := shares(where, t)
	if err != nil {
		return nil, nil, err
	}
	if mean, err = means(where, t); err != nil {
		return nil, nil, err
	}
	src := rows.Of(t.X)
	p := src.Cols()
	cov = make([]float64, p*p)
	buf, off := make([]float64, p), make([]float64, p)
	squares := 0.0
	for i, w := range weight {
		squares += float64(w * w)
		for j, v := range src.Row(i, buf) {
			off[j] = v - mean[j]
		}
		for j, v := range off {
			v *= w
			for k, u := range off[:j+1] {
				cov[j*p+k] += float64(v * u)
			}
		}
	}
	for j := range p {
		for k := range j + 1 {
			v := cov[j*p+k]
			if squares < 1 {
				v /= 1 - squares
			}
			cov[j*p+k], cov[k*p+j] = v, v
		}
	}
	return mean, cov, nil
}

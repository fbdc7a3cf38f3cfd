package metrics

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// A Gap says how many clusters rows have: for each number that was tried, how much tighter its clusters are than those of rows without any.
type Gap struct {
	K        []int     // the numbers of clusters, as given
	Log      []float64 // log of the squared distances from the centres of the clusters, summed over all rows
	Expected []float64 // its mean over the reference rows
	Gap      []float64 // Expected - Log
	Error    []float64 // of Expected: the deviation over the references, times sqrt(1 + 1/references)
}

// GapStatistic compares the clusters that cluster finds in x with those that it finds in references, sets of as many rows drawn evenly from the box that holds x (0: 50 sets). cluster gives one code for each
// row, k different ones at most. Draws depend on seed, the set and nothing else. ErrConfig for numbers of clusters that are not 1 to the number of rows, ErrShape and ErrNotFinite for x; an error of cluster ends it.
//
// Tibshirani, Walther and Hastie: Estimating the number of clusters in a data set via the gap statistic. JRSS B 63 (2001).
func GapStatistic(x tensor.Matrix, ks []int, references int, seed uint64, cluster func(x tensor.Matrix, k int) ([]int, error)) (*Gap, error) {
	const where = "metrics.GapStatistic"
	if fault := rows.Fault(x); fault != "" {
		return nil, ml.BadShape(where, "x", fault, "a matrix")
	}
	n, p := x.Dims()
	if i, j, v, ok := rows.CheckFinite(x, false); !ok {
		return nil, &ml.Error{Where: where, Field: fmt.Sprintf("x[%d, %d]", i, j), Found: fmt.Sprint(v), Want: "a finite number", Kind: ml.ErrNotFinite}
	}
	if references == 0 {
		references = 50
	}
	if references < 1 || cluster == nil || len(ks) == 0 {
		return nil, ml.BadConfig(where, "ks, references and cluster", fmt.Sprintf("%d numbers, %d references", len(ks), references), "a number of clusters to try, references > 0, and a function")
	}
	for _, k := range ks {
		if k < 1 || k > n {
			return nil, ml.BadConfig(where, "ks", k, fmt.Sprintf("1 to %d, the number of rows", n))
		}
	}
	low, high := make([]float64, p), make([]float64, p)
	for j := range low {
		low[j], high[j] = math.Inf(1), math.Inf(-1)
		for i := range n {
			low[j], high[j] = min(low[j], x.At(i, j)), max(high[j], x.At(i, j))
		}
	}
	g := &Gap{K: append([]int{}, ks...)}
	for _, k := range ks {
		v, err := within(where, x, k, cluster)
		if err != nil {
			return nil, err
		}
		g.Log = append(g.Log, v)
	}
	logs := make([][]float64, len(ks))
	for b := range references {
		r, box := rng.New(seed, uint64(b)), tensor.New[float64](n, p)
		for i := range n {
			for j := range low {
				box.Row(i)[j] = low[j] + r.Float64()*(high[j]-low[j])
			}
		}
		for t, k := range ks {
			v, err := within(where, box, k, cluster)
			if err != nil {
				return nil, err
			}
			logs[t] = append(logs[t], v)
		}
	}
	for t, all := range logs {
		var m, square mean
		for _, v := range all {
			m.add(v, 1)
		}
		for _, v := range all {
			square.add((v-m.value())*(v-m.value()), 1)
		}
		g.Expected = append(g.Expected, m.value())
		g.Gap = append(g.Gap, m.value()-g.Log[t])
		g.Error = append(g.Error, math.Sqrt(square.value()*(1+1/float64(references))))
	}
	return g, nil
}

// within is the logarithm of the squared distances of rows from the centres of their clusters.
func within(where string, x tensor.Matrix, k int, cluster func(x tensor.Matrix, k int) ([]int, error)) (float64, error) {
	code, err := cluster(x, k)
	if err != nil {
		return 0, err
	}
	n, p := x.Dims()
	if len(code) != n {
		return 0, ml.BadShape(where, "the clusters", fmt.Sprintf("%d codes", len(code)), fmt.Sprintf("%d, one for each row", n))
	}
	at, found := ordinals(code, nil)
	if found > k {
		return 0, &ml.Error{Where: where, Field: "the clusters", Found: fmt.Sprintf("%d for k = %d", found, k), Want: "no more than k", Kind: ml.ErrData}
	}
	center, count := tensor.New[float64](found, p), make([]float64, found)
	for _, c := range at {
		count[c]++
	}
	for i, c := range at {
		for j := range p {
			center.Row(c)[j] += x.At(i, j) / count[c]
		}
	}
	var total sum
	for i, c := range at {
		for j := range p {
			d := x.At(i, j) - center.At(c, j)
			total.add(d * d)
		}
	}
	return math.Log(total.value()), nil
}

// Best is the number of clusters: the first whose gap is not below that of the next number less its error, or the last.
func (g *Gap) Best() int {
	for t := 0; t+1 < len(g.K); t++ {
		if g.Gap[t] >= g.Gap[t+1]-g.Error[t+1] {
			return g.K[t]
		}
	}
	return g.K[len(g.K)-1]
}

package metrics

import (
	"fmt"

	"github.com/gopherwood-ml/ml/tensor"
)

// ReportClusters scores clusters by the distances of their rows, and by true classes if y is not nil. The silhouette of more than 20000 rows is left out, whose cost grows with their square. The errors are those of
// [SilhouetteSamples] and [CheckRows].
func ReportClusters(x tensor.Matrix, cluster, y []int, weight ...float64) (*Report, error) {
	const where = "metrics.ReportClusters"
	c, err := newClustered(where, x, cluster, weight)
	if err != nil {
		return nil, err
	}
	r := &Report{Title: fmt.Sprintf("%d clusters: %s rows", c.k(), amount(totalOf(len(cluster), weight)))}
	if len(c.at) <= 20_000 {
		s, err := SilhouetteSamples(x, cluster, nil, weight...)
		if err != nil {
			return nil, err
		}
		r.add("silhouette", meanOf(len(s), weight, func(i int) float64 { return s[i] }), "best 1, 0 between clusters")
	}
	r.add("Calinski-Harabasz", CalinskiHarabasz(x, cluster, weight...), "the more the better")
	r.add("Davies-Bouldin", DaviesBouldin(x, cluster, weight...), "best 0")
	if y != nil {
		k, err := NewContingency(y, cluster, weight...)
		if err != nil {
			return nil, err
		}
		r.add("adjusted Rand", k.AdjustedRand(), "best 1, chance 0")
		if k.whole {
			r.add("AMI", k.AdjustedMutualInformation(Arithmetic), "best 1, chance 0")
		}
		r.add("homogeneity", k.Homogeneity(), "1: every cluster of one class")
		r.add("completeness", k.Completeness(), "1: every class in one cluster")
		r.add("purity", k.Purity(), "best 1")
	}
	head, line := []string{"cluster"}, []string{"rows"}
	sizes := c.sizes()
	for m, n := range sizes[:min(len(sizes), 30)] {
		head, line = append(head, fmt.Sprint(cluster[c.at[c.start[m]]])), append(line, amount(n))
	}
	r.Detail = table([][]string{head, line})
	return r, nil
}

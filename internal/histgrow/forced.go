package histgrow

import (
	"math"
	"slices"
)

// forcedEdges puts the edges that must be there beside those of zero, as many as there are bins for, and shares out the bins that are left to the
// ranges between them in proportion to their rows: LightGBM's forced bins.
func forcedEdges(t tally, rows, bins, least int, forced []float64) []float64 {
	below, above := atMost(t.value, -zeroBound), atMost(t.value, zeroBound)
	upper := []float64{math.Inf(1)}
	switch {
	case bins == 2 && below > 0:
		upper = append(upper, -zeroBound)
	case bins == 2:
		upper = append(upper, zeroBound)
	case bins > 2:
		if below > 0 {
			upper = append(upper, -zeroBound)
		}
		if above < len(t.value) {
			upper = append(upper, zeroBound)
		}
	}
	most := bins - len(upper)
	for _, v := range forced {
		if most > 0 && math.Abs(v) > zeroBound {
			upper = append(upper, v)
			most--
		}
	}
	slices.Sort(upper)
	free, rest := bins-len(upper), bins-len(upper)
	all, from := slices.Clone(upper), 0
	for i, edge := range upper {
		to := from
		for to < len(t.value) && t.value[to] < edge {
			to++
		}
		part := t.part(from, to)
		from = to
		more := min(int(math.Round(float64(part.total())*float64(free)/float64(rows))), rest)
		if i == len(upper)-1 {
			more = rest
		}
		if more > 0 && len(part.value) > 0 {
			edges := equalCounts(part, more+1, least)
			edges = edges[:len(edges)-1]
			all, rest = append(all, edges...), rest-len(edges)
		}
	}
	slices.Sort(all)
	return all
}

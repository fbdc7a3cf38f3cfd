package histgrow

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/gopherwood-ml/ml/internal/kern"
)

// searchCategories divides the categories of column j into two sets, by LightGBM's rules: of few, one from the rest; of more, a set from either end
// of their order by the mean of first derivatives (Fisher, "On grouping for maximum homogeneity", JASA 53 (1958)). What is in bin 0 goes right.
func (g *Grower) searchCategories(nd *node, j int, c *Column, cells []int64, best *candidate) {
	if c.Bins <= g.cfg.Categories.OneHot {
		for bin := 1; bin < c.Bins; bin++ {
			grad, hess := cells[bin], cells[kern.HistBins+bin]
			if v, ok := g.gain(nd, grad, hess, g.cfg.L2, 0); ok && v > best.gain {
				*best = candidate{feature: int32(j), category: true, gain: v, grad: grad, hess: hess, l2: g.cfg.L2}
				best.set[bin>>6] = 1 << (bin & 63)
			}
		}
		return
	}
	u := &g.units
	var orders [kern.HistBins]ranked
	order := orders[:0]
	for bin := 1; bin < c.Bins; bin++ {
		if hess := cells[kern.HistBins+bin]; u.count(hess) > 0 && float64(u.count(hess)) >= g.cfg.Categories.Smooth {
			order = append(order, ranked{u.gradOf(cells[bin]) / (u.hessOf(hess) + g.cfg.Categories.Smooth), int32(bin)})
		}
	}
	slices.SortFunc(order, func(a, b ranked) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.bin, b.bin)) })
	g.searchOrder(nd, j, cells, order, best)
	slices.Reverse(order)
	g.searchOrder(nd, j, cells, order, best)
}

// ranked is a category with its place in the order.
type ranked struct {
	key float64
	bin int32
}

// searchOrder tries the first categories of an order as the set that goes left.
func (g *Grower) searchOrder(nd *node, j int, cells []int64, order []ranked, best *candidate) {
	l2, groupRows := g.cfg.L2+g.cfg.Categories.L2, int64(g.cfg.Categories.MinSamples)
	var grad, hess, group int64
	var set [4]uint64
	for _, r := range order[:min(g.cfg.Categories.MaxSide, (len(order)+1)/2)] {
		grad += cells[r.bin]
		more := cells[kern.HistBins+int(r.bin)]
		hess += more
		group += g.units.count(more)
		set[r.bin>>6] |= 1 << (r.bin & 63)
		if !g.allowed(hess) {
			continue
		}
		if other := nd.hess - hess; !g.allowed(other) || g.units.count(other) < groupRows {
			break
		}
		if group < groupRows {
			continue
		}
		group = 0
		if v, ok := g.gain(nd, grad, hess, l2, 0); ok && v > best.gain {
			*best = candidate{feature: int32(j), category: true, set: set, gain: v, grad: grad, hess: hess, l2: l2}
		}
	}
}

// codesOf are the categories in a set of bins, as bits of words.
func (c *Column) codesOf(set [4]uint64) []uint32 {
	var words []uint32
	for w, part := range set {
		for ; part != 0; part &= part - 1 {
			code := c.Categories[w<<6+bits.TrailingZeros64(part)-1]
			for int(code>>5) >= len(words) {
				words = append(words, 0)
			}
			words[code>>5] |= 1 << (code & 31)
		}
	}
	return words
}

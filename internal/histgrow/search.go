package histgrow

import (
	"math"
	"sort"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
)

// candidate is a split of a node that could be made.
type candidate struct {
	feature     int32   // -1: none
	bin         int32   // numeric: the last bin on the left, but for the missing
	threshold   float64 // of exact trees, in place of bin
	missingLeft bool
	category    bool
	set         [4]uint64 // categorical: the bins on the left
	gain        float64   // of both parts, without the node's
	grad, hess  int64     // sums of the left
	l2          float64   // of the children's values
}

// hunt is the search of a node's best split.
type hunt struct {
	nd       *node
	features []int32
	scanner  kern.HistScanner
	before   float64 // the gain of the node as it is
	least    float64 // what a split must gain more than, before taken with it
}

func (g *Grower) newHunt(nd *node) hunt {
	h := hunt{nd: nd, features: g.featuresOf(nd), before: g.before(nd)}
	h.least = h.before + g.cfg.MinGain + rounding*math.Abs(h.before)
	h.scanner = kern.HistScanner{Grad: nd.grad, Hess: nd.hess, GradUnit: g.units.grad, HessUnit: g.units.hess, HessEach: g.units.each, L2: g.cfg.L2,
		MinHess: g.cfg.MinHessian, CountShift: g.units.layout.CountShift, MinCount: int64(g.cfg.MinSamplesLeaf)}
	return h
}

// some finds the best split by some of the columns.
func (g *Grower) some(h *hunt, features []int32) candidate {
	best := candidate{feature: -1, gain: h.least}
	var buf [block]int64
	for _, j := range features {
		g.searchColumn(h.nd, &h.scanner, int(j), &buf, &best)
	}
	return best
}

// search finds the best split of each of one or two nodes.
func (g *Grower) search(nodes ...*node) {
	var hunts [2]hunt
	columns := 0
	for i, nd := range nodes {
		hunts[i] = g.newHunt(nd)
		columns = max(columns, len(hunts[i].features))
	}
	if columns == 0 || g.together || !g.near && par.Small(len(nodes)*columns, searchFor) {
		for i := range nodes {
			g.choose(&hunts[i], g.some(&hunts[i], hunts[i].features))
		}
		return
	}
	chunks := par.Chunks(columns, searchChunk)
	held, _ := g.found.Get().(*[]candidate)
	if held == nil {
		held = new([]candidate)
	}
	defer g.found.Put(held)
	found := room(held, len(nodes)*chunks)
	g.each(len(found), func(task int) {
		h := &hunts[task/chunks]
		lo, hi := par.Bounds(len(h.features), chunks, task%chunks)
		found[task] = g.some(h, h.features[lo:hi])
	})
	for i := range nodes {
		g.choose(&hunts[i], bestOf(found[i*chunks:(i+1)*chunks]))
	}
}

// searchNear counts the smaller of two nodes, takes that from their parent's histogram, which the larger one has, and searches those of the two that may be divided.
func (g *Grower) searchNear(small, large *node, nodes []*node) {
	hunts := []hunt{g.newHunt(nodes[0]), g.newHunt(nodes[len(nodes)-1])}[:len(nodes)]
	parts, table := par.Chunks(g.width, nearCols), g.table()
	found := make([]candidate, len(nodes)*parts)
	g.team.Each(parts, func(p int) {
		first := p * nearCols
		last := min(first+nearCols, g.width)
		g.countNear(small.hist, large.hist, table, first, last, small.lo, small.hi)
		for i := range hunts {
			found[i*parts+p] = g.some(&hunts[i], g.within(hunts[i].features, first, last))
		}
	})
	g.tables.put(table)
	for i := range hunts {
		g.choose(&hunts[i], bestOf(found[i*parts:(i+1)*parts]))
	}
}

// within are those of the columns, rising, whose bytes are first to last-1.
func (g *Grower) within(columns []int32, first, last int) []int32 {
	from := func(at int) int {
		return sort.Search(len(columns), func(i int) bool { return int(g.b.places[columns[i]].at) >= at })
	}
	return columns[from(first):from(last)]
}

// bestOf is the first of those that gain most.
func bestOf(found []candidate) candidate {
	best := found[0]
	for _, c := range found[1:] {
		if c.feature >= 0 && (best.feature < 0 || c.gain > best.gain) {
			best = c
		}
	}
	return best
}

// choose notes the split that was found.
func (g *Grower) choose(h *hunt, best candidate) {
	nd := h.nd
	nd.best = best
	nd.best.gain -= h.before
	if c := &nd.best; c.feature >= 0 && !c.category && g.b.exact == nil { // so far it holds the sums of the missing, if they go left
		var buf [block]int64
		cells := g.cells(nd, int(c.feature), &buf)
		for t := range int(c.bin) + 1 {
			at := cell(t)
			c.grad += cells[at]
			c.hess += cells[kern.HistBins+at]
		}
	}
}

// rounding is the part of a gain that rounding may make of nothing.
const rounding = 0x1p-46

// searchFor is about how many ns the search of a column takes.
const searchFor = 1000

// searchChunk is how many columns are searched by one goroutine.
const searchChunk = 4

// searchColumn replaces best by the best split of column j if that gains more.
func (g *Grower) searchColumn(nd *node, s *kern.HistScanner, j int, buf *[block]int64, best *candidate) {
	c := &g.b.Columns[j]
	if c.Bins < 2 {
		return
	}
	if g.b.exact != nil {
		g.searchExact(nd, j, best)
		return
	}
	cells := g.cells(nd, j, buf)
	if c.IsCategory {
		g.searchCategories(nd, j, c, cells, best)
		return
	}
	last := c.numbers()
	if !c.Missing {
		g.scan(nd, s, j, cells, last, 0, 0, best)
		return
	}
	grad, hess := cells[cell(last)], cells[kern.HistBins+cell(last)]
	g.scan(nd, s, j, cells, last, grad, hess, best)
	if hess != 0 {
		g.scan(nd, s, j, cells, last, 0, 0, best)
	}
}

// scan tries all cuts of the first bins of a column. What starts on the left are the missing, if they go there. Of cuts that divide the rows
// alike it takes the last, or, if there are missing ones on the right, the first, as LightGBM does.
func (g *Grower) scan(nd *node, s *kern.HistScanner, j int, cells []int64, bins int, grad, hess int64, best *candidate) {
	var gain float64
	var cut int
	if g.plain {
		gain, cut = bestCut(s, cells, bins, grad, hess)
	} else {
		gain, cut = g.scanAny(nd, j, cells, bins, grad, hess)
	}
	if cut < 0 || !(gain > best.gain) {
		return
	}
	c := &g.b.Columns[j]
	left := c.Zero <= cut
	if c.Missing {
		if left = hess != 0 || cells[kern.HistBins+cell(bins)] == 0; !left {
			for cut > 0 && cells[kern.HistBins+cell(cut)] == 0 {
				cut--
			}
		}
	}
	*best = candidate{feature: int32(j), bin: int32(cut), missingLeft: left, gain: gain, grad: grad, hess: hess, l2: g.cfg.L2}
}

// bestCut is HistScanner.Best over any number of blocks.
func bestCut(s *kern.HistScanner, cells []int64, bins int, grad, hess int64) (gain float64, cut int) {
	if bins <= kern.HistBins {
		return s.Best(cells, bins, grad, hess)
	}
	gain, cut = 0, -1
	for first := 0; first < bins; first += kern.HistBins {
		part, n := cells[cell(first):], min(kern.HistBins, bins-first)
		if v, at := s.Best(part, n, grad, hess); at >= 0 && v >= gain {
			gain, cut = v, first+at
		}
		for t := range n {
			grad += part[t]
			hess += part[kern.HistBins+t]
		}
	}
	return gain, cut
}

// scanAny is the scan with penalties and bounds of every kind.
func (g *Grower) scanAny(nd *node, j int, cells []int64, bins int, grad, hess int64) (gain float64, cut int) {
	gain, cut = math.Inf(-1), -1
	direction := int8(0)
	if g.cfg.Monotone != nil {
		direction = g.cfg.Monotone[j]
	}
	b := g.boundsOf(nd, j)
	left, right := b.both, b.both
	for t := range bins {
		at := cell(t)
		grad += cells[at]
		hess += cells[kern.HistBins+at]
		if b.some != nil {
			left, right = b.at(g.b.Columns[j].Threshold(t))
		}
		if v, ok := g.gainWithin(nd, grad, hess, g.cfg.L2, direction, &left, &right); ok && v >= gain {
			gain, cut = v, t
		}
	}
	return gain, cut
}

// allowed reports whether a part may be a leaf.
func (g *Grower) allowed(hess int64) bool {
	return g.units.count(hess) >= int64(g.cfg.MinSamplesLeaf) && g.units.hessOf(hess) >= g.cfg.MinHessian
}

// gain is that of a split with these sums on the left, if it is allowed.
func (g *Grower) gain(nd *node, grad, hess int64, l2 float64, direction int8) (float64, bool) {
	return g.gainWithin(nd, grad, hess, l2, direction, &nd.span, &nd.span)
}

// gainWithin is gain with bounds for either child.
func (g *Grower) gainWithin(nd *node, grad, hess int64, l2 float64, direction int8, ofLeft, ofRight *span) (float64, bool) {
	if !g.allowed(hess) || !g.allowed(nd.hess-hess) {
		return 0, false
	}
	u := &g.units
	gl, hl, gr, hr := u.gradOf(grad), u.hessOf(hess), u.gradOf(nd.grad-grad), u.hessOf(nd.hess-hess)
	if !(hl+l2 > 0 && hr+l2 > 0) {
		return 0, false
	}
	if g.plain && direction == 0 && nd.free() {
		dl, dr := hl+l2, hr+l2
		return float64(float64(gl*gl)/dl) + float64(float64(gr*gr)/dr), true
	}
	left := g.output(gl, hl, u.count(hess), l2, nd.value, ofLeft)
	right := g.output(gr, hr, u.count(nd.hess-hess), l2, nd.value, ofRight)
	if direction > 0 && left > right || direction < 0 && left < right {
		return 0, false
	}
	return g.gainAt(gl, hl, l2, left) + g.gainAt(gr, hr, l2, right), true
}

// before is the gain of the node as a leaf. Where values are smoothed it is, as with LightGBM, smoothed once more, towards itself.
func (g *Grower) before(nd *node) float64 {
	gr, h := g.units.gradOf(nd.grad), g.units.hessOf(nd.hess)
	if !(h+g.cfg.L2 > 0) {
		return 0
	}
	if g.plain && nd.free() {
		return float64(gr*gr) / (h + g.cfg.L2)
	}
	return g.gainAt(gr, h, g.cfg.L2, g.output(gr, h, g.units.count(nd.hess), g.cfg.L2, nd.value, &nd.span))
}

// shrunk is the first derivative less the L1 penalty.
func shrunk(grad, l1 float64) float64 {
	return math.Copysign(max(0, math.Abs(grad)-l1), grad)
}

func (g *Grower) gainAt(grad, hess, l2, value float64) float64 {
	return -(float64(float64(2*shrunk(grad, g.cfg.L1))*value) + float64(float64((hess+l2)*value)*value))
}

// output is the value of a leaf with these sums below a node of the given value, within bounds; nil: of the root.
func (g *Grower) output(grad, hess float64, count int64, l2, parent float64, within *span) float64 {
	if !(hess+l2 > 0) {
		return 0
	}
	v := -shrunk(grad, g.cfg.L1) / (hess + l2)
	if most := g.cfg.MaxDeltaStep; most > 0 {
		v = min(max(v, -most), most)
	}
	if g.cfg.PathSmooth > 0 && within != nil {
		w := float64(count) / g.cfg.PathSmooth
		v = float64(v*w)/(w+1) + parent/(w+1)
	}
	if within != nil {
		v = within.clip(v)
	}
	return v
}

package explain

import (
	"cmp"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

// price is what changes cost; tie decides between equal ones, where the norm has many.
type price struct{ main, tie float64 }

func (p price) plus(q price) price  { return price{p.main + q.main, p.tie + q.tie} }
func (p price) minus(q price) price { return price{p.main - q.main, p.tie - q.tie} }

func (p price) compare(q price) int {
	if c := cmp.Compare(p.main, q.main); c != 0 {
		return c
	}
	return cmp.Compare(p.tie, q.tie)
}

// option is one value that a column may take: the cheapest one of a cell, whose numbers the trees do not tell apart.
type option struct {
	value float64
	price price
}

// choice is a column that some tree asks, with its options in rising order: the codes of a category, or the cells between thresholds. Where each split is passed
// by the first so many options and by no others, a set of them is a range; else it is bits.
type choice struct {
	place   int // in the list of choices
	column  int
	options []option
	stay    int // the option of staying, which costs nothing
	bits    bool
	at      int // its first word in a box
	words   int
}

// zeroBound is the size up to which LightGBM takes numbers for zero.
var zeroBound = float64(float32(1e-35))

// list finds the options of all columns that are asked, and which ones pass each split.
func (h *hunt) list(c TreeCounterfactuals, limits []Limit, data tensor.Matrix) error {
	e := h.e
	splits := make([][]int, e.Features)
	for i, j := range e.Feature {
		if j >= 0 {
			splits[j] = append(splits[j], i)
		}
	}
	h.place = make([]int, e.Features)
	h.cut, h.mask = make([]int32, len(e.Feature)), make([][]uint64, len(e.Feature))
	for j, asks := range splits {
		h.place[j] = -1
		if len(asks) == 0 {
			continue
		}
		var known []float64
		if data != nil {
			known = make([]float64, rows.Of(data).Len())
			rows.Of(data).Col(j, known)
			known = slices.DeleteFunc(known, math.IsNaN)
			slices.Sort(known)
		}
		col := &choice{place: len(h.cols), column: j, at: h.words}
		h.place[j] = col.place
		col.options = h.options(c, j, asks, limits[j], known)
		col.stay = slices.IndexFunc(col.options, func(o option) bool { return o.value == h.row[j] || o.value != o.value && math.IsNaN(h.row[j]) })
		h.passing(col, asks)
		col.words = 1
		if col.bits {
			col.words = (len(col.options) + 63) / 64
		}
		h.words += col.words
		h.cols = append(h.cols, col)
	}
	h.bestLeaves()
	return nil
}

// options are the values that column j may take, rising, a missing one last.
func (h *hunt) options(c TreeCounterfactuals, j int, asks []int, limit Limit, known []float64) []option {
	v0 := h.row[j]
	stay := option{value: v0}
	if limit.Fixed {
		return []option{stay}
	}
	categorical := h.columns[j].Kind == ml.Categorical
	for _, i := range asks {
		categorical = categorical || h.e.Rule[i].Categorical()
	}
	allowed := func(v float64) bool {
		return v >= limit.Lo && v <= limit.Hi && !(limit.Direction > 0 && v < v0) && !(limit.Direction < 0 && v > v0)
	}
	out := []option{stay}
	if categorical {
		for _, code := range h.codes(j, asks, limit, known) {
			if v := float64(code); v != v0 && allowed(v) {
				out = append(out, option{v, c.price(limit, 1, 1)})
			}
		}
	} else {
		scale := limit.Scale
		if scale == 0 {
			scale = h.scale(asks, known)
		}
		middle := v0 // what the values of cells are near to
		if math.IsNaN(v0) {
			if middle = 0; len(known) > 0 {
				middle = quantile(known, 0.5)
			}
		}
		for _, cell := range h.cells(asks) {
			if cell.holds(h.rounded(v0)) {
				continue
			}
			v, ok := h.nearest(cell, middle, limit)
			if !ok || !allowed(v) {
				continue
			}
			far := math.Abs(v-v0) / scale
			if math.IsNaN(v0) {
				far = 1
			}
			out = append(out, option{v, c.price(limit, far, far)})
		}
	}
	slices.SortStableFunc(out, func(a, b option) int {
		if math.IsNaN(a.value) || math.IsNaN(b.value) { // cmp has NaN first
			return -cmp.Compare(a.value, b.value)
		}
		return cmp.Compare(a.value, b.value)
	})
	return out
}

// price is what a change by so many scales costs.
func (c TreeCounterfactuals) price(l Limit, far, tie float64) price {
	switch c.Norm {
	case L2:
		return price{main: float64(l.Weight*float64(far*far)) + c.PerChange}
	case L0:
		return price{main: l.Weight + c.PerChange, tie: float64(l.Weight * tie)}
	}
	return price{main: float64(l.Weight*far) + c.PerChange}
}

// codes are the categories that column j may become.
func (h *hunt) codes(j int, asks []int, limit Limit, known []float64) []int {
	var out []int
	switch levels := len(h.columns[j].Levels); {
	case limit.Levels != nil:
		out = slices.Clone(limit.Levels)
	case known != nil:
		for _, v := range slices.Compact(slices.Clone(known)) {
			out = append(out, int(v))
		}
	case levels > 0:
		for code := range levels {
			out = append(out, code)
		}
	default: // the codes of any set, and of any number that is compared
		for _, i := range asks {
			e := h.e
			if !e.Rule[i].Categorical() {
				continue
			}
			s := int(e.Threshold[i])
			for code := range 32 * int(e.SetStart[s+1]-e.SetStart[s]) {
				if e.Sets[int(e.SetStart[s])+code/32]>>(code%32)&1 != 0 {
					out = append(out, code)
				}
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// scale is the unit of distance of a column of numbers: see TreeCounterfactuals.Data.
func (h *hunt) scale(asks []int, known []float64) float64 {
	if len(known) > 0 {
		middle := quantile(known, 0.5)
		far := make([]float64, len(known))
		mean, square := 0.0, 0.0
		for i, v := range known {
			far[i] = math.Abs(v - middle)
			mean += v / float64(len(known))
		}
		for _, v := range known {
			square += float64((v-mean)*(v-mean)) / float64(len(known))
		}
		slices.Sort(far)
		if mad := quantile(far, 0.5); mad > 0 {
			return mad
		}
		if square > 0 {
			return math.Sqrt(square)
		}
	}
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, i := range asks {
		if v := h.e.Threshold[i]; !math.IsInf(v, 0) {
			lo, hi = min(lo, v), max(hi, v)
		}
	}
	if hi > lo && hi-lo <= math.MaxFloat64 {
		return hi - lo
	}
	return 1
}

// A cell is the numbers from lo to hi, both in it.
type cell struct{ lo, hi float64 }

func (c cell) holds(v float64) bool { return v >= c.lo && v <= c.hi }

// cells are what the thresholds of a column cut the numbers into.
func (h *hunt) cells(asks []int) []cell {
	var ends []float64 // the last number of each cell
	before := func(t float64) float64 { return h.next(t, math.Inf(-1)) }
	for _, i := range asks {
		rule, t := h.e.Rule[i], h.e.Threshold[i]
		if rule.Test()&1 == 0 {
			t = before(t)
		}
		ends = append(ends, t)
		if rule&tree.ZeroIsMissing != 0 {
			ends = append(ends, before(-zeroBound), zeroBound)
		}
	}
	slices.Sort(ends)
	ends = slices.DeleteFunc(slices.Compact(ends), func(v float64) bool { return math.IsInf(v, 0) })
	var out []cell
	lo := math.Inf(-1)
	for _, end := range ends {
		out = append(out, cell{lo, end})
		lo = h.next(end, math.Inf(1))
	}
	return append(out, cell{lo, math.Inf(1)})
}

// next is the number beside v in the arithmetic of the trees.
func (h *hunt) next(v, to float64) float64 {
	if h.e.Float32 {
		return float64(math.Nextafter32(float32(v), float32(to)))
	}
	return math.Nextafter(v, to)
}

// rounded is how the trees see a number.
func (h *hunt) rounded(v float64) float64 {
	if h.e.Float32 {
		return float64(float32(v))
	}
	return v
}

// nearest is the number of a cell that may be taken and is nearest to v.
func (h *hunt) nearest(c cell, v float64, limit Limit) (float64, bool) {
	lo, hi := max(c.lo, limit.Lo), min(c.hi, limit.Hi)
	if lo > hi {
		return 0, false
	}
	out := min(max(v, lo), hi)
	if s := limit.Step; s > 0 {
		down, up := math.Floor(out/s), math.Ceil(out/s)
		best, far := 0.0, math.Inf(1)
		for _, k := range [4]float64{down, up, down - 1, up + 1} { // one further, should rounding leave the cell
			w := float64(k * s)
			if w >= limit.Lo && w <= limit.Hi && c.holds(h.rounded(w)) && math.Abs(w-v) < far {
				best, far = w, math.Abs(w-v)
			}
		}
		return best, far <= math.MaxFloat64
	}
	if !c.holds(h.rounded(out)) { // a limit that float32 rounds into the next cell
		if out == limit.Lo {
			out = h.next(h.rounded(out), math.Inf(1))
		} else {
			out = h.next(h.rounded(out), math.Inf(-1))
		}
	}
	return out, c.holds(h.rounded(out)) && out >= limit.Lo && out <= limit.Hi && !math.IsInf(out, 0)
}

// passing finds which options pass each split.
func (h *hunt) passing(col *choice, asks []int) {
	n := len(col.options)
	col.bits = math.IsNaN(h.row[col.column])
	pass := make([][]bool, len(asks))
	for q, i := range asks {
		pass[q] = make([]bool, n)
		for o := range col.options {
			pass[q][o] = h.e.Passes(i, col.options[o].value)
			col.bits = col.bits || o > 0 && pass[q][o] && !pass[q][o-1]
		}
	}
	for q, i := range asks {
		if !col.bits {
			for o := range n {
				if pass[q][o] {
					h.cut[i] = int32(o + 1)
				}
			}
			continue
		}
		h.mask[i] = make([]uint64, (n+63)/64)
		for o, in := range pass[q] {
			if in {
				h.mask[i][o/64] |= 1 << (o % 64)
			}
		}
	}
}

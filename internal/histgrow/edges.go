package histgrow

import (
	"cmp"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/kern"
)

// zeroBound is up to where a number counts as zero: the float32 nearest to 1e-35, as LightGBM has it.
var zeroBound = float64(float32(1e-35))

// tally is how often each distinct number occurs, rising.
type tally struct {
	value []float64
	count []int
}

func (t tally) part(lo, hi int) tally { return tally{t.value[lo:hi], t.count[lo:hi]} }

func (t tally) total() int {
	sum := 0
	for _, c := range t.count {
		sum += c
	}
	return sum
}

// desk is memory that one column after the other is learned in: fresh memory for each would be most of what a fit takes, at its peak.
type desk struct {
	values []float64
	words  []int64
	tally  tally
}

// room is a slice of n elements, whatever their values, of memory that is held, which grows to that.
func room[T any](held *[]T, n int) []T {
	if cap(*held) < n {
		*held = make([]T, n)
	}
	return (*held)[:n]
}

// learnEdges finds the bins of a numeric column by LightGBM's rules, unless they are given.
func (c *Column) learnEdges(values []float64, zeros, bins, least int, own ColumnOptions, d *desk) {
	present := slices.DeleteFunc(values, func(v float64) bool { return v != v })
	c.Missing = len(present) < len(values)
	t := d.tallyOf(present, zeros)
	if at, is := slices.BinarySearch(t.value, 0); is {
		c.zeros = float64(t.count[at]) / float64(len(values)+zeros)
	}
	if c.Missing {
		bins--
	}
	if own.Edges != nil {
		c.Edges = slices.Clone(own.Edges)
	} else {
		upper := zeroApart(t, len(present)+zeros, bins, least)
		if own.Forced != nil {
			upper = forcedEdges(t, len(present)+zeros, bins, least, own.Forced)
		}
		c.Edges = upper[:len(upper)-1]
	}
	c.Bins = len(c.Edges) + 1
	if c.Missing {
		c.Bins++
	}
	c.Zero = c.find(0)
}

// tallyOf counts values, and so many zeros besides. Numbers that are neighbours among doubles count as one, the larger; those within zeroBound are
// zero. It sorts values. The tally is good until the next one.
func (d *desk) tallyOf(values []float64, zeros int) tally {
	d.sort(values)
	t := tally{room(&d.tally.value, len(values)+1)[:0], room(&d.tally.count, len(values)+1)[:0]}
	add := func(v float64, n int) {
		if last := len(t.value) - 1; last >= 0 && v <= math.Nextafter(t.value[last], math.Inf(1)) {
			t.value[last] = v
			t.count[last] += n
			return
		}
		t.value, t.count = append(t.value, v), append(t.count, n)
	}
	for _, v := range values {
		if math.Abs(v) <= zeroBound {
			v = 0
		}
		if v >= 0 && zeros > 0 {
			add(0, zeros)
			zeros = 0
		}
		add(v, 1)
	}
	if zeros > 0 {
		add(0, zeros)
	}
	return t
}

// sort sorts numbers none of which is NaN, as integers, which is faster.
func (d *desk) sort(x []float64) {
	words := room(&d.words, len(x))
	kern.OrderWords(words, x)
	kern.SortWords(words)
	kern.FloatsOf(x, words)
}

// zeroApart gives zero a bin of its own, and shares out the others to the numbers below and above it in proportion to their rows. The result are
// the upper edges of all bins, the last one +Inf.
func zeroApart(t tally, rows, bins, least int) []float64 {
	below := atMost(t.value, -zeroBound)
	above := atMost(t.value, zeroBound)
	left, right := t.part(0, below), t.part(above, len(t.value))
	var edges []float64
	if below > 0 && bins > 1 {
		zeros := t.part(below, above).total()
		share := int(float64(left.total()) / float64(rows-zeros) * float64(bins-1))
		edges = equalCounts(left, max(1, share), least)
		edges[len(edges)-1] = -zeroBound
	}
	rest := bins - 1 - len(edges)
	if above < len(t.value) && rest > 0 {
		return append(append(edges, zeroBound), equalCounts(right, rest, least)...)
	}
	return append(edges, math.Inf(1))
}

// atMost is how many of the rising values are at most bound.
func atMost(values []float64, bound float64) int {
	at, _ := slices.BinarySearchFunc(values, bound, func(v, bound float64) int {
		if v <= bound {
			return -1
		}
		return 1
	})
	return at
}

// equalCounts cuts the numbers into bins of about equal counts, a frequent number into one of its own: LightGBM's greedy rule.
func equalCounts(t tally, bins, least int) []float64 {
	if len(t.value) <= bins {
		return everyNumber(t, least)
	}
	total := t.total()
	if least > 0 {
		bins = max(1, min(bins, total/least))
	}
	mean := float64(total) / float64(bins)
	restBins, rest := bins, total
	frequent := mean
	big := func(i int) bool { return float64(t.count[i]) >= frequent }
	for i, n := range t.count {
		if big(i) {
			restBins--
			rest -= n
		}
	}
	mean = float64(rest) / float64(restBins)
	var edges []float64
	cut, inBin := 1, 0
	for i := range len(t.value) - 1 {
		if !big(i) {
			rest -= t.count[i]
		}
		inBin += t.count[i]
		if !(big(i) || float64(inBin) >= mean || big(i+1) && float64(inBin) >= max(1, mean*0.5)) {
			continue
		}
		edges = appendEdge(edges, t.value[i], t.value[i+1])
		if cut++; cut >= bins {
			break
		}
		inBin = 0
		if !big(i) {
			restBins--
			mean = float64(rest) / float64(restBins)
		}
	}
	return append(edges, math.Inf(1))
}

// everyNumber gives each number a bin, or joins some to have the least count.
func everyNumber(t tally, least int) []float64 {
	var edges []float64
	inBin := 0
	for i := range len(t.value) - 1 {
		if inBin += t.count[i]; inBin < least {
			continue
		}
		before := len(edges)
		if edges = appendEdge(edges, t.value[i], t.value[i+1]); len(edges) > before {
			inBin = 0
		}
	}
	return append(edges, math.Inf(1))
}

// appendEdge adds the double after the middle of two numbers, unless that is the last edge or the double after it.
func appendEdge(edges []float64, a, b float64) []float64 {
	edge := math.Nextafter((a+b)/2, math.Inf(1))
	if len(edges) > 0 && edge <= math.Nextafter(edges[len(edges)-1], math.Inf(1)) {
		return edges
	}
	return append(edges, edge)
}

// learnCategories gives the frequent categories a bin each by LightGBM's rules: the most frequent first, until they make 99 % of the rows and the
// bins are used up; those with fewer than least rows, but for the first two, have none. Bin 0 is for all others and for the missing.
// What is no code is left to encode, which knows its row.
func (c *Column) learnCategories(values []float64, zeros int, o BinOptions) {
	counts := map[int32]int{}
	present := zeros
	if zeros > 0 {
		counts[0] = zeros
	}
	for _, v := range values {
		if isCode(v) {
			counts[int32(v)]++
			present++
		}
	}
	codes := make([]int32, 0, len(counts))
	for code := range counts {
		codes = append(codes, code)
	}
	slices.SortFunc(codes, func(a, b int32) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b)) })
	distinct := len(codes)
	if present < len(values)+zeros {
		distinct++
	}
	bins, enough, used := min(distinct, o.MaxBins), int(math.Round(float64(present)*float64(float32(0.99)))), 0
	c.Bins = 1
	for i, code := range codes {
		if used >= enough && c.Bins >= bins || c.Bins >= 255 || counts[code] < o.MinInBin && i > 1 {
			break
		}
		c.Categories = append(c.Categories, code)
		used += counts[code]
		c.Bins++
	}
}

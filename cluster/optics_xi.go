package cluster

import (
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
)

// CutXi returns for each row its cluster between slopes of the steepness xi, of those within each other the smallest, or ml.None; clusters are numbered by their first rows
// and have at least so many.
func (m *OPTICSModel) CutXi(xi float64, least int) []int {
	c := m.Config.(OPTICS)
	if xi == c.Xi && least == c.MinClusterSize && c.Eps == 0 && m.Valleys != nil {
		return fromValleys(m.Order, m.Valleys)
	}
	return fromValleys(m.Order, m.valleys(xi, c.MinSamples, least, !c.Uncorrected))
}

// fromValleys labels the rows of each valley that holds none that is labelled.
func fromValleys(order []int, valleys [][]int) []int {
	codes := make([]int, len(order))
	for i := range codes {
		codes[i] = ml.None
	}
	for k, v := range valleys {
		part := order[v[0] : v[1]+1]
		if slices.ContainsFunc(part, func(i int) bool { return codes[i] >= 0 }) {
			continue
		}
		for _, i := range part {
			codes[i] = k
		}
	}
	return byFirst(codes)
}

// plot is reachabilities in the order of the walk, with a wall at the end.
type plot struct {
	r     []float64
	share float64 // 1 - xi
	gap   float64 // so many rows of a slope may be less than steep
}

func (p *plot) steepDown(i int) bool { return p.r[i]*p.share >= p.r[i+1] && !p.level(i) }
func (p *plot) steepUp(i int) bool   { return p.r[i] <= p.r[i+1]*p.share && !p.level(i) }

// level is where neither side says anything: both infinite, or both 0.
func (p *plot) level(i int) bool {
	return math.IsInf(p.r[i], 1) && math.IsInf(p.r[i+1], 1) || p.r[i] == 0 && p.r[i+1] == 0
}

// slope is where a steep region that begins at start ends: it goes on as long as the plot does not turn, and at most gap rows in a row are less than steep.
func (p *plot) slope(start int, steep func(int) bool, turned func(a, b float64) bool) int {
	end, flat := start, 0
	for i := start; i < len(p.r)-1; i++ {
		switch {
		case steep(i):
			end, flat = i, 0
		case turned(p.r[i], p.r[i+1]):
			return end
		default:
			if flat++; float64(flat) > p.gap {
				return end
			}
		}
	}
	return end
}

// down is a slope that a valley may begin with, and the highest since its end.
type down struct {
	start, end int
	between    float64
}

// valleys finds the clusters between a slope down and a slope up (figure 19 of the paper), smaller ones before those that hold them. correct leaves out rows at the end that
// were not reached from inside.
func (m *OPTICSModel) valleys(xi, samples float64, least int, correct bool) [][]int {
	n := len(m.Order)
	p := &plot{r: make([]float64, n+1), share: 1 - xi, gap: samples}
	place := make([]int, n)
	for at, i := range m.Order {
		p.r[at], place[i] = m.Reach[i], at
	}
	p.r[n] = math.Inf(1)
	out := [][]int{}
	var downs []down
	next, between := 0, 0.0
	for at := 0; at < n; at++ {
		isDown, isUp := p.steepDown(at), p.steepUp(at)
		if at < next || !isDown && !isUp {
			continue
		}
		between = max(between, slices.Max(p.r[next:at+1]))
		// A slope stays of interest while nothing since is as high as it began, but for the share.
		downs = slices.DeleteFunc(downs, func(d down) bool { return math.IsInf(between, 1) || between > p.r[d.start]*p.share })
		for k := range downs {
			downs[k].between = max(downs[k].between, between)
		}
		if isDown {
			end := p.slope(at, p.steepDown, func(a, b float64) bool { return a < b })
			downs = append(downs, down{at, end, 0})
			next = end + 1
			between = p.r[next]
			continue
		}
		end := p.slope(at, p.steepUp, func(a, b float64) bool { return a > b })
		next = end + 1
		between = p.r[next]
		for k := len(downs) - 1; k >= 0; k-- { // the innermost first
			if v := p.valley(downs[k], at, end); v != nil {
				if correct {
					v = m.corrected(p, place, v)
				}
				if v != nil && v[1]-v[0]+1 >= least && v[0] <= downs[k].end && v[1] >= at {
					out = append(out, v)
				}
			}
		}
	}
	return out
}

// valley is what lies between a slope down and one up, cut to where both sides are about as high; nil if something within is too high.
func (p *plot) valley(d down, up, end int) []int {
	wall := p.r[end+1]
	if wall*p.share < d.between {
		return nil
	}
	first, last := d.start, end
	switch high := p.r[d.start]; {
	case high*p.share >= wall:
		for first < d.end && p.r[first+1] > wall {
			first++
		}
	case wall*p.share >= high:
		for last > up && p.r[last-1] > high {
			last--
		}
	}
	return []int{first, last}
}

// corrected cuts a valley's end to the last row that was reached from within, or lies below where it begins; nil if there is none.
func (m *OPTICSModel) corrected(p *plot, place []int, v []int) []int {
	first := v[0]
	for last := v[1]; last > first; last-- {
		if p.r[first] > p.r[last] {
			return []int{first, last}
		}
		if b := m.Before[m.Order[last]]; b >= 0 && place[b] >= first && place[b] < last {
			return []int{first, last}
		}
	}
	return nil
}

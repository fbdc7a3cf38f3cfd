package metrics

import (
	"math"
	"slices"
)

// A Contingency counts the rows of each pair of a class and a cluster: what every comparison of two partitions is made of. Codes may be any whole numbers; -1, the code
// of noise, is a cluster like another.
type Contingency struct {
	classes, clusters []float64 // rows of each
	cells             []cell    // that are not empty
	total             float64
	whole             bool // all weights are whole numbers
}

type cell struct {
	class, cluster int
	n              float64
}

// NewContingency compares true classes with clusters. The errors are those of [CheckRows]. O(rows log rows).
func NewContingency(y, cluster []int, weight ...float64) (*Contingency, error) {
	if err := CheckRows("metrics.NewContingency", len(y), len(cluster), weight); err != nil {
		return nil, err
	}
	a, ka := ordinals(y, weight)
	b, kb := ordinals(cluster, weight)
	sums, classes, clusters := map[[2]int]*sum{}, make([]sum, ka), make([]sum, kb)
	c := &Contingency{total: totalOf(len(y), weight), whole: true}
	if len(weight) == 0 && ka*kb <= 1<<16 {
		c.count(a, b, ka, kb)
		return c, nil
	}
	for i := range y {
		if absent(weight, i) {
			continue
		}
		at, w := [2]int{a[i], b[i]}, w(weight, i)
		if sums[at] == nil {
			sums[at] = new(sum)
			c.cells = append(c.cells, cell{class: a[i], cluster: b[i]})
		}
		sums[at].add(w)
		classes[a[i]].add(w)
		clusters[b[i]].add(w)
		c.whole = c.whole && w == math.Trunc(w)
	}
	slices.SortFunc(c.cells, func(p, q cell) int {
		if p.class != q.class {
			return p.class - q.class
		}
		return p.cluster - q.cluster
	})
	for i, p := range c.cells {
		c.cells[i].n = sums[[2]int{p.class, p.cluster}].value()
	}
	for _, s := range classes {
		c.classes = append(c.classes, s.value())
	}
	for _, s := range clusters {
		c.clusters = append(c.clusters, s.value())
	}
	return c, nil
}

// count is NewContingency of few classes and clusters without weights.
func (c *Contingency) count(a, b []int, ka, kb int) {
	cells := make([]int, ka*kb)
	for i, x := range a {
		cells[x*kb+b[i]]++
	}
	c.classes, c.clusters = make([]float64, ka), make([]float64, kb)
	for at, n := range cells {
		if n > 0 {
			c.cells = append(c.cells, cell{at / kb, at % kb, float64(n)})
			c.classes[at/kb] += float64(n)
			c.clusters[at%kb] += float64(n)
		}
	}
}

// denseOrdinals is ordinals of codes that lie close together.
func denseOrdinals(codes []int, weight []float64) (out []int, k int, ok bool) {
	lo, hi := math.MaxInt, math.MinInt
	for i, c := range codes {
		if !absent(weight, i) {
			lo, hi = min(lo, c), max(hi, c)
		}
	}
	if lo > hi || uint(hi)-uint(lo) > uint(len(codes))+1024 {
		return nil, 0, false
	}
	names := make([]int, hi-lo+1)
	for i, c := range codes {
		if !absent(weight, i) {
			names[c-lo] = 1
		}
	}
	for c, seen := range names {
		names[c] = k
		k += seen
	}
	out = make([]int, len(codes))
	for i, c := range codes {
		if !absent(weight, i) {
			out[i] = names[c-lo]
		}
	}
	return out, k, true
}

// ordinals renames the codes of rows of weight 0..k-1 in rising order.
func ordinals(codes []int, weight []float64) (out []int, k int) {
	if out, k, ok := denseOrdinals(codes, weight); ok {
		return out, k
	}
	seen := map[int]int{}
	var names []int
	for i, c := range codes {
		if _, ok := seen[c]; !ok && !absent(weight, i) {
			seen[c] = 0
			names = append(names, c)
		}
	}
	slices.Sort(names)
	for k, c := range names {
		seen[c] = k
	}
	out = make([]int, len(codes))
	for i, c := range codes {
		out[i] = seen[c]
	}
	return out, len(names)
}

// Pairs counts ordered pairs of different rows: together in both partitions, in the clusters alone, in the classes alone, and in neither. A row of weight k is k rows.
func (c *Contingency) Pairs() (both, clusters, classes, neither float64) {
	var cells, rows, columns sum
	for _, p := range c.cells {
		cells.add(p.n * p.n)
	}
	for _, n := range c.classes {
		rows.add(n * n)
	}
	for _, n := range c.clusters {
		columns.add(n * n)
	}
	all := c.total * c.total
	near := func(v float64) float64 {
		if c.whole {
			return v
		}
		return snap(v, all)
	}
	both = near(cells.value() - c.total)
	clusters, classes = near(columns.value()-cells.value()), near(rows.value()-cells.value())
	return both, clusters, classes, near(all - c.total - both - clusters - classes)
}

// Rand is the share of pairs of rows on which the partitions agree. Best 1.
func (c *Contingency) Rand() float64 {
	both, clusters, classes, neither := c.Pairs()
	return ratio(both+neither, both+clusters+classes+neither, 1)
}

// AdjustedRand is Rand scaled so that chance is 0 (Hubert and Arabie, Journal of Classification 2, 1985). Best 1.
func (c *Contingency) AdjustedRand() float64 {
	both, clusters, classes, neither := c.Pairs()
	if clusters == 0 && classes == 0 {
		return 1
	}
	return 2 * (both*neither - classes*clusters) / ((both+classes)*(classes+neither) + (both+clusters)*(clusters+neither))
}

// FowlkesMallows is the geometric mean of precision and recall of pairs put together. Best 1; 0 if no pair is together in both.
func (c *Contingency) FowlkesMallows() float64 {
	both, clusters, classes, _ := c.Pairs()
	if both == 0 {
		return 0
	}
	return math.Sqrt(both/(both+clusters)) * math.Sqrt(both/(both+classes))
}

func (c *Contingency) entropy(n []float64) float64 {
	var s sum
	if len(n) == 1 {
		return 0
	}
	for _, n := range n {
		s.add(-n / c.total * math.Log(n/c.total))
	}
	return s.value()
}

// Entropies are those of the classes and of the clusters, in nats.
func (c *Contingency) Entropies() (classes, clusters float64) {
	return c.entropy(c.classes), c.entropy(c.clusters)
}

// MutualInformation is what one partition tells of the other, in nats.
func (c *Contingency) MutualInformation() float64 {
	if len(c.classes) == 1 || len(c.clusters) == 1 {
		return 0
	}
	var s sum
	for _, p := range c.cells {
		s.add(p.n / c.total * math.Log(p.n/c.classes[p.class]*(c.total/c.clusters[p.cluster])))
	}
	return max(s.value(), 0)
}

// Homogeneity is 1 if every cluster is of one class: the share of the classes' entropy that the clusters tell.
func (c *Contingency) Homogeneity() float64 {
	h, _ := c.Entropies()
	return min(ratio(c.MutualInformation(), h, 1), 1)
}

// Completeness is 1 if every class is in one cluster: the share of the clusters' entropy that the classes tell.
func (c *Contingency) Completeness() float64 {
	_, h := c.Entropies()
	return min(ratio(c.MutualInformation(), h, 1), 1)
}

// VMeasure is the harmonic mean of homogeneity and completeness, the latter counting beta times as much. Best 1.
func (c *Contingency) VMeasure(beta float64) float64 {
	h, k := c.Homogeneity(), c.Completeness()
	return ratio((1+beta)*h*k, beta*h+k, 0)
}

// VariationOfInformation is a distance of partitions, the entropy that neither tells of the other, in nats (Meilă, Journal of Multivariate Analysis 98, 2007). Best 0.
func (c *Contingency) VariationOfInformation() float64 {
	a, b := c.Entropies()
	return snap(a+b-2*c.MutualInformation(), a+b)
}

// Normalizer says by what mean of the two entropies mutual information is divided.
type Normalizer uint8

const (
	// Arithmetic is their mean. The zero value.
	Arithmetic Normalizer = iota
	// Geometric is their geometric mean.
	Geometric
	// Least is the smaller one.
	Least
	// Most is the larger one.
	Most
)

func (n Normalizer) of(a, b float64) float64 {
	switch n {
	case Arithmetic:
		return a/2 + b/2
	case Geometric:
		return math.Sqrt(a * b)
	case Least:
		return min(a, b)
	case Most:
		return max(a, b)
	}
	return math.NaN()
}

// NormalizedMutualInformation is 1 for equal partitions, 0 for independent ones and where one of them alone has a single part.
func (c *Contingency) NormalizedMutualInformation(by Normalizer) float64 {
	if len(c.classes) == 1 && len(c.clusters) == 1 {
		return 1
	}
	mi := c.MutualInformation()
	if mi <= 0x1p-52 {
		return 0
	}
	a, b := c.Entropies()
	return mi / by.of(a, b)
}

// AdjustedMutualInformation takes from both terms what chance gives partitions with parts of these sizes (Vinh, Epps and Bailey, Journal of Machine Learning Research 11, 2010): chance
// is 0, the best 1. NaN unless weights are whole numbers. O(classes · clusters · rows of the smaller part).
func (c *Contingency) AdjustedMutualInformation(by Normalizer) float64 {
	switch {
	case !c.whole || c.total > 1<<53:
		return math.NaN()
	case len(c.classes) == 1 && len(c.clusters) == 1:
		return 1
	case len(c.classes) == 1 || len(c.clusters) == 1:
		return 0
	}
	chance := c.expected()
	a, b := c.Entropies()
	return away(c.MutualInformation()-chance) / away(by.of(a, b)-chance)
}

// away keeps a difference a machine epsilon away from 0, on its side.
func away(v float64) float64 {
	if v < 0 {
		return min(v, -0x1p-52)
	}
	return max(v, 0x1p-52)
}

// expected is the mean mutual information of partitions with parts of these sizes. The size of an overlap is hypergeometric; its probabilities come from their ratios, beginning at the mode, and are
// divided by their sum, so no factorial of a large number has to cancel another.
func (c *Contingency) expected() float64 {
	var s sum
	type sizes struct{ a, b float64 }
	known := map[sizes]float64{}
	for _, a := range c.classes {
		for _, b := range c.clusters {
			at := sizes{min(a, b), max(a, b)}
			v, ok := known[at]
			if !ok {
				v = c.overlap(at.a, at.b)
				known[at] = v
			}
			s.add(v)
		}
	}
	return s.value()
}

// overlap is what parts of a and b rows contribute.
func (c *Contingency) overlap(a, b float64) float64 {
	n := c.total
	lo, hi := max(0, a+b-n), min(a, b)
	mode := min(max(math.Floor((a+1)*(b+1)/(n+2)), lo), hi)
	var mass, told sum
	add := func(k, p float64) {
		mass.add(p)
		if k > 0 {
			told.add(p * (k / n) * math.Log(n/a*(k/b)))
		}
	}
	add(mode, 1)
	p := 1.0
	for k := mode; k < hi && p > 0x1p-100; k++ {
		p *= (a - k) / (k + 1) * ((b - k) / (n - a - b + k + 1))
		add(k+1, p)
	}
	p = 1
	for k := mode; k > lo && p > 0x1p-100; k-- {
		p *= k / (a - k + 1) * ((n - a - b + k) / (b - k + 1))
		add(k-1, p)
	}
	return told.value() / mass.value()
}

// Purity is the share of rows that are of the largest class of their cluster. Best 1, also for a cluster per row.
func (c *Contingency) Purity() float64 {
	largest := make([]float64, len(c.clusters))
	for _, p := range c.cells {
		largest[p.cluster] = max(largest[p.cluster], p.n)
	}
	var s sum
	for _, n := range largest {
		s.add(n)
	}
	return s.value() / c.total
}

// BCubed is the mean over the rows of the share of their cluster that is of their class (precision), of the share of their class that is in their cluster (recall), and the harmonic mean of both, itself among the rows
// (Bagga and Baldwin, ACL 1998). Best 1.
func (c *Contingency) BCubed() (precision, recall, f1 float64) {
	var p, r sum
	for _, x := range c.cells {
		p.add(x.n * x.n / c.clusters[x.cluster])
		r.add(x.n * x.n / c.classes[x.class])
	}
	precision, recall = p.value()/c.total, r.value()/c.total
	return precision, recall, 2 * precision * recall / (precision + recall)
}

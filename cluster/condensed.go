package cluster

import (
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
)

// condensed is the tree of the clusters of a least weight or more, with what falls out of each.
type condensed struct {
	clusters []CondensedCluster
	last     []int     // the cluster that each row falls out of
	exit     []float64 // the distance at which it does
	w        func(i int) float64
	mass     []float64 // of each cluster: its excess
}

// node is a component of rows at some distance; merges at one height are one node of several children.
type node struct {
	height   float64
	weight   float64
	first    int // lowest row
	children []int
}

// condense follows the components of a spanning tree from the whole down. A component that loses less than the least weight stays what it is; one that falls into two or
// more of it ends, and each of those begins.
func condense(edges []merge, core []float64, w func(int) float64, least float64) *condensed {
	n := len(core)
	sortMerges(edges)
	nodes := make([]node, n, 2*n)
	root := make([]int, n) // of sets of rows
	at := make([]int, n)   // the node of a set, by its root
	for i := range n {
		nodes[i] = node{core[i], w(i), i, nil}
		root[i], at[i] = i, i
	}
	for lo := 0; lo < len(edges); {
		hi := lo
		for hi < len(edges) && edges[hi].height == edges[lo].height {
			hi++
		}
		before := len(nodes)
		for _, e := range edges[lo:hi] {
			a, b := rootOf(root, int(e.a)), rootOf(root, int(e.b))
			if a == b {
				continue
			}
			a, b = min(a, b), max(a, b)
			x, y := at[a], at[b]
			root[b] = a
			if x < before { // its first merge at this height
				nodes = append(nodes, node{edges[lo].height, nodes[x].weight, nodes[x].first, []int{x}})
				x = len(nodes) - 1
			}
			at[a] = x
			nodes[x].weight += nodes[y].weight
			nodes[x].first = min(nodes[x].first, nodes[y].first)
			if y < before {
				nodes[x].children = append(nodes[x].children, y)
			} else {
				nodes[x].children = append(nodes[x].children, nodes[y].children...)
			}
		}
		lo = hi
	}
	c := &condensed{clusters: []CondensedCluster{{Parent: -1}}, last: make([]int, n), exit: make([]float64, n), w: w}
	for i := range n {
		c.clusters[0].Weight += w(i)
	}
	type task struct{ node, cluster int }
	todo := []task{{at[rootOf(root, 0)], 0}}
	for len(todo) > 0 {
		t := todo[0]
		todo = todo[1:]
		v := &nodes[t.node]
		if len(v.children) == 0 { // a row that is a cluster by itself falls apart at its core distance
			c.last[t.node], c.exit[t.node] = t.cluster, v.height
			continue
		}
		slices.SortFunc(v.children, func(a, b int) int { return nodes[a].first - nodes[b].first })
		var large []int
		for _, child := range v.children {
			if nodes[child].weight >= least {
				large = append(large, child)
			} else {
				c.fall(nodes, child, t.cluster, v.height)
			}
		}
		for _, child := range large {
			if len(large) == 1 {
				todo = append(todo, task{child, t.cluster})
				continue
			}
			c.clusters = append(c.clusters, CondensedCluster{Parent: t.cluster, Birth: v.height, Weight: nodes[child].weight})
			todo = append(todo, task{child, len(c.clusters) - 1})
		}
	}
	return c
}

// fall lets all rows of a node fall out of a cluster.
func (c *condensed) fall(nodes []node, from, cluster int, height float64) {
	stack := []int{from}
	for len(stack) > 0 {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if len(nodes[at].children) == 0 {
			c.last[at], c.exit[at] = cluster, height
		}
		stack = append(stack, nodes[at].children...)
	}
}

// density is the inverse of a distance, in units that make the whole's first loss 1; distances of 0 count as the least that doubles allow for here.
func density(distance, whole float64) float64 {
	const most = 1e100
	if distance*most <= whole {
		return most
	}
	return whole / distance
}

// whole is the largest distance at which anything happens.
func (c *condensed) whole() (most float64) {
	for _, v := range c.exit {
		most = max(most, v)
	}
	for _, k := range c.clusters {
		most = max(most, k.Birth)
	}
	return most
}

// choose selects clusters.
func (c *condensed) choose(how HDBSCAN) {
	whole := c.whole()
	birth := func(k int) float64 {
		if k == 0 {
			return 0
		}
		return density(c.clusters[k].Birth, whole)
	}
	c.mass = make([]float64, len(c.clusters))
	leaf := make([]bool, len(c.clusters))
	for i, k := range c.last {
		c.mass[k] += float64(c.w(i) * (density(c.exit[i], whole) - birth(k)))
	}
	for k := range c.clusters {
		leaf[k] = true
		if p := c.clusters[k].Parent; p >= 0 {
			c.mass[p] += float64(c.clusters[k].Weight * (birth(k) - birth(p)))
			leaf[p] = false
		}
	}
	first := 1
	if how.AllowSingle {
		first = 0
	}
	if how.Selection == Leaves {
		for k := first; k < len(c.clusters); k++ {
			c.clusters[k].Selected = leaf[k]
		}
	} else {
		below := make([]float64, len(c.clusters)) // the mass of what is selected below a cluster
		for k := len(c.clusters) - 1; k >= first; k-- {
			mass := c.mass[k]
			if below[k] > mass || how.MaxClusterSize > 0 && c.clusters[k].Weight > how.MaxClusterSize {
				mass = below[k]
			} else {
				c.clusters[k].Selected = true
			}
			if p := c.clusters[k].Parent; p >= 0 {
				below[p] += mass
			}
		}
	}
	c.outermost()
	if how.Epsilon > 0 {
		c.merge(how.Epsilon, how.AllowSingle)
	}
}

// outermost unselects what lies in a selected cluster.
func (c *condensed) outermost() {
	in := make([]bool, len(c.clusters))
	for k := range c.clusters {
		if p := c.clusters[k].Parent; p >= 0 && in[p] {
			c.clusters[k].Selected, in[k] = false, true
		}
		in[k] = in[k] || c.clusters[k].Selected
	}
}

// merge takes in place of a cluster that was born below epsilon the nearest one around it that was born above.
func (c *condensed) merge(epsilon float64, single bool) {
	var chosen []int
	for k := range c.clusters {
		if !c.clusters[k].Selected {
			continue
		}
		c.clusters[k].Selected = false
		at := k
		if k > 0 && c.clusters[k].Birth < epsilon {
			for {
				p := c.clusters[at].Parent
				if p == 0 {
					if single {
						at = 0
					}
					break
				}
				if at = p; c.clusters[at].Birth > epsilon {
					break
				}
			}
		}
		chosen = append(chosen, at)
	}
	for _, k := range chosen {
		c.clusters[k].Selected = true
	}
	c.outermost()
}

// labels gives each row the selected cluster that it lies in, by its place in the tree, or ml.None. A row that falls out where its cluster begins is none of it; of the
// whole, if that is the one cluster, only its densest part is, or with Epsilon what lies within that.
func (c *condensed) labels(how HDBSCAN) []int {
	top := make([]int, len(c.clusters))
	for k, t := range c.clusters {
		top[k] = ml.None
		if t.Selected {
			top[k] = k
		} else if t.Parent >= 0 {
			top[k] = top[t.Parent]
		}
	}
	densest := math.Inf(1)
	for i, k := range c.last {
		if k == 0 {
			densest = min(densest, c.exit[i])
		}
	}
	for _, t := range c.clusters {
		if t.Parent == 0 {
			densest = min(densest, t.Birth)
		}
	}
	if how.Epsilon > 0 {
		densest = how.Epsilon
	}
	labels := make([]int, len(c.last))
	for i, k := range c.last {
		labels[i] = top[k]
		switch {
		case labels[i] == 0 && c.exit[i] > densest:
			labels[i] = ml.None
		case labels[i] > 0 && c.exit[i] >= c.clusters[labels[i]].Birth:
			labels[i] = ml.None
		}
	}
	return labels
}

// renumber turns places in the tree into codes that count clusters by their first rows. A cluster without rows is selected no more.
func renumber(labels []int, tree []CondensedCluster) (k int) {
	name := make([]int, len(tree))
	for i, at := range labels {
		if at < 0 {
			continue
		}
		if name[at] == 0 {
			k++
			name[at] = k
		}
		labels[i] = name[at] - 1
	}
	for at := range tree {
		tree[at].Selected = name[at] > 0
	}
	return k
}

// strengths are how near to the end of its cluster each row falls out of it. edge is where the selected cluster around each cluster ends.
func (c *condensed) strengths(labels []int, edge []float64) []float64 {
	out := make([]float64, len(labels))
	for i, k := range labels {
		if k < 0 {
			continue
		}
		if out[i] = 1; c.exit[i] > edge[c.last[i]] {
			out[i] = edge[c.last[i]] / c.exit[i]
		}
	}
	return out
}

// outliers are GLOSH scores: one less the ratio of a row's density, where it falls out, to the highest in what it falls out of.
func (c *condensed) outliers() []float64 {
	densest := make([]float64, len(c.clusters)) // the smallest distance at which a row falls out of a cluster, or of one in it
	for k := range densest {
		densest[k] = math.Inf(1)
	}
	for i, k := range c.last {
		densest[k] = min(densest[k], c.exit[i])
	}
	for k := len(c.clusters) - 1; k > 0; k-- {
		p := c.clusters[k].Parent
		densest[p] = min(densest[p], densest[k])
	}
	out := make([]float64, len(c.last))
	for i, k := range c.last {
		if c.exit[i] > 0 {
			out[i] = 1 - densest[k]/c.exit[i]
		}
	}
	return out
}

// persistence is the excess of mass of each selected cluster, over its weight times the highest density of all.
func (c *condensed) persistence(code, labels []int, k int) []float64 {
	out, weight := make([]float64, k), make([]float64, k)
	for i, l := range labels {
		if l >= 0 {
			weight[l] += c.w(i)
		}
	}
	whole, most := c.whole(), 0.0
	for _, v := range c.exit {
		most = max(most, density(v, whole))
	}
	for at, t := range c.clusters {
		if t.Selected && code[at] >= 0 {
			out[code[at]] = c.mass[at] / (weight[code[at]] * most)
		}
	}
	return out
}

package tree

import (
	"fmt"
	"math"
	"slices"
)

// PruneStep is one step of a pruning path.
type PruneStep struct {
	Alpha    float64 // trees pruned with this penalty, or more up to the next step's, are this one
	Leaves   int     // that are left
	Impurity float64 // of the leaves, each times its share of the weight
}

// Importances returns the share of each column in what the splits of all trees gained; they sum to 1, or are all 0 where nothing was
// split. Columns with many different numbers are favoured by chance. Ensembles without Gain give ml.ErrFormat.
func (e *Ensemble) Importances() ([]float64, error) {
	if e.Gain == nil && slices.ContainsFunc(e.Feature, func(f int32) bool { return f >= 0 }) {
		return nil, malformed("Gain", "missing", "the gains of the splits")
	}
	sums := make([]float64, e.Features)
	total := 0.0
	for i, f := range e.Feature {
		if f >= 0 && e.Gain != nil {
			sums[f] += e.Gain[i]
			total += e.Gain[i]
		}
	}
	if total > 0 {
		for j := range sums {
			sums[j] /= total
		}
	}
	return sums, nil
}

// CostPath returns the path of minimal cost-complexity pruning of a single tree (Breiman et al., 1984, chapter 3): the weakest link is cut
// first, which is the node whose branch lowers the impurity least for each leaf beyond the first. The last step is the root alone. The tree must know the impurity of
// its nodes, as the decision trees of this package do.
func (e *Ensemble) CostPath() ([]PruneStep, error) {
	p, err := newPruner(e)
	if err != nil {
		return nil, err
	}
	path := []PruneStep{p.step(0)}
	for p.leaves[0] > 1 {
		alpha := p.cut()
		path = append(path, p.step(alpha))
	}
	return path, nil
}

// PruneCost returns the smallest tree that minimises impurity + alpha · leaves, where the impurity of a leaf counts by its share of the
// weight: links are cut as long as they are worth no more than alpha for each leaf. See CostPath. A node that becomes a leaf keeps its value.
func (e *Ensemble) PruneCost(alpha float64) (*Ensemble, error) {
	p, err := newPruner(e)
	if err != nil {
		return nil, err
	}
	for p.leaves[0] > 1 {
		if weakest, _ := p.weakest(); p.link(weakest) > alpha {
			break
		}
		p.cut()
	}
	return e.withLeaves(p.isLeaf)
}

// pruner is a tree that is being pruned.
type pruner struct {
	e      *Ensemble
	parent []int
	isLeaf []bool
	gone   []bool
	leaves []int     // below each node
	cost   []float64 // of each node as a leaf
	branch []float64 // of the leaves below it
}

func newPruner(e *Ensemble) (*pruner, error) {
	if e.Trees() != 1 {
		return nil, malformed("Trees", fmt.Sprint(e.Trees()), "one tree to be pruned")
	}
	if e.Impurity == nil || e.Cover == nil {
		if e.Nodes(0) > 1 {
			return nil, malformed("Impurity and Cover", "missing", "those of each node")
		}
		return &pruner{e: e, parent: []int{-1}, isLeaf: []bool{true}, gone: []bool{false}, leaves: []int{1}, cost: []float64{0}, branch: []float64{0}}, nil
	}
	n := e.Nodes(0)
	p := &pruner{e: e, parent: make([]int, n), isLeaf: make([]bool, n), gone: make([]bool, n), leaves: make([]int, n), cost: make([]float64, n), branch: make([]float64, n)}
	p.parent[0] = -1
	for i := range n {
		p.cost[i] = float64(e.Impurity[i]*e.Cover[i]) / e.Cover[0]
		if p.isLeaf[i] = e.Feature[i] < 0; !p.isLeaf[i] {
			p.parent[e.Left[i]], p.parent[e.Right[i]] = i, i
		}
	}
	for i := n - 1; i >= 0; i-- {
		if p.isLeaf[i] {
			p.leaves[i], p.branch[i] = 1, p.cost[i]
			continue
		}
		l, r := e.Left[i], e.Right[i]
		p.leaves[i], p.branch[i] = p.leaves[l]+p.leaves[r], p.branch[l]+p.branch[r]
	}
	return p, nil
}

// link is what the branch below a node is worth for each leaf.
func (p *pruner) link(i int) float64 {
	return (p.cost[i] - p.branch[i]) / float64(p.leaves[i]-1)
}

// weakest is the inner node with the lowest link, the first of equals.
func (p *pruner) weakest() (node int, alpha float64) {
	alpha = math.Inf(1)
	node = 0
	for i := range p.isLeaf {
		if p.gone[i] || p.isLeaf[i] {
			continue
		}
		if l := p.link(i); l < alpha {
			node, alpha = i, l
		}
	}
	return node, alpha
}

// cut makes the weakest node a leaf.
func (p *pruner) cut() (alpha float64) {
	i, alpha := p.weakest()
	p.remove(i)
	p.gone[i], p.isLeaf[i] = false, true
	fewer, dearer := p.leaves[i]-1, p.cost[i]-p.branch[i]
	for at := i; at >= 0; at = p.parent[at] {
		p.leaves[at] -= fewer
		p.branch[at] += dearer
	}
	return alpha
}

// remove marks what lies below a node.
func (p *pruner) remove(i int) {
	stack := []int{i}
	for len(stack) > 0 {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		p.gone[at] = true
		if !p.isLeaf[at] {
			stack = append(stack, int(p.e.Left[at]), int(p.e.Right[at]))
		}
	}
}

func (p *pruner) step(alpha float64) PruneStep {
	return PruneStep{Alpha: alpha, Leaves: p.leaves[0], Impurity: p.branch[0]}
}

// withLeaves is a single tree whose marked nodes are leaves.
func (e *Ensemble) withLeaves(leaf []bool) (*Ensemble, error) {
	place := make([]int, e.Nodes(0)) // 0: not kept, but for the root
	var kept []int
	var visit []int
	for visit = append(visit, 0); len(visit) > 0; {
		i := visit[len(visit)-1]
		visit = visit[:len(visit)-1]
		place[i] = len(kept)
		kept = append(kept, i)
		if !leaf[i] {
			visit = append(visit, int(e.Right[i]), int(e.Left[i]))
		}
	}
	b := NewBuilder(*e)
	nodes := make([]Node, len(kept))
	for k, i := range kept {
		n := e.Node(0, i)
		n.ID = k
		if leaf[i] {
			n.Feature, n.Rule, n.Threshold, n.Set, n.Left, n.Right, n.Gain = -1, 0, 0, nil, 0, 0, 0
		} else {
			n.Left, n.Right = place[n.Left], place[n.Right]
		}
		nodes[k] = n
	}
	b.Add(0, e.weight(0), nodes)
	return b.Ensemble()
}

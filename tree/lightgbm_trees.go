package tree

import (
	"fmt"
	"slices"

	"github.com/gopherwood-ml/ml/internal/par"
)

// lgbTree reads one tree of LightGBM's text into its place among the nodes of an ensemble: its splits first, as LightGBM counts them, then its
// leaves. Any number of trees can be read at once.
type lgbTree struct {
	*lgbArrays // until they are read
	leaves     int
	e          *Ensemble
	at         int // its first node
	bounds     []int32
	words      []uint32 // of its sets
	sets       [][]uint32
	terms      []int32 // of each leaf, if leaves are linear
	consts     []float64
	column     []int32
	coef       []float64
	hasty      bool // a child stands before its parent
	err        error
}

// lgbTrees reads all trees, some at a time: where each one's nodes go is known from the numbers of leaves, so that they are written there from the text,
// and the text of the next ones takes the place of theirs.
func lgbTrees(shape Ensemble, perRound int, s *stream) (*Ensemble, error) {
	e := NewBuilder(shape).e
	l := lgbLoader{e: &e, begin: s.used}
	for more := true; more; {
		var rest []byte
		data := s.next()
		l.blocks, rest, more = lgbBlocks(l.blocks[:0], data, s.ended)
		s.skip(len(data) - len(rest))
		if len(l.blocks) == 0 && more {
			s.lack()
			continue
		}
		if err := l.read(s); err != nil {
			return nil, err
		}
	}
	return l.finish(perRound)
}

// lgbLoader is where the trees of a file go.
type lgbLoader struct {
	e      *Ensemble
	begin  int64 // of the trees in the file
	trees  []lgbTree
	blocks [][]byte // of the trees that are read next
	lines  []lgbArrays
}

// read reads the trees in blocks.
func (l *lgbLoader) read(s *stream) error {
	first, nodes := len(l.trees), len(l.e.Feature)
	if n := len(l.blocks); n > len(l.lines) {
		l.lines = make([]lgbArrays, n)
	}
	l.trees = append(l.trees, make([]lgbTree, len(l.blocks))...)
	fresh := l.trees[first:]
	par.For(len(fresh), 5000, func(lo, hi int) {
		for t := lo; t < hi; t++ {
			l.lines[t], fresh[t].err = lgbLines(l.blocks[t])
		}
	})
	for t := range fresh {
		if err := fresh[t].err; err != nil {
			return fmt.Errorf("tree %d: %w", first+t, err)
		}
		fresh[t].lgbArrays, fresh[t].leaves, fresh[t].e, fresh[t].at = &l.lines[t], l.lines[t].leaves, l.e, nodes
		nodes += 2*fresh[t].leaves - 1
		l.e.Start = append(l.e.Start, int32(min(nodes, maxNodes)))
	}
	if nodes > maxNodes {
		return malformed("num_leaves", fmt.Sprintf("%d nodes in all", nodes), "fewer than 2^31")
	}
	l.room(nodes, s)
	par.For(len(fresh), 20000, func(lo, hi int) {
		for t := lo; t < hi; t++ {
			fresh[t].read()
			fresh[t].lgbArrays = nil
		}
	})
	for t := range fresh {
		if err := fresh[t].err; err != nil {
			return fmt.Errorf("tree %d: %w", first+t, err)
		}
	}
	return nil
}

// room makes room for as many nodes, and when it must, for as many as the rest of the file holds if it is like what was read.
func (l *lgbLoader) room(nodes int, s *stream) {
	e, want := l.e, 2*nodes
	if s.size > s.used && s.used > l.begin {
		want = int(1.02*float64(nodes)*float64(s.size-l.begin)/float64(s.used-l.begin)) + 64
	}
	e.Feature, e.Left, e.Right, e.LeafID = extended(e.Feature, nodes, want), extended(e.Left, nodes, want), extended(e.Right, nodes, want), extended(e.LeafID, nodes, want)
	e.Rule, e.Threshold, e.Value = extended(e.Rule, nodes, want), extended(e.Threshold, nodes, want), extended(e.Value, nodes, want)
	e.Cover, e.Hessian, e.Gain = extended(e.Cover, nodes, want), extended(e.Hessian, nodes, want), extended(e.Gain, nodes, want)
}

// extended returns s with length n, in memory for want if it has no room: what is new is zero.
func extended[T any](s []T, n, want int) []T {
	if n <= cap(s) {
		return s[:n]
	}
	t := make([]T, n, max(n, min(want, maxNodes)))
	copy(t, s)
	return t
}

// finish makes one ensemble of the trees.
func (l *lgbLoader) finish(perRound int) (*Ensemble, error) {
	e, trees := l.e, l.trees
	if !e.Vector && e.Outputs > 1 {
		for t := range trees {
			e.Output = append(e.Output, int32(t%perRound))
		}
	}
	for t := range trees {
		trees[t].join()
	}
	if slices.ContainsFunc(trees, func(r lgbTree) bool { return r.consts != nil }) {
		e.Linear = joinLines(trees, len(e.Feature))
	}
	for _, array := range []*[]float64{&e.Cover, &e.Hessian, &e.Gain} {
		if !slices.ContainsFunc(*array, func(v float64) bool { return v != 0 }) {
			*array = nil
		}
	}
	if !slices.ContainsFunc(trees, func(r lgbTree) bool { return r.leaves > 1 }) {
		e.LeafID = nil
	}
	if slices.ContainsFunc(trees, func(r lgbTree) bool { return r.hasty }) {
		return reordered(e, perRound)
	}
	if err := e.Restore(); err != nil {
		return nil, err
	}
	return e, nil
}

const maxNodes = 1<<31 - 1

// reordered builds an ensemble whose trees are not in order again.
func reordered(e *Ensemble, perRound int) (*Ensemble, error) {
	b := NewBuilder(*e)
	for t := range e.Trees() {
		nodes := make([]Node, e.Nodes(t))
		for i := range nodes {
			if at := int(e.Start[t]) + i; e.Feature[at] >= 0 && e.Rule[at].Categorical() && int(e.Threshold[at])+1 >= len(e.SetStart) {
				return nil, malformed("threshold", fmt.Sprint(e.Threshold[at]), "a set")
			}
			nodes[i] = e.Node(t, i)
		}
		nodes, err := inOrder(nodes)
		if err != nil {
			return nil, fmt.Errorf("tree %d: %w", t, err)
		}
		b.Add(t%perRound, 1, nodes)
	}
	return b.Ensemble()
}

// part64 is n numbers of an array.
func part64(s []float64, from, n int) []float64 { return s[from : from+n : from+n] }

// floats reads a line of numbers, which may be absent unless it is required.
func (r *lgbTree) floats(key string, text []byte, dst []float64, required bool) {
	if r.err == nil && (text != nil || required) {
		r.err = scanFloats(key, text, dst)
	}
}

func (r *lgbTree) ints(key string, text []byte, dst []int32) {
	if r.err == nil {
		r.err = scanWhole(key, text, dst)
	}
}

func (r *lgbTree) read() {
	if r.leaves > 1 {
		r.splits()
	}
	r.readLeaves()
}

func (r *lgbTree) splits() {
	e, at, n := r.e, r.at, r.leaves-1
	feature, left, right := e.Feature[at:at+n], e.Left[at:at+n], e.Right[at:at+n]
	threshold, decision := part64(e.Threshold, at, n), make([]int32, n)
	r.ints("split_feature", r.feature, feature)
	r.ints("left_child", r.left, left)
	r.ints("right_child", r.right, right)
	r.floats("threshold", r.threshold, threshold, true)
	r.ints("decision_type", r.decision, decision)
	r.floats("split_gain", r.gain, part64(e.Gain, at, n), false)
	r.floats("internal_value", r.innerValue, part64(e.Value, at, n), false)
	r.floats("internal_count", r.innerCount, part64(e.Cover, at, n), false)
	r.floats("internal_weight", r.innerWeight, part64(e.Hessian, at, n), false)
	r.readSets()
	if r.err != nil {
		return
	}
	for i := range n {
		if feature[i] < 0 {
			r.err = malformed("split_feature", fmt.Sprint(feature[i]), "a column")
			return
		}
		for _, child := range [2]*int32{&left[i], &right[i]} {
			if *child < 0 {
				*child = int32(n) + ^*child
			}
			r.hasty = r.hasty || *child <= int32(i)
		}
		if e.Rule[at+i] = r.rule(int(decision[i]), threshold[i]); r.err != nil {
			return
		}
	}
}

// readSets reads the tree's sets of categories.
func (r *lgbTree) readSets() {
	if r.cats <= 0 || r.err != nil {
		return
	}
	if r.cats > len(r.catBounds) {
		r.err = malformed("num_cat", fmt.Sprint(r.cats), "as many as the file has room for")
		return
	}
	r.bounds = make([]int32, r.cats+1)
	if r.ints("cat_boundaries", r.catBounds, r.bounds); r.err != nil {
		return
	}
	words := max(int(r.bounds[r.cats]), 0)
	if words > len(r.catWords) {
		r.err = malformed("cat_boundaries", fmt.Sprint(words), "as many words as the file has room for")
		return
	}
	r.words = make([]uint32, words)
	r.err = scanWhole("cat_threshold", r.catWords, r.words)
}

// rule is the rule of a decision_type. The sets of those that ask for categories are kept in the order of the splits.
func (r *lgbTree) rule(decision int, threshold float64) Rule {
	if decision&lgbCategorical != 0 {
		if !(threshold >= 0 && threshold < float64(len(r.bounds)-1)) {
			r.err = malformed("threshold", fmt.Sprint(threshold), fmt.Sprintf("one of %d sets", max(len(r.bounds)-1, 0)))
			return 0
		}
		lo, hi := r.bounds[int(threshold)], r.bounds[int(threshold)+1]
		if lo < 0 || lo > hi || int(hi) > len(r.words) {
			r.err = malformed("cat_boundaries", fmt.Sprintf("%d to %d", lo, hi), fmt.Sprintf("bounds in %d words", len(r.words)))
			return 0
		}
		r.sets = append(r.sets, r.words[lo:hi])
		return InCut
	}
	rule := LessEq
	if decision&lgbDefaultLeft != 0 {
		rule |= MissingLeft
	}
	switch decision & (lgbMissingNaN | lgbMissingZero) {
	case 0:
		return LessEq | NaNIsZero
	case lgbMissingZero:
		rule |= ZeroIsMissing
	}
	return rule
}

func (r *lgbTree) readLeaves() {
	e, n := r.e, r.leaves
	at := r.at + n - 1
	r.floats("leaf_value", r.leafValue, part64(e.Value, at, n), true)
	if n > 1 { // a tree that did not grow has at most zeros here
		r.floats("leaf_count", r.leafCount, part64(e.Cover, at, n), false)
		r.floats("leaf_weight", r.leafWeight, part64(e.Hessian, at, n), false)
	}
	for i := range n {
		e.Feature[at+i], e.LeafID[at+i] = -1, int32(i)
	}
	if r.linear && r.err == nil {
		r.lines()
	}
}

// lines reads the linear functions of the leaves.
func (r *lgbTree) lines() {
	n := r.leaves
	if n == 1 && r.leafConst == nil {
		return
	}
	r.consts, r.terms = make([]float64, n), make([]int32, n)
	r.floats("leaf_const", r.leafConst, r.consts, true)
	r.ints("num_features", r.lgbArrays.terms, r.terms)
	total := 0
	for _, k := range r.terms {
		if k < 0 || int(k) > len(r.leafCoef) || total > len(r.leafCoef) {
			r.err = malformed("num_features", fmt.Sprint(k), "as many as the file has room for")
			return
		}
		total += int(k)
	}
	if r.err != nil || total > len(r.leafCoef) {
		if r.err == nil {
			r.err = malformed("num_features", fmt.Sprint(total), "as many as the file has room for")
		}
		return
	}
	r.column, r.coef = make([]int32, total), make([]float64, total)
	r.ints("leaf_features", r.leafFeatures, r.column)
	r.floats("leaf_coeff", r.leafCoef, r.coef, total > 0)
}

// join adds the tree's sets to those of the ensemble.
func (r *lgbTree) join() {
	e, k := r.e, 0
	for i := r.at; k < len(r.sets); i++ {
		if e.Feature[i] >= 0 && e.Rule[i].Categorical() {
			set := r.sets[k]
			for len(set) > 0 && set[len(set)-1] == 0 {
				set = set[:len(set)-1]
			}
			if e.SetStart == nil {
				e.SetStart = []int32{0}
			}
			e.Threshold[i] = float64(len(e.SetStart) - 1)
			e.Sets = append(e.Sets, set...)
			e.SetStart = append(e.SetStart, int32(min(len(e.Sets), maxNodes)))
			k++
		}
	}
}

// joinLines puts the linear functions of all leaves behind one another; a leaf without one is its value.
func joinLines(trees []lgbTree, nodes int) *LinearLeaves {
	l := &LinearLeaves{Const: make([]float64, nodes), Start: make([]int32, 1, nodes+1)}
	for t := range trees {
		r := &trees[t]
		for range r.leaves - 1 {
			l.Start = append(l.Start, int32(min(len(l.Feature), maxNodes)))
		}
		column, coef := r.column, r.coef
		for i := range r.leaves {
			at := r.at + r.leaves - 1 + i
			l.Const[at] = r.e.Value[at]
			if r.consts != nil {
				l.Const[at] = r.consts[i]
				k := r.terms[i]
				l.Feature, l.Coef = append(l.Feature, column[:k]...), append(l.Coef, coef[:k]...)
				column, coef = column[k:], coef[k:]
			}
			l.Start = append(l.Start, int32(min(len(l.Feature), maxNodes)))
		}
	}
	return l
}

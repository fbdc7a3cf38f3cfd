package tree

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
)

// Ensemble is a sum (or a mean) of decision trees, whoever grew them: this library's trainers, LightGBM, XGBoost. Predictors,
// drawings, writers and explainers all work on it. It never changes once it is made; any number of goroutines may share it.
//
// All trees lie in the same flat arrays, one entry for each node. Tree t owns the nodes Start[t] to Start[t+1]-1, the first of
// them is its root. Left and Right count from the root, and a child always stands after its parent. Make one with a [Builder]:
// the fields are exported to be read and to be stored.
type Ensemble struct {
	Features int // columns of a row
	Outputs  int // scores of a row: 1, or the number of classes or targets

	Vector  bool // a leaf holds Outputs values, one for each score; else one value, for the score Output[t]
	Average bool // the sum over trees is divided by the number of trees that add to a score
	Float32 bool // XGBoost's arithmetic: columns are rounded to float32 before they are compared, scores are added up in float32

	Base      []float64 // what each score starts from
	Link      Link      // from raw scores to predictions
	LinkScale float64   // the factor of the score in Logistic and OneVsRest; 0 counts as 1
	Stage     int       // trees that were grown together in one round of boosting; 0 counts as 1

	Output []int32   // of each tree: the score it adds to; nil: the only one, or all of them if Vector
	Weight []float64 // of each tree: the factor of its leaves, as DART leaves it; nil: 1
	Start  []int32   // of each tree: its first node; ends with the number of nodes

	Feature   []int32   // the column a split asks; -1 for a leaf
	Rule      []Rule    // how it asks
	Threshold []float64 // the number it compares with; for categories the number of the set in Sets
	Left      []int32   // where a row goes that passes, relative to the root; 0 for a leaf
	Right     []int32   // where any other row goes
	Value     []float64 // Outputs of each node if Vector, else one. Of an inner node: what it would predict as a leaf, if known, else 0

	Cover    []float64 // training weight that reached each node, which explanations condition on; nil: unknown
	Hessian  []float64 // the sum of second derivatives, where it is known beside Cover; nil: unknown
	Gain     []float64 // what each split gained, 0 for leaves; nil: unknown
	Impurity []float64 // of the training rows in each node, as the decision trees of this library know it; nil: unknown
	Samples  []int32   // the number of training rows in each node; nil: unknown
	LeafID   []int32   // the number of each leaf in the library it comes from; nil: its place in its tree, as scikit-learn and XGBoost count

	Sets     []uint32 // sets of categories: bit c%32 of word c/32 of a set says that it holds code c
	SetStart []int32  // the first word of each set; ends with the number of words; nil: no sets

	Linear *LinearLeaves // leaves that are linear functions; nil: none

	engine *engine
}

// LinearLeaves make the leaves of an ensemble linear functions of the row: Const + the sum of Coef times column. Only ensembles
// with one value for each leaf have them.
type LinearLeaves struct {
	Const   []float64 // of each node; 0 for inner ones
	Start   []int32   // the first term of each node; ends with the number of terms
	Feature []int32   // of each term
	Coef    []float64 // of each term
	// SkipMissing leaves NaN out of the sum, as a linear model of XGBoost does. Else a leaf that meets NaN answers with its Value.
	SkipMissing bool
}

// Rule is how a split asks: a Test, what it takes for missing, and where the missing go.
type Rule uint8

// The tests of a split. A row that passes goes left.
const (
	Less   Rule = 0 // x < threshold
	LessEq Rule = 1 // x <= threshold
	In     Rule = 2 // x is a code of the set, after cutting its fraction off. A negative x is in no set.
	InCut  Rule = 3 // the same, but the fraction is cut off first, so that -0.5 is code 0: LightGBM's reading
)

// What a split does with missing values; add it to the test. Without any of these NaN goes right.
const (
	MissingLeft   Rule = 1 << 2 // the missing go left
	ZeroIsMissing Rule = 1 << 3 // numbers within 1e-35 of zero are missing as well as NaN
	NaNIsZero     Rule = 1 << 4 // NaN is taken for the number 0, and nothing is missing
)

// Test is the comparison alone: Less, LessEq, In or InCut.
func (r Rule) Test() Rule { return r & 3 }

// Categorical reports whether the split asks for a set of categories.
func (r Rule) Categorical() bool { return r&2 != 0 }

// zeroBound is LightGBM's bound of numbers that count as zero: the float32 nearest to 1e-35.
var zeroBound = float64(float32(1e-35))

// Trees is the number of trees.
func (e *Ensemble) Trees() int { return len(e.Start) - 1 }

// Nodes is the number of nodes of tree t.
func (e *Ensemble) Nodes(t int) int { return int(e.Start[t+1] - e.Start[t]) }

// Stages is the number of rounds of boosting, or of trees where they were grown one by one.
func (e *Ensemble) Stages() int { return (e.Trees() + e.stage() - 1) / e.stage() }

func (e *Ensemble) stage() int { return max(e.Stage, 1) }

// width is the number of values of a leaf.
func (e *Ensemble) width() int {
	if e.Vector {
		return e.Outputs
	}
	return 1
}

// output is the score that tree t adds to, the first one of a vector.
func (e *Ensemble) output(t int) int {
	if e.Output == nil {
		return 0
	}
	return int(e.Output[t])
}

// weight is the factor of tree t.
func (e *Ensemble) weight(t int) float64 {
	if e.Weight == nil {
		return 1
	}
	return e.Weight[t]
}

// set returns the words of set s.
func (e *Ensemble) set(s int) []uint32 { return e.Sets[e.SetStart[s]:e.SetStart[s+1]] }

// contains reports whether the set holds the code.
func contains(set []uint32, code int) bool {
	return code>>5 < len(set) && set[code>>5]>>(code&31)&1 != 0
}

// check is the law of the representation: whatever passes can be walked without looking at bounds, ends, and has no node twice.
func (e *Ensemble) check() error {
	if e.Features < 1 || e.Features > math.MaxInt32 || e.Outputs < 1 || len(e.Base) != e.Outputs {
		return malformed("Features, Outputs and Base", fmt.Sprintf("%d, %d and %d long", e.Features, e.Outputs, len(e.Base)), "at least one of each, and one base for each output")
	}
	for _, b := range e.Base {
		if !finite(b) {
			return malformed("Base", fmt.Sprint(b), "a finite number")
		}
	}
	if !e.Link.known() || !finite(e.LinkScale) || e.LinkScale < 0 || e.Stage < 0 {
		return malformed("Link, LinkScale and Stage", fmt.Sprintf("%d, %v and %d", e.Link, e.LinkScale, e.Stage), "a known link, a finite scale and stage >= 0")
	}
	if err := e.checkSizes(); err != nil {
		return err
	}
	if err := e.checkTrees(); err != nil {
		return err
	}
	if err := e.checkSets(); err != nil {
		return err
	}
	if err := e.checkNodes(); err != nil {
		return err
	}
	return e.checkLinear()
}

// checkNodes checks all trees, several at once, and returns the fault of the first one that has any.
func (e *Ensemble) checkNodes() error {
	faults := make([]error, e.Trees())
	cost := 10 * (len(e.Feature)/max(e.Trees(), 1) + 1)
	par.For(e.Trees(), cost, func(first, last int) {
		var parents []bool
		for t := first; t < last; t++ {
			lo, hi := int(e.Start[t]), int(e.Start[t+1])
			if cap(parents) < hi-lo {
				parents = make([]bool, hi-lo)
			}
			parents = parents[:hi-lo]
			clear(parents)
			faults[t] = e.checkTree(t, lo, hi, parents)
		}
	})
	for _, err := range faults {
		if err != nil {
			return err
		}
	}
	return nil
}

func (e *Ensemble) checkSizes() error {
	n := len(e.Feature)
	optional := func(length int) bool { return length == 0 || length == n }
	if len(e.Rule) != n || len(e.Threshold) != n || len(e.Left) != n || len(e.Right) != n || n > math.MaxInt32 ||
		len(e.Value)/e.width() != n || len(e.Value)%e.width() != 0 ||
		!optional(len(e.Cover)) || !optional(len(e.Hessian)) || !optional(len(e.Gain)) || !optional(len(e.LeafID)) ||
		!optional(len(e.Impurity)) || !optional(len(e.Samples)) {
		return malformed("the arrays of nodes", "of different lengths", "one entry for each node")
	}
	for _, array := range []struct {
		name   string
		values []float64
	}{{"Cover", e.Cover}, {"Hessian", e.Hessian}, {"Value", e.Value}} { // a gain may be infinite
		for _, v := range array.values {
			if !finite(v) {
				return malformed(array.name, fmt.Sprint(v), "a finite number")
			}
		}
	}
	return nil
}

func (e *Ensemble) checkTrees() error {
	trees := len(e.Start) - 1
	if trees < 0 || e.Start[0] != 0 || int(e.Start[trees]) != len(e.Feature) {
		return malformed("Start", "not a partition of the nodes", "offsets from 0 to the number of nodes")
	}
	if e.Output != nil && (len(e.Output) != trees || e.Vector) || e.Output == nil && !e.Vector && e.Outputs > 1 && trees > 0 {
		return malformed("Output", fmt.Sprintf("%d long", len(e.Output)), "one for each tree, and none for vector leaves")
	}
	if e.Weight != nil && len(e.Weight) != trees {
		return malformed("Weight", fmt.Sprintf("%d long", len(e.Weight)), "one for each tree")
	}
	for t := range trees {
		if e.Start[t+1] <= e.Start[t] {
			return malformed("Start", fmt.Sprintf("%d after %d", e.Start[t+1], e.Start[t]), "at least one node for each tree")
		}
		if out := e.output(t); out < 0 || out >= e.Outputs {
			return malformed("Output", fmt.Sprint(out), "a score")
		}
		if !finite(e.weight(t)) {
			return malformed("Weight", fmt.Sprint(e.weight(t)), "a finite number")
		}
	}
	return nil
}

func (e *Ensemble) checkSets() error {
	if len(e.SetStart) == 0 {
		if len(e.Sets) > 0 {
			return malformed("SetStart", "empty", "the bounds of the sets")
		}
		return nil
	}
	if e.SetStart[0] != 0 || int(e.SetStart[len(e.SetStart)-1]) != len(e.Sets) {
		return malformed("SetStart", "not a partition of the words", "offsets from 0 to the number of words")
	}
	for s := 1; s < len(e.SetStart); s++ {
		if e.SetStart[s] < e.SetStart[s-1] {
			return malformed("SetStart", "not ascending", "offsets in ascending order")
		}
	}
	return nil
}

// checkTree makes sure that the nodes from lo to hi are one tree: no cycle, since a child stands after its parent, and nothing shared
// or lost, since each but the root has exactly one parent.
func (e *Ensemble) checkTree(t, lo, hi int, hasParent []bool) error {
	bad := func(i int, found, want string) error {
		return malformed(fmt.Sprintf("node %d of tree %d", i-lo, t), found, want)
	}
	for i := lo; i < hi; i++ {
		if i > lo && !hasParent[i-lo] {
			return bad(i, "without a parent", "one parent before it")
		}
		if e.Feature[i] == -1 {
			if e.Left[i] != 0 || e.Right[i] != 0 {
				return bad(i, "a leaf with children", "none")
			}
			continue
		}
		if e.Feature[i] < 0 || int(e.Feature[i]) >= e.Features {
			return bad(i, fmt.Sprintf("a split on column %d", e.Feature[i]), fmt.Sprintf("one of %d columns", e.Features))
		}
		if err := e.checkRule(i); err != "" {
			return bad(i, err, "a known rule with a threshold or a set")
		}
		for _, child := range [2]int32{e.Left[i], e.Right[i]} {
			if int(child) <= i-lo || int(child) >= hi-lo {
				return bad(i, fmt.Sprintf("with child %d", child), "children that stand after it in its tree")
			}
			if hasParent[child] {
				return bad(int(child)+lo, "the child of two nodes", "one parent")
			}
			hasParent[child] = true
		}
	}
	return nil
}

// checkRule says what is wrong with the rule of node i.
func (e *Ensemble) checkRule(i int) string {
	r, threshold := e.Rule[i], e.Threshold[i]
	switch {
	case r > NaNIsZero|ZeroIsMissing|MissingLeft|InCut || r&NaNIsZero != 0 && r&(ZeroIsMissing|MissingLeft) != 0:
		return fmt.Sprintf("with rule %#x", uint8(r))
	case r.Categorical() && r&(ZeroIsMissing|NaNIsZero) != 0:
		return "a set of categories in which zero is special"
	case r.Categorical() && !(threshold >= 0 && threshold < float64(len(e.SetStart)-1) && threshold == math.Trunc(threshold)):
		return fmt.Sprintf("with set %v", threshold)
	case math.IsNaN(threshold):
		return "with threshold NaN"
	case e.Float32 && !r.Categorical() && float64(float32(threshold)) != threshold:
		return fmt.Sprintf("with threshold %v in an ensemble of float32", threshold)
	}
	return ""
}

func (e *Ensemble) checkLinear() error {
	l := e.Linear
	if l == nil {
		return nil
	}
	n := len(e.Feature)
	if e.Vector || len(l.Const) != n || len(l.Start) != n+1 || l.Start[0] != 0 || int(l.Start[n]) != len(l.Feature) || len(l.Feature) != len(l.Coef) {
		return malformed("Linear", "of a different size", "one constant for each node, and scalar leaves")
	}
	for i := range n {
		if l.Start[i+1] < l.Start[i] || !finite(l.Const[i]) || e.Feature[i] >= 0 && l.Start[i+1] > l.Start[i] {
			return malformed(fmt.Sprintf("Linear of node %d", i), "out of order, not finite, or of an inner node", "terms of leaves in order")
		}
	}
	for q, j := range l.Feature {
		if j < 0 || int(j) >= e.Features || !finite(l.Coef[q]) {
			return malformed("Linear", fmt.Sprintf("a term %v of column %d", l.Coef[q], j), fmt.Sprintf("a finite factor of one of %d columns", e.Features))
		}
	}
	return nil
}

// Restore checks an ensemble that was read from a file and prepares it for prediction.
func (e *Ensemble) Restore() error {
	if e.engine != nil {
		return nil
	}
	if err := e.check(); err != nil {
		return err
	}
	e.engine = newEngine(e)
	return nil
}

// finite does not ask whether v - v is 0: where v is a product, a fused multiply-subtract leaves its rounding.
func finite(v float64) bool { return math.Abs(v) <= math.MaxFloat64 }

func malformed(field, found, want string) error {
	return &ml.Error{Where: "tree.Ensemble", Field: field, Found: found, Want: want, Kind: ml.ErrFormat}
}

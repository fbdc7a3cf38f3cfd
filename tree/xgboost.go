package tree

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/gopherwood-ml/ml"
)

// ReadXGBoost reads a model that XGBoost saved as JSON or UBJSON (Booster.save_model; versions 1.0 to 3.x), as the fitted model that its
// objective makes of it:
//
//	m, err := tree.ReadXGBoost[*tree.ClassificationModel](r)  // binary:*, multi:*
//	m, err := tree.ReadXGBoost[*tree.RegressionModel](r)      // anything else with one target
//	m, err := tree.ReadXGBoost[*tree.MultiRegressionModel](r) // with several
//	m, err := tree.ReadXGBoost[ml.Classifier](r)              // whatever fits an interface
//
// Scores are summed in float32 as XGBoost does it, so that margins agree to the bit; categories, DART, trees with vector leaves and
// the linear booster included. All rounds are used, as in Booster.predict; Info.Best is the best one plus 1 if early stopping marked it, and
// Ensemble.First cuts there. A file that is not sound gives ml.ErrFormat, one that holds another kind of model ml.ErrType. Loading takes memory in
// proportion to the file.
//
// Response is what XGBoost predicts, but for two objectives that hide probabilities: multi:softmax and binary:logitraw give them here.
// What counts as missing is not in the file: here it is NaN. Columns carry the names of the file, and the Levels of categories where the
// file has them (3.1 and later); a code is what XGBoost calls the category's code.
func ReadXGBoost[M any](r io.Reader) (M, error) {
	const where = "tree.ReadXGBoost"
	var none M
	data, err := readAll(where, r)
	if err != nil {
		return none, err
	}
	d, err := parseDocument(data)
	if err != nil {
		return none, err
	}
	x := xgbReader{learner: d.get("learner"), words: setBudget(len(data))}
	x.read(&d)
	if x.err != nil {
		return none, fileError(where, x.err)
	}
	return loaded[M](where, x.f, x.e, x.kind)
}

// xgbReader turns a document into a model. It keeps the first fault.
type xgbReader struct {
	learner, model *document
	objective      string
	words          int // that sets may still take
	targets        int // vector leaves have as many values
	f              ml.Fitted
	shape          Ensemble
	e              *Ensemble
	kind           task
	err            error
}

func (x *xgbReader) fail(field, found, want string) {
	if x.err == nil {
		x.err = malformed(field, found, want)
	}
}

// count reads a whole number that stands as a number or as text; absent is 0.
func (x *xgbReader) count(d *document, field string, most int) int {
	v := d.number
	if d.kind == textDocument {
		n, err := strconv.Atoi(d.text)
		if err != nil {
			x.fail(field, d.text, "a number")
		}
		v = float64(n)
	}
	if v < 0 || v > float64(most) || v != math.Trunc(v) {
		x.fail(field, fmt.Sprint(v), fmt.Sprintf("0 to %d", most))
		return 0
	}
	return int(v)
}

func (x *xgbReader) read(d *document) {
	x.objective = x.learner.get("objective").get("name").text
	booster := x.learner.get("gradient_booster")
	params := x.learner.get("learner_model_param")
	features := x.count(params.get("num_feature"), "num_feature", math.MaxInt32)
	classes, targets := x.count(params.get("num_class"), "num_class", maxOutputs), x.count(params.get("num_target"), "num_target", maxOutputs)
	x.shape = Ensemble{Features: features, Outputs: max(classes, targets, 1), Float32: true}
	x.link()
	x.base(params.get("base_score"))
	var weights []float64
	name := booster.get("name").text
	if inner := booster.get("gbtree"); inner.kind == objectDocument { // DART before 3.3: the trees lie one floor deeper
		weights = booster.get("weight_drop").floats()
		x.model = inner.get("model")
	} else {
		x.model = booster.get("model")
		weights = booster.get("weight_drop").floats()
		if weights == nil {
			weights = x.model.get("weight_drop").floats()
		}
	}
	if x.err != nil {
		return
	}
	switch name {
	case "gblinear":
		x.linear()
	case "gbtree", "dart":
		x.trees(weights)
	default:
		x.fail("gradient_booster.name", fmt.Sprintf("%.20q", name), "gbtree, dart or gblinear")
	}
	if x.err != nil {
		return
	}
	x.describe(d)
}

// link reads the objective.
func (x *xgbReader) link() {
	switch x.objective {
	case "binary:logistic", "binary:logitraw":
		x.shape.Link, x.kind = Logistic, classification
	case "binary:hinge":
		x.shape.Link, x.kind = Hinge, classification
	case "multi:softprob", "multi:softmax":
		x.shape.Link, x.kind = Softmax, classification
	case "reg:logistic":
		x.shape.Link = Logistic
	case "count:poisson", "reg:gamma", "reg:tweedie", "survival:cox", "survival:aft":
		x.shape.Link = Exp
	}
	if x.kind == classification && x.shape.Outputs > 1 && x.shape.Link != Softmax { // several labels, each by itself
		x.kind = regression
	}
}

// base reads base_score: a number, its text, or since 3.1 the text of a list. It is a prediction, so it goes back through the link.
func (x *xgbReader) base(d *document) {
	x.shape.Base = make([]float64, x.shape.Outputs)
	var scores []float64
	switch d.kind {
	case nullDocument:
		scores = []float64{0.5}
	case numberDocument:
		scores = []float64{d.number}
	case arrayDocument:
		scores = d.floats()
	case textDocument:
		for word := range strings.SplitSeq(strings.Trim(d.text, "[] "), ",") {
			v, err := strconv.ParseFloat(strings.TrimSpace(word), 32)
			if err != nil {
				x.fail("base_score", d.text, "numbers")
				return
			}
			scores = append(scores, v)
		}
	}
	if len(scores) != 1 && len(scores) != x.shape.Outputs {
		x.fail("base_score", fmt.Sprintf("%d numbers", len(scores)), fmt.Sprintf("1 or %d", x.shape.Outputs))
		return
	}
	for k := range x.shape.Base {
		x.shape.Base[k] = x.margin(float32(scores[k%len(scores)]))
		if !finite(x.shape.Base[k]) {
			x.fail("base_score", fmt.Sprint(scores[k%len(scores)]), "a finite number")
		}
	}
}

// margin is the inverse of the link, in float32 as XGBoost computes it.
func (x *xgbReader) margin(p float32) float64 {
	switch {
	case x.objective == "binary:logitraw": // its predictions are margins
	case x.shape.Link == Logistic:
		if !(p > 0 && p < 1) {
			x.fail("base_score", fmt.Sprint(p), "a probability in (0, 1)")
		}
		return float64(-float32(math.Log(float64(1/p - 1))))
	case x.shape.Link == Exp:
		if !(p > 0) {
			x.fail("base_score", fmt.Sprint(p), "> 0")
		}
		return float64(float32(math.Log(float64(p))))
	}
	return float64(p)
}

// linear makes the linear booster one leaf for each output, with the base inside: XGBoost adds the terms to bias and base.
func (x *xgbReader) linear() {
	weights := x.model.get("weights").floats()
	k, p := x.shape.Outputs, x.shape.Features
	if len(weights) != (p+1)*k {
		x.fail("weights", fmt.Sprintf("%d numbers", len(weights)), fmt.Sprintf("%d columns and a bias for each of %d outputs", p, k))
		return
	}
	base := x.shape.Base[0] // of all outputs: XGBoost 3.1 and 3.2 read a vector base_score so in their linear booster
	x.shape.Base, x.shape.Stage = nil, k
	b := NewBuilder(x.shape)
	b.SkipMissing()
	for out := range k {
		l := &Line{Const: float64(float32(weights[p*k+out]) + float32(base)), Features: make([]int32, p), Coef: make([]float64, p)}
		for j := range p {
			l.Features[j], l.Coef[j] = int32(j), weights[j*k+out]
		}
		b.Add(out, 1, []Node{{Feature: -1, Value: []float64{l.Const}, Linear: l}})
	}
	x.build(b)
}

func (x *xgbReader) build(b *Builder) {
	e, err := b.Ensemble()
	if err != nil && x.err == nil {
		x.err = err
	}
	x.e = e
}

func (x *xgbReader) trees(weights []float64) {
	trees, info := x.model.get("trees").items, x.model.get("tree_info").floats()
	if len(info) != len(trees) || weights != nil && len(weights) != len(trees) {
		x.fail("tree_info", fmt.Sprintf("%d numbers", len(info)), fmt.Sprintf("one for each of %d trees", len(trees)))
		return
	}
	x.targets = 1
	if len(trees) > 0 {
		x.targets = max(1, x.count(trees[0].get("tree_param").get("size_leaf_vector"), "size_leaf_vector", maxOutputs))
	}
	x.shape.Vector = x.targets > 1
	if x.shape.Vector && x.targets != x.shape.Outputs {
		x.fail("size_leaf_vector", fmt.Sprint(x.targets), fmt.Sprint(x.shape.Outputs))
		return
	}
	x.stage(len(trees))
	if e := x.plainTrees(trees, info, weights); e != nil {
		if x.err = e.Restore(); x.err == nil {
			x.e = e
		}
		return
	}
	b := NewBuilder(x.shape)
	total := 0
	for t := range trees {
		total += trees[t].get("left_children").length()
	}
	if !x.shape.Vector { // whose values the file need not have yet
		b.grow(total)
	}
	for t := range trees {
		nodes := x.tree(&trees[t])
		if x.err != nil {
			x.err = fmt.Errorf("tree %d: %w", t, x.err)
			return
		}
		weight := 1.0
		if weights != nil {
			weight = float64(float32(weights[t]))
		}
		out := int(info[t])
		if float64(out) != info[t] {
			x.fail("tree_info", fmt.Sprint(info[t]), "an output")
		}
		b.Add(out, weight, nodes)
	}
	x.build(b)
}

// stage is how many trees a round has: iteration_indptr says it since 2.0, before that the number of parallel trees.
func (x *xgbReader) stage(trees int) {
	parallel := max(1, x.count(x.model.get("gbtree_model_param").get("num_parallel_tree"), "num_parallel_tree", math.MaxInt32))
	x.shape.Stage = parallel
	if !x.shape.Vector {
		x.shape.Stage = parallel * x.shape.Outputs
	}
	if rounds := x.model.get("iteration_indptr").floats(); len(rounds) > 1 && rounds[1] >= 1 && rounds[1] <= float64(trees) {
		x.shape.Stage = int(rounds[1])
	}
}

// xgbTree is one tree's arrays.
type xgbTree struct {
	left, right, feature, threshold, defaultLeft []float64
	kind, weights, hessian, gain, leafWeights    []float64
	sets                                         map[int][]uint32
	values                                       []float64 // of scalar leaves, rounded
}

func (x *xgbReader) tree(d *document) []Node {
	a := xgbTree{left: d.get("left_children").floats(), right: d.get("right_children").floats(), feature: d.get("split_indices").floats(),
		threshold: d.get("split_conditions").floats(), defaultLeft: d.get("default_left").floats(), kind: d.get("split_type").floats(),
		weights: d.get("base_weights").floats(), hessian: d.get("sum_hessian").floats(), gain: d.get("loss_changes").floats(),
		leafWeights: d.get("leaf_weights").floats()}
	n := len(a.left)
	optional := func(s []float64) bool { return len(s) == 0 || len(s) == n }
	if n == 0 || len(a.right) != n || len(a.feature) != n || len(a.threshold) != n || len(a.defaultLeft) != n || !optional(a.kind) ||
		!optional(a.hessian) || !optional(a.gain) || x.targets == 1 && !optional(a.weights) || x.targets > 1 && len(a.weights) != n*x.targets {
		x.fail("the arrays of nodes", "of different lengths", "one entry for each node")
		return nil
	}
	x.sets(d, &a)
	if x.err != nil {
		return nil
	}
	nodes := make([]Node, n)
	a.values = make([]float64, n)
	for i := range nodes {
		if a.left[i] == -1 {
			nodes[i] = x.leaf(&a, i)
		} else {
			nodes[i] = x.split(&a, i)
		}
		nodes[i].ID = i
		if len(a.hessian) == n {
			nodes[i].Cover = a.hessian[i]
		}
	}
	if x.err != nil {
		return nil
	}
	nodes, x.err = inOrder(nodes)
	return nodes
}

// sets reads the categories that go right, which are the left of our representation.
func (x *xgbReader) sets(d *document, a *xgbTree) {
	categories, nodes := d.get("categories").floats(), d.get("categories_nodes").floats()
	segments, sizes := d.get("categories_segments").floats(), d.get("categories_sizes").floats()
	if len(nodes) == 0 {
		return
	}
	if len(segments) != len(nodes) || len(sizes) != len(nodes) {
		x.fail("categories_nodes", fmt.Sprintf("%d numbers", len(nodes)), "one for each segment")
		return
	}
	a.sets = make(map[int][]uint32, len(nodes))
	for s, node := range nodes {
		lo, hi := segments[s], segments[s]+sizes[s]
		if !(lo >= 0 && sizes[s] >= 0 && hi <= float64(len(categories))) {
			x.fail("categories_segments", fmt.Sprintf("%v to %v", lo, hi), fmt.Sprintf("bounds in %d categories", len(categories)))
			return
		}
		var set []uint32
		for _, c := range categories[int(lo):int(hi)] {
			if !(c >= 0 && c < xgbMaxCategory) {
				x.fail("categories", fmt.Sprint(c), fmt.Sprintf("codes below %d", xgbMaxCategory))
				return
			}
			word := int(c) / 32
			if more := word + 1 - len(set); more > 0 {
				if x.words -= more; x.words < 0 {
					x.fail("categories", "a few codes far apart", "sets of a size that fits the file's")
					return
				}
				set = append(set, make([]uint32, more)...)
			}
			set[word] |= 1 << (int(c) % 32)
		}
		a.sets[int(node)] = set
	}
}

// xgbMaxCategory bounds codes: XGBoost takes none above, since float32 tells whole numbers apart up to it. A code of a few bytes makes a set of
// up to 2 MB, so all sets together are bounded too, see setBudget.
const xgbMaxCategory = 1 << 24

// setBudget is how many words the sets of a file may take: 16 MB, and beyond that 64 times the size of the file.
func setBudget(file int) int { return 1<<22 + 16*file }

func (x *xgbReader) leaf(a *xgbTree, i int) Node {
	n := Node{Feature: -1}
	if x.targets == 1 {
		a.values[i] = float64(float32(a.threshold[i]))
		n.Value = a.values[i : i+1 : i+1]
		return n
	}
	from, at := a.weights, i
	if len(a.leafWeights) > 0 { // since 3.2 leaves have an array of their own, and the right child says where
		from, at = a.leafWeights, int(a.right[i])
	}
	if at < 0 || (at+1)*x.targets > len(from) {
		x.fail("leaf_weights", fmt.Sprintf("%d numbers", len(from)), fmt.Sprintf("%d for leaf %d", x.targets, at))
		return n
	}
	n.Value = from[at*x.targets : (at+1)*x.targets : (at+1)*x.targets]
	return n
}

func (x *xgbReader) split(a *xgbTree, i int) Node {
	n := Node{Feature: int(a.feature[i]), Left: int(a.left[i]), Right: int(a.right[i]), Threshold: float64(float32(a.threshold[i]))}
	if n.Feature < 0 {
		x.fail("split_indices", fmt.Sprint(a.feature[i]), "a column")
	}
	if a.defaultLeft[i] != 0 {
		n.Rule = MissingLeft
	}
	if len(a.gain) > 0 {
		n.Gain = a.gain[i]
	}
	if len(a.weights) == len(a.left)*x.targets {
		n.Value = a.weights[i*x.targets : (i+1)*x.targets : (i+1)*x.targets]
	}
	if len(a.kind) > 0 && a.kind[i] == 1 {
		n.Rule = (n.Rule ^ MissingLeft) | In // the set goes right there and left here
		n.Left, n.Right = n.Right, n.Left
		n.Set = a.sets[i]
	}
	return n
}

// describe names columns and says where the model comes from.
func (x *xgbReader) describe(d *document) {
	names, kinds := x.learner.get("feature_names").items, x.learner.get("feature_types").items
	if len(names) != x.shape.Features && len(kinds) != x.shape.Features {
		names, kinds = nil, nil
	} else {
		x.f.Columns = make([]ml.Column, x.shape.Features)
	}
	for j := range x.f.Columns {
		if len(names) == x.shape.Features {
			x.f.Columns[j].Name = names[j].text
		}
		if len(kinds) == x.shape.Features && kinds[j].text == "c" {
			x.f.Columns[j].Kind = ml.Categorical
			x.f.Columns[j].Levels = xgbLevels(x.model.get("cats").get("enc"), j)
		}
	}
	var version []string
	for _, v := range d.get("version").floats() {
		version = append(version, strconv.FormatFloat(v, 'g', -1, 64))
	}
	x.f.Config = Origin{Library: "XGBoost", Version: strings.Join(version, "."), Objective: x.objective}
	if best, err := strconv.Atoi(x.learner.get("attributes").get("best_iteration").text); err == nil && best >= 0 {
		x.f.Info.Best = best + 1
	}
}

// xgbLevels reads the levels of column j: texts behind one another with their offsets, or numbers.
func xgbLevels(enc *document, j int) []string {
	if j >= len(enc.items) {
		return nil
	}
	var levels []string
	offsets, values := enc.items[j].get("offsets").floats(), enc.items[j].get("values").floats()
	if enc.items[j].get("offsets").kind == nullDocument {
		for _, v := range values {
			levels = append(levels, strconv.FormatFloat(v, 'g', -1, 64))
		}
		return levels
	}
	for i := 1; i < len(offsets); i++ {
		lo, hi := offsets[i-1], offsets[i]
		if !(lo >= 0 && lo <= hi && hi <= float64(len(values))) {
			return nil
		}
		text := make([]byte, 0, int(hi)-int(lo))
		for _, b := range values[int(lo):int(hi)] {
			text = append(text, byte(int(b)))
		}
		levels = append(levels, string(text))
	}
	return levels
}

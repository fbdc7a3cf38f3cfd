package tree

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"github.com/gopherwood-ml/ml"
)

// WriteXGBoost writes a model as XGBoost's JSON, as xgboost.Booster(model_file="m.json") reads it since 2.0. Its margins are then those of m.Raw to
// the bit, and its leaves have the numbers of m.Leaves (unless the file that the model was loaded from counted deleted nodes).
//
// XGBoost adds up float32, so the model's Ensemble must do so too (Float32): models of XGBoost do, and [Ensemble.Rounded] makes a copy of
// any other that does. Tree weights become part of the leaves. base_score is a prediction; where no prediction gives the base to the bit, the
// first trees take it in. XGBoost takes -0.5 for no category at all, so do rules with In; those with InCut take it for category 0.
//
// What the format has no place for gives an error that unwraps to errors.ErrUnsupported and names it: sums in float64, means, zeros that count as
// missing, linear leaves of trees, and the links SignedSquare, Softplus, OneVsRest, Share, and Logistic with a scale. Levels of categories are
// written if all of them are texts for sure; without them XGBoost compares codes.
func WriteXGBoost(w io.Writer, m Grown) error {
	return writeXGBoost("tree.WriteXGBoost", w, m, false)
}

// WriteXGBoostUBJSON is WriteXGBoost in UBJSON, XGBoost's own default ("m.ubj"), which is smaller and faster to read.
func WriteXGBoostUBJSON(w io.Writer, m Grown) error {
	return writeXGBoost("tree.WriteXGBoostUBJSON", w, m, true)
}

func writeXGBoost(where string, w io.Writer, m Grown, binary bool) error {
	e, err := grown(where, m)
	if err != nil {
		return err
	}
	_, classifier := m.(ml.Classifier)
	x := xgbWriter{where: where, e: e, m: m, c: encoder{binary: binary}}
	x.objective = x.chooseObjective(classifier)
	x.check()
	if x.err != nil {
		return x.err
	}
	x.c.object(x.file)
	if x.err != nil {
		return x.err
	}
	return send(where, w, x.c.b)
}

// xgbWriter keeps the first thing that the format cannot say.
type xgbWriter struct {
	where     string
	e         *Ensemble
	m         Grown
	c         encoder
	objective string
	linear    bool      // a linear booster
	shift     []float32 // of each score: what its first tree takes in of the base
	err       error
}

func (x *xgbWriter) fail(field, found, want string) {
	if x.err == nil {
		x.err = unsupported(x.where, field, found, want)
	}
}

func (x *xgbWriter) check() {
	e := x.e
	if !e.Float32 {
		x.fail("Float32", "false: scores are sums in float64", "sums in float32; Ensemble.Rounded makes them so")
	}
	if e.Average {
		x.fail("Average", "true", "a sum over trees")
	}
	if e.Linear == nil {
		return
	}
	x.linear = e.Linear.SkipMissing && e.Trees() == e.Outputs && len(e.Feature) == e.Outputs && e.Weight == nil
	for t := range e.Trees() {
		x.linear = x.linear && e.output(t) == t
	}
	if !x.linear {
		x.fail("Linear", "linear leaves of trees", "constant leaves, or one linear function for each score")
	}
}

// xgbObjectives are the objectives that can be written, the first of a link for models that do not say, with the parameters that
// XGBoost wants to find.
var xgbObjectives = []struct {
	name         string
	link         Link
	classifier   bool
	param        string
	field, value string
}{
	{"reg:squarederror", Identity, false, "reg_loss_param", "scale_pos_weight", "1"},
	{"binary:logistic", Logistic, true, "reg_loss_param", "scale_pos_weight", "1"},
	{"binary:logitraw", Logistic, true, "reg_loss_param", "scale_pos_weight", "1"},
	{"reg:logistic", Logistic, false, "reg_loss_param", "scale_pos_weight", "1"},
	{"binary:hinge", Hinge, true, "", "", ""},
	{"multi:softprob", Softmax, true, "softmax_multiclass_param", "num_class", ""},
	{"multi:softmax", Softmax, true, "softmax_multiclass_param", "num_class", ""},
	{"count:poisson", Exp, false, "poisson_regression_param", "max_delta_step", "0.7"},
	{"reg:gamma", Exp, false, "reg_loss_param", "scale_pos_weight", "1"},
	{"reg:tweedie", Exp, false, "tweedie_regression_param", "tweedie_variance_power", "1.5"},
}

func (x *xgbWriter) chooseObjective(classifier bool) string {
	e := x.e
	if (e.Link == Logistic || e.Link == OneVsRest) && e.LinkScale != 0 && e.LinkScale != 1 {
		x.fail("LinkScale", fmt.Sprint(e.LinkScale), "1")
	}
	if e.Link == Softmax && e.Outputs == 1 || e.Link == Hinge && e.Outputs > 1 {
		x.fail("Link", fmt.Sprintf("%v with %d outputs", e.Link, e.Outputs), "softmax with several outputs, hinge with one")
	}
	if e.Link == Logistic && e.Outputs > 1 {
		classifier = true // several labels: the objective is a classifier's, the model is none
	}
	first := ""
	for _, o := range xgbObjectives {
		if o.link != e.Link || o.classifier != classifier && o.link == Logistic {
			continue
		}
		if o.name == origin(x.m, "XGBoost").Objective {
			return o.name
		}
		if first == "" {
			first = o.name
		}
	}
	if first == "" {
		x.fail("Link", e.Link.String(), "identity, logistic, softmax, exp or hinge")
	}
	return first
}

func (x *xgbWriter) file() {
	c := &x.c
	c.objectAt("learner", x.learner)
	version := [3]int{3, 2, 0}
	c.listAt("version", len(version), func(i int) { c.integer(version[i]) })
}

func (x *xgbWriter) learner() {
	c, e := &x.c, x.e
	columns := x.m.Meta().Columns
	base := x.base()
	c.objectAt("attributes", func() {
		if best := x.m.Meta().Info.Best; best > 0 {
			c.textAt("best_iteration", strconv.Itoa(best-1))
		}
	})
	texts := func(key string, n int, text func(j int) string) {
		c.listAt(key, n, func(j int) { c.text(text(j)) })
	}
	n := 0
	if named(columns) {
		n = e.Features
	}
	texts("feature_names", n, func(j int) string { return ml.ColumnName(columns, j) })
	n = 0
	if slices.ContainsFunc(columns, func(c ml.Column) bool { return c.Kind == ml.Categorical }) {
		n = e.Features
	}
	texts("feature_types", n, func(j int) string {
		if columns[j].Kind == ml.Categorical {
			return "c"
		}
		return "float"
	})
	c.objectAt("gradient_booster", x.booster)
	classes, targets := 0, e.Outputs
	if e.Link == Softmax {
		classes, targets = e.Outputs, 1
	}
	c.objectAt("learner_model_param", func() {
		c.textAt("base_score", base)
		c.textAt("boost_from_average", "1")
		c.textAt("num_class", strconv.Itoa(classes))
		c.textAt("num_feature", strconv.Itoa(e.Features))
		c.textAt("num_target", strconv.Itoa(targets))
	})
	c.objectAt("objective", func() {
		c.textAt("name", x.objective)
		for _, o := range xgbObjectives {
			if o.name == x.objective && o.param != "" {
				value := o.value
				if value == "" {
					value = strconv.Itoa(e.Outputs)
				}
				c.objectAt(o.param, func() { c.textAt(o.field, value) })
			}
		}
	})
}

// base returns base_score, and sets shift where no prediction leads to the base.
func (x *xgbWriter) base() string {
	e := x.e
	reader := xgbReader{objective: x.objective, shape: Ensemble{Link: e.Link}}
	scores := make([]float32, e.Outputs)
	for k, b := range e.Base {
		var ok bool
		if scores[k], ok = prediction(float32(b), &reader); !ok || x.linear {
			x.shift = make([]float32, e.Outputs)
			neutral, _ := prediction(0, &reader)
			for k, b := range e.Base {
				x.shift[k], scores[k] = float32(b), neutral
			}
			break
		}
	}
	if slices.Min(scores) == slices.Max(scores) {
		return string(float(nil, scores[0])) // as before 3.1, so that older versions read it
	}
	text := []byte{'['}
	for k, s := range scores {
		if k > 0 {
			text = append(text, ',')
		}
		text = float(text, s)
	}
	return string(append(text, ']'))
}

// prediction finds the float32 that the reader takes back to the margin. Few margins that no file held have one: floats of
// probabilities lie farther apart than those of margins.
func prediction(margin float32, reader *xgbReader) (float32, bool) {
	about := margin
	switch {
	case reader.objective == "binary:logitraw":
	case reader.shape.Link == Logistic:
		about = float32(1 / (1 + math.Exp(-float64(margin))))
	case reader.shape.Link == Exp:
		about = float32(math.Exp(float64(margin)))
	}
	bits := math.Float32bits(about)
	for d := range uint32(64) {
		for _, p := range [2]float32{math.Float32frombits(bits + d), math.Float32frombits(bits - d)} {
			probe := *reader
			if got := probe.margin(p); probe.err == nil && float32(got) == margin {
				return p, true
			}
		}
	}
	return 0, false
}

func (x *xgbWriter) booster() {
	c := &x.c
	name := "gbtree"
	if x.linear {
		name = "gblinear"
		c.objectAt("model", func() {
			c.integerAt("boosted_rounds", 1)
			c.floats("weights", x.weights())
		})
	} else {
		c.objectAt("model", x.trees)
	}
	c.textAt("name", name)
}

// weights are the factors of the linear booster, column by column, and its biases, which hold the base.
func (x *xgbWriter) weights() []float32 {
	l, k, p := x.e.Linear, x.e.Outputs, x.e.Features
	out := make([]float32, (p+1)*k)
	for t := range k {
		for q := l.Start[t]; q < l.Start[t+1]; q++ {
			at := int(l.Feature[q])*k + t
			if out[at] != 0 {
				x.fail("Linear", fmt.Sprintf("two terms of column %d", l.Feature[q]), "one")
			}
			out[at] = float32(l.Coef[q])
		}
		out[p*k+t] = float32(l.Const[t]) + x.shift[t]
		if !finite(float64(out[p*k+t])) {
			x.fail("Linear", fmt.Sprintf("a constant of %v", out[p*k+t]), "a finite float32")
		}
	}
	return out
}

func (x *xgbWriter) trees() {
	c, e := &x.c, x.e
	c.objectAt("cats", x.levels)
	trees := x.parts()
	parallel := e.stage()
	if !e.Vector && parallel%e.Outputs == 0 {
		parallel /= e.Outputs
	}
	c.objectAt("gbtree_model_param", func() {
		c.textAt("num_parallel_tree", strconv.Itoa(parallel))
		c.textAt("num_trees", strconv.Itoa(len(trees)))
	})
	rounds := max(e.Stages(), min(len(trees), 1))
	c.listAt("iteration_indptr", rounds+1, func(i int) {
		at := min(i*e.stage(), len(trees))
		if i == rounds {
			at = len(trees)
		}
		c.integer(at)
	})
	c.listAt("tree_info", len(trees), func(i int) { c.integer(trees[i].k) })
	c.listAt("trees", len(trees), func(i int) { c.object(func() { x.tree(i, trees[i]) }) })
}

// xgbPart is one tree of the file, for score k (0 for vectors) with a shift added to it. t is -1 for a tree that is the shift alone.
type xgbPart struct {
	t, k  int
	shift []float32 // one number, or one for each output; nil: none
}

// parts are the trees in their order, and a tree for every score that has none but needs one.
func (x *xgbWriter) parts() []xgbPart {
	e := x.e
	var out []xgbPart
	seen := make([]bool, e.Outputs)
	for t := range e.Trees() {
		p := xgbPart{t: t, k: e.output(t)}
		if x.shift != nil && !seen[p.k] {
			p.shift = x.shift[p.k : p.k+e.width()]
		}
		seen[p.k] = true
		out = append(out, p)
	}
	if e.Vector && e.Trees() == 0 {
		seen[0] = x.shift == nil
		seen = seen[:1]
	}
	for k := range seen {
		if !seen[k] && x.shift != nil && !(e.Vector && k > 0) {
			out = append(out, xgbPart{t: -1, k: k, shift: x.shift[k : k+e.width()]})
		}
	}
	return out
}

// levels writes the texts of categories, behind one another with their offsets; nothing if any column has some that may be numbers.
func (x *xgbWriter) levels() {
	c := &x.c
	columns := x.m.Meta().Columns
	write := false
	for _, col := range columns {
		if col.Kind == ml.Categorical && !textual(col.Levels) {
			write = false
			break
		}
		write = write || col.Kind == ml.Categorical
	}
	if !write {
		columns = nil
	}
	segments, order := []int32{}, []int32{}
	if write {
		segments = append(segments, 0)
	}
	c.listAt("enc", len(columns), func(j int) {
		offsets, values := []int32{}, []int8{}
		if columns[j].Kind == ml.Categorical {
			offsets = append(offsets, 0)
			for _, level := range columns[j].Levels {
				for _, b := range []byte(level) {
					values = append(values, int8(b))
				}
				offsets = append(offsets, int32(len(values)))
			}
			order = append(order, argsort(columns[j].Levels)...)
		}
		segments = append(segments, int32(len(order)))
		c.object(func() {
			wholes(c, "offsets", offsets)
			wholes(c, "values", values)
		})
	})
	wholes(c, "feature_segments", segments)
	wholes(c, "sorted_idx", order)
}

// argsort is the order in which texts ascend.
func argsort(texts []string) []int32 {
	order := make([]int32, len(texts))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int {
		switch {
		case texts[a] < texts[b]:
			return -1
		case texts[a] > texts[b]:
			return 1
		}
		return 0
	})
	return order
}

// xgbArrays are one tree, as the file has it.
type xgbArrays struct {
	weights, leafWeights, loss, conditions, hessian []float32
	categories, categoryNodes                       []int32
	segments, sizes                                 []int64
	defaultLeft, kind                               []uint8
	left, right, parents, indices                   []int32
}

func (x *xgbWriter) tree(number int, p xgbPart) {
	e, c := x.e, &x.c
	n := 1
	if p.t >= 0 {
		n = e.Nodes(p.t)
	}
	none := int32(math.MaxInt32)
	if e.Vector {
		none = -1
	}
	a := xgbArrays{weights: make([]float32, 0, n*e.width()), loss: make([]float32, n), conditions: make([]float32, n), hessian: make([]float32, n),
		categories: []int32{}, categoryNodes: []int32{}, segments: []int64{}, sizes: []int64{}, defaultLeft: make([]uint8, n), kind: make([]uint8, n),
		left: make([]int32, n), right: make([]int32, n), parents: make([]int32, n), indices: make([]int32, n)}
	a.parents[0] = none
	for i := range n {
		x.node(&a, p, i)
	}
	c.floats("base_weights", a.weights)
	wholes(c, "categories", a.categories)
	wholes(c, "categories_nodes", a.categoryNodes)
	wholes(c, "categories_segments", a.segments)
	wholes(c, "categories_sizes", a.sizes)
	wholes(c, "default_left", a.defaultLeft)
	c.integerAt("id", number)
	if e.Vector {
		c.floats("leaf_weights", a.leafWeights)
	}
	wholes(c, "left_children", a.left)
	c.floats("loss_changes", a.loss)
	wholes(c, "parents", a.parents)
	wholes(c, "right_children", a.right)
	c.floats("split_conditions", a.conditions)
	wholes(c, "split_indices", a.indices)
	wholes(c, "split_type", a.kind)
	c.floats("sum_hessian", a.hessian)
	c.objectAt("tree_param", func() {
		c.textAt("num_deleted", "0")
		c.textAt("num_feature", strconv.Itoa(e.Features))
		c.textAt("num_nodes", strconv.Itoa(n))
		c.textAt("size_leaf_vector", strconv.Itoa(e.width()))
	})
}

// node writes place i of a tree into the arrays.
func (x *xgbWriter) node(a *xgbArrays, p xgbPart, i int) {
	e, w := x.e, x.e.width()
	value := make([]float32, w)
	for k := range value {
		if p.t >= 0 {
			value[k] = float32(e.weighted(p.t, e.Value[(int(e.Start[p.t])+i)*w+k]))
		}
		if p.shift != nil {
			value[k] = p.shift[k] + value[k]
		}
		if !finite(float64(value[k])) {
			x.fail("Value", fmt.Sprint(value[k]), "a finite float32")
		}
	}
	a.weights = append(a.weights, value...)
	if p.t < 0 || e.Feature[int(e.Start[p.t])+i] < 0 {
		a.left[i], a.right[i] = -1, -1
		a.conditions[i] = value[0]
		if e.Vector {
			a.right[i] = int32(len(a.leafWeights) / w)
			a.leafWeights = append(a.leafWeights, value...)
		}
	} else {
		x.split(a, i, int(e.Start[p.t])+i)
	}
	if p.t < 0 {
		return
	}
	at := int(e.Start[p.t]) + i
	if e.Cover != nil {
		a.hessian[i] = float32(e.Cover[at])
	}
	if e.Gain != nil {
		a.loss[i] = float32(e.Gain[at])
	}
}

func (x *xgbWriter) split(a *xgbArrays, i, at int) {
	e := x.e
	rule, threshold := e.Rule[at], e.Threshold[at]
	left, right, missingLeft := e.Left[at], e.Right[at], rule&MissingLeft != 0
	switch {
	case rule&ZeroIsMissing != 0:
		x.fail("Rule", "one that takes zeros for missing", "NaN for the missing")
	case rule&NaNIsZero != 0:
		missingLeft = e.passes(at, 0)
	}
	set := []int(nil)
	if rule.Categorical() {
		set = codes(e.set(int(threshold)))
	}
	switch {
	case len(set) > 0: // goes right there
		left, right, missingLeft = right, left, !missingLeft
		a.kind[i] = 1
		a.categoryNodes = append(a.categoryNodes, int32(i))
		a.segments, a.sizes = append(a.segments, int64(len(a.categories))), append(a.sizes, int64(len(set)))
		for _, code := range set {
			if code >= xgbMaxCategory {
				x.fail("Set", fmt.Sprintf("one with category %d", code), fmt.Sprintf("codes below %d", xgbMaxCategory))
			}
			a.categories = append(a.categories, int32(code))
		}
	case rule.Categorical(): // no category at all: a set must have one there, so it is a number that nothing is below
		a.conditions[i] = -math.MaxFloat32
	case rule.Test() == LessEq:
		a.conditions[i] = math.Nextafter32(float32(threshold), float32(math.Inf(1)))
	default:
		a.conditions[i] = float32(threshold)
	}
	a.left[i], a.right[i], a.indices[i] = left, right, e.Feature[at]
	a.parents[left], a.parents[right] = int32(i), int32(i)
	if missingLeft {
		a.defaultLeft[i] = 1
	}
}

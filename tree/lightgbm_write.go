package tree

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/gopherwood-ml/ml"
)

// WriteLightGBM writes a model in LightGBM's text format, version 4, as lightgbm.Booster(model_file=...) reads it. Its raw scores are then
// those of m.Raw to the bit, and its leaves have the numbers of m.Leaves if the model came from LightGBM. (Of a random forest, LightGBM's own
// raw score is the sum over the trees and m.Raw their mean.)
//
// The base scores become part of the leaves of the first round, as in LightGBM's own files, tree weights part of their leaves, and a tree with
// vector leaves becomes one tree for each score. Covers are rounded to whole numbers. Two readings are LightGBM's own whatever a file
// says: numbers within 1e-35 of zero are 0, and -0.5, which is no code, is category 0.
//
// What the format has no place for gives an error that unwraps to errors.ErrUnsupported and names it: sums in float32 (models of
// XGBoost), a base beside an average, the links Share and Hinge, a missing category that goes left, weighted trees with linear leaves, linear
// leaves that skip missing values, a column whose name has white space. Levels that are all text come back as the categories of a pandas frame.
func WriteLightGBM(w io.Writer, m Grown) error {
	const where = "tree.WriteLightGBM"
	e, err := grown(where, m)
	if err != nil {
		return err
	}
	l := lgbWriter{where: where, e: e}
	text := l.file(m)
	if l.err != nil {
		return l.err
	}
	return send(where, w, text)
}

// lgbWriter keeps the first thing that the format cannot say.
type lgbWriter struct {
	where string
	e     *Ensemble
	err   error
}

// lgbPart is one tree of the file: tree t's values for score k with a shift added. t is -1 for a tree that is the shift alone.
type lgbPart struct {
	t, k  int
	shift float64
}

func (l *lgbWriter) fail(field, found, want string) {
	if l.err == nil {
		l.err = unsupported(l.where, field, found, want)
	}
}

func (l *lgbWriter) file(m Grown) []byte {
	e := l.e
	if e.Float32 {
		l.fail("Float32", "true: scores are sums in float32", "sums in float64")
	}
	_, classifier := m.(ml.Classifier)
	objective := l.objective(origin(m, "LightGBM"), classifier)
	parts := l.parts()
	trees := make([][]byte, len(parts))
	for i, p := range parts {
		if l.err != nil {
			return nil
		}
		trees[i] = l.tree(i, p)
	}
	b := fmt.Appendf(nil, "tree\nversion=v4\nnum_class=%d\nnum_tree_per_iteration=%d\nlabel_index=0\nmax_feature_idx=%d\n", e.Outputs, e.Outputs, e.Features-1)
	if objective != "" {
		b = fmt.Appendf(b, "objective=%s\n", objective)
	}
	if e.Average {
		b = append(b, "average_output\n"...)
	}
	b = l.columns(b, m.Meta().Columns)
	b = append(b, "tree_sizes="...)
	for i, t := range trees {
		b = strconv.AppendInt(separate(b, i), int64(len(t)), 10)
	}
	b = append(b, "\n\n"...)
	b = append(b, slices.Concat(trees...)...)
	b = append(b, "end of trees\n\nfeature_importances:\n\nparameters:\n"...)
	if e.Linear != nil {
		b = append(b, "[linear_tree: 1]\n"...)
	}
	b = append(b, "\nend of parameters\n\npandas_categorical:"...)
	return append(append(b, l.pandas(m)...), '\n')
}

// separate puts a space before every word of a line but the first.
func separate(b []byte, i int) []byte {
	if i > 0 {
		return append(b, ' ')
	}
	return b
}

// objective is the one that gives the link; the file's own if the model was loaded from one.
func (l *lgbWriter) objective(from Origin, classifier bool) string {
	e := l.e
	scale := e.LinkScale
	if scale == 0 {
		scale = 1
	}
	if from.Library != "" {
		shape, kind := lgbShape(lgbHeader{features: e.Features, perRound: e.Outputs, objective: from.Objective})
		if shape.Link == e.Link && (shape.LinkScale == e.LinkScale || shape.LinkScale == 0 && scale == 1) && (kind == classification) == classifier {
			return from.Objective
		}
	}
	sigmoid := "sigmoid:" + strconv.FormatFloat(scale, 'g', -1, 64)
	switch {
	case e.Link == Identity && e.Outputs == 1:
		return "regression"
	case e.Link == Identity:
		return "" // LightGBM has no regression with several targets; without an objective scores are all there is
	case e.Link == Logistic && e.Outputs == 1 && !classifier && scale == 1:
		return "cross_entropy"
	case e.Link == Logistic && e.Outputs == 1:
		return "binary " + sigmoid
	case (e.Link == Logistic || e.Link == OneVsRest) && e.Outputs > 1:
		return fmt.Sprintf("multiclassova num_class:%d %s", e.Outputs, sigmoid)
	case e.Link == Softmax && e.Outputs > 1:
		return fmt.Sprintf("multiclass num_class:%d", e.Outputs)
	case e.Outputs > 1:
		l.fail("Link", fmt.Sprintf("%v with %d outputs", e.Link, e.Outputs), "identity, logistic, one-vs-rest or softmax")
	case e.Link == Exp:
		return "poisson"
	case e.Link == SignedSquare:
		return "regression sqrt"
	case e.Link == Softplus:
		return "cross_entropy_lambda"
	default:
		l.fail("Link", e.Link.String(), "identity, logistic, exp, signed square or softplus")
	}
	return ""
}

// parts puts the trees in LightGBM's order, one for each score in every round.
func (l *lgbWriter) parts() []lgbPart {
	e := l.e
	of := make([][]lgbPart, e.Outputs)
	for t := range e.Trees() {
		if e.Vector {
			for k := range of {
				of[k] = append(of[k], lgbPart{t: t, k: k})
			}
		} else {
			of[e.output(t)] = append(of[e.output(t)], lgbPart{t: t})
		}
	}
	rounds := 0
	for _, parts := range of {
		rounds = max(rounds, len(parts))
	}
	for k := range of {
		if e.Average && len(of[k]) < rounds {
			l.fail("Average", fmt.Sprintf("over %d and %d trees for two scores", rounds, len(of[k])), "as many trees for each score")
		}
		for len(of[k]) < rounds {
			of[k] = append(of[k], lgbPart{t: -1})
		}
	}
	l.base(of)
	var out []lgbPart
	for round := range len(of[0]) {
		for k := range of {
			out = append(out, of[k][round])
		}
	}
	return out
}

// base adds the base scores to the first round, or makes a round of them where it cannot be added to with the same rounding.
func (l *lgbWriter) base(of [][]lgbPart) {
	e := l.e
	if !slices.ContainsFunc(e.Base, func(b float64) bool { return b != 0 }) {
		return
	}
	if e.Average {
		l.fail("Base", fmt.Sprint(e.Base), "0 where scores are a mean")
		return
	}
	apart := e.Linear != nil || len(of[0]) == 0
	for k := range of {
		if apart {
			of[k] = slices.Insert(of[k], 0, lgbPart{t: -1, shift: e.Base[k]})
		} else {
			of[k][0].shift = e.Base[k]
		}
	}
}

// columns writes the names of the columns and which of them are categories.
func (l *lgbWriter) columns(b []byte, columns []ml.Column) []byte {
	b = append(b, "feature_names="...)
	for j := range l.e.Features {
		name := ""
		if j < len(columns) {
			name = columns[j].Name
		}
		if name == "" {
			name = fmt.Sprintf("Column_%d", j)
		}
		if strings.ContainsFunc(name, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
			l.fail(fmt.Sprintf("column %d", j), fmt.Sprintf("named %q", name), "a name without white space")
		}
		b = append(separate(b, j), name...)
	}
	b = append(b, "\nfeature_infos="...)
	for j := range l.e.Features {
		b = separate(b, j)
		if j >= len(columns) || columns[j].Kind != ml.Categorical {
			b = append(b, "none"...)
			continue
		}
		b = append(b, "-1"...)
		for code := range columns[j].Levels {
			b = strconv.AppendInt(append(b, ':'), int64(code), 10)
		}
	}
	return append(b, '\n')
}

// pandas lists the levels of categorical columns, which LightGBM's Python looks the cells of a frame up in.
func (l *lgbWriter) pandas(m Grown) []byte {
	if from := origin(m, "LightGBM"); from.Categories != "" {
		return []byte(from.Categories)
	}
	levels := [][]string{}
	for _, c := range m.Meta().Columns {
		if c.Kind != ml.Categorical {
			continue
		}
		if !textual(c.Levels) {
			return []byte("null")
		}
		levels = append(levels, c.Levels)
	}
	text, err := json.Marshal(levels)
	if len(levels) == 0 || err != nil {
		return []byte("null")
	}
	return text
}

// textual reports whether the levels are texts for sure. Those that look like numbers may have been numbers, which other libraries tell apart.
func textual(levels []string) bool {
	for _, level := range levels {
		if _, err := strconv.ParseFloat(level, 64); err == nil {
			return false
		}
	}
	return len(levels) > 0
}

// lgbNumbers is how LightGBM counts the nodes of a tree: splits and leaves by themselves.
type lgbNumbers struct {
	splits, leaves []int // the places of them in our tree, by number
	of             []int // of each place: its number, ^number for a leaf
}

// count numbers the nodes of tree t; leaves keep the number they came with, if those are numbers of leaves.
func (l *lgbWriter) count(t int) lgbNumbers {
	e := l.e
	n := lgbNumbers{of: make([]int, e.Nodes(t))}
	for i := range n.of {
		if e.Feature[int(e.Start[t])+i] >= 0 {
			n.of[i] = len(n.splits)
			n.splits = append(n.splits, i)
		} else {
			n.leaves = append(n.leaves, i)
		}
	}
	if e.LeafID != nil {
		byID := slices.Clone(n.leaves)
		slices.SortStableFunc(byID, func(a, b int) int { return int(e.LeafID[int(e.Start[t])+a]) - int(e.LeafID[int(e.Start[t])+b]) })
		if last := e.LeafID[int(e.Start[t])+byID[len(byID)-1]]; int(last) == len(byID)-1 {
			n.leaves = byID
		}
	}
	for number, i := range n.leaves {
		n.of[i] = ^number
	}
	return n
}

// lgbLine writes key=v(0) v(1) ...
func lgbLine(b []byte, key string, n int, v func(b []byte, i int) []byte) []byte {
	b = append(append(b, key...), '=')
	for i := range n {
		b = v(separate(b, i), i)
	}
	return append(b, '\n')
}

func number(b []byte, v float64) []byte { return strconv.AppendFloat(b, v, 'g', -1, 64) }

func (l *lgbWriter) tree(number int, p lgbPart) []byte {
	b := fmt.Appendf(nil, "Tree=%d\n", number)
	if p.t < 0 {
		return fmt.Appendf(b, "num_leaves=1\nnum_cat=0\nsplit_feature=\nsplit_gain=\nthreshold=\ndecision_type=\nleft_child=\nright_child=\nleaf_value=%s\n"+
			"leaf_weight=\nleaf_count=\ninternal_value=\ninternal_weight=\ninternal_count=\nis_linear=0\nshrinkage=1\n\n\n", strconv.FormatFloat(p.shift, 'g', -1, 64))
	}
	n := l.count(p.t)
	e, at := l.e, int(l.e.Start[p.t])
	sets := 0
	for _, i := range n.splits {
		if e.Rule[at+i].Categorical() {
			sets++
		}
	}
	b = fmt.Appendf(b, "num_leaves=%d\nnum_cat=%d\n", len(n.leaves), sets)
	b = l.splits(b, at, &n)
	b = l.values(b, p, at, &n)
	if sets > 0 {
		b = l.sets(b, at, &n)
	}
	b = l.linear(b, p.t, at, &n)
	return append(b, "shrinkage=1\n\n\n"...)
}

func (l *lgbWriter) splits(b []byte, at int, n *lgbNumbers) []byte {
	e, set := l.e, 0
	inner := len(n.splits)
	b = lgbLine(b, "split_feature", inner, func(b []byte, i int) []byte { return strconv.AppendInt(b, int64(e.Feature[at+n.splits[i]]), 10) })
	if e.Gain != nil {
		b = lgbLine(b, "split_gain", inner, func(b []byte, i int) []byte { return number(b, e.Gain[at+n.splits[i]]) })
	}
	b = lgbLine(b, "threshold", inner, func(b []byte, i int) []byte {
		rule, threshold := e.Rule[at+n.splits[i]], e.Threshold[at+n.splits[i]]
		switch {
		case rule.Categorical():
			set++
			return strconv.AppendInt(b, int64(set-1), 10)
		case rule.Test() == Less:
			threshold = math.Nextafter(threshold, math.Inf(-1))
		}
		return number(b, threshold)
	})
	b = lgbLine(b, "decision_type", inner, func(b []byte, i int) []byte {
		return strconv.AppendInt(b, int64(l.decision(e.Rule[at+n.splits[i]])), 10)
	})
	b = lgbLine(b, "left_child", inner, func(b []byte, i int) []byte { return strconv.AppendInt(b, int64(n.of[e.Left[at+n.splits[i]]]), 10) })
	return lgbLine(b, "right_child", inner, func(b []byte, i int) []byte { return strconv.AppendInt(b, int64(n.of[e.Right[at+n.splits[i]]]), 10) })
}

func (l *lgbWriter) decision(r Rule) int {
	if r.Categorical() {
		if r&MissingLeft != 0 {
			l.fail("Rule", "a set of categories that the missing belong to", "missing categories that go right")
		}
		return lgbCategorical
	}
	d := lgbMissingNaN
	switch {
	case r&NaNIsZero != 0:
		d = 0
	case r&ZeroIsMissing != 0:
		d = lgbMissingZero
	}
	if r&MissingLeft != 0 {
		d |= lgbDefaultLeft
	}
	return d
}

// values writes what nodes predict and how much of the training data they hold.
func (l *lgbWriter) values(b []byte, p lgbPart, at int, n *lgbNumbers) []byte {
	e := l.e
	value := func(places []int) func(b []byte, i int) []byte {
		return func(b []byte, i int) []byte {
			v := e.weighted(p.t, e.Value[(at+places[i])*e.width()+p.k])
			if p.shift != 0 {
				v += p.shift
			}
			if !finite(v) {
				l.fail("Value", fmt.Sprint(v), "a finite sum of leaf and base")
			}
			return number(b, v)
		}
	}
	whole := func(places []int) func(b []byte, i int) []byte {
		return func(b []byte, i int) []byte {
			return strconv.AppendInt(b, int64(min(math.Round(e.Cover[at+places[i]]), math.MaxInt32)), 10)
		}
	}
	weight := func(places []int) func(b []byte, i int) []byte {
		return func(b []byte, i int) []byte { return number(b, e.Hessian[at+places[i]]) }
	}
	b = lgbLine(b, "leaf_value", len(n.leaves), value(n.leaves))
	if e.Hessian != nil {
		b = lgbLine(b, "leaf_weight", len(n.leaves), weight(n.leaves))
	}
	if e.Cover != nil {
		b = lgbLine(b, "leaf_count", len(n.leaves), whole(n.leaves))
	}
	b = lgbLine(b, "internal_value", len(n.splits), value(n.splits))
	if e.Hessian != nil {
		b = lgbLine(b, "internal_weight", len(n.splits), weight(n.splits))
	}
	if e.Cover != nil {
		b = lgbLine(b, "internal_count", len(n.splits), whole(n.splits))
	}
	return b
}

func (l *lgbWriter) sets(b []byte, at int, n *lgbNumbers) []byte {
	e := l.e
	bounds, words := []int{0}, []uint32{}
	for _, i := range n.splits {
		if !e.Rule[at+i].Categorical() {
			continue
		}
		set := e.set(int(e.Threshold[at+i]))
		if len(set) == 0 {
			set = []uint32{0}
		}
		words = append(words, set...)
		bounds = append(bounds, len(words))
	}
	b = lgbLine(b, "cat_boundaries", len(bounds), func(b []byte, i int) []byte { return strconv.AppendInt(b, int64(bounds[i]), 10) })
	return lgbLine(b, "cat_threshold", len(words), func(b []byte, i int) []byte { return strconv.AppendUint(b, uint64(words[i]), 10) })
}

func (l *lgbWriter) linear(b []byte, t, at int, n *lgbNumbers) []byte {
	lines := l.e.Linear
	if lines == nil {
		return append(b, "is_linear=0\n"...)
	}
	if lines.SkipMissing {
		l.fail("Linear.SkipMissing", "true", "linear leaves that fall back to their value")
	}
	if w := l.e.weight(t); w != 1 {
		l.fail("Weight", fmt.Sprintf("%v of a tree with linear leaves", w), "1")
	}
	b = append(b, "is_linear=1\n"...)
	b = lgbLine(b, "leaf_const", len(n.leaves), func(b []byte, i int) []byte { return number(b, lines.Const[at+n.leaves[i]]) })
	b = lgbLine(b, "num_features", len(n.leaves), func(b []byte, i int) []byte {
		return strconv.AppendInt(b, int64(lines.Start[at+n.leaves[i]+1]-lines.Start[at+n.leaves[i]]), 10)
	})
	terms := func(key string, v func(b []byte, q int32) []byte) {
		b = lgbLine(b, key, len(n.leaves), func(b []byte, i int) []byte {
			for q := lines.Start[at+n.leaves[i]]; q < lines.Start[at+n.leaves[i]+1]; q++ {
				b = append(v(b, q), ' ')
			}
			return b
		})
	}
	terms("leaf_features", func(b []byte, q int32) []byte { return strconv.AppendInt(b, int64(lines.Feature[q]), 10) })
	terms("leaf_coeff", func(b []byte, q int32) []byte { return number(b, lines.Coef[q]) })
	return b
}

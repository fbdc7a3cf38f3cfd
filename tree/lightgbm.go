package tree

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
)

// ReadLightGBM reads a model in LightGBM's text format (Booster.save_model, versions 2 to 4), as the fitted model that its objective makes of it:
//
//	m, err := tree.ReadLightGBM[*tree.ClassificationModel](r) // binary, multiclass, multiclassova
//	m, err := tree.ReadLightGBM[*tree.RegressionModel](r)     // anything else with one tree a round
//	m, err := tree.ReadLightGBM[ml.Classifier](r)             // whatever fits an interface
//
// Raw scores are LightGBM's to the bit, linear leaves, categories, DART and random forests included. A file that is not sound gives
// ml.ErrFormat, one that holds another kind of model ml.ErrType. Loading takes memory in proportion to the file.
//
// The raw score of a random forest is the mean over its trees, the score that LightGBM puts through the link; its own raw_score is the sum.
// Columns carry the names of the file, and Levels of the categories of a pandas frame; a code is what LightGBM saw.
func ReadLightGBM[M any](r io.Reader) (M, error) {
	const where = "tree.ReadLightGBM"
	var none M
	data, err := readAll(where, r)
	if err != nil {
		return none, err
	}
	f, e, kind, err := parseLightGBM(data)
	if err != nil {
		return none, fileError(where, err)
	}
	return loaded[M](where, f, e, kind)
}

// fileError names the reader in the error of a representation that is not sound.
func fileError(where string, err error) error {
	return &ml.Error{Where: where, Kind: ml.ErrFormat, Cause: err}
}

// lgbHeader is what stands before the first tree.
type lgbHeader struct {
	version, objective string
	classes, perRound  int
	features           int
	average            bool
	names              []string
	infos              []string
}

func parseLightGBM(data []byte) (ml.Fitted, *Ensemble, task, error) {
	f := ml.Fitted{}
	head, rest, err := lgbReadHeader(data)
	if err != nil {
		return f, nil, 0, err
	}
	blocks, tail := lgbBlocks(rest)
	trees := make([][]Node, len(blocks))
	faults := make([]error, len(blocks))
	par.For(len(blocks), 50000, func(lo, hi int) {
		for t := lo; t < hi; t++ {
			trees[t], faults[t] = lgbTree(blocks[t])
		}
	})
	for t, err := range faults {
		if err != nil {
			return f, nil, 0, fmt.Errorf("tree %d: %w", t, err)
		}
	}
	shape, kind := lgbShape(head)
	b := NewBuilder(shape)
	for t, nodes := range trees {
		b.Add(t%head.perRound, 1, nodes)
	}
	e, err := b.Ensemble()
	if err != nil {
		return f, nil, 0, err
	}
	var categories string
	f.Columns, categories = lgbColumns(head, tail)
	f.Config = Origin{Library: "LightGBM", Version: head.version, Objective: head.objective, Categories: categories}
	return f, e, kind, nil
}

// line cuts the first line off data, without its end.
func line(data []byte) (first, rest []byte) {
	first, rest, _ = bytes.Cut(data, []byte{'\n'})
	return bytes.TrimSuffix(first, []byte{'\r'}), rest
}

func lgbReadHeader(data []byte) (head lgbHeader, rest []byte, err error) {
	first, rest := line(data)
	if string(first) != "tree" {
		return head, nil, malformed("the first line", fmt.Sprintf("%.20q", first), `"tree"`)
	}
	head.classes, head.perRound, head.features = 1, 0, -1
	for len(rest) > 0 {
		if bytes.HasPrefix(rest, []byte("Tree=")) || bytes.HasPrefix(rest, []byte("end of trees")) {
			break
		}
		var text []byte
		text, rest = line(rest)
		key, value, _ := strings.Cut(string(text), "=")
		switch key {
		case "version":
			head.version = value
		case "num_class":
			head.classes, err = strconv.Atoi(value)
		case "num_tree_per_iteration":
			head.perRound, err = strconv.Atoi(value)
		case "max_feature_idx":
			head.features, err = strconv.Atoi(value)
			head.features++
		case "objective":
			head.objective = value
		case "average_output":
			head.average = true
		case "feature_names":
			head.names = strings.Fields(value)
		case "feature_infos":
			head.infos = strings.Fields(value)
		}
		if err != nil {
			return head, nil, malformed(key, value, "a number")
		}
	}
	if head.perRound == 0 {
		head.perRound = head.classes
	}
	if head.features < 1 || head.perRound < 1 || head.perRound > maxOutputs || head.features > math.MaxInt32 {
		return head, nil, malformed("the header", fmt.Sprintf("with %d columns and %d trees a round", head.features, head.perRound), "at least one of each")
	}
	return head, rest, nil
}

// lgbBlocks cuts the trees apart, and returns what stands after them.
func lgbBlocks(data []byte) (blocks [][]byte, tail []byte) {
	marker := []byte("\nTree=")
	data, tail, _ = bytes.Cut(data, []byte("end of trees"))
	if !bytes.HasPrefix(data, marker[1:]) {
		return nil, tail
	}
	for len(data) > 0 {
		end := bytes.Index(data, marker)
		if end < 0 {
			return append(blocks, data), tail
		}
		blocks = append(blocks, data[:end+1])
		data = data[end+1:]
	}
	return blocks, tail
}

// lgbShape reads the objective: "multiclassova num_class:3 sigmoid:2".
func lgbShape(head lgbHeader) (Ensemble, task) {
	e := Ensemble{Features: head.features, Outputs: head.perRound, Stage: head.perRound, Average: head.average}
	words := strings.Fields(head.objective)
	if len(words) == 0 { // a custom objective: scores are all there is
		return e, regression
	}
	for _, word := range words[1:] {
		if value, ok := strings.CutPrefix(word, "sigmoid:"); ok {
			e.LinkScale, _ = strconv.ParseFloat(value, 64)
		}
	}
	switch words[0] {
	case "binary":
		e.Link = Logistic
		return e, classification
	case "multiclass":
		e.Link = Softmax
		return e, classification
	case "multiclassova":
		e.Link = OneVsRest
		return e, classification
	case "cross_entropy", "xentropy":
		e.Link, e.LinkScale = Logistic, 0
	case "cross_entropy_lambda", "xentlambda":
		e.Link = Softplus
	case "poisson", "gamma", "tweedie":
		e.Link = Exp
	default:
		if slices.Contains(words[1:], "sqrt") {
			e.Link = SignedSquare
		}
	}
	return e, regression
}

// lgbColumns names the columns. A column whose feature_infos lists codes is categorical; a pandas frame also left their levels, which
// are returned as the file has them, too.
func lgbColumns(head lgbHeader, tail []byte) (columns []ml.Column, categories string) {
	if len(head.names) != head.features {
		return nil, ""
	}
	columns = make([]ml.Column, head.features)
	var categorical []int
	for j := range columns {
		columns[j].Name = head.names[j]
		if len(head.infos) == head.features && head.infos[j] != "none" && !strings.HasPrefix(head.infos[j], "[") {
			columns[j].Kind = ml.Categorical
			categorical = append(categorical, j)
		}
	}
	_, text, found := bytes.Cut(tail, []byte("pandas_categorical:"))
	var levels [][]any
	if !found || json.Unmarshal(bytes.TrimSpace(text), &levels) != nil || len(levels) != len(categorical) || len(levels) == 0 {
		return columns, ""
	}
	for k, j := range categorical {
		for _, level := range levels[k] {
			columns[j].Levels = append(columns[j].Levels, fmt.Sprint(level))
		}
	}
	return columns, string(bytes.TrimSpace(text))
}

// lgbArrays are the lines of one tree, still as text.
type lgbArrays struct {
	leaves, cats                                  int
	feature, gain, threshold, decision            []byte
	left, right, leafValue, leafWeight, leafCount []byte
	innerValue, innerWeight, innerCount           []byte
	catBounds, catWords                           []byte
	linear                                        bool
	leafConst, terms, leafFeatures, leafCoef      []byte
}

func lgbLines(block []byte) (a lgbArrays, err error) {
	_, block = line(block)
	fields := map[string]*[]byte{"split_feature": &a.feature, "split_gain": &a.gain, "threshold": &a.threshold, "decision_type": &a.decision,
		"left_child": &a.left, "right_child": &a.right, "leaf_value": &a.leafValue, "leaf_weight": &a.leafWeight, "leaf_count": &a.leafCount,
		"internal_value": &a.innerValue, "internal_weight": &a.innerWeight, "internal_count": &a.innerCount, "cat_boundaries": &a.catBounds,
		"cat_threshold": &a.catWords, "leaf_const": &a.leafConst, "num_features": &a.terms, "leaf_features": &a.leafFeatures, "leaf_coeff": &a.leafCoef}
	for len(block) > 0 {
		var text []byte
		text, block = line(block)
		key, value, _ := bytes.Cut(text, []byte{'='})
		switch string(key) {
		case "num_leaves":
			a.leaves, err = strconv.Atoi(string(value))
		case "num_cat":
			a.cats, err = strconv.Atoi(string(value))
		case "is_linear":
			a.linear = string(value) == "1"
		default:
			if to := fields[string(key)]; to != nil {
				*to = value
			}
		}
		if err != nil {
			return a, malformed(string(key), fmt.Sprintf("%.20q", value), "a number")
		}
	}
	if a.leaves < 1 || a.leaves > 1+len(a.left) && a.leaves > 1 { // before anything is allocated for it: a child takes a byte at least
		return a, malformed("num_leaves", fmt.Sprint(a.leaves), "as many as the file has room for")
	}
	return a, nil
}

// numbers reads n numbers separated by spaces. An absent line gives nil unless it is required.
func numbers[T any](key string, text []byte, n int, required bool, parse func(string) (T, error)) ([]T, error) {
	if text == nil && !required {
		return nil, nil
	}
	if n > len(text) {
		return nil, malformed(key, "too short", fmt.Sprintf("%d numbers", n))
	}
	out := make([]T, 0, n)
	for {
		text = bytes.TrimLeft(text, " ")
		if len(text) == 0 {
			break
		}
		end := bytes.IndexByte(text, ' ')
		if end < 0 {
			end = len(text)
		}
		if len(out) == n {
			return nil, malformed(key, "too long", fmt.Sprintf("%d numbers", n))
		}
		v, err := parse(string(text[:end]))
		if err != nil {
			return nil, malformed(key, fmt.Sprintf("%.20q", text[:end]), "a number")
		}
		out = append(out, v)
		text = text[end:]
	}
	if len(out) < n {
		return nil, malformed(key, fmt.Sprintf("%d numbers", len(out)), fmt.Sprint(n))
	}
	return out, nil
}

func parseFloat(s string) (float64, error) { return strconv.ParseFloat(s, 64) }

func parseWord(s string) (uint32, error) {
	v, err := strconv.ParseUint(s, 10, 32)
	return uint32(v), err
}

// lgbReader parses the lines of a tree, and keeps the first fault.
type lgbReader struct{ err error }

func (r *lgbReader) ints(key string, text []byte, n int) []int {
	return read(r, key, text, n, true, strconv.Atoi)
}

func (r *lgbReader) floats(key string, text []byte, n int, required bool) []float64 {
	return read(r, key, text, n, required, parseFloat)
}

func read[T any](r *lgbReader, key string, text []byte, n int, required bool, parse func(string) (T, error)) []T {
	if r.err != nil {
		return nil
	}
	var out []T
	out, r.err = numbers(key, text, n, required, parse)
	return out
}

// The bits of decision_type.
const (
	lgbCategorical = 1
	lgbDefaultLeft = 2
	lgbMissingZero = 1 << 2
	lgbMissingNaN  = 2 << 2
)

// lgbTree reads one tree: its inner nodes first, as LightGBM counts them, then its leaves.
func lgbTree(block []byte) ([]Node, error) {
	a, err := lgbLines(block)
	if err != nil {
		return nil, err
	}
	inner := a.leaves - 1
	nodes := make([]Node, inner+a.leaves)
	var r lgbReader
	if inner > 0 {
		lgbSplits(&r, &a, nodes[:inner])
	}
	lgbLeaves(&r, &a, nodes[inner:])
	if r.err != nil {
		return nil, r.err
	}
	return inOrder(nodes)
}

func lgbSplits(r *lgbReader, a *lgbArrays, nodes []Node) {
	n := len(nodes)
	feature, left, right := r.ints("split_feature", a.feature, n), r.ints("left_child", a.left, n), r.ints("right_child", a.right, n)
	threshold, decision := r.floats("threshold", a.threshold, n, true), r.ints("decision_type", a.decision, n)
	gain, values := r.floats("split_gain", a.gain, n, false), r.floats("internal_value", a.innerValue, n, false)
	counts, weights := r.floats("internal_count", a.innerCount, n, false), r.floats("internal_weight", a.innerWeight, n, false)
	var bounds []int
	var words []uint32
	if a.cats > 0 && r.err == nil {
		if a.cats > len(a.catBounds) {
			r.err = malformed("num_cat", fmt.Sprint(a.cats), "as many as the file has room for")
			return
		}
		bounds = r.ints("cat_boundaries", a.catBounds, a.cats+1)
		if r.err == nil {
			words = read(r, "cat_threshold", a.catWords, max(bounds[a.cats], 0), true, parseWord)
		}
	}
	if r.err != nil {
		return
	}
	child := func(c int) int {
		if c < 0 {
			return n + ^c
		}
		return c
	}
	for i := range nodes {
		node := Node{Feature: feature[i], Threshold: threshold[i], Left: child(left[i]), Right: child(right[i])}
		if feature[i] < 0 {
			r.err = malformed("split_feature", fmt.Sprint(feature[i]), "a column")
			return
		}
		node.Gain, node.Cover, node.Hessian = at(gain, i), at(counts, i), at(weights, i)
		if values != nil {
			node.Value = values[i : i+1 : i+1]
		}
		node.Rule, node.Set = lgbRule(r, decision[i], threshold[i], bounds, words)
		nodes[i] = node
	}
}

// at is s[i], or 0 without s.
func at(s []float64, i int) float64 {
	if s == nil {
		return 0
	}
	return s[i]
}

func lgbRule(r *lgbReader, decision int, threshold float64, bounds []int, words []uint32) (Rule, []uint32) {
	if decision&lgbCategorical != 0 {
		if !(threshold >= 0 && threshold < float64(len(bounds)-1)) {
			r.err = malformed("threshold", fmt.Sprint(threshold), fmt.Sprintf("one of %d sets", max(len(bounds)-1, 0)))
			return 0, nil
		}
		lo, hi := bounds[int(threshold)], bounds[int(threshold)+1]
		if lo < 0 || lo > hi || hi > len(words) {
			r.err = malformed("cat_boundaries", fmt.Sprintf("%d to %d", lo, hi), fmt.Sprintf("bounds in %d words", len(words)))
			return 0, nil
		}
		return InCut, words[lo:hi]
	}
	rule := LessEq
	if decision&lgbDefaultLeft != 0 {
		rule |= MissingLeft
	}
	switch decision & (lgbMissingNaN | lgbMissingZero) {
	case 0:
		return LessEq | NaNIsZero, nil
	case lgbMissingZero:
		rule |= ZeroIsMissing
	}
	return rule, nil
}

func lgbLeaves(r *lgbReader, a *lgbArrays, nodes []Node) {
	n := len(nodes)
	values := r.floats("leaf_value", a.leafValue, n, true)
	var counts, weights []float64
	if n > 1 { // a tree that did not grow has at most zeros here
		counts, weights = r.floats("leaf_count", a.leafCount, n, false), r.floats("leaf_weight", a.leafWeight, n, false)
	}
	if r.err != nil {
		return
	}
	for i := range nodes {
		nodes[i] = Node{Feature: -1, Value: values[i : i+1 : i+1], Cover: at(counts, i), Hessian: at(weights, i), ID: i}
	}
	if a.linear {
		lgbLinear(r, a, nodes)
	}
}

func lgbLinear(r *lgbReader, a *lgbArrays, nodes []Node) {
	n := len(nodes)
	if n == 1 && a.leafConst == nil {
		return
	}
	consts, terms := r.floats("leaf_const", a.leafConst, n, true), r.ints("num_features", a.terms, n)
	total := 0
	for _, k := range terms {
		if k < 0 || k > len(a.leafCoef) {
			r.err = malformed("num_features", fmt.Sprint(k), "as many as the file has room for")
			return
		}
		total += k
	}
	features, coefs := r.ints("leaf_features", a.leafFeatures, total), r.floats("leaf_coeff", a.leafCoef, total, total > 0)
	if r.err != nil {
		return
	}
	for i := range nodes {
		l := &Line{Const: consts[i], Coef: coefs[:terms[i]:terms[i]]}
		for _, j := range features[:terms[i]] {
			if j < 0 || j > math.MaxInt32 {
				r.err = malformed("leaf_features", fmt.Sprint(j), "a column")
				return
			}
			l.Features = append(l.Features, int32(j))
		}
		features, coefs = features[terms[i]:], coefs[terms[i]:]
		nodes[i].Linear = l
	}
}

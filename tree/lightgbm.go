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
	s := newStream(r)
	f, e, kind, err := parseLightGBM(s)
	if s.err != nil { // whatever else is wrong is so because the file was cut
		err = s.unreadable(where)
	} else if err != nil {
		err = fileError(where, err)
	}
	if err != nil {
		return none, err
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

func parseLightGBM(s *stream) (ml.Fitted, *Ensemble, task, error) {
	f := ml.Fitted{}
	data := s.until("\nTree=", "\nend of trees")
	head, rest, err := lgbReadHeader(data)
	if err != nil {
		return f, nil, 0, err
	}
	s.skip(len(data) - len(rest))
	shape, kind := lgbShape(head)
	e, err := lgbTrees(shape, head.perRound, s)
	if err != nil {
		return f, nil, 0, err
	}
	var categories string
	f.Columns, categories = lgbColumns(head, s.all())
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

// lgbBlocks cuts the trees at the beginning of data apart. What is left of it is a tree whose end was not read yet, if there are more; else what
// stands after the trees.
func lgbBlocks(blocks [][]byte, data []byte, last bool) (_ [][]byte, rest []byte, more bool) {
	for bytes.HasPrefix(data, []byte("Tree=")) {
		end := bytes.Index(data, []byte("\nTree="))
		if end < 0 {
			end = bytes.Index(data, []byte("\nend of trees"))
		}
		if end < 0 && !last {
			return blocks, data, true
		}
		if end < 0 {
			return append(blocks, data), nil, false
		}
		blocks = append(blocks, data[:end+1])
		data = data[end+1:]
	}
	return blocks, data, false
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
			if to := a.line(string(key)); to != nil {
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

// line is where the line with a key belongs, nil for one that says nothing about predictions.
func (a *lgbArrays) line(key string) *[]byte {
	switch key {
	case "split_feature":
		return &a.feature
	case "split_gain":
		return &a.gain
	case "threshold":
		return &a.threshold
	case "decision_type":
		return &a.decision
	case "left_child":
		return &a.left
	case "right_child":
		return &a.right
	case "leaf_value":
		return &a.leafValue
	case "leaf_weight":
		return &a.leafWeight
	case "leaf_count":
		return &a.leafCount
	case "internal_value":
		return &a.innerValue
	case "internal_weight":
		return &a.innerWeight
	case "internal_count":
		return &a.innerCount
	case "cat_boundaries":
		return &a.catBounds
	case "cat_threshold":
		return &a.catWords
	case "leaf_const":
		return &a.leafConst
	case "num_features":
		return &a.terms
	case "leaf_features":
		return &a.leafFeatures
	case "leaf_coeff":
		return &a.leafCoef
	}
	return nil
}

// The bits of decision_type.
const (
	lgbCategorical = 1
	lgbDefaultLeft = 2
	lgbMissingZero = 1 << 2
	lgbMissingNaN  = 2 << 2
)

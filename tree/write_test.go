package tree

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
)

// writtenCase is a model, the format it is written in, and rows to ask about.
type writtenCase struct {
	name, format string
	model        answering
	x            *tensor.Tensor[float64]
	again        bool // the model was read from a golden file, which holds what its library answers
}

var writers = map[string]func(io.Writer, Grown) error{"lightgbm": WriteLightGBM, "json": WriteXGBoost, "ubj": WriteXGBoostUBJSON}

var readers = map[string]func(string) (answering, error){"lightgbm": readLightGBM, "json": readXGBoost, "ubj": readXGBoost}

// changed is a random ensemble after a change.
func changed(t testing.TB, s shape, change func(e *Ensemble)) *Ensemble {
	e := randomEnsemble(t, s)
	e.engine = nil
	if change != nil {
		change(e)
	}
	require.NoError(t, e.Restore())
	return e
}

// rules replaces the rules of all splits.
func rules(change func(r Rule) Rule) func(e *Ensemble) {
	return func(e *Ensemble) {
		for i, r := range e.Rule {
			if e.Feature[i] >= 0 {
				e.Rule[i] = change(r)
			}
		}
	}
}

// forLightGBM leaves out what only other ensembles can.
var forLightGBM = rules(func(r Rule) Rule {
	if r.Categorical() {
		return InCut
	}
	return r
})

// forXGBoost likewise.
var forXGBoost = rules(func(r Rule) Rule {
	if r.Categorical() {
		return In | r&MissingLeft
	}
	return r &^ ZeroIsMissing
})

// tame keeps rows within float32, which is what XGBoost takes, and makes a zero of what LightGBM makes a zero of.
func tame(x *tensor.Tensor[float64]) *tensor.Tensor[float64] {
	for i, v := range x.Data() {
		if math.Abs(v) > 1e30 {
			x.Data()[i] = math.Copysign(1e30, v)
		}
		if math.Abs(v) <= zeroBound {
			x.Data()[i] = 0
		}
	}
	return x
}

func grownCases(t testing.TB) []writtenCase {
	regressor := func(e *Ensemble) answering {
		if e.Outputs == 1 {
			m, err := NewRegressionModel(ml.Fitted{}, e)
			require.NoError(t, err)
			return m
		}
		m, err := NewMultiRegressionModel(ml.Fitted{}, e)
		require.NoError(t, err)
		return m
	}
	classifier := func(e *Ensemble) answering {
		m, err := NewClassificationModel(ml.Fitted{}, e)
		require.NoError(t, err)
		return m
	}
	var out []writtenCase
	add := func(format, name string, s shape, kind func(*Ensemble) answering, changes ...func(e *Ensemble)) {
		m := kind(changed(t, s, func(e *Ensemble) {
			for _, change := range changes {
				change(e)
			}
		}))
		x := tame(randomRows(30, s.features, 77+s.seed))
		out = append(out, writtenCase{name: format + " " + name, format: format, model: m, x: x})
		if format == "json" {
			out = append(out, writtenCase{name: "ubj " + name, format: "ubj", model: m, x: x})
		}
	}
	noBase := func(e *Ensemble) { clear(e.Base) }
	link := func(l Link) func(e *Ensemble) { return func(e *Ensemble) { e.Link = l } }
	bare := func(e *Ensemble) { e.Cover, e.Gain = nil, nil }
	empty := func(e *Ensemble) {
		*e = Ensemble{Features: e.Features, Outputs: e.Outputs, Vector: e.Vector, Float32: e.Float32, Base: e.Base, Start: []int32{0}, Stage: e.Stage, Link: e.Link}
	}
	add("lightgbm", "rules", shape{features: 5, outputs: 1, trees: 6, leaves: 9, seed: 1}, regressor)
	add("lightgbm", "leaf", shape{features: 1, outputs: 1, trees: 1, leaves: 1, seed: 2}, regressor)
	add("lightgbm", "categories", shape{features: 9, outputs: 1, trees: 5, leaves: 9, categories: true, seed: 3}, regressor, forLightGBM)
	add("lightgbm", "weights", shape{features: 5, outputs: 1, trees: 5, leaves: 7, weights: true, seed: 4}, regressor, bare)
	add("lightgbm", "linear", shape{features: 6, outputs: 1, trees: 4, leaves: 6, linear: true, seed: 5}, regressor)
	add("lightgbm", "logistic", shape{features: 4, outputs: 1, trees: 3, leaves: 5, seed: 6}, classifier, link(Logistic), func(e *Ensemble) { e.LinkScale = 0.75 })
	add("lightgbm", "cross entropy", shape{features: 4, outputs: 1, trees: 3, leaves: 5, seed: 7}, regressor, link(Logistic))
	add("lightgbm", "softmax", shape{features: 4, outputs: 3, trees: 7, leaves: 5, seed: 8}, classifier, link(Softmax))
	add("lightgbm", "one vs rest", shape{features: 4, outputs: 3, trees: 6, leaves: 5, seed: 9}, classifier, link(OneVsRest))
	add("lightgbm", "softplus", shape{features: 4, outputs: 1, trees: 2, leaves: 5, seed: 10}, regressor, link(Softplus))
	add("lightgbm", "exp", shape{features: 4, outputs: 1, trees: 2, leaves: 5, seed: 11}, regressor, link(Exp))
	add("lightgbm", "signed square", shape{features: 4, outputs: 1, trees: 2, leaves: 5, seed: 12}, regressor, link(SignedSquare))
	add("lightgbm", "targets", shape{features: 4, outputs: 2, trees: 4, leaves: 5, seed: 13}, regressor)
	add("lightgbm", "vectors", shape{features: 4, outputs: 3, trees: 3, leaves: 5, vector: true, seed: 14}, classifier, link(Softmax))
	add("lightgbm", "forest", shape{features: 4, outputs: 1, trees: 4, leaves: 6, average: true, seed: 15}, regressor, noBase)
	add("lightgbm", "empty", shape{features: 4, outputs: 1, trees: 1, leaves: 1, seed: 16}, regressor, empty)

	add("json", "rules", shape{features: 5, outputs: 1, trees: 6, leaves: 9, float32: true, seed: 1}, regressor, forXGBoost)
	add("json", "leaf", shape{features: 1, outputs: 1, trees: 1, leaves: 1, float32: true, seed: 2}, regressor)
	add("json", "categories", shape{features: 9, outputs: 1, trees: 5, leaves: 9, categories: true, float32: true, seed: 3}, regressor, forXGBoost)
	add("json", "no categories", shape{features: 3, outputs: 1, trees: 3, leaves: 5, categories: true, float32: true, seed: 4}, regressor, forXGBoost, func(e *Ensemble) {
		clear(e.Sets)
	})
	add("json", "weights", shape{features: 5, outputs: 1, trees: 5, leaves: 7, weights: true, float32: true, seed: 4}, regressor, forXGBoost, bare)
	add("json", "logistic", shape{features: 4, outputs: 1, trees: 3, leaves: 5, float32: true, seed: 6}, classifier, forXGBoost, link(Logistic))
	add("json", "reg logistic", shape{features: 4, outputs: 1, trees: 3, leaves: 5, float32: true, seed: 7}, regressor, forXGBoost, link(Logistic), noBase)
	add("json", "labels", shape{features: 4, outputs: 3, trees: 4, leaves: 5, float32: true, seed: 17}, regressor, forXGBoost, link(Logistic))
	add("json", "softmax", shape{features: 4, outputs: 3, trees: 7, leaves: 5, float32: true, seed: 8}, classifier, forXGBoost, link(Softmax))
	add("json", "hinge", shape{features: 4, outputs: 1, trees: 3, leaves: 5, float32: true, seed: 9}, classifier, forXGBoost, link(Hinge))
	add("json", "exp", shape{features: 4, outputs: 1, trees: 2, leaves: 5, float32: true, seed: 11}, regressor, forXGBoost, link(Exp))
	add("json", "targets", shape{features: 4, outputs: 2, trees: 4, leaves: 5, float32: true, seed: 13}, regressor, forXGBoost)
	add("json", "vectors", shape{features: 4, outputs: 3, trees: 3, leaves: 5, vector: true, float32: true, seed: 14}, regressor, forXGBoost)
	add("json", "empty", shape{features: 4, outputs: 1, trees: 1, leaves: 1, float32: true, seed: 16}, regressor, empty)
	add("json", "rounded", shape{features: 5, outputs: 2, trees: 6, leaves: 9, average: true, weights: true, seed: 18}, regressor, forXGBoost, func(e *Ensemble) {
		require.NoError(t, e.Restore())
		r, err := e.Rounded()
		require.NoError(t, err)
		*e = *r
		e.engine = nil
	})
	for _, format := range []string{"lightgbm", "json", "ubj"} {
		out = append(out, levelCase(t, format))
	}
	return out
}

// levelCase (in ASCII, beyond which XGBoost 3.2 miscounts the bytes of pandas 3's texts) has a column of categories with names, out of order: peers are asked with a data frame whose categories have other codes.
func levelCase(t testing.TB, format string) writtenCase {
	s := shape{features: 3, outputs: 1, trees: 5, leaves: 8, categories: true, float32: format != "lightgbm", seed: 20}
	change := forXGBoost
	if format == "lightgbm" {
		change = forLightGBM
	}
	columns := []ml.Column{{Name: "town", Kind: ml.Categorical}, {Name: "a"}, {Name: "b"}}
	for i := range 40 {
		columns[0].Levels = append(columns[0].Levels, fmt.Sprintf("t%02d", i*7%40))
	}
	m, err := NewRegressionModel(ml.Fitted{Columns: columns}, changed(t, s, change))
	require.NoError(t, err)
	x := tame(randomRows(30, 3, 5))
	for i := range 30 {
		x.Set(float64(i*11%40), i, 0)
	}
	x.Set(math.NaN(), 3, 0)
	return writtenCase{name: format + " levels", format: format, model: m, x: x}
}

// loadedCases writes the models of golden files again.
func loadedCases(t testing.TB) []writtenCase {
	var out []writtenCase
	light := golden.Load[foreign](t, "testdata/lightgbm_4.7.0.json")
	for _, name := range slices.Sorted(maps.Keys(light.Cases)) {
		c := light.Cases[name]
		m, err := readLightGBM(c.file(t))
		require.NoError(t, err)
		out = append(out, writtenCase{name: "lightgbm again " + name, format: "lightgbm", model: m, x: c.rows(t, light.X), again: true})
	}
	boost := golden.Load[foreign](t, "testdata/xgboost_3.2.0.json")
	for _, name := range slices.Sorted(maps.Keys(boost.Cases)) {
		c := boost.Cases[name]
		m, err := readXGBoost(c.file(t))
		require.NoError(t, err)
		for _, format := range []string{"json", "ubj"} {
			out = append(out, writtenCase{name: format + " again " + name, format: format, model: m, x: c.rows(t, boost.X), again: true})
		}
	}
	return out
}

// write returns the file of a case.
func (c writtenCase) write(t testing.TB) []byte {
	t.Helper()
	var file bytes.Buffer
	require.NoError(t, writers[c.format](&file, c.model.(Grown)), c.name)
	return file.Bytes()
}

// Whatever is written is read back as a model that answers the same.
func TestWrittenFilesReadBack(t *testing.T) {
	for _, c := range slices.Concat(grownCases(t), loadedCases(t)) {
		again, err := readers[c.format](string(c.write(t)))
		require.NoError(t, err, c.name)
		alike(t, c.name, c.model, again, c.x)
		assert.IsType(t, c.model, again, c.name)
		want, got := c.model.Meta().Columns, again.Meta().Columns
		if want != nil && !strings.HasSuffix(c.name, "again pandas") { // which has levels that are numbers
			assert.Equal(t, want, got, c.name)
		}
		if c.again {
			golden.Close(t, narrowed(again.Trees().Cover), narrowed(c.model.Trees().Cover), 0, 0, c.name) // JSON has digits of float32, UBJSON float32
			assert.Equal(t, c.model.Trees().Stages(), again.Trees().Stages(), c.name)
			want, err := c.model.Leaves(c.x)
			require.NoError(t, err)
			got, err := again.Leaves(c.x)
			require.NoError(t, err)
			if !strings.Contains(c.name, "pruned") { // whose deleted nodes are left out, so that leaves have other numbers
				assert.Equal(t, want, got, c.name)
			}
		}
	}
}

func narrowed(v []float64) []float32 {
	out := make([]float32, len(v))
	for i := range v {
		out[i] = float32(v[i])
	}
	return out
}

// alike compares what two models say about rows, to the bit.
func alike(t testing.TB, name string, a, b answering, x tensor.Matrix) {
	t.Helper()
	want, err := a.Raw(x)
	require.NoError(t, err, name)
	got, err := b.Raw(x)
	require.NoError(t, err, name)
	golden.Close(t, got.Data(), want.Data(), 0, 0, name+": raw scores")
	want, err = a.Response(x)
	require.NoError(t, err, name)
	got, err = b.Response(x)
	require.NoError(t, err, name)
	golden.Close(t, got.Data(), want.Data(), 0, 0, name+": responses")
}

// peersFile is the golden file of files that LightGBM and XGBoost have read, see internal/golden/tree_written.py.
type peersFile struct {
	Cases map[string]struct {
		Sha256 string
		File   string    // "" for models that were read from another golden file
		Raw    []float64 // what the library answered
	}
}

// What the writers write is, byte by byte, what LightGBM and XGBoost have read and answered to as we do.
func TestWrittenFilesAreThosePeersHaveRead(t *testing.T) {
	file := golden.Load[peersFile](t, "testdata/written.json")
	cases := slices.Concat(grownCases(t), loadedCases(t))
	assert.Len(t, file.Cases, len(cases))
	for _, c := range cases {
		want, ok := file.Cases[c.name]
		if !assert.True(t, ok, c.name) {
			continue
		}
		text := c.write(t)
		sum := sha256.Sum256(text)
		if !assert.Equal(t, want.Sha256, hex.EncodeToString(sum[:]), c.name) || c.again {
			continue
		}
		raw, err := c.model.Raw(c.x)
		require.NoError(t, err)
		golden.Close(t, raw.Data(), want.Raw, 0, 0, c.name)
		if c.format == "ubj" {
			text = []byte(base64.StdEncoding.EncodeToString(text))
		}
		assert.Equal(t, want.File, string(text), c.name)
	}
}

// internal/golden/tree_written.py runs this to get the files.
func TestWriteFilesForPeers(t *testing.T) {
	dir := os.Getenv("GOPHERWOOD_WRITTEN")
	if dir == "" {
		t.Skip("GOPHERWOOD_WRITTEN names no folder")
	}
	type entry struct {
		Name, Format, File string
		Rows, Columns      int
		X, Raw             []byte // float64, little-endian
		Rounds             int    // that LightGBM's raw score of a forest is a sum over, else 1
		Again              bool
		Levels             []string // of column 0, if rows are to come as a data frame
	}
	numbers := func(v []float64) []byte {
		var b []byte
		for _, f := range v {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(f))
		}
		return b
	}
	var list []entry
	for i, c := range slices.Concat(grownCases(t), loadedCases(t)) {
		name := fmt.Sprintf("%d.%s", i, map[string]string{"lightgbm": "txt", "json": "json", "ubj": "ubj"}[c.format])
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), c.write(t), 0o644))
		raw, err := c.model.Raw(c.x)
		require.NoError(t, err)
		rounds := 1
		if e := c.model.Trees(); e.Average {
			rounds = e.Trees() / e.Outputs
		}
		n, p := c.x.Dims()
		levels := []string(nil)
		if columns := c.model.Meta().Columns; strings.HasSuffix(c.name, " levels") {
			levels = columns[0].Levels
		}
		list = append(list, entry{Levels: levels, Name: c.name, Format: c.format, File: name, Rows: n, Columns: p, X: numbers(c.x.Data()), Raw: numbers(raw.Data()), Rounds: rounds, Again: c.again})
	}
	text, err := json.Marshal(list)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "cases.json"), text, 0o644))
}

func TestWhatAFormatCannotSayIsNamed(t *testing.T) {
	plain := shape{features: 4, outputs: 1, trees: 3, leaves: 5, lessOnly: true, seed: 1}
	with := func(s shape, change func(*Ensemble)) *Ensemble { return changed(t, s, change) }
	narrow := plain
	narrow.float32 = true
	classes := plain
	classes.outputs = 3
	linear := plain
	linear.linear = true
	categories := plain
	categories.categories = true
	missing := with(categories, func(e *Ensemble) {
		rules(func(r Rule) Rule {
			if r.Categorical() {
				return In | MissingLeft
			}
			return r
		})(e)
		clear(e.Base)
	})
	average := func(e *Ensemble) { e.Average = true }
	link := func(l Link) func(*Ensemble) { return func(e *Ensemble) { e.Link = l } }
	for _, c := range []struct {
		name, format string
		e            *Ensemble
		field        string
	}{
		{"float32 sums", "lightgbm", with(narrow, nil), "Float32"},
		{"a base and a mean", "lightgbm", with(plain, average), "Base"},
		{"share", "lightgbm", with(classes, link(Share)), "Link"},
		{"hinge", "lightgbm", with(plain, link(Hinge)), "Link"},
		{"missing left", "lightgbm", missing, "Rule"},
		{"weights of lines", "lightgbm", with(linear, func(e *Ensemble) { e.Weight = []float64{1, 0.5, 1} }), "Weight"},
		{"lines that skip", "lightgbm", with(linear, func(e *Ensemble) { e.Linear.SkipMissing = true }), "Linear.SkipMissing"},
		{"uneven means", "lightgbm", with(classes, func(e *Ensemble) { e.Average, e.Output = true, []int32{0, 1, 1} }), "Average"},
		{"float64 sums", "json", with(plain, nil), "Float32"},
		{"a mean", "json", with(narrow, average), "Average"},
		{"zero", "json", with(narrow, rules(func(r Rule) Rule { return r | ZeroIsMissing })), "Rule"},
		{"lines", "json", with(linear, func(e *Ensemble) {
			e.Float32 = true
			for i := range e.Threshold {
				e.Threshold[i] = float64(float32(e.Threshold[i]))
			}
		}), "Linear"},
		{"square", "json", with(narrow, link(SignedSquare)), "Link"},
		{"softplus", "ubj", with(narrow, link(Softplus)), "Link"},
		{"scale", "json", with(narrow, func(e *Ensemble) { e.Link, e.LinkScale = Logistic, 2 }), "LinkScale"},
	} {
		model, err := NewMultiRegressionModel(ml.Fitted{}, c.e)
		require.NoError(t, err, c.name)
		err = writers[c.format](io.Discard, model)
		var e *ml.Error
		if assert.ErrorAs(t, err, &e, c.name) {
			assert.ErrorIs(t, err, errors.ErrUnsupported, c.name)
			assert.Equal(t, c.field, e.Field, c.name)
		}
	}
	m, err := NewRegressionModel(ml.Fitted{Columns: []ml.Column{{Name: "a b"}, {}, {}, {}}}, with(plain, nil))
	require.NoError(t, err)
	err = WriteLightGBM(io.Discard, m)
	assert.ErrorIs(t, err, errors.ErrUnsupported)
	assert.ErrorContains(t, err, `column 0 is named "a b"`)
}

// Rows of float32 reach the leaves they reached before; scores are near.
func TestRoundedEnsemblesAnswerAlmostTheSame(t *testing.T) {
	for _, s := range shapes {
		if s.linear {
			continue
		}
		e := changed(t, s, rules(func(r Rule) Rule { return r &^ ZeroIsMissing }))
		r, err := e.Rounded()
		require.NoError(t, err)
		x := tame(randomRows(200, s.features, s.seed))
		for i, v := range x.Data() {
			x.Data()[i] = float64(float32(v))
		}
		a, b := make([]float64, s.outputs), make([]float64, s.outputs)
		for i := range 200 {
			for tree := range e.Trees() {
				require.Equal(t, e.leaf(tree, x.Row(i)), r.leaf(tree, x.Row(i)), "%+v", s)
			}
			e.walk(a, x.Row(i), e.Trees())
			r.walk(b, x.Row(i), e.Trees())
			golden.Close(t, b, a, 1e-5, 1e-5, fmt.Sprintf("%+v", s)) // 30 sums of rounded numbers of size 1
		}
	}
	_, err := changed(t, shape{features: 3, outputs: 1, trees: 1, leaves: 3, linear: true, seed: 1}, nil).Rounded()
	assert.ErrorIs(t, err, errors.ErrUnsupported)
}

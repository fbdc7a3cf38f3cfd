package tree

import (
	"bytes"
	"errors"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
)

// seeds are the models of golden files as their libraries wrote them.
func seeds(t testing.TB, files ...string) []string {
	var out []string
	for _, name := range files {
		if _, err := os.Stat(name); err != nil {
			t.Fatal(err)
		}
		file := golden.Load[foreign](t, name)
		for _, c := range file.Cases {
			out = append(out, c.file(t))
		}
	}
	return out
}

// sound reads a file that may be anything: an error of the right kind, or a model that answers, and the same after a round trip if that is asked for.
func sound(t *testing.T, read func(data string) (answering, error), data string, again bool) {
	m, err := read(data)
	if err != nil {
		var e *ml.Error
		if !errors.As(err, &e) || !errors.Is(err, ml.ErrFormat) {
			t.Fatalf("%v is no ErrFormat", err)
		}
		return
	}
	e := m.Trees()
	if e.Features > 1<<12 || e.Outputs > 1<<12 {
		return
	}
	x := tensor.New[float64](3, e.Features)
	for i := range x.Data() {
		x.Data()[i] = float64(i%7) - 3
	}
	if _, err := m.Raw(x); err != nil {
		t.Fatal(err)
	}
	if !again {
		return
	}
	for format, write := range writers {
		roundTrip(t, format, write, m, x)
	}
}

// roundTrip writes a model that was read and reads it again: the same scores, or an error that says what the format lacks.
func roundTrip(t *testing.T, format string, write func(io.Writer, Grown) error, m answering, x tensor.Matrix) {
	var file bytes.Buffer
	if err := write(&file, m.(Grown)); err != nil {
		if !errors.Is(err, errors.ErrUnsupported) {
			t.Fatalf("%v is no ErrUnsupported", err)
		}
		return
	}
	again, err := readers[format](file.String())
	if err != nil {
		t.Fatalf("%s: what was written is not read: %v", format, err)
	}
	alike(t, format, m, again, x)
}

func readLightGBM(data string) (answering, error) {
	return ReadLightGBM[answering](strings.NewReader(data))
}

func readXGBoost(data string) (answering, error) {
	return ReadXGBoost[answering](strings.NewReader(data))
}

func FuzzReadLightGBM(f *testing.F) {
	for _, text := range seeds(f, "testdata/lightgbm_4.7.0.json") {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, data string) { sound(t, readLightGBM, data, true) })
}

func FuzzReadXGBoost(f *testing.F) {
	for _, text := range seeds(f, "testdata/xgboost_3.2.0.json") {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, data string) { sound(t, readXGBoost, data, true) })
}

// Every kind of damage at many places of every golden file: cut off, a byte changed, a piece twice or left out.
func TestDamagedFilesGiveErrors(t *testing.T) {
	step := 61
	if testing.Short() {
		step = 997
	}
	for _, c := range []struct {
		file string
		read func(string) (answering, error)
	}{{"testdata/lightgbm_4.7.0.json", readLightGBM}, {"testdata/xgboost_3.2.0.json", readXGBoost}} {
		for s, text := range seeds(t, c.file) {
			for at := s; at < len(text); at += step + len(text)/100 {
				sound(t, c.read, text[:at], false)
				for _, b := range []byte{'-', '9', ' ', '[', 0xff} {
					sound(t, c.read, text[:at]+string([]byte{b})+text[at+1:], false)
				}
				end := min(at+20, len(text))
				sound(t, c.read, text[:at]+text[end:], false)
				sound(t, c.read, text[:end]+text[at:], false)
			}
		}
	}
}

// Small files that ask for much memory are refused before they get it.
func TestHostileFilesDoNotAllocate(t *testing.T) {
	head := "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nmax_feature_idx=0\n\n"
	xgb := func(trees, params string) string {
		return `{"learner":{"learner_model_param":{"base_score":"0.5","num_class":"0","num_feature":"1"` + params + `},"objective":{"name":""},
			"gradient_booster":{"name":"gbtree","model":{"trees":[` + trees + `],"tree_info":[0],"gbtree_model_param":{}}}},"version":[3,1,0]}`
	}
	far := `{"left_children":[1,-1,-1],"right_children":[2,-1,-1],"split_indices":[0,0,0],"split_conditions":[0,1,2],"default_left":[0,0,0],
		"split_type":[1,0,0],"categories_nodes":[` + strings.Repeat("0,", 999) + `0],"categories_segments":[` + strings.Repeat("0,", 999) + `0],
		"categories_sizes":[` + strings.Repeat("1,", 999) + `1],"categories":[16777215],"tree_param":{}}`
	for name, c := range map[string]struct {
		data string
		read func(string) (answering, error)
	}{
		"leaves":           {head + "Tree=0\nnum_leaves=2000000000\nleaf_value=1\n\nend of trees\n", readLightGBM},
		"sets":             {head + "Tree=0\nnum_leaves=2\nnum_cat=2000000000\nsplit_feature=0\nthreshold=0\ndecision_type=1\nleft_child=-1\nright_child=-2\nleaf_value=1 2\n", readLightGBM},
		"set words":        {head + "Tree=0\nnum_leaves=2\nnum_cat=1\ncat_boundaries=0 2000000000\ncat_threshold=1\nsplit_feature=0\nthreshold=0\ndecision_type=1\nleft_child=-1\nright_child=-2\nleaf_value=1 2\n", readLightGBM},
		"negative sets":    {head + "Tree=0\nnum_leaves=2\nnum_cat=1\ncat_boundaries=0 -5\ncat_threshold=1\nsplit_feature=0\nthreshold=0\ndecision_type=1\nleft_child=-1\nright_child=-2\nleaf_value=1 2\n", readLightGBM},
		"classes":          {"tree\nnum_class=2000000000\nmax_feature_idx=0\n", readLightGBM},
		"outputs":          {xgb("", `,"num_target":"2000000000"`), readXGBoost},
		"a cycle":          {xgb(`{"left_children":[1,0,-1],"right_children":[2,2,-1],"split_indices":[0,0,0],"split_conditions":[0,1,2],"default_left":[0,0,0],"tree_param":{}}`, ""), readXGBoost},
		"codes far apart":  {xgb(far, ""), readXGBoost},
		"deep JSON":        {strings.Repeat("[", 1<<20), readXGBoost},
		"deeper JSON":      {`{"a":` + strings.Repeat("[", 1<<20), readXGBoost},
		"deep UBJSON":      {"{i\x01a" + strings.Repeat("[", 1<<20), readXGBoost},
		"a long array":     {"{i\x01a[$d#L\x00\x00\x00\x7f\xff\xff\xff\xff", readXGBoost},
		"a negative array": {"{i\x01a[$d#l\xff\xff\xff\xff", readXGBoost},
		"a long text":      {"{L\x00\x00\x00\x7f\xff\xff\xff\xffa", readXGBoost},
		"many nulls":       {"{i\x01a[#l\x7f\xff\xff\xff", readXGBoost},
		"empty":            {"", readXGBoost},
		"nothing":          {"", readLightGBM},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := c.read(c.data)
		runtime.ReadMemStats(&after)
		assert.ErrorIs(t, err, ml.ErrFormat, name)
		assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(64<<20), name)
	}
}

func TestAFileOfAnotherKindIsToldSo(t *testing.T) {
	file := golden.Load[foreign](t, "testdata/lightgbm_4.7.0.json")
	_, err := ReadLightGBM[*RegressionModel](strings.NewReader(file.Cases["binary"].Model))
	assert.ErrorIs(t, err, ml.ErrType)
	m, err := ReadLightGBM[ml.Classifier](strings.NewReader(file.Cases["binary"].Model))
	require.NoError(t, err)
	var saved bytes.Buffer
	require.NoError(t, ml.Save(&saved, m))
	again, err := ml.Load[*ClassificationModel](&saved)
	require.NoError(t, err)
	assert.Equal(t, Origin{Library: "LightGBM", Version: "v4", Objective: "binary sigmoid:0.7"}, again.Config)
}

func TestColumnsOfLoadedModels(t *testing.T) {
	light := golden.Load[foreign](t, "testdata/lightgbm_4.7.0.json")
	m, err := readLightGBM(light.Cases["pandas"].Model)
	require.NoError(t, err)
	want := []ml.Column{{Name: "num"}, {Name: "cat", Kind: ml.Categorical, Levels: []string{"blue", "green", "red"}}}
	assert.Equal(t, want, m.Meta().Columns)
	m, err = readLightGBM(light.Cases["names"].Model)
	require.NoError(t, err)
	for j, name := range []string{"a=b", "c", "d=", "é", "f-1", "g"} {
		assert.Equal(t, name, m.Meta().Columns[j].Name)
	}
	boost := golden.Load[foreign](t, "testdata/xgboost_3.2.0.json")
	m, err = readXGBoost(boost.Cases["pandas"].Model)
	require.NoError(t, err)
	want = append(want, ml.Column{Name: "year", Kind: ml.Categorical, Levels: []string{"0", "10", "20", "30"}})
	assert.Equal(t, want, m.Meta().Columns)
	m, err = readXGBoost(boost.Cases["names"].Model)
	require.NoError(t, err)
	for j, name := range []string{"a=b", "c d", "é", `q"uote`, `back\slash`, "f"} {
		assert.Equal(t, name, m.Meta().Columns[j].Name)
	}
	m, err = readXGBoost(boost.Cases["early stopping"].Model)
	require.NoError(t, err)
	assert.Equal(t, 1, m.Meta().Info.Best)
}

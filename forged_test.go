package ml_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/selection"
	"github.com/gopherwood-ml/ml/tensor"
)

// A file whose checksum is right may still have been made by somebody else: each part of a model in turn is missing, of another
// length or of another value. Whatever loads must then predict or give an error, and never panic.
func TestForgedModelsNeverPanic(t *testing.T) {
	logistic := linear.LogisticRegression{MaxIter: 3}
	columns := features.Columns{Parts: []features.Part{
		{Columns: features.ByKind(ml.Numeric), Do: ml.Stages{ml.Step(features.SimpleImputer{AddIndicator: true}), ml.Step(features.StandardScaler{})}},
		{Columns: features.ByKind(ml.Categorical), Do: ml.Step(features.OneHotEncoder{Drop: features.DropFirst})},
		{Name: "rank", Columns: features.ByKind(ml.Categorical), Do: ml.Stages{ml.Step(features.SimpleImputer{}), ml.Step(features.OrdinalEncoder{})}},
	}}
	iris, penguins, diabetes := datasets.Iris(), datasets.Penguins(), datasets.Diabetes()
	for _, c := range []struct {
		name  string
		model any
		x     tensor.Matrix
	}{
		{"ridge", must(linear.Ridge{Alpha: 1}.Fit(ctx, diabetes)), diabetes.X},
		{"several targets", must(linear.OLSMulti{}.Fit(ctx, datasets.Linnerud())), datasets.Linnerud().X},
		{"scaler and logistic", must(ml.Pipe(ml.Step(features.StandardScaler{}), logistic).Fit(ctx, iris)), iris.X},
		{"columns", must(ml.Pipe(columns, logistic).Fit(ctx, penguins)), penguins.Select([]int{0, 3, 50, 200, 300}).X},
		{"search", must(selection.NewSearch([]linear.LogisticRegression{{C: 1}, {C: 2}}, selection.KFold{K: 3, Shuffle: true}, selection.LogLoss{}).Fit(ctx, iris)), iris.X},
		{"function", must(features.Map{Func: features.Clip{Low: 1, High: 2}}.Fit(ctx, iris.Table)), iris.X},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := must(ml.MarshalConfig(c.model))
			var tree any
			require.NoError(t, json.Unmarshal(text, &tree))
			forged, loaded := 0, 0
			forge(tree, nil, func(where []string) {
				forged++
				if use(t, where, must(json.Marshal(tree)), c.x) {
					loaded++
				}
			})
			t.Logf("%d forged models, %d of them load", forged, loaded)
			require.NotZero(t, forged)
		})
	}
}

// use loads a model and asks it for everything it can do.
func use(t *testing.T, where []string, text []byte, x tensor.Matrix) (loaded bool) {
	defer func() {
		if p := recover(); p != nil {
			t.Errorf("%s: %v", filepath.Join(where...), p)
		}
	}()
	m, err := ml.UnmarshalConfig[any](text)
	if err != nil {
		return false
	}
	_, p := x.Dims()
	row, wide := make([]float64, p), make([]float64, 64)
	switch m := m.(type) {
	case ml.Predictor[int]:
		_, _ = m.Predict(x)
	case ml.Predictor[float64]:
		_, _ = m.Predict(x)
	case ml.Predictor[[]float64]:
		_, _ = m.Predict(x)
	}
	if m, ok := m.(ml.Classifier); ok {
		_, _ = m.PredictProba(x)
	}
	if m, ok := m.(ml.RowPredictor[int]); ok {
		_, _ = m.PredictRow(row)
	}
	if m, ok := m.(ml.RowPredictor[float64]); ok {
		_, _ = m.PredictRow(row)
	}
	if m, ok := m.(ml.RowProba); ok {
		_ = m.ProbaRow(wide[:3], row)
	}
	if m, ok := m.(ml.Transformer); ok {
		_ = m.Out()
		_, _ = m.Transform(x)
	}
	if m, ok := m.(ml.Inverter); ok {
		_, _ = m.Inverse(x)
	}
	return true
}

// forge changes each part of a JSON tree in place, one at a time and in several ways, calls try, and puts it back.
func forge(node any, path []string, try func(path []string)) {
	each := func(key string, value any, set func(any)) {
		at := append(path, key)
		for _, v := range otherValues(value) {
			set(v)
			try(at)
		}
		set(value)
		forge(value, at, try)
	}
	switch node := node.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(node)) {
			value := node[key]
			each(key, value, func(v any) { node[key] = v })
			delete(node, key)
			try(append(path, key+" missing"))
			node[key] = value
		}
	case []any:
		for i, value := range node {
			if i >= 3 && i < len(node)-1 {
				continue // the first ones and the last one stand for the others
			}
			each(fmt.Sprint(i), value, func(v any) { node[i] = v })
		}
	}
}

func otherValues(v any) []any {
	switch v := v.(type) {
	case float64:
		return []any{-1.0, 0.0, 1.0, 7.0, 1e9, 0.5, "NaN", "x", nil}
	case string:
		return []any{"", "x", "NaN", 1.0, nil}
	case bool:
		return []any{!v, nil}
	case []any:
		out := []any{[]any{}, nil, append(v[:len(v):len(v)], 0.0)}
		if len(v) > 0 {
			out = append(out, v[:len(v)-1], append(v[:len(v):len(v)], v[0]))
		}
		return out
	case map[string]any:
		return []any{nil, map[string]any{}, []any{}}
	}
	return []any{0.0, "x", []any{}, map[string]any{}}
}

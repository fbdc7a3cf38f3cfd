package ml_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/selection"
	"github.com/gopherwood-ml/ml/tensor"
)

var updateFiles = flag.Bool("update", false, "write this version's model files; those of released versions are never rewritten")

// Files that a version wrote keep loading, and predict what they predicted then. Each version has a folder: models, and in
// predictions.npz what they gave for the first rows of their data.
func TestOldFilesLoad(t *testing.T) {
	if *updateFiles {
		writeFiles(t, filepath.Join("testdata", "models", "v"+ml.Version))
	}
	folders, err := filepath.Glob("testdata/models/v*")
	require.NoError(t, err)
	require.NotEmpty(t, folders)
	for _, folder := range folders {
		raw, err := os.ReadFile(filepath.Join(folder, "predictions.npz"))
		require.NoError(t, err)
		want, err := tensor.ReadNpz[float64](bytes.NewReader(raw), int64(len(raw)))
		require.NoError(t, err)
		files, err := filepath.Glob(filepath.Join(folder, "*.safetensors"))
		require.NoError(t, err)
		require.Equal(t, len(want), len(files))
		for _, path := range files {
			file, err := os.ReadFile(path)
			require.NoError(t, err)
			name := filepath.Base(path)
			name = name[:len(name)-len(".safetensors")]
			got, err := outputs(name, file)
			require.NoError(t, err, path)
			require.True(t, got.AllClose(want[name], 1e-12, 1e-15), "%s predicts otherwise than when it was written", path)
		}
	}
}

const oldRows = 10

// outputs loads a model file as the interface a server would ask for.
func outputs(name string, file []byte) (*tensor.Tensor[float64], error) {
	switch name {
	case "ridge":
		m, err := ml.Load[ml.Predictor[float64]](bytes.NewReader(file))
		if err != nil {
			return nil, err
		}
		y, err := m.Predict(datasets.Diabetes().X.(*tensor.Tensor[float64]).Rows(0, oldRows))
		return tensor.FromSlice(y, len(y), 1), err
	case "iris", "search":
		return probabilities(file, datasets.Iris())
	}
	return probabilities(file, datasets.Penguins())
}

func probabilities(file []byte, d ml.Dataset[int]) (*tensor.Tensor[float64], error) {
	m, err := ml.Load[ml.Classifier](bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	return m.PredictProba(d.X.(*tensor.Tensor[float64]).Rows(0, oldRows))
}

func writeFiles(t *testing.T, folder string) {
	logistic := linear.LogisticRegression{}
	columns := features.Columns{Parts: []features.Part{
		{Columns: features.ByKind(ml.Numeric), Do: ml.Stages{ml.Step(features.SimpleImputer{}), ml.Step(features.StandardScaler{})}},
		{Columns: features.ByKind(ml.Categorical), Do: ml.Step(features.OneHotEncoder{})},
	}}
	models := map[string]any{
		"ridge":    must(linear.Ridge{Alpha: 1}.Fit(ctx, datasets.Diabetes())),
		"iris":     must(ml.Pipe(ml.Step(features.StandardScaler{}), logistic).Fit(ctx, datasets.Iris())),
		"penguins": must(ml.Pipe(columns, logistic).Fit(ctx, datasets.Penguins())),
		"search": must(selection.NewSearch([]linear.LogisticRegression{{C: 0.1}, {C: 10}}, selection.StratifiedKFold{K: 3}, selection.LogLoss{}).
			Fit(ctx, datasets.Iris())),
	}
	require.NoError(t, os.MkdirAll(folder, 0o755))
	predictions := map[string]*tensor.Tensor[float64]{}
	for name, m := range models {
		file := saved(t, m)
		require.NoError(t, os.WriteFile(filepath.Join(folder, name+".safetensors"), file, 0o644))
		predictions[name] = must(outputs(name, file))
	}
	var b bytes.Buffer
	require.NoError(t, tensor.WriteNpz(&b, predictions))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "predictions.npz"), b.Bytes(), 0o644))
}

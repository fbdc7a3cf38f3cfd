package tree

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// binned is a random ensemble as histograms of 255 bins would give it, over normal columns.
func binned(b testing.TB, s shape) (*RegressionModel, *tensor.Tensor[float64]) {
	r := rand.New(rand.NewPCG(s.seed, 3))
	cuts := make([]float64, 254)
	for i := range cuts {
		cuts[i] = float64(float32(r.NormFloat64()))
	}
	builder := NewBuilder(Ensemble{Features: s.features, Outputs: 1, Float32: s.float32, Base: []float64{0.5}})
	for range s.trees {
		nodes := randomTree(r, s)
		for i := range nodes {
			if !nodes[i].Leaf() {
				nodes[i].Threshold, nodes[i].Rule = cuts[r.IntN(len(cuts))], Less
			}
		}
		builder.Add(0, 1, nodes)
	}
	e, err := builder.Ensemble()
	require.NoError(b, err)
	m, err := NewRegressionModel(ml.Fitted{}, e)
	require.NoError(b, err)
	x := tensor.New[float64](20_000, s.features)
	for i := range x.Data() {
		x.Data()[i] = r.NormFloat64()
	}
	return m, x
}

// BenchmarkModels predicts with the model files of the folder TREEMODELS, XGBoost's *.json and LightGBM's *.txt, the rows of X.npy there.
func BenchmarkModels(b *testing.B) {
	folder := os.Getenv("TREEMODELS")
	if folder == "" {
		b.Skip("TREEMODELS names no folder")
	}
	f, err := os.Open(filepath.Join(folder, "X.npy"))
	require.NoError(b, err)
	defer f.Close()
	all, err := tensor.ReadNpy[float64](f)
	require.NoError(b, err)
	x := all.Rows(0, 20_000)
	files, err := filepath.Glob(filepath.Join(folder, "*_*.*"))
	require.NoError(b, err)
	for _, name := range files {
		read := ReadXGBoost[*ClassificationModel]
		if filepath.Ext(name) == ".txt" {
			read = ReadLightGBM[*ClassificationModel]
		} else if filepath.Ext(name) != ".json" {
			continue
		}
		file, err := os.Open(name)
		require.NoError(b, err)
		defer file.Close()
		m, err := read(file)
		require.NoError(b, err)
		b.Run(filepath.Base(name)+"/batch", func(b *testing.B) { benchmarkBatch(b, &m.Model, x) })
		b.Run(filepath.Base(name)+"/row", func(b *testing.B) { benchmarkRow(b, &m.Model, x) })
	}
}

func benchmarkBatch(b *testing.B, m *Model, x *tensor.Tensor[float64]) {
	n, _ := x.Dims()
	for b.Loop() {
		if _, err := m.Raw(x); err != nil {
			b.Fatal(err)
		}
	}
	ns := float64(b.Elapsed().Nanoseconds()) / float64(b.N) / float64(n)
	b.ReportMetric(ns/float64(m.Trees().Trees()), "ns/tree-row")
	b.ReportMetric(1e9/ns, "rows/s")
}

func benchmarkRow(b *testing.B, m *Model, x *tensor.Tensor[float64]) {
	n, _ := x.Dims()
	i, dst := 0, make([]float64, m.Trees().Outputs)
	for b.Loop() {
		if err := m.RawRow(dst, x.Row(i)); err != nil {
			b.Fatal(err)
		}
		if i++; i == n {
			i = 0
		}
	}
}

func BenchmarkBatch500x64(b *testing.B) {
	m, x := binned(b, shape{features: 28, trees: 500, leaves: 64, outputs: 1, float32: true})
	benchmarkBatch(b, &m.Model, x)
}

func BenchmarkBatch500x255(b *testing.B) {
	m, x := binned(b, shape{features: 28, trees: 500, leaves: 255, outputs: 1})
	benchmarkBatch(b, &m.Model, x)
}

func BenchmarkRow500x64(b *testing.B) {
	m, x := binned(b, shape{features: 28, trees: 500, leaves: 64, outputs: 1, float32: true})
	benchmarkRow(b, &m.Model, x)
}

func BenchmarkRow500x255(b *testing.B) {
	m, x := binned(b, shape{features: 28, trees: 500, leaves: 255, outputs: 1})
	benchmarkRow(b, &m.Model, x)
}

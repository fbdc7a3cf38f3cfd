package ensemble_test

import (
	"testing"

	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/selection"
)

// One row after another through a hundred trees that are grown out: what a service does that answers single requests.
func BenchmarkForestRow(b *testing.B) {
	d, err := datasets.Classification{Rows: 62_500, Features: 20, Informative: 10, Seed: 1}.Make()
	if err != nil {
		b.Fatal(err)
	}
	train, test := selection.Split(d, 0.2, 1)
	n, p := test.X.Dims()
	rows := make([][]float64, n)
	for i := range rows {
		rows[i] = make([]float64, p)
		for j := range rows[i] {
			rows[i][j] = test.X.At(i, j)
		}
	}
	run := func(name string, m *ensemble.ForestClassification, err error) {
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			_, _ = m.PredictRow(rows[0]) // prepares the trees
			i := 0
			for b.Loop() {
				if _, err := m.PredictRow(rows[i%n]); err != nil {
					b.Fatal(err)
				}
				i++
			}
		})
	}
	m, err := ensemble.RandomForestClassifier{}.Fit(b.Context(), train)
	run("random forest", m, err)
	m, err = ensemble.ExtraTreesClassifier{}.Fit(b.Context(), train)
	run("extra trees", m, err)
}

package cases

import (
	"context"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/decomp"
)

func init() {
	Register(Case{Name: "TSNE", Data: "tsne5k", Vs: []string{"scikit-learn", "openTSNE"}, Make: func(d *Data) (*Work, error) {
		x := d.Float("X")
		var m *decomp.TSNEModel
		return &Work{
			Rows: x.Shape()[0], Columns: x.Shape()[1],
			Steps: []Step{step("fit", func() (err error) {
				m, err = decomp.TSNE{MaxIter: 500}.Fit(context.Background(), ml.Table{X: x})
				return
			}).floor("scikit-learn", 1.0/3).floor("openTSNE", 1)},
			Score: func() (map[string]float64, error) {
				kept, err := decomp.NeighborsKept(x, m.Embedding, 15, nil)
				return map[string]float64{"kl": m.KL, "kept": kept}, err
			},
			Tol: map[string]float64{"kl": 0.1, "kept": 0.05}, // ours is the lower divergence
		}, nil
	}})
	Register(Case{Name: "UMAP", Data: "umap10k", Vs: []string{"umap-learn"}, Make: func(d *Data) (*Work, error) {
		x := d.Float("X")
		var m *decomp.UMAPModel
		return &Work{
			Rows: x.Shape()[0], Columns: x.Shape()[1],
			Steps: []Step{step("fit", func() (err error) {
				m, err = decomp.UMAP{}.Fit(context.Background(), ml.Table{X: x})
				return
			}).floor("umap-learn", 1.0/2)},
			Score: func() (map[string]float64, error) {
				kept, err := decomp.NeighborsKept(x, m.Embedding, 15, nil)
				return map[string]float64{"kept": kept}, err
			},
			Tol: map[string]float64{"kept": 0.05},
		}, nil
	}})
}

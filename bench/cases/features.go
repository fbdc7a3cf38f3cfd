package cases

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/tensor"
)

func init() {
	Register(Case{Name: "StandardScaler", Data: "prep1m", Vs: []string{"scikit-learn"}, Make: standardScaler, Slow: true})
	Register(Case{Name: "QuantileTransformer", Data: "prep1m", Vs: []string{"scikit-learn"}, Make: quantileTransformer, Slow: true})
	Register(Case{Name: "OneHotEncoder", Data: "prep1m", Vs: []string{"scikit-learn"}, Make: oneHotEncoder, Slow: true})
}

func standardScaler(d *Data) (*Work, error) {
	return columnwise(d, features.StandardScaler{}.Fit, 1e-9) // sums of 2e7 numbers
}

// quantileTransformer learns from as many rows as the peer, drawn by another generator.
func quantileTransformer(d *Data) (*Work, error) {
	return columnwise(d, features.QuantileTransformer{Subsample: 100_000}.Fit, 0.01)
}

// columnwise is the work of a transformer of columns to columns, whose results have a mean size known to tol.
func columnwise[M interface {
	ml.Transformer
	ml.IntoTransformer
	ml.RowTransformer
}](d *Data, fit func(context.Context, ml.Table) (M, error), tol float64) (*Work, error) {
	x := d.Float("X")
	table := ml.Table{X: x}
	n, p := x.Dims()
	into, one, row := tensor.New[float64](n, p), make([]float64, p), rowsInTurn(x)
	var m M
	return &Work{
		Rows: n, Columns: p,
		Steps: []Step{
			step("fit", func() (err error) { m, err = fit(context.Background(), table); return }),
			step("predict", func() error { _, err := m.Transform(x); return err }),
			stepInto("predict", func() error { return m.TransformInto(into, x) }),
			step("row", func() error { return m.TransformRow(one, row()) }),
		},
		Score: func() (map[string]float64, error) {
			if err := m.TransformInto(into, x); err != nil {
				return nil, err
			}
			sum := 0.0
			for _, v := range into.Data() {
				sum += math.Abs(v)
			}
			return map[string]float64{"mean_abs": sum / float64(n*p), "columns": float64(p)}, nil
		},
		Tol: map[string]float64{"mean_abs": tol},
	}, nil
}

// oneHotEncoder makes a sparse matrix, as the peer does, of columns whose categories are whatever numbers occur.
func oneHotEncoder(d *Data) (*Work, error) {
	x := d.Float("C")
	table := ml.Table{X: x}
	n, p := x.Dims()
	row := rowsInTurn(x)
	var one []float64
	var m *features.OneHotModel
	var out tensor.Matrix
	return &Work{
		Rows: n, Columns: p,
		Steps: []Step{
			step("fit", func() (err error) {
				m, err = features.OneHotEncoder{All: true, Sparse: true}.Fit(context.Background(), table)
				if err == nil && one == nil {
					one = make([]float64, len(m.Out()))
				}
				return
			}),
			step("predict", func() (err error) { out, err = m.Transform(x); return }),
			step("row", func() error { return m.TransformRow(one, row()) }),
		},
		Score: func() (map[string]float64, error) {
			s := out.(*tensor.CSR[float64])
			_, columns := s.Dims()
			return map[string]float64{"nnz": float64(s.NNZ()), "columns": float64(columns)}, nil
		},
	}, nil
}

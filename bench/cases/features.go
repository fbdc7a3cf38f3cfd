package cases

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/tensor"
)

const sklearn = "scikit-learn"

func init() {
	prep := func(name string, make func(d *Data) (*Work, error)) {
		Register(Case{Name: name, Data: "prep1m", Vs: []string{sklearn}, Make: make, Slow: true})
	}
	prep("StandardScaler", columnwise(features.StandardScaler{}.Fit, all, 0.2, 1e-9)) // sums of 2e7 numbers
	prep("MinMaxScaler", columnwise(features.MinMaxScaler{}.Fit, all, 0.2, 1e-9))
	prep("MaxAbsScaler", columnwise(features.MaxAbsScaler{}.Fit, all, 0.2, 1e-9))
	prep("RobustScaler", columnwise(features.RobustScaler{}.Fit, all, 0.2, 1e-9))
	prep("PowerTransformer", columnwise(features.PowerTransformer{}.Fit, 100_000, 0.2, 1e-4)) // two searches for the exponents
	prep("Normalizer", columnwise(features.Normalizer{}.Fit, all, 0.2, 1e-9))
	prep("QuantileTransformer", columnwise(features.QuantileTransformer{Subsample: 100_000}.Fit, all, 0.05, 0.01)) // as many rows as the peer learns from, drawn by another generator
	prep("OneHotEncoder", oneHotEncoder)
}

const all = 1_000_000 // rows

// columnwise is the work of a transformer of columns to columns on the first rows of the data, with a share of the peer's time to keep to and results whose mean size is known to tol.
func columnwise[M interface {
	ml.Transformer
	ml.IntoTransformer
	ml.RowTransformer
}](fit func(context.Context, ml.Table) (M, error), rows int, floor, tol float64) func(d *Data) (*Work, error) {
	return func(d *Data) (*Work, error) { return columnwiseOn(d, fit, rows, floor, tol) }
}

func columnwiseOn[M interface {
	ml.Transformer
	ml.IntoTransformer
	ml.RowTransformer
}](d *Data, fit func(context.Context, ml.Table) (M, error), rows int, floor, tol float64) (*Work, error) {
	x := d.Float("X")
	n, p := x.Dims()
	n = min(n, rows)
	x = x.Rows(0, n)
	table := ml.Table{X: x}
	into, one, row := tensor.New[float64](n, p), make([]float64, p), rowsInTurn(x)
	var m M
	return &Work{
		Rows: n, Columns: p,
		Steps: []Step{
			step("fit", func() (err error) { m, err = fit(context.Background(), table); return }).floor(sklearn, floor),
			step("predict", func() error { _, err := m.Transform(x); return err }).floor(sklearn, floor),
			stepInto("predict", func() error { return m.TransformInto(into, x) }).floor(sklearn, floor),
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
			}).floor(sklearn, 0.05),
			step("predict", func() (err error) { out, err = m.Transform(x); return }).floor(sklearn, 0.05),
			step("row", func() error { return m.TransformRow(one, row()) }),
		},
		Score: func() (map[string]float64, error) {
			s := out.(*tensor.CSR[float64])
			_, columns := s.Dims()
			return map[string]float64{"nnz": float64(s.NNZ()), "columns": float64(columns)}, nil
		},
	}, nil
}

package features

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// OrdinalEncoder turns categorical columns into numeric ones that hold the rank of the category: 0, 1, 2, ... That says
// that the categories have an order, which most methods then take as a scale; for categories without one use OneHotEncoder.
//
// Numeric columns pass through, and missing values (NaN) stay missing. A category that is not in Order, or a number that is
// no code of the column, is an error. The columns keep their places and names; storage and width are kept, except that CSR
// input gives CSR only where rank 0 and code 0 are the same, which is an error otherwise.
type OrdinalEncoder struct {
	Order []string // the categories from rank 0 on, the same for every categorical column; nil: the order of each column's Levels
}

// OrdinalModel is a fitted OrdinalEncoder.
type OrdinalModel struct {
	ml.Fitted
	rank [][]float64           // of each code of each column, NaN for one that is not in Order; nil for numeric columns and where rank is code
	code []map[float64]float64 // by rank; nil likewise
}

// Accepts says that it takes missing values and categorical columns.
func (OrdinalEncoder) Accepts() ml.Accepts { return ml.Accepts{Missing: true, Categorical: true} }

// Fit checks the categories of the training rows.
func (c OrdinalEncoder) Fit(ctx context.Context, t ml.Table) (*OrdinalModel, error) {
	const where = "features.OrdinalEncoder.Fit"
	if err := t.Check(where, c.Accepts()); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	n, p := t.X.Dims()
	m := &OrdinalModel{Fitted: ml.NewFitted(t, nil, OrdinalEncoder{Order: slices.Clone(c.Order)})}
	if err := m.Restore(); err != nil {
		return nil, err
	}
	for j := range p {
		if isCategorical(t.Columns, j) && c.Order != nil && t.Columns[j].Levels == nil {
			return nil, &ml.Error{Where: where, Field: columnLabel(t.Columns, j), Found: "without Levels", Want: "Levels, to be found in Order", Kind: ml.ErrColumn}
		}
	}
	if err := m.checkSparse(where, t.X); err != nil {
		return nil, err
	}
	from := rows.Of(t.X)
	src, dst := make([]float64, p), make([]float64, p)
	for i := range n {
		if weightOf(t.Weight, i) == 0 {
			continue
		}
		if j := m.row(dst, from.Row(i, src)); j >= 0 {
			return nil, m.refuse(where, i, j, t.X.At(i, j))
		}
	}
	return m, nil
}

// Restore checks a model that was read from a file and derives the ranks.
func (m *OrdinalModel) Restore() error {
	const where = "features.OrdinalModel"
	c, isEncoder := m.Config.(OrdinalEncoder)
	p := m.Info.Features
	if !isEncoder || m.Columns != nil && len(m.Columns) != p {
		return badFile(where, "Config and Columns", fmt.Sprintf("%T, %d long", m.Config, len(m.Columns)), fmt.Sprintf("a features.OrdinalEncoder, %d long", p))
	}
	ranks := make(map[string]float64, len(c.Order))
	for r, level := range c.Order {
		if _, twice := ranks[level]; twice {
			return ml.BadConfig("features.OrdinalEncoder", "Order", fmt.Sprintf("with %q twice", level), "each category once")
		}
		ranks[level] = float64(r)
	}
	m.rank, m.code = make([][]float64, p), make([]map[float64]float64, p)
	for j, column := range m.Columns {
		if column.Kind != ml.Categorical || c.Order == nil {
			continue
		}
		m.rank[j], m.code[j] = make([]float64, len(column.Levels)), map[float64]float64{}
		for k, level := range column.Levels {
			r, known := ranks[level]
			if !known {
				m.rank[j][k] = math.NaN()
				continue
			}
			m.rank[j][k], m.code[j][r] = r, float64(k)
		}
	}
	return nil
}

// row is the rowFunc.
func (m *OrdinalModel) row(dst, src []float64) int {
	for j, v := range src {
		switch {
		case v != v:
		case math.IsInf(v, 0):
			return j
		case isCategorical(m.Columns, j):
			if !isCode(v, m.Columns[j].Levels) {
				return j
			}
			if m.rank[j] != nil {
				if v = m.rank[j][int(v)]; v != v {
					return j
				}
			}
		}
		dst[j] = v
	}
	return -1
}

func (m *OrdinalModel) inverseRow(dst, src []float64) int {
	for j, v := range src {
		switch {
		case v != v:
		case math.IsInf(v, 0):
			return j
		case isCategorical(m.Columns, j):
			v = m.category(j, math.Round(v))
		}
		dst[j] = v
	}
	return -1
}

// category is the code of a rank, NaN for a number that is no rank.
func (m *OrdinalModel) category(j int, rank float64) float64 {
	if m.code[j] == nil && isCode(rank, m.Columns[j].Levels) {
		return rank
	}
	if code, known := m.code[j][rank]; known {
		return code
	}
	return math.NaN()
}

// Transform writes the ranks of categories.
func (m *OrdinalModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	return m.apply("features.OrdinalModel.Transform", x, m.row)
}

// Inverse returns the categories of ranks, rounded to the nearest; a number that is no rank becomes NaN.
func (m *OrdinalModel) Inverse(x tensor.Matrix) (tensor.Matrix, error) {
	return m.apply("features.OrdinalModel.Inverse", x, m.inverseRow)
}

func (m *OrdinalModel) apply(where string, x tensor.Matrix, row rowFunc) (tensor.Matrix, error) {
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	p := m.Info.Features
	var out tensor.Matrix
	var bad place
	if err := m.checkSparse(where, x); err != nil {
		return nil, err
	}
	if isSparse(x) {
		out, bad = buildSparse(x, p, m.sparse(row))
	} else {
		out, bad = mapRows(x, p, 3*p, row)
	}
	if bad != noPlace {
		return nil, m.refuse(where, bad.row, bad.col, x.At(bad.row, bad.col))
	}
	return out, nil
}

func (m *OrdinalModel) checkSparse(where string, x tensor.Matrix) error {
	if !isSparse(x) {
		return nil
	}
	for j, rank := range m.rank {
		if rank != nil && (len(rank) == 0 || rank[0] != 0) {
			return &ml.Error{Where: where, Field: columnLabel(m.Columns, j), Found: "sparse (CSR), and its first category has another rank than 0",
				Want: "a dense matrix: every zero would have to be stored", Kind: ml.ErrConfig}
		}
	}
	return nil
}

// sparse applies a rowFunc that leaves zeros alone to the stored values of a row.
func (m *OrdinalModel) sparse(row rowFunc) sparseRow {
	dst, src := make([]float64, m.Info.Features), make([]float64, m.Info.Features)
	return func(js []int32, vs []float64, put func(int, float64)) int {
		for k, j := range js {
			src[j] = vs[k]
		}
		bad := row(dst, src)
		for _, j := range js {
			if bad < 0 {
				put(int(j), dst[j])
			}
			src[j] = 0
		}
		return bad
	}
}

// refuse is the error of a value that row cannot take.
func (m *OrdinalModel) refuse(where string, i, j int, v float64) error {
	if math.IsInf(v, 0) {
		return ml.NotFinite(where, m.Columns, i, j, v)
	}
	field := fmt.Sprintf("X[%d, %d] (%s)", i, j, ml.ColumnName(m.Columns, j))
	if !isCode(v, m.Columns[j].Levels) {
		return badCode(where, m.Columns, field, j, v)
	}
	return &ml.Error{Where: where, Field: field, Found: fmt.Sprintf("category %q", categoryName(m.Columns, j, v)),
		Want: "one of Order: " + strings.Join(m.Config.(OrdinalEncoder).Order, ", "), Kind: ml.ErrColumn}
}

// TransformRow writes the ranks of one row; dst is as long as x.
func (m *OrdinalModel) TransformRow(dst, x []float64) error {
	const where = "features.OrdinalModel.TransformRow"
	if err := checkRows(where, &m.Fitted, dst, x, m.Info.Features); err != nil {
		return err
	}
	if j := m.row(dst, x); j >= 0 {
		return m.refuse(where, 0, j, x[j])
	}
	return nil
}

// Out describes the columns, all numeric.
func (m *OrdinalModel) Out() []ml.Column {
	out := sameColumns(m.Columns, m.Info.Features)
	for j := range out {
		out[j].Kind, out[j].Levels = ml.Numeric, nil
	}
	return out
}

func init() {
	ml.Register[OrdinalEncoder]("features.OrdinalEncoder")
	ml.Register[*OrdinalModel]("features.OrdinalModel")
}

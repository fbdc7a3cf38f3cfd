package features

import (
	"errors"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// join puts the results of the blocks side by side.
func (m *ColumnsModel) join(n int, parts []tensor.Matrix) tensor.Matrix {
	if !slices.ContainsFunc(parts, func(x tensor.Matrix) bool { return !is32(x) }) {
		return joinTo[float32](m, n, parts)
	}
	return joinTo[float64](m, n, parts)
}

func joinTo[T tensor.Float](m *ColumnsModel, n int, parts []tensor.Matrix) tensor.Matrix {
	if m.Sparse {
		blocks := make([]*tensor.CSR[T], len(parts))
		for i, x := range parts {
			blocks[i] = toCSR[T](x, m.Blocks[i].Weight)
		}
		return tensor.HStack(blocks...)
	}
	out := tensor.New[T](n, len(m.out))
	for i, x := range parts {
		b := &m.Blocks[i]
		from, buf := rows.Of(x), make([]float64, b.width)
		for r := range n {
			to := out.Row(r)[b.offset : b.offset+b.width]
			for k, v := range from.Row(r, buf) {
				to[k] = T(v * b.Weight)
			}
		}
	}
	return out
}

// toCSR is x as a CSR of the given width, scaled by a factor; x itself if nothing needs to change.
func toCSR[T tensor.Float](x tensor.Matrix, by float64) *tensor.CSR[T] {
	var out *tensor.CSR[T]
	switch x := x.(type) {
	case *tensor.CSR[T]:
		if by == 1 {
			return x
		}
		out = x.Clone()
	case *tensor.CSR[float32]: // of the other width, and so is the next
		out = tensor.ConvertCSR[T](x)
	case *tensor.CSR[float64]:
		out = tensor.ConvertCSR[T](x)
	default:
		out = tensor.SparseFrom[T](x)
	}
	_, _, values := out.Arrays()
	for k, v := range values {
		values[k] = T(float64(v) * by)
	}
	return out
}

// TransformInto is Transform into dst: see ml.IntoTransformer. A part that cannot, and a result that is CSR, give errors.ErrUnsupported.
func (m *ColumnsModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	const where = "features.ColumnsModel.TransformInto"
	if !m.into || m.Sparse {
		return &ml.Error{Where: where, Found: "a part without TransformInto, or a sparse result", Kind: errors.ErrUnsupported}
	}
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return err
	}
	if err := ml.CheckInto(where, dst, x, len(m.out)); err != nil {
		return err
	}
	n, _ := x.Dims()
	for i := range m.Blocks {
		b := &m.Blocks[i]
		part, to := rows.SelectCols(x, b.Columns), dst.Cols(b.offset, b.offset+b.width)
		if b.into == nil {
			if row, k, v, fine := rows.CheckFinite(part, true); !fine {
				return ml.NotFinite(where, m.Columns, row, b.Columns[k], v)
			}
			from, buf := rows.Of(part), make([]float64, b.width)
			for r := range n {
				copy(to.Row(r), from.Row(r, buf))
			}
		} else if err := b.into.TransformInto(to, part); err != nil {
			return b.wrap(i, err)
		}
		if b.Weight != 1 {
			for r := range n {
				for k, row := 0, to.Row(r); k < len(row); k++ {
					row[k] *= b.Weight
				}
			}
		}
	}
	return nil
}

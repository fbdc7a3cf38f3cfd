package features

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// Norm says how long a row is.
type Norm uint8

const (
	NormL2  Norm = iota // the root of the sum of squares. The zero value
	NormL1              // the sum of absolute values
	NormMax             // the greatest absolute value
)

var norms = []string{"l2", "l1", "max"}

// String returns "l2", "l1" or "max".
func (n Norm) String() string { return enumString("Norm", norms, uint8(n)) }

// MarshalText writes what String returns.
func (n Norm) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText reads what MarshalText wrote; anything else is an error.
func (n *Norm) UnmarshalText(text []byte) error {
	v, err := enumValue("Norm", norms, text)
	if err == nil {
		*n = Norm(v)
	}
	return err
}

// size is what the kernels find of each row.
func (n Norm) size() kern.RowSize {
	return [...]kern.RowSize{NormL2: kern.RowSquares, NormL1: kern.RowSums, NormMax: kern.RowMaxima}[n]
}

// usual reports whether a row's size gives its norm: what is not finite makes a size that is not, and squares are exact only where neither they nor their sum are beyond float64.
func (n Norm) usual(size float64) bool {
	const tiny, huge = 1e-290, 1e290
	if n == NormL2 {
		return size > tiny && size < huge
	}
	return size > 0 && size <= math.MaxFloat64
}

// of is the norm of the numbers, as the product of two, since it may be beyond float64; neither is 0. bad is the index of a number that is not finite, or -1.
func (n Norm) of(x []float64) (norm, more float64, bad int) {
	if len(x) == 0 {
		return 1, 1, -1
	}
	var sizes [1]float64
	kern.RowSizes(n.size(), sizes[:], x, len(x))
	switch size := sizes[0]; {
	case !n.usual(size):
	case n == NormL2:
		return math.Sqrt(size), 1, -1
	default:
		return size, 1, -1
	}
	greatest := 0.0
	for j, v := range x {
		if !finite(v) {
			return 1, 1, j
		}
		greatest = max(greatest, math.Abs(v))
	}
	if greatest == 0 || n == NormMax {
		return orOne(greatest), 1, -1
	}
	scaled := 0.0 // of numbers so large or small that their sums are not exact
	for _, v := range x {
		v = math.Abs(v) / greatest
		if n == NormL2 {
			v *= v
		}
		scaled += v
	}
	if n == NormL2 {
		scaled = math.Sqrt(scaled)
	}
	return greatest, scaled, -1
}

// Normalizer divides each row by its norm, so that every row has length 1 and only its direction is left: for texts and other counts of
// different length. A row of zeros stays as it is.
//
// Nothing is learned; missing values are an error. CSR stays CSR, float32 stays float32. Categorical columns are an error.
type Normalizer struct {
	Norm Norm // zero: NormL2
}

// NormalizerModel is a fitted Normalizer.
type NormalizerModel struct {
	ml.Fitted
}

// Fit checks the rows of t, and learns nothing.
func (c Normalizer) Fit(ctx context.Context, t ml.Table) (*NormalizerModel, error) {
	const where = "features.Normalizer.Fit"
	if err := enumCheck(where, "Norm", "Norm", norms, uint8(c.Norm)); err != nil {
		return nil, err
	}
	if err := t.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	return ready(&NormalizerModel{ml.NewFitted(t, nil, c)})
}

// Restore checks a model that was read from a file.
func (m *NormalizerModel) Restore() error {
	c, is := m.Config.(Normalizer)
	if !is {
		return ml.BadFile("features.NormalizerModel", "Config", fmt.Sprintf("%T", m.Config), "a features.Normalizer")
	}
	return enumCheck("features.NormalizerModel", "Norm", "Norm", norms, uint8(c.Norm))
}

func (m *NormalizerModel) row(dst, src []float64) int {
	norm, more, bad := m.Config.(Normalizer).Norm.of(src)
	if bad >= 0 {
		return bad
	}
	dst = dst[:len(src)]
	if more == 1 {
		for j, v := range src {
			dst[j] = v / norm
		}
		return -1
	}
	for j, v := range src {
		dst[j] = v / norm / more
	}
	return -1
}

// block is the blockFunc: the norms of a few rows, which then stay near, and the quotients. Rows whose norm takes more than their size are left to row.
func (m *NormalizerModel) block(dst, src []float64, stream bool) bool {
	const few = 128
	n, p := m.Config.(Normalizer).Norm, m.Info.Features
	var buf [few]float64
	for len(src) > 0 {
		norms := buf[:min(few, len(src)/p)]
		x, y := src[:len(norms)*p], dst[:len(norms)*p]
		kern.RowSizes(n.size(), norms, x, p)
		unusual := false
		for r, size := range norms {
			if !n.usual(size) {
				unusual, norms[r] = true, math.NaN()
			}
		}
		if n == NormL2 {
			kern.Sqrt(norms, norms)
		}
		if unusual && &x[0] == &y[0] {
			for r := range norms { // in place the numbers would be gone
				if m.row(y[r*p:r*p+p], x[r*p:r*p+p]) >= 0 {
					return false
				}
			}
		} else {
			kern.DivRows(y, x, norms, p, stream)
			for r, norm := range norms {
				if unusual && norm != norm && m.row(y[r*p:r*p+p], x[r*p:r*p+p]) >= 0 {
					return false
				}
			}
		}
		dst, src = dst[len(y):], src[len(x):]
	}
	return true
}

// Transform divides each row of x by its norm. NaN and Inf are errors.
func (m *NormalizerModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	const where = "features.NormalizerModel.Transform"
	if !rows.IsNil(x) && isSparse(x) {
		if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
			return nil, err
		}
		return m.sparse(where, x)
	}
	return m.mapping(rows.Of(x)).transform(where, &m.Fitted, x, nil, "")
}

// TransformInto is Transform into dst: see ml.IntoTransformer.
func (m *NormalizerModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	return m.mapping(rows.Of(x)).transformInto("features.NormalizerModel.TransformInto", &m.Fitted, dst, x)
}

func (m *NormalizerModel) mapping(x rows.Rows) mapping {
	n, p := x.Dims()
	return mapping{m.Info.Features, 1 + p/2, m.row, func(dst, src []float64) bool { return m.block(dst, src, n*p >= streamed) }}
}

func (m *NormalizerModel) sparse(where string, x tensor.Matrix) (tensor.Matrix, error) {
	n := m.Config.(Normalizer).Norm
	out, bad := buildSparse(x, m.Info.Features, alike(func(js []int32, vs []float64, put func(j int, v float64)) int {
		norm, more, bad := n.of(vs)
		if bad >= 0 {
			return int(js[bad])
		}
		for k, j := range js {
			put(int(j), vs[k]/norm/more)
		}
		return -1
	}))
	if bad != noPlace {
		return nil, ml.NotFinite(where, m.Columns, bad.row, bad.col, x.At(bad.row, bad.col))
	}
	return out, nil
}

// TransformRow divides one row by its norm; dst is as long.
func (m *NormalizerModel) TransformRow(dst, x []float64) error {
	return transformRow("features.NormalizerModel.TransformRow", &m.Fitted, dst, x, m.Info.Features, m.row)
}

// Out describes the columns: the same as in training.
func (m *NormalizerModel) Out() []ml.Column { return sameColumns(m.Columns, m.Info.Features) }

func init() {
	ml.RegisterConfig[Normalizer]("features.Normalizer")
	ml.Register[*NormalizerModel]("features.NormalizerModel")
}

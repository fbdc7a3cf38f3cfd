package features

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
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

// of is the norm of the numbers, as the product of two, since it may be beyond float64; neither is 0. bad is the index of a number that is not finite, or -1.
func (n Norm) of(x []float64) (norm, more float64, bad int) {
	switch n { // what is not finite makes a sum that is not
	case NormL1:
		if sum := sumAbs(x); finite(sum) {
			return orOne(sum), 1, -1
		}
	case NormMax:
		if greatest, fine := greatestAbs(x); fine {
			return orOne(greatest), 1, -1
		}
	default:
		const tiny, huge = 1e-290, 1e290
		if squares := sumSquares(x); squares > tiny && squares < huge {
			return math.Sqrt(squares), 1, -1
		}
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

// Four sums at a time do not wait for each other; their order is the same everywhere.

func sumSquares(x []float64) float64 {
	var a, b, c, d float64
	for ; len(x) >= 4; x = x[4:] {
		v := (*[4]float64)(x)
		a += float64(v[0] * v[0])
		b += float64(v[1] * v[1])
		c += float64(v[2] * v[2])
		d += float64(v[3] * v[3])
	}
	for _, v := range x {
		a += float64(v * v)
	}
	return (a + b) + (c + d)
}

func sumAbs(x []float64) float64 {
	var a, b, c, d float64
	for ; len(x) >= 4; x = x[4:] {
		v := (*[4]float64)(x)
		a += math.Abs(v[0])
		b += math.Abs(v[1])
		c += math.Abs(v[2])
		d += math.Abs(v[3])
	}
	for _, v := range x {
		a += math.Abs(v)
	}
	return (a + b) + (c + d)
}

// greatestAbs compares numbers by their bits without the sign, which rise with them; infinity and NaN come last.
func greatestAbs(x []float64) (greatest float64, fine bool) {
	const magnitude = 1<<63 - 1
	var a, b uint64
	for ; len(x) >= 2; x = x[2:] {
		v := (*[2]float64)(x)
		a, b = max(a, math.Float64bits(v[0])&magnitude), max(b, math.Float64bits(v[1])&magnitude)
	}
	for _, v := range x {
		a = max(a, math.Float64bits(v)&magnitude)
	}
	greatest = math.Float64frombits(max(a, b))
	return greatest, finite(greatest)
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
		return badFile("features.NormalizerModel", "Config", fmt.Sprintf("%T", m.Config), "a features.Normalizer")
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

// Transform divides each row of x by its norm. NaN and Inf are errors.
func (m *NormalizerModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	const where = "features.NormalizerModel.Transform"
	if !rows.IsNil(x) && isSparse(x) {
		if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
			return nil, err
		}
		return m.sparse(where, x)
	}
	return m.mapping().transform(where, &m.Fitted, x, nil, "")
}

// TransformInto is Transform into dst: see ml.IntoTransformer.
func (m *NormalizerModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	return m.mapping().transformInto("features.NormalizerModel.TransformInto", &m.Fitted, dst, x)
}

func (m *NormalizerModel) mapping() mapping {
	return mapping{columns: m.Info.Features, nsPerRow: 3 * m.Info.Features, row: m.row}
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

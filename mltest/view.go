package mltest

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// view is a fitted model without its type parameters.
type view struct {
	model   any
	meta    *ml.Fitted    // nil if it carries none
	batch   []batchMethod // Predict, PredictProba, Transform: those it has
	rows    []rowMethod   // their forms for one row
	into    []intoMethod
	out     func() []ml.Column // nil unless it transforms
	inverse func(x tensor.Matrix) (tensor.Matrix, error)
}

// batchMethod answers for a matrix of rows.
type batchMethod struct {
	name string
	call func(x tensor.Matrix) (answer, error)
}

// answer is what a batch method returned: a copy of its numbers, and ways to read and to overwrite the original.
type answer struct {
	grid  grid
	read  func() grid
	spoil func()
}

func answerOf(read func() grid, spoil func()) answer { return answer{read(), read, spoil} }

// rowMethod answers for one row. Its forms have a destination where the method has one; width is its length.
type rowMethod struct {
	name, of string
	dst      bool
	call     func(x []float64, width int) ([]float64, error)
	repeat   func(x []float64, width int) func() error // the bare call, to be measured
}

type intoMethod struct {
	name   string
	of     string // the batch method whose answers it gives
	call   func(x tensor.Matrix, rows int) (grid, error)
	repeat func(x tensor.Matrix, rows int) func() error // nil if it may allocate
}

const (
	predict      = "Predict"
	predictProba = "PredictProba"
	transform    = "Transform"
)

type probabilist interface {
	PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error)
}

// see finds what a model can do.
func see[Y any](model any) *view {
	v := &view{model: model}
	if m, ok := model.(interface{ Meta() *ml.Fitted }); ok {
		v.meta = m.Meta()
	}
	if m, ok := ml.As[ml.Predictor[Y]](model); ok {
		v.batch = append(v.batch, batchMethod{predict, func(x tensor.Matrix) (answer, error) {
			y, err := m.Predict(x)
			return answerOf(func() grid { return flatten(y) }, func() { spoilTargets(y) }), err
		}})
	}
	if m, ok := ml.As[probabilist](model); ok {
		v.batch = append(v.batch, batchMethod{predictProba, func(x tensor.Matrix) (answer, error) {
			p, err := m.PredictProba(x)
			if err != nil {
				return answer{}, err
			}
			return matrixAnswer(predictProba, p)
		}})
	}
	if m, ok := ml.As[ml.Transformer](model); ok {
		v.out = m.Out
		v.batch = append(v.batch, batchMethod{transform, func(x tensor.Matrix) (answer, error) {
			z, err := m.Transform(x)
			if err != nil {
				return answer{}, err
			}
			return matrixAnswer(transform, z)
		}})
	}
	if m, ok := ml.As[ml.Inverter](model); ok {
		v.inverse = m.Inverse
	}
	seeRows[Y](v)
	return v
}

func matrixAnswer(name string, x tensor.Matrix) (answer, error) {
	if plain(x) == nil {
		return answer{}, fmt.Errorf("%s gives neither a matrix nor an error", name)
	}
	return answerOf(func() grid { return gridOf(x) }, func() { spoilMatrix(x) }), nil
}

func seeRows[Y any](v *view) {
	if m, ok := ml.As[ml.RowPredictor[Y]](v.model); ok {
		v.rows = append(v.rows, rowMethod{name: "PredictRow", of: predict,
			call: func(x []float64, _ int) ([]float64, error) {
				y, err := m.PredictRow(x)
				return flatten([]Y{y}).v, err
			},
			repeat: func(x []float64, _ int) func() error {
				return func() error { _, err := m.PredictRow(x); return err }
			}})
	}
	if m, ok := ml.As[ml.RowProba](v.model); ok {
		v.rows = append(v.rows, destined("ProbaRow", predictProba, m.ProbaRow))
	}
	if m, ok := ml.As[ml.RowTransformer](v.model); ok {
		v.rows = append(v.rows, destined("TransformRow", transform, m.TransformRow))
	}
	if m, ok := ml.As[ml.Into[Y]](v.model); ok {
		v.into = append(v.into, intoMethod{name: "PredictInto", of: predict,
			call: func(x tensor.Matrix, rows int) (grid, error) {
				y := make([]Y, rows)
				err := m.PredictInto(y, x)
				return flatten(y), err
			},
			repeat: func(x tensor.Matrix, rows int) func() error {
				y := make([]Y, rows)
				return func() error { return m.PredictInto(y, x) }
			}})
	}
	if m, ok := ml.As[ml.IntoTransformer](v.model); ok {
		v.into = append(v.into, intoMethod{name: "TransformInto", of: transform, call: func(x tensor.Matrix, rows int) (grid, error) {
			z := tensor.New[float64](rows, len(v.out()))
			for i := range z.Data() {
				z.Data()[i] = math.Inf(-1) // an element that the method forgets shows
			}
			err := m.TransformInto(z, x)
			return gridOf(z), err
		}})
	}
}

func destined(name, of string, method func(dst, x []float64) error) rowMethod {
	return rowMethod{name: name, of: of, dst: true,
		call: func(x []float64, width int) ([]float64, error) {
			dst := make([]float64, width)
			for j := range dst {
				dst[j] = math.NaN() // an element that the method forgets shows
			}
			err := method(dst, x)
			return dst, err
		},
		repeat: func(x []float64, width int) func() error {
			dst := make([]float64, width)
			return func() error { return method(dst, x) }
		}}
}

// output is what one batch method says about a matrix.
type output struct {
	method string
	grid   grid
}

// outputs asks every batch method.
func (v *view) outputs(x tensor.Matrix) ([]output, error) {
	out := make([]output, len(v.batch))
	n, _ := x.Dims()
	for i, m := range v.batch {
		a, err := m.call(x)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.name, err)
		}
		if a.grid.rows != n {
			return nil, fmt.Errorf("%s gives %d rows for %d", m.name, a.grid.rows, n)
		}
		out[i] = output{m.name, a.grid}
	}
	return out, nil
}

// method finds a batch method by name, nil if the model lacks it.
func (v *view) method(name string) *batchMethod {
	for i := range v.batch {
		if v.batch[i].name == name {
			return &v.batch[i]
		}
	}
	return nil
}

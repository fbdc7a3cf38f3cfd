package mltest

import (
	"errors"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
	"gonum.org/v1/gonum/mat"
)

// asked wants every batch method to refuse x with an error of one of the kinds.
func (v *view) asked(what string, x tensor.Matrix, kinds ...error) error {
	for _, m := range v.batch {
		err := caught(func() error {
			_, err := m.call(x)
			if err == nil {
				return fmt.Errorf("no error; want %v", kinds)
			}
			return typed(err, kinds...)
		})
		if err != nil {
			return fmt.Errorf("%s on %s: %w", m.name, what, err)
		}
	}
	return nil
}

func checkWrongWidth(e *env) error {
	return e.each(func(s sample) error {
		v, err := e.model(s)
		if err != nil {
			return err
		}
		if len(v.batch) == 0 {
			return notApplicable("its model answers nothing")
		}
		n, p := s.probe.Dims()
		for _, c := range []struct {
			name string
			x    tensor.Matrix
		}{
			{"nil", nil},
			{"a nil *tensor.Tensor", (*tensor.Tensor[float64])(nil)},
			{"a nil *tensor.CSR", (*tensor.CSR[float64])(nil)},
			{"a nil *mat.Dense", (*mat.Dense)(nil)},
			{"a tensor of rank 1", tensor.New[float64](p)},
			{"a tensor of rank 3", tensor.New[float64](n, p, 1)},
			{"a column too many", tensor.New[float64](n, p+1)},
			{"a column too few", tensor.New[float64](n, p-1)},
			{"no columns", tensor.New[float64](n, 0)},
			{"a sparse column too many", tensor.NewCSRZeros[float64](n, p+1)},
		} {
			if err := v.asked(c.name, c.x, ml.ErrShape); err != nil {
				return err
			}
		}
		if err := v.noRows(p); err != nil {
			return err
		}
		if err := v.wrongInto(s.probe); err != nil {
			return err
		}
		return v.wrongRows(s.probe)
	})
}

// noRows may be answered with nothing or refused.
func (v *view) noRows(p int) error {
	for _, m := range v.batch {
		err := caught(func() error {
			a, err := m.call(tensor.New[float64](0, p))
			if err != nil {
				return typed(err, ml.ErrShape)
			}
			if a.grid.rows != 0 {
				return fmt.Errorf("%d answers", a.grid.rows)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("%s on no rows: %w", m.name, err)
		}
	}
	return nil
}

func (v *view) wrongInto(x *tensor.Tensor[float64]) error {
	n, p := x.Dims()
	for _, c := range []struct {
		name string
		x    tensor.Matrix
		rows int
	}{{"a row too few", x, n - 1}, {"a row too many", x, n + 1}, {"a column too many", tensor.New[float64](n, p+1), n}, {"nil", nil, n}} {
		if err := v.intoRefuses(c.name, c.x, c.rows, ml.ErrShape); err != nil {
			return err
		}
	}
	return nil
}

// intoRefuses wants PredictInto and TransformInto, if there are such, to refuse x.
func (v *view) intoRefuses(what string, x tensor.Matrix, rows int, kind error) error {
	for _, m := range v.into {
		err := caught(func() error {
			_, err := m.call(x, rows)
			if err == nil {
				return errors.New("no error")
			}
			return typed(err, kind)
		})
		if err != nil {
			return fmt.Errorf("in %s on %s: %w", m.name, what, err)
		}
	}
	return nil
}

func (v *view) wrongRows(x *tensor.Tensor[float64]) error {
	widths, err := v.widths(x)
	if err != nil {
		return err
	}
	_, p := x.Dims()
	for _, m := range v.rows {
		try := func(what string, row []float64, width int) error {
			err := caught(func() error {
				_, err := m.call(row, width)
				if err == nil {
					return errors.New("no error")
				}
				return typed(err, ml.ErrShape)
			})
			if err != nil {
				return fmt.Errorf("%s on %s: %w", m.name, what, err)
			}
			return nil
		}
		w := widths[m.of]
		for _, c := range []struct {
			name string
			row  []float64
		}{{"nil", nil}, {"a number too many", make([]float64, p+1)}, {"a number too few", make([]float64, p-1)}} {
			if len(c.row) == p {
				continue
			}
			if err := try(c.name, c.row, w); err != nil {
				return err
			}
		}
		if !m.dst {
			continue
		}
		for _, wrong := range []int{w - 1, w + 1} {
			if err := try(fmt.Sprintf("a destination of %d for %d", wrong, w), x.Row(0), wrong); err != nil {
				return err
			}
		}
	}
	return nil
}

// widths is the number of columns of each batch method's answer.
func (v *view) widths(x tensor.Matrix) (map[string]int, error) {
	outs, err := v.outputs(x)
	if err != nil {
		return nil, err
	}
	w := map[string]int{}
	for _, o := range outs {
		w[o.method] = o.grid.cols
	}
	return w, nil
}

func checkNotFinite(e *env) error {
	return e.each(func(s sample) error {
		v, err := e.model(s)
		if err != nil {
			return err
		}
		if len(v.batch) == 0 {
			return notApplicable("its model answers nothing")
		}
		n, p := s.probe.Dims()
		widths, err := v.widths(s.probe)
		if err != nil {
			return err
		}
		for _, bad := range e.badNumbers() {
			for _, at := range places(n, p) {
				if math.IsNaN(bad) && categorical(s.data, at[1]) {
					continue // an unseen category
				}
				x := tensor.FromMatrix[float64](s.probe)
				x.Set(bad, at[0], at[1])
				what := fmt.Sprintf("%v at X[%d, %d]", bad, at[0], at[1])
				if err := v.asked(what, x, ml.ErrNotFinite); err != nil {
					return err
				}
				if err := v.rowsRefuse(what, x.Row(at[0]), widths); err != nil {
					return err
				}
				if err := v.intoRefuses(what, x, n, ml.ErrNotFinite); err != nil {
					return err
				}
			}
		}
		if !e.missing {
			return nil
		}
		return e.answersMissing(v, s)
	})
}

func (v *view) rowsRefuse(what string, row []float64, widths map[string]int) error {
	for _, m := range v.rows {
		err := caught(func() error {
			_, err := m.call(row, widths[m.of])
			if err == nil {
				return errors.New("no error")
			}
			return typed(err, ml.ErrNotFinite)
		})
		if err != nil {
			return fmt.Errorf("%s on %s: %w", m.name, what, err)
		}
	}
	return nil
}

// answersMissing asks a model that takes missing values about some. Predictions must be numbers; a transformer may hand
// a missing value on.
func (e *env) answersMissing(v *view, s sample) error {
	x := tensor.FromMatrix[float64](s.probe)
	n, p := x.Dims()
	for i := range n {
		x.Set(math.NaN(), i, i%p)
	}
	outs, err := v.outputs(x)
	if err != nil {
		return fmt.Errorf("on missing values: %w", err)
	}
	for _, o := range outs {
		if o.method == transform {
			continue
		}
		if err := usable([]output{o}); err != nil {
			return fmt.Errorf("on missing values: %w", err)
		}
	}
	if err := v.rowsAgree(x, outs); err != nil {
		return fmt.Errorf("on missing values: %w", err)
	}
	return nil
}

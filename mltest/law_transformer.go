package mltest

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

func checkOutColumns(e *env) error {
	return e.each(func(s sample) error {
		v, err := e.model(s)
		if err != nil {
			return err
		}
		m := v.method(transform)
		if m == nil {
			return notApplicable("its model is no transformer")
		}
		_, p := s.data.X.Dims()
		columns := v.out()
		for _, x := range []tensor.Matrix{s.x(), s.probe} {
			a, err := m.call(x)
			if err != nil {
				return err
			}
			if n, _ := x.Dims(); a.grid.rows != n || a.grid.cols != len(columns) {
				return fmt.Errorf("its Transform gives %d x %d for %d rows; Out has %d columns", a.grid.rows, a.grid.cols, n, len(columns))
			}
			if err := coded(columns, a.grid); err != nil {
				return err
			}
		}
		names := map[string]int{}
		for j, c := range columns {
			if err := traced(c, j, p); err != nil {
				return fmt.Errorf("in Out()[%d]: %w", j, err)
			}
			if s.data.Columns == nil {
				continue
			}
			if c.Name == "" {
				return fmt.Errorf("its Out()[%d] has no name, though every column of the input has one", j)
			}
			if k, taken := names[c.Name]; taken {
				return fmt.Errorf("its Out()[%d] and [%d] are both called %q", k, j, c.Name)
			}
			names[c.Name] = j
		}
		return nil
	})
}

// traced wants From to name columns of the input, each once and in order.
func traced(c ml.Column, j, p int) error {
	if c.From == nil && j >= p {
		return fmt.Errorf("its From is nil, for itself, but the input has %d columns", p)
	}
	for k, f := range c.From {
		if f < 0 || f >= p || k > 0 && f <= c.From[k-1] {
			return fmt.Errorf("its From is %v; want rising columns of 0..%d", c.From, p-1)
		}
	}
	return nil
}

// coded wants the numbers of categorical columns to be codes of their levels or NaN.
func coded(columns []ml.Column, g grid) error {
	for j, c := range columns {
		if c.Kind > ml.Categorical {
			return fmt.Errorf("its Out()[%d] is of kind %s", j, c.Kind)
		}
		for i := 0; c.Kind == ml.Categorical && i < g.rows; i++ {
			v := g.row(i)[j]
			if !math.IsNaN(v) && (v != math.Trunc(v) || v < 0 || int(v) >= len(c.Levels)) {
				return fmt.Errorf("its Transform[%d, %d] is %v in a categorical column of %d levels", i, j, v, len(c.Levels))
			}
		}
	}
	return nil
}

func checkInverse(e *env) error {
	return e.each(func(s sample) error {
		v, err := e.model(s)
		if err != nil {
			return err
		}
		t, ok := ml.As[ml.Transformer](v.model)
		if !ok || v.inverse == nil {
			return notApplicable("its model has no Inverse")
		}
		for _, x := range []*tensor.Tensor[float64]{s.x(), s.probe} {
			z, err := t.Transform(x)
			if err != nil {
				return fmt.Errorf("in Transform: %w", err)
			}
			back, err := v.inverse(z)
			if err != nil {
				return fmt.Errorf("in Inverse: %w", err)
			}
			want, got := gridOf(x), gridOf(back)
			if want.rows != got.rows || want.cols != got.cols {
				return fmt.Errorf("its Inverse gives %d x %d, want %d x %d", got.rows, got.cols, want.rows, want.cols)
			}
			if err := closeGrids(want, got, e.tol(Inverse)); err != nil {
				return fmt.Errorf("its Inverse(Transform(x))%w", err)
			}
		}
		wrong := tensor.New[float64](2, len(t.Out())+1)
		return caught(func() error {
			if _, err := v.inverse(wrong); err == nil {
				return errors.New("its Inverse takes a column too many")
			} else {
				return typed(err, ml.ErrShape)
			}
		})
	})
}

func checkFitTransform(e *env) error {
	if e.fitTransform == nil {
		return notApplicable("its config has no FitTransform")
	}
	return e.each(func(s sample) error {
		m, x, err := e.fitTransform(context.Background(), s.data)
		if err != nil {
			return fmt.Errorf("in FitTransform: %w", err)
		}
		file, err := save(m)
		if err != nil {
			return err
		}
		want, err := e.bytes(e.config, s.data)
		if err != nil {
			return err
		}
		if err := sameBytes("the model of FitTransform", want, file); err != nil {
			return err
		}
		t, ok := m.(ml.Transformer)
		if !ok {
			return fmt.Errorf("its FitTransform gives a %T, no Transformer", m)
		}
		z, err := t.Transform(s.x())
		if err != nil {
			return fmt.Errorf("in Transform: %w", err)
		}
		a, b := gridOf(z), gridOf(x)
		if a.rows != b.rows || a.cols != b.cols {
			return fmt.Errorf("its FitTransform gives %d x %d, Transform %d x %d", b.rows, b.cols, a.rows, a.cols)
		}
		if err := closeGrids(a, b, e.tol(FitTransform)); err != nil {
			return fmt.Errorf("in Transform and FitTransform: element %w", err)
		}
		return nil
	})
}

package mltest

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

func checkInputsUnchanged(e *env) error {
	return e.each(func(s sample) error {
		given := copyData(s.data)
		m, err := e.fitted(e.config, given)
		if err != nil {
			return err
		}
		if what := difference(s.data, given); what != "" {
			return fmt.Errorf("its Fit changed %s", what)
		}
		v := e.view(m)
		x := tensor.FromMatrix[float64](s.probe)
		if _, err := v.outputs(x); err != nil {
			return err
		}
		if sameGrid("X", gridOf(s.probe), gridOf(x)) != nil {
			return fmt.Errorf("%s changed its matrix", v.names())
		}
		for _, m := range v.into {
			if _, err := m.call(x, s.probe.Shape()[0]); err != nil {
				return fmt.Errorf("in %s: %w", m.name, err)
			}
			if sameGrid("X", gridOf(s.probe), gridOf(x)) != nil {
				return fmt.Errorf("its %s changed its matrix", m.name)
			}
		}
		if err := v.rowsUnchanged(s.probe); err != nil {
			return err
		}
		return e.formsUnchanged(s)
	})
}

// formsUnchanged fits and asks in other storage, which has code of its own to go wrong.
func (e *env) formsUnchanged(s sample) error {
	for _, f := range []form{
		{"a float32 tensor", func(x *tensor.Tensor[float64]) tensor.Matrix { return x.To32() }},
		{"a *mat.Dense", func(x *tensor.Tensor[float64]) tensor.Matrix { return dense(x) }},
		{"CSR", func(x *tensor.Tensor[float64]) tensor.Matrix { return tensor.SparseFrom[float64](x) }},
	} {
		given := f.of(s.x())
		before := gridOf(given)
		m, err := e.fit(context.Background(), e.config, with(s.data, given))
		if err != nil {
			continue // Storage, Float32 and Sparse say whether it may be refused
		}
		if sameGrid("X", before, gridOf(given)) != nil {
			return fmt.Errorf("its Fit changed X, %s", f.name)
		}
		v := e.view(m)
		if _, err := v.outputs(given); err != nil {
			continue
		}
		if sameGrid("X", before, gridOf(given)) != nil {
			return fmt.Errorf("%s changed its matrix, %s", v.names(), f.name)
		}
	}
	return nil
}

func (v *view) rowsUnchanged(probe *tensor.Tensor[float64]) error {
	widths, err := v.widths(probe)
	if err != nil {
		return err
	}
	for _, m := range v.rows {
		row := append([]float64(nil), probe.Row(0)...)
		if _, err := m.call(row, widths[m.of]); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		if sameGrid("row", grid{rows: 1, cols: len(row), v: probe.Row(0)}, grid{rows: 1, cols: len(row), v: row}) != nil {
			return fmt.Errorf("%s changed its row", m.name)
		}
	}
	return nil
}

// names lists the batch methods for messages.
func (v *view) names() string {
	s := ""
	for i, m := range v.batch {
		if i > 0 {
			s += " or "
		}
		s += m.name
	}
	return s
}

// difference names the first part of the data that is no longer what it was.
func difference(want, got ml.AnyData) string {
	switch {
	case sameGrid("X", gridOf(want.X), gridOf(got.X)) != nil:
		return "X"
	case !reflect.DeepEqual(want.Y, got.Y):
		return "Y"
	case !reflect.DeepEqual(want.Weight, got.Weight):
		return "Weight"
	case !reflect.DeepEqual(want.Group, got.Group):
		return "Group"
	case !reflect.DeepEqual(want.Columns, got.Columns):
		return "Columns"
	case !reflect.DeepEqual(want.Classes, got.Classes):
		return "Classes"
	case want.Valid != nil:
		if part := difference(*want.Valid, *got.Valid); part != "" {
			return "Valid." + part
		}
	}
	return ""
}

func checkInputsNotKept(e *env) error {
	return e.each(func(s sample) error {
		given := copyData(s.data)
		m, err := e.fitted(e.config, given)
		if err != nil {
			return err
		}
		before, err := save(m)
		if err != nil {
			return err
		}
		v := e.view(m)
		asked := tensor.FromMatrix[float64](s.probe)
		want, err := v.outputs(asked)
		if err != nil {
			return err
		}
		spoilData(given)
		spoilMatrix(asked)
		got, err := v.outputs(s.probe)
		if err != nil {
			return fmt.Errorf("after its inputs were overwritten: %w", err)
		}
		if err := sameOutputs(want, got); err != nil {
			return fmt.Errorf("after its inputs were overwritten: %w", err)
		}
		after, err := save(m)
		if err != nil {
			return err
		}
		return sameBytes("the model whose inputs were overwritten", before, after)
	})
}

// spoilData overwrites everything a caller may reuse.
func spoilData(d ml.AnyData) {
	spoilMatrix(d.X)
	spoilTargets(d.Y)
	switch y := d.Y.(type) {
	case [][]float64:
		clear(y)
	case [][]int:
		clear(y)
	}
	fill(d.Weight, spoiled)
	fill(d.Group, -77)
	fill(d.Classes, "spoiled")
	for _, c := range d.Columns {
		fill(c.Levels, "spoiled")
		fill(c.From, -77)
	}
	fill(d.Columns, ml.Column{Name: "spoiled", Kind: ml.Categorical})
	if d.Valid != nil {
		spoilData(*d.Valid)
	}
}

func checkOutputsOwned(e *env) error {
	return e.each(func(s sample) error {
		m, err := e.fitted(e.config, s.data) // its own: a guilty model is of no more use
		if err != nil {
			return err
		}
		v := e.view(m)
		before, err := save(m)
		if err != nil {
			return err
		}
		for _, method := range v.batch {
			if err := owned(method, s.probe); err != nil {
				return err
			}
		}
		if v.out != nil {
			want := copyOf(v.out())
			columns := v.out()
			for _, c := range columns {
				fill(c.Levels, "spoiled")
				fill(c.From, -77)
			}
			fill(columns, ml.Column{Name: "spoiled"})
			if !reflect.DeepEqual(want, v.out()) {
				return errors.New("its Out gives away the model's own columns")
			}
		}
		after, err := save(m)
		if err != nil {
			return err
		}
		return sameBytes("the model whose outputs were overwritten", before, after)
	})
}

// owned asks twice and overwrites the first answer: neither the second nor a later one may notice. The asked rows are
// copies, since an identity may return them.
func owned(m batchMethod, probe *tensor.Tensor[float64]) error {
	first, err := m.call(tensor.FromMatrix[float64](probe))
	if err != nil {
		return fmt.Errorf("%s: %w", m.name, err)
	}
	second, err := m.call(tensor.FromMatrix[float64](probe))
	if err != nil {
		return fmt.Errorf("%s: %w", m.name, err)
	}
	first.spoil()
	if err := sameGrid(m.name, first.grid, second.read()); err != nil {
		return fmt.Errorf("two answers share memory: %w", err)
	}
	third, err := m.call(tensor.FromMatrix[float64](probe))
	if err != nil {
		return fmt.Errorf("%s: %w", m.name, err)
	}
	if err := sameGrid(m.name, first.grid, third.grid); err != nil {
		return fmt.Errorf("an overwritten answer changed a later one: %w", err)
	}
	return nil
}

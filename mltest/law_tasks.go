package mltest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// codes are the targets of a classifier's sample.
func (e *env) codes(s sample) ([]int, error) {
	y, ok := s.data.Y.([]int)
	if !ok || e.transform {
		return nil, notApplicable("it is no classifier")
	}
	return y, nil
}

func checkProbabilities(e *env) error {
	return e.each(func(s sample) error {
		if _, err := e.codes(s); err != nil {
			return err
		}
		v, err := e.model(s)
		if err != nil {
			return err
		}
		m := v.method(predictProba)
		if m == nil {
			return notApplicable("its model has no PredictProba")
		}
		far := scaled(with(s.data, s.probe), 1e6).X
		for _, x := range []tensor.Matrix{s.x(), s.probe, far} {
			a, err := m.call(x)
			if err != nil {
				return err
			}
			if n, _ := x.Dims(); a.grid.rows != n || a.grid.cols != s.data.K() {
				return fmt.Errorf("PredictProba is %d x %d, want %d x %d: rows x classes", a.grid.rows, a.grid.cols, n, s.data.K())
			}
			if err := sumToOne(a.grid); err != nil {
				return err
			}
		}
		return nil
	})
}

func checkArgMax(e *env) error {
	return e.each(func(s sample) error {
		if _, err := e.codes(s); err != nil {
			return err
		}
		v, err := e.model(s)
		if err != nil {
			return err
		}
		if v.method(predictProba) == nil {
			return notApplicable("its model has no PredictProba")
		}
		for _, x := range []tensor.Matrix{s.x(), s.probe} {
			outs, err := v.outputs(x)
			if err != nil {
				return err
			}
			p := probabilities(outs)
			for i, code := range outs[0].grid.v {
				if best := mostProbable(p.row(i)); int(code) != best {
					return fmt.Errorf("row %d: Predict gives %v, the most probable class is %d of %v", i, code, best, p.row(i))
				}
			}
		}
		return nil
	})
}

// mostProbable is the lowest index of the largest number.
func mostProbable(p []float64) int {
	best := 0
	for k, v := range p {
		if v > p[best] {
			best = k
		}
	}
	return best
}

func checkAbsentClass(e *env) error {
	return e.each(func(s sample) error {
		if _, err := e.codes(s); err != nil {
			return err
		}
		k := s.data.K()
		for _, absent := range []int{0, 1, k} {
			if err := e.lacks(s, absent, k+1); err != nil {
				return fmt.Errorf("class %d of %d has no rows: %w", absent, k+1, err)
			}
		}
		return nil
	})
}

// lacks makes room for a class without rows by renumbering those above it.
func (e *env) lacks(s sample, absent, k int) error {
	d := s.data
	y := slices.Clone(d.Y.([]int))
	for i := range y {
		if y[i] >= absent {
			y[i]++
		}
	}
	d.Y = y
	d.Classes = make([]string, k)
	for c := range k {
		d.Classes[c] = fmt.Sprintf("class %d", c)
	}
	m, err := e.fitted(e.config, d)
	if err != nil {
		return err
	}
	outs, err := e.view(m).outputs(s.x())
	if err != nil {
		return err
	}
	if err := usable(outs); err != nil {
		return err
	}
	if p := probabilities(outs); p != nil && p.cols != k {
		return fmt.Errorf("PredictProba has %d columns, want %d", p.cols, k)
	}
	for _, o := range outs {
		for i := 0; o.method == predict && i < o.grid.rows; i++ {
			if c := o.grid.v[i]; c < 0 || int(c) >= k || int(c) == absent {
				return fmt.Errorf("row %d is predicted as class %v", i, c)
			}
		}
	}
	return nil
}

func checkClassNames(e *env) error {
	return e.each(func(s sample) error {
		if _, err := e.codes(s); err != nil {
			return err
		}
		v, err := e.model(s)
		if err != nil {
			return err
		}
		want, err := v.outputs(s.probe)
		if err != nil {
			return err
		}
		k := s.data.K()
		backward := make([]string, k)
		for c := range k {
			backward[c] = string(rune('z' - c))
		}
		for _, names := range [][]string{backward, nil} {
			d := s.data
			d.Classes = names
			if d.K() != k {
				continue // the largest code has no rows
			}
			got, err := e.answers(d, s.probe)
			if err != nil {
				return err
			}
			if err := sameOutputs(want, got); err != nil {
				return fmt.Errorf("with the classes called %q: %w", names, err)
			}
		}
		return nil
	})
}

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
				return fmt.Errorf("Transform gives %d x %d for %d rows; Out has %d columns", a.grid.rows, a.grid.cols, n, len(columns))
			}
			if err := coded(columns, a.grid); err != nil {
				return err
			}
		}
		names := map[string]int{}
		for j, c := range columns {
			if err := traced(c, j, p); err != nil {
				return fmt.Errorf("Out()[%d]: %w", j, err)
			}
			if s.data.Columns == nil {
				continue
			}
			if c.Name == "" {
				return fmt.Errorf("Out()[%d] has no name, though every column of the input has one", j)
			}
			if k, taken := names[c.Name]; taken {
				return fmt.Errorf("Out()[%d] and [%d] are both called %q", k, j, c.Name)
			}
			names[c.Name] = j
		}
		return nil
	})
}

// traced wants From to name columns of the input, each once and in order.
func traced(c ml.Column, j, p int) error {
	if c.From == nil && j >= p {
		return fmt.Errorf("From is nil, for itself, but the input has %d columns", p)
	}
	for k, f := range c.From {
		if f < 0 || f >= p || k > 0 && f <= c.From[k-1] {
			return fmt.Errorf("From is %v; want rising columns of 0..%d", c.From, p-1)
		}
	}
	return nil
}

// coded wants the numbers of categorical columns to be codes of their levels or NaN.
func coded(columns []ml.Column, g grid) error {
	for j, c := range columns {
		if c.Kind > ml.Categorical {
			return fmt.Errorf("Out()[%d] is of kind %s", j, c.Kind)
		}
		for i := 0; c.Kind == ml.Categorical && i < g.rows; i++ {
			v := g.row(i)[j]
			if !math.IsNaN(v) && (v != math.Trunc(v) || v < 0 || int(v) >= len(c.Levels)) {
				return fmt.Errorf("Transform[%d, %d] is %v in a categorical column of %d levels", i, j, v, len(c.Levels))
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
				return fmt.Errorf("Transform: %w", err)
			}
			back, err := v.inverse(z)
			if err != nil {
				return fmt.Errorf("Inverse: %w", err)
			}
			want, got := gridOf(x), gridOf(back)
			if want.rows != got.rows || want.cols != got.cols {
				return fmt.Errorf("Inverse gives %d x %d, want %d x %d", got.rows, got.cols, want.rows, want.cols)
			}
			if err := closeGrids(want, got, e.tol(Inverse)); err != nil {
				return fmt.Errorf("Inverse(Transform(x))%w", err)
			}
		}
		wrong := tensor.New[float64](2, len(t.Out())+1)
		return caught(func() error {
			if _, err := v.inverse(wrong); err == nil {
				return errors.New("Inverse takes a column too many")
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
			return fmt.Errorf("FitTransform: %w", err)
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
			return fmt.Errorf("FitTransform gives a %T, no Transformer", m)
		}
		z, err := t.Transform(s.x())
		if err != nil {
			return fmt.Errorf("Transform: %w", err)
		}
		a, b := gridOf(z), gridOf(x)
		if a.rows != b.rows || a.cols != b.cols {
			return fmt.Errorf("FitTransform gives %d x %d, Transform %d x %d", b.rows, b.cols, a.rows, a.cols)
		}
		if err := closeGrids(a, b, e.tol(FitTransform)); err != nil {
			return fmt.Errorf("Transform and FitTransform%w", err)
		}
		return nil
	})
}

func checkClusterCodes(e *env) error {
	if !e.clusters {
		return notApplicable("it is no clusterer")
	}
	return e.each(func(s sample) error {
		v, err := e.model(s)
		if err != nil {
			return err
		}
		m := v.method(predict)
		if m == nil {
			return notApplicable("its model has no Predict")
		}
		for _, x := range []tensor.Matrix{s.x(), s.probe} {
			a, err := m.call(x)
			if err != nil {
				return err
			}
			for i, c := range a.grid.v {
				if c < ml.None || int(c) >= s.data.Rows() {
					return fmt.Errorf("row %d is in cluster %v, want 0..K-1 or ml.None", i, c)
				}
			}
		}
		return nil
	})
}

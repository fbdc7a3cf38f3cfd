package mltest

import (
	"fmt"
	"slices"

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
				return fmt.Errorf("its PredictProba is %d x %d, want %d x %d: rows x classes", a.grid.rows, a.grid.cols, n, s.data.K())
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
		return fmt.Errorf("its PredictProba has %d columns, want %d", p.cols, k)
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

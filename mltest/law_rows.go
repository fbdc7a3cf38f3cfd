package mltest

import (
	"fmt"
	"runtime"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

func checkRowByRow(e *env) error {
	return e.each(func(s sample) error {
		v, err := e.model(s)
		if err != nil {
			return err
		}
		if len(v.batch) == 0 {
			return notApplicable("its model answers nothing")
		}
		for _, x := range []*tensor.Tensor[float64]{s.x(), s.probe} {
			want, err := v.outputs(x)
			if err != nil {
				return err
			}
			if err := v.onesAgree(x, want); err != nil {
				return err
			}
			if err := v.rowsAgree(x, want); err != nil {
				return err
			}
			if err := v.intoAgrees(x, want); err != nil {
				return err
			}
		}
		return nil
	})
}

// onesAgree asks about every row as a matrix of its own, and about the rows in reverse.
func (v *view) onesAgree(x *tensor.Tensor[float64], want []output) error {
	n, _ := x.Dims()
	back := make([]int, n)
	for i := range n {
		back[i] = n - 1 - i
	}
	reversed, err := v.outputs(x.Take(back))
	if err != nil {
		return err
	}
	for i := range n {
		one, err := v.outputs(x.Rows(i, i+1))
		if err != nil {
			return err
		}
		for k, w := range want {
			if err := sameRow(w, i, reversed[k].grid.row(n-1-i), "with the rows reversed"); err != nil {
				return err
			}
			if err := sameRow(w, i, one[k].grid.row(0), "for that row alone"); err != nil {
				return err
			}
		}
	}
	return nil
}

func sameRow(w output, i int, got []float64, how string) error {
	want := grid{rows: 1, cols: w.grid.cols, v: w.grid.row(i)}
	if err := sameGrid(w.method, want, grid{rows: 1, cols: len(got), v: got}); err != nil {
		return fmt.Errorf("row %d, in a batch and %s: %w", i, how, err)
	}
	return nil
}

// rowsAgree compares the methods for one row with a batch's answers.
func (v *view) rowsAgree(x *tensor.Tensor[float64], batch []output) error {
	n, _ := x.Dims()
	for _, m := range v.rows {
		for _, w := range batch {
			if w.method != m.of {
				continue
			}
			for i := range n {
				got, err := m.call(x.Row(i), w.grid.cols)
				if err != nil {
					return fmt.Errorf("%s of row %d: %w", m.name, i, err)
				}
				if err := sameRow(w, i, got, "from "+m.name); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (v *view) intoAgrees(x *tensor.Tensor[float64], batch []output) error {
	n, _ := x.Dims()
	for _, m := range v.into {
		got, err := m.call(x, n)
		if err != nil {
			return fmt.Errorf("in %s: %w", m.name, err)
		}
		for _, w := range batch {
			if w.method != m.of {
				continue
			}
			if err := sameGrid(m.name+", after "+m.of+":", w.grid, got); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkRowAllocs(e *env) error {
	if raceEnabled {
		return notApplicable("under -race sync.Pool drops what it is given, on purpose")
	}
	return e.each(func(s sample) error {
		v, err := e.model(s)
		if err != nil {
			return err
		}
		if len(v.rows) == 0 {
			return notApplicable("its model has no method for one row")
		}
		widths, err := v.widths(s.probe)
		if err != nil {
			return err
		}
		for _, m := range v.rows {
			call := m.repeat(s.probe.Row(0), widths[m.of])
			if n, err := allocations(call); err != nil || n > 0 {
				return fmt.Errorf("%s allocates %d times (error %v)", m.name, n, err)
			}
		}
		return nil
	})
}

func checkIntoAllocs(e *env) error {
	if raceEnabled {
		return notApplicable("under -race sync.Pool drops what it is given, on purpose")
	}
	return e.each(func(s sample) error {
		v, err := e.model(s)
		if err != nil {
			return err
		}
		into := slices.IndexFunc(v.into, func(m intoMethod) bool { return m.repeat != nil })
		if into < 0 {
			return notApplicable("its model has no PredictInto")
		}
		if _, wraps := v.model.(ml.Unwrapper); wraps {
			return notApplicable("a wrapper transforms the rows first")
		}
		if n, err := allocations(v.into[into].repeat(s.probe.Rows(0, 1), 1)); err != nil || n > 0 {
			return fmt.Errorf("its %s allocates %d times for one row (error %v)", v.into[into].name, n, err)
		}
		return nil
	})
}

// allocations is how often one call allocates: the least of several averages, since other goroutines allocate too.
// testing.AllocsPerRun would panic in a parallel test.
func allocations(call func() error) (int, error) {
	const runs = 100
	if err := call(); err != nil { // pools fill up
		return 0, err
	}
	least := -1
	for range 5 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range runs {
			if err := call(); err != nil {
				return 0, err
			}
		}
		runtime.ReadMemStats(&after)
		if n := int(after.Mallocs-before.Mallocs) / runs; least < 0 || n < least {
			least = n
		}
		if least == 0 {
			break
		}
	}
	return least, nil
}

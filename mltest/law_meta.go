package mltest

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"

	"github.com/gopherwood-ml/ml"
)

func checkMeta(e *env) error {
	return e.each(func(s sample) error {
		v, err := e.model(s)
		if err != nil {
			return err
		}
		n, p := s.data.X.Dims()
		m := v.meta
		switch {
		case m == nil:
			return errors.New("the model has no Meta: embed ml.Fitted")
		case !reflect.DeepEqual(m.Columns, s.data.Columns):
			return fmt.Errorf("its Columns is %+v, want the data's: %+v", m.Columns, s.data.Columns)
		case e.target == reflect.TypeFor[int]() && !reflect.DeepEqual(m.Classes, s.data.Classes):
			return fmt.Errorf("its Classes is %q, want the data's: %q", m.Classes, s.data.Classes)
		case m.Config == nil:
			return errors.New("its Config is nil")
		case e.zero != nil && reflect.TypeOf(m.Config) != reflect.TypeOf(bare(e.config)):
			return fmt.Errorf("its Config is a %T, want the %T that was fitted", m.Config, bare(e.config))
		case m.Info.Features != p:
			return fmt.Errorf("its Info.Features is %d, want %d", m.Info.Features, p)
		case m.Info.Rows != n:
			return fmt.Errorf("its Info.Rows is %d, want %d", m.Info.Rows, n)
		}
		return nil
	})
}

func checkFitInfo(e *env) error {
	return e.each(func(s sample) error {
		reports, err := e.reports(s)
		if err != nil {
			return err
		}
		v, err := e.model(s)
		if err != nil {
			return err
		}
		if v.meta == nil {
			return notApplicable("the model has no Meta")
		}
		info := v.meta.Info
		switch {
		case info.Status > ml.EarlyStopped:
			return fmt.Errorf("its Status is %s", info.Status)
		case info.Status == ml.Stopped:
			return errors.New("its Status is stopped, and nobody stopped the fit")
		case info.Iterations < 0 || info.Best < 0 || info.Best > info.Iterations:
			return fmt.Errorf("its Iterations is %d and Best %d", info.Iterations, info.Best)
		case !(info.Gap >= 0) || math.IsInf(info.Gap, 0):
			return fmt.Errorf("its Gap is %v, want a finite number >= 0", info.Gap)
		case info.Status == ml.EarlyStopped && s.data.Valid == nil && info.ValidLoss == nil:
			return errors.New("its Status is early stopped, and there was no validation loss")
		}
		for _, loss := range slices.Concat(info.Loss, info.ValidLoss) {
			if math.IsNaN(loss) || math.IsInf(loss, 0) {
				return fmt.Errorf("a loss of %v was recorded", loss)
			}
		}
		return consistent(info, reports)
	})
}

// consistent compares Info with the reports of a fit that has no others inside.
func consistent(info ml.Info, reports []ml.Progress) error {
	for i, r := range reports {
		if len(r.Path) > 0 || r.Unit != "iteration" {
			return nil
		}
		if i > 0 && r.Step <= reports[i-1].Step {
			return nil // several fits, one after the other
		}
	}
	if len(reports) == 0 {
		return nil
	}
	if info.Status == ml.Exact {
		return fmt.Errorf("its Status is %q after %d reported iterations", info.Status, len(reports))
	}
	if last := reports[len(reports)-1].Step; info.Iterations != last {
		return fmt.Errorf("its Iterations is %d, the last reported one was %d", info.Iterations, last)
	}
	return nil
}

func checkAlign(e *env) error {
	return e.each(func(s sample) error {
		if !slices.ContainsFunc(s.data.Columns, func(c ml.Column) bool { return c.Name != "" }) {
			return notApplicable("the columns have no names")
		}
		v, err := e.model(s)
		if err != nil {
			return err
		}
		if v.meta == nil {
			return errors.New("the model has no Meta: embed ml.Fitted")
		}
		want, err := v.outputs(s.probe)
		if err != nil {
			return err
		}
		_, p := s.probe.Dims()
		back := make([]int, p)
		columns := make([]ml.Column, p)
		for j := range p {
			back[j] = p - 1 - j
			columns[j] = s.data.Columns[p-1-j]
		}
		table, err := ml.Align(v.meta, ml.Table{X: s.probe.TakeCols(back), Columns: columns})
		if err != nil {
			return fmt.Errorf("ml.Align: %w", err)
		}
		got, err := v.outputs(table.X)
		if err != nil {
			return err
		}
		if err := sameOutputs(want, got); err != nil {
			return fmt.Errorf("with its columns in reverse and aligned: %w", err)
		}
		columns[0].Name = "another column"
		if _, err := ml.Align(v.meta, ml.Table{X: s.probe, Columns: columns}); err == nil {
			return errors.New("ml.Align takes a table that lacks a column of the model")
		} else if err := typed(err, ml.ErrColumn); err != nil {
			return fmt.Errorf("ml.Align: %w", err)
		}
		return nil
	})
}

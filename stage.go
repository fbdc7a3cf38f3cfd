package ml

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"sync"

	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// Stage is a part of a pipeline before its last step: Step, Resample, Stages, features.Columns.
type Stage interface {
	// CheckStage says, before anything is fitted, whether the stage can be fitted to data with d's kind of targets.
	CheckStage(d AnyData) error
	// FitStage fits the stage to training rows. It returns the fitted transformer, nil for a stage that later rows do
	// not pass, and the training rows behind the stage, d.Valid transformed with them.
	FitStage(ctx context.Context, d AnyData) (Transformer, AnyData, error)
}

// Step makes a stage of a transformer's config, supervised or not. A config that offers FitTransform has its
// training rows from there.
func Step[D Erasable, M Transformer](f Fitter[D, M]) Stage { return step{f} }

// Resample makes a stage of a config that changes which rows are learned from. Valid rows and later rows do not pass it.
func Resample[D Erasable](r Resampler[D]) Stage { return resample{r} }

// Stages is a sequence of stages, and a stage itself. As a Fitter of a Table it gives the fitted transformers alone, for
// preprocessing on its own or in front of a method that has no Predict.
type Stages []Stage

// step and resample hold the config alone: what FitStage needs beyond it is found by reflection, so that a stage read
// from a file works like one that was written in the program.
type step struct{ Config any }

type resample struct{ Config any }

func (s step) CheckStage(d AnyData) error {
	f, err := fitterOf(s.Config)
	if err != nil {
		return err
	}
	return f.accepts(d)
}

func (s step) FitStage(ctx context.Context, d AnyData) (Transformer, AnyData, error) {
	f, err := fitterOf(s.Config)
	if err != nil {
		return nil, AnyData{}, err
	}
	method := f.fit
	if f.both.IsValid() {
		method = f.both
	}
	out, err := f.call(ctx, method, d)
	if err != nil {
		return nil, AnyData{}, err
	}
	t, ok := out[0].Interface().(Transformer)
	if !ok {
		return nil, AnyData{}, &Error{Where: typeName(s.Config), Found: fmt.Sprintf("a fitter of %v", f.model), Want: "one of a Transformer", Kind: ErrConfig}
	}
	var x tensor.Matrix
	if len(out) == 2 {
		x = out[1].Interface().(tensor.Matrix)
	} else if x, err = t.Transform(d.X); err != nil {
		return nil, AnyData{}, err
	}
	behind, err := Passed(t, x, d)
	return t, behind, err
}

// Passed is what d becomes behind a fitted transformer that turned its rows into x: other columns, the same targets,
// weights and groups, and Valid transformed. It is for implementers of Stage.
func Passed(t Transformer, x tensor.Matrix, d AnyData) (AnyData, error) {
	columns := t.Out()
	if err := sameRows(t, d.X, x, len(columns)); err != nil {
		return AnyData{}, err
	}
	d.X, d.Columns = x, columns
	return d.MapValid(func(v *AnyData) (err error) {
		v.Columns = columns
		v.X, err = t.Transform(v.X)
		return err
	})
}

func sameRows(t Transformer, before, after tensor.Matrix, columns int) error {
	n, _ := before.Dims()
	m, p := after.Dims()
	if m == n && p == columns {
		return nil
	}
	return BadShape(typeName(t), "Transform(X)", fmt.Sprintf("%d x %d", m, p),
		fmt.Sprintf("%d x %d: as many rows as X, as many columns as Out()", n, columns))
}

func (r resample) method() (reflect.Value, reflect.Type, error) {
	wrong := func() (reflect.Value, reflect.Type, error) {
		return reflect.Value{}, nil, &Error{Where: typeName(r.Config), Found: fmt.Sprintf("a %T", r.Config), Want: "a config with Resample(context.Context, D) (D, error)", Kind: ErrConfig}
	}
	if isNil(r.Config) {
		return wrong()
	}
	m := reflect.ValueOf(r.Config).MethodByName("Resample")
	if !m.IsValid() {
		return wrong()
	}
	t := m.Type()
	if t.NumIn() != 2 || t.In(0) != contextType || t.NumOut() != 2 || t.Out(0) != t.In(1) || t.Out(1) != errorType ||
		!t.In(1).Implements(reflect.TypeFor[Erasable]()) || !reflect.PointerTo(t.In(1)).Implements(reflect.TypeFor[interface{ From(AnyData) error }]()) {
		return wrong()
	}
	return m, t.In(1), nil
}

func (r resample) CheckStage(d AnyData) error {
	_, data, err := r.method()
	if err == nil {
		_, err = convert(data, d)
	}
	return err
}

func (r resample) FitStage(ctx context.Context, d AnyData) (Transformer, AnyData, error) {
	m, data, err := r.method()
	if err != nil {
		return nil, AnyData{}, err
	}
	in, err := convert(data, d)
	if err != nil {
		return nil, AnyData{}, err
	}
	out := m.Call([]reflect.Value{reflect.ValueOf(&ctx).Elem(), in})
	if err, _ := out[1].Interface().(error); err != nil {
		return nil, AnyData{}, err
	}
	behind := out[0].Interface().(Erasable).Any()
	behind.Valid = d.Valid
	return nil, behind, nil
}

// CheckStage checks every stage. Those behind the first are checked for their targets alone: their columns are not known yet.
func (s Stages) CheckStage(d AnyData) error {
	for i, stage := range s {
		if isNil(stage) {
			return BadConfig("ml.Pipe", fmt.Sprintf("stage %d", i), "nil", "a Stage: ml.Step, ml.Resample, ml.Stages, features.Columns")
		}
		if err := stage.CheckStage(d); err != nil {
			return stageError(i, stage, err)
		}
	}
	return nil
}

// FitStage fits the stages one after the other, each to what the one before it gives.
func (s Stages) FitStage(ctx context.Context, d AnyData) (Transformer, AnyData, error) {
	f, behind, err := s.fit(ctx, d)
	if err != nil {
		return nil, AnyData{}, err
	}
	return f, behind, nil
}

// Fit fits the stages to rows without targets. Stages that need targets give ErrData.
func (s Stages) Fit(ctx context.Context, t Table) (*FittedStages, error) {
	if err := s.CheckStage(t.Any()); err != nil {
		return nil, err
	}
	f, _, err := s.fit(ctx, t.Any())
	return f, err
}

func (s Stages) fit(ctx context.Context, d AnyData) (*FittedStages, AnyData, error) {
	if err := checkMatrix("ml.Stages.Fit", d.X); err != nil {
		return nil, AnyData{}, err
	}
	if d.Columns != nil {
		if _, p := d.X.Dims(); len(d.Columns) != p {
			return nil, AnyData{}, BadShape("ml.Stages.Fit", "Columns", fmt.Sprintf("a list of %d", len(d.Columns)), fmt.Sprintf("%d, one for each column of X", p))
		}
	}
	f := &FittedStages{Fitted: NewFitted(d.Table, d.Classes, s)}
	for i, stage := range s {
		if err := Done(ctx); err != nil {
			return nil, AnyData{}, err
		}
		t, behind, err := stage.FitStage(ctx, d)
		if err != nil {
			return nil, AnyData{}, stageError(i, stage, err)
		}
		if t != nil {
			f.Steps = append(f.Steps, t)
		}
		d = behind
	}
	if err := f.Restore(); err != nil {
		return nil, AnyData{}, err
	}
	if len(f.Steps) > 0 {
		d.Columns = f.out
		d, err := d.MapValid(func(v *AnyData) error {
			v.Columns = f.out
			return nil
		})
		return f, d, err
	}
	return f, d, nil
}

func stageError(i int, s Stage, err error) error {
	name := typeName(s)
	switch s := s.(type) {
	case step:
		name = typeName(s.Config)
	case resample:
		name = typeName(s.Config)
	}
	return fmt.Errorf("stage %d (%s): %w", i, name, err)
}

// FittedStages are the fitted transformers of a pipeline: a Transformer themselves.
type FittedStages struct {
	Fitted
	Steps []Transformer

	out     []Column
	widths  []int            // of what each step gives
	rows    []RowTransformer // nil unless every step can transform a single row
	scratch *sync.Pool       // of *[][]float64, a buffer for each step
	into    IntoTransformer  // the last step, if it can; else nil
	between *sync.Pool       // of *[2][]float64, the results of steps in turn
}

// Restore rebuilds what follows from the steps.
func (f *FittedStages) Restore() error {
	f.widths = make([]int, len(f.Steps))
	f.rows = make([]RowTransformer, 0, len(f.Steps))
	f.out = f.Columns
	for i, t := range f.Steps {
		if isNil(t) {
			return &Error{Where: "ml.FittedStages", Field: fmt.Sprintf("Steps[%d]", i), Found: "nil", Want: "a transformer", Kind: ErrFormat}
		}
		if m, ok := t.(interface{ Meta() *Fitted }); ok {
			want := f.Info.Features
			if i > 0 {
				want = f.widths[i-1]
			}
			if got := m.Meta().Info.Features; got != want {
				return &Error{Where: "ml.FittedStages", Field: fmt.Sprintf("Steps[%d]", i), Found: fmt.Sprintf("for %d columns", got), Want: fmt.Sprintf("for the %d that reach it", want), Kind: ErrFormat}
			}
		}
		columns := t.Out()
		f.widths[i] = len(columns)
		if f.out = trace(columns, f.out, i == 0); len(f.out) == 0 {
			return BadShape(typeName(t), "Out()", "empty", "at least one column")
		}
		if r, ok := As[RowTransformer](t); ok {
			f.rows = append(f.rows, r)
		}
	}
	if len(f.rows) < len(f.Steps) {
		f.rows = nil
	}
	f.into = nil
	if last := len(f.Steps) - 1; last >= 0 {
		f.into, _ = As[IntoTransformer](f.Steps[last])
	}
	f.between = &sync.Pool{New: func() any { return new([2][]float64) }}
	widths := f.widths
	f.scratch = &sync.Pool{New: func() any {
		buffers := make([][]float64, len(widths))
		for i, w := range widths {
			buffers[i] = make([]float64, w)
		}
		return &buffers
	}}
	return nil
}

// trace rewrites the From of columns, which point to the step's input, so that they point to the pipeline's.
func trace(columns, input []Column, first bool) []Column {
	out := slices.Clone(columns)
	for j := range out {
		from := out[j].From
		if from == nil {
			from = []int{j}
		}
		if first {
			out[j].From = slices.Clone(from)
			continue
		}
		var origin []int
		for _, i := range from {
			if i >= 0 && i < len(input) {
				origin = append(origin, input[i].From...)
			}
		}
		slices.Sort(origin)
		out[j].From = slices.Compact(origin)
	}
	return out
}

// Out describes the columns behind the last step; From points to the columns of the pipeline's input.
func (f *FittedStages) Out() []Column { return CloneColumns(f.out) }

// Transform passes the rows through every step.
func (f *FittedStages) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	if err := CheckPredict("ml.FittedStages.Transform", &f.Fitted, x); err != nil {
		return nil, err
	}
	for _, t := range f.Steps {
		var err error
		if x, err = t.Transform(x); err != nil {
			return nil, err
		}
	}
	return x, nil
}

// TransformInto is Transform into dst: see IntoTransformer. Of float64 rows the results between the steps use the same memory again from call to call, where the steps can. A last step without TransformInto
// gives errors.ErrUnsupported.
func (f *FittedStages) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	const where = "ml.FittedStages.TransformInto"
	if f.into == nil && len(f.Steps) > 0 {
		return unsupported(f.Steps[len(f.Steps)-1], "TransformInto")
	}
	if err := CheckPredict(where, &f.Fitted, x); err != nil {
		return err
	}
	n, width := x.Dims()
	if len(f.Steps) > 0 {
		width = len(f.out)
	}
	if err := CheckInto(where, dst, x, width); err != nil {
		return err
	}
	if len(f.Steps) == 0 {
		from, buf := rows.Of(x), make([]float64, width)
		for i := range n {
			copy(dst.Row(i), from.Row(i, buf))
		}
		return nil
	}
	buffers := f.between.Get().(*[2][]float64)
	defer f.between.Put(buffers)
	last := len(f.Steps) - 1
	for i, t := range f.Steps[:last] {
		into, ok := As[IntoTransformer](t)
		if from := rows.Of(x); !ok || from.Narrow() || from.Sparse() { // whose results Transform stores otherwise
			var err error
			if x, err = t.Transform(x); err != nil {
				return err
			}
			continue
		}
		size := n * f.widths[i]
		if b := &buffers[i%2]; cap(*b) < size {
			*b = make([]float64, size)
		}
		to := tensor.FromSlice(buffers[i%2][:size], n, f.widths[i])
		if err := into.TransformInto(to, x); err != nil {
			return err
		}
		x = to
	}
	return f.into.TransformInto(dst, x)
}

// Inverse undoes the steps, last one first. A step without Inverse gives errors.ErrUnsupported.
func (f *FittedStages) Inverse(x tensor.Matrix) (tensor.Matrix, error) {
	for i := len(f.Steps) - 1; i >= 0; i-- {
		t, ok := As[Inverter](f.Steps[i])
		if !ok {
			return nil, unsupported(f.Steps[i], "Inverse")
		}
		var err error
		if x, err = t.Inverse(x); err != nil {
			return nil, err
		}
	}
	return x, nil
}

// TransformRow passes one row through every step; dst has len(Out()) elements.
func (f *FittedStages) TransformRow(dst, x []float64) error {
	if len(f.Steps) == 0 {
		if len(dst) != len(x) {
			return BadShape("ml.FittedStages.TransformRow", "dst", fmt.Sprintf("%d long", len(dst)), fmt.Sprintf("%d, as the row", len(x)))
		}
		copy(dst, x)
		return nil
	}
	b, err := f.buffers()
	if err != nil {
		return err
	}
	defer f.scratch.Put(b)
	last := len(f.rows) - 1
	for i, t := range f.rows {
		to := dst
		if i < last {
			to = (*b)[i]
		}
		if err := t.TransformRow(to, x); err != nil {
			return err
		}
		x = to
	}
	return nil
}

func (f *FittedStages) buffers() (*[][]float64, error) {
	if f.rows == nil {
		return nil, unsupported(f, "TransformRow in every step")
	}
	return f.scratch.Get().(*[][]float64), nil
}

// row passes one row through every step in borrowed buffers; the caller puts them back when it is done with the result.
func (f *FittedStages) row(x []float64) ([]float64, *[][]float64, error) {
	b, err := f.buffers()
	if err != nil {
		return nil, nil, err
	}
	for i, t := range f.rows {
		to := (*b)[i]
		if err := t.TransformRow(to, x); err != nil {
			f.scratch.Put(b)
			return nil, nil, err
		}
		x = to
	}
	return x, b, nil
}

// Can answers for As: the stages have an ability if every step has it.
func (f *FittedStages) Can(ability any) Verdict {
	switch ability.(type) {
	case *RowTransformer:
		if f.rows == nil {
			return Lacks
		}
	case *IntoTransformer:
		if f.into == nil && len(f.Steps) > 0 {
			return Lacks
		}
	case *Inverter:
		if slices.ContainsFunc(f.Steps, func(t Transformer) bool { _, ok := As[Inverter](t); return !ok }) {
			return Lacks
		}
	}
	return Undecided
}

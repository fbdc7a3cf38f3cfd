package ml_test

import (
	"context"
	"fmt"
	"iter"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// The estimators of this file are as small as the contract allows: the tests of pipelines, files and progress use them
// where a real one would hide what is tested.

func init() {
	ml.RegisterConfig[shift]("toy.shift")
	ml.Register[*shiftModel]("toy.shiftModel")
	ml.RegisterConfig[double]("toy.double")
	ml.Register[*doubleModel]("toy.doubleModel")
	ml.RegisterConfig[means]("toy.means")
	ml.Register[*meansModel]("toy.meansModel")
	ml.RegisterConfig[line]("toy.line")
	ml.Register[*lineModel]("toy.lineModel")
	ml.RegisterConfig[groups]("toy.groups")
	ml.Register[*groupsModel]("toy.groupsModel")
	ml.RegisterConfig[targetShift]("toy.targetShift")
	ml.Register[dropNegative]("toy.dropNegative")
}

func info(t ml.Table, config any) ml.Fitted {
	n, p := t.X.Dims()
	return ml.Fitted{Columns: t.Columns, Config: config, Info: ml.Info{Rows: n, Features: p}}
}

// shift subtracts what it is told to; it can be undone and works on single rows.
type shift struct{ By float64 }

type shiftModel struct {
	ml.Fitted
	By float64
}

func (s shift) Fit(_ context.Context, t ml.Table) (*shiftModel, error) {
	if err := t.Check("toy.shift.Fit", ml.Accepts{}); err != nil {
		return nil, err
	}
	return &shiftModel{info(t, s), s.By}, nil
}

func (m *shiftModel) apply(where string, x tensor.Matrix, by float64) (tensor.Matrix, error) {
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	n, p := x.Dims()
	out := tensor.New[float64](n, p)
	for i := range n {
		for j := range p {
			out.Row(i)[j] = x.At(i, j) + by
		}
	}
	return out, nil
}

func (m *shiftModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	return m.apply("toy.shiftModel.Transform", x, -m.By)
}

func (m *shiftModel) Inverse(x tensor.Matrix) (tensor.Matrix, error) {
	return m.apply("toy.shiftModel.Inverse", x, m.By)
}

func (m *shiftModel) Out() []ml.Column {
	out := make([]ml.Column, m.Info.Features)
	for j := range out {
		out[j] = ml.Column{Name: ml.ColumnName(m.Columns, j), From: []int{j}}
	}
	return out
}

func (m *shiftModel) TransformRow(dst, x []float64) error {
	for j, v := range x {
		dst[j] = v - m.By
	}
	return nil
}

// double repeats every column, the copies behind the originals; it has no row form and no inverse.
type double struct{}

type doubleModel struct{ ml.Fitted }

func (d double) Fit(_ context.Context, t ml.Table) (*doubleModel, error) {
	return &doubleModel{info(t, d)}, nil
}

func (m *doubleModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	n, p := x.Dims()
	out := tensor.New[float64](n, 2*p)
	for i := range n {
		for j := range p {
			out.Row(i)[j], out.Row(i)[p+j] = x.At(i, j), x.At(i, j)
		}
	}
	return out, nil
}

func (m *doubleModel) Out() []ml.Column {
	p := m.Info.Features
	out := make([]ml.Column, 2*p)
	for j := range out {
		out[j] = ml.Column{Name: fmt.Sprintf("%s_%d", ml.ColumnName(m.Columns, j%p), j/p), From: []int{j % p}}
	}
	return out
}

// targetShift is supervised and gives other training rows than Transform: those minus their own target.
type targetShift struct{}

func (s targetShift) Fit(ctx context.Context, d ml.Dataset[float64]) (*shiftModel, error) {
	m, _, err := s.FitTransform(ctx, d)
	return m, err
}

func (s targetShift) FitTransform(_ context.Context, d ml.Dataset[float64]) (*shiftModel, tensor.Matrix, error) {
	n, p := d.X.Dims()
	out := tensor.New[float64](n, p)
	for i := range n {
		for j := range p {
			out.Row(i)[j] = d.X.At(i, j) - d.Y[i]
		}
	}
	return &shiftModel{info(d.Table, s), 0}, out, nil
}

// dropNegative removes training rows whose target is negative.
type dropNegative struct{}

func (dropNegative) Resample(_ context.Context, d ml.Dataset[float64]) (ml.Dataset[float64], error) {
	var keep []int
	for i, y := range d.Y {
		if y >= 0 {
			keep = append(keep, i)
		}
	}
	return d.Select(keep), nil
}

// means predicts the mean of the targets plus the sum of a row; it can learn on, yields stages and reports progress.
type means struct{ Steps int }

type meansModel struct {
	ml.Fitted
	Sum   float64
	Count int
	Seen  [][]float64 // the rows it was given
	Valid [][]float64
}

func (c means) Fit(ctx context.Context, d ml.Dataset[float64]) (*meansModel, error) {
	if err := d.Check("toy.means.Fit", ml.Accepts{}); err != nil {
		return nil, err
	}
	m := &meansModel{Fitted: info(d.Table, c), Count: len(d.Y), Seen: dense(d.X)}
	for _, y := range d.Y {
		m.Sum += y
	}
	if d.Valid != nil {
		m.Valid = dense(d.Valid.X)
	}
	track := ml.Track(ctx, "step", c.Steps)
	for i := 1; i <= c.Steps; i++ {
		m.Info.Iterations = i
		stop, err := track.Step(i, ml.Loss{Train: 1 / float64(i)})
		if err != nil {
			return nil, err
		}
		if stop {
			m.Info.Status = ml.Stopped
			break
		}
	}
	return m, nil
}

func (m *meansModel) Update(_ context.Context, d ml.Dataset[float64]) (*meansModel, error) {
	next := *m
	next.Seen = append(dense(nil), m.Seen...)
	next.Seen = append(next.Seen, dense(d.X)...)
	for _, y := range d.Y {
		next.Sum += y
	}
	next.Count += len(d.Y)
	return &next, nil
}

func (m *meansModel) Predict(x tensor.Matrix) ([]float64, error) {
	if err := ml.CheckPredict("toy.meansModel.Predict", &m.Fitted, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out := make([]float64, n)
	return out, m.PredictInto(out, x)
}

func (m *meansModel) PredictInto(dst []float64, x tensor.Matrix) error {
	for i, row := range dense(x) {
		dst[i], _ = m.PredictRow(row)
	}
	return nil
}

func (m *meansModel) PredictRow(x []float64) (float64, error) {
	y := m.Sum / float64(m.Count)
	for _, v := range x {
		y += v
	}
	return y, nil
}

func (m *meansModel) Staged(x tensor.Matrix) iter.Seq2[[]float64, error] {
	return func(yield func([]float64, error) bool) {
		for range 2 {
			if !yield(m.Predict(x)) {
				return
			}
		}
	}
}

// line is a classifier: class 1 right of the first column's middle.
type line struct{}

type lineModel struct {
	ml.Fitted
	Middle float64
}

func (c line) Fit(_ context.Context, d ml.Dataset[int]) (*lineModel, error) {
	if err := d.Check("toy.line.Fit", ml.Accepts{}); err != nil {
		return nil, err
	}
	m := &lineModel{Fitted: info(d.Table, c)}
	m.Classes = d.Classes
	n, _ := d.X.Dims()
	for i := range n {
		m.Middle += d.X.At(i, 0) / float64(n)
	}
	return m, nil
}

func (m *lineModel) Predict(x tensor.Matrix) ([]int, error) {
	n, _ := x.Dims()
	out := make([]int, n)
	for i := range out {
		if x.At(i, 0) > m.Middle {
			out[i] = 1
		}
	}
	return out, nil
}

func (m *lineModel) PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	y, err := m.Predict(x)
	if err != nil {
		return nil, err
	}
	p := tensor.New[float64](len(y), 2)
	for i, c := range y {
		p.Row(i)[c] = 1
	}
	return p, nil
}

func (m *lineModel) PredictRow(x []float64) (int, error) {
	if x[0] > m.Middle {
		return 1, nil
	}
	return 0, nil
}

// groups is unsupervised and predicts codes without probabilities.
type groups struct{}

type groupsModel struct {
	ml.Fitted
	Rows int
}

func (c groups) Fit(_ context.Context, t ml.Table) (*groupsModel, error) {
	return &groupsModel{info(t, c), t.Rows()}, nil
}

func (m *groupsModel) Update(_ context.Context, t ml.Table) (*groupsModel, error) {
	next := *m
	next.Rows += t.Rows()
	return &next, nil
}

func (m *groupsModel) Predict(x tensor.Matrix) ([]int, error) {
	n, _ := x.Dims()
	return make([]int, n), nil
}

func dense(x tensor.Matrix) [][]float64 {
	if x == nil {
		return nil
	}
	n, p := x.Dims()
	out := make([][]float64, n)
	for i := range out {
		out[i] = make([]float64, p)
		for j := range p {
			out[i][j] = x.At(i, j)
		}
	}
	return out
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

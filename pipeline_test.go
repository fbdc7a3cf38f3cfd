package ml_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

var ctx = context.Background()

func small() ml.Dataset[float64] {
	d := ml.Data(tensor.FromSlice([]float64{1, 2, 3, 4, 5, 6}, 3, 2), []float64{10, -20, 30})
	d.Columns = []ml.Column{{Name: "a"}, {Name: "b"}}
	d.Weight = []float64{1, 2, 3}
	d.Group = []int{7, 8, 9}
	return d
}

func TestPipelineFitsEachStageToWhatTheOneBeforeGives(t *testing.T) {
	d := small()
	d.Valid = &ml.Dataset[float64]{Table: ml.Table{X: tensor.FromSlice([]float64{0, 0}, 1, 2)}, Y: []float64{0}}
	pipe := ml.Pipe(ml.Stages{ml.Step(shift{By: 1}), ml.Step(double{}), ml.Step(shift{By: 10})}, means{})
	c := must(pipe.Fit(ctx, d))
	require.Equal(t, [][]float64{{-10, -9, -10, -9}, {-8, -7, -8, -7}, {-6, -5, -6, -5}}, c.Final.Seen)
	require.Equal(t, [][]float64{{-11, -11, -11, -11}}, c.Final.Valid)
	require.Equal(t, 2, c.Info.Features)
	require.Equal(t, d.Columns, c.Columns)
	require.Equal(t, pipe, c.Config)
	require.Equal(t, [][]float64{{1, 2}, {3, 4}, {5, 6}}, dense(d.X), "the input was written to")

	y := must(c.Predict(d.X))
	require.InDelta(t, 20./3-38, y[0], 1e-12)
	_, err := c.Predict(tensor.New[float64](1, 3))
	require.ErrorIs(t, err, ml.ErrShape)
}

func TestColumnsAreTracedToTheInput(t *testing.T) {
	c := must(ml.Pipe(ml.Stages{ml.Step(double{}), ml.Step(double{})}, means{}).Fit(ctx, small()))
	out := c.Stages.Out()
	require.Len(t, out, 8)
	require.Equal(t, "b_0_1", out[5].Name)
	require.Equal(t, []int{1}, out[5].From)
	require.Equal(t, []int{0}, c.Final.Columns[6].From, "the final model knows the original columns")
}

func TestPipelineUsesFitTransformOnTrainingRowsOnly(t *testing.T) {
	c := must(ml.Pipe(ml.Step(targetShift{}), means{}).Fit(ctx, small()))
	require.Equal(t, [][]float64{{-9, -8}, {23, 24}, {-25, -24}}, c.Final.Seen)
	require.Equal(t, [][]float64{{1, 2}}, dense(must(c.Stages.Transform(tensor.FromSlice([]float64{1, 2}, 1, 2)))))
}

func TestOnlyTrainingRowsPassAResampler(t *testing.T) {
	d := small()
	d.Valid = new(small())
	c := must(ml.Pipe(ml.Stages{ml.Resample(dropNegative{}), ml.Step(shift{By: 1})}, means{}).Fit(ctx, d))
	require.Equal(t, [][]float64{{0, 1}, {4, 5}}, c.Final.Seen)
	require.Len(t, c.Final.Valid, 3)
	require.Len(t, must(c.Predict(d.X)), 3)
}

func TestStagesAreCheckedBeforeTheFirstIsFitted(t *testing.T) {
	fits := 0
	classes := ml.Data(small().X, []int{0, 1, 0})
	_, err := ml.Pipe(ml.Stages{ml.Step(counting{&fits}), ml.Step(targetShift{})}, line{}).Fit(ctx, classes)
	require.ErrorIs(t, err, ml.ErrData)
	require.ErrorContains(t, err, "stage 1 (toy.targetShift)")
	require.ErrorContains(t, err, "[]float64")
	require.Zero(t, fits)

	_, err = ml.Pipe(nil, line{}).Fit(ctx, classes)
	require.ErrorIs(t, err, ml.ErrConfig)
	_, err = ml.Pipe[ml.Dataset[int], int, *lineModel](ml.Step(shift{}), nil).Fit(ctx, classes)
	require.ErrorIs(t, err, ml.ErrConfig)
	_, err = ml.Pipe(ml.Step(double{}), line{}).Fit(ctx, ml.Dataset[int]{})
	require.ErrorIs(t, err, ml.ErrShape)
	_, err = ml.Pipe(ml.Step(shift{}), line{}).Fit(ctx, ml.Data(tensor.FromSlice([]float64{math.NaN()}, 1, 1), []int{0}))
	require.ErrorIs(t, err, ml.ErrNotFinite)
	require.ErrorContains(t, err, "stage 0 (toy.shift)")
}

type counting struct{ fits *int }

func (c counting) Fit(_ context.Context, t ml.Table) (*doubleModel, error) {
	*c.fits++
	return double{}.Fit(ctx, t)
}

// liar gives fewer rows than it was given.
type liar struct{}
type liarModel struct{ doubleModel }

func (liar) Fit(_ context.Context, t ml.Table) (*liarModel, error) {
	return &liarModel{doubleModel{info(t, nil)}}, nil
}
func (m *liarModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	_, p := x.Dims()
	return tensor.New[float64](1, 2*p), nil
}

func TestATransformerMayNotChangeTheNumberOfRows(t *testing.T) {
	_, err := ml.Pipe(ml.Step(liar{}), means{}).Fit(ctx, small())
	require.ErrorIs(t, err, ml.ErrShape)
	require.ErrorContains(t, err, "3 x 4")
}

func TestAbilitiesNeedEveryPart(t *testing.T) {
	d := small()
	rowable := must(ml.Pipe(ml.Step(shift{By: 1}), means{}).Fit(ctx, d))
	r, ok := ml.As[ml.RowPredictor[float64]](rowable)
	require.True(t, ok)
	row := []float64{1, 2}
	require.Equal(t, must(rowable.Predict(d.X))[0], must(r.PredictRow(row)))
	allocatesNothing(t, func() { _, _ = r.PredictRow(row) })
	_, err := r.PredictRow(row[:1])
	require.ErrorIs(t, err, ml.ErrShape)

	blocked := must(ml.Pipe(ml.Step(double{}), means{}).Fit(ctx, d))
	_, ok = ml.As[ml.RowPredictor[float64]](blocked)
	require.False(t, ok, "a stage has no row form")
	_, err = blocked.PredictRow(row)
	require.ErrorIs(t, err, errors.ErrUnsupported)

	_, ok = ml.As[ml.Classifier](rowable)
	require.False(t, ok)
	require.ErrorIs(t, second(rowable.PredictProba(d.X)), errors.ErrUnsupported)
	require.ErrorIs(t, rowable.ProbaRow(nil, row), errors.ErrUnsupported)
	require.ErrorIs(t, second(rowable.Transform(d.X)), errors.ErrUnsupported)
	require.ErrorIs(t, second(rowable.Inverse(d.X)), errors.ErrUnsupported)
	require.Nil(t, rowable.Out())

	_, ok = ml.As[ml.Stager[float64]](rowable)
	require.True(t, ok)
	stages := 0
	for y, err := range rowable.Staged(d.X) {
		require.NoError(t, err)
		require.Len(t, y, 3)
		stages++
	}
	require.Equal(t, 2, stages)

	into, ok := ml.As[ml.Into[float64]](rowable)
	require.True(t, ok)
	dst := make([]float64, 3)
	require.NoError(t, into.PredictInto(dst, d.X))
	require.Equal(t, must(rowable.Predict(d.X)), dst)

	nested := must(ml.Pipe(ml.Step(shift{By: 1}), ml.Pipe(ml.Step(double{}), means{})).Fit(ctx, d))
	_, ok = ml.As[ml.RowPredictor[float64]](nested)
	require.False(t, ok, "an inner stage has no row form")
}

func allocatesNothing(t *testing.T, f func()) {
	t.Helper()
	if allocs := testing.AllocsPerRun(1000, f); allocs != 0 && !raceEnabled {
		t.Errorf("%v allocations", allocs)
	}
}

func second[T any](_ T, err error) error { return err }

func TestStagesAlone(t *testing.T) {
	d := small()
	f := must(ml.Stages{ml.Step(shift{By: 1}), ml.Step(shift{By: 2})}.Fit(ctx, d.Table))
	require.Equal(t, [][]float64{{-2, -1}}, dense(must(f.Transform(tensor.FromSlice([]float64{1, 2}, 1, 2)))))
	require.Equal(t, [][]float64{{1, 2}}, dense(must(f.Inverse(tensor.FromSlice([]float64{-2, -1}, 1, 2)))))
	dst := make([]float64, 2)
	row := []float64{1, 2}
	allocatesNothing(t, func() { _ = f.TransformRow(dst, row) })
	require.Equal(t, []float64{-2, -1}, dst)
	require.ErrorIs(t, second(ml.Stages{ml.Step(targetShift{})}.Fit(ctx, d.Table)), ml.ErrData)
	_, ok := ml.As[ml.Inverter](must(ml.Stages{ml.Step(double{})}.Fit(ctx, d.Table)))
	require.False(t, ok)

	nested := must(ml.Stages{ml.Step(double{}), ml.Stages{ml.Step(shift{}), ml.Step(double{})}}.Fit(ctx, d.Table))
	require.Equal(t, []int{1}, nested.Out()[7].From)
	none := must(ml.Stages{}.Fit(ctx, d.Table))
	require.Equal(t, d.Columns, none.Out())
	require.NoError(t, none.TransformRow(dst, row))
	require.Equal(t, row, dst)
}

func TestUpdateFreezesTheStages(t *testing.T) {
	d := small()
	first := must(ml.Pipe(ml.Step(shift{By: 1}), means{}).Fit(ctx, d))
	next := must(first.Update(ctx, d))
	require.Len(t, first.Final.Seen, 3)
	require.Len(t, next.Final.Seen, 6)
	require.Equal(t, [][]float64{{0, 1}}, next.Final.Seen[3:4])
	_, ok := ml.As[ml.Updater[ml.Dataset[float64], *ml.Chain[float64, *meansModel]]](first)
	require.True(t, ok)

	c := must(ml.Pipe(ml.Step(shift{}), line{}).Fit(ctx, ml.Data(d.X, []int{0, 1, 1})))
	require.ErrorIs(t, second(c.Update(ctx, ml.Data(d.X, []int{0, 1, 1}))), errors.ErrUnsupported)
	_, ok = ml.As[ml.Updater[ml.Dataset[int], *ml.Chain[int, *lineModel]]](c)
	require.False(t, ok)
}

func TestFitStream(t *testing.T) {
	d := small()
	chunks := func(n int, fault error) func(func(ml.Dataset[float64], error) bool) {
		return func(yield func(ml.Dataset[float64], error) bool) {
			for range n {
				if !yield(d, nil) {
					return
				}
			}
			if fault != nil {
				yield(d, fault)
			}
		}
	}
	pipe := ml.Pipe(ml.Step(shift{By: 1}), means{})
	require.Len(t, must(ml.FitStream(ctx, pipe, chunks(3, nil))).Final.Seen, 9)
	require.Equal(t, 6, must(ml.FitStream(ctx, means{}, chunks(2, nil))).Count)
	require.ErrorIs(t, second(ml.FitStream(ctx, means{}, chunks(0, nil))), ml.ErrShape)
	broken := errors.New("disk on fire")
	require.ErrorIs(t, second(ml.FitStream(ctx, means{}, chunks(1, broken))), broken)

	tables := func(yield func(ml.Table, error) bool) {
		for range 2 {
			if !yield(d.Table, nil) {
				return
			}
		}
	}
	require.Equal(t, 6, must(ml.FitStream(ctx, ml.Pipe(ml.Step(shift{}), groups{}), tables)).Final.Rows)
	require.ErrorIs(t, second(ml.FitStream(ctx, shift{}, tables)), errors.ErrUnsupported)
}

func TestClassifyAndRegressEraseTheType(t *testing.T) {
	classes := ml.Data(small().X, []int{0, 1, 1})
	c := ml.Classify(ml.Pipe(ml.Step(shift{}), line{}))
	require.Len(t, must(must(c.Fit(ctx, classes)).Predict(classes.X)), 3)
	require.Equal(t, ml.Classify(line{}), ml.AnyClassifier{Config: line{}})
	require.Len(t, must(must(ml.Regress(means{}).Fit(ctx, small())).Predict(small().X)), 3)

	for _, bad := range []any{nil, 5, means{}, shift{}, groups{}, (*line)(nil), struct{}{}} {
		_, err := ml.AnyClassifier{Config: bad}.Fit(ctx, classes)
		var e *ml.Error
		require.ErrorAs(t, err, &e, "%T", bad)
	}
	require.Error(t, ml.AnyClassifier{Config: means{}}.Restore())
	require.NoError(t, ml.AnyClassifier{Config: line{}}.Restore())
	require.NoError(t, ml.AnyRegressor{Config: means{}}.Restore())
}

func TestCancelledPipeline(t *testing.T) {
	done, cancel := context.WithCancel(ctx)
	cancel()
	_, err := ml.Pipe(ml.Step(shift{}), means{}).Fit(done, small())
	require.ErrorIs(t, err, context.Canceled)
}

func TestErrorReadsAsASentence(t *testing.T) {
	err := error(ml.BadConfig("linear.Ridge.Fit", "Alpha", 0, "> 0; for no penalty use linear.OLS"))
	require.Equal(t, "linear.Ridge.Fit: Alpha is 0: want > 0; for no penalty use linear.OLS (bad configuration)", err.Error())
	require.ErrorIs(t, err, ml.ErrConfig)
	cause := errors.New("below")
	err = &ml.Error{Where: "ml.Load", Cause: cause, Kind: ml.ErrFormat}
	require.ErrorIs(t, err, cause)
	require.ErrorIs(t, err, ml.ErrFormat)
	require.True(t, strings.Contains(err.Error(), "below"))
}

package ml_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

func saved(t *testing.T, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, ml.Save(&b, v))
	return b.Bytes()
}

func classes() ml.Dataset[int] {
	d := ml.Data(tensor.FromSlice([]float64{1, 2, 3, 4, 5, 6}, 3, 2), []int{0, 1, 1})
	d.Classes = []string{"left", "right"}
	return d
}

func TestAPipelineComesBackAsItselfAndAsAnInterface(t *testing.T) {
	d := classes()
	c := must(ml.Pipe(ml.Stages{ml.Step(shift{By: 1}), ml.Step(double{})}, line{}).Fit(ctx, d))
	file := saved(t, c)
	require.Equal(t, file, saved(t, c))

	same := must(ml.Load[*ml.Chain[int, *lineModel]](bytes.NewReader(file)))
	require.Equal(t, c.Final.Middle, same.Final.Middle)
	require.Equal(t, c.Columns, same.Columns)
	require.Equal(t, c.Classes, same.Classes)
	require.Equal(t, must(c.Predict(d.X)), must(same.Predict(d.X)))
	require.Equal(t, file, saved(t, same))

	erased := must(ml.Load[ml.Classifier](bytes.NewReader(file)))
	require.IsType(t, (*ml.Chain[int, ml.Classifier])(nil), erased)
	require.Equal(t, must(c.PredictProba(d.X)).Data(), must(erased.PredictProba(d.X)).Data())
	require.Equal(t, file, saved(t, erased))
	anything := must(ml.Load[any](bytes.NewReader(file)))
	require.IsType(t, erased, anything)

	_, err := ml.Load[*lineModel](bytes.NewReader(file))
	require.ErrorIs(t, err, ml.ErrType)
	_, err = ml.Load[*ml.Chain[int, *groupsModel]](bytes.NewReader(file))
	require.ErrorIs(t, err, ml.ErrType)
	_, err = ml.Load[ml.Predictor[float64]](bytes.NewReader(file))
	require.ErrorIs(t, err, ml.ErrType)
}

func TestLoadedConfigsFitAgain(t *testing.T) {
	d := classes()
	for name, config := range map[string]interface {
		Fit(context.Context, ml.Dataset[int]) (*ml.Chain[int, *lineModel], error)
	}{
		"one stage":  ml.Pipe(ml.Step(shift{By: 1}), line{}),
		"two stages": ml.Pipe(ml.Stages{ml.Step(shift{By: 1}), ml.Stages{ml.Step(double{})}}, line{}),
	} {
		file := saved(t, must(config.Fit(ctx, d)))
		m := must(ml.Load[*ml.Chain[int, ml.Classifier]](bytes.NewReader(file)))
		again, ok := m.Config.(ml.Pipeline[ml.Dataset[int], int, ml.Classifier])
		require.True(t, ok, "%s: %T", name, m.Config)
		require.Equal(t, file, saved(t, must(again.Fit(ctx, d))), name)
	}
}

func TestEveryFormOfPipelineIsSaved(t *testing.T) {
	reg := must(ml.Pipe(ml.Stages{ml.Resample(dropNegative{}), ml.Step(targetShift{})}, means{Steps: 1}).Fit(ctx, small()))
	r := must(ml.Load[ml.Predictor[float64]](bytes.NewReader(saved(t, reg))))
	require.Equal(t, must(reg.Predict(small().X)), must(r.Predict(small().X)))

	cl := must(ml.Pipe(ml.Step(shift{}), groups{}).Fit(ctx, small().Table))
	g := must(ml.Load[ml.Predictor[int]](bytes.NewReader(saved(t, cl))))
	require.IsType(t, (*ml.Chain[int, ml.Predictor[int]])(nil), g)
	config := g.(*ml.Chain[int, ml.Predictor[int]]).Config.(ml.Pipeline[ml.Table, int, ml.Predictor[int]])
	_ = must(config.Fit(ctx, small().Table))

	nested := must(ml.Pipe(ml.Step(shift{By: 2}), ml.Pipe(ml.Step(double{}), line{})).Fit(ctx, classes()))
	n := must(ml.Load[ml.Classifier](bytes.NewReader(saved(t, nested))))
	require.Equal(t, must(nested.Predict(classes().X)), must(n.Predict(classes().X)))
	require.Equal(t, saved(t, nested), saved(t, n))

	stages := must(ml.Stages{ml.Step(shift{By: 2}), ml.Step(double{})}.Fit(ctx, small().Table))
	tr := must(ml.Load[ml.Transformer](bytes.NewReader(saved(t, stages))))
	require.Equal(t, stages.Out(), tr.Out())

	wrapped := ml.Classify(ml.Pipe(ml.Step(shift{By: 2}), line{}))
	w := must(ml.Load[ml.AnyClassifier](bytes.NewReader(saved(t, wrapped))))
	_ = must(w.Fit(ctx, classes()))
}

func TestWhatCannotBeSavedSaysWhere(t *testing.T) {
	require.ErrorIs(t, ml.Save(&bytes.Buffer{}, nil), ml.ErrConfig)
	c := must(ml.Pipe(ml.Step(counting{new(int)}), line{}).Fit(ctx, classes()))
	err := ml.Save(&bytes.Buffer{}, c)
	require.ErrorIs(t, err, ml.ErrConfig)
	require.ErrorContains(t, err, "Config")
	require.ErrorContains(t, err, "counting")
}

func TestDamagedFilesAreErrors(t *testing.T) {
	file := saved(t, must(ml.Pipe(ml.Step(shift{By: 1}), line{}).Fit(ctx, classes())))
	for n := range file {
		_, err := ml.Load[any](bytes.NewReader(file[:n]))
		require.ErrorIs(t, err, ml.ErrFormat, "cut at %d", n)
	}
	for i := range file {
		bad := bytes.Clone(file)
		bad[i] ^= 1 << (i % 8)
		_, err := ml.Load[any](bytes.NewReader(bad))
		var e *ml.Error
		require.ErrorAs(t, err, &e, "flipped at %d", i)
	}
}

func TestConfigsAsJSON(t *testing.T) {
	pipe := ml.Pipe(ml.Step(shift{By: 1}), line{})
	text := must(ml.MarshalConfig(pipe))
	again := must(ml.UnmarshalConfig[ml.Pipeline[ml.Dataset[int], int, *lineModel]](text))
	require.Equal(t, pipe, again)

	require.Equal(t, shift{By: 2.5}, must(ml.UnmarshalConfig[shift]([]byte(`{"By": 2.5}`))))
	for text, want := range map[string]string{
		`{"by": 1}`:                        "by",
		`{"By": 1, "By": 2}`:               "By",
		`{"By": "one"}`:                    "By",
		`{"kind": "toy.double"}`:           "toy.double",
		`{"By": 1} {"By": 2}`:              "",
		`[1]`:                              "",
		`{"By": 1e999}`:                    "By",
		strings.Repeat(`{"By": `, 100_000): "",
	} {
		_, err := ml.UnmarshalConfig[shift]([]byte(text))
		var e *ml.Error
		require.ErrorAs(t, err, &e, text[:min(len(text), 40)])
		require.ErrorContains(t, err, want)
	}
	nested := ml.Pipe(ml.Step(shift{By: 1}), ml.Pipe(ml.Step(double{}), line{}))
	text = must(ml.MarshalConfig(nested))
	f := must(ml.UnmarshalConfig[ml.Fitter[ml.Dataset[int], ml.Classifier]](text))
	_ = must(f.Fit(ctx, classes()))
	require.Equal(t, text, must(ml.MarshalConfig(f)))

	_, err := ml.UnmarshalConfig[any]([]byte(`{"By": 1}`))
	require.Error(t, err, "an interface needs a kind")
	_, err = ml.MarshalConfig(nil)
	require.ErrorIs(t, err, ml.ErrConfig)
}

package selection

import (
	"bytes"
	"context"
	"errors"
	"math"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

// oracle predicts what it was given, row by row.
type oracle[Y any] struct {
	pred []Y
	fail error
}

func (o oracle[Y]) Predict(x tensor.Matrix) ([]Y, error) {
	if o.fail != nil {
		return nil, o.fail
	}
	n, _ := x.Dims()
	out := make([]Y, 0, n)
	for i := range n {
		if at := int(x.At(i, 0)); at < len(o.pred) {
			out = append(out, o.pred[at])
		}
	}
	return out, nil
}

// seer has probabilities as well.
type seer struct {
	oracle[int]
	proba [][]float64
}

func (s seer) PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	if s.fail != nil {
		return nil, s.fail
	}
	n, _ := x.Dims()
	out := tensor.New[float64](n, len(s.proba[0]))
	for i := range n {
		copy(out.Row(i), s.proba[int(x.At(i, 0))])
	}
	return out, nil
}

func TestScorersAreTheMetrics(t *testing.T) {
	y := []int{0, 1, ml.None, 1, 0, 1}
	m := seer{oracle[int]{pred: []int{0, 1, 1, 0, 0, 1}}, [][]float64{{.8, .2}, {.3, .7}, {.5, .5}, {.6, .4}, {.55, .45}, {.45, .55}}}
	d := rowsOf(6, func(i int) int { return y[i] })
	d.Weight = []float64{1, 2, 50, 1, 0.5, 3}
	keep := []int{0, 1, 3, 4, 5}
	l := d.Select(keep)
	pred, proba := must(m.Predict(l.X)), must(m.PredictProba(l.X))
	require.Equal(t, metrics.Accuracy(l.Y, pred, l.Weight...), must(Accuracy{}.Score(ctx, m, d)))
	require.Equal(t, metrics.LogLoss(l.Y, proba, l.Weight...), must(LogLoss{}.Score(ctx, m, d)))
	require.Equal(t, metrics.ROCAUC(l.Y, proba.Cols(1, 2).Data(), l.Weight...), must(ROCAUC{}.Score(ctx, m, d)))
	require.Equal(t, metrics.Accuracy(l.Y, pred, l.Weight...), must(On(metrics.Accuracy).Score(ctx, m, d)))

	three := rowsOf(6, func(i int) int { return i % 3 })
	m.proba = [][]float64{{.6, .2, .2}, {.3, .4, .3}, {.2, .1, .7}, {.1, .5, .4}, {.3, .3, .4}, {.4, .3, .3}}
	proba = must(m.PredictProba(three.X))
	require.Equal(t, metrics.ROCAUCOvR(three.Y, proba, metrics.Macro), must(ROCAUC{}.Score(ctx, m, three)))
	require.Equal(t, metrics.ROCAUCOvR(three.Y, proba, metrics.Micro), must(ROCAUC{Average: metrics.Micro}.Score(ctx, m, three)))
	require.Equal(t, metrics.ROCAUCOvO(three.Y, proba, metrics.Weighted), must(ROCAUC{Average: metrics.Weighted, OneVsOne: true}.Score(ctx, m, three)))

	r := oracle[float64]{pred: []float64{1, 2.5, 3, 5}}
	n := rowsOf(4, func(i int) float64 { return float64(i + 1) })
	n.Weight = []float64{1, 0, 2, 3}
	p := must(r.Predict(n.X))
	require.Equal(t, metrics.R2(n.Y, p, n.Weight...), must(R2{}.Score(ctx, r, n)))
	require.Equal(t, metrics.RMSE(n.Y, p, n.Weight...), must(RMSE{}.Score(ctx, r, n)))
	require.Equal(t, metrics.MSE(n.Y, p, n.Weight...), must(MSE{}.Score(ctx, r, n)))
	require.Equal(t, metrics.MAE(n.Y, p, n.Weight...), must(MAE{}.Score(ctx, r, n)))
	require.Equal(t, metrics.MSE(n.Y, p, n.Weight...), must(OnLoss(metrics.MSE).Score(ctx, r, n)))
}

func TestScorersSayWhatIsWrong(t *testing.T) {
	d := rowsOf(4, func(i int) int { return i % 2 })
	good := seer{oracle[int]{pred: []int{0, 1, 0, 1}}, [][]float64{{1, 0}, {0, 1}, {.5, .5}, {0, 1}}}
	broken := errors.New("broken")
	none := rowsOf(2, func(int) int { return ml.None })
	one := rowsOf(3, func(int) int { return 1 })
	wide := rowsOf(4, func(i int) int { return i })
	away := seer{good.oracle, [][]float64{{1, 0, 0}, {0, 1, 0}, {0, 1, 0}, {0, 1, 0}}}
	weightless := rowsOf(2, func(i int) int { return i })
	weightless.Weight = []float64{0, 0}
	uneven := rowsOf(3, func(i int) int { return i - 1 })
	uneven.Weight = []float64{1}
	for name, c := range map[string]struct{ err, kind error }{
		"the model fails":        {second(Accuracy{}.Score(ctx, oracle[int]{fail: broken}, d)), broken},
		"its probabilities fail": {second(LogLoss{}.Score(ctx, seer{oracle[int]{fail: broken}, nil}, d)), broken},
		"too few predictions":    {second(Accuracy{}.Score(ctx, oracle[int]{pred: []int{0}}, d)), ml.ErrShape},
		"no probabilities":       {second(LogLoss{}.Score(ctx, good.oracle, d)), errors.ErrUnsupported},
		"no labels":              {second(Accuracy{}.Score(ctx, good, none)), ml.ErrTarget},
		"no labels, LogLoss":     {second(LogLoss{}.Score(ctx, good, none)), ml.ErrTarget},
		"one class":              {second(ROCAUC{}.Score(ctx, good, one)), ml.ErrTarget},
		"a class without column": {second(LogLoss{}.Score(ctx, good, wide)), ml.ErrTarget},
		"a class without rows":   {second(ROCAUC{}.Score(ctx, away, d)), ml.ErrTarget},
		"no weight":              {second(Accuracy{}.Score(ctx, good, weightless)), ml.ErrWeight},
		"uneven":                 {second(Accuracy{}.Score(ctx, good, uneven)), ml.ErrShape},
		"R2 of one row":          {second(R2{}.Score(ctx, oracle[float64]{pred: []float64{1}}, rowsOf(1, func(int) float64 { return 1 }))), ml.ErrTarget},
		"NaN prediction":         {second(RMSE{}.Score(ctx, oracle[float64]{pred: []float64{math.NaN()}}, rowsOf(1, func(int) float64 { return 1 }))), ml.ErrNotFinite},
		"On(nil)":                {second(On[int](nil).Score(ctx, good, d)), ml.ErrConfig},
	} {
		require.ErrorIs(t, c.err, c.kind, name)
	}
	// Weighted leaves out class 2, which has no rows; classes 0 and 1 have one tie in four pairs each.
	require.Equal(t, 0.75, must(ROCAUC{Average: metrics.Weighted}.Score(ctx, away, rowsOf(4, func(i int) int { return i / 2 }))))
}

func TestScorersAreData(t *testing.T) {
	names := map[string]bool{}
	for _, s := range []ml.Scorer[int]{Accuracy{}, LogLoss{}, ROCAUC{}, ROCAUC{Average: metrics.Weighted, OneVsOne: true}} {
		var b bytes.Buffer
		require.NoError(t, ml.Save(&b, s))
		require.Equal(t, s, must(ml.Load[ml.Scorer[int]](&b)))
		require.Equal(t, s.Name() == "log_loss", s.Lower())
		names[s.Name()] = true
	}
	for _, s := range []ml.Scorer[float64]{R2{}, RMSE{}, MSE{}, MAE{}} {
		var b bytes.Buffer
		require.NoError(t, ml.Save(&b, s))
		require.Equal(t, s, must(ml.Load[ml.Scorer[float64]](&b)))
		require.Equal(t, s.Name() != "r2", s.Lower())
		names[s.Name()] = true
	}
	require.Len(t, names, 8)
	require.True(t, names["roc_auc_ovo_weighted"])

	require.Equal(t, "metrics.Accuracy", On(metrics.Accuracy).Name())
	require.False(t, On(metrics.Accuracy).Lower())
	require.True(t, OnLoss(metrics.MSE).Lower())
	require.Error(t, ml.Save(new(bytes.Buffer), On(metrics.Accuracy)))
	m := must(NewSearch([]level{{}, {By: 1}}, thirds{}, OnLoss(metrics.MAE)).Fit(ctx, numbers(9)))
	require.Equal(t, 0, m.BestIndex)
	require.Error(t, ml.Save(new(bytes.Buffer), m), "a func cannot be stored")
}

// watcher records what it was fitted to.
type watcher struct{}

type watcherModel struct {
	oracle[int]
	train, valid ml.Dataset[int]
}

func (watcher) Fit(_ context.Context, d ml.Dataset[int]) (*watcherModel, error) {
	return &watcherModel{train: d, valid: *d.Valid}, nil
}

func TestHoldOut(t *testing.T) {
	d := rowsOf(40, func(i int) int { return i % 2 })
	m := must(HoldOut(watcher{}, 0.25).Fit(ctx, d))
	require.Len(t, m.train.Y, 30)
	require.Len(t, m.valid.Y, 10)
	ones := 0
	for _, c := range m.valid.Y {
		ones += c
	}
	require.Equal(t, 5, ones)
	require.Nil(t, m.valid.Classes)
	require.Nil(t, d.Valid)
	rare := rowsOf(40, func(i int) int { return i / 39 }) // class 1 has one row, which some seed holds out
	for seed := range uint64(100) {
		h := HoldOut(watcher{}, 0.5)
		h.Seed = seed
		m := must(h.Fit(ctx, rare))
		require.Equal(t, 2, m.train.K(), "the width of the whole")
		require.Equal(t, m.train.Classes, m.valid.Classes)
	}
	weighted := d
	weighted.Weight = make([]float64, 40)
	for i := range 30 {
		weighted.Weight[i] = 1
	}
	first := make([]int, 30)
	for i := range first {
		first[i] = i
	}
	some := weighted.Select(first)
	require.Equal(t, must(HoldOut(watcher{}, 0.25).Fit(ctx, some)), must(HoldOut(watcher{}, 0.25).Fit(ctx, weighted)), "a row of weight 0 is absent")
	require.Equal(t, m, must(HoldOut(watcher{}, 0.25).Fit(ctx, d)))
	seeded := HoldOut(watcher{}, 0.25)
	seeded.Seed = 9
	require.NotEqual(t, m.valid.X, must(seeded.Fit(ctx, d)).valid.X)

	grouped := sample()
	m = must(HoldOut(watcher{}, 0.2).Fit(ctx, grouped))
	for _, g := range m.valid.Group {
		require.NotContains(t, m.train.Group, g)
	}

	watched := d
	watched.Valid = &d
	single := d
	single.Group = make([]int, 40)
	for name, c := range map[string]struct{ err, kind error }{
		"fraction 0": {second(HoldOut(watcher{}, 0).Fit(ctx, d)), ml.ErrConfig},
		"fraction 1": {second(HoldOut(watcher{}, 1).Fit(ctx, d)), ml.ErrConfig},
		"NaN":        {second(HoldOut(watcher{}, math.NaN()).Fit(ctx, d)), ml.ErrConfig},
		"nothing":    {second(HeldOut[int, *watcherModel]{Fraction: 0.5}.Fit(ctx, d)), ml.ErrConfig},
		"watched":    {second(HoldOut(watcher{}, 0.5).Fit(ctx, watched)), ml.ErrData},
		"one row":    {second(HoldOut(watcher{}, 0.5).Fit(ctx, rowsOf(1, func(int) int { return 0 }))), ml.ErrShape},
		"one group":  {second(HoldOut(watcher{}, 0.5).Fit(ctx, single)), ml.ErrShape},
		"no data":    {second(HoldOut(watcher{}, 0.5).Fit(ctx, ml.Dataset[int]{})), ml.ErrShape},
	} {
		require.ErrorIs(t, c.err, c.kind, name)
	}
}

func TestHoldOutIsData(t *testing.T) {
	require.Equal(t, HoldOut(level{By: 1}, 0.2), HoldOut(level{By: 1}, 0.2))
	search := NewSearch([]HeldOut[float64, *levelModel]{HoldOut(level{By: 1}, 0.2), HoldOut(level{}, 0.2)}, thirds{}, RMSE{})
	m := must(search.Fit(ctx, numbers(30)))
	require.Equal(t, HoldOut(level{}, 0.2), m.BestConfig())
	var b, again bytes.Buffer
	require.NoError(t, ml.Save(&b, m))
	erased := must(ml.Load[ml.Predictor[float64]](bytes.NewReader(b.Bytes())))
	require.NoError(t, ml.Save(&again, erased))
	require.Equal(t, b.Bytes(), again.Bytes())
	c := HoldOut(prior{}, 0.5)
	b.Reset()
	require.NoError(t, ml.Save(&b, c))
	f := must(ml.Load[ml.Fitter[ml.Dataset[int], ml.Classifier]](&b))
	p := must(must(f.Fit(ctx, sample())).PredictProba(sample().X))
	require.Equal(t, must(must(c.Fit(ctx, sample())).PredictProba(sample().X)).Data(), p.Data())
}

// Rows drawn, folds, candidates: the same bytes however many cores there are.
func TestNestedSearchInAPipelineIsDeterministic(t *testing.T) {
	grid := Grid(func(by float64) level { return level{By: by} }, 2, 0, -1, 1)
	nested := ml.Pipe(ml.Stages{}, NewSearch(grid, KFold{K: 3, Shuffle: true, Seed: 3}, RMSE{}))
	var want *Scores
	for _, procs := range []int{1, 2, 8} {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		cv := must(CrossValidate(ctx, nested, numbers(61), RepeatedKFold{K: 4, Repeats: 2, Seed: 1}, RMSE{}, MAE{}))
		if want == nil {
			want = cv
		}
		require.Equal(t, want, cv)
	}
	require.Len(t, want.Folds, 8)
	for i, f := range want.Folds {
		train, test := numbers(61).Select(f.TrainRows(61)), numbers(61).Select(f.Test)
		m := must(nested.Fit(ctx, train))
		require.Equal(t, must(RMSE{}.Score(ctx, m, test)), want.Metrics[0].Folds[i])
	}
}

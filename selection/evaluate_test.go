package selection

import (
	"context"
	"math"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

func TestCrossEvaluateRecordsFaults(t *testing.T) {
	d := numbers(9)
	faulty := level{Fault: 2} // row 1 is in the training rows of folds 0 and 2
	_, err := CrossEvaluate(ctx, faulty, d, thirds{}, Options{}, loss{})
	require.ErrorIs(t, err, errLevel)
	e := must(CrossEvaluate(ctx, faulty, d, thirds{}, Options{Faults: RecordFaults, Models: true, Train: true}, loss{}))
	require.Len(t, e.Faults, 3)
	require.ErrorIs(t, e.Faults[0], errLevel)
	require.NoError(t, e.Faults[1])
	require.Nil(t, e.Models[0])
	require.NotNil(t, e.Models[1])
	for _, scores := range []*Scores{e.Scores, e.Train} {
		folds := scores.Metrics[0].Folds
		require.True(t, math.IsNaN(folds[0]) && !math.IsNaN(folds[1]) && math.IsNaN(folds[2]), folds)
		require.True(t, math.IsNaN(scores.Metrics[0].Mean()))
	}
	_, err = CrossEvaluate(ctx, level{Fault: 2}, d, given{{Test: []int{0}}, {Test: []int{3}}}, Options{Faults: RecordFaults}, loss{})
	require.ErrorIs(t, err, errLevel, "all folds failed")

	stop, cancel := context.WithCancel(ctx)
	cancel()
	_, err = CrossEvaluate(stop, level{}, d, thirds{}, Options{Faults: RecordFaults}, loss{})
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, second(CrossEvaluate(ctx, level{}, d, thirds{}, Options{Faults: 9}, loss{})), ml.ErrConfig)
	require.ErrorIs(t, second(CrossEvaluate(ctx, level{}, d, thirds{}, Options{})), ml.ErrConfig)
}

func TestCrossEvaluateIsTheSameOnAnyNumberOfCores(t *testing.T) {
	d := numbers(40)
	var want *Evaluation[*levelModel]
	for _, procs := range []int{1, 2, 8} {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		e := must(CrossEvaluate(ctx, level{By: 1}, d, KFold{}, Options{Train: true, Models: true}, loss{}, loss{}))
		require.Len(t, e.FitTime, 5)
		require.Len(t, e.ScoreTime, 5)
		require.Len(t, e.Scores.Metrics, 2)
		e.FitTime, e.ScoreTime = nil, nil
		if want == nil {
			want = e
		}
		require.Equal(t, want, e)
	}
}

func TestOutOfFoldPredictions(t *testing.T) {
	d := numbers(10)
	pred := must(CrossPredict(ctx, level{}, d, thirds{}))
	for _, f := range must(thirds{}.Split(d.Any())) {
		m := must(level{}.Fit(ctx, d.Select(f.TrainRows(10))))
		for _, r := range f.Test {
			require.Equal(t, m.Mean, pred[r])
		}
	}
	codes := ml.Data(tensor.New[float64](6, 1), []int{2, 0, 1, 2, 0, 1}) // a fold for each class
	p := must(CrossProba(ctx, prior{}, codes, thirds{}))
	require.Equal(t, []int{6, 3}, p.Shape())
	require.InDelta(t, 0, p.At(0, 2), 0, "the class is not in the training rows of its fold")
	out := must(CrossOutput(ctx, prior{}, codes, thirds{}, (*priorModel).PredictProba))
	require.Equal(t, p, out)
	labels := rowsOf(9, func(i int) []int { return []int{i % 2, 1} })
	require.Len(t, must(CrossPredict(ctx, first[[]int]{}, labels, KFold{K: 3})), 9)

	for name, err := range map[string]error{
		"a row tested often": second(CrossPredict(ctx, level{}, d, RepeatedKFold{K: 2, Repeats: 2})),
		"a row left out":     second(CrossPredict(ctx, level{}, d, TimeSeriesSplit{K: 3})),
		"no output":          second(CrossOutput[float64, *levelModel](ctx, level{}, d, KFold{}, nil)),
		"no fitter":          second(CrossPredict[float64, *levelModel](ctx, nil, d, KFold{})),
		"few rows": second(CrossOutput(ctx, level{}, d, KFold{}, func(*levelModel, tensor.Matrix) (*tensor.Tensor[float64], error) {
			return tensor.New[float64](1, 1), nil
		})),
		"uneven width": second(CrossOutput(ctx, level{}, d, given{{Test: []int{0, 1, 2, 3}}, {Test: []int{4, 5, 6, 7, 8, 9}}}, func(_ *levelModel, x tensor.Matrix) (*tensor.Tensor[float64], error) {
			n, _ := x.Dims()
			return tensor.New[float64](n, n), nil
		})),
	} {
		var e *ml.Error
		require.ErrorAs(t, err, &e, name)
	}
	require.ErrorIs(t, second(CrossPredict(ctx, level{Fault: 2}, d, thirds{})), errLevel)
}

func TestPermutationTest(t *testing.T) {
	tied, free := numbers(30), numbers(30)
	for i := range tied.Y {
		tied.Y[i] = float64(i / 15)
	}
	// nearest predicts the target of the training row whose number is nearest: right where targets go with the rows.
	r := must(PermutationTest(ctx, nearest{}, tied, KFold{Shuffle: true}, loss{}, 99, 1))
	require.InDelta(t, 0.01, r.P, 1e-15, "none of 99 is as good")
	require.Len(t, r.Permuted, 99)
	fillNormal(free.Y)
	require.Greater(t, must(PermutationTest(ctx, nearest{}, free, KFold{Shuffle: true}, loss{}, 20, 1)).P, 0.1, "nothing to find")
	for _, procs := range []int{1, 8} {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		require.Equal(t, r, must(PermutationTest(ctx, nearest{}, tied, KFold{Shuffle: true}, loss{}, 99, 1)))
	}
	// Within groups that hold one target each, no shuffle changes anything.
	tied.Group = make([]int, 30)
	for i := range tied.Group {
		tied.Group[i] = i / 15
	}
	require.Equal(t, 1.0, must(PermutationTest(ctx, nearest{}, tied, KFold{Shuffle: true}, loss{}, 9, 1)).P)
	require.ErrorIs(t, second(PermutationTest(ctx, level{}, free, KFold{}, loss{}, -1, 1)), ml.ErrConfig)
	require.ErrorIs(t, second(PermutationTest(ctx, level{}, ml.Dataset[float64]{}, KFold{}, loss{}, 5, 1)), ml.ErrShape)
	require.ErrorIs(t, second(PermutationTest(ctx, level{Fault: 1}, free, KFold{}, loss{}, 5, 1)), errLevel)
}

type nearest struct{}

type nearestModel struct{ d ml.Dataset[float64] }

func (nearest) Fit(_ context.Context, d ml.Dataset[float64]) (*nearestModel, error) {
	return &nearestModel{d}, nil
}

func (m *nearestModel) Predict(x tensor.Matrix) ([]float64, error) {
	n, _ := x.Dims()
	out := make([]float64, n)
	for i := range out {
		best := 0
		for r := range m.d.Y {
			if math.Abs(m.d.X.At(r, 0)-x.At(i, 0)) < math.Abs(m.d.X.At(best, 0)-x.At(i, 0)) {
				best = r
			}
		}
		out[i] = m.d.Y[best]
	}
	return out, nil
}

// The interval of a mean over folds holds the true score of models fitted to as many rows about as often as it says: 95 of 100 times, here 400 times,
// where three standard errors are 3.3%. The level model predicts a mean, so its true squared error is known: (1+1/n)·σ² for n training rows.
func TestHonestIntervalsHoldTheTruth(t *testing.T) {
	held := 0
	const times, n, k = 400, 40, 5
	draws := rowsOf(times*n, func(int) float64 { return 0 })
	fillNormal(draws.Y)
	for i := range times {
		d := numbers(n)
		copy(d.Y, draws.Y[i*n:])
		e := must(Honest(ctx, level{}, d, KFold{K: k}, MSE{}, 0))
		if truth := 1 + 1/float64(n-n/k); e.Score.Low <= truth && truth <= e.Score.High {
			held++
		}
		require.Len(t, e.Models, k)
	}
	require.InDelta(t, 0.95, float64(held)/times, 0.033)
}

func TestHonestIsANestedCrossValidation(t *testing.T) {
	d := numbers(27)
	search := NewSearch(Grid(func(by float64) level { return level{By: by} }, 1, 0), thirds{}, loss{})
	e := must(Honest(ctx, search, d, thirds{}, loss{}, 0.9))
	require.Equal(t, must(CrossValidate(ctx, level{}, d, thirds{}, loss{})).Metrics[0], e.Metric)
	require.Equal(t, 1, e.Models[0].BestIndex)
	require.Contains(t, e.String(), "at 90%, 3 folds")
	require.Less(t, e.Score.Low, e.Score.Value)
	require.ErrorIs(t, second(Honest(ctx, search, d, thirds{}, loss{}, 2)), ml.ErrConfig)
	require.ErrorIs(t, second(Honest(ctx, search, d, given{{Test: []int{0, 1}}}, loss{}, 0)), ml.ErrConfig)
	require.True(t, math.IsNaN(Metric{Folds: []float64{1}}.Interval(0.25, 0).Low))
}

func TestRefitRules(t *testing.T) {
	candidates := []Candidate{{Folds: []float64{4, 6}, Mean: 5}, {Fault: "x", Mean: math.NaN()}, {Folds: []float64{3, 3.5}, Mean: 3.25}, {Folds: []float64{2, 4}, Mean: 3}, {Folds: []float64{3, 3}, Mean: 3}}
	require.Equal(t, 3, BestMean{}.Pick(candidates, true))
	require.Equal(t, 0, BestMean{}.Pick(candidates, false))
	require.Equal(t, 2, OneStandardError{}.Pick(candidates, true), "the error is 1, and 3.25 is within it")
	require.Equal(t, 3, OneStandardError{Errors: 0.1}.Pick(candidates, true))
	require.Equal(t, 0, OneStandardError{Errors: 9}.Pick(candidates, true))
	d := numbers(30)
	search := NewSearch(Grid(func(by float64) level { return level{By: by} }, 0.1, 0, 1), thirds{}, loss{})
	require.Equal(t, 1, must(search.Fit(ctx, d)).BestIndex)
	search.Refit = OneStandardError{}
	require.Equal(t, 0, must(search.Fit(ctx, d)).BestIndex)
	search.Refit = stubborn{}
	require.ErrorIs(t, second(search.Fit(ctx, d)), ml.ErrConfig)
}

type stubborn struct{}

func (stubborn) Pick([]Candidate, bool) int { return 7 }

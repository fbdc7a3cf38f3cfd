package selection

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

var ctx = context.Background()

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func init() {
	ml.RegisterConfig[level]("toy.level")
	ml.Register[*levelModel]("toy.levelModel")
	ml.Register[thirds]("toy.thirds")
	ml.Register[loss]("toy.loss")
	ml.RegisterConfig[prior]("toy.prior")
	ml.Register[*priorModel]("toy.priorModel")
}

// level predicts the mean of the targets plus By; Fault makes it fail where the data has a row of that value.
type level struct {
	By    float64
	Fault float64
}

type levelModel struct {
	ml.Fitted
	Mean float64
}

var errLevel = errors.New("level does not hold")

func (c level) Fit(ctx context.Context, d ml.Dataset[float64]) (*levelModel, error) {
	n, p := d.X.Dims()
	m := &levelModel{Fitted: ml.Fitted{Columns: d.Columns, Config: c, Info: ml.Info{Rows: n, Features: p}}, Mean: c.By}
	for i, y := range d.Y {
		if c.Fault != 0 && d.X.At(i, 0) == c.Fault {
			return nil, errLevel
		}
		m.Mean += y / float64(n)
	}
	if _, err := ml.Track(ctx, "step", 1).Step(1, ml.Loss{}); err != nil {
		return nil, err
	}
	return m, nil
}

func (m *levelModel) Predict(x tensor.Matrix) ([]float64, error) {
	n, _ := x.Dims()
	out := make([]float64, n)
	for i := range out {
		out[i] = m.Mean
	}
	return out, nil
}

func (m *levelModel) PredictRow([]float64) (float64, error) { return m.Mean, nil }

// prior predicts the classes' shares among the training rows.
type prior struct{}

type priorModel struct {
	ml.Fitted
	Share []float64
}

func (c prior) Fit(_ context.Context, d ml.Dataset[int]) (*priorModel, error) {
	n, p := d.X.Dims()
	m := &priorModel{Fitted: ml.Fitted{Classes: d.Classes, Config: c, Info: ml.Info{Rows: n, Features: p}}, Share: make([]float64, d.K())}
	for _, y := range d.Y {
		m.Share[y] += 1 / float64(n)
	}
	return m, nil
}

func (m *priorModel) Predict(x tensor.Matrix) ([]int, error) {
	n, _ := x.Dims()
	return make([]int, n), nil
}

func (m *priorModel) PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	n, _ := x.Dims()
	p := tensor.New[float64](n, len(m.Share))
	for i := range n {
		copy(p.Row(i), m.Share)
	}
	return p, nil
}

// thirds holds out the rows 0, 3, 6, ..., then 1, 4, 7, ..., then the rest.
type thirds struct{}

func (thirds) Split(d ml.AnyData) ([]ml.Fold, error) {
	folds := make([]ml.Fold, 3)
	for i := range d.Rows() {
		folds[i%3].Test = append(folds[i%3].Test, i)
	}
	return folds, nil
}

// loss is the mean absolute error.
type loss struct{}

func (loss) Score(_ context.Context, m ml.Predictor[float64], d ml.Dataset[float64]) (float64, error) {
	pred, err := m.Predict(d.X)
	if err != nil {
		return 0, err
	}
	sum := 0.0
	for i, y := range d.Y {
		sum += math.Abs(y-pred[i]) / float64(len(d.Y))
	}
	return sum, nil
}
func (loss) Lower() bool  { return true }
func (loss) Name() string { return "loss" }

func numbers(n int) ml.Dataset[float64] {
	x, y := tensor.New[float64](n, 1), make([]float64, n)
	for i := range n {
		x.Row(i)[0] = float64(i + 1)
		y[i] = math.Sin(float64(i))
	}
	return ml.Data(x, y)
}

func TestCrossValidateIsTheLoopOneWouldWrite(t *testing.T) {
	d := numbers(10)
	got := must(CrossValidate(ctx, level{By: 1}, d, thirds{}, loss{}))
	folds := must(thirds{}.Split(d.Any()))
	for i, f := range folds {
		m := must(level{By: 1}.Fit(ctx, d.Select(f.TrainRows(10))))
		require.Equal(t, must(loss{}.Score(ctx, m, d.Select(f.Test))), got.Metrics[0].Folds[i])
	}
	m, ok := got.Metric("loss")
	require.True(t, ok)
	require.True(t, m.Lower)
	require.InDelta(t, (m.Folds[0]+m.Folds[1]+m.Folds[2])/3, m.Mean(), 1e-15)
	_, ok = got.Metric("other")
	require.False(t, ok)
	require.Contains(t, got.String(), "loss")

	models, scores, err := CrossFit(ctx, level{By: 1}, d, thirds{}, loss{})
	require.NoError(t, err)
	require.Len(t, models, 3)
	require.Equal(t, got, scores)
	var b bytes.Buffer
	require.NoError(t, ml.Save(&b, scores))
	require.Equal(t, scores, must(ml.Load[*Scores](&b)))
}

func TestFoldsKeepTheWidthOfTheWhole(t *testing.T) {
	d := ml.Data(tensor.New[float64](6, 1), []int{2, 0, 1, 2, 0, 1}) // thirds holds out one class at a time
	models, _, err := CrossFit(ctx, prior{}, d, thirds{})
	require.NoError(t, err)
	for _, m := range models {
		require.Len(t, m.Share, 3)
	}
	require.Nil(t, d.Classes)
}

func TestFoldsRunInParallelWithTheSameResult(t *testing.T) {
	grid := Grid(func(by float64) level { return level{By: by} }, 3, 1, 0, 2)
	search := NewSearch(grid, thirds{}, loss{})
	var want []byte
	for _, procs := range []int{1, 2, 8} {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		var b bytes.Buffer
		require.NoError(t, ml.Save(&b, must(search.Fit(ctx, numbers(50)))))
		if want == nil {
			want = b.Bytes()
		}
		require.Equal(t, want, b.Bytes(), "GOMAXPROCS %d", procs)
	}
}

func TestCrossValidateRefusesWhatItCannotUse(t *testing.T) {
	d := numbers(6)
	for name, err := range map[string]error{
		"no scorer":   second(CrossValidate(ctx, level{}, d, thirds{})),
		"no splitter": second(CrossValidate(ctx, level{}, d, nil, loss{})),
		"no fitter":   second(CrossValidate[float64, *levelModel](ctx, nil, d, thirds{}, loss{})),
		"no data":     second(CrossValidate(ctx, level{}, ml.Dataset[float64]{}, thirds{}, loss{})),
		"few rows":    second(CrossValidate(ctx, level{}, numbers(2), thirds{}, loss{})),
		"no folds":    second(CrossValidate(ctx, level{}, d, given{}, loss{})),
		"wrong row":   second(CrossValidate(ctx, level{}, d, given{{Test: []int{6}}}, loss{})),
		"no train":    second(CrossValidate(ctx, level{}, d, given{{Test: []int{0, 1, 2, 3, 4, 5}}}, loss{})),
	} {
		var e *ml.Error
		require.ErrorAs(t, err, &e, name)
	}
	err := second(CrossValidate(ctx, level{Fault: 2}, d, thirds{}, loss{}))
	require.ErrorIs(t, err, errLevel)
	require.ErrorContains(t, err, "fold 0")
}

type given []ml.Fold

func (g given) Split(ml.AnyData) ([]ml.Fold, error) { return g, nil }

func second[T any](_ T, err error) error { return err }

func TestSearchFindsTheBestAndFitsItToAllRows(t *testing.T) {
	d := numbers(30)
	grid := Grid(func(by float64) level { return level{By: by} }, 3, 0, 1, 0)
	search := NewSearch(grid, thirds{}, loss{})
	m := must(search.Fit(ctx, d))
	require.Equal(t, 1, m.BestIndex, "the first of equal ones")
	require.Equal(t, 30, m.Best.Info.Rows)
	require.Equal(t, must(level{}.Fit(ctx, d)).Mean, m.Best.Mean)
	require.Len(t, m.Candidates, 4)
	require.Equal(t, must(CrossValidate(ctx, level{By: 3}, d, thirds{}, loss{})).Metrics[0].Folds, m.Candidates[0].Folds)
	require.Equal(t, must(m.Best.Predict(d.X)), must(m.Predict(d.X)))
	row, ok := ml.As[ml.RowPredictor[float64]](m)
	require.True(t, ok)
	x := []float64{1}
	require.Zero(t, testing.AllocsPerRun(100, func() { _, _ = row.PredictRow(x) }))
	_, ok = ml.As[ml.Classifier](m)
	require.False(t, ok)
	require.ErrorIs(t, second(m.PredictProba(d.X)), errors.ErrUnsupported)
	require.ErrorIs(t, m.ProbaRow(nil, nil), errors.ErrUnsupported)
	require.ErrorIs(t, m.PredictInto(nil, d.X), errors.ErrUnsupported)
	require.Contains(t, m.String(), "* 1")
	require.True(t, reflect.DeepEqual(search, NewSearch(grid, thirds{}, loss{})))
}

func TestSearchSurvivesACandidateThatFails(t *testing.T) {
	d := numbers(9)
	m := must(NewSearch([]level{{Fault: 2}, {By: 1}}, thirds{}, loss{}).Fit(ctx, d))
	require.Equal(t, 1, m.BestIndex)
	require.Contains(t, m.Candidates[0].Fault, "does not hold")
	require.True(t, math.IsNaN(m.Candidates[0].Mean))
	require.Contains(t, m.String(), "failed")
	var b bytes.Buffer
	require.NoError(t, ml.Save(&b, m))
	same := must(ml.Load[*SearchModel[float64, *levelModel]](&b))
	require.Equal(t, m.Candidates[0].Fault, same.Candidates[0].Fault)
	require.True(t, math.IsNaN(same.Candidates[0].Mean))
	require.Equal(t, m.Candidates[1], same.Candidates[1])

	_, err := NewSearch([]level{{Fault: 2}, {Fault: 3}}, thirds{}, loss{}).Fit(ctx, d)
	require.ErrorIs(t, err, errLevel)
	_, err = NewSearch([]level{}, thirds{}, loss{}).Fit(ctx, d)
	require.ErrorIs(t, err, ml.ErrConfig)
	_, err = NewSearch([]level{{}}, thirds{}, nil).Fit(ctx, d)
	require.ErrorIs(t, err, ml.ErrConfig)
}

func TestSearchesNest(t *testing.T) {
	d := numbers(27)
	inner := NewSearch(Grid(func(by float64) level { return level{By: by} }, 1, 0), thirds{}, loss{})
	cv := must(CrossValidate(ctx, inner, d, thirds{}, loss{}))
	require.Equal(t, must(CrossValidate(ctx, level{}, d, thirds{}, loss{})), cv)
	outer := must(NewSearch([]Search[float64, *levelModel, level]{inner}, thirds{}, loss{}).Fit(ctx, d))
	require.Equal(t, 1, outer.Best.BestIndex)
	two := Grid2(func(a, b float64) level { return level{By: a + b} }, []float64{0, 1}, []float64{0, 2})
	require.Equal(t, []level{{By: 0}, {By: 2}, {By: 1}, {By: 3}}, two)
}

func TestSearchesAreSaved(t *testing.T) {
	d := numbers(27)
	m := must(NewSearch([]level{{By: 1}, {}}, thirds{}, loss{}).Fit(ctx, d))
	var b bytes.Buffer
	require.NoError(t, ml.Save(&b, m))
	same := must(ml.Load[*SearchModel[float64, *levelModel]](bytes.NewReader(b.Bytes())))
	require.Equal(t, m.Best.Mean, same.Best.Mean)
	erased := must(ml.Load[ml.Predictor[float64]](bytes.NewReader(b.Bytes())))
	require.Equal(t, must(m.Predict(d.X)), must(erased.Predict(d.X)))
	var again bytes.Buffer
	require.NoError(t, ml.Save(&again, erased))
	require.Equal(t, b.Bytes(), again.Bytes())
	config := erased.(*SearchModel[float64, ml.Predictor[float64]]).Config.(Search[float64, ml.Predictor[float64], fitterOf[float64, ml.Predictor[float64]]])
	again.Reset()
	require.NoError(t, ml.Save(&again, must(config.Fit(ctx, d))))
	require.Equal(t, b.Bytes(), again.Bytes(), "a loaded search can be run again")

	classes := ml.Data(tensor.New[float64](6, 1), []int{0, 0, 1, 1, 1, 0})
	c := must(ml.Pipe(ml.Stages{}, NewSearch([]prior{{}}, thirds{}, zero{})).Fit(ctx, classes))
	b.Reset()
	require.NoError(t, ml.Save(&b, c))
	loaded := must(ml.Load[ml.Classifier](&b))
	require.Equal(t, must(c.PredictProba(classes.X)).Data(), must(loaded.PredictProba(classes.X)).Data())
}

// zero scores everything alike.
type zero struct{}

func init() { ml.Register[zero]("toy.zero") }

func (zero) Score(context.Context, ml.Predictor[int], ml.Dataset[int]) (float64, error) {
	return 0, nil
}
func (zero) Lower() bool  { return true }
func (zero) Name() string { return "zero" }

func TestProgressAndCancelReachTheFolds(t *testing.T) {
	d := numbers(9)
	search := NewSearch([]level{{}, {By: 1}}, thirds{}, loss{})
	seen := map[string]bool{}
	_ = must(search.Fit(ml.WithProgress(ctx, func(p ml.Progress) error { seen[fmt.Sprint(p.Path)] = true; return nil }), d))
	require.Len(t, seen, 7)
	require.True(t, seen["[candidate 2/2 fold 3/3]"], seen)
	require.True(t, seen["[best 1/1]"])

	broken := errors.New("broken")
	_, err := search.Fit(ml.WithProgress(ctx, func(ml.Progress) error { return broken }), d)
	require.ErrorIs(t, err, broken)

	before := runtime.NumGoroutine()
	stop, cancel := context.WithCancel(ctx)
	_, err = search.Fit(ml.WithProgress(stop, func(ml.Progress) error { cancel(); return nil }), d)
	require.ErrorIs(t, err, context.Canceled)
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("a goroutine is left behind")
}

package selection_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"sort"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/bayes"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/internal/stats"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/selection"
	"github.com/gopherwood-ml/ml/tensor"
)

// evenOdd divides rows by their place.
func evenOdd[Y any](d ml.Dataset[Y]) (even, odd ml.Dataset[Y]) {
	var rows [2][]int
	for i := range d.Y {
		rows[i%2] = append(rows[i%2], i)
	}
	return d.Select(rows[0]), d.Select(rows[1])
}

func every[Y any](d ml.Dataset[Y], step int) tensor.Matrix {
	var rows []int
	for i := 0; i < d.Rows(); i += step {
		rows = append(rows, i)
	}
	return d.Select(rows).X
}

type intervals interface {
	PredictInterval(x tensor.Matrix) (low, high []float64, err error)
}

// shifted is least squares of the targets and a constant.
func shifted(t *testing.T, d ml.Dataset[float64], by func(i int) float64) ml.AnyRegressor {
	t.Helper()
	y := slices.Clone(d.Y)
	for i := range y {
		y[i] = by(i)
	}
	d.Y = y
	m, err := linear.OLS{}.Fit(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	return ml.Regress(selection.FrozenRegressor{Model: m})
}

// Least squares agree to rounding, and so do the ends, which are predictions moved by residuals: 1e-9.
func TestConformalIsMAPIE(t *testing.T) {
	ctx := context.Background()
	want := golden.Load[struct {
		Intervals map[string]struct{ Low, High []float64 }
		Sets      map[string][][]int
	}](t, "testdata/conformal.json")
	d := datasets.DiabetesRaw()
	probe := every(d, 40)
	even, odd := evenOdd(d)
	ols := shifted(t, even, func(i int) float64 { return even.Y[i] })
	model, err := ols.Fit(ctx, even)
	if err != nil {
		t.Fatal(err)
	}
	pred, err := model.Predict(even.X)
	if err != nil {
		t.Fatal(err)
	}
	spread := shifted(t, even, func(i int) float64 { return math.Abs(even.Y[i]-pred[i]) + 5 })
	plus := selection.ConformalRegressor{Base: ml.Regress(linear.OLS{}), Miscoverage: 0.13, Splitter: selection.KFold{K: 5}}
	split := selection.ConformalRegressor{Base: ols, Miscoverage: 0.13}
	with := func(c selection.ConformalRegressor, f func(*selection.ConformalRegressor)) selection.ConformalRegressor {
		f(&c)
		return c
	}
	sixty := make([]int, 60)
	for i := range sixty {
		sixty[i] = i
	}
	for name, c := range map[string]struct {
		config selection.ConformalRegressor
		data   ml.Dataset[float64]
	}{
		"split": {split, odd}, "asymmetric": {with(split, func(c *selection.ConformalRegressor) { c.Asymmetric = true }), odd},
		"relative":            {with(split, func(c *selection.ConformalRegressor) { c.Relative = true }), odd},
		"relative asymmetric": {with(split, func(c *selection.ConformalRegressor) { c.Relative, c.Asymmetric = true, true }), odd},
		"spread":              {with(split, func(c *selection.ConformalRegressor) { c.Spread = spread }), odd},
		"plus":                {plus, d}, "plus asymmetric": {with(plus, func(c *selection.ConformalRegressor) { c.Asymmetric = true }), d},
		"minmax":            {with(plus, func(c *selection.ConformalRegressor) { c.MinMax = true }), d},
		"minmax asymmetric": {with(plus, func(c *selection.ConformalRegressor) { c.MinMax, c.Asymmetric = true, true }), d},
		"jackknife":         {with(plus, func(c *selection.ConformalRegressor) { c.Splitter = selection.LeaveOneOut{} }), d.Select(sixty)},
	} {
		m, err := c.config.Fit(ctx, c.data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		compareIntervals(t, name, m, probe, want.Intervals[name])
	}
	quantile := selection.ConformalQuantile{Lower: shifted(t, even, func(i int) float64 { return even.Y[i] - 60 }), Upper: shifted(t, even, func(i int) float64 { return even.Y[i] + 70 }), Miscoverage: 0.13}
	for name, asymmetric := range map[string]bool{"quantile": false, "quantile asymmetric": true} {
		quantile.Asymmetric = asymmetric
		m, err := quantile.Fit(ctx, odd)
		if err != nil {
			t.Fatal(err)
		}
		compareIntervals(t, name, m, probe, want.Intervals[name])
	}

	iris, _ := calibrationData("iris")
	train, rest := evenOdd(iris)
	nb, err := bayes.GaussianNB{}.Fit(ctx, train)
	if err != nil {
		t.Fatal(err)
	}
	for name, score := range map[string]selection.SetScore{"lac": nil, "aps": selection.APS{}, "top_k": selection.TopK{}} {
		m, err := selection.ConformalClassifier{Base: ml.AnyClassifier{Config: selection.FrozenClassifier{Model: nb}}, Score: score, Miscoverage: 0.13}.Fit(ctx, rest)
		if err != nil {
			t.Fatal(err)
		}
		got, err := m.PredictSet(every(iris, 5))
		if err != nil {
			t.Fatal(err)
		}
		for i, in := range want.Sets[name] {
			set := []int{}
			for c, is := range in {
				if is == 1 {
					set = append(set, c)
				}
			}
			if !reflect.DeepEqual(got[i], set) {
				t.Errorf("%s, row %d: %v, want %v", name, i, got[i], set)
			}
		}
	}
}

func compareIntervals(t *testing.T, name string, m intervals, x tensor.Matrix, want struct{ Low, High []float64 }) {
	t.Helper()
	low, high, err := m.PredictInterval(x)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	golden.Close(t, low, want.Low, 1e-9, 0, name+" low")
	golden.Close(t, high, want.High, 1e-9, 0, name+" high")
}

// The sets of CV+ are those of its definition, class by class and row by row.
func TestConformalSetsByDefinition(t *testing.T) {
	ctx := context.Background()
	iris, _ := calibrationData("iris")
	folds, miss := selection.StratifiedKFold{K: 4}, 0.1
	m, err := selection.ConformalClassifier{Base: ml.Classify(bayes.GaussianNB{}), Score: selection.APS{}, Miscoverage: miss, Splitter: folds}.Fit(ctx, iris)
	if err != nil {
		t.Fatal(err)
	}
	parts, err := folds.Split(iris.Any())
	if err != nil {
		t.Fatal(err)
	}
	n := iris.Rows()
	below := make([][3]int, n)
	for _, f := range parts {
		model, err := bayes.GaussianNB{}.Fit(ctx, iris.Select(f.TrainRows(n)))
		if err != nil {
			t.Fatal(err)
		}
		p, err := model.PredictProba(iris.X)
		if err != nil {
			t.Fatal(err)
		}
		score := func(i, c int) (sum float64) {
			for other, v := range p.Row(i) {
				if v > p.At(i, c) || other == c {
					sum += v
				}
			}
			return sum
		}
		for _, seen := range f.Test {
			for i := range n {
				for c := range 3 {
					if score(seen, iris.Y[seen]) < score(i, c)-1e-12 {
						below[i][c]++
					}
				}
			}
		}
	}
	sets, err := m.PredictSet(iris.X)
	if err != nil {
		t.Fatal(err)
	}
	for i, counts := range below {
		want := []int{}
		for c, b := range counts {
			if float64(b) < (1-miss)*float64(n+1)-1e-9 {
				want = append(want, c)
			}
		}
		if !reflect.DeepEqual(sets[i], want) {
			t.Fatalf("row %d: %v, want %v", i, sets[i], want)
		}
	}
}

// noisy is a line with noise that grows, n rows.
func noisy(r *rand.Rand, n int) ml.Dataset[float64] {
	x, y := tensor.New[float64](n, 1), make([]float64, n)
	for i := range y {
		v := r.Float64()
		x.Row(i)[0], y[i] = v, 10+3*v+(0.2+v)*r.NormFloat64()
	}
	return ml.Data(x, y)
}

// Over 200 repetitions a new target lies inside as often as a binomial number with the promised probability says, but for one chance in ten thousand at each end.
// CV+ promises 1 - 2 Miscoverage only; more is seen.
func TestConformalCoverage(t *testing.T) {
	ctx := context.Background()
	const reps, miss = 200, 0.2
	ols := ml.Regress(linear.OLS{})
	split := selection.ConformalRegressor{Base: ols, Miscoverage: miss, Fraction: 0.5}
	relative, spread, asymmetric, plus, minmax := split, split, split, split, split
	relative.Relative, spread.Spread, asymmetric.Asymmetric = true, ols, true
	plus.Fraction, plus.Splitter = 0, selection.KFold{K: 5}
	minmax = plus
	minmax.MinMax = true
	leave := plus
	leave.Splitter = selection.LeaveOneOut{}
	fit := func(c selection.ConformalRegressor) func(ml.Dataset[float64]) (intervals, error) {
		return func(d ml.Dataset[float64]) (intervals, error) { return c.Fit(ctx, d) }
	}
	for name, c := range map[string]struct {
		fit         func(ml.Dataset[float64]) (intervals, error)
		least, most float64
	}{
		"split": {fit(split), 1 - miss, 1 - miss + 1./31}, "relative": {fit(relative), 1 - miss, 1 - miss + 1./31}, "spread": {fit(spread), 1 - miss, 1 - miss + 1./16},
		"asymmetric": {fit(asymmetric), 1 - miss, 1 - miss + 2./31}, "CV+": {fit(plus), 1 - 2*miss, 1}, "minmax": {fit(minmax), 1 - miss, 1}, "jackknife+": {fit(leave), 1 - 2*miss, 1},
		"quantile": {func(d ml.Dataset[float64]) (intervals, error) {
			return selection.ConformalQuantile{Lower: ml.Regress(linear.QuantileRegression{Quantile: 0.1}), Upper: ml.Regress(linear.QuantileRegression{Quantile: 0.9}), Miscoverage: miss, Fraction: 0.5}.Fit(ctx, d)
		}, 1 - miss, 1 - miss + 1./31},
	} {
		covered := 0
		for rep := range reps {
			r := rand.New(rand.NewPCG(uint64(rep), 17))
			m, err := c.fit(noisy(r, 60))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			next := noisy(r, 1)
			low, high, err := m.PredictInterval(next.X)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if low[0] <= next.Y[0] && next.Y[0] <= high[0] {
				covered++
			}
		}
		withinBinomial(t, name, covered, reps, c.least, c.most)
	}
}

func withinBinomial(t *testing.T, name string, covered, n int, least, most float64) {
	t.Helper()
	lo, hi := stats.Binomial{N: float64(n), P: least}.Quantile(1e-4), float64(n)
	if most < 1 {
		hi = stats.Binomial{N: float64(n), P: most}.Quantile(1 - 1e-4)
	}
	t.Logf("%s: %d of %d", name, covered, n)
	if float64(covered) < lo || float64(covered) > hi {
		t.Errorf("%s: %d of %d are covered, want %v to %v", name, covered, n, lo, hi)
	}
}

// guesses are probabilities that have little to do with the classes.
type guesses struct{}

func (guesses) Predict(x tensor.Matrix) ([]int, error) { n, _ := x.Dims(); return make([]int, n), nil }

func (guesses) PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	n, k := x.Dims()
	out := tensor.New[float64](n, k)
	for i := range n {
		sum := 0.0
		for c := range k {
			out.Row(i)[c] = math.Exp(x.At(i, c))
			sum += out.Row(i)[c]
		}
		for c := range k {
			out.Row(i)[c] /= sum
		}
	}
	return out, nil
}

// Sets hold the class as often as promised, whatever the probabilities; where scores are continuous, not much more often.
func TestConformalSetCoverage(t *testing.T) {
	ctx := context.Background()
	const reps, n, k, miss = 200, 40, 5, 0.2
	draw := func(r *rand.Rand, n int) ml.Dataset[int] {
		x, y := tensor.New[float64](n, k), make([]int, n)
		for i := range y {
			best := 0.0
			for c := range k {
				x.Row(i)[c] = 2 * r.NormFloat64()
				if v := x.At(i, c) + 3*r.NormFloat64(); c == 0 || v > best {
					y[i], best = c, v
				}
			}
		}
		d := ml.Data(x, y)
		d.Classes = []string{"a", "b", "c", "d", "e"}
		return d
	}
	frozen := ml.AnyClassifier{Config: selection.FrozenClassifier{Model: guesses{}}}
	exact := 1 - miss + 1./(n+1)
	for name, c := range map[string]struct {
		config selection.ConformalClassifier
		most   float64
	}{
		"LAC": {selection.ConformalClassifier{Base: frozen}, exact}, "APS": {selection.ConformalClassifier{Base: frozen, Score: selection.APS{}}, 1},
		"random APS":  {selection.ConformalClassifier{Base: frozen, Score: selection.APS{Randomized: true}}, exact},
		"RAPS":        {selection.ConformalClassifier{Base: frozen, Score: selection.RAPS{Lambda: 0.1, Rank: 2}}, 1},
		"random RAPS": {selection.ConformalClassifier{Base: frozen, Score: selection.RAPS{Randomized: true, Lambda: 0.1, Rank: 2}}, exact},
		"random SAPS": {selection.ConformalClassifier{Base: frozen, Score: selection.SAPS{Randomized: true}}, exact}, "SAPS": {selection.ConformalClassifier{Base: frozen, Score: selection.SAPS{Lambda: 0.2}}, 1},
		"top k": {selection.ConformalClassifier{Base: frozen, Score: selection.TopK{}}, 1},
	} {
		c.config.Miscoverage = miss
		covered := 0
		for rep := range reps {
			r := rand.New(rand.NewPCG(uint64(rep), 18))
			m, err := c.config.Fit(ctx, draw(r, n))
			if err != nil {
				t.Fatal(err)
			}
			next := draw(r, 1)
			sets, err := m.PredictSet(next.X)
			if err != nil {
				t.Fatal(err)
			}
			if slices.Contains(sets[0], next.Y[0]) {
				covered++
			}
		}
		withinBinomial(t, name, covered, reps, 1-miss, c.most)
	}
}

// With PerClass the promise holds for the rows of each class, of which one here is hard; without, it does not.
func TestConformalSetsOfEachClass(t *testing.T) {
	ctx := context.Background()
	const reps, n, miss = 200, 120, 0.2
	draw := func(r *rand.Rand, class int) []float64 {
		x := []float64{r.NormFloat64(), r.NormFloat64(), r.NormFloat64()}
		if class != 2 {
			x[class] += 3
		}
		return x
	}
	config := selection.ConformalClassifier{Base: ml.AnyClassifier{Config: selection.FrozenClassifier{Model: guesses{}}}, Miscoverage: miss}
	for class := range 3 {
		each, all := 0, 0
		for rep := range reps {
			r := rand.New(rand.NewPCG(uint64(rep), 20))
			x, y := tensor.New[float64](n, 3), make([]int, n)
			for i := range y {
				y[i] = i % 3
				if y[i] == 2 && i%2 == 0 {
					y[i] = 0
				}
				copy(x.Row(i), draw(r, y[i]))
			}
			next := tensor.FromSlice(draw(r, class), 1, 3)
			for perClass, covered := range map[bool]*int{true: &each, false: &all} {
				config.PerClass = perClass
				m, err := config.Fit(ctx, ml.Data(x, y))
				if err != nil {
					t.Fatal(err)
				}
				sets, err := m.PredictSet(next)
				if err != nil {
					t.Fatal(err)
				}
				if slices.Contains(sets[0], class) {
					*covered++
				}
			}
		}
		withinBinomial(t, "class by class", each, reps, 1-miss, 1-miss+1./21)
		if class == 2 && float64(all) > (1-miss)*reps*0.9 {
			t.Errorf("without PerClass %d of %d rows of the hard class are covered: the test shows nothing", all, reps)
		}
	}
}

// The coverage that rows to calibrate on give all new rows is itself random, by the law Beta(k, n+1-k) of the k-th of n uniform numbers: targets uniform in 0..1 around a
// prediction of 0 are covered with a probability that is the end of the interval. Kolmogorov's distance has one chance in a thousand to be beyond.
func TestConformalBetaLaw(t *testing.T) {
	ctx := context.Background()
	const reps, n, miss = 1000, 39, 0.1
	zero, err := selection.DummyRegressor{Rule: selection.DummyNumber}.Fit(ctx, ml.Data(tensor.New[float64](1, 1), []float64{0}))
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 19))
	x, coverage := tensor.New[float64](n, 1), make([]float64, reps)
	for rep := range coverage {
		y := make([]float64, n)
		for i := range y {
			y[i] = r.Float64()
		}
		m, err := selection.ConformalRegressor{Base: ml.Regress(selection.FrozenRegressor{Model: zero}), Miscoverage: miss}.Fit(ctx, ml.Data(x, y))
		if err != nil {
			t.Fatal(err)
		}
		_, high, err := m.PredictInterval(tensor.New[float64](1, 1))
		if err != nil {
			t.Fatal(err)
		}
		coverage[rep] = high[0]
	}
	sort.Float64s(coverage)
	law, distance := stats.Beta{A: 36, B: 4}, 0.0
	for i, v := range coverage {
		p := law.CDF(v)
		distance = max(distance, p-float64(i)/reps, float64(i+1)/reps-p)
	}
	if limit := 1.95 / math.Sqrt(reps); distance > limit {
		t.Errorf("Kolmogorov's distance from Beta(36, 4) is %v, want at most %v", distance, limit)
	}
}

func TestConformalModelsAreKept(t *testing.T) {
	ctx := context.Background()
	d, iris := datasets.Diabetes(), datasets.Iris()
	reg, err := selection.ConformalRegressor{Base: ml.Regress(linear.Ridge{Alpha: 1}), Spread: ml.Regress(linear.Ridge{Alpha: 1})}.Fit(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := ml.Save(&file, reg); err != nil {
		t.Fatal(err)
	}
	again, err := ml.Load[*selection.ConformalModel](&file)
	if err != nil {
		t.Fatal(err)
	}
	lo, hi, err := reg.PredictInterval(d.X)
	if err != nil {
		t.Fatal(err)
	}
	if l, h, err := again.PredictInterval(d.X); err != nil || !reflect.DeepEqual(l, lo) || !reflect.DeepEqual(h, hi) {
		t.Errorf("a loaded model has other intervals, %v", err)
	}
	sets, err := selection.ConformalClassifier{Base: ml.Classify(bayes.GaussianNB{}), Score: selection.RAPS{Randomized: true}}.Fit(ctx, iris)
	if err != nil {
		t.Fatal(err)
	}
	if err := ml.Save(&file, sets); err != nil {
		t.Fatal(err)
	}
	loaded, err := ml.Load[*selection.ConformalClassModel](&file)
	if err != nil {
		t.Fatal(err)
	}
	want, err := sets.PredictSet(iris.X)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := loaded.PredictSet(iris.X); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("a loaded model has other sets, %v", err)
	}
	if one, err := sets.PredictSet(iris.Select([]int{70}).X); err != nil || !reflect.DeepEqual(one[0], want[70]) {
		t.Errorf("a row alone has the set %v, among others %v; %v", one, want[70], err)
	}
}

func TestConformalSaysWhatIsWrong(t *testing.T) {
	ctx := context.Background()
	d, iris := datasets.Diabetes(), datasets.Iris()
	ridge, nb := ml.Regress(linear.Ridge{Alpha: 1}), ml.Classify(bayes.GaussianNB{})
	few := d.Select([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9})
	for name, c := range map[string]struct {
		config selection.ConformalRegressor
		data   ml.Dataset[float64]
		kind   error
	}{
		"no estimator": {selection.ConformalRegressor{}, d, ml.ErrConfig}, "miscoverage": {selection.ConformalRegressor{Base: ridge, Miscoverage: 1}, d, ml.ErrConfig},
		"frozen part": {selection.ConformalRegressor{Base: ml.Regress(selection.FrozenRegressor{}), Fraction: 0.5}, d, ml.ErrConfig},
		"fraction":    {selection.ConformalRegressor{Base: ridge, Fraction: -1}, d, ml.ErrConfig}, "few rows": {selection.ConformalRegressor{Base: ridge}, few, ml.ErrShape},
		"min max": {selection.ConformalRegressor{Base: ridge, MinMax: true}, d, ml.ErrConfig}, "both": {selection.ConformalRegressor{Base: ridge, Fraction: 0.2, Splitter: selection.KFold{}}, d, ml.ErrConfig},
		"negative":      {selection.ConformalRegressor{Base: ml.Regress(selection.DummyRegressor{Rule: selection.DummyNumber, Number: -1}), Relative: true}, d, ml.ErrTarget},
		"not each once": {selection.ConformalRegressor{Base: ridge, Splitter: selection.ShuffleSplit{}}, d, ml.ErrConfig},
	} {
		if _, err := c.config.Fit(ctx, c.data); !errors.Is(err, c.kind) {
			t.Errorf("%s: %v, want %v", name, err, c.kind)
		}
	}
	for name, c := range map[string]selection.ConformalClassifier{
		"no estimator": {}, "lambda": {Base: nb, Score: selection.RAPS{Lambda: -1}}, "rank": {Base: nb, Score: selection.RAPS{Rank: -1}}, "SAPS": {Base: nb, Score: selection.SAPS{Lambda: -1}}, "each class": {Base: nb, PerClass: true, Splitter: selection.KFold{}}, "both": {Base: nb, Fraction: 0.2, Splitter: selection.KFold{}},
	} {
		if _, err := c.Fit(ctx, iris); !errors.Is(err, ml.ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := (selection.ConformalQuantile{Lower: ridge}).Fit(ctx, d); !errors.Is(err, ml.ErrConfig) {
		t.Errorf("no upper end: %v", err)
	}
}

func TestConformalLaws(t *testing.T) {
	drawn := []mltest.Option{mltest.Waive(mltest.RowOrder, "rows are drawn to be kept back"), mltest.Waive(mltest.RepeatedRows, "rows are drawn to be kept back"), mltest.Rows(500)}
	ridge := ml.Regress(linear.Ridge{Alpha: 1})
	mltest.Regressor(t, selection.ConformalRegressor{Base: ridge, Spread: ridge, Fraction: 0.5}, drawn...)
	mltest.Regressor(t, selection.ConformalRegressor{Base: ridge, Splitter: selection.KFold{K: 2}, Miscoverage: 0.2}, foldsAreOfRows(mltest.Rows(500))...)
	mltest.Regressor(t, selection.ConformalQuantile{Lower: ridge, Upper: ridge}, drawn...)
	mltest.Classifier(t, selection.ConformalClassifier{Base: ml.Classify(bayes.GaussianNB{}), Score: selection.SAPS{}, PerClass: true}, drawn...)
	mltest.Classifier(t, selection.ConformalClassifier{Base: ml.Classify(bayes.GaussianNB{}), Score: selection.APS{Randomized: true}}, drawn...)
}

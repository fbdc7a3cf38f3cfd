package linear

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
)

// The slopes against differences of the values, away from the kinks.
func TestSGDLossSlopes(t *testing.T) {
	for _, loss := range []SGDLoss{HingeLoss{}, SquaredHingeLoss{}, PerceptronLoss{}, LogLoss{}, ModifiedHuberLoss{}, SquaredLoss{}, HuberLoss{},
		HuberLoss{Epsilon: 0.7}, EpsilonInsensitiveLoss{}, EpsilonInsensitiveLoss{Epsilon: 0.3}, SquaredEpsilonInsensitiveLoss{}, SquaredEpsilonInsensitiveLoss{Epsilon: 0.3}} {
		for _, y := range []float64{-1, 1} {
			for z := -3.073; z < 3.1; z += 0.19 {
				const h = 1e-6
				want := (loss.Value(y, z+h) - loss.Value(y, z-h)) / (2 * h)
				if got := loss.Slope(y, z); math.Abs(got-want) > 1e-7 {
					t.Errorf("%T%+v: the slope at %v for %v is %v, differences say %v", loss, loss, z, y, got, want)
				}
				if v := loss.Value(y, z); !(v >= 0) {
					t.Errorf("%T: a loss of %v", loss, v)
				}
			}
		}
	}
	if v := (LogLoss{}).Value(-1, 1e5); v != 1e5 {
		t.Error("a large log loss:", v)
	}
	if s := (LogLoss{}).Slope(1, -1e5); s != -1 {
		t.Error("a large log slope:", s)
	}
}

// With small steps in the end, the random order leads to the minimum that the direct methods find.
func TestSGDReachesTheMinimum(t *testing.T) {
	d := regression(400, 6)
	for i := range d.Y {
		d.Y[i] /= 10
	}
	const alpha = 0.02
	exact, err := Ridge{Alpha: alpha * 400}.Fit(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	m, err := SGDRegressor{Alpha: alpha, Rate: AdaptiveRate, LearningRate: 0.02, Tol: 1e-8}.Fit(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	if m.Info.Status != ml.Converged {
		t.Error(m.Info.Status)
	}
	// 1e-4: what steps of 1e-6 leave of the noise of single rows. (Ridge does not penalise the intercept either.)
	golden.Close(t, m.Coef, exact.Coef, 1e-4, 1e-4, "Coef")

	c := classification(400, 5, 2)
	logistic, err := LogisticRegression{C: 1 / (alpha * 400)}.Fit(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	s, err := SGDClassifier{Loss: LogLoss{}, Alpha: alpha, Rate: AdaptiveRate, LearningRate: 0.1, Tol: 1e-8, NoChange: 50}.Fit(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	golden.Close(t, s.Coef.Data(), logistic.Coef.Data(), 1e-4, 1e-4, "Coef of log loss")
}

// L1 puts coefficients at exactly zero, on dense and sparse rows.
func TestSGDTruncates(t *testing.T) {
	d := regression(300, 10)
	for i := range d.Y {
		row := d.X.(*tensor.Tensor[float64]).Row(i)
		d.Y[i] = row[3] - row[7]
	}
	for storage, table := range storages(d.Table) {
		m, err := SGDRegressor{Alpha: 0.1, L1Ratio: 1}.Fit(ctx, ml.Dataset[float64]{Table: table, Y: d.Y})
		if err != nil {
			t.Fatal(err)
		}
		for j, v := range m.Coef {
			if zero := j != 3 && j != 7; (v == 0) != zero {
				t.Errorf("%s: coefficient %d is %v", storage, j, v)
			}
		}
	}
}

func TestSGDWatchesValid(t *testing.T) {
	d := classification(200, 20, 3)
	rows := make([]int, 100)
	for i := range rows {
		rows[i] = 100 + i
	}
	valid := d.Select(rows)
	for i := range rows {
		rows[i] = i
	}
	d = d.Select(rows)
	d.Valid = &valid
	c := SGDClassifier{Loss: LogLoss{}, Patience: 3, Seed: 1, Rate: ConstantRate, LearningRate: 0.5}
	m, err := c.Fit(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	i := m.Info
	if i.Status != ml.EarlyStopped || i.Iterations != i.Best+3 || len(i.ValidLoss) != i.Iterations || i.Best == 0 {
		t.Fatalf("%+v", i)
	}
	for _, v := range i.ValidLoss {
		if v < i.ValidLoss[i.Best-1] {
			t.Error("epoch", i.Best, "is not the best of", i.ValidLoss)
		}
	}
	// The model kept is that of the best epoch.
	short, err := SGDClassifier{Loss: LogLoss{}, Seed: 1, Rate: ConstantRate, LearningRate: 0.5, MaxIter: i.Best, NoChange: i.Best}.Fit(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	golden.Close(t, m.Coef.Data(), short.Coef.Data(), 0, 0, "Coef of the best epoch")

	d.Valid = nil
	if _, err := c.Fit(ctx, d); !errors.Is(err, ml.ErrConfig) || !strings.Contains(err.Error(), "Valid") {
		t.Error("Patience without Valid:", err)
	}
}

// A loss of the user's own.
type absoluteLoss struct{}

func (absoluteLoss) Value(y, z float64) float64 { return math.Abs(y - z) }
func (absoluteLoss) Slope(y, z float64) float64 {
	if z < y {
		return -1
	}
	return 1
}

func TestSGDTakesLossesOfOnesOwn(t *testing.T) {
	d := regression(300, 1)
	for i := range d.Y { // a median that outliers do not move
		d.Y[i] = 2
		if i%5 == 0 {
			d.Y[i] = 50
		}
	}
	m, err := SGDRegressor{Loss: absoluteLoss{}, LearningRate: 0.1, Power: 0.6}.Fit(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(m.Intercept-2) > 0.05 {
		t.Error("the median is 2, not", m.Intercept)
	}
}

// A class that turns up in a later chunk is learned, and not predicted before.
func TestSGDUpdateLearnsALaterClass(t *testing.T) {
	d := classification(300, 4, 3)
	d.Classes = []string{"a", "b", "c"}
	var two, all []int
	for i, c := range d.Y {
		if all = append(all, i); c != 2 {
			two = append(two, i)
		}
	}
	m, err := SGDClassifier{Loss: LogLoss{}, MaxIter: 5, NoChange: 5}.Fit(ctx, d.Select(two))
	if err != nil {
		t.Fatal(err)
	}
	count := func() int {
		p, err := m.Predict(d.X)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, c := range p {
			if c == 2 {
				n++
			}
		}
		return n
	}
	if n := count(); n != 0 || !math.IsInf(m.Intercept[2], -1) {
		t.Error("the absent class was predicted", n, "times")
	}
	for range 5 {
		if m, err = m.Update(ctx, d.Select(all)); err != nil {
			t.Fatal(err)
		}
	}
	if n := count(); n < 20 {
		t.Error("the later class was predicted", n, "times")
	}
	if m.Info.Iterations != 10 || len(m.Info.Loss) != 10 || m.Info.Rows != len(two)+5*len(all) {
		t.Errorf("%+v", m.Info)
	}
	d.Y[0] = 3
	d.Classes = nil
	if _, err := m.Update(ctx, d); !errors.Is(err, ml.ErrTarget) {
		t.Error("a fourth class:", err)
	}
}

func TestSGDProbabilitiesNeedALoss(t *testing.T) {
	d := classification(60, 3, 2)
	m, err := SGDClassifier{}.Fit(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.PredictProba(d.X); !errors.Is(err, errors.ErrUnsupported) {
		t.Error(err)
	}
	if err := m.ProbaRow(make([]float64, 2), make([]float64, 3)); !errors.Is(err, errors.ErrUnsupported) {
		t.Error(err)
	}
	if _, ok := ml.As[ml.Classifier](m); ok {
		t.Error("a hinge model claims probabilities")
	}
	if m, err = (SGDClassifier{Loss: ModifiedHuberLoss{}}).Fit(ctx, d); err != nil {
		t.Fatal(err)
	}
	if _, ok := ml.As[ml.Classifier](m); !ok {
		t.Error("a modified Huber model denies probabilities")
	}
}

func TestSGDOverflowSaysSo(t *testing.T) {
	d := classification(60, 3, 2)
	x := d.X.(*tensor.Tensor[float64])
	for i, v := range x.Data() {
		x.Data()[i] = v * 1e160
	}
	if _, err := (SGDClassifier{Loss: SquaredHingeLoss{}}).Fit(ctx, d); !errors.Is(err, ml.ErrNotFinite) || !strings.Contains(err.Error(), "StandardScaler") {
		t.Error(err)
	}
}

func TestSGDConfigErrors(t *testing.T) {
	d := classification(30, 2, 2)
	r := regression(30, 2)
	class := func(c SGDClassifier) error { _, err := c.Fit(ctx, d); return err }
	number := func(c SGDRegressor) error { _, err := c.Fit(ctx, r); return err }
	for want, err := range map[string]error{
		"Alpha is -1: want > 0 and finite":          class(SGDClassifier{Alpha: -1}),
		"L1Ratio is 2: want from 0":                 class(SGDClassifier{L1Ratio: 2}),
		"L1Ratio is 1: want 0 with NoPenalty":       class(SGDClassifier{L1Ratio: 1, NoPenalty: true}),
		"LearningRate is NaN":                       class(SGDClassifier{LearningRate: math.NaN()}),
		"Power is +Inf":                             class(SGDClassifier{Power: math.Inf(1)}),
		"Rate is Rate(9)":                           class(SGDClassifier{Rate: 9}),
		"Rate is passive-aggressive I: want anothe": class(SGDClassifier{Rate: PassiveAggressive1, Loss: LogLoss{}}),
		"Average is -1":                             class(SGDClassifier{Average: -1}),
		"NoChange is -1":                            class(SGDClassifier{NoChange: -1}),
		"Patience is -1":                            class(SGDClassifier{Patience: -1}),
		"MaxIter is -1":                             class(SGDClassifier{MaxIter: -1}),
		"Tol is -1":                                 number(SGDRegressor{Tol: -1}),
		"Loss.Epsilon is -1":                        number(SGDRegressor{Loss: HuberLoss{Epsilon: -1}}),
		"Nu is 2":                                   second(SGDOneClass{Nu: 2}.Fit(ctx, r.Table)),
		"Rate is passive-aggressive II: want one":   second(SGDOneClass{Rate: PassiveAggressive2}.Fit(ctx, r.Table)),
		"C is -1":                                   second(PassiveAggressiveClassifier{C: -1}.Fit(ctx, d)),
		"C is +Inf":                                 second(PassiveAggressiveRegressor{C: math.Inf(1)}.Fit(ctx, r)),
		"L1Ratio is 0.5: want 0 as long as Alpha":   second(Perceptron{L1Ratio: 0.5}.Fit(ctx, d)),
	} {
		if !errors.Is(err, ml.ErrConfig) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// Scores whose probabilities are equal to rounding: Predict and the probabilities still agree on the class.
func TestSGDProbabilitiesKeepTheOrderOfScores(t *testing.T) {
	for _, z := range [][]float64{{1e-18}, {-1e-18}, {0}, {40, 50, 60}, {60, 50, 40}, {-900, -800, -1000}, {2, 3, 1}, {-3, -2, -2}, {math.Inf(-1), 50, 60}, {math.Inf(-1), -3, -2}} {
		for _, loss := range []SGDLoss{LogLoss{}, ModifiedHuberLoss{}} {
			var best ranking
			best.see(z, z, 0)
			dst := make([]float64, max(len(z), 2))
			oneVsRest(loss, dst, z, z)
			top, sum := 0, 0.0
			for k, p := range dst {
				if sum += p; p > dst[top] {
					top = k
				}
			}
			if top != best.class(len(z)) || math.Abs(sum-1) > 3*0x1p-52 {
				t.Errorf("%T of %v: probabilities %v", loss, z, dst)
			}
		}
	}
}

func TestSGDExp(t *testing.T) {
	for x := -699.9; x < 700; x += 0.0937 {
		if got, want := exp(x), math.Exp(x); math.Abs(got-want) > 1e-15*want {
			t.Fatalf("exp(%v) is %v, want %v", x, got, want)
		}
	}
	if exp(math.Inf(1)) != exp(700) || exp(math.Inf(-1)) != exp(-700) || !math.IsNaN(exp(math.NaN())) || exp(0) != 1 {
		t.Error(exp(math.Inf(1)), exp(math.Inf(-1)), exp(math.NaN()), exp(0))
	}
}

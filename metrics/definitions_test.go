package metrics

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

func TestCountsByHand(t *testing.T) {
	c := Counts{TP: 30, FP: 10, FN: 20, TN: 40}
	for name, v := range map[string][2]float64{
		"precision":    {c.Precision(0), 0.75},
		"recall":       {c.Recall(0), 0.6},
		"specificity":  {c.Specificity(0), 0.8},
		"NPV":          {c.NPV(0), 40.0 / 60},
		"FPR":          {c.FPR(0), 0.2},
		"FNR":          {c.FNR(0), 0.4},
		"accuracy":     {c.Accuracy(), 0.7},
		"g-mean":       {c.GMean(0), math.Sqrt(0.48)},
		"IBA":          {c.IBA(0.1, 0), (1 - 0.1*0.2) * 0.48}, // imbalanced-learn: (1 + alpha*(recall-specificity)) * recall * specificity
		"informedness": {c.Informedness(0), 0.4},
		"markedness":   {c.Markedness(0), 0.75 + 40.0/60 - 1},
		"F of 0":       {c.F(0, 0), 0.75},
		"F of Inf":     {c.F(math.Inf(1), 0), 0.6},
		"MCC":          {c.MCC(), (30*40 - 10*20.0) / math.Sqrt(40*50*50*60)},
		"MCC constant": {Counts{TP: 3, FP: 2}.MCC(), 0},
		"undefined":    {Counts{TN: 3}.Jaccard(0.5), 0.5},
	} {
		close1(t, name, v[0], v[1])
	}
}

func TestScaledErrorsByHand(t *testing.T) {
	train, y, pred := []float64{1, 3, 2, 6, 4, 4}, []float64{5, 7}, []float64{4, 9}
	close1(t, "MASE", MASE(y, pred, train, 1), 1.5/((2+1+4+2+0)/5.0))
	close1(t, "MASE of season 2", MASE(y, pred, train, 2), 1.5/((1+3+2+2)/4.0))
	close1(t, "RMSSE", RMSSE(y, pred, train, 1), math.Sqrt(2.5/((4+1+16+4+0)/5.0)))
	for name, v := range map[string]float64{"constant": MASE(y, pred, []float64{2, 2, 2}, 1), "short": MASE(y, pred, []float64{2, 1}, 2), "period": MASE(y, pred, train, 0), "NaN": MASE(y, pred, []float64{1, math.NaN(), 2}, 1)} {
		if !math.IsNaN(v) {
			t.Errorf("%s: %v", name, v)
		}
	}
	a, b := []float64{1, 2, 3, 4, 6}, []float64{1, 2, 3, 5, 5}
	close1(t, "adjusted R2", AdjustedR2(a, b, 2), 1-(1-R2(a, b))*4/2)
	close1(t, "adjusted R2 of repeated rows", AdjustedR2(a, b, 2, 2, 1, 1, 1, 1), AdjustedR2(append(a, 1), append(b, 1), 2))
	if v := AdjustedR2(a, b, 4); !math.IsNaN(v) {
		t.Errorf("as many features as rows: %v", v)
	}
	close1(t, "interval score", IntervalScore([]float64{1, 5, 9}, []float64{0, 6, 5}, []float64{2, 8, 8}, 0.1), (2+(2+20)+(3+20))/3.0)
	close1(t, "coverage", Coverage([]float64{1, 5, 8}, []float64{0, 6, 5}, []float64{2, 8, 8}), 2.0/3)
	close1(t, "width", MeanWidth([]float64{0, 6, 5}, []float64{2, 8, 8}), 7.0/3)
	if v := Coverage([]float64{1}, []float64{2}, []float64{0}); !math.IsNaN(v) {
		t.Errorf("an interval upside down: %v", v)
	}
	q := tensor.FromSlice([]float64{1, 2, 3, 4}, 2, 2)
	close1(t, "pinball of many", PinballMany([]float64{2, 3}, q, []float64{0.2, 0.7}), (Pinball([]float64{2, 3}, []float64{1, 3}, 0.2)+Pinball([]float64{2, 3}, []float64{2, 4}, 0.7))/2)
}

// Many rows, in every shape of scores that takes another way through area, against the sorted form.
func TestAreaOfClassesIsTheSortedOne(t *testing.T) {
	r := rng.New(5, 0)
	n := 40_000
	for name, draw := range map[string]func() float64{
		"uniform":     r.Float64,
		"few levels":  func() float64 { return float64(r.IntN(7)) },
		"one outlier": func() float64 { return math.Exp(r.NormFloat64() * 40) },
		"two clumps":  func() float64 { return float64(r.IntN(2)) + 1e-9*r.Float64() },
		"mostly tied": func() float64 { return max(0, r.Float64()-0.9) },
		"infinite":    func() float64 { return math.Log(max(0, r.Float64()-0.1)) },
		"tiny":        func() float64 { return 1e-310 * r.Float64() },
		"huge":        func() float64 { return math.MaxFloat64 * (2*r.Float64() - 1) },
		"powers":      func() float64 { return math.Ldexp(1, -r.IntN(1000)) },
	} {
		y, score := make([]int, n), make([]float64, n)
		for i := range n {
			score[i] = draw()
			if r.Float64() < 0.3 {
				y[i] = 1
				score[i] = max(score[i], draw())
			}
		}
		close1(t, name, ROCAUC(y, score), sortedArea(y, score, nil))
		score[n-1] = math.NaN()
		if v := ROCAUC(y, score); !math.IsNaN(v) {
			t.Errorf("%s: a NaN score: %v", name, v)
		}
	}
}

func TestGainsByHand(t *testing.T) {
	g, err := Gains([]int{1, 0, 1, 0}, []float64{4, 3, 2, 1})
	if err != nil {
		t.Fatal(err)
	}
	each(t, "share", g.Share, []float64{0, 0.25, 0.5, 0.75, 1})
	each(t, "gain", g.Gain, []float64{0, 0.5, 0.5, 1, 1})
	each(t, "lift", g.Lift, []float64{2, 2, 1, 4.0 / 3, 1})
	close1(t, "between", g.At(0.625), 0.75)
	roc, _ := ROC([]int{1, 0, 1, 0}, []float64{4, 3, 2, 1})
	d, at := roc.KS()
	each(t, "KS", []float64{d, at}, []float64{0.5, 4})
	th, _ := NewThresholds([]int{1, 0, 1, 0}, []float64{4, 3, 2, 1})
	at, best := th.Best(func(c Counts) float64 { return c.F(1, 0) })
	each(t, "best F1", []float64{at, best}, []float64{2, 0.8})
	det, _ := DET([]int{1, 0, 1, 0}, []float64{4, 3, 2, 1})
	close1(t, "equal error rate", det.EqualErrorRate(), 0.5)
}

func TestClassMetricsSayWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		err  func() error
		kind error
	}{
		"negative code":  {func() error { _, err := NewTally([]int{0, -1}, []int{0, 0}, 0); return err }, ml.ErrTarget},
		"timestamp":      {func() error { _, err := NewTally([]int{0, 1 << 30}, []int{0, 0}, 0); return err }, ml.ErrTarget},
		"predicted code": {func() error { _, err := NewTally([]int{0, 0}, []int{0, 3}, 3); return err }, ml.ErrTarget},
		"k":              {func() error { _, err := NewTally([]int{0}, []int{0}, -1); return err }, ml.ErrConfig},
		"ragged labels":  {func() error { _, err := NewTally([][]int{{0, 1}, {1}}, [][]int{{0, 1}, {1}}, 0); return err }, ml.ErrShape},
		"label of 2":     {func() error { return CheckLabels("x", [][]int{{0, 2}}, [][]int{{0, 1}}, nil) }, ml.ErrTarget},
		"predicted 2":    {func() error { return CheckLabels("x", [][]int{{0, 1}}, [][]int{{0, 2}}, nil) }, ml.ErrData},
		"no labels":      {func() error { return CheckLabels("x", [][]int{{}}, [][]int{{}}, nil) }, ml.ErrShape},
		"three names":    {func() error { _, err := NewClassReport([]int{0, 3}, []int{0, 1}, []string{"a", "b"}); return err }, ml.ErrTarget},
		"one class":      {func() error { _, err := ROC([]int{1, 1}, []float64{1, 2}); return err }, ml.ErrTarget},
		"DET":            {func() error { _, err := DET([]int{0, 0}, []float64{1, 2}); return err }, ml.ErrTarget},
		"gains":          {func() error { _, err := Gains([]int{0, 0}, []float64{1, 2}); return err }, ml.ErrTarget},
		"NaN":            {func() error { _, err := PR([]int{0, 1}, []float64{1, math.NaN()}); return err }, ml.ErrNotFinite},
		"outputs": {func() error {
			_, err := Outputs(MSE, [][]float64{{1, 2}, {1}}, [][]float64{{1, 2}, {1, 2}})
			return err
		}, ml.ErrShape},
		"not square":     {func() error { _, err := Normalize(tensor.New[float64](2, 3), ByAll); return err }, ml.ErrShape},
		"unknown normal": {func() error { _, err := Normalize(tensor.New[float64](2, 2), 9); return err }, ml.ErrConfig},
	} {
		var e *ml.Error
		if err := c.err(); !errors.Is(err, c.kind) || !errors.As(err, &e) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, v := range map[string]float64{
		"binary of three": F1([]int{0, 1, 2}, []int{0, 1, 2}, Binary),
		"samples of code": F1([]int{0, 1}, []int{0, 1}, Samples),
		"beta":            FBeta([]int{0, 1}, []int{0, 1}, -1, Macro),
		"kappa":           CohenKappa([]int{1, 1}, []int{1, 1}, Nominal),
		"one class":       Informedness([]int{1, 1}, []int{1, 1}),
		"top 0":           TopKAccuracy([]int{0}, tensor.New[float64](1, 2), 0),
		"hinge of NaN":    HingeLoss([]int{0}, []float64{math.NaN()}),
		"hinge of Inf":    HingeLoss([]int{1}, []float64{math.Inf(1)}),
		"pinball of 2":    Pinball([]float64{0}, []float64{1}, 2),
		"Tweedie of half": TweedieDeviance([]float64{1}, []float64{1}, 0.5),
		"Poisson of -1":   PoissonDeviance([]float64{-1}, []float64{1}),
		"gamma of 0":      GammaDeviance([]float64{0}, []float64{1}),
		"MSLE of -1":      MSLE([]float64{-1}, []float64{1}),
		"WAPE of 0":       WAPE([]float64{0}, []float64{1}),
		"MSE of Inf":      MSE([]float64{math.Inf(1)}, []float64{1}),
		"MAPE of Inf":     MAPE([]float64{math.Inf(1)}, []float64{1}),
		"Poisson of Inf":  PoissonDeviance([]float64{1}, []float64{math.Inf(1)}),
		"Brier of 2":      BrierBinary([]int{2}, []float64{1}),
		"binary log-loss": LogLossBinary([]int{0}, []float64{-1}),
	} {
		if !math.IsNaN(v) {
			t.Errorf("%s: %v", name, v)
		}
	}
	if v := MCC([]int{1, 1}, []int{0, 1}); v != 0 {
		t.Errorf("MCC of one class: %v", v)
	}
	close1(t, "a weight of 0 hides a row", F1([]int{0, 1, -5}, []int{0, 1, 7}, Macro, 1, 1, 0), 1)
}

func TestClassReportReads(t *testing.T) {
	r, err := NewClassReport([]int{0, 1, 1, 2}, []int{0, 1, 0, 2}, []string{"cat", "dog", "bird", "none"})
	if err != nil {
		t.Fatal(err)
	}
	want := `              precision    recall        f1   support

         cat     0.5000    1.0000    0.6667         1
         dog     1.0000    0.5000    0.6667         2
        bird     1.0000    1.0000    1.0000         1
        none     0.0000    0.0000    0.0000         0

    accuracy                         0.7500         4
   macro avg     0.6250    0.6250    0.5833         4
weighted avg     0.8750    0.7500    0.7500         4
`
	if got := r.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	m, _ := ConfusionMatrix([]int{0, 1, 1, 2}, []int{0, 1, 0, 2}, 3)
	text, err := FormatConfusion(m, []string{"cat", "dog", "bird"})
	if err != nil || !strings.Contains(text, "           dog    1    1     0\n") {
		t.Errorf("%v\n%s", err, text)
	}
}

func TestSortedByIsStable(t *testing.T) {
	r := rng.New(8, 0)
	n := 30_000
	for name, draw := range map[string]func() float64{
		"uniform": r.Float64, "levels": func() float64 { return float64(r.IntN(50)) }, "skewed": func() float64 { return math.Exp(r.NormFloat64() * 30) }, "constant": func() float64 { return 3 },
		"infinite": func() float64 { return 1 / float64(r.IntN(3)) }, "with NaN": func() float64 { return math.Sqrt(r.Float64() - 0.1) }, "clumps": func() float64 { return float64(r.IntN(2)) + 1e-12*r.Float64() },
		"zeros": func() float64 { return math.Copysign(float64(r.IntN(2)), r.Float64()-0.5) },
	} {
		v := make([]float64, n)
		for i := range v {
			v[i] = draw()
		}
		for _, falling := range []bool{false, true} {
			want := make([]int32, n)
			for i := range want {
				want[i] = int32(i)
			}
			slices.SortStableFunc(want, func(a, b int32) int {
				x, y := v[a], v[b]
				switch {
				case math.IsNaN(x) || math.IsNaN(y):
					return cmp.Compare(btoi(math.IsNaN(x)), btoi(math.IsNaN(y)))
				case falling:
					x, y = y, x
				}
				return cmp.Compare(x, y)
			})
			if got := sortedBy(v, falling); !slices.Equal(got, want) {
				t.Errorf("%s, falling %v: another order", name, falling)
			}
		}
		if name == "with NaN" {
			continue
		}
		for i := range v {
			v[i] = math.Abs(v[i])
		}
		for _, m := range []int{n, n - 1, 2, 1} {
			sorted := slices.Sorted(slices.Values(v[:m]))
			want := sorted[(m-1)/2]/2 + sorted[m/2]/2
			if got := medianOfSizes(slices.Clone(v[:m])); got != want {
				t.Errorf("%s: median of %d: %v, want %v", name, m, got, want)
			}
		}
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

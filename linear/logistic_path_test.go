package linear

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/folds"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
)

// Each model of a path is that of a fit alone, which is compared with scikit-learn: 1e-5 of the coefficients for gaps of 1e-13, which is their square.
func TestLogisticPathIsItsFits(t *testing.T) {
	for _, k := range []int{2, 3} {
		for _, ratio := range []float64{0, 0.5, 1} {
			d := classification(150, 8, k)
			d.Classes = []string{"a", "b", "c", "d"}[:k+k%2]
			for storage, table := range storages(d.Table) {
				d.Table = table
				m, err := LogisticPath{L1Ratio: ratio, NCs: 12, Tol: 1e-13}.Fit(ctx, d)
				require.NoError(t, err)
				require.Len(t, m.Cs, 12)
				all, err := m.Predict(d.X)
				require.NoError(t, err)
				for i := range m.Cs {
					one := mustLogistic(t, LogisticRegression{C: m.Cs[i], L1Ratio: ratio, Tol: 1e-13}, d)
					at := m.At(i)
					closeTo(t, at.Coef.Data(), one.Coef.Data(), 1e-5, storage)
					if i == 0 {
						for _, b := range at.Coef.Data() {
							if ratio > 0 && math.Abs(b) > 1e-9 {
								t.Errorf("k = %d, L1Ratio %g: the first penalty leaves %g", k, ratio, b)
							}
						}
					}
					if ratio > 0 && i == 1 && slices.Max(at.Coef.Data()) == 0 && slices.Min(at.Coef.Data()) == 0 {
						t.Errorf("k = %d, L1Ratio %g: the second penalty leaves nothing", k, ratio)
					}
					if i > 0 && !(m.Explained[i] > m.Explained[i-1]-1e-12) {
						t.Errorf("the share explained falls from %g to %g", m.Explained[i-1], m.Explained[i])
					}
					codes, err := at.Predict(d.X)
					require.NoError(t, err)
					for r, c := range codes {
						if all[r][i] != c {
							t.Fatal("predictions differ")
						}
					}
				}
				if m.Info.Status != ml.Converged {
					t.Errorf("k = %d, L1Ratio %g %s: %v, gap %g", k, ratio, storage, m.Info.Status, m.Info.Gap)
				}
			}
		}
	}
}

func TestLogisticPathEndsEarly(t *testing.T) {
	m, err := LogisticPath{L1Ratio: 1, EarlyStop: true, Eps: 1e-6}.Fit(ctx, classification(300, 5, 2))
	require.NoError(t, err)
	if n := len(m.Cs); n < 5 || n == 100 {
		t.Error(n, "penalties")
	}
	stop := ml.WithProgress(ctx, func(p ml.Progress) error {
		if p.Step == 3 {
			return ml.Stop
		}
		return nil
	})
	m, err = LogisticPath{L1Ratio: 1}.Fit(stop, classification(300, 5, 2))
	if err != nil || len(m.Cs) != 3 || m.Info.Status != ml.Stopped {
		t.Error(len(m.Cs), m.Info.Status, err)
	}
}

type logisticCVCase struct {
	Y           []int
	Cs          []float64
	L1Ratios    []float64 `json:"l1_ratios"`
	K           int
	Scores      [][][]float64 // folds x ratios x penalties
	C           float64
	L1Ratio     float64 `json:"l1_ratio"`
	Coef        [][]float64
	Intercept   []float64
	Accuracy    bool
	NoIntercept bool `json:"no_intercept"`
}

// accuracy is the share of rows told right.
type accuracy struct{}

func init() { ml.Register[accuracy]("linear.accuracy") }

func (accuracy) Lower() bool  { return false }
func (accuracy) Name() string { return "accuracy" }
func (accuracy) Score(_ context.Context, m ml.Predictor[int], d ml.Dataset[int]) (float64, error) {
	p, err := m.Predict(d.X)
	right := 0.0
	for i, c := range p {
		if c == d.Y[i] {
			right++
		}
	}
	return right / float64(len(p)), err
}

func TestLogisticCVMatchesScikitLearn(t *testing.T) {
	file := golden.Load[struct {
		X     [][]float64
		Cases map[string]logisticCVCase
	}](t, "testdata/logistic_cv.json")
	if len(file.Cases) < 5 {
		t.Fatal("only", len(file.Cases), "cases")
	}
	for name, c := range file.Cases {
		for storage, table := range storages(FitCase{X: file.X}.table(t)) {
			what := name + " " + storage
			config := LogisticRegressionCV{L1Ratios: c.L1Ratios, Cs: c.Cs, K: c.K, NoIntercept: c.NoIntercept, Tol: 1e-13}
			if c.Accuracy {
				config.Score = accuracy{}
			}
			m, err := config.Fit(ctx, ml.Dataset[int]{Table: table, Y: c.Y})
			require.NoError(t, err)
			for f := range c.K {
				for r := range c.L1Ratios {
					for k, want := range c.Scores[f][r] {
						golden.Close(t, m.FoldScores.Data()[(r*len(c.Cs)+k)*c.K+f:][:1], []float64{want}, 1e-6, 0, what+" scores")
					}
				}
			}
			golden.Close(t, []float64{m.C, m.L1Ratio}, []float64{c.C, c.L1Ratio}, 1e-12, 0, what+" choice")
			for k := range m.Intercept {
				closeTo(t, m.Coef.Row(k), c.Coef[k], 1e-6, what)
			}
			golden.Close(t, m.Intercept, c.Intercept, 1e-6, 1e-6, what+" intercept")
			if m.Config.(LogisticRegressionCV).K != c.K || m.Info.Status != ml.Converged {
				t.Error(what, m.Info.Status)
			}
		}
	}
}

// The one-standard-error rule by hand, from the scores of folds.
func TestLogisticCVOneStandardError(t *testing.T) {
	d := classification(120, 10, 2)
	m, err := LogisticRegressionCV{L1Ratios: []float64{0.5, 1}, NCs: 15, OneSE: true}.Fit(ctx, d)
	require.NoError(t, err)
	rows, cols := m.Scores.Dims()
	best, at := math.Inf(1), [2]int{}
	for r := range rows {
		for k := range cols {
			if s := m.Scores.At(r, k); s < best {
				best, at = s, [2]int{r, k}
			}
		}
	}
	k := 0
	for m.Scores.At(at[0], k) > best+m.StdErrors.At(at[0], at[1]) {
		k++
	}
	golden.Close(t, []float64{m.L1Ratio, m.BestC, m.C, m.OneSEC}, []float64{m.L1Ratios[at[0]], m.Cs.At(at[0], at[1]), m.Cs.At(at[0], k), m.Cs.At(at[0], k)}, 0, 0, "choice")
	if !(m.C < m.BestC) {
		t.Error("the rule changed nothing")
	}
	same := mustLogistic(t, LogisticRegression{L1Ratio: m.L1Ratio, C: m.C}, d)
	golden.Close(t, m.Coef.Data(), same.Coef.Data(), 0, 0, "the model is that of a fit to all rows")
}

// A class of one row is missing from the training rows of one fold: probability 0 there, which counts as 2^-52.
func TestLogisticCVMissingClass(t *testing.T) {
	d := classification(60, 3, 2)
	d.Y[7] = 2
	m, err := LogisticRegressionCV{Cs: []float64{0.1, 1}, K: 3}.Fit(ctx, d)
	require.NoError(t, err)
	fold := folds.Stratified(d.Y, 3, nil)
	for f := range 3 {
		score := m.FoldScores.Data()[f]
		missed := 52 * math.Ln2 / 20
		if (f == fold[7]) != (score > missed) || score > missed+2 {
			t.Errorf("fold %d scores %g", f, score)
		}
	}
	if m.K() != 3 {
		t.Error(m.K(), "classes")
	}
	d.Classes = []string{"no", "yes"}
	for i := range d.Y {
		d.Y[i] = 0
	}
	d.Y[7] = 1
	_, err = LogisticRegressionCV{Cs: []float64{1}, K: 3}.Fit(ctx, d)
	require.ErrorIs(t, err, ml.ErrTarget)
	require.ErrorContains(t, err, "of one class only, 0, in the training rows of fold")
}

// Each row of the one-against-the-others model is that of the binary search for its class.
func TestOneVsRestLogisticCV(t *testing.T) {
	d := classification(120, 5, 3)
	d.Weight = make([]float64, 120)
	for i := range d.Weight {
		d.Weight[i] = float64(1 + i%2)
	}
	c := OneVsRestLogisticCV{L1Ratios: []float64{1}, NCs: 8}
	m, err := c.Fit(ctx, d)
	require.NoError(t, err)
	p, err := m.PredictProba(d.X)
	require.NoError(t, err)
	codes, err := m.Predict(d.X)
	require.NoError(t, err)
	sums := make([]float64, 120)
	odds := tensor.New[float64](120, 3)
	for class := range 3 {
		b := LogisticRegressionCV(c)
		b.Splitter = given3{folds.Stratified(d.Y, 5, nil)}
		two := told(d, class)
		one, err := b.Fit(ctx, two)
		require.NoError(t, err)
		golden.Close(t, m.Coef.Row(class), one.Coef.Data(), 0, 0, "coefficients")
		golden.Close(t, m.Intercept[class:class+1], one.Intercept, 0, 0, "intercept")
		golden.Close(t, m.Searches[class].FoldScores.Data(), one.FoldScores.Data(), 0, 0, "scores")
		q, err := one.PredictProba(d.X)
		require.NoError(t, err)
		for i := range sums {
			odds.Row(i)[class] = q.At(i, 1)
			sums[i] += q.At(i, 1)
		}
	}
	row := make([]float64, 3)
	for i := range sums {
		for class := range 3 {
			odds.Row(i)[class] /= sums[i]
		}
		golden.Close(t, p.Row(i), odds.Row(i), 1e-12, 0, "probabilities")
		require.NoError(t, m.ProbaRow(row, d.X.(*tensor.Tensor[float64]).Row(i)))
		golden.Close(t, row, p.Row(i), 0, 0, "ProbaRow")
		if best := slices.Index(p.Row(i), slices.Max(p.Row(i))); best != codes[i] {
			t.Error("row", i, "is", codes[i], p.Row(i))
		}
	}
	far := []float64{-800, -900, -1000}
	normalized(row, far)
	golden.Close(t, row, []float64{1, math.Exp(-100), math.Exp(-200)}, 1e-12, 0, "far from all classes")
}

// given3 are five folds by number.
type given3 struct{ Fold []int }

func init() { ml.Register[given3]("linear.given3") }

func (g given3) Split(ml.AnyData) ([]ml.Fold, error) {
	out := make([]ml.Fold, 5)
	for i, f := range g.Fold {
		out[f].Test = append(out[f].Test, i)
	}
	return out, nil
}

func TestLogisticCVConfigsRefuse(t *testing.T) {
	d := classification(20, 2, 2)
	for want, c := range map[string]LogisticRegressionCV{
		"Eps is 2": {Eps: 2}, "NCs is -1": {NCs: -1}, "Cs is empty": {Cs: []float64{}}, "Cs (place 0 from the smallest) is 0": {Cs: []float64{1, 0}},
		"K is 1": {K: 1}, "of 20 rows": {K: 21}, "K is 2": {K: 2, Splitter: contiguous{2}}, "L1Ratios is empty": {L1Ratios: []float64{}},
		"L1Ratios[1] is 1.5": {L1Ratios: []float64{1, 1.5}}, "MaxIter is -1": {MaxIter: -1},
	} {
		_, err := c.Fit(ctx, d)
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, "linear.LogisticRegressionCV.Fit")
	}
	_, err := LogisticPath{Cs: []float64{math.Inf(1)}}.Fit(ctx, d)
	require.ErrorContains(t, err, "linear.LogisticPath.Fit: Cs (place 0 from the smallest) is +Inf")
}

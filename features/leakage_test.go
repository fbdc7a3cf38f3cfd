package features_test

import (
	"context"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/selection"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

// noise is n rows of p columns that say nothing of the class; every tenth row is of class 1 with rare, else every second.
func noise(n, p int, rare bool, seed uint64) ml.Dataset[int] {
	r := rand.New(rand.NewPCG(seed, 3))
	x, y := tensor.New[float64](n, p), make([]int, n)
	for i := range x.Data() {
		x.Data()[i] = r.NormFloat64()
	}
	for i := range y {
		if rare && i%10 == 0 || !rare && i%2 == 0 {
			y[i] = 1
		}
	}
	return ml.Data(x, y)
}

// numbers is the same with the classes as numbers.
func numbers(d ml.Dataset[int]) ml.Dataset[float64] {
	out := ml.Dataset[float64]{Table: d.Table}
	for _, c := range d.Y {
		out.Y = append(out.Y, float64(c))
	}
	return out
}

// chance is what an AUC of noise may differ from 1/2 by: 4.5 standard errors of a mean over n rows, n/2 of each class.
func chance(n int) float64 { return 4.5 * math.Sqrt(float64(n+1)/(3*float64(n)*float64(n))) }

// heldOut is the AUC of classes held out in each of five folds, over all rows at once.
func heldOut(t *testing.T, stage ml.Stage, d ml.Dataset[int]) float64 {
	t.Helper()
	return heldOutBy(t, ml.Pipe(stage, linear.LogisticRegression{}), d)
}

func heldOutBy[M ml.Classifier](t *testing.T, pipe ml.Fitter[ml.Dataset[int], M], d ml.Dataset[int]) float64 {
	t.Helper()
	cv, err := selection.CrossValidate(ctx, pipe, d, selection.StratifiedKFold{K: 5, Shuffle: true, Seed: 4}, selection.ROCAUC{})
	if err != nil {
		t.Fatal(err)
	}
	return cv.Metrics[0].Mean()
}

// Of columns of pure noise nothing can be learned about rows held out, whatever chooses or makes them by the target. Chosen from all rows before
// the folds are made, the same columns seem to say much: the test would see a leak.
func TestSupervisedTransformersDoNotLeak(t *testing.T) {
	const n = 300
	many := noise(n, 600, false, 1)
	leaky, x, err := fitTransform(features.SelectKBest[int]{Score: features.ANOVA{}, K: 5}, many)
	if err != nil || len(leaky.Out()) != 5 {
		t.Fatal(err)
	}
	spoiled := many
	spoiled.X = x
	if auc := heldOut(t, ml.Stages{}, spoiled); auc < 0.5+chance(n) {
		t.Errorf("columns chosen with the held-out rows: AUC %.3f, which does not show the leak", auc)
	}
	d := noise(n, 60, false, 1)
	small := ml.Classify(linear.LogisticRegression{C: 0.1})
	few := noise(150, 8, false, 2)
	cheap := ml.Classify(tree.DecisionTreeClassifier{MaxDepth: 1})
	for name, c := range map[string]struct {
		stage ml.Stage
		d     ml.Dataset[int]
	}{
		"k best":             {ml.Step(features.SelectKBest[int]{Score: features.ANOVA{}, K: 5}), d},
		"percentile":         {ml.Step(features.SelectPercentile[int]{Score: features.ANOVA{}, Percent: 10}), d},
		"mutual information": {ml.Step(features.SelectKBest[int]{Score: features.MutualInfo[int]{}, K: 5}), d},
		"distances":          {ml.Step(features.SelectKBest[int]{Score: features.DistanceCorrelation[int]{}, K: 5}), d},
		"HSIC":               {ml.Step(features.SelectKBest[int]{Score: features.HSIC[int]{}, K: 5}), few},
		"near rows":          {ml.Step(features.SelectKBest[int]{Score: features.ReliefF[int]{Samples: 50}, K: 5}), d},
		"least redundant":    {ml.Step(features.MRMR[int]{K: 5}), d},
		"false positives":    {ml.Step(features.SelectFPR[int]{Score: features.ANOVA{}, Alpha: 0.5}), d},
		"recursive":          {ml.Step(features.RFEClassifier{Base: small, Keep: 5, Step: 20}), d},
		"recursive by folds": {ml.Step(features.RFECVClassifier{Base: small, Scorer: selection.Accuracy{}, Step: 3, K: 3}), few},
		"from a model":       {ml.Step(features.SelectFromClassifier{Base: small}), d},
		"sequential":         {ml.Step(features.SequentialClassifier{Base: cheap, Scorer: selection.Accuracy{}, Keep: 2, K: 3}), few},
		"target encoder":     {ml.Step(features.TargetEncoder[int]{All: true}), identifiers(400, 150)},
	} {
		rows := c.d.Rows()
		if auc := heldOut(t, c.stage, c.d); math.Abs(auc-0.5) > chance(rows) {
			t.Errorf("%s: AUC %.3f held out, of noise; at most %.3f from 1/2 by chance", name, auc, chance(rows))
		}
	}
}

func fitTransform[D ml.Erasable, M ml.Transformer](f ml.Fitter[D, M], d D) (M, tensor.Matrix, error) {
	m, err := f.Fit(context.Background(), d)
	if err != nil {
		return m, nil, err
	}
	x, err := m.Transform(d.Any().X)
	return m, x, err
}

// identifiers are rows with a number of their own, or one of few rows'.
func identifiers(n, kinds int) ml.Dataset[int] {
	r := rand.New(rand.NewPCG(6, 6))
	d := noise(n, 1, false, 6)
	x := tensor.New[float64](n, 1)
	for i := range n {
		x.Row(i)[0] = float64(r.IntN(kinds))
	}
	d.X = x
	return d
}

// The same for targets that are numbers: no share of noise is explained.
func TestSupervisedRegressionTransformersDoNotLeak(t *testing.T) {
	d := numbers(noise(300, 60, false, 8))
	few := numbers(noise(150, 8, false, 9))
	ridge := ml.Regress(linear.Ridge{Alpha: 1})
	for name, c := range map[string]struct {
		stage ml.Stage
		d     ml.Dataset[float64]
	}{
		"k best":             {ml.Step(features.SelectKBest[float64]{Score: features.FRegression{}, K: 5}), d},
		"mutual information": {ml.Step(features.SelectKBest[float64]{Score: features.MutualInfo[float64]{}, K: 5}), d},
		"correlation":        {ml.Step(features.SelectKBest[float64]{Score: features.Correlation{}, K: 5}), d},
		"least redundant":    {ml.Step(features.MRMR[float64]{K: 5}), d},
		"recursive":          {ml.Step(features.RFERegressor{Base: ridge, Keep: 5, Step: 20}), d},
		"recursive by folds": {ml.Step(features.RFECVRegressor{Base: ridge, Scorer: selection.R2{}, Step: 3, K: 3}), few},
		"from a model":       {ml.Step(features.SelectFromRegressor{Base: ridge}), d},
		"sequential":         {ml.Step(features.SequentialRegressor{Base: ridge, Scorer: selection.R2{}, Keep: 2, K: 3}), few},
		"target encoder":     {ml.Step(features.TargetEncoder[float64]{All: true}), numbers(identifiers(400, 150))},
	} {
		cv, err := selection.CrossValidate(ctx, ml.Pipe(c.stage, linear.OLS{}), c.d, selection.KFold{K: 5, Shuffle: true, Seed: 4}, selection.R2{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if r2 := cv.Metrics[0].Mean(); r2 > 0.05 {
			t.Errorf("%s: R2 %.3f held out, of noise", name, r2)
		}
	}
}

// A random id, nearly one for each row, is worth nothing held out, though its plain means know every training row.
func TestTargetEncodedIdentifierIsChanceHeldOut(t *testing.T) {
	const n = 2000
	d := identifiers(n, n/2)
	train, test := selection.Split(d, 0.5, 3)
	m, err := ml.Pipe(ml.Step(features.TargetEncoder[int]{All: true}), linear.LogisticRegression{}).Fit(ctx, train)
	if err != nil {
		t.Fatal(err)
	}
	p, err := m.PredictProba(test.X)
	if err != nil {
		t.Fatal(err)
	}
	score := make([]float64, test.Rows())
	for i := range score {
		score[i] = p.At(i, 1)
	}
	if auc := metrics.ROCAUC(test.Y, score); math.Abs(auc-0.5) > chance(n/2) {
		t.Errorf("AUC %.3f", auc)
	}
}

// Resamplers see training rows only: rows they copy or make never stand on both sides of a fold. Resampled before the folds are made, noise seems to be known by heart.
func TestResamplersActOnTrainingRowsOnly(t *testing.T) {
	d := noise(400, 5, true, 5)
	byHeart := tree.DecisionTreeClassifier{}
	for _, c := range []struct {
		name string
		over ml.Resampler[ml.Dataset[int]]
	}{{"random over", features.RandomOverSampler{}}, {"SMOTE over", features.SMOTE{}}, {"borderline over", features.BorderlineSMOTE{}}, {"ADASYN over", features.ADASYN{}},
		{"random under", features.RandomUnderSampler{}}, {"Tomek", features.TomekLinks{}}, {"ENN", features.EditedNearestNeighbours{}}, {"NearMiss", features.NearMiss{}}} {
		auc := heldOutBy(t, ml.Pipe(ml.Resample(c.over), byHeart), d)
		if math.Abs(auc-0.5) > 0.15 { // 40 rows of the small class, one leaf each: a standard error of 0.03
			t.Errorf("%s: AUC %.3f held out, of noise", c.name, auc)
		}
		if !strings.HasSuffix(c.name, " over") {
			continue
		}
		all, err := c.over.Resample(ctx, d)
		if err != nil {
			t.Fatal(err)
		}
		if auc := heldOutBy(t, byHeart, all); auc < 0.65 {
			t.Errorf("%s before the folds: AUC %.3f, which does not show the leak", c.name, auc)
		}
	}
}

package metrics

import (
	"fmt"
	"math"
	"testing"

	"github.com/gopherwood-ml/ml/internal/golden"
)

// tight: the goldens are sums of at most some hundred terms on either side, and ratios of them.
const tight = 1e-12

func close1(t *testing.T, what string, got, want float64) {
	t.Helper()
	golden.Close(t, []float64{got}, []float64{want}, tight, tight, what)
}

func each(t *testing.T, what string, got, want []float64) {
	t.Helper()
	golden.Close(t, got, want, tight, tight, what)
}

type byAverage map[string][]float64

type LabelScores struct {
	Precision, Recall, F1, F2, Half, Jaccard byAverage
	Hamming, Accuracy                        float64
	ZeroOne                                  float64 `json:"zero_one"`
	MCM                                      [][]float64
	Report                                   [][]float64
}

type CodeScores struct {
	LabelScores
	Specificity, GMean, Balanced, Informedness, MCC float64
	Kappa, Ratios                                   []float64
	Normal                                          [][]float64
}

var averages = map[string]Average{"macro": Macro, "weighted": Weighted, "micro": Micro, "binary": Binary, "samples": Samples}

// labelsAgree holds scores of codes or labels to the reference's, with each policy for 0/0.
func labelsAgree[Y Label](t *testing.T, at string, y, pred []Y, weight []float64, want LabelScores) {
	t.Helper()
	tally, err := NewTally(y, pred, 0, weight...)
	if err != nil {
		t.Fatal(at, err)
	}
	policies := []float64{0, 1, math.NaN()}
	for name, score := range map[string]struct {
		want byAverage
		of   func(c Counts, undefined float64) float64
		easy func(a Average) float64
	}{
		"precision": {want.Precision, Counts.Precision, func(a Average) float64 { return Precision(y, pred, a, weight...) }},
		"recall":    {want.Recall, Counts.Recall, func(a Average) float64 { return Recall(y, pred, a, weight...) }},
		"f1":        {want.F1, func(c Counts, u float64) float64 { return c.F(1, u) }, func(a Average) float64 { return F1(y, pred, a, weight...) }},
		"f2":        {want.F2, func(c Counts, u float64) float64 { return c.F(2, u) }, func(a Average) float64 { return FBeta(y, pred, 2, a, weight...) }},
		"f half":    {want.Half, func(c Counts, u float64) float64 { return c.F(0.5, u) }, func(a Average) float64 { return FBeta(y, pred, 0.5, a, weight...) }},
		"jaccard":   {want.Jaccard, Counts.Jaccard, func(a Average) float64 { return Jaccard(y, pred, a, weight...) }},
	} {
		for a, values := range score.want {
			for z, v := range values {
				what := fmt.Sprintf("%s: %s %s, undefined %v", at, name, a, policies[z])
				close1(t, what, tally.Mean(averages[a], func(c Counts) float64 { return score.of(c, policies[z]) }), v)
			}
			close1(t, at+": "+name+" "+a, score.easy(averages[a]), values[0])
		}
	}
	close1(t, at+": hamming", HammingLoss(y, pred, weight...), want.Hamming)
	for j, c := range tally.Counts {
		each(t, fmt.Sprintf("%s: counts %d", at, j), []float64{c.TN, c.FP, c.FN, c.TP}, want.MCM[j])
	}
	r, err := NewClassReport(y, pred, nil, weight...)
	if err != nil {
		t.Fatal(at, err)
	}
	for k, line := range []ClassScores{r.Macro, r.Weighted} {
		each(t, at+": report", []float64{line.Precision, line.Recall, line.F1, line.Support}, want.Report[k])
	}
	close1(t, at+": report's accuracy", r.Accuracy, want.Accuracy)
}

func TestClassScoresAreScikitLearns(t *testing.T) {
	want := golden.Load[struct {
		Codes []struct {
			Y, Pred         []int
			Weight          []float64
			Plain, Weighted CodeScores
		}
		Labels []struct {
			Y, Pred         [][]int
			Weight          []float64
			Plain, Weighted LabelScores
		}
	}](t, "testdata/classes.json")
	for i, c := range want.Codes {
		for weighted, s := range map[bool]CodeScores{false: c.Plain, true: c.Weighted} {
			at, weight := fmt.Sprintf("codes %d, weights %v", i, weighted), c.Weight
			if !weighted {
				weight = nil
			}
			labelsAgree(t, at, c.Y, c.Pred, weight, s.LabelScores)
			close1(t, at+": accuracy", Accuracy(c.Y, c.Pred, weight...), s.Accuracy)
			close1(t, at+": zero-one", ZeroOneLoss(c.Y, c.Pred, weight...), s.ZeroOne)
			close1(t, at+": specificity", Specificity(c.Y, c.Pred, Macro, weight...), s.Specificity)
			close1(t, at+": g-mean", GMean(c.Y, c.Pred, weight...), s.GMean)
			close1(t, at+": balanced accuracy", BalancedAccuracy(c.Y, c.Pred, weight...), s.Balanced)
			close1(t, at+": informedness", Informedness(c.Y, c.Pred, weight...), s.Informedness)
			close1(t, at+": MCC", MCC(c.Y, c.Pred, weight...), s.MCC)
			for d, v := range s.Kappa {
				close1(t, fmt.Sprint(at, ": kappa ", d), CohenKappa(c.Y, c.Pred, Disagreement(d), weight...), v)
			}
			if len(s.Ratios) > 0 {
				a, b := LikelihoodRatios(c.Y, c.Pred, weight...)
				each(t, at+": likelihood ratios", []float64{a, b}, s.Ratios)
			}
			m, err := ConfusionMatrix(c.Y, c.Pred, 0, weight...)
			if err != nil {
				t.Fatal(err)
			}
			for by, v := range s.Normal {
				n, err := Normalize(m, Normal(by))
				if err != nil {
					t.Fatal(err)
				}
				each(t, fmt.Sprint(at, ": normalised ", by), n.Data(), v)
			}
		}
	}
	for i, c := range want.Labels {
		labelsAgree(t, fmt.Sprintf("labels %d", i), c.Y, c.Pred, nil, c.Plain)
		labelsAgree(t, fmt.Sprintf("labels %d, weights", i), c.Y, c.Pred, c.Weight, c.Weighted)
		close1(t, "subset accuracy", SubsetAccuracy(c.Y, c.Pred), c.Plain.Accuracy)
		close1(t, "subset accuracy, weights", SubsetAccuracy(c.Y, c.Pred, c.Weight...), c.Weighted.Accuracy)
	}
}

func TestScoresOfDecisionsAreScikitLearns(t *testing.T) {
	want := golden.Load[struct {
		Top []struct {
			Y      []int
			Score  [][]float64
			Weight []float64
			At     [][]float64
			Hinge  []float64
		}
		Hinge struct {
			Y                      []int
			Decision, Weight, Loss []float64
		}
		D2 []struct {
			Y                           []int
			Proba                       [][]float64
			Weight, Log, Brier, D2Brier []float64
		}
	}](t, "testdata/classes.json")
	for i, c := range want.Top {
		s := matrix(t, c.Score)
		for v, weight := range [][]float64{nil, c.Weight} {
			for k, at := range c.At {
				close1(t, fmt.Sprint("top-k ", i, k+1, v), TopKAccuracy(c.Y, s, k+1, weight...), at[v])
			}
			close1(t, fmt.Sprint("hinge of many ", i, v), HingeLossMulti(c.Y, s, weight...), c.Hinge[v])
		}
	}
	close1(t, "hinge", HingeLoss(want.Hinge.Y, want.Hinge.Decision), want.Hinge.Loss[0])
	close1(t, "hinge, weights", HingeLoss(want.Hinge.Y, want.Hinge.Decision, want.Hinge.Weight...), want.Hinge.Loss[1])
	for i, c := range want.D2 {
		p := matrix(t, c.Proba)
		for v, weight := range [][]float64{nil, c.Weight} {
			close1(t, fmt.Sprint("D2 log-loss ", i, v), D2LogLoss(c.Y, p, weight...), c.Log[v])
			close1(t, fmt.Sprint("Brier ", i, v), Brier(c.Y, p, weight...), c.Brier[v])
			close1(t, fmt.Sprint("D2 Brier ", i, v), D2Brier(c.Y, p, weight...), c.D2Brier[v])
			if p.Shape()[1] == 2 {
				one := p.Cols(1, 2).Clone().Data()
				close1(t, "Brier of one column", BrierBinary(c.Y, one, weight...), c.Brier[v])
				close1(t, "log-loss of one column", LogLossBinary(c.Y, one, weight...), LogLoss(c.Y, p, weight...))
			}
		}
	}
}

func TestCurvesAreScikitLearns(t *testing.T) {
	type curves struct {
		ROC, Corners, PR, DET, Counts [][]float64
		F1, Partial                   []float64
		AUC, AP                       float64
	}
	type byAverages map[string][]float64
	want := golden.Load[struct {
		Binary []struct {
			Y               []int
			Score, Weight   []float64
			Plain, Weighted curves
		}
		Multi []struct {
			Y                      []int
			Proba                  [][]float64
			Weight                 []float64
			Macro, Weighted, Micro []float64
		}
		Labels []struct {
			Y       [][]int
			Score   [][]float64
			Weight  []float64
			AUC, AP byAverages
		}
		Mu []struct {
			Y      []int
			Score  [][]float64
			Weight []float64
			Mu     float64
		}
	}](t, "testdata/curves.json")
	for i, c := range want.Binary {
		for v, want := range []curves{c.Plain, c.Weighted} {
			at, weight := fmt.Sprintf("binary %d, weights %v: ", i, v == 1), c.Weight
			if v == 0 {
				weight = nil
			}
			th, err := NewThresholds(c.Y, c.Score, weight...)
			if err != nil {
				t.Fatal(err)
			}
			for k := range th.Threshold {
				n := th.Counts(k)
				each(t, at+"counts", []float64{n.TN, n.FP, n.FN, n.TP, th.Threshold[k]}, []float64{want.Counts[0][k], want.Counts[1][k], want.Counts[2][k], want.Counts[3][k], want.Counts[4][k]})
			}
			each(t, at+"thresholds", th.Threshold, want.Counts[4])
			each(t, at+"F1 at all thresholds", th.Each(func(c Counts) float64 { return c.F(1, 0) }), want.F1)
			roc, err1 := ROC(c.Y, c.Score, weight...)
			pr, err2 := PR(c.Y, c.Score, weight...)
			det, err3 := DET(c.Y, c.Score, weight...)
			if err1 != nil || err2 != nil || err3 != nil {
				t.Fatal(err1, err2, err3)
			}
			for _, p := range []struct {
				name       string
				x, y, at   []float64
				wx, wy, wt []float64
			}{
				{"ROC", roc.FPR, roc.TPR, roc.Threshold, want.ROC[0], want.ROC[1], want.ROC[2]},
				{"PR", pr.Precision, pr.Recall, pr.Threshold, want.PR[0], want.PR[1], want.PR[2]},
				{"DET", det.FPR, det.FNR, det.Threshold, want.DET[0], want.DET[1], want.DET[2]},
			} {
				each(t, at+p.name+" x", p.x, p.wx)
				each(t, at+p.name+" y", p.y, p.wy)
				each(t, at+p.name+" thresholds", p.at, p.wt)
			}
			if v == 0 { // rounded weights leave straight lines straight for either side by chance
				corners := roc.Corners()
				each(t, at+"corners", corners.FPR, want.Corners[0])
				each(t, at+"corners", corners.Threshold, want.Corners[2])
			}
			close1(t, at+"AUC", ROCAUC(c.Y, c.Score, weight...), want.AUC)
			close1(t, at+"area of the curve", roc.AUC(), want.AUC)
			for k, f := range []float64{0.05, 0.3, 0.8} {
				close1(t, at+fmt.Sprint("AUC up to ", f), PartialAUC(c.Y, c.Score, f, weight...), want.Partial[k])
			}
			close1(t, at+"AP", AveragePrecision(c.Y, c.Score, weight...), want.AP)
			close1(t, at+"AP of the curve", pr.AveragePrecision(), want.AP)
		}
	}
	for i, c := range want.Multi {
		p := matrix(t, c.Proba)
		for v, weight := range [][]float64{nil, c.Weight} {
			close1(t, fmt.Sprint("AP macro ", i, v), AveragePrecisionOvR(c.Y, p, Macro, weight...), c.Macro[v])
			close1(t, fmt.Sprint("AP weighted ", i, v), AveragePrecisionOvR(c.Y, p, Weighted, weight...), c.Weighted[v])
			close1(t, fmt.Sprint("AP micro ", i, v), AveragePrecisionOvR(c.Y, p, Micro, weight...), c.Micro[v])
		}
	}
	for i, c := range want.Mu {
		// LightGBM takes scores within 1e-15 of each other for ties, and sums one by one.
		close1(t, fmt.Sprint("AUC-mu ", i), AUCMu(c.Y, matrix(t, c.Score), c.Weight...), c.Mu)
	}
	for i, c := range want.Labels {
		s := matrix(t, c.Score)
		for name, a := range averages {
			if a == Binary {
				continue
			}
			for v, weight := range [][]float64{nil, c.Weight} {
				close1(t, fmt.Sprint("labels' AUC ", name, i, v), ROCAUCLabels(c.Y, s, a, weight...), c.AUC[name][v])
				close1(t, fmt.Sprint("labels' AP ", name, i, v), AveragePrecisionLabels(c.Y, s, a, weight...), c.AP[name][v])
			}
		}
	}
}

func TestRegressionScoresAreScikitLearns(t *testing.T) {
	type scores struct {
		MSLE, RMSLE, MAPE, MedAE, Max, EV, D2Abs, SMAPE, WAPE, Bias, Expectile, Pearson, KGE float64
		Pinball, D2Pinball, Tweedie, D2Tweedie, Zeros                                        []float64
	}
	want := golden.Load[struct {
		Cases []struct {
			Y, Pred, Weight []float64
			Plain, Weighted scores
		}
		Outputs []struct {
			Y, Pred         [][]float64
			Weight          []float64
			MSE, R2         [][]float64
			RMSE, EV, MedAE []float64
			R2Mean          []float64
			R2Var           []float64
		}
	}](t, "testdata/regression.json")
	for i, c := range want.Cases {
		for v, want := range []scores{c.Plain, c.Weighted} {
			at, weight := fmt.Sprintf("case %d, weights %v: ", i, v == 1), c.Weight
			if v == 0 {
				weight = nil
			}
			n := len(c.Y)
			ay, ap, yp, pp, yz := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
			for k := range n {
				ay[k], ap[k] = math.Abs(c.Y[k]), math.Abs(c.Pred[k])
				yp[k], pp[k] = ay[k]+0.01, ap[k]+0.01
			}
			median := quantile(yp, nil, 0.5)
			for k, v := range yp {
				if v > median {
					yz[k] = v
				}
			}
			close1(t, at+"MSLE", MSLE(ay, ap, weight...), want.MSLE)
			close1(t, at+"RMSLE", RMSLE(ay, ap, weight...), want.RMSLE)
			close1(t, at+"MAPE", MAPE(c.Y, c.Pred, weight...), want.MAPE)
			close1(t, at+"MedianAE", MedianAE(c.Y, c.Pred, weight...), want.MedAE)
			close1(t, at+"MaxError", MaxError(c.Y, c.Pred, weight...), want.Max)
			close1(t, at+"explained variance", ExplainedVariance(c.Y, c.Pred, weight...), want.EV)
			close1(t, at+"D2 absolute", D2AbsoluteError(c.Y, c.Pred, weight...), want.D2Abs)
			close1(t, at+"SMAPE", SMAPE(c.Y, c.Pred, weight...), want.SMAPE)
			close1(t, at+"WAPE", WAPE(c.Y, c.Pred, weight...), want.WAPE)
			close1(t, at+"bias", MeanError(c.Y, c.Pred, weight...), want.Bias)
			close1(t, at+"expectile", ExpectileLoss(c.Y, c.Pred, 0.8, weight...), want.Expectile)
			close1(t, at+"Pearson", Pearson(c.Y, c.Pred, weight...), want.Pearson)
			close1(t, at+"KGE", KGE(c.Y, c.Pred, weight...), want.KGE)
			for k, q := range []float64{0, 0.1, 0.5, 0.9} {
				close1(t, at+fmt.Sprint("pinball ", q), Pinball(c.Y, c.Pred, q, weight...), want.Pinball[k])
				if k > 0 {
					close1(t, at+fmt.Sprint("D2 pinball ", q), D2Pinball(c.Y, c.Pred, q, weight...), want.D2Pinball[k-1])
				}
			}
			for k, p := range []float64{-1.5, 0, 1, 1.5, 2, 3, 4.2} {
				close1(t, at+fmt.Sprint("Tweedie ", p), TweedieDeviance(yp, pp, p, weight...), want.Tweedie[k])
				close1(t, at+fmt.Sprint("D2 Tweedie ", p), D2Tweedie(yp, pp, p, weight...), want.D2Tweedie[k])
			}
			close1(t, at+"Poisson with zeros", PoissonDeviance(yz, pp, weight...), want.Zeros[0])
			close1(t, at+"Tweedie with zeros", TweedieDeviance(yz, pp, 1.5, weight...), want.Zeros[1])
		}
	}
	for i, c := range want.Outputs {
		for v, weight := range [][]float64{nil, c.Weight} {
			at := fmt.Sprint("outputs ", i, v, ": ")
			mse, err := Outputs(MSE, c.Y, c.Pred, weight...)
			r2, err2 := Outputs(R2, c.Y, c.Pred, weight...)
			if err != nil || err2 != nil {
				t.Fatal(err, err2)
			}
			each(t, at+"MSE", mse, c.MSE[v])
			each(t, at+"R2", r2, c.R2[v])
			close1(t, at+"RMSE", MeanOutputs(RMSE, c.Y, c.Pred, weight...), c.RMSE[v])
			close1(t, at+"mean R2", MeanOutputs(R2, c.Y, c.Pred, weight...), c.R2Mean[v])
			close1(t, at+"R2 by variance", R2Outputs(c.Y, c.Pred, weight...), c.R2Var[v])
			close1(t, at+"explained variance", ExplainedVarianceOutputs(c.Y, c.Pred, weight...), c.EV[v])
			close1(t, at+"MedianAE", MeanOutputs(MedianAE, c.Y, c.Pred, weight...), c.MedAE[v])
		}
	}
}

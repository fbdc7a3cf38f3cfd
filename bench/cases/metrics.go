package cases

import (
	"maps"
	"slices"

	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

func init() {
	Register(Case{Name: "roc_auc_score", Data: "scores1m", Vs: []string{"scikit-learn"}, Make: func(d *Data) (*Work, error) {
		y, p := d.Codes("y"), d.Values("p")
		return score(len(y), 1.0/15, func() float64 { return metrics.ROCAUC(y, p) })
	}})
	Register(Case{Name: "log_loss", Data: "scores1m", Vs: []string{"scikit-learn"}, Make: func(d *Data) (*Work, error) {
		y, p := d.Codes("y"), d.Values("p")
		proba := tensor.New[float64](len(p), 2) // the peer takes the chance of class 1 alone
		for i, v := range p {
			proba.Row(i)[0], proba.Row(i)[1] = 1-v, v
		}
		return score(len(y), 1.0/50, func() float64 { return metrics.LogLoss(y, proba) })
	}})
	eachMetric(decided, func(s *scoredRows) ([]int, []int) { return s.y, s.pred })
	eachMetric(ofNumbers, func(s *scoredRows) ([]float64, []float64) { return s.numbers, s.p })
	eachMetric(ofPositive, func(s *scoredRows) ([]float64, []float64) { return s.positive, s.p })
	eachMetric(ofScores, func(s *scoredRows) ([]int, []float64) { return s.y, s.p })
	eachMetric(ofTwoLists, func(s *scoredRows) ([]float64, []float64) {
		z := slices.Clone(s.p)
		slices.Reverse(z)
		return s.p, z
	})
	scored("ndcg_score", func(s *scoredRows) func() float64 {
		query := make([]int, len(s.y))
		for i := range query {
			query[i] = i / 100
		}
		return func() float64 { return metrics.NDCG(s.numbers, s.p, query, 0) }
	})
	for name, f := range map[string]func(y [][]int, score tensor.Matrix, weight ...float64) float64{
		"label_ranking_average_precision_score": metrics.LRAP, "coverage_error": metrics.CoverageError, "label_ranking_loss": metrics.RankingLoss,
	} {
		scored(name, func(s *scoredRows) func() float64 {
			x := tensor.FromSlice(s.p, len(s.p)/100, 100)
			return func() float64 { return f(slices.Collect(slices.Chunk(s.y, 100)), x) }
		})
	}
	for name, f := range map[string]func(x tensor.Matrix, cluster []int) float64{
		"silhouette_score":        func(x tensor.Matrix, c []int) float64 { return metrics.Silhouette(x, c, metrics.Euclidean{}) },
		"davies_bouldin_score":    func(x tensor.Matrix, c []int) float64 { return metrics.DaviesBouldin(x, c) },
		"calinski_harabasz_score": func(x tensor.Matrix, c []int) float64 { return metrics.CalinskiHarabasz(x, c) },
	} {
		Register(Case{Name: name, Data: "logit100k", Vs: []string{"scikit-learn"}, Make: func(d *Data) (*Work, error) {
			n := 100_000
			if name == "silhouette_score" { // of all pairs
				n = 5000
			}
			x, y := d.Float("X").Rows(0, n), d.Codes("y")[:n]
			w, err := score(n, 1.0/5, func() float64 { return f(x, y) })
			w.Columns = 50
			return w, err
		}})
	}
}

// scoredRows are the rows of scores1m: codes and probabilities, the decisions for at least 0.5, and the codes taken for numbers.
type scoredRows struct {
	y, pred              []int
	numbers, positive, p []float64
}

// eachMetric registers metrics of the same two lists.
func eachMetric[A, B any](all map[string]func(A, B) float64, lists func(*scoredRows) (A, B)) {
	for _, name := range slices.Sorted(maps.Keys(all)) {
		scored(name, func(s *scoredRows) func() float64 {
			a, b := lists(s)
			return func() float64 { return all[name](a, b) }
		})
	}
}

// scored registers a metric of a million rows.
func scored(name string, of func(*scoredRows) func() float64) {
	Register(Case{Name: name, Data: "scores1m", Vs: []string{"scikit-learn"}, Make: func(d *Data) (*Work, error) {
		s := &scoredRows{y: d.Codes("y"), p: d.Values("p")}
		s.pred, s.numbers, s.positive = make([]int, len(s.y)), make([]float64, len(s.y)), make([]float64, len(s.y))
		for i, v := range s.p {
			if v >= 0.5 {
				s.pred[i] = 1
			}
			s.numbers[i], s.positive[i] = float64(s.y[i]), float64(s.y[i])+1
		}
		return score(len(s.y), 1.0/5, of(s))
	}})
}

var decided = map[string]func(y, pred []int) float64{
	"f1_score":                   func(y, pred []int) float64 { return metrics.F1(y, pred, metrics.Macro) },
	"jaccard_score":              func(y, pred []int) float64 { return metrics.Jaccard(y, pred, metrics.Macro) },
	"hamming_loss":               func(y, pred []int) float64 { return metrics.HammingLoss(y, pred) },
	"matthews_corrcoef":          func(y, pred []int) float64 { return metrics.MCC(y, pred) },
	"accuracy_score":             func(y, pred []int) float64 { return metrics.Accuracy(y, pred) },
	"balanced_accuracy_score":    func(y, pred []int) float64 { return metrics.BalancedAccuracy(y, pred) },
	"cohen_kappa_score":          func(y, pred []int) float64 { return metrics.CohenKappa(y, pred, metrics.Nominal) },
	"adjusted_rand_score":        func(y, pred []int) float64 { return metrics.ARI(y, pred) },
	"adjusted_mutual_info_score": func(y, pred []int) float64 { return metrics.AMI(y, pred) },
	"v_measure_score":            func(y, pred []int) float64 { return metrics.VMeasure(y, pred) },
	"rand_score":                 func(y, pred []int) float64 { return metrics.RandIndex(y, pred) },
	"fowlkes_mallows_score":      func(y, pred []int) float64 { return metrics.FowlkesMallows(y, pred) },
	"precision_score":            func(y, pred []int) float64 { return metrics.Precision(y, pred, metrics.Binary) },
	"recall_score":               func(y, pred []int) float64 { return metrics.Recall(y, pred, metrics.Binary) },
	"zero_one_loss":              func(y, pred []int) float64 { return metrics.ZeroOneLoss(y, pred) },
	"confusion_matrix": func(y, pred []int) float64 {
		m, _ := metrics.ConfusionMatrix(y, pred, 2)
		return m.At(1, 0)
	},
}

var ofNumbers = map[string]func(y, p []float64) float64{
	"mean_squared_error":       func(y, p []float64) float64 { return metrics.MSE(y, p) },
	"mean_absolute_error":      func(y, p []float64) float64 { return metrics.MAE(y, p) },
	"median_absolute_error":    func(y, p []float64) float64 { return metrics.MedianAE(y, p) },
	"max_error":                func(y, p []float64) float64 { return metrics.MaxError(y, p) },
	"r2_score":                 func(y, p []float64) float64 { return metrics.R2(y, p) },
	"explained_variance_score": func(y, p []float64) float64 { return metrics.ExplainedVariance(y, p) },
	"mean_poisson_deviance":    func(y, p []float64) float64 { return metrics.PoissonDeviance(y, p) },
	"root_mean_squared_error":  func(y, p []float64) float64 { return metrics.RMSE(y, p) },
	"d2_pinball_score":         func(y, p []float64) float64 { return metrics.D2Pinball(y, p, 0.9) },
	"mean_pinball_loss":        func(y, p []float64) float64 { return metrics.Pinball(y, p, 0.9) },
	"d2_absolute_error_score":  func(y, p []float64) float64 { return metrics.D2AbsoluteError(y, p) },
}

var ofPositive = map[string]func(y, p []float64) float64{
	"mean_absolute_percentage_error": func(y, p []float64) float64 { return metrics.MAPE(y, p) },
	"mean_gamma_deviance":            func(y, p []float64) float64 { return metrics.GammaDeviance(y, p) },
	"mean_tweedie_deviance":          func(y, p []float64) float64 { return metrics.TweedieDeviance(y, p, 1.5) },
	"mean_squared_log_error":         func(y, p []float64) float64 { return metrics.MSLE(y, p) },
}

var ofScores = map[string]func(y []int, p []float64) float64{
	"brier_score_loss":        func(y []int, p []float64) float64 { return metrics.BrierBinary(y, p) },
	"hinge_loss":              func(y []int, p []float64) float64 { return metrics.HingeLoss(y, p) },
	"average_precision_score": func(y []int, p []float64) float64 { return metrics.AveragePrecision(y, p) },
	"roc_curve": func(y []int, p []float64) float64 {
		c, _ := metrics.ROC(y, p)
		return trapezoids(c.FPR, c.TPR)
	},
	"precision_recall_curve": func(y []int, p []float64) float64 {
		c, _ := metrics.PR(y, p)
		return c.AveragePrecision()
	},
	"det_curve": func(y []int, p []float64) float64 {
		c, _ := metrics.DET(y, p)
		return trapezoids(c.FPR, c.FNR)
	},
	"calibration_curve": func(y []int, p []float64) float64 {
		c, _ := metrics.NewReliability(y, p, metrics.Bins{})
		sum := 0.0
		for _, share := range c.Share {
			sum += share
		}
		return sum
	},
}

var ofTwoLists = map[string]func(x, y []float64) float64{
	"pearsonr":             func(x, y []float64) float64 { return metrics.Pearson(x, y) },
	"spearmanr":            func(x, y []float64) float64 { return metrics.Spearman(x, y) },
	"kendalltau":           func(x, y []float64) float64 { return metrics.Kendall(x, y) },
	"wasserstein_distance": func(x, y []float64) float64 { return metrics.Wasserstein(x, y, nil, nil) },
	"energy_distance":      func(x, y []float64) float64 { return metrics.EnergyDistance(x, y, nil, nil) },
}

func trapezoids(x, y []float64) float64 {
	area := 0.0
	for i := 1; i < len(x); i++ {
		area += (x[i] - x[i-1]) * (y[i] + y[i-1]) / 2
	}
	return area
}

// score measures a function that returns a number, and may take a share of the peer's time: nothing but memory of its own could be passed in.
func score(n int, share float64, f func() float64) (*Work, error) {
	var v float64
	return &Work{
		Rows: n, Columns: 1,
		Steps: []Step{step("fit", func() error { v = f(); return nil }).floor("scikit-learn", share)},
		Score: func() (map[string]float64, error) { return map[string]float64{"value": v}, nil },
		Tol:   map[string]float64{"value": 1e-12},
	}, nil
}

package ensemble_test

import (
	"bytes"
	"context"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize/convex/lp"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/bayes"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

func TestLPBoostLaws(t *testing.T) {
	mltest.Classifier(t, ensemble.LPBoost{Rounds: 5}, mltest.Data(noisy(60, 3)))
	if !testing.Short() {
		mltest.Classifier(t, ensemble.LPBoost{Base: ml.Classify(bayes.GaussianNB{}), Rounds: 4, Nu: 0.5}, mltest.Data(noisy(60, 3)))
	}
}

func TestBrownBoostLaws(t *testing.T) {
	mltest.Classifier(t, ensemble.BrownBoost{Rounds: 5}, mltest.Data(noisy(60, 3)))
	if !testing.Short() {
		mltest.Classifier(t, ensemble.BrownBoost{Base: ml.Classify(bayes.GaussianNB{}), Rounds: 4, TargetError: 0.2}, mltest.Data(noisy(60, 3)))
	}
}

// leastError is the stump of the least weighted error, of all that there are: what column generation asks for.
type leastError struct{}

type cutModel struct {
	ml.Fitted
	Column int
	Cut    float64
	Right  int // the class above Cut
}

func (m *cutModel) Predict(x tensor.Matrix) ([]int, error) {
	n, _ := x.Dims()
	out := make([]int, n)
	for i := range out {
		if out[i] = 1 - m.Right; x.At(i, m.Column) > m.Cut {
			out[i] = m.Right
		}
	}
	return out, nil
}

func everyStump(x tensor.Matrix) []*cutModel {
	n, p := x.Dims()
	var out []*cutModel
	for j := range p {
		for i := range n {
			out = append(out, &cutModel{Column: j, Cut: x.At(i, j)}, &cutModel{Column: j, Cut: x.At(i, j), Right: 1})
		}
	}
	return out
}

func (leastError) Fit(_ context.Context, d ml.Dataset[int]) (*cutModel, error) {
	var best *cutModel
	least := math.Inf(1)
	for _, m := range everyStump(d.X) {
		wrong := 0.0
		for i, c := range must(m.Predict(d.X)) {
			if c != d.Y[i] {
				wrong += d.Weight[i]
			}
		}
		if wrong < least-1e-12 {
			best, least = m, wrong
		}
	}
	best.Fitted = ml.NewFitted(d.Table, d.Classes, leastError{})
	return best, nil
}

// margins is how right each model is in each row: 1 or -1.
func margins[M ml.Predictor[int]](d ml.Dataset[int], models []M) [][]float64 {
	out := make([][]float64, len(models))
	for j, m := range models {
		for i, c := range must(m.Predict(d.X)) {
			out[j] = append(out[j], 2*float64(btoi(c == d.Y[i]))-1)
		}
	}
	return out
}

func btoi(is bool) int {
	if is {
		return 1
	}
	return 0
}

// softMargin is the least of sums of margins by rows of weights u, none above most, 1 in sum: for given votes the largest ρ - Σ most·ξ.
func softMargin(right [][]float64, votes, most []float64) float64 {
	margin, order := make([]float64, len(most)), make([]int, len(most))
	for i := range order {
		order[i] = i
		for j, a := range votes {
			margin[i] += a * right[j][i]
		}
	}
	slices.SortFunc(order, func(a, b int) int {
		switch {
		case margin[a] < margin[b]:
			return -1
		case margin[a] > margin[b]:
			return 1
		}
		return 0
	})
	left, sum := 1.0, 0.0
	for _, i := range order {
		u := min(left, most[i])
		left, sum = left-u, sum+u*margin[i]
	}
	return sum
}

// largest solves max ρ - Σ most·ξ as a linear program of gonum: variables votes, ρ (as the difference of two), ξ, and slacks.
func largest(t *testing.T, right [][]float64, most []float64) float64 {
	m, n := len(right), len(most)
	c, a, b := make([]float64, m+2+2*n), mat.NewDense(n+1, m+2+2*n, nil), make([]float64, n+1)
	c[m], c[m+1] = -1, 1
	for i, d := range most {
		for j := range right {
			a.Set(i, j, right[j][i])
		}
		a.Set(i, m, -1)
		a.Set(i, m+1, 1)
		a.Set(i, m+2+i, 1)
		a.Set(i, m+2+n+i, -1)
		c[m+2+i] = d
	}
	for j := range right {
		a.Set(n, j, 1)
	}
	b[n] = 1
	best, _, err := lp.Simplex(c, a, b, 1e-10, nil)
	require.NoError(t, err)
	return -best
}

// few are rows of two columns with some labels wrong, and weights.
func few(n int, seed uint64) (ml.Dataset[int], []float64) {
	d := noisy(n, seed)
	x := tensor.New[float64](n, 2)
	d.Weight = make([]float64, n)
	sum := 0.0
	for i := range n {
		x.Set(math.Round(4*d.X.At(i, 0))/4, i, 0)
		x.Set(d.X.At(i, 1), i, 1)
		d.Weight[i] = 1 + float64(i%3)
		sum += d.Weight[i]
	}
	d.X = x
	share := make([]float64, n)
	for i := range share {
		share[i] = d.Weight[i] / sum
	}
	return d, share
}

// The votes after every round have the largest soft margin of all votes for the members so far, by the linear program as gonum solves it, and those at the end that of all votes for all stumps there are:
// column generation finds them without making them. Both solvers work to 1e-10, and the sums are of a few dozen numbers of at most 10.
func TestLPBoostIsTheLinearProgram(t *testing.T) {
	seeds := uint64(6)
	if testing.Short() {
		seeds = 1
	}
	for seed := range seeds {
		for _, nu := range []float64{0.1, 0.35, 1} {
			d, share := few(24, seed)
			for i := range share {
				share[i] /= nu
			}
			m := must(ensemble.LPBoost{Base: ml.Decide(leastError{}), Nu: nu, Tol: 1e-9}.Fit(ctx, d))
			require.Equal(t, ml.Converged, m.Info.Status)
			right := margins(d, m.Members)
			for r, votes := range m.Stages {
				sum := 0.0
				for _, a := range votes {
					require.GreaterOrEqual(t, a, 0.0)
					sum += a
				}
				require.InDelta(t, 1, sum, 1e-12)
				reached := softMargin(right[:r+1], votes, share)
				require.InDelta(t, -m.Info.Loss[r], reached, 1e-9, "what is reported is reached")
				if r%3 == 0 || r == len(right)-1 {
					require.InDelta(t, largest(t, right[:r+1], share), reached, 1e-7, "seed %d nu %v round %d", seed, nu, r)
				}
			}
			every := margins(d, everyStump(d.X))
			require.InDelta(t, largest(t, every, share), -m.Info.Loss[len(m.Info.Loss)-1], 1e-7, "seed %d nu %v, of all stumps", seed, nu)
		}
	}
}

// On more rows, with many ties, the bound of the rows' weights is met by the votes: the two are equal only where both are best.
func TestLPBoostOfManyRows(t *testing.T) {
	d := datasets.BreastCancer()
	for _, c := range []ensemble.LPBoost{{}, {Nu: 0.02, Rounds: 60}, {Nu: 0.3, Base: ml.Classify(tree.DecisionTreeClassifier{MaxDepth: 2})}} {
		m := must(c.Fit(ctx, d))
		nu := m.Config.(ensemble.LPBoost).Nu
		right := margins(d, m.Members)
		most := slices.Repeat([]float64{1 / float64(d.Rows()) / nu}, d.Rows())
		for r := range m.Stages {
			require.InDelta(t, -m.Info.Loss[r], softMargin(right[:r+1], m.Stages[r], most), 1e-8)
			if r > 0 {
				require.LessOrEqual(t, m.Info.Loss[r], m.Info.Loss[r-1]+1e-9, "more members have no smaller margin")
			}
		}
		require.NotEqual(t, ml.Stalled, m.Info.Status)
		assert.Greater(t, metrics.Accuracy(d.Y, must(m.Predict(d.X))), 0.93)
	}
}

// The vote and the time of every round solve BrownBoost's two equations, written down here anew, and when time is up the mean distance of probabilities and labels is TargetError: the theorem of Freund's paper.
func TestBrownBoostIsItsEquations(t *testing.T) {
	targets := []float64{0.25, 0.1, 0.03}
	if testing.Short() {
		targets = targets[:1]
	}
	for _, target := range targets {
		d, share := few(200, 4)
		m := must(ensemble.BrownBoost{TargetError: target, Rounds: 1000}.Fit(ctx, d))
		c := m.Time
		require.InDelta(t, target, (1-math.Erf(math.Sqrt(c)))/2, 1e-12)
		right, margin, left := margins(d, m.Members), make([]float64, 200), c
		potential := func() (sum float64) {
			for i, r := range margin {
				sum += share[i] * math.Erf((r+left)/math.Sqrt(c))
			}
			return sum
		}
		start := potential()
		for r, vote := range m.Weights {
			require.Greater(t, vote, 0.0)
			for i := range margin {
				margin[i] += vote * right[r][i]
			}
			// The time that the vote takes is where the potential is what it was: it falls as time passes.
			lo, hi := left-vote, left+vote
			for range 200 {
				if left = lo + (hi-lo)/2; potential() < start {
					lo = left
				} else {
					hi = left
				}
			}
			edge, sum := 0.0, 0.0
			for i, v := range margin {
				w := share[i] * math.Exp(-(v+left)*(v+left)/c)
				edge, sum = edge+w*right[r][i], sum+w
			}
			if r < len(m.Weights)-1 {
				require.InDelta(t, 0, edge/sum, 1e-9, "the model is no better than chance any more")
			}
		}
		if m.Info.Status == ml.Converged {
			require.InDelta(t, 0, left, 1e-9)
			p, distance := must(m.PredictProba(d.X)), 0.0
			for i, y := range d.Y {
				distance += share[i] * math.Abs(float64(y)-p.At(i, 1))
			}
			require.InDelta(t, target, distance, 1e-9)
		}
		if target > 0.2 {
			require.Equal(t, ml.Converged, m.Info.Status, "an error that can be reached is")
		}
	}
}

// With a fifth of the labels turned round, BrownBoost does no worse than AdaBoost on true labels, and weighs fewer rows than all.
func TestBrownBoostBearsWrongLabels(t *testing.T) {
	if testing.Short() {
		t.Skip("2000 stumps")
	}
	better := 0
	for seed := range uint64(5) {
		train, test := noisy(400, 10+seed), noisy(1000, 100+seed)
		for i := range train.Y {
			if i%5 == 0 {
				train.Y[i] = 1 - train.Y[i]
			}
		}
		brown := must(ensemble.BrownBoost{TargetError: 0.3}.Fit(ctx, train))
		ada := must(ensemble.AdaBoostClassifier{Rounds: 200}.Fit(ctx, train))
		if metrics.Accuracy(test.Y, must(brown.Predict(test.X))) >= metrics.Accuracy(test.Y, must(ada.Predict(test.X))) {
			better++
		}
	}
	assert.GreaterOrEqual(t, better, 4)
}

func TestTwoClassBoostingEndsAndStages(t *testing.T) {
	d := noisy(100, 1)
	for name, fit := range map[string]func(base ml.AnyClassifier, d ml.Dataset[int]) (*ensemble.TwoClassBoosted, error){
		"LPBoost": func(base ml.AnyClassifier, d ml.Dataset[int]) (*ensemble.TwoClassBoosted, error) {
			return ensemble.LPBoost{Base: base, Rounds: 12}.Fit(ctx, d)
		},
		"BrownBoost": func(base ml.AnyClassifier, d ml.Dataset[int]) (*ensemble.TwoClassBoosted, error) {
			return ensemble.BrownBoost{Base: base, Rounds: 12}.Fit(ctx, d)
		},
	} {
		perfect := must(fit(ml.Classify(tree.DecisionTreeClassifier{}), d))
		require.Len(t, perfect.Members, 1, "%s: a tree without a limit makes no error", name)
		require.Equal(t, ml.Converged, perfect.Info.Status, name)
		m := must(fit(ml.AnyClassifier{}, d))
		var staged [][]int
		for pred, err := range m.Staged(d.X) {
			require.NoError(t, err)
			staged = append(staged, pred)
		}
		require.Len(t, staged, len(m.Members), name)
		require.Equal(t, must(m.Predict(d.X)), staged[len(staged)-1], name)
		for p, err := range m.StagedProba(d.X) {
			require.NoError(t, err)
			for i := range 100 {
				require.InDelta(t, 1, p.At(i, 0)+p.At(i, 1), 1e-15)
			}
		}
		sum := 0.0
		for _, v := range must(m.Importances()) {
			sum += v
		}
		require.InDelta(t, 1, sum, 1e-12, name)
		_, err := fit(ml.AnyClassifier{}, datasets.Iris())
		require.ErrorIs(t, err, ml.ErrData, "%s: three classes", name)
		useless := noisy(60, 1)
		useless.X = tensor.New[float64](60, 2)
		for i := range useless.Y {
			useless.Y[i] = i % 2
		}
		_, err = fit(ml.AnyClassifier{}, useless)
		require.ErrorIs(t, err, ml.ErrConfig, "%s: no better than chance", name)

		var file bytes.Buffer
		require.NoError(t, ml.Save(&file, m))
		again := must(ml.Load[*ensemble.TwoClassBoosted](&file))
		require.Equal(t, must(m.PredictProba(d.X)), must(again.PredictProba(d.X)))
		again.Weights = again.Weights[1:]
		require.ErrorIs(t, again.Restore(), ml.ErrFormat)
	}
	for _, err := range []error{
		second(ensemble.LPBoost{Nu: 2}.Fit(ctx, d)), second(ensemble.LPBoost{Tol: -1}.Fit(ctx, d)), second(ensemble.LPBoost{Rounds: -1}.Fit(ctx, d)),
		second(ensemble.BrownBoost{TargetError: 0.5}.Fit(ctx, d)), second(ensemble.BrownBoost{Rounds: -1}.Fit(ctx, d)),
	} {
		require.ErrorIs(t, err, ml.ErrConfig)
	}
	// With so small a Nu, rows of one class only are left with weight, which logistic regression does not take; with a larger one it tells more rows than the larger class has, two thirds.
	odd := target(func(c int) int { return min(c, 1) })
	must(ensemble.LPBoost{Base: ml.Classify(linear.LogisticRegression{}), Rounds: 5, Nu: 0.1}.Fit(ctx, odd))
	m := must(ensemble.LPBoost{Base: ml.Classify(linear.LogisticRegression{}), Rounds: 5, Nu: 0.4}.Fit(ctx, odd))
	assert.Greater(t, metrics.Accuracy(odd.Y, must(m.Predict(odd.X))), 0.7)
	iris := datasets.Iris()
	rest := must(ensemble.OneVsRest{Base: ml.Classify(ensemble.LPBoost{})}.Fit(ctx, iris))
	assert.Greater(t, metrics.Accuracy(iris.Y, must(rest.Predict(iris.X))), 0.9)
}

func second[M any](_ M, err error) error { return err }

package ope

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
)

var ctx = context.Background()

// A world of four arms over contexts of two numbers; rewards are 0 or 1, and the log's policy prefers the wrong arms.
type world struct{ arms int }

func (world) mean(x []float64, arm int) float64 {
	return 1 / (1 + math.Exp(-(float64(arm)*0.4 - 1 + x[0]*math.Cos(float64(arm)) + x[1]*math.Sin(float64(arm)))))
}

func softmax(dst []float64, score func(i int) float64) {
	sum := 0.0
	for i := range dst {
		dst[i] = math.Exp(score(i))
		sum += dst[i]
	}
	for i := range dst {
		dst[i] /= sum
	}
}

func (w world) logging(dst, x []float64) {
	softmax(dst, func(i int) float64 { return -0.4*float64(i) + 0.5*x[0] })
}

func (w world) target() Policy {
	return PolicyFunc(func(dst []float64, r *Round) error {
		softmax(dst, func(i int) float64 { return 2 * w.mean(r.Context, i) })
		return nil
	})
}

func (w world) log(n int, key uint64) []Round {
	r := rng.New(5, key)
	rounds := make([]Round, n)
	for i := range rounds {
		x, p := []float64{r.NormFloat64(), r.NormFloat64()}, make([]float64, w.arms)
		w.logging(p, x)
		u, a := r.Float64(), 0
		for a < w.arms-1 && u >= p[a] {
			u -= p[a]
			a++
		}
		rounds[i] = Round{ID: uint64(i), Context: x, Probs: p, Choice: a, Propensity: p[a]}
		if r.Float64() < w.mean(x, a) {
			rounds[i].Reward = 1
		}
	}
	return rounds
}

// truth is the target's value, over many contexts.
func (w world) truth(t testing.TB, p Policy) float64 {
	r := rng.New(6, 1)
	const n = 50000
	sum, dst := 0.0, make([]float64, w.arms)
	round := Round{Context: make([]float64, 2)}
	for range n {
		round.Context[0], round.Context[1] = r.NormFloat64(), r.NormFloat64()
		require.NoError(t, p.Probs(dst, &round))
		for a, v := range dst {
			sum += v * w.mean(round.Context, a)
		}
	}
	return sum / n
}

// Intervals cover the truth at their nominal rate, and the doubly robust estimate is never further off than plain IPS, over many logs.
func TestIntervalsCoverTheTruth(t *testing.T) {
	logs, n := 300, 500
	if testing.Short() {
		logs, n = 40, 200
	}
	coverTheTruth(t, logs, n, 200)
}

func coverTheTruth(t *testing.T, logs, n, resamples int) {
	w := world{4}
	target := w.target()
	truth := w.truth(t, target)
	type way struct {
		name string
		e    Estimator
		in   Interval
		wide bool // an interval that holds for any n covers more than it says
	}
	ways := []way{
		{"IPS normal", IPS{}, Normal{}, false}, {"IPS bootstrap", IPS{}, Bootstrap{Resamples: resamples}, false}, {"IPS Bernstein", IPS{}, Bernstein{}, true},
		{"SNIPS normal", SNIPS{}, Normal{}, false}, {"SNIPS bootstrap", SNIPS{}, Bootstrap{Resamples: resamples}, false},
		{"DR normal", DR{}, Normal{}, false}, {"DR bootstrap", DR{}, Bootstrap{Resamples: resamples}, false}, {"DR normal 80 %", DR{}, Normal{Level: 0.8}, false}, {"SwitchDR", SwitchDR{}, Normal{}, false},
	}
	covered, squares := make([]int, len(ways)), map[string]float64{}
	for k := range logs {
		rounds := w.log(n, uint64(k))
		q, err := Regression{}.Expect(ctx, rounds)
		require.NoError(t, err)
		shared := known(q)
		for i, c := range ways {
			switch e := c.e.(type) { // one regression for all
			case DR:
				e.Rewards = shared
				c.e = e
			case SwitchDR:
				e.Rewards = shared
				c.e = e
			}
			est, err := Evaluate(ctx, rounds, target, c.e, c.in)
			require.NoError(t, err)
			require.InDelta(t, 1, est.MeanWeight, 0.5)
			if est.Lo <= truth && truth <= est.Hi {
				covered[i]++
			}
			squares[c.name] += (est.Value - truth) * (est.Value - truth)
		}
		direct, err := Evaluate(ctx, rounds, target, DM{Rewards: shared}, nil)
		require.NoError(t, err)
		squares["DM"] += (direct.Value - truth) * (direct.Value - truth)
	}
	for i, c := range ways {
		level := or(0, 0.95)
		if c.in.level() != 0 {
			level = c.in.level()
		}
		rate, sd := float64(covered[i])/float64(logs), math.Sqrt(level*(1-level)/float64(logs))
		t.Logf("%-16s covers %.3f (%.2f ± %.3f), RMSE %.4f", c.name, rate, level, sd, math.Sqrt(squares[c.name]/float64(logs)))
		// three standard deviations of the binomial count, and 1 % for normal quantiles at this n
		require.GreaterOrEqual(t, rate, level-3*sd-0.01, c.name)
		if !c.wide {
			require.LessOrEqual(t, rate, level+3*sd+0.01, c.name)
		}
	}
	t.Logf("DM RMSE %.4f", math.Sqrt(squares["DM"]/float64(logs)))
	// the noise of a ratio of mean squares over this many logs
	require.Less(t, squares["DR normal"], squares["IPS normal"]*(1+3*math.Sqrt(4/float64(logs))))
	require.Less(t, squares["SwitchDR"], squares["IPS normal"]*(1+3*math.Sqrt(4/float64(logs))))
}

// In worlds of few and many arms, with logs near to and far from the target, on few rounds: the doubly robust estimates have no larger errors than plain IPS, but for noise.
func TestDoublyRobustIsNotWorse(t *testing.T) {
	logs := 60
	if testing.Short() {
		logs = 15
	}
	for _, arms := range []int{2, 4, 10} {
		for _, sharp := range []float64{0.5, 6} {
			w := world{arms}
			target := PolicyFunc(func(dst []float64, r *Round) error {
				softmax(dst, func(i int) float64 { return sharp * w.mean(r.Context, i) })
				return nil
			})
			truth := w.truth(t, target)
			squares := map[string]float64{}
			for k := range logs {
				rounds := w.log(200, uint64(7000+k))
				for name, e := range map[string]Estimator{"IPS": IPS{}, "SNIPS": SNIPS{}, "DM": DM{}, "DR": DR{}, "SwitchDR": SwitchDR{}, "MRDR": MRDR{}} {
					est, err := Evaluate(ctx, rounds, target, e, nil)
					require.NoError(t, err)
					squares[name] += (est.Value - truth) * (est.Value - truth) / float64(logs)
				}
			}
			t.Logf("%2d arms, target %.1f: RMSE IPS %.4f SNIPS %.4f DM %.4f DR %.4f SwitchDR %.4f MRDR %.4f", arms, sharp, math.Sqrt(squares["IPS"]), math.Sqrt(squares["SNIPS"]),
				math.Sqrt(squares["DM"]), math.Sqrt(squares["DR"]), math.Sqrt(squares["SwitchDR"]), math.Sqrt(squares["MRDR"]))
			for _, name := range []string{"DR", "SwitchDR", "MRDR"} {
				require.Less(t, squares[name], squares["IPS"]*(1+3*math.Sqrt(4/float64(logs))), "%d %g %s", arms, sharp, name)
			}
		}
	}
}

// MRDR's model is the regression with the weights w²(1-p).
func TestMRDRWeighsErrorsByTheirCost(t *testing.T) {
	w := world{4}
	rounds, target := w.log(300, 5), w.target()
	got, err := Evaluate(ctx, rounds, target, MRDR{}, nil)
	require.NoError(t, err)
	in, err := weigh(ctx, "", rounds, target)
	require.NoError(t, err)
	weight, sum := make([]float64, 300), 0.0
	for i := range weight {
		weight[i] = in.weight[i] * in.weight[i] * (1 - rounds[i].Propensity)
		sum += weight[i] / 300
	}
	for i := range weight {
		weight[i] /= sum
	}
	q, err := Regression{}.expect(ctx, rounds, weight)
	require.NoError(t, err)
	want, err := Evaluate(ctx, rounds, target, DR{Rewards: known(q)}, nil)
	require.NoError(t, err)
	require.InDelta(t, want.Value, got.Value, 1e-12)
	// constant weights are no weights
	fill := make([]float64, 300)
	for i := range fill {
		fill[i] = 1
	}
	a, err := Regression{}.expect(ctx, rounds, fill)
	require.NoError(t, err)
	b, err := Regression{}.Expect(ctx, rounds)
	require.NoError(t, err)
	for i := range a {
		require.InDeltaSlice(t, a[i], b[i], 1e-10)
	}
}

// Three rounds by hand.
func TestEstimatesByHand(t *testing.T) {
	rounds := []Round{
		{Probs: []float64{0.5, 0.5}, Choice: 0, Propensity: 0.5, Reward: 1},
		{Probs: []float64{0.8, 0.2}, Choice: 1, Propensity: 0.2, Reward: 3},
		{Probs: []float64{0.25, 0.75}, Choice: 1, Propensity: 0.75, Reward: 2},
	}
	target := PolicyFunc(func(dst []float64, _ *Round) error {
		dst[0], dst[1] = 0.3, 0.7
		return nil
	})
	q := known{{1, 2}, {1, 2}, {1, 2}} // direct: 1.7 in each
	w := []float64{0.3 / 0.5, 0.7 / 0.2, 0.7 / 0.75}
	for _, c := range []struct {
		name string
		e    Estimator
		want float64
	}{
		{"IPS", IPS{}, (w[0]*1 + w[1]*3 + w[2]*2) / 3},
		{"clipped", IPS{Clip: 2}, (w[0]*1 + 2*3 + w[2]*2) / 3},
		{"SNIPS", SNIPS{}, (w[0]*1 + w[1]*3 + w[2]*2) / (w[0] + w[1] + w[2])},
		{"DM", DM{Rewards: q}, 1.7},
		{"DR", DR{Rewards: q}, 1.7 + (0*w[0]+1*w[1]+0*w[2])/3},
		{"clipped DR", DR{Rewards: q, Clip: 1}, 1.7 + 1.0/3},
		{"SwitchDR", SwitchDR{Rewards: q, Tau: 2}, 1.7},
		{"SwitchDR all", SwitchDR{Rewards: q, Tau: 4}, 1.7 + w[1]/3},
	} {
		got, err := Evaluate(ctx, rounds, target, c.e, nil)
		require.NoError(t, err)
		require.InDelta(t, c.want, got.Value, 1e-14, c.name)
		require.InDelta(t, (w[0]+w[1]+w[2])*(w[0]+w[1]+w[2])/(w[0]*w[0]+w[1]*w[1]+w[2]*w[2]), got.Effective, 1e-12)
		require.Equal(t, 3.5, math.Round(got.MaxWeight*1e9)/1e9)
		require.True(t, got.Lo <= got.Value && got.Value <= got.Hi)
	}
	// normal interval of the mean of three numbers
	got, err := Evaluate(ctx, rounds, target, IPS{}, Normal{Level: 0.9})
	require.NoError(t, err)
	x := []float64{w[0], 3 * w[1], 2 * w[2]}
	m, v := moments(x)
	require.InDelta(t, m+1.6448536269514722*math.Sqrt(v/3), got.Hi, 1e-12)
	// Maurer and Pontil by hand: weights are at most 0.7/0.2, rewards at most 4
	got, err = Evaluate(ctx, rounds, target, IPS{}, Bernstein{Level: 0.9, RewardMax: 4})
	require.NoError(t, err)
	require.InDelta(t, m-math.Sqrt(2*v*math.Log(2/0.05)/3)-7*(4*3.5)*math.Log(2/0.05)/(3*2), got.Lo, 1e-12)
	// a policy judged by its own log has the mean of the rewards, whatever the estimator
	own := PolicyFunc(func(dst []float64, r *Round) error { copy(dst, r.Probs); return nil })
	for _, e := range []Estimator{IPS{}, SNIPS{}} {
		got, err := Evaluate(ctx, rounds, own, e, nil)
		require.NoError(t, err)
		require.InDelta(t, 2, got.Value, 1e-14)
	}
}

// The gate opens for a policy that is better by more than the margin, and lets worse ones through no more often than it says.
func TestGate(t *testing.T) {
	logs, n := 150, 800
	if testing.Short() {
		logs, n = 20, 300
	}
	w := world{4}
	good := w.target()
	own := PolicyFunc(func(dst []float64, r *Round) error { w.logging(dst, r.Context); return nil })
	lift := w.truth(t, good) - w.truth(t, own)
	open, wrong := 0, 0
	for k := range logs {
		rounds := w.log(n, uint64(1000+k))
		v, err := Gate{Margin: lift / 3, Estimator: SNIPS{}}.Compare(ctx, rounds, good, nil)
		require.NoError(t, err)
		require.Equal(t, v.Lift.Lo > lift/3 && v.New.Effective >= 100, v.Deploy, v.Reason)
		if v.Deploy {
			open++
		}
		v, err = Gate{Margin: lift, Estimator: IPS{}, Interval: Normal{Level: 0.9}}.Compare(ctx, rounds, good, own) // not better than this margin
		require.NoError(t, err)
		if v.Deploy {
			wrong++
		}
	}
	t.Logf("lift %.3f: opened %d of %d, wrongly %d (10 %% allowed)", lift, open, logs, wrong)
	if !testing.Short() {
		require.Greater(t, open, logs/2)
	}
	require.LessOrEqual(t, float64(wrong), 0.1*float64(logs)+3*math.Sqrt(0.09*float64(logs)))
	v, err := Gate{MinEffective: 1e6}.Compare(ctx, w.log(200, 1), good, nil)
	require.NoError(t, err)
	require.False(t, v.Deploy)
	v, err = Gate{Estimator: IPS{}, Interval: Bernstein{}}.Compare(ctx, w.log(200, 1), good, nil)
	require.NoError(t, err)
	require.False(t, v.Deploy)
}

func TestRegressionKnowsArmsAndFeatures(t *testing.T) {
	w := world{4}
	plain := w.log(300, 9)
	named, featured := w.log(300, 9), w.log(300, 9)
	for i := range named {
		named[i].Arms = []string{"a", "b", "c", "d"}
		for a := range 4 {
			featured[i].Features = append(featured[i].Features, []float64{float64(a)})
		}
	}
	p, err := Regression{}.Expect(ctx, plain)
	require.NoError(t, err)
	q, err := Regression{}.Expect(ctx, named)
	require.NoError(t, err)
	require.Equal(t, p, q)
	f, err := Regression{Folds: 3}.Expect(ctx, featured)
	require.NoError(t, err)
	errorOf := func(q [][]float64) (sum float64) {
		for i := range q {
			for a, v := range q[i] {
				sum += (v - w.mean(plain[i].Context, a)) * (v - w.mean(plain[i].Context, a))
			}
		}
		return sum
	}
	none := make([][]float64, len(p))
	for i := range none {
		none[i] = []float64{0.5, 0.5, 0.5, 0.5}
	}
	require.Less(t, errorOf(p), 0.5*errorOf(none))
	require.Less(t, errorOf(f), errorOf(none))
	// without anything to go by, it is the mean of each arm
	for i := range plain {
		plain[i].Context = nil
	}
	_, err = Regression{}.Expect(ctx, plain)
	require.NoError(t, err)
	_, err = Regression{Folds: 1}.Expect(ctx, plain)
	require.ErrorIs(t, err, ml.ErrConfig)
}

func TestBadLogs(t *testing.T) {
	w := world{4}
	for name, spoil := range map[string]func(r *Round){
		"choice": func(r *Round) { r.Choice = 4 }, "propensity": func(r *Round) { r.Propensity = 0 }, "NaN": func(r *Round) { r.Reward = math.NaN() }, "probs": func(r *Round) { r.Probs[0] += 0.5 },
		"negative": func(r *Round) { r.Probs = []float64{-1, 1, 1, 0}; r.Choice = 1; r.Propensity = 1 }, "arms": func(r *Round) { r.Arms = []string{"x"} }, "differs": func(r *Round) { r.Propensity /= 2 }, "context": func(r *Round) { r.Context = nil },
	} {
		rounds := w.log(20, 1)
		spoil(&rounds[3])
		_, err := Evaluate(ctx, rounds, Uniform{}, nil, nil)
		var e *ml.Error
		require.ErrorAs(t, err, &e, name)
	}
	rounds := w.log(20, 1)
	for _, c := range []struct {
		p  Policy
		e  Estimator
		in Interval
	}{
		{nil, nil, nil}, {Uniform{}, IPS{Clip: -1}, nil}, {Uniform{}, DR{Clip: math.NaN()}, nil}, {Uniform{}, SwitchDR{Tau: -1}, nil}, {Uniform{}, nil, Normal{Level: 1}}, {Uniform{}, nil, Bootstrap{Resamples: 5}},
		{Uniform{}, SNIPS{}, Bernstein{}}, {Uniform{}, IPS{}, Bernstein{MaxWeight: 1e-3}}, {Uniform{}, IPS{}, Bernstein{RewardMax: 0.5}}, {Uniform{}, IPS{}, Bernstein{RewardMin: 2, RewardMax: 1}},
		{PolicyFunc(func(dst []float64, _ *Round) error { dst[0] = 2; return nil }), IPS{}, nil},
	} {
		_, err := Evaluate(ctx, rounds, c.p, c.e, c.in)
		var e *ml.Error
		require.ErrorAs(t, err, &e, "%#v", c)
	}
	_, err := Evaluate(ctx, rounds, PolicyFunc(func([]float64, *Round) error { return errors.New("no") }), IPS{}, nil)
	require.EqualError(t, err, "no")
	for i := range rounds {
		rounds[i].Arms = []string{"a", "b", "c", "d"}
	}
	_, err = Evaluate(ctx, rounds, Always("b"), nil, nil)
	require.NoError(t, err)
	gone, cancel := context.WithCancel(ctx)
	cancel()
	_, err = Evaluate(gone, rounds, Uniform{}, nil, nil)
	require.ErrorIs(t, err, context.Canceled)
	for i := range rounds { // candidates that the log never chooses
		rounds[i].Probs, rounds[i].Choice, rounds[i].Propensity = []float64{1, 0, 0, 0}, 0, 1
	}
	est, err := Evaluate(ctx, rounds, Uniform{}, IPS{}, nil)
	require.NoError(t, err)
	require.Equal(t, 0.75, est.Unsupported)
}

func TestGatesAreSaved(t *testing.T) {
	g := Gate{Margin: 0.1, Estimator: SwitchDR{Tau: 2, Rewards: Regression{Folds: 3}}, Interval: Bootstrap{Resamples: 500, Seed: 3}}
	text, err := ml.MarshalConfig(g)
	require.NoError(t, err)
	again, err := ml.UnmarshalConfig[Gate](text)
	require.NoError(t, err)
	require.Equal(t, g, again)
}

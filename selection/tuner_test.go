package selection

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
)

func byField(l *level) *float64 { return &l.By }

// written is what must be the same in every run, to the last bit: all but the times.
func written[P, Y any, M ml.Predictor[Y]](t *Tuned[P, Y, M]) string {
	trials := slices.Clone(t.Trials)
	for i := range trials {
		trials[i].FitTime, trials[i].ScoreTime = nil, nil
	}
	return fmt.Sprintf("%v\n%v\n%v\n%v\n%s", trials, t.Candidates, t.Params, any(t.Best), t.Format(false))
}

func strategies() map[string]Strategy {
	all := map[string]Strategy{
		"grid": GridSearch{Points: 7}, "random": RandomSearch{Trials: 9}, "bayes": BayesSearch{Trials: 14, Startup: 6}, "batches": BayesSearch{Trials: 14, Startup: 6, Batch: 3},
		"halving": HalvingSearch{Candidates: 9, Least: 2}, "halved grid": HalvingSearch{Grid: true, Points: 6, Factor: 2, Least: 2},
		"process": BayesSearch{Trials: 12, Startup: 8, Batch: 2, Surrogate: GaussianProcess},
	}
	if !testing.Short() { // an emulator takes its time
		all["process, one by one"] = BayesSearch{Trials: 12, Startup: 6, Surrogate: GaussianProcess}
	}
	return all
}

func TestTuningIsTheSameOnAnyNumberOfCores(t *testing.T) {
	d := numbers(40)
	space := Over(level{}, Uniform(byField, -2, 2))
	for name, strategy := range strategies() {
		want := ""
		for _, procs := range []int{1, 2, 8} {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
			got := must(Tune(space, strategy, KFold{}, loss{}, MSE{}).Fit(ctx, d))
			if want == "" {
				want = written(got)
			}
			require.Equal(t, want, written(got), "%s with %d", name, procs)
			require.Less(t, math.Abs(got.Params.By), 1.0, name)
		}
	}
}

// stopAfter cancels when so many lines are written.
type stopAfter struct {
	mu     sync.Mutex
	w      io.Writer
	left   int
	cancel func()
}

func (s *stopAfter) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left--; s.left <= 0 {
		s.cancel()
	}
	return s.w.Write(b)
}

func TestACancelledSearchIsResumed(t *testing.T) {
	d := numbers(40)
	space := Over(level{}, Uniform(byField, -2, 2), When(func(l level) bool { return l.By > 1 }, Choice(func(l *level) *float64 { return &l.Fault }, 0, 3, 20)))
	for name, strategy := range strategies() {
		want := must(Tune(space, strategy, KFold{}, loss{}, MSE{}).Fit(ctx, d))
		for _, lines := range []int{1, 2, 17, 33} {
			var log bytes.Buffer
			stop, cancel := context.WithCancel(ctx)
			tuner := Tune(space, strategy, KFold{}, loss{}, MSE{})
			tuner.Journal = must(NewJournal(nil, &stopAfter{w: &log, left: lines, cancel: cancel}))
			_, err := tuner.Fit(stop, d)
			require.ErrorIs(t, err, context.Canceled)
			cancel()

			// A crash may cut the last line off.
			whole := log.Len()
			if lines == 17 {
				log.Truncate(whole - 5)
			}
			sound := log.Bytes()[:bytes.LastIndexByte(log.Bytes(), '\n')+1]
			resumed := bytes.NewBuffer(bytes.Clone(sound))
			tuner.Journal = must(NewJournal(bytes.NewReader(log.Bytes()), resumed))
			got := must(tuner.Fit(ctx, d))
			require.Equal(t, written(want), written(got), "%s ended after %d lines", name, lines)

			// The whole journal gives the table again, times included, without a fit but the last.
			tuner.Journal = must(NewJournal(resumed, nil))
			fits := 0
			again := must(tuner.Fit(ml.WithProgress(ctx, func(ml.Progress) error { fits++; return nil }), d))
			require.Equal(t, 1, fits)
			require.Equal(t, written(got), written(again))
			require.Equal(t, got.String(), again.String(), "the times are in the journal, too")
		}
	}
}

func TestJournalsInFiles(t *testing.T) {
	d := numbers(20)
	path := filepath.Join(t.TempDir(), "search.jsonl")
	space := Over(level{}, Uniform(byField, -2, 2))
	tune := func(strategy Strategy, d ml.Dataset[float64]) (*Tuned[level, float64, *levelModel], error) {
		j := must(OpenJournal(path))
		defer j.Close()
		tuner := Tune(space, strategy, KFold{}, loss{})
		tuner.Journal = j
		return tuner.Fit(ctx, d)
	}
	want := must(tune(RandomSearch{Trials: 4}, d))
	text := must(os.ReadFile(path))
	require.Equal(t, 1+4*5, bytes.Count(text, []byte("\n")))
	require.NoError(t, os.WriteFile(path, text[:len(text)-3], 0o666))
	require.Equal(t, written(want), written(must(tune(RandomSearch{Trials: 4}, d))))
	after := must(os.ReadFile(path))
	require.Equal(t, 1+4*5, bytes.Count(after, []byte("\n")))

	for name, err := range map[string]error{
		"another strategy": second(tune(RandomSearch{Trials: 5}, d)),
		"other rows":       second(tune(RandomSearch{Trials: 4}, numbers(21))),
		"a zero journal": func() error {
			tuner := Tune(space, nil, KFold{}, loss{})
			tuner.Journal = new(Journal)
			return second(tuner.Fit(ctx, d))
		}(),
	} {
		require.ErrorIs(t, err, ml.ErrConfig, name)
	}
	lines := strings.SplitAfter(string(text), "\n")
	for name, bad := range map[string]string{
		"no first line": strings.Join(lines[1:], ""), "no JSON": lines[0] + "{\n", "unknown field": lines[0] + `{"trial":0,"fold":0,"x":1}` + "\n", "a second first line": lines[0] + lines[0],
		"negative": lines[0] + `{"trial":-1,"fold":0}` + "\n",
	} {
		_, err := NewJournal(strings.NewReader(bad), nil)
		require.ErrorIs(t, err, ml.ErrFormat, name)
		require.NoError(t, os.WriteFile(path, []byte(bad), 0o666))
		_, err = OpenJournal(path)
		require.ErrorIs(t, err, ml.ErrFormat, name)
		require.Equal(t, bad, string(must(os.ReadFile(path))), "it is left as it is")
	}
	for name, bad := range map[string]string{
		"fold 9": lines[0] + `{"trial":0,"fold":9,"scores":["1"]}` + "\n", "two scores": lines[0] + `{"trial":0,"fold":0,"scores":["1","2"]}` + "\n",
		"no number": strings.Replace(string(text), `"scores":["`, `"scores":["x`, 1), "another point": strings.Replace(string(text), `"point":["`, `"point":["1`, 1),
	} {
		tuner := Tune(space, RandomSearch{Trials: 4}, KFold{}, loss{})
		tuner.Journal = must(NewJournal(strings.NewReader(bad), nil))
		var e *ml.Error
		require.ErrorAs(t, second(tuner.Fit(ctx, d)), &e, name)
	}
	full := Tune(space, RandomSearch{Trials: 4}, KFold{}, loss{})
	full.Journal = must(NewJournal(nil, brokenWriter{}))
	require.ErrorIs(t, second(full.Fit(ctx, d)), errBroken)
}

var errBroken = errors.New("disk full")

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestTunedIsTheBestFittedToAllRows(t *testing.T) {
	d := numbers(30)
	tuned := must(Tune(Over(level{}, Choice(byField, 3, 0, 1, 0)), GridSearch{}, thirds{}, loss{}, MSE{}).Fit(ctx, d))
	require.Equal(t, 1, tuned.BestIndex)
	require.Equal(t, level{}, tuned.Params)
	require.Equal(t, level{}, tuned.BestConfig())
	require.Equal(t, must(level{}.Fit(ctx, d)).Mean, tuned.Best.Mean)
	search := must(NewSearch([]level{{By: 3}, {}, {By: 1}, {}}, thirds{}, loss{}).Fit(ctx, d))
	require.Equal(t, search.Candidates, tuned.Candidates, "one engine, one result")
	cv := must(CrossValidate(ctx, level{By: 3}, d, thirds{}, loss{}, MSE{}))
	require.Equal(t, cv.Metrics, tuned.Trials[0].Metrics)
	require.Equal(t, []int{4, 1, 3, 1}, tuned.Ranks())
	require.Equal(t, must(tuned.Best.Predict(d.X)), must(tuned.Predict(d.X)))
	_, ok := ml.As[ml.RowPredictor[float64]](tuned)
	require.True(t, ok)
	require.Contains(t, tuned.String(), "fit")
	require.NotContains(t, tuned.Format(false), "fit")
	lines := strings.Split(tuned.Format(false), "\n")
	require.Regexp(t, `rank +trial +loss +std +mse +folds +By`, lines[0])
	require.Regexp(t, `^\* +1 +1 .* 0$`, lines[1])
	require.Regexp(t, `^ +4 +0 .* 3$`, lines[4])

	simple := Tune(Over(level{}, Choice(byField, 0, 0.1, 0.05)), GridSearch{}, thirds{}, loss{})
	simple.Refit = OneStandardError{}
	simple.Simpler = func(a, b level) int { return int(math.Copysign(1, b.By-a.By)) } // the largest first
	require.Equal(t, 0.1, must(simple.Fit(ctx, d)).Params.By)
	nested := must(Honest(ctx, simple, d, thirds{}, loss{}, 0))
	require.Equal(t, 0.1, nested.Models[0].Params.By)
}

func TestTuningSurvivesFaults(t *testing.T) {
	d := numbers(9)
	space := Over(level{}, Choice(func(l *level) *float64 { return &l.Fault }, 2, 0))
	tuned := must(Tune(space, GridSearch{}, thirds{}, loss{}).Fit(ctx, d))
	require.Equal(t, 1, tuned.BestIndex)
	require.Contains(t, tuned.Trials[0].Fault, "does not hold")
	require.Nil(t, tuned.Trials[0].Metrics)
	require.Contains(t, tuned.String(), "trial 0 failed: fold 0")
	_, err := Tune(Over(level{}, Choice(func(l *level) *float64 { return &l.Fault }, 2, 3)), GridSearch{}, thirds{}, loss{}).Fit(ctx, d)
	require.ErrorIs(t, err, errLevel)
	_, err = Tune(Over(level{Fault: 2}, Uniform(byField, 0, 1)), HalvingSearch{Least: 1}, thirds{}, loss{}).Fit(ctx, d)
	require.ErrorIs(t, err, errLevel, "all of a rung")

	broken := errors.New("broken")
	_, err = Tune(space, GridSearch{}, thirds{}, loss{}).Fit(ml.WithProgress(ctx, func(ml.Progress) error { return broken }), d)
	require.ErrorIs(t, err, broken)
	var e *ml.Error
	for name, err := range map[string]error{
		"no scorer":   second(Tune(space, GridSearch{}, thirds{}).Fit(ctx, d)),
		"nil scorer":  second(Tune(space, GridSearch{}, thirds{}, nil).Fit(ctx, d)),
		"no splitter": second(Tune(space, GridSearch{}, nil, loss{}).Fit(ctx, d)),
		"no data":     second(Tune(space, GridSearch{}, thirds{}, loss{}).Fit(ctx, ml.Dataset[float64]{})),
		"no space":    second(Tune(Space[level, level]{}, GridSearch{}, thirds{}, loss{}).Fit(ctx, d)),
		"strategy":    second(Tune(space, RandomSearch{Trials: -1}, thirds{}, loss{}).Fit(ctx, d)),
	} {
		require.ErrorAs(t, err, &e, name)
	}
	require.Equal(t, ml.Accepts{}, Tune(space, nil, thirds{}, loss{}).Accepts())
}

// By rows: each rung has three times the rows, the smaller parts lie within the larger ones, and the last rung is the plain cross-validation. By a field:
// all rows, and the field rises.
func TestHalvingGivesMoreOfTheResource(t *testing.T) {
	d := numbers(45)
	tuned := must(Tune(Over(level{}, Uniform(byField, -1, 1)), HalvingSearch{Candidates: 9, Least: 4}, KFold{}, loss{}).Fit(ctx, d))
	var rows []int
	for _, r := range tuned.Trials {
		rows = append(rows, r.Resource)
		require.Equal(t, r.Resource == 36, r.Whole)
	}
	require.Equal(t, []int{4, 4, 4, 4, 4, 4, 4, 4, 4, 12, 12, 12, 36}, rows)
	require.Equal(t, 12, tuned.BestIndex)
	require.Equal(t, must(CrossValidate(ctx, tuned.Params, d, KFold{}, loss{})).Metrics, tuned.Trials[12].Metrics)
	require.Contains(t, tuned.String(), "resource")
	require.Equal(t, 1, tuned.Ranks()[12])

	type steps struct {
		By    float64
		Steps int
	}
	space := Build(func(s steps) level { return level{By: s.By / float64(s.Steps)} }, steps{}, Uniform(func(s *steps) *float64 { return &s.By }, -1, 1), Resource(func(s *steps) *int { return &s.Steps }, 5, 100))
	spread := must(Tune(space, HalvingSearch{Candidates: 9}, KFold{}, loss{}).Fit(ctx, d))
	var given []int
	for _, r := range spread.Trials {
		given = append(given, r.Params.Steps)
	}
	require.Equal(t, []int{11, 11, 11, 11, 11, 11, 11, 11, 11, 33, 33, 33, 100}, given)
	plain := must(Tune(space, RandomSearch{Trials: 3}, KFold{}, loss{}).Fit(ctx, d))
	require.Equal(t, 100, plain.Trials[0].Params.Steps)
}

// Two scorers of one name are told apart by what they hold.
func TestAJournalOfOtherCosts(t *testing.T) {
	d := ml.Data(numbers(20).X, make([]int, 20))
	for i := range d.Y {
		d.Y[i] = i % 2
	}
	search := func(wrong float64, r io.Reader, w io.Writer) error {
		space := Over(DummyClassifier{}, Choice(func(c *DummyClassifier) *DummyClassRule { return &c.Rule }, DummyPrior, DummyUniform))
		tuner := Tune(space, GridSearch{}, StratifiedKFold{}, Cost{Matrix: [][]float64{{0, 1}, {wrong, 0}}})
		tuner.Journal = must(NewJournal(r, w))
		return second(tuner.Fit(ctx, d))
	}
	var log bytes.Buffer
	require.NoError(t, search(10, nil, &log))
	require.NoError(t, search(10, bytes.NewReader(log.Bytes()), nil))
	require.ErrorIs(t, search(20, bytes.NewReader(log.Bytes()), nil), ml.ErrConfig)
}

package harness

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml/bench/cases"
	"github.com/gopherwood-ml/ml/bench/protocol"
)

// A toy is a worker that always takes the same time and writes down what it was asked.
type toy struct {
	lib   string
	steps []protocol.Step
	times map[string]float64
	score map[string]float64
	log   *[]string
	fail  string // the operation that fails
}

func (w *toy) Ask(q protocol.Request) (protocol.Reply, error) {
	if q.Op == w.fail {
		return protocol.Reply{}, errors.New("no memory")
	}
	switch q.Op {
	case "open":
		return protocol.Reply{Steps: w.steps, Rows: 3, Columns: 2, Tol: map[string]float64{"r2": 0.01}}, nil
	case "env":
		return protocol.Reply{Env: &protocol.Env{Library: q.Lib + " 1.0", Kernel: "kernel of " + q.Lib, Threads: 1}}, nil
	case "run":
		*w.log = append(*w.log, w.lib+" "+q.Step)
		return protocol.Reply{Seconds: w.times[q.Step], Calls: 1, Peak: 4e9}, nil
	}
	return protocol.Reply{Score: w.score}, nil
}

func (w *toy) Stop() error          { return nil }
func (w *toy) Used() float64        { return 0 }
func (w *toy) Settle(time.Duration) {}

func toys(log *[]string) (ours, theirs *toy) {
	ours = &toy{lib: "ours", log: log, score: map[string]float64{"r2": 0.9}, times: map[string]float64{"fit": 1, "predict": 2, "predict into": 1, "extra": 1},
		steps: []protocol.Step{{Name: "fit", Floors: map[string]float64{"peer": 0.4}, FLOP: 2e9}, {Name: "predict"}, {Name: "predict into", Against: "predict"}, {Name: "extra"}}}
	theirs = &toy{lib: "peer", log: log, score: map[string]float64{"r2": 0.905, "iters": 8}, times: map[string]float64{"fit": 2, "predict": 4},
		steps: []protocol.Step{{Name: "fit"}, {Name: "predict"}}}
	return ours, theirs
}

func compared(ours, theirs *toy, rounds int) []Row {
	p := &Pool{Start: func(lib string, _ int) (Asker, error) {
		if lib == cases.Ours {
			return ours, nil
		}
		return theirs, nil
	}}
	return Compare(p, cases.Case{Name: "Toy"}, "peer", 1, Options{Rounds: rounds, Log: func(string, ...any) {}})
}

func TestBothSidesAreAskedInTurn(t *testing.T) {
	var log []string
	rows := comparedToys(&log, 2)
	require.Len(t, rows, 4)
	round := []string{"ours fit", "peer fit"}
	assert.Equal(t, append(append(append([]string{}, round...), round...), round...), log[:6], "a warming round and two")
	into := []string{"ours predict", "ours predict into", "peer predict"}
	assert.Equal(t, into, log[6:9], "both forms share the peer's run")
	assert.Len(t, rows[0].Ours, 2)
	assert.Len(t, rows[0].Theirs, 2)
}

func comparedToys(log *[]string, rounds int) []Row {
	ours, theirs := toys(log)
	return compared(ours, theirs, rounds)
}

func TestRowsSayRatioFloorAndVerdict(t *testing.T) {
	rows := comparedToys(new([]string), 3)
	assert.Equal(t, Ratio{0.5, 0.5, 0.5}, *rows[0].Ratio)
	assert.Equal(t, "fails", rows[0].Verdict, "0.5 is not below the floor of 0.4")
	assert.Equal(t, "holds", rows[1].Verdict)
	assert.InDelta(t, 0.25, rows[2].Ratio.Mean, 1e-12, "predict into against predict")
	assert.InDelta(t, 2, rows[0].GFLOPS, 1e-12)
	assert.InDelta(t, 4, rows[0].Peak, 1e-12)
	assert.Nil(t, rows[3].Ratio)
	assert.Contains(t, rows[3].Status, "the peer has no such step")
}

func TestScoresThatDifferVoidTheTimes(t *testing.T) {
	ours, theirs := toys(new([]string))
	theirs.score["r2"] = 0.92
	for _, r := range compared(ours, theirs, 3)[:3] {
		assert.Equal(t, "scores differ", r.Verdict)
	}
	theirs.score["r2"] = math.NaN()
	assert.Equal(t, "scores differ", compared(ours, theirs, 3)[1].Verdict)
}

func TestABusyMachineIsPartOfTheVerdict(t *testing.T) {
	r := Row{Ratio: &Ratio{0.5, 0.4, 0.6}, Floor: 1, ScoresMatch: true, Others: 0.05}
	assert.Equal(t, "holds", r.verdict())
	r.Others = 0.06
	assert.Equal(t, "holds (busy)", r.verdict())
}

func TestScoresWithoutToleranceMustBeEqual(t *testing.T) {
	assert.True(t, scoresMatch(map[string]float64{"a": 5}, map[string]float64{"a": 5, "b": 1}, nil))
	assert.False(t, scoresMatch(map[string]float64{"a": 5}, map[string]float64{"a": 5 + 1e-12}, nil))
	assert.True(t, scoresMatch(map[string]float64{"a": 1000}, map[string]float64{"a": 1001}, map[string]float64{"a": 1e-3}), "relative above 1")
	assert.False(t, scoresMatch(map[string]float64{"a": 1}, map[string]float64{"b": 1}, nil), "nothing compared is no match")
	assert.True(t, scoresMatch(nil, map[string]float64{"b": 1}, nil))
}

func TestABrokenWorkerIsARow(t *testing.T) {
	for _, op := range []string{"open", "env", "run", "score"} {
		ours, theirs := toys(new([]string))
		theirs.fail = op
		rows := compared(ours, theirs, 2)
		require.Len(t, rows, 1, op)
		assert.Contains(t, rows[0].Status, "no memory", op)
	}
}

func TestAnUnbuiltCaseNamesItsIssue(t *testing.T) {
	_, theirs := toys(new([]string))
	p := &Pool{Start: func(string, int) (Asker, error) { return theirs, nil }}
	o := Options{Rounds: 2, Log: func(string, ...any) {}}
	l := cases.Listed{Name: "TSNE", Lib: "peer", Issue: 14}
	rows := Alone(p, l, 2, false, o)
	require.Len(t, rows, 1)
	assert.Equal(t, "not built yet (issue 14)", rows[0].Status)
	assert.Empty(t, rows[0].Theirs)
	rows = Alone(p, l, 2, true, o)
	require.Len(t, rows, 2)
	assert.Equal(t, []float64{2, 2}, rows[0].Theirs)
}

func TestTheTableSaysEverythingInEveryRow(t *testing.T) {
	rows := comparedToys(new([]string), 3)
	rows[0].CPU, rows[0].Others = "a CPU", 0.25
	rows[0].Env.Unlike = "numpy 1.0, not 2.0"
	var b bytes.Buffer
	require.NoError(t, WriteTable(&b, rows))
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	require.Len(t, lines, 2+len(rows))
	for _, l := range lines {
		assert.Equal(t, len(header)+1, strings.Count(l, "|"), l)
	}
	for _, s := range []string{"Toy", "fit", "3x2", "1 s", "2 s", "0.5 [0.5, 0.5]", "< 0.4", "fails", "2.0 (50 %)", "r2 0.9", "iters 8, r2 0.905", "25 %", "peer 1.0",
		"kernel of peer", "kernel of gopherwood", "not as pinned: numpy 1.0, not 2.0", "a CPU"} {
		assert.Contains(t, lines[2], s)
	}
}

func TestScalingComparesWithTheRowOfOneThread(t *testing.T) {
	one := Row{Case: "a", Step: "fit", Lib: "peer", Threads: 1, Ours: []float64{3, 1, 2}}
	two, other := one, one
	two.Threads, two.Ours = 2, []float64{1}
	other.Threads, other.Lib = 2, "another"
	rows := []Row{one, two, other}
	assert.Equal(t, []string{"", "2.00x", ""}, []string{scaling(one, rows), scaling(two, rows), scaling(other, rows)})
}

func TestJSONLinesKeepTheRounds(t *testing.T) {
	var b bytes.Buffer
	for _, rounds := range []int{1, 3} { // one round has an infinite interval, which JSON cannot say
		b.Reset()
		require.NoError(t, WriteJSON(&b, comparedToys(new([]string), rounds)[0]))
		var r Row
		require.NoError(t, json.Unmarshal(b.Bytes(), &r))
		assert.Len(t, r.Theirs, rounds)
		assert.Equal(t, rounds > 1, r.Ratio != nil)
	}
}

func TestTimesReadInTheirUnit(t *testing.T) {
	for want, s := range map[string]float64{"1.5 s": 1.5, "20 ms": 0.02, "3.25 µs": 3.25e-6, "7 ns": 7e-9} {
		assert.Equal(t, want, seconds([]float64{s}))
	}
	assert.Empty(t, seconds(nil))
}

func TestWhatSlowsThePeersIsTakenAway(t *testing.T) {
	env := Environment([]string{"PATH=/bin", "OPENBLAS_CORETYPE=Haswell", "OPENBLAS_L2_SIZE=512", "OMP_NUM_THREADS=7"}, 2)
	assert.Contains(t, env, "PATH=/bin")
	assert.Contains(t, env, "OMP_NUM_THREADS=2")
	assert.Contains(t, env, "GOMAXPROCS=2")
	for _, s := range env {
		assert.NotContains(t, s, "CORETYPE")
		assert.NotContains(t, s, "L2_SIZE")
		assert.NotEqual(t, "OMP_NUM_THREADS=7", s)
	}
}

// A worker over real pipes, as the harness starts it, with the protocol's own server behind.
func TestProtocolOverPipes(t *testing.T) {
	requests, toWorker := io.Pipe()
	fromWorker, replies := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- protocol.Serve(requests, replies, &cases.Worker{})
		replies.Close()
	}()
	p := &Process{in: toWorker, out: json.NewDecoder(fromWorker)}
	r, err := p.Ask(protocol.Request{Op: "env", Lib: cases.Ours})
	require.NoError(t, err)
	assert.Contains(t, r.Env.Library, "gopherwood")
	assert.Positive(t, p.Used())
	_, err = p.Ask(protocol.Request{Op: "run", Step: "fit"})
	require.ErrorContains(t, err, "no case is open")
	_, err = p.Ask(protocol.Request{Op: "open", Case: "nonsense", Lib: cases.Ours})
	require.ErrorContains(t, err, `no case "nonsense"`)
	_, err = p.Ask(protocol.Request{Op: "dance"})
	require.ErrorContains(t, err, `no operation "dance"`)
	r, err = p.Ask(protocol.Request{Op: "env", Lib: cases.Gonum})
	require.NoError(t, err, "an error does not end the worker")
	assert.Contains(t, r.Env.Library, "gonum")
	require.NoError(t, toWorker.Close())
	require.NoError(t, <-done)
	_, err = p.Ask(protocol.Request{Op: "env"})
	require.ErrorContains(t, err, "gone")
}

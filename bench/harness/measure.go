package harness

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/gopherwood-ml/ml/bench/cases"
	"github.com/gopherwood-ml/ml/bench/protocol"
)

// Options say how long to measure.
type Options struct {
	Rounds  int                           // of ours, theirs, ours, theirs, ...
	Seconds float64                       // that a step is repeated for, at the least once, in a round
	Steps   []string                      // that are timed; nil: all
	Settle  time.Duration                 // to wait after a run where the system does not tell when a worker is idle
	Log     func(format string, a ...any) // what is being done
}

// busyShare of the machine taken by other processes is too much for a time to count.
const busyShare = 0.05

// A Row is one line of the table: a step of a case on both sides.
type Row struct {
	Case, Step          string
	Lib                 string // the peer
	Threads             int
	Rows, Cols          int
	Params              string             `json:",omitempty"`
	Status              string             // "measured", or why not
	Ours, Theirs        []float64          `json:",omitempty"` // seconds of a call, by round
	Ratio               *Ratio             `json:",omitempty"`
	Floor               float64            `json:",omitempty"` // the ratio that must be undercut
	Verdict             string             `json:",omitempty"`
	Score, TheirScore   map[string]float64 `json:",omitempty"`
	ScoresMatch         bool
	GFLOPS, Peak        float64 // of ours, a second; 0 for what is no kernel
	Others              float64 // share of the machine that other processes took; -1: not known
	Memory, TheirMemory float64 `json:",omitempty"` // bytes that the first fit took at most beyond what was there before; of the first step alone; 0: not known
	OurEnv, Env         protocol.Env
	CPU                 string
}

// Compare measures one case against one library and returns a row for each of our steps. An error of a worker is a row, too:
// one broken peer must not stop the others.
func Compare(p *Pool, c cases.Case, lib string, threads int, o Options) []Row {
	blank := Row{Case: c.Name, Lib: lib, Threads: threads, CPU: cases.CPUModel(), Others: -1}
	rows, err := compare(p, c, blank, o)
	if err != nil {
		blank.Status = "failed: " + err.Error()
		return []Row{blank}
	}
	return rows
}

func compare(p *Pool, c cases.Case, blank Row, o Options) ([]Row, error) {
	theirs, err := p.get(blank.Lib, blank.Threads)
	if err != nil {
		return nil, err
	}
	ours, err := p.get(cases.Ours, blank.Threads)
	if err != nil {
		return nil, err
	}
	b, envB, err := open(theirs, c.Name, blank.Lib)
	if err != nil {
		return nil, err
	}
	a, envA, err := open(ours, c.Name, cases.Ours)
	if err != nil {
		return nil, err
	}
	blank.Rows, blank.Cols, blank.Params, blank.OurEnv, blank.Env = a.Rows, a.Columns, b.Params, envA, envB

	var rows []Row
	for _, g := range groups(a.Steps) {
		if len(o.Steps) > 0 && !slices.Contains(o.Steps, g[0].Against) {
			continue
		}
		got, err := race(p, ours, theirs, g, b, blank, o)
		if err != nil {
			return nil, err
		}
		rows = append(rows, got...)
	}
	score, err := ours.Ask(protocol.Request{Op: "score"})
	if err != nil {
		return nil, err
	}
	their, err := theirs.Ask(protocol.Request{Op: "score"})
	if err != nil {
		return nil, err
	}
	if len(rows) > 0 && rows[0].Step == a.Steps[0].Name {
		rows[0].Memory, rows[0].TheirMemory = a.Memory, b.Memory
	}
	match := scoresMatch(score.Score, their.Score, a.Tol)
	for i := range rows {
		rows[i].Score, rows[i].TheirScore, rows[i].ScoresMatch = score.Score, their.Score, match
		rows[i].Verdict = rows[i].verdict()
	}
	return rows, nil
}

// verdict says what the row proves, or "" without a peer.
func (r Row) verdict() string {
	switch {
	case r.Ratio == nil:
		return ""
	case !r.ScoresMatch:
		return "scores differ"
	case r.Others > busyShare:
		return r.Ratio.Verdict(r.Floor) + " (busy)"
	}
	return r.Ratio.Verdict(r.Floor)
}

// groups puts the steps that are compared with the same step of the peer together: a round runs them and then the peer's, once.
func groups(steps []protocol.Step) [][]protocol.Step {
	var all [][]protocol.Step
	for _, s := range steps {
		if s.Against == "" {
			s.Against = s.Name
		}
		i := slices.IndexFunc(all, func(g []protocol.Step) bool { return g[0].Against == s.Against })
		if i < 0 {
			all = append(all, nil)
			i = len(all) - 1
		}
		all[i] = append(all[i], s)
	}
	return all
}

// race runs a group of our steps and the peer's step they are compared with in turn.
func race(p *Pool, ours, theirs Asker, group []protocol.Step, peer protocol.Reply, blank Row, o Options) ([]Row, error) {
	against := group[0].Against
	hasPeer := slices.ContainsFunc(peer.Steps, func(s protocol.Step) bool { return s.Name == against })
	rows := make([]Row, len(group))
	for i, s := range group {
		rows[i] = blank
		rows[i].Step, rows[i].Floor, rows[i].Status = s.Name, 1, "measured"
		if f, ok := s.Floors[blank.Lib]; ok {
			rows[i].Floor = f
		}
		if !hasPeer {
			rows[i].Status = "ours alone: the peer has no such step"
		}
	}
	w := watchOthers(p.used)
	// One more round than asked for: the first warms caches and pools, and does not count unless it took long.
	for round := -1; round < o.Rounds; round++ {
		begin := time.Now()
		for i, s := range group {
			r, err := run(ours, s.Name, o)
			if err != nil {
				return nil, err
			}
			rows[i].Ours = append(rows[i].Ours, r.Seconds)
			if s.FLOP > 0 {
				rows[i].GFLOPS, rows[i].Peak = math.Max(rows[i].GFLOPS, s.FLOP/r.Seconds/1e9), math.Max(rows[i].Peak, r.Peak/1e9)
			}
		}
		if hasPeer {
			r, err := run(theirs, against, o)
			if err != nil {
				return nil, err
			}
			for i := range rows {
				rows[i].Theirs = append(rows[i].Theirs, r.Seconds)
			}
		}
		if round == -1 {
			if time.Since(begin) > 5*time.Second {
				round++ // what takes long needs no warming
				continue
			}
			for i := range rows {
				rows[i].Ours, rows[i].Theirs = nil, nil
			}
		}
	}
	for i := range rows {
		r := &rows[i]
		r.Others = w.others()
		if hasPeer {
			q := PairedRatio(r.Ours, r.Theirs)
			r.Ratio = &q
		}
		o.Log("%s/%s, %d threads, against %s: %s", r.Case, r.Step, r.Threads, r.Lib, ratioText(*r))
	}
	return rows, nil
}

func run(w Asker, step string, o Options) (protocol.Reply, error) {
	r, err := w.Ask(protocol.Request{Op: "run", Step: step, Seconds: o.Seconds})
	w.Settle(o.Settle)
	return r, err
}

// scoresMatch compares the scores that both sides have, one at the least unless a side has none at all. A score without a tolerance
// must be equal.
func scoresMatch(ours, theirs, tol map[string]float64) bool {
	common := 0
	for k, v := range ours {
		u, both := theirs[k]
		if !both {
			continue
		}
		common++
		if !(math.Abs(v-u) <= tol[k]*math.Max(1, math.Abs(u))) {
			return false
		}
	}
	return common > 0 || len(ours) == 0 || len(theirs) == 0
}

// Alone is the row of a case that the library does not have yet. The peer is measured if asked for.
func Alone(p *Pool, l cases.Listed, threads int, measure bool, o Options) []Row {
	blank := Row{Case: l.Name, Lib: l.Lib, Threads: threads, CPU: cases.CPUModel(), Others: -1, Status: fmt.Sprintf("not built yet (issue %d)", l.Issue)}
	if !measure {
		return []Row{blank}
	}
	rows, err := alone(p, blank, o)
	if err != nil {
		blank.Status += "; peer failed: " + err.Error()
		return []Row{blank}
	}
	return rows
}

func alone(p *Pool, blank Row, o Options) ([]Row, error) {
	w, err := p.get(blank.Lib, blank.Threads)
	if err != nil {
		return nil, err
	}
	r, env, err := open(w, blank.Case, blank.Lib)
	if err != nil {
		return nil, err
	}
	blank.Rows, blank.Cols, blank.Params, blank.Env = r.Rows, r.Columns, r.Params, env
	var rows []Row
	for _, s := range r.Steps {
		row := blank
		row.Step = s.Name
		watch := watchOthers(p.used)
		for range o.Rounds {
			r, err := run(w, s.Name, o)
			if err != nil {
				return nil, err
			}
			row.Theirs = append(row.Theirs, r.Seconds)
		}
		row.Others = watch.others()
		o.Log("%s/%s, %d threads, %s alone: %s", row.Case, row.Step, row.Threads, row.Lib, seconds(row.Theirs))
		rows = append(rows, row)
	}
	score, err := w.Ask(protocol.Request{Op: "score"})
	for i := range rows {
		rows[i].TheirScore = score.Score
	}
	return rows, err
}

// open prepares a case and asks for the environment, which is whole only then: libraries start their threads late.
func open(w Asker, name, lib string) (protocol.Reply, protocol.Env, error) {
	r, err := w.Ask(protocol.Request{Op: "open", Case: name, Lib: lib})
	if err != nil {
		return r, protocol.Env{}, fmt.Errorf("%s: %w", lib, err)
	}
	e, err := w.Ask(protocol.Request{Op: "env", Lib: lib})
	if err != nil || e.Env == nil {
		return r, protocol.Env{}, fmt.Errorf("%s: no environment: %w", lib, err)
	}
	return r, *e.Env, nil
}

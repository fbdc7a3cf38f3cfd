package bandit

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"sync"
	"time"

	"github.com/gopherwood-ml/ml"
)

// Event is a line of a log. Which fields it has depends on the kind:
//
//	start     Policy (as ml.MarshalConfig writes it), Options, Arms, ID: the number of decisions before it; the first line
//	add       Arm, Version: an arm came
//	remove    Arm, Version: an arm went
//	decision  ID, Context, Arms (the candidates), Features, Probs (of all), Choice, Propensity
//	reward    ID, Reward
//	expire    ID, and Reward if expired decisions have one
//	learn     Context, Arms, Features, Choice, Propensity, Reward: learned from elsewhere
//	adopt     what other replicas learned was taken in: a replay ends here
//
// Version counts the changes of the policy: a decision has that of the policy that made it, each other event the one that it led to, and 0 if it changed
// nothing. Lines of goroutines that work at once may be in any order; versions put them right.
type Event struct {
	Event      string          `json:"event"`
	ID         uint64          `json:"id,omitempty"`
	Version    uint64          `json:"version,omitempty"`
	Time       time.Time       `json:"time,omitzero"`
	Name       string          `json:"name,omitempty"` // Options.Name
	Policy     json.RawMessage `json:"policy,omitempty"`
	Options    *Options        `json:"options,omitempty"`
	Arm        string          `json:"arm,omitempty"`
	Context    []float64       `json:"context,omitempty"`
	Arms       []string        `json:"arms,omitempty"`
	Features   [][]float64     `json:"features,omitempty"`
	Probs      []float64       `json:"probs,omitempty"`
	Choice     int             `json:"choice"`
	Propensity float64         `json:"propensity,omitempty"`
	Reward     *float64        `json:"reward,omitempty"`
}

// logger writes lines, one at a time.
type logger struct {
	mu sync.Mutex
	w  io.Writer
}

// LogTo writes what happens from now on to w, a JSON object a line and a call of Write each: see [Event]. Calls do not overlap. nil ends it. A log
// that [Replay] can follow begins before the first decision.
func (b *Bandit) LogTo(w io.Writer) error {
	if w == nil {
		b.log.Store(nil)
		return nil
	}
	config, err := ml.MarshalConfig(b.policy)
	if err != nil {
		return err
	}
	l := &logger{w: w}
	b.mu.RLock()
	opt := b.opt
	start := Event{Event: "start", ID: b.seq.Load(), Name: b.opt.Name, Time: b.now(), Version: b.version, Policy: config, Options: &opt}
	for _, arm := range b.live {
		start.Arms = append(start.Arms, b.names[arm])
	}
	b.mu.RUnlock()
	if err := l.event(&start); err != nil {
		return err
	}
	b.log.Store(l)
	return nil
}

func (l *logger) write(line []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := l.w.Write(line); err != nil {
		return fmt.Errorf("bandit: the log: %w", err)
	}
	return nil
}

func (l *logger) event(e *Event) error {
	line, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("bandit: the log: %w", err)
	}
	return l.write(append(line, '\n'))
}

func (b *Bandit) logArm(event, name string, version uint64) error {
	if l := b.log.Load(); l != nil {
		return l.event(&Event{Event: event, Arm: name, Version: version, Time: b.now()})
	}
	return nil
}

// reward writes the line of a reward without garbage.
func (l *logger) reward(event string, s *scratch, id, version uint64, at time.Time, reward *float64) error {
	line := append(append(s.line[:0], `{"event":"`...), event...)
	line = strconv.AppendUint(append(line, `","id":`...), id, 10)
	if version > 0 {
		line = strconv.AppendUint(append(line, `,"version":`...), version, 10)
	}
	if reward != nil {
		line = appendNumber(append(line, `,"reward":`...), *reward)
	}
	s.line = appendTime(line, at)
	return l.write(s.line)
}

// decision ends the line of a decision with its time and writes it.
func (l *logger) decision(s *scratch, at time.Time) error {
	s.line = appendTime(s.line, at)
	return l.write(s.line)
}

func appendTime(line []byte, at time.Time) []byte {
	line = at.UTC().AppendFormat(append(line, `,"time":"`...), time.RFC3339Nano)
	return append(line, "\"}\n"...)
}

// appendDecision writes all of a decision's line but its time.
func (b *Bandit) appendDecision(line []byte, r *Request, q *query, p []float64, d *Decision) []byte {
	line = strconv.AppendUint(append(line, `{"event":"decision","id":`...), d.ID, 10)
	line = strconv.AppendUint(append(line, `,"version":`...), d.Version, 10)
	if b.opt.Name != "" {
		line = appendString(append(line, `,"name":`...), b.opt.Name)
	}
	if len(r.Context) > 0 {
		line = appendNumbers(append(line, `,"context":`...), r.Context)
	}
	if q.arms != nil || r.Names != nil {
		line = append(line, `,"arms":[`...)
		for i := range q.n {
			if i > 0 {
				line = append(line, ',')
			}
			line = appendString(line, b.candidate(r, q, i))
		}
		line = append(line, ']')
	}
	if b.need.features {
		line = append(line, `,"features":[`...)
		for i, f := range r.Features {
			if i > 0 {
				line = append(line, ',')
			}
			line = appendNumbers(line, f)
		}
		line = append(line, ']')
	}
	line = appendNumbers(append(line, `,"probs":`...), p)
	line = strconv.AppendInt(append(line, `,"choice":`...), int64(d.Choice), 10)
	if d.Name != "" {
		line = appendString(append(line, `,"arm":`...), d.Name)
	}
	return appendNumber(append(line, `,"propensity":`...), d.Propensity)
}

// candidate is the name of a candidate, "" if it has none.
func (b *Bandit) candidate(r *Request, q *query, i int) string {
	switch {
	case q.arms != nil:
		return b.names[q.arms[i]]
	case r.Names != nil:
		return r.Names[i]
	}
	return ""
}

// candidateNames lists them, nil if they have none.
func (b *Bandit) candidateNames(r *Request, q *query) []string {
	if q.arms == nil {
		return r.Names
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	names := make([]string, q.n)
	for i := range names {
		names[i] = b.candidate(r, q, i)
	}
	return names
}

func appendNumbers(line []byte, x []float64) []byte {
	line = append(line, '[')
	for i, v := range x {
		if i > 0 {
			line = append(line, ',')
		}
		line = appendNumber(line, v)
	}
	return append(line, ']')
}

// appendNumber writes the shortest decimals that read back as v.
func appendNumber(line []byte, v float64) []byte {
	if a := math.Abs(v); a != 0 && (a < 1e-6 || a >= 1e21) {
		return strconv.AppendFloat(line, v, 'e', -1, 64)
	}
	return strconv.AppendFloat(line, v, 'f', -1, 64)
}

// appendString quotes plain text as it is and leaves the rest to encoding/json.
func appendString(line []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			quoted, _ := json.Marshal(text) // a string always marshals
			return append(line, quoted...)
		}
	}
	line = append(line, '"')
	line = append(line, text...)
	return append(line, '"')
}

package selection

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/gopherwood-ml/ml"
)

// Journal takes down the scores of a [Tuner] as they come, one line of JSON for each trial and fold, and gives them back to a search that is run again: it
// then makes the same choices without the fits, and goes on where it was ended. A line that was cut off by a crash is dropped.
//
// A journal belongs to one search: the space's bounds, the strategy, the folds, the scorers and a sample of the data are in its first line, and another
// search that meets it is refused with ErrConfig. The values of fields without a dimension are not looked at where the config has no registered kind, and of a scorer without
// one the name alone.
type Journal struct {
	mu     sync.Mutex
	w      io.Writer
	file   *os.File
	search string // fingerprint, "" before the first line
	past   map[[2]int]line
}

// line is one line of a journal. Numbers are text, so that infinities and every bit survive.
type line struct {
	Search    string   `json:"search,omitempty"` // of the first line alone
	Trial     int      `json:"trial"`
	Fold      int      `json:"fold"`
	Point     []string `json:"point,omitempty"`
	Scores    []string `json:"scores,omitempty"`
	Fit       int64    `json:"fit_ns,omitempty"`
	ScoreTime int64    `json:"score_ns,omitempty"`
	Fault     string   `json:"fault,omitempty"`
}

// NewJournal goes on with what is read from r, nil for nothing, and writes what is new to w, nil for nowhere. Lines of r are not written again: w is the end of
// the same stream. Errors: ErrFormat for what is no journal.
func NewJournal(r io.Reader, w io.Writer) (*Journal, error) {
	j := &Journal{w: w, past: map[[2]int]line{}}
	if r == nil {
		return j, nil
	}
	_, err := j.read(r)
	if err != nil {
		return nil, err
	}
	return j, nil
}

// OpenJournal goes on with the journal in a file, or begins one. Close it when the search has ended. A file that is no journal gives ErrFormat and is left as it is.
func OpenJournal(path string) (*Journal, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	j := &Journal{w: f, file: f, past: map[[2]int]line{}}
	sound, err := j.read(f)
	if err == nil { // what a crash has left of a last line goes
		err = f.Truncate(sound)
	}
	if err == nil {
		_, err = f.Seek(sound, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return j, nil
}

// Close closes the file of OpenJournal. The journal of NewJournal has nothing to close.
func (j *Journal) Close() error {
	if j.file == nil {
		return nil
	}
	return j.file.Close()
}

// read takes in whole lines, and says how many bytes they are.
func (j *Journal) read(r io.Reader) (sound int64, err error) {
	in := bufio.NewReader(r)
	for n := 1; ; n++ {
		text, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return sound, nil
		}
		if err != nil {
			return sound, err
		}
		var l line
		if err := strict(text, &l); err != nil || l.Trial < 0 || l.Fold < 0 || (n == 1) != (l.Search != "") {
			return sound, &ml.Error{Where: "selection.Journal", Field: fmt.Sprintf("line %d", n), Found: strconv.Quote(string(text[:min(len(text), 60)])), Want: "a line of a journal of a search", Kind: ml.ErrFormat, Cause: err}
		}
		if n == 1 {
			j.search = l.Search
		} else {
			j.past[[2]int{l.Trial, l.Fold}] = l
		}
		sound += int64(len(text))
	}
}

func strict(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

// open compares the search with the journal's, or begins a new one.
func (j *Journal) open(where, search string, folds, scorers int) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.past == nil {
		return ml.BadConfig(where, "Journal", "the zero Journal", "one from selection.NewJournal or OpenJournal")
	}
	if j.search == "" {
		j.search = search
		return j.write(line{Search: search})
	}
	if j.search != search {
		return ml.BadConfig(where, "Journal", "of another search, or of other data", "the journal of this one")
	}
	for _, l := range j.past {
		if l.Fold >= folds || l.Fault == "" && len(l.Scores) != scorers {
			return &ml.Error{Where: where, Field: "Journal", Found: fmt.Sprintf("a line of trial %d, fold %d with %d scores", l.Trial, l.Fold, len(l.Scores)), Want: fmt.Sprintf("%d folds and %d scores", folds, scorers), Kind: ml.ErrFormat}
		}
	}
	return nil
}

func (j *Journal) write(l line) error {
	if j.w == nil {
		return nil
	}
	text, err := json.Marshal(l)
	if err == nil {
		_, err = j.w.Write(append(text, '\n'))
	}
	if err != nil {
		return fmt.Errorf("selection.Journal: %w", err)
	}
	return nil
}

// note takes down a fit and its scores.
func (j *Journal) note(trial, fold int, point []float64, c cell) error {
	l := line{Trial: trial, Fold: fold, Point: texts(point), Scores: texts(c.scores), Fit: int64(c.fit), ScoreTime: int64(c.scoreTime)}
	if c.err != nil {
		l.Fault = c.err.Error()
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.past[[2]int{trial, fold}] = l
	return j.write(l)
}

// recall gives what a fit gave before. Another point under its number means that the search went another way.
func (j *Journal) recall(trial, fold int, point []float64) (cell, bool, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	l, ok := j.past[[2]int{trial, fold}]
	if !ok {
		return cell{}, false, nil
	}
	if !slices.Equal(l.Point, texts(point)) {
		return cell{}, false, ml.BadConfig("selection.Tuner.Fit", "Journal", fmt.Sprintf("of a search whose trial %d was at %v", trial, l.Point), fmt.Sprint(texts(point)))
	}
	c := cell{fit: time.Duration(l.Fit), scoreTime: time.Duration(l.ScoreTime)}
	if l.Fault != "" {
		c.err = errors.New(l.Fault)
	}
	for _, text := range l.Scores {
		v, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(v) {
			return cell{}, false, &ml.Error{Where: "selection.Journal", Field: fmt.Sprintf("the score of trial %d, fold %d", trial, fold), Found: strconv.Quote(text), Want: "a number", Kind: ml.ErrFormat}
		}
		c.scores = append(c.scores, v)
	}
	return c, true, nil
}

func texts(v []float64) []string {
	if v == nil {
		return nil
	}
	out := make([]string, len(v))
	for i, x := range v {
		out[i] = strconv.FormatFloat(x, 'g', -1, 64)
	}
	return out
}

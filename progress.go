package ml

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
)

// Stop, returned by a progress function, ends the fit that reported: it returns the model it has so far, with
// Info.Status Stopped. Any other error ends it without a model: Fit returns it, wrapped in ErrAborted.
//
//lint:ignore ST1012 it is no fault but a request, like io/fs.SkipAll
var Stop = errors.New("ml: stop and keep the model so far")

// ErrAborted says that the progress function ended the work. A search, which survives a candidate that fails, ends too.
var ErrAborted = errors.New("ended by the progress function")

// Task is one level of nested work: fold 2 of 5, candidate 7 of 30.
type Task struct {
	Name  string
	Index int // from 0
	Total int // 0 when unknown
}

// String returns "fold 3/5", counting from 1.
func (t Task) String() string {
	if t.Total > 0 {
		return fmt.Sprintf("%s %d/%d", t.Name, t.Index+1, t.Total)
	}
	return fmt.Sprintf("%s %d", t.Name, t.Index+1)
}

// Loss is what an iteration measured.
type Loss struct {
	Train   float64 // on the training rows, in the units of the method's objective
	Valid   float64 // on Dataset.Valid; means nothing unless Watched
	Watched bool    // Valid was measured
}

// Progress is one report of a running fit.
type Progress struct {
	Path  []Task // the work around this fit, outermost first; empty for a fit on its own
	Unit  string // what a step is: "iteration", "tree", "epoch", "fold"
	Step  int    // steps done, from 1
	Total int    // steps at the most, 0 when unknown
	Loss  Loss
}

// String returns one line: "fold 2/5, candidate 1/3: iteration 17/100, loss 0.3319".
func (p Progress) String() string {
	var b strings.Builder
	for i, t := range p.Path {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(t.String())
	}
	if len(p.Path) > 0 {
		b.WriteString(": ")
	}
	fmt.Fprintf(&b, "%s %d", p.Unit, p.Step)
	if p.Total > 0 {
		fmt.Fprintf(&b, "/%d", p.Total)
	}
	fmt.Fprintf(&b, ", loss %.4g", p.Loss.Train)
	if p.Loss.Watched {
		fmt.Fprintf(&b, ", valid %.4g", p.Loss.Valid)
	}
	return b.String()
}

type progressKey struct{}

// watch is what the context carries: the one function, the lock that serialises its calls, and where we are.
type watch struct {
	mu   *sync.Mutex
	call func(Progress) error
	path []Task
}

// WithProgress makes every fit that runs under the context report to f. Calls are serialised, also when folds or
// candidates run in parallel, so f needs no lock of its own; it runs on the fitting goroutine and should return soon.
func WithProgress(ctx context.Context, f func(Progress) error) context.Context {
	return context.WithValue(ctx, progressKey{}, &watch{mu: new(sync.Mutex), call: f})
}

// WithTask adds a level to the path that reports under the context carry. Estimators that fit others call it.
func WithTask(ctx context.Context, name string, index, total int) context.Context {
	w, ok := ctx.Value(progressKey{}).(*watch)
	if !ok {
		return ctx
	}
	path := append(slices.Clip(w.path), Task{Name: name, Index: index, Total: total})
	return context.WithValue(ctx, progressKey{}, &watch{mu: w.mu, call: w.call, path: path})
}

// Quiet keeps the reports of a fit within a fit to itself, where stopping one of many would leave a model of parts.
func Quiet(ctx context.Context) context.Context {
	return WithProgress(ctx, func(Progress) error { return nil })
}

// Tracker reports the steps of one fit. Get it from Track.
type Tracker struct {
	ctx   context.Context
	watch *watch
	unit  string
	total int
}

// Track prepares the reports of a fit of at most total steps (0: unknown). It costs nothing to speak of where nobody watches.
func Track(ctx context.Context, unit string, total int) Tracker {
	w, _ := ctx.Value(progressKey{}).(*watch)
	return Tracker{ctx: ctx, watch: w, unit: unit, total: total}
}

// Step is called once after every step, counted from 1. It returns the context's error if that is done, stop = true if
// the user wants the model as it is, and any other error of the progress function, which ends the fit.
func (t Tracker) Step(step int, loss Loss) (stop bool, err error) {
	if err := Done(t.ctx); err != nil {
		return false, err
	}
	if t.watch == nil {
		return false, nil
	}
	t.watch.mu.Lock()
	defer t.watch.mu.Unlock()
	err = t.watch.call(Progress{Path: t.watch.path, Unit: t.unit, Step: step, Total: t.total, Loss: loss})
	switch {
	case err == nil:
		return false, nil
	case errors.Is(err, Stop):
		return true, nil
	}
	return false, fmt.Errorf("%w: %w", ErrAborted, err)
}

// Done returns nil until ctx is done, and then an error that holds both ctx.Err() and the cause given for it, so that
// errors.Is finds either.
func Done(ctx context.Context) error {
	err := ctx.Err()
	if err == nil {
		return nil
	}
	if cause := context.Cause(ctx); cause != nil && cause != err {
		return fmt.Errorf("%w: %w", err, cause)
	}
	return err
}

// Bar returns a progress function that draws one line on a terminal and redraws it in place, at most ten times a second:
//
//	ctx = ml.WithProgress(ctx, ml.Bar(os.Stderr))
func Bar(w io.Writer) func(Progress) error {
	const width = 30
	var last time.Time
	var shown int
	return func(p Progress) error {
		done := p.Total > 0 && p.Step >= p.Total
		now := time.Now()
		if !done && now.Sub(last) < 100*time.Millisecond {
			return nil
		}
		last = now
		line := p.String()
		if p.Total > 0 {
			full := min(width*p.Step/p.Total, width)
			line = "[" + strings.Repeat("=", full) + strings.Repeat(" ", width-full) + "] " + line
		}
		pad := max(shown-len(line), 0)
		shown = len(line)
		end := ""
		if done && len(p.Path) == 0 {
			end, shown = "\n", 0
		}
		_, err := fmt.Fprintf(w, "\r%s%s%s", line, strings.Repeat(" ", pad), end)
		return err
	}
}

// LogProgress returns a progress function that writes to a structured logger at level Info, at most once in each
// interval (0: every report). Attributes: task, unit, step, total, loss, valid.
func LogProgress(l *slog.Logger, interval time.Duration) func(Progress) error {
	var last time.Time
	return func(p Progress) error {
		done := p.Total > 0 && p.Step >= p.Total
		now := time.Now()
		if !done && interval > 0 && now.Sub(last) < interval {
			return nil
		}
		last = now
		attrs := make([]slog.Attr, 0, 6)
		if len(p.Path) > 0 {
			names := make([]string, len(p.Path))
			for i, t := range p.Path {
				names[i] = t.String()
			}
			attrs = append(attrs, slog.String("task", strings.Join(names, ", ")))
		}
		attrs = append(attrs, slog.Int("step", p.Step), slog.Int("total", p.Total), slog.Float64("loss", p.Loss.Train))
		if p.Loss.Watched {
			attrs = append(attrs, slog.Float64("valid", p.Loss.Valid))
		}
		l.LogAttrs(context.Background(), slog.LevelInfo, p.Unit, attrs...)
		return nil
	}
}

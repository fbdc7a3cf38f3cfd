package mltest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime/pprof"
	"sync/atomic"
	"time"

	"github.com/gopherwood-ml/ml"
)

func checkCancelBefore(e *env) error {
	return e.each(func(s sample) error {
		ctx, cancel := context.WithCancelCause(context.Background())
		cancel(errors.New("the test's own cause"))
		m, err := e.fit(ctx, e.config, s.data)
		return cancelled(m, err)
	})
}

// cancelled wants the context's error and no model.
func cancelled(model any, err error) error {
	switch {
	case err == nil:
		return errors.New("no error from a cancelled context")
	case !errors.Is(err, context.Canceled):
		return fmt.Errorf("the error is %q; want one that unwraps to context.Canceled", err)
	case model != nil:
		return errors.New("a model beside the error")
	}
	return nil
}

// tripwire is a context that cancels itself when it is asked for the at-th time.
type tripwire struct {
	context.Context
	cancel context.CancelFunc
	at     int64
	asked  *atomic.Int64 // calls of Err
	waited *atomic.Int64 // calls of Done
}

func newTripwire(at int) tripwire {
	ctx, cancel := context.WithCancel(context.Background())
	return tripwire{ctx, cancel, int64(at), new(atomic.Int64), new(atomic.Int64)}
}

func (t tripwire) Err() error {
	if t.asked.Add(1) == t.at {
		t.cancel()
	}
	return t.Context.Err()
}

func (t tripwire) Done() <-chan struct{} {
	t.waited.Add(1)
	return t.Context.Done()
}

func checkCancelDuring(e *env) error {
	return e.each(func(s sample) error {
		still := newTripwire(0)
		defer still.cancel()
		m, err := e.fit(still, e.config, s.data)
		if err != nil {
			return err
		}
		asked := int(still.asked.Load())
		if v := e.view(m); v.meta != nil && still.waited.Load() == 0 && asked < v.meta.Info.Iterations {
			return fmt.Errorf("the context was asked %d times in %d iterations", asked, v.meta.Info.Iterations)
		}
		for _, at := range []int{2, asked/2 + 1, asked} {
			if at < 1 || at > asked {
				continue
			}
			t := newTripwire(at)
			m, err := e.fit(t, e.config, s.data)
			t.cancel()
			if int(t.asked.Load()) < at {
				continue // parallel work asks as often as it happens to
			}
			if err := cancelled(m, err); err != nil {
				return fmt.Errorf("cancelled as the context is asked for the %d. time of %d: %w", at, asked, err)
			}
		}
		reports, err := e.reports(s)
		if err != nil || len(reports) < 2 {
			return err
		}
		for _, at := range []int{1, len(reports) / 2} {
			ctx, cancel := context.WithCancel(context.Background())
			m, err := e.fit(ml.WithProgress(ctx, after(at, func() error { cancel(); return nil })), e.config, s.data)
			cancel()
			if err := cancelled(m, err); err != nil {
				return fmt.Errorf("cancelled at progress report %d of %d: %w", at, len(reports), err)
			}
		}
		return nil
	})
}

// after is a progress function that acts at the at-th report and all later ones.
func after(at int, act func() error) func(ml.Progress) error {
	seen := 0
	return func(ml.Progress) error {
		seen++
		if seen < at {
			return nil
		}
		return act()
	}
}

// reports fits and collects what the fit reports.
func (e *env) reports(s sample) ([]ml.Progress, error) {
	var list []ml.Progress
	ctx := ml.WithProgress(context.Background(), func(p ml.Progress) error {
		list = append(list, p)
		return nil
	})
	_, err := e.fit(ctx, e.config, s.data)
	return list, err
}

// leakLabels numbers the fits whose goroutines are looked for.
var leakLabels atomic.Int64

func checkNoLeak(e *env) error {
	return e.each(func(s sample) error {
		left := leftBehind(func(ctx context.Context) { e.fit(ctx, e.config, s.data) })
		if left != "" {
			return fmt.Errorf("a fit leaves goroutines behind:\n%s", left)
		}
		left = leftBehind(func(ctx context.Context) {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			e.fit(ml.WithProgress(ctx, after(1, func() error { cancel(); return nil })), e.config, s.data)
		})
		if left != "" {
			return fmt.Errorf("a cancelled fit leaves goroutines behind:\n%s", left)
		}
		return nil
	})
}

// leftBehind runs f and describes the goroutines that still live two seconds after. Goroutines inherit the profiler labels of
// the one that started them, so those of other tests are not taken for f's.
func leftBehind(f func(ctx context.Context)) string {
	label := fmt.Sprintf("fit-%d", leakLabels.Add(1))
	done := make(chan struct{})
	go func() {
		defer close(done)
		pprof.Do(context.Background(), pprof.Labels("mltest", label), func(context.Context) {
			// A panic belongs to other laws; here it only ends f.
			_ = caught(func() error { f(context.Background()); return nil })
		})
	}()
	<-done
	deadline := time.Now().Add(2 * time.Second)
	for wait := 100 * time.Microsecond; ; wait = min(2*wait, 50*time.Millisecond) {
		left := labelled(label)
		if left == "" || time.Now().After(deadline) {
			return left
		}
		time.Sleep(wait)
	}
}

// labelled is the part of the goroutine profile that bears the label.
func labelled(label string) string {
	var b bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&b, 1); err != nil {
		return err.Error()
	}
	for _, block := range bytes.Split(b.Bytes(), []byte("\n\n")) {
		if bytes.Contains(block, []byte(`"`+label+`"`)) {
			return string(block)
		}
	}
	return ""
}

func checkStopKeepsModel(e *env) error {
	return e.each(func(s sample) error {
		all, err := e.reports(s)
		if err != nil {
			return err
		}
		if len(all) == 0 {
			return notApplicable("its fit reports no progress")
		}
		var last ml.Progress
		m, err := e.fit(ml.WithProgress(context.Background(), func(p ml.Progress) error {
			last = p
			return ml.Stop
		}), e.config, s.data)
		if err != nil {
			return fmt.Errorf("stopped at the first report: %w", err)
		}
		if m == nil {
			return errors.New("stopped at the first report: no model")
		}
		v := e.view(m)
		outs, err := v.outputs(s.probe)
		if err == nil {
			err = usable(outs)
		}
		if err != nil {
			return fmt.Errorf("the model stopped at the first report: %w", err)
		}
		// Stop ends the fit that reported: of nested fits the outer one goes on. A fit of one step was at its end anyway.
		if len(last.Path) > 0 || len(all) == 1 || v.meta == nil {
			return nil
		}
		if got := v.meta.Info.Status; got != ml.Stopped {
			return fmt.Errorf("stopped at the first report: the status is %q, want %q", got, ml.Stopped)
		}
		return nil
	})
}

func checkProgressError(e *env) error {
	return e.each(func(s sample) error {
		reports := 0
		own := errors.New("the progress function's own error")
		m, err := e.fit(ml.WithProgress(context.Background(), func(ml.Progress) error {
			reports++
			return own
		}), e.config, s.data)
		switch {
		case reports == 0 && err == nil:
			return notApplicable("its fit reports no progress")
		case !errors.Is(err, own):
			return fmt.Errorf("the error is %v; want one that unwraps to what the progress function returned", err)
		case m != nil:
			return errors.New("a model beside the error")
		}
		return nil
	})
}

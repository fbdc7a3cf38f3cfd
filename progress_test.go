package ml_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
)

func TestProgressCarriesThePathOfNestedTasks(t *testing.T) {
	var seen []string
	watched := ml.WithProgress(ctx, func(p ml.Progress) error {
		seen = append(seen, p.String())
		return nil
	})
	inner := ml.WithTask(ml.WithTask(watched, "candidate", 0, 3), "fold", 1, 5)
	_ = must(ml.Pipe(ml.Step(shift{}), means{Steps: 2}).Fit(inner, small()))
	require.Equal(t, []string{
		"candidate 1/3, fold 2/5: step 1/2, loss 1",
		"candidate 1/3, fold 2/5: step 2/2, loss 0.5",
	}, seen)
	require.Equal(t, ctx, ml.WithTask(ctx, "fold", 1, 5), "nobody watches: nothing to carry")
}

func TestSiblingTasksDoNotShareTheirPath(t *testing.T) {
	var seen []string
	watched := ml.WithProgress(ctx, func(p ml.Progress) error { seen = append(seen, p.String()); return nil })
	a := ml.WithTask(ml.WithTask(watched, "a", 0, 2), "x", 0, 0)
	b, c := ml.WithTask(a, "b", 0, 2), ml.WithTask(a, "c", 0, 2)
	_, _ = ml.Track(b, "step", 0).Step(1, ml.Loss{Valid: 2, Watched: true})
	_, _ = ml.Track(c, "step", 0).Step(1, ml.Loss{})
	require.Equal(t, []string{"a 1/2, x 1, b 1/2: step 1, loss 0, valid 2", "a 1/2, x 1, c 1/2: step 1, loss 0"}, seen)
}

func TestStopKeepsTheModelAndOtherErrorsEndTheFit(t *testing.T) {
	m := must(means{Steps: 10}.Fit(ml.WithProgress(ctx, func(p ml.Progress) error {
		if p.Step == 3 {
			return ml.Stop
		}
		return nil
	}), small()))
	require.Equal(t, ml.Stopped, m.Info.Status)
	require.Equal(t, 3, m.Info.Iterations)

	broken := errors.New("broken")
	_, err := means{Steps: 10}.Fit(ml.WithProgress(ctx, func(ml.Progress) error { return broken }), small())
	require.ErrorIs(t, err, broken)
}

func TestTrackChecksTheContext(t *testing.T) {
	reason := errors.New("out of budget")
	done, cancel := context.WithCancelCause(ctx)
	cancel(reason)
	_, err := ml.Track(done, "step", 1).Step(1, ml.Loss{})
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, reason)
}

func TestReportsAreSerialised(t *testing.T) {
	inside, calls := 0, 0
	watched := ml.WithProgress(ctx, func(ml.Progress) error {
		inside++
		defer func() { inside-- }()
		if inside != 1 {
			return errors.New("two at once")
		}
		calls++
		return nil
	})
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			track := ml.Track(ml.WithTask(watched, "fold", i, 8), "step", 100)
			for s := 1; s <= 100; s++ {
				if _, err := track.Step(s, ml.Loss{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	require.Equal(t, 800, calls)
}

func TestTrackingCostsNothingWhereNobodyWatches(t *testing.T) {
	require.Zero(t, testing.AllocsPerRun(100, func() {
		track := ml.Track(ctx, "step", 10)
		_, _ = track.Step(1, ml.Loss{Train: 1})
	}))
}

func TestBarRedrawsOneLine(t *testing.T) {
	var b bytes.Buffer
	_ = must(means{Steps: 4}.Fit(ml.WithProgress(ctx, ml.Bar(&b)), small()))
	lines := strings.Split(b.String(), "\r")
	require.Equal(t, "[==============================] step 4/4, loss 0.25", strings.TrimRight(lines[len(lines)-1], " \n"))
	require.True(t, strings.HasSuffix(b.String(), "\n"))
	require.Equal(t, 1, strings.Count(b.String(), "\n"))
}

func TestLogProgress(t *testing.T) {
	var b bytes.Buffer
	plain := slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
	watched := ml.WithTask(ml.WithProgress(ctx, ml.LogProgress(plain, 0)), "fold", 0, 2)
	_ = must(means{Steps: 1}.Fit(watched, small()))
	require.Equal(t, "level=INFO msg=step task=\"fold 1/2\" step=1 total=1 loss=1\n", b.String())

	b.Reset()
	_ = must(means{Steps: 1000}.Fit(ml.WithProgress(ctx, ml.LogProgress(plain, time.Hour)), small()))
	require.Equal(t, 2, strings.Count(b.String(), "\n"), "the first report and the last")
}

package nn

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// Run over All makes the steps of Fit: the same epochs in the same order.
func TestRunIsFitStepByStep(t *testing.T) {
	cfg := FitConfig{Epochs: 3}
	cfg.Optimizer = SGD{LearningRate: .05}
	loader := func() *Loader { return &Loader{Data: curve(50, 1), BatchSize: 16, Shuffle: true, Seed: 3} }
	want, h := fitCurve(t, cfg, loader(), nil)

	net, err := New(want.Module, []int{3}, 5)
	require.NoError(t, err)
	cfg.Loss = MSE{}
	trainer, err := NewTrainer(net, cfg.Training)
	require.NoError(t, err)
	steps := 0
	for s, err := range trainer.Run(context.Background(), loader().All()) {
		require.NoError(t, err)
		steps++
		require.Equal(t, steps, s.Step)
		require.Equal(t, (steps-1)/4, s.Epoch)
		require.Equal(t, .05, s.LR)
		if s.Step == h.Epochs[2].Steps {
			break
		}
	}
	require.Equal(t, 12, steps)
	for i, p := range net.Params() {
		require.Equal(t, want.Params()[i].Values(), p.Values(), p.Name)
	}
}

func TestRunEndsWithErrors(t *testing.T) {
	net, err := New(Dense{Out: 1}, []int{3}, 1)
	require.NoError(t, err)
	trainer, err := NewTrainer(net, Training{Loss: MSE{}})
	require.NoError(t, err)
	last := func(ctx context.Context, l *Loader) (err error) {
		for _, err = range trainer.Run(ctx, l.All()) {
			if err == nil && trainer.Steps() > 20 {
				return nil
			}
		}
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	require.NoError(t, last(ctx, &Loader{Data: curve(8, 1)}))
	cancel()
	require.ErrorIs(t, last(ctx, &Loader{Data: curve(8, 1)}), context.Canceled)
	var e *ml.Error
	require.True(t, errors.As(last(context.Background(), &Loader{Data: curve(8, 1), DropLast: true}), &e), "no batch is full: an error, no loop without end")
	require.Equal(t, "BatchSize", e.Field)
	require.True(t, errors.As(last(context.Background(), &Loader{Data: Arrays{tensor.New[float32](4, 2), tensor.New[float32](4, 1)}}), &e))
}

// moody is an operation of somebody's own, whose errors are not this library's.
type moody struct{ idle }

type idle struct{}

func (idle) Forward(*Node)  {}
func (idle) Backward(*Node) {}

var errMood = errors.New("not today")

func (moody) Shape([][]int) ([]int, error) { return nil, errMood }

func TestForeignErrorsNameTheLayer(t *testing.T) {
	_, err := New(Seq{Dense{Out: 2}, Func(func(c *Ctx, x *Var) *Var { return Apply(c, moody{}, x) })}, []int{3}, 1)
	require.ErrorIs(t, err, errMood)
	require.EqualError(t, err, "nn: 1: not today")
}

package nn

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
)

// The loss and its gradient are PyTorch's.
func TestDistillationAgainstTorch(t *testing.T) {
	file := golden.Load[struct {
		Cases []struct {
			Temperature, Share                        float64
			Teacher, Student, Classes, Rows, Gradient []float64
		}
	}](t, "testdata/torch_distill.json")
	require.Len(t, file.Cases, 4)
	for _, tc := range file.Cases {
		for _, w := range widths {
			net, err := newNet(Seq{}, []int{5}, 1, w.engine)
			require.NoError(t, err)
			c := net.newCtx()
			c.begin(false, []int{4, 5})
			x := c.Watch(c.input([]int{4, 5}))
			w.engine.PutWide(x.value, tc.Student)
			target := make([]float64, 0, 24)
			for i := range 4 {
				target = append(append(target, tc.Teacher[i*5:(i+1)*5]...), tc.Classes[i])
			}
			y := c.input([]int{4, 6})
			w.engine.PutWide(y.value, target)
			rows := Distillation{tc.Temperature, tc.Share}.Rows(c, x, y)
			got := make([]float64, 4)
			w.engine.GetWide(got, rows.value)
			require.InDeltaSlice(t, tc.Rows, got, w.tol*20, w.name)
			c.backward(c.Mean(rows, 0))
			grad := make([]float64, 20)
			w.engine.GetWide(grad, x.grad)
			require.InDeltaSlice(t, tc.Gradient, grad, w.tol*20, w.name)
		}
	}
}

// A small net learns from a large one, with classes and without.
func TestDistillation(t *testing.T) {
	large, err := New(Seq{Dense{Out: 32, Act: Tanh}, Dense{Out: 3}}, []int{4}, 1)
	require.NoError(t, err)
	teacher, err := large.Freeze()
	require.NoError(t, err)
	x, _ := batch([]int{4}, 64, 3)
	logits, err := teacher.Predict(x)
	require.NoError(t, err)
	for _, classes := range [][]int{nil, make([]int, 64)} {
		for i := range classes {
			row := logits.Row(i)
			for j := range row {
				if row[j] > row[classes[i]] {
					classes[i] = j
				}
			}
		}
		y, err := Distillation{}.Targets(teacher, x, classes)
		require.NoError(t, err)
		require.Equal(t, []int{64, 4}, y.Shape())
		student, err := New(Seq{Dense{Out: 8, Act: Tanh}, Dense{Out: 3}}, []int{4}, 2)
		require.NoError(t, err)
		tr, err := NewTrainer(student, Training{Loss: Distillation{Temperature: 2}, Optimizer: Adam{LearningRate: .02}})
		require.NoError(t, err)
		first, last := 0.0, 0.0
		for i := range 200 {
			last, err = tr.Step(x, y)
			require.NoError(t, err)
			if i == 0 {
				first = last
			}
		}
		require.Less(t, last, first*.8)
	}
	for i, f := range []func() error{
		func() error { _, err := Distillation{}.Targets(nil, x, nil); return err },
		func() error { _, err := Distillation{}.Targets(teacher, x, []int{1}); return err },
		func() error { _, err := Distillation{}.Targets(teacher, x, append(make([]int, 63), 3)); return err },
		func() error { _, err := Distillation{}.Targets(teacher, tensor.New[float32](2, 5), nil); return err },
		func() error {
			tr, err := NewTrainer(large, Training{Loss: Distillation{Temperature: -1}})
			require.NoError(t, err)
			_, err = tr.Step(x, tensor.New[float32](64, 4))
			return err
		},
		func() error {
			tr, err := NewTrainer(large, Training{Loss: Distillation{}})
			require.NoError(t, err)
			_, err = tr.Step(x, tensor.New[float32](64, 3))
			return err
		},
	} {
		require.Error(t, f(), "%d", i)
	}
}

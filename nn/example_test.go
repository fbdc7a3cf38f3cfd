package nn_test

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/nn"
	"github.com/gopherwood-ml/ml/tensor"
)

// Iris flowers, told by a net behind a scaler.
func ExampleMLPClassifier() {
	iris := datasets.Iris()
	pipe := ml.Pipe(ml.Step(features.StandardScaler{}), nn.MLPClassifier{Hidden: []int{16}, Optimizer: nn.LBFGS{}, Alpha: 1, Epochs: 100, Seed: 1})
	model, err := pipe.Fit(context.Background(), iris)
	if err != nil {
		fmt.Println(err)
		return
	}
	class, err := model.PredictRow([]float64{5.1, 3.5, 1.4, 0.2})
	fmt.Println(iris.Classes[class], err)
	// Output: setosa <nil>
}

// A net of one's own learns exclusive or.
func ExampleTrainer() {
	net, err := nn.New(nn.Seq{nn.Dense{Out: 8, Act: nn.Tanh}, nn.Dense{Out: 2}}, []int{2}, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	trainer, err := nn.NewTrainer(net, nn.Training{Loss: nn.CrossEntropy{}, Optimizer: nn.Adam{LearningRate: .1}})
	if err != nil {
		fmt.Println(err)
		return
	}
	x := tensor.FromSlice([]float32{0, 0, 0, 1, 1, 0, 1, 1}, 4, 2)
	y := tensor.FromSlice([]float32{0, 1, 1, 0}, 4)
	for range 100 {
		if _, err := trainer.Step(x, y); err != nil {
			fmt.Println(err)
			return
		}
	}
	out, err := net.Predict(x)
	for i := range 4 {
		fmt.Print(out.Get(i, 1) > out.Get(i, 0), " ")
	}
	fmt.Println(err)
	// Output: false true true false <nil>
}

// snake is an operation of one's own: x + sin²(ax)/a, with its gradient 1 + sin(2ax).
type snake struct{ A float64 }

func (s snake) Shape(in [][]int) ([]int, error) { return append([]int(nil), in[0]...), nil }

func (s snake) Forward(n *nn.Node) {
	if n.Engine().Double() {
		snakeForward(nn.Floats[float64](n.Out().Buf()), nn.Floats[float64](n.In(0).Buf()), s.A)
	} else {
		snakeForward(nn.Floats[float32](n.Out().Buf()), nn.Floats[float32](n.In(0).Buf()), s.A)
	}
}

func (s snake) Backward(n *nn.Node) {
	g, add, wanted := n.Grad(0)
	switch {
	case !wanted:
	case n.Engine().Double():
		snakeBackward(nn.Floats[float64](g), nn.Floats[float64](n.OutGrad()), nn.Floats[float64](n.In(0).Buf()), s.A, add)
	default:
		snakeBackward(nn.Floats[float32](g), nn.Floats[float32](n.OutGrad()), nn.Floats[float32](n.In(0).Buf()), s.A, add)
	}
}

func snakeForward[T float32 | float64](y, x []T, a float64) {
	for i, v := range x {
		s := math.Sin(a * float64(v))
		y[i] = v + T(s*s/a)
	}
}

func snakeBackward[T float32 | float64](dx, dy, x []T, a float64, add bool) {
	for i, v := range x {
		d := dy[i] * T(1+math.Sin(2*a*float64(v)))
		if add {
			d += dx[i]
		}
		dx[i] = d
	}
}

// An operation of one's own is a type with three methods; GradCheck tells whether its gradient is right.
func ExampleApply() {
	layer := nn.Seq{nn.Dense{Out: 3}, nn.Func(func(c *nn.Ctx, x *nn.Var) *nn.Var { return nn.Apply(c, snake{A: 2}, x) })}
	report, err := nn.GradCheck(layer, nn.MSE{}, []int{2}, []float64{.1, -.4, 1.2, .3}, []int{2, 3}, []float64{0, 1, 0, 1, 0, 1}, 0)
	fmt.Println(report.Worst < 1e-7, err)
	// Output: true <nil>
}

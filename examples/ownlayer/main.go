// Ownlayer shows the three things that a net may need and a library may lack, each written here: a layer with parameters (radial units), an operation
// with its gradient (distances), and a loss (Linex, for which too little is worse than too much). They are checked against differences and trained.
//
//	go run ./examples/ownlayer
package main

import (
	"fmt"
	"io"
	"log"
	"math"
	"math/rand/v2"
	"os"

	"github.com/gopherwood-ml/ml/nn"
	"github.com/gopherwood-ml/ml/tensor"
)

func main() {
	if err := run(os.Stdout, 1500); err != nil {
		log.Fatal(err)
	}
}

// The load of a server at a place and an hour, say: a hill and a valley, with normal noise. Who provides for it would rather have too much.
const noise = 0.4

func truth(a, b float64) float64 { return math.Sin(a) * math.Cos(b) * 2 }

func sample(r *rand.Rand, rows int) (x, y *tensor.Tensor[float32]) {
	x, y = tensor.New[float32](rows, 2), tensor.New[float32](rows, 1)
	for i := range rows {
		a, b := r.Float64()*4-2, r.Float64()*4-2
		x.Set(float32(a), i, 0)
		x.Set(float32(b), i, 1)
		y.Set(float32(truth(a, b)+float64(noise*r.NormFloat64())), i, 0)
	}
	return x, y
}

func run(w io.Writer, steps int) error {
	loss := Linex{A: 2}
	model := nn.Seq{RBF{Units: 24}, nn.Dense{Out: 1}}

	// First the check, on a few rows: what Backward says against differences of the loss, for all parameters and the input.
	report, err := nn.GradCheck(model, loss, []int{2}, []float64{.3, -1.2, .9, .4, -1.7, .8}, []int{3, 1}, []float64{1, 0, -.5}, 0)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "gradients: %d looked at, right: %v\n", report.Points, report.Worst < 1e-7)

	net, err := nn.New(model, []int{2}, 1)
	if err != nil {
		return err
	}
	trainer, err := nn.NewTrainer(net, nn.Training{Loss: loss, Optimizer: nn.Adam{LearningRate: .02}, Schedule: nn.Cosine{}, TotalSteps: steps})
	if err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(1, 0))
	for step := range steps {
		value, err := trainer.Step(sample(r, 64))
		if err != nil {
			return err
		}
		if step == 0 || (step+1)%(steps/3) == 0 {
			fmt.Fprintf(w, "step %4d: loss %.3f\n", step+1, value)
		}
	}

	// With normal noise the best prediction is known: the mean plus A noise²/2, at a loss of A² noise²/2.
	x, y := sample(r, 4000)
	value, err := trainer.Loss(x, y)
	if err != nil {
		return err
	}
	pred, err := net.Predict(x)
	if err != nil {
		return err
	}
	above := 0.0
	for i := range 4000 {
		above += float64(pred.Get(i, 0)) - truth(float64(x.Get(i, 0)), float64(x.Get(i, 1)))
	}
	fmt.Fprintf(w, "new rows: loss %.3f, at best %.3f\n", value, loss.A*loss.A*noise*noise/2)
	fmt.Fprintf(w, "predictions stand %.3f above the mean, at best %.3f\n", above/4000, loss.A*noise*noise/2)
	return nil
}

// Gpband draws a Gaussian process through a few measurements: the mean, the truth, and the band that holds values in 95 of 100 cases.
//
// The process learns from the measurements how wide, how smooth and how noisy the curve is. Where there are none the band opens: the model says where it does not know.
//
//	go run ./examples/gpband        # writes gpband.svg here
package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/svg"
	"github.com/gopherwood-ml/ml/kernel"
	"github.com/gopherwood-ml/ml/tensor"
)

func main() {
	if err := run(context.Background(), os.Stdout, "."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// truth is what is measured, with a deviation of noise.
func truth(x float64) float64 { return math.Sin(1.5*x) + x/4 }

const noise = 0.15

func run(ctx context.Context, out io.Writer, folder string) error {
	r := rand.New(rand.NewPCG(7, 1))
	var at, y []float64
	for len(at) < 25 { // none between 5 and 7.5
		if x := 10 * r.Float64(); x < 5 || x > 7.5 {
			at, y = append(at, x), append(y, truth(x)+noise*r.NormFloat64())
		}
	}
	process := kernel.GaussianProcessRegressor{Normalize: true, Restarts: 3, Seed: 1,
		Kernel: kernel.Sum{A: kernel.Product{A: kernel.Constant{}, B: kernel.SquaredExponential{Length: []float64{1}}}, B: kernel.White{Noise: 0.1}}}
	m, err := process.Fit(ctx, ml.Data(tensor.FromSlice(at, len(at), 1), y))
	if err != nil {
		return err
	}
	learned := m.Kernel.Parameters(1)
	fmt.Fprintf(out, "log marginal likelihood %.2f, length %.2f, noise %.2f (truly %.2f)\n", m.LogMarginal, learned[1].Value, math.Sqrt(learned[2].Value)*m.Scale, noise)
	grid := make([]float64, 240)
	for i := range grid {
		grid[i] = 10 * float64(i) / float64(len(grid)-1)
	}
	x := tensor.FromSlice(grid, len(grid), 1)
	mean, deviation, err := m.PredictDeviation(x)
	if err != nil {
		return err
	}
	inside := 0
	for i, v := range grid {
		if math.Abs(truth(v)-mean[i]) <= 1.96*deviation[i] {
			inside++
		}
	}
	fmt.Fprintf(out, "the band holds the truth at %d of %d places; it is %.2f wide at 2.5 and %.2f at 6.2\n", inside, len(grid), 3.92*deviation[60], 3.92*deviation[149])
	return os.WriteFile(filepath.Join(folder, "gpband.svg"), draw(grid, mean, deviation, at, y), 0o644)
}

func draw(grid, mean, deviation, at, y []float64) []byte {
	const width, height, left, right, top, bottom = 760, 440, 50, 740, 50, 400
	c := svg.New(width, height, "A Gaussian process and its band")
	c.Text(left, 28, "start", 15, svg.Ink, "Where there are no measurements the band opens")
	sx, sy := svg.Scale{Lo: 0, Hi: 10, From: left, To: right}, svg.Scale{Lo: -2, Hi: 4.5, From: bottom, To: top}
	for v := -2.0; v <= 4; v++ {
		c.Line(left, sy.At(v), right, sy.At(v), svg.Grid, 1, "")
		c.Text(left-8, sy.At(v)+4, "end", 12, svg.Faint, svg.Number(v, 2))
	}
	for v := 0.0; v <= 10; v += 2 {
		c.Text(sx.At(v), bottom+20, "middle", 12, svg.Faint, svg.Number(v, 2))
	}
	var band, line, real [][2]float64
	for i, v := range grid {
		band = append(band, [2]float64{sx.At(v), sy.At(mean[i] + 1.96*deviation[i])})
		line = append(line, [2]float64{sx.At(v), sy.At(mean[i])})
		real = append(real, [2]float64{sx.At(v), sy.At(truth(v))})
	}
	for i := len(grid) - 1; i >= 0; i-- {
		band = append(band, [2]float64{sx.At(grid[i]), sy.At(mean[i] - 1.96*deviation[i])})
	}
	c.Polygon(band, svg.Up, 0.2)
	c.Polyline(real, svg.Grey, 1.5, 1)
	c.Polyline(line, svg.Up, 2, 1)
	for i, v := range at {
		c.Circle(sx.At(v), sy.At(y[i]), 3.5, svg.Ink, 0.8)
	}
	return c.Bytes()
}

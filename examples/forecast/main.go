// Forecast learns a time series, the airline passengers of 1949 to 1960, with nets of one's own: windows of 24 months go in, the next month comes out.
// Early stopping watches 1957 and 1958; 1959 and 1960 are forecast, and compared with what is to be beaten: the same month of the year before.
//
//	go run ./examples/forecast
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"math"
	"os"

	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/nn"
	"github.com/gopherwood-ml/ml/tensor"
)

const (
	window = 24
	year   = 12
	held   = 24 // months at the end that no training sees
)

func main() {
	if err := run(context.Background(), os.Stdout, 1000); err != nil {
		log.Fatal(err)
	}
}

// Seasonal adds to the same month of the year before what Inner makes of the window: a net that says nothing yet is the seasonal naive forecast.
type Seasonal struct{ Inner nn.Module }

// Forward takes windows [N, 24, 1] and gives [N, 1].
func (s Seasonal) Forward(c *nn.Ctx, x *nn.Var) *nn.Var {
	before := c.Flatten(c.Slice(x, 1, window-year, window-year+1))
	return c.Add(before, c.Call("inner", s.Inner, x))
}

// input writes a window of logarithms, less their mean, to dst, and returns the mean. Trend and season multiply in these data: in logarithms they add,
// and without the mean a window of 1960 looks like one of 1950.
func input(dst []float32, logs []float64) (mean float64) {
	for _, v := range logs {
		mean += v / window
	}
	for i, v := range logs {
		dst[i] = float32(v - mean)
	}
	return mean
}

// windows are all the windows whose next month is one of from..to-1.
func windows(logs []float64, from, to int) *nn.Loader {
	from = max(from, window)
	x, y := tensor.New[float32](to-from, window, 1), tensor.New[float32](to-from, 1)
	for i := range to - from {
		at := from + i
		mean := input(x.Data()[i*window:(i+1)*window], logs[at-window:at])
		y.Data()[i] = float32(logs[at] - mean)
	}
	return &nn.Loader{Data: nn.Arrays{X: x, Y: y}, BatchSize: 16, Shuffle: true, Seed: 1}
}

// next forecasts the month after a window.
func next(net *nn.Net, logs []float64) (float64, error) {
	x := tensor.New[float32](1, window, 1)
	mean := input(x.Data(), logs[len(logs)-window:])
	y, err := net.Predict(x)
	if err != nil {
		return 0, err
	}
	return mean + float64(y.Data()[0]), nil
}

func run(ctx context.Context, w io.Writer, epochs int) error {
	passengers := datasets.AirPassengers().Y
	logs := make([]float64, len(passengers))
	for i, v := range passengers {
		logs[i] = math.Log(v)
	}
	end := len(logs) - held
	train, valid := windows(logs, 0, end-held), windows(logs, end-held, end)

	// Zeros in the last layer: both begin as the naive forecast. Which is used, and how they learn, was chosen on 1957 and 1958 alone, not on what is to
	// be forecast.
	last := nn.Dense{Out: 1, Init: nn.Constant{}, NoBias: true}
	models := []struct {
		name  string
		inner nn.Module
	}{
		{"MLP", nn.Seq{nn.Flatten{}, nn.Dense{Out: 16, Act: nn.Tanh}, last}},
		{"LSTM", nn.Seq{nn.LSTM{Units: 16, Last: true}, last}},
	}
	var best *nn.Net
	lowest := math.Inf(1)
	for _, m := range models {
		net, err := nn.New(Seasonal{m.inner}, []int{window, 1}, 1)
		if err != nil {
			return err
		}
		_, h, err := nn.Fit(ctx, net, nn.FitConfig{
			Training: nn.Training{Loss: nn.MSE{}, Optimizer: nn.AdamW{LearningRate: .01}, ClipNorm: 1},
			Epochs:   epochs, Patience: 200,
		}, train, valid)
		if err != nil {
			return err
		}
		e := h.Epochs[h.Best-1]
		fmt.Fprintf(w, "%-4s: %d epochs, the best is %d: error %.1f %% on 1957 and 1958, %.1f %% in training\n", m.name, len(h.Epochs), h.Best, 100*math.Sqrt(e.Valid), 100*math.Sqrt(e.Loss))
		if e.Valid < lowest {
			best, lowest = net, e.Valid
		}
	}

	// Month by month, with the truth known up to the month before; and two years in one go, where the net feeds on what it said itself.
	var step, path []float64
	said := append([]float64(nil), logs[:end]...)
	for t := range held {
		one, err := next(best, logs[:end+t])
		if err != nil {
			return err
		}
		far, err := next(best, said)
		if err != nil {
			return err
		}
		said = append(said, far)
		step, path = append(step, math.Exp(one)), append(path, math.Exp(far))
	}
	naive, repeated, drift := make([]float64, held), make([]float64, held), make([]float64, held)
	growth := sum(passengers[end-year:end]) / sum(passengers[end-2*year:end-year])
	for t := range held {
		naive[t] = passengers[end+t-year]
		repeated[t] = passengers[end+t%year-year]
		drift[t] = repeated[t] * math.Pow(growth, float64(1+t/year))
	}
	fmt.Fprintln(w, "\n1959 and 1960, thousands of passengers:     MAE    MAPE")
	truth := passengers[end:]
	for _, f := range []struct {
		name string
		pred []float64
	}{
		{"a month ahead: the net", step}, {"a month ahead: the year before", naive},
		{"two years ahead: the net", path}, {"two years ahead: 1958 again", repeated}, {"two years ahead: 1958, growing as it did", drift},
	} {
		fmt.Fprintf(w, "  %-41s %5.1f  %4.1f %%\n", f.name, metrics.MAE(truth, f.pred), 100*metrics.MAPE(truth, f.pred))
	}
	return nil
}

func sum(x []float64) (s float64) {
	for _, v := range x {
		s += v
	}
	return s
}

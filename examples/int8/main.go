// Int8 makes the weights of a classifier of handwritten digits bytes, and sets it beside its parent: the size of the file, the images read right, the time for one.
//
//	go run ./examples/int8
package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/nn"
	"github.com/gopherwood-ml/ml/selection"
	"github.com/gopherwood-ml/ml/tensor"
)

func main() {
	if err := run(context.Background(), os.Stdout, 15, 300*time.Millisecond); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, w io.Writer, epochs int, spend time.Duration) error {
	train, test := selection.Split(datasets.Digits(), 0.25, 1)
	parent, err := nn.MLPClassifier{Hidden: []int{512, 256}, Epochs: epochs, Seed: 1}.Fit(ctx, train)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "64-512-256-10, %d images to learn from, %d to read\n\n%-9s %9s %7s %9s %8s\n", train.Rows(), test.Rows(), "weights", "file", "share", "accuracy", "one row")

	whole, err := save(parent)
	if err != nil {
		return err
	}
	net, err := parent.Net()
	if err != nil {
		return err
	}
	frozen, err := net.Freeze()
	if err != nil {
		return err
	}
	if err := line(w, "float32", parent, frozen, test, len(whole), len(whole), spend); err != nil {
		return err
	}

	// Dynamic needs no data; the others look at what layers are given by some rows of the training set.
	some := inputs(train.X).Rows(0, min(500, train.Rows()))
	for _, c := range []nn.Calibration{nn.Dynamic, nn.MinMax, nn.Entropy} {
		var seen *tensor.Tensor[float32]
		small, err := parent.Quantize(nn.Quantization{}, nil)
		if c != nn.Dynamic {
			seen = some
			small, err = parent.Quantize(nn.Quantization{Calibration: c}, seen)
		}
		if err != nil {
			return err
		}
		file, err := save(small)
		if err != nil {
			return err
		}
		again, err := ml.Load[*nn.ClassifierModel](bytes.NewReader(file)) // as a phone would
		if err != nil {
			return err
		}
		octets, err := net.Quantize(nn.Quantization{Calibration: c}, seen)
		if err != nil {
			return err
		}
		if err := line(w, c.String(), again, octets, test, len(file), len(whole), spend); err != nil {
			return err
		}
	}
	return nil
}

// line is a row of the table.
func line(w io.Writer, name string, m *nn.ClassifierModel, f *nn.Frozen, test ml.Dataset[int], bytes, whole int, spend time.Duration) error {
	pred, err := m.Predict(test.X)
	if err != nil {
		return err
	}
	one, err := latency(f, test.X, spend)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%-9s %9d %6.3fx %8.2f%% %5.2f µs\n", name, bytes, float64(bytes)/float64(whole), 100*metrics.Accuracy(test.Y, pred), float64(one.Nanoseconds())/1000)
	return nil
}

func save(m *nn.ClassifierModel) ([]byte, error) {
	var b bytes.Buffer
	err := ml.Save(&b, m)
	return b.Bytes(), err
}

// inputs are rows as a net takes them.
func inputs(x tensor.Matrix) *tensor.Tensor[float32] {
	n, p := x.Dims()
	t := tensor.New[float32](n, p)
	for i := range n {
		for j := range p {
			t.Row(i)[j] = float32(x.At(i, j))
		}
	}
	return t
}

// latency is the shortest time that a hundred rows took, one after the other, for one of them.
func latency(f *nn.Frozen, x tensor.Matrix, spend time.Duration) (time.Duration, error) {
	all := inputs(x)
	dst, best := make([]float32, 10), time.Hour
	for begin := time.Now(); time.Since(begin) < spend; {
		start := time.Now()
		for i := range 100 {
			if err := f.PredictInto(dst, tensor.FromSlice(all.Row(i), 1, len(all.Row(i)))); err != nil {
				return 0, err
			}
		}
		best = min(best, time.Since(start)/100)
	}
	return best, nil
}

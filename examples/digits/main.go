// Digits reads handwritten digits, 1797 images of 8 x 8 pixels, with a fully connected and with a convolutional net, each in a pipeline behind a scaler.
//
//	go run ./examples/digits
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/nn"
	"github.com/gopherwood-ml/ml/selection"
	"github.com/gopherwood-ml/ml/tensor"
)

func main() {
	split := flag.String("split", "", "a file to write the split to (.npz), for peers.py")
	flag.Parse()
	if err := run(context.Background(), os.Stdout, 20, 5); err != nil {
		log.Fatal(err)
	}
	if *split != "" {
		if err := export(*split); err != nil {
			log.Fatal(err)
		}
	}
}

// data are three quarters of the images for training, and the others to be read.
func data() (train, test ml.Dataset[int]) { return selection.Split(datasets.Digits(), 0.25, 1) }

// pipeline is a net behind a scaler, whichever net it is.
type pipeline = ml.Fitter[ml.Dataset[int], *ml.Chain[int, *nn.ClassifierModel]]

func run(ctx context.Context, w io.Writer, epochs, seeds int) error {
	train, test := data()
	fmt.Fprintf(w, "%d images to learn from, %d to read\n", train.Rows(), test.Rows())

	// Both nets are estimators like any other: what follows would be the same for a forest. The scaler learns from training images alone.
	scaler := ml.Step(features.StandardScaler{})
	for _, net := range []struct {
		name string
		pipe func(seed uint64) pipeline
		peer string
	}{
		{"MLPClassifier", func(seed uint64) pipeline {
			return ml.Pipe(scaler, nn.MLPClassifier{Hidden: []int{64}, BatchSize: 64, Epochs: 2 * epochs, Seed: seed})
		}, scikitLearn},
		{"ConvClassifier", func(seed uint64) pipeline {
			return ml.Pipe(scaler, nn.ConvClassifier{Height: 8, Width: 8, Epochs: epochs, Seed: seed})
		}, pyTorch},
	} {
		// One seed says little: nets of different seeds differ by several images.
		fmt.Fprintf(w, "%-14s  accuracy", net.name)
		mean := 0.0
		for seed := range seeds {
			model, err := net.pipe(uint64(seed)).Fit(ctx, train)
			if err != nil {
				return err
			}
			pred, err := model.Predict(test.X)
			if err != nil {
				return err
			}
			accuracy := metrics.Accuracy(test.Y, pred)
			fmt.Fprintf(w, " %.4f", accuracy)
			mean += accuracy / float64(seeds)
		}
		fmt.Fprintf(w, ", mean %.4f\n  %s\n", mean, net.peer)
	}
	return nil
}

// What others make of the same nets on the same split, with seeds 0 to 4, on one thread (28 November 2026):
//
//	go run ./examples/digits -split /tmp/digits.npz
//	python examples/digits/peers.py /tmp/digits.npz
const (
	scikitLearn = "scikit-learn 1.9.1: accuracy 0.9733 0.9778 0.9733 0.9711 0.9800, mean 0.9751"
	pyTorch     = "PyTorch 2.15.0: accuracy 0.9733 0.9800 0.9822 0.9778 0.9778, mean 0.9782"
)

// export writes the split for others to learn from.
func export(path string) error {
	train, test := data()
	codes := func(y []int) *tensor.Tensor[float64] {
		t := tensor.New[float64](len(y))
		for i, v := range y {
			t.Set(float64(v), i)
		}
		return t
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	err = tensor.WriteNpz(f, map[string]*tensor.Tensor[float64]{
		"x": tensor.FromMatrix[float64](train.X), "y": codes(train.Y), "xtest": tensor.FromMatrix[float64](test.X), "ytest": codes(test.Y),
	})
	if err != nil {
		return err
	}
	return f.Close()
}

package cases

import (
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/nn"
	"github.com/gopherwood-ml/ml/tensor"
)

// Inference of small nets against ONNX Runtime, net of the cost of a network that only copies its input, and of 8 bits against single precision: the table of issue 12.
func init() {
	mlp := nn.Seq{nn.Dense{Out: 256, Act: nn.ReLU}, nn.Dense{Out: 128, Act: nn.ReLU}, nn.Dense{Out: 10}}
	lenet := nn.Seq{nn.Conv2D{Out: 6, Kernel: 5, Zeros: 2, Act: nn.ReLU}, nn.MaxPool{Size: 2}, nn.Conv2D{Out: 16, Kernel: 5, Act: nn.ReLU}, nn.MaxPool{Size: 2}, nn.Flatten{},
		nn.Dense{Out: 120, Act: nn.ReLU}, nn.Dense{Out: 84, Act: nn.ReLU}, nn.Dense{Out: 10}}
	inferred("infer-mlp", mlp, []int{784}, 1, 0.8)
	inferred("infer-mlp-256", mlp, []int{784}, 256, 1.1)
	inferred("infer-lenet", lenet, []int{28, 28, 1}, 1, 0.8)
	inferred("infer-conv", nn.Seq{nn.Conv2D{Out: 64, Kernel: 3, Pad: nn.Same}}, []int{32, 32, 64}, 8, 1.1)
	for _, lib := range []string{Ours, BuiltIn} { // ours in 8 bits, against ours
		frozen("infer-mlp-int8", lib, []string{BuiltIn}, mlp, []int{784}, 1, lib == Ours, BuiltIn, 0.7)
		frozen("infer-lenet-int8", lib, []string{BuiltIn}, lenet, []int{28, 28, 1}, 1, lib == Ours, BuiltIn, 0.7)
	}
}

func inferred(name string, m nn.Module, in []int, rows int, floor float64) {
	frozen(name, Ours, []string{"onnxruntime"}, m, in, rows, false, "onnxruntime", floor)
}

// frozen registers a case of one batch through a frozen net, in 8 bits or not.
func frozen(name, lib string, vs []string, m nn.Module, in []int, rows int, octets bool, against string, floor float64) {
	Register(Case{Name: name, Lib: lib, Vs: vs, Make: func(*Data) (*Work, error) {
		net, err := nn.New(m, in, 1)
		if err != nil {
			return nil, err
		}
		var f *nn.Frozen
		if octets {
			f, err = net.Quantize(nn.Quantization{}, nil)
		} else {
			f, err = net.Freeze()
		}
		if err != nil {
			return nil, err
		}
		x := tensor.New[float32](append([]int{rows}, in...)...)
		rng.Normal(rng.New(1, 0), x.Data(), 0, 1)
		y, err := f.Predict(x)
		if err != nil {
			return nil, err
		}
		return &Work{Rows: rows, Columns: x.Len() / rows, Steps: []Step{step("predict", func() error { return f.PredictInto(y.Data(), x) }).floor(against, floor)},
			Score: func() (map[string]float64, error) {
				count := 0
				for _, p := range net.Params() {
					count += len(p.Values())
				}
				return map[string]float64{"parameters": float64(count)}, nil
			}}, nil
	}})
}

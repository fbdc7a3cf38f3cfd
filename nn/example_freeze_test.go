package nn_test

import (
	"fmt"

	"github.com/gopherwood-ml/ml/nn"
	"github.com/gopherwood-ml/ml/tensor"
)

// A frozen net computes what the net does; in 8 bits, nearly that.
func ExampleNet_Freeze() {
	net, err := nn.New(nn.Seq{nn.Dense{Out: 16}, nn.BatchNorm{}, nn.ReLU, nn.Dense{Out: 2}}, []int{3}, 1)
	if err != nil {
		panic(err)
	}
	frozen, err := net.Freeze()
	if err != nil {
		panic(err)
	}
	small, err := net.Quantize(nn.Quantization{}, nil)
	if err != nil {
		panic(err)
	}
	x := tensor.FromSlice([]float32{1, -2, .5}, 1, 3)
	y, _ := net.Predict(x)
	z, _ := frozen.Predict(x)
	q, _ := small.Predict(x)
	near := func(a, b *tensor.Tensor[float32], by float32) bool {
		d := a.Row(0)[0] - b.Row(0)[0]
		return d < by && d > -by
	}
	fmt.Println(near(y, z, 1e-5), near(y, q, .02))
	// Output: true true
}

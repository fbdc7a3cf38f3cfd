package nn_test

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/gopherwood-ml/ml/nn"
	"github.com/gopherwood-ml/ml/tensor"
)

// An image net goes to a file that ONNX Runtime runs, and back.
func ExampleWriteONNX() {
	net, err := nn.New(nn.Seq{nn.Conv2D{Out: 4, Kernel: 3}, nn.ReLU, nn.Flatten{}, nn.Dense{Out: 3}}, []int{8, 8, 1}, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	var file bytes.Buffer
	if err := nn.WriteONNX(&file, net); err != nil {
		fmt.Println(err)
		return
	}
	back, err := nn.ReadONNX(&file)
	if err != nil {
		fmt.Println(err)
		return
	}
	x := tensor.New[float32](2, 8, 8, 1)
	for i := range x.Data() {
		x.Data()[i] = float32(i%7) / 7
	}
	y, err := net.Predict(x)
	if err != nil {
		fmt.Println(err)
		return
	}
	z, err := back.Predict(x)
	if err != nil {
		fmt.Println(err)
		return
	}
	same := true
	for i, v := range y.Data() {
		d := v - z.Data()[i] // sums may run in another order
		same = same && d < 1e-5 && d > -1e-5
	}
	fmt.Println(z.Shape(), same)
	// Output: [2 3] true
}

// A net becomes one Go file, which is compiled into a program without this library.
func ExampleWriteGo() {
	net, err := nn.New(nn.Seq{nn.Dense{Out: 8, Act: nn.ReLU}, nn.Dense{Out: 2}}, []int{3}, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	var code bytes.Buffer
	if err := nn.WriteGo(&code, net, nn.GoSource{Package: "spam", Func: "Spam", Labels: []string{"ham", "spam"}}); err != nil {
		fmt.Println(err)
		return
	}
	for line := range strings.Lines(code.String()) {
		if strings.HasPrefix(line, "package") || strings.HasPrefix(line, "func Spam(") || strings.HasPrefix(line, "func SpamClassify(") {
			fmt.Print(line)
		}
	}
	// Output:
	// package spam
	// func Spam(s *SpamState, dst, x []float32) {
	// func SpamClassify(s *SpamState, x []float32) (class int, label string) {
}

package rl_test

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/gopherwood-ml/ml/nn"
	"github.com/gopherwood-ml/ml/rl"
	"github.com/gopherwood-ml/ml/tensor"
)

// A policy goes to one Go file for programs without this library.
func ExampleWriteGo() {
	policy := leaning()
	var code bytes.Buffer
	if err := rl.WriteGo(&code, policy, rl.GoSource{Package: "pole", Func: "Push"}); err != nil {
		fmt.Println(err)
		return
	}
	for line := range strings.Lines(code.String()) {
		if strings.HasPrefix(line, "package") || strings.HasPrefix(line, "func Push") {
			fmt.Print(line)
		}
	}
	// Output:
	// package pole
	// func Push(s *PushState, obs []float32, valid []bool) int {
}

// The same policy as an ONNX file, which gives the scores of the actions; the largest is what the policy does.
func ExampleDiscretePolicy_WriteONNX() {
	policy := leaning()
	var file bytes.Buffer
	if err := policy.WriteONNX(&file); err != nil {
		fmt.Println(err)
		return
	}
	net, err := nn.ReadONNX(&file)
	if err != nil {
		fmt.Println(err)
		return
	}
	scores, err := net.Predict(tensor.FromSlice([]float32{0, 0, 0.1, 0.5}, 1, 4))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f\n", scores.Row(0))
	// Output: [-0.75 0.75]
}

// leaning pushes a pole to the side to which it falls: weights are those of one input to all outputs, then the next.
func leaning() *rl.DiscretePolicy {
	w := []float32{0, 0, 0, 0, -2.5, 2.5, -1, 1}
	p := &rl.DiscretePolicy{Actor: &rl.Actor{Layers: []rl.Layer{{In: 4, Out: 2, Weights: w, Bias: []float32{0, 0}}}}}
	if err := p.Restore(); err != nil {
		panic(err)
	}
	return p
}

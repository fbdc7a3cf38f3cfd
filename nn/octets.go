package nn

import (
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/compute"
	"github.com/gopherwood-ml/ml/tensor"
)

// octets are weights in 8 bits: a row of bytes for each output with its scale.
type octets struct {
	data  []int8 // n rows of k
	scale []float32
}

// copied shares the bytes, which never change.
func (o *octets) copied() *octets { return &octets{o.data, slices.Clone(o.scale)} }

// toOctets rounds the columns of k x n weights to 127 steps of the largest on either side of 0.
func toOctets(w []float32, k, n int) *octets {
	o := &octets{make([]int8, k*n), make([]float32, n)}
	for j := range n {
		most := float32(0)
		for i := range k {
			most = max(most, float32(math.Abs(float64(w[i*n+j]))))
		}
		step := most / 127
		if !(step > 0) {
			step = 1
		}
		o.scale[j] = step
		for i := range k {
			o.data[j*k+i] = int8(min(max(math.RoundToEven(float64(w[i*n+j])/float64(step)), -127), 127))
		}
	}
	return o
}

// floats are the weights that the bytes stand for.
func (o *octets) floats() []float32 {
	n := len(o.scale)
	k := len(o.data) / max(n, 1)
	w := make([]float32, k*n)
	for j, s := range o.scale {
		for i, v := range o.data[j*k : (j+1)*k] {
			w[i*n+j] = float32(float32(v) * s)
		}
	}
	return w
}

// octetLayer is a layer of such weights.
func (f *Frozen) octetLayer(a *affine, fn compute.Func, layer int) runner {
	var in compute.Range
	if f.inputs != nil {
		in = f.inputs[layer]
	}
	var conv *compute.ConvShape
	if a.conv != nil {
		conv = &a.shape
	}
	return compute.NewOctets(a.q.data, a.k, a.n, a.q.scale, a.bias32(), fn, in, conv)
}

// QuantizedWeights is a parameter in 8 bits: element i of output j is Scale[j] times Values[j*k+i], which is -127 to 127, where Shape says k and, last, the
// number of outputs.
type QuantizedWeights struct {
	Param  int // its place among Params
	Shape  []int
	Values []int8
	Scale  []float32
}

// QuantizedInput is the range of what a layer with weights is given, for scales that were found beforehand.
type QuantizedInput struct{ Low, High float32 }

// octetsOf reads what a file says about quantised parameters, and gives the parameters as numbers.
func (w *Weights) octetsOf(where string) (full Weights, oct []*octets, inputs []compute.Range, err error) {
	bad := func(found string) error {
		return &ml.Error{Where: where, Field: "Weights.Quantized", Found: found, Want: "bytes and finite scales above 0 for parameters that have no numbers", Kind: ml.ErrFormat}
	}
	full = Weights{Params: slices.Clone(w.Params), States: w.States}
	oct = make([]*octets, len(w.Params))
	for _, q := range w.Quantized {
		if q.Param < 0 || q.Param >= len(full.Params) || full.Params[q.Param] != nil {
			return full, nil, nil, bad(fmt.Sprintf("parameter %d of %d", q.Param, len(full.Params)))
		}
		if len(q.Shape) < 2 || len(q.Shape) > maxAxes || checkedSize(q.Shape) != len(q.Values) || len(q.Scale) != q.Shape[len(q.Shape)-1] {
			return full, nil, nil, bad(fmt.Sprintf("%d bytes and %d scales for shape %v", len(q.Values), len(q.Scale), q.Shape))
		}
		for _, s := range q.Scale {
			if !(s > 0 && s <= math.MaxFloat32/128) {
				return full, nil, nil, bad(fmt.Sprintf("a scale of %v", s))
			}
		}
		if slices.Contains(q.Values, -128) {
			return full, nil, nil, bad("a byte of -128")
		}
		o := &octets{slices.Clone(q.Values), slices.Clone(q.Scale)}
		oct[q.Param] = o
		full.Params[q.Param] = tensor.FromSlice(o.floats(), q.Shape...)
	}
	if w.Inputs != nil {
		if w.Quantized == nil {
			return full, nil, nil, bad("ranges of inputs alone")
		}
		for _, in := range w.Inputs {
			if !(in.Low <= 0 && in.High >= 0 && in.Low >= -math.MaxFloat32/4 && in.High <= math.MaxFloat32/4) {
				return full, nil, nil, bad(fmt.Sprintf("a range of inputs from %v to %v", in.Low, in.High))
			}
			inputs = append(inputs, compute.Range(in))
		}
	}
	return full, oct, inputs, nil
}

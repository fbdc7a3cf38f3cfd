package nn

import (
	"slices"

	"github.com/gopherwood-ml/ml/internal/compute"
)

// octets are weights in 8 bits: a row of bytes for each output with its scale.
type octets struct {
	data  []int8 // n rows of k
	scale []float32
}

// copied shares the bytes, which never change.
func (o *octets) copied() *octets { return &octets{o.data, slices.Clone(o.scale)} }

// observer sees what layers are given.
type observer struct{ see func(layer int, x []float32) }

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

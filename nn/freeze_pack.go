package nn

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"math"

	"github.com/gopherwood-ml/ml/internal/compute"
)

// pack puts the weights of a layer into the form kernels read. Programs for batches of several sizes share them: equal weights of equal layers are packed
// once, whichever program asks first.
func (f *Frozen) pack(a *affine, fn compute.Func, layer int) runner {
	key := a.key(fn, layer)
	if r, ok := f.packed[key]; ok {
		return r
	}
	r := f.layer(a, fn, layer)
	f.packed[key] = r
	return r
}

func (f *Frozen) layer(a *affine, fn compute.Func, layer int) runner {
	switch {
	case a.q != nil:
		return f.octetLayer(a, fn, layer)
	case a.conv != nil:
		return compute.NewFilter(a.shape, a.w, a.bias32(), fn)
	}
	return compute.NewProduct(a.w, a.k, a.n, a.bias32(), fn)
}

// key tells layers apart by all that they compute with.
func (a *affine) key(fn compute.Func, layer int) (key [32]byte) {
	h := sha256.New()
	fmt.Fprintln(h, fn, a.k, a.n, a.conv != nil, a.bias != nil, a.q != nil)
	if a.conv != nil {
		fmt.Fprintln(h, a.shape)
	}
	if a.q != nil {
		fmt.Fprintln(h, layer) // whose input may have a scale of its own
		raw := make([]byte, len(a.q.data))
		for i, v := range a.q.data {
			raw[i] = byte(v)
		}
		h.Write(raw)
		hash32(h, a.q.scale)
	}
	hash32(h, a.w)
	hash32(h, a.bias32())
	h.Sum(key[:0])
	return key
}

func hash32(h hash.Hash, x []float32) {
	var room [4096]byte
	for len(x) > 0 {
		n := min(len(x), len(room)/4)
		for i, v := range x[:n] {
			binary.LittleEndian.PutUint32(room[4*i:], math.Float32bits(v))
		}
		h.Write(room[:4*n])
		x = x[n:]
	}
}

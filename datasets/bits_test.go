package datasets

import (
	"encoding/binary"
	"hash/fnv"
	"math"
	"testing"
)

// What is computed for a bundled set has the same bits on every architecture: a product that is fused with a sum is none, so it is converted first.
func TestDiabetesHasTheSameBitsEverywhere(t *testing.T) {
	d := Diabetes()
	n, p := d.X.Dims()
	h := fnv.New64()
	var word [8]byte
	for i := range n {
		for j := range p {
			binary.LittleEndian.PutUint64(word[:], math.Float64bits(d.X.At(i, j)))
			h.Write(word[:])
		}
	}
	if got := h.Sum64(); got != 0x38279d72036cb90e {
		t.Errorf("%#x", got)
	}
}

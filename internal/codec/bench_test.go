package codec

import (
	"bytes"
	"io"
	"reflect"
	"testing"

	"github.com/gopherwood-ml/ml/tensor"
)

// tenMB is a model of about 10 MB: one matrix, and many small parts as a mixture or an ensemble has them.
func tenMB() *rich {
	m := &rich{Dense: tensor.New[float64](1000, 1000), Ragged: make([][]float64, 10000), Trees: make([]leafy, 1000)}
	for i := range m.Dense.Data() {
		m.Dense.Data()[i] = float64(i)
	}
	for i := range m.Ragged {
		m.Ragged[i] = m.Dense.Data()[i : i+20]
	}
	for i := range m.Trees {
		m.Trees[i].At = float64(i)
	}
	return m
}

func BenchmarkEncode(b *testing.B) {
	m := tenMB()
	b.SetBytes(int64(len(encode(b, m))))
	b.ReportAllocs()
	for b.Loop() {
		if err := Encode(io.Discard, m, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	raw := encode(b, tenMB())
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Decode(bytes.NewReader(raw), reflect.TypeFor[*rich]()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDecodeDocument has all of its numbers in the document: many small structs.
func BenchmarkDecodeDocument(b *testing.B) {
	m := &rich{Trees: make([]leafy, 20000)}
	for i := range m.Trees {
		m.Trees[i] = leafy{At: float64(i), Left: &leafy{At: 1}}
	}
	raw := encode(b, m)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Decode(bytes.NewReader(raw), reflect.TypeFor[*rich]()); err != nil {
			b.Fatal(err)
		}
	}
}

package nn

import (
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml/tensor"
)

func TestPadModes(t *testing.T) {
	for mode, want := range map[PadMode][]float32{
		PadZeros: {0, 0, 1, 2, 3, 4, 0, 0}, PadReflect: {3, 2, 1, 2, 3, 4, 3, 2}, PadReplicate: {1, 1, 1, 2, 3, 4, 4, 4}, PadCircular: {3, 4, 1, 2, 3, 4, 1, 2},
	} {
		net, err := New(Pad{Mode: mode, Amount: 2}, []int{4, 1}, 1)
		if err != nil {
			t.Fatal(err)
		}
		y, err := net.Predict(tensor.FromSlice([]float32{1, 2, 3, 4, 5, 6, 7, 8}, 2, 4, 1))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(y.Data()[:8], want) || y.Data()[10] != 5 {
			t.Errorf("mode %d: %v, want %v", mode, y.Data(), want)
		}
	}
	if _, err := New(Pad{Mode: PadReflect, Amount: 4}, []int{4, 1}, 1); err == nil {
		t.Error("no error of a reflection that is longer than the line")
	}
}

// Two axes: rows and columns are padded each.
func TestPadOfImages(t *testing.T) {
	net, err := New(Pad{Mode: PadReplicate, Amount: 1}, []int{2, 2, 1}, 1)
	if err != nil {
		t.Fatal(err)
	}
	y, err := net.Predict(tensor.FromSlice([]float32{1, 2, 3, 4}, 1, 2, 2, 1))
	if err != nil {
		t.Fatal(err)
	}
	if want := []float32{1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4}; !slices.Equal(y.Data(), want) {
		t.Errorf("%v, want %v", y.Data(), want)
	}
}

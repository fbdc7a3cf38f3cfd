package nn

import (
	"math"
	"testing"

	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

// A batch of sequences of unequal lengths gives each the states that it has alone, cut to its length, and zeros behind.
func TestLengthsAreSequencesAlone(t *testing.T) {
	const steps, width = 5, 3
	for name, m := range map[string]Module{
		"LSTM": LSTM{Units: 4, Layers: 2, Bidirectional: true}, "GRU": GRU{Units: 4, Bidirectional: true}, "RNN": RNN{Units: 4, Bidirectional: true},
		"LSTM, last": LSTM{Units: 4, Bidirectional: true, Last: true}, "GRU, last": GRU{Units: 4, Last: true},
	} {
		together, err := New(ofLengths(m), []int{steps, width}, 3)
		if err != nil {
			t.Fatal(err)
		}
		alone, err := New(Func(func(c *Ctx, x *Var) *Var { return c.Call("inner", m, x) }), []int{steps, width}, 3)
		if err != nil {
			t.Fatal(err)
		}
		x := tensor.New[float32](len(someLengths), steps, width)
		rng.Normal(rng.New(9, 0), x.Data(), 0, 1)
		got, err := together.Predict(x)
		if err != nil {
			t.Fatal(err)
		}
		per := got.Len() / len(someLengths)
		for i, length := range someLengths {
			want := make([]float32, per)
			if n := int(length); n > 0 {
				one := tensor.New[float32](1, n, width)
				copy(one.Data(), x.Data()[i*steps*width:])
				y, err := alone.Predict(one)
				if err != nil {
					t.Fatal(err)
				}
				copy(want, y.Data())
			}
			for j, v := range got.Data()[i*per : (i+1)*per] {
				if math.Abs(float64(v-want[j])) > 1e-6 { // products of other shapes round differently
					t.Fatalf("%s: sequence %d of length %v: number %d is %v, alone %v", name, i, length, j, v, want[j])
				}
			}
		}
	}
}

// Attention does not look behind the end of a sequence, forward or across, and means are of the places that count.
func TestAttentionOverLengths(t *testing.T) {
	const steps, width = 5, 4
	self := MultiHeadAttention{Heads: 2, Rotary: true}
	block := Transformer{Attention: MultiHeadAttention{Heads: 2, KVHeads: 1, Causal: true}}
	pooled := Seq{Transformer{Attention: self}, GlobalMeanPool{}}
	cross := Func(func(c *Ctx, x *Var) *Var { return block.WithMemory(c, x, x, c.lengths) })
	for name, m := range map[string]Module{"self": self, "block": Transformer{Attention: self}, "pooled": pooled, "cross": cross} {
		together, err := New(ofLengths(m), []int{steps, width}, 3)
		if err != nil {
			t.Fatal(name, err)
		}
		alone, err := New(Func(func(c *Ctx, x *Var) *Var { return c.Call("inner", m, x) }), []int{steps, width}, 3)
		if err != nil {
			t.Fatal(name, err)
		}
		x := tensor.New[float32](len(someLengths), steps, width)
		rng.Normal(rng.New(9, 0), x.Data(), 0, 1)
		got, err := together.Predict(x)
		if err != nil {
			t.Fatal(name, err)
		}
		per := got.Len() / len(someLengths)
		for i, length := range someLengths {
			n := int(length)
			if n == 0 {
				for _, v := range got.Data()[i*per : (i+1)*per] {
					if math.IsNaN(float64(v)) {
						t.Fatalf("%s: NaN for a sequence without places", name)
					}
				}
				continue
			}
			one := tensor.New[float32](1, n, width)
			copy(one.Data(), x.Data()[i*steps*width:])
			want, err := alone.Predict(one)
			if err != nil {
				t.Fatal(name, err)
			}
			for j, w := range want.Data() { // of the places that count
				if v := got.Data()[i*per+j]; math.Abs(float64(v-w)) > 2e-6 {
					t.Fatalf("%s: sequence %d of length %v: number %d is %v, alone %v", name, i, length, j, v, w)
				}
			}
		}
	}
}

// A text that is shorter than the row is read to its end.
func TestLengthsOfCodes(t *testing.T) {
	net, err := New(Seq{Lengths{}, Embedding{Rows: 5, Width: 3}, GRU{Units: 4, Last: true}}, []int{4}, 1)
	if err != nil {
		t.Fatal(err)
	}
	y, err := net.Predict(tensor.FromSlice([]float32{3, 1, -1, -1, 3, 1, -1, 2}, 2, 4))
	if err != nil {
		t.Fatal(err)
	}
	alone, err := New(Seq{Lengths{}, Embedding{Rows: 5, Width: 3}, GRU{Units: 4, Last: true}}, []int{2}, 1) // the same parameters
	if err != nil {
		t.Fatal(err)
	}
	short, err := alone.Predict(tensor.FromSlice([]float32{3, 1}, 1, 2))
	if err != nil {
		t.Fatal(err)
	}
	for j := range 4 {
		if d := y.Row(0)[j] - short.Row(0)[j]; math.Abs(float64(d)) > 1e-6 || y.Row(0)[j] != y.Row(1)[j] {
			t.Errorf("%v, alone %v, with a code behind the end %v", y.Row(0), short.Row(0), y.Row(1))
		}
	}
}

// A net over codes takes texts of any length that its layers do: Positions up to its own.
func TestOtherLengthsOfCodes(t *testing.T) {
	net, err := New(Seq{Embedding{Rows: 5, Width: 4}, Positions{Length: 6, Init: NormalInit{}}, Transformer{Attention: MultiHeadAttention{Heads: 2, Causal: true}}}, []int{6}, 1)
	if err != nil {
		t.Fatal(err)
	}
	long, err := net.Predict(tensor.FromSlice([]float32{1, 2, 3, 4, 0, 1}, 1, 6))
	if err != nil {
		t.Fatal(err)
	}
	short, err := net.Predict(tensor.FromSlice([]float32{1, 2, 3}, 1, 3))
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range short.Data() { // what stands behind a place does not count
		if math.Abs(float64(v-long.Data()[i])) > 1e-5 {
			t.Fatalf("number %d is %v, in a longer text %v", i, v, long.Data()[i])
		}
	}
	if _, err := net.Predict(tensor.New[float32](1, 7)); err == nil {
		t.Error("no error of a text that is longer than Positions")
	}
}

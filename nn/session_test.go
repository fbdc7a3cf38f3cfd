package nn

import (
	"errors"
	"math"
	"runtime"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

// A sequence read in pieces of any length gives what one pass over it gives, to the rounding of products of other heights.
func TestSessionsReadAsOnePass(t *testing.T) {
	const rows, steps, width = 2, 9, 8
	causal := MultiHeadAttention{Heads: 4, Causal: true}
	grouped := MultiHeadAttention{Heads: 4, KVHeads: 2, Causal: true, Rotary: true}
	shared := Transformer{Attention: causal}
	for name, m := range map[string]Module{
		"positions": Seq{Positions{Length: steps, Init: NormalInit{}}, Transformer{Attention: causal}, Transformer{Attention: causal}, Dense{Out: 3}},
		"rotary":    Seq{Transformer{Attention: grouped, RMS: true}, Transformer{Attention: grouped}},
		"waves":     Seq{Sinusoids{}, Transformer{Attention: causal}},
		"shared":    Func(func(c *Ctx, x *Var) *Var { return c.Call("a", shared, c.Call("a", shared, x)) }),
		"LSTM":      Seq{LSTM{Units: 5, Layers: 2}, Dense{Out: 2}},
		"GRU":       GRU{Units: 6, Layers: 2},
		"RNN":       RNN{Units: 6},
		"mixed":     Seq{GRU{Units: width}, Transformer{Attention: grouped}, LSTM{Units: 3}},
	} {
		net, err := New(m, []int{steps, width}, 3)
		if err != nil {
			t.Fatal(name, err)
		}
		x := tensor.New[float32](rows, steps, width)
		rng.Normal(rng.New(9, 0), x.Data(), 0, 1)
		whole, err := net.Predict(x)
		if err != nil {
			t.Fatal(name, err)
		}
		out := whole.Shape()[2]
		s, err := net.NewSession(rows, steps)
		if err != nil {
			t.Fatal(name, err)
		}
		for _, pieces := range [][]int{{9}, {4, 1, 1, 3}, {1, 1, 1, 1, 1, 1, 1, 1, 1}} {
			at := 0
			for _, piece := range pieces {
				part := tensor.New[float32](rows, piece, width)
				for r := range rows {
					copy(part.Data()[r*piece*width:][:piece*width], x.Data()[(r*steps+at)*width:])
				}
				y, err := s.Read(part)
				if err != nil {
					t.Fatal(name, pieces, err)
				}
				for r := range rows {
					for i, v := range y.Data()[r*piece*out:][:piece*out] {
						if want := whole.Data()[(r*steps+at)*out+i]; math.Abs(float64(v-want)) > 2e-6*(1+math.Abs(float64(want))) {
							t.Fatalf("%s in pieces %v: sequence %d, place %d: %v, in one pass %v", name, pieces, r, at, v, want)
						}
					}
				}
				at += piece
			}
			if s.Len() != steps {
				t.Errorf("%s: %d places read", name, s.Len())
			}
			s.Reset()
		}
	}
}

func TestSessionsRefuse(t *testing.T) {
	for name, m := range map[string]Module{
		"attention that looks ahead": MultiHeadAttention{Heads: 2}, "convolution": Conv1D{Out: 2, Kernel: 3}, "two directions": LSTM{Units: 2, Bidirectional: true},
		"mean over places": GlobalMeanPool{}, "decoder": Decoder{Block: Transformer{Attention: MultiHeadAttention{Heads: 2, Causal: true}}, Split: 2},
	} {
		net, err := New(m, []int{4, 4}, 1)
		if err != nil {
			t.Fatal(name, err)
		}
		s, err := net.NewSession(1, 8)
		if err != nil {
			t.Fatal(name, err)
		}
		if _, err := s.Read(tensor.New[float32](1, 3, 4)); !errors.Is(err, ml.ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
	net, err := New(GRU{Units: 2}, []int{4, 4}, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range [][2]int{{0, 1}, {1, 0}} {
		if _, err := net.NewSession(bad[0], bad[1]); !errors.Is(err, ml.ErrConfig) {
			t.Errorf("%v: %v", bad, err)
		}
	}
	s, err := net.NewSession(2, 5)
	if err != nil {
		t.Fatal(err)
	}
	for _, shape := range [][]int{{1, 2, 4}, {2, 6, 4}, {2, 2, 3}, {2, 4}} {
		if _, err := s.Read(tensor.New[float32](shape...)); !errors.Is(err, ml.ErrShape) {
			t.Errorf("%v: %v", shape, err)
		}
	}
	if err := s.ReadInto(make([]float32, 3), tensor.New[float32](2, 1, 4)); !errors.Is(err, ml.ErrShape) {
		t.Error(err)
	}
	if _, err := s.Read(tensor.New[float32](2, 1, 4)); err == nil {
		t.Error("a session that failed went on")
	}
	s.Reset()
	if _, err := s.Read(tensor.New[float32](2, 5, 4)); err != nil {
		t.Error(err)
	}
}

func TestSessionsDoNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	net, err := New(gpt(16, 2, 2, 32), []int{32}, 1)
	if err != nil {
		t.Fatal(err)
	}
	s, err := net.NewSession(1, 32)
	if err != nil {
		t.Fatal(err)
	}
	x, y := tensor.New[float32](1, 1), make([]float32, 65)
	if n := testing.AllocsPerRun(20, func() {
		if err := s.ReadInto(y, x); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations a piece", n)
	}
}

package nprand

import (
	"slices"
	"testing"
)

// The numbers are NumPy 2.4.6's: default_rng(seed), then in this order random_raw(2), random(), uniform(-0.05, 0.05), integers of 10, 1, 300, 7, 3000000001 and
// 13 (the last but one is refused often by Lemire's method), choice(4, p=[.1, .2, .3, .4]), random(), integers(2**32).
func TestNumPysNumbers(t *testing.T) {
	for _, want := range []struct {
		seed, first, second uint64
		random, uniform     float64
		ints                []int
		choice              int
		again               float64
		word                int
	}{
		{0, 11749869230777074271, 4976686463289251617, 0.04097352393619469, -0.04834723644714709, []int{1, 0, 243, 4, 1819907327, 12}, 2, 0.9350724237877682, 3133163871},
		{1, 9441442522235856127, 17532960557476522086, 0.14415961271963373, 0.04486494471372439, []int{2, 0, 93, 6, 1269979346, 3}, 2, 0.5495936876730595, 3554955571},
		{42, 14276969152011380360, 8095878257575067585, 0.8585979199113825, 0.019736802905936393, []int{2, 0, 28, 3, 2926867055, 9}, 3, 0.12811363267554587, 3269070127},
		{4294967301, 14281546376153053393, 8683300866460616067, 0.6958803443421149, 0.03165376458429718, []int{8, 0, 161, 3, 1551888668, 7}, 0, 0.4800151345030179, 902892943},
		{18446744073709551615, 12544278110101001871, 15593249672699323225, 0.007403081599260064, 0.039456812643914735, []int{6, 0, 38, 2, 956515530, 10}, 1, 0.9106503555676262, 2531773043},
	} {
		r := New(want.seed)
		got := want
		got.first, got.second, got.random, got.uniform = r.Uint64(), r.Uint64(), r.Float64(), r.Uniform(-0.05, 0.05)
		got.ints = nil
		for _, n := range []int{10, 1, 300, 7, 3000000001, 13} {
			got.ints = append(got.ints, r.IntN(n))
		}
		got.choice, got.again, got.word = r.Choice([]float64{.1, .2, .3, .4}), r.Float64(), r.IntN(1<<32)
		if !slices.Equal(got.ints, want.ints) || got.first != want.first || got.second != want.second || got.random != want.random || got.uniform != want.uniform ||
			got.choice != want.choice || got.again != want.again || got.word != want.word {
			t.Errorf("seed %d: %v, want %v", want.seed, got, want)
		}
	}
}

func TestSeedAllocatesNothing(t *testing.T) {
	r := New(1)
	if n := testing.AllocsPerRun(10, func() { r.Seed(7); r.Float64() }); n != 0 {
		t.Errorf("%g allocations", n)
	}
}

func BenchmarkSeed(b *testing.B) {
	r := New(1)
	for i := range b.N {
		r.Seed(uint64(i))
	}
}

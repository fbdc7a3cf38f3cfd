package rng

import (
	"math"
	"slices"
	"testing"
)

// A stored model must be reproducible from its seed by a later release and a later Go, so these values never change.
func TestStreamsArePinned(t *testing.T) {
	type stream struct{ seed, task uint64 }
	for s, want := range map[stream][3]uint64{
		{0, 0}:                    {0xb62b4b56a5ade0b5, 0xf2de452ead2b6a25, 0x621a80c15a3c2272},
		{0, 1}:                    {0x6088fff1dd85b984, 0x7b853a7d41514caf, 0xca42969351be5e25},
		{1, 0}:                    {0x8343deb4f425cf49, 0x16ca2c14eb2242ea, 0x80c051731c066e14},
		{math.MaxUint64, 1 << 40}: {0x2295da4e6708bd52, 0xa533381c43b9fea4, 0x94afb9249196d8f3},
	} {
		r := New(s.seed, s.task)
		if got := [3]uint64{r.Uint64(), r.Uint64(), r.Uint64()}; got != want {
			t.Errorf("%v: %#x, want %#x", s, got, want)
		}
	}
	if got, want := Key(7, 1, 2, 3), uint64(0xe9fba137853dae22); got != want {
		t.Errorf("Key: %#x, want %#x", got, want)
	}
	r := New(42, 3)
	if got, want := Perm(r, 10), []int{7, 4, 9, 8, 5, 0, 2, 3, 6, 1}; !slices.Equal(got, want) {
		t.Errorf("Perm: %v, want %v", got, want)
	}
	if got, want := Sample(r, 1000, 5), []int{779, 258, 47, 327, 478}; !slices.Equal(got, want) {
		t.Errorf("Sample: %v, want %v", got, want)
	}
	normal := make([]float64, 3)
	Normal(r, normal, 0, 1)
	if want := []float64{-1.0547432556040666, 0.1477794501037308, 0.18369470634366059}; !slices.Equal(normal, want) {
		t.Errorf("Normal: %v, want %v", normal, want)
	}
}

// SplitMix64's published sequence for state 1234567 (the outputs of Vigna's reference splitmix64.c).
func TestMixIsSplitMix64(t *testing.T) {
	state := uint64(1234567)
	for i, want := range []uint64{6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821} {
		state += gamma
		if got := mix(state); got != want {
			t.Fatalf("output %d: %d, want %d", i, got, want)
		}
	}
}

func TestKeysDiffer(t *testing.T) {
	seen := map[uint64][3]uint64{}
	for seed := range uint64(20) {
		for a := range uint64(40) {
			for b := range uint64(40) {
				k := Key(seed, a, b)
				if was, dup := seen[k]; dup {
					t.Fatalf("Key(%d, %d, %d) = Key%v", seed, a, b, was)
				}
				seen[k] = [3]uint64{seed, a, b}
			}
		}
	}
}

// Neighbouring tasks must not be correlated: the reason the package exists. With 4000 pairs the correlation of
// independent uniform streams has a standard error of 0.016; 0.08 is five of them.
func TestNeighboursAreUncorrelated(t *testing.T) {
	const n = 4000
	for task := range uint64(20) {
		a, b := New(5, task), New(5, task+1)
		sum := 0.0
		for range n {
			sum += (a.Float64() - 0.5) * (b.Float64() - 0.5) * 12
		}
		if c := sum / n; math.Abs(c) > 0.08 {
			t.Errorf("tasks %d and %d: correlation %v", task, task+1, c)
		}
	}
}

func TestSample(t *testing.T) {
	for _, c := range []struct{ n, k, want int }{{0, 0, 0}, {0, 3, 0}, {5, 9, 5}, {5, -1, 0}, {1000, 3, 3}, {1000, 125, 125}, {1000, 126, 126}, {16, 2, 2}} {
		p := Sample(New(1, 2), c.n, c.k)
		if len(p) != c.want {
			t.Fatalf("%+v: %d numbers", c, len(p))
		}
		sorted := slices.Clone(p)
		slices.Sort(sorted)
		if len(slices.Compact(sorted)) != c.want || (c.want > 0 && (sorted[0] < 0 || slices.Max(p) >= c.n)) {
			t.Fatalf("%+v: %v", c, p)
		}
	}
}

// Both storage forms of Sample are the same algorithm, so they agree number for number; and every number is equally
// likely at every place (24000 draws of 2 out of 16: expected 1500 per cell, standard error 37.5, bound at 5.5 of them).
func TestSampleIsUniform(t *testing.T) {
	const n, draws = 16, 24000
	r := New(9, 9)
	var count [2][n]int
	for range draws {
		for place, v := range Sample(r, n, 2) {
			count[place][v]++
		}
	}
	for place := range count {
		for v, c := range count[place] {
			if math.Abs(float64(c)-draws/n) > 206 {
				t.Errorf("place %d, value %d: %d draws", place, v, c)
			}
		}
	}
	if got, want := Sample(New(3, 3), 80, 10), partialShuffle(80, 10); !slices.Equal(got, want) {
		t.Errorf("sparse %v, dense %v", got, want)
	}
}

// partialShuffle is the dense partial Fisher-Yates written out.
func partialShuffle(n, k int) []int {
	r := New(3, 3)
	p := make([]int, n)
	for i := range p {
		p[i] = i
	}
	for i := range k {
		j := i + int(r.Uint64N(uint64(n-i)))
		p[i], p[j] = p[j], p[i]
	}
	return p[:k]
}

func TestShuffleIsUniform(t *testing.T) {
	r := New(4, 4)
	const draws = 24000
	count := map[[4]int]int{}
	for range draws {
		count[[4]int(Perm(r, 4))]++
	}
	for p, c := range count { // 24 orders, 1000 each, standard error 31
		if math.Abs(float64(c)-1000) > 170 {
			t.Errorf("%v: %d", p, c)
		}
	}
	if len(count) != 24 {
		t.Errorf("%d of 24 orders", len(count))
	}
}

func TestFills(t *testing.T) {
	wide, narrow := make([]float64, 2000), make([]float32, 2000)
	Normal(New(1, 1), wide, 3, 2)
	Normal(New(1, 1), narrow, 3, 2)
	mean, sq := 0.0, 0.0
	for i, v := range wide {
		if narrow[i] != float32(v) {
			t.Fatalf("value %d: %v against %v", i, narrow[i], v)
		}
		mean += v / 2000
		sq += (v - 3) * (v - 3) / 2000
	}
	if math.Abs(mean-3) > 0.25 || math.Abs(sq-4) > 0.7 { // 5 standard errors: 0.22 and 0.63
		t.Errorf("mean %v, variance %v", mean, sq)
	}
	Uniform(New(1, 1), wide, -1, 1)
	if slices.Min(wide) < -1 || slices.Max(wide) >= 1 || slices.Max(wide) < 0.9 || slices.Min(wide) > -0.9 {
		t.Errorf("range %v .. %v", slices.Min(wide), slices.Max(wide))
	}
}

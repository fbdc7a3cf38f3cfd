package kern

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
)

// Every cut by brute force: the score and the lowest code that has it must be the same bits.
func TestCutterTriesAllCuts(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 2))
		var c Cutter
		for n := 1; n <= CutRows; n++ {
			for _, span := range []uint32{1, 3, 50, 1 << 31} {
				for range 4 {
					total, ones, least := uint32(0), uint32(0), uint32(1+r.IntN(4))
					for i := range n {
						w := uint32(1 + r.IntN(3)*r.IntN(200))
						c.Codes[i], c.Pairs[i] = r.Uint32N(span), w
						total += w
						if r.IntN(2) == 1 {
							c.Pairs[i], ones = w|w<<16, ones+w
						}
					}
					codes := slices.Clone(c.Codes[:n])
					slices.Sort(codes)
					want, at := -1.0, uint32(math.MaxUint32)
					for _, code := range codes {
						w, o := int64(0), int64(0)
						for i := range n {
							if c.Codes[i] <= code {
								w += int64(c.Pairs[i] & 0xffff)
								o += int64(c.Pairs[i] >> 16)
							}
						}
						if rest := int64(total) - w; w >= int64(least) && rest >= int64(least) {
							d := float64(o*int64(total) - w*int64(ones))
							if s := float64(d*d) / float64(w*rest); s > want {
								want, at = s, code
							}
						}
					}
					if score, code := c.Best(n, total, ones, least); score != want || score >= 0 && code != at {
						t.Fatalf("%d rows of %d codes: %v at %d, want %v at %d", n, span, score, code, want, at)
					}
				}
			}
		}
	})
}

func TestGatherRangeAndSumBelow(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(3, 4))
		src := make([]float64, 500)
		for i := range src {
			src[i] = r.NormFloat64()
		}
		for _, n := range []int{1, 2, 7, 8, 9, 15, 16, 17, 100, sweep - 1, sweep, sweep + 9, 2*sweep + 3} {
			at, dst, v := make([]int32, n), make([]float64, n), make([]uint64, n)
			for i := range at {
				at[i], v[i] = int32(r.IntN(len(src))), r.Uint64()
			}
			low, high := GatherRange(dst, src, at)
			for i, p := range at {
				if dst[i] != src[p] {
					t.Fatalf("n %d: number %d is %v, want %v", n, i, dst[i], src[p])
				}
			}
			if low != slices.Min(dst) || high != slices.Max(dst) {
				t.Fatalf("n %d: %v to %v, want %v to %v", n, low, high, slices.Min(dst), slices.Max(dst))
			}
			for _, bound := range []float64{low, dst[n/2], 0, high, math.Inf(-1)} {
				count, sum := 0, uint64(0)
				for i, a := range dst {
					if a <= bound {
						count++
						sum += v[i]
					}
				}
				bits := make([]uint8, (n+7)/8)
				if c, s := SumBelow(dst, bound, v, bits); c != count || s != sum {
					t.Fatalf("n %d, up to %v: %d and %d, want %d and %d", n, bound, c, s, count, sum)
				}
				var rows []int32
				var pairs []uint64
				for _, side := range []bool{true, false} {
					for i, a := range dst {
						if (a <= bound) == side {
							rows, pairs = append(rows, at[i]), append(pairs, v[i])
						}
					}
				}
				gotRows, gotPairs := slices.Clone(at), slices.Clone(v)
				left := PartBits(gotRows, gotPairs, bits, make([]int32, n), make([]uint64, n))
				if left != count || !slices.Equal(gotRows, rows) || !slices.Equal(gotPairs, pairs) {
					t.Fatalf("n %d, up to %v: parted at %d, want %d", n, bound, left, count)
				}
			}
		}
	})
}

func BenchmarkCutter(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	var c Cutter
	for i := range c.Codes {
		c.Codes[i], c.Pairs[i] = r.Uint32N(50000), 1|r.Uint32N(2)<<16
	}
	codes := c.Codes
	for _, n := range []int{4, 8, 16, 32, 64, 128} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			ones := uint32(0)
			for _, p := range c.Pairs[:n] {
				ones += p >> 16
			}
			for b.Loop() {
				copy(c.Codes[:n], codes[:n])
				c.Best(n, uint32(n), ones, 1)
			}
		})
	}
}

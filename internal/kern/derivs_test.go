package kern

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func derivsOf(r *rand.Rand, n int) (grad, hess []float32) {
	grad, hess = make([]float32, n), make([]float32, n)
	for i := range grad {
		grad[i], hess[i] = float32(r.NormFloat64()), float32(r.Float64())
		if r.IntN(8) == 0 {
			hess[i] = float32(math.Copysign(0, -1))
		}
	}
	return grad, hess
}

func TestSpread(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 2))
		for _, n := range []int{0, 1, 15, 16, 17, 100, spreadCall, 2*spreadCall + 5} {
			grad, hess := derivsOf(r, n)
			for _, x := range [][]float32{grad, hess} {
				got, want := SpreadOf(x), Spread{Least: 1<<32 - 1}
				most := float32(0)
				for rest := x; len(rest) > 0; rest = rest[min(len(rest), spreadCall):] {
					var sums, squares [boundLanes]float64
					for i, v := range rest[:min(len(rest), spreadCall)] {
						sums[i%boundLanes] += float64(v)
						squares[i%boundLanes] += float64(float64(v) * float64(v))
					}
					want.Sum += joinSums(sums[:])
					want.Squares += joinSums(squares[:])
				}
				for _, v := range x {
					most = max(most, max(v, -v))
					want.Most, want.Least = max(want.Most, math.Float32bits(v+0)), min(want.Least, math.Float32bits(v+0))
				}
				want.Size = math.Float32bits(most)
				require.Equal(t, want, got, "%d numbers", n)
				require.True(t, got.Finite())
				require.Equal(t, n == 0 || &x[0] == &hess[0] || !slices.ContainsFunc(x, func(v float32) bool { return v < 0 }), got.Positive(), "%d numbers", n)
			}
			for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
				if n > 0 {
					x := slices.Clone(hess)
					x[r.IntN(n)] = float32(bad)
					s := SpreadOf(x)
					require.False(t, s.Finite(), "%v among %d numbers", bad, n)
					require.False(t, s.Positive(), "%v among %d numbers", bad, n)
				}
			}
			if n > 0 {
				x := slices.Clone(hess)
				x[r.IntN(n)] = -1e-45
				s := SpreadOf(x)
				require.True(t, s.Finite())
				require.False(t, s.Positive())
			}
		}
	})
}

func TestPack(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 3))
		for _, n := range []int{0, 1, 7, 8, 9, 100, sweep + 11} {
			grad, hess := derivsOf(r, n)
			for i := range grad {
				grad[i] = max(-4, min(4, grad[i]))
			}
			p := Packing{Key: r.Uint64(), GradScale: 512, HessScale: 1024, Above: 1 << 13, HessShift: 14, GradShift: 38}
			for _, first := range []int{0, 1, 1<<31 - 1 - n} {
				got, want := make([]int64, n), make([]int64, n)
				p.Pack(got, grad, hess, first)
				for i := range want {
					want[i] = p.One(grad[i], hess[i], first+i)
					g, h := want[i]>>38, want[i]>>14&(1<<24-1)
					require.InDelta(t, float64(grad[i])*p.GradScale, float64(g), 1)
					require.InDelta(t, float64(hess[i])*p.HessScale, float64(h), 1)
					require.EqualValues(t, 1, want[i]&(1<<14-1))
				}
				require.Equal(t, want, got, "%d rows from %d on", n, first)
			}
		}
	})
}

func TestLogisticDerivatives(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 4))
		targets := [2]float64{0.05, 0.95}
		for _, n := range []int{0, 1, 7, 8, 9, 100, sweep + 11} {
			p, y := make([]float64, n), make([]int, n)
			for i := range p {
				p[i], y[i] = r.Float64(), r.IntN(2)
			}
			grad, hess := make([]float32, n), make([]float32, n)
			LogisticDerivatives(grad, hess, p, y, &targets)
			for i := range p {
				require.Equal(t, float32(p[i]-targets[y[i]]), grad[i])
				require.Equal(t, float32(p[i]*(1-p[i])), hess[i])
			}
		}
	})
}

func TestDivide(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 5))
		for _, n := range []int{0, 1, 15, 16, 17, 33, 1000, 2*sweep + 19} {
			codes := make([]uint8, 2*n+1+DividePad)
			for i := range codes {
				codes[i] = uint8(r.Uint32())
			}
			rows := make([]int32, 0, n)
			for i := range int32(2*n + 1) {
				if len(rows) < n && r.IntN(2) == 0 {
					rows = append(rows, i)
				}
			}
			if len(rows) > 0 {
				rows[len(rows)-1] = int32(2 * n)
			}
			for _, share := range []int{0, 1, 2, 200, 1 << 20} {
				var left [8]uint32
				for c := range 256 {
					if share > 0 && r.IntN(share) == 0 {
						left[c>>5] |= 1 << (c & 31)
					}
				}
				var in, out []int32
				for _, v := range rows {
					if c := codes[v]; left[c>>5]>>(c&31)&1 != 0 {
						in = append(in, v)
					} else {
						out = append(out, v)
					}
				}
				got, right := slices.Clone(rows), make([]int32, len(rows))
				k := Divide(got, right, codes, &left)
				require.Equal(t, len(in), k, "%d rows", n)
				require.True(t, slices.Equal(in, got[:k]), "%d rows", n)
				require.True(t, slices.Equal(out, right[:len(rows)-k]), "%d rows", n)
			}
		}
	})
}

func BenchmarkDivide(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 6))
	const n = 1 << 20
	codes := make([]uint8, n+DividePad)
	for i := range codes {
		codes[i] = uint8(r.Uint32())
	}
	for _, every := range []int{1, 4, 16} {
		b.Run("1-"+string(rune('0'+every%10)), func(b *testing.B) {
			var rows []int32
			for i := range int32(n) {
				if r.IntN(every) == 0 {
					rows = append(rows, i)
				}
			}
			left := [8]uint32{0xffffffff, 0xffffffff, 0xffffffff, 0xffff}
			at, right := make([]int32, len(rows)), make([]int32, len(rows))
			for _, generic := range []bool{false, true} {
				name := "vector"
				if generic {
					name = "generic"
				}
				b.Run(name, func(b *testing.B) {
					for b.Loop() {
						copy(at, rows)
						if generic {
							divideGeneric(at, right, at, codes, &left)
						} else {
							Divide(at, right, codes, &left)
						}
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(rows)), "ns/row")
				})
			}
		})
	}
}

package kern

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// laneCase is random numbers for the kernels of lanes.
type laneCase struct {
	k, n          int
	src, sum, phi []float64
	c, d          Choice
	both, lost    uint64
}

func newLaneCase(r *rand.Rand, k, n int) laneCase {
	random := func(n int) []float64 {
		out := make([]float64, n)
		for i := range out {
			out[i] = r.NormFloat64()
		}
		return out
	}
	x := laneCase{k: k, n: n, src: random(k * Lanes), sum: random(k * Lanes), phi: random(Lanes), c: random(3 * k), d: random(2 * k)}
	x.both = r.Uint64() & r.Uint64()
	x.lost = r.Uint64() &^ x.both
	return x
}

// lane is what the kernels do, for one lane.
func (x laneCase) lane(r int) (scaled, leaf, lift []float64, phiLeaf, phiLift, phiDot float64) {
	at := 2
	if x.both>>r&1 != 0 {
		at = 0
	} else if x.lost>>r&1 != 0 {
		at = 1
	}
	phiLeaf, phiLift, phiDot = x.phi[r], x.phi[r], x.phi[r]
	for q := range x.k {
		v, s := x.src[q*Lanes+r], x.sum[q*Lanes+r]
		d := 0.0
		if at < 2 {
			d = x.d[at*x.k+q]
		}
		product := float64(v * x.c[at*x.k+q])
		scaled, leaf, lift = append(scaled, product), append(leaf, s+product), append(lift, s+v)
		phiLeaf += float64(product * d)
		phiLift += float64(v * d)
		phiDot += product
	}
	return scaled, leaf, lift, phiLeaf, phiLift, phiDot
}

func TestLanes(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 2))
		for _, k := range []int{1, 2, 3, 4, 8, 13} {
			for n := 8; n <= Lanes; n += 8 {
				x := newLaneCase(r, k, n)
				scaled, leaf, lift := slices.Clone(x.sum), slices.Clone(x.sum), slices.Clone(x.sum)
				phiLeaf, phiLift, phiDot := slices.Clone(x.phi), slices.Clone(x.phi), slices.Clone(x.phi)
				ScaleLanes(scaled, x.src, k, n, x.both, x.lost, x.c)
				LeafLanes(leaf, phiLeaf, x.src, k, n, x.both, x.lost, x.c, x.d)
				LiftLanes(lift, phiLift, x.src, k, n, x.both, x.lost, x.d)
				DotLanes(phiDot, x.src, k, n, x.both, x.lost, x.c)
				for lane := range Lanes {
					if lane >= n { // untouched
						for q := range k {
							for _, y := range [][]float64{scaled, leaf, lift} {
								require.Equal(t, x.sum[q*Lanes+lane], y[q*Lanes+lane])
							}
						}
						require.Equal(t, [3]float64{x.phi[lane], x.phi[lane], x.phi[lane]}, [3]float64{phiLeaf[lane], phiLift[lane], phiDot[lane]})
						continue
					}
					s, le, li, a, b, c := x.lane(lane)
					for q := range k {
						require.Equal(t, [3]float64{s[q], le[q], li[q]}, [3]float64{scaled[q*Lanes+lane], leaf[q*Lanes+lane], lift[q*Lanes+lane]})
					}
					require.Equal(t, [3]float64{a, b, c}, [3]float64{phiLeaf[lane], phiLift[lane], phiDot[lane]})
				}
			}
		}
	})
}

func TestCompareLanes(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(3, 4))
		x := make([]float64, Lanes)
		for i := range x {
			x[i] = float64(r.IntN(5))
		}
		x[3], x[17], x[18], x[40] = math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1)
		for _, bound := range []float64{0, 2, -1, 7, math.Inf(1), math.Inf(-1)} {
			for i, v := range x {
				require.Equal(t, v < bound, CompareLanes(x, bound, false)>>i&1 != 0)
				require.Equal(t, v <= bound, CompareLanes(x, bound, true)>>i&1 != 0)
			}
		}
	})
}

func TestBoxLanes(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(5, 6))
		for _, k := range []int{0, 1, 2, 7, 20} {
			src, lo, hi := make([]float64, k*Lanes), make([]float64, k), make([]float64, k)
			for i := range src {
				src[i] = r.NormFloat64()
			}
			for j := range k {
				lo[j] = r.NormFloat64()
				hi[j] = lo[j] + r.Float64()
			}
			var got [Lanes]float64
			got[0] = 7
			BoxLanes(&got, src, lo, hi)
			for lane, v := range got {
				want := 0.0
				for j := range k {
					out := max(lo[j]-src[j*Lanes+lane], src[j*Lanes+lane]-hi[j], 0)
					want += float64(out * out)
				}
				require.Equal(t, want, v)
			}
		}
	})
}

// A twin's kernel does what those of an edge, two leaves and the way up do one after the other.
func TestTwinLanes(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(7, 8))
		for _, k := range []int{1, 2, 3, 4, 9} {
			for n := 8; n <= Lanes; n += 8 {
				x, left, own := newLaneCase(r, k, n), r.Uint64(), make([]float64, Lanes)
				twins := make(Twins, 9*k)
				for i := range twins {
					twins[i] = r.NormFloat64()
				}
				sum, phi, mine := slices.Clone(x.sum), slices.Clone(x.phi), slices.Clone(own)
				TwinLanes(sum, phi, mine, x.src, k, n, x.both, x.lost, left, twins)
				for lane := range Lanes {
					wantPhi, wantOwn := x.phi[lane], own[lane]
					for q := range k {
						want := x.sum[q*Lanes+lane]
						if lane < n {
							c := twins[9*q:]
							at, side := pick(lane, x.both, x.lost), 1-int(left>>lane&1)
							v := float64(x.src[q*Lanes+lane] * c[at])
							s := float64(v * c[3+side])
							want += s
							if at < 2 {
								wantPhi += float64(s * c[7+at])
							}
							wantOwn += float64(v * c[5+side])
						}
						require.Equal(t, want, sum[q*Lanes+lane])
					}
					require.Equal(t, [2]float64{wantPhi, wantOwn}, [2]float64{phi[lane], mine[lane]})
				}
			}
		}
	})
}

func TestSpreadLanes(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(5, 6))
		words := make([]uint64, 16)
		for i := range words {
			words[i] = r.Uint64()
		}
		for n := range len(words) + 1 {
			var got [Lanes]uint16
			got[5] = 0xffff
			SpreadLanes(&got, words[:n])
			for lane, v := range got {
				want := uint16(0)
				for u, w := range words[:n] {
					want |= uint16(w>>lane&1) << u
				}
				require.Equal(t, want, v)
			}
		}
	})
}

func TestLanesRefuse(t *testing.T) {
	require.Panics(t, func() { SpreadLanes(&[Lanes]uint16{}, make([]uint64, 17)) })
	c := make(Choice, 6)
	room := make([]float64, 2*Lanes)
	require.Panics(t, func() { ScaleLanes(room, room, 2, 7, 0, 0, c) })
	require.Panics(t, func() { ScaleLanes(room, room, 2, 72, 0, 0, c) })
	require.Panics(t, func() { ScaleLanes(room, room, 2, 8, 0, 0, c[:5]) })
	require.Panics(t, func() { ScaleLanes(room, room[:Lanes], 2, 8, 0, 0, c) })
}

package kern

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// histRows makes rows of codes with a few bytes between them, and values.
func histRows(r *rand.Rand, n, cols, extra int) (codes []uint8, stride int, vals []int64) {
	stride = cols + extra
	codes = make([]uint8, n*stride)
	for i := range codes {
		codes[i] = uint8(r.IntN(256))
		if i%3 == 0 {
			codes[i] /= 64 // the same cells again and again
		}
	}
	vals = make([]int64, 2*n)
	for i := range vals {
		vals[i] = r.Int64() - 1<<62
	}
	return codes, stride, vals
}

func TestHistCounts(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 1))
		for _, cols := range []int{4, 8, 12, 16, 20, 28, 32, 36, 60} {
			for _, n := range []int{1, 2, 15, 16, 17, 40} {
				codes, stride, vals := histRows(r, n, cols, r.IntN(2)*4)
				list := make([]int32, 1+r.IntN(2*n))
				for i := range list {
					list[i] = int32(r.IntN(n))
				}
				for _, rows := range [][]int32{nil, list} {
					got, want := make([]int64, (cols+1)*HistBins), make([]int64, (cols+1)*HistBins)
					HistPacked(got[:cols*HistBins], codes, stride, cols, rows, n, vals)
					k := n
					if rows != nil {
						k = len(rows)
					}
					histPackedGeneric(want, codes, stride, cols, rows, k, vals)
					if !slices.Equal(got, want) {
						t.Fatalf("HistPacked: %d rows of %d columns, list %v", n, cols, rows != nil)
					}
					got, want = make([]int64, (2*cols+1)*HistBins), make([]int64, (2*cols+1)*HistBins)
					HistPair(got[:2*cols*HistBins], codes, stride, cols, rows, n, vals)
					histPairGeneric(want, codes, stride, cols, rows, k, vals)
					if !slices.Equal(got, want) {
						t.Fatalf("HistPair: %d rows of %d columns, list %v", n, cols, rows != nil)
					}
				}
			}
		}
	})
}

func TestHistWiden(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 2))
		for _, l := range []HistLayout{{14, 24, 43}, {14, 0, 49}, {13, 20, 33}} {
			packed, wide := make([]int64, 3*HistBins), make([]int64, 6*HistBins)
			var sum, count, hess int64
			for i := range packed {
				p := r.Int64() - r.Int64()
				packed[i] = p
				sum += p >> (l.CountBits + l.HessBits)
				count += p & (1<<l.CountBits - 1)
				hess += p >> l.CountBits & (1<<l.HessBits - 1)
			}
			for i := range wide {
				wide[i] = int64(i)
			}
			again := slices.Clone(wide)
			other := slices.Clone(packed)
			HistWiden(wide, packed, l)
			histWidenGeneric(again, other, l)
			if !slices.Equal(wide, again) || slices.ContainsFunc(packed, func(v int64) bool { return v != 0 }) {
				t.Fatalf("HistWiden: %+v", l)
			}
			for c := range 3 {
				for i := range HistBins {
					sum -= wide[c*2*HistBins+i] - int64(c*2*HistBins+i)
					both := wide[c*2*HistBins+HistBins+i] - int64(c*2*HistBins+HistBins+i)
					count -= both >> l.CountShift
					hess -= both & (1<<l.CountShift - 1)
				}
			}
			if sum != 0 || count != 0 || hess != 0 {
				t.Fatalf("%+v: HistWiden loses %d, %d and %d", l, sum, hess, count)
			}
		}
	})
}

func TestHistJoin(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		for n := range 70 {
			x, y := make([]int64, n), make([]int64, n)
			for i := range x {
				x[i], y[i] = int64(i*i), int64(7*i)
			}
			HistAdd(x, y)
			HistAdd(x, y)
			HistSub(x, y)
			for i, v := range x {
				if v != int64(i*i+7*i) {
					t.Fatalf("%d cells: cell %d is %d", n, i, v)
				}
			}
		}
	})
}

// The scan finds the same cut and the same bits of its gain at every level.
func TestHistScan(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 3))
		for trial := range 400 {
			bins := 1 + r.IntN(HistBins)
			cells := make([]int64, 2*HistBins)
			s := HistScanner{GradUnit: 0x1p-12, HessUnit: 0x1p-11, L2: float64(r.IntN(2)) * 0.3, MinHess: float64(r.IntN(2)) * 1e-3, CountShift: 40, MinCount: 1 + int64(r.IntN(3)*20)}
			if trial%4 == 0 {
				s.HessUnit, s.HessEach = 0, 1
			}
			var startGrad, startHess int64
			for i := range cells[:HistBins] {
				if n := int64(r.IntN(6)); trial%3 > 0 || n > 3 {
					cells[i] = (r.Int64N(9) - 4) * n << (trial % 24)
					cells[HistBins+i] = n<<40 + n*r.Int64N(2048)
				}
				if i < bins || trial%2 == 0 {
					s.Grad += cells[i]
					s.Hess += cells[HistBins+i]
				}
			}
			if trial%5 == 0 {
				startGrad, startHess = 12345, 40<<40+999
				s.Grad += startGrad
				s.Hess += startHess
			}
			gain, cut := s.Best(cells, bins, startGrad, startHess)
			wantGain, want := histScanGeneric(&s, cells, bins, startGrad, startHess)
			if gain != wantGain || cut != want {
				t.Fatalf("trial %d, %d bins: gain %v at %d, want %v at %d", trial, bins, gain, cut, wantGain, want)
			}
		}
	})
}

func BenchmarkHistPacked(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 4))
	const n, cols = 8128, 28
	codes, stride, vals := histRows(r, n, cols, 4)
	list := make([]int32, n)
	for i := range list {
		list[i] = int32(i)
	}
	hist := make([]int64, cols*HistBins)
	for _, rows := range [][]int32{nil, list} {
		b.Run(fmt.Sprint("list", rows != nil), func(b *testing.B) {
			for b.Loop() {
				HistPacked(hist, codes, stride, cols, rows, n, vals)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n/cols, "ns/update")
		})
	}
}

func BenchmarkHistScan(b *testing.B) {
	cells := make([]int64, 2*HistBins)
	s := HistScanner{GradUnit: 1, HessEach: 1, CountShift: 40, MinCount: 1}
	for i := range HistBins {
		cells[i], cells[HistBins+i] = int64(i%7-3), 5<<40
		s.Grad += cells[i]
		s.Hess += cells[HistBins+i]
	}
	for b.Loop() {
		s.Best(cells, 255, 0, 0)
	}
}

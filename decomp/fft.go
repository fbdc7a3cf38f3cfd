package decomp

import (
	"math"
	"math/bits"

	"github.com/gopherwood-ml/ml/internal/par"
)

// fft is the Fourier transform of a size that is a power of two (Cooley and Tukey, Mathematics of Computation 19, 1965), of lines that lie side by side.
type fft struct {
	n        int
	cos, sin []float64 // of -2πk/n, for k < n/2
	turned   []int32   // numbers with their bits in reverse
}

func newFFT(n int) *fft {
	f := &fft{n: n, cos: make([]float64, n/2), sin: make([]float64, n/2), turned: make([]int32, n)}
	for k := range f.cos {
		f.sin[k], f.cos[k] = math.Sincos(-2 * math.Pi * float64(k) / float64(n))
	}
	shift := 64 - (bits.Len(uint(n)) - 1)
	for k := range f.turned {
		if n > 1 {
			f.turned[k] = int32(bits.Reverse64(uint64(k)) >> shift)
		}
	}
	return f
}

const fftLanes = 8 // lines together

// lines transforms count lines, in place: element k of line l is at l·line + k·step of re and im.
func (f *fft) lines(re, im []float64, count, line, step int) {
	if f.n == 1 {
		return
	}
	blocks := (count + fftLanes - 1) / fftLanes
	par.For(blocks, f.n*fftLanes*bits.Len(uint(f.n)), func(lo, hi int) {
		a, b := make([]float64, f.n*fftLanes), make([]float64, f.n*fftLanes)
		for block := lo; block < hi; block++ {
			first := block * fftLanes
			lanes := min(fftLanes, count-first)
			for k := range f.n {
				at := int(f.turned[k]) * fftLanes
				for l := range lanes {
					from := (first+l)*line + k*step
					a[at+l], b[at+l] = re[from], im[from]
				}
			}
			f.run(a, b)
			for k := range f.n {
				for l := range lanes {
					to := (first+l)*line + k*step
					re[to], im[to] = a[k*fftLanes+l], b[k*fftLanes+l]
				}
			}
		}
	})
}

type fftLane = [fftLanes]float64

// run transforms lanes whose elements are in the order of turned bits, two steps at a time.
func (f *fft) run(a, b []float64) {
	half := 1
	if bits.Len(uint(f.n))%2 == 0 { // an odd number of steps: one alone
		for k := 0; k < f.n; k += 2 {
			x, y := (*fftLane)(a[k*fftLanes:]), (*fftLane)(b[k*fftLanes:])
			u, v := (*fftLane)(a[(k+1)*fftLanes:]), (*fftLane)(b[(k+1)*fftLanes:])
			for l := range fftLanes {
				x[l], u[l] = x[l]+u[l], x[l]-u[l]
				y[l], v[l] = y[l]+v[l], y[l]-v[l]
			}
		}
		half = 2
	}
	for ; half < f.n; half *= 4 {
		for k := range half {
			c1, s1 := f.cos[k*(f.n/(2*half))], f.sin[k*(f.n/(2*half))]
			c2, s2 := f.cos[k*(f.n/(4*half))], f.sin[k*(f.n/(4*half))]
			for from := k; from < f.n; from += 4 * half {
				r0, i0 := (*fftLane)(a[from*fftLanes:]), (*fftLane)(b[from*fftLanes:])
				r1, i1 := (*fftLane)(a[(from+half)*fftLanes:]), (*fftLane)(b[(from+half)*fftLanes:])
				r2, i2 := (*fftLane)(a[(from+2*half)*fftLanes:]), (*fftLane)(b[(from+2*half)*fftLanes:])
				r3, i3 := (*fftLane)(a[(from+3*half)*fftLanes:]), (*fftLane)(b[(from+3*half)*fftLanes:])
				for l := range fftLanes {
					tr, ti := float64(c1*r1[l])-float64(s1*i1[l]), float64(c1*i1[l])+float64(s1*r1[l])
					ar, ai, br, bi := r0[l]+tr, i0[l]+ti, r0[l]-tr, i0[l]-ti
					tr, ti = float64(c1*r3[l])-float64(s1*i3[l]), float64(c1*i3[l])+float64(s1*r3[l])
					cr, ci, dr, di := r2[l]+tr, i2[l]+ti, r2[l]-tr, i2[l]-ti
					tr, ti = float64(c2*cr)-float64(s2*ci), float64(c2*ci)+float64(s2*cr)
					r0[l], i0[l], r2[l], i2[l] = ar+tr, ai+ti, ar-tr, ai-ti
					tr, ti = float64(c2*dr)-float64(s2*di), float64(c2*di)+float64(s2*dr)
					r1[l], i1[l], r3[l], i3[l] = br+ti, bi-tr, br-ti, bi+tr // times -i
				}
			}
		}
	}
}

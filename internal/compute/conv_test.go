package compute

import (
	"fmt"
	"math"
	"math/rand/v2"

	"runtime"
	"testing"

	"github.com/gopherwood-ml/ml/internal/rng"
)

// wide is a Buf of random numbers of the given engine, and the same numbers as the engine has them, in float64.
func wide(e Engine, r *rand.Rand, n int) (Buf, []float64) {
	x := make([]float64, n)
	rng.Normal(r, x, 0, 1)
	b := e.New(n)
	e.PutWide(b, x)
	e.GetWide(x, b)
	return b, x
}

func read(e Engine, b Buf) []float64 {
	x := make([]float64, b.Len())
	e.GetWide(x, b)
	return x
}

// agree compares relative to the largest number, or to 1.
func agree(t *testing.T, got, want []float64, tol float64, what string) {
	t.Helper()
	most := 1.0 // what is 0 comes from numbers around 1
	for _, w := range want {
		most = max(most, math.Abs(w))
	}
	for i, w := range want {
		if !(math.Abs(got[i]-w) <= tol*most) {
			t.Errorf("%s: [%d] is %g, want %g (the largest is %g)", what, i, got[i], w, most)
			return
		}
	}
}

// engines with what rounding may cost: sums here have up to some thousands of terms, whose errors add up as their root.
var engines = []struct {
	name string
	e    Engine
	tol  float64
}{{"float64", CPU64, 1e-13}, {"float32", CPU32, 3e-5}}

// taps calls f for every pair of a place that comes out and one that goes in with the tap between them, straight from the definition.
func taps(s *ConvShape, f func(n, out, in, tap int)) {
	for n := range s.N {
		for p := range s.Pixels() {
			at := [3]int{p / (s.Size[2] * s.Size[1]), p / s.Size[2] % s.Size[1], p % s.Size[2]}
			for k := range s.Taps() {
				tap := [3]int{k / (s.Kernel[2] * s.Kernel[1]), k / s.Kernel[2] % s.Kernel[1], k % s.Kernel[2]}
				in, inside := 0, true
				for i := range 3 {
					x := at[i]*s.Stride[i] - s.Before[i] + tap[i]*s.Dilation[i]
					inside = inside && x >= 0 && x < s.In[i]
					in = in*s.In[i] + x
				}
				if inside {
					f(n, n*s.Pixels()+p, n*s.places()+in, k)
				}
			}
		}
	}
}

// each calls f for every product of a convolution: the numbers of its terms in y, x and w.
func each(s *ConvShape, f func(y, x, w int)) {
	per, outs := s.C/s.Groups, s.Out/s.Groups
	taps(s, func(_, out, in, tap int) {
		for o := range s.Out {
			for c := range per {
				f(out*s.Out+o, in*s.C+o/outs*per+c, (tap*per+c)*s.Out+o)
			}
		}
	})
}

// geometry works out what comes out of images with zeros before and after.
func geometry(n, c, out, groups int, in, kernel, stride, dilation, before, after [3]int) *ConvShape {
	s := &ConvShape{N: n, C: c, Out: out, Groups: groups, In: in, Kernel: kernel, Stride: stride, Dilation: dilation, Before: before}
	for i := range 3 {
		s.Size[i] = (in[i]+before[i]+after[i]-(kernel[i]-1)*dilation[i]-1)/stride[i] + 1
	}
	return s
}

func shapes() []*ConvShape {
	one, none := [3]int{1, 1, 1}, [3]int{}
	list := []*ConvShape{
		geometry(3, 8, 5, 1, [3]int{1, 9, 11}, one, one, one, none, none),                                                            // plain
		geometry(3, 8, 5, 1, [3]int{1, 9, 11}, one, [3]int{1, 2, 3}, one, none, none),                                                // of one tap, but with strides
		geometry(3, 1, 6, 1, [3]int{1, 28, 28}, [3]int{1, 5, 5}, one, one, none, none),                                               // by tap
		geometry(2, 1, 4, 1, [3]int{1, 13, 70}, [3]int{1, 3, 4}, [3]int{1, 2, 1}, [3]int{1, 1, 3}, [3]int{0, 1, 2}, [3]int{0, 0, 3}), // by tap, framed
		geometry(9, 16, 17, 1, [3]int{1, 12, 40}, [3]int{1, 3, 3}, one, one, [3]int{0, 1, 1}, [3]int{0, 1, 1}),                       // Winograd, several stretches
		geometry(2, 18, 16, 1, [3]int{1, 9, 7}, [3]int{1, 3, 3}, one, one, none, none),                                               // Winograd, odd sizes
		geometry(3, 16, 20, 1, [3]int{1, 7, 8}, [3]int{1, 3, 3}, one, one, [3]int{0, 2, 1}, [3]int{0, 2, 0}),                         // Winograd, wide and uneven frames
		geometry(3, 16, 17, 1, [3]int{1, 12, 40}, [3]int{1, 3, 4}, one, one, [3]int{0, 1, 1}, [3]int{0, 1, 1}),                       // several tiles
		geometry(2, 40, 3, 1, [3]int{1, 9, 44}, [3]int{1, 5, 5}, one, one, [3]int{0, 2, 2}, [3]int{0, 2, 2}),                         // a line a tile
		geometry(5, 6, 6, 6, [3]int{1, 11, 10}, [3]int{1, 3, 3}, [3]int{1, 2, 2}, one, [3]int{0, 1, 0}, [3]int{0, 1, 1}),             // depthwise
		geometry(2, 6, 6, 6, [3]int{1, 11, 10}, [3]int{1, 3, 2}, one, [3]int{1, 2, 3}, [3]int{0, 2, 1}, [3]int{0, 2, 1}),             // depthwise, dilated
		geometry(4, 12, 8, 4, [3]int{1, 9, 10}, [3]int{1, 3, 3}, [3]int{1, 1, 2}, one, [3]int{0, 1, 1}, [3]int{0, 1, 0}),             // groups
		geometry(2, 4, 6, 2, [3]int{1, 9, 10}, [3]int{1, 3, 3}, one, [3]int{1, 2, 2}, [3]int{0, 2, 2}, [3]int{0, 2, 2}),              // groups, dilated
		geometry(2, 3, 4, 1, [3]int{5, 6, 7}, [3]int{2, 3, 2}, [3]int{2, 1, 2}, one, [3]int{1, 1, 0}, [3]int{0, 1, 1}),               // volumes
		geometry(2, 2, 3, 1, [3]int{1, 1, 50}, [3]int{1, 1, 7}, [3]int{1, 1, 3}, [3]int{1, 1, 2}, [3]int{0, 0, 6}, [3]int{0, 0, 6}),
		geometry(2, 2, 3, 1, [3]int{1, 2, 2}, [3]int{1, 5, 5}, one, one, [3]int{0, 2, 2}, [3]int{0, 2, 2}),              // a kernel larger than the image
		geometry(2, 2, 3, 1, [3]int{1, 8, 9}, [3]int{1, 2, 2}, [3]int{1, 3, 4}, one, none, none),                        // strides that leave places out
		geometry(1, 2, 2, 1, [3]int{1, 3, 3}, [3]int{1, 3, 3}, one, one, [3]int{0, 5, 5}, [3]int{0, 5, 5}),              // windows that see zeros alone
		geometry(3, 1, 6, 1, [3]int{1, 28, 28}, [3]int{1, 5, 5}, one, one, [3]int{0, 2, 2}, [3]int{0, 2, 2}),            // overlapping windows, two pixels a row
		geometry(2, 1, 3, 1, [3]int{1, 300, 61}, [3]int{1, 3, 3}, one, [3]int{1, 2, 1}, none, none),                     // four pixels a row, several stretches of lines
		geometry(3, 6, 16, 1, [3]int{1, 14, 14}, [3]int{1, 5, 5}, one, one, none, none),                                 // a pixel a row
		geometry(2, 3, 4, 1, [3]int{4, 9, 31}, [3]int{2, 3, 3}, one, [3]int{2, 1, 1}, [3]int{1, 1, 1}, [3]int{1, 1, 1}), // overlapping windows in volumes
		geometry(2, 5, 1, 1, [3]int{1, 20, 20}, [3]int{1, 5, 1}, one, one, [3]int{0, 1, 0}, none),                       // one channel, a column of taps
		geometry(3, 6, 5, 1, [3]int{1, 28, 29}, [3]int{1, 2, 2}, [3]int{1, 2, 2}, one, none, none),                      // pools side by side, and a place left over
		geometry(3, 16, 5, 1, [3]int{1, 10, 9}, [3]int{1, 2, 3}, [3]int{1, 2, 3}, one, none, none),                      // the same, 16 channels
		geometry(2, 20, 5, 1, [3]int{4, 6, 4}, [3]int{2, 3, 2}, [3]int{2, 3, 2}, one, none, none),                       // volumes
		geometry(2, 1, 5, 1, [3]int{1, 6, 5}, [3]int{1, 2, 2}, [3]int{1, 2, 2}, one, none, none),                        // one channel
		geometry(33, 3, 9, 1, [3]int{1, 8, 8}, [3]int{1, 3, 3}, one, one, [3]int{0, 1, 1}, [3]int{0, 1, 1}),             // more images than chunks
	}
	r := rng.New(77, 0)
	for range 12 {
		groups := 1 + r.IntN(3)
		s := ConvShape{N: 1 + r.IntN(4), Groups: groups, C: groups * (1 + r.IntN(4)), Out: groups * (1 + r.IntN(5))}
		var after [3]int
		for i := range 3 {
			s.In[i], s.Kernel[i], s.Stride[i], s.Dilation[i] = 1, 1, 1, 1
			if i == 0 && r.IntN(2) == 0 {
				continue
			}
			s.In[i], s.Kernel[i], s.Stride[i], s.Dilation[i] = 5+r.IntN(7), 1+r.IntN(4), 1+r.IntN(3), 1+r.IntN(2)
			s.Before[i], after[i] = r.IntN(3), 3
		}
		list = append(list, geometry(s.N, s.C, s.Out, s.Groups, s.In, s.Kernel, s.Stride, s.Dilation, s.Before, after))
	}
	return list
}

// on runs f on several numbers of cores and wants the same bits.
func on(t *testing.T, what string, f func() []float64) []float64 {
	t.Helper()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	first := f()
	for _, procs := range []int{2, 8} {
		runtime.GOMAXPROCS(procs)
		for i, v := range f() {
			if math.Float64bits(v) != math.Float64bits(first[i]) {
				t.Errorf("%s: [%d] is %g on 1 core and %g on %d", what, i, first[i], v, procs)
				return first
			}
		}
	}
	return first
}

// Convolutions and what flows back, by their definition.
func TestConvolutions(t *testing.T) {
	for i, s := range shapes() {
		for _, en := range engines {
			t.Run(fmt.Sprint(i, en.name), func(t *testing.T) {
				e, r := en.e, rng.New(5, uint64(i))
				x, xs := wide(e, r, s.N*s.places()*s.C)
				w, ws := wide(e, r, s.Taps()*s.C/s.Groups*s.Out)
				dy, ds := wide(e, r, s.N*s.Pixels()*s.Out)
				y, dx, dw := make([]float64, len(ds)), make([]float64, len(xs)), make([]float64, len(ws))
				each(s, func(a, b, c int) {
					y[a] += xs[b] * ws[c]
					dx[b] += ds[a] * ws[c]
					dw[c] += ds[a] * xs[b]
				})
				agree(t, on(t, "Conv", func() []float64 {
					out := e.New(len(y))
					e.Fill(out, 7)
					e.Conv(s, out, x, w)
					return read(e, out)
				}), y, en.tol, "Conv")
				for _, add := range []bool{false, true} {
					more := 0.0
					if add {
						more = 3
					}
					plus := func(v []float64) []float64 {
						out := make([]float64, len(v))
						for i := range v {
							out[i] = v[i] + more
						}
						return out
					}
					agree(t, on(t, "ConvGradX", func() []float64 {
						out := e.New(len(dx))
						e.Fill(out, 3)
						e.ConvGradX(s, out, dy, w, add)
						return read(e, out)
					}), plus(dx), en.tol, fmt.Sprint("ConvGradX, add ", add))
					agree(t, on(t, "ConvGradW", func() []float64 {
						out := e.New(len(dw))
						e.Fill(out, 3)
						e.ConvGradW(s, out, dy, x, add)
						return read(e, out)
					}), plus(dw), en.tol, fmt.Sprint("ConvGradW, add ", add))
				}
			})
		}
	}
}

// Pooling and what flows back, by its definition. Every value is there twice or more, so the first of equals counts.
func TestPooling(t *testing.T) {
	for i, s := range shapes() {
		if s.Dilation != [3]int{1, 1, 1} { // layers of pooling have none
			continue
		}
		s.Groups, s.Out = 1, s.C
		for _, en := range engines {
			t.Run(fmt.Sprint(i, en.name), func(t *testing.T) {
				e, r := en.e, rng.New(6, uint64(i))
				x, xs := wide(e, r, s.N*s.places()*s.C)
				for i := range xs {
					xs[i] = math.Round(xs[i] * 2)
				}
				e.PutWide(x, xs)
				dy, ds := wide(e, r, s.N*s.Pixels()*s.C)
				top, first, inside := make([]float64, len(ds)), make([]int, len(ds)), make([]float64, len(ds))
				for i := range top {
					top[i], first[i] = math.Inf(-1), -1
				}
				mean := make([]float64, len(ds))
				taps(s, func(_, out, in, _ int) {
					for c := range s.C {
						o, v := out*s.C+c, xs[in*s.C+c]
						if v > top[o] {
							top[o], first[o] = v, in*s.C+c
						}
						mean[o] += v
						inside[o]++
					}
				})
				y := e.New(len(top))
				e.Fill(y, 7)
				got := on(t, "MaxPool", func() []float64 {
					e.MaxPool(s, y, x)
					return read(e, y)
				})
				for i := range got {
					if got[i] != top[i] {
						t.Fatalf("MaxPool: [%d] is %g, want %g", i, got[i], top[i])
					}
				}
				for _, add := range []bool{false, true} {
					begin := func(n int) (b Buf, want []float64) {
						b, want = e.New(n), make([]float64, n)
						e.Fill(b, 3)
						for i := range want {
							if add {
								want[i] = 3
							}
						}
						return
					}
					_, want := begin(len(xs))
					for i, f := range first {
						if f >= 0 {
							want[f] += ds[i]
						}
					}
					agree(t, on(t, "MaxPoolGrad", func() []float64 {
						d, g := e.New(len(ds)), e.New(len(xs))
						e.Copy(d, dy)
						e.Fill(g, 3)
						e.MaxPoolGrad(s, g, d, y, x, add)
						return read(e, g)
					}), want, en.tol, fmt.Sprint("MaxPoolGrad, add ", add))
					for _, count := range []bool{false, true} {
						share := func(o int) float64 {
							if count {
								return 1 / float64(s.Taps())
							}
							return 1 / max(inside[o], 1)
						}
						means := make([]float64, len(mean))
						for i := range means {
							means[i] = mean[i] * share(i)
						}
						agree(t, on(t, "MeanPool", func() []float64 {
							out := e.New(len(means))
							e.Fill(out, 7)
							e.MeanPool(s, out, x, count)
							return read(e, out)
						}), means, en.tol, "MeanPool")
						_, want := begin(len(xs))
						taps(s, func(_, out, in, _ int) {
							for c := range s.C {
								want[in*s.C+c] += ds[out*s.C+c] * share(out*s.C+c)
							}
						})
						agree(t, on(t, "MeanPoolGrad", func() []float64 {
							g := e.New(len(xs))
							e.Fill(g, 3)
							e.MeanPoolGrad(s, g, dy, count, add)
							return read(e, g)
						}), want, en.tol, fmt.Sprint("MeanPoolGrad, add ", add))
					}
				}
			})
		}
	}
}

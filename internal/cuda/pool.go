//go:build cuda

package cuda

import "github.com/gopherwood-ml/ml/internal/compute"

// The largest numbers are those of windows without gaps, whatever the dilation: the cpu engine's are.
func gapless(s *compute.ConvShape) *compute.ConvShape {
	t := *s
	t.Dilation = [3]int{1, 1, 1}
	return &t
}

func (e *engine) MaxPool(s *compute.ConvShape, y, x compute.Buf) {
	if n := s.N * s.Pixels() * s.C; n > 0 {
		e.launch("max_pool", blocksFor(n), blockThreads, 0, geometry(gapless(s), y, x)...)
	}
}

func (e *engine) MaxPoolGrad(s *compute.ConvShape, dx, dy, y, x compute.Buf, add bool) {
	windows, n := s.N*s.Pixels()*s.C, s.N*places(s)*s.C
	if n == 0 {
		return
	}
	taps := e.room(windows)
	if windows > 0 {
		e.launch("max_pool_taps", blocksFor(windows), blockThreads, 0, geometry(gapless(s), taps, y, x)...)
	}
	e.launch("max_pool_grad", blocksFor(n), blockThreads, 0, geometry(gapless(s), dx, dy, taps, flag(add))...)
	e.free(taps)
}

func (e *engine) MeanPool(s *compute.ConvShape, y, x compute.Buf, countPadding bool) {
	if n := s.N * s.Pixels() * s.C; n > 0 {
		e.launch("mean_pool", blocksFor(n), blockThreads, 0, geometry(s, y, x, flag(countPadding))...)
	}
}

func (e *engine) MeanPoolGrad(s *compute.ConvShape, dx, dy compute.Buf, countPadding, add bool) {
	if n := s.N * places(s) * s.C; n > 0 {
		e.launch("mean_pool_grad", blocksFor(n), blockThreads, 0, geometry(s, dx, dy, flag(countPadding), flag(add))...)
	}
}

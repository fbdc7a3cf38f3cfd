//go:build cuda

package cuda

import "github.com/gopherwood-ml/ml/internal/compute"

const (
	convTile   = 64      // results along each side of a block's tile
	narrow     = 16      // columns below which most of a tile would be empty
	convParts  = sumRows // parts of the sums of gradients of weights, at the most
	convPixels = 256     // pixels of a part, at the least
	convBlocks = 512     // blocks that fill a device
)

// geometry is the shape as kernels want it, behind other arguments.
func geometry(s *compute.ConvShape, args ...any) []any {
	for _, v := range []int{s.N, s.C, s.Out, s.Groups} {
		args = append(args, int32(v))
	}
	for _, axes := range [][3]int{s.In, s.Kernel, s.Stride, s.Dilation, s.Before, s.Size} {
		for _, v := range axes {
			args = append(args, int32(v))
		}
	}
	return args
}

func places(s *compute.ConvShape) int { return s.In[0] * s.In[1] * s.In[2] }

// isProduct reports whether the convolution is a product of pixels and weights as they lie.
func isProduct(s *compute.ConvShape) bool {
	return s.Groups == 1 && s.Taps() == 1 && s.Stride == [3]int{1, 1, 1} && s.Before == [3]int{} && s.Size == s.In
}

func tiles(n int) int { return (n + convTile - 1) / convTile }

func (e *engine) Conv(s *compute.ConvShape, y, x, w compute.Buf) {
	rows, cols := s.N*s.Pixels(), s.Out/s.Groups
	switch {
	case rows == 0:
	case isProduct(s):
		e.Gemm(false, false, rows, s.Out, s.C, 1, x, s.C, w, s.Out, 0, y, s.Out)
	case cols < narrow:
		e.launch("conv_direct", blocksFor(rows*s.Out), blockThreads, 0, geometry(s, y, x, w)...)
	default:
		e.launch("conv", min(tiles(rows)*tiles(cols)*s.Groups, mostBlocks), blockThreads, 0, geometry(s, y, x, w)...)
	}
}

func (e *engine) ConvGradX(s *compute.ConvShape, dx, dy, w compute.Buf, add bool) {
	rows, cols := s.N*places(s), s.C/s.Groups
	switch {
	case rows == 0:
	case isProduct(s):
		beta := 0.
		if add {
			beta = 1
		}
		e.Gemm(false, true, rows, s.C, s.Out, 1, dy, s.Out, w, s.Out, beta, dx, s.C)
	case cols < narrow:
		e.launch("conv_grad_x_direct", blocksFor(rows*s.C), blockThreads, 0, geometry(s, dx, dy, w, flag(add))...)
	default:
		e.launch("conv_grad_x", min(tiles(rows)*tiles(cols)*s.Groups, mostBlocks), blockThreads, 0, geometry(s, dx, dy, w, flag(add))...)
	}
}

// ConvGradW cuts the pixels into parts where there are too few weights to keep a device busy, and adds the parts up in order.
func (e *engine) ConvGradW(s *compute.ConvShape, dw, dy, x compute.Buf, add bool) {
	pixels, rows, cols := s.N*s.Pixels(), s.Taps()*s.C/s.Groups, s.Out/s.Groups
	if isProduct(s) && pixels > 0 {
		beta := 0.
		if add {
			beta = 1
		}
		e.Gemm(true, false, s.C, s.Out, pixels, 1, x, s.C, dy, s.Out, beta, dw, s.Out)
		return
	}
	kernel, blocks := "conv_grad_w", tiles(rows)*tiles(cols)*s.Groups
	if cols < narrow {
		kernel, blocks = "conv_grad_w_direct", (rows*s.Out+blockThreads-1)/blockThreads
	}
	parts := min(pixels/convPixels, convParts, (convBlocks+blocks-1)/blocks)
	if parts < 2 {
		e.launch(kernel, min(blocks, mostBlocks), blockThreads, 0, geometry(s, dw, dy, x, int32(1), flag(add))...)
		return
	}
	room := e.room(parts * rows * s.Out)
	e.launch(kernel, min(blocks*parts, mostBlocks), blockThreads, 0, geometry(s, room, dy, x, int32(parts), int32(0))...)
	e.columnSums(dw, room, compute.Buf{}, plain, parts, rows*s.Out, 1, add)
	e.free(room)
}

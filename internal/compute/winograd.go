package compute

import "github.com/gopherwood-ml/ml/internal/kern"

// Winograd's minimal filtering for 3x3 kernels, F(2x2, 3x3) (Lavin and Gray, CVPR 2016): every 4x4 tile of the image gives 2x2 pixels by 16
// products of channels instead of 36. Images, kernels and results are turned by sums along lines, which here are long vectors: a line of
// pixels is split into even and odd ones, so that neighbouring tiles lie side by side. Rounding errors are about twice those of plain sums.

// winogradLeast is the number of channels on either side from which the transforms pay.
const winogradLeast = 16

// byWinograd reports whether the convolution goes by tiles.
func (s *ConvShape) byWinograd() bool {
	return s.Kernel == [3]int{1, 3, 3} && s.Stride == [3]int{1, 1, 1} && s.Dilation == [3]int{1, 1, 1} && s.Groups == 1 &&
		s.In[0] == 1 && s.Before[0] == 0 && s.C >= winogradLeast && s.Out >= winogradLeast && s.Size[1] >= 4 && s.Size[2] >= 4
}

// tiled are the sizes of a convolution by tiles.
type tiled struct {
	rows, cols   int // of tiles
	wide         int // pixels in a line of the framed image
	each         int // rows of tiles at a time
	c, out       int
	patch, block int // numbers of one of the 16 planes of turned images and of results
}

func newTiled(s *ConvShape) tiled {
	t := tiled{rows: (s.Size[1] + 1) / 2, cols: (s.Size[2] + 1) / 2, c: s.C, out: s.Out}
	t.wide = 2*t.cols + 2
	const room = 100 << 10 // numbers: what the second-level cache holds beside the kernels
	t.each = min(max(room/(16*t.cols*(s.C+s.Out)), 1), t.rows)
	t.patch, t.block = t.each*t.cols*s.C, t.each*t.cols*s.Out
	return t
}

// turnKernels writes the 16 turned planes of weights, each C x Out, of taps in rows of n numbers: u = G w Gᵀ.
func turnKernels[T Float](u []T, taps func(a, b int) []T, n int) {
	half := borrow[T](12 * n)
	defer half.giveBack()
	turn := func(dst func(i int) []T, x0, x1, x2 []T) {
		copy(dst(0), x0)
		kern.Add(dst(1), x0, x2)
		kern.Sub(dst(2), dst(1), x1)
		kern.Add(dst(1), dst(1), x1)
		kern.Scal(.5, dst(1), dst(1))
		kern.Scal(.5, dst(2), dst(2))
		copy(dst(3), x2)
	}
	for b := range 3 {
		turn(func(i int) []T { return half.x[(i*3+b)*n:][:n] }, taps(0, b), taps(1, b), taps(2, b))
	}
	for i := range 4 {
		row := func(b int) []T { return half.x[(i*3+b)*n:][:n] }
		turn(func(j int) []T { return u[(i*4+j)*n:][:n] }, row(0), row(1), row(2))
	}
}

// winograd convolves images lo to hi, or adds what comes out. mul is the product of m rows with plane p of the turned kernels; after is told of lines
// of pixels that are done.
func winograd[T Float](s *ConvShape, y, x []T, mul func(p, m int, sums, patches []T), lo, hi int, add bool, after func(image, line, lines int)) {
	t := newTiled(s)
	in, out := s.places()*s.C, s.Pixels()*s.Out
	frame := [3]int{1, 2*t.rows + 2, t.wide}
	image := borrow[T](frame[1] * t.wide * s.C)
	defer image.giveBack()
	clear(image.x)
	patches, sums := borrow[T](16*t.patch), borrow[T](16*t.block)
	defer patches.giveBack()
	defer sums.giveBack()
	line := borrow[T](t.wide * s.C * 2)
	defer line.giveBack()
	for i := lo; i < hi; i++ {
		enclose(s, frame, image.x, x[i*in:(i+1)*in], false)
		for r := 0; r < t.rows; r += t.each {
			n := min(t.each, t.rows-r)
			for k := range n {
				turnLine(&t, patches.x, image.x, line.x, r+k, k)
			}
			m := n * t.cols
			for p := range 16 {
				mul(p, m, sums.x[p*t.block:], patches.x[p*t.patch:])
			}
			turnBack(&t, sums.x, m*s.Out)
			place(&t, s, y[i*out:(i+1)*out], sums.x, r, n, add)
			if after != nil {
				after(i, 2*r, min(2*n, s.Size[1]-2*r))
			}
		}
	}
}

// turnLine turns the four lines of pixels below tile row r and writes them to row k of the patches: v = Bᵀ d B.
func turnLine[T Float](t *tiled, patches, image, room []T, r, k int) {
	c, n := t.c, t.cols
	long := t.wide * c
	d := func(i int) []T { return image[(2*r+i)*long:][:long] }
	turned, split := room[:long], room[long:2*long]
	even, odd := split[:(n+1)*c], split[(n+1)*c:2*(n+1)*c]
	for i := range 4 {
		switch i {
		case 0:
			kern.Sub(turned, d(0), d(2))
		case 1:
			kern.Add(turned, d(1), d(2))
		case 2:
			kern.Sub(turned, d(2), d(1))
		default:
			kern.Sub(turned, d(1), d(3))
		}
		for w := range n + 1 {
			copy(even[w*c:(w+1)*c], turned[2*w*c:])
			copy(odd[w*c:(w+1)*c], turned[(2*w+1)*c:])
		}
		v := func(j int) []T { return patches[(4*i+j)*t.patch+k*n*c:][:n*c] }
		now, next := even[:n*c], even[c:]
		kern.Sub(v(0), now, next)
		kern.Add(v(1), odd[:n*c], next)
		kern.Sub(v(2), next, odd[:n*c])
		kern.Sub(v(3), odd[:n*c], odd[c:])
	}
}

// turnBack makes of the 16 planes of sums, of n numbers each, the four of pixels, y = Aᵀ m A: planes 0 and 1 are the even and odd
// pixels of the even lines, 4 and 5 those of the odd ones.
func turnBack[T Float](t *tiled, sums []T, n int) {
	m := func(i, j int) []T { return sums[(4*i+j)*t.block:][:n] }
	for j := range 4 {
		kern.Add(m(0, j), m(0, j), m(1, j))
		kern.Add(m(0, j), m(0, j), m(2, j))
		kern.Sub(m(1, j), m(1, j), m(2, j))
		kern.Sub(m(1, j), m(1, j), m(3, j))
	}
	for i := range 2 {
		kern.Add(m(i, 0), m(i, 0), m(i, 1))
		kern.Add(m(i, 0), m(i, 0), m(i, 2))
		kern.Sub(m(i, 1), m(i, 1), m(i, 2))
		kern.Sub(m(i, 1), m(i, 1), m(i, 3))
	}
}

// place copies the pixels of n rows of tiles from row r to where they belong, or adds them.
func place[T Float](t *tiled, s *ConvShape, y, sums []T, r, n int, add bool) {
	for k := range n {
		for a := range 2 {
			h := 2*(r+k) + a
			if h >= s.Size[1] {
				break
			}
			for w := range s.Size[2] {
				src := sums[(4*a+w%2)*t.block+(k*t.cols+w/2)*t.out:][:t.out]
				dst := y[(h*s.Size[2]+w)*t.out:][:t.out]
				if add {
					addRun(dst, src)
				} else {
					copy(dst, src)
				}
			}
		}
	}
}

// convWinograd is Conv by tiles.
func convWinograd[T Float](s *ConvShape, y, x, w []T) {
	n := s.C * s.Out
	u := borrow[T](16 * n)
	defer u.giveBack()
	turnKernels(u.x, func(a, b int) []T { return w[(3*a+b)*n:][:n] }, n)
	winogradAll(s, y, x, u.x, false)
}

// convBackWinograd is ConvGradX by tiles: the gradient is the convolution of dy, in a frame of zeros, with the kernels turned about.
func convBackWinograd[T Float](s *ConvShape, dx, dy, w []T) {
	n := s.C * s.Out
	about, u := borrow[T](9*n), borrow[T](16*n)
	defer about.giveBack()
	defer u.giveBack()
	for k := range 9 {
		transpose(about.x[k*n:(k+1)*n], w[(8-k)*n:(9-k)*n], s.C, s.Out)
	}
	turnKernels(u.x, func(a, b int) []T { return about.x[(3*a+b)*n:][:n] }, n)
	back := ConvShape{N: s.N, C: s.Out, Out: s.C, Groups: 1, In: s.Size, Kernel: s.Kernel, Stride: s.Stride, Dilation: s.Dilation,
		Before: [3]int{0, 2 - s.Before[1], 2 - s.Before[2]}, Size: s.In}
	winogradAll(&back, dx, dy, u.x, true)
}

func winogradAll[T Float](s *ConvShape, y, x, u []T, add bool) {
	if small(s.N, s.cost()) {
		winogradRows(s, y, x, u, 0, s.N, add)
		return
	}
	winogradTogether(*s, y, x, u, add)
}

func winogradTogether[T Float](s ConvShape, y, x, u []T, add bool) {
	rowsTogether(s.N, s.cost(), func(lo, hi int) { winogradRows(&s, y, x, u, lo, hi, add) })
}

func winogradRows[T Float](s *ConvShape, y, x, u []T, lo, hi int, add bool) {
	winograd(s, y, x, func(p, m int, sums, patches []T) {
		kern.Gemm(false, false, m, s.Out, s.C, 1, patches, s.C, u[p*s.C*s.Out:], s.Out, 0, sums, s.Out)
	}, lo, hi, add, nil)
}

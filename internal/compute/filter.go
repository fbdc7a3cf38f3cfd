package compute

import "github.com/gopherwood-ml/ml/internal/kern"

// What a trained net does to a batch, with weights that were packed, turned or shifted once: for inference, in float32, on the caller's core and
// without allocating. Nothing here changes after it was made, so any number of goroutines may use it.

// Product is f(x w + bias).
type Product struct {
	w    *kern.Panels
	bias []float32 // nil: none
	f    Func
}

// NewProduct packs w, k x n.
func NewProduct(w []float32, k, n int, bias []float32, f Func) *Product {
	return &Product{kern.Pack(k, n, w, n), bias, f}
}

// Run computes so many rows.
func (p *Product) Run(y, x []float32, rows int) {
	k, n := p.w.Dims()
	p.w.Product(rows, x, k, y, n, p.bias, p.f.Kind == ReLU)
	if !p.f.built() {
		mapped(p.f, y[:rows*n], y[:rows*n])
	}
}

// built reports whether kernels apply f as they store sums.
func (f Func) built() bool { return f.Kind == Identity || f.Kind == ReLU }

// Filter is a convolution with its bias and function.
type Filter struct {
	s     ConvShape // of one image
	bias  []float32 // as long as kernels want it
	f     Func
	w     []float32 // as it came; nil where packed
	pack  *kern.Panels
	plain *Product
	wide  int            // pixels in a row of windows
	turns []*kern.Panels // the planes of Winograd's transform
	mul   func(p, m int, sums, patches []float32)
}

// windowsMost is the most weights for which windows are read where they lie: what the second-level cache holds.
const windowsMost = 1 << 17

// NewFilter prepares the weights [KD, KH, KW, C/Groups, Out] for images of the given geometry, whose N does not count. bias may be nil.
func NewFilter(s ConvShape, w, bias []float32, f Func) *Filter {
	s.N = 1
	l := &Filter{s: s, bias: bias, f: f}
	switch {
	case s.plain():
		l.plain = NewProduct(w, s.C, s.Out, bias, f)
	case s.byWinograd():
		n := s.C * s.Out
		u := make([]float32, 16*n)
		turnKernels(u, func(a, b int) []float32 { return w[(3*a+b)*n:][:n] }, n)
		for p := range 16 {
			l.turns = append(l.turns, kern.Pack(s.C, s.Out, u[p*n:], s.Out))
		}
		l.mul = func(p, m int, sums, patches []float32) {
			l.turns[p].Product(m, patches, s.C, sums, s.Out, nil, false)
		}
	case kern.ReadsWindows() && s.Groups == 1 && s.Out > 1 && s.Kernel[0] == 1 && s.Dilation[2] == 1 && s.Taps()*s.C*s.Out <= windowsMost:
		l.shift(w)
	default:
		l.w = append([]float32(nil), w...)
	}
	return l
}

// shift packs the weights for windows: where few channels come out, most lanes of a register would idle, so a row stands for several neighbouring
// pixels, with the weights of each, shifted, and zeros elsewhere. (An infinite input then makes NaN out of those zeros.)
func (l *Filter) shift(w []float32) {
	s := &l.s
	l.wide = widest(s, 1)
	lines, own := s.Kernel[1], s.Kernel[2]*s.C
	run, cols := l.run(), l.wide*s.Out
	rows := make([]float32, lines*run*cols)
	for t := range lines {
		for p := range l.wide {
			for j := range own {
				copy(rows[(t*run+p*s.Stride[2]*s.C+j)*cols+p*s.Out:], w[(t*own+j)*s.Out:][:s.Out])
			}
		}
	}
	l.pack = kern.Pack(lines*run, cols, rows, cols)
	bias := make([]float32, l.pack.Padded())
	for p := range l.wide {
		copy(bias[p*s.Out:], l.bias)
	}
	l.bias = bias
}

// widest is how many pixels a row of windows had best stand for, where a step takes so many elements at once.
func widest(s *ConvShape, at int) int {
	best, found := 0, 1
	for wide := 1; wide <= 8 && s.Size[2]%wide == 0; wide *= 2 {
		rows := s.Size[2] / wide
		strips := (rows + 13) / 14
		vectors := (wide*s.Out + lanes - 1) / lanes
		cycles := max((rows+strips-1)/strips*vectors, 4) * strips // of a step: fewer sums than 4 wait for each other
		if cost := cycles * ((s.runOf(wide) + at - 1) / at); best == 0 || cost < best {
			found, best = wide, cost
		}
	}
	return found
}

// runOf is how many numbers a row of windows of so many pixels reads of one line.
func (s *ConvShape) runOf(wide int) int { return (s.Kernel[2] + (wide-1)*s.Stride[2]) * s.C }

func (l *Filter) run() int { return l.s.runOf(l.wide) }

// Run convolves n images.
func (l *Filter) Run(y, x []float32, n int) {
	s := &l.s
	in, out := s.places()*s.C, s.Pixels()*s.Out
	switch {
	case l.plain != nil:
		l.plain.Run(y, x, n*s.Pixels())
		return
	case l.turns != nil:
		winograd(s, y, x, l.mul, 0, n, false, func(image, line, lines int) { // while they are near
			row := s.Size[2] * s.Out
			l.finish(y[image*out+line*row:][:lines*row])
		})
		return
	case l.pack != nil:
		l.windows(y, x, n)
		if !l.f.built() {
			mapped(l.f, y[:n*out], y[:n*out])
		}
		return
	default:
		convolve(s, y, x[:n*in], l.w, 0, n)
	}
	l.finish(y[:n*out])
}

// finish adds the bias to pixels and applies the function.
func (l *Filter) finish(y []float32) {
	switch {
	case l.bias != nil:
		biasMapped(l.f, y, y, l.bias, 0, len(y)/l.s.Out, l.s.Out)
	case l.f.Kind != Identity:
		mapped(l.f, y, y)
	}
}

// windows convolves line by line.
func (l *Filter) windows(y, x []float32, n int) {
	s := &l.s
	in, out, line := s.places()*s.C, s.Pixels()*s.Out, s.Size[2]*s.Out
	frame, bare := s.frame()
	var room *slab[float32]
	if !bare {
		room = borrow[float32](frame[0] * frame[1] * frame[2] * s.C)
		defer room.giveBack()
		clear(room.x)
	}
	high := frame[2] * s.C
	w := kern.Windows{Rows: s.Size[2] / l.wide, Step: l.wide * s.Stride[2] * s.C, Lines: s.Kernel[1], Run: l.run(), Gap: s.Dilation[1] * high,
		Blocks: s.Size[1], Next: s.Stride[1] * high}
	for i := range n {
		image := x[i*in : (i+1)*in]
		if !bare {
			enclose(s, frame, room.x, image, false)
			image = room.x
		}
		for plane := range s.Size[0] {
			l.pack.Windows(&w, image[plane*s.Stride[0]*frame[1]*high:], y[i*out+plane*s.Size[1]*line:], l.wide*s.Out, line, l.bias, l.f.Kind == ReLU)
		}
	}
}

// Apply32 sets dst to f of every element of x, which may be dst.
func Apply32(f Func, dst, x []float32) { mapped(f, dst, x) }

// MaxPool32 and MeanPool32 pool n images of a geometry, whose N does not count.
func MaxPool32(s *ConvShape, y, x []float32, n int) {
	if s.Kernel != [3]int{1, 2, 2} || !s.apart() {
		maxPool(s, y, x, 0, n)
		return
	}
	in, wide, long := s.places()*s.C, s.Size[2]*s.C, s.In[2]*s.C
	for i := range n {
		for line := range s.Size[0] * s.Size[1] {
			from := x[i*in+s.under(line, 0):]
			kern.LargestOfFour(y[(i*s.Size[0]*s.Size[1]+line)*wide:][:wide], from, from[long:], s.C)
		}
	}
}

// MeanPool32 pools n images.
func MeanPool32(s *ConvShape, y, x []float32, n int, countPadding bool) {
	meanPool(s, y, x, countPadding, false, 0, n)
}

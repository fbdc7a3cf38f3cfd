package compute

import "github.com/gopherwood-ml/ml/internal/kern"

// A convolution of stride 1 needs no copies of patches. In an image with its frame, what a pixel sees of one line is a run of memory,
// and the run of the next pixel begins a pixel later: the patches of one line of the kernel are a matrix whose rows overlap, over
// the whole image at once. The price is pixels that nobody wants, where windows reach around the end of a line. With few channels coming
// out, most lanes of a register would idle: then a row stands for several neighbouring pixels, and its weights are those of each, shifted, with
// zeros elsewhere. (An infinite input then makes NaN out of those zeros, up to pack-1 pixels beyond its windows.)

// overlap are the sizes of such a convolution.
type overlap struct {
	frame [3]int
	pack  int // pixels in a row
	lines int // of the kernel
	run   int // numbers that a row reads of one line
	cols  int // numbers that a row gives
	high  int // lines of the frame at which windows begin
	each  int // lines at a time
	tail  int // pixels of the last line
}

const lanes = 16 // of numbers that a register holds at best: what pays must not depend on the machine

// overlapping works out sizes, and whether they are worth it.
func (s *ConvShape) overlapping() (o overlap, pays bool) {
	if s.Groups != 1 || s.Stride != [3]int{1, 1, 1} || s.Dilation[2] != 1 {
		return o, false
	}
	// in half cycles a pixel: products, reading and writing sums, and copies
	best := s.Taps() * s.C * ((s.Out+lanes-1)/lanes*5 + 4)
	for pack := 1; pack <= 4; pack *= 2 {
		t := overlap{pack: pack, lines: s.Kernel[0] * s.Kernel[1], run: (s.Kernel[2] + pack - 1) * s.C, cols: pack * s.Out, tail: s.Size[2]}
		t.frame, _ = s.frame()
		t.frame[2] = (t.frame[2] + pack - 1) / pack * pack
		t.high = (s.Size[0]-1)*t.frame[1] + s.Size[1]
		vectors := (t.cols + lanes - 1) / lanes
		cost := t.lines * vectors * (t.run*5 + 20) / pack * t.high * t.frame[2] / s.Pixels()
		cost += s.Out
		if cost < best {
			o, pays, best = t, true, cost
		}
	}
	if pays {
		const room = 1 << 14 // numbers: sums and what they are made of stay in the nearer caches
		o.each = min(max(room/(o.frame[2]*max(s.Out, s.C)), 1), o.high)
	}
	return o, pays
}

// real is the line of pixels that begins at line l of the frame, if one does.
func (o *overlap) real(s *ConvShape, l int) (line int, ok bool) {
	y := l % o.frame[1]
	return l/o.frame[1]*s.Size[1] + y, y < s.Size[1]
}

// rows is the number of rows in lines lo to hi.
func (o *overlap) rows(lo, hi int) int {
	pixels := (hi - lo) * o.frame[2]
	if hi == o.high {
		pixels -= o.frame[2] - o.tail
	}
	return (pixels + o.pack - 1) / o.pack
}

// line is where line t of the kernel begins, for the first row.
func (o *overlap) line(s *ConvShape, t int) int {
	return (t/s.Kernel[1]*s.Dilation[0]*o.frame[1] + t%s.Kernel[1]*s.Dilation[1]) * o.frame[2] * s.C
}

// overlapShop is what one core needs.
type overlapShop[T Float] struct {
	image, rows, weights *slab[T]
}

func newOverlapShop[T Float](s *ConvShape, o *overlap) overlapShop[T] {
	shop := overlapShop[T]{
		image: borrow[T]((o.frame[0]*o.frame[1]*o.frame[2] + o.pack) * s.C), // the last row may look a little further
		rows:  borrow[T](o.each * o.frame[2] * s.Out), weights: borrow[T](o.lines * o.run * o.cols),
	}
	clear(shop.image.x)
	return shop
}

func (shop *overlapShop[T]) close() {
	shop.image.giveBack()
	shop.rows.giveBack()
	shop.weights.giveBack()
}

// convolveOverlap convolves images lo to hi.
func convolveOverlap[T Float](s *ConvShape, o *overlap, y, x, w []T, lo, hi int) {
	shop := newOverlapShop[T](s, o)
	defer shop.close()
	if o.pack > 1 {
		clear(shop.weights.x)
		shiftWeights(s, o, shop.weights.x, w, false)
		w = shop.weights.x
	}
	in, out := s.places()*s.C, s.Pixels()*s.Out
	wide, step := s.Size[2]*s.Out, o.pack*s.C
	for i := lo; i < hi; i++ {
		enclose(s, o.frame, shop.image.x, x[i*in:(i+1)*in], false)
		for l := 0; l < o.high; l += o.each {
			end := min(l+o.each, o.high)
			from := shop.image.x[l*o.frame[2]*s.C:]
			for t := range o.lines {
				kern.Gemm(false, false, o.rows(l, end), o.cols, o.run, 1, from[o.line(s, t):], step, w[t*o.run*o.cols:], o.cols, beta[T](t > 0), shop.rows.x, o.cols)
			}
			for k := l; k < end; k++ {
				if line, ok := o.real(s, k); ok {
					copy(y[i*out+line*wide:][:wide], shop.rows.x[(k-l)*o.frame[2]*s.Out:])
				}
			}
		}
	}
}

// weighOverlap adds what images lo to hi say about the weights.
func weighOverlap[T Float](s *ConvShape, o *overlap, dw, dy, x []T, lo, hi int) {
	shop := newOverlapShop[T](s, o)
	defer shop.close()
	to := dw
	if o.pack > 1 {
		to = shop.weights.x
		clear(to)
	}
	in, out := s.places()*s.C, s.Pixels()*s.Out
	wide, full, step := s.Size[2]*s.Out, o.frame[2]*s.Out, o.pack*s.C
	for i := lo; i < hi; i++ {
		enclose(s, o.frame, shop.image.x, x[i*in:(i+1)*in], false)
		for l := 0; l < o.high; l += o.each {
			end := min(l+o.each, o.high)
			for k := l; k < end; k++ {
				row := shop.rows.x[(k-l)*full:][:full]
				if line, ok := o.real(s, k); ok {
					clear(row[copy(row, dy[i*out+line*wide:][:wide]):])
				} else {
					clear(row)
				}
			}
			from := shop.image.x[l*o.frame[2]*s.C:]
			for t := range o.lines {
				kern.Gemm(true, false, o.run, o.cols, o.rows(l, end), 1, from[o.line(s, t):], step, shop.rows.x, o.cols, 1, to[t*o.run*o.cols:], o.cols)
			}
		}
	}
	if o.pack > 1 {
		shiftWeights(s, o, to, dw, true)
	}
}

// shiftWeights writes the weights of rows of several pixels, those of each pixel shifted, or adds up what was found for each.
func shiftWeights[T Float](s *ConvShape, o *overlap, rows, w []T, back bool) {
	per := s.Kernel[2] * s.C
	for t := range o.lines {
		for p := range o.pack {
			for j := range per {
				wide := rows[(t*o.run+p*s.C+j)*o.cols+p*s.Out:][:s.Out]
				narrow := w[(t*per+j)*s.Out:][:s.Out]
				if back {
					addRun(narrow, wide)
				} else {
					copy(wide, narrow)
				}
			}
		}
	}
}

package nn

import (
	"math"
	"math/rand/v2"

	"github.com/gopherwood-ml/ml/internal/rng"
)

// Augmentation changes one sample in place, with random numbers of its own. shape is the sample's: images are [H, W, C].
type Augmentation func(r *rand.Rand, x []float32, shape []int)

// Augment makes a Loader's hook of augmentations, which run one after the other on every sample. A sample's random numbers depend on the
// loader's seed, the epoch and its place in it alone.
func Augment(list ...Augmentation) func(key uint64, b *Batch) {
	return func(key uint64, b *Batch) {
		shape := b.X.Shape()
		x, per := b.X.Data(), size(shape[1:])
		for i := range shape[0] {
			r := rng.New(key, uint64(i)+8)
			for _, f := range list {
				f(r, x[i*per:(i+1)*per], shape[1:])
			}
		}
	}
}

// image is the geometry of a sample, if it is an image.
func image(shape []int) (h, w, c int, ok bool) {
	if len(shape) != 3 {
		return 0, 0, 0, false
	}
	return shape[0], shape[1], shape[2], true
}

// FlipLeftRight mirrors an image with probability p. What is no image stays.
func FlipLeftRight(p float64) Augmentation {
	return func(r *rand.Rand, x []float32, shape []int) {
		h, w, c, ok := image(shape)
		if !ok || r.Float64() >= p {
			return
		}
		for i := range h {
			line := x[i*w*c : (i+1)*w*c]
			for a, b := 0, w-1; a < b; a, b = a+1, b-1 {
				for k := range c {
					line[a*c+k], line[b*c+k] = line[b*c+k], line[a*c+k]
				}
			}
		}
	}
}

// FlipUpDown turns an image upside down with probability p. What is no image stays.
func FlipUpDown(p float64) Augmentation {
	return func(r *rand.Rand, x []float32, shape []int) {
		h, w, c, ok := image(shape)
		if !ok || r.Float64() >= p {
			return
		}
		line := w * c
		for a, b := 0, h-1; a < b; a, b = a+1, b-1 {
			for k := range line {
				x[a*line+k], x[b*line+k] = x[b*line+k], x[a*line+k]
			}
		}
	}
}

// RandomCrop cuts an image of the same size out of one with places zeros all around (He et al., CVPR 2016): it moves by up to that many
// places along either axis.
func RandomCrop(places int) Augmentation {
	return func(r *rand.Rand, x []float32, shape []int) {
		h, w, c, ok := image(shape)
		if !ok || places < 1 {
			return
		}
		down, right := r.IntN(2*places+1)-places, r.IntN(2*places+1)-places
		old := append([]float32(nil), x...)
		clear(x)
		from, to := max(0, right), min(w, w+right) // columns of the old image that stay in sight
		for i := range h {
			if at := i + down; at >= 0 && at < h && from < to {
				copy(x[(i*w+from-right)*c:(i*w+to-right)*c], old[(at*w+from)*c:(at*w+to)*c])
			}
		}
	}
}

// ColorJitter scales brightness, contrast and saturation of an image by factors drawn from 1 ± the given numbers, in that order. Contrast is
// about the mean of the image's brightness, saturation about that of each place; an image of one channel has none.
func ColorJitter(brightness, contrast, saturation float64) Augmentation {
	return func(r *rand.Rand, x []float32, shape []int) {
		_, _, c, ok := image(shape)
		if !ok {
			return
		}
		factor := func(by float64) float32 { return float32(1 + by*(2*r.Float64()-1)) }
		bright, sharp, vivid := factor(brightness), factor(contrast), factor(saturation)
		sum := 0.0
		for i := range x {
			x[i] *= bright
			sum += float64(x[i])
		}
		mean := float32(sum / float64(len(x)))
		for i := range x {
			x[i] = mean + float32(sharp*(x[i]-mean))
		}
		for i := 0; c > 1 && i < len(x); i += c {
			place := x[i : i+c]
			grey := float32(0)
			for _, v := range place {
				grey += v / float32(c)
			}
			for k := range place {
				place[k] = grey + float32(vivid*(place[k]-grey))
			}
		}
	}
}

// Cutout blanks a square of the given side somewhere in an image, which may reach over the edge (DeVries and Taylor, 2017).
func Cutout(side int) Augmentation {
	return func(r *rand.Rand, x []float32, shape []int) {
		h, w, c, ok := image(shape)
		if !ok || side < 1 {
			return
		}
		top, left := r.IntN(h)-side/2, r.IntN(w)-side/2
		from, to := max(left, 0), min(left+side, w)
		for i := max(top, 0); i < min(top+side, h); i++ {
			clear(x[(i*w+from)*c : (i*w+to)*c])
		}
	}
}

// Jitter adds normal noise of the given deviation to every number: of images, series or tables.
func Jitter(deviation float64) Augmentation {
	return func(r *rand.Rand, x []float32, _ []int) {
		for i := range x {
			x[i] += float32(deviation * r.NormFloat64())
		}
	}
}

// DropCodes puts another code in place of each code of a text with probability p: that of unknown words, or of a mask. Negative codes,
// which end a text, stay.
func DropCodes(p float64, code int) Augmentation {
	return func(r *rand.Rand, x []float32, _ []int) {
		for i, v := range x {
			if v >= 0 && r.Float64() < p {
				x[i] = float32(code)
			}
		}
	}
}

// SwapRows puts the number of another sample of the batch in place of each number with probability p: noise for tables, which keeps
// every column's distribution (as in denoising autoencoders for tables). It is a hook of its own for Loader.Augment, since it sees the whole batch.
func SwapRows(p float64) func(key uint64, b *Batch) {
	return func(key uint64, b *Batch) {
		n := b.X.Shape()[0]
		x, per := b.X.Data(), b.X.Len()/max(n, 1)
		old := append([]float32(nil), x...)
		r := rng.New(key, 3)
		for i := range x {
			if r.Float64() < p {
				x[i] = old[r.IntN(n)*per+i%per]
			}
		}
	}
}

// cutmix puts a box of another image into every image of a batch, and mixes targets by its share of the place: of a share drawn from
// Beta(alpha, alpha), around a place drawn evenly, as far as it lies inside (Yun et al., ICCV 2019).
func cutmix(b *Batch, alpha float64, key uint64) {
	n := b.X.Shape()[0]
	h, w, c, ok := image(b.X.Shape()[1:])
	if !ok {
		return
	}
	order, r := rng.Perm(rng.New(key, 4), n), rng.New(key, 5)
	x, y := b.X.Data(), b.Y.Data()
	oldX, oldY := append([]float32(nil), x...), append([]float32(nil), y...)
	per := len(y) / n
	for i := range n {
		side := math.Sqrt(1 - beta(r, alpha))
		top, bottom := span(r, side, h)
		left, right := span(r, side, w)
		for line := top; line < bottom; line++ {
			at := (line*w + left) * c
			copy(x[i*h*w*c+at:][:(right-left)*c], oldX[order[i]*h*w*c+at:])
		}
		share := float32((bottom-top)*(right-left)) / float32(h*w)
		for j := range per {
			y[i*per+j] = float32((1-share)*oldY[i*per+j]) + float32(share*oldY[order[i]*per+j])
		}
	}
}

// span is one side of a box around a place drawn evenly, cut at the edges.
func span(r *rand.Rand, side float64, n int) (lo, hi int) {
	long, middle := int(math.Round(side*float64(n))), r.IntN(n)
	return max(middle-long/2, 0), min(middle-long/2+long, n)
}

// beta draws a share from Beta(alpha, alpha).
func beta(r *rand.Rand, alpha float64) float64 {
	g, h := gamma(r.Float64, r.NormFloat64, alpha), gamma(r.Float64, r.NormFloat64, alpha)
	if g+h > 0 {
		return g / (g + h)
	}
	return .5
}

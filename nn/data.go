package nn

import (
	"fmt"
	"iter"
	"math"
	"slices"
	"sort"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// Data is what a Loader reads: so many samples, each an input and a target.
type Data interface {
	// Len is the number of samples.
	Len() int
	// Shapes are those of one input and one target.
	Shapes() (x, y []int)
	// Fill writes the samples idx to x and y, one after the other. It may be called on another goroutine than the one that trains.
	Fill(idx []int, x, y []float32) error
}

// Arrays is Data of two arrays whose first axis counts the samples.
type Arrays struct{ X, Y *tensor.Tensor[float32] }

// Len is the number of samples.
func (a Arrays) Len() int { return a.X.Shape()[0] }

// Shapes are those of one input and one target.
func (a Arrays) Shapes() (x, y []int) { return a.X.Shape()[1:], a.Y.Shape()[1:] }

// Fill copies samples.
func (a Arrays) Fill(idx []int, x, y []float32) error {
	xs, ys := a.X.Data(), a.Y.Data()
	n := a.Len()
	if a.Y.Shape()[0] != n {
		return ml.BadShape("nn.Arrays", "Y", fmt.Sprintf("%d samples", a.Y.Shape()[0]), fmt.Sprintf("%d, as X has", n))
	}
	wx, wy := len(xs)/max(n, 1), len(ys)/max(n, 1)
	for i, at := range idx {
		copy(x[i*wx:(i+1)*wx], xs[at*wx:])
		copy(y[i*wy:(i+1)*wy], ys[at*wy:])
	}
	return nil
}

// Loader hands out batches: shuffled by Seed and epoch, so that the same batches come again in the same order, however many cores fill them.
type Loader struct {
	Data      Data
	BatchSize int       // 0: 32
	Shuffle   bool      // another order in each epoch
	DropLast  bool      // leave out a last batch that is short
	Prefetch  int       // batches filled ahead, on another goroutine. 0: none
	Weights   []float64 // draw samples with these chances, with repetition, instead of each once. nil: each once
	// Augment may change a batch after it is filled: flips, crops, noise, see the function Augment. key tells epochs and batches apart, for
	// random numbers of its own (rand.NewPCG(key, 0)). nil: nothing
	Augment func(key uint64, b *Batch)
	Mixup   float64 // mixes every sample with another by a share drawn from Beta(Mixup, Mixup) (Zhang et al., ICLR 2018): targets must be numbers or distributions. 0: none
	CutMix  float64 // puts a box of another image into every image, its area drawn by Beta(CutMix, CutMix), and mixes targets likewise. 0: none
	// Lengths of the samples, which are sequences [T, ...] filled up behind: batches are then made of samples of like lengths and cut behind
	// the longest of them, as are targets that have T places too. With Shuffle, samples are sorted within stretches of 32 batches and batches are shuffled.
	// nil: batches of whole samples, as they come
	Lengths []int
	Seed    uint64

	even bool // batches of the same size, give or take a sample, instead of a short last one
}

func (l *Loader) batchSize() int {
	if l.BatchSize == 0 {
		return 32
	}
	return l.BatchSize
}

// Batches is the number of batches of an epoch.
func (l *Loader) Batches() int {
	n, b := l.Data.Len(), l.batchSize()
	if l.DropLast {
		return n / b
	}
	return ceilDiv(n, b)
}

// order is that of an epoch.
func (l *Loader) order(epoch int) []int {
	idx := l.drawn(epoch)
	if l.Lengths == nil {
		return idx
	}
	size := l.batchSize()
	for lo, stretch := 0, 32*size; lo < len(idx); lo += stretch {
		part := idx[lo:min(lo+stretch, len(idx))]
		slices.SortStableFunc(part, func(a, b int) int { return l.Lengths[a] - l.Lengths[b] })
	}
	if !l.Shuffle {
		return idx
	}
	whole := len(idx) / size // a short batch stays the last
	out := make([]int, 0, len(idx))
	for _, b := range rng.Perm(rng.New(rng.Key(l.Seed, uint64(epoch)), 1), whole) {
		out = append(out, idx[b*size:(b+1)*size]...)
	}
	return append(out, idx[whole*size:]...)
}

// drawn are the samples of an epoch.
func (l *Loader) drawn(epoch int) []int {
	n := l.Data.Len()
	r := rng.New(rng.Key(l.Seed, uint64(epoch)), 0)
	if l.Weights != nil {
		sums, total := make([]float64, n), 0.0
		for i := range sums {
			total += l.Weights[i]
			sums[i] = total
		}
		out := make([]int, n)
		for i := range out {
			out[i] = min(sort.SearchFloat64s(sums, r.Float64()*total), n-1)
		}
		return out
	}
	if l.Shuffle {
		return rng.Perm(r, n)
	}
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func (l *Loader) check() error {
	const where = "nn.Loader"
	switch {
	case l.Data == nil || l.Data.Len() == 0:
		return ml.BadShape(where, "Data", "empty", "a sample or more")
	case l.BatchSize < 0:
		return ml.BadConfig(where, "BatchSize", l.BatchSize, ">= 0")
	case l.Batches() == 0:
		return ml.BadConfig(where, "BatchSize", l.batchSize(), fmt.Sprintf("%d at the most with DropLast: no batch would be full", l.Data.Len()))
	case l.Weights != nil && len(l.Weights) != l.Data.Len():
		return ml.BadShape(where, "Weights", fmt.Sprintf("a list of %d", len(l.Weights)), fmt.Sprintf("%d, one for each sample", l.Data.Len()))
	case l.Prefetch < 0:
		return ml.BadConfig(where, "Prefetch", l.Prefetch, ">= 0")
	case !(l.Mixup >= 0):
		return ml.BadConfig(where, "Mixup", l.Mixup, ">= 0")
	case !(l.CutMix >= 0):
		return ml.BadConfig(where, "CutMix", l.CutMix, ">= 0")
	case l.Lengths != nil && len(l.Lengths) != l.Data.Len():
		return ml.BadShape(where, "Lengths", fmt.Sprintf("a list of %d", len(l.Lengths)), fmt.Sprintf("%d, one for each sample", l.Data.Len()))
	}
	if xs, _ := l.Data.Shapes(); l.Lengths != nil {
		for i, n := range l.Lengths {
			if len(xs) == 0 || n < 0 || n > xs[0] {
				return ml.BadShape(where, fmt.Sprintf("Lengths[%d]", i), fmt.Sprint(n), fmt.Sprintf("0 or more, and no more than the samples %v have", xs))
			}
		}
	} else if l.CutMix > 0 && len(xs) != 3 {
		return ml.BadShape(where, "CutMix", fmt.Sprintf("samples of shape %v", xs), "images [H, W, C]")
	}
	total := 0.0
	for _, w := range l.Weights {
		if !(w >= 0) {
			return ml.BadConfig(where, "Weights", w, ">= 0")
		}
		total += w
	}
	if l.Weights != nil && !(total > 0 && total <= math.MaxFloat64) {
		return ml.BadConfig(where, "Weights", total, "a finite sum above 0")
	}
	return nil
}

// Epoch yields the batches of one epoch. A batch is the loader's again when the next one is asked for.
func (l *Loader) Epoch(epoch int) iter.Seq2[*Batch, error] {
	return func(yield func(*Batch, error) bool) {
		if err := l.check(); err != nil {
			yield(nil, err)
			return
		}
		idx, size := l.order(epoch), l.batchSize()
		slots := make([]*Batch, l.Prefetch+1)
		fill := func(i int) (*Batch, error) {
			lo, hi := i*size, min((i+1)*size, len(idx))
			if l.even {
				lo, hi = par.Bounds(len(idx), l.Batches(), i)
			}
			return l.fill(&slots[i%len(slots)], epoch, i, idx[lo:hi])
		}
		if l.Prefetch <= 0 {
			for i := range l.Batches() {
				b, err := fill(i)
				if !yield(b, err) || err != nil {
					return
				}
			}
			return
		}
		type filled struct {
			b   *Batch
			err error
		}
		ready, free, done := make(chan filled), make(chan struct{}, l.Prefetch), make(chan struct{})
		finished := make(chan struct{})
		defer func() { close(done); <-finished }()
		go func() {
			defer close(finished)
			defer close(ready)
			for i := range l.Batches() {
				b, err := fill(i)
				select {
				case ready <- filled{b, err}:
				case <-done:
					return
				}
				if err != nil {
					return
				}
				select { // a slot is filled again only when the batch in it has been used
				case free <- struct{}{}:
				case <-done:
					return
				}
			}
		}()
		for f := range ready {
			if !yield(f.b, f.err) || f.err != nil {
				return
			}
			<-free
		}
	}
}

// All yields the batches of one epoch after the other, without end: for loops that count steps.
func (l *Loader) All() iter.Seq2[*Batch, error] {
	return func(yield func(*Batch, error) bool) {
		for epoch := 0; ; epoch++ {
			for b, err := range l.Epoch(epoch) {
				if !yield(b, err) || err != nil {
					return
				}
			}
		}
	}
}

func (l *Loader) fill(slot **Batch, epoch, number int, idx []int) (*Batch, error) {
	xs, ys := l.Data.Shapes()
	if b := *slot; b == nil || b.X.Shape()[0] != len(idx) {
		*slot = &Batch{X: tensor.New[float32](append([]int{len(idx)}, xs...)...), Y: tensor.New[float32](append([]int{len(idx)}, ys...)...)}
	}
	b := *slot
	b.Epoch = epoch
	if err := l.Data.Fill(idx, b.X.Data(), b.Y.Data()); err != nil {
		return nil, err
	}
	if d, ok := l.Data.(*tableData); ok {
		b.Weight = d.weights(idx, b.Weight)
	}
	key := rng.Key(l.Seed, uint64(epoch), uint64(number), 0xa06)
	if l.Augment != nil {
		l.Augment(key, b)
	}
	if l.Mixup > 0 {
		mixup(b, l.Mixup, key)
	}
	if l.CutMix > 0 {
		cutmix(b, l.CutMix, key)
	}
	if l.Lengths != nil {
		return l.cut(b, idx), nil
	}
	return b, nil
}

// cut is a batch of sequences without the places behind the longest of them.
func (l *Loader) cut(b *Batch, idx []int) *Batch {
	longest := 1 // layers want a place
	for _, i := range idx {
		longest = max(longest, l.Lengths[i])
	}
	short := &Batch{X: firstPlaces(b.X, longest), Y: b.Y, Weight: b.Weight, Epoch: b.Epoch}
	if ys := b.Y.Shape(); len(ys) > 1 && ys[1] == b.X.Shape()[1] {
		short.Y = firstPlaces(b.Y, longest)
	}
	return short
}

func firstPlaces(x *tensor.Tensor[float32], places int) *tensor.Tensor[float32] {
	shape := x.Shape()
	if shape[1] == places {
		return x
	}
	per := size(shape[2:])
	long := shape[1] * per
	shape[1] = places
	y := tensor.New[float32](shape...)
	for i := range shape[0] {
		copy(y.Data()[i*places*per:(i+1)*places*per], x.Data()[i*long:])
	}
	return y
}

// mixup mixes the samples of a batch with each other.
func mixup(b *Batch, alpha float64, key uint64) {
	r := rng.New(key, 1)
	n := b.X.Shape()[0]
	order := rng.Perm(r, n)
	for _, a := range [][]float32{b.X.Data(), b.Y.Data()} {
		old, w := append([]float32(nil), a...), len(a)/n
		r := rng.New(key, 2)
		for i := range n {
			share := float32(beta(r, alpha))
			for j := range w {
				a[i*w+j] = share*old[i*w+j] + (1-share)*old[order[i]*w+j]
			}
		}
	}
}

// gamma draws from a gamma distribution of scale 1 (Marsaglia and Tsang, ACM TOMS 26 (2000)).
func gamma(uniform, normal func() float64, shape float64) float64 {
	if shape < 1 {
		return gamma(uniform, normal, shape+1) * math.Pow(uniform(), 1/shape)
	}
	d := shape - 1./3
	c := 1 / math.Sqrt(9*d)
	for {
		x := normal()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v *= v * v
		if math.Log(uniform()) < .5*x*x+d*(1-v+math.Log(v)) {
			return d * v
		}
	}
}

// tableData is Data over the rows of a matrix, whatever its storage, with targets ready made.
type tableData struct {
	x      rows.Rows
	in     []int
	y      []float32 // nil: the rows themselves
	out    []int
	keep   []int // the rows that count
	weight []float64
}

func (d *tableData) Len() int             { return len(d.keep) }
func (d *tableData) Shapes() (x, y []int) { return d.in, d.out }
func (d *tableData) Fill(idx []int, x, y []float32) error {
	p, w := d.x.Cols(), size(d.out)
	for i, k := range idx {
		at := d.keep[k]
		row := x[i*p : (i+1)*p]
		if got := d.x.Row32(at, row); &got[0] != &row[0] {
			copy(row, got)
		}
		if d.y == nil {
			copy(y[i*w:(i+1)*w], row)
		} else {
			copy(y[i*w:(i+1)*w], d.y[at*w:])
		}
	}
	return nil
}

// weights is what the samples count, in w if that is long enough; nil where all count as one.
func (d *tableData) weights(idx []int, w []float32) []float32 {
	if d.weight == nil {
		return nil
	}
	if len(w) < len(idx) {
		w = make([]float32, len(idx))
	}
	for i, k := range idx {
		w[i] = float32(d.weight[d.keep[k]])
	}
	return w[:len(idx)]
}

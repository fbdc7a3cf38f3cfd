package datasets

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

// Blobs draws round Gaussian clusters: a row of blob k is its centre plus Std times a standard normal vector. Centres
// are given, or uniform in the box [-Box, Box]^Features.
type Blobs struct {
	Rows      int         // dealt out evenly over the blobs; 0 means 100, or the sum of Sizes
	Sizes     []int       // the rows of each blob; nil: even
	Features  int         // 0 means 2, or the width of Means
	Centers   int         // the number of blobs; 0 means 3, or the length of Means or Sizes
	Means     [][]float64 // the centres themselves; nil: drawn
	Std       float64     // standard deviation of every blob; 0 means 1
	Stds      []float64   // a standard deviation for each blob, instead of Std; nil: Std
	Box       float64     // half the edge of the box of the centres; 0 means 10
	NoShuffle bool        // keep rows by blob
	Seed      uint64
}

// Make draws the set. Y is the number of the blob. Centers are found again with Points.
func (b Blobs) Make() (ml.Dataset[int], error) {
	if err := b.resolve("datasets.Blobs.Make"); err != nil {
		return ml.Dataset[int]{}, err
	}
	means := b.points()
	y := make([]int, 0, b.Rows)
	for k, n := range b.Sizes {
		for range n {
			y = append(y, k)
		}
	}
	if !b.NoShuffle {
		rng.Shuffle(rng.New(b.Seed, streamShuffle), y)
	}
	x := make([]float64, b.Rows*b.Features)
	eachChunk(b.Rows, b.Seed, func(r *rand.Rand, lo, hi int) {
		for i := lo; i < hi; i++ {
			for j, m := range means[y[i]] {
				x[i*b.Features+j] = m + b.Stds[y[i]]*r.NormFloat64()
			}
		}
	})
	d := ml.Data(tensor.FromSlice(x, b.Rows, b.Features), y)
	d.Classes = classNames(b.Centers)
	return d, nil
}

// Points returns the centres that Make uses, Centers x Features.
func (b Blobs) Points() ([][]float64, error) {
	if err := b.resolve("datasets.Blobs.Points"); err != nil {
		return nil, err
	}
	return b.points(), nil
}

// resolve fills the defaults, Sizes and Stds in full among them.
func (b *Blobs) resolve(where string) error {
	p := params{where: where}
	centers, features, rows := 3, 2, 100
	switch {
	case b.Means != nil:
		centers = len(b.Means)
		if centers > 0 {
			features = len(b.Means[0])
		}
	case b.Sizes != nil:
		centers = len(b.Sizes)
	}
	b.Centers = p.count("Centers", b.Centers, centers, 1)
	b.Features = p.count("Features", b.Features, features, 1)
	b.Box = p.positive("Box", b.Box, 10)
	p.positive("Std", b.Std, 1)
	if b.Sizes != nil {
		rows = 0
		for k, n := range b.Sizes {
			p.natural(fmt.Sprintf("Sizes[%d]", k), n)
			p.size(fmt.Sprintf("Sizes[%d]", k), n, max(b.Features, 1))
			if p.err == nil {
				rows += n
				p.size("Sizes", rows, b.Features)
			}
		}
		if p.err == nil && b.Rows != 0 && b.Rows != rows {
			p.reject("Rows", b.Rows, fmt.Sprintf("0 or %d, the sum of Sizes", rows))
		}
	}
	b.Rows = p.count("Rows", b.Rows, rows, 1)
	p.size("Rows", b.Rows, b.Features)
	p.size("Centers", b.Centers, b.Features)
	if p.err == nil {
		b.perBlob(&p)
	}
	return p.err
}

// perBlob checks the lists that hold one entry for each blob, and makes those that were not given.
func (b *Blobs) perBlob(p *params) {
	lists := []struct {
		field string
		given bool
		n     int
	}{{"Means", b.Means != nil, len(b.Means)}, {"Sizes", b.Sizes != nil, len(b.Sizes)}, {"Stds", b.Stds != nil, len(b.Stds)}}
	for _, l := range lists {
		if l.given && l.n != b.Centers {
			p.reject(l.field, fmt.Sprintf("a list of %d", l.n), fmt.Sprintf("%d, one for each of the Centers", b.Centers))
		}
	}
	for k, m := range b.Means {
		if len(m) != b.Features {
			p.reject(fmt.Sprintf("Means[%d]", k), fmt.Sprintf("%d numbers long", len(m)), fmt.Sprintf("%d, the Features", b.Features))
		}
		for j, v := range m {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				p.reject(fmt.Sprintf("Means[%d][%d]", k, j), v, "a finite number")
			}
		}
	}
	for k, s := range b.Stds {
		p.nonNegative(fmt.Sprintf("Stds[%d]", k), s)
	}
	if b.Stds != nil && b.Std != 0 {
		p.reject("Std", b.Std, "0 with Stds")
	}
	if p.err != nil {
		return
	}
	if b.Sizes == nil {
		b.Sizes = evenly(b.Rows, b.Centers)
	}
	if b.Stds == nil {
		b.Stds = make([]float64, b.Centers)
		for k := range b.Stds {
			b.Stds[k] = p.positive("Std", b.Std, 1)
		}
	}
}

func (b *Blobs) points() [][]float64 {
	r := rng.New(b.Seed, streamModel)
	means := make([][]float64, b.Centers)
	for k := range means {
		means[k] = make([]float64, b.Features)
		if b.Means != nil {
			copy(means[k], b.Means[k])
		} else {
			rng.Uniform(r, means[k], -b.Box, b.Box)
		}
	}
	return means
}

// evenly deals n things out into k parts that differ by one at most, the longer ones first.
func evenly(n, k int) []int {
	sizes := make([]int, k)
	for i := range sizes {
		sizes[i] = n / k
		if i < n%k {
			sizes[i]++
		}
	}
	return sizes
}

package datasets

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// SparseText draws documents as a sparse matrix of word counts, with word frequencies that follow Zipf's law
// (G. K. Zipf, Human Behavior and the Principle of Least Effort, 1949): word w has the base probability z(w) proportional to
// (w+1)^-Exponent, so column 0 is the most frequent word.
//
// Classes are drawn evenly. The vocabulary is cut into blocks of Classes neighbouring words, one for each class. A word
// is drawn from z and, with probability Signal, replaced by the word of its block that belongs to the document's class:
//
//	p(w | class) = (1 - Signal) z(w) + Signal Z(w) [w mod Classes = class]
//
// where Z(w) sums z over the block of w; an incomplete last block is left alone. So each word tells something of the class and
// the law of the whole corpus stays. A document has a Poisson number of words of mean Length, drawn again while it is 0.
type SparseText struct {
	Rows       int     // documents; 0 means 1000
	Vocabulary int     // words, the columns; 0 means 10000
	Classes    int     // 0 means 2
	Length     int     // mean number of words in a document; 0 means 100
	Exponent   float64 // of Zipf's law; 0 means 1
	Signal     float64 // 0 to 1; 0 means 0.1
	Seed       uint64
}

// Make draws the documents. X is a *tensor.CSR[float64], Y the class.
func (t SparseText) Make() (ml.Dataset[int], error) {
	p := params{where: "datasets.SparseText.Make"}
	t.Rows = p.count("Rows", t.Rows, 1000, 1)
	t.Classes = p.count("Classes", t.Classes, 2, 1)
	t.Vocabulary = p.count("Vocabulary", t.Vocabulary, 10000, 1)
	t.Length = p.count("Length", t.Length, 100, 1)
	t.Exponent = p.positive("Exponent", t.Exponent, 1)
	t.Signal = p.positive("Signal", t.Signal, 0.1)
	p.share("Signal", t.Signal)
	p.size("Rows", t.Rows, t.Length)
	p.size("Vocabulary", t.Vocabulary, 16) // the tables to draw from
	if p.err == nil && t.Vocabulary < t.Classes {
		p.reject("Vocabulary", t.Vocabulary, fmt.Sprintf(">= %d, a word for each class", t.Classes))
	}
	if p.err != nil {
		return ml.Dataset[int]{}, p.err
	}
	word := newAlias(zipf(t.Vocabulary, t.Exponent))
	y := make([]int, t.Rows)
	parts := make([]counts, (t.Rows+chunkRows-1)/chunkRows)
	eachChunk(t.Rows, t.Seed, func(r *rand.Rand, lo, hi int) {
		part := &parts[lo/chunkRows]
		for i := lo; i < hi; i++ {
			y[i] = r.IntN(t.Classes)
			part.add(t.document(r, word, y[i]))
		}
	})
	x, err := join(parts, t.Rows, t.Vocabulary)
	if err != nil {
		return ml.Dataset[int]{}, err
	}
	d := ml.Data(x, y)
	d.Classes = classNames(t.Classes)
	return d, nil
}

func (t SparseText) document(r *rand.Rand, word alias, class int) []int32 {
	words := make([]int32, poissonAtLeast1(r, float64(t.Length)))
	for n := range words {
		w := word.draw(r)
		if r.Float64() < t.Signal {
			if end := w - w%t.Classes + t.Classes; end <= t.Vocabulary {
				w = end - t.Classes + class
			}
		}
		words[n] = int32(w)
	}
	return words
}

// counts collects the rows of a sparse matrix.
type counts struct {
	ends    []int // where each row ends
	indices []int32
	values  []float64
}

// add appends the row that counts the words, which it sorts.
func (c *counts) add(words []int32) {
	slices.Sort(words)
	for i, w := range words {
		if i > 0 && w == words[i-1] {
			c.values[len(c.values)-1]++
			continue
		}
		c.indices = append(c.indices, w)
		c.values = append(c.values, 1)
	}
	c.ends = append(c.ends, len(c.indices))
}

func join(parts []counts, rows, cols int) (*tensor.CSR[float64], error) {
	indptr := make([]int, 1, rows+1)
	var indices []int32
	var values []float64
	for _, c := range parts {
		for _, end := range c.ends {
			indptr = append(indptr, len(indices)+end)
		}
		indices = append(indices, c.indices...)
		values = append(values, c.values...)
	}
	return tensor.NewCSR(rows, cols, indptr, indices, values)
}

// zipf returns the weights (i+1)^-s.
func zipf(n int, s float64) []float64 {
	w := make([]float64, n)
	for i := range w {
		w[i] = math.Pow(float64(i+1), -s)
	}
	return w
}

package datasets

import (
	"fmt"
	"math/rand/v2"
	"sort"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

// Multilabel draws documents with several labels, as scikit-learn's make_multilabel_classification: each class has a
// share (uniform, normalised) and a distribution over words (uniform, normalised). A row draws its number of labels from
// a Poisson of mean Labels, again while it exceeds Classes; then labels by the shares, without repeats; then its length from a
// Poisson of mean Length, again while it is 0; then each word from the average of the distributions of its labels, or
// uniformly without any. X holds word counts.
type Multilabel struct {
	Rows        int  // 0 means 100
	Features    int  // words; 0 means 20
	Classes     int  // 0 means 5
	Labels      int  // mean number of labels before the redraws, at most Classes; 0 means 2
	Length      int  // mean number of words; 0 means 50
	NoUnlabeled bool // redraw a number of labels of 0; false: rows without any label occur
	Seed        uint64
}

// Make draws the set. Y[i] has a 0 or 1 for each class.
func (m Multilabel) Make() (ml.Dataset[[]int], error) {
	p := params{where: "datasets.Multilabel.Make"}
	m.Rows = p.count("Rows", m.Rows, 100, 1)
	m.Features = p.count("Features", m.Features, 20, 1)
	m.Classes = p.count("Classes", m.Classes, 5, 1)
	m.Labels = p.count("Labels", m.Labels, min(2, m.Classes), 1)
	m.Length = p.count("Length", m.Length, 50, 1)
	if p.err == nil && m.Labels > m.Classes {
		p.reject("Labels", m.Labels, fmt.Sprintf("<= %d, the Classes", m.Classes))
	}
	p.size("Rows", m.Rows, max(m.Features, m.Classes))
	p.size("Classes", m.Classes, m.Features)
	p.size("Rows", m.Rows, m.Length)
	if p.err != nil {
		return ml.Dataset[[]int]{}, p.err
	}

	model := rng.New(m.Seed, streamModel)
	share := simplex(model, m.Classes)
	words := make([][]float64, m.Classes)
	for k := range words {
		words[k] = simplex(model, m.Features)
	}
	class := newAlias(share)
	x := make([]float64, m.Rows*m.Features)
	y := make([][]int, m.Rows)
	eachChunk(m.Rows, m.Seed, func(r *rand.Rand, lo, hi int) {
		cumulative := make([]float64, m.Features)
		for i := lo; i < hi; i++ {
			y[i] = m.labels(r, class)
			mixture(cumulative, words, y[i])
			row := x[i*m.Features : (i+1)*m.Features]
			for range poissonAtLeast1(r, float64(m.Length)) {
				u := r.Float64() * cumulative[m.Features-1]
				row[min(sort.SearchFloat64s(cumulative, u), m.Features-1)]++
			}
		}
	})
	d := ml.Data(tensor.FromSlice(x, m.Rows, m.Features), y)
	d.Classes = classNames(m.Classes)
	return d, nil
}

// labels draws the label vector of one row.
func (m Multilabel) labels(r *rand.Rand, class alias) []int {
	y := make([]int, m.Classes)
	n := m.Classes + 1
	for n > m.Classes || n == 0 && m.NoUnlabeled {
		n = poisson(r, float64(m.Labels))
	}
	for n > 0 {
		if k := class.draw(r); y[k] == 0 {
			y[k] = 1
			n--
		}
	}
	return y
}

// mixture sets dst to the running sums of the word distributions of the labels in y, or of the uniform one.
func mixture(dst []float64, words [][]float64, y []int) {
	clear(dst)
	any := false
	for k, on := range y {
		if on == 1 {
			any = true
			axpy(1, words[k], dst)
		}
	}
	sum := 0.0
	for j := range dst {
		if !any {
			dst[j] = 1
		}
		sum += dst[j]
		dst[j] = sum
	}
}

// simplex draws n uniform numbers of (0, 1] and normalises them.
func simplex(r *rand.Rand, n int) []float64 {
	v, sum := make([]float64, n), 0.0
	for i := range v {
		v[i] = 1 - r.Float64()
		sum += v[i]
	}
	for i := range v {
		v[i] /= sum
	}
	return v
}

func poisson(r *rand.Rand, mean float64) int { return int(distuv.Poisson{Lambda: mean, Src: r}.Rand()) }

// poissonAtLeast1 draws again while it draws 0.
func poissonAtLeast1(r *rand.Rand, mean float64) int {
	for {
		if n := poisson(r, mean); n > 0 {
			return n
		}
	}
}

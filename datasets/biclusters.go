package datasets

import (
	"fmt"
	"math/rand/v2"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

// Biclustered is a matrix whose rows and columns both fall into clusters: Y is the cluster of each row.
type Biclustered struct {
	ml.Dataset[int]
	ColumnCluster []int // the cluster of each column
}

// Biclusters draws a block-diagonal matrix with shuffled rows and columns: where the clusters of row and column are the
// same one, the block's level, uniform in [Low, High), elsewhere 0; plus normal noise. Cluster sizes differ by one
// at most. See I. Dhillon, Co-clustering documents and words using bipartite spectral graph partitioning (2001).
type Biclusters struct {
	Rows      int     // 0 means 100
	Columns   int     // 0 means 100
	Clusters  int     // 0 means 3
	Low, High float64 // range of the levels; both 0 means 10 and 100
	Noise     float64 // standard deviation; 0: none
	NoShuffle bool    // keep the blocks together
	Seed      uint64
}

// Make draws the matrix.
func (b Biclusters) Make() (Biclustered, error) {
	p := params{where: "datasets.Biclusters.Make"}
	b.Clusters = p.count("Clusters", b.Clusters, 3, 1)
	g := blocks{b.Rows, b.Columns, b.Low, b.High, b.Noise, b.NoShuffle, b.Seed}
	return g.draw(&p, "Clusters", b.Clusters, b.Clusters, func(r *rand.Rand, i, j int, low, high float64) float64 {
		if i != j {
			return 0
		}
		return uniform(r, low, high)
	})
}

// Checkerboard draws a matrix of RowClusters x ColumnClusters blocks, each with a level of its own, uniform in [Low, High),
// with shuffled rows and columns, plus normal noise. Cluster sizes differ by one at most. See Y. Kluger, R. Basri, J. Chang,
// M. Gerstein, Spectral biclustering of microarray data, Genome Research 13 (2003).
type Checkerboard struct {
	Rows           int     // 0 means 100
	Columns        int     // 0 means 100
	RowClusters    int     // 0 means 3
	ColumnClusters int     // 0 means 3
	Low, High      float64 // range of the levels; both 0 means 10 and 100
	Noise          float64 // standard deviation; 0: none
	NoShuffle      bool    // keep the blocks together
	Seed           uint64
}

// Make draws the matrix.
func (c Checkerboard) Make() (Biclustered, error) {
	p := params{where: "datasets.Checkerboard.Make"}
	c.RowClusters = p.count("RowClusters", c.RowClusters, 3, 1)
	c.ColumnClusters = p.count("ColumnClusters", c.ColumnClusters, 3, 1)
	g := blocks{c.Rows, c.Columns, c.Low, c.High, c.Noise, c.NoShuffle, c.Seed}
	return g.draw(&p, "ColumnClusters", c.RowClusters, c.ColumnClusters, func(r *rand.Rand, _, _ int, low, high float64) float64 {
		return uniform(r, low, high)
	})
}

type blocks struct {
	rows, columns    int
	low, high, noise float64
	noShuffle        bool
	seed             uint64
}

// draw makes the matrix from the level of every pair of clusters, which are asked for in order.
func (b blocks) draw(p *params, columnField string, rowClusters, columnClusters int, level func(r *rand.Rand, i, j int, low, high float64) float64) (Biclustered, error) {
	b.rows = p.count("Rows", b.rows, 100, 1)
	b.columns = p.count("Columns", b.columns, 100, 1)
	if b.low == 0 && b.high == 0 {
		b.low, b.high = 10, 100
	}
	p.finite("Low", b.low)
	p.finite("High", b.high)
	if b.low > b.high {
		p.reject("Low", b.low, fmt.Sprintf("<= High, which is %v", b.high))
	}
	p.nonNegative("Noise", b.noise)
	p.size("Rows", b.rows, b.columns)
	if p.err == nil && rowClusters > b.rows {
		p.reject("Rows", b.rows, fmt.Sprintf(">= %d, one for each cluster", rowClusters))
	}
	if p.err == nil && columnClusters > b.columns {
		p.reject(columnField, columnClusters, fmt.Sprintf("<= %d, the Columns", b.columns))
	}
	if p.err != nil {
		return Biclustered{}, p.err
	}
	model, shuffle := rng.New(b.seed, streamModel), rng.New(b.seed, streamShuffle)
	levels := make([]float64, rowClusters*columnClusters)
	for k := range levels {
		levels[k] = level(model, k/columnClusters, k%columnClusters, b.low, b.high)
	}
	row, column := membership(b.rows, rowClusters), membership(b.columns, columnClusters)
	if !b.noShuffle {
		rng.Shuffle(shuffle, row)
		rng.Shuffle(shuffle, column)
	}
	x := make([]float64, b.rows*b.columns)
	eachChunk(b.rows, b.seed, func(r *rand.Rand, lo, hi int) {
		for i := lo; i < hi; i++ {
			for j, c := range column {
				x[i*b.columns+j] = levels[row[i]*columnClusters+c] + b.noise*r.NormFloat64()
			}
		}
	})
	out := Biclustered{Dataset: ml.Data(tensor.FromSlice(x, b.rows, b.columns), row), ColumnCluster: column}
	out.Classes = classNames(rowClusters)
	return out, nil
}

// membership deals n things out into k clusters, in order.
func membership(n, k int) []int {
	of := make([]int, 0, n)
	for c, size := range evenly(n, k) {
		for range size {
			of = append(of, c)
		}
	}
	return of
}

package metrics

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/compute"
	"github.com/gopherwood-ml/ml/internal/kern"
	search "github.com/gopherwood-ml/ml/internal/near"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// Distances is the matrix of distances from each row of x to each row of y, x rows x y rows; y = nil: to each row of x. Widths that differ give ErrShape, numbers that are not finite ErrNotFinite (but NaN in
// [NaNEuclidean] and [Gower]), a distance with bad fields or that is nil ErrConfig. Euclidean distances are of differences, so near rows keep their digits. O(x rows · y rows · columns), on
// all cores.
func Distances(x, y tensor.Matrix, d Distance) (*tensor.Tensor[float64], error) {
	const where = "metrics.Distances"
	p, err := newPairing(where, x, y, d)
	if err != nil {
		return nil, err
	}
	return p.whole(where)
}

// EachDistances is Distances in blocks of rows of x, for matrices that would not fit in memory: f gets the index of the block's first row and its distances, which are overwritten after it returns. rows is the number of
// rows of a block; 0: what takes 64 MiB. It ends with the first error of f.
func EachDistances(x, y tensor.Matrix, d Distance, rows int, f func(first int, block *tensor.Tensor[float64]) error) error {
	const where = "metrics.EachDistances"
	p, err := newPairing(where, x, y, d)
	if err != nil {
		return err
	}
	if rows < 0 {
		return ml.BadConfig(where, "rows", rows, ">= 0")
	}
	return p.blocks(rows, func(first, m int, block []float64) error {
		return f(first, tensor.FromSlice(block, m, p.y.Len()))
	})
}

// Nearest finds the row of y that is nearest to each row of x, the first of equally near ones, and its distance. The errors are those of [Distances], and ErrShape for y without
// rows. Memory for one block of distances.
func Nearest(x, y tensor.Matrix, d Distance) (index []int, distance []float64, err error) {
	const where = "metrics.Nearest"
	_, roots := d.(Euclidean)
	if roots { // squares have the same order
		d = SquaredEuclidean{}
	}
	p, err := newPairing(where, x, y, d)
	if err != nil {
		return nil, nil, err
	}
	n := p.y.Len()
	if n == 0 {
		return nil, nil, ml.BadShape(where, "y", "without rows", "at least one")
	}
	index, distance = make([]int, p.x.Len()), make([]float64, p.x.Len())
	if _, squares := d.(SquaredEuclidean); squares && !p.x.Sparse() {
		p.nearestSquares(index, distance)
	} else if err := p.nearestOf(index, distance); err != nil {
		return nil, nil, err
	}
	if roots {
		kern.Sqrt(distance, distance)
	}
	return index, distance, nil
}

// nearestOf looks through all distances, a block at a time.
func (p *pairing) nearestOf(index []int, distance []float64) error {
	n := p.y.Len()
	const held = 1 << 17 // distances at once, so that they are still in the cache
	return p.blocks(max(1, held/n), func(first, m int, block []float64) error {
		par.For(m, n/4, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				row := block[i*n : (i+1)*n]
				best := nearest(row)
				index[first+i], distance[first+i] = best, row[best]
			}
		})
		return nil
	})
}

// nearestSquares finds the nearest rows in single precision, decides in double where that could err, and measures only what it found.
func (p *pairing) nearestSquares(index []int, distance []float64) {
	y := search.PointsOf(p.y)
	label := make([]int32, len(index))
	search.NewAssigner(p.x, false).Assign(label, y.X, y.N)
	par.For(len(index), y.D, func(lo, hi int) {
		buf := make([]float64, y.D)
		for i := lo; i < hi; i++ {
			index[i] = int(label[i])
			distance[i] = squared(p.x.Row(i, buf), y.Row(index[i]))
		}
	})
}

// nearest is the first of the least numbers that are not NaN, or 0.
func nearest(row []float64) int {
	if best := kern.ArgMin(row); best >= 0 && row[best] == row[best] {
		return best
	}
	best := 0
	for j, v := range row {
		if v < row[best] || row[best] != row[best] && v == v {
			best = j
		}
	}
	return best
}

// PairedDistances is the distance from each row of x to the same row of y. The errors are those of [Distances], and ErrShape for different numbers of rows.
func PairedDistances(x, y tensor.Matrix, d Distance) ([]float64, error) {
	const where = "metrics.PairedDistances"
	p, err := newPairing(where, x, y, d)
	if err != nil {
		return nil, err
	}
	if p.x.Len() != p.y.Len() {
		return nil, ml.BadShape(where, "y", fmt.Sprintf("%d rows", p.y.Len()), fmt.Sprintf("%d, as many as x", p.x.Len()))
	}
	out := make([]float64, p.x.Len())
	par.For(len(out), 4*p.x.Cols(), func(lo, hi int) {
		a, b := make([]float64, p.x.Cols()), make([]float64, p.x.Cols())
		for i := lo; i < hi; i++ {
			out[i] = d.Between(p.x.Row(i, a), p.y.Row(i, b))
		}
	})
	return out, nil
}

// CheckDistance makes sure that d can be taken between rows of so many columns; where names the caller in the error, which is of kind ErrConfig.
func CheckDistance(where string, d Distance, columns int) error {
	if f, ok := d.(fussy); ok {
		if want := f.wants(columns); want != "" {
			return &ml.Error{Where: where, Field: fmt.Sprintf("%T", d), Found: fmt.Sprintf("%d columns", columns), Want: want, Kind: ml.ErrConfig}
		}
	}
	return nil
}

// A pairing is what distances, or kernels, are taken between.
type pairing struct {
	x, y rows.Rows
	same bool // y is x
	fill filler
	spec compute.KernelSpec // of what fill writes, but for y itself
	self float64            // of a row with itself, if it is known exactly
}

func newPairing(where string, x, y tensor.Matrix, d Distance) (*pairing, error) {
	if d == nil {
		return nil, ml.BadConfig(where, "d", "nil", "a Distance")
	}
	p, err := pair(where, x, y, DistanceAccepts(d).Missing)
	if err != nil {
		return nil, err
	}
	if err := CheckDistance(where, d, p.x.Cols()); err != nil {
		return nil, err
	}
	p.fill, p.spec, p.self = distanceFiller(d, p.x.Cols(), nil), distanceSpec(d), math.NaN()
	switch d.(type) {
	case Cosine, Correlation:
		p.self = 0
	}
	return p, nil
}

// pair checks two matrices of one width.
func pair(where string, x, y tensor.Matrix, missing bool) (*pairing, error) {
	p := &pairing{same: y == nil}
	if y == nil {
		y = x
	}
	for i, m := range []tensor.Matrix{x, y} {
		name := [...]string{"x", "y"}[i]
		if fault := rows.Fault(m); fault != "" {
			return nil, ml.BadShape(where, name, fault, "a matrix")
		}
		if i, j, v, ok := rows.CheckFinite(m, missing); !ok {
			return nil, &ml.Error{Where: where, Field: fmt.Sprintf("%s[%d, %d]", name, i, j), Found: fmt.Sprint(v), Want: "a finite number", Kind: ml.ErrNotFinite}
		}
	}
	p.x, p.y = rows.Of(x), rows.Of(y)
	if p.x.Cols() != p.y.Cols() {
		return nil, ml.BadShape(where, "y", fmt.Sprintf("%d columns wide", p.y.Cols()), fmt.Sprintf("%d columns, as x", p.x.Cols()))
	}
	return p, nil
}

// whole is the matrix of all pairs.
func (p *pairing) whole(where string) (*tensor.Tensor[float64], error) {
	m, n := p.x.Len(), p.y.Len()
	if m > 0 && n > math.MaxInt/16/m {
		return nil, ml.BadShape(where, "x", fmt.Sprintf("%d rows against %d", m, n), "fewer: take them in blocks")
	}
	out := kern.Fresh[float64](m * n) // all of which fill writes
	return tensor.FromSlice(out, m, n), p.blocks(m, func(int, int, []float64) error { return nil }, out...)
}

// blocks calls f for blocks of rows of x against all of y. All rows are one block, in the given memory, if there is any.
func (p *pairing) blocks(size int, f func(first, m int, block []float64) error, into ...float64) error {
	m, n, k := p.x.Len(), p.y.Len(), p.x.Cols()
	if size == 0 {
		size = max(1, 8<<20/max(n, 1))
	}
	size = min(size, max(m, 1))
	if len(into) == 0 {
		into = kern.Fresh[float64](size * n)
	}
	const held = 1 << 20 // numbers of x, and of y, in dense form at once
	step, ystep := max(1, held/max(k, 1)), max(1, held/max(k, 1))
	var xbuf, ybuf []float64
	if !p.x.InBlocks() {
		xbuf = make([]float64, min(step, size)*k)
	}
	if !p.y.InBlocks() {
		ybuf = make([]float64, min(ystep, n)*k)
	}
	var write func(m int, x, dst []float64, ldd int)
	for first := 0; first < m; first += size {
		rows := min(size, m-first)
		for lo := 0; lo < n; lo += ystep {
			if write == nil || n > ystep { // all of y in one piece is made ready but once
				hi := min(lo+ystep, n)
				write = p.ready(hi-lo, p.y.Block(lo, hi, ybuf))
			}
			for at := 0; at < rows; at += step {
				some := min(step, rows-at)
				write(some, p.x.Block(first+at, first+at+some, xbuf), into[at*n+lo:], n)
			}
		}
		if p.same && p.self == p.self {
			for i := range rows {
				into[i*n+first+i] = p.self
			}
		}
		if err := f(first, rows, into[:rows*n]); err != nil {
			return err
		}
	}
	return nil
}

// units are rows of length 1, or of zeros; centred: of the rows less their means.
func units(rows int, v []float64, k int, centred bool) []float64 {
	out := make([]float64, rows*k)
	par.For(rows, 4*k, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			from, to := v[i*k:(i+1)*k], out[i*k:(i+1)*k]
			copy(to, from)
			if centred {
				center(to, from)
			}
			s := 0.0
			for _, v := range to {
				s += float64(v * v)
			}
			if s > 0 {
				s = 1 / math.Sqrt(s)
			}
			for j := range to {
				to[j] *= s
			}
		}
	})
	return out
}

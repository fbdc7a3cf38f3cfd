package tensor

import (
	"fmt"

	"github.com/gopherwood-ml/ml/internal/par"
)

// The matrix product is cut so that what the innermost loop reads stays in the caches: depth x width numbers of the right
// matrix are packed into panels of tileCols columns (second cache), strips of tileRows rows of the left matrix into one run of
// depth (first cache), and a tile of tileRows x tileCols sums stays in registers. An element of the result is the sum of one
// partial sum for each run of depth, in order, whatever the rows around it: so the result depends neither on the number of
// cores nor on how many rows are multiplied at once.
const (
	gemmDepth = 256
	gemmWidth = 256
	gemmFew   = 4  // so few rows are not worth packing the right matrix for
	gemmRows  = 32 // rows of one parallel task, a multiple of tileRows
	tileRows  = 2
	tileCols  = 4
)

// MatMul returns the matrix product of a (r x k) and b (k x c), a new r x c Tensor. Sums are kept in T. The result has the
// same bytes for any GOMAXPROCS, and each of its rows the same as if it had been computed alone. It panics with a
// [*ShapeError] unless both have rank 2 and the inner axes are equal. O(r k c).
func MatMul[T Float](a, b *Tensor[T]) *Tensor[T] {
	if len(a.shape) != 2 || len(b.shape) != 2 || a.cols != b.rows {
		badShape("MatMul", "want matrices with equal inner axes", a.shape, b.shape)
	}
	c := New[T](a.rows, b.cols)
	gemm(false, false, 1, a, b, c)
	return c
}

// Gemm computes c = alpha*op(a)*op(b) + beta*c in place, where op transposes its matrix if the flag before is set, without
// a copy of it. With beta 0 what c held does not matter, even if it is NaN. c may be a view, but shares no memory with a or
// b. It panics with a [*ShapeError] if it does or the shapes do not fit. Determinism as of [MatMul].
func Gemm[T Float](transA, transB bool, alpha T, a, b *Tensor[T], beta T, c *Tensor[T]) {
	if len(a.shape) != 2 || len(b.shape) != 2 || len(c.shape) != 2 {
		badShape("Gemm", "want matrices", a.shape, b.shape, c.shape)
	}
	rows, depth := flip(transA, a)
	inner, cols := flip(transB, b)
	if depth != inner || rows != c.rows || cols != c.cols {
		badShape("Gemm", fmt.Sprintf("a %dx%d and a %dx%d factor do not make a %dx%d product", rows, depth, inner, cols, c.rows, c.cols),
			a.shape, b.shape, c.shape)
	}
	if share(c, a) || share(c, b) {
		badShape("Gemm", "the result shares memory with a factor", a.shape, b.shape, c.shape)
	}
	switch beta {
	case 0:
		c.Fill(0)
	case 1:
	default:
		c.Apply(func(v T) T { return beta * v })
	}
	gemm(transA, transB, alpha, a, b, c)
}

func flip[T Float](trans bool, m *Tensor[T]) (rows, cols int) {
	if trans {
		return m.cols, m.rows
	}
	return m.rows, m.cols
}

// gemm adds alpha*op(a)*op(b) to c.
func gemm[T Float](transA, transB bool, alpha T, a, b, c *Tensor[T]) {
	rows, depth := flip(transA, a)
	cols := c.cols
	if rows == 0 || cols == 0 || depth == 0 {
		return
	}
	if rows <= gemmFew && !transA && !transB {
		multiplyFew(alpha, a, b, c)
		return
	}
	panels := make([]T, min(depth, gemmDepth)*((min(cols, gemmWidth)+tileCols-1)/tileCols*tileCols))
	for k0 := 0; k0 < depth; k0 += gemmDepth {
		k1 := min(k0+gemmDepth, depth)
		for j0 := 0; j0 < cols; j0 += gemmWidth {
			j1 := min(j0+gemmWidth, cols)
			packRight(panels, transB, b, k0, k1, j0, j1)
			tasks := (rows + gemmRows - 1) / gemmRows
			ns := gemmRows * (k1 - k0) * (j1 - j0) / 4
			par.For(tasks, ns, func(lo, hi int) {
				var strip [tileRows * gemmDepth]T
				for i := lo * gemmRows; i < min(hi*gemmRows, rows); i += tileRows {
					n := min(tileRows, rows-i)
					packLeft(&strip, transA, a, i, n, k0, k1)
					multiplyStrip(&strip, panels, alpha, k1-k0, c, i, n, j0, j1)
				}
			})
		}
	}
}

// multiplyFew adds alpha*a*b to c with the same sums in the same order as the packed product, reading b once.
func multiplyFew[T Float](alpha T, a, b, c *Tensor[T]) {
	partial := make([]T, c.rows*c.cols)
	for k0 := 0; k0 < a.cols; k0 += gemmDepth {
		clear(partial)
		for k := k0; k < min(k0+gemmDepth, a.cols); k++ {
			for i := range c.rows {
				addScaled(partial[i*c.cols:][:c.cols], a.Row(i)[k], b.Row(k))
			}
		}
		for i := range c.rows {
			addScaled(c.Row(i), alpha, partial[i*c.cols:][:c.cols])
		}
	}
}

// packRight stores rows k0:k1 and columns j0:j1 of op(b) as panels of tileCols columns, row after row; columns past the last
// are zero.
func packRight[T Float](panels []T, trans bool, b *Tensor[T], k0, k1, j0, j1 int) {
	depth := k1 - k0
	for j := j0; j < j1; j += tileCols {
		panel := panels[(j-j0)*depth:][:tileCols*depth]
		n := min(tileCols, j1-j)
		if n < tileCols {
			clear(panel)
		}
		if trans {
			for s := range n {
				for k, v := range b.Row(j + s)[k0:k1] {
					panel[k*tileCols+s] = v
				}
			}
			continue
		}
		for k := range depth {
			copy(panel[k*tileCols:], b.Row(k0 + k)[j:j+n])
		}
	}
}

// packLeft stores columns k0:k1 of rows i:i+n of op(a) column after column; rows past the last are zero.
func packLeft[T Float](strip *[tileRows * gemmDepth]T, trans bool, a *Tensor[T], i, n, k0, k1 int) {
	if n < tileRows {
		clear(strip[:])
	}
	if trans {
		for k := range k1 - k0 {
			copy(strip[k*tileRows:], a.Row(k0 + k)[i:i+n])
		}
		return
	}
	for s := range n {
		for k, v := range a.Row(i + s)[k0:k1] {
			strip[k*tileRows+s] = v
		}
	}
}

// multiplyStrip adds the product of one strip and all panels to rows i:i+n, columns j0:j1 of c.
func multiplyStrip[T Float](strip *[tileRows * gemmDepth]T, panels []T, alpha T, depth int, c *Tensor[T], i, n, j0, j1 int) {
	for j := j0; j < j1; j += tileCols {
		tile := multiplyTile(strip[:tileRows*depth], panels[(j-j0)*depth:][:tileCols*depth])
		for s := range n {
			row := c.Row(i + s)[j:min(j+tileCols, j1)]
			for q := range row {
				row[q] += alpha * tile[s*tileCols+q]
			}
		}
	}
}

// multiplyTile is the innermost loop: sums of products in the order of k, one for each place of the tile.
func multiplyTile[T Float](a, b []T) [tileRows * tileCols]T {
	var c00, c01, c02, c03, c10, c11, c12, c13 T
	for len(a) >= tileRows && len(b) >= tileCols {
		a0, a1 := a[0], a[1]
		b0, b1, b2, b3 := b[0], b[1], b[2], b[3]
		c00 += a0 * b0
		c01 += a0 * b1
		c02 += a0 * b2
		c03 += a0 * b3
		c10 += a1 * b0
		c11 += a1 * b1
		c12 += a1 * b2
		c13 += a1 * b3
		a, b = a[tileRows:], b[tileCols:]
	}
	return [...]T{c00, c01, c02, c03, c10, c11, c12, c13}
}

// Dot returns the sum of x[i]*y[i], kept in T in four interleaved sums. It panics with a [*ShapeError] if the lengths differ.
func Dot[T Float](x, y []T) T {
	if len(x) != len(y) {
		badShape("Dot", "the lengths differ", []int{len(x)}, []int{len(y)})
	}
	var a, b, c, d T
	for len(x) >= 4 && len(y) >= 4 {
		a += x[0] * y[0]
		b += x[1] * y[1]
		c += x[2] * y[2]
		d += x[3] * y[3]
		x, y = x[4:], y[4:]
	}
	for i, v := range x {
		a += v * y[i]
	}
	return (a + b) + (c + d)
}

// MatVec returns the product of a matrix (r x c) and a vector of c elements: [Dot] with each row. It panics with a
// [*ShapeError] if the shapes do not fit.
func MatVec[T Float](a *Tensor[T], x []T) []T {
	if len(a.shape) != 2 || a.cols != len(x) {
		badShape("MatVec", "want a matrix as wide as the vector is long", a.shape, []int{len(x)})
	}
	out := make([]T, a.rows)
	par.For(a.rows, max(a.cols/2, 1), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			out[i] = Dot(a.Row(i), x)
		}
	})
	return out
}

package kern

import "github.com/gopherwood-ml/ml/internal/par"

// Syrk sets the upper triangle of the n x n matrix C to alpha*op(A)*op(A)ᵀ + beta*C, at half the cost of the whole product.
// op(A) is n x k: A stored as n x k, or with trans as k x n, so that C is AᵀA. All is row-major, rows lda and ldc elements
// apart. Nothing below the diagonal is read or written. With beta 0, C is not read. C may not overlap A.
//
// Products worth it run on several cores. Bits depend on the shape, the operands and the level only.
func Syrk[T Float](trans bool, n, k int, alpha T, a []T, lda int, beta T, c []T, ldc int) {
	if n <= 0 {
		return
	}
	checkMatrix("Syrk: C", n, n, c, ldc)
	for i := range n {
		writes(c[i*ldc+i : i*ldc+n])
	}
	if k <= 0 || alpha == 0 {
		for i := range n {
			scaleRow(beta, c[i*ldc+i:i*ldc+n])
		}
		return
	}
	s := triangle[T]{n: n, k: k, alpha: alpha, a: a, ri: lda, rp: 1, c: c, ldc: ldc}
	if trans {
		s.ri, s.rp = 1, lda
		checkMatrix("Syrk: A transposed", k, n, a, lda)
		readsRows(a, k, n, lda)
	} else {
		checkMatrix("Syrk: A", n, k, a, lda)
		readsRows(a, n, k, lda)
	}
	const narrow, long = 256, 2048 // a small triangle of long sums is cut along k, the only way to share it
	if n <= narrow && k > 2*long {
		s.inParts(beta, long)
		return
	}
	s.run(beta)
}

// triangle is one call of Syrk: element (i, p) of op(A) is a[i*ri+p*rp].
type triangle[T Float] struct {
	n, k   int
	alpha  T
	a      []T
	ri, rp int
	c      []T
	ldc    int
}

// run computes blocks of rows, right of the diagonal.
func (s triangle[T]) run(beta T) {
	height := 2 * tileRows()
	if s.n > 16*height {
		height *= 4
	}
	blocks := (s.n + height - 1) / height
	g := product[T]{}
	par.For(blocks, max(1, g.worth(s.n*height*s.k)), func(lo, hi int) {
		square, l := scratch[T](height * height)
		defer release(l)
		for b := lo; b < hi; b++ {
			s.block(b*height, min((b+1)*height, s.n), beta, square)
		}
	})
}

// block computes rows i0 to i1: what is right of their square in place, the square aside.
func (s triangle[T]) block(i0, i1 int, beta T, square []T) {
	h, right := i1-i0, s.n-i1
	g := product[T]{m: h, k: s.k, alpha: s.alpha, a: s.a[i0*s.ri:], rsa: s.ri, csa: s.rp, rsb: s.rp, csb: s.ri}
	if right > 0 {
		g.n, g.beta, g.b, g.c, g.ldc = right, beta, s.a[i1*s.ri:], s.c[i0*s.ldc+i1:], s.ldc
		g.run()
	}
	g.n, g.beta, g.b, g.c, g.ldc = h, 0, s.a[i0*s.ri:], square, h
	g.run()
	for i := range h {
		to, from := s.c[(i0+i)*s.ldc+i0+i:][:h-i], square[i*h+i:(i+1)*h]
		if beta == 0 {
			copy(to, from)
			continue
		}
		for j, v := range from {
			to[j] = beta*to[j] + v
		}
	}
}

// inParts adds up the triangles of parts of k, in order.
func (s triangle[T]) inParts(beta T, long int) {
	n := s.n
	type part struct {
		sum []T
		l   loan
	}
	all := par.Reduce(s.k, long, func(_, lo, hi int) part {
		sum, l := scratch[T](n * n)
		p := s
		p.k, p.a, p.c, p.ldc = hi-lo, s.a[lo*s.rp:], sum, n
		p.run(0)
		return part{sum, l}
	}, func(x, y part) part {
		for i := range n {
			Axpy(1, y.sum[i*n+i:(i+1)*n], x.sum[i*n+i:(i+1)*n])
		}
		release(y.l)
		return x
	})
	for i := range n {
		to, from := s.c[i*s.ldc+i:][:n-i], all.sum[i*n+i:(i+1)*n]
		if beta == 0 {
			copy(to, from)
		} else {
			for j, v := range from {
				to[j] = beta*to[j] + v
			}
		}
	}
	release(all.l)
}

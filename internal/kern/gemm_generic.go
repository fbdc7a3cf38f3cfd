package kern

import "github.com/gopherwood-ml/ml/internal/par"

// plain is the product at the levels without tile kernels: row by row, so that C and B are read along their rows, four
// rows of B at a time; or dot products of rows where B is transposed.
func (g *product[T]) plain() {
	per := g.worth(2 * g.n * g.k)
	if par.Small(g.m, per) || par.Alone() {
		g.plainRows(0, g.m)
		return
	}
	g.plainTogether(per)
}

func (g product[T]) plainTogether(per int) {
	par.For(g.m, per, func(lo, hi int) { g.plainRows(lo, hi) })
}

func (g *product[T]) plainRows(lo, hi int) {
	row, l := scratch[T](g.k)
	defer release(l)
	for i := lo; i < hi; i++ {
		for p := range row {
			row[p] = g.alpha * g.a[i*g.rsa+p*g.csa]
		}
		c := g.c[i*g.ldc : i*g.ldc+g.n]
		if g.csb != 1 {
			for j := range c {
				v := dotGeneric(row, g.b[j*g.csb:])
				if g.beta != 0 {
					v += g.beta * c[j]
				}
				c[j] = v
			}
			continue
		}
		if g.beta == 0 {
			clear(c)
		} else if g.beta != 1 {
			scalGeneric(g.beta, c, c)
		}
		p := 0
		for ; p+4 <= g.k; p += 4 {
			axpy4(c, row[p:], g.b[p*g.rsb:], g.rsb)
		}
		for ; p < g.k; p++ {
			axpyGeneric(row[p], g.b[p*g.rsb:], c)
		}
	}
}

// axpy4 adds s[0..3] times four rows of b to c.
func axpy4[T Float](c, s, b []T, stride int) {
	b0, b1, b2, b3 := b[:len(c)], b[stride:][:len(c)], b[2*stride:][:len(c)], b[3*stride:][:len(c)]
	s0, s1, s2, s3 := s[0], s[1], s[2], s[3]
	for j := range c {
		c[j] += (s0*b0[j] + s1*b1[j]) + (s2*b2[j] + s3*b3[j])
	}
}

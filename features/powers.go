package features

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
)

// powers are the transforms of columns side by side: (sign expm1(e log) / e - mean) / scale, where log is that of 1+|x|, and of x for Box-Cox. They are made in runs, so that logarithms and
// exponentials come from vector kernels, which give the same bits for one number as for many and on every machine.
type powers struct {
	boxCox bool
	column []powerColumn
}

type powerColumn struct {
	sides          [2]side // for numbers without and with a sign
	mean, perScale float64
}

// A side is an exponent and what expm1 of it is multiplied by.
type side struct{ exponent, back float64 }

// newSide takes an exponent of 0 as one so small that expm1 leaves the logarithm as it is, which is the limit.
func newSide(exponent float64) side {
	const least = 0x1p-70
	if math.Abs(exponent) < least {
		exponent = least
	}
	return side{exponent, 1 / exponent}
}

// newPowers takes lambdas, means and scales; nil means are 0 and nil scales 1.
func newPowers(lambda, mean, scale []float64, boxCox bool) powers {
	p := powers{boxCox, make([]powerColumn, len(lambda))}
	for j, l := range lambda {
		c := powerColumn{sides: [2]side{newSide(l), newSide(2 - l)}, perScale: 1}
		if boxCox {
			c.sides[1] = c.sides[0]
		}
		c.sides[1].back = -c.sides[1].back
		if mean != nil {
			c.mean = mean[j]
		}
		if scale != nil {
			c.perScale = 1 / scale[j]
		}
		p.column[j] = c
	}
	return p
}

// run transforms numbers that lie row behind row, or all of one column if there is one. It returns the index of the first that has no transform, counted from the start of its row, or -1. dst may be src.
func (p *powers) run(dst, src []float64) (bad int) {
	const size = 256
	var logs, grown [size]float64
	columns := len(p.column)
	for j := 0; len(src) > 0; { // whole rows, or part of a long one
		n := size
		if columns <= size {
			n -= size % columns
		} else {
			n = min(n, columns-j)
		}
		n = min(n, len(src))
		if bad := p.part(p.column[j:min(j+n, columns)], dst[:n], src[:n], logs[:n], grown[:n]); bad >= 0 {
			return j + bad
		}
		if j += n; j >= columns {
			j = 0
		}
		dst, src = dst[n:], src[n:]
	}
	return -1
}

// part is run for rows, or part of one, of the given columns.
func (p *powers) part(columns []powerColumn, dst, src, logs, grown []float64) (bad int) {
	if p.boxCox {
		kern.LogPortable(logs, src)
	} else {
		for i, v := range src {
			logs[i] = math.Abs(v)
		}
		kern.Log1pPortable(logs, logs)
	}
	for at := 0; at < len(src); at += len(columns) {
		x, l, g := src[at:][:len(columns)], logs[at:][:len(columns)], grown[at:][:len(columns)]
		for j := range columns {
			g[j] = columns[j].sides[math.Float64bits(x[j])>>63].exponent * l[j]
		}
	}
	kern.Expm1Portable(grown, grown)
	for at := 0; at < len(src); at += len(columns) {
		x, l, g, y := src[at:][:len(columns)], logs[at:][:len(columns)], grown[at:][:len(columns)], dst[at:][:len(columns)]
		for j := range columns {
			c, v := &columns[j], x[j]
			z := (float64(g[j]*c.sides[math.Float64bits(v)>>63].back) - c.mean) * c.perScale
			if !(math.Abs(z) <= math.MaxFloat64 && math.Abs(l[j]) <= math.MaxFloat64) && v == v {
				return j
			}
			y[j] = z
		}
	}
	return -1
}

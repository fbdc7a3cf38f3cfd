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
	j := 0
	for lo := 0; lo < len(src); lo += size {
		x := src[lo:min(lo+size, len(src))]
		l, g, first := logs[:len(x)], grown[:len(x)], j
		if p.boxCox {
			kern.LogPortable(l, x)
		} else {
			for i, v := range x {
				l[i] = math.Abs(v)
			}
			kern.Log1pPortable(l, l)
		}
		for i, v := range x {
			g[i] = p.column[j].sides[math.Float64bits(v)>>63].exponent * l[i]
			if j++; j == len(p.column) {
				j = 0
			}
		}
		kern.Expm1Portable(g, g)
		j = first
		y := dst[lo : lo+len(x)]
		for i, v := range x {
			c := &p.column[j]
			z := (float64(g[i]*c.sides[math.Float64bits(v)>>63].back) - c.mean) * c.perScale
			if !(math.Abs(z) <= math.MaxFloat64 && math.Abs(l[i]) <= math.MaxFloat64) && v == v {
				return j
			}
			y[i] = z
			if j++; j == len(p.column) {
				j = 0
			}
		}
	}
	return -1
}

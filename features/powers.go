package features

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
)

// powers are the transforms of columns side by side: (sign expm1(e log) / e - mean) / scale, where log is that of 1+|x|, and of x for Box-Cox. They are made in runs, so that logarithms and
// exponentials come from vector kernels, which give the same bits for one number as for many and on every machine.
type powers struct {
	boxCox         bool
	columns        int
	exponent, back bySign    // of the columns, repeated as often as whole rows fit into a run
	mean, perScale []float64 // the same
}

// powerRun is how many numbers are in a run: their logarithms stay in the nearest cache.
const powerRun = 256

// bySign holds a number for numbers without and with a sign. Which of them is wanted cannot be foretold, so there is no branch on it.
type bySign struct{ without, change []uint64 }

func (b *bySign) push(without, with float64) {
	w := math.Float64bits(without)
	b.without, b.change = append(b.without, w), append(b.change, w^math.Float64bits(with))
}

// choose is the number for the sign of v.
func choose(without, change uint64, v float64) float64 {
	return math.Float64frombits(without ^ change&uint64(int64(math.Float64bits(v))>>63))
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
	p := powers{boxCox: boxCox, columns: len(lambda)}
	for range max(1, powerRun/max(1, len(lambda))) {
		for j, l := range lambda {
			without, with := newSide(l), newSide(2-l)
			if boxCox {
				with = without
			}
			p.exponent.push(without.exponent, with.exponent)
			p.back.push(without.back, -with.back)
			middle, perScale := 0.0, 1.0
			if mean != nil {
				middle = mean[j]
			}
			if scale != nil {
				perScale = 1 / scale[j]
			}
			p.mean, p.perScale = append(p.mean, middle), append(p.perScale, perScale)
		}
	}
	return p
}

// run transforms numbers that lie row behind row, or all of one column if there is one. It returns the index of the first that has no transform, counted from the start of its row, or -1. dst may be src.
func (p *powers) run(dst, src []float64) (bad int) {
	var logs, grown [powerRun]float64
	for j := 0; len(src) > 0; { // whole rows, or part of a long one
		n := min(powerRun, len(p.mean)-j, len(src))
		if bad := p.part(j, dst[:n], src[:n], logs[:n], grown[:n]); bad >= 0 {
			return (j + bad) % p.columns
		}
		if j += n; j == len(p.mean) {
			j = 0
		}
		dst, src = dst[n:], src[n:]
	}
	return -1
}

// zeros of a run.
var zeros [powerRun]float64

// part is run for numbers the first of which is that of place j. It returns an index into src.
func (p *powers) part(j int, dst, src, logs, grown []float64) (bad int) {
	n := len(src)
	dst, logs, grown = dst[:n], logs[:n], grown[:n]
	if p.boxCox {
		kern.LogPortable(logs, src)
	} else {
		kern.AbsDiff(logs, src, zeros[:n])
		kern.Log1pPortable(logs, logs)
	}
	without, change := p.exponent.without[j:][:n], p.exponent.change[j:][:n]
	for i, v := range src {
		grown[i] = choose(without[i], change[i], v) * logs[i]
	}
	kern.Expm1Portable(grown, grown)
	without, change = p.back.without[j:][:n], p.back.change[j:][:n]
	mean, perScale := p.mean[j:][:n], p.perScale[j:][:n]
	out := dst
	if &dst[0] == &src[0] { // whose numbers the error will name
		out = grown
	}
	rest := 0.0 // NaN where one of them is not finite
	for i, v := range src {
		z := float64((float64(grown[i]*choose(without[i], change[i], v)) - mean[i]) * perScale[i])
		out[i] = z
		rest += (z - z) + (logs[i] - logs[i])
	}
	if rest != 0 {
		for i, v := range src {
			if !(finite(out[i]) && finite(logs[i])) && v == v {
				return i
			}
		}
	}
	copy(dst, out)
	return -1
}

package treegrow

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
)

// Criterion says what a split should make small.
type Criterion uint8

// The criteria. Those up to Hellinger are for classes.
const (
	Gini Criterion = iota
	Entropy
	Hellinger
	Squared
	Poisson
	Gamma
	Tweedie
	Quantile // Level 1/2: half the absolute error
	Huber    // half the square up to Delta, lines beyond
)

// ordered criteria look at the order of the targets, the others at sums alone.
func (c Criterion) ordered() bool { return c == Quantile || c == Huber }

// measure judges sums. A sum is a []int64: the weight, then the weight of each class or the weighted sum of each output. Each goroutine
// has its own.
type measure struct {
	criterion Criterion
	power     float64   // of Tweedie
	unit      float64   // of a weight
	term      []float64 // of each weighted sum
	scale     []float64 // of each output, for Squared; nil: 1
	xlogx     []float64 // x·log2 x of whole numbers, nil: to be computed
	one       [1]float64
}

// concentration is how much the targets of a group agree: minus its weight times its impurity, but for a part that adds up to the same
// whatever the groups. It is -Inf for a group that must not be.
func (m *measure) concentration(s []int64) float64 {
	switch m.criterion {
	case Entropy:
		return m.entropy(s)
	case Poisson, Gamma, Tweedie:
		total := 0.0
		for j, sum := range s[1:] {
			total += m.deviance(float64(s[0])*m.unit, float64(sum)*m.term[j])
		}
		return total / float64(len(s)-1)
	case Squared:
		total, w := 0.0, float64(s[0])*m.unit
		for j, sum := range s[1:] {
			v := float64(sum) * m.term[j]
			part := float64(v*v) / w
			if m.scale != nil {
				part = float64(part * m.scale[j])
			}
			total += part
		}
		return total / float64(len(s)-1)
	default:
		total, w := 0.0, float64(s[0])
		for _, c := range s[1:] {
			total += float64(float64(c) * float64(c))
		}
		return float64(float64(total/w) * m.unit)
	}
}

func (m *measure) entropy(s []int64) float64 {
	total := 0.0
	for _, c := range s[1:] {
		total += m.xlog2(c)
	}
	return float64(float64(total-m.xlog2(s[0])) * m.unit)
}

func (m *measure) xlog2(c int64) float64 {
	if m.xlogx != nil {
		return m.xlogx[c]
	}
	if c == 0 {
		return 0
	}
	return float64(float64(c) * float64(m.log(float64(c))*(1/math.Ln2)))
}

// log is the same on every CPU.
func (m *measure) log(x float64) float64 {
	m.one[0] = x
	kern.LogPortable(m.one[:], m.one[:])
	return m.one[0]
}

// exp is that of one[0], the same on every CPU.
func (m *measure) exp() float64 {
	kern.ExpPortable(m.one[:], m.one[:])
	return m.one[0]
}

// deviance is concentration for a group of weight w and weighted sum s.
func (m *measure) deviance(w, s float64) float64 {
	if s <= 0 {
		return math.Inf(-1)
	}
	l := m.log(s / w)
	switch m.criterion {
	case Poisson:
		return float64(s * l)
	case Gamma:
		return -float64(w * l)
	}
	m.one[0] = float64((2 - m.power) * l)
	return float64(w*m.exp()) / float64((1-m.power)*(2-m.power))
}

// score is larger for a better split. Exchanging left and right does not change it.
func (m *measure) score(left, right, total []int64) float64 {
	if m.criterion == Hellinger {
		return hellinger(left, right, total)
	}
	return m.concentration(left) + m.concentration(right)
}

// hellinger is the distance between the distributions over the two children of a class and of all others, added up over the classes.
func hellinger(left, right, total []int64) float64 {
	sum := 0.0
	for c := 1; c < len(total); c++ {
		own, others := float64(total[c]), float64(total[0]-total[c])
		if own == 0 || others == 0 {
			continue
		}
		l := math.Sqrt(float64(left[c])/own) - math.Sqrt(float64(left[0]-left[c])/others)
		r := math.Sqrt(float64(right[c])/own) - math.Sqrt(float64(right[0]-right[c])/others)
		sum += math.Sqrt(float64(l*l) + float64(r*r))
	}
	return sum
}

// gain is how much a split lowers weight times impurity. That of Hellinger's splits is measured by Gini.
func (m *measure) gain(left, right, total []int64) float64 {
	return max(m.concentration(left)+m.concentration(right)-m.concentration(total), 0)
}

// xlogxTable holds x·log2 x for 0..n.
func xlogxTable(n int) []float64 {
	t := make([]float64, n+1)
	for i := range t {
		t[i] = float64(max(i, 1))
	}
	kern.LogPortable(t, t)
	for i, l := range t {
		t[i] = float64(float64(i) * float64(l*(1/math.Ln2)))
	}
	return t
}

package near

import (
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
)

// Bounded finds the nearest of some centres for many dense rows, again and again as the centres move, like Assigner and with the same answers. It keeps a lower bound of the
// distance of each row to each group of centres, so that only groups that may have overtaken a row's centre are looked at, in double precision. With as many groups as centres
// it is Elkan's method ("Using the triangle inequality to accelerate k-means", ICML 2003), with about a tenth as many Ding's and others' ("Yinyang k-means", ICML 2015).
type Bounded struct {
	x      rows.Rows
	groups int
	group  []int32   // of each centre
	upper  []float32 // no less than the distance of each row's centre
	lower  []float32 // for each row and group: no more than the distance of any of its centres that is not the row's
	before []float64 // centres of the last call
	plain  bool      // squares are beyond double precision: everything is compared
}

// NewBounded prepares dense rows for so many groups of centres; 0: one for each centre.
func NewBounded(x rows.Rows, groups int) *Bounded {
	// Bounds are of single precision, which holds numbers whose squares double precision holds if they are not at its ends.
	f := scaleOf(x)
	return &Bounded{x: x, groups: groups, plain: f == nil || f.scale < 0x1p-60 || f.scale > 0x1p60}
}

// Forget drops the bounds.
func (b *Bounded) Forget() { b.before = b.before[:0] }

// Assign writes the nearest of k centres (rows of d numbers) to every row's label, and returns how many labels changed.
func (b *Bounded) Assign(label []int32, centres []float64, k int) (changed int) {
	n, d := b.x.Dims()
	p := Points{k, d, centres}
	fresh := len(b.before) != len(centres)
	if fresh && !b.plain {
		b.split(p)
		b.upper, b.lower = make([]float32, n), make([]float32, n*b.groups)
	}
	if !fresh && !b.plain {
		b.drift(label, p)
	}
	changed = par.Reduce(n, max(256, (n+63)/64), func(_, lo, hi int) int {
		s := &boundedRow{look: make([]bool, b.groups), least: make([]float64, b.groups), second: make([]float64, b.groups), buf: make([]float64, d)}
		changed := 0
		for i := lo; i < hi; i++ {
			was := label[i]
			switch x := b.x.Row(i, s.buf); {
			case b.plain:
				label[i] = int32(p.Closest(x))
			default:
				label[i] = b.row(s, x, i, was, fresh, p)
			}
			if label[i] != was {
				changed++
			}
		}
		return changed
	}, func(x, y int) int { return x + y })
	b.before = append(b.before[:0], centres...)
	return changed
}

// split puts centres into groups: those that are nearest to the same one of the first few. Any groups will do; near ones move alike.
func (b *Bounded) split(p Points) {
	if b.groups == 0 || b.groups >= p.N {
		b.groups = p.N
	}
	b.group = make([]int32, p.N)
	first := Points{b.groups, p.D, p.X}
	for c := range p.N {
		if b.groups == p.N {
			b.group[c] = int32(c)
		} else {
			b.group[c] = int32(first.Closest(p.Row(c)))
		}
	}
}

// drift moves the bounds by how far the centres went.
func (b *Bounded) drift(label []int32, p Points) {
	went, most := make([]float32, p.N), make([]float32, b.groups)
	for c := range p.N {
		sum := 0.0
		for j, v := range p.Row(c) {
			z := v - b.before[c*p.D+j]
			sum += float64(z * z)
		}
		went[c] = up(math.Sqrt(sum) * (1 + 1e-9))
		most[b.group[c]] = max(most[b.group[c]], went[c])
	}
	par.For(len(label), 2+b.groups, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			b.upper[i] = up(float64(b.upper[i]) + float64(went[label[i]]))
			for g, v := range b.lower[i*b.groups : (i+1)*b.groups] {
				b.lower[i*b.groups+g] = down(float64(v) - float64(most[g]))
			}
		}
	})
}

// boundedRow is the memory for a row: which groups are looked at, and their two least squares.
type boundedRow struct {
	look               []bool
	least, second, buf []float64
}

// row finds the nearest centre of a row, and renews the bounds that it had to look behind.
func (b *Bounded) row(s *boundedRow, x []float64, i int, was int32, fresh bool, p Points) int32 {
	lower := b.lower[i*b.groups : (i+1)*b.groups]
	best, square := int32(-1), math.Inf(1)
	if !fresh {
		nearest := slices.Min(lower)
		if b.upper[i] < nearest {
			return was
		}
		best, square = was, (Norm{2}).between(x, p.Row(int(was)))
		if b.upper[i] = distanceUp(square); b.upper[i] < nearest {
			return was
		}
	}
	own := square
	for g, v := range lower {
		s.look[g], s.least[g], s.second[g] = fresh || !(b.upper[i] < v), math.Inf(1), math.Inf(1)
	}
	for c := range p.N {
		g := b.group[c]
		if !s.look[g] {
			continue
		}
		v := own
		if fresh || int32(c) != was {
			v = (Norm{2}).between(x, p.Row(c))
		}
		if v < s.least[g] {
			s.least[g], s.second[g] = v, s.least[g]
		} else if v < s.second[g] {
			s.second[g] = v
		}
		if v < square || v == square && int32(c) < best || best < 0 {
			best, square = int32(c), v
		}
	}
	for g := range lower {
		if s.look[g] {
			other := s.least[g]
			if b.group[best] == int32(g) { // the row's own centre does not count
				other = s.second[g]
			}
			lower[g] = distanceDown(other)
		}
	}
	if !fresh && best != was {
		if g := b.group[was]; !s.look[g] { // the centre it had is among the others now
			lower[g] = min(lower[g], distanceDown(own))
		}
	}
	b.upper[i] = distanceUp(square)
	return best
}

func distanceDown(square float64) float32 { return down(math.Sqrt(square) * (1 - 1e-9)) }

func distanceUp(square float64) float32 { return up(math.Sqrt(square) * (1 + 1e-9)) }

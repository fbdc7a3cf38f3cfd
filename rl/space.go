package rl

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
)

// Space is a set of observations or actions. Flat and Flatten say how nets see one: as so many numbers.
type Space[T any] interface {
	Contains(v T) bool
	Sample(r *rand.Rand) T      // a random member; where the space is unbounded, the space says how it draws
	Flat() int                  // how many numbers Flatten writes
	Flatten(dst []float32, v T) // v as numbers, len(dst) = Flat()
	String() string
}

// Discrete is the codes Start..Start+N-1. It flattens to N numbers, a 1 among zeros.
type Discrete struct{ N, Start int }

// Contains tells whether v is one of the codes.
func (d Discrete) Contains(v int) bool { return v >= d.Start && uint(v-d.Start) < uint(d.N) }

// Sample draws a code uniformly.
func (d Discrete) Sample(r *rand.Rand) int { return d.Start + r.IntN(d.N) }

// Flat is N.
func (d Discrete) Flat() int { return d.N }

// Flatten writes the code as a 1 among zeros.
func (d Discrete) Flatten(dst []float32, v int) {
	clear(dst)
	dst[v-d.Start] = 1
}

func (d Discrete) String() string { return fmt.Sprintf("%d..%d", d.Start, d.Start+d.N-1) }

// Box is the vectors between Lo and Hi, number by number and bounds included; bounds may be infinite.
type Box struct {
	Lo, Hi []float32
	Shape  []int // how the numbers are arranged, row-major; nil: one axis
}

// NewBox is the box of n numbers that are all between lo and hi.
func NewBox(lo, hi float32, n int) Box {
	return Box{Lo: slices.Repeat([]float32{lo}, n), Hi: slices.Repeat([]float32{hi}, n)}
}

// Contains tells whether v has the right length and is within the bounds; NaN never is.
func (b Box) Contains(v []float32) bool {
	if len(v) != len(b.Lo) {
		return false
	}
	for i, x := range v {
		if !(x >= b.Lo[i] && x <= b.Hi[i]) {
			return false
		}
	}
	return true
}

// Sample draws each number by itself: uniformly between two bounds, one plus or minus an exponential from a single bound, a standard normal where there is none
// (Gymnasium's rule).
func (b Box) Sample(r *rand.Rand) []float32 {
	v := make([]float32, len(b.Lo))
	for i := range v {
		lo, hi := float64(b.Lo[i]), float64(b.Hi[i])
		x := 0.0
		switch below, above := !math.IsInf(lo, 0), !math.IsInf(hi, 0); {
		case below && above:
			x = lo + float64((hi-lo)*r.Float64())
		case below:
			x = lo + r.ExpFloat64()
		case above:
			x = hi - r.ExpFloat64()
		default:
			x = r.NormFloat64()
		}
		v[i] = min(max(float32(x), b.Lo[i]), b.Hi[i])
	}
	return v
}

// Flat is the count of numbers.
func (b Box) Flat() int { return len(b.Lo) }

// Flatten copies v.
func (b Box) Flatten(dst []float32, v []float32) { copy(dst, v) }

func (b Box) String() string {
	if n := len(b.Lo); n > 0 && !slices.ContainsFunc(b.Lo, func(v float32) bool { return v != b.Lo[0] }) &&
		!slices.ContainsFunc(b.Hi, func(v float32) bool { return v != b.Hi[0] }) {
		return fmt.Sprintf("%d numbers in [%g, %g]", n, b.Lo[0], b.Hi[0])
	}
	return fmt.Sprintf("%d numbers between %v and %v", len(b.Lo), b.Lo, b.Hi)
}

// MultiDiscrete is one code of each of several sets: place i holds 0..N[i]-1. It flattens to a 1 among zeros for each.
type MultiDiscrete struct{ N []int }

// Contains tells whether v has a code for every place.
func (m MultiDiscrete) Contains(v []int) bool {
	if len(v) != len(m.N) {
		return false
	}
	for i, c := range v {
		if c < 0 || c >= m.N[i] {
			return false
		}
	}
	return true
}

// Sample draws every place uniformly.
func (m MultiDiscrete) Sample(r *rand.Rand) []int {
	v := make([]int, len(m.N))
	for i, n := range m.N {
		v[i] = r.IntN(n)
	}
	return v
}

// Flat is the sum of N.
func (m MultiDiscrete) Flat() int {
	n := 0
	for _, k := range m.N {
		n += k
	}
	return n
}

// Flatten writes a 1 among zeros for each place.
func (m MultiDiscrete) Flatten(dst []float32, v []int) {
	clear(dst)
	at := 0
	for i, c := range v {
		dst[at+c] = 1
		at += m.N[i]
	}
}

func (m MultiDiscrete) String() string { return fmt.Sprintf("codes below %v", m.N) }

// MultiBinary is N switches, each 0 or 1.
type MultiBinary struct{ N int }

// Contains tells whether v is N zeros and ones.
func (m MultiBinary) Contains(v []int) bool {
	return len(v) == m.N && !slices.ContainsFunc(v, func(c int) bool { return c != 0 && c != 1 })
}

// Sample throws a coin for each switch.
func (m MultiBinary) Sample(r *rand.Rand) []int {
	v := make([]int, m.N)
	for i := range v {
		v[i] = r.IntN(2)
	}
	return v
}

// Flat is N.
func (m MultiBinary) Flat() int { return m.N }

// Flatten writes the switches as numbers.
func (m MultiBinary) Flatten(dst []float32, v []int) {
	for i, c := range v {
		dst[i] = float32(c)
	}
}

func (m MultiBinary) String() string { return fmt.Sprintf("%d switches of 0 or 1", m.N) }

// Part is a space whose type is forgotten, for spaces made of unlike ones. PartOf makes it.
type Part interface {
	ContainsAny(v any) bool
	SampleAny(r *rand.Rand) any
	Flat() int
	FlattenAny(dst []float32, v any)
	String() string
}

// PartOf makes a space a part of a Tuple or Dict.
func PartOf[T any](s Space[T]) Part { return part[T]{s} }

type part[T any] struct{ Space[T] }

func (p part[T]) ContainsAny(v any) bool {
	t, ok := v.(T)
	return ok && p.Contains(t)
}
func (p part[T]) within() any                     { return p.Space }
func (p part[T]) SampleAny(r *rand.Rand) any      { return p.Sample(r) }
func (p part[T]) FlattenAny(dst []float32, v any) { p.Flatten(dst, v.(T)) }

// Tuple is one member of each of its parts, in their order. It flattens to one after the other.
type Tuple []Part

// Contains tells whether v has a member of every part.
func (t Tuple) Contains(v []any) bool {
	if len(v) != len(t) {
		return false
	}
	for i, p := range t {
		if !p.ContainsAny(v[i]) {
			return false
		}
	}
	return true
}

// Sample draws from every part.
func (t Tuple) Sample(r *rand.Rand) []any {
	v := make([]any, len(t))
	for i, p := range t {
		v[i] = p.SampleAny(r)
	}
	return v
}

// Flat is the sum over the parts.
func (t Tuple) Flat() int {
	n := 0
	for _, p := range t {
		n += p.Flat()
	}
	return n
}

// Flatten writes one part after the other.
func (t Tuple) Flatten(dst []float32, v []any) {
	for i, p := range t {
		n := p.Flat()
		p.FlattenAny(dst[:n], v[i])
		dst = dst[n:]
	}
}

func (t Tuple) String() string {
	names := make([]string, len(t))
	for i, p := range t {
		names[i] = p.String()
	}
	return "(" + strings.Join(names, "; ") + ")"
}

// Dict is a member of each of its named parts. It flattens in the order of the list.
type Dict []Named

// Named is a part of a Dict.
type Named struct {
	Name string
	Part Part
}

// Contains tells whether v has a member of every part and nothing else.
func (d Dict) Contains(v map[string]any) bool {
	if len(v) != len(d) {
		return false
	}
	for _, p := range d {
		x, ok := v[p.Name]
		if !ok || !p.Part.ContainsAny(x) {
			return false
		}
	}
	return true
}

// Sample draws from every part.
func (d Dict) Sample(r *rand.Rand) map[string]any {
	v := make(map[string]any, len(d))
	for _, p := range d {
		v[p.Name] = p.Part.SampleAny(r)
	}
	return v
}

// Flat is the sum over the parts.
func (d Dict) Flat() int {
	n := 0
	for _, p := range d {
		n += p.Part.Flat()
	}
	return n
}

// Flatten writes one part after the other.
func (d Dict) Flatten(dst []float32, v map[string]any) {
	for _, p := range d {
		n := p.Part.Flat()
		p.Part.FlattenAny(dst[:n], v[p.Name])
		dst = dst[n:]
	}
}

func (d Dict) String() string {
	names := make([]string, len(d))
	for i, p := range d {
		names[i] = p.Name + ": " + p.Part.String()
	}
	return "{" + strings.Join(names, "; ") + "}"
}

package selection

import (
	"fmt"
	"math"
	"reflect"

	"github.com/gopherwood-ml/ml"
)

// Space is where a search looks for parameters: a struct P, dimensions that say what its fields may be, and a func that makes a config of it. Fields are
// accessed by funcs that the compiler checks; their names, for tables, are found by where they lie. Make it with Over or Build.
type Space[P, C any] struct {
	Base  P         // the values of all fields that have no dimension
	Build func(P) C // what is fitted
	Dims  []Dim[P]  // a field that is set twice keeps the later value
}

// Over is the space of an estimator's config itself:
//
//	space := selection.Over(linear.LogisticRegression{},
//		selection.LogUniform(func(c *linear.LogisticRegression) *float64 { return &c.C }, 1e-3, 1e3),
//		selection.Uniform(func(c *linear.LogisticRegression) *float64 { return &c.L1Ratio }, 0, 1))
func Over[C any](base C, dims ...Dim[C]) Space[C, C] {
	return Space[C, C]{Base: base, Build: func(c C) C { return c }, Dims: dims}
}

// Build is the space of parameters from which a func builds a config, such as a pipeline whose steps have parameters of their own. The func is called
// once for each trial, also by several goroutines at once.
func Build[P, C any](build func(P) C, base P, dims ...Dim[P]) Space[P, C] {
	return Space[P, C]{Base: base, Build: build, Dims: dims}
}

// Dim is one dimension of a Space: a field and the values it may take. Its field func must return a pointer into the struct it is given, not into something
// that the struct points to. The zero Dim is an error when the space is used.
type Dim[P any] struct {
	field func(*P) any // a pointer
	set   func(p *P, v float64)
	axis  axis
	when  func(P) bool
	inner []Dim[P] // of When
	fault string
}

// axis is what a strategy knows of a dimension. A value of it is a number; of a choice, its index.
type axis struct {
	kind      axisKind
	low, high float64
}

type axisKind uint8

const (
	uniform axisKind = iota
	logUniform
	integer
	logInteger
	choice
	resource
)

// Uniform lets a field be any number from low to high, all equally likely.
func Uniform[P any](field func(*P) *float64, low, high float64) Dim[P] {
	return number(field, axis{uniform, low, high}, func(v float64) float64 { return v })
}

// LogUniform lets a field be any number from low to high, 0 < low, of which each order of magnitude is equally likely.
func LogUniform[P any](field func(*P) *float64, low, high float64) Dim[P] {
	return number(field, axis{logUniform, low, high}, func(v float64) float64 { return v })
}

// Ints lets a field be any whole number from low to high, both included, all equally likely.
func Ints[P any](field func(*P) *int, low, high int) Dim[P] {
	return number(field, axis{integer, float64(low), float64(high)}, func(v float64) int { return int(v) })
}

// LogInts lets a field be any whole number from low to high, 1 <= low, of which each order of magnitude is equally likely.
func LogInts[P any](field func(*P) *int, low, high int) Dim[P] {
	return number(field, axis{logInteger, float64(low), float64(high)}, func(v float64) int { return int(v) })
}

// Resource is a field of which more costs more and gives better models, such as the number of trees: a [HalvingSearch] begins with little of it, and other
// strategies always take the most. A space has one at the most; without one the resource of halving is the training rows.
func Resource[P any](field func(*P) *int, low, high int) Dim[P] {
	return number(field, axis{resource, float64(low), float64(high)}, func(v float64) int { return int(v) })
}

func number[P any, V float64 | int](field func(*P) *V, a axis, convert func(float64) V) Dim[P] {
	d := Dim[P]{axis: a, fault: a.check()}
	if field == nil {
		d.fault = "without a func for its field"
		return d
	}
	d.field = func(p *P) any { return field(p) }
	d.set = func(p *P, v float64) { *field(p) = convert(v) }
	return d
}

func (a axis) check() string {
	least := math.Inf(-1)
	switch a.kind {
	case logUniform:
		least = math.SmallestNonzeroFloat64
	case logInteger, resource:
		least = 1
	}
	const wholes = 1 << 53
	if !(a.low >= least && a.low <= a.high) || !(math.Abs(a.low) <= math.MaxFloat64/2 && math.Abs(a.high) <= math.MaxFloat64/2) || a.kind >= integer && (a.low < -wholes || a.high > wholes) {
		return fmt.Sprintf("from %g to %g", a.low, a.high)
	}
	return ""
}

// Choice lets a field be one of some values, all equally likely.
func Choice[P, V any](field func(*P) *V, values ...V) Dim[P] {
	d := Dim[P]{axis: axis{choice, 0, float64(len(values) - 1)}}
	switch {
	case field == nil:
		d.fault = "without a func for its field"
	case len(values) == 0:
		d.fault = "a choice of nothing"
	default:
		d.field = func(p *P) any { return field(p) }
		d.set = func(p *P, v float64) { *field(p) = values[int(v)] }
	}
	return d
}

// When has dimensions that count only where a condition holds, which may look at Base and at fields whose dimensions stand before. Elsewhere their fields
// are as in Base.
//
//	selection.Choice(func(p *params) *string { return &p.Kernel }, "linear", "rbf"),
//	selection.When(func(p params) bool { return p.Kernel == "rbf" },
//		selection.LogUniform(func(p *params) *float64 { return &p.Gamma }, 1e-4, 1))
func When[P any](condition func(P) bool, dims ...Dim[P]) Dim[P] {
	d := Dim[P]{when: condition, inner: dims}
	if condition == nil || len(dims) == 0 {
		d.fault = "When without a condition or dimensions"
	}
	return d
}

// flatten puts the dimensions in a row, each with all its conditions.
func flatten[P any](dims []Dim[P], outer func(P) bool) []Dim[P] {
	var out []Dim[P]
	for _, d := range dims {
		when := d.when
		switch {
		case when == nil:
			when = outer
		case outer != nil:
			mine := when
			when = func(p P) bool { return outer(p) && mine(p) }
		}
		if d.inner != nil && d.fault == "" {
			out = append(out, flatten(d.inner, when)...)
			continue
		}
		d.when = when
		out = append(out, d)
	}
	return out
}

// terrain is a space that has been checked: what strategies work on.
type terrain[P any] struct {
	base     P
	dims     []Dim[P]
	names    []string
	resource int // index of the resource, -1 for none
}

func (s Space[P, C]) terrain(where string) (*terrain[P], error) {
	if s.Build == nil {
		return nil, ml.BadConfig(where, "Space.Build", "nil", "a func that makes a config; selection.Over and selection.Build have one")
	}
	t := &terrain[P]{base: s.Base, dims: flatten(s.Dims, nil), resource: -1}
	for i, d := range t.dims {
		field := fmt.Sprintf("Space.Dims[%d]", i)
		if d.fault == "" && d.field == nil {
			d.fault = "the zero Dim"
		}
		if d.fault != "" {
			return nil, ml.BadConfig(where, field, d.fault, "a field and finite bounds, low <= high, above 0 where they are logarithmic, at least 1 for a resource")
		}
		name, ok := fieldName(s.Base, d.field)
		if !ok {
			return nil, ml.BadConfig(where, field, "a func whose pointer is not into the struct it is given", "one such as func(c *Config) *float64 { return &c.C }")
		}
		t.names = append(t.names, name)
		if d.axis.kind != resource {
			continue
		}
		if t.resource >= 0 || d.when != nil {
			return nil, ml.BadConfig(where, field, "another resource, or one under a condition", "at most one, without a condition")
		}
		t.resource = i
	}
	return t, nil
}

// fieldName finds the field that a func returns a pointer to. A func that panics has none.
func fieldName[P any](base P, field func(*P) any) (name string, ok bool) {
	defer func() {
		if recover() != nil {
			name, ok = "", false
		}
	}()
	p := reflect.ValueOf(&base)
	target := reflect.ValueOf(field(&base))
	return within(p.Elem(), target)
}

func within(v, target reflect.Value) (string, bool) {
	if v.Addr().Pointer() == target.Pointer() && v.Type() == target.Type().Elem() {
		return "", true
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if name, ok := within(v.Field(i), target); ok {
				return joined(v.Type().Field(i).Name, name), true
			}
		}
	case reflect.Array:
		for i := range v.Len() {
			if name, ok := within(v.Index(i), target); ok {
				return joined(fmt.Sprintf("[%d]", i), name), true
			}
		}
	}
	return "", false
}

func joined(outer, inner string) string {
	if inner == "" || inner[0] == '[' {
		return outer + inner
	}
	return outer + "." + inner
}

// draw asks for the value of each dimension that counts, in order, and has NaN for the others. The resource is at its most.
func (t *terrain[P]) draw(pick func(i int) float64) []float64 {
	p := t.base
	out := make([]float64, len(t.dims))
	for i, d := range t.dims {
		out[i] = math.NaN()
		if d.when != nil && !d.when(p) {
			continue
		}
		if i == t.resource {
			out[i] = d.axis.high
		} else {
			out[i] = pick(i)
		}
		d.set(&p, out[i])
	}
	return out
}

// at is the parameters of a point.
func (t *terrain[P]) at(point []float64) P {
	p := t.base
	for i, d := range t.dims {
		if !math.IsNaN(point[i]) {
			d.set(&p, point[i])
		}
	}
	return p
}

// show renders the value of dimension i.
func (t *terrain[P]) show(i int, point []float64) string {
	if math.IsNaN(point[i]) {
		return "-"
	}
	p := t.at(point)
	v := reflect.ValueOf(t.dims[i].field(&p)).Elem().Interface()
	if f, ok := v.(float64); ok {
		return fmt.Sprintf("%.4g", f)
	}
	text := fmt.Sprint(v)
	const most = 30
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}

func (t *terrain[P]) axes() []axis {
	out := make([]axis, len(t.dims))
	for i, d := range t.dims {
		out[i] = d.axis
	}
	return out
}

// value is the number at a share u of the way along an axis, 0 <= u < 1.
func (a axis) value(u float64) float64 {
	switch a.kind {
	case uniform:
		return min(a.low+u*(a.high-a.low), a.high)
	case logUniform:
		return max(a.low, min(a.high, math.Exp(math.Log(a.low)+u*(math.Log(a.high)-math.Log(a.low)))))
	case logInteger:
		return max(a.low, min(a.high, math.Floor(math.Exp(math.Log(a.low)+u*(math.Log(a.high+1)-math.Log(a.low))))))
	}
	return min(a.high, math.Floor(a.low+u*(a.high-a.low+1)))
}

// share is where a value lies: the middle of those that value maps to it.
func (a axis) share(v float64) float64 {
	if a.high == a.low {
		return 0.5
	}
	switch a.kind {
	case uniform:
		return (v - a.low) / (a.high - a.low)
	case logUniform:
		return (math.Log(v) - math.Log(a.low)) / (math.Log(a.high) - math.Log(a.low))
	case logInteger:
		return (math.Log(v+0.5) - math.Log(a.low)) / (math.Log(a.high+1) - math.Log(a.low))
	}
	return (v + 0.5 - a.low) / (a.high - a.low + 1)
}

// Sample draws n configs at random, for [NewSearch].
func (s Space[P, C]) Sample(n int, seed uint64) ([]C, error) {
	t, err := s.terrain("selection.Space.Sample")
	if err != nil {
		return nil, err
	}
	points, err := RandomSearch{Trials: n, Seed: seed}.points("selection.Space.Sample", t)
	return s.configs(t, points), err
}

// Grid makes a config of each combination of points values of each numeric field, evenly spaced from low to high (0: 5), and all values of choices, for
// [NewSearch]. The last dimension varies fastest.
func (s Space[P, C]) Grid(points int) ([]C, error) {
	t, err := s.terrain("selection.Space.Grid")
	if err != nil {
		return nil, err
	}
	all, err := GridSearch{Points: points}.points("selection.Space.Grid", t)
	return s.configs(t, all), err
}

func (s Space[P, C]) configs(t *terrain[P], points [][]float64) []C {
	var out []C
	for _, p := range points {
		out = append(out, s.Build(t.at(p)))
	}
	return out
}

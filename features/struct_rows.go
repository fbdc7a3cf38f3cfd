package features

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// otherLevel is the level behind the known ones that an unseen category of a field with "onehot,other" has. No training row
// has it, so that the encoder takes it for what it is.
const otherLevel = "(other)"

// A reader turns structs into rows of raw columns: numbers as they are, times as Unix seconds, categories as codes, NaN for
// what is missing. It knows its categories, and never changes.
type reader struct {
	plan    *plan
	books   []*codebook // of each feature, nil for numbers
	classes *codebook   // of the target, nil if it is not of classes
}

// each goes through structs.
type each func(yield func(unsafe.Pointer) bool)

// wanted says what becomes of the target.
type wanted uint8

const (
	rowsOnly wanted = iota
	asClasses
	asValues
)

// learn makes a reader of structs whose categories are not known yet, and reads them.
func (p *plan) learn(where string, rows each, want wanted) (*reader, ml.AnyData, error) {
	r := &reader{plan: p, books: make([]*codebook, len(p.features))}
	for j, f := range p.features {
		if f.categorical {
			r.books[j] = newCodebook(f.route.read)
		}
	}
	if want != rowsOnly {
		if err := p.checkTarget(where, want); err != nil {
			return nil, ml.AnyData{}, err
		}
	}
	if want == asClasses {
		r.classes = newCodebook(p.special[roleTarget].route.read)
	}
	c := collector{reader: r, where: where, want: want, growing: true}
	if err := c.collect(rows); err != nil {
		return nil, ml.AnyData{}, err
	}
	c.sort()
	return r, c.data(), nil
}

// read reads structs whose categories are known.
func (r *reader) read(where string, rows each, want wanted) (ml.AnyData, error) {
	if want != rowsOnly {
		if err := r.plan.checkTarget(where, want); err != nil {
			return ml.AnyData{}, err
		}
	}
	if want == asClasses && r.classes == nil {
		return ml.AnyData{}, &ml.Error{Where: where, Field: "target", Found: "without known classes", Want: "an encoder or model that was fitted with them", Kind: ml.ErrTarget}
	}
	c := collector{reader: r, where: where, want: want}
	if err := c.collect(rows); err != nil {
		return ml.AnyData{}, err
	}
	return c.data(), nil
}

func (p *plan) checkTarget(where string, want wanted) error {
	t := p.special[roleTarget]
	bad := func(found, want string) error {
		return &ml.Error{Where: where, Field: p.name, Found: found, Want: want, Kind: ml.ErrTarget}
	}
	switch {
	case t == nil:
		return bad("without a target", `a field tagged ml:"target"`)
	case want == asClasses && t.route.read != asText && t.route.read != asBool && !t.route.read.integer():
		return bad(fmt.Sprintf("with the target %s, %s", t.Path, t.route.read.one()), "a string, an integer or a bool; for numbers use Values")
	case want == asValues && !t.route.read.number():
		return bad(fmt.Sprintf("with the target %s, %s", t.Path, t.route.read.one()), "a number; for classes use Classes")
	}
	return nil
}

// columns describes the raw columns.
func (r *reader) columns() []ml.Column {
	out := make([]ml.Column, len(r.books))
	for j, f := range r.plan.features {
		out[j].Name = f.Name
		if b := r.books[j]; b != nil {
			out[j].Kind, out[j].Levels = ml.Categorical, append([]string{}, b.levels...)
			if f.reserved() {
				out[j].Levels = append(out[j].Levels, otherLevel)
			}
		}
	}
	return out
}

// reserved reports whether unseen categories have a code of their own.
func (f *planned) reserved() bool { return f.other && len(f.stages) > 0 }

// row writes the raw row of the struct at p to dst, which has an element for each feature. It returns the feature that holds
// an unknown category or Inf, or -1.
func (r *reader) row(dst []float64, p unsafe.Pointer) int {
	for j := range r.plan.features {
		f := &r.plan.features[j]
		at := f.route.find(p)
		if at == nil || f.missing(at) {
			dst[j] = math.NaN()
			continue
		}
		b := r.books[j]
		if b == nil {
			v, present := f.route.number(at)
			switch {
			case !present:
				v = math.NaN()
			case math.IsInf(v, 0):
				return j
			}
			dst[j] = v
			continue
		}
		code, known := b.find(&f.route, at)
		switch {
		case known:
			dst[j] = float64(code)
		case f.reserved():
			dst[j] = float64(len(b.levels))
		case f.other:
			dst[j] = math.NaN()
		default:
			return j
		}
	}
	return -1
}

// missing reports whether the field at p is zero, and zero means missing.
func (f *planned) missing(p unsafe.Pointer) bool {
	if !f.zeroMissing || f.route.read == asTime { // a zero time is missing anyway
		return false
	}
	if f.route.read == asText {
		return f.route.text(p) == ""
	}
	v, _ := f.route.number(p)
	return v == 0
}

// refuse is the error of feature j of the struct at p, which row did not take. i is the struct's number, -1 if it is alone.
func (r *reader) refuse(where string, i, j int, p unsafe.Pointer) error {
	f := &r.plan.features[j]
	field := f.Path
	if i >= 0 {
		field = fmt.Sprintf("row %d, %s", i, f.Path)
	}
	b := r.books[j]
	at := f.route.find(p)
	if b == nil {
		v, _ := f.route.number(at)
		return &ml.Error{Where: where, Field: field, Found: fmt.Sprint(v), Want: "a finite number, or NaN for a missing one", Kind: ml.ErrNotFinite}
	}
	return &ml.Error{Where: where, Field: field, Found: "the unknown category " + strconv.Quote(b.name(&f.route, at)),
		Want: "one of " + someOf(b.levels) + `; or the option "other" in the tag`, Kind: ml.ErrColumn}
}

// someOf lists at most 10 texts.
func someOf(s []string) string {
	if len(s) > 10 {
		return strings.Join(s[:10], ", ") + fmt.Sprintf(" and %d more", len(s)-10)
	}
	return strings.Join(s, ", ")
}

// A collector reads structs into a data set. While it grows, unknown categories get new codes.
type collector struct {
	*reader
	where   string
	want    wanted
	growing bool

	n      int
	x      []float64
	codes  []int
	values []float64
	weight []float64
	group  []int
	groups map[string]int
}

func (c *collector) collect(rows each) error {
	var err error
	width := len(c.books)
	for p := range rows {
		start := len(c.x)
		c.x = slices.Grow(c.x, width)[:start+width]
		if c.growing {
			c.grow(p)
		}
		if j := c.row(c.x[start:], p); j >= 0 {
			return c.refuse(c.where, c.n, j, p)
		}
		if err = c.target(p); err != nil {
			return err
		}
		if err = c.weightAndGroup(p); err != nil {
			return err
		}
		c.n++
	}
	if c.n == 0 {
		return ml.BadShape(c.where, "rows", "empty", "at least one "+c.plan.name)
	}
	return nil
}

// grow adds the categories of the struct at p to the books.
func (c *collector) grow(p unsafe.Pointer) {
	for j, b := range c.books {
		f := &c.plan.features[j]
		if b == nil {
			continue
		}
		if at := f.route.find(p); at != nil && !f.missing(at) {
			b.add(&f.route, at)
		}
	}
}

// target reads the target of the struct at p.
func (c *collector) target(p unsafe.Pointer) error {
	if c.want == rowsOnly {
		return nil
	}
	f := c.plan.special[roleTarget]
	at := f.route.find(p)
	missing := at == nil || f.missing(at)
	bad := func(found, want string) error {
		return &ml.Error{Where: c.where, Field: fmt.Sprintf("row %d, %s", c.n, f.Path), Found: found, Want: want, Kind: ml.ErrTarget}
	}
	if c.want == asValues {
		v := math.NaN()
		if !missing {
			v, _ = f.route.number(at)
		}
		if !finite(v) {
			return bad(fmt.Sprint(v), "a finite number; leave out rows without a target")
		}
		c.values = append(c.values, v)
		return nil
	}
	code, known := ml.None, true
	switch {
	case missing:
	case c.growing:
		code = c.classes.add(&f.route, at)
	default:
		code, known = c.classes.find(&f.route, at)
	}
	if !known {
		return bad("the unknown class "+strconv.Quote(c.classes.name(&f.route, at)), "one of "+someOf(c.classes.levels))
	}
	c.codes = append(c.codes, code)
	return nil
}

func (c *collector) weightAndGroup(p unsafe.Pointer) error {
	if f := c.plan.special[roleWeight]; f != nil {
		v := math.NaN()
		if at := f.route.find(p); at != nil {
			v, _ = f.route.number(at)
		}
		if !(v >= 0) || math.IsInf(v, 0) {
			return &ml.Error{Where: c.where, Field: fmt.Sprintf("row %d, %s", c.n, f.Path), Found: fmt.Sprint(v), Want: "a finite weight >= 0", Kind: ml.ErrWeight}
		}
		c.weight = append(c.weight, v)
	}
	if f := c.plan.special[roleGroup]; f != nil {
		at := f.route.find(p)
		if at == nil || f.missing(at) {
			return &ml.Error{Where: c.where, Field: fmt.Sprintf("row %d, %s", c.n, f.Path), Found: "missing", Want: "a group", Kind: ml.ErrColumn}
		}
		c.group = append(c.group, c.groupOf(f, at))
	}
	return nil
}

// groupOf is an integer itself, or the number of a text in the order of first appearance.
func (c *collector) groupOf(f *planned, at unsafe.Pointer) int {
	if f.route.read != asText {
		return int(f.route.integer(at))
	}
	g, known := c.groups[f.route.text(at)]
	if !known {
		if c.groups == nil {
			c.groups = map[string]int{}
		}
		g = len(c.groups)
		c.groups[strings.Clone(f.route.text(at))] = g
	}
	return g
}

// sort brings the categories that were found into order.
func (c *collector) sort() {
	width := len(c.books)
	for j, b := range c.books {
		if b == nil {
			continue
		}
		code := b.sort()
		for k := j; k < len(c.x); k += width {
			if v := c.x[k]; v == v {
				c.x[k] = float64(code[int(v)])
			}
		}
	}
	if c.want == asClasses {
		code := c.classes.sort()
		for i, y := range c.codes {
			if y != ml.None {
				c.codes[i] = code[y]
			}
		}
	}
}

func (c *collector) data() ml.AnyData {
	d := ml.AnyData{Table: ml.Table{X: tensor.FromSlice(c.x, c.n, len(c.books)), Columns: c.columns(), Weight: c.weight, Group: c.group}}
	switch c.want {
	case asClasses:
		d.Y, d.Classes = c.codes, slices.Clone(c.classes.levels)
	case asValues:
		d.Y = c.values
	}
	return d
}

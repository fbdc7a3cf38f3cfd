package codec

import (
	"cmp"
	"encoding"
	"encoding/base64"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A decoder fills values from a document and the arrays of a file.
type decoder struct {
	*document
	arrays  map[string]Array // those not yet used
	lenient bool             // a concrete slot takes a value without a kind
	room    int              // how many bytes may still be allocated
	path    []string
}

// newDecoder allows allocations in proportion to the file: a struct without a field that is not zero takes three bytes
// of a document and any number in memory.
func newDecoder(doc *document, data int) *decoder {
	return &decoder{document: doc, arrays: map[string]Array{}, room: 1<<24 + 64*len(doc.text) + 4*data}
}

// spend is called before n values of type t are allocated.
func (d *decoder) spend(n int, t reflect.Type) error {
	size := int(t.Size())
	if size > 0 && n > d.room/size {
		return malformed(d.where(), fmt.Sprintf("%d values of %v", n, t), "no more than a file of this size justifies")
	}
	d.room -= n * size
	return nil
}

func (d *decoder) where() string { return strings.Join(d.path, ".") }

func (d *decoder) malformed(n int, want string) error { return malformed(d.where(), d.brief(n), want) }

// step reads with one more element on the path.
func (d *decoder) step(name string, read func() error) error {
	d.path = append(d.path, name)
	err := read()
	d.path = d.path[:len(d.path)-1]
	return err
}

// root reads the whole document as a value of the target's type.
func (d *decoder) root(target reflect.Type) (reflect.Value, error) {
	out := reflect.New(target).Elem()
	if target.Kind() == reflect.Interface {
		err := d.dynamic(0, out)
		if err == nil && out.IsNil() {
			err = d.malformed(0, "a value")
		}
		return out, err
	}
	to := out
	if target.Kind() == reflect.Pointer {
		out.Set(reflect.New(target.Elem()))
		to = out.Elem()
	}
	return out, d.tagged(0, to, slotKind(target))
}

// value reads node n into a slot.
func (d *decoder) value(n int, slot reflect.Value) error {
	t := slot.Type()
	switch t.Kind() {
	case reflect.Interface:
		return d.dynamic(n, slot)
	case reflect.Pointer:
		if d.isNull(n) {
			return nil
		}
		if nilable(t.Elem()) {
			if d.sort(n) != '[' || d.count(n) != 1 {
				return d.malformed(n, "null, or one value in brackets")
			}
			n++
		}
		if err := d.spend(1, t.Elem()); err != nil {
			return err
		}
		slot.Set(reflect.New(t.Elem()))
		return d.value(n, slot.Elem())
	}
	kind, _ := KindOf(t)
	return d.tagged(n, slot, kind)
}

// dynamic reads node n, whose kind says what it is, into an interface slot.
func (d *decoder) dynamic(n int, slot reflect.Value) error {
	if d.isNull(n) {
		return nil
	}
	c, ok := d.child(n, kindKey)
	if !ok || d.sort(c) != '"' {
		return d.malformed(n, "an object with a kind")
	}
	kind := d.str(c)
	t, err := defaultType(kind, d.peekAt(n))
	if err != nil {
		return &Error{Path: d.where(), Found: kind, Want: slot.Type().String(), Kind: ErrType, Cause: err}
	}
	if t == nil {
		return mistyped(d.where(), fmt.Sprintf("kind %q", kind), "a registered kind; import the package that registers it")
	}
	held := heldBy(slot.Type(), t)
	adapt, adapted := adapterOf(slot.Type())
	if held == nil && !adapted {
		return mistyped(d.where(), kind, slot.Type().String())
	}
	if err := d.spend(1, deref(t)); err != nil {
		return err
	}
	p := reflect.New(deref(t))
	if err := d.tagged(n, p.Elem(), kind); err != nil {
		return err
	}
	if r, ok := p.Interface().(interface{ Rank() int }); ok && slot.Type() == matrixType && r.Rank() != 2 {
		return malformed(d.where(), fmt.Sprintf("a tensor of rank %d", r.Rank()), "a matrix")
	}
	v := p
	if form := cmp.Or(held, t); form.Kind() != reflect.Pointer {
		v = p.Elem()
	}
	if held == nil {
		v, err = adapt(v)
		if err != nil || !v.IsValid() || !v.Type().AssignableTo(slot.Type()) {
			return &Error{Path: d.where(), Found: kind, Want: slot.Type().String(), Kind: ErrType, Cause: err}
		}
	}
	slot.Set(v)
	return nil
}

// heldBy is the form of t that fits an interface slot: t itself, a pointer to it or what it points to. It is nil if none
// does.
func heldBy(slot, t reflect.Type) reflect.Type {
	for _, form := range []reflect.Type{t, reflect.PointerTo(t), deref(t)} {
		if form.AssignableTo(slot) {
			return form
		}
	}
	return nil
}

// peekAt returns the kinds of values below node n.
func (d *decoder) peekAt(n int) Peek {
	return func(path ...string) (string, bool) {
		c, ok := d.at(n, append(slices.Clip(path), kindKey)...)
		if !ok || d.sort(c) != '"' {
			return "", false
		}
		return d.str(c), true
	}
}

// tagged reads node n, which is of the given kind ("" for none), into a slot that is neither pointer nor interface.
func (d *decoder) tagged(n int, slot reflect.Value, kind string) error {
	object := isObject(slot.Type())
	if c, ok := d.child(n, kindKey); ok && (object || kind != "") {
		switch {
		case d.sort(c) != '"':
			return d.malformed(c, "a kind")
		case kind == "":
			return mistyped(d.where(), d.str(c), slot.Type().String())
		case d.str(c) != kind:
			return mistyped(d.where(), d.str(c), kind)
		}
	} else if kind != "" && !d.lenient {
		return d.malformed(n, fmt.Sprintf("an object of kind %q", kind))
	} else if kind != "" && !object {
		kind = "" // bare, as people write it
	}
	if object {
		return d.object(n, slot, kind)
	}
	if kind != "" {
		c, ok := d.child(n, valueKey)
		if !ok || d.count(n) != 2 {
			return d.malformed(n, fmt.Sprintf("an object of kind %q with a value and nothing else", kind))
		}
		n = c
	}
	if err := d.plain(n, slot); err != nil {
		return err
	}
	return d.restore(slot)
}

// object reads the fields of a struct, or the parts of a tensor.
func (d *decoder) object(n int, slot reflect.Value, kind string) error {
	t := slot.Type()
	if d.sort(n) != '{' {
		return d.malformed(n, fmt.Sprintf("an object for %v", t))
	}
	if isLeaf(t) {
		return d.leaf(n, slot)
	}
	p := planOf(t)
	seen := make([]bool, len(p.fields))
	kinds := 0
	for name, c := range d.pairs(n) {
		if name == kindKey && kind != "" && kinds == 0 {
			kinds++
			continue
		}
		i, ok := p.byName[name]
		if !ok || seen[i] {
			found := "an unknown field"
			if ok || name == kindKey {
				found = "a second value"
			}
			return malformed(strings.Join(append(d.path, name), "."), found, fmt.Sprintf("the fields of %v, each once", t))
		}
		seen[i] = true
		if err := d.step(name, func() error { return d.value(c, slot.Field(p.fields[i].index)) }); err != nil {
			return err
		}
	}
	for i, f := range p.fields {
		if !seen[i] {
			if err := d.step(f.name, func() error { return d.absent(slot.Field(f.index)) }); err != nil {
				return err
			}
		}
	}
	return d.restore(slot)
}

// absent restores the structs within a field that the document leaves out because all of it is zero.
func (d *decoder) absent(slot reflect.Value) error {
	t := slot.Type()
	if !isObject(t) || isLeaf(t) {
		return nil
	}
	for _, f := range planOf(t).fields {
		if err := d.step(f.name, func() error { return d.absent(slot.Field(f.index)) }); err != nil {
			return err
		}
	}
	return d.restore(slot)
}

// restore lets a value rebuild what is not stored, and refuse what it cannot use.
func (d *decoder) restore(slot reflect.Value) error {
	if slot.Type().PkgPath() == "" {
		return nil
	}
	if !reflect.PointerTo(slot.Type()).Implements(restorerType) {
		return nil
	}
	// Not slot.Addr: an embedded struct may be of an unexported type, whose methods reflect keeps to itself.
	r := reflect.NewAt(slot.Type(), slot.Addr().UnsafePointer()).Interface().(restorer)
	if err := r.Restore(); err != nil {
		return &Error{Path: d.where(), Found: fmt.Sprintf("a %v that is not sound", slot.Type()), Kind: ErrFormat, Cause: err}
	}
	return nil
}

// plain reads node n, which has no kind, into a slot.
func (d *decoder) plain(n int, slot reflect.Value) error {
	t := slot.Type()
	if t == durationType {
		return d.duration(n, slot)
	}
	if isText(t) {
		return d.text(n, slot)
	}
	switch t.Kind() {
	case reflect.Bool:
		if s := d.sort(n); s != 't' && s != 'f' {
			return d.malformed(n, "true or false")
		}
		slot.SetBool(d.sort(n) == 't')
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		i, err := strconv.ParseInt(string(d.raw(n)), 10, t.Bits())
		if err != nil {
			return d.malformed(n, fmt.Sprintf("an integer that fits %v", t))
		}
		slot.SetInt(i)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		u, err := strconv.ParseUint(string(d.raw(n)), 10, t.Bits())
		if err != nil {
			return d.malformed(n, fmt.Sprintf("an integer >= 0 that fits %v", t))
		}
		slot.SetUint(u)
	case reflect.Float32, reflect.Float64:
		return d.float(n, slot)
	case reflect.String:
		s, err := d.string(n)
		slot.SetString(s)
		return err
	case reflect.Slice, reflect.Array:
		return d.list(n, slot)
	case reflect.Map:
		return d.dict(n, slot)
	default:
		if !d.isNull(n) {
			return d.malformed(n, fmt.Sprintf("nothing: a %v has no form in a file", t))
		}
	}
	return nil
}

func (d *decoder) float(n int, slot reflect.Value) error {
	switch string(d.raw(n)) {
	case `"NaN"`:
		slot.SetFloat(math.NaN())
	case `"+Inf"`, `"Inf"`:
		slot.SetFloat(math.Inf(1))
	case `"-Inf"`:
		slot.SetFloat(math.Inf(-1))
	default:
		f, err := strconv.ParseFloat(string(d.raw(n)), slot.Type().Bits())
		if s := d.sort(n); err != nil || s != '-' && (s < '0' || s > '9') {
			return d.malformed(n, fmt.Sprintf(`a number that fits %v, "NaN", "+Inf" or "-Inf"`, slot.Type()))
		}
		slot.SetFloat(f)
	}
	return nil
}

// string reads text, or bytes that are none from base64.
func (d *decoder) string(n int) (string, error) {
	if d.sort(n) == '"' {
		return d.str(n), nil
	}
	if c, ok := d.child(n, base64Key); ok && d.count(n) == 1 && d.sort(c) == '"' {
		if b, err := base64.StdEncoding.DecodeString(d.str(c)); err == nil {
			return string(b), nil
		}
	}
	return "", d.malformed(n, "a string")
}

func (d *decoder) duration(n int, slot reflect.Value) error {
	s, err := d.string(n)
	if err != nil {
		return err
	}
	v, err := time.ParseDuration(s)
	if err != nil {
		return d.malformed(n, `a duration such as "1m30s"`)
	}
	slot.SetInt(int64(v))
	return nil
}

func (d *decoder) text(n int, slot reflect.Value) error {
	s, err := d.string(n)
	if err != nil {
		return err
	}
	if err := slot.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(s)); err != nil {
		return &Error{Path: d.where(), Found: d.brief(n), Want: fmt.Sprintf("the text of a %v", slot.Type()), Kind: ErrFormat, Cause: err}
	}
	return nil
}

// dict reads an object into a map.
func (d *decoder) dict(n int, slot reflect.Value) error {
	t := slot.Type()
	if d.isNull(n) {
		return nil
	}
	if d.sort(n) != '{' {
		return d.malformed(n, fmt.Sprintf("an object for %v", t))
	}
	if err := d.spend(d.count(n), t.Elem()); err != nil {
		return err
	}
	out := reflect.MakeMapWithSize(t, d.count(n))
	for name, c := range d.pairs(n) {
		key := reflect.New(t.Key()).Elem()
		var err error
		switch k := t.Key().Kind(); {
		case k == reflect.String:
			key.SetString(name)
		case isInt(k):
			var i int64
			i, err = strconv.ParseInt(name, 10, t.Key().Bits())
			key.SetInt(i)
		case isUint(k):
			var u uint64
			u, err = strconv.ParseUint(name, 10, t.Key().Bits())
			key.SetUint(u)
		default:
			return d.malformed(n, fmt.Sprintf("nothing: a %v has no form in a file", t))
		}
		if err != nil || out.MapIndex(key).IsValid() {
			return malformed(d.where(), fmt.Sprintf("the key %q", name), fmt.Sprintf("keys of %v, each once", t))
		}
		elem := reflect.New(t.Elem()).Elem()
		if err := d.step(name, func() error { return d.value(c, elem) }); err != nil {
			return err
		}
		out.SetMapIndex(key, elem)
	}
	slot.Set(out)
	return nil
}

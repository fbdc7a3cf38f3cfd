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
	"unicode/utf8"
)

// Keys of the document that are not field names.
const (
	kindKey   = "kind"   // of a registered value
	valueKey  = "value"  // what a registered value holds if it is not a struct
	tensorKey = "tensor" // the name of an array of the file
	base64Key = "base64" // a string that is not UTF-8
)

// An encoder writes one value as JSON and collects its arrays.
type encoder struct {
	out    []byte
	inline bool // arrays go into the JSON
	arrays []Array
	names  map[string]bool // of arrays
	path   []string
	open   map[pointer]bool // pointers on the path, to see a cycle
	depth  int              // of nested objects and arrays
}

type pointer struct {
	at  uintptr
	typ reflect.Type
}

func newEncoder(inline bool) *encoder {
	return &encoder{inline: inline, names: map[string]bool{metaKey: true}, open: map[pointer]bool{}}
}

func (e *encoder) fail(found, want string) error {
	return unstorable(strings.Join(e.path, "."), found, want)
}

// root writes v as it stands in an interface, and returns its kind.
func (e *encoder) root(v any) (kind string, err error) {
	if v == nil {
		return "", e.fail("nil", "a value")
	}
	if err := e.dynamic(reflect.ValueOf(&v).Elem()); err != nil {
		return "", err
	}
	if w, ok := v.(wrapper); ok {
		v = w.Stored()
	}
	return slotKind(reflect.TypeOf(v)), nil
}

// value writes v as it stands in a slot of its own type.
func (e *encoder) value(v reflect.Value) error {
	switch v.Kind() {
	case reflect.Interface:
		return e.dynamic(v)
	case reflect.Pointer:
		return e.pointer(v)
	}
	kind, _ := KindOf(v.Type())
	return e.tagged(v, kind)
}

// dynamic writes what an interface holds, with its kind.
func (e *encoder) dynamic(v reflect.Value) error {
	if v.IsNil() {
		e.out = append(e.out, "null"...)
		return nil
	}
	v = v.Elem()
	if w, ok := v.Interface().(wrapper); ok {
		if v.Kind() == reflect.Pointer && v.IsNil() {
			return e.fail(fmt.Sprintf("a nil %v in an interface", v.Type()), "nil, or a value")
		}
		inner := w.Stored()
		if _, again := inner.(wrapper); again || inner == nil {
			return e.fail(fmt.Sprintf("%v, whose Stored is %T", v.Type(), inner), "what it wraps")
		}
		v = reflect.ValueOf(inner)
	}
	kind := slotKind(v.Type())
	if kind == "" {
		return e.fail(fmt.Sprintf("%v, which has no kind", v.Type()), "a registered type; call ml.Register for it in an init function")
	}
	if v.Kind() != reflect.Pointer {
		return e.tagged(v, kind)
	}
	if v.IsNil() {
		return e.fail(fmt.Sprintf("a nil %v in an interface", v.Type()), "nil, or a value")
	}
	return e.follow(v, func(v reflect.Value) error { return e.tagged(v, kind) })
}

// pointer writes null or what v points to; where that has a null of its own, in brackets.
func (e *encoder) pointer(v reflect.Value) error {
	switch {
	case v.IsNil():
		e.out = append(e.out, "null"...)
		return nil
	case nilable(v.Type().Elem()):
		return e.follow(v, func(v reflect.Value) error {
			return e.nest("[", "]", func() error { return e.value(v) })
		})
	}
	return e.follow(v, e.value)
}

// follow writes what v points to, unless it is being written already.
func (e *encoder) follow(v reflect.Value, write func(reflect.Value) error) error {
	p := pointer{v.Pointer(), v.Type()}
	if e.open[p] {
		return e.fail("a pointer to a value that holds it", "a tree without cycles")
	}
	e.open[p] = true
	defer delete(e.open, p)
	return write(v.Elem())
}

// nest writes the brackets of an object or array around what write does.
func (e *encoder) nest(left, right string, write func() error) error {
	if e.depth >= maxDepth {
		return e.fail(fmt.Sprintf("a value nested deeper than %d", maxDepth), "a flatter one, without cycles")
	}
	e.depth++
	e.out = append(e.out, left...)
	err := write()
	e.out = append(e.out, right...)
	e.depth--
	return err
}

// key begins a pair of an object.
func (e *encoder) key(name string) {
	if e.out[len(e.out)-1] != '{' {
		e.out = append(e.out, ',')
	}
	e.out = append(appendQuoted(e.out, name), ':')
}

// step writes with one more element on the path.
func (e *encoder) step(name string, write func() error) error {
	e.path = append(e.path, name)
	err := write()
	e.path = e.path[:len(e.path)-1]
	return err
}

// tagged writes v, which is not a pointer nor an interface, with its kind if it has one.
func (e *encoder) tagged(v reflect.Value, kind string) error {
	if isObject(v.Type()) {
		return e.nest("{", "}", func() error {
			if kind != "" {
				e.key(kindKey)
				e.out = appendQuoted(e.out, kind)
			}
			return e.object(v)
		})
	}
	if kind == "" {
		return e.plain(v)
	}
	return e.nest("{", "}", func() error {
		e.key(kindKey)
		e.out = appendQuoted(e.out, kind)
		e.key(valueKey)
		return e.plain(v)
	})
}

// object writes the fields of a struct, or the parts of a tensor.
func (e *encoder) object(v reflect.Value) error {
	if isLeaf(v.Type()) {
		return e.leaf(v)
	}
	p := planOf(v.Type())
	if p.fault != "" {
		return e.fail(fmt.Sprintf("%v, a struct with %s", v.Type(), p.fault), "exported fields, or a method Restore() error")
	}
	for _, f := range p.fields {
		start := len(e.out)
		e.key(f.name)
		from := len(e.out)
		slot := v.Field(f.index)
		if err := e.step(f.name, func() error { return e.value(slot) }); err != nil {
			return err
		}
		if isZeroText(slot.Type(), e.out[from:]) {
			e.out = e.out[:start]
		}
	}
	return nil
}

// isZeroText tells whether text is what the zero of t gives, so that the field can be left out.
func isZeroText(t reflect.Type, text []byte) bool {
	if string(text) == "null" {
		return true
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Map, reflect.Slice:
		return false
	}
	switch string(text) {
	case "0", "false", "{}":
		return true
	case `""`:
		return !isText(t)
	case `"0s"`:
		return t == durationType
	}
	return false
}

// plain writes v without a kind.
func (e *encoder) plain(v reflect.Value) error {
	t := v.Type()
	if t == durationType {
		e.out = appendQuoted(e.out, time.Duration(v.Int()).String())
		return nil
	}
	if isText(t) {
		return e.text(v)
	}
	switch t.Kind() {
	case reflect.Bool:
		e.out = strconv.AppendBool(e.out, v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		e.out = strconv.AppendInt(e.out, v.Int(), 10)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		e.out = strconv.AppendUint(e.out, v.Uint(), 10)
	case reflect.Float32, reflect.Float64:
		e.out = appendFloat(e.out, v.Float(), t.Bits())
	case reflect.String:
		e.string(v.String())
	case reflect.Slice, reflect.Array:
		return e.list(v)
	case reflect.Map:
		return e.dict(v)
	default:
		if !v.IsZero() {
			return e.fail(fmt.Sprintf("a %v", t), "data: it has no form in a file")
		}
		e.out = append(e.out, "null"...)
	}
	return nil
}

// appendFloat writes the shortest text that reads back as the same number.
func appendFloat(b []byte, f float64, bits int) []byte {
	switch {
	case math.IsNaN(f):
		return append(b, `"NaN"`...)
	case math.IsInf(f, 1):
		return append(b, `"+Inf"`...)
	case math.IsInf(f, -1):
		return append(b, `"-Inf"`...)
	}
	return strconv.AppendFloat(b, f, 'g', -1, bits)
}

// string writes s, and bytes that are no text as base64.
func (e *encoder) string(s string) {
	if utf8.ValidString(s) {
		e.out = appendQuoted(e.out, s)
		return
	}
	e.out = append(e.out, `{"`+base64Key+`":"`...)
	e.out = base64.StdEncoding.AppendEncode(e.out, []byte(s))
	e.out = append(e.out, `"}`...)
}

// text writes what v marshals itself to.
func (e *encoder) text(v reflect.Value) error {
	if !v.Type().Implements(marshalerType) {
		v = addressable(v).Addr()
	}
	text, err := v.Interface().(encoding.TextMarshaler).MarshalText()
	if err != nil {
		return &Error{Path: strings.Join(e.path, "."), Found: fmt.Sprintf("a %v without text", v.Type()), Kind: ErrStore, Cause: err}
	}
	e.string(string(text))
	return nil
}

// addressable is v itself, or a copy that has an address.
func addressable(v reflect.Value) reflect.Value {
	if v.CanAddr() {
		return v
	}
	c := reflect.New(v.Type()).Elem()
	c.Set(v)
	return c
}

// dict writes a map, by rising key.
func (e *encoder) dict(v reflect.Value) error {
	t := v.Type()
	if v.IsNil() {
		e.out = append(e.out, "null"...)
		return nil
	}
	keys, err := e.keys(v)
	if err != nil {
		return err
	}
	p := pointer{v.Pointer(), t}
	if e.open[p] {
		return e.fail("a map that holds itself", "a tree without cycles")
	}
	e.open[p] = true
	defer delete(e.open, p)
	return e.nest("{", "}", func() error {
		for _, k := range keys {
			e.key(k.text)
			if err := e.step(k.text, func() error { return e.value(v.MapIndex(k.value)) }); err != nil {
				return err
			}
		}
		return nil
	})
}

type mapKey struct {
	value reflect.Value
	text  string
}

// keys returns the keys of a map in the order of their values.
func (e *encoder) keys(v reflect.Value) ([]mapKey, error) {
	var compare func(a, b mapKey) int
	k := v.Type().Key()
	switch {
	case k.Kind() == reflect.String:
		compare = func(a, b mapKey) int { return strings.Compare(a.text, b.text) }
	case isInt(k.Kind()):
		compare = func(a, b mapKey) int { return cmp.Compare(a.value.Int(), b.value.Int()) }
	case isUint(k.Kind()):
		compare = func(a, b mapKey) int { return cmp.Compare(a.value.Uint(), b.value.Uint()) }
	default:
		return nil, e.fail(fmt.Sprintf("a %v", v.Type()), "a map with string or integer keys")
	}
	keys := make([]mapKey, 0, v.Len())
	for it := v.MapRange(); it.Next(); {
		key := mapKey{value: it.Key()}
		switch {
		case k.Kind() == reflect.String:
			key.text = key.value.String()
		case isInt(k.Kind()):
			key.text = strconv.FormatInt(key.value.Int(), 10)
		default:
			key.text = strconv.FormatUint(key.value.Uint(), 10)
		}
		if !utf8.ValidString(key.text) {
			return nil, e.fail(fmt.Sprintf("the map key %q", key.text), "UTF-8")
		}
		keys = append(keys, key)
	}
	slices.SortFunc(keys, compare)
	return keys, nil
}

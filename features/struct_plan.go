package features

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"

	"github.com/gopherwood-ml/ml"
)

// Field describes a field of a struct as a Schema reads it. A model keeps the Fields it was trained with, and refuses a struct
// whose fields have become others.
type Field struct {
	Path  string // in Go: "Address.City"
	Name  string // of the column: Path, unless the tag has name=
	Reads string // what it is read as: "number", "integer", "bool", "text", "time", "duration"
	Tag   string // the ml tag
}

// A plan is how a struct type is read: made once by reflection, then followed by offsets.
type plan struct {
	name     string // of the struct type
	features []planned
	special  [roleSkipped]*planned // target, weight, group; nil where there is none
	fault    error                 // every bad tag, joined
}

// planned is one field of a plan.
type planned struct {
	Field
	directive
	route route
}

var plans sync.Map // reflect.Type -> *plan

func planOf(t reflect.Type) *plan {
	if p, made := plans.Load(t); made {
		return p.(*plan)
	}
	p, _ := plans.LoadOrStore(t, makePlan(t))
	return p.(*plan)
}

// A planner walks a struct type and collects all of its faults.
type planner struct {
	plan   *plan
	faults []error
	open   []reflect.Type // the structs around the current field
	names  map[string]string
}

func makePlan(t reflect.Type) *plan {
	w := &planner{plan: &plan{name: typeName(t)}, names: map[string]string{}}
	if t.Kind() != reflect.Struct {
		w.fault("", fmt.Sprintf("a %v", t.Kind()), "a struct type")
	} else {
		w.walk(t, "", "", []uintptr{0})
		if len(w.plan.features) == 0 && len(w.faults) == 0 {
			w.fault("", "without a field to learn from", "at least one exported field that is a number, a string, a bool or a time")
		}
	}
	w.plan.fault = errors.Join(w.faults...)
	return w.plan
}

func typeName(t reflect.Type) string {
	if t.Name() == "" {
		return t.String()
	}
	return t.Name()
}

func (w *planner) where() string { return "features.For[" + w.plan.name + "]" }

func (w *planner) fault(path, found, want string) {
	field := w.plan.name
	if path != "" {
		field += "." + path
	}
	w.faults = append(w.faults, &ml.Error{Where: w.where(), Field: field, Found: found, Want: want, Kind: ml.ErrConfig})
}

// walk plans the fields of struct type t, which lies at the end of offsets. path and prefix come before the fields' Go names
// and column names.
func (w *planner) walk(t reflect.Type, path, prefix string, offsets []uintptr) {
	if slices.Contains(w.open, t) {
		w.fault(path, fmt.Sprintf("inside another %v", t), `ml:"-" on it: a type that holds itself has no end of columns`)
		return
	}
	w.open = append(w.open, t)
	defer func() { w.open = w.open[:len(w.open)-1] }()
	for i := range t.NumField() {
		f := t.Field(i)
		tag, tagged := f.Tag.Lookup("ml")
		at := join(path, f.Name)
		if tag == "-" || f.Name == "_" {
			continue
		}
		if !f.IsExported() && !(f.Anonymous && structBelow(f.Type) != nil) {
			if tagged {
				w.fault(at, "unexported, with an ml tag", "an exported field")
			}
			continue
		}
		here := slices.Clone(offsets)
		here[len(here)-1] += f.Offset
		w.field(f, tag, at, prefix, here)
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// structBelow is the struct type that t is or points to, nil if it is none to walk into.
func structBelow(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if _, value := readingOf(t); value || t.Kind() != reflect.Struct || isNull(t) {
		return nil
	}
	return t
}

// isNull reports whether t is a sql.Null[T], sql.NullString or another of that shape: a value and Valid.
func isNull(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t.PkgPath() == "database/sql" && t.NumField() == 2 && t.Field(1).Name == "Valid"
}

// field plans one field at the end of offsets.
func (w *planner) field(f reflect.StructField, tag, path, prefix string, offsets []uintptr) {
	t := f.Type
	if inner := structBelow(t); inner != nil {
		w.nested(f, inner, tag, path, prefix, offsets)
		return
	}
	r := route{offsets: offsets}
	if t.Kind() == reflect.Pointer {
		r.offsets = append(r.offsets, 0)
		t = t.Elem()
	}
	if isNull(t) {
		r.null, r.valid = true, t.Field(1).Offset
		t = t.Field(0).Type // at offset 0
	}
	var readable bool
	if r.read, readable = readingOf(t); !readable {
		w.fault(path, fmt.Sprintf("a %v", f.Type), `a number, a string, a bool, a time.Time, a pointer to one or a sql.Null of one; or ml:"-" to leave it out`)
		return
	}
	d, complaints := parseTag(tag, r.read)
	for _, c := range complaints {
		w.fault(path, c.found, c.want)
	}
	name := f.Name
	if d.name != "" {
		name = d.name
	}
	p := planned{Field: Field{Path: path, Name: prefix + name, Reads: r.read.String(), Tag: tag}, directive: d, route: r}
	if d.role == roleFeature {
		if other, taken := w.names[p.Name]; taken {
			w.fault(path, fmt.Sprintf("a second column called %q, after %s", p.Name, other), "name= with another name")
		}
		w.names[p.Name] = path
		w.plan.features = append(w.plan.features, p)
		return
	}
	w.special(p)
}

// nested plans the fields of a struct inside: those of an embedded one as if they were the outer one's, else with dots.
func (w *planner) nested(f reflect.StructField, inner reflect.Type, tag, path, prefix string, offsets []uintptr) {
	if f.Type.Kind() == reflect.Pointer {
		if !f.IsExported() {
			w.fault(path, "an unexported embedded pointer", "an exported type, or a value")
			return
		}
		offsets = append(offsets, 0)
	}
	d, complaints := parseTag(tag, asFloat64)
	if d.role != roleFeature || d.zeroMissing || len(d.stages) > 0 || d.other || len(complaints) > 0 {
		w.fault(path, fmt.Sprintf("a struct with the tag %q", tag), "nothing but name= or - on it; tag its fields")
		return
	}
	switch {
	case d.name != "":
		prefix += d.name + "."
	case !f.Anonymous:
		prefix += f.Name + "."
	}
	before := len(w.plan.features) + len(w.faults)
	w.walk(inner, path, prefix, offsets)
	if len(w.plan.features)+len(w.faults) == before && !hasSpecial(inner) {
		w.fault(path, fmt.Sprintf("a %v, which has no field to learn from", f.Type), `ml:"-" to leave it out`)
	}
}

// hasSpecial reports whether a struct holds a tagged field, which then was the target, the weight or the group.
func hasSpecial(t reflect.Type) bool {
	for i := range t.NumField() {
		if tag, tagged := t.Field(i).Tag.Lookup("ml"); tagged && tag != "-" {
			return true
		}
	}
	return false
}

// special plans the target, the weight or the group.
func (w *planner) special(p planned) {
	at := &w.plan.special[p.role]
	switch {
	case *at != nil:
		w.fault(p.Path, fmt.Sprintf("a second %s, after %s", roles[p.role], (*at).Path), "one at most")
		return
	case p.role == roleWeight && !p.route.read.number():
		w.fault(p.Path, "a weight that is "+p.route.read.one(), "a number")
	case p.role == roleGroup && !p.route.read.integer() && p.route.read != asText:
		w.fault(p.Path, "a group that is "+p.route.read.one(), "an integer or a string")
	case p.role == roleTarget && p.route.read == asTime:
		w.fault(p.Path, "a target that is a time", "a number, a string or a bool")
	}
	*at = &p
}

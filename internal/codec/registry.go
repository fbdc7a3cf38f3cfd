package codec

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
)

var registry = struct {
	sync.RWMutex
	kinds    map[reflect.Type]string
	types    map[string]reflect.Type
	fits     map[reflect.Type][2]reflect.Type
	families []Family
	adapters map[reflect.Type]func(reflect.Value) (reflect.Value, error)
}{
	kinds:    map[reflect.Type]string{},
	types:    map[string]reflect.Type{},
	fits:     map[reflect.Type][2]reflect.Type{},
	adapters: map[reflect.Type]func(reflect.Value) (reflect.Value, error){},
}

// Register gives type t its kind, the name it has in files. A pointer type and its element share one kind: files say
// what a thing is, slots say how it is held. An interface slot that could hold both gets what was registered. It panics
// if kind or t is taken by another, which is a bug of the program.
func Register(kind string, t reflect.Type) {
	registry.Lock()
	defer registry.Unlock()
	if kind == "" {
		panic(fmt.Sprintf("codec: empty kind for %v", t))
	}
	if _, ok := builtinTypes[kind]; ok {
		panic(fmt.Sprintf("codec: kind %q of %v is taken by the Go type", kind, t))
	}
	if old, ok := registry.types[kind]; ok && old != t {
		panic(fmt.Sprintf("codec: kind %q is both %v and %v", kind, old, t))
	}
	base := deref(t)
	if old, ok := registry.kinds[base]; ok && old != kind {
		panic(fmt.Sprintf("codec: %v is both %q and %q", t, old, kind))
	}
	registry.kinds[base] = kind
	registry.types[kind] = t
}

// RegisterFit notes what a config is fitted to and the model that comes of it. Reflection could tell, but a program that asks for methods by name
// keeps those of all types: one that only loads models would carry every trainer.
func RegisterFit(config, data, model reflect.Type) {
	registry.Lock()
	defer registry.Unlock()
	registry.fits[deref(config)] = [2]reflect.Type{data, model}
}

// FitOf is what RegisterFit or its family noted of a config.
func FitOf(config reflect.Type) (data, model reflect.Type, ok bool) {
	config = deref(config)
	registry.RLock()
	fit, ok := registry.fits[config]
	families := registry.families
	registry.RUnlock()
	if ok {
		return fit[0], fit[1], true
	}
	for _, f := range families {
		if f.Fit != nil && f.Owner(config) {
			data, model = f.Fit(config)
			return data, model, true
		}
	}
	return nil, nil, false
}

// A Family names types that cannot be registered one by one: all instances of a generic type.
type Family struct {
	// Name is the kind without what tells the instances apart: "ml.Chain" of the kind "ml.Chain[int]".
	Name string
	// Inner is the path from a wrapper to what it wraps, which has the abilities: {"Final"}. It is nil for other types.
	Inner []string
	// Owner tells whether t, which is not a pointer, belongs to the family.
	Owner func(t reflect.Type) bool
	// Kind is the kind of a type of the family. Several types may share one: their fields tell them apart.
	Kind func(t reflect.Type) string
	// Default is the type (a pointer or not, as for Register) that a value of the given kind gets where the slot does
	// not say, because it is an interface. It is nil for a kind of another family. peek returns the kind of a value
	// inside the stored one: peek("Final"), peek("Stages", "0").
	Default func(kind string, peek Peek) (reflect.Type, error)
	// Fit is RegisterFit's answer for a family of configs; nil for others.
	Fit func(t reflect.Type) (data, model reflect.Type)
}

// Peek returns the kind of a stored value by its path of field names, map keys and indices; ok is false if there is no
// such value or it has no kind.
type Peek func(path ...string) (kind string, ok bool)

// RegisterFamily adds a family. Types registered one by one go before families, and earlier families before later ones.
func RegisterFamily(f Family) {
	registry.Lock()
	defer registry.Unlock()
	registry.families = append(registry.families, f)
}

// RegisterAdapter sets what is done with a stored value whose type does not fit an interface slot of the given type:
// adapt gets the value, as the type it was registered with, and returns one that fits, or an error. Where such a value
// must be stored as what it wraps, it says so with a method Stored() any. A second adapter for one slot panics.
func RegisterAdapter(slot reflect.Type, adapt func(v reflect.Value) (reflect.Value, error)) {
	registry.Lock()
	defer registry.Unlock()
	if slot.Kind() != reflect.Interface {
		panic(fmt.Sprintf("codec: an adapter for %v, which is not an interface", slot))
	}
	if _, ok := registry.adapters[slot]; ok {
		panic(fmt.Sprintf("codec: two adapters for %v", slot))
	}
	registry.adapters[slot] = adapt
}

// KindOf is the registered kind of t or of what it points to.
func KindOf(t reflect.Type) (string, bool) {
	if t == nil {
		return "", false
	}
	t = deref(t)
	if t.PkgPath() == "" {
		return "", false // not a defined type: nothing to register
	}
	registry.RLock()
	kind, ok := registry.kinds[t]
	families := registry.families
	registry.RUnlock()
	if ok {
		return kind, true
	}
	for _, f := range families {
		if f.Owner(t) {
			return f.Kind(t), true
		}
	}
	return "", false
}

// TypeOf is the type registered under kind.
func TypeOf(kind string) (reflect.Type, bool) {
	registry.RLock()
	defer registry.RUnlock()
	t, ok := registry.types[kind]
	return t, ok
}

// defaultType is the type of a stored value when its slot does not say: registered, of the Go language, or of a family.
func defaultType(kind string, peek Peek) (reflect.Type, error) {
	if t, ok := TypeOf(kind); ok {
		return t, nil
	}
	if t, ok := builtinTypes[kind]; ok {
		return t, nil
	}
	registry.RLock()
	families := registry.families
	registry.RUnlock()
	for _, f := range families {
		if t, err := f.Default(kind, peek); t != nil || err != nil {
			return t, err
		}
	}
	return nil, nil
}

// innerOf is where a stored wrapper of the given kind keeps what it wraps.
func innerOf(kind string) []string {
	name, _, _ := strings.Cut(kind, "[")
	registry.RLock()
	defer registry.RUnlock()
	for _, f := range registry.families {
		if f.Name == name {
			return f.Inner
		}
	}
	return nil
}

// InstanceOf returns a Family's Owner: it knows the instances of the generic type with the given name in neighbour's package.
func InstanceOf(neighbour reflect.Type, name string) func(t reflect.Type) bool {
	pkg, prefix := neighbour.PkgPath(), name+"["
	return func(t reflect.Type) bool { return t.PkgPath() == pkg && strings.HasPrefix(t.Name(), prefix) }
}

func adapterOf(slot reflect.Type) (func(reflect.Value) (reflect.Value, error), bool) {
	registry.RLock()
	defer registry.RUnlock()
	adapt, ok := registry.adapters[slot]
	return adapt, ok
}

func deref(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

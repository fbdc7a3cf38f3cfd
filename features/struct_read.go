package features

import (
	"reflect"
	"time"
	"unsafe"
)

// A reading is how the memory of a field becomes a number or a text.
type reading uint8

const (
	asFloat32 reading = iota
	asFloat64
	asInt
	asInt8
	asInt16
	asInt32
	asInt64
	asUint
	asUint8
	asUint16
	asUint32
	asUint64
	asBool
	asText
	asTime     // a time.Time: Unix seconds
	asDuration // a time.Duration: seconds
)

var readings = map[reflect.Kind]reading{
	reflect.Float32: asFloat32, reflect.Float64: asFloat64,
	reflect.Int: asInt, reflect.Int8: asInt8, reflect.Int16: asInt16, reflect.Int32: asInt32, reflect.Int64: asInt64,
	reflect.Uint: asUint, reflect.Uint8: asUint8, reflect.Uint16: asUint16, reflect.Uint32: asUint32, reflect.Uint64: asUint64,
	reflect.Bool: asBool, reflect.String: asText,
}

// readingOf is the reading of a type, if it is one of a single number or text.
func readingOf(t reflect.Type) (reading, bool) {
	switch t {
	case reflect.TypeFor[time.Time]():
		return asTime, true
	case reflect.TypeFor[time.Duration]():
		return asDuration, true
	}
	r, ok := readings[t.Kind()]
	return r, ok
}

func (r reading) integer() bool { return r >= asInt && r <= asUint64 }

func (r reading) number() bool { return r <= asUint64 || r == asDuration }

// String is the reading in words that do not change when an int becomes an int64.
func (r reading) String() string {
	switch {
	case r.integer():
		return "integer"
	case r == asBool:
		return "bool"
	case r == asText:
		return "text"
	case r == asTime:
		return "time"
	case r == asDuration:
		return "duration"
	}
	return "number"
}

// one is the reading as a noun with its article.
func (r reading) one() string { return oneOf(r.String()) }

func oneOf(noun string) string {
	if noun == asInt.String() {
		return "an " + noun
	}
	return "a " + noun
}

// A route leads from the start of a struct to one of its fields, without reflection: along offsets, through a pointer
// between each two of them.
type route struct {
	offsets []uintptr
	valid   uintptr // where the Valid of a sql.Null lies, relative to the field
	null    bool    // the field has one
	read    reading
}

// find returns the place of the field in the struct at p, or nil if it is missing: behind a nil pointer, or a NULL.
func (r *route) find(p unsafe.Pointer) unsafe.Pointer {
	p = unsafe.Add(p, r.offsets[0])
	for _, offset := range r.offsets[1:] {
		if p = *(*unsafe.Pointer)(p); p == nil {
			return nil
		}
		p = unsafe.Add(p, offset)
	}
	if r.null && !*(*bool)(unsafe.Add(p, r.valid)) {
		return nil
	}
	return p
}

// number reads a field that is no text. A zero time.Time is missing: false.
func (r *route) number(p unsafe.Pointer) (v float64, present bool) {
	switch r.read {
	case asFloat32:
		return float64(*(*float32)(p)), true
	case asFloat64:
		return *(*float64)(p), true
	case asBool:
		if *(*bool)(p) {
			return 1, true
		}
		return 0, true
	case asTime:
		t := (*time.Time)(p)
		return unixSeconds(*t), !t.IsZero()
	case asDuration:
		return (*(*time.Duration)(p)).Seconds(), true
	case asUint64:
		return float64(*(*uint64)(p)), true
	case asUint:
		return float64(*(*uint)(p)), true
	}
	return float64(r.integer(p)), true
}

// integer reads an integer field; of unsigned ones the bits.
func (r *route) integer(p unsafe.Pointer) int64 {
	switch r.read {
	case asInt:
		return int64(*(*int)(p))
	case asInt8:
		return int64(*(*int8)(p))
	case asInt16:
		return int64(*(*int16)(p))
	case asInt32:
		return int64(*(*int32)(p))
	case asInt64:
		return *(*int64)(p)
	case asUint:
		return int64(*(*uint)(p))
	case asUint8:
		return int64(*(*uint8)(p))
	case asUint16:
		return int64(*(*uint16)(p))
	case asUint32:
		return int64(*(*uint32)(p))
	case asUint64:
		return int64(*(*uint64)(p))
	}
	panic("features: not an integer: " + r.read.String())
}

// text reads a text field; the string shares its memory.
func (r *route) text(p unsafe.Pointer) string { return *(*string)(p) }

func (r reading) unsigned() bool { return r >= asUint && r <= asUint64 }

package codec

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
)

// A plan is what the walk needs to know about a struct type.
type plan struct {
	fields []field
	byName map[string]int // to fields; former names included
	fault  string         // why values of the type cannot be stored, "" if they can
}

type field struct {
	name  string
	index int
}

var plans sync.Map // reflect.Type -> *plan

func planOf(t reflect.Type) *plan {
	if p, ok := plans.Load(t); ok {
		return p.(*plan)
	}
	p, _ := plans.LoadOrStore(t, makePlan(t))
	return p.(*plan)
}

func makePlan(t reflect.Type) *plan {
	p := &plan{byName: map[string]int{}}
	for i := range t.NumField() {
		f := t.Field(i)
		// The exported fields of an embedded struct of an unexported type are exported all the same.
		if !f.IsExported() && !(f.Anonymous && isObject(f.Type) && len(planOf(f.Type).fields) > 0) {
			if f.Anonymous && f.Type.Kind() == reflect.Pointer {
				p.fault = fmt.Sprintf("an embedded pointer to %v, which reflection cannot set", f.Type.Elem())
			}
			continue
		}
		names, fault := namesOf(f)
		if fault != "" {
			p.fault = fault
		}
		for _, name := range names {
			if _, taken := p.byName[name]; taken || name == kindKey {
				p.fault = fmt.Sprintf("a field whose name %q is taken", name)
			}
			p.byName[name] = len(p.fields)
		}
		p.fields = append(p.fields, field{name: names[0], index: i})
	}
	if p.fault == "" && len(p.fields) == 0 && t.NumField() > 0 && !reflect.PointerTo(t).Implements(restorerType) {
		p.fault = "only unexported fields, of which nothing would be stored"
	}
	return p
}

// namesOf returns the field's name and those it had before, from its tag.
func namesOf(f reflect.StructField) (names []string, fault string) {
	names = []string{f.Name}
	tag, ok := f.Tag.Lookup("codec")
	if !ok {
		return names, ""
	}
	for part := range strings.SplitSeq(tag, ",") {
		old, ok := strings.CutPrefix(part, "was=")
		if !ok || old == "" {
			return names, fmt.Sprintf("field %s with the tag %q", f.Name, tag)
		}
		names = append(names, old)
	}
	return names, ""
}

package features

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unsafe"
)

// A codebook numbers the categories that a field has: texts, integers or bools.
type codebook struct {
	read   reading
	levels []string       // by code
	texts  map[string]int // code by text
	ints   map[int64]int  // code by integer; of unsigned fields by the bits
}

func newCodebook(r reading) *codebook {
	b := &codebook{read: r}
	switch {
	case r == asText:
		b.texts = map[string]int{}
	case r == asBool:
		b.levels = []string{"false", "true"}
	default:
		b.ints = map[int64]int{}
	}
	return b
}

// codebookOf is the codebook of known levels.
func codebookOf(r reading, levels []string) (*codebook, error) {
	b := newCodebook(r)
	if r == asBool {
		if !slices.Equal(levels, b.levels) {
			return nil, fmt.Errorf("levels %q of a bool", levels)
		}
		return b, nil
	}
	b.levels = slices.Clone(levels)
	for code, level := range levels {
		if r == asText {
			b.texts[level] = code
			continue
		}
		var v int64
		var err error
		if r.unsigned() {
			var u uint64
			u, err = strconv.ParseUint(level, 10, 64)
			v = int64(u)
		} else {
			v, err = strconv.ParseInt(level, 10, 64)
		}
		if err != nil {
			return nil, fmt.Errorf("level %q of an integer", level)
		}
		b.ints[v] = code
	}
	if len(b.texts)+len(b.ints) != len(levels) {
		return nil, fmt.Errorf("levels %q, some of them twice", levels)
	}
	return b, nil
}

// find returns the code of the field at p.
func (b *codebook) find(r *route, p unsafe.Pointer) (code int, known bool) {
	switch b.read {
	case asText:
		code, known = b.texts[r.text(p)]
	case asBool:
		v, _ := r.number(p)
		code, known = int(v), true
	default:
		code, known = b.ints[r.integer(p)]
	}
	return code, known
}

// add returns the code of the field at p, a new one if it is not known yet.
func (b *codebook) add(r *route, p unsafe.Pointer) int {
	code, known := b.find(r, p)
	if known {
		return code
	}
	code = len(b.levels)
	b.levels = append(b.levels, b.name(r, p))
	if b.read == asText {
		b.texts[b.levels[code]] = code
	} else {
		b.ints[r.integer(p)] = code
	}
	return code
}

// name is the level of the field at p, in memory of its own.
func (b *codebook) name(r *route, p unsafe.Pointer) string {
	switch {
	case b.read == asText:
		return strings.Clone(r.text(p))
	case b.read == asBool:
		v, _ := r.number(p)
		return b.levels[int(v)]
	case b.read.unsigned():
		return strconv.FormatUint(uint64(r.integer(p)), 10)
	}
	return strconv.FormatInt(r.integer(p), 10)
}

// sort puts the levels into rising order, so that codes do not depend on the order of the rows. It returns the new code of
// each old one.
func (b *codebook) sort() []int {
	old := make([]int, len(b.levels))
	for i := range old {
		old[i] = i
	}
	values := make([]int64, len(b.levels))
	for v, code := range b.ints {
		values[code] = v
	}
	slices.SortFunc(old, func(x, y int) int {
		switch {
		case b.read == asText:
			return cmp.Compare(b.levels[x], b.levels[y])
		case b.read.unsigned():
			return cmp.Compare(uint64(values[x]), uint64(values[y]))
		case b.read == asBool:
			return x - y
		}
		return cmp.Compare(values[x], values[y])
	})
	levels, code := make([]string, len(old)), make([]int, len(old))
	for c, o := range old {
		levels[c], code[o] = b.levels[o], c
	}
	b.levels = levels
	for k, c := range b.texts {
		b.texts[k] = code[c]
	}
	for k, c := range b.ints {
		b.ints[k] = code[c]
	}
	return code
}

package tree

import (
	"encoding/binary"
	"math"
	"strconv"
	"unicode/utf8"
)

// encoder writes JSON or UBJSON as XGBoost reads them. Objects and lists of one format differ from the other in their marks alone, so that a
// model is written once for both.
type encoder struct {
	b      []byte
	binary bool
}

// mark writes a byte of structure that only JSON or only UBJSON has.
func (c *encoder) mark(json, ubjson string) {
	if c.binary {
		c.b = append(c.b, ubjson...)
	} else {
		c.b = append(c.b, json...)
	}
}

// object writes an object; keys come from within.
func (c *encoder) object(fill func()) {
	c.b = append(c.b, '{')
	fill()
	c.trim()
	c.b = append(c.b, '}')
}

// trim takes the comma back that stands after the last element.
func (c *encoder) trim() {
	if last := len(c.b) - 1; !c.binary && c.b[last] == ',' {
		c.b = c.b[:last]
	}
}

// length writes a length as XGBoost does, in eight bytes.
func (c *encoder) length(n int) {
	c.b = binary.BigEndian.AppendUint64(append(c.b, 'L'), uint64(n))
}

// key writes a key; its value follows.
func (c *encoder) key(name string) {
	if c.binary {
		c.length(len(name))
		c.b = append(c.b, name...)
		return
	}
	c.b = append(c.quote(c.b, name), ':')
}

// objectAt is a key with an object.
func (c *encoder) objectAt(key string, fill func()) {
	c.key(key)
	c.object(fill)
	c.mark(",", "")
}

// listAt is a key with a list of n values of any kind.
func (c *encoder) listAt(key string, n int, item func(i int)) {
	c.key(key)
	c.b = append(c.b, '[')
	if c.binary {
		c.b = append(c.b, '#')
		c.length(n)
	}
	for i := range n {
		item(i)
		c.mark(",", "")
	}
	c.trim()
	c.mark("],", "")
}

// textAt is a key with a text.
func (c *encoder) textAt(key, value string) {
	c.key(key)
	c.text(value)
	c.mark(",", "")
}

func (c *encoder) text(value string) {
	if c.binary {
		c.b = append(c.b, 'S')
		c.length(len(value))
		c.b = append(c.b, value...)
		return
	}
	c.b = c.quote(c.b, value)
}

// quote writes a JSON string.
func (c *encoder) quote(b []byte, s string) []byte {
	b = append(b, '"')
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', s[0])
		case r < ' ':
			const hex = "0123456789abcdef"
			b = append(b, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		default:
			b = append(b, s[:size]...)
		}
		s = s[size:]
	}
	return append(b, '"')
}

// integer writes a whole number by itself.
func (c *encoder) integer(v int) {
	if c.binary {
		c.b = binary.BigEndian.AppendUint64(append(c.b, 'L'), uint64(v))
		return
	}
	c.b = strconv.AppendInt(c.b, int64(v), 10)
}

func (c *encoder) integerAt(key string, v int) {
	c.key(key)
	c.integer(v)
	c.mark(",", "")
}

// whole is a type of numbers in an array: int8, uint8, int32 or int64.
type whole interface{ int8 | uint8 | int32 | int64 }

// wholes is a key with an array of whole numbers of one type.
func wholes[T whole](c *encoder, key string, values []T) {
	c.key(key)
	c.b = append(c.b, '[')
	if !c.binary {
		for _, v := range values {
			c.b = append(strconv.AppendInt(c.b, int64(v), 10), ',')
		}
		c.trim()
		c.b = append(c.b, "],"...)
		return
	}
	var marker byte
	switch any(values).(type) {
	case []int8:
		marker = 'i'
	case []uint8:
		marker = 'U'
	case []int32:
		marker = 'l'
	default:
		marker = 'L'
	}
	c.b = append(c.b, '$', marker, '#')
	c.length(len(values))
	for _, v := range values {
		switch ubjsonSize(marker) {
		case 1:
			c.b = append(c.b, byte(v))
		case 4:
			c.b = binary.BigEndian.AppendUint32(c.b, uint32(v))
		default:
			c.b = binary.BigEndian.AppendUint64(c.b, uint64(v))
		}
	}
}

// floats is a key with an array of float32.
func (c *encoder) floats(key string, values []float32) {
	c.key(key)
	c.b = append(c.b, '[')
	if c.binary {
		c.b = append(c.b, "$d#"...)
		c.length(len(values))
		for _, v := range values {
			c.b = binary.BigEndian.AppendUint32(c.b, math.Float32bits(v))
		}
		return
	}
	for _, v := range values {
		c.b = append(float(c.b, v), ',')
	}
	c.trim()
	c.b = append(c.b, "],"...)
}

// float writes v as XGBoost spells floats: always with an exponent, since it reads 1 as another type than 1E0.
func float(b []byte, v float32) []byte {
	switch {
	case v != v:
		return append(b, "NaN"...)
	case math.IsInf(float64(v), 1):
		return append(b, "Infinity"...)
	case math.IsInf(float64(v), -1):
		return append(b, "-Infinity"...)
	}
	at := len(b)
	b = strconv.AppendFloat(b, float64(v), 'E', -1, 32)
	for e := at; e < len(b); e++ {
		if b[e] == 'E' {
			exponent, _ := strconv.Atoi(string(b[e+1:]))
			return strconv.AppendInt(b[:e+1], int64(exponent), 10)
		}
	}
	return b
}

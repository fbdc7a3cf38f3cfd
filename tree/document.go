package tree

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/gopherwood-ml/ml"
)

// document is a value of JSON or UBJSON as XGBoost writes them. Arrays of numbers, which are nearly all of a model, lie in one slice.
type document struct {
	kind    documentKind
	text    string
	number  float64
	numbers []float64  // of an array that holds nothing but numbers and booleans
	raw     []byte     // or such an array as UBJSON has it
	marker  byte       // of raw: the type of its numbers
	items   []document // of any other array
	keys    []string   // of an object
	values  []document
}

type documentKind uint8

const (
	nullDocument documentKind = iota
	numberDocument
	textDocument
	arrayDocument
	objectDocument
)

// maxDepth bounds how deep values may nest: XGBoost needs about ten.
const maxDepth = 64

// get returns the value of a key, null if there is none.
func (d *document) get(key string) *document {
	for i, k := range d.keys {
		if k == key {
			return &d.values[i]
		}
	}
	return &document{}
}

// parseDocument tells the two formats apart: an object begins with "{" in both, but in UBJSON a length follows, in JSON a key or the end.
func parseDocument(data []byte) (document, error) {
	p := parser{data: data}
	text := len(data) < 2 || bytes.IndexByte([]byte("\" \t\r\n}"), data[1]) >= 0
	var d document
	if text {
		d = p.json(0)
		p.space()
	} else {
		d = p.ubjson(p.byte(), 0)
	}
	if p.err == nil && text && p.at < len(data) {
		p.fail("more after the end")
	}
	return d, p.err
}

// parser reads either format. After the first fault it reads nothing any more.
type parser struct {
	data    []byte
	at      int
	err     error
	numbers []float64 // where an array of numbers grows before its length is known
}

func (p *parser) fail(found string) {
	if p.err == nil {
		p.err = &ml.Error{Where: "tree.ReadXGBoost", Field: fmt.Sprintf("byte %d", p.at), Found: found, Want: "JSON or UBJSON", Kind: ml.ErrFormat}
		p.at = len(p.data)
	}
}

// byte reads one byte, 0 after a fault.
func (p *parser) byte() byte {
	if p.at >= len(p.data) {
		p.fail("the end of the file")
		return 0
	}
	p.at++
	return p.data[p.at-1]
}

func (p *parser) space() {
	for p.at < len(p.data) && (p.data[p.at] == ' ' || p.data[p.at] == '\n' || p.data[p.at] == '\t' || p.data[p.at] == '\r') {
		p.at++
	}
}

// next reads one byte of JSON after any space.
func (p *parser) next() byte {
	p.space()
	return p.byte()
}

func (p *parser) json(depth int) document {
	if depth > maxDepth {
		p.fail("nested too deeply")
	}
	switch c := p.next(); c {
	case 0:
		p.fail("a zero byte")
		return document{}
	case '{':
		return p.jsonObject(depth)
	case '[':
		return p.jsonArray(depth)
	case '"':
		return document{kind: textDocument, text: p.jsonText()}
	default:
		p.at--
		v, null := p.jsonNumber()
		if null {
			return document{}
		}
		return document{kind: numberDocument, number: v}
	}
}

func (p *parser) jsonObject(depth int) document {
	d := document{kind: objectDocument}
	if p.space(); p.at < len(p.data) && p.data[p.at] == '}' {
		p.at++
		return d
	}
	for p.err == nil {
		if p.next() != '"' {
			p.fail("no key")
			break
		}
		d.keys = append(d.keys, p.jsonText())
		if p.next() != ':' {
			p.fail("no colon")
			break
		}
		d.values = append(d.values, p.json(depth+1))
		switch p.next() {
		case ',':
		case '}':
			return d
		default:
			p.fail("no comma")
		}
	}
	return d
}

func (p *parser) jsonArray(depth int) document {
	d := document{kind: arrayDocument}
	p.space()
	switch {
	case p.at >= len(p.data):
	case p.data[p.at] == ']':
		p.at++
		return d
	case p.data[p.at] != '{' && p.data[p.at] != '[' && p.data[p.at] != '"':
		d.numbers = p.jsonNumbers()
		return d
	}
	for p.err == nil {
		p.space()
		if p.at < len(p.data) && bytes.IndexByte([]byte("{[\""), p.data[p.at]) < 0 {
			p.fail("numbers and other things in one array")
		}
		d.items = append(d.items, p.json(depth+1))
		if p.more() {
			return d
		}
	}
	return d
}

// jsonNumbers reads an array that begins with a number.
func (p *parser) jsonNumbers() []float64 {
	numbers := p.numbers[:0]
	for p.err == nil {
		p.space()
		v, null := p.jsonNumber()
		if null {
			v = math.NaN()
		}
		numbers = append(numbers, v)
		if p.more() {
			break
		}
	}
	p.numbers = numbers
	return slices.Clone(numbers)
}

// more reads what stands behind an element and reports whether the array ends there.
func (p *parser) more() bool {
	switch p.next() {
	case ',':
		return false
	case ']':
		return true
	}
	p.fail("no comma")
	return false
}

// jsonNumber reads a number, a boolean as 1 or 0, NaN or Infinity, which XGBoost writes bare, or null.
func (p *parser) jsonNumber() (v float64, null bool) {
	if p.at < len(p.data) && p.data[p.at] >= 'a' { // a word
		start := p.at
		for p.at < len(p.data) && !ends(p.data[p.at]) {
			p.at++
		}
		switch string(p.data[start:p.at]) {
		case "true":
			return 1, false
		case "false":
			return 0, false
		case "null":
			return 0, true
		}
		p.at = start
	}
	v, n := scanFloat(p.data[p.at:])
	if n == 0 {
		p.fail(fmt.Sprintf("%.20q", p.data[p.at:]))
	}
	p.at += n
	return v, false
}

// jsonText reads a string after its opening quote.
func (p *parser) jsonText() string {
	start := p.at
	for p.at < len(p.data) {
		switch p.data[p.at] {
		case '"':
			text := string(p.data[start:p.at])
			p.at++
			return text
		case '\\':
			return p.jsonEscaped(start)
		}
		p.at++
	}
	p.fail("a string without end")
	return ""
}

// jsonEscaped goes on with a string from its first backslash.
func (p *parser) jsonEscaped(start int) string {
	text := append([]byte(nil), p.data[start:p.at]...)
	for p.err == nil {
		switch c := p.byte(); c {
		case '"':
			return string(text)
		case '\\':
			text = p.jsonEscape(text)
		default:
			text = append(text, c)
		}
	}
	return ""
}

func (p *parser) jsonEscape(text []byte) []byte {
	switch c := p.byte(); c {
	case 'n':
		return append(text, '\n')
	case 't':
		return append(text, '\t')
	case 'r':
		return append(text, '\r')
	case 'b':
		return append(text, '\b')
	case 'f':
		return append(text, '\f')
	case 'u':
		if p.at+4 > len(p.data) {
			p.fail("an escape without end")
			return text
		}
		code, err := strconv.ParseUint(string(p.data[p.at:p.at+4]), 16, 16)
		if err != nil {
			p.fail("a bad escape")
		}
		p.at += 4
		return utf8.AppendRune(text, rune(code))
	default:
		return append(text, c)
	}
}

func (p *parser) ubjson(marker byte, depth int) document {
	if depth > maxDepth {
		p.fail("nested too deeply")
	}
	switch marker {
	case '{':
		return p.ubjsonObject(depth)
	case '[':
		return p.ubjsonArray(depth)
	case 'S':
		return document{kind: textDocument, text: p.ubjsonText()}
	case 'C':
		return document{kind: textDocument, text: string(rune(p.byte()))}
	case 'Z':
		return document{}
	case 'T':
		return document{kind: numberDocument, number: 1}
	case 'F':
		return document{kind: numberDocument}
	default:
		return document{kind: numberDocument, number: p.ubjsonNumber(marker)}
	}
}

// ubjsonSize is how many bytes a number of a type takes, 0 for what is no number.
func ubjsonSize(marker byte) int {
	switch marker {
	case 'i', 'U':
		return 1
	case 'I':
		return 2
	case 'l', 'd':
		return 4
	case 'L', 'D':
		return 8
	}
	return 0
}

func (p *parser) ubjsonNumber(marker byte) float64 {
	size := ubjsonSize(marker)
	if size == 0 || p.at+size > len(p.data) {
		p.fail(fmt.Sprintf("a value of type %q", marker))
		return 0
	}
	b := p.data[p.at : p.at+size]
	p.at += size
	switch marker {
	case 'i':
		return float64(int8(b[0]))
	case 'U':
		return float64(b[0])
	case 'I':
		return float64(int16(binary.BigEndian.Uint16(b)))
	case 'l':
		return float64(int32(binary.BigEndian.Uint32(b)))
	case 'd':
		return float64(math.Float32frombits(binary.BigEndian.Uint32(b)))
	case 'L':
		return float64(int64(binary.BigEndian.Uint64(b)))
	default:
		return math.Float64frombits(binary.BigEndian.Uint64(b))
	}
}

// ubjsonLength reads a length, which cannot exceed what is left of the file at size bytes for each.
func (p *parser) ubjsonLength(size int) int {
	n := p.ubjsonNumber(p.byte())
	if n != math.Trunc(n) || n < 0 || n > float64((len(p.data)-p.at)/size) {
		p.fail(fmt.Sprintf("a length of %v", n))
		return 0
	}
	return int(n)
}

func (p *parser) ubjsonText() string {
	n := p.ubjsonLength(1)
	if p.err != nil {
		return ""
	}
	p.at += n
	return string(p.data[p.at-n : p.at])
}

// peek returns the next byte without reading it.
func (p *parser) peek() byte {
	if p.at < len(p.data) {
		return p.data[p.at]
	}
	return 0
}

func (p *parser) ubjsonObject(depth int) document {
	d := document{kind: objectDocument}
	count := -1
	if p.peek() == '#' {
		p.at++
		count = p.ubjsonLength(2) // a key takes a length and a value
	}
	for i := 0; p.err == nil && i != count; i++ {
		if count < 0 && p.peek() == '}' {
			p.at++
			break
		}
		d.keys = append(d.keys, p.ubjsonText())
		d.values = append(d.values, p.ubjson(p.byte(), depth+1))
	}
	return d
}

func (p *parser) ubjsonArray(depth int) document {
	d := document{kind: arrayDocument}
	if p.peek() == '$' {
		p.at++
		return p.ubjsonTyped()
	}
	count := -1
	if p.peek() == '#' {
		p.at++
		count = p.ubjsonLength(1)
	}
	for i := 0; p.err == nil && i != count; i++ {
		if count < 0 && p.peek() == ']' {
			p.at++
			break
		}
		v := p.ubjson(p.byte(), depth+1)
		switch {
		case v.kind == numberDocument && d.items == nil:
			d.numbers = append(d.numbers, v.number)
		case d.numbers == nil:
			d.items = append(d.items, v)
		default:
			p.fail("numbers and other things in one array")
		}
	}
	return d
}

// ubjsonTyped reads the numbers of an array that says once what they are.
func (p *parser) ubjsonTyped() document {
	d := document{kind: arrayDocument}
	marker := p.byte()
	size := ubjsonSize(marker)
	if size == 0 || p.byte() != '#' {
		p.fail("an array of a strange type")
		return d
	}
	n := p.ubjsonLength(size)
	if p.err != nil {
		return d
	}
	d.raw, d.marker = p.data[p.at:p.at+n*size], marker
	p.at += n * size
	return d
}

package codec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"strconv"
	"unicode/utf8"
)

// maxDepth bounds how deep objects and arrays nest, in both directions.
const maxDepth = 1000

// maxText bounds a document. Python's safetensors refuses longer headers.
const maxText = 100_000_000

// A document is parsed JSON: its text, and one node for each value and each key. Nodes are flat and small, so that a
// document costs memory in proportion to its text.
type document struct {
	text  []byte
	nodes []node
}

// A node is one value. The children of an array follow it; those of an object do as key, value, key, value.
type node struct {
	sort   byte  // the first byte of its text: { [ " - 0..9 t f n
	lo, hi int32 // its text
	count  int32 // of children, keys not counted
	next   int32 // the node after it and all its children
}

func parse(text []byte) (*document, error) {
	switch {
	case len(text) > maxText:
		return nil, malformed("", fmt.Sprintf("%d bytes of JSON", len(text)), fmt.Sprintf("at most %d", maxText))
	case !utf8.Valid(text):
		return nil, malformed("", "a byte sequence that is not UTF-8", "JSON text")
	case !json.Valid(text):
		var v json.RawMessage
		return nil, &Error{Found: "broken JSON", Kind: ErrFormat, Cause: json.Unmarshal(text, &v)}
	}
	d := &document{text: text, nodes: make([]node, 0, countNodes(text))}
	if _, ok := d.scan(d.space(0), 0); !ok {
		return nil, malformed("", fmt.Sprintf("JSON nested deeper than %d", maxDepth), "a flatter document")
	}
	return d, nil
}

// countNodes is the number of values and keys in valid JSON, or a little more.
func countNodes(text []byte) int {
	n := 1
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ',' || c == ':' || c == '[' || c == '{'):
			n++
		}
	}
	return n
}

// scan adds the value at offset at, in text known to be valid, and returns the offset after it.
func (d *document) scan(at, depth int) (int, bool) {
	if depth > maxDepth+2 { // numbers in place take two levels that the encoder does not count
		return 0, false
	}
	self := len(d.nodes)
	d.nodes = append(d.nodes, node{sort: d.text[at], lo: int32(at)})
	count, end := 0, at+1
	switch d.text[at] {
	case '{', '[':
		for end = d.space(end); d.text[end] != '}' && d.text[end] != ']'; end = d.space(end) {
			if d.text[end] == ',' || d.text[end] == ':' {
				end++
				continue
			}
			var ok bool
			if end, ok = d.scan(end, depth+1); !ok {
				return 0, false
			}
			count++
		}
		end++
	case '"':
		for ; d.text[end] != '"'; end++ {
			if d.text[end] == '\\' {
				end++
			}
		}
		end++
	default:
		for end < len(d.text) && !bytes.ContainsRune([]byte(" \t\r\n,:]}"), rune(d.text[end])) {
			end++
		}
	}
	n := &d.nodes[self]
	if n.sort == '{' {
		count /= 2
	}
	n.hi, n.count, n.next = int32(end), int32(count), int32(len(d.nodes))
	return end, true
}

func (d *document) space(at int) int {
	for at < len(d.text) && (d.text[at] == ' ' || d.text[at] == '\n' || d.text[at] == '\t' || d.text[at] == '\r') {
		at++
	}
	return at
}

// raw is the text of node n.
func (d *document) raw(n int) []byte { return d.text[d.nodes[n].lo:d.nodes[n].hi] }

func (d *document) sort(n int) byte { return d.nodes[n].sort }

func (d *document) count(n int) int { return int(d.nodes[n].count) }

func (d *document) isNull(n int) bool { return d.nodes[n].sort == 'n' }

// items yields the elements of array n with their indices.
func (d *document) items(n int) iter.Seq2[int, int] {
	return func(yield func(int, int) bool) {
		i := 0
		for c := n + 1; c < int(d.nodes[n].next); c = int(d.nodes[c].next) {
			if !yield(i, c) {
				return
			}
			i++
		}
	}
}

// pairs yields the keys and values of object n.
func (d *document) pairs(n int) iter.Seq2[string, int] {
	return func(yield func(string, int) bool) {
		for c := n + 1; c < int(d.nodes[n].next); c = int(d.nodes[c+1].next) {
			if !yield(d.str(c), c+1) {
				return
			}
		}
	}
}

// child is the value under key in object n.
func (d *document) child(n int, key string) (int, bool) {
	if d.sort(n) != '{' {
		return 0, false
	}
	for c := n + 1; c < int(d.nodes[n].next); c = int(d.nodes[c+1].next) {
		if d.is(c, key) {
			return c + 1, true
		}
	}
	return 0, false
}

// is tells whether the content of string node n is s.
func (d *document) is(n int, s string) bool {
	raw := d.raw(n)
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1:len(raw)-1]) == s
	}
	return d.str(n) == s
}

// at follows a path of keys and indices from node n.
func (d *document) at(n int, path ...string) (int, bool) {
	for _, step := range path {
		found := false
		if d.sort(n) == '[' {
			want, err := strconv.Atoi(step)
			for i, c := range d.items(n) {
				if err == nil && i == want {
					n, found = c, true
					break
				}
			}
		} else {
			n, found = d.child(n, step)
		}
		if !found {
			return 0, false
		}
	}
	return n, true
}

// str is the content of string node n.
func (d *document) str(n int) string {
	raw := d.raw(n)
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	var s string
	_ = json.Unmarshal(raw, &s) // the whole text is valid
	return s
}

// brief describes node n for an error.
func (d *document) brief(n int) string {
	switch d.sort(n) {
	case '{':
		return "an object"
	case '[':
		return "an array"
	}
	raw := d.raw(n)
	if len(raw) > 40 {
		return string(bytes.ToValidUTF8(raw[:37], nil)) + "..."
	}
	return string(raw)
}

// appendQuoted appends s, which must be UTF-8, as a JSON string.
func appendQuoted(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c < 0x20:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// indent lays compact JSON out for people: an object has a line for each field, an array of scalars stays on one line.
func indent(text []byte) ([]byte, error) {
	d, err := parse(text)
	if err != nil {
		return nil, err
	}
	return append(d.layOut(nil, 0, "\n"), '\n'), nil
}

func (d *document) layOut(b []byte, n int, line string) []byte {
	if d.count(n) == 0 || d.isFlat(n) {
		return append(b, d.raw(n)...)
	}
	inner := line + "  "
	b = append(b, d.sort(n))
	sep := ""
	if d.sort(n) == '[' {
		for _, c := range d.items(n) {
			b = d.layOut(append(append(b, sep...), inner...), c, inner)
			sep = ","
		}
		return append(append(b, line...), ']')
	}
	for key, c := range d.pairs(n) {
		b = append(appendQuoted(append(append(b, sep...), inner...), key), ": "...)
		b = d.layOut(b, c, inner)
		sep = ","
	}
	return append(append(b, line...), '}')
}

// isFlat tells whether n is an array of scalars.
func (d *document) isFlat(n int) bool {
	if d.sort(n) != '[' {
		return false
	}
	for _, c := range d.items(n) {
		if s := d.sort(c); s == '{' || s == '[' {
			return false
		}
	}
	return true
}

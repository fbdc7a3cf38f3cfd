package tensor

import (
	"fmt"
	"strconv"
)

// npyInfo is what the header of a .npy file says.
type npyInfo struct {
	elem    npyElem
	fortran bool
	shape   []int
}

// parseNpyHeader parses the Python dictionary of a .npy header. It must have exactly the keys descr, fortran_order and shape,
// in any order; only blanks and one line end may follow.
func parseNpyHeader(text []byte, where string) (npyInfo, error) {
	p := npyParser{text: text, where: where}
	var h npyInfo
	seen := map[string]bool{}
	p.expect('{')
	for p.err == nil && !p.accept('}') {
		key := p.str()
		if seen[key] {
			p.fail("the key "+strconv.Quote(key)+" again", "each key once")
		}
		seen[key] = true
		p.expect(':')
		switch key {
		case "descr":
			h.elem = p.descr()
		case "fortran_order":
			h.fortran = p.boolean()
		case "shape":
			h.shape = p.tuple()
		default:
			p.fail("the key "+strconv.Quote(key), "descr, fortran_order or shape")
		}
		if !p.accept(',') && p.peek() != '}' {
			p.fail(p.here(), "',' or '}'")
		}
	}
	if p.err == nil && len(seen) != 3 {
		p.fail(fmt.Sprintf("%d keys", len(seen)), "descr, fortran_order and shape")
	}
	p.blanks()
	if p.at < len(text) && text[p.at] == '\n' {
		p.at++
	}
	if p.err == nil && p.at != len(text) {
		p.fail(p.here(), "the end of the header")
	}
	return h, p.err
}

// npyParser reads the few Python literals a header is made of. After the first error every method is a no-op.
type npyParser struct {
	text  []byte
	at    int
	where string
	err   error
}

func (p *npyParser) fail(found, want string) {
	if p.err == nil {
		p.err = &FormatError{Where: fmt.Sprintf("%s, byte %d", p.where, p.at), Found: found, Want: want}
	}
}

func (p *npyParser) blanks() {
	for p.at < len(p.text) && p.text[p.at] == ' ' {
		p.at++
	}
}

// peek is the next character that is not blank, 0 at the end.
func (p *npyParser) peek() byte {
	p.blanks()
	if p.at == len(p.text) {
		return 0
	}
	return p.text[p.at]
}

// here describes what stands at the current place.
func (p *npyParser) here() string {
	if p.at == len(p.text) {
		return "the end of the header"
	}
	return strconv.Quote(string(p.text[p.at:min(p.at+12, len(p.text))]))
}

func (p *npyParser) accept(c byte) bool {
	if p.err != nil || p.peek() != c || p.at == len(p.text) {
		return false
	}
	p.at++
	return true
}

func (p *npyParser) expect(c byte) {
	if !p.accept(c) {
		p.fail(p.here(), strconv.QuoteRune(rune(c)))
	}
}

// str reads a string in either kind of quotes. There are no escapes in what a header may hold.
func (p *npyParser) str() string {
	quote := p.peek()
	if quote != '\'' && quote != '"' {
		p.fail(p.here(), "a string")
	}
	if p.err != nil {
		return ""
	}
	for end := p.at + 1; end < len(p.text); end++ {
		switch p.text[end] {
		case quote:
			s := string(p.text[p.at+1 : end])
			p.at = end + 1
			return s
		case '\\', '\n':
			p.fail(p.here(), "a string without escapes")
			return ""
		}
	}
	p.fail(p.here(), "a string that ends")
	return ""
}

func (p *npyParser) boolean() bool {
	p.blanks()
	for word, value := range map[string]bool{"True": true, "False": false} {
		if end := p.at + len(word); p.err == nil && end <= len(p.text) && string(p.text[p.at:end]) == word {
			p.at = end
			return value
		}
	}
	p.fail(p.here(), "True or False")
	return false
}

// tuple reads the lengths of the axes: (), (3,), (3, 4).
func (p *npyParser) tuple() []int {
	shape := []int{}
	p.expect('(')
	for p.err == nil && !p.accept(')') {
		shape = append(shape, p.length())
		comma := p.accept(',')
		if !comma && (len(shape) == 1 || p.peek() != ')') {
			p.fail(p.here(), "','") // (3) is no tuple
		}
		if len(shape) > npyMaxRank {
			p.fail("more axes", fmt.Sprintf("at most %d", npyMaxRank))
		}
	}
	return shape
}

// length reads one axis. Python 2 wrote a long integer with an L behind it.
func (p *npyParser) length() int {
	p.blanks()
	end := p.at
	for end < len(p.text) && p.text[end] >= '0' && p.text[end] <= '9' {
		end++
	}
	n, err := strconv.Atoi(string(p.text[p.at:end]))
	if err != nil {
		p.fail(p.here(), "the length of an axis")
		return 0
	}
	p.at = end
	p.accept('L')
	return n
}

// descr reads the element type.
func (p *npyParser) descr() npyElem {
	const want = "a number type such as '<f8', '>f4', '<i8', '|u1' or '|b1' (in Python: .astype('float64'))"
	if c := p.peek(); c == '[' || c == '(' {
		p.fail("a structured type", want)
	}
	name := p.str()
	if p.err != nil {
		return npyElem{}
	}
	e := npyElem{name: name}
	if len(name) == 3 {
		e.kind, e.size, e.big = name[1], int(name[2]-'0'), name[0] == '>'
		known := map[byte]string{'f': "48", 'i': "1248", 'u': "1248", 'b': "1"}[e.kind]
		for i := range len(known) {
			order := name[0] == '<' || name[0] == '>' || name[0] == '|' && e.size == 1
			if known[i] == name[2] && order {
				return e
			}
		}
	}
	p.fail("the element type "+strconv.Quote(name), want)
	return npyElem{}
}

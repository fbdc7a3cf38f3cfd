package features

import (
	"encoding/binary"
	"fmt"
	"iter"
	"unicode"
	"unicode/utf8"

	"github.com/gopherwood-ml/ml"
)

// TextUnit is what the terms of a text are made of.
type TextUnit uint8

const (
	WordUnit       TextUnit = iota // words, and runs of them with a space between. The zero value
	CharUnit                       // characters across words; a run of white space is one space
	CharInWordUnit                 // characters within words, each with a space at both ends: scikit-learn's char_wb
)

var textUnits = []string{"word", "char", "char in word"}

// String is "word", "char" or "char in word".
func (u TextUnit) String() string { return enumString("TextUnit", textUnits, uint8(u)) }

// MarshalText writes the unit's name.
func (u TextUnit) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (u *TextUnit) UnmarshalText(text []byte) error {
	v, err := enumValue("TextUnit", textUnits, text)
	*u = TextUnit(v)
	return err
}

// Tokenizer cuts a text into words. The text has been lower-cased and stripped of accents before, as far as that is asked for. Any
// number of goroutines call Tokens at once. One with a method Check() error is asked before a fit whether it is sound. A type of your own works; register it with ml.Register to save models that have one.
type Tokenizer interface {
	Tokens(text string) iter.Seq[string]
}

// Words are runs of letters, digits and underscores, Unicode's as well, as in scikit-learn. Characters that combine with the one
// before, such as accents of their own, end a word.
type Words struct {
	MinLength int // characters of a word at the least. 0: 2
}

// Tokens yields the words of a text.
func (w Words) Tokens(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		b := []byte(text)
		for at := 0; at < len(b); {
			lo, hi := nextWord(b, at, w.least())
			if hi == 0 || !yield(text[lo:hi]) {
				return
			}
			at = hi
		}
	}
}

func (w Words) least() int {
	if w.MinLength <= 0 {
		return 2
	}
	return w.MinLength
}

// Fields are what lies between white space.
type Fields struct{}

// Tokens yields the fields of a text.
func (Fields) Tokens(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		start := -1
		for i, r := range text {
			switch space := isSpace(r); {
			case space && start >= 0:
				if !yield(text[start:i]) {
					return
				}
				start = -1
			case !space && start < 0:
				start = i
			}
		}
		if start >= 0 {
			yield(text[start:])
		}
	}
}

// TextAnalysis says how a text is cut into terms. The zero value makes lower-case words of two characters and more.
type TextAnalysis struct {
	Unit         TextUnit  // zero: WordUnit
	MinN, MaxN   int       // the shortest and the longest run of units that is a term. 0: 1 for MinN, MinN for MaxN
	KeepCase     bool      // false: lower-case first, by Unicode's rules
	StripAccents bool      // write letters with accents without them, of the Latin, Greek and Cyrillic scripts; leave out combining marks. False: leave all as it is
	StopWords    []string  // words to leave out before runs are made, written as they are after lower-casing; EnglishStopWords is a list. nil: none
	Tokenizer    Tokenizer // of words. nil: Words{}
}

func (c TextAnalysis) resolve(where string) (TextAnalysis, error) {
	if err := enumCheck(where, "Text.Unit", "TextUnit", textUnits, uint8(c.Unit)); err != nil {
		return c, err
	}
	if c.MinN == 0 {
		c.MinN = 1
	}
	if c.MaxN == 0 {
		c.MaxN = c.MinN
	}
	switch {
	case c.MinN < 0:
		return c, ml.BadConfig(where, "Text.MinN", c.MinN, ">= 1; 0 means 1")
	case c.MaxN < c.MinN:
		return c, ml.BadConfig(where, "Text.MaxN", c.MaxN, fmt.Sprintf(">= MinN, which is %d", c.MinN))
	case c.Unit != WordUnit && c.StopWords != nil:
		return c, ml.BadConfig(where, "Text.StopWords", fmt.Sprintf("a list of %d", len(c.StopWords)), "nil: terms are made of characters")
	case c.Unit != WordUnit && c.Tokenizer != nil:
		return c, ml.BadConfig(where, "Text.Tokenizer", fmt.Sprintf("%T", c.Tokenizer), "nil: terms are made of characters")
	}
	if check, can := c.Tokenizer.(interface{ Check() error }); can {
		if err := check.Check(); err != nil {
			return c, err
		}
	}
	if w, words := c.Tokenizer.(Words); words && w.MinLength < 0 {
		return c, ml.BadConfig(where, "Text.Tokenizer.MinLength", w.MinLength, ">= 0; 0 means 2")
	}
	return c, nil
}

// Terms yields the terms of one text, to see what a configuration makes of it; a bad one makes none.
func (c TextAnalysis) Terms(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		c, err := c.resolve("features.TextAnalysis.Terms")
		if err != nil {
			return
		}
		more := true
		newAnalyzer(c).each(text, func(term []byte) { more = more && yield(string(term)) })
	}
}

// analyzer cuts texts into terms, one at a time, in memory that it keeps.
type analyzer struct {
	TextAnalysis
	words bool // the built-in tokenizer, with words of least characters
	least int
	stop  map[string]bool
	text  []byte
	ends  []span // of tokens, or of characters
	gram  []byte
}

type span struct{ lo, hi int }

func newAnalyzer(c TextAnalysis) *analyzer {
	a := &analyzer{TextAnalysis: c}
	switch w := c.Tokenizer.(type) {
	case nil:
		a.words, a.least = true, Words{}.least()
	case Words:
		a.words, a.least = true, w.least()
	}
	if len(c.StopWords) > 0 {
		a.stop = make(map[string]bool, len(c.StopWords))
		for _, w := range c.StopWords {
			a.stop[w] = true
		}
	}
	return a
}

// each visits the terms of a text. A term is good until the next one.
func (a *analyzer) each(text string, visit func(term []byte)) {
	a.text = a.text[:0]
	a.write(text)
	switch {
	case a.Unit == CharUnit:
		a.joinSpaces()
		a.spread(a.text)
		a.runs(a.text, visit)
	case a.Unit == CharInWordUnit:
		a.charsInWords(visit)
	case a.words && a.MaxN == 1 && a.stop == nil:
		for at := 0; ; {
			lo, hi := nextWord(a.text, at, a.least)
			if hi == 0 {
				return
			}
			visit(a.text[lo:hi])
			at = hi
		}
	default:
		a.tokens()
		a.wordRuns(visit)
	}
}

// write appends a text in lower case and without accents, as far as asked for.
func (a *analyzer) write(text string) {
	const run = 64
	for i := 0; i < len(text); {
		if text[i] < utf8.RuneSelf {
			done := len(a.text)
			a.text = append(a.text, text[i:min(i+run, len(text))]...)
			n := asciiPrefix(a.text[done:], !a.KeepCase)
			a.text = a.text[:done+n]
			i += n
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		before, after := text[:i], text[i+size:]
		i += size
		if !a.KeepCase {
			switch r {
			case 'İ':
				a.writeRune('i')
				r = '\u0307'
			case 'Σ':
				if r = 'σ'; endsInLetter(before) && !startsWithLetter(after) {
					r = 'ς'
				}
			default:
				r = unicode.ToLower(r)
			}
		}
		a.writeRune(r)
	}
}

// asciiPrefix is the number of bytes of b before the first that is not ASCII. It writes them in lower case if asked to.
func asciiPrefix(b []byte, toLower bool) int {
	const every = 0x0101010101010101 // times a byte: that byte in each of eight
	i := 0
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		if w&(every*utf8.RuneSelf) != 0 {
			break
		}
		if toLower {
			capital := (w + every*(0x80-'A')) &^ (w + every*(0x7f-'Z')) & (every * 0x80) // the top bit of bytes from A to Z
			binary.LittleEndian.PutUint64(b[i:], w|capital>>2)
		}
	}
	for ; i < len(b) && b[i] < utf8.RuneSelf; i++ {
		if toLower {
			b[i] = lower[b[i]]
		}
	}
	return i
}

func endsInLetter(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return unicode.IsLetter(r)
}

func startsWithLetter(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsLetter(r)
}

func (a *analyzer) writeRune(r rune) {
	if a.StripAccents {
		if unicode.Is(unicode.Mn, r) {
			return
		}
		r = withoutAccent(r)
	}
	a.text = utf8.AppendRune(a.text, r)
}

// What a byte can be a part of.
const (
	noWord     = iota
	wordByte   // a character of words
	longerRune // a character of several bytes
)

var lower, wordClass = func() (lower [utf8.RuneSelf]byte, class [256]uint8) {
	for c := range class {
		switch {
		case c >= utf8.RuneSelf:
			class[c] = longerRune
		case isWord(rune(c)):
			class[c] = wordByte
		}
	}
	for c := range lower {
		lower[c] = byte(unicode.ToLower(rune(c)))
	}
	return lower, class
}()

func isWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r) }

// isSpace knows the separators of ASCII too, as Python does.
func isSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

// nextWord is the next run of at least so many word characters, from byte at on; hi is 0 if there is none.
func nextWord(b []byte, at, least int) (lo, hi int) {
	for i := at; i < len(b); {
		start, length := i, 0
		size := 1
		for i < len(b) {
			class := wordClass[b[i]]
			size = 1
			if class == longerRune {
				var r rune
				if r, size = utf8.DecodeRune(b[i:]); isWord(r) {
					class = wordByte
				}
			}
			if class != wordByte {
				break
			}
			i += size
			length++
		}
		if length >= least {
			return start, i
		}
		i += size
	}
	return 0, 0
}

// tokens finds the words that are no stop words.
func (a *analyzer) tokens() {
	a.ends = a.ends[:0]
	if a.words {
		for at := 0; ; {
			lo, hi := nextWord(a.text, at, a.least)
			if hi == 0 {
				return
			}
			if !a.stop[string(a.text[lo:hi])] {
				a.ends = append(a.ends, span{lo, hi})
			}
			at = hi
		}
	}
	text := string(a.text)
	a.text = a.text[:0]
	for token := range a.Tokenizer.Tokens(text) {
		if !a.stop[token] {
			lo := len(a.text)
			a.text = append(a.text, token...)
			a.ends = append(a.ends, span{lo, len(a.text)})
		}
	}
}

func (a *analyzer) wordRuns(visit func([]byte)) {
	for i, first := range a.ends {
		a.gram = a.gram[:0]
		for n := 1; n <= a.MaxN && i+n <= len(a.ends); n++ {
			if last := a.ends[i+n-1]; n > 1 {
				a.gram = append(append(a.gram, ' '), a.text[last.lo:last.hi]...)
			} else {
				a.gram = append(a.gram, a.text[first.lo:first.hi]...)
			}
			if n >= a.MinN {
				visit(a.gram)
			}
		}
	}
}

// joinSpaces makes one space of two and more characters of white space.
func (a *analyzer) joinSpaces() {
	out, run, first := a.text[:0], 0, rune(0)
	end := func() {
		if run > 1 {
			first = ' '
		}
		if run > 0 {
			out = utf8.AppendRune(out, first)
		}
		run = 0
	}
	for i := 0; i < len(a.text); {
		r, size := utf8.DecodeRune(a.text[i:])
		if isSpace(r) {
			if run == 0 {
				first = r
			}
			run++
		} else {
			end()
			out = append(out, a.text[i:i+size]...)
		}
		i += size
	}
	end()
	a.text = out
}

// spread finds the characters of b.
func (a *analyzer) spread(b []byte) {
	a.ends = a.ends[:0]
	for i := 0; i < len(b); {
		_, size := utf8.DecodeRune(b[i:])
		a.ends = append(a.ends, span{i, i + size})
		i += size
	}
}

// runs visits the runs of the characters that spread found in b.
func (a *analyzer) runs(b []byte, visit func([]byte)) {
	for n := a.MinN; n <= min(a.MaxN, len(a.ends)); n++ {
		for i := 0; i+n <= len(a.ends); i++ {
			visit(b[a.ends[i].lo:a.ends[i+n-1].hi])
		}
	}
}

// charsInWords visits a word that is shorter than every run once, whole.
func (a *analyzer) charsInWords(visit func([]byte)) {
	for word := range (Fields{}).Tokens(string(a.text)) {
		a.gram = append(append(append(a.gram[:0], ' '), word...), ' ')
		a.spread(a.gram)
		if a.MinN > len(a.ends) {
			visit(a.gram)
			continue
		}
		a.runs(a.gram, visit)
	}
}

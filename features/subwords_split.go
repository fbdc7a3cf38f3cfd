package features

import (
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"
)

// SubwordNormal is what Subwords does to a text before it cuts it.
type SubwordNormal uint8

const (
	LowerCase    SubwordNormal = iota // lower-case. The zero value
	CleanText                         // control characters away, white space to spaces
	SpaceChinese                      // spaces around Chinese characters
	NoAccents                         // accents away, of the Latin, Greek and Cyrillic scripts
	TrimSpaces                        // white space at both ends away
	MarkSpaces                        // SentencePiece's mark for each space, which does not end a word
	MarkStart                         // the mark before a text that is not empty
)

var subwordNormals = []string{"lowercase", "clean", "space chinese", "no accents", "trim", "mark spaces", "mark start"}

// String is the name of the step, such as "lowercase".
func (n SubwordNormal) String() string { return enumString("SubwordNormal", subwordNormals, uint8(n)) }

// MarshalText writes the name.
func (n SubwordNormal) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (n *SubwordNormal) UnmarshalText(text []byte) error {
	v, err := enumValue("SubwordNormal", subwordNormals, text)
	if err == nil {
		*n = SubwordNormal(v)
	}
	return err
}

// SubwordSplit is how Subwords cuts a text into words, within which the pieces lie.
type SubwordSplit uint8

const (
	SplitNothing     SubwordSplit = iota // the text is one word. The zero value
	SplitBytes                           // GPT-2's: words and numbers with the space before, and each byte as a character of its own
	SplitWords                           // runs of word characters and of other characters, white space away
	SplitSpaces                          // what lies between white space
	SplitPunctuation                     // BERT's: the same, and each punctuation mark by itself
	SplitMarks                           // SentencePiece's: each space becomes a mark, which begins a word
	SplitTriples                         // Llama 3's: as SplitBytes, but numbers by three digits, a sign stays with the word behind it, and lines end a word
	SplitDigits                          // Qwen's: the same, each digit by itself
)

var subwordSplits = []string{"nothing", "bytes", "words", "spaces", "punctuation", "marks", "triples", "digits"}

// String is the name of the split, such as "bytes".
func (n SubwordSplit) String() string { return enumString("SubwordSplit", subwordSplits, uint8(n)) }

// MarshalText writes the name.
func (n SubwordSplit) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (n *SubwordSplit) UnmarshalText(text []byte) error {
	v, err := enumValue("SubwordSplit", subwordSplits, text)
	if err == nil {
		*n = SubwordSplit(v)
	}
	return err
}

func (s Subwords) normal(text string) string {
	for _, n := range s.Normal {
		switch n {
		case TrimSpaces:
			text = strings.TrimSpace(text)
			continue
		case MarkSpaces:
			text = strings.ReplaceAll(text, " ", string(spaceMark))
			continue
		case MarkStart:
			if text != "" {
				text = string(spaceMark) + text
			}
			continue
		}
		var b strings.Builder
		for _, r := range text {
			switch n {
			case LowerCase:
				if r == 'İ' {
					b.WriteString("i\u0307")
					continue
				}
				r = unicode.ToLower(r)
			case CleanText:
				switch {
				case r == '\t' || r == '\n' || r == '\r' || unicode.IsSpace(r):
					r = ' '
				case r == 0 || r == utf8.RuneError || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co):
					continue
				}
			case SpaceChinese:
				if isChinese(r) {
					b.WriteByte(' ')
					b.WriteRune(r)
					r = ' '
				}
			case NoAccents:
				if unicode.Is(unicode.Mn, r) {
					continue
				}
				r = withoutAccent(r)
			}
			b.WriteRune(r)
		}
		text = b.String()
	}
	return text
}

func isChinese(r rune) bool {
	return r >= 0x4e00 && r <= 0x9fff || r >= 0x3400 && r <= 0x4dbf || r >= 0x20000 && r <= 0x2a6df || r >= 0x2a700 && r <= 0x2ceaf ||
		r >= 0xf900 && r <= 0xfaff || r >= 0x2f800 && r <= 0x2fa1f
}

const spaceMark = '▁'

// words yields what s.Split makes of a text.
func (s Subwords) words(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if text == "" {
			return
		}
		switch s.Split {
		case SplitNothing:
			yield(text)
		case SplitBytes:
			if first, _ := utf8.DecodeRuneInString(text); s.AddSpace && !unicode.IsSpace(first) {
				text = " " + text
			}
			for word := range gptWords(text) {
				if !yield(byteChars(word)) {
					return
				}
			}
		case SplitTriples, SplitDigits:
			digits := 3
			if s.Split == SplitDigits {
				digits = 1
			}
			for len(text) > 0 {
				end := lineWord(text, digits)
				if !yield(byteChars(text[:end])) {
					return
				}
				text = text[end:]
			}
		case SplitMarks:
			text = strings.ReplaceAll(text, " ", string(spaceMark))
			if s.AddSpace && !strings.HasPrefix(text, string(spaceMark)) {
				text = string(spaceMark) + text
			}
			start := 0
			for at, r := range text {
				if r == spaceMark && at > start {
					if !yield(text[start:at]) {
						return
					}
					start = at
				}
			}
			yield(text[start:])
		default:
			s.Split.runs(text, yield)
		}
	}
}

// runs yields runs of characters of one kind, 0 being left out and -1 standing alone.
func (n SubwordSplit) runs(text string, yield func(string) bool) {
	kind := func(r rune) int {
		switch {
		case unicode.IsSpace(r):
			return 0
		case n == SplitPunctuation && (r < utf8.RuneSelf && unicode.In(r, unicode.P, unicode.S) || unicode.Is(unicode.P, r)):
			return -1
		case n == SplitWords && !isWordChar(r):
			return 2
		}
		return 1
	}
	start, run := 0, 0
	for at, r := range text {
		k := kind(r)
		if k == run && k != -1 {
			continue
		}
		if run != 0 && !yield(text[start:at]) {
			return
		}
		start, run = at, k
	}
	if run != 0 {
		yield(text[start:])
	}
}

// isWordChar is \w of regular expressions by Unicode's rules.
func isWordChar(r rune) bool {
	return unicode.In(r, unicode.L, unicode.M, unicode.Nd, unicode.Nl, unicode.Pc, unicode.Other_Alphabetic, unicode.Join_Control)
}

// What a character is to expressions that cut words.
const (
	letters = 1 + iota
	numbers
	blanks
	signs
)

func kindOf(r rune) int {
	switch {
	case unicode.IsLetter(r):
		return letters
	case unicode.IsNumber(r):
		return numbers
	case unicode.IsSpace(r):
		return blanks
	}
	return signs
}

// runOf is the end of the characters of one kind from a place on, at most so many of them.
func runOf(text string, at, kind, most int) int {
	for ; at < len(text) && most > 0; most-- {
		r, size := utf8.DecodeRuneInString(text[at:])
		if kindOf(r) != kind {
			break
		}
		at += size
	}
	return at
}

// blankRun is the end of the word that begins with white space: the last one before something else begins the next word, unless it is alone.
func blankRun(text string, at int) int {
	end := runOf(text, at, blanks, len(text))
	if end == len(text) {
		return end
	}
	if _, last := utf8.DecodeLastRuneInString(text[at:end]); end-last > at {
		return end - last
	}
	return end
}

// lineWord is the end of the first word by the expression of Llama 3: contractions in any case; letters with one character before them that is no letter, number or end of a line; so many digits; signs with
// one space before and the ends of lines behind; white space to the last end of a line; other white space.
func lineWord(text string, digits int) int {
	r, size := utf8.DecodeRuneInString(text)
	if r == '\'' {
		for _, c := range [...]string{"s", "t", "re", "ve", "m", "ll", "d"} {
			end := size
			for range c {
				_, n := utf8.DecodeRuneInString(text[end:])
				end += n
			}
			if strings.EqualFold(text[size:end], c) {
				return end
			}
		}
	}
	kind, isEnd := kindOf(r), r == '\r' || r == '\n'
	next, _ := utf8.DecodeRuneInString(text[size:])
	switch {
	case kind == letters, kind != numbers && !isEnd && size < len(text) && kindOf(next) == letters:
		return runOf(text, size, letters, len(text))
	case kind == numbers:
		return runOf(text, 0, numbers, digits)
	case kind == signs, r == ' ' && size < len(text) && kindOf(next) == signs:
		end := runOf(text, size, signs, len(text))
		for end < len(text) && (text[end] == '\r' || text[end] == '\n') {
			end++
		}
		return end
	}
	if last := strings.LastIndexAny(text[:runOf(text, 0, blanks, len(text))], "\r\n"); last >= 0 {
		return last + 1
	}
	return blankRun(text, 0)
}

// gptWords cuts as GPT-2's regular expression does: contractions, letters, numbers and others, each with one space before, and white space, the last of which belongs to the next word.
func gptWords(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for at := 0; at < len(text); {
			end := at
			for _, c := range [...]string{"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"} {
				if strings.HasPrefix(text[at:], c) {
					end = at + len(c)
					break
				}
			}
			if end == at {
				r, _ := utf8.DecodeRuneInString(text[at:])
				from := at
				if r == ' ' && at+1 < len(text) {
					if after, _ := utf8.DecodeRuneInString(text[at+1:]); kindOf(after) != blanks {
						from, r = at+1, after
					}
				}
				if kindOf(r) == blanks {
					end = blankRun(text, at)
				} else {
					end = runOf(text, from, kindOf(r), len(text))
				}
			}
			if !yield(text[at:end]) {
				return
			}
			at = end
		}
	}
}

// byteChars writes each byte as a character that can be seen: itself where it is one, else one from 256 on.
func byteChars(word string) string {
	var b strings.Builder
	for i := range len(word) {
		b.WriteRune(byteRune[word[i]])
	}
	return b.String()
}

var byteRune = func() (out [256]rune) {
	next := rune(256)
	for b := range out {
		out[b] = rune(b)
		if b <= ' ' || b >= 0x7f && b <= 0xa0 || b == 0xad {
			out[b] = next
			next++
		}
	}
	return out
}()

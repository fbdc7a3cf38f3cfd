package textuax

import (
	"iter"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"github.com/gopherwood-ml/ml"
)

// Words cuts a text at the word boundaries of Unicode Standard Annex 29 and keeps what holds a letter or a digit. "can't", "3.14" and words with combining accents
// stay whole, which features.Words cuts; of scripts without spaces, such as Chinese, each character is a word, as no dictionary is used. The cost is some ten times that of features.Words.
type Words struct {
	MinLength int // characters of a word at the least. 0: 1
}

// Check refuses a negative MinLength.
func (w Words) Check() error {
	if w.MinLength < 0 {
		return ml.BadConfig("textuax.Words", "MinLength", w.MinLength, ">= 0; 0 means 1")
	}
	return nil
}

// Tokens yields the words of a text.
func (w Words) Tokens(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		state := -1
		for len(text) > 0 {
			var word string
			word, text, state = uniseg.FirstWordInString(text, state)
			if isWord(word) && utf8.RuneCountInString(word) >= w.MinLength && !yield(word) {
				return
			}
		}
	}
}

func isWord(s string) bool {
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return true
		}
	}
	return false
}

func init() { ml.Register[Words]("textuax.Words") }

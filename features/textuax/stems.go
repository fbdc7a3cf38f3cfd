package textuax

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	snowball "github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/arabic"
	"github.com/blevesearch/snowballstem/danish"
	"github.com/blevesearch/snowballstem/dutch"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/finnish"
	"github.com/blevesearch/snowballstem/french"
	"github.com/blevesearch/snowballstem/german"
	"github.com/blevesearch/snowballstem/hungarian"
	"github.com/blevesearch/snowballstem/irish"
	"github.com/blevesearch/snowballstem/italian"
	"github.com/blevesearch/snowballstem/norwegian"
	"github.com/blevesearch/snowballstem/porter"
	"github.com/blevesearch/snowballstem/portuguese"
	"github.com/blevesearch/snowballstem/romanian"
	"github.com/blevesearch/snowballstem/russian"
	"github.com/blevesearch/snowballstem/spanish"
	"github.com/blevesearch/snowballstem/swedish"
	"github.com/blevesearch/snowballstem/tamil"
	"github.com/blevesearch/snowballstem/turkish"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/features"
)

// stemmers are those of the languages of Languages; "porter" is the English stemmer of 1980, "english" its successor.
var stemmers = map[string]func(*snowball.Env) bool{
	"arabic": arabic.Stem, "danish": danish.Stem, "dutch": dutch.Stem, "english": english.Stem, "finnish": finnish.Stem, "french": french.Stem,
	"german": german.Stem, "hungarian": hungarian.Stem, "irish": irish.Stem, "italian": italian.Stem, "norwegian": norwegian.Stem, "porter": porter.Stem,
	"portuguese": portuguese.Stem, "romanian": romanian.Stem, "russian": russian.Stem, "spanish": spanish.Stem, "swedish": swedish.Stem, "tamil": tamil.Stem,
	"turkish": turkish.Stem,
}

// Languages are those that Stems knows, in order.
func Languages() []string { return slices.Sorted(maps.Keys(stemmers)) }

// Stems brings each word of another tokenizer to its stem by Snowball's algorithm, so that "connect", "connected" and "connection" are one term. Words must be in
// lower case, as TextAnalysis makes them unless it has KeepCase. Stop words are left out after stemming: list their stems. A word of
// which nothing is left is left out.
//
// Porter: An algorithm for suffix stripping. Program 14 (1980); snowballstem.org.
type Stems struct {
	Language string             // one of Languages(), such as "english"; "" is an error
	Words    features.Tokenizer // cuts the words; nil: Words{} of this package
}

// Check refuses an unknown language, and what the other tokenizer refuses.
func (s Stems) Check() error {
	if stemmers[s.Language] == nil {
		return ml.BadConfig("textuax.Stems", "Language", fmt.Sprintf("%q", s.Language), "one of "+strings.Join(Languages(), ", "))
	}
	if check, can := s.Words.(interface{ Check() error }); can {
		return check.Check()
	}
	return nil
}

// Tokens yields the stems of the words of a text; none if the language is unknown.
func (s Stems) Tokens(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		stem := stemmers[s.Language]
		if stem == nil {
			return
		}
		words := s.Words
		if words == nil {
			words = Words{}
		}
		env := snowball.NewEnv("")
		for word := range words.Tokens(text) {
			env.SetCurrent(word)
			stem(env)
			if got := env.Current(); got != "" && !yield(got) {
				return
			}
		}
	}
}

func init() { ml.Register[Stems]("textuax.Stems") }

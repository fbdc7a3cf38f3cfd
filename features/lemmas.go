package features

import (
	"bufio"
	"fmt"
	"io"
	"iter"
	"strings"
	"sync"
	"unsafe"

	"github.com/gopherwood-ml/ml"
)

// Lemmas puts the dictionary form of each word in its place, so that "mice" and "mouse", "went" and "go" are one term; words that the list does not hold stay as they are. Words are looked up as
// TextAnalysis hands them over, in lower case unless it has KeepCase. Stop words are left out afterwards. The slices must not be written to once it has been used. For languages without a list there
// are the stems of package textuax.
type Lemmas struct {
	Form, Lemma []string  // Lemma[i] stands for Form[i]; of equal forms the first counts. ReadLemmas reads them from a list
	Words       Tokenizer // cuts the words; nil: Words{}
}

// lemmaTables are made once for a list, and kept as long as the program runs.
var lemmaTables sync.Map // of map[string]string by *string, the first form

// Check refuses lists that do not fit together, and what the other tokenizer refuses.
func (l Lemmas) Check() error {
	if len(l.Form) == 0 || len(l.Form) != len(l.Lemma) {
		return ml.BadConfig("features.Lemmas", "Form and Lemma", fmt.Sprintf("%d and %d long", len(l.Form), len(l.Lemma)), "of the same length, at least 1")
	}
	if check, can := l.Words.(interface{ Check() error }); can {
		return check.Check()
	}
	return nil
}

func (l Lemmas) table() map[string]string {
	key := unsafe.SliceData(l.Form)
	if t, known := lemmaTables.Load(key); known {
		return t.(map[string]string)
	}
	t := make(map[string]string, len(l.Form))
	for i := len(l.Form) - 1; i >= 0; i-- {
		t[l.Form[i]] = l.Lemma[i]
	}
	lemmaTables.Store(key, t)
	return t
}

// Tokens yields the lemmas of the words of a text; none if Check finds a fault.
func (l Lemmas) Tokens(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if l.Check() != nil {
			return
		}
		words := l.Words
		if words == nil {
			words = Words{}
		}
		table := l.table()
		for word := range words.Tokens(text) {
			if lemma, known := table[word]; known {
				word = lemma
			}
			if word != "" && !yield(word) {
				return
			}
		}
	}
}

// ReadLemmas reads a list with a lemma, a tab and a form of it on each line, as the usual lists of many languages have. Empty lines and those that begin with # are passed over.
func ReadLemmas(r io.Reader) (Lemmas, error) {
	const where = "features.ReadLemmas"
	var l Lemmas
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimPrefix(lines.Text(), "\ufeff")
		if line == "" || line[0] == '#' {
			continue
		}
		lemma, form, two := strings.Cut(line, "\t")
		if !two || lemma == "" || form == "" || strings.Contains(form, "\t") {
			return Lemmas{}, ml.BadFile(where, fmt.Sprintf("line %d", n), fmt.Sprintf("%.60q", line), "a lemma, a tab and a form")
		}
		l.Form, l.Lemma = append(l.Form, form), append(l.Lemma, lemma)
	}
	if err := lines.Err(); err != nil {
		return Lemmas{}, fmt.Errorf("%s: %w", where, err)
	}
	if len(l.Form) == 0 {
		return Lemmas{}, ml.BadFile(where, "list", "empty", "at least one line")
	}
	return l, nil
}

func init() { ml.Register[Lemmas]("features.Lemmas") }

package features

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gopherwood-ml/ml"
)

func ExampleLemmas() {
	lemmas, err := ReadLemmas(strings.NewReader("go\twent\ngo\tgone\nmouse\tmice\n"))
	words := TextAnalysis{Tokenizer: lemmas, StopWords: []string{"the"}}
	fmt.Println(slices.Collect(words.Terms("The mice went; the mouse has gone.")), err)
	// Output:
	// [mouse go mouse has go] <nil>
}

func TestLemmas(t *testing.T) {
	for _, list := range []string{"", "# nothing\n", "go went\n", "go\t\n", "\twent\n", "go\twent\tgone\n"} {
		if l, err := ReadLemmas(strings.NewReader(list)); !errors.Is(err, ml.ErrFormat) {
			t.Errorf("%q: %v, %v", list, l, err)
		}
	}
	l := Lemmas{Form: []string{"a-b", "a-b", "c"}, Lemma: []string{"ab", "other", ""}, Words: Fields{}}
	if got := slices.Collect(l.Tokens("a-b c d a-b")); !slices.Equal(got, []string{"ab", "d", "ab"}) {
		t.Error(got)
	}
	for _, bad := range []Lemmas{{}, {Form: []string{"a"}}, {Form: []string{"a"}, Lemma: []string{"b"}, Words: Pattern("(")}} {
		if err := bad.Check(); !errors.Is(err, ml.ErrConfig) || slices.Collect(bad.Tokens("a")) != nil {
			t.Errorf("%v: %v", bad, err)
		}
	}
	roundTrip, err := CountVectorizer{Text: TextAnalysis{Tokenizer: l}}.Fit(ctx, []string{"a-b c d"})
	if err != nil || len(roundTrip.Out()) != 2 {
		t.Error(roundTrip, err)
	}
}

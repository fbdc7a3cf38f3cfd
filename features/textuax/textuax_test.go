package textuax_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/features/textuax"
)

func Example() {
	words, x, err := features.CountVectorizer{Text: features.TextAnalysis{
		Tokenizer: textuax.Stems{Language: "english"},
	}}.FitTransform(context.Background(), []string{"It can't connect.", "Connected: the connection holds!"})
	if err != nil {
		panic(err)
	}
	fmt.Println(words.Terms)
	fmt.Println(x.Dense().Row(1))
	// Output:
	// [can't connect hold it the]
	// [0 2 1 0 1]
}

// The first example is that of the annex, https://unicode.org/reports/tr29/, Figure 1.
func TestWords(t *testing.T) {
	for text, want := range map[string][]string{
		"The quick (“brown”) fox can’t jump 32.3 feet, right?": {"The", "quick", "brown", "fox", "can’t", "jump", "32.3", "feet", "right"},
		"cafe\u0301s, na\u00efve":                              {"cafe\u0301s", "na\u00efve"},
		"東京 2024":                                              {"東", "京", "2024"},
		"a_b e.g. x@y":                                         {"a_b", "e.g", "x", "y"},
		"":                                                     nil,
		"\xff!":                                                nil,
	} {
		require.Equal(t, want, slices.Collect(textuax.Words{}.Tokens(text)), text)
	}
	require.Equal(t, []string{"long"}, slices.Collect(textuax.Words{MinLength: 3}.Tokens("a long ab")))
	for word := range (textuax.Words{}).Tokens("one two") {
		require.Equal(t, "one", word)
		break
	}
}

// The pairs are of the vocabularies that snowballstem.org publishes with its algorithms.
func TestStems(t *testing.T) {
	for language, pairs := range map[string]map[string]string{
		"english": {"consigned": "consign", "consistently": "consist", "knightly": "knight", "generously": "generous", "skies": "sky"},
		"porter":  {"consistency": "consist", "knackeries": "knackeri"},
		"german":  {"aufeinanderfolgenden": "aufeinanderfolg", "kategorie": "kategori"},
		"french":  {"continuellement": "continuel", "majestueusement": "majestu"},
		"russian": {"важнейшими": "важн"},
		"swedish": {"jaktkarlarne": "jaktkarl"},
	} {
		for word, stem := range pairs {
			require.Equal(t, []string{stem}, slices.Collect(textuax.Stems{Language: language}.Tokens(word)), word)
		}
	}
	for _, language := range textuax.Languages() {
		s := textuax.Stems{Language: language, Words: features.Words{}}
		require.NoError(t, s.Check())
		require.NotEmpty(t, slices.Collect(s.Tokens("stemmer \xff words")), language)
	}
	require.Contains(t, textuax.Languages(), "turkish")
}

func TestRefusals(t *testing.T) {
	for _, tokenizer := range []features.Tokenizer{textuax.Stems{}, textuax.Stems{Language: "klingon"}, textuax.Words{MinLength: -1}, textuax.Stems{Language: "english", Words: textuax.Words{MinLength: -1}}} {
		_, err := features.CountVectorizer{Text: features.TextAnalysis{Tokenizer: tokenizer}}.Fit(context.Background(), []string{"ab"})
		require.ErrorIs(t, err, ml.ErrConfig)
	}
	require.Empty(t, slices.Collect(textuax.Stems{}.Tokens("ab")))
}

func TestModelsAreSaved(t *testing.T) {
	for _, tokenizer := range []features.Tokenizer{textuax.Words{MinLength: 2}, textuax.Stems{Language: "english", Words: textuax.Words{}}} {
		m, err := features.TfidfVectorizer{Counts: features.CountVectorizer{Text: features.TextAnalysis{Tokenizer: tokenizer}}}.Fit(context.Background(), []string{"late trains", "a late train"})
		require.NoError(t, err)
		var file bytes.Buffer
		require.NoError(t, ml.Save(&file, m))
		again, err := ml.Load[*features.VectorizerModel](&file)
		require.NoError(t, err)
		a, err := m.Transform([]string{"trains are late"})
		require.NoError(t, err)
		b, err := again.Transform([]string{"trains are late"})
		require.NoError(t, err)
		require.Equal(t, a, b)
	}
}

func FuzzTokens(f *testing.F) {
	f.Add("can’t stop the trains", 3)
	f.Fuzz(func(t *testing.T, text string, language int) {
		all := textuax.Languages()
		for token := range (textuax.Stems{Language: all[max(language, -language-1)%len(all)]}).Tokens(text) {
			require.NotEmpty(t, token)
		}
	})
}

package explain

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"unicode"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

// LIMEText is [LIME] for texts: the model is asked about the text without some of its words, all places of a word at once, and the linear model sees which are there. A word is a run of letters, digits and
// underscores; upper and lower case are different words. Rows count by exp(-d²/(2 Width²)), d = 100 x one minus the cosine of what is left to the whole.
type LIMEText struct {
	Local
}

// Of explains what is answered for a text in one output. answer is given texts, and returns one row of outputs for each, as a vectorizer and a model behind it do.
func (c LIMEText) Of(ctx context.Context, answer func(texts []string) (*tensor.Tensor[float64], error), text string, output int) (*LocalModel, error) {
	const where = "explain.LIMEText.Of"
	words := wordsOf(text)
	if len(words.names) == 0 {
		return nil, &ml.Error{Where: where, Field: "text", Found: "no word", Want: "at least one", Kind: ml.ErrShape}
	}
	p := len(words.names)
	local, err := c.Local.check(where, p, 25)
	if err != nil {
		return nil, err
	}
	names := make([]LocalTerm, p)
	for k, w := range words.names {
		names[k] = LocalTerm{Column: k, Condition: w}
	}
	return local.explain(ctx, where, &ml.Fitted{}, names, output, func(r *rand.Rand, z, away []float64) (*tensor.Tensor[float64], error) {
		texts := make([]string, local.Samples)
		for i := range texts {
			line := z[i*p : (i+1)*p]
			for k := range line {
				line[k] = 1
			}
			gone := 0
			if i > 0 {
				gone = 1 + r.IntN(p)
				for _, k := range rng.Sample(r, p, gone) {
					line[k] = 0
				}
			}
			d := 100 * (1 - math.Sqrt(float64(p-gone)/float64(p)))
			away[i] = float64(d * d)
			texts[i] = words.with(line)
		}
		out, err := answer(texts)
		if err != nil {
			return nil, err
		}
		if s := out.Shape(); len(s) != 2 || s[0] != len(texts) {
			return nil, ml.BadShape(where, "the model's answer", fmt.Sprint(s), fmt.Sprintf("%d rows", len(texts)))
		}
		return out, nil
	}, func(int) float64 { return 1 })
}

// wordList is a text in pieces: words and what lies between them.
type wordList struct {
	names  []string // different words, in their order
	pieces []string
	word   []int // of each piece: which word it is, or -1
}

func wordsOf(text string) *wordList {
	out, at := &wordList{}, map[string]int{}
	inWord := func(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }
	for text != "" {
		first := []rune(text[:min(len(text), 4)])[0]
		end := strings.IndexFunc(text, func(r rune) bool { return inWord(r) != inWord(first) })
		if end < 0 {
			end = len(text)
		}
		piece, k := text[:end], -1
		if inWord(first) {
			var ok bool
			if k, ok = at[piece]; !ok {
				k = len(out.names)
				at[piece] = k
				out.names = append(out.names, piece)
			}
		}
		out.pieces, out.word, text = append(out.pieces, piece), append(out.word, k), text[end:]
	}
	return out
}

// with is the text with those words that are there.
func (l *wordList) with(there []float64) string {
	var b strings.Builder
	for i, piece := range l.pieces {
		if k := l.word[i]; k < 0 || there[k] > 0 {
			b.WriteString(piece)
		}
	}
	return b.String()
}

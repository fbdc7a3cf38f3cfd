package features

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
)

type subwordsGolden struct {
	Texts                                                                                         []string
	GPT2, Roberta, BPE, BPEFused, Bert, Cased, Unigram, Llama3, Qwen, Llama2, Gemma, UnigramBytes struct {
		File   string
		Pieces [][]string
	}
}

func readSubwords(t testing.TB) subwordsGolden {
	t.Helper()
	return golden.Load[subwordsGolden](t, "testdata/subwords.json")
}

func TestSubwordsAreThoseOfTokenizers(t *testing.T) {
	g := readSubwords(t)
	for name, c := range map[string]struct {
		File   string
		Pieces [][]string
	}{"GPT2": g.GPT2, "Roberta": g.Roberta, "BPE": g.BPE, "BPE fused": g.BPEFused, "BERT": g.Bert, "cased": g.Cased, "unigram": g.Unigram,
		"Llama 3": g.Llama3, "Qwen": g.Qwen, "Llama 2": g.Llama2, "Gemma": g.Gemma, "unigram with bytes": g.UnigramBytes} {
		s, err := ReadSubwords(strings.NewReader(c.File))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(c.Pieces) < 10 {
			t.Fatal(name)
		}
		for i, text := range g.Texts[:len(c.Pieces)] {
			if got := slices.Collect(s.Tokens(text)); !slices.Equal(got, c.Pieces[i]) {
				t.Errorf("%s: %q is %q, want %q", name, text, got, c.Pieces[i])
			}
		}
	}
}

func TestSubwordsRefuse(t *testing.T) {
	for what, file := range map[string]string{
		"not JSON":            `{`,
		"no model":            `{}`,
		"numbers with a gap":  `{"model":{"type":"WordPiece","vocab":{"a":0,"b":2}}}`,
		"a merge of no piece": `{"model":{"type":"BPE","vocab":{"a":0,"b":1},"merges":["a b"]}}`,
		"half a merge":        `{"model":{"type":"BPE","vocab":{"a":0,"b":1},"merges":["a"]}}`,
		"no scores":           `{"model":{"type":"Unigram","vocab":[["a","b"]]}}`,
		"another normalizer":  `{"normalizer":{"type":"NFKC"},"model":{"type":"WordPiece","vocab":{"a":0}}}`,
		"another split":       `{"pre_tokenizer":{"type":"Digits"},"model":{"type":"WordPiece","vocab":{"a":0}}}`,
		"pieces by chance":    `{"model":{"type":"BPE","vocab":{"a":0},"dropout":0.1}}`,
		"another start":       `{"normalizer":{"type":"Prepend","prepend":"x"},"model":{"type":"BPE","vocab":{"a":0}}}`,
		"another mark":        `{"normalizer":{"type":"Replace","pattern":{"Regex":" +"},"content":" "},"model":{"type":"BPE","vocab":{"a":0}}}`,
		"one end trimmed":     `{"normalizer":{"type":"Strip","strip_left":true,"strip_right":false},"model":{"type":"BPE","vocab":{"a":0}}}`,
		"another expression":  `{"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"x"},"behavior":"Isolated"},{"type":"ByteLevel","use_regex":false}]},"model":{"type":"BPE","vocab":{"a":0}}}`,
		"nothing in sequence": `{"pre_tokenizer":{"type":"Sequence","pretokenizers":[null,null]},"model":{"type":"BPE","vocab":{"a":0}}}`,
		"an unknown unknown":  `{"model":{"type":"BPE","vocab":{"a":0},"unk_token":"b"}}`,
	} {
		if _, err := ReadSubwords(strings.NewReader(file)); !errors.Is(err, ml.ErrFormat) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := (Subwords{}).Check(); !errors.Is(err, ml.ErrConfig) {
		t.Error(err)
	}
}

// A vectorizer counts pieces, and is saved with its vocabulary.
func TestSubwordsAreSavedWithTheirModel(t *testing.T) {
	g := readSubwords(t)
	s, err := ReadSubwords(strings.NewReader(g.Bert.File))
	if err != nil {
		t.Fatal(err)
	}
	m, err := CountVectorizer{Text: TextAnalysis{Tokenizer: s}}.Fit(ctx, g.Texts[:5])
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := ml.Save(&file, m); err != nil {
		t.Fatal(err)
	}
	again, err := ml.Load[*VectorizerModel](&file)
	if err != nil {
		t.Fatal(err)
	}
	a, err := m.Transform(g.Texts)
	b, err2 := again.Transform(g.Texts)
	if err != nil || err2 != nil || a.NNZ() == 0 || a.NNZ() != b.NNZ() {
		t.Fatal(err, err2)
	}
}

func FuzzReadSubwords(f *testing.F) {
	g := readSubwords(f)
	for _, file := range []string{g.BPE.File, g.Unigram.File, g.Bert.File, g.Llama3.File, g.Gemma.File, g.UnigramBytes.File} {
		f.Add([]byte(file), "some text")
	}
	f.Fuzz(func(t *testing.T, file []byte, text string) {
		s, err := ReadSubwords(bytes.NewReader(file))
		if err != nil {
			return
		}
		for piece := range s.Tokens(text) {
			if !slices.Contains(s.Vocab, piece) {
				t.Fatalf("%q is no piece", piece)
			}
		}
	})
}

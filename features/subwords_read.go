package features

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/gopherwood-ml/ml"
)

// ReadSubwords reads a tokenizer.json of Hugging Face's tokenizers: BPE, WordPiece and Unigram with the usual ways of cutting words, such as those of GPT-2, BERT, Llama 2 and 3, Mistral, Gemma and Qwen. Whatever
// it holds that Subwords cannot do the same with, such as other normalisations, is an error; post-processors, decoders and tokens added outside of the vocabulary are passed over.
func ReadSubwords(r io.Reader) (Subwords, error) {
	var file struct {
		Normalizer   *tokenizerPart `json:"normalizer"`
		PreTokenizer *tokenizerPart `json:"pre_tokenizer"`
		Model        struct {
			Type         string
			Vocab        json.RawMessage
			Merges       []json.RawMessage
			UnkToken     *string  `json:"unk_token"`
			UnkID        *int     `json:"unk_id"`
			FuseUnk      bool     `json:"fuse_unk"`
			Prefix       *string  `json:"continuing_subword_prefix"`
			Suffix       *string  `json:"end_of_word_suffix"`
			MaxChars     int      `json:"max_input_chars_per_word"`
			ByteFallback bool     `json:"byte_fallback"`
			IgnoreMerges bool     `json:"ignore_merges"`
			Dropout      *float64 `json:"dropout"`
		}
	}
	var s Subwords
	if err := json.NewDecoder(r).Decode(&file); err != nil {
		return s, &ml.Error{Where: subwordsFile, Field: "JSON", Found: err.Error(), Want: "a tokenizer.json", Kind: ml.ErrFormat, Cause: err}
	}
	m := file.Model
	if m.Dropout != nil && *m.Dropout != 0 {
		return s, ml.BadFile(subwordsFile, "model.dropout", fmt.Sprint(*m.Dropout), "none: pieces that are drawn are not the same twice")
	}
	if m.UnkToken != nil {
		s.Unknown = *m.UnkToken
	}
	if m.Prefix != nil {
		s.Prefix = *m.Prefix
	}
	if m.Suffix != nil {
		s.Suffix = *m.Suffix
	}
	s.Fuse, s.MaxChars, s.Bytes, s.Whole = m.FuseUnk, m.MaxChars, m.ByteFallback, m.IgnoreMerges
	var err error
	switch m.Type {
	case "BPE":
		s.Model = BPE
		if s.Left, s.Right, err = readMerges(m.Merges); err != nil {
			return Subwords{}, err
		}
	case "WordPiece":
		s.Model = WordPiece
	case "Unigram":
		s.Model = Unigram
		var pieces [][2]any
		if err := json.Unmarshal(m.Vocab, &pieces); err != nil {
			return Subwords{}, ml.BadFile(subwordsFile, "model.vocab", err.Error(), "pairs of pieces and scores")
		}
		for i, p := range pieces {
			piece, is := p[0].(string)
			score, isNumber := p[1].(float64)
			if !is || !isNumber {
				return Subwords{}, ml.BadFile(subwordsFile, fmt.Sprintf("model.vocab[%d]", i), fmt.Sprint(p), "a piece and its score")
			}
			s.Vocab, s.Scores = append(s.Vocab, piece), append(s.Scores, score)
		}
		if m.UnkID != nil {
			if *m.UnkID < 0 || *m.UnkID >= len(s.Vocab) {
				return Subwords{}, ml.BadFile(subwordsFile, "model.unk_id", fmt.Sprint(*m.UnkID), fmt.Sprintf("in 0..%d", len(s.Vocab)-1))
			}
			s.Unknown = s.Vocab[*m.UnkID]
		}
	default:
		return s, ml.BadFile(subwordsFile, "model.type", fmt.Sprintf("%q", m.Type), "BPE, WordPiece or Unigram")
	}
	if m.Type != "Unigram" {
		if s.Vocab, err = readVocab(m.Vocab); err != nil {
			return Subwords{}, err
		}
	}
	if err := file.Normalizer.normalize(&s); err != nil {
		return Subwords{}, err
	}
	if err := file.PreTokenizer.split(&s); err != nil {
		return Subwords{}, err
	}
	if err := s.Check(); err != nil {
		return Subwords{}, &ml.Error{Where: subwordsFile, Field: "model", Found: err.Error(), Want: "a vocabulary that fits together", Kind: ml.ErrFormat, Cause: err}
	}
	return s, nil
}

const subwordsFile = "features.ReadSubwords"

// readVocab reads pieces with their numbers, which are 0, 1, 2 ... in some order.
func readVocab(text json.RawMessage) ([]string, error) {
	var ids map[string]int
	if err := json.Unmarshal(text, &ids); err != nil {
		return nil, ml.BadFile(subwordsFile, "model.vocab", err.Error(), "pieces and their numbers")
	}
	out, seen := make([]string, len(ids)), make([]bool, len(ids))
	for piece, id := range ids {
		if id < 0 || id >= len(out) || seen[id] {
			return nil, ml.BadFile(subwordsFile, "model.vocab", fmt.Sprintf("%d, the number of %q,", id, piece), fmt.Sprintf("each number from 0 to %d once", len(out)-1))
		}
		out[id], seen[id] = piece, true
	}
	return out, nil
}

// readMerges reads pairs, which older files write with a space between.
func readMerges(merges []json.RawMessage) (left, right []string, err error) {
	for i, text := range merges {
		var two []string
		if json.Unmarshal(text, &two) != nil {
			var one string
			if json.Unmarshal(text, &one) == nil {
				two = strings.SplitN(one, " ", 2)
			}
		}
		if len(two) != 2 {
			return nil, nil, ml.BadFile(subwordsFile, fmt.Sprintf("model.merges[%d]", i), string(text), "two pieces")
		}
		left, right = append(left, two[0]), append(right, two[1])
	}
	return left, right, nil
}

// A tokenizerPart is a normalizer or a pre-tokenizer.
type tokenizerPart struct {
	Type               string
	Normalizers        []*tokenizerPart
	PreTokenizers      []*tokenizerPart `json:"pretokenizers"`
	CleanText          bool             `json:"clean_text"`
	HandleChineseChars bool             `json:"handle_chinese_chars"`
	StripAccents       *bool            `json:"strip_accents"`
	Lowercase          bool
	AddPrefixSpace     bool   `json:"add_prefix_space"`
	UseRegex           *bool  `json:"use_regex"`
	PrependScheme      string `json:"prepend_scheme"`
	Replacement        string `json:"replacement"`
	Split              *bool  `json:"split"`
	Prepend            string
	Content            string
	Pattern            struct{ String, Regex string }
	Behavior           string
	Invert             bool
	StripLeft          bool `json:"strip_left"`
	StripRight         bool `json:"strip_right"`
}

// The expressions of Llama 3 and of Qwen, which lineWord is.
const (
	llamaWords = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	qwenWords  = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
)

func (p *tokenizerPart) normalize(s *Subwords) error {
	if p == nil {
		return nil
	}
	switch p.Type {
	case "Sequence":
		for i, part := range p.Normalizers {
			// to decompose letters, so that accents can be taken away, needs no step of its own here
			if part != nil && part.Type == "NFD" && slices.ContainsFunc(p.Normalizers[i+1:], func(q *tokenizerPart) bool { return q != nil && q.Type == "StripAccents" }) {
				continue
			}
			if err := part.normalize(s); err != nil {
				return err
			}
		}
	case "Lowercase":
		s.Normal = append(s.Normal, LowerCase)
	case "StripAccents":
		s.Normal = append(s.Normal, NoAccents)
	case "BertNormalizer":
		if p.CleanText {
			s.Normal = append(s.Normal, CleanText)
		}
		if p.HandleChineseChars {
			s.Normal = append(s.Normal, SpaceChinese)
		}
		if p.StripAccents == nil && p.Lowercase || p.StripAccents != nil && *p.StripAccents {
			s.Normal = append(s.Normal, NoAccents)
		}
		if p.Lowercase {
			s.Normal = append(s.Normal, LowerCase)
		}
	case "Strip":
		if !p.StripLeft || !p.StripRight {
			return ml.BadFile(subwordsFile, "normalizer", "Strip of one end", "of both")
		}
		s.Normal = append(s.Normal, TrimSpaces)
	case "Prepend":
		if p.Prepend != string(spaceMark) {
			return ml.BadFile(subwordsFile, "normalizer", fmt.Sprintf("Prepend of %q", p.Prepend), fmt.Sprintf("of %q", string(spaceMark)))
		}
		s.Normal = append(s.Normal, MarkStart)
	case "Replace":
		if p.Pattern.String != " " || p.Content != string(spaceMark) {
			return ml.BadFile(subwordsFile, "normalizer", fmt.Sprintf("Replace of %q by %q", p.Pattern.String+p.Pattern.Regex, p.Content), fmt.Sprintf("of a space by %q", string(spaceMark)))
		}
		s.Normal = append(s.Normal, MarkSpaces)
	default:
		return ml.BadFile(subwordsFile, "normalizer", fmt.Sprintf("%q", p.Type), "Lowercase, StripAccents, BertNormalizer, Strip, Prepend, Replace, or a Sequence of these")
	}
	return nil
}

func (p *tokenizerPart) split(s *Subwords) error {
	if p == nil {
		return nil
	}
	whole := p.Split == nil || *p.Split
	switch {
	case p.Type == "Sequence" && len(p.PreTokenizers) == 1:
		return p.PreTokenizers[0].split(s)
	case p.Type == "Sequence" && len(p.PreTokenizers) == 2 && p.PreTokenizers[0].isolates(llamaWords) && p.PreTokenizers[1].onlyBytes():
		s.Split = SplitTriples
	case p.Type == "Sequence" && len(p.PreTokenizers) == 2 && p.PreTokenizers[0].isolates(qwenWords) && p.PreTokenizers[1].onlyBytes():
		s.Split = SplitDigits
	case p.Type == "Split" && p.Pattern.String == " " && slices.Contains(s.Normal, MarkSpaces): // there is none left
	case p.Type == "ByteLevel" && (p.UseRegex == nil || *p.UseRegex):
		s.Split, s.AddSpace = SplitBytes, p.AddPrefixSpace
	case p.Type == "Whitespace":
		s.Split = SplitWords
	case p.Type == "WhitespaceSplit":
		s.Split = SplitSpaces
	case p.Type == "BertPreTokenizer":
		s.Split = SplitPunctuation
	case p.Type == "Metaspace" && whole && p.Replacement == string(spaceMark):
		s.Split, s.AddSpace = SplitMarks, p.PrependScheme == "always" || p.PrependScheme == "first" || p.PrependScheme == "" && p.AddPrefixSpace
	default:
		return ml.BadFile(subwordsFile, "pre_tokenizer", fmt.Sprintf("%q", p.Type), "ByteLevel with its expression or with that of Llama 3 or Qwen before it, Whitespace, WhitespaceSplit, BertPreTokenizer or Metaspace")
	}
	return nil
}

// isolates reports whether it cuts a text into what an expression finds.
func (p *tokenizerPart) isolates(expression string) bool {
	return p != nil && p.Type == "Split" && p.Pattern.Regex == expression && p.Behavior == "Isolated" && !p.Invert
}

// onlyBytes reports whether it does nothing but to write bytes as characters.
func (p *tokenizerPart) onlyBytes() bool {
	return p != nil && p.Type == "ByteLevel" && !p.AddPrefixSpace && p.UseRegex != nil && !*p.UseRegex
}

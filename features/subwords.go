package features

import (
	"container/heap"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
	"unsafe"

	"github.com/gopherwood-ml/ml"
)

// SubwordModel is how Subwords cuts a word into pieces of its vocabulary.
type SubwordModel uint8

const (
	BPE       SubwordModel = iota // joins neighbouring pieces, those of the earliest merge first. The zero value
	WordPiece                     // takes the longest piece that fits, again and again; a word with a part that no piece fits is unknown
	Unigram                       // takes the pieces with the greatest sum of scores
)

var subwordModels = []string{"BPE", "WordPiece", "Unigram"}

// String is "BPE", "WordPiece" or "Unigram".
func (m SubwordModel) String() string { return enumString("SubwordModel", subwordModels, uint8(m)) }

// MarshalText writes the model's name.
func (m SubwordModel) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (m *SubwordModel) UnmarshalText(text []byte) error {
	v, err := enumValue("SubwordModel", subwordModels, text)
	if err == nil {
		*m = SubwordModel(v)
	}
	return err
}

// Subwords is a Tokenizer that cuts texts into the pieces of a trained vocabulary, as language models do: ReadSubwords takes the tokenizer.json of Hugging Face's tokenizers. A vocabulary that tells capitals
// apart needs TextAnalysis.KeepCase. Tokens that models put around a text, such as [CLS], are not added. The slices must not be written to once it has been used.
//
// Sennrich, Haddow, Birch: Neural machine translation of rare words with subword units. ACL 2016 (BPE); Schuster, Nakajima: Japanese and Korean voice search. ICASSP 2012 (WordPiece); Kudo: Subword
// regularization. ACL 2018 (Unigram).
type Subwords struct {
	Model       SubwordModel    // zero: BPE
	Vocab       []string        // the pieces, by their numbers
	Left, Right []string        // BPE: the two pieces of each merge, the first merge first
	Scores      []float64       // Unigram: of each piece
	Unknown     string          // the piece that stands for what no piece fits; "": that is left out
	Fuse        bool            // BPE: true: neighbouring unknown characters are one; false: each is one. Those of Unigram always are
	Bytes       bool            // BPE and Unigram: true: what no piece fits becomes its bytes, pieces from <0x00> to <0xFF>, if Vocab has them all
	Whole       bool            // BPE: true: a word that is a piece is that piece, whatever the merges make of it
	Prefix      string          // of pieces that do not begin a word
	Suffix      string          // BPE: of pieces that end a word
	MaxChars    int             // WordPiece: longer words are unknown; zero: 100
	Normal      []SubwordNormal // what is done to a text before, in order; nil: nothing
	Split       SubwordSplit    // into words, within which the pieces lie; zero: SplitNothing
	AddSpace    bool            // SplitBytes and SplitMarks: true: a text begins with a space
}

// subwordTables are what lookups need of a Subwords.
type subwordTables struct {
	id    map[string]int
	merge map[[2]int]merged
	bytes int // of the longest piece
	least float64
}

type merged struct{ rank, id int }

// subwordKey tells vocabularies apart by where they lie.
type subwordKey struct {
	vocab, left, right *string
	scores             *float64
	pieces, merges     int
	model              SubwordModel
	unknown, prefix    string
}

func (s Subwords) key() subwordKey {
	return subwordKey{unsafe.SliceData(s.Vocab), unsafe.SliceData(s.Left), unsafe.SliceData(s.Right), unsafe.SliceData(s.Scores), len(s.Vocab), len(s.Left), s.Model, s.Unknown, s.Prefix}
}

// tables are made once for a vocabulary, and kept as long as the program runs.
var tables sync.Map // of *subwordTables by subwordKey

func (s Subwords) tables() (*subwordTables, error) {
	if len(s.Vocab) == 0 {
		return nil, ml.BadConfig("features.Subwords", "Vocab", "empty", "the pieces; ReadSubwords reads them from a file")
	}
	key := s.key()
	if t, known := tables.Load(key); known {
		return t.(*subwordTables), nil
	}
	t, err := s.check()
	if err != nil {
		return nil, err
	}
	tables.Store(key, t)
	return t, nil
}

// Check refuses vocabularies that do not fit together.
func (s Subwords) Check() error {
	const where = "features.Subwords"
	if err := enumCheck(where, "Split", "SubwordSplit", subwordSplits, uint8(s.Split)); err != nil {
		return err
	}
	for _, n := range s.Normal {
		if err := enumCheck(where, "Normal", "SubwordNormal", subwordNormals, uint8(n)); err != nil {
			return err
		}
	}
	if s.MaxChars < 0 {
		return ml.BadConfig(where, "MaxChars", s.MaxChars, ">= 0; 0 means 100")
	}
	_, err := s.tables()
	return err
}

func (s Subwords) check() (*subwordTables, error) {
	const where = "features.Subwords"
	if err := enumCheck(where, "Model", "SubwordModel", subwordModels, uint8(s.Model)); err != nil {
		return nil, err
	}
	t := &subwordTables{id: make(map[string]int, len(s.Vocab)), least: math.Inf(1)}
	for i, piece := range s.Vocab {
		t.id[piece] = i
		t.bytes = max(t.bytes, len(piece))
	}
	if _, known := t.id[s.Unknown]; s.Unknown != "" && !known {
		return nil, ml.BadConfig(where, "Unknown", fmt.Sprintf("%q", s.Unknown), "a piece of Vocab")
	}
	switch s.Model {
	case BPE:
		if len(s.Left) != len(s.Right) {
			return nil, ml.BadConfig(where, "Right", lengthOf(len(s.Right)), lengthOf(len(s.Left))+", as Left")
		}
		t.merge = make(map[[2]int]merged, len(s.Left))
		for rank, left := range s.Left {
			right := s.Right[rank]
			a, okA := t.id[left]
			b, okB := t.id[right]
			c, okC := t.id[left+strings.TrimPrefix(right, s.Prefix)]
			if !okA || !okB || !okC {
				return nil, ml.BadConfig(where, fmt.Sprintf("Left and Right[%d]", rank), fmt.Sprintf("%q and %q", left, right), "pieces of Vocab that make another one")
			}
			t.merge[[2]int{a, b}] = merged{rank, c}
		}
	case Unigram:
		if len(s.Scores) != len(s.Vocab) {
			return nil, ml.BadConfig(where, "Scores", lengthOf(len(s.Scores)), lengthOf(len(s.Vocab))+", as Vocab")
		}
		for i, v := range s.Scores {
			if !finite(v) {
				return nil, ml.BadConfig(where, fmt.Sprintf("Scores[%d]", i), v, "a finite number")
			}
			t.least = min(t.least, v)
		}
	}
	return t, nil
}

// Tokens yields the pieces of a text; none if Check finds a fault.
func (s Subwords) Tokens(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if s.Check() != nil {
			return
		}
		t, _ := s.tables()
		unknown, known := t.id[s.Unknown]
		if !known {
			unknown = -1
		}
		for word := range s.words(s.normal(text)) {
			var ids []int
			switch s.Model {
			case BPE:
				ids = s.bpe(t, word, unknown)
			case WordPiece:
				ids = s.wordPiece(t, word, unknown)
			default:
				ids = s.unigram(t, word, unknown)
			}
			for _, id := range ids {
				if id >= 0 && !yield(s.Vocab[id]) {
					return
				}
			}
		}
	}
}

// A pair is two neighbouring pieces that a merge joins.
type pair struct{ rank, at, left, right, id int }

// pairs is a heap: the earliest merge first, and of one merge the first place.
type pairs []pair

func (p pairs) Len() int { return len(p) }
func (p pairs) Less(i, j int) bool {
	return p[i].rank < p[j].rank || p[i].rank == p[j].rank && p[i].at < p[j].at
}
func (p pairs) Swap(i, j int) { p[i], p[j] = p[j], p[i] }
func (p *pairs) Push(x any)   { *p = append(*p, x.(pair)) }
func (p *pairs) Pop() any {
	last := (*p)[len(*p)-1]
	*p = (*p)[:len(*p)-1]
	return last
}

// bytesOf appends the pieces of the bytes of a text, and reports whether there are all of them.
func (s Subwords) bytesOf(ids []int, t *subwordTables, text string) ([]int, bool) {
	if !s.Bytes {
		return ids, false
	}
	all := ids
	for i := range len(text) {
		id, known := t.id[fmt.Sprintf("<0x%02X>", text[i])]
		if !known {
			return ids, false
		}
		all = append(all, id)
	}
	return all, true
}

func (s Subwords) bpe(t *subwordTables, word string, unknown int) []int {
	if id, known := t.id[word]; known && s.Whole {
		return []int{id}
	}
	var ids []int
	for at, r := range word {
		size := utf8.RuneLen(r)
		if size < 0 || r == utf8.RuneError {
			_, size = utf8.DecodeRuneInString(word[at:])
		}
		piece := word[at : at+size]
		if at > 0 {
			piece = s.Prefix + piece
		}
		if at+size == len(word) {
			piece += s.Suffix
		}
		id, known := t.id[piece]
		if !known {
			if all, can := s.bytesOf(ids, t, piece); can {
				ids = all
				continue
			}
			id = unknown
			if unknown < 0 || s.Fuse && len(ids) > 0 && ids[len(ids)-1] == unknown {
				continue
			}
		}
		ids = append(ids, id)
	}
	next, before := make([]int, len(ids)), make([]int, len(ids))
	for i := range ids {
		next[i], before[i] = i+1, i-1
	}
	var waiting pairs
	offer := func(at int) {
		if at < 0 || next[at] >= len(ids) {
			return
		}
		left, right := ids[at], ids[next[at]]
		if m, can := t.merge[[2]int{left, right}]; can {
			heap.Push(&waiting, pair{m.rank, at, left, right, m.id})
		}
	}
	for at := range ids {
		offer(at)
	}
	const gone = -1
	for len(waiting) > 0 {
		p := heap.Pop(&waiting).(pair)
		if ids[p.at] != p.left || next[p.at] >= len(ids) || ids[next[p.at]] != p.right {
			continue // one of them has been merged with another
		}
		dead := next[p.at]
		ids[p.at], ids[dead] = p.id, gone
		if next[p.at] = next[dead]; next[p.at] < len(ids) {
			before[next[p.at]] = p.at
		}
		offer(before[p.at])
		offer(p.at)
	}
	return ids // what is gone is negative
}

func (s Subwords) wordPiece(t *subwordTables, word string, unknown int) []int {
	most := s.MaxChars
	if most == 0 {
		most = 100
	}
	if utf8.RuneCountInString(word) > most {
		return []int{unknown}
	}
	var ids []int
	for at := 0; at < len(word); {
		prefix := ""
		if at > 0 {
			prefix = s.Prefix
		}
		end := min(len(word), at+t.bytes)
		for ; end > at; end-- {
			if id, known := t.id[prefix+word[at:end]]; known {
				ids = append(ids, id)
				break
			}
		}
		if end == at {
			return []int{unknown}
		}
		at = end
	}
	return ids
}

// unigram is Viterbi's best path. What no piece fits costs 10 more than the worst piece, a character at a time.
func (s Subwords) unigram(t *subwordTables, word string, unknown int) []int {
	type node struct {
		score    float64
		from, id int
		set      bool
	}
	best := make([]node, len(word)+1)
	best[0].set = true
	for at := range word {
		if !best[at].set {
			continue
		}
		_, size := utf8.DecodeRuneInString(word[at:])
		single := false
		offer := func(end, id int, score float64) {
			if b := &best[end]; !b.set || score > b.score {
				*b = node{score, at, id, true}
			}
		}
		for end := at + 1; end <= min(len(word), at+t.bytes); end++ {
			if id, known := t.id[word[at:end]]; known {
				offer(end, id, best[at].score+s.Scores[id])
				single = single || end == at+size
			}
		}
		if !single {
			offer(at+size, unknown, best[at].score+t.least-10)
		}
	}
	var back []int // the last piece first
	for at := len(word); at > 0; {
		end, id := at, best[at].id
		for at = best[at].from; id == unknown && at > 0 && best[at].id == unknown; {
			at = best[at].from
		}
		part := len(back)
		if all, can := s.bytesOf(back, t, word[at:end]); can && id == unknown {
			back = all
			slices.Reverse(back[part:])
		} else {
			back = append(back, id)
		}
	}
	slices.Reverse(back)
	return back
}

func init() { ml.Register[Subwords]("features.Subwords") }

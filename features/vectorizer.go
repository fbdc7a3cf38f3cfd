package features

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/tensor"
)

// CountVectorizer counts terms: a matrix with a row for each text and a column for each term that the training texts hold, in the order
// of the terms' bytes. It learns from texts, not from a matrix, and comes before a pipeline:
//
//	words, x, err := features.CountVectorizer{}.FitTransform(ctx, texts)
//	train := ml.Dataset[int]{Table: ml.Table{X: x, Columns: words.Out()}, Y: y}
//	model, err := bayes.MultinomialNB{}.Fit(ctx, train)
//	spam, err := features.BindText[int](words, model)    // takes texts, and is saved as one
//
// The columns are learned from the texts given: fit the vectorizer to training texts alone where a score is to be honest.
//
// Texts are read once. A fit costs about 100 ns for each word. Nothing is random. The rules are scikit-learn's CountVectorizer; its
// token pattern is the default Tokenizer, Words.
type CountVectorizer struct {
	Text        TextAnalysis // how a text is cut into terms
	Vocabulary  []string     // the terms, in the order of the columns: nothing is learned. nil: those of the training texts
	MinDF       int          // texts that must hold a term. 0: 1
	MinDFShare  float64      // the same as a share of the texts, 0 to 1; only one of the two. 0: MinDF counts
	MaxDF       int          // texts that may hold a term. 0: all
	MaxDFShare  float64      // the same as a share of the texts, 0 to 1; only one of the two. 0: MaxDF counts
	MaxFeatures int          // terms at the most: those that occur most often in all texts, of equals the first in order. 0: all
	Binary      bool         // 1 for each term that occurs. False: how often it does
}

// VectorizerModel is a fitted CountVectorizer or TfidfVectorizer. Any number of goroutines may use it at once.
type VectorizerModel struct {
	ml.Fitted
	Terms []string  // of the columns
	IDF   []float64 // the weight of each term; nil for a CountVectorizer, and with NoIDF
	DF    []float64 // how many texts hold each term, as far as they weigh; with Texts what Update goes on from
	Texts float64   // how many there were, as far as they weigh

	table *termTable
	rows  textRows
}

var _ ml.Fitter[[]string, *VectorizerModel] = CountVectorizer{}

// Fit learns the terms of texts.
func (c CountVectorizer) Fit(ctx context.Context, texts []string) (*VectorizerModel, error) {
	m, _, err := c.fit(ctx, "features.CountVectorizer.Fit", texts, nil)
	return m, err
}

// FitTransform is Fit and Transform of the same texts, which are read once only.
func (c CountVectorizer) FitTransform(ctx context.Context, texts []string) (*VectorizerModel, *tensor.CSR[float64], error) {
	m, chunks, err := c.fit(ctx, "features.CountVectorizer.FitTransform", texts, nil)
	if err != nil {
		return nil, nil, err
	}
	return m, tight(len(m.Terms), chunks, m.rows.finisher), nil
}

func (c CountVectorizer) fit(ctx context.Context, where string, texts []string, weight []float64) (*VectorizerModel, []countedChunk, error) {
	c, err := c.resolve(where)
	if err != nil {
		return nil, nil, err
	}
	v, err := learnTerms(ctx, where, c, texts, weight)
	if err != nil {
		return nil, nil, err
	}
	m := &VectorizerModel{Fitted: textFitted(c, len(texts)), Terms: v.terms, DF: v.df, Texts: total(weight, len(texts))}
	if _, err := ready(m); err != nil {
		return nil, nil, err
	}
	return m, v.chunks, nil
}

func textFitted(config any, n int) ml.Fitted {
	return ml.Fitted{Config: config, Info: ml.Info{Rows: n, Features: 1}}
}

// resolve checks the config, fills in defaults and makes copies of its lists.
func (c CountVectorizer) resolve(where string) (CountVectorizer, error) {
	var err error
	if c.Text, err = c.Text.resolve(where); err != nil {
		return c, err
	}
	c.Text.StopWords, c.Vocabulary = slices.Clone(c.Text.StopWords), slices.Clone(c.Vocabulary)
	share := func(v float64) bool { return v >= 0 && v <= 1 }
	switch {
	case c.MinDF < 0:
		return c, ml.BadConfig(where, "MinDF", c.MinDF, ">= 0")
	case c.MaxDF < 0:
		return c, ml.BadConfig(where, "MaxDF", c.MaxDF, ">= 0")
	case !share(c.MinDFShare):
		return c, ml.BadConfig(where, "MinDFShare", c.MinDFShare, "0 to 1")
	case !share(c.MaxDFShare):
		return c, ml.BadConfig(where, "MaxDFShare", c.MaxDFShare, "0 to 1")
	case c.MinDF > 0 && c.MinDFShare > 0:
		return c, ml.BadConfig(where, "MinDFShare", c.MinDFShare, "0 with MinDF: only one of them")
	case c.MaxDF > 0 && c.MaxDFShare > 0:
		return c, ml.BadConfig(where, "MaxDFShare", c.MaxDFShare, "0 with MaxDF: only one of them")
	case c.MaxFeatures < 0:
		return c, ml.BadConfig(where, "MaxFeatures", c.MaxFeatures, ">= 0")
	case c.Vocabulary != nil && (c.MinDF > 0 || c.MinDFShare > 0 || c.MaxDF > 0 || c.MaxDFShare > 0 || c.MaxFeatures > 0):
		return c, ml.BadConfig(where, "Vocabulary", fmt.Sprintf("a list of %d", len(c.Vocabulary)), "nil with MinDF, MaxDF or MaxFeatures: it names the terms itself")
	}
	return c, nil
}

// bounds are how many of n texts may hold a term.
func (c CountVectorizer) bounds(n int) (low, high float64) {
	low, high = float64(max(c.MinDF, 1)), float64(n)
	if c.MinDFShare > 0 {
		low = c.MinDFShare * float64(n)
	}
	if c.MaxDF > 0 {
		high = float64(c.MaxDF)
	}
	if c.MaxDFShare > 0 {
		high = c.MaxDFShare * float64(n)
	}
	return low, high
}

// learned are the terms of texts, how many texts hold each, and the counts.
type learned struct {
	terms  []string
	df     []float64
	chunks []countedChunk // by column
}

func learnTerms(ctx context.Context, where string, c CountVectorizer, texts []string, weight []float64) (*learned, error) {
	if len(texts) == 0 {
		return nil, ml.BadShape(where, "texts", "empty", "at least one")
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	var given *termTable
	if c.Vocabulary != nil {
		var err error
		if given, err = tableOf(where, c.Vocabulary); err != nil {
			return nil, err
		}
	}
	chunks, err := countTerms(ctx, c.Text, given, texts)
	if err != nil {
		return nil, err
	}
	if given != nil {
		v := &learned{terms: c.Vocabulary, df: make([]float64, given.len()), chunks: chunks}
		v.countTexts(weight)
		return v, nil
	}
	if weight != nil {
		return learnWeighted(ctx, where, c, chunks, weight)
	}
	all := mergeTables(chunks)
	if all.table.len() == 0 {
		return nil, noTerms(where)
	}
	kept := all.keep(c, len(texts))
	if len(kept) == 0 {
		return nil, noneKept(where, all.table.len())
	}
	all.sort(kept)
	column := make([]int, all.table.len())
	for i := range column {
		column[i] = -1
	}
	v := &learned{terms: make([]string, len(kept)), df: make([]float64, len(kept)), chunks: chunks}
	for col, id := range kept {
		column[id] = col
		v.terms[col], v.df[col] = string(all.table.term(id)), float64(all.texts[id])
	}
	_ = par.Do(ctx, len(chunks), func(_ context.Context, k int) error {
		chunks[k].renumber(all.ids[k], column)
		return nil
	})
	return v, ml.Done(ctx)
}

func noTerms(where string) error {
	return &ml.Error{Where: where, Field: "texts", Found: "without any term", Want: "a word that is no stop word", Kind: ml.ErrShape}
}

func noneKept(where string, terms int) error {
	return ml.BadConfig(where, "MinDF and MaxDF", fmt.Sprintf("such that none of %d terms is kept", terms), "bounds that leave some")
}

// countTerms counts by the columns of a given table, or by tables of its own, one for each core that was at work: which chunks share one is up to the scheduler, so nothing may
// depend on the numbers in it.
func countTerms(ctx context.Context, c TextAnalysis, given *termTable, texts []string) ([]countedChunk, error) {
	chunks := make([]countedChunk, par.Chunks(len(texts), textGrain(len(texts))))
	idle := make(chan *numbered, len(chunks))
	err := eachText(ctx, texts, func(k int, texts []string, done func() error) error {
		var counter *numbered
		select {
		case counter = <-idle:
		default:
			counter = newNumbered(c, given)
		}
		defer func() { idle <- counter }()
		out := &chunks[k]
		out.table = counter.own
		out.presize(texts)
		for _, text := range texts {
			if err := done(); err != nil {
				return err
			}
			out.entries = counter.count(out.entries, text)
			out.ends = append(out.ends, len(out.entries))
		}
		return nil
	})
	return chunks, err
}

// newNumbered numbers terms by a given table, or by one of its own that grows.
func newNumbered(c TextAnalysis, given *termTable) *numbered {
	if given != nil {
		return &numbered{analyzer: newAnalyzer(c), number: given.lookUp}
	}
	own := newTermTable(0)
	return &numbered{analyzer: newAnalyzer(c), number: own.add, own: own}
}

func (v *learned) countTexts(weight []float64) {
	eachCount(v.chunks, weight, func(id int, _, w float64) { v.df[id] += w })
}

// renumber turns the numbers of the chunk's table into columns, without the entries that have none.
func (c *countedChunk) renumber(ids, column []int) {
	out, lo := 0, 0
	for row, hi := range c.ends {
		for _, e := range c.entries[lo:hi] {
			if col := column[ids[e>>32]]; col >= 0 {
				c.entries[out] = uint64(col)<<32 | e&math.MaxUint32
				out++
			}
		}
		lo = hi
		c.ends[row] = out
	}
	c.entries, c.table = c.entries[:out], nil
}

// mergedTerms are the terms of all chunks.
type mergedTerms struct {
	table *termTable
	ids   [][]int // of the terms in the table of each chunk; chunks of one table share them
	texts []int   // how many hold each term
	total []int   // how often each occurs
}

func mergeTables(chunks []countedChunk) *mergedTerms {
	m := &mergedTerms{table: newTermTable(0), ids: make([][]int, len(chunks))}
	ids := map[*termTable][]int{}
	for k, c := range chunks {
		if ids[c.table] == nil {
			ids[c.table] = m.table.addAll(c.table)
		}
		m.ids[k] = ids[c.table]
	}
	n := m.table.len()
	type tally struct{ texts, total []int }
	t := par.Reduce(len(chunks), 1, func(k, _, _ int) tally {
		t := tally{make([]int, n), make([]int, n)}
		for _, e := range chunks[k].entries {
			id := m.ids[k][e>>32]
			t.texts[id]++
			t.total[id] += int(uint32(e))
		}
		return t
	}, func(a, b tally) tally {
		for id := range n {
			a.texts[id] += b.texts[id]
			a.total[id] += b.total[id]
		}
		return a
	})
	m.texts, m.total = t.texts, t.total
	return m
}

// keep are the terms within the bounds, no more than are asked for.
func (m *mergedTerms) keep(c CountVectorizer, n int) []int {
	low, high := c.bounds(n)
	var kept []int
	for id, df := range m.texts {
		if float64(df) >= low && float64(df) <= high {
			kept = append(kept, id)
		}
	}
	if c.MaxFeatures > 0 && c.MaxFeatures < len(kept) {
		m.sort(kept)
		slices.SortStableFunc(kept, func(a, b int) int { return m.total[b] - m.total[a] })
		kept = kept[:c.MaxFeatures]
	}
	return kept
}

// sort orders terms by their bytes: by the first eight as one number as far as these tell.
func (m *mergedTerms) sort(ids []int) {
	type keyed struct {
		first uint64
		id    int
	}
	keys := make([]keyed, len(ids))
	for i, id := range ids {
		var b [8]byte
		copy(b[:], m.table.term(id))
		keys[i] = keyed{binary.BigEndian.Uint64(b[:]), id}
	}
	slices.SortFunc(keys, func(a, b keyed) int {
		switch {
		case a.first < b.first:
			return -1
		case a.first > b.first:
			return 1
		}
		return slices.Compare(m.table.term(a.id), m.table.term(b.id))
	})
	for i, k := range keys {
		ids[i] = k.id
	}
}

// tableOf numbers terms by their place in a list.
func tableOf(where string, terms []string) (*termTable, error) {
	if len(terms) == 0 {
		return nil, ml.BadConfig(where, "Vocabulary", "empty", "at least one term, or nil")
	}
	t := newTermTable(len(terms))
	for i, term := range terms {
		if t.add([]byte(term)) != i {
			return nil, ml.BadConfig(where, "Vocabulary", fmt.Sprintf("with %q twice", term), "every term once")
		}
	}
	return t, nil
}

// configs are how it counts and how it weighs.
func (m *VectorizerModel) configs() (c CountVectorizer, t TfidfTransformer, known bool) {
	switch config := m.Config.(type) {
	case CountVectorizer:
		return config, TfidfTransformer{NoNorm: true, NoIDF: true}, true
	case TfidfVectorizer:
		return config.Counts, config.Weights, true
	}
	return c, t, false
}

// Restore checks a model that was read from a file.
func (m *VectorizerModel) Restore() error {
	const where = "features.VectorizerModel"
	table, err := tableOf(where, m.Terms)
	if err != nil {
		return ml.BadFile(where, "Terms", "empty or not unique", "every term once")
	}
	if m.IDF != nil && len(m.IDF) != len(m.Terms) {
		return ml.BadFile(where, "IDF", fmt.Sprintf("%d long", len(m.IDF)), fmt.Sprintf("%d, one for each term", len(m.Terms)))
	}
	for _, v := range m.IDF {
		if !finite(v) {
			return ml.BadFile(where, "IDF", fmt.Sprint(v), "finite numbers")
		}
	}
	if m.DF != nil && len(m.DF) != len(m.Terms) {
		return ml.BadFile(where, "DF", lengthOf(len(m.DF)), lengthOf(len(m.Terms)))
	}
	if m.Info.Features != 1 {
		return ml.BadFile(where, "Info.Features", fmt.Sprint(m.Info.Features), "1: a text")
	}
	c, t, known := m.configs()
	if !known {
		return ml.BadFile(where, "Config", fmt.Sprintf("%T", m.Config), "a features.CountVectorizer or TfidfVectorizer")
	}
	if c, err = c.resolve(where); err != nil {
		return ml.BadFile(where, "Config", "out of range", "that of a fit")
	}
	norm, err := rowNorm(where, t.NoNorm, t.Norm)
	if err != nil {
		return ml.BadFile(where, "Config", "out of range", "that of a fit")
	}
	m.table = table
	m.rows = newTextRows(len(m.Terms), func() textCounter {
		return &numbered{analyzer: newAnalyzer(c.Text), number: table.lookUp}
	}, &weighting{binary: c.Binary, sublinear: t.Sublinear, idf: m.IDF, norm: norm})
	return nil
}

// Transform returns a row for each text. Terms that are no columns are left out; a text without any is a row of zeros.
func (m *VectorizerModel) Transform(texts []string) (*tensor.CSR[float64], error) {
	return m.rows.transform(context.Background(), texts)
}

// AppendRow appends the columns, rising, and values of the row of one text to two slices, and allocates only to make them longer.
func (m *VectorizerModel) AppendRow(cols []int32, vals []float64, text string) ([]int32, []float64) {
	return m.rows.appendRow(cols, vals, text)
}

// Index is the column of a term, -1 if it has none.
func (m *VectorizerModel) Index(term string) int { return m.table.lookUp([]byte(term)) }

// Out describes the columns: they are called what their terms are.
func (m *VectorizerModel) Out() []ml.Column {
	out := make([]ml.Column, len(m.Terms))
	from := make([]int, len(m.Terms))
	for j, term := range m.Terms {
		out[j] = ml.Column{Name: term, From: from[j : j+1 : j+1]}
	}
	return out
}

func init() {
	ml.RegisterConfig[CountVectorizer]("features.CountVectorizer")
	ml.RegisterConfig[TfidfVectorizer]("features.TfidfVectorizer")
	ml.Register[*VectorizerModel]("features.VectorizerModel")
	ml.Register[Words]("features.Words")
	ml.Register[Fields]("features.Fields")
}

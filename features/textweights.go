package features

import (
	"context"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/tensor"
)

// TextLearner is a vectorizer's config: CountVectorizer, TfidfVectorizer, HashingVectorizer, or one of your own, registered with ml.Register.
type TextLearner interface {
	// LearnTexts fits to texts, text i as if it came weight[i] times (nil: once), and returns the rows of all of them as well.
	LearnTexts(ctx context.Context, texts []string, weight []float64) (TextVectorizer, *tensor.CSR[float64], error)
}

// LearnTexts is FitTransform with weights: a text of weight k counts as k texts do for MinDF, MaxDF and MaxFeatures, and one of weight 0
// teaches no term.
func (c CountVectorizer) LearnTexts(ctx context.Context, texts []string, weight []float64) (TextVectorizer, *tensor.CSR[float64], error) {
	return joinLearned(c.fit(ctx, "features.CountVectorizer.LearnTexts", texts, weight))
}

// LearnTexts is FitTransform with weights: a text of weight k counts as k texts do for frequencies, and one of weight 0 teaches no term.
func (c TfidfVectorizer) LearnTexts(ctx context.Context, texts []string, weight []float64) (TextVectorizer, *tensor.CSR[float64], error) {
	return joinLearned(c.fit(ctx, "features.TfidfVectorizer.LearnTexts", texts, weight))
}

// LearnTexts is Fit and Transform. Weights do not matter, as nothing is learned.
func (c HashingVectorizer) LearnTexts(ctx context.Context, texts []string, _ []float64) (TextVectorizer, *tensor.CSR[float64], error) {
	m, err := c.Fit(ctx, texts)
	if err != nil {
		return nil, nil, err
	}
	x, err := m.Transform(texts)
	return m, x, err
}

func joinLearned(m *VectorizerModel, chunks []countedChunk, err error) (TextVectorizer, *tensor.CSR[float64], error) {
	if err != nil {
		return nil, nil, err
	}
	return m, tight(len(m.Terms), chunks, m.rows.finisher), nil
}

// eachCount visits every entry: the number of its term, the count, and the weight of its text.
func eachCount(chunks []countedChunk, weight []float64, visit func(id int, count, w float64)) {
	text := 0
	for _, c := range chunks {
		lo := 0
		for _, hi := range c.ends {
			w := weightOf(weight, text)
			text++
			for _, e := range c.entries[lo:hi] {
				visit(int(e>>32), float64(uint32(e)), w)
			}
			lo = hi
		}
	}
}

// learnWeighted is what learnTerms does of counts by tables of its own, where texts have weights.
func learnWeighted(ctx context.Context, where string, c CountVectorizer, chunks []countedChunk, weight []float64) (*learned, error) {
	all := mergeTables(chunks)
	for k := range chunks {
		for i, e := range chunks[k].entries {
			chunks[k].entries[i] = uint64(all.ids[k][e>>32])<<32 | e&(1<<32-1)
		}
		chunks[k].table = nil
	}
	terms := all.table.len()
	df, times := make([]float64, terms), make([]float64, terms)
	eachCount(chunks, weight, func(id int, count, w float64) {
		df[id] += w
		times[id] += w * count
	})
	low, high := c.weightedBounds(total(weight, len(weight)))
	var kept []int
	some := false
	for id, w := range df {
		some = some || w > 0
		if w > 0 && w >= low && w <= high {
			kept = append(kept, id)
		}
	}
	switch {
	case !some:
		return nil, noTerms(where)
	case len(kept) == 0:
		return nil, noneKept(where, terms)
	}
	all.sort(kept)
	if c.MaxFeatures > 0 && c.MaxFeatures < len(kept) {
		slices.SortStableFunc(kept, func(a, b int) int {
			switch {
			case times[a] > times[b]:
				return -1
			case times[a] < times[b]:
				return 1
			}
			return 0
		})
		kept = kept[:c.MaxFeatures]
		all.sort(kept)
	}
	column, same := make([]int, terms), make([]int, terms)
	for id := range column {
		column[id], same[id] = -1, id
	}
	v := &learned{terms: make([]string, len(kept)), df: make([]float64, len(kept)), chunks: chunks}
	for col, id := range kept {
		column[id], v.terms[col], v.df[col] = col, string(all.table.term(id)), df[id]
	}
	_ = par.Do(ctx, len(chunks), func(_ context.Context, k int) error {
		chunks[k].renumber(same, column)
		return nil
	})
	return v, ml.Done(ctx)
}

// weightedBounds are the weights of the texts that may hold a term, of a total of n.
func (c CountVectorizer) weightedBounds(n float64) (low, high float64) {
	low, high = float64(c.MinDF), n
	if c.MinDFShare > 0 {
		low = c.MinDFShare * n
	}
	if c.MaxDF > 0 {
		high = float64(c.MaxDF)
	}
	if c.MaxDFShare > 0 {
		high = c.MaxDFShare * n
	}
	return low, high
}

// Update returns the model of the texts seen so far and of more. Columns keep their places: terms that are new get columns behind the
// others, in the order of their bytes, so that a model of the rows must be fitted anew to use them. With a Vocabulary, and with MinDF, MaxDF or
// MaxFeatures, which only all texts at once can decide on, the terms stay what they are. The document frequencies are those of all texts, and so
// are the weights of a TfidfVectorizer. A model that an earlier release saved does not know them and gives errors.ErrUnsupported.
func (m *VectorizerModel) Update(ctx context.Context, texts []string) (*VectorizerModel, error) {
	const where = "features.VectorizerModel.Update"
	c, t, _ := m.configs()
	if m.DF == nil {
		return nil, unsupported(where, "a model without DF")
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	next := &VectorizerModel{Fitted: m.Fitted, Terms: slices.Clone(m.Terms), DF: slices.Clone(m.DF), Texts: m.Texts + float64(len(texts))}
	next.Info.Rows += len(texts)
	fixed := c.Vocabulary != nil || c.MinDF > 1 || c.MinDFShare > 0 || c.MaxDF > 0 || c.MaxDFShare > 0 || c.MaxFeatures > 0
	var given *termTable
	if fixed {
		given = m.table
	}
	if len(texts) > 0 {
		chunks, err := countTerms(ctx, c.Text, given, texts)
		if err != nil {
			return nil, err
		}
		if fixed {
			eachCount(chunks, nil, func(id int, _, w float64) { next.DF[id] += w })
		} else {
			next.grow(m.table, mergeTables(chunks))
		}
	}
	next.IDF = t.idf(next.Texts, next.DF)
	return ready(next)
}

// grow adds the terms of more texts.
func (m *VectorizerModel) grow(known *termTable, more *mergedTerms) {
	var fresh []int
	for id := range more.texts {
		if col := known.lookUp(more.table.term(id)); col >= 0 {
			m.DF[col] += float64(more.texts[id])
		} else {
			fresh = append(fresh, id)
		}
	}
	more.sort(fresh)
	for _, id := range fresh {
		m.Terms = append(m.Terms, string(more.table.term(id)))
		m.DF = append(m.DF, float64(more.texts[id]))
	}
}

// Update returns m: a HashingVectorizer learns nothing.
func (m *HashingModel) Update(ctx context.Context, _ []string) (*HashingModel, error) {
	return m, ml.Done(ctx)
}

package decomp

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// LatentDirichletAllocation finds topics in counts of words: each document, a row, is a mixture of topics, and each topic a distribution over words, the columns (Blei, Ng and Jordan, JMLR 3, 2003). It is learned by
// variational Bayes, from all documents at each iteration or, Online, a batch at a time (Hoffman, Blei and Bach, NIPS 2010), which needs fewer passes over many documents.
//
// Counts are numbers >= 0, whole or not; CSR stays sparse. A document of weight k counts as k documents, but for the cut of Online's batches, which are of BatchSize rows. An iteration takes O(nonzeros · Components · passes
// over a document), memory is O(nonzeros + (rows + columns) · Components). Documents are apart from each other, so they go in parallel, and start from equal shares; random is only the start of the topics, by
// Seed. Info.Loss holds the perplexities of the training documents, where EvaluateEvery asks for them.
type LatentDirichletAllocation struct {
	Components     int         // topics. 0: 10
	DocTopicPrior  float64     // of a document's topics: below 1, few in each. 0: 1/Components
	TopicWordPrior float64     // of a topic's words: below 1, few in each. 0: 1/Components
	Online         bool        // learn from a batch at a time
	BatchSize      int         // Online and Update: rows. 0: 128
	Decay          float64     // Online and Update: batch t counts (Offset + t)^-Decay, 0.5 to 1. 0: 0.7
	Offset         float64     // Online and Update: the larger, the less the first batches count, >= 1. 0: 10
	Documents      float64     // Update: how many there are in all, which a batch stands for. 0: a million
	MaxIter        int         // over all documents. 0: 10
	EvaluateEvery  int         // iterations from one look at the perplexity to the next. 0: only at the end
	Tol            float64     // the fit ends when the perplexity has changed by less since the last look. 0: 0.1; negative: MaxIter iterations
	DocIter        int         // passes over a document at the most. 0: 100
	DocTol         float64     // passes end when the mean change of a document's topic counts is less. 0: 1e-3; negative: DocIter passes
	Start          [][]float64 // the topics to begin with, Components rows of weights > 0 of all words: to go on from another fit's Components, or to seed topics with words. nil: random, all near 1
	Seed           uint64
}

var _ ml.Fitter[ml.Table, *LDAModel] = LatentDirichletAllocation{}

// LDAModel is a fitted LatentDirichletAllocation.
type LDAModel struct {
	ml.Fitted
	Components [][]float64 // of each topic, the weights of all words: its Dirichlet distribution's parameters, TopicWordPrior and what counts came to it. Divided by their sum they are the topic's words' shares
	Perplexity float64     // of the documents of Fit, or of the last Update: exp of less the bound on the likelihood per word; the smaller, the better
	Batches    int         // that Online and Update have learned from, or iterations

	t     *topics
	spare sync.Pool
}

func (c *LatentDirichletAllocation) resolve(where string) error {
	switch {
	case c.Components < 0:
		return ml.BadConfig(where, "Components", c.Components, ">= 1, or 0 for 10")
	case !(c.DocTopicPrior >= 0 && c.DocTopicPrior <= math.MaxFloat64) || !(c.TopicWordPrior >= 0 && c.TopicWordPrior <= math.MaxFloat64):
		return ml.BadConfig(where, "DocTopicPrior and TopicWordPrior", fmt.Sprint(c.DocTopicPrior, c.TopicWordPrior), "> 0 and finite, or 0 for 1/Components")
	case c.BatchSize < 0:
		return ml.BadConfig(where, "BatchSize", c.BatchSize, ">= 1, or 0 for 128")
	case c.Decay != 0 && !(c.Decay >= 0.5 && c.Decay <= 1):
		return ml.BadConfig(where, "Decay", c.Decay, "0.5 to 1, or 0 for 0.7")
	case c.Offset != 0 && !(c.Offset >= 1 && c.Offset <= math.MaxFloat64):
		return ml.BadConfig(where, "Offset", c.Offset, ">= 1 and finite, or 0 for 10")
	case !(c.Documents >= 0 && c.Documents <= math.MaxFloat64):
		return ml.BadConfig(where, "Documents", c.Documents, "> 0 and finite, or 0 for a million")
	case c.MaxIter < 0:
		return ml.BadConfig(where, "MaxIter", c.MaxIter, ">= 1, or 0 for 10")
	case c.EvaluateEvery < 0:
		return ml.BadConfig(where, "EvaluateEvery", c.EvaluateEvery, ">= 1, or 0 for at the end")
	case c.DocIter < 0:
		return ml.BadConfig(where, "DocIter", c.DocIter, ">= 1, or 0 for 100")
	case !(math.Abs(c.Tol) <= math.MaxFloat64) || !(math.Abs(c.DocTol) <= math.MaxFloat64):
		return ml.BadConfig(where, "Tol and DocTol", fmt.Sprint(c.Tol, c.DocTol), "finite numbers")
	}
	c.Components, c.BatchSize, c.MaxIter, c.DocIter = cmp.Or(c.Components, 10), cmp.Or(c.BatchSize, 128), cmp.Or(c.MaxIter, 10), cmp.Or(c.DocIter, 100)
	even := 1 / float64(c.Components)
	c.DocTopicPrior, c.TopicWordPrior = cmp.Or(c.DocTopicPrior, even), cmp.Or(c.TopicWordPrior, even)
	c.Decay, c.Offset, c.Documents = cmp.Or(c.Decay, 0.7), cmp.Or(c.Offset, 10), cmp.Or(c.Documents, 1e6)
	c.Tol, c.DocTol = cmp.Or(c.Tol, 0.1), cmp.Or(c.DocTol, 1e-3)
	return nil
}

func (c *LatentDirichletAllocation) checkStart(where string, p int) error {
	if c.Start == nil {
		return nil
	}
	if len(c.Start) != c.Components {
		return ml.BadConfig(where, "Start", fmt.Sprintf("%d rows", len(c.Start)), fmt.Sprint(c.Components))
	}
	for k, row := range c.Start {
		if len(row) != p {
			return ml.BadShape(where, fmt.Sprintf("Start[%d]", k), fmt.Sprintf("%d numbers", len(row)), fmt.Sprint(p))
		}
		for j, v := range row {
			if !(v > 0 && v <= math.MaxFloat64) {
				return ml.BadConfig(where, fmt.Sprintf("Start[%d][%d]", k, j), v, "> 0 and finite")
			}
		}
	}
	return nil
}

// Fit learns the topics of the rows of t.
func (c LatentDirichletAllocation) Fit(ctx context.Context, t ml.Table) (*LDAModel, error) {
	const where = "decomp.LatentDirichletAllocation.Fit"
	if err := cmp.Or(c.resolve(where), t.Check(where, ml.Accepts{}), ml.Done(ctx)); err != nil {
		return nil, err
	}
	s := newSample(t)
	if err := cmp.Or(c.checkStart(where, s.p), notBelow0(where, s.x, false)); err != nil {
		return nil, err
	}
	c.Start = cloneRows(c.Start)
	m := &LDAModel{Fitted: ml.NewFitted(t, nil, c)}
	l := newTopicLearner(c, s, c.Start)
	learn := l.whole
	if c.Online {
		learn = func(ctx context.Context) error { return l.batches(ctx, s.total) }
	}
	track := ml.Track(ctx, "iteration", c.MaxIter)
	m.Info.Status = ml.MaxIter
	last := math.Inf(1)
	for iter := 1; iter <= c.MaxIter; iter++ {
		if err := learn(ctx); err != nil {
			return nil, err
		}
		if !l.finite() {
			return nil, tooLarge(where, &ml.Error{Kind: ml.ErrFormat})
		}
		m.Info.Iterations = iter
		if c.EvaluateEvery > 0 && iter%c.EvaluateEvery == 0 {
			now := l.topics().perplexity(s)
			m.Info.Loss, m.Info.Gap = append(m.Info.Loss, now), math.Abs(last-now)
			if m.Info.Gap < c.Tol {
				m.Info.Status = ml.Converged
				break
			}
			last = now
		}
		if stop, err := track.Step(iter, ml.Loss{}); err != nil {
			return nil, err
		} else if stop {
			m.Info.Status = ml.Stopped
			break
		}
	}
	if math.IsInf(m.Info.Gap, 0) {
		m.Info.Gap = 0
	}
	if err := m.take(where, l, s); err != nil {
		return nil, err
	}
	return m, nil
}

// take makes the model that of the learner.
func (m *LDAModel) take(where string, l *topicLearner, s *sample) error {
	m.t, m.Batches = l.topics(), l.step
	m.Perplexity = m.t.perplexity(s)
	m.Components = m.t.rows()
	return tooLarge(where, m.check(where))
}

// Update learns on from the rows of t, a batch at a time, as if they were of Documents, and returns a new model. Start and Fit's own rows are not needed.
func (m *LDAModel) Update(ctx context.Context, t ml.Table) (*LDAModel, error) {
	const where = "decomp.LDAModel.Update"
	if err := cmp.Or(t.Check(where, ml.Accepts{}), ml.CheckPredict(where, &m.Fitted, t.X), ml.Done(ctx)); err != nil {
		return nil, err
	}
	s := newSample(t)
	if err := notBelow0(where, s.x, false); err != nil {
		return nil, err
	}
	c := m.Config.(LatentDirichletAllocation)
	next := &LDAModel{Fitted: m.Fitted}
	next.Info.Rows += t.Rows()
	l := newTopicLearner(c, s, m.Components)
	l.step = m.Batches
	if err := l.batches(ctx, c.Documents); err != nil {
		return nil, err
	}
	if !l.finite() {
		return nil, tooLarge(where, &ml.Error{Kind: ml.ErrFormat})
	}
	if err := next.take(where, l, s); err != nil {
		return nil, err
	}
	return next, nil
}

func (m *LDAModel) check(where string) error {
	c, ok := m.Config.(LatentDirichletAllocation)
	if !ok {
		return unsound(where, "Config", fmt.Sprintf("%T", m.Config), "a decomp.LatentDirichletAllocation")
	}
	if err := cmp.Or(c.resolve(where), checkRows(where, "Components", m.Components, m.Info.Features), checkNumbers(where, "Perplexity", []float64{m.Perplexity}, 1)); err != nil {
		return err
	}
	if len(m.Components) != c.Components || m.Batches < 0 {
		return unsound(where, "Components and Batches", fmt.Sprintf("%d rows, %d", len(m.Components), m.Batches), fmt.Sprintf("%d rows, a number >= 0", c.Components))
	}
	for _, row := range m.Components {
		for _, v := range row {
			if !(v > 0) {
				return unsound(where, "Components", fmt.Sprint(v), "numbers > 0")
			}
		}
	}
	return nil
}

// Restore checks a model that was read from a file and makes it ready.
func (m *LDAModel) Restore() error {
	if err := m.check("decomp.LDAModel"); err != nil {
		return err
	}
	m.t = newTopics(m.Config.(LatentDirichletAllocation), m.Components, m.Info.Features)
	m.t.refresh()
	return nil
}

func (m *LDAModel) room() *topicRoom {
	if r, ok := m.spare.Get().(*topicRoom); ok {
		return r
	}
	return newTopicRoom(len(m.Components))
}

// counts checks rows of counts that a fitted model is asked about.
func (m *LDAModel) counts(where string, x tensor.Matrix) error {
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return err
	}
	if err := ml.CheckFinite(where, &m.Fitted, x, false); err != nil {
		return err
	}
	return notBelow0(where, rows.Of(x), false)
}

// Transform finds the shares of the topics in each document, rows x Components, which sum to 1.
func (m *LDAModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	const where = "decomp.LDAModel.Transform"
	if err := m.counts(where, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out := tensor.New[float64](n, len(m.Components))
	return out, m.into(where, out, x)
}

// TransformInto is Transform into dst.
func (m *LDAModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	const where = "decomp.LDAModel.TransformInto"
	if err := m.counts(where, x); err != nil {
		return err
	}
	if err := ml.CheckInto(where, dst, x, len(m.Components)); err != nil {
		return err
	}
	return m.into(where, dst, x)
}

func (m *LDAModel) into(where string, dst *tensor.Tensor[float64], x tensor.Matrix) error {
	r := rows.Of(x)
	par.For(r.Len(), 20_000, func(lo, hi int) {
		room := m.room()
		defer m.spare.Put(room)
		for i := lo; i < hi; i++ {
			cols, vals := r.NZ(i, &room.entries)
			m.t.document(room, cols, vals)
			toShares(dst.Row(i), room.gamma)
		}
	})
	return finiteOut(where, dst)
}

// TransformRow is Transform of a single document, without allocating.
func (m *LDAModel) TransformRow(dst, x []float64) error {
	const where = "decomp.LDAModel.TransformRow"
	if len(dst) != len(m.Components) {
		return ml.BadShape(where, "dst", fmt.Sprintf("%d numbers", len(dst)), fmt.Sprint(len(m.Components)))
	}
	if err := ml.CheckFiniteRow(where, &m.Fitted, x); err != nil {
		return err
	}
	room := m.room()
	defer m.spare.Put(room)
	room.cols, room.vals = room.cols[:0], room.vals[:0]
	for j, v := range x {
		if v < 0 {
			return &ml.Error{Where: where, Field: fmt.Sprintf("x[%d]", j), Found: fmt.Sprint(v), Want: "a number >= 0", Kind: ml.ErrShape}
		}
		if v != 0 {
			room.cols, room.vals = append(room.cols, int32(j)), append(room.vals, v)
		}
	}
	m.t.document(room, room.cols, room.vals)
	toShares(dst, room.gamma)
	if !rows.AllFinite(dst) {
		return &ml.Error{Where: where, Field: "x", Found: "a row whose shares are not finite", Want: "smaller numbers", Kind: ml.ErrNotFinite}
	}
	return nil
}

func toShares(dst, gamma []float64) {
	sum := 0.0
	for _, v := range gamma {
		sum += v
	}
	for k, v := range gamma {
		dst[k] = v / sum
	}
}

// Score is the variational bound on the logarithm of the likelihood of the documents of x, a sum over them and the topics: the larger, the better.
func (m *LDAModel) Score(x tensor.Matrix) (float64, error) {
	if err := m.counts("decomp.LDAModel.Score", x); err != nil {
		return 0, err
	}
	bound, _ := m.t.bound(newSample(ml.Table{X: x}))
	return bound, nil
}

// PerplexityOf is exp of less the bound on the likelihood per word of the documents of x: the smaller, the better they are foretold. It is NaN where they hold no words.
func (m *LDAModel) PerplexityOf(x tensor.Matrix) (float64, error) {
	if err := m.counts("decomp.LDAModel.PerplexityOf", x); err != nil {
		return 0, err
	}
	bound, words := m.t.bound(newSample(ml.Table{X: x}))
	return math.Exp(-bound / words), nil
}

// TopWords are the columns of the n largest weights of each topic, the largest first.
func (m *LDAModel) TopWords(n int) [][]int {
	top := make([][]int, len(m.Components))
	for k, row := range m.Components {
		order := make([]int, len(row))
		for j := range order {
			order[j] = j
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(row[b], row[a]) })
		top[k] = order[:max(0, min(n, len(order)))]
	}
	return top
}

// Out names the topics: topic0, topic1, ..., each made of all columns.
func (m *LDAModel) Out() []ml.Column {
	return embeddingColumns("topic", len(m.Components), m.Info.Features)
}

func cloneRows(x [][]float64) [][]float64 {
	if x == nil {
		return nil
	}
	y := make([][]float64, len(x))
	for i, row := range x {
		y[i] = slices.Clone(row)
	}
	return y
}

// notBelow0 refuses numbers below 0 and, where they must be positive, zeros.
func notBelow0(where string, r rows.Rows, positive bool) error {
	type place struct {
		i, j int
		v    float64
	}
	const fine = -1
	perRow := r.Cols()
	if r.Sparse() {
		perRow = r.NNZ() / max(r.Len(), 1)
	}
	bad := par.Reduce(r.Len(), max(par.Grain(1+perRow), (r.Len()+63)/64), func(_, lo, hi int) place {
		var buf rows.Entries
		row := make([]float64, r.Cols())
		for i := lo; i < hi; i++ {
			if positive {
				for j, v := range r.Row(i, row) {
					if v <= 0 {
						return place{i, j, v}
					}
				}
				continue
			}
			cols, vals := r.NZ(i, &buf)
			for a, v := range vals {
				if v < 0 {
					return place{i, int(cols[a]), v}
				}
			}
		}
		return place{i: fine}
	}, func(a, b place) place {
		if a.i != fine {
			return a
		}
		return b
	})
	if r.Len() == 0 || bad.i == fine {
		return nil
	}
	want := "a number >= 0"
	if positive {
		want = "a number above 0, for Itakura-Saito"
	}
	return &ml.Error{Where: where, Field: fmt.Sprintf("X[%d, %d]", bad.i, bad.j), Found: fmt.Sprint(bad.v), Want: want, Kind: ml.ErrShape}
}

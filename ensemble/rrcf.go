package ensemble

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/internal/stats"
	"github.com/gopherwood-ml/ml/tensor"
)

// RobustRandomCutForest finds anomalies, also in a stream that it follows as it changes (Guha, Mishra, Roy and Schrijvers: Robust random cut forest based anomaly detection on streams,
// ICML 2016). Each tree parts its rows by cuts, of a column that is drawn in proportion to how wide they are there, at a number drawn between the smallest and the largest, until all lie alone.
// A row's score is its collusive displacement: the largest, over all sets of rows under a node of the tree that hold it, of by how much the depths of all other rows sink in sum when the set is taken
// out, over the size of the set; the mean over the trees. It is 1 or so for ordinary rows, and up to MaxSamples for one that is far from all others. Anomalies that sit together don't hide one another,
// and columns that say nothing cost little; those of large numbers count for more, so columns should have comparable scales.
//
//	model, err := ensemble.RobustRandomCutForest{Window: true}.Fit(ctx, first)
//	stream := model.Stream()
//	score, err := stream.Push(row)    // its score before it is learned, and the oldest row is forgotten
//
// A row that a tree does not hold is scored as if it were inserted, the mean over all places where that might put it, so scores are not drawn: the same row has the same score.
//
// Update and Stream insert rows, and forget others, so that the trees are distributed as if they were grown anew. Rows of a tree are drawn in proportion to their
// weights, without replacement, from all rows so far; a row of weight 0 is absent, and a row of weight k is not k rows. With Window they are the last rows, whatever weight above 0 they have.
//
// Missing values and categorical columns are refused: fill or encode them first. A fit costs O(Trees · MaxSamples · columns · log MaxSamples); a row's score, insertion or forgetting costs
// O(Trees · columns · log MaxSamples). A model holds three numbers for each tree, row of it and column, sparse or not.
type RobustRandomCutForest struct {
	Trees         int     // more make scores steadier. 0: 100
	MaxSamples    int     // rows of a tree; all if there are fewer so far. 0: 256
	Window        bool    // trees hold the last MaxSamples rows. false: rows drawn for each tree from all so far
	Contamination float64 // the share of the rows of the first tree that count as anomalies, at most 1/2. 0: 0.1
	Seed          uint64  // of the draws
}

var _ ml.Fitter[ml.Table, *RandomCutModel] = RobustRandomCutForest{}

// RandomCutModel tells anomalies from ordinary rows. [RobustRandomCutForest] returns it.
type RandomCutModel struct {
	ml.Fitted
	Trees  []RandomCutTree
	Seen   int     // rows so far
	Weight float64 // of these
	Offset float64 // minus the score from which on a row is an anomaly
}

var (
	_ ml.Predictor[float64]                 = (*RandomCutModel)(nil)
	_ ml.Updater[ml.Table, *RandomCutModel] = (*RandomCutModel)(nil)
)

// cutStream keys the draws for rows that come later; see rng.Key.
const cutStream = 141

func (c RobustRandomCutForest) check(where string) error {
	switch {
	case c.Trees < 0:
		return ml.BadConfig(where, "Trees", c.Trees, ">= 1; 0 means 100")
	case c.MaxSamples < 0 || c.MaxSamples == 1 || c.MaxSamples > math.MaxInt32:
		return ml.BadConfig(where, "MaxSamples", c.MaxSamples, ">= 2; 0 means 256")
	case !(c.Contamination >= 0 && c.Contamination <= 0.5):
		return ml.BadConfig(where, "Contamination", c.Contamination, "0 to 0.5; 0 means 0.1")
	}
	return nil
}

// Fit returns the model. Errors: ErrConfig for an option out of range, ErrNotFinite for NaN and Inf, ErrColumn for columns that are not numeric, ErrShape, ErrWeight, and that of ctx.
func (c RobustRandomCutForest) Fit(ctx context.Context, t ml.Table) (*RandomCutModel, error) {
	const where = "ensemble.RobustRandomCutForest.Fit"
	if err := cmp.Or(c.check(where), t.Check(where, ml.Accepts{}), ml.Done(ctx)); err != nil {
		return nil, err
	}
	c.Trees, c.MaxSamples, c.Contamination = cmp.Or(c.Trees, 100), cmp.Or(c.MaxSamples, 256), cmp.Or(c.Contamination, 0.1)
	_, p := t.X.Dims()
	if p == 0 {
		return nil, ml.BadShape(where, "X", "no columns", "at least one, to cut by")
	}
	iso := isolation{samples: c.MaxSamples, seed: c.Seed}
	d, x := iso.drawer(t), rows.Of(t.X)
	m := &RandomCutModel{Fitted: ml.NewFitted(t, nil, c), Seen: len(d.kept)}
	for _, i := range d.kept {
		m.Weight += weightOf(t.Weight, i)
	}
	stopped, err := inOrder(ctx, c.Trees, func(_ context.Context, k int) (RandomCutTree, error) {
		r := rng.New(rng.Key(c.Seed, forestRows), uint64(k))
		var sample []int
		if c.Window {
			sample = lastRows(d.kept, c.MaxSamples)
		} else {
			sample = d.draw(r)
		}
		points, buf := make([]float64, 0, len(sample)*p), make([]float64, p)
		for _, i := range sample {
			points = append(points, x.Row(i, buf)...)
		}
		return newCutTree(points, p, r), nil
	}, func(grown RandomCutTree) { m.Trees = append(m.Trees, grown) })
	if err != nil {
		return nil, err
	}
	m.Info.Iterations, m.Info.Status = len(m.Trees), endOf(stopped)
	m.settle()
	return m, nil
}

// lastRows are the last n rows, row number k in the place k mod n.
func lastRows(kept []int, n int) []int {
	if len(kept) <= n {
		return kept
	}
	out := make([]int, n)
	for k := len(kept) - n; k < len(kept); k++ {
		out[k%n] = kept[k]
	}
	return out
}

// settle finds where anomalies begin.
func (m *RandomCutModel) settle() {
	t := &m.Trees[0]
	slots := len(t.Leaf)
	scores := make([]float64, slots)
	par.For(slots, 1000*len(m.Trees), func(lo, hi int) {
		for s := lo; s < hi; s++ {
			scores[s] = -m.score(t.point(int32(s)))
		}
	})
	m.Offset = stats.NewSample(scores, nil).Quantile(m.Config.(RobustRandomCutForest).Contamination, stats.Linear)
}

// score is the mean over the trees.
func (m *RandomCutModel) score(x []float64) float64 {
	sum := 0.0
	for k := range m.Trees {
		sum += m.Trees[k].expected(x)
	}
	return sum / float64(len(m.Trees))
}

// Restore checks a model that was read from a file.
func (m *RandomCutModel) Restore() error {
	const where = "ensemble.RandomCutModel"
	c, is := m.Config.(RobustRandomCutForest)
	if !is || len(m.Trees) == 0 || c.check(where) != nil || c.MaxSamples == 0 || !(m.Weight > 0) || !(math.Abs(m.Offset) <= math.MaxFloat64) {
		return ml.BadFile(where, "Config, Trees, Weight and Offset", fmt.Sprintf("a %T, %d, %v and %v", m.Config, len(m.Trees), m.Weight, m.Offset), "those of a fit")
	}
	for k := range m.Trees {
		if err := m.Trees[k].check(where, k, m.Info.Features); err != nil {
			return err
		}
		if got := len(m.Trees[k].Leaf); got != min(m.Seen, c.MaxSamples) {
			return ml.BadFile(where, fmt.Sprintf("Trees[%d]", k), fmt.Sprintf("%d rows", got), fmt.Sprint(min(m.Seen, c.MaxSamples)))
		}
	}
	return nil
}

// learn inserts a row of weight in tree k, which is row number seen; all is the weight of the rows so far with it.
func (m *RandomCutModel) learn(k int, x []float64, seen int, weight, all float64) {
	c, t := m.Config.(RobustRandomCutForest), &m.Trees[k]
	r := rng.New(rng.Key(c.Seed, cutStream, uint64(k)), uint64(seen))
	slot := len(t.Leaf)
	if slot >= c.MaxSamples {
		switch {
		case c.Window:
			slot = seen % c.MaxSamples
		case r.Float64()*all < float64(c.MaxSamples)*weight: // Chao, 1982: as likely as its weight says
			slot = int(r.Uint64N(uint64(c.MaxSamples)))
		default:
			return
		}
		t.forget(int32(slot))
	}
	t.insert(int32(slot), x, r)
}

func (m *RandomCutModel) clone() *RandomCutModel {
	next := *m
	next.Columns, next.Classes = ml.CloneColumns(m.Columns), slices.Clone(m.Classes)
	next.Trees = make([]RandomCutTree, len(m.Trees))
	for k := range next.Trees {
		next.Trees[k] = m.Trees[k].clone()
	}
	return &next
}

// Update returns a model that has learned the rows of t, too, one after the other: in several calls as in one. The bound between anomalies and ordinary rows moves with them. It costs a copy of the trees; to follow
// a stream row by row see Stream. Errors are those of Fit.
func (m *RandomCutModel) Update(ctx context.Context, t ml.Table) (*RandomCutModel, error) {
	const where = "ensemble.RandomCutModel.Update"
	if err := cmp.Or(t.Check(where, ml.Accepts{}), ml.CheckPredict(where, &m.Fitted, t.X), ml.Done(ctx)); err != nil {
		return nil, err
	}
	next, x := m.clone(), rows.Of(t.X)
	err := par.Do(ctx, len(next.Trees), func(ctx context.Context, k int) error {
		seen, all, buf := m.Seen, m.Weight, make([]float64, x.Cols())
		for i := range x.Len() {
			if i%1024 == 0 {
				if err := ml.Done(ctx); err != nil {
					return err
				}
			}
			if w := weightOf(t.Weight, i); w > 0 {
				all += w
				next.learn(k, x.Row(i, buf), seen, w, all)
				seen++
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i := range x.Len() {
		if w := weightOf(t.Weight, i); w > 0 {
			next.Seen, next.Weight = next.Seen+1, next.Weight+w
		}
	}
	next.Info.Rows += x.Len()
	next.settle()
	return next, nil
}

// Scores returns the anomaly score of each row of x, its collusive displacement, higher for anomalies.
func (m *RandomCutModel) Scores(x tensor.Matrix) ([]float64, error) {
	return m.scores("ensemble.RandomCutModel.Scores", x)
}

func (m *RandomCutModel) scores(where string, x tensor.Matrix) ([]float64, error) {
	if err := cmp.Or(ml.CheckPredict(where, &m.Fitted, x), ml.CheckFinite(where, &m.Fitted, x, false)); err != nil {
		return nil, err
	}
	src := rows.Of(x)
	out := make([]float64, src.Len())
	par.For(src.Len(), 1000*len(m.Trees), func(lo, hi int) {
		buf := make([]float64, src.Cols())
		for i := lo; i < hi; i++ {
			out[i] = m.score(src.Row(i, buf))
		}
	})
	return out, nil
}

// Predict returns minus the anomaly score less Offset for each row of x: negative for anomalies.
func (m *RandomCutModel) Predict(x tensor.Matrix) ([]float64, error) {
	out, err := m.scores("ensemble.RandomCutModel.Predict", x)
	for i, s := range out {
		out[i] = -s - m.Offset
	}
	return out, err
}

// PredictRow is Predict for a single row, without allocating.
func (m *RandomCutModel) PredictRow(x []float64) (float64, error) {
	if err := m.checkRow("ensemble.RandomCutModel.PredictRow", x); err != nil {
		return 0, err
	}
	return -m.score(x) - m.Offset, nil
}

func (m *RandomCutModel) checkRow(where string, x []float64) error {
	if err := ml.CheckRow(where, &m.Fitted, x); err != nil {
		return err
	}
	for j, v := range x {
		if !(math.Abs(v) <= math.MaxFloat64) {
			return ml.NotFinite(where, m.Columns, 0, j, v)
		}
	}
	return nil
}

// RandomCutStream follows a stream of rows, each of which it scores and then learns, in place. Only one goroutine may use it at a time.
type RandomCutStream struct{ m *RandomCutModel }

// Stream starts from a model, which stays as it is.
func (m *RandomCutModel) Stream() *RandomCutStream { return &RandomCutStream{m.clone()} }

// Push returns the anomaly score of a row, and learns it with the weight 1; what it displaces is forgotten. Errors: ErrShape and ErrNotFinite, of a row that is not learned.
func (s *RandomCutStream) Push(x []float64) (float64, error) {
	m := s.m
	if err := m.checkRow("ensemble.RandomCutStream.Push", x); err != nil {
		return 0, err
	}
	score := m.score(x)
	m.Weight++
	for k := range m.Trees {
		m.learn(k, x, m.Seen, 1, m.Weight)
	}
	m.Seen++
	m.Info.Rows++
	return score, nil
}

// Model is the model of the rows so far. It is that of [RandomCutModel.Update] with the same rows.
func (s *RandomCutStream) Model() *RandomCutModel {
	next := s.m.clone()
	next.settle()
	return next
}

func init() {
	ml.RegisterConfig[RobustRandomCutForest]("ensemble.RobustRandomCutForest")
	ml.Register[*RandomCutModel]("ensemble.RandomCutModel")
}

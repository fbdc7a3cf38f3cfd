package ensemble_test

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/bayes"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/tensor"
)

// witness notes whether what it is fitted to still belongs to its rows, which say in column 0 who they are. It finds its notes in the context.
type witness struct{}

type notes struct {
	sync.Mutex
	fits                   int
	weight, group, watched bool
}

type notesKey struct{}

func (witness) Fit(ctx context.Context, d ml.Dataset[int]) (*bayes.GaussianModel, error) {
	n := ctx.Value(notesKey{}).(*notes)
	n.Lock()
	defer n.Unlock()
	n.fits++
	n.weight = n.weight && len(d.Weight) == d.Rows()
	n.group = n.group && len(d.Group) == d.Rows()
	for i := range d.Rows() {
		id := int(d.X.At(i, 0))
		n.weight = n.weight && d.Weight[i] == witnessWeight(id)
		n.group = n.group && d.Group[i] == id/5
	}
	n.watched = n.watched && d.Valid != nil && d.Valid.Rows() > 0
	for i := 0; n.watched && i < d.Valid.Rows(); i++ {
		id := int(d.Valid.X.At(i, 0))
		n.watched = id >= 1000 && d.Valid.Weight[i] == witnessWeight(id)
	}
	return bayes.GaussianNB{}.Fit(ctx, d)
}

func witnessWeight(id int) float64 { return float64(1 + id%3) }

// witnessRows are rows that say who they are, from the number first.
func witnessRows(n, first int) (ml.Table, []int) {
	x := tensor.New[float64](n, 2)
	t, y := ml.Table{X: x, Weight: make([]float64, n), Group: make([]int, n)}, make([]int, n)
	for i := range n {
		x.Set(float64(first+i), i, 0)
		y[i] = i * 7 % 3
		x.Set(float64(y[i])+float64(i%4)/3, i, 1)
		t.Weight[i], t.Group[i] = witnessWeight(first+i), (first+i)/5
	}
	return t, y
}

// Weights, groups and the rows to watch reach what a wrapper holds, each with its row.
func TestWrappersPassOnWhatBelongsToRows(t *testing.T) {
	table, y := witnessRows(120, 0)
	watched, watchedY := witnessRows(30, 1000)
	d := ml.Dataset[int]{Table: table, Y: y, Valid: &ml.Dataset[int]{Table: watched, Y: watchedY}}
	labels := func(y []int) (out [][]int) {
		for _, c := range y {
			out = append(out, []int{c & 1, c >> 1})
		}
		return out
	}
	several := ml.Dataset[[]int]{Table: table, Y: labels(y), Valid: &ml.Dataset[[]int]{Table: watched, Y: labels(watchedY)}}
	base := ml.Classify(witness{})
	bases := []ml.AnyClassifier{base, base}
	for name, fit := range map[string]func(context.Context) error{
		"voting": func(ctx context.Context) error {
			_, err := ensemble.VotingClassifier{Bases: bases}.Fit(ctx, d)
			return err
		},
		"stacking": func(ctx context.Context) error {
			_, err := ensemble.StackingClassifier{Bases: bases}.Fit(ctx, d)
			return err
		},
		"super learner": func(ctx context.Context) error {
			_, err := ensemble.SuperLearnerClassifier{Bases: bases}.Fit(ctx, d)
			return err
		},
		"greedy": func(ctx context.Context) error {
			_, err := ensemble.GreedySelectionClassifier{Bases: bases}.Fit(ctx, d)
			return err
		},
		"one against all": func(ctx context.Context) error { _, err := ensemble.OneVsRest{Base: base}.Fit(ctx, d); return err },
		"one against one": func(ctx context.Context) error { _, err := ensemble.OneVsOne{Base: base}.Fit(ctx, d); return err },
		"codes":           func(ctx context.Context) error { _, err := ensemble.OutputCode{Base: base}.Fit(ctx, d); return err },
		"dichotomies": func(ctx context.Context) error {
			_, err := ensemble.NestedDichotomies{Base: base}.Fit(ctx, d)
			return err
		},
		"AdaBoost": func(ctx context.Context) error {
			_, err := ensemble.AdaBoostClassifier{Base: base}.Fit(ctx, d)
			return err
		},
		"outputs": func(ctx context.Context) error {
			_, err := ensemble.MultiOutputClassifier{Base: base}.Fit(ctx, several)
			return err
		},
		"chain": func(ctx context.Context) error {
			_, err := ensemble.ClassifierChain{Base: base}.Fit(ctx, several)
			return err
		},
		"powerset": func(ctx context.Context) error {
			_, err := ensemble.LabelPowerset{Base: base}.Fit(ctx, several)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := &notes{weight: true, group: true, watched: true}
			require.NoError(t, fit(context.WithValue(t.Context(), notesKey{}, n)))
			assert.NotZero(t, n.fits)
			assert.True(t, n.weight || name == "AdaBoost", "weights") // AdaBoost's are its own
			assert.True(t, n.group, "groups")
			assert.True(t, n.watched, "rows to watch")
		})
	}
}

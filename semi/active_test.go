package semi_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/bayes"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/neighbors"
	"github.com/gopherwood-ml/ml/semi"
	"github.com/gopherwood-ml/ml/tensor"
)

// asked is a set of rows, three of them labelled, with all classes beside.
func asked(n int) (ml.Dataset[int], semi.Known) {
	r := rng.New(11, 1)
	x, y := tensor.New[float64](n, 2), make([]int, n)
	for i := range n {
		rng.Normal(r, x.Row(i), 0, 1)
		x.Row(i)[0] += 3 * float64(i%3)
		y[i] = i % 3
	}
	known := semi.Known(append([]int(nil), y...))
	for i := 3; i < n; i++ {
		y[i] = ml.None
	}
	return ml.Data(x, y), known
}

var strategies = map[string]semi.Strategy{
	"uncertain": semi.Uncertain{}, "margin": semi.Margin{}, "entropy": semi.Entropy{}, "random": semi.Randomly{}, "votes": semi.Committee{}, "divergence": semi.Committee{Divergence: true, Draws: 3},
	"members": semi.Committee{Members: []ml.AnyClassifier{ml.Classify(linear.LogisticRegression{}), ml.Classify(neighbors.KNeighborsClassifier{Neighbors: 1})}},
	"change":  semi.ExpectedChange{Candidates: 4}, "error": semi.ExpectedError{Candidates: 4}, "coreset": semi.CoreSet{},
}

// A session that is saved and loaded after any answer asks and learns what one does that never stops, byte for byte.
func TestSessionsGoOn(t *testing.T) {
	ctx := context.Background()
	d, known := asked(40)
	for name, q := range strategies {
		t.Run(name, func(t *testing.T) {
			c := semi.Active{Base: ml.Classify(linear.LogisticRegression{}), Query: q, Batch: 3, Budget: 8, Seed: 5}
			whole, err := c.Start(ctx, d)
			require.NoError(t, err)
			told := map[int][]float64{}
			require.NoError(t, whole.Ask(ctx, semi.OracleFunc(func(ctx context.Context, q semi.Query) (int, error) {
				told[q.Row] = q.Proba
				return known.Class(ctx, q)
			})))
			require.Len(t, whole.Asked, 8)

			s, err := c.Start(ctx, d)
			require.NoError(t, err)
			for range 20 {
				count := 0
				require.NoError(t, s.Ask(ctx, semi.OracleFunc(func(ctx context.Context, q semi.Query) (int, error) {
					if count++; count > 1 {
						return 0, semi.ErrQuit
					}
					require.Equal(t, told[q.Row], q.Proba)
					return known.Class(ctx, q)
				})))
				var file bytes.Buffer
				require.NoError(t, ml.Save(&file, s))
				s, err = ml.Load[*semi.Session](&file)
				require.NoError(t, err)
			}
			require.Equal(t, whole.Asked, s.Asked)
			var a, b bytes.Buffer
			require.NoError(t, ml.Save(&a, whole))
			require.NoError(t, ml.Save(&b, s))
			require.Equal(t, a.Bytes(), b.Bytes())
			one, err := whole.Model(ctx)
			require.NoError(t, err)
			two, err := s.Model(ctx)
			require.NoError(t, err)
			require.Equal(t, one, two)
		})
	}
}

// What a strategy chooses first is what its definition says.
func TestStrategiesByHand(t *testing.T) {
	ctx := context.Background()
	d, _ := asked(30)
	have, open := d.Select([]int{0, 1, 2}), d.Table.Select(span(3, 30))
	base := ml.Classify(linear.LogisticRegression{})
	m, err := base.Fit(ctx, have)
	require.NoError(t, err)
	p := &semi.Pool{Base: base, Model: m, Labelled: have, Open: open, Seed: 1}
	proba, err := m.PredictProba(open.X)
	require.NoError(t, err)

	got, err := semi.Uncertain{}.Choose(ctx, p, 27)
	require.NoError(t, err)
	require.Len(t, got, 27)
	for k := 1; k < len(got); k++ {
		require.LessOrEqual(t, top(proba.Row(got[k-1])), top(proba.Row(got[k])))
	}
	one, err := semi.ExpectedChange{Candidates: 27}.Choose(ctx, p, 1)
	require.NoError(t, err)
	best, at := -1.0, 0
	for i := range 27 {
		sum := 0.0
		for c := range 3 {
			joined := have.Select([]int{0, 1, 2})
			joined.X = tensor.Concat(0, tensor.FromMatrix[float64](have.X), tensor.FromMatrix[float64](open.Select([]int{i}).X))
			joined.Y = []int{0, 1, 2, c}
			m, err := base.Fit(ctx, joined)
			require.NoError(t, err)
			after, err := m.PredictProba(open.X)
			require.NoError(t, err)
			for r := range 27 {
				for k := range 3 {
					diff := after.At(r, k) - proba.At(r, k)
					sum += proba.At(i, c) * max(diff, -diff)
				}
			}
		}
		if sum > best {
			best, at = sum, i
		}
	}
	require.Equal(t, []int{at}, one)

	// The farthest from all that have a label, then the farthest from those and the first.
	two, err := semi.CoreSet{}.Choose(ctx, p, 2)
	require.NoError(t, err)
	centres := tensor.FromMatrix[float64](have.X)
	for _, chosen := range two {
		far, at := -1.0, 0
		for i := range 27 {
			near := 1e300
			n, _ := centres.Dims()
			for j := range n {
				a, b := open.X.At(i, 0)-centres.At(j, 0), open.X.At(i, 1)-centres.At(j, 1)
				near = min(near, a*a+b*b)
			}
			if near > far {
				far, at = near, i
			}
		}
		require.Equal(t, at, chosen)
		centres = tensor.Concat(0, centres, tensor.FromMatrix[float64](open.Select([]int{at}).X))
	}
}

func span(lo, hi int) []int {
	var out []int
	for i := lo; i < hi; i++ {
		out = append(out, i)
	}
	return out
}

func top(p []float64) float64 {
	best := 0.0
	for _, v := range p {
		best = max(best, v)
	}
	return best
}

func TestSessionRefuses(t *testing.T) {
	ctx := context.Background()
	d, known := asked(12)
	_, err := semi.Active{}.Start(ctx, d)
	require.ErrorIs(t, err, ml.ErrConfig)
	_, err = semi.Active{Base: ml.Classify(bayes.GaussianNB{}), Batch: -1}.Start(ctx, d)
	require.ErrorIs(t, err, ml.ErrConfig)
	s, err := semi.Active{Base: ml.Classify(bayes.GaussianNB{})}.Start(ctx, d)
	require.NoError(t, err)
	require.ErrorIs(t, s.Answer(0, 1), ml.ErrShape, "row 0 has a label")
	require.ErrorIs(t, s.Answer(12, 1), ml.ErrShape)
	require.ErrorIs(t, s.Answer(5, 3), ml.ErrTarget)
	require.NoError(t, s.Answer(5, ml.None))
	require.ErrorIs(t, s.Answer(5, 1), ml.ErrShape, "skipped")
	mine := errors.New("mine")
	require.ErrorIs(t, s.Ask(ctx, semi.OracleFunc(func(context.Context, semi.Query) (int, error) { return 0, mine })), mine)
	require.NoError(t, s.Ask(ctx, known))
	require.Len(t, s.Asked, 9)
	rows, err := s.Next(ctx)
	require.NoError(t, err)
	require.Empty(t, rows)
	require.Equal(t, ml.None, s.Labels().Y[5])
	require.Equal(t, ml.None, d.Y[7], "the caller's labels stay")
	done, cancel := context.WithCancel(ctx)
	cancel()
	s, err = semi.Active{Base: ml.Classify(bayes.GaussianNB{})}.Start(ctx, d)
	require.NoError(t, err)
	require.ErrorIs(t, s.Ask(done, known), context.Canceled)

	_, err = semi.Active{Base: ml.Classify(bayes.GaussianNB{}), Query: greedy{}}.Start(ctx, d)
	require.NoError(t, err)
	s, _ = semi.Active{Base: ml.Classify(bayes.GaussianNB{}), Query: greedy{}}.Start(ctx, d)
	require.ErrorIs(t, s.Ask(ctx, known), ml.ErrData, "a strategy that names a row twice")
}

type greedy struct{}

func (greedy) Choose(context.Context, *semi.Pool, int) ([]int, error) { return []int{0, 0}, nil }

func TestTerminal(t *testing.T) {
	ctx := context.Background()
	d, _ := asked(12)
	d.Columns = []ml.Column{{Name: "length"}, {Name: "width"}}
	d.Classes = []string{"setosa", "versicolor", "virginica"}
	s, err := semi.Active{Base: ml.Classify(linear.LogisticRegression{})}.Start(ctx, d)
	require.NoError(t, err)
	var out strings.Builder
	person := &semi.Terminal{In: strings.NewReader("virginica\nrose\n1\ns\nq\n0\n"), Out: &out}
	require.NoError(t, s.Ask(ctx, person))
	require.Len(t, s.Asked, 3)
	require.Equal(t, []int{2, 1}, []int{s.Labels().Y[s.Asked[0]], s.Labels().Y[s.Asked[1]]})
	require.Equal(t, s.Asked[2:], s.Skipped)
	require.Contains(t, out.String(), "that is no class")
	require.Contains(t, out.String(), "length: ")
	require.Contains(t, out.String(), "  2 virginica (")
	require.NoError(t, s.Ask(ctx, person), "0, and then the end of the input")
	require.Len(t, s.Asked, 4)
}

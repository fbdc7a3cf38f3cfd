package ensemble_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/tensor"
)

func TestRobustRandomCutForestLaws(t *testing.T) {
	mltest.Detector(t, ensemble.RobustRandomCutForest{Trees: 5, MaxSamples: 16}, drawnRows()...)
	if !testing.Short() {
		mltest.Detector(t, ensemble.RobustRandomCutForest{Trees: 3, MaxSamples: 12, Window: true, Contamination: 0.2},
			mltest.Waive(mltest.RepeatedRows, "weights say only which rows are there"), mltest.Waive(mltest.RowOrder, "trees hold the last rows"))
	}
}

// held is a tree as sets of slots: the depth of a slot is the number of sets that hold it.
type held struct{ sets [][]int }

func heldBy(t *ensemble.RandomCutTree) held {
	var h held
	var walk func(node int32) []int
	walk = func(node int32) []int {
		var under []int
		if node >= 0 {
			for s, leaf := range t.Leaf {
				if leaf == node {
					under = append(under, s)
				}
			}
		} else {
			under = append(walk(t.Left[^node]), walk(t.Right[^node])...)
		}
		h.sets = append(h.sets, under)
		return under
	}
	walk(t.Root)
	return h
}

// depths sums the depths of all slots but those that are out. A set that has lost all of what is under one of its two children is no node any more.
func (h held) depths(out []int) int {
	kinds := map[string]int{}
	for _, set := range h.sets {
		var in []int
		for _, s := range set {
			if !slices.Contains(out, s) {
				in = append(in, s)
			}
		}
		if sort.Ints(in); len(in) > 0 {
			kinds[fmt.Sprint(in)] = len(in)
		}
	}
	sum := 0
	for _, n := range kinds {
		sum += n
	}
	return sum
}

// displaced is collusive displacement by its definition: how far the depths of the others sink in sum when a set of rows that holds the slot is taken out, over the size of the set, at most.
func (h held) displaced(slot int) float64 {
	whole, most := 0, 0.0
	for _, set := range h.sets {
		whole += len(set)
	}
	for _, set := range h.sets {
		if !slices.Contains(set, slot) || len(set) == len(h.sets[len(h.sets)-1]) {
			continue
		}
		own := 0 // what the depths of the set itself sum to
		for _, other := range h.sets {
			for _, s := range other {
				if slices.Contains(set, s) {
					own++
				}
			}
		}
		most = max(most, float64(whole-own-h.depths(set))/float64(len(set)))
	}
	return most
}

// Every tree of rows that are partly equal gives each row it holds the displacement that taking out every set of rows gives, after growing, inserting and forgetting alike.
func TestCollusiveDisplacementByBruteForce(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	x := tensor.New[float64](40, 2)
	for i := range 40 {
		for j := range 2 {
			x.Set(float64(r.IntN(5)), i, j) // 25 places for 40 rows
		}
	}
	for _, window := range []bool{false, true} {
		m := must(ensemble.RobustRandomCutForest{Trees: 1, MaxSamples: 12, Window: window}.Fit(ctx, ml.Table{X: x}))
		stream := m.Stream()
		for step := range 40 {
			m = stream.Model()
			require.NoError(t, m.Restore(), "a sound tree, with cuts between the rows that they part")
			tree := &m.Trees[0]
			h := heldBy(tree)
			require.Len(t, h.sets[len(h.sets)-1], 12)
			for s := range 12 {
				p := tree.Points[2*s : 2*s+2]
				got := must(m.Scores(tensor.FromSlice(p, 1, 2)))[0]
				require.InDelta(t, h.displaced(s), got, 1e-12, "step %d slot %d", step, s)
			}
			must(stream.Push([]float64{float64(r.IntN(5)), float64(r.IntN(5))}))
		}
	}
}

func rowsFrom(x tensor.Matrix, lo, hi int) tensor.Matrix {
	var some []int
	for i := lo; i < hi; i++ {
		some = append(some, i)
	}
	return rows.Select(x, some)
}

// shape names a tree by the sets of its rows, told by their first column.
func shape(t *ensemble.RandomCutTree, columns int) string {
	var names []string
	for _, set := range heldBy(t).sets {
		var name []string
		for _, s := range set {
			name = append(name, fmt.Sprint(t.Points[s*columns]))
		}
		sort.Strings(name)
		names = append(names, strings.Join(name, " "))
	}
	sort.Strings(names)
	return strings.Join(names, "|")
}

// chances are those of every tree of some rows, by the definition: a cut falls on each side of the box in proportion to its length.
func chances(rows [][]float64) map[string]float64 {
	name := func(rows [][]float64) string {
		var out []string
		for _, row := range rows {
			out = append(out, fmt.Sprint(row[0]))
		}
		sort.Strings(out)
		return strings.Join(out, " ")
	}
	if len(rows) == 1 {
		return map[string]float64{name(rows): 1}
	}
	total, out := 0.0, map[string]float64{}
	for pass := range 2 {
		for j := range rows[0] {
			sorted := slices.Clone(rows)
			sort.Slice(sorted, func(a, b int) bool { return sorted[a][j] < sorted[b][j] })
			for k := 1; k < len(sorted); k++ {
				gap := sorted[k][j] - sorted[k-1][j]
				if pass == 0 || gap == 0 {
					total += gap * float64(1-pass)
					continue
				}
				for l, p := range chances(sorted[:k]) {
					for r, q := range chances(sorted[k:]) {
						sets := append(append(strings.Split(l, "|"), strings.Split(r, "|")...), name(rows))
						sort.Strings(sets)
						out[strings.Join(sets, "|")] += gap / total * p * q
					}
				}
			}
		}
	}
	return out
}

// Trees of four rows are as likely as their definition says, whether they are grown, or come about by forgetting and inserting. The frequencies of 4000 trees lie within five standard errors, so
// that of a few dozen comparisons of fixed seeds none is out by chance.
func TestRandomCutTreesAreAsLikelyAsDefined(t *testing.T) {
	trees := 4000
	if testing.Short() {
		trees = 400
	}
	late := [][]float64{{0, 0}, {1, 5}, {3, 4}, {7, 1}}
	before := [][]float64{{20, 3}, {2, 2}, {1, 5}, {-3, 9}}
	want := chances(late)
	sum := 0.0
	for _, p := range want {
		sum += p
	}
	require.InDelta(t, 1, sum, 1e-12)
	grown := must(ensemble.RobustRandomCutForest{Trees: trees, MaxSamples: 4}.Fit(ctx, ml.Table{X: must(tensor.FromRows(late))}))
	streamed := must(must(ensemble.RobustRandomCutForest{Trees: trees, MaxSamples: 4, Window: true}.Fit(ctx, ml.Table{X: must(tensor.FromRows(before))})).
		Update(ctx, ml.Table{X: must(tensor.FromRows(late))}))
	filled := must(must(ensemble.RobustRandomCutForest{Trees: trees, MaxSamples: 9, Seed: 3}.Fit(ctx, ml.Table{X: must(tensor.FromRows(late[:1]))})).
		Update(ctx, ml.Table{X: must(tensor.FromRows(late[1:]))}))
	for name, m := range map[string]*ensemble.RandomCutModel{"grown": grown, "streamed": streamed, "filled": filled} {
		got := map[string]float64{}
		for k := range m.Trees {
			got[shape(&m.Trees[k], 2)] += 1 / float64(trees)
		}
		for tree, p := range want {
			assert.InDelta(t, p, got[tree], 5*math.Sqrt(p*(1-p)/float64(trees)), "%s: %s", name, tree)
			delete(got, tree)
		}
		assert.Empty(t, got, name)
	}
}

// The score of a row that a tree does not hold is the mean over trees in which it is: here by inserting it 4000 times in the same tree. The displacements of one row have a standard deviation of less than
// its score, so that five standard errors are at most 5/√4000 times that.
func TestScoreOfNewRowIsTheMeanOfInsertions(t *testing.T) {
	x, _ := strangers()
	m := must(ensemble.RobustRandomCutForest{Trees: 1, MaxSamples: 30}.Fit(ctx, ml.Table{X: x}))
	m = must(ensemble.RobustRandomCutForest{Trees: 1, MaxSamples: 40}.Fit(ctx, ml.Table{X: must(tensor.FromRows(pointsOf(&m.Trees[0], 3)))}))
	c := m.Config.(ensemble.RobustRandomCutForest)
	for _, row := range [][]float64{{0.1, 0, 0.2}, {2, -2, 1}, {9, 9, -8}} {
		want, n := 0.0, 4000
		if testing.Short() {
			n = 400
		}
		for seed := range n {
			own := *m
			c.Seed = uint64(seed)
			own.Config = c
			after := must(own.Update(ctx, ml.Table{X: tensor.FromSlice(row, 1, 3)}))
			want += must(after.Scores(tensor.FromSlice(row, 1, 3)))[0] / float64(n)
		}
		got := must(m.Scores(tensor.FromSlice(row, 1, 3)))[0]
		assert.InDelta(t, want, got, 5/math.Sqrt(float64(n))*want)
	}
}

func pointsOf(t *ensemble.RandomCutTree, columns int) [][]float64 {
	var out [][]float64
	for s := range t.Leaf {
		out = append(out, t.Points[s*columns:(s+1)*columns])
	}
	return out
}

func TestRandomCutStreams(t *testing.T) {
	x, strange := strangers()
	first, rest := ml.Table{X: rowsFrom(x, 0, 100)}, ml.Table{X: rowsFrom(x, 100, 315)}
	for _, c := range []ensemble.RobustRandomCutForest{{Trees: 20, MaxSamples: 64}, {Trees: 20, MaxSamples: 64, Window: true}, {Trees: 20, MaxSamples: 500}} {
		m := must(c.Fit(ctx, first))
		once := must(m.Update(ctx, rest))
		var file bytes.Buffer
		require.NoError(t, ml.Save(&file, m))
		stream := must(ml.Load[*ensemble.RandomCutModel](&file)).Stream()
		var scores []float64
		for i := 100; i < 315; i++ {
			scores = append(scores, must(stream.Push(x.Row(i))))
		}
		require.Equal(t, once.Trees, stream.Model().Trees, "a stream, even from a file, ends where Update does")
		require.Equal(t, once.Offset, stream.Model().Offset)
		require.Equal(t, 315, once.Seen)
		assert.Greater(t, metrics.ROCAUC(strange[100:], scores), 0.95, "strangers are told when they come")
		require.NoError(t, once.Restore())
		if c.Window {
			for k := range once.Trees {
				for row := 315 - 64; row < 315; row++ {
					require.Equal(t, x.Row(row), once.Trees[k].Points[3*(row%64):3*(row%64)+3], "the last rows")
				}
			}
		}
		_, err := stream.Push([]float64{1, math.NaN(), 0})
		require.ErrorIs(t, err, ml.ErrNotFinite)
		_, err = stream.Push([]float64{1})
		require.ErrorIs(t, err, ml.ErrShape)
	}
}

// A row that comes late is in a tree as often as one that came early: 2000 trees of 10 of 40 rows, five standard errors.
func TestReservoirIsFair(t *testing.T) {
	x, weight := tensor.New[float64](40, 1), make([]float64, 40)
	for i := range 40 {
		x.Set(float64(i), i, 0)
		weight[i] = 1 + 2*float64(i%2)
	}
	for name, w := range map[string][]float64{"alike": nil, "weighed": weight} {
		part := func(lo, hi int) ml.Table {
			d := ml.Table{X: rowsFrom(x, lo, hi)}
			if w != nil {
				d.Weight = w[lo:hi]
			}
			return d
		}
		m := must(must(ensemble.RobustRandomCutForest{Trees: 2000, MaxSamples: 4}.Fit(ctx, part(0, 4))).Update(ctx, part(4, 40)))
		times := make([]float64, 40)
		for k := range m.Trees {
			for _, v := range m.Trees[k].Points {
				times[int(v)]++
			}
		}
		// The first four were there whole: what each is drawn for is settled by the later ones, and those have what their weights say.
		of, total := func(i int) float64 {
			if w == nil {
				return 1
			}
			return w[i]
		}, 0.0
		for i := range 40 {
			total += of(i)
		}
		for i := 4; i < 40; i++ {
			p := 4 * of(i) / total
			assert.InDelta(t, 2000*p, times[i], 5*math.Sqrt(2000*p*(1-p)), "%s %d", name, i)
		}
	}
}

func TestRandomCutForestRefuses(t *testing.T) {
	x, _ := strangers()
	for _, c := range []ensemble.RobustRandomCutForest{{Trees: -1}, {MaxSamples: 1}, {Contamination: 0.6}, {Contamination: math.NaN()}} {
		_, err := c.Fit(ctx, ml.Table{X: x})
		require.ErrorIs(t, err, ml.ErrConfig, "%+v", c)
	}
	m := must(ensemble.RobustRandomCutForest{Trees: 2, MaxSamples: 8}.Fit(ctx, ml.Table{X: x}))
	_, err := m.Update(ctx, ml.Table{X: tensor.New[float64](3, 2)})
	require.ErrorIs(t, err, ml.ErrShape)
	stopped, cancel := context.WithCancel(ctx)
	cancel()
	_, err = m.Update(stopped, ml.Table{X: x})
	require.ErrorIs(t, err, context.Canceled)
	for name, spoil := range map[string]func(t *ensemble.RandomCutTree){
		"root":  func(t *ensemble.RandomCutTree) { t.Root = 99 },
		"loop":  func(t *ensemble.RandomCutTree) { t.Left[^t.Root] = t.Root },
		"twice": func(t *ensemble.RandomCutTree) { t.Left[^t.Root] = t.Right[^t.Root] },
		"cut":   func(t *ensemble.RandomCutTree) { t.Cut[^t.Root] = 1e9 },
		"leaf":  func(t *ensemble.RandomCutTree) { t.Leaf[0] = 5 },
		"short": func(t *ensemble.RandomCutTree) { t.Points = t.Points[1:] },
		"gap":   func(t *ensemble.RandomCutTree) { t.Points[0] = math.NaN() },
		"far":   func(t *ensemble.RandomCutTree) { t.Feature[0] = 7 },
	} {
		bad := must(ensemble.RobustRandomCutForest{Trees: 2, MaxSamples: 8}.Fit(ctx, ml.Table{X: x}))
		spoil(&bad.Trees[1])
		require.ErrorIs(t, bad.Restore(), ml.ErrFormat, name)
	}
}

// Trees that rrcf 0.4.4 grew, and in two of three cases changed row by row, give every row the displacement that it says. The golden file has each to the last bit; both divide the same whole numbers.
func TestDisplacementsAreThoseOfRRCF(t *testing.T) {
	want := golden.Load[anomalyGolden](t, "testdata/anomalies.json")
	for _, g := range want.Trees {
		x := tensor.FromSlice(g.Points, len(g.Leaf), 2)
		m := must(ensemble.RobustRandomCutForest{Trees: 1, MaxSamples: 30}.Fit(ctx, ml.Table{X: x}))
		// rrcf names the leaf of a row that was inserted beside equal ones by any of them; here the first has it.
		m.Trees[0] = ensemble.RandomCutTree{Points: g.Points, Leaf: g.Leaf, Left: pad(g.Left), Right: pad(g.Right), Feature: pad(g.Feature), Cut: pad(g.Cut), Root: g.Root}
		require.NoError(t, m.Restore())
		require.Equal(t, g.Codisp, must(m.Scores(x)))
	}
}

// pad makes room for as many cuts as 30 rows can have, of which equal rows need fewer.
func pad[T any](v []T) []T { return append(v, make([]T, 29-len(v))...) }

// The mean displacement over 1000 trees of rrcf is that of 1000 of ours, to five standard errors of the difference.
func TestForestsDisplaceAsRRCFs(t *testing.T) {
	want := golden.Load[anomalyGolden](t, "testdata/anomalies.json")
	x := must(tensor.FromRows(want.Rows))
	got := must(must(ensemble.RobustRandomCutForest{Trees: 1000}.Fit(ctx, ml.Table{X: x})).Scores(x))
	for i, s := range got {
		assert.InDelta(t, want.Mean[i], s, 5*want.SD[i]*math.Sqrt(2.0/1000), "row %d", i)
	}
}

// A row of ten columns through a forest of a hundred trees: scored, learned, and another forgotten.
func BenchmarkRandomCutStream(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	x := tensor.New[float64](2000, 10)
	for i := range x.Data() {
		x.Data()[i] = r.NormFloat64()
	}
	stream := must(ensemble.RobustRandomCutForest{Window: true}.Fit(ctx, ml.Table{X: x})).Stream()
	i := 0
	for b.Loop() {
		must(stream.Push(x.Row(i % 2000)))
		i++
	}
}

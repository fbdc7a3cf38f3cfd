package tree

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// oneCategory is a table of a single categorical column.
func oneCategory(codes []float64) ml.Table {
	return ml.Table{X: tensor.FromSlice(codes, len(codes), 1), Columns: []ml.Column{{Name: "k", Kind: ml.Categorical}}}
}

// goesLeft reports the side of a code at the root.
func goesLeft(e *Ensemble, code float64) bool { return e.passes(0, code) }

// With smoothing the set is the best cut in the order of (sum + Smooth·mean)/(rows + Smooth), which is not the best set of all.
func TestSmoothingDrawsRareCategoriesToTheMean(t *testing.T) {
	changed := 0
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 3))
		var codes, y, weight []float64
		for code := range 12 {
			effect := r.NormFloat64()
			for range 1 + r.IntN(1+3*code) {
				codes, y, weight = append(codes, float64(code)), append(y, effect+2*r.NormFloat64()), append(weight, 0.5+r.Float64())
			}
		}
		const smooth = 20
		total, mean := 0.0, 0.0
		for i, w := range weight {
			total += w
			mean += w * y[i]
		}
		mean /= total
		sums, rows := make([]float64, 12), make([]float64, 12)
		for i, c := range codes {
			sums[int(c)] += weight[i] * y[i]
			rows[int(c)] += weight[i]
		}
		order := make([]int, 12)
		key := make([]float64, 12)
		for c := range order {
			order[c] = c
			key[c] = (sums[c] + smooth*mean) / (rows[c] + smooth)
		}
		slices.SortFunc(order, func(a, b int) int { return cmp.Compare(key[a], key[b]) })
		best, left := -1.0, 0
		w, s := 0.0, 0.0
		for i, c := range order[:11] {
			w, s = w+rows[c], s+sums[c]
			if gain := s*s/w + (mean*total-s)*(mean*total-s)/(total-w); gain > best {
				best, left = gain, i+1
			}
		}
		d := ml.Dataset[float64]{Table: oneCategory(codes), Y: y}
		d.Weight = weight
		fit := func(smooth float64) *Ensemble {
			return fitNumbers(t, DecisionTreeRegressor{MaxDepth: 1, Categories: Categories{Smooth: smooth}}, d).Ensemble
		}
		e := fit(smooth)
		for i, c := range order {
			assert.Equal(t, (i < left) == goesLeft(e, float64(order[0])), goesLeft(e, float64(c)))
		}
		if free := fit(0); free.Gain[0] > e.Gain[0] {
			changed++
		}
	}
	assert.Positive(t, changed)
}

// Where groups must have 5 rows, the rare codes take one side together, whatever they are by themselves.
func TestRareCategoriesStayTogether(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 2))
	var codes, y []float64
	for code := range 60 {
		n := 1 + code%8
		for range n {
			codes, y = append(codes, float64(code)), append(y, float64(code%3)+r.NormFloat64())
		}
	}
	for _, sparse := range []bool{false, true} {
		table := oneCategory(codes)
		if sparse {
			table.X = tensor.SparseFrom[float64](table.X.(*tensor.Tensor[float64]))
		}
		class := make([]int, len(y))
		for i := range class {
			class[i] = int(codes[i]) % 3
		}
		for _, criterion := range []Criterion{SquaredError, AbsoluteError, Poisson} {
			target := y
			if criterion == Poisson {
				target = make([]float64, len(y))
				for i, v := range y {
					target[i] = math.Exp(v)
				}
			}
			m := fitNumbers(t, DecisionTreeRegressor{Criterion: criterion, MaxDepth: 1, Categories: Categories{MinSamples: 5}}, ml.Dataset[float64]{Table: table, Y: target})
			var sides [2]int
			for code := range 60 {
				if 1+code%8 < 5 {
					assert.Equal(t, goesLeft(m.Ensemble, 0), goesLeft(m.Ensemble, float64(code)), "%v", criterion)
				} else if goesLeft(m.Ensemble, float64(code)) {
					sides[0]++
				} else {
					sides[1]++
				}
			}
			assert.Positive(t, sides[0], "%v", criterion)
			assert.Positive(t, sides[1], "%v", criterion)
		}
		m := fitClasses(t, DecisionTreeClassifier{MaxDepth: 1, Categories: Categories{MinSamples: 5}}, ml.Dataset[int]{Table: table, Y: class})
		for code := range 60 {
			if 1+code%8 < 5 {
				assert.Equal(t, goesLeft(m.Ensemble, 0), goesLeft(m.Ensemble, float64(code)))
			}
		}
	}
}

func TestUnseenCategoriesGoWhereTheyShould(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		unseen Unseen
		codes  []float64
		want   float64
	}{
		{UnseenHeavier, []float64{0, 0, 0, 0, 1, 1, nan}, 1},
		{UnseenMissing, []float64{0, 0, 0, 0, 1, 1, nan}, 5},
		{UnseenMissing, []float64{1, 1, 0, 0, 0, 0, nan}, 5},
		{UnseenMissing, []float64{0, 0, 0, 0, 1, 1, 1}, 1},
	} {
		y := make([]float64, len(c.codes))
		for i, v := range c.codes {
			y[i] = 5
			if v == 0 {
				y[i] = 1
			}
		}
		m := fitNumbers(t, DecisionTreeRegressor{Categories: Categories{Unseen: c.unseen}}, ml.Dataset[float64]{Table: oneCategory(c.codes), Y: y})
		got, err := m.PredictRow([]float64{77})
		require.NoError(t, err)
		assert.Equal(t, c.want, got, "%+v", c)
		got, err = m.PredictRow([]float64{0})
		require.NoError(t, err)
		assert.Equal(t, 1.0, got)
		got, err = m.PredictRow([]float64{nan})
		require.NoError(t, err)
		assert.Equal(t, map[bool]float64{true: 5, false: 1}[c.codes[6] != c.codes[6]], got)
	}
}

// Whatever the classes, no way from the root has columns that are in no group together. The third group overlaps both others; 5 and 6 are in none.
func TestInteractionsHoldOnEveryWay(t *testing.T) {
	x, y := noisy(4000, 7)
	class := make([]int, len(y))
	for i := range y {
		y[i] = x.At(i, 0)*x.At(i, 2) + x.At(i, 1)*x.At(i, 3) + x.At(i, 4)*x.At(i, 5) + x.At(i, 6) // what the groups forbid
		if y[i] > 0 {
			class[i] = 1
		}
	}
	groups := [][]int{{0, 1}, {2, 3, 4}, {1, 2}}
	all := [][]int{{0, 1}, {2, 3, 4}, {1, 2}, {5, 6}}
	check := func(e *Ensemble) (most int) {
		var walk func(i int, used map[int]bool)
		walk = func(i int, used map[int]bool) {
			n := e.Node(0, i)
			if n.Leaf() {
				fits := 0
				for _, g := range all {
					in := 0
					for _, j := range g {
						if used[j] {
							in++
						}
					}
					if in == len(used) {
						fits++
					}
				}
				require.Positive(t, fits, "%v", used)
				most = max(most, len(used))
				return
			}
			with := map[int]bool{n.Feature: true}
			for j := range used {
				with[j] = true
			}
			walk(n.Left, with)
			walk(n.Right, with)
		}
		walk(0, nil)
		return most
	}
	for _, leaves := range []int{0, 40} {
		c := DecisionTreeRegressor{MinSamplesLeaf: 5, MaxLeaves: leaves, Interactions: groups}
		assert.Greater(t, check(fitNumbers(t, c, ml.Data(x, y)).Ensemble), 1)
		assert.Greater(t, check(fitClasses(t, DecisionTreeClassifier{MinSamplesLeaf: 5, MaxLeaves: leaves, Interactions: groups}, ml.Data(x, class)).Ensemble), 1)
	}
	_, err := DecisionTreeRegressor{Interactions: [][]int{{7}}}.Fit(ctx, ml.Data(x, y))
	assert.ErrorIs(t, err, ml.ErrConfig)
}

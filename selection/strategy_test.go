package selection

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
)

// point is what the tests of spaces search over.
type point struct {
	X     [6]float64
	N     int
	Kind  string
	Inner struct{ Deep float64 }
	Far   *float64
}

func same[P any](p P) P { return p }

func fieldX(i int) func(*point) *float64 { return func(p *point) *float64 { return &p.X[i] } }
func fieldN(p *point) *int               { return &p.N }
func fieldKind(p *point) *string         { return &p.Kind }

func TestSpacesNameAndSetFields(t *testing.T) {
	deep := func(p *point) *float64 { return &p.Inner.Deep }
	s := Build(same[point], point{Kind: "base"}, Uniform(fieldX(0), -1, 1), LogUniform(fieldX(3), 1e-3, 10), Ints(fieldN, -2, 4), LogUniform(deep, 1, 2), Choice(fieldKind, "a", "b"))
	ground := must(s.terrain("test"))
	require.Equal(t, []string{"X[0]", "X[3]", "N", "Inner.Deep", "Kind"}, ground.names)
	all := must(s.Sample(2000, 1))
	require.Equal(t, all[:10], must(s.Sample(10, 1)), "a longer sample begins as a shorter one")
	count, kinds, low := map[int]int{}, map[string]int{}, 0
	for _, p := range all {
		require.True(t, math.Abs(p.X[0]) <= 1 && p.X[3] >= 1e-3 && p.X[3] <= 10 && p.Inner.Deep >= 1 && p.Inner.Deep <= 2)
		count[p.N]++
		kinds[p.Kind]++
		if p.X[3] < 0.1 {
			low++
		}
	}
	require.Len(t, count, 7)
	for v, n := range count { // 286 each, with a standard error of 16
		require.InDelta(t, 2000.0/7, n, 70, "%d", v)
	}
	require.InDelta(t, 1000, kinds["a"], 90)
	require.InDelta(t, 1000, low, 90, "two of four orders of magnitude")
	own := Over(level{By: 1}, Uniform(func(l *level) *float64 { return &l.By }, 2, 3))
	require.GreaterOrEqual(t, must(own.Sample(1, 0))[0].By, 2.0)
}

func TestGridsCoverConditionalSpaces(t *testing.T) {
	s := Build(same[point], point{N: 7}, Choice(fieldKind, "plain", "deep"),
		When(func(p point) bool { return p.Kind == "deep" }, Ints(fieldN, 1, 3), When(func(p point) bool { return p.N > 1 }, LogUniform(fieldX(0), 1, 100))))
	grid := must(s.Grid(3))
	var got [][3]any
	for _, p := range grid {
		got = append(got, [3]any{p.Kind, p.N, p.X[0]})
	}
	require.Equal(t, [][3]any{{"plain", 7, 0.0}, {"deep", 1, 0.0}, {"deep", 2, 1.0}, {"deep", 2, 10.000000000000002}, {"deep", 2, 100.0}, {"deep", 3, 1.0}, {"deep", 3, 10.000000000000002}, {"deep", 3, 100.0}}, got)
	require.Len(t, must(Build(same[point], point{}).Grid(0)), 1)
	for _, p := range must(s.Sample(50, 2)) {
		require.True(t, p.Kind == "deep" || p.N == 7 && p.X[0] == 0)
	}
	require.Equal(t, []float64{1, 3, 5}, axis{integer, 1, 5}.spaced(3))
	require.Equal(t, []float64{1, 2}, axis{logInteger, 1, 2}.spaced(9))
	require.Equal(t, []float64{2}, axis{uniform, 1, 3}.spaced(1))
}

func TestSpacesRefuse(t *testing.T) {
	far := 1.0
	for name, s := range map[string]Space[point, point]{
		"no build":        {},
		"zero dim":        {Build: same[point], Dims: []Dim[point]{{}}},
		"falling":         Build(same[point], point{}, Uniform(fieldX(0), 1, 0)),
		"NaN":             Build(same[point], point{}, Uniform(fieldX(0), math.NaN(), 0)),
		"infinite":        Build(same[point], point{}, Uniform(fieldX(0), 0, math.Inf(1))),
		"log of 0":        Build(same[point], point{}, LogUniform(fieldX(0), 0, 1)),
		"log of ints":     Build(same[point], point{}, LogInts(fieldN, 0, 3)),
		"no choice":       Build(same[point], point{}, Choice(fieldKind)),
		"no field":        Build(same[point], point{}, Ints[point](nil, 1, 2)),
		"no condition":    Build(same[point], point{}, When(nil, Ints(fieldN, 1, 2))),
		"outside":         Build(same[point], point{Far: &far}, Uniform(func(p *point) *float64 { return p.Far }, 0, 1)),
		"nil pointer":     Build(same[point], point{}, Uniform(func(p *point) *float64 { return &(*point)(nil).X[0] }, 0, 1)),
		"two resources":   Build(same[point], point{}, Resource(fieldN, 1, 2), Resource(fieldN, 1, 2)),
		"under a when":    Build(same[point], point{}, When(func(point) bool { return true }, Resource(fieldN, 1, 2))),
		"resource from 0": Build(same[point], point{}, Resource(fieldN, 0, 2)),
	} {
		_, err := s.Sample(1, 0)
		require.ErrorIs(t, err, ml.ErrConfig, name)
		_, err = s.Grid(2)
		require.ErrorIs(t, err, ml.ErrConfig, name)
	}
	wide := Build(same[point], point{}, Uniform(fieldX(0), 0, 1), Uniform(fieldX(1), 0, 1), Uniform(fieldX(2), 0, 1))
	require.ErrorIs(t, second(wide.Grid(1000)), ml.ErrConfig)
	require.ErrorIs(t, second(wide.Grid(-1)), ml.ErrConfig)
	require.ErrorIs(t, second(wide.Sample(-1, 0)), ml.ErrConfig)
}

func TestSharesAndValuesAgree(t *testing.T) {
	for _, a := range []axis{{uniform, -3, 5}, {logUniform, 1e-4, 1e3}, {integer, -2, 9}, {logInteger, 1, 300}, {choice, 0, 4}, {integer, 3, 3}} {
		for i := range 200 {
			v := a.value((float64(i) + 0.5) / 200)
			require.True(t, a.low <= v && v <= a.high)
			require.InEpsilon(t, 1+v-a.low, 1+a.value(a.share(v))-a.low, 1e-12, "%v at %v", a, v)
		}
		require.InEpsilon(t, a.low+10, a.value(0)+10, 1e-15)
	}
}

// minimum runs a strategy on a function and returns the least value it met.
func minimum(t *testing.T, s Strategy, g *terrain[point], f func(point) float64) float64 {
	run := must(s.start("test", g))
	var done []result
	least := math.Inf(1)
	for {
		batch := run.next(done)
		if len(batch) == 0 {
			require.NotEmpty(t, done)
			return least
		}
		for _, q := range batch {
			loss := f(g.at(q.point))
			least = min(least, loss)
			done = append(done, result{q, loss})
		}
	}
}

// usual is a function of a space, and its least value.
type usual struct {
	name string
	s    Space[point, point]
	f    func(point) float64
	min  float64
}

// usuals are the usual functions of Bayesian optimisation: Branin; Hartmann with three and six variables; Rosenbrock in logarithms; a shifted sphere; and a conditional space with a choice.
func usuals() []usual {
	dims := func(n int, low, high float64) []Dim[point] {
		var out []Dim[point]
		for i := range n {
			out = append(out, Uniform(fieldX(i), low, high))
		}
		return out
	}
	sq := func(v float64) float64 { return v * v }
	hartmann := func(a, p [][]float64) func(point) float64 {
		alpha := []float64{1, 1.2, 3, 3.2}
		return func(x point) float64 {
			sum := 0.0
			for i := range a {
				inner := 0.0
				for j := range a[i] {
					inner += a[i][j] * sq(x.X[j]-p[i][j])
				}
				sum -= alpha[i] * math.Exp(-inner)
			}
			return sum
		}
	}
	return []usual{
		{"branin", Build(same[point], point{}, Uniform(fieldX(0), -5, 10), Uniform(fieldX(1), 0, 15)), branin, 0.397887},
		{"hartmann3", Build(same[point], point{}, dims(3, 0, 1)...), hartmann(
			[][]float64{{3, 10, 30}, {0.1, 10, 35}, {3, 10, 30}, {0.1, 10, 35}},
			[][]float64{{.3689, .1170, .2673}, {.4699, .4387, .7470}, {.1091, .8732, .5547}, {.0381, .5743, .8828}}), -3.86278},
		{"hartmann6", Build(same[point], point{}, dims(6, 0, 1)...), hartmann(
			[][]float64{{10, 3, 17, 3.5, 1.7, 8}, {.05, 10, 17, .1, 8, 14}, {3, 3.5, 1.7, 10, 17, 8}, {17, 8, .05, 10, .1, 14}},
			[][]float64{{.1312, .1696, .5569, .0124, .8283, .5886}, {.2329, .4135, .8307, .3736, .1004, .9991}, {.2348, .1451, .3522, .2883, .3047, .6650}, {.4047, .8828, .8732, .5743, .1091, .0381}}), -3.32237},
		{"rosenbrock in logarithms", Build(same[point], point{}, LogUniform(fieldX(0), 1e-2, 1e2), LogUniform(fieldX(1), 1e-2, 1e2)), func(p point) float64 {
			x, y := math.Log10(p.X[0]), math.Log10(p.X[1])
			return 100*sq(y-x*x) + sq(1-x)
		}, 0},
		{"sphere", Build(same[point], point{}, dims(5, -5, 5)...), func(p point) float64 {
			sum := 0.0
			for i := range 5 {
				sum += sq(p.X[i] - float64(i-2))
			}
			return sum
		}, 0},
		{"conditional", Build(same[point], point{}, Choice(fieldKind, "a", "b", "c", "d"), Ints(fieldN, 1, 20), When(func(p point) bool { return p.Kind == "c" }, Uniform(fieldX(0), -10, 10))), func(p point) float64 {
			if p.Kind != "c" {
				return 30 + math.Abs(float64(p.N-5))
			}
			return sq(p.X[0]-3) + math.Abs(float64(p.N-13))
		}, 0},
	}
}

// At 60 evaluations, over 20 seeds, the mean regret is less than that of random search on each.
func TestBayesBeatsRandomSearch(t *testing.T) {
	for _, c := range usuals() {
		g := must(c.s.terrain("test"))
		var bayes, random float64
		wins := 0
		for seed := range uint64(20) {
			b, r := minimum(t, BayesSearch{Trials: 60, Seed: seed}, g, c.f)-c.min, minimum(t, RandomSearch{Trials: 60, Seed: seed}, g, c.f)-c.min
			bayes, random = bayes+b/20, random+r/20
			if b < r {
				wins++
			}
		}
		t.Logf("%s: regret %.4g, random search %.4g, %d of 20 better", c.name, bayes, random, wins)
		require.Less(t, bayes, random, c.name)
		require.Greater(t, wins, 10, c.name)
	}
}

func TestBatchesKeepApart(t *testing.T) {
	g := must(Build(same[point], point{}, Uniform(fieldX(0), 0, 1), Choice(fieldKind, "a", "b")).terrain("test"))
	f := func(p point) float64 { return math.Abs(p.X[0] - 0.3) }
	run := must(BayesSearch{Trials: 30, Batch: 4}.start("test", g))
	var done []result
	sizes := []int{}
	for batch := run.next(done); len(batch) > 0; batch = run.next(done) {
		sizes = append(sizes, len(batch))
		for i, q := range batch {
			require.False(t, slices.ContainsFunc(batch[:i], func(o proposal) bool { return slices.Equal(o.point, q.point) }))
			done = append(done, result{q, f(g.at(q.point))})
		}
	}
	require.Equal(t, []int{10, 4, 4, 4, 4, 4}, sizes)
	require.Less(t, minimum(t, BayesSearch{Trials: 30, Batch: 4}, g, f), 0.05)
	for _, s := range []BayesSearch{{Trials: -1}, {Startup: -1}, {Candidates: -1}, {Batch: -1}} {
		require.ErrorIs(t, second(s.start("test", g)), ml.ErrConfig)
	}
}

func TestHalvingGoesOnWithTheBest(t *testing.T) {
	g := must(Build(same[point], point{}, Uniform(fieldX(0), 0, 1)).terrain("test"))
	run := must(HalvingSearch{Candidates: 20, Factor: 3}.start("test", g)).(*halving)
	run.least = 0.01
	var done []result
	var sizes []int
	var parts []float64
	for batch := run.next(done); len(batch) > 0; batch = run.next(done) {
		if n := len(sizes); n > 0 {
			last := slices.Clone(done[len(done)-sizes[n-1]:])
			slices.SortStableFunc(last, byLoss)
			for i, q := range batch {
				require.Equal(t, last[i].point, q.point)
			}
		}
		sizes, parts = append(sizes, len(batch)), append(parts, batch[0].part)
		for _, q := range batch {
			done = append(done, result{q, q.point[0]})
		}
	}
	require.Equal(t, []int{20, 7, 3, 1}, sizes)
	require.InDeltaSlice(t, []float64{1. / 27, 1. / 9, 1. / 3, 1}, parts, 1e-15)
	run = must(HalvingSearch{Grid: true, Points: 9}.start("test", g)).(*halving)
	run.least = 0.2
	require.Len(t, run.next(nil), 9)
	require.Equal(t, 2, run.rungs, "less than a third of the resource is too little")
	for _, s := range []HalvingSearch{{Factor: 1}, {Least: -1}, {Grid: true, Candidates: 3}, {Points: 4}, {Candidates: -1}} {
		require.ErrorIs(t, second(s.start("test", g)), ml.ErrConfig)
	}
}

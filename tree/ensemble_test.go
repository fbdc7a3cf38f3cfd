package tree

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// shape says what randomEnsemble may use.
type shape struct {
	features, outputs, trees, leaves int
	vector, average, float32         bool
	categories, linear, weights      bool
	lessOnly                         bool
	seed                             uint64
}

// randomEnsemble grows leaf by leaf, so that trees are unbalanced.
func randomEnsemble(t testing.TB, s shape) *Ensemble {
	r := rand.New(rand.NewPCG(s.seed, 1))
	base := make([]float64, s.outputs)
	for k := range base {
		base[k] = float64(float32(r.NormFloat64()))
	}
	stage := s.outputs
	if s.vector {
		stage = 1
	}
	b := NewBuilder(Ensemble{Features: s.features, Outputs: s.outputs, Vector: s.vector, Average: s.average, Float32: s.float32, Base: base, Stage: stage})
	for i := range s.trees {
		weight := 1.0
		if s.weights {
			weight = float64(float32(r.Float64()))
		}
		out := i % s.outputs
		if s.vector {
			out = 0
		}
		b.Add(out, weight, randomTree(r, s))
	}
	e, err := b.Ensemble()
	require.NoError(t, err)
	return e
}

func randomTree(r *rand.Rand, s shape) []Node {
	nodes := []Node{randomLeaf(r, s)}
	for leaves := 1; leaves < s.leaves; leaves++ {
		at := r.IntN(len(nodes))
		for !nodes[at].Leaf() {
			at = r.IntN(len(nodes))
		}
		nodes[at] = randomSplit(r, s, len(nodes))
		nodes = append(nodes, randomLeaf(r, s), randomLeaf(r, s))
	}
	return nodes
}

func randomLeaf(r *rand.Rand, s shape) Node {
	width := 1
	if s.vector {
		width = s.outputs
	}
	n := Node{Feature: -1, Value: make([]float64, width), Cover: float64(1 + r.IntN(100))}
	for k := range n.Value {
		n.Value[k] = float64(float32(r.NormFloat64()))
	}
	if s.linear && r.IntN(2) == 0 {
		n.Linear = &Line{Const: r.NormFloat64()}
		for range r.IntN(3) {
			n.Linear.Features = append(n.Linear.Features, int32(r.IntN(s.features)))
			n.Linear.Coef = append(n.Linear.Coef, r.NormFloat64())
		}
	}
	return n
}

func randomSplit(r *rand.Rand, s shape, children int) Node {
	n := Node{Feature: r.IntN(s.features), Left: children, Right: children + 1, Gain: r.Float64()}
	if s.categories && n.Feature%3 == 0 {
		n.Rule = In + Rule(r.IntN(2))
		for range r.IntN(3) + 1 {
			n.Set = append(n.Set, r.Uint32())
		}
		n.Rule |= Rule(r.IntN(2)) * MissingLeft
		return n
	}
	n.Threshold = randomNumber(r)
	n.Rule = Less
	if !s.lessOnly {
		n.Rule = Rule(r.IntN(2)) // Less or LessEq
		switch r.IntN(4) {
		case 0:
			n.Rule |= NaNIsZero
		case 1:
			n.Rule |= ZeroIsMissing | Rule(r.IntN(2))*MissingLeft
		default:
			n.Rule |= Rule(r.IntN(2)) * MissingLeft
		}
	}
	return n
}

// randomNumber is often one of a few, so that rows meet thresholds exactly, and a float32.
func randomNumber(r *rand.Rand) float64 {
	switch r.IntN(8) {
	case 0:
		return 0
	case 1:
		return float64(float32(1e-35)) * float64(r.IntN(3)-1)
	case 2, 3, 4:
		return float64(r.IntN(7)) - 3
	default:
		return float64(float32(r.NormFloat64()))
	}
}

// randomRows has missing values, numbers that are no float32, fractions of codes and negative codes.
func randomRows(n, p int, seed uint64) *tensor.Tensor[float64] {
	r := rand.New(rand.NewPCG(seed, 2))
	x := tensor.New[float64](n, p)
	for i := range n {
		for j := range p {
			v := randomNumber(r)
			if j%3 == 0 {
				v = float64(r.IntN(110) - 5)
			}
			switch r.IntN(12) {
			case 0:
				v = math.NaN()
			case 1:
				v += r.Float64() - 0.5
			case 2:
				v = 1e300 * (r.Float64() - 0.5)
			}
			x.Set(v, i, j)
		}
	}
	return x
}

var shapes = []shape{
	{features: 1, outputs: 1, trees: 1, leaves: 1},
	{features: 5, outputs: 1, trees: 30, leaves: 12, seed: 1},
	{features: 9, outputs: 1, trees: 20, leaves: 40, categories: true, seed: 2},
	{features: 9, outputs: 1, trees: 40, leaves: 31, categories: true, float32: true, weights: true, seed: 3},
	{features: 4, outputs: 3, trees: 30, leaves: 8, average: true, seed: 4},
	{features: 4, outputs: 3, trees: 10, leaves: 8, vector: true, average: true, seed: 5},
	{features: 6, outputs: 2, trees: 10, leaves: 9, vector: true, float32: true, lessOnly: true, seed: 6},
	{features: 7, outputs: 1, trees: 10, leaves: 9, linear: true, categories: true, weights: true, seed: 7},
	{features: 7, outputs: 1, trees: 10, leaves: 300, categories: true, seed: 8},
	{features: 28, outputs: 1, trees: 50, leaves: 64, seed: 9, lessOnly: true},
}

func TestBuilderKeepsWhatItWasGiven(t *testing.T) {
	b := NewBuilder(Ensemble{Features: 3, Outputs: 2, Base: []float64{1, 2}})
	nodes := []Node{
		{Feature: 2, Rule: In | MissingLeft, Set: []uint32{5, 0, 7}, Left: 1, Right: 2, Value: []float64{0.5}, Cover: 9, Hessian: 2, Gain: 3},
		{Feature: -1, Value: []float64{4}, Cover: 4, ID: 7},
		{Feature: -1, Value: []float64{5}, Cover: 5, Hessian: 1, ID: 8, Linear: &Line{Const: 1, Features: []int32{1}, Coef: []float64{2}}},
	}
	b.Add(1, 0.5, nodes)
	e, err := b.Ensemble()
	require.NoError(t, err)
	for i, want := range nodes {
		got := e.Node(0, i)
		if want.Leaf() && want.Linear == nil {
			want.Linear = &Line{Const: want.Value[0], Features: []int32{}, Coef: []float64{}}
		}
		assert.Equal(t, want, got, "node %d", i)
	}
	assert.Equal(t, []int32{1}, e.Output)
	assert.Equal(t, []float64{0.5}, e.Weight)
}

func TestAPassIsWhatTheRuleSays(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	set := []uint32{1 | 1<<5, 1 << 1} // 0, 5, 33
	for _, c := range []struct {
		name string
		node Node
		f32  bool
		left []float64
		not  []float64
	}{
		{"less", Node{Rule: Less, Threshold: 1}, false, []float64{0.5, -inf}, []float64{1, 2, inf, nan}},
		{"less or equal", Node{Rule: LessEq, Threshold: 1}, false, []float64{0.5, 1}, []float64{1.0000000000000002, nan}},
		{"less in float32", Node{Rule: Less, Threshold: 1}, true, []float64{0.5}, []float64{1, 0.99999999, nan}},
		{"missing left", Node{Rule: Less | MissingLeft, Threshold: -1}, false, []float64{-2, nan}, []float64{0}},
		{"NaN is zero", Node{Rule: LessEq | NaNIsZero, Threshold: 0}, false, []float64{nan, 0, -1}, []float64{1}},
		{"NaN is zero above", Node{Rule: LessEq | NaNIsZero, Threshold: -1}, false, []float64{-1}, []float64{nan, 0}},
		{"zero missing left", Node{Rule: LessEq | ZeroIsMissing | MissingLeft, Threshold: -1}, false, []float64{-1, 0, nan, 1e-35, -1e-35}, []float64{-0.5, 1e-34}},
		{"zero missing right", Node{Rule: LessEq | ZeroIsMissing, Threshold: 1}, false, []float64{1, 0.5, -1e-34}, []float64{0, nan, 1e-36}},
		{"in", Node{Rule: In, Set: set}, false, []float64{0, 0.9, 5, 33, 33.5}, []float64{-0.5, 1, 32, 34, 64, 65, 1e300, inf, -inf, nan, -1}},
		{"in, cut first", Node{Rule: InCut, Set: set}, false, []float64{0, -0.5, 5, 33}, []float64{-1, 1, 64, 4294967296, nan}},
		{"in, missing left", Node{Rule: In | MissingLeft, Set: set}, false, []float64{0, nan}, []float64{1}},
		{"in nothing", Node{Rule: In}, false, nil, []float64{0, 1, -0.5, nan}},
	} {
		b := NewBuilder(Ensemble{Features: 1, Outputs: 1, Float32: c.f32})
		c.node.Left, c.node.Right = 1, 2
		b.Add(0, 1, []Node{c.node, {Feature: -1, Value: []float64{1}}, {Feature: -1, Value: []float64{2}}})
		e, err := b.Ensemble()
		require.NoError(t, err, c.name)
		for i, x := range slices.Concat(c.left, c.not) {
			want := 1.0
			if i >= len(c.left) {
				want = 2
			}
			got := make([]float64, 1)
			e.walk(got, []float64{x}, 1)
			assert.Equal(t, want, got[0], "%s: %v", c.name, x)
			e.engine.row(got, []float64{x})
			assert.Equal(t, want, got[0], "%s: %v, by the engine", c.name, x)
		}
	}
}

func TestLinearLeavesFallBackOrSkip(t *testing.T) {
	leaf := []Node{{Feature: -1, Value: []float64{9}, Linear: &Line{Const: 1, Features: []int32{0, 1}, Coef: []float64{2, 3}}}}
	for _, skip := range []bool{false, true} {
		b := NewBuilder(Ensemble{Features: 2, Outputs: 1})
		if skip {
			b.SkipMissing()
		}
		b.Add(0, 1, leaf)
		e, err := b.Ensemble()
		require.NoError(t, err)
		got := make([]float64, 1)
		e.walk(got, []float64{10, 100}, 1)
		assert.Equal(t, 321.0, got[0])
		e.walk(got, []float64{10, math.NaN()}, 1)
		assert.Equal(t, map[bool]float64{false: 9, true: 21}[skip], got[0])
	}
}

func TestFloat32EnsemblesRoundEverySum(t *testing.T) {
	b := NewBuilder(Ensemble{Features: 1, Outputs: 1, Float32: true, Base: []float64{0.5}})
	want := float32(0.5)
	for i := range 100 {
		v := float32(i) * 0.1
		b.Add(0, 1, []Node{{Feature: -1, Value: []float64{float64(v)}}})
		want += v
	}
	e, err := b.Ensemble()
	require.NoError(t, err)
	got := make([]float64, 1)
	e.walk(got, []float64{0}, 100)
	assert.Equal(t, float64(want), got[0])
}

// Every single fault of a representation that a hostile file could hold.
func TestUnsoundEnsemblesAreRefused(t *testing.T) {
	sound := func() *Ensemble {
		return &Ensemble{Features: 2, Outputs: 1, Base: []float64{0}, Start: []int32{0, 3}, Feature: []int32{1, -1, -1}, Rule: []Rule{Less, 0, 0},
			Threshold: []float64{1, 0, 0}, Left: []int32{1, 0, 0}, Right: []int32{2, 0, 0}, Value: []float64{0, 1, 2},
			Sets: []uint32{1}, SetStart: []int32{0, 1}, Linear: &LinearLeaves{Const: []float64{0, 0, 0}, Start: []int32{0, 0, 1, 1}, Feature: []int32{0}, Coef: []float64{1}}}
	}
	require.NoError(t, sound().Restore())
	for name, spoil := range map[string]func(e *Ensemble){
		"no features":                 func(e *Ensemble) { e.Features = 0 },
		"no outputs":                  func(e *Ensemble) { e.Outputs = 0 },
		"too many outputs":            func(e *Ensemble) { e.Outputs = math.MaxInt },
		"base of another length":      func(e *Ensemble) { e.Base = nil },
		"base NaN":                    func(e *Ensemble) { e.Base[0] = math.NaN() },
		"unknown link":                func(e *Ensemble) { e.Link = 200 },
		"scale NaN":                   func(e *Ensemble) { e.LinkScale = math.NaN() },
		"negative stage":              func(e *Ensemble) { e.Stage = -1 },
		"no start":                    func(e *Ensemble) { e.Start = nil },
		"start past the end":          func(e *Ensemble) { e.Start[1] = 4 },
		"start short of the end":      func(e *Ensemble) { e.Start[1] = 2 },
		"start not from 0":            func(e *Ensemble) { e.Start[0] = 1 },
		"an empty tree":               func(e *Ensemble) { e.Start = []int32{0, 0, 3} },
		"start goes back":             func(e *Ensemble) { e.Start = []int32{0, 4, 3} },
		"fewer rules":                 func(e *Ensemble) { e.Rule = e.Rule[:2] },
		"fewer values":                func(e *Ensemble) { e.Value = e.Value[:2] },
		"fewer covers":                func(e *Ensemble) { e.Cover = []float64{1} },
		"cover NaN":                   func(e *Ensemble) { e.Cover = []float64{1, math.NaN(), 1} },
		"value NaN":                   func(e *Ensemble) { e.Value[1] = math.NaN() },
		"value infinite":              func(e *Ensemble) { e.Value[1] = math.Inf(1) },
		"feature out of range":        func(e *Ensemble) { e.Feature[0] = 2 },
		"feature below -1":            func(e *Ensemble) { e.Feature[0] = -2 },
		"unknown rule":                func(e *Ensemble) { e.Rule[0] = 1 << 5 },
		"two readings of missing":     func(e *Ensemble) { e.Rule[0] = NaNIsZero | ZeroIsMissing },
		"threshold NaN":               func(e *Ensemble) { e.Threshold[0] = math.NaN() },
		"threshold not float32":       func(e *Ensemble) { e.Float32, e.Threshold[0] = true, 0.1 },
		"set out of range":            func(e *Ensemble) { e.Rule[0] = In },
		"set with a fraction":         func(e *Ensemble) { e.Rule[0], e.Threshold[0] = In, 0.5 },
		"set NaN":                     func(e *Ensemble) { e.Rule[0], e.Threshold[0] = In, math.NaN() },
		"set starts go back":          func(e *Ensemble) { e.SetStart = []int32{0, 2, 1} },
		"set starts past the end":     func(e *Ensemble) { e.SetStart = []int32{0, 2} },
		"sets without starts":         func(e *Ensemble) { e.SetStart = nil },
		"a cycle":                     func(e *Ensemble) { e.Left[0] = 0 },
		"a negative child":            func(e *Ensemble) { e.Left[0] = -1 },
		"a child out of range":        func(e *Ensemble) { e.Right[0] = 3 },
		"one child twice":             func(e *Ensemble) { e.Right[0] = 1 },
		"a leaf with children":        func(e *Ensemble) { e.Left[1] = 2 },
		"output out of range":         func(e *Ensemble) { e.Output = []int32{1} },
		"negative output":             func(e *Ensemble) { e.Output = []int32{-1} },
		"outputs of another length":   func(e *Ensemble) { e.Output = []int32{0, 0} },
		"weights of another length":   func(e *Ensemble) { e.Weight = []float64{} },
		"weight NaN":                  func(e *Ensemble) { e.Weight = []float64{math.NaN()} },
		"terms out of order":          func(e *Ensemble) { e.Linear.Start = []int32{0, 1, 0, 1} },
		"terms of an inner node":      func(e *Ensemble) { e.Linear.Start = []int32{0, 1, 1, 1} },
		"terms past the end":          func(e *Ensemble) { e.Linear.Start = []int32{0, 0, 2, 2} },
		"a term of another column":    func(e *Ensemble) { e.Linear.Feature[0] = 2 },
		"a term of a negative":        func(e *Ensemble) { e.Linear.Feature[0] = -1 },
		"a term without factor":       func(e *Ensemble) { e.Linear.Coef = nil },
		"factor NaN":                  func(e *Ensemble) { e.Linear.Coef[0] = math.NaN() },
		"constants of another length": func(e *Ensemble) { e.Linear.Const = nil },
	} {
		e := sound()
		spoil(e)
		assert.ErrorIs(t, e.Restore(), ml.ErrFormat, name)
	}
	orphan := sound()
	orphan.Feature, orphan.Left, orphan.Right = []int32{-1, -1, -1}, []int32{0, 0, 0}, []int32{0, 0, 0}
	assert.ErrorIs(t, orphan.Restore(), ml.ErrFormat, "nodes without a parent")
}

func TestBuilderRefusesWhatCannotBe(t *testing.T) {
	for name, add := range map[string]func(b *Builder){
		"no nodes":                func(b *Builder) { b.Add(0, 1, nil) },
		"too many values":         func(b *Builder) { b.Add(0, 1, []Node{{Feature: -1, Value: []float64{1, 2}}}) },
		"output out of range":     func(b *Builder) { b.Add(1, 1, []Node{{Feature: -1}}) },
		"a child before":          func(b *Builder) { b.Add(0, 1, []Node{{Feature: 0, Left: 0, Right: 1}, {Feature: -1}}) },
		"a negative child":        func(b *Builder) { b.Add(0, 1, []Node{{Feature: 0, Left: -1, Right: 1}, {Feature: -1}}) },
		"a line without features": func(b *Builder) { b.Add(0, 1, []Node{{Feature: -1, Linear: &Line{Coef: []float64{1}}}}) },
	} {
		b := NewBuilder(Ensemble{Features: 1, Outputs: 1})
		add(b)
		_, err := b.Ensemble()
		assert.ErrorIs(t, err, ml.ErrFormat, name)
	}
}

func TestModelsAnswerAlikeAfterSaveAndLoad(t *testing.T) {
	for _, s := range shapes {
		e := randomEnsemble(t, s)
		m, err := NewMultiRegressionModel(ml.Fitted{}, e)
		require.NoError(t, err)
		var file bytes.Buffer
		require.NoError(t, ml.Save(&file, m))
		again, err := ml.Load[*MultiRegressionModel](&file)
		require.NoError(t, err)
		x := randomRows(50, s.features, s.seed)
		want, err := m.Raw(x)
		require.NoError(t, err)
		got, err := again.Raw(x)
		require.NoError(t, err)
		assert.Equal(t, want.Data(), got.Data())
	}
}

// sameBits compares numbers as bits, so that zeros of either sign differ.
func sameBits(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return math.Float64bits(x) == math.Float64bits(y) })
}

func TestEnginesAgreeWithTheWalk(t *testing.T) {
	for _, s := range shapes {
		e := randomEnsemble(t, s)
		m, err := NewMultiRegressionModel(ml.Fitted{}, e)
		require.NoError(t, err)
		x := randomRows(600, s.features, s.seed)
		whole, row := tensor.New[float64](600, s.outputs), make([]float64, s.outputs)
		for i := range 600 {
			e.walk(whole.Row(i), x.Row(i), e.Trees())
			require.NoError(t, m.RawRow(row, x.Row(i)))
			require.True(t, sameBits(whole.Row(i), row), "%+v: row %d alone: %v, want %v", s, i, row, whole.Row(i))
		}
		for _, n := range []int{1, 7, 8, 17, 63, 64, 65, 128, 129, 193, 257, 600} {
			for name, x := range map[string]tensor.Matrix{"float64": x.Rows(0, n), "a view": x.Rows(600-n, 600), "CSR": tensor.SparseFrom[float64](x.Rows(0, n))} {
				batch, err := m.Raw(x)
				require.NoError(t, err)
				want := whole.Rows(0, n)
				if name == "a view" {
					want = whole.Rows(600-n, 600)
				}
				for i := range n {
					require.True(t, sameBits(want.Row(i), batch.Row(i)), "%+v: row %d of %d as %s: %v, want %v", s, i, n, name, batch.Row(i), want.Row(i))
				}
			}
		}
	}
}

func TestStagesAndFirst(t *testing.T) {
	for _, s := range shapes {
		e := randomEnsemble(t, s)
		m, err := NewMultiRegressionModel(ml.Fitted{}, e)
		require.NoError(t, err)
		x := randomRows(20, s.features, s.seed)
		stage := 0
		for got, err := range m.StagedRaw(x) {
			require.NoError(t, err)
			stage++
			part, err := e.First(stage)
			require.NoError(t, err)
			short, err := NewMultiRegressionModel(ml.Fitted{}, part)
			require.NoError(t, err)
			want, err := short.Raw(x)
			require.NoError(t, err)
			require.Equal(t, want.Data(), got.Data(), "%+v: stage %d", s, stage)
		}
		assert.Equal(t, e.Stages(), stage)
	}
}

func TestModelsRefuseInfinity(t *testing.T) {
	e := randomEnsemble(t, shapes[1])
	m, err := NewRegressionModel(ml.Fitted{}, e)
	require.NoError(t, err)
	x := tensor.New[float64](2, 5)
	x.Set(math.Inf(1), 1, 3)
	_, err = m.Predict(x)
	assert.ErrorIs(t, err, ml.ErrNotFinite)
	_, err = m.PredictRow(x.Row(1))
	assert.ErrorIs(t, err, ml.ErrNotFinite)
	_, err = m.PredictRow(x.Row(1)[:4])
	assert.ErrorIs(t, err, ml.ErrShape)
}

func TestRowsDoNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("sync.Pool drops what it holds under the race detector")
	}
	for _, s := range shapes {
		e := randomEnsemble(t, s)
		x := randomRows(1, s.features, 1).Row(0)
		m, err := NewMultiRegressionModel(ml.Fitted{}, e)
		require.NoError(t, err)
		dst := make([]float64, s.outputs)
		for range 2 * patience {
			require.NoError(t, m.RawRow(dst, x))
		}
		assert.Zero(t, testing.AllocsPerRun(20, func() { err = errors.Join(err, m.RawRow(dst, x)) }), "%+v", s)
		require.NoError(t, err)
	}
	e := randomEnsemble(t, shape{features: 4, outputs: 3, trees: 30, leaves: 8})
	e.Link = Softmax
	c, err := NewClassificationModel(ml.Fitted{}, e)
	require.NoError(t, err)
	x, p := randomRows(1, 4, 1).Row(0), make([]float64, 3)
	for range 2 * patience {
		require.NoError(t, c.ProbaRow(p, x))
	}
	assert.Zero(t, testing.AllocsPerRun(20, func() { _, err = c.PredictRow(x) }))
	assert.Zero(t, testing.AllocsPerRun(20, func() { err = c.ProbaRow(p, x) }))
	require.NoError(t, err)
}

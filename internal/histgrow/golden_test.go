package histgrow

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

type goldenNode struct {
	Feature     int
	Threshold   float64
	MissingLeft bool `json:"missing_left"`
	Gain, Value float64
	Count       int
	Set         uint32 // the categories on the left
}

type goldenTrees struct {
	X     [][]float64
	Y     []float64
	Cases []struct {
		Name  string
		Nodes []goldenNode
	}
	CategoryX     [][]float64  `json:"category_x"`
	CategoryY     []float64    `json:"category_y"`
	CategoryNodes []goldenNode `json:"category_nodes"`
	Edges         []struct {
		Column     int
		MaxBin     int `json:"max_bin"`
		Thresholds []float64
	}
}

// The thresholds of a tree of LightGBM that cuts wherever it can are the edges of its bins, but for those between which there is nothing to gain.
func TestEdgesOfLightGBM(t *testing.T) {
	want := golden.Load[goldenTrees](t, "testdata/lightgbm.json")
	x, err := tensor.FromRows(want.X)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range want.Edges {
		b, err := Bin(context.Background(), rows.Of(x), BinOptions{MaxBins: e.MaxBin})
		if err != nil {
			t.Fatal(err)
		}
		edges := b.Columns[e.Column].Edges
		found := 0
		for _, v := range e.Thresholds {
			if v >= 1e300 { // the missing against all others
				continue
			}
			found++
			// The dump of LightGBM prints 17 digits.
			if !slices.ContainsFunc(edges, func(edge float64) bool { return math.Abs(edge-v) <= 1e-14*math.Abs(v) }) {
				t.Errorf("column %d, %d bins: no edge %v", e.Column, e.MaxBin, v)
			}
		}
		if found < len(edges)*9/10 {
			t.Errorf("column %d, %d bins: LightGBM cuts at %d places, we have %d edges", e.Column, e.MaxBin, found, len(edges))
		}
	}
}

// Trees of LightGBM, split by split. Its leaf values and gains are those of float32 derivatives.
func TestTreesOfLightGBM(t *testing.T) {
	want := golden.Load[goldenTrees](t, "testdata/lightgbm.json")
	x, err := tensor.FromRows(want.X)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Bin(context.Background(), rows.Of(x), BinOptions{})
	if err != nil {
		t.Fatal(err)
	}
	grad := make([]float32, b.Rows)
	for i, y := range want.Y {
		grad[i] = float32(-y)
	}
	base := Config{MaxLeaves: 12, MinSamplesLeaf: 20, MinHessian: 1e-3}
	configs := map[string]func(c *Config){
		"plain":    func(c *Config) {},
		"l2":       func(c *Config) { c.L2, c.MinGain = 3, 0.5 },
		"l1":       func(c *Config) { c.L1, c.L2 = 2, 0.5 },
		"step":     func(c *Config) { c.MaxDeltaStep = 1.2 },
		"smooth":   func(c *Config) { c.PathSmooth = 5 },
		"depth":    func(c *Config) { c.MaxDepth = 3 },
		"monotone": func(c *Config) { c.Monotone = []int8{1, 0, 0, 0, -1, 0, 0} },
	}
	for _, tc := range want.Cases {
		t.Run(tc.Name, func(t *testing.T) {
			cfg := base
			configs[tc.Name](&cfg)
			tree := grow(t, b, cfg, grad, nil, nil)
			at := 0
			var visit func(i int32)
			visit = func(i int32) {
				if at >= len(tc.Nodes) {
					t.Fatal("more nodes than LightGBM has")
				}
				n, w := tree.Nodes[i], tc.Nodes[at]
				at++
				if int(n.Feature) != w.Feature || n.Count != w.Count {
					t.Fatalf("node %d: column %d, %d rows, want %d and %d", at-1, n.Feature, n.Count, w.Feature, w.Count)
				}
				if n.Feature < 0 {
					if math.Abs(n.Value-w.Value) > 2e-6*(1+math.Abs(w.Value)) {
						t.Fatalf("leaf value %v, want %v", n.Value, w.Value)
					}
					return
				}
				if math.Abs(n.Threshold-w.Threshold) > 1e-14*math.Abs(w.Threshold) && !(n.Threshold == math.MaxFloat64 && w.Threshold >= 1e300) {
					t.Fatalf("column %d, threshold %v, want %v", n.Feature, n.Threshold, w.Threshold)
				}
				if b.Columns[n.Feature].Missing && n.MissingLeft != w.MissingLeft {
					t.Fatalf("missing left %v, want %v", n.MissingLeft, w.MissingLeft)
				}
				if math.Abs(n.Gain-w.Gain) > 1e-4*(1e-2+w.Gain) {
					t.Fatalf("gain %v, want %v", n.Gain, w.Gain)
				}
				visit(n.Left)
				visit(n.Right)
			}
			visit(0)
			if at != len(tc.Nodes) {
				t.Fatalf("%d nodes, want %d", at, len(tc.Nodes))
			}
		})
	}
}

// The sets of categories are LightGBM's, and so are the values, which have its extra L2.
func TestCategoriesOfLightGBM(t *testing.T) {
	want := golden.Load[goldenTrees](t, "testdata/lightgbm.json")
	x, err := tensor.FromRows(want.CategoryX)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Bin(context.Background(), rows.Of(x), BinOptions{Categorical: []bool{true, true, false}})
	if err != nil {
		t.Fatal(err)
	}
	grad := make([]float32, b.Rows)
	for i, y := range want.CategoryY {
		grad[i] = float32(-y)
	}
	tree := grow(t, b, Config{MaxLeaves: 10, MinSamplesLeaf: 20, MinHessian: 1e-3}, grad, nil, nil)
	at := 0
	var visit func(i int32)
	visit = func(i int32) {
		if at >= len(want.CategoryNodes) {
			t.Fatal("more nodes than LightGBM has")
		}
		n, w := tree.Nodes[i], want.CategoryNodes[at]
		at++
		if int(n.Feature) != w.Feature || n.Count != w.Count {
			t.Fatalf("node %d: column %d, %d rows, want %d and %d", at-1, n.Feature, n.Count, w.Feature, w.Count)
		}
		if n.Feature < 0 {
			if math.Abs(n.Value-w.Value) > 2e-6*(1+math.Abs(w.Value)) { // LightGBM's derivatives are float32
				t.Fatalf("leaf value %v, want %v", n.Value, w.Value)
			}
			return
		}
		var set uint32
		if n.Category {
			set = n.Set[0]
		}
		if set != w.Set {
			t.Fatalf("node %d: set %b, want %b", at-1, set, w.Set)
		}
		visit(n.Left)
		visit(n.Right)
	}
	visit(0)
	if at != len(want.CategoryNodes) {
		t.Fatalf("%d nodes, want %d", at, len(want.CategoryNodes))
	}
}

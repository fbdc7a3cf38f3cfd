package cluster_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/cluster"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

type linkageCase struct {
	Z           [][]float64
	K3          []int   `json:"k3,omitempty"`
	Height      float64 `json:"height,omitempty"`
	Cut         []int   `json:"cut,omitempty"`
	Correlation float64 `json:"correlation,omitempty"`
	Order       []int   `json:"order,omitempty"`
}

type agglomerativeGolden struct {
	X     [][]float64
	Cases map[string]linkageCase
	Graph struct{ Row, Col []int }
	Edges map[string]struct {
		Children  [][]int
		Distances []float64
		Labels    []int
	}
}

var linkages = []cluster.Linkage{cluster.Ward, cluster.Complete, cluster.Average, cluster.Weighted, cluster.Centroid, cluster.Median, cluster.Single}

// condensed are the distances of all pairs in the order of Dendrogram.Cophenetic.
func condensed(x [][]float64, d metrics.Distance) (out []float64) {
	for i := range x {
		for j := i + 1; j < len(x); j++ {
			out = append(out, d.Between(x[i], x[j]))
		}
	}
	return out
}

// Trees are SciPy's, with their cuts and orders. 1e-12: heights are sums of a dozen numbers in another order; 1e-9 for the correlation of 861 pairs.
func TestAgglomerativeMatchesSciPy(t *testing.T) {
	g := golden.Load[agglomerativeGolden](t, "testdata/agglomerative.json")
	d := ml.Table{X: matrix(t, g.X)}
	for _, l := range linkages {
		want := g.Cases[l.String()]
		m, err := cluster.Agglomerative{K: 3, Linkage: l}.Fit(ctx, d)
		if err != nil {
			t.Fatal(l, err)
		}
		golden.Close(t, m.Z.Data(), slices.Concat(want.Z...), 1e-12, 0, l.String()+": Z")
		if !slices.Equal(m.Order(), want.Order) {
			t.Errorf("%v: order %v, want %v", l, m.Order(), want.Order)
		}
		if l != cluster.Centroid && l != cluster.Median && !slices.Equal(m.Labels, want.K3) { // where heights fall, SciPy cuts by the highest below instead
			t.Errorf("%v: labels %v, want %v", l, m.Labels, want.K3)
		}
		if cut := m.CutHeight(want.Height); !slices.Equal(cut, want.Cut) {
			t.Errorf("%v: cut %v, want %v", l, cut, want.Cut)
		}
		y := condensed(g.X, metrics.Euclidean{})
		r, err := m.CopheneticCorrelation(y)
		if err != nil {
			t.Fatal(err)
		}
		golden.Close(t, []float64{r}, []float64{want.Correlation}, 1e-9, 0, l.String()+": correlation")
		order, err := m.OptimalOrder(y)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.SVG(cluster.DendrogramPlot{Order: order}); err != nil {
			t.Errorf("%v: an optimal order is none of the tree's: %v", l, err)
		}
		byHeight, err := cluster.Agglomerative{Height: want.Height, Linkage: l}.Fit(ctx, d)
		if err != nil || !slices.Equal(byHeight.Labels, want.Cut) {
			t.Errorf("%v: cut at fit %v, %v", l, byHeight.Labels, err)
		}
	}
	m, err := cluster.Agglomerative{Linkage: cluster.Average, Distance: metrics.Manhattan{}}.Fit(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	golden.Close(t, m.Z.Data(), slices.Concat(g.Cases["manhattan"].Z...), 1e-12, 0, "Manhattan: Z")
}

// The optimal order is the shortest of all that turning clusters about can give.
func TestOptimalOrderIsTheShortest(t *testing.T) {
	r := rng.New(6, 0)
	for n := 1; n <= 10; n++ {
		x := make([][]float64, n)
		for i := range x {
			x[i] = []float64{r.Float64(), r.Float64()}
		}
		k := min(n, 2)
		m, err := cluster.Agglomerative{K: k, Linkage: cluster.Average}.Fit(ctx, ml.Table{X: matrix(t, x)})
		if err != nil {
			t.Fatal(err)
		}
		length := func(order []int) (sum float64) {
			for i := range order[1:] {
				sum += metrics.Euclidean{}.Between(x[order[i]], x[order[i+1]])
			}
			return sum
		}
		got, err := m.OptimalOrder(condensed(x, metrics.Euclidean{}))
		if err != nil {
			t.Fatal(err)
		}
		shortest := math.Inf(1)
		for turns := range 1 << (n - 1) {
			parts := make([][]int, n)
			for i := range parts {
				parts[i] = []int{i}
			}
			for k := range n - 1 {
				a, b := parts[int(m.Z.At(k, 0))], parts[int(m.Z.At(k, 1))]
				if turns>>k&1 == 1 {
					a, b = b, a
				}
				parts = append(parts, slices.Concat(a, b))
			}
			shortest = min(shortest, length(parts[len(parts)-1]))
		}
		if l := length(got); math.Abs(l-shortest) > 1e-12 {
			t.Errorf("%d leaves: %v is %v long, the shortest %v", n, got, l, shortest)
		}
	}
}

// Along edges the trees are scikit-learn's; its tree of single linkage keeps no order of heights within equal ones, so its labels are compared.
func TestAgglomerativeAlongEdgesMatchesScikitLearn(t *testing.T) {
	g := golden.Load[agglomerativeGolden](t, "testdata/agglomerative.json")
	ones := make([]float64, len(g.Graph.Row))
	for i := range ones {
		ones[i] = 1
	}
	graph, err := tensor.FromCOO(len(g.X), len(g.X), g.Graph.Row, g.Graph.Col, ones)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range linkages {
		m, err := cluster.Agglomerative{K: 3, Linkage: l, Connectivity: graph}.Fit(ctx, ml.Table{X: matrix(t, g.X)})
		if err != nil {
			t.Fatal(l, err)
		}
		want, ok := g.Edges[l.String()]
		if !ok { // scikit-learn has no others: they must hold together all the same
			var again bytes.Buffer
			if err := ml.Save(&again, m); err != nil {
				t.Error(err)
			}
			if _, err := ml.Load[*cluster.AgglomerativeModel](&again); err != nil {
				t.Error(l, err)
			}
			continue
		}
		for i, c := range want.Children {
			if row := m.Z.Row(i); l != cluster.Single && (int(row[0]) != c[0] || int(row[1]) != c[1]) || math.Abs(row[2]-want.Distances[i]) > 1e-12*want.Distances[i] {
				t.Errorf("%v: merge %d is %v, want %v at %v", l, i, row, c, want.Distances[i])
				break
			}
		}
		if !slices.Equal(m.Labels, want.Labels) {
			t.Errorf("%v: labels %v, want %v", l, m.Labels, want.Labels)
		}
	}
}

// Each merge is that of the two nearest clusters, by their definition, of all that there are: on rows with weights, whose clusters count them.
func TestAgglomerativeMergesTheNearest(t *testing.T) {
	r := rng.New(4, 0)
	const n = 60
	x := make([][]float64, n)
	weight := make([]float64, n)
	for i := range x {
		x[i] = []float64{r.NormFloat64(), r.NormFloat64(), r.NormFloat64(), r.NormFloat64()}
		weight[i] = 1 + r.Float64()
	}
	for _, l := range linkages {
		m, err := cluster.Agglomerative{Linkage: l}.Fit(ctx, ml.Table{X: matrix(t, x), Weight: weight})
		if err != nil {
			t.Fatal(err)
		}
		type group struct {
			id     int
			x      []float64
			weight float64
			to     map[int]float64
		}
		live := map[int]*group{}
		for i := range x {
			live[i] = &group{i, x[i], weight[i], map[int]float64{}}
		}
		apart := func(a, b *group) float64 {
			d := metrics.Euclidean{}.Between(a.x, b.x)
			if l == cluster.Ward {
				d *= math.Sqrt(2 * a.weight * b.weight / (a.weight + b.weight))
			}
			return d
		}
		for i := range n {
			for j := range n {
				live[i].to[j] = apart(live[i], live[j])
			}
		}
		for k := range n - 1 {
			least := math.Inf(1)
			for i, a := range live {
				for j := range live {
					if i < j {
						least = min(least, a.to[j])
					}
				}
			}
			row := m.Z.Row(k)
			a, b := live[int(row[0])], live[int(row[1])]
			if a == nil || b == nil || math.Abs(row[2]-least) > 1e-12*least || math.Abs(a.to[b.id]-least) > 1e-12*least {
				t.Fatalf("%v: merge %d is %v, the nearest pair is %v apart", l, k, row, least)
			}
			c := &group{n + k, make([]float64, 4), a.weight + b.weight, map[int]float64{}}
			for j := range c.x {
				c.x[j] = (a.weight*a.x[j] + b.weight*b.x[j]) / c.weight
				if l == cluster.Median {
					c.x[j] = (a.x[j] + b.x[j]) / 2
				}
			}
			delete(live, a.id)
			delete(live, b.id)
			for j, o := range live {
				d := 0.0
				switch l {
				case cluster.Complete:
					d = max(a.to[j], b.to[j])
				case cluster.Single:
					d = min(a.to[j], b.to[j])
				case cluster.Average:
					d = (a.weight*a.to[j] + b.weight*b.to[j]) / c.weight
				case cluster.Weighted:
					d = (a.to[j] + b.to[j]) / 2
				default:
					d = apart(c, o)
				}
				c.to[j], o.to[c.id] = d, d
			}
			live[c.id] = c
		}
	}
}

// What lies apart is told apart, and new rows go where they belong.
func TestAgglomerativePredicts(t *testing.T) {
	r := rng.New(9, 0)
	var x, fresh [][]float64
	var y []int
	for i := range 90 {
		c := []float64{float64(i%3) * 10, float64(i%3*(i%3)) * 4}
		x = append(x, []float64{c[0] + r.NormFloat64(), c[1] + r.NormFloat64()})
		fresh = append(fresh, []float64{c[0] + r.NormFloat64(), c[1] + r.NormFloat64()})
		y = append(y, i%3)
	}
	for _, l := range linkages {
		m, err := cluster.Agglomerative{K: 3, Linkage: l}.Fit(ctx, ml.Table{X: matrix(t, x)})
		if err != nil {
			t.Fatal(err)
		}
		got, err := m.Predict(matrix(t, fresh))
		if err != nil || !slices.Equal(got, y) || !slices.Equal(m.Labels, y) {
			t.Errorf("%v: %v, %v", l, got, err)
		}
	}
}

func TestAgglomerativeRefuses(t *testing.T) {
	d := ml.Table{X: matrix(t, [][]float64{{0}, {1}, {3}})}
	for name, c := range map[string]cluster.Agglomerative{
		"both cuts": {K: 2, Height: 1}, "too many": {K: 4}, "below": {Height: -1}, "no linkage": {Linkage: 9},
		"other distance": {Distance: metrics.Manhattan{}}, "other graph": {Connectivity: tensor.NewCSRZeros[float64](2, 2)},
	} {
		if _, err := c.Fit(ctx, d); !errors.Is(err, ml.ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDendrogramSVG(t *testing.T) {
	m, err := cluster.Agglomerative{}.Fit(ctx, ml.Table{X: matrix(t, [][]float64{{0}, {1}, {4}, {6}})})
	if err != nil {
		t.Fatal(err)
	}
	picture, err := m.SVG(cluster.DendrogramPlot{Title: "a < b", Names: []string{"one", "two", "three", "four"}, Height: 3})
	if err != nil {
		t.Fatal(err)
	}
	for d := xml.NewDecoder(bytes.NewReader(picture)); ; {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	for _, part := range []string{"a &lt; b", "three", "polyline"} {
		if !bytes.Contains(picture, []byte(part)) {
			t.Errorf("no %q in %s", part, picture)
		}
	}
	for _, p := range []cluster.DendrogramPlot{{Names: []string{"x"}}, {Order: []int{0, 2, 1, 3}}, {Order: []int{0, 0, 1, 2}}, {Width: 1}} {
		if _, err := m.SVG(p); err == nil {
			t.Errorf("%+v is drawn", p)
		}
	}
}

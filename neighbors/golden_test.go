package neighbors_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/neighbors"
	"github.com/gopherwood-ml/ml/tensor"
)

var ctx = context.Background()

type sklearn struct {
	X, Z, Test, Grid [][]float64
	Y                []int
	Nearest          map[string]struct {
		Index    [][]int
		Distance [][]float64
		Radius   float64
		Within   [][]int
		Graph    [][][]float64 // columns and distances of each row
		Around   [][]int
	}
	Votes map[string]struct {
		Proba, Mean [][]float64
		Predict     []int
		RadiusMean  [][]float64 `json:"radius_mean"`
		RadiusProba [][]float64 `json:"radius_proba"`
		Radius      float64
	}
	LOF map[string]struct {
		Training, New []float64
		Offset        float64
	} `json:"lof"`
}

var distances = map[string]metrics.Distance{"euclidean": nil, "manhattan": metrics.Manhattan{}, "chebyshev": metrics.Chebyshev{}, "minkowski3": metrics.Minkowski{P: 3},
	"canberra": metrics.Canberra{}, "cosine": metrics.Cosine{}}

// algorithms are those that a distance allows.
func algorithms(d metrics.Distance) []neighbors.Algorithm {
	switch d.(type) {
	case metrics.Cosine:
		return []neighbors.Algorithm{neighbors.Auto, neighbors.Brute}
	case metrics.Canberra:
		return []neighbors.Algorithm{neighbors.Auto, neighbors.Brute, neighbors.BallTree}
	}
	return []neighbors.Algorithm{neighbors.Auto, neighbors.Brute, neighbors.KDTree, neighbors.BallTree}
}

func matrix(t *testing.T, x [][]float64) *tensor.Tensor[float64] {
	t.Helper()
	m, err := tensor.FromRows(x)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Distances differ by the last bits: scikit-learn takes Euclidean ones by products, x·x - 2x·y + y·y, in blocks. Which rows are nearest does not.
const rel, abs = 1e-12, 1e-12

func TestNeighborsMatchScikitLearn(t *testing.T) {
	g := golden.Load[sklearn](t, "testdata/sklearn.json")
	x, test := matrix(t, g.X), matrix(t, g.Test)
	for name, want := range g.Nearest {
		for _, how := range algorithms(distances[name]) {
			where := fmt.Sprint(name, ", ", how)
			m, err := neighbors.NearestNeighbors{Distance: distances[name], Algorithm: how, LeafSize: 3}.Fit(ctx, ml.Table{X: x})
			if err != nil {
				t.Fatal(where, err)
			}
			found, err := m.Nearest(test, 7)
			if err != nil {
				t.Fatal(where, err)
			}
			within, err := m.Within(test, want.Radius*(1+1e-12))
			if err != nil {
				t.Fatal(where, err)
			}
			for i, f := range found {
				if !slices.Equal(f.Index, want.Index[i]) {
					t.Errorf("%s: row %d: %v, want %v", where, i, f.Index, want.Index[i])
				}
				golden.Close(t, f.Distance, want.Distance[i], rel, abs, where)
				if !slices.Equal(within[i].Index, want.Within[i]) {
					t.Errorf("%s: within %g of row %d: %v, want %v", where, want.Radius, i, within[i].Index, want.Within[i])
				}
			}
			graph, err := m.KNNGraph(4, neighbors.Lengths)
			if err != nil {
				t.Fatal(where, err)
			}
			around, err := m.RadiusGraph(want.Radius*(1+1e-12), neighbors.Connected)
			if err != nil {
				t.Fatal(where, err)
			}
			for i := range g.X {
				cols, values := graph.RowNZ(i)
				if got := floats(cols); !slices.Equal(got, want.Graph[i][0]) {
					t.Errorf("%s: graph, row %d: %v, want %v", where, i, got, want.Graph[i][0])
				}
				golden.Close(t, values, want.Graph[i][1], rel, abs, where+": graph")
				all, ones := around.RowNZ(i)
				if got := ints(all); !slices.Equal(got, want.Around[i]) || len(ones) > 0 && slices.Min(ones) != 1 {
					t.Errorf("%s: radius graph, row %d: %v, want %v", where, i, got, want.Around[i])
				}
			}
		}
	}
}

func floats(v []int32) (out []float64) {
	for _, x := range v {
		out = append(out, float64(x))
	}
	return out
}

func ints(v []int32) (out []int) {
	for _, x := range v {
		out = append(out, int(x))
	}
	return out
}

func TestVotesMatchScikitLearn(t *testing.T) {
	g := golden.Load[sklearn](t, "testdata/sklearn.json")
	x := matrix(t, g.X)
	at := matrix(t, append(slices.Clone(g.Test), g.X[:3]...))
	for name, d := range distances {
		for _, weights := range []string{"uniform", "distance"} {
			want := g.Votes[name+" "+weights]
			var w neighbors.Weighting
			if weights == "distance" {
				w = neighbors.InverseDistance{}
			}
			r := want.Radius * (1 + 1e-12)
			where := name + " " + weights
			c, err := neighbors.KNeighborsClassifier{Neighbors: 6, Weights: w, Distance: d}.Fit(ctx, ml.Data(x, g.Y))
			if err != nil {
				t.Fatal(where, err)
			}
			p, err := c.PredictProba(at)
			if err != nil {
				t.Fatal(where, err)
			}
			// Cosines of a row with itself are not exactly 1 for scikit-learn, so its nearest row is at a distance of 1e-16 and counts nearly alone.
			golden.Close(t, p.Data(), matrix(t, want.Proba).Data(), 1e-9, 1e-9, where)
			if got, err := c.Predict(at); err != nil || !slices.Equal(got, want.Predict) {
				t.Errorf("%s: %v, want %v, %v", where, got, want.Predict, err)
			}
			rc, err := neighbors.RadiusNeighborsClassifier{Radius: r, Weights: w, Distance: d, Outlier: new(1)}.Fit(ctx, ml.Data(x, g.Y))
			if err != nil {
				t.Fatal(where, err)
			}
			if p, err = rc.PredictProba(at); err != nil {
				t.Fatal(where, err)
			}
			golden.Close(t, p.Data(), matrix(t, want.RadiusProba).Data(), 1e-9, 1e-9, where+": radius")
			m, err := neighbors.KNeighborsMulti{Neighbors: 6, Weights: w, Distance: d}.Fit(ctx, ml.Data(x, g.Z))
			if err != nil {
				t.Fatal(where, err)
			}
			mean, err := m.Predict(at)
			if err != nil {
				t.Fatal(where, err)
			}
			golden.Close(t, slices.Concat(mean...), slices.Concat(want.Mean...), 1e-9, 1e-9, where+": mean")
			rm, err := neighbors.RadiusNeighborsMulti{Radius: r, Weights: w, Distance: d}.Fit(ctx, ml.Data(x, g.Z))
			if err != nil {
				t.Fatal(where, err)
			}
			if mean, err = rm.Predict(at); err != nil {
				t.Fatal(where, err)
			}
			for i, row := range want.RadiusMean {
				if math.IsNaN(row[0]) { // no neighbours: scikit-learn gives NaN, we the mean of all
					mu := [2]float64{}
					for _, z := range g.Z {
						mu[0], mu[1] = mu[0]+z[0]/60, mu[1]+z[1]/60
					}
					row = mu[:]
				}
				golden.Close(t, mean[i], row, 1e-9, 1e-9, where+": radius mean")
			}
		}
	}
}

func TestOutlierFactorsMatchScikitLearn(t *testing.T) {
	g := golden.Load[sklearn](t, "testdata/sklearn.json")
	for name, want := range g.LOF {
		c := map[string]neighbors.LocalOutlierFactor{"5": {Neighbors: 5}, "20": {}, "manhattan": {Neighbors: 8, Distance: metrics.Manhattan{}}}[name]
		c.Contamination = 0.1
		m, err := c.Fit(ctx, ml.Table{X: matrix(t, g.Grid)})
		if err != nil {
			t.Fatal(err)
		}
		golden.Close(t, m.Training, want.Training, 1e-9, 0, name)
		if math.Abs(m.Offset-want.Offset) > 1e-9 {
			t.Errorf("%s: offset %g, want %g", name, m.Offset, want.Offset)
		}
		s, err := m.Scores(matrix(t, g.Test))
		if err != nil {
			t.Fatal(err)
		}
		golden.Close(t, s, want.New, 1e-9, 0, name+": new rows")
		// The outlier that was planted stands out.
		if last := len(g.Grid) - 1; m.Training[last] != slices.Max(m.Training) {
			t.Errorf("%s: the planted outlier has %g of %g", name, m.Training[last], slices.Max(m.Training))
		}
	}
}

// Rows with gaps and categories are found by Gower's distance, by hand; those without a common column come last.
func TestGowerFindsNeighbors(t *testing.T) {
	nan := math.NaN()
	table := ml.Table{X: matrix(t, [][]float64{{20, 0}, {60, 1}, {22, nan}, {nan, 1}, {50, 0}}), Columns: []ml.Column{{}, {Kind: ml.Categorical, Levels: []string{"a", "b"}}}}
	g, err := metrics.GowerOf(table)
	if err != nil {
		t.Fatal(err)
	}
	m, err := neighbors.NearestNeighbors{Distance: g}.Fit(ctx, table)
	if err != nil {
		t.Fatal(err)
	}
	found, err := m.Nearest(matrix(t, [][]float64{{20, nan}}), 5)
	if want := []int{0, 2, 4, 1, 3}; err != nil || !slices.Equal(found[0].Index, want) || found[0].Distance[1] != 0.05 || !math.IsInf(found[0].Distance[4], 1) {
		t.Error(found, err, want)
	}
	one, err := m.NearestRow(neighbors.Neighbors{}, []float64{nan, 1}, 2)
	if want := []int{1, 3}; err != nil || !slices.Equal(one.Index, want) {
		t.Error(one, err)
	}
	if _, err := m.NearestRow(one, []float64{math.Inf(1), 1}, 2); err == nil {
		t.Error("an infinite number is accepted")
	}
	c, err := neighbors.KNeighborsClassifier{Neighbors: 2, Distance: g, Weights: neighbors.InverseDistance{}}.Fit(ctx, ml.Dataset[int]{Table: table, Y: []int{0, 1, 0, 1, 1}})
	if err != nil {
		t.Fatal(err)
	}
	if pred := must(c.Predict(matrix(t, [][]float64{{21, nan}, {nan, 1}}))); !slices.Equal(pred, []int{0, 1}) {
		t.Error(pred)
	}
	if _, err := (neighbors.NearestNeighbors{}).Fit(ctx, table); err == nil {
		t.Error("Euclid takes gaps")
	}
}

package features_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

func TestUnderSamplersGolden(t *testing.T) {
	g := golden.Load[struct {
		X                   [][]float64
		Y                   []int
		Tomek, Enn          []int
		EnnMode             []int `json:"enn_mode"`
		Near1, Near2, Near3 []int
	}](t, "testdata/undersample.json")
	x, err := tensor.FromRows(g.X)
	if err != nil {
		t.Fatal(err)
	}
	d := ml.Data(x, g.Y)
	for i := range g.Y {
		d.Group = append(d.Group, i) // so that the rows kept can be told
	}
	for name, c := range map[string]struct {
		sampler ml.Resampler[ml.Dataset[int]]
		want    []int
	}{
		"Tomek": {features.TomekLinks{}, g.Tomek}, "ENN": {features.EditedNearestNeighbours{}, g.Enn}, "ENN mode": {features.EditedNearestNeighbours{K: 5, Mode: true}, g.EnnMode},
		"NearMiss 1": {features.NearMiss{}, g.Near1}, "NearMiss 2": {features.NearMiss{Version: 2}, g.Near2}, "NearMiss 3": {features.NearMiss{Version: 3}, g.Near3},
	} {
		got, err := c.sampler.Resample(ctx, d)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !reflect.DeepEqual(got.Group, c.want) {
			t.Errorf("%s keeps %v, want %v", name, got.Group, c.want)
		}
	}
}

// imbalanced is n rows, of which a share of rare are of class 1, shifted.
func imbalanced(n int, rare, shift float64, seed uint64) ml.Dataset[int] {
	r := rand.New(rand.NewPCG(seed, 1))
	x, y := tensor.New[float64](n, 4), make([]int, n)
	for i := range y {
		if r.Float64() < rare {
			y[i] = 1
		}
		for j := range 4 {
			x.Row(i)[j] = r.NormFloat64() + shift*float64(y[i])*float64(1+j%2)
		}
	}
	return ml.Data(x, y)
}

func counts(y []int) map[int]int {
	out := map[int]int{}
	for _, k := range y {
		out[k]++
	}
	return out
}

func TestOverSamplersKeepTheirPromises(t *testing.T) {
	d := imbalanced(300, 0.15, 1, 2)
	d.Weight = make([]float64, 300)
	for i := range d.Weight {
		d.Weight[i] = float64(i % 4)
	}
	before := d.X.(*tensor.Tensor[float64]).Clone()
	for name, s := range map[string]ml.Resampler[ml.Dataset[int]]{
		"random": features.RandomOverSampler{}, "SMOTE": features.SMOTE{}, "borderline": features.BorderlineSMOTE{}, "ADASYN": features.ADASYN{},
		"SMOTE to half": features.SMOTE{Ratio: 0.5, K: 2},
	} {
		got, err := s.Resample(ctx, d)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		again, err := s.Resample(ctx, d)
		if err != nil || !reflect.DeepEqual(got, again) {
			t.Errorf("%s: another result the second time", name)
		}
		n := d.Rows()
		x := got.X.(*tensor.Tensor[float64])
		for i := range n {
			if !reflect.DeepEqual(x.Row(i), before.Row(i)) || got.Y[i] != d.Y[i] || got.Weight[i] != d.Weight[i] {
				t.Fatalf("%s: row %d is not the original", name, i)
			}
		}
		have, all := map[int]int{}, map[int]int{}
		for i, k := range got.Y {
			if got.Weight[i] > 0 {
				all[k]++
				if i < n {
					have[k]++
				}
			}
			if i >= n && (k != 1 || got.Weight[i] == 0) {
				t.Fatalf("%s: made row %d is of class %d and weight %v", name, i, k, got.Weight[i])
			}
		}
		want := all[0]
		if name == "SMOTE to half" {
			want /= 2
		}
		if off := math.Abs(float64(all[1] - want)); off > 0 && name != "ADASYN" || off > float64(have[1]) {
			t.Errorf("%s: %v rows of the classes, want %d", name, all, want)
		}
		if name == "random" {
			continue
		}
		for i := n; i < len(got.Y); i++ {
			if !onASegment(before, d, x.Row(i)) {
				t.Fatalf("%s: made row %d lies between no two rows of its class", name, i)
			}
		}
	}
}

// onASegment reports whether a row lies between two rows of class 1 of positive weight.
func onASegment(x *tensor.Tensor[float64], d ml.Dataset[int], row []float64) bool {
	for a := range d.Y {
		for b := range d.Y {
			if d.Y[a] != 1 || d.Y[b] != 1 || a == b || d.Weight[a] == 0 || d.Weight[b] == 0 {
				continue
			}
			share := (row[0] - x.At(a, 0)) / (x.At(b, 0) - x.At(a, 0))
			if share < -1e-9 || share > 1+1e-9 {
				continue
			}
			on := true
			for j := range row {
				on = on && math.Abs(x.At(a, j)+share*(x.At(b, j)-x.At(a, j))-row[j]) < 1e-9
			}
			if on {
				return true
			}
		}
	}
	return false
}

func TestSMOTEOfCategories(t *testing.T) {
	d := imbalanced(200, 0.2, 1, 3)
	for i := range 200 {
		d.X.(*tensor.Tensor[float64]).Row(i)[2] = float64(i % 3)
	}
	d.Columns = []ml.Column{{Name: "a"}, {Name: "b"}, {Name: "c", Kind: ml.Categorical, Levels: []string{"x", "y", "z"}}, {Name: "d"}}
	got, err := features.SMOTE{}.Resample(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[float64]bool{}
	for i := 200; i < len(got.Y); i++ {
		v := got.X.At(i, 2)
		if v != 0 && v != 1 && v != 2 {
			t.Fatalf("made row %d has category %v", i, v)
		}
		seen[v] = true
	}
	if len(seen) != 3 {
		t.Errorf("categories of made rows: %v", seen)
	}
}

func TestRandomUnderSampler(t *testing.T) {
	d := imbalanced(300, 0.1, 1, 4)
	got, err := features.RandomUnderSampler{Seed: 1}.Resample(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	all, have := counts(d.Y), counts(got.Y)
	if have[0] != all[1] || have[1] != all[1] {
		t.Errorf("%v of %v", have, all)
	}
	sparse := d
	sparse.X = tensor.SparseFrom[float64](d.X)
	if got, err = (features.RandomOverSampler{}).Resample(ctx, sparse); err != nil || counts(got.Y)[1] != all[0] {
		t.Errorf("of CSR: %v, %v", counts(got.Y), err)
	}
	if _, err = (features.SMOTE{}).Resample(ctx, sparse); err == nil {
		t.Error("SMOTE of CSR: no error")
	}
}

// On 3000 rows of which 4 % are of class 1, a logistic regression that learns from the rows as they are puts nearly all into class 0. Each resampler raises the balanced accuracy on 3000 other rows, by far more than
// its standard error of 0.02.
func TestResamplersHelp(t *testing.T) {
	train, test := imbalanced(3000, 0.04, 0.7, 5), imbalanced(3000, 0.04, 0.7, 6)
	score := func(stages ml.Stages) float64 {
		m, err := ml.Pipe(stages, linear.LogisticRegression{}).Fit(ctx, train)
		if err != nil {
			t.Fatal(err)
		}
		pred, err := m.Predict(test.X)
		if err != nil {
			t.Fatal(err)
		}
		return metrics.BalancedAccuracy(test.Y, pred)
	}
	plain := score(ml.Stages{ml.Step(features.StandardScaler{})})
	for name, s := range map[string]ml.Stage{
		"RandomOverSampler": ml.Resample(features.RandomOverSampler{}), "RandomUnderSampler": ml.Resample(features.RandomUnderSampler{}), "SMOTE": ml.Resample(features.SMOTE{}),
		"BorderlineSMOTE": ml.Resample(features.BorderlineSMOTE{}), "ADASYN": ml.Resample(features.ADASYN{}),
	} {
		if got := score(ml.Stages{ml.Step(features.StandardScaler{}), s}); got < plain+0.06 {
			t.Errorf("%s: balanced accuracy %.3f, without %.3f", name, got, plain)
		}
	}
}

func ExampleSMOTE() {
	data := imbalanced(500, 0.1, 1, 7)
	more, err := features.SMOTE{}.Resample(context.Background(), data)
	if err != nil {
		panic(err)
	}
	fmt.Println(counts(data.Y), counts(more.Y))

	// in a pipeline only training rows pass it
	pipe := ml.Pipe(ml.Stages{ml.Step(features.StandardScaler{}), ml.Resample(features.SMOTE{})}, linear.LogisticRegression{})
	if _, err = pipe.Fit(context.Background(), data); err != nil {
		panic(err)
	}
	// Output:
	// map[0:458 1:42] map[0:458 1:458]
}

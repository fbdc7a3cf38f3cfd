package selection_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"reflect"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/bayes"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/selection"
	"github.com/gopherwood-ml/ml/tensor"
)

// grouped are rows of two columns and a group: 0 and 2 are large, 5 has 20 rows and 7 is of one class.
func grouped() ml.Dataset[int] {
	from, _ := calibrationData("cancer")
	n := from.Rows()
	d := ml.Data(tensor.New[float64](n, 3), from.Y)
	d.Weight = make([]float64, n)
	ones := 0
	for i := range n {
		row := d.X.(*tensor.Tensor[float64]).Row(i)
		row[0], row[2] = from.X.At(i, 0), from.X.At(i, 1)
		row[1] = float64(i % 2 * 2)
		d.Weight[i] = 1 + 0.5*float64(i%4)
		switch {
		case i >= 100 && i < 120:
			row[1] = 5
		case i >= 200 && from.Y[i] == 1 && ones < 60:
			row[1] = 7
			ones++
		}
	}
	d.Columns = []ml.Column{{Name: "radius"}, {Name: "ward", Kind: ml.Categorical, Levels: []string{"north", "b", "south", "d", "e", "small", "g", "benign"}}, {Name: "texture"}}
	return d
}

// outOfFold fits the estimator by hand and returns each row's probability when it was not trained on.
func outOfFold(t *testing.T, d ml.Dataset[int]) []float64 {
	folds, err := selection.StratifiedKFold{K: 4}.Split(d.Any())
	if err != nil {
		t.Fatal(err)
	}
	out := make([]float64, d.Rows())
	for _, f := range folds {
		m, err := groupedEstimator.Fit(context.Background(), d.Select(f.TrainRows(d.Rows())))
		if err != nil {
			t.Fatal(err)
		}
		p, err := m.(ml.Classifier).PredictProba(d.Select(f.Test).X)
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range f.Test {
			out[row] = p.At(i, 1)
		}
	}
	return out
}

var groupedEstimator = bareNB{}

// bareNB is naive Bayes of all columns, whatever their kind.
type bareNB struct{}

func (bareNB) Accepts() ml.Accepts { return ml.Accepts{Categorical: true} }

func (bareNB) Fit(ctx context.Context, d ml.Dataset[int]) (ml.Predictor[int], error) {
	d.Columns = nil
	return bayes.GaussianNB{}.Fit(ctx, d)
}

// Every threshold of every group is tried by hand: the costs are sums of few terms, equal but for rounding.
func TestGroupThresholdsAreTheBestOfEachGroup(t *testing.T) {
	const steps = 40
	d := grouped()
	c := selection.TunedThreshold{
		Base: ml.Decide(groupedEstimator), Scorer: selection.Cost{Matrix: [][]float64{{0, 8}, {1, 0}}}, Splitter: selection.StratifiedKFold{K: 4}, Steps: steps,
	}
	all, err := c.Fit(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	c.By = "ward"
	m, err := c.Fit(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	if m.Threshold != all.Threshold || !reflect.DeepEqual(m.Scores, all.Scores) {
		t.Errorf("with groups the threshold of all rows is %v, without %v", m.Threshold, all.Threshold)
	}
	scores := outOfFold(t, d)
	var names []string
	for _, g := range m.Groups {
		names = append(names, g.Name)
		var in []int
		lo, hi := math.Inf(1), math.Inf(-1)
		for i, s := range scores {
			if d.X.At(i, 1) == g.Value {
				in = append(in, i)
				lo, hi = min(lo, s), max(hi, s)
			}
		}
		if len(in) != g.Rows {
			t.Errorf("%s: %d rows, want %d", g.Name, g.Rows, len(in))
		}
		if g.Name == "small" || g.Name == "benign" {
			if g.Own || g.Threshold != m.Threshold {
				t.Errorf("%s: a threshold of its own, %v", g.Name, g.Threshold)
			}
			continue
		}
		cost := func(threshold float64) float64 {
			sum, weight := 0.0, 0.0
			for _, i := range in {
				weight += d.Weight[i]
				switch {
				case d.Y[i] == 0 && scores[i] >= threshold:
					sum += 8 * d.Weight[i]
				case d.Y[i] == 1 && scores[i] < threshold:
					sum += d.Weight[i]
				}
			}
			return sum / weight
		}
		best, at := math.Inf(1), 0.0
		for k := range steps {
			threshold := lo + float64(k)*((hi-lo)/(steps-1))
			if k == steps-1 {
				threshold = hi
			}
			if v := cost(threshold); v < best-1e-12 {
				best, at = v, threshold
			}
		}
		golden.Close(t, []float64{g.Threshold, g.Score}, []float64{at, best}, 0, 1e-9, g.Name)
		if !g.Own || cost(g.Threshold) > cost(m.Threshold) {
			t.Errorf("%s: own is %v, cost %v, and %v at the threshold of all rows", g.Name, g.Own, cost(g.Threshold), cost(m.Threshold))
		}
	}
	if want := []string{"north", "south", "small", "benign"}; !reflect.DeepEqual(names, want) {
		t.Fatalf("groups %v, want %v", names, want)
	}
	if m.Groups[0].Threshold == m.Groups[1].Threshold {
		t.Error("both groups have the same threshold: the test shows nothing")
	}
}

// Groups unknown at the fit, and those without enough rows, are decided as all rows.
func TestGroupThresholdsDecideByTheRowsGroup(t *testing.T) {
	d := grouped()
	d.Columns = nil
	m, err := selection.TunedThreshold{Base: ml.Classify(bayes.GaussianNB{}), Scorer: selection.F1{Average: metrics.Binary}, By: "x1"}.Fit(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	if m.Groups[1].Name != "2" {
		t.Errorf("the second group is %q, want 2", m.Groups[1].Name)
	}
	x := tensor.FromMatrix[float64](d.X)
	for i := 0; i < d.Rows(); i += 5 {
		x.Row(i)[1] = 3
	}
	var file bytes.Buffer
	if err := ml.Save(&file, m); err != nil {
		t.Fatal(err)
	}
	loaded, err := ml.Load[*selection.ThresholdModel](&file)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(loaded.Groups, m.Groups) || loaded.By != 1 {
		t.Errorf("loaded groups %v of column %d", loaded.Groups, loaded.By)
	}
	p, err := m.PredictProba(x)
	if err != nil {
		t.Fatal(err)
	}
	for _, model := range []*selection.ThresholdModel{m, loaded} {
		pred, err := model.Predict(x)
		if err != nil {
			t.Fatal(err)
		}
		for i, code := range pred {
			threshold, want := m.Threshold, 0
			for _, g := range m.Groups[:2] {
				if g.Value == x.At(i, 1) {
					threshold = g.Threshold
				}
			}
			if p.At(i, 1) >= threshold {
				want = 1
			}
			if one, err := model.PredictRow(x.Row(i)); err != nil || code != want || one != want {
				t.Fatalf("row %d of group %v: %d, alone %d, want %d; %v", i, x.At(i, 1), code, one, want, err)
			}
		}
	}
}

// A condition holds in each group, not just on the whole.
func TestGroupThresholdsReachSubject(t *testing.T) {
	d := grouped()
	c := selection.TunedThreshold{
		Base: ml.Decide(groupedEstimator), Scorer: selection.Precision{Average: metrics.Binary}, Splitter: selection.StratifiedKFold{K: 4}, By: "ward", MinRows: 20,
		Subject: &selection.AtLeast{Scorer: selection.Recall{Average: metrics.Binary}, Value: 0.95},
	}
	m, err := c.Fit(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	scores := outOfFold(t, d)
	for _, g := range m.Groups {
		if g.Own != (g.Name != "benign") {
			t.Errorf("%s: own is %v", g.Name, g.Own)
		}
		hit, all := 0.0, 0.0
		for i, s := range scores {
			if d.Y[i] != 1 || d.X.At(i, 1) != g.Value {
				continue
			}
			all += d.Weight[i]
			if s >= g.Threshold {
				hit += d.Weight[i]
			}
		}
		if g.Own && (hit/all < 0.95 || math.Abs(hit/all-g.Reached) > 1e-12) {
			t.Errorf("%s: a recall of %v, said to be %v", g.Name, hit/all, g.Reached)
		}
	}
	c.Scorer, c.Subject = selection.F1{Average: metrics.Binary}, &selection.AtLeast{Scorer: selection.Precision{Average: metrics.Binary}, Value: 2}
	if _, err := c.Fit(context.Background(), d); !errors.Is(err, ml.ErrConfig) {
		t.Errorf("a precision of 2: %v", err)
	}
}

func TestGroupThresholdsSayWhatIsWrong(t *testing.T) {
	d := grouped()
	d.Columns[1].Kind = ml.Numeric
	fit := func(edit func(c *selection.TunedThreshold, d *ml.Dataset[int])) error {
		c, d := selection.TunedThreshold{Base: ml.Classify(bayes.GaussianNB{}), By: "ward"}, d
		d.Columns = ml.CloneColumns(d.Columns)
		edit(&c, &d)
		_, err := c.Fit(context.Background(), d)
		return err
	}
	for name, c := range map[string]struct {
		edit func(c *selection.TunedThreshold, d *ml.Dataset[int])
		want error
	}{
		"unknown":       {func(c *selection.TunedThreshold, _ *ml.Dataset[int]) { c.By = "wing" }, ml.ErrColumn},
		"twice":         {func(_ *selection.TunedThreshold, d *ml.Dataset[int]) { d.Columns[0].Name = "ward" }, ml.ErrColumn},
		"not whole":     {func(c *selection.TunedThreshold, _ *ml.Dataset[int]) { c.By = "radius" }, ml.ErrColumn},
		"negative rows": {func(c *selection.TunedThreshold, _ *ml.Dataset[int]) { c.MinRows = -1 }, ml.ErrConfig},
		"rows of none":  {func(c *selection.TunedThreshold, _ *ml.Dataset[int]) { c.By, c.MinRows = "", 3 }, ml.ErrConfig},
	} {
		if err := fit(c.edit); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	m, err := selection.TunedThreshold{Base: ml.Classify(bayes.GaussianNB{}), By: "ward"}.Fit(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(m *selection.ThresholdModel){
		"column":    func(m *selection.ThresholdModel) { m.By = 3 },
		"negative":  func(m *selection.ThresholdModel) { m.By = -1 },
		"order":     func(m *selection.ThresholdModel) { m.Groups = []selection.GroupThreshold{{Value: 1}, {Value: 1}} },
		"threshold": func(m *selection.ThresholdModel) { m.Groups = []selection.GroupThreshold{{Threshold: math.NaN()}} },
	} {
		bad := &selection.ThresholdModel{Fitted: m.Fitted, Inner: m.Inner, Threshold: m.Threshold, Below: m.Below, Proba: m.Proba, By: m.By, Groups: m.Groups}
		spoil(bad)
		if err := bad.Restore(); !errors.Is(err, ml.ErrFormat) {
			t.Errorf("a file with a bad %s: %v", name, err)
		}
	}
}

func TestGroupThresholdLaws(t *testing.T) {
	d := twoClasses(60)
	x := tensor.FromMatrix[float64](d.X)
	for i := range 60 {
		x.Row(i)[3] = float64(i % 2)
	}
	d.X = x
	mltest.Classifier(t, selection.TunedThreshold{Base: ml.Classify(bayes.GaussianNB{}), Steps: 10, Splitter: selection.StratifiedKFold{K: 2}, By: "x3", MinRows: 10}, foldsAreOfRows(
		mltest.Waive(mltest.ArgMax, "that the threshold is another than that of the most probable class is the purpose"),
		mltest.Waive(mltest.AbsentClass, "it is for two classes"), mltest.Waive(mltest.SparseMemory, "the column of the groups is of fractions there"),
		mltest.Data(unnamed(d)), mltest.Rows(500))...)
}

func unnamed(d ml.Dataset[int]) ml.Dataset[int] {
	d.Columns = nil
	return d
}

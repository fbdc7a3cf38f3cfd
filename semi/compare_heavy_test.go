//go:build heavy

package semi_test

import (
	"context"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/bayes"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/neighbors"
	"github.com/gopherwood-ml/ml/selection"
	"github.com/gopherwood-ml/ml/semi"
)

// The comparison of the package docs: ten data sets, ten seeds.
//
//	go test -tags heavy -run 'TestFewLabelsHelp|TestPositiveRowsSuffice|TestAskingHelps' -v ./semi
//
// A mean difference over the seeds counts as noise if it is within 3.25 of its standard errors, the 99 % points of Student's t with nine degrees of freedom: of a hundred
// comparisons one may lie outside by chance.
const (
	seeds = 10
	noise = 3.25
)

type comparedSet struct {
	name string
	d    ml.Dataset[int]
}

func made(t *testing.T, m interface {
	Make() (ml.Dataset[int], error)
}) ml.Dataset[int] {
	d, err := m.Make()
	require.NoError(t, err)
	return d
}

func comparedSets(t *testing.T) []comparedSet {
	return []comparedSet{
		{"iris", datasets.Iris()}, {"wine", datasets.Wine()}, {"cancer", datasets.BreastCancer()}, {"digits", datasets.Digits()},
		{"moons", made(t, datasets.Moons{Rows: 400, Noise: 0.15, Seed: 1})},
		{"circles", made(t, datasets.Circles{Rows: 400, Factor: 0.4, Noise: 0.08, Seed: 2})},
		{"blobs", made(t, datasets.Blobs{Rows: 500, Features: 5, Centers: 6, Std: 3, Box: 6, Seed: 3})},
		{"corners2", made(t, datasets.Classification{Rows: 600, Features: 10, Informative: 4, Redundant: 2, Separation: 1.2, Seed: 4})},
		{"corners4", made(t, datasets.Classification{Rows: 600, Features: 12, Informative: 5, Classes: 4, ClustersPerClass: 1, Flip: 0.03, Seed: 5})},
		{"hastie", made(t, datasets.Hastie{Rows: 600, Seed: 6})},
	}
}

// parts are scaled training rows, of which each class keeps some labels, the truth, and scaled rows to test on.
func parts(t *testing.T, d ml.Dataset[int], perClass int, seed uint64) (few ml.Dataset[int], truth []int, test ml.Dataset[int]) {
	train, test := selection.Split(d, 0.3, seed)
	scaler, err := features.StandardScaler{}.Fit(context.Background(), train.Table)
	require.NoError(t, err)
	for _, part := range []*ml.Dataset[int]{&train, &test} {
		part.X, err = scaler.Transform(part.X)
		require.NoError(t, err)
	}
	truth = train.Y
	order := make([]int, len(truth))
	for i := range order {
		order[i] = i
	}
	rng.Shuffle(rng.New(seed, 99), order)
	train.Y = slices.Repeat([]int{ml.None}, len(truth))
	given := map[int]int{}
	for _, i := range order {
		if given[truth[i]] < perClass {
			given[truth[i]]++
			train.Y[i] = truth[i]
		}
	}
	return train, truth, test
}

func labelledOnly(d ml.Dataset[int]) ml.Dataset[int] {
	var rows []int
	for i, y := range d.Y {
		if y != ml.None {
			rows = append(rows, i)
		}
	}
	return d.Select(rows)
}

func accuracy(t *testing.T, c ml.AnyClassifier, train, test ml.Dataset[int]) float64 {
	m, err := c.Fit(context.Background(), train)
	require.NoError(t, err)
	pred, err := m.Predict(test.X)
	require.NoError(t, err)
	return metrics.Accuracy(test.Y, pred)
}

// difference is the mean over seeds, and its standard error.
type difference struct{ mean, err, base float64 }

func differenceOf(base, other []float64) difference {
	var d difference
	for i := range base {
		d.base += base[i] / float64(len(base))
		d.mean += (other[i] - base[i]) / float64(len(base))
	}
	for i := range base {
		d.err += math.Pow(other[i]-base[i]-d.mean, 2)
	}
	d.err = math.Sqrt(d.err / float64(len(base)*(len(base)-1)))
	return d
}

func (d difference) worse() bool  { return d.mean < -noise*d.err }
func (d difference) better() bool { return d.mean > noise*d.err }

func (d difference) String() string {
	mark := " "
	switch {
	case d.worse():
		mark = "-"
	case d.better():
		mark = "+"
	}
	return fmt.Sprintf("%5.1f %+5.1f%s", 100*d.base, 100*d.mean, mark)
}

// table collects differences and prints them: a row for each data set, a column for each method.
type table struct {
	methods []string
	b       strings.Builder
	worse   []string // "method, set"
	at      map[string]difference
}

func (c *table) start(methods ...string) {
	c.methods, c.at = methods, map[string]difference{}
	fmt.Fprintf(&c.b, "\n%-10s", "")
	for _, m := range methods {
		fmt.Fprintf(&c.b, "%15s", m)
	}
	c.b.WriteString("\n")
}

func (c *table) row(set string, results map[string]difference) {
	fmt.Fprintf(&c.b, "%-10s", set)
	for _, m := range c.methods {
		d, ok := results[m]
		if !ok {
			fmt.Fprintf(&c.b, "%15s", "")
			continue
		}
		fmt.Fprintf(&c.b, "%15s", d)
		c.at[m+", "+set] = d
		if d.worse() {
			c.worse = append(c.worse, m+", "+set)
		}
	}
	c.b.WriteString("\n")
	fmt.Fprint(os.Stderr, ".")
}

// check lets only the losses pass that the package docs tell of.
func (c *table) check(t *testing.T, documented ...string) {
	for _, w := range c.worse {
		require.Contains(t, documented, w, "worse beyond noise")
	}
}

type method struct {
	name    string
	c, base ml.AnyClassifier // base learns from the labels alone; none: c does
}

// compared are the methods, some of which need to know the number of columns.
func compared(columns int) []method {
	logistic, naive := ml.Classify(linear.LogisticRegression{}), ml.Classify(bayes.GaussianNB{})
	nearest := ml.Classify(neighbors.KNeighborsClassifier{Neighbors: 1}) // a graph of several neighbours would be too blunt for five labels of each class
	var sides [2][]int
	for j := range columns {
		sides[j%2] = append(sides[j%2], j)
	}
	return []method{
		{name: "self logistic", c: ml.Classify(semi.SelfTraining{Base: logistic, Threshold: 0.9})},
		{name: "self Bayes", c: ml.Classify(semi.SelfTraining{Base: naive, Threshold: 0.99})},
		{name: "propagate", c: ml.Classify(semi.LabelPropagation{Neighbors: 8}), base: nearest},
		{name: "spread kNN", c: ml.Classify(semi.LabelSpreading{Neighbors: 8, Alpha: 0.9, MaxIter: 200}), base: nearest},
		{name: "spread rbf", c: ml.Classify(semi.LabelSpreading{Kernel: metrics.RBF{Gamma: 1}, Alpha: 0.9, MaxIter: 200})},
		{name: "co methods", c: ml.Classify(semi.CoTraining{Base: logistic, Second: naive, PerClass: 3})},
		{name: "co columns", c: ml.Classify(semi.CoTraining{Base: logistic, Views: sides, PerClass: 3})},
	}
}

// Each method against the same model on the labels alone, or one nearest neighbour: five labels of each class.
func TestFewLabelsHelp(t *testing.T) {
	var c table
	var names []string
	for _, m := range compared(2) {
		names = append(names, m.name)
	}
	c.start(names...)
	for _, set := range comparedSets(t) {
		base, with := map[string][]float64{}, map[string][]float64{}
		for seed := range uint64(seeds) {
			few, _, test := parts(t, set.d, 5, seed)
			alone := labelledOnly(few)
			_, columns := few.X.Dims()
			for _, m := range compared(columns) {
				if m.base.Config == nil {
					m.base = m.c
				}
				base[m.name] = append(base[m.name], accuracy(t, m.base, alone, test))
				with[m.name] = append(with[m.name], accuracy(t, m.c, few, test))
			}
		}
		results := map[string]difference{}
		for _, name := range names {
			results[name] = differenceOf(base[name], with[name])
		}
		c.row(set.name, results)
	}
	t.Log(c.b.String())
	c.check(t, "propagate, cancer", "propagate, corners4", "propagate, hastie", "spread kNN, hastie", "spread rbf, hastie", "self Bayes, circles", "self Bayes, hastie",
		"co methods, circles", "co methods, hastie", "co columns, circles", "co columns, blobs", "co columns, corners4")
	for name, margin := range map[string]float64{"self logistic": 0.04, "propagate": 0.02, "spread kNN": 0.07, "spread rbf": 0.02, "co methods": 0.01, "co columns": 0.01} {
		require.Greater(t, c.at[name+", digits"].mean, margin, name)
	}
}

// PU methods against the same model that takes unlabelled rows for negative: the first class is positive, 30 % of its rows are known.
func TestPositiveRowsSuffice(t *testing.T) {
	var c table
	logistic := ml.Classify(linear.LogisticRegression{})
	methods := map[string]ml.AnyClassifier{
		"Elkan-Noto": ml.Classify(semi.ElkanNoto{Base: logistic}), "reweighed": ml.Classify(semi.ElkanNoto{Base: logistic, Reweigh: true}),
		"bagging": ml.Classify(semi.BaggingPU{Base: logistic, Members: 30}),
	}
	names := []string{"Elkan-Noto", "reweighed", "bagging"}
	c.start(names...)
	for _, set := range comparedSets(t) {
		var base []float64
		with := map[string][]float64{}
		for seed := range uint64(seeds) {
			d, truth, test := parts(t, set.d, 0, seed)
			d.Classes, test.Classes = []string{"other", "positive"}, []string{"other", "positive"}
			r := rng.New(seed, 7)
			naive := d
			naive.Y = make([]int, len(truth))
			for i, y := range truth {
				if y == 0 && r.Float64() < 0.3 {
					d.Y[i], naive.Y[i] = 1, 1
				}
			}
			test.Y = slices.Clone(test.Y)
			for i, y := range test.Y {
				test.Y[i] = 0
				if y == 0 {
					test.Y[i] = 1
				}
			}
			base = append(base, accuracy(t, logistic, naive, test))
			for name, m := range methods {
				with[name] = append(with[name], accuracy(t, m, d, test))
			}
		}
		results := map[string]difference{}
		for name := range methods {
			results[name] = differenceOf(base, with[name])
		}
		c.row(set.name, results)
	}
	t.Log(c.b.String())
	c.check(t, "bagging, blobs")
	for _, name := range names {
		require.Greater(t, c.at[name+", digits"].mean, 0.04, name)
	}
}

func queries() []struct {
	name string
	s    semi.Strategy
} {
	type strategy = struct {
		name string
		s    semi.Strategy
	}
	return []strategy{
		{"uncertain", semi.Uncertain{}}, {"margin", semi.Margin{}}, {"entropy", semi.Entropy{}}, {"votes", semi.Committee{}}, {"divergence", semi.Committee{Divergence: true}},
		{"change", semi.ExpectedChange{Candidates: 5}}, {"error", semi.ExpectedError{Candidates: 5}}, {"core-set", semi.CoreSet{}},
	}
}

// curve is the mean accuracy on test rows after each batch of labels.
func curve(t *testing.T, s semi.Strategy, few ml.Dataset[int], truth []int, test ml.Dataset[int], seed uint64, batch, rounds int) float64 {
	a := semi.Active{Base: ml.Classify(linear.LogisticRegression{}), Query: s, Batch: batch, Seed: seed}
	session, err := a.Start(context.Background(), few)
	require.NoError(t, err)
	sum := 0.0
	for range rounds {
		rows, err := session.Next(context.Background())
		require.NoError(t, err)
		for _, i := range rows {
			require.NoError(t, session.Answer(i, truth[i]))
		}
		m, err := session.Model(context.Background())
		require.NoError(t, err)
		pred, err := m.Predict(test.X)
		require.NoError(t, err)
		sum += metrics.Accuracy(test.Y, pred)
	}
	return sum / float64(rounds)
}

// Each strategy against random choice: two labels of each class to begin with, eight batches of four are asked; what counts is the mean accuracy after each batch. Six batches of ten of digits.
func TestAskingHelps(t *testing.T) {
	var c table
	var names []string
	for _, q := range queries() {
		names = append(names, q.name)
	}
	c.start(names...)
	for _, set := range comparedSets(t) {
		batch, rounds := 4, 8
		if set.name == "digits" {
			batch, rounds = 10, 6
		}
		var base []float64
		with := map[string][]float64{}
		for seed := range uint64(seeds) {
			few, truth, test := parts(t, set.d, 2, seed)
			base = append(base, curve(t, semi.Randomly{}, few, truth, test, seed, batch, rounds))
			for _, q := range queries() {
				if set.name == "digits" && (q.name == "change" || q.name == "error") {
					continue // fifty fits of 640 coefficients for each batch
				}
				with[q.name] = append(with[q.name], curve(t, q.s, few, truth, test, seed, batch, rounds))
			}
		}
		results := map[string]difference{}
		for name, values := range with {
			results[name] = differenceOf(base, values)
		}
		c.row(set.name, results)
	}
	t.Log(c.b.String())
	c.check(t, "entropy, blobs", "change, blobs", "divergence, digits", "divergence, corners2", "divergence, hastie", "core-set, hastie")
	require.Greater(t, c.at["margin, digits"].mean, 0.02)
}

// Fifty thousand rows, a hundred labels, a graph of seven neighbours: seconds. Seen: 0.6 s on two threads.
func TestSpreadingOverFiftyThousandRows(t *testing.T) {
	d := made(t, datasets.Blobs{Rows: 50_000, Features: 8, Centers: 30, Std: 0.6, Seed: 1})
	truth := d.Y
	d.Y = slices.Repeat([]int{ml.None}, len(truth))
	for i := 0; i < len(truth); i += 500 {
		d.Y[i] = truth[i]
	}
	began := time.Now()
	m, err := semi.LabelSpreading{Neighbors: 7}.Fit(context.Background(), d)
	require.NoError(t, err)
	require.Less(t, time.Since(began), 10*time.Second)
	reached, right := 0, 0
	for i, y := range m.Label {
		if y != ml.None {
			reached++
			if y == truth[i] {
				right++
			}
		}
	}
	require.Greater(t, reached, 25_000)
	require.Greater(t, float64(right), 0.99*float64(reached))
}

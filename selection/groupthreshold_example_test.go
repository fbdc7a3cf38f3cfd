package selection_test

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/selection"
	"github.com/gopherwood-ml/ml/tensor"
)

// The instrument of site 1 reads lower, and one threshold would miss more of the sick there. A threshold for each site finds nine of ten at both.
func ExampleTunedThreshold_groups() {
	random := rand.New(rand.NewPCG(1, 2))
	x, y, site := tensor.New[float64](2000, 2), make([]int, 2000), make([]int, 2000)
	for i := range y {
		y[i], site[i] = i%2, i/2%2
		x.Row(i)[0] = random.NormFloat64() + 3*float64(y[i]) - 1.5*float64(site[i])
		x.Row(i)[1] = float64(site[i])
	}
	d := ml.Data(x, y)
	d.Columns = []ml.Column{{Name: "reading"}, {Name: "site"}}

	c := selection.TunedThreshold{
		Base:    ml.Decide(ml.Pipe(ml.Step(features.Columns{Parts: []features.Part{{Columns: features.ByName{"reading"}}}}), linear.LogisticRegression{})), // the model does not see the site
		Scorer:  selection.Precision{Average: metrics.Binary},
		Subject: &selection.AtLeast{Scorer: selection.Recall{Average: metrics.Binary}, Value: 0.9},
	}
	for _, c.By = range []string{"", "site"} {
		m, err := c.Fit(context.Background(), d)
		if err != nil {
			panic(err)
		}
		pred, err := m.Predict(d.X)
		if err != nil {
			panic(err)
		}
		fmt.Printf("by %q: rates of true positives differ by %.2f\n", c.By, metrics.EqualOpportunityDifference(d.Y, pred, site))
		for _, g := range m.Groups {
			fmt.Printf("  site %s: %d rows, sick from %.2f, recall %.2f, precision %.2f\n", g.Name, g.Rows, g.Threshold, g.Reached, g.Score)
		}
	}
	// Output:
	// by "": rates of true positives differ by 0.19
	// by "site": rates of true positives differ by 0.00
	//   site 0: 1000 rows, sick from 0.87, recall 0.90, precision 0.96
	//   site 1: 1000 rows, sick from 0.27, recall 0.90, precision 0.97
}

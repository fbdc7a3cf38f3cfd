package cases

import (
	"bytes"
	"context"
	"math"
	"os"
	"path/filepath"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/explain"
	"github.com/gopherwood-ml/ml/tree"
)

// The values of columns in the answers of XGBoost's 500 trees of depth 6: by XGBoost, and by shap.
func init() {
	Register(Case{Name: "XGBoost-shap-500x6", Data: "trees500", Vs: []string{"xgboost"}, Make: explained("xgboost").work})
	Register(Case{Name: "shap-500x6", Data: "trees500", Vs: []string{"shap"}, Make: explained("shap").work})
}

type explained string

// Rows of each step: explained, with interactions, and on either side of a background.
const (
	shapRows = 1000
	pairRows = 100
	backRows = 200
)

func (lib explained) work(d *Data) (*Work, error) {
	ctx := context.Background()
	x := d.Float("X")
	_, columns := x.Dims()
	x = x.Rows(40_000, 40_000+shapRows)
	m, err := lib.model(d, columns)
	if err != nil {
		return nil, err
	}
	byCover, err := explain.TreeSHAP{}.For(m)
	if err != nil {
		return nil, err
	}
	var why *explain.Explanation
	steps := []Step{step("shap", func() (err error) { why, err = byCover.Explain(ctx, x); return }).floor(string(lib), map[explained]float64{"xgboost": 1, "shap": 0.125}[lib])}
	if lib == "xgboost" {
		few := x.Rows(0, pairRows)
		steps = append(steps, step("pairs", func() error { _, err := byCover.Interactions(ctx, few); return err }).floor("xgboost", 1))
	} else {
		few, rows := x.Rows(0, backRows), x.Rows(backRows, 2*backRows)
		var against *explain.TreeExplainer
		steps = append(steps, step("background", func() (err error) {
			if against, err = (explain.TreeSHAP{Background: ml.Table{X: few}}).For(m); err == nil {
				_, err = against.Explain(ctx, rows)
			}
			return
		}).floor("shap", 0.01))
	}
	return &Work{
		Rows: shapRows, Columns: columns, Params: "trees=500 depth=6", Steps: steps,
		Score: func() (map[string]float64, error) {
			if why == nil {
				return nil, nil
			}
			sum := 0.0
			for _, v := range why.Values.Data() {
				sum += math.Abs(v)
			}
			return map[string]float64{"size": sum / float64(shapRows)}, nil
		},
		Tol: map[string]float64{"size": 1e-4}, // XGBoost adds 500 trees up in float32
	}, nil
}

// model reads the peers' file, or draws trees of that size where there is none.
func (lib explained) model(d *Data, columns int) (*tree.RegressionModel, error) {
	path := filepath.Join(d.dir, "trees500.xgb6.ubj")
	if d.dir == "" {
		dir, err := os.MkdirTemp("", "explain")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(dir)
		path = filepath.Join(dir, "xgb6.ubj")
		low := foreign{lib: "xgboost", leaves: 64, write: tree.WriteXGBoostUBJSON}
		if err := low.draw(path, columns); err != nil {
			return nil, err
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return tree.ReadXGBoost[*tree.RegressionModel](bytes.NewReader(text))
}

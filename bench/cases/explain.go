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

// The values of columns in the answers of XGBoost's trees: by XGBoost, by shap and by woodelf.
func init() {
	Register(Case{Name: "XGBoost-shap-500x6", Data: "trees500", Vs: []string{"xgboost"}, Make: explained{lib: "xgboost", file: "xgb6", leaves: 64}.work})
	Register(Case{Name: "shap-500x6", Data: "trees500", Vs: []string{"shap"}, Make: explained{lib: "shap", file: "xgb6", leaves: 64}.work})
	Register(Case{Name: "XGBoost-shap-100x14", Data: "trees500", Vs: []string{"xgboost"}, Make: explained{lib: "xgboost", file: "xgb14", leaves: 3000, trees: 100}.deep})
	Register(Case{Name: "woodelf-100x6", Data: "trees500", Vs: []string{"woodelf"}, Make: explained{lib: "woodelf", file: "xgb100", leaves: 64, trees: 100}.against})
	Register(Case{Name: "shap-100x6", Data: "trees500", Vs: []string{"shap"}, Make: explained{lib: "shap", file: "xgb100", leaves: 64, trees: 100}.against})
}

// explained is a model's file, and who else explains it.
type explained struct {
	lib, file string
	leaves    int // of the trees that are drawn where there is no file
	trees     int // likewise; 0: 500
}

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
	steps := []Step{step("shap", func() (err error) { why, err = byCover.Explain(ctx, x); return }).floor(lib.lib, map[string]float64{"xgboost": 1, "shap": 0.125}[lib.lib])}
	if lib.lib == "xgboost" {
		few := x.Rows(0, pairRows)
		steps = append(steps, step("pairs", func() error { _, err := byCover.Interactions(ctx, few); return err }).floor("xgboost", 1))
	} else {
		few, rows := x.Rows(0, backRows), x.Rows(backRows, 2*backRows)
		var against *explain.TreeExplainer // so few rows pay for the tables of 500 trees: the floor is that of shap-100x6
		steps = append(steps, step("background", func() (err error) {
			if against, err = (explain.TreeSHAP{Background: ml.Table{X: few}}).For(m); err == nil {
				_, err = against.Explain(ctx, rows)
			}
			return
		}))
	}
	return &Work{
		Rows: shapRows, Columns: columns, Params: "trees=500 depth=6", Steps: steps,
		Score: func() (map[string]float64, error) { return sizeOf(why), nil },
		Tol:   map[string]float64{"size": 1e-4}, // XGBoost adds 500 trees up in float32
	}, nil
}

// sizeOf is the mean over the rows of the values' sizes, if there are any.
func sizeOf(why *explain.Explanation) map[string]float64 {
	if why == nil {
		return nil
	}
	sum := 0.0
	for _, v := range why.Values.Data() {
		sum += math.Abs(v)
	}
	n, _, _ := why.Dims()
	return map[string]float64{"size": sum / float64(n)}
}

// deep explains a few rows by trees of depth 14.
func (lib explained) deep(d *Data) (*Work, error) {
	x := d.Float("X")
	n, columns := x.Dims()
	x = x.Rows(min(n-200, 40_000), min(n, 40_200))
	m, err := lib.model(d, columns)
	if err != nil {
		return nil, err
	}
	byCover, err := explain.TreeSHAP{}.For(m)
	if err != nil {
		return nil, err
	}
	var why *explain.Explanation
	return &Work{
		Rows: 200, Columns: columns, Params: "trees=100 depth=14",
		Steps: []Step{step("shap", func() (err error) { why, err = byCover.Explain(context.Background(), x); return }).floor(lib.lib, 1)},
		Score: func() (map[string]float64, error) { return sizeOf(why), nil },
		Tol:   map[string]float64{"size": 1e-4},
	}, nil
}

// against explains 10 000 rows against a background of 10 000. shap's time grows with their product, so it is measured on 100 rows against 100: ours may take
// a hundred times that for a ten-thousandth of the work, one in a hundred.
func (lib explained) against(d *Data) (*Work, error) {
	x := d.Float("X")
	_, columns := x.Dims()
	rows, back := x.Rows(40_000, 50_000), x.Rows(50_000, 60_000)
	m, err := lib.model(d, columns)
	if err != nil {
		return nil, err
	}
	var why *explain.Explanation
	w := &Work{
		Rows: 10_000, Columns: columns, Params: "trees=100 depth=6 background=10000",
		Steps: []Step{step("background", func() error {
			against, err := explain.TreeSHAP{Background: ml.Table{X: back}}.For(m)
			if err == nil {
				why, err = against.Explain(context.Background(), rows)
			}
			return err
		}).floor(lib.lib, map[string]float64{"woodelf": 1, "shap": 100}[lib.lib])},
	}
	if lib.lib == "woodelf" {
		w.Score = func() (map[string]float64, error) { return sizeOf(why), nil }
		w.Tol = map[string]float64{"size": 1e-4}
	}
	return w, nil
}

// model reads the peers' file, or draws trees of that size where there is none.
func (lib explained) model(d *Data, columns int) (*tree.RegressionModel, error) {
	path := filepath.Join(d.dir, "trees500."+lib.file+".ubj")
	if d.dir == "" {
		dir, err := os.MkdirTemp("", "explain")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(dir)
		path = filepath.Join(dir, "xgb6.ubj")
		low := foreign{lib: "xgboost", leaves: lib.leaves, trees: lib.trees, write: tree.WriteXGBoostUBJSON}
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

package cases

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tree"
)

// Models that other libraries grew: 500 trees of 255 leaves or of depth 6, read and asked. The peers make the files; without a folder, trees of that size are drawn.
func init() {
	lgb := foreign{lib: "lightgbm", file: "lgb.txt", leaves: 255, write: tree.WriteLightGBM, floors: map[string]float64{"load": 0.5, "row": 0.3},
		read: func(r io.Reader) (*tree.RegressionModel, error) { return tree.ReadLightGBM[*tree.RegressionModel](r) }}
	xgb := foreign{lib: "xgboost", file: "xgb.ubj", leaves: 255, write: tree.WriteXGBoostUBJSON, floors: map[string]float64{"predict": 0.35},
		read: func(r io.Reader) (*tree.RegressionModel, error) { return tree.ReadXGBoost[*tree.RegressionModel](r) }}
	json := xgb
	json.file, json.write, json.loadOnly = "xgb.json", tree.WriteXGBoost, true
	low := xgb
	low.file, low.leaves = "xgb6.ubj", 64
	Register(Case{Name: "LightGBM-500x255", Data: "trees500", Vs: []string{"lightgbm"}, Make: lgb.work})
	Register(Case{Name: "XGBoost-500x255", Data: "trees500", Vs: []string{"xgboost"}, Make: xgb.work})
	Register(Case{Name: "XGBoost-predict-500x6", Data: "trees500", Vs: []string{"xgboost"}, Make: low.work})
	Register(Case{Name: "XGBoost-500x255-json", Data: "trees500", Vs: []string{"xgboost"}, Make: json.work})
}

// foreign is a model in the file of a library.
type foreign struct {
	lib, file string
	leaves    int
	trees     int // 0: 500
	read      func(io.Reader) (*tree.RegressionModel, error)
	write     func(io.Writer, tree.Grown) error
	floors    map[string]float64 // of steps
	loadOnly  bool
}

func (f foreign) work(d *Data) (*Work, error) {
	x := d.Float("X")
	n, columns := x.Dims()
	x = x.Rows(40_000, n)
	path := filepath.Join(d.dir, "trees500."+f.file)
	if d.dir == "" {
		dir, err := os.MkdirTemp("", "trees500")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(dir)
		path = filepath.Join(dir, f.file)
		if err := f.draw(path, columns); err != nil {
			return nil, err
		}
	}
	text, err := os.ReadFile(path) // of files in memory, as the peers' are after the first time
	if err != nil {
		return nil, err
	}
	var m *tree.RegressionModel
	row, into := rowsInTurn(x), make([]float64, n-40_000)
	steps := []Step{step("load", func() (err error) { m, err = f.read(bytes.NewReader(text)); return })}
	if !f.loadOnly {
		steps = append(steps,
			step("predict", func() error { _, err := m.Predict(x); return err }),
			step("row", func() error { _, err := m.PredictRow(row()); return err }))
	}
	for i := range steps {
		if ratio, ok := f.floors[steps[i].Name]; ok {
			steps[i] = steps[i].floor(f.lib, ratio)
		}
	}
	return &Work{
		Rows: len(into), Columns: columns, Params: fmt.Sprintf("trees=500 leaves=%d", f.leaves), Steps: steps,
		Score: func() (map[string]float64, error) {
			err := m.PredictInto(into, x)
			mean, square := 0.0, 0.0
			for _, v := range into {
				mean += v / float64(len(into))
			}
			for _, v := range into {
				square += (v - mean) * (v - mean) / float64(len(into))
			}
			return map[string]float64{"mean": mean, "spread": math.Sqrt(square)}, err
		},
		Tol: map[string]float64{"mean": 1e-9, "spread": 1e-9},
	}, nil
}

// draw writes a file of random trees.
func (f foreign) draw(path string, columns int) error {
	r := rand.New(rand.NewPCG(21, 1))
	b := tree.NewBuilder(tree.Ensemble{Features: columns, Outputs: 1, Float32: f.lib == "xgboost"})
	for range cmp.Or(f.trees, 500) {
		nodes := []tree.Node{{Feature: -1}}
		for open := []int{0}; len(nodes) < 2*f.leaves-1; {
			i := r.IntN(len(open))
			at := open[i]
			open[i] = open[len(open)-1]
			open = append(open[:len(open)-1], len(nodes), len(nodes)+1)
			nodes[at] = tree.Node{Feature: r.IntN(columns), Rule: tree.Less, Threshold: float64(float32(r.NormFloat64())), Left: len(nodes), Right: len(nodes) + 1}
			for range 2 {
				nodes = append(nodes, tree.Node{Feature: -1, Value: []float64{float64(float32(r.NormFloat64()))}})
			}
		}
		b.Add(0, 1, nodes)
	}
	e, err := b.Ensemble()
	if err != nil {
		return err
	}
	m, err := tree.NewRegressionModel(ml.Fitted{}, e)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if err := f.write(&text, m); err != nil {
		return err
	}
	return os.WriteFile(path, text.Bytes(), 0o600)
}

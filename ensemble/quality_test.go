//go:build quality

package ensemble_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/selection"
	"github.com/gopherwood-ml/ml/tensor"
)

// trial is a set with a model of ours and what it scores; higher is better.
type trial struct {
	name  string
	ours  float64
	score func(pred *tensor.Tensor[float64]) float64
}

// TestQualityAgainstLightGBM prints the relative difference of held-out scores to LightGBM's with the same parameters, positive where ours are better, and wants a mean of
// at least -0.0003 and no set below -0.002 on average over the seeds. It needs Python with lightgbm:
//
//	BENCH_PYTHON=/work/venv/bin/python go test -tags quality -run Quality -v ./ensemble
func TestQualityAgainstLightGBM(t *testing.T) {
	python := os.Getenv("BENCH_PYTHON")
	if python == "" {
		t.Skip("BENCH_PYTHON names no Python with lightgbm")
	}
	const seeds = 5
	ctx := context.Background()
	folder := t.TempDir()
	var trials [][]trial
	draw := func(t *testing.T, seed uint64) {
		classes := func(name string, d ml.Dataset[int], err error) trial {
			if err != nil {
				t.Fatal(name, err)
			}
			train, test := selection.Split(d, 0.3, seed)
			m := must(ensemble.GradientBoostingClassifier{Seed: seed}.Fit(ctx, train))
			k := d.K()
			task := "classes"
			score := func(p *tensor.Tensor[float64]) float64 { return metrics.ROCAUCOvR(test.Y, p, metrics.Macro) }
			if k == 2 {
				task = "binary"
				score = func(p *tensor.Tensor[float64]) float64 {
					_, cols := p.Dims()
					return metrics.ROCAUC(test.Y, p.Cols(cols-1, cols).Clone().Data())
				}
			}
			y := make([]float64, train.Rows())
			for i, c := range train.Y {
				y[i] = float64(c)
			}
			return put(t, folder, fmt.Sprintf("%s-%d", name, seed), task, k, train.Table, y, test.Table, must(m.PredictProba(test.X)), score)
		}
		numbers := func(name string, d ml.Dataset[float64], err error) trial {
			if err != nil {
				t.Fatal(name, err)
			}
			train, test := selection.Split(d, 0.3, seed)
			m := must(ensemble.GradientBoostingRegressor{Seed: seed}.Fit(ctx, train))
			score := func(p *tensor.Tensor[float64]) float64 { return -metrics.RMSE(test.Y, p.Data()) }
			return put(t, folder, fmt.Sprintf("%s-%d", name, seed), "numbers", 0, train.Table, train.Y, test.Table, column(must(m.Predict(test.X))), score)
		}
		ranks := func(name string, d ml.Dataset[float64], err error) trial {
			if err != nil {
				t.Fatal(name, err)
			}
			train, test := selection.Split(d, 0.3, seed)
			m := must(ensemble.GradientBoostingRanker{Seed: seed}.Fit(ctx, train))
			score := func(p *tensor.Tensor[float64]) float64 { return metrics.NDCG(test.Y, p.Data(), test.Group, 10) }
			return put(t, folder, fmt.Sprintf("%s-%d", name, seed), "ranks", 0, train.Table, train.Y, test.Table, column(must(m.Predict(test.X))), score)
		}
		var all []trial
		add := func(tr trial) { all = append(all, tr) }
		c1, e1 := datasets.HiggsLike{Rows: 40000, Seed: seed}.Make()
		add(classes("higgs", c1, e1))
		c2, e2 := datasets.ClickLike{Rows: 60000, Levels: 200, BaseRate: 0.2, Seed: seed}.Make()
		add(classes("clicks", c2, e2))
		c3, e3 := datasets.Classification{Rows: 30000, Seed: seed}.Make()
		add(classes("classification", c3, e3))
		c4, e4 := datasets.Hastie{Rows: 20000, Seed: seed}.Make()
		add(classes("hastie", c4, e4))
		add(classes("breastcancer", datasets.BreastCancer(), nil))
		add(classes("titanic", datasets.Titanic(), nil))
		add(classes("digits", datasets.Digits(), nil))
		r1, f1 := datasets.Friedman1{Rows: 8000, Noise: 1, Seed: seed}.Make()
		add(numbers("friedman1", r1, f1))
		r2, f2 := datasets.Friedman2{Rows: 8000, Noise: 100, Seed: seed}.Make()
		add(numbers("friedman2", r2, f2))
		r3, f3 := datasets.Friedman3{Rows: 8000, Noise: 0.1, Seed: seed}.Make()
		add(numbers("friedman3", r3, f3))
		r4, f4 := datasets.Regression{Rows: 6000, Noise: 10, Seed: seed}.Make()
		add(numbers("regression", r4, f4))
		add(numbers("diabetes", datasets.Diabetes(), nil))
		q1, g1 := datasets.RankingQueries{Queries: 1500, Documents: 40, Noise: 0.5, Seed: seed}.Make()
		add(ranks("queries", q1, g1))
		trials = append(trials, all)
	}
	for seed := range uint64(seeds) {
		t.Run(fmt.Sprint("seed", seed), func(t *testing.T) { draw(t, seed) })
	}
	cmd := exec.Command(python, "testdata/quality.py", folder)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	total, worst := 0.0, 0.0
	for s := range trials[0] {
		mean, ours, theirs := 0.0, 0.0, 0.0
		var name string
		for _, all := range trials {
			tr := all[s]
			name = tr.name
			f, err := os.Open(filepath.Join(folder, tr.name+".pred.npy"))
			if err != nil {
				t.Fatal(err)
			}
			pred, err := tensor.ReadNpy[float64](f)
			f.Close()
			if err != nil {
				t.Fatal(err)
			}
			lgb := tr.score(pred)
			mean += (tr.ours - lgb) / math.Abs(lgb) / float64(len(trials))
			ours += tr.ours / float64(len(trials))
			theirs += lgb / float64(len(trials))
		}
		t.Logf("%-18s ours %9.5f  LightGBM %9.5f  relative %+.5f", name[:len(name)-2], ours, theirs, mean)
		total += mean / float64(len(trials[0]))
		worst = min(worst, mean)
	}
	t.Logf("mean %+.5f, worst %+.5f", total, worst)
	if total < -0.0003 || worst < -0.002 {
		t.Errorf("mean %+.5f, worst %+.5f; want -0.0003 and -0.002 at the least", total, worst)
	}
}

func column(v []float64) *tensor.Tensor[float64] { return tensor.FromSlice(v, len(v), 1) }

// put writes a set for LightGBM, whose queries must stand together.
func put(t *testing.T, folder, name, task string, k int, train ml.Table, y []float64, test ml.Table, pred *tensor.Tensor[float64], score func(*tensor.Tensor[float64]) float64) trial {
	t.Helper()
	write := func(part string, x *tensor.Tensor[float64]) {
		f, err := os.Create(filepath.Join(folder, name+"."+part+".npy"))
		if err == nil {
			err = tensor.WriteNpy(f, x)
			f.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	write("x", tensor.FromMatrix[float64](train.X))
	write("y", column(y))
	write("test", tensor.FromMatrix[float64](test.X))
	var categorical []int
	for j, c := range train.Columns {
		if c.Kind == ml.Categorical {
			categorical = append(categorical, j)
		}
	}
	sizes := []int{}
	for i, g := range train.Group {
		if i == 0 || g != train.Group[i-1] {
			sizes = append(sizes, 0)
		}
		sizes[len(sizes)-1]++
	}
	text, err := json.Marshal(map[string]any{"name": name, "task": task, "k": k, "categorical": categorical, "train_group": sizes})
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, name+".json"), text, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	return trial{name, score(pred), score}
}

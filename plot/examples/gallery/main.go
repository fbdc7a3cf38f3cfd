// Gallery trains two models that tell malignant from benign tumours, and draws how good they are and why they answer as they do: each picture as PNG and as SVG, in a folder.
//
//	cd plot && go run ./examples/gallery -to pictures
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/explain"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/plot"
	"github.com/gopherwood-ml/ml/selection"
	"github.com/gopherwood-ml/ml/tree"
)

func main() {
	to := flag.String("to", "pictures", "the folder")
	flag.Parse()
	if err := run(context.Background(), os.Stdout, *to); err != nil {
		log.Fatal(err)
	}
}

// gallery writes pictures to a folder and remembers the first error.
type gallery struct {
	to  string
	w   io.Writer
	err error
}

func (g *gallery) hang(name string, p *plot.Picture, err error) {
	if g.err != nil {
		return
	}
	if g.err = err; err != nil {
		return
	}
	for _, c := range []struct {
		ending string
		write  func(io.Writer) error
	}{{".png", func(w io.Writer) error { return p.WritePNG(w, 2) }}, {".svg", p.WriteSVG}} {
		f, err := os.Create(filepath.Join(g.to, name+c.ending))
		if err == nil {
			err = c.write(f)
			if e := f.Close(); err == nil {
				err = e
			}
		}
		if err != nil {
			g.err = err
			return
		}
	}
	width, height := p.Size()
	fmt.Fprintf(g.w, "%-12s %.0f x %.0f\n", name, width, height)
}

func run(ctx context.Context, w io.Writer, to string) error {
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	g := &gallery{to: to, w: w}
	train, test := selection.Split(datasets.BreastCancer(), 0.3, 1)
	forest, err := ensemble.RandomForestClassifier{Trees: 100}.Fit(ctx, train)
	if err != nil {
		return err
	}
	pipe := ml.Pipe(ml.Step(features.StandardScaler{}), linear.LogisticRegression{})
	logistic, err := pipe.Fit(ctx, train)
	if err != nil {
		return err
	}
	if err := scores(g, forest, logistic, test); err != nil {
		return err
	}
	curve, err := selection.LearningCurve(ctx, pipe, train, selection.StratifiedKFold{K: 5}, selection.TrainSizes{}, selection.LogLoss{})
	if err != nil {
		return err
	}
	p, err := plot.Curve(curve, 0)
	g.hang("learning", p, err)
	by := func(c float64) linear.LogisticRegression { return linear.LogisticRegression{C: c} }
	scaled, err := logistic.Stages.Transform(train.X)
	if err != nil {
		return err
	}
	inside := train
	inside.X = scaled
	curve, err = selection.ValidationCurve(ctx, by, []float64{0.001, 0.01, 0.1, 1, 10, 100}, inside, selection.StratifiedKFold{K: 5}, selection.LogLoss{})
	if err != nil {
		return err
	}
	curve.Axis = "C"
	p, err = plot.Curve(curve, 0)
	g.hang("validation", p, err)
	if err := reasons(ctx, g, forest, train, test); err != nil {
		return err
	}
	return g.err
}

// scores draws how good the models are.
func scores(g *gallery, forest *ensemble.ForestClassification, logistic ml.Classifier, test ml.Dataset[int]) error {
	var rocs []plot.NamedROC
	var prs []plot.NamedPR
	var lines []plot.NamedReliability
	for _, m := range []struct {
		name  string
		model ml.Classifier
	}{{"random forest", forest}, {"logistic regression", logistic}} {
		proba, err := m.model.PredictProba(test.X)
		if err != nil {
			return err
		}
		one := make([]float64, len(test.Y))
		for i := range one {
			one[i] = proba.At(i, 1)
		}
		roc, err := metrics.ROC(test.Y, one)
		if err != nil {
			return err
		}
		pr, err := metrics.PR(test.Y, one)
		if err != nil {
			return err
		}
		line, err := metrics.NewReliability(test.Y, one, metrics.Bins{Count: 6})
		if err != nil {
			return err
		}
		rocs, prs, lines = append(rocs, plot.NamedROC{Name: m.name, Curve: roc}), append(prs, plot.NamedPR{Name: m.name, Curve: pr}), append(lines, plot.NamedReliability{Name: m.name, Curve: line})
	}
	p, err := plot.ROC(rocs...)
	g.hang("roc", p, err)
	p, err = plot.PR(prs...)
	g.hang("pr", p, err)
	p, err = plot.Calibration(lines...)
	g.hang("calibration", p, err)
	pred, err := forest.Predict(test.X)
	if err != nil {
		return err
	}
	counts, err := metrics.ConfusionMatrix(test.Y, pred, 2)
	if err != nil {
		return err
	}
	p, err = plot.Confusion(counts, test.Classes)
	g.hang("confusion", p, err)
	return nil
}

// reasons draws why the forest answers as it does.
func reasons(ctx context.Context, g *gallery, forest *ensemble.ForestClassification, train, test ml.Dataset[int]) error {
	shap, err := explain.TreeSHAP{}.For(forest)
	if err != nil {
		return err
	}
	why, err := shap.Explain(ctx, test.X)
	if err != nil {
		return err
	}
	_, outputs, _ := why.Dims()
	o := outputs - 1
	p, err := plot.Waterfall(why, 3, o, 8)
	g.hang("waterfall", p, err)
	p, err = plot.Force(why, 3, o, 6)
	g.hang("force", p, err)
	p, err = plot.Bar(why, o, 10)
	g.hang("bar", p, err)
	p, err = plot.Beeswarm(why, o, 10)
	g.hang("beeswarm", p, err)
	mean, err := why.Importance(o)
	if err != nil {
		return err
	}
	top := explain.Order(mean)
	p, err = plot.Scatter(why, top[0], top[1], o)
	g.hang("scatter", p, err)
	for name, c := range map[string]explain.PartialDependence{"pdp": {Columns: top[:1]}, "ice": {Columns: top[:1], ICE: true, Centre: true}, "surface": {Columns: top[:2], Points: 25}} {
		d, err := c.OfTrees(ctx, forest, train.Table)
		if err != nil {
			return err
		}
		p, err = plot.Dependence(d, o)
		g.hang(name, p, err)
	}
	model := explain.Proba(forest)
	effects, err := explain.AccumulatedEffects{Columns: top[:1], Bins: 20}.Of(ctx, model, train.Table)
	if err != nil {
		return err
	}
	p, err = plot.Effects(effects, 1)
	g.hang("ale", p, err)
	table, err := explain.Importance(ctx, forest, test, selection.LogLoss{}, explain.PermutationImportance{})
	if err != nil {
		return err
	}
	p, err = plot.Importances(table, 10)
	g.hang("importance", p, err)
	row := make([]float64, len(why.Columns))
	for j := range row {
		row[j] = test.X.At(3, j)
	}
	near, err := explain.LIME{Background: train.Table, Local: explain.Local{Features: 6}}.Of(ctx, model, row, 1)
	if err != nil {
		return err
	}
	p, err = plot.Local(near, 0)
	g.hang("lime", p, err)
	rules, err := explain.SurrogateTree{MaxDepth: 3}.OfClasses(ctx, forest, train.Table)
	if err != nil {
		return err
	}
	p, err = plot.Tree(rules.Tree, tree.Drawing{})
	g.hang("tree", p, err)
	return nil
}

package linear

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
)

func mustLogistic(t *testing.T, c LogisticRegression, d ml.Dataset[int]) *LogisticModel {
	t.Helper()
	m, err := c.Fit(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// A declared class without rows keeps its place with probability 0, and the others are as if it were not declared.
func TestLogisticAbsentClass(t *testing.T) {
	d := classification(150, 3, 3)
	want := mustLogistic(t, LogisticRegression{Tol: 1e-12}, d)
	shifted := d
	shifted.Y = make([]int, len(d.Y))
	for i, c := range d.Y {
		shifted.Y[i] = []int{0, 2, 4}[c]
	}
	shifted.Classes = []string{"a", "b", "c", "d", "e"}
	got := mustLogistic(t, LogisticRegression{Tol: 1e-12}, shifted)
	for c, k := range []int{0, 2, 4} {
		golden.Close(t, got.Coef.Row(k), want.Coef.Row(c), 0, 0, "Coef")
	}
	p, err := got.PredictProba(d.X)
	if err != nil {
		t.Fatal(err)
	}
	l, err := got.PredictLogProba(d.X)
	if err != nil {
		t.Fatal(err)
	}
	for i := range d.Y {
		row := p.Row(i)
		if len(row) != 5 || row[1] != 0 || row[3] != 0 || math.Abs(row[0]+row[2]+row[4]-1) > 1e-15 {
			t.Fatal(row)
		}
		if l.Row(i)[1] != math.Inf(-1) {
			t.Fatal(l.Row(i))
		}
	}
	// One of three classes left out: still a model over three, unlike for two declared ones.
	two := d
	two.Weight = make([]float64, len(d.Y))
	for i, c := range d.Y {
		if c != 0 {
			two.Weight[i] = 1
		}
	}
	m := mustLogistic(t, LogisticRegression{}, two)
	classes, err := m.Predict(d.X)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range classes {
		if c == 0 {
			t.Fatal("an unseen class was predicted")
		}
	}
}

func TestLogisticOneClass(t *testing.T) {
	d := classification(20, 2, 2)
	for i := range d.Y {
		d.Y[i] = 1
	}
	for _, classes := range [][]string{nil, {"no", "yes"}, {"no", "yes", "perhaps"}} {
		d.Classes = classes
		if _, err := (LogisticRegression{}).Fit(ctx, d); !errors.Is(err, ml.ErrTarget) || !strings.Contains(err.Error(), "one class only, 1") {
			t.Error(classes, err)
		}
	}
}

// Separable classes: finite with a penalty, growing but ended without one, and said to be separable in both cases.
func TestLogisticSeparable(t *testing.T) {
	const n = 40
	for k := 2; k <= 3; k++ {
		x := tensor.New[float64](n, 2)
		y := make([]int, n)
		for i := range n {
			y[i] = i % k
			x.Row(i)[0] = float64(10*y[i]) + float64(i%7)/2
			x.Row(i)[1] = 5 // constant
		}
		d := ml.Data[int](x, y)
		for _, c := range []LogisticRegression{{}, {C: 1e10}, {NoPenalty: true}} {
			m := mustLogistic(t, c, d)
			if !strings.HasPrefix(m.Info.Note, "the model separates all training rows") {
				t.Errorf("k = %d, %+v: note %q (%v)", k, c, m.Info.Note, m.Info.Status)
			}
			if m.Info.Status != ml.Converged {
				t.Errorf("k = %d, %+v: %v after %d iterations, gap %g", k, c, m.Info.Status, m.Info.Iterations, m.Info.Gap)
			}
			p, err := m.Predict(x)
			if err != nil {
				t.Fatal(err)
			}
			for i := range y {
				if p[i] != y[i] {
					t.Fatal("row", i, "is", p[i])
				}
			}
		}
	}
	if m := mustLogistic(t, LogisticRegression{}, classification(200, 2, 2)); m.Info.Note != "" {
		t.Error(m.Info.Note)
	}
}

// Units and offsets of the columns change neither the number of iterations by much nor, without a penalty, the probabilities.
func TestLogisticIsIndifferentToUnits(t *testing.T) {
	for _, k := range []int{2, 4} {
		d := classification(400, 4, k)
		x := d.X.(*tensor.Tensor[float64])
		moved := x.Clone()
		for i := range 400 {
			row := moved.Row(i)
			row[0], row[1], row[2] = row[0]*1e-6, row[1]*1e6+1e7, row[2]+1000
		}
		c := LogisticRegression{NoPenalty: true, Tol: 1e-10}
		a, b := mustLogistic(t, c, d), mustLogistic(t, c, ml.Data[int](moved, d.Y))
		if a.Info.Status != ml.Converged || b.Info.Status != ml.Converged || b.Info.Iterations > a.Info.Iterations+5 {
			t.Errorf("k = %d: %v after %d, moved %v after %d iterations", k, a.Info.Status, a.Info.Iterations, b.Info.Status, b.Info.Iterations)
		}
		pa, err := a.PredictProba(x)
		if err != nil {
			t.Fatal(err)
		}
		pb, err := b.PredictProba(moved)
		if err != nil {
			t.Fatal(err)
		}
		golden.Close(t, pb.Data(), pa.Data(), 1e-7, 1e-9, "probabilities")
	}
}

// The diagonal metric, which only wide problems reach, leads to the same model.
func TestLogisticWideSparse(t *testing.T) {
	d := sparseRegression(300, 2500)
	y := make([]int, len(d.Y))
	for i, v := range d.Y {
		switch {
		case v > 8:
			y[i] = 2
		case v > 2:
			y[i] = 1
		}
	}
	for k := 2; k <= 3; k++ {
		labels := y
		if k == 2 {
			labels = make([]int, len(y))
			for i, c := range y {
				labels[i] = min(c, 1)
			}
		}
		data := ml.Data(d.X, labels)
		data.Weight = d.Weight
		m := mustLogistic(t, LogisticRegression{Tol: 1e-11, C: 0.5}, data)
		if m.Info.Status != ml.Converged {
			t.Fatal(m.Info.Status, m.Info.Gap)
		}
		seen, err := seenClasses("test", labels, d.Weight, k)
		if err != nil {
			t.Fatal(err)
		}
		o, err := newLogLoss("test", newSource(d.X), labels, d.Weight, seen, true)
		if err != nil {
			t.Fatal(err)
		}
		if o.wholeHessian() {
			t.Fatal("the Hessian was to be too large")
		}
		dense := ml.Data[int](d.X.(*tensor.CSR[float64]).Dense(), labels)
		dense.Weight = d.Weight
		same := mustLogistic(t, LogisticRegression{Tol: 1e-11, C: 0.5}, dense)
		closeTo(t, m.Coef.Data(), same.Coef.Data(), 1e-8, "sparse and dense")
	}
}

// The gradient against differences of the objective, at points away from the optimum.
func TestLogLossGradient(t *testing.T) {
	for _, k := range []int{2, 3} {
		for _, intercept := range []bool{true, false} {
			d := classification(60, 3, k)
			d.Weight = make([]float64, 60)
			for i := range d.Weight {
				d.Weight[i] = float64(i%3) + 0.5
			}
			seen, err := seenClasses("test", d.Y, d.Weight, k)
			if err != nil {
				t.Fatal(err)
			}
			o, err := newLogLoss("test", newSource(d.X), d.Y, d.Weight, seen, intercept)
			if err != nil {
				t.Fatal(err)
			}
			o.penalty = 0.7
			x, grad, trash := make([]float64, o.size()), make([]float64, o.size()), make([]float64, o.size())
			for i := range x {
				x[i] = math.Sin(float64(3 * i))
			}
			o.eval(x, grad)
			for i := range x {
				const h = 1e-5
				at := x[i]
				x[i] = at + h
				up := o.eval(x, trash)
				x[i] = at - h
				down := o.eval(x, trash)
				x[i] = at
				if diff := (up - down) / (2 * h); math.Abs(diff-grad[i]) > 1e-8 {
					t.Errorf("k = %d: gradient %d is %v, differences say %v", k, i, grad[i], diff)
				}
			}
		}
	}
}

// Scores beyond what exp can hold: probabilities stay between 0 and 1, rows sum to 1, logarithms stay finite.
func TestLogisticHugeMargins(t *testing.T) {
	binary := &LogisticModel{Fitted: ml.Fitted{Info: ml.Info{Features: 1}}, Coef: tensor.FromSlice([]float64{1}, 1, 1), Intercept: []float64{0}}
	three := &LogisticModel{Fitted: ml.Fitted{Info: ml.Info{Features: 1}}, Coef: tensor.FromSlice([]float64{1, 0, -1}, 3, 1), Intercept: []float64{0, 0, 0}}
	x := tensor.FromSlice([]float64{-1e5, -800, -40, -1e-20, 0, 1e-20, 40, 800, 1e5}, 9, 1)
	for _, m := range []*LogisticModel{binary, three} {
		p, err := m.PredictProba(x)
		if err != nil {
			t.Fatal(err)
		}
		l, err := m.PredictLogProba(x)
		if err != nil {
			t.Fatal(err)
		}
		row := make([]float64, m.K())
		for i := range 9 {
			sum := 0.0
			for c, v := range p.Row(i) {
				sum += v
				if !(v >= 0 && v <= 1) || math.IsInf(l.Row(i)[c], 0) || v > 1e-300 && math.Abs(math.Log(v)-l.Row(i)[c]) > 1e-14*(1-l.Row(i)[c]) {
					t.Errorf("x = %v: probability %v with logarithm %v", x.Row(i)[0], v, l.Row(i)[c])
				}
			}
			if math.Abs(sum-1) > 0x1p-52 {
				t.Errorf("x = %v: the sum is %v", x.Row(i)[0], sum)
			}
			if err := m.ProbaRow(row, x.Row(i)); err != nil {
				t.Fatal(err)
			}
			golden.Close(t, row, p.Row(i), 0, 0, "ProbaRow")
		}
	}
	if p, _ := binary.PredictProba(x); p.At(0, 1) != 0 || p.At(1, 1) != 0 && p.At(1, 1) > 1e-300 || p.At(2, 1) < 1e-18 {
		t.Error("small probabilities were rounded away:", p)
	}
	d, err := three.DecisionFunction(x)
	if err != nil || d.At(0, 2) != 1e5 {
		t.Error(d, err)
	}
}

func TestLogisticEndings(t *testing.T) {
	d := classification(300, 5, 3)
	m := mustLogistic(t, LogisticRegression{MaxIter: 2}, d)
	if m.Info.Status != ml.MaxIter || m.Info.Iterations != 2 || len(m.Info.Loss) != 2 || m.Info.Gap <= 1e-8 {
		t.Error("MaxIter:", m.Info)
	}
	stop := ml.WithProgress(ctx, func(p ml.Progress) error {
		if p.Step == 3 {
			return ml.Stop
		}
		return nil
	})
	m, err := LogisticRegression{}.Fit(stop, d)
	if err != nil || m.Info.Status != ml.Stopped || m.Info.Iterations != 3 {
		t.Error("Stop:", m, err)
	}
	m = mustLogistic(t, LogisticRegression{}, d)
	for i := 1; i < len(m.Info.Loss); i++ {
		if m.Info.Loss[i] > m.Info.Loss[i-1]+1e-15 {
			t.Errorf("the loss rose from %v to %v", m.Info.Loss[i-1], m.Info.Loss[i])
		}
	}
	if c := m.Config.(LogisticRegression); c.C != 1 || c.MaxIter != 1000 || c.Tol != 1e-8 {
		t.Errorf("the config kept lacks its defaults: %+v", c)
	}
}

func TestLogisticConfigErrors(t *testing.T) {
	d := classification(30, 2, 2)
	for want, c := range map[string]LogisticRegression{
		"linear.LogisticRegression.Fit: C is +Inf: want > 0 and finite; for no penalty set NoPenalty":    {C: math.Inf(1)},
		"linear.LogisticRegression.Fit: C is -1: want > 0; 0 means 1":                                    {C: -1},
		"linear.LogisticRegression.Fit: C is NaN: want > 0; 0 means 1":                                   {C: math.NaN()},
		"linear.LogisticRegression.Fit: C is 2: want 0 with NoPenalty: only one of them":                 {C: 2, NoPenalty: true},
		"linear.LogisticRegression.Fit: Tol is -1: want >= 0 and < 1; 0 means the default":               {Tol: -1},
		"linear.LogisticRegression.Fit: ClassWeight.PerClass is a list of 3: want 2, one for each class": {ClassWeight: ml.ClassWeight{PerClass: []float64{1, 2, 3}}},
		"linear.LogisticRegression.Fit: ClassWeight is both Balanced and PerClass: want one of them":     {ClassWeight: ml.ClassWeight{Balanced: true, PerClass: []float64{1, 2}}},
	} {
		if _, err := c.Fit(ctx, d); !errors.Is(err, ml.ErrConfig) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	huge := ml.Data[int](tensor.FromSlice([]float64{1e200, 2e200, -3e200}, 3, 1), []int{0, 1, 0})
	if _, err := (LogisticRegression{}).Fit(ctx, huge); !errors.Is(err, ml.ErrNotFinite) {
		t.Error("numbers whose squares overflow:", err)
	}
}

func TestLogisticPredictErrors(t *testing.T) {
	for _, k := range []int{2, 3} {
		m := mustLogistic(t, LogisticRegression{}, classification(60, 3, k))
		bad := tensor.FromSlice([]float64{1, 2, 3, 4, math.NaN(), 6}, 2, 3)
		if _, err := m.Predict(bad); !errors.Is(err, ml.ErrNotFinite) || !strings.Contains(err.Error(), "X[1, 1]") {
			t.Error("NaN:", err)
		}
		if _, err := m.PredictProba(tensor.SparseFrom[float64](bad)); !errors.Is(err, ml.ErrNotFinite) {
			t.Error("sparse NaN:", err)
		}
		if _, err := m.PredictRow([]float64{1, math.Inf(-1), 0}); !errors.Is(err, ml.ErrNotFinite) {
			t.Error("Inf in a row:", err)
		}
		if err := m.ProbaRow(make([]float64, k), []float64{math.NaN(), 1, 0}); !errors.Is(err, ml.ErrNotFinite) {
			t.Error("NaN in a row:", err)
		}
		if err := m.ProbaRow(make([]float64, k+1), []float64{1, 1, 0}); !errors.Is(err, ml.ErrShape) {
			t.Error("long dst:", err)
		}
	}
}

// Hostile files: parts that do not fit together are refused, not indexed.
func TestRestoreRefusesMisfits(t *testing.T) {
	fitted := func(p int) ml.Fitted { return ml.Fitted{Info: ml.Info{Features: p}} }
	for name, m := range map[string]interface{ Restore() error }{
		"regression":        &RegressionModel{Fitted: fitted(3), Coef: []float64{1, 2}},
		"no features":       &RegressionModel{},
		"multi":             &MultiRegressionModel{Fitted: fitted(2), Coef: tensor.New[float64](2, 2), Intercept: []float64{1}},
		"multi without":     &MultiRegressionModel{Fitted: fitted(2)},
		"logistic, nil":     &LogisticModel{Fitted: fitted(2), Intercept: []float64{1}},
		"logistic, rank":    &LogisticModel{Fitted: fitted(2), Intercept: []float64{1}, Coef: tensor.New[float64](2)},
		"logistic, two":     &LogisticModel{Fitted: fitted(2), Intercept: []float64{1, 2}, Coef: tensor.New[float64](2, 2)},
		"logistic, classes": &LogisticModel{Fitted: ml.Fitted{Classes: []string{"a"}, Info: ml.Info{Features: 2}}, Intercept: []float64{1}, Coef: tensor.New[float64](1, 2)},
		"columns":           &RegressionModel{Fitted: ml.Fitted{Columns: make([]ml.Column, 1), Info: ml.Info{Features: 2}}, Coef: []float64{1, 2}},
	} {
		if err := m.Restore(); !errors.Is(err, ml.ErrFormat) {
			t.Error(name, err)
		}
	}
}

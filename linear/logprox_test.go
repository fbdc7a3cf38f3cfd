package linear

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/tensor"
)

type sparseLogisticCase struct {
	FitCase
	Y           []int
	C           float64
	L1Ratio     float64 `json:"l1_ratio"`
	NoIntercept bool    `json:"no_intercept"`
	Balanced    bool
	Objective   float64
}

func (c sparseLogisticCase) config() LogisticRegression {
	return LogisticRegression{C: c.C, L1Ratio: c.L1Ratio, NoIntercept: c.NoIntercept, ClassWeight: ml.ClassWeight{Balanced: c.Balanced}, Tol: 1e-13}
}

func sparseLogisticCases(t *testing.T) map[string]sparseLogisticCase {
	t.Helper()
	file := golden.Load[struct{ Cases map[string]sparseLogisticCase }](t, "testdata/logistic_l1.json")
	if len(file.Cases) < 19 {
		t.Fatal("only", len(file.Cases), "cases")
	}
	return file.Cases
}

// checkSparseLogistic compares with SAGA's and LIBLINEAR's optimum. SAGA ends when no step moves a coefficient by 1e-13 of the largest, which by its linear
// convergence leaves about 1e-10 of the coefficients and so, at a minimum, nothing of the objective; a gap of 1e-13 is 1e-6 of the coefficients.
func checkSparseLogistic(t *testing.T, m *LogisticModel, d ml.Dataset[int], c sparseLogisticCase, what string) {
	t.Helper()
	if m.Info.Status != ml.Converged {
		t.Errorf("%s: %v after %d iterations, gap %g", what, m.Info.Status, m.Info.Iterations, m.Info.Gap)
	}
	for k := range m.Intercept {
		closeTo(t, m.Coef.Row(k), c.Coef[k], 1e-6, what)
	}
	golden.Close(t, m.Intercept, c.Intercept, 1e-6, 1e-6, what+" intercept")
	golden.Close(t, []float64{logisticObjective(t, m, d, c.config())}, []float64{c.Objective}, 1e-12, 0, what+" objective")
	for k := range m.Intercept {
		for j, b := range m.Coef.Row(k) {
			if (math.Abs(b) < 1e-12) != (math.Abs(c.Coef[k][j]) < 1e-12) {
				t.Errorf("%s: coefficient %d of %d is %g, SAGA's %g", what, j, k, b, c.Coef[k][j])
			}
		}
	}
}

// logisticObjective is the objective divided by the total weight, written out.
func logisticObjective(t *testing.T, m *LogisticModel, d ml.Dataset[int], c LogisticRegression) float64 {
	t.Helper()
	weight, err := c.ClassWeight.Weights("test", d.Y, d.Weight, d.K())
	if err != nil {
		t.Fatal(err)
	}
	logs, err := m.PredictLogProba(d.X)
	if err != nil {
		t.Fatal(err)
	}
	loss, total := 0.0, 0.0
	for i, y := range d.Y {
		w := 1.0
		if weight != nil {
			w = weight[i]
		}
		loss -= w * logs.At(i, y)
		total += w
	}
	for _, b := range m.Coef.Data() {
		loss += (c.L1Ratio*math.Abs(b) + (1-c.L1Ratio)/2*b*b) / c.C
	}
	return loss / total
}

func TestSparseLogisticMatchesScikitLearn(t *testing.T) {
	for name, c := range sparseLogisticCases(t) {
		for storage, table := range storages(c.table(t)) {
			d := ml.Dataset[int]{Table: table, Y: c.Y}
			checkSparseLogistic(t, mustLogistic(t, c.config(), d), d, c, name+" "+storage)
		}
	}
}

// The workspace of columns, which many coefficients at work reach, finds the same optimum.
func TestSparseLogisticByColumns(t *testing.T) {
	for name, c := range sparseLogisticCases(t) {
		for storage, table := range storages(c.table(t)) {
			d := ml.Dataset[int]{Table: table, Y: c.Y}
			f := proximalOf(t, c.config(), d)
			f.most = 0
			f.begin(nil)
			out, err := f.solve(ctx, f.certify().most)
			require.NoError(t, err)
			what := name + " " + storage
			if out.status != ml.Converged {
				t.Errorf("%s: %v after %d iterations, gap %g", what, out.status, out.sweeps, out.gap)
			}
			for k := range f.k {
				closeTo(t, f.b[k*f.cols:(k+1)*f.cols], c.Coef[k], 1e-6, what)
			}
		}
	}
}

func proximalOf(t *testing.T, c LogisticRegression, d ml.Dataset[int]) *proximal {
	t.Helper()
	weight, err := c.ClassWeight.Weights("test", d.Y, d.Weight, d.K())
	require.NoError(t, err)
	seen, err := seenClasses("test", d.Y, weight, d.K())
	require.NoError(t, err)
	o, err := newLogLoss("test", newSource(d.X), d.Y, weight, seen, !c.NoIntercept)
	require.NoError(t, err)
	f, err := newProximal("test", o)
	require.NoError(t, err)
	f.pen, f.tol, f.maxIter = newPenalty(1/(c.C*o.total), c.L1Ratio, false), c.Tol, 1000
	f.watch = func(int, float64, float64) (bool, error) { return false, nil }
	return f
}

// With a large penalty nothing is left but the intercept, which is the log-odds of the weights.
func TestSparseLogisticNothingLeft(t *testing.T) {
	d := classification(60, 4, 2)
	m := mustLogistic(t, LogisticRegression{L1Ratio: 1, C: 1e-3}, d)
	ones := 0.0
	for _, y := range d.Y {
		ones += float64(y)
	}
	golden.Close(t, m.Coef.Data(), make([]float64, 4), 0, 0, "coefficients")
	golden.Close(t, m.Intercept, []float64{math.Log(ones / (60 - ones))}, 1e-12, 0, "intercept")
}

// The conditions of Karush, Kuhn and Tucker, from the probabilities: the data pull at every coefficient as hard as the penalty, or not harder at zeros.
func TestSparseLogisticIsOptimal(t *testing.T) {
	for _, k := range []int{2, 3, 4} {
		for _, n := range []int{40, 400} {
			for _, c := range []LogisticRegression{{L1Ratio: 1, C: 0.2}, {L1Ratio: 0.7, C: 5}, {L1Ratio: 1, C: 0.5, NoIntercept: true}, {L1Ratio: 0.05, C: 1}} {
				c.Tol = 1e-15
				d := classification(n, 30, k)
				d.Weight = make([]float64, n)
				for i := range d.Weight {
					d.Weight[i] = float64(i%3) / 2
				}
				m := mustLogistic(t, c, d)
				p, err := m.PredictProba(d.X)
				require.NoError(t, err)
				total := 0.0
				for _, w := range d.Weight {
					total += w
				}
				pull := tensor.New[float64](k, 31)
				for i, y := range d.Y {
					for class := range k {
						r := -d.Weight[i] * p.At(i, class)
						if class == y {
							r += d.Weight[i]
						}
						linalg.Axpy(r/total, d.X.(*tensor.Tensor[float64]).Row(i), pull.Row(class)[:30])
						pull.Row(class)[30] += r / total
					}
				}
				l1, l2 := c.L1Ratio/c.C/total, (1-c.L1Ratio)/c.C/total
				worst := 0.0
				for s := range m.Intercept {
					class := s
					if k == 2 {
						class = 1
					}
					for j, b := range m.Coef.Row(s) {
						left := pull.At(class, j) - l2*b
						if b != 0 {
							worst = max(worst, math.Abs(left-math.Copysign(l1, b)))
						} else {
							worst = max(worst, math.Abs(left)-l1)
						}
					}
					if !c.NoIntercept {
						worst = max(worst, math.Abs(pull.At(class, 30)))
					}
				}
				if worst > 1e-8 {
					t.Errorf("k = %d, n = %d, %+v: violation %g after %v with gap %g", k, n, c, worst, m.Info.Status, m.Info.Gap)
				}
			}
		}
	}
}

// The gap must be what it claims, never less than the distance from the minimum, and end at nothing.
func TestLogisticGapBoundsTheDistance(t *testing.T) {
	for _, k := range []int{2, 3} {
		for _, c := range []LogisticRegression{{L1Ratio: 1, C: 0.1}, {L1Ratio: 1, C: 10}, {L1Ratio: 0.5, C: 0.3}, {L1Ratio: 0.01, C: 1}} {
			d := classification(150, 12, k)
			best := c
			best.Tol = 1e-15
			least := logisticObjective(t, mustLogistic(t, best, d), d, c)
			for steps := 1; steps < 8; steps++ {
				some := c
				some.MaxIter, some.Tol = steps, 1e-15
				m := mustLogistic(t, some, d)
				over := logisticObjective(t, m, d, c) - least
				if m.Info.Gap < over*(1-1e-6)-1e-14 {
					t.Errorf("k = %d, %+v after %d steps: gap %g, but %g above the minimum", k, c, steps, m.Info.Gap, over)
				}
				if loss := m.Info.Loss; math.Abs(loss[len(loss)-1]-over-least) > 1e-13 {
					t.Errorf("k = %d, %+v after %d steps: loss %g, want %g", k, c, steps, loss[len(loss)-1], over+least)
				}
			}
		}
	}
}

// Many rows: the fit begins from a sample, and ends where one from zeros does.
func TestSparseLogisticFromSample(t *testing.T) {
	for _, k := range []int{2, 3} {
		d := classification(17_000, 8, k)
		c := LogisticRegression{L1Ratio: 1, C: 0.01, Tol: 1e-13}
		m := mustLogistic(t, c, d)
		f := proximalOf(t, c, d)
		if s, err := f.sample("test", d, nil); s == nil || err != nil {
			t.Fatal("no sample", err)
		}
		f.begin(nil)
		out, err := f.solve(ctx, f.certify().most)
		require.NoError(t, err)
		if m.Info.Status != ml.Converged || m.Info.Iterations >= out.sweeps {
			t.Errorf("k = %d: %v after %d steps, from zeros after %d", k, m.Info.Status, m.Info.Iterations, out.sweeps)
		}
		for s := range f.k {
			closeTo(t, m.Coef.Row(s), f.b[s*f.cols:(s+1)*f.cols], 1e-6, "coefficients")
		}
	}
}

// A wide sparse problem goes through products and columns of CSR, and screens.
func TestSparseLogisticWide(t *testing.T) {
	d := sparseRegression(120, 1000)
	for k := 2; k <= 3; k++ {
		y := make([]int, len(d.Y))
		for i, v := range d.Y {
			switch {
			case v > 8:
				y[i] = k - 1
			case v > 2:
				y[i] = 1
			}
		}
		data := ml.Dataset[int]{Table: d.Table, Y: y}
		for _, c := range []float64{0.3, 30} {
			m := mustLogistic(t, LogisticRegression{L1Ratio: 1, C: c, Tol: 1e-12}, data)
			if m.Info.Status != ml.Converged {
				t.Errorf("k = %d, C = %g: %v after %d, gap %g", k, c, m.Info.Status, m.Info.Iterations, m.Info.Gap)
			}
			dense := data
			dense.X = d.X.(*tensor.CSR[float64]).Dense()
			same := mustLogistic(t, LogisticRegression{L1Ratio: 1, C: c, Tol: 1e-12}, dense)
			if k == 2 {
				closeTo(t, m.Coef.Data(), same.Coef.Data(), 1e-4, "sparse and dense")
			}
			golden.Close(t, m.Info.Loss[len(m.Info.Loss)-1:], same.Info.Loss[len(same.Info.Loss)-1:], 1e-11, 0, "objective")
		}
	}
}

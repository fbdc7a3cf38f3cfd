package linear

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
)

// binarySVM is a problem to give to each method.
func binarySVM(x tensor.Matrix, y []int, squared bool) *svm {
	s := &svm{source: newSource(x), cost: make([]float64, len(y)), y: make([]float64, len(y)), bias: 2, squared: squared, maxIter: 100_000, tol: 1e-11,
		report: func(int, float64) (bool, error) { return false, nil }}
	for i, c := range y {
		s.y[i], s.cost[i] = float64(2*c-1), 0.3*float64(i%4)
	}
	return s
}

// primal is the objective at w.
func (s *svm) primal(w []float64) float64 {
	f := 0.5 * (&svm{source: s.source}).sum(w)
	buf := s.scratch()
	for i, c := range s.cost {
		e, _ := s.excess(i, s.dot(i, w, buf))
		f += c * s.lossOf(e)
	}
	return f
}

func (s *svm) sum(w []float64) float64 {
	total := 0.0
	for _, v := range w {
		total += v * v
	}
	return total
}

// Newton's method, with the Hessian factored and by conjugate gradients, and dual descent lead to the same minimum, where the primal and the
// dual objective meet.
func TestSVMMethodsAgree(t *testing.T) {
	d := classification(250, 12, 2)
	for storage, table := range storages(d.Table) {
		for _, number := range []bool{false, true} {
			s := binarySVM(table.X, d.Y, true)
			if number {
				s.number, s.epsilon = true, 0.2
				for i := range s.y {
					s.y[i] += math.Sin(float64(i))
				}
			}
			want, err := s.newton(ctx)
			if err != nil || want.status != ml.Converged {
				t.Fatal(want.status, err)
			}
			cg, err := s.newtonCG(ctx)
			if err != nil || cg.status != ml.Converged {
				t.Error("by conjugate gradients:", cg.status, cg.iterations, cg.gap, err)
			}
			golden.Close(t, cg.w, want.w, 1e-8, 1e-8, storage+" by conjugate gradients")
			dual, err := s.dual(ctx)
			if number {
				dual, err = s.dualRegression(ctx)
			}
			if err != nil || dual.status != ml.Converged {
				t.Error("dual:", dual.status, dual.iterations, dual.gap, err)
			}
			golden.Close(t, dual.w, want.w, 1e-8, 1e-8, storage+" dual")
			golden.Close(t, dual.loss[len(dual.loss)-1:], []float64{s.primal(want.w)}, 1e-10, 0, storage+" objectives")
		}
		s := binarySVM(table.X, d.Y, false)
		hinge, err := s.dual(ctx)
		if err != nil || hinge.status != ml.Converged {
			t.Fatal("hinge:", hinge.status, hinge.gap, err)
		}
		golden.Close(t, hinge.loss[len(hinge.loss)-1:], []float64{s.primal(hinge.w)}, 1e-9, 0, storage+" objectives of hinge")
	}
}

// The shape of the data picks the method; the model does not show which.
func TestLinearSVCPicksByShape(t *testing.T) {
	s := binarySVM(tensor.New[float64](100, 5), make([]int, 100), true)
	for _, c := range []struct {
		rows, cols      int
		factors, primal bool
	}{{100, 5, true, true}, {100_000, 1000, false, true}, {3000, 2500, false, true}, {250, 2000, false, false}, {500, 5000, false, false}} {
		s.rows, s.cols = c.rows, c.cols
		if s.factors() != c.factors || (s.rows >= s.cols) != c.primal {
			t.Errorf("%+v: factors %v", c, s.factors())
		}
	}
	d := sparseRegression(200, 2500) // more columns than rows: dual
	y := make([]int, len(d.Y))
	for i, v := range d.Y {
		if v > 2 {
			y[i] = 1
		}
	}
	sparse := ml.Data(d.X, y)
	dense := ml.Data[int](d.X.(*tensor.CSR[float64]).Dense(), y)
	a, err := LinearSVC{C: 0.5}.Fit(ctx, sparse)
	if err != nil {
		t.Fatal(err)
	}
	b, err := LinearSVC{C: 0.5, Seed: 9}.Fit(ctx, dense)
	if err != nil {
		t.Fatal(err)
	}
	if a.Info.Status != ml.Converged || b.Info.Status != ml.Converged {
		t.Error(a.Info.Status, b.Info.Status)
	}
	closeTo(t, a.Coef.Data(), b.Coef.Data(), 1e-6, "sparse and dense")
}

// L1 puts the coefficients of columns that say nothing at exactly zero.
func TestLinearSVCSelectsColumns(t *testing.T) {
	x := regression(300, 10).X.(*tensor.Tensor[float64])
	y := make([]int, 300)
	for i := range y {
		if row := x.Row(i); row[2]-row[5] > 0 {
			y[i] = 1
		}
	}
	m, err := LinearSVC{L1: true, C: 0.02}.Fit(ctx, ml.Data[int](x, y))
	if err != nil {
		t.Fatal(err)
	}
	for j, v := range m.Coef.Data() {
		if zero := j != 2 && j != 5; (v == 0) != zero {
			t.Errorf("coefficient %d is %v", j, v)
		}
	}
}

func TestLinearSVCAbsentClass(t *testing.T) {
	d := classification(150, 3, 3)
	near := d
	d.Y = make([]int, len(near.Y))
	for i, c := range near.Y {
		d.Y[i] = 2 * c
	}
	d.Classes = []string{"a", "b", "c", "d", "e"}
	for _, c := range []LinearSVC{{}, {Hinge: true}, {L1: true}, {CrammerSinger: true}} {
		m, err := c.Fit(ctx, d)
		if err != nil {
			t.Fatal(err)
		}
		z, err := m.DecisionFunction(d.X)
		if err != nil {
			t.Fatal(err)
		}
		p, err := m.Predict(d.X)
		if err != nil {
			t.Fatal(err)
		}
		want, err := c.Fit(ctx, near)
		if err != nil {
			t.Fatal(err)
		}
		for k := range 3 {
			golden.Close(t, m.Coef.Row(2*k), want.Coef.Row(k), 0, 0, "as if the absent classes were not declared")
		}
		for i, code := range p {
			if row := z.Row(i); code != slices.Index(row, slices.Max(row)) || row[1] != math.Inf(-1) || row[3] != math.Inf(-1) {
				t.Fatalf("%+v: scores %v, class %d", c, row, code)
			}
		}
	}
}

// A row of zeros without intercept has the same score whatever the model: its multiplier is at a bound, and nothing divides by zero.
func TestSVMRowsOfZeros(t *testing.T) {
	d := classification(60, 3, 3)
	x := d.X.(*tensor.Tensor[float64])
	clear(x.Row(4))
	clear(x.Row(17))
	for _, c := range []LinearSVC{{Hinge: true, NoIntercept: true}, {CrammerSinger: true, NoIntercept: true}, {L1: true, NoIntercept: true}, {NoIntercept: true}} {
		m, err := c.Fit(ctx, d)
		if err != nil || m.Info.Status != ml.Converged {
			t.Errorf("%+v: %v, %v", c, m, err)
		}
	}
	r := ml.Data[float64](x, make([]float64, 60))
	for i := range r.Y {
		r.Y[i] = float64(i % 3)
	}
	m, err := LinearSVR{NoIntercept: true, Epsilon: 0.1}.Fit(ctx, r)
	if err != nil || m.Info.Status != ml.Converged {
		t.Error(m, err)
	}
}

func TestLinearSVCEndings(t *testing.T) {
	d := classification(300, 5, 3)
	for _, c := range []LinearSVC{{MaxIter: 1}, {MaxIter: 1, Hinge: true}, {MaxIter: 1, L1: true}, {MaxIter: 1, CrammerSinger: true}} {
		m, err := c.Fit(ctx, d)
		if err != nil {
			t.Fatal(err)
		}
		if i := m.Info; i.Status != ml.MaxIter || i.Iterations != 1 || len(i.Loss) != 1 || !(i.Gap > c.Tol) {
			t.Errorf("%+v: %+v", c, i)
		}
	}
	m, err := LinearSVC{}.Fit(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	if c := m.Config.(LinearSVC); c.C != 1 || c.InterceptScaling != 1 || c.MaxIter != 1000 || c.Tol != 1e-8 {
		t.Errorf("the config kept lacks its defaults: %+v", c)
	}
	if i := m.Info; i.Status != ml.Converged || i.Gap > 1e-8 || i.Iterations > 20 || !slices.IsSortedFunc(i.Loss, func(a, b float64) int {
		if a < b {
			return 1
		}
		return 0
	}) {
		t.Errorf("%+v", i)
	}
}

func TestLinearSVMConfigErrors(t *testing.T) {
	d := classification(30, 2, 2)
	r := regression(30, 2)
	for want, err := range map[string]error{
		"C is -1: want > 0 and finite":            second(LinearSVC{C: -1}.Fit(ctx, d)),
		"InterceptScaling is -1":                  second(LinearSVC{InterceptScaling: -1}.Fit(ctx, d)),
		"L1 is true: want false with Hinge":       second(LinearSVC{L1: true, Hinge: true}.Fit(ctx, d)),
		"Hinge is true: want false with Crammer":  second(LinearSVC{CrammerSinger: true, Hinge: true}.Fit(ctx, d)),
		"L1 is true: want false with CrammerSin":  second(LinearSVC{CrammerSinger: true, L1: true}.Fit(ctx, d)),
		"Tol is NaN":                              second(LinearSVC{Tol: math.NaN()}.Fit(ctx, d)),
		"linear.LinearSVR.Fit: Epsilon is -1":     second(LinearSVR{Epsilon: -1}.Fit(ctx, r)),
		"linear.LinearSVR.Fit: C is +Inf":         second(LinearSVR{C: math.Inf(1)}.Fit(ctx, r)),
		"linear.LinearSVR.Fit: MaxIter is -2":     second(LinearSVR{MaxIter: -2}.Fit(ctx, r)),
		"linear.LinearSVR.Fit: InterceptScaling ": second(LinearSVR{InterceptScaling: math.NaN()}.Fit(ctx, r)),
	} {
		if !errors.Is(err, ml.ErrConfig) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	huge := ml.Data[int](tensor.FromSlice([]float64{1e200, 2e200, -3e200}, 3, 1), []int{0, 1, 0})
	if _, err := (LinearSVC{}).Fit(ctx, huge); !errors.Is(err, ml.ErrNotFinite) {
		t.Error("numbers whose squares overflow:", err)
	}
	m, err := LinearSVC{}.Fit(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.PredictRow([]float64{1, math.NaN()}); !errors.Is(err, ml.ErrNotFinite) {
		t.Error("NaN in a row:", err)
	}
	bad := &MarginModel{Fitted: ml.Fitted{Info: ml.Info{Features: 2}}, Intercept: []float64{1, 2}, Coef: tensor.New[float64](2, 2)}
	if err := bad.Restore(); !errors.Is(err, ml.ErrFormat) {
		t.Error("a model file with two scores:", err)
	}
}

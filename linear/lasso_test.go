package linear

import (
	"context"
	"math"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/tensor"
)

// CoordinateCase is what internal/golden/linear_coordinate.py writes for each fit.
type CoordinateCase struct {
	FitCase
	Y           [][]float64
	Alpha       float64
	L1Ratio     float64 `json:"l1_ratio"`
	NoIntercept bool    `json:"no_intercept"`
	Positive    bool
}

func (c CoordinateCase) single() []float64 { return transposed(c.Y)[0] }

// tight leaves rounding only: the gap is quadratic in the error of the coefficients.
const tight = 1e-20

func (c CoordinateCase) config() ElasticNet {
	return ElasticNet{Alpha: c.Alpha, L1Ratio: c.L1Ratio, NoIntercept: c.NoIntercept, Positive: c.Positive, Tol: tight}
}

// lassoTol: scikit-learn's tolerance of 1e-14 for the gap leaves coefficients right to about 1e-7 of the largest.
const lassoTol = 1e-6

func TestElasticNetMatchesScikitLearn(t *testing.T) {
	file := golden.Load[struct{ Single map[string]CoordinateCase }](t, "testdata/coordinate.json")
	if len(file.Single) < 13 {
		t.Fatal("only", len(file.Single), "cases")
	}
	for name, c := range file.Single {
		for storage, table := range storages(c.table(t)) {
			what := name + " " + storage
			d := ml.Dataset[float64]{Table: table, Y: c.single()}
			configs := map[string]ElasticNet{"": c.config()}
			random := c.config()
			random.Random, random.Seed = true, 3
			configs[" in random order"] = random
			started := c.config()
			for range c.Coef[0] {
				started.Start = append(started.Start, 0.7)
			}
			configs[" from elsewhere"] = started
			for how, config := range configs {
				m, err := config.Fit(ctx, d)
				if err != nil {
					t.Fatal(what, err)
				}
				closeTo(t, m.Coef, c.Coef[0], lassoTol, what+how)
				golden.Close(t, []float64{m.Intercept}, c.Intercept, lassoTol, 1e-9, what+how+" intercept")
				checkOptimal(t, table, c.single(), m.Coef, m.Intercept, config, what+how)
			}
			if c.L1Ratio == 1 {
				m, err := Lasso{Alpha: c.Alpha, NoIntercept: c.NoIntercept, Positive: c.Positive, Tol: tight}.Fit(ctx, d)
				if err != nil {
					t.Fatal(what, err)
				}
				closeTo(t, m.Coef, c.Coef[0], lassoTol, what+" as Lasso")
			}
		}
	}
}

// checkOptimal checks the conditions of the optimum (Karush, Kuhn and Tucker) on the numbers as they are: where a coefficient is zero the data pull at it no
// harder than the penalty, elsewhere just as hard.
func checkOptimal(t *testing.T, table ml.Table, y, coef []float64, intercept float64, c ElasticNet, what string) {
	t.Helper()
	n, _ := table.X.Dims()
	total, sum, scale := 0.0, 0.0, 0.0
	residual := make([]float64, n)
	for i := range residual {
		w := 1.0
		if table.Weight != nil {
			w = table.Weight[i]
		}
		r := y[i] - intercept
		for j, b := range coef {
			r -= b * table.X.At(i, j)
		}
		residual[i] = w * r
		total += w
		sum += w * r
		scale += w * y[i] * y[i]
	}
	scale = math.Sqrt(scale / total)
	const tol = 1e-7 // of the root mean square of Y times that of the column
	if !c.NoIntercept && !(math.Abs(sum)/total <= tol*scale) {
		t.Errorf("%s: the mean residual is %g", what, sum/total)
	}
	for j, b := range coef {
		pull, size := 0.0, 0.0
		for i, r := range residual {
			x := table.X.At(i, j)
			pull += r * x
			size += x * x
		}
		pull = pull/total - c.Alpha*(1-c.L1Ratio)*b
		slack := tol * scale * math.Sqrt(size/total)
		l1 := c.Alpha * c.L1Ratio
		switch {
		case b != 0 && math.Abs(pull-math.Copysign(l1, b)) > slack, b == 0 && pull > l1+slack, b == 0 && pull < -l1-slack && !c.Positive,
			c.Positive && b < 0:
			t.Errorf("%s: coefficient %d is %g, where the data pull by %g against a penalty of %g", what, j, b, pull, l1)
		}
	}
}

// The workspaces are chosen by the sizes of the problem; here each is put to every problem.
func TestEveryWorkspaceFindsTheOptimum(t *testing.T) {
	file := golden.Load[struct{ Single map[string]CoordinateCase }](t, "testdata/coordinate.json")
	for name, c := range file.Single {
		for storage, table := range storages(c.table(t)) {
			x, err := newDesign("test", table, [][]float64{c.single()}, !c.NoIntercept)
			if err != nil {
				t.Fatal(err)
			}
			terms, rows, err := newRowCurvature(ctx, x, 0, 1)
			if err != nil {
				t.Fatal(err)
			}
			products, err := x.productsOf(ctx, x.present())
			if err != nil {
				t.Fatal(err)
			}
			full, gram, _ := joined(x, []*crossProducts{products}, 0, 1)
			golden.Close(t, full.c, terms.c, 1e-9, 1e-9*linalg.MaxAbs(terms.c), name+" gradient")
			golden.Close(t, full.curve, terms.curve, 1e-9, 0, name+" curvature")
			o := c.config().options()
			for how, p := range map[string]struct {
				terms  lossTerms
				source curvature
			}{"rows": {terms, rows}, "products": {full, gram}, "columns": {terms, columnsOnly{rows}}} {
				fits, info, err := o.run(ctx, "test", x, 0, p.terms, p.source)
				if err != nil {
					t.Fatal(err)
				}
				what := name + " " + storage + " by " + how
				closeTo(t, fits[0].coef, c.Coef[0], lassoTol, what)
				most := 1e-12
				if storage == "sparse" && how == "columns" {
					most = 1e-8 // centring is implicit, and columns at 1e4 times their deviation from 0 cost 8 digits
				}
				if info.Gap > most*terms.yy {
					t.Errorf("%s: %v after %d sweeps with a gap of %g", what, info.Status, info.Iterations, info.Gap/terms.yy)
				}
			}
		}
	}
}

// columnsOnly never makes products of columns.
type columnsOnly struct{ *rowCurvature }

func (c columnsOnly) workspace(ctx context.Context, last workspace, work []int) (workspace, error) {
	s, _ := last.(*columnSpace)
	return c.columnSpace(ctx, s, work)
}

// The gap must be what it claims: never less than the distance from the minimum.
func TestGapBoundsTheDistanceFromTheMinimum(t *testing.T) {
	for _, c := range []ElasticNet{{Alpha: 0.1, L1Ratio: 1}, {Alpha: 0.5, L1Ratio: 0.5}, {Alpha: 0.2}, {Alpha: 0.1, L1Ratio: 0.9, Positive: true}} {
		d := regression(80, 30)
		best := c
		best.Tol = tight
		m, err := best.Fit(ctx, d)
		if err != nil {
			t.Fatal(err)
		}
		least := objective(d, m.Coef, m.Intercept, c)
		for sweeps := 1; sweeps < 12; sweeps++ {
			some := c
			some.MaxIter, some.Tol = sweeps, tight
			m, err := some.Fit(ctx, d)
			if err != nil {
				t.Fatal(err)
			}
			over := objective(d, m.Coef, m.Intercept, c) - least
			if m.Info.Gap < over*(1-1e-6)-1e-12*least {
				t.Errorf("%+v after %d sweeps: gap %g, but %g above the minimum", c, sweeps, m.Info.Gap, over)
			}
			if m.Info.Status != ml.MaxIter && m.Info.Gap > 1e-15*least {
				t.Errorf("%+v after %d sweeps: %v with a gap of %g", c, sweeps, m.Info.Status, m.Info.Gap)
			}
		}
	}
}

func objective(d ml.Dataset[float64], coef []float64, intercept float64, c ElasticNet) float64 {
	x := d.X.(*tensor.Tensor[float64])
	sum, l1, l2 := 0.0, 0.0, 0.0
	for i, y := range d.Y {
		r := y - intercept - linalg.Dot(coef, x.Row(i))
		sum += r * r
	}
	for _, b := range coef {
		l1 += math.Abs(b)
		l2 += b * b
	}
	return sum/2/float64(len(d.Y)) + c.Alpha*(c.L1Ratio*l1+(1-c.L1Ratio)/2*l2)
}

// The ridge end is Ridge with the penalty times the total weight.
func TestElasticNetWithoutL1IsRidge(t *testing.T) {
	d := regression(70, 9)
	got, err := ElasticNet{Alpha: 0.3, Tol: tight}.Fit(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	want, err := Ridge{Alpha: 0.3 * 70}.Fit(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	closeTo(t, got.Coef, want.Coef, 1e-9, "coefficients")
}

func TestUnconvergedLassoSaysSo(t *testing.T) {
	m, err := Lasso{Alpha: 1e-4, MaxIter: 2, Tol: 1e-12}.Fit(ctx, regression(200, 50))
	if err != nil {
		t.Fatal(err)
	}
	if m.Info.Status != ml.MaxIter || m.Info.Iterations != 2 || !(m.Info.Gap > 0) {
		t.Errorf("%+v", m.Info)
	}
}

package linear_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/tensor"
)

type glmOfR struct {
	Data  map[string][]float64
	Cases map[string]struct {
		Coef, Cov, Quality                   []float64
		Hat, Cook                            []float64
		Response, Working, Pearson, Deviance []float64
		Standard, Student                    []float64
		StandardPearson                      []float64 `json:"standard_pearson"`
		HC0, HC1, HC2, HC3                   []float64
		Profile, Test                        []float64 `json:",omitempty"`
	}
	OLS map[string]struct {
		Coef, Quality, Hat, Cook, Standard, Student []float64
		Const, HC0, HC1, HC2, HC3                   []float64
	}
	Estimated struct {
		Coef, Quality, Profile []float64
		Theta                  float64
	}
}

// of is the data set of some columns and a target.
func (g glmOfR) of(target string, columns ...string) ml.Dataset[float64] {
	y := g.Data[target]
	x := tensor.New[float64](len(y), len(columns))
	names := make([]ml.Column, len(columns))
	for j, name := range columns {
		names[j].Name = name
		for i := range y {
			v := g.Data[name]
			if name == "twice" {
				x.Set(2*g.Data["a"][i]-g.Data["b"][i], i, j)
				continue
			}
			x.Set(v[i], i, j)
		}
	}
	d := ml.Data(x, y)
	d.Columns = names
	return d
}

// caseOf is the config and data of a case of R: "family link [precision|offset]".
func (g glmOfR) caseOf(name string) (linear.GLM, ml.Dataset[float64]) {
	columns := []string{"a", "b", "c"}
	var c linear.GLM
	if rest, ok := strings.CutSuffix(name, " precision"); ok {
		name, c.Precision = rest, "trials"
		columns = append(columns, "trials")
	}
	if rest, ok := strings.CutSuffix(name, " offset"); ok {
		name, c.Offset = rest, "shift"
		columns = append(columns, "shift")
	}
	if rest, ok := strings.CutPrefix(name, "quasi "); ok {
		name, c.Quasi = rest, true
	}
	if name == "aliased" {
		name, columns = "poisson log", []string{"a", "b", "twice", "c"}
	}
	target := map[string]string{"poisson": "count", "negative binomial": "count", "gamma": "positive", "inverse gaussian": "positive"}
	for family, f := range glmFamilies {
		link, ok := strings.CutPrefix(name, family+" ")
		if !ok {
			continue
		}
		if c.Family != nil && len(c.Family.String()) > len(family) {
			continue // inverse gaussian, not gaussian
		}
		c.Family, c.Link = f, glmLinks[link]
		y := target[family]
		switch {
		case family == "binomial" && c.Precision == "":
			y = "binary"
		case family == "binomial":
			y = "share"
		case family == "gaussian" && link == "log":
			y = "positive"
		case family == "gaussian":
			y = "gauss"
		case family == "negative binomial":
			c.Family = linear.NegativeBinomial{Overdispersion: 0.5} // theta 2
		}
		return c, g.of(y, columns...)
	}
	panic("no family: " + name)
}

// keep are the rows and columns of a covariance that R has: those of the first size terms, without aliased ones where it leaves them out.
func keep(m *linear.GLMModel, terms, size int) []float64 {
	var at []int
	for k, name := range append([]string{"(Intercept)"}, columnNames(m)...) {
		if name != m.Offset && name != m.Precision && (size == terms || k == 0 || !m.Aliased[k-1]) {
			at = append(at, k)
		}
	}
	var out []float64
	for _, i := range at {
		for _, j := range at {
			out = append(out, m.Cov.At(i, j))
		}
	}
	return out
}

func columnNames(m *linear.GLMModel) []string {
	var out []string
	for j := range m.Coef {
		out = append(out, ml.ColumnName(m.Columns, j))
	}
	return out
}

// R ends where the deviance changes by less than 1e-15 (the aliased case: 1e-8, after a last Newton step), so eight digits agree.
func TestGLMMatchesR(t *testing.T) {
	const tol, abs = 1e-7, 1e-9
	g := golden.Load[glmOfR](t, "testdata/glm_r.json")
	if len(g.Cases) != 17 {
		t.Fatal(len(g.Cases))
	}
	for name, c := range g.Cases {
		t.Run(name, func(t *testing.T) {
			config, d := g.caseOf(name)
			config.Tol = 1e-12
			m, err := config.Fit(context.Background(), d)
			if err != nil {
				t.Fatal(err)
			}
			coef := append([]float64{m.Intercept}, m.Coef[:len(c.Coef)-1]...)
			for k, v := range c.Coef {
				if math.IsNaN(v) { // R's word for aliased
					c.Coef[k] = 0
				}
			}
			golden.Close(t, coef, c.Coef, tol, abs, "coefficients")
			quality := []float64{m.Deviance, m.NullDeviance, m.DFResidual, m.Dispersion, m.LogLik, m.AIC, m.BIC}
			negative := strings.HasPrefix(name, "negative")
			if negative { // R estimates the dispersion of a family it does not know
				quality[3] = c.Quality[3]
			}
			golden.Close(t, quality, c.Quality, tol, abs, "deviances, df, dispersion, log-likelihood, AIC, BIC")
			if !negative {
				golden.Close(t, keep(m, len(c.Coef), len(c.Coef)), c.Cov, tol, abs, "covariance")
			}
			rows := map[linear.Residual][]float64{linear.ResponseResidual: c.Response, linear.WorkingResidual: c.Working, linear.PearsonResidual: c.Pearson, linear.DevianceResidual: c.Deviance}
			if !negative {
				rows[linear.StandardizedResidual], rows[linear.StandardizedPearsonResidual], rows[linear.StudentizedResidual] = c.Standard, c.StandardPearson, c.Student
			}
			for kind, want := range rows {
				got, err := m.Residuals(kind, d)
				if err != nil {
					t.Fatal(err)
				}
				golden.Close(t, got, want, 1e-6, 1e-7, "residuals "+string(rune('0'+kind)))
			}
			hat, err := m.Leverage(d)
			if err != nil {
				t.Fatal(err)
			}
			golden.Close(t, hat, c.Hat, tol, abs, "leverage")
			if cook, err := m.CooksDistance(d); err != nil || !negative && !golden.Close(t, cook, c.Cook, tol, abs, "Cook's distance") {
				t.Error(err)
			}
			for kind, want := range map[linear.Covariance][]float64{linear.HC0: c.HC0, linear.HC1: c.HC1, linear.HC2: c.HC2, linear.HC3: c.HC3} {
				config.Covariance = kind
				m, err := config.Fit(context.Background(), d)
				if err != nil {
					t.Fatal(err)
				}
				golden.Close(t, keep(m, len(c.Coef), int(math.Sqrt(float64(len(want))))), want, 1e-6, abs, kind.String())
			}
		})
	}
}

// R steps along the profile and puts a spline through it, which is good for three or four digits; the statistics of leaving a column out are fits.
func TestProfilesMatchR(t *testing.T) {
	g := golden.Load[glmOfR](t, "testdata/glm_r.json")
	for name, c := range g.Cases {
		if len(c.Profile) == 0 {
			continue
		}
		t.Run(name, func(t *testing.T) {
			config, d := g.caseOf(name)
			config.Tol = 1e-10
			m, err := config.Fit(context.Background(), d)
			if err != nil {
				t.Fatal(err)
			}
			terms, err := m.ProfileTerms(context.Background(), d)
			if err != nil {
				t.Fatal(err)
			}
			checkProfile(t, terms, c.Profile)
			var got []float64
			for _, term := range terms[1:] {
				got = append(got, m.Deviance+m.Dispersion*term.Stat*term.Stat)
				if want := term.Estimate < 0; want != (term.Stat < 0) {
					t.Errorf("%s: statistic %g of %g", term.Name, term.Stat, term.Estimate)
				}
			}
			golden.Close(t, got, c.Test, 1e-7, 0, "deviances without a column")
		})
	}
}

func checkProfile(t *testing.T, terms []linear.Term, want []float64) {
	t.Helper()
	n := len(terms)
	for k, term := range terms {
		const tol = 2e-3 // of the width
		width := want[n+k] - want[k]
		golden.Close(t, []float64{term.Lower, term.Upper}, []float64{want[k], want[n+k]}, 0, tol*width, term.Name)
	}
}

func TestEstimatedNegativeBinomialMatchesMASS(t *testing.T) {
	g := golden.Load[glmOfR](t, "testdata/glm_r.json")
	d := g.of("over", "a", "b", "c")
	m, err := linear.GLM{Family: linear.NegativeBinomial{}}.Fit(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	// glm.nb ends when theta changes by little, at 1e-6 or so of it.
	const tol = 1e-5
	golden.Close(t, append([]float64{m.Intercept}, m.Coef...), g.Estimated.Coef, tol, 0, "coefficients")
	golden.Close(t, []float64{1 / m.Family.(linear.NegativeBinomial).Overdispersion, m.LogLik, m.AIC, m.BIC}, append([]float64{g.Estimated.Theta}, g.Estimated.Quality...), tol, 0, "theta, log-likelihood, AIC, BIC")
	terms, err := m.ProfileTerms(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	checkProfile(t, terms, g.Estimated.Profile)
}

// Where the ends are, to all digits: the deviance of a fit with the coefficient held there by an offset.
func TestProfileEndsAreWhereTheDevianceSays(t *testing.T) {
	g := golden.Load[glmOfR](t, "testdata/glm_r.json")
	d := g.of("count", "a", "b", "c")
	config := linear.GLM{Family: linear.Poisson{}, Miscoverage: 0.1}
	m, err := config.Fit(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	terms, err := m.ProfileTerms(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	const quantile = 1.6448536269514722 // normal, of 0.95
	for _, end := range []float64{terms[1].Lower, terms[1].Upper} {
		held := g.of("count", "a", "b", "c")
		x := held.X.(*tensor.Tensor[float64])
		for i := range held.Y {
			x.Set(end*x.At(i, 0), i, 0)
		}
		config.Offset = "a"
		fixed, err := config.Fit(context.Background(), held)
		if err != nil {
			t.Fatal(err)
		}
		if rise := math.Sqrt(fixed.Deviance - m.Deviance); math.Abs(rise-quantile) > 1e-7 {
			t.Errorf("the root of the rise is %.12g, want %.12g", rise, quantile)
		}
	}
}

// A group without events: its effect has no finite estimate, but an upper end; and an intercept that must keep means positive ends there.
func TestProfilesWithoutAnEnd(t *testing.T) {
	x, _ := tensor.FromRows([][]float64{{0}, {0}, {0}, {1}, {1}, {1}})
	d := ml.Data(x, []float64{2, 1, 3, 0, 0, 0})
	m, err := linear.GLM{Family: linear.Poisson{}}.Fit(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(m.Info.Note, "separation: fitted means of 0") {
		t.Errorf("note %q", m.Info.Note)
	}
	terms, err := m.ProfileTerms(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	// Of 6 events none falls on half of the exposure: the deviance rises by 3.841459 where 12·log(1+e^b) does.
	want := math.Log(math.Expm1(3.841458820694124 / 12))
	if b := terms[1]; !math.IsInf(b.Lower, -1) || math.Abs(b.Upper-want) > 1e-6 || math.Abs(b.Stat*b.Stat-12*math.Ln2) > 1e-6 {
		t.Errorf("%+v, want an upper end of %g", b, want)
	}
	identity, err := linear.GLM{Family: linear.Poisson{}, Link: linear.IdentityLink{}}.Fit(context.Background(), ml.Data(x, []float64{2, 1, 3, 0, 1, 0}))
	if err != nil {
		t.Fatal(err)
	}
	if terms, err = identity.ProfileTerms(context.Background(), ml.Data(x, []float64{2, 1, 3, 0, 1, 0})); err != nil || !(terms[0].Lower > 0 && terms[1].Upper < terms[0].Upper) {
		t.Errorf("%v: %+v", err, terms)
	}
}

func TestNoteOnSeparationSaysWhatEndedTheFit(t *testing.T) {
	x, _ := tensor.FromRows([][]float64{{1}, {2}, {3}, {4}})
	d := ml.Data(x, []float64{0, 0, 1, 1})
	for tol, want := range map[float64]string{1e-9: "grew until MaxIter ended the fit", 1e-2: "grew until Tol was met"} {
		m, err := linear.GLM{Family: linear.Binomial{}, MaxIter: 20, Tol: tol}.Fit(context.Background(), d)
		if err != nil || !strings.Contains(m.Info.Note, want) {
			t.Errorf("Tol %g, %v after %d iterations, gap %g: note %q, error %v", tol, m.Info.Status, m.Info.Iterations, m.Info.Gap, m.Info.Note, err)
		}
	}
}

func TestInfluenceWantsTheRowsFittedTo(t *testing.T) {
	d := counts(40)
	m, err := linear.PoissonRegressor{Alpha: 0.1}.Fit(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	h, err := m.Leverage(d)
	sum := 0.0
	for _, v := range h {
		sum += v
	}
	if err != nil || math.Abs(sum-(m.Observations-m.DFResidual)) > 1e-9 { // the penalised hat matrix has the trace k
		t.Errorf("leverages add up to %g of %g: %v", sum, m.Observations-m.DFResidual, err)
	}
	other := of(d, func(y float64) float64 { return y + 1 })
	if _, err := m.Leverage(other); !errors.Is(err, ml.ErrData) {
		t.Error(err)
	}
	if _, err := m.CooksDistance(counts(39)); !errors.Is(err, ml.ErrShape) {
		t.Error(err)
	}
	if _, err := m.ProfileTerms(context.Background(), d); !errors.Is(err, ml.ErrConfig) {
		t.Error(err)
	}
	if _, err := m.Residuals(99, d); !errors.Is(err, ml.ErrConfig) {
		t.Error(err)
	}
}

// k repetitions of a row have its leverage each, and the same distance.
func TestLeverageOfRepetitions(t *testing.T) {
	d := counts(30)
	heavy := d
	heavy.Weight = make([]float64, 30)
	var idx []int
	for i := range heavy.Weight {
		heavy.Weight[i] = float64(i % 3)
		for range i % 3 {
			idx = append(idx, i)
		}
	}
	config := linear.GLM{Family: linear.Poisson{}, Exposure: "exposure", Quasi: true, Tol: 1e-12}
	long := d.Select(idx)
	a, err := config.Fit(context.Background(), heavy)
	if err != nil {
		t.Fatal(err)
	}
	b, err := config.Fit(context.Background(), long)
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]func(m *linear.GLMModel, d ml.Dataset[float64]) ([]float64, error){
		"leverage": (*linear.GLMModel).Leverage, "Cook's distance": (*linear.GLMModel).CooksDistance,
		"studentised": func(m *linear.GLMModel, d ml.Dataset[float64]) ([]float64, error) {
			return m.Residuals(linear.StudentizedResidual, d)
		},
	} {
		short, err := f(a, heavy)
		if err != nil {
			t.Fatal(err)
		}
		want, err := f(b, long)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]float64, len(idx))
		for k, i := range idx {
			got[k] = short[i]
		}
		golden.Close(t, got, want, 1e-8, 1e-10, name)
	}
}

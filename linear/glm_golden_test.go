package linear_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/tensor"
)

type glmGolden struct {
	X                             [][]float64
	Count, Each, Offset, Exposure []float64
	Cases                         []glmCase
	Estimated                     struct {
		Y, Params     []float64
		Alpha, Loglik float64
	}
	Penalized []struct {
		Model     string
		Alpha, B  float64
		Intercept bool
		Y, Coef   []float64
	}
	Densities []struct {
		Power, Phi, Mu float64
		Y, Logprob     []float64
	}
}

type glmCase struct {
	Family, Link, How                          string
	Y, Params, Bse                             []float64
	Deviance, Null, Pearson, Scale, Loglik, Df float64
	HC0                                        []float64 `json:"hc0,omitempty"` // these of plain cases only
	ResidDeviance                              []float64 `json:"resid_deviance,omitempty"`
	ResidPearson                               []float64 `json:"resid_pearson,omitempty"`
	ResidWorking                               []float64 `json:"resid_working,omitempty"`
	ResidAnscombe                              []float64 `json:"resid_anscombe,omitempty"`
	Leverage                                   []float64 `json:"leverage,omitempty"`
}

func loadGLM(t *testing.T) glmGolden { return golden.Load[glmGolden](t, "testdata/glm.json") }

var glmFamilies = map[string]linear.Family{
	"gaussian": linear.Gaussian{}, "binomial": linear.Binomial{}, "poisson": linear.Poisson{}, "gamma": linear.Gamma{}, "inverse gaussian": linear.InverseGaussian{},
	"tweedie": linear.Tweedie{Power: 1.6}, "negative binomial": linear.NegativeBinomial{Overdispersion: 0.4},
}

var glmLinks = map[string]linear.Link{
	"log": linear.LogLink{}, "logit": linear.LogitLink{}, "probit": linear.ProbitLink{}, "cloglog": linear.CloglogLink{}, "identity": linear.IdentityLink{},
	"inverse": linear.InverseLink{}, "inverse square": linear.InverseSquareLink{}, "power(0.5)": linear.PowerLink{Power: 0.5},
}

// columns are x with columns of roles in front of it, in the middle and behind, as they may lie anywhere.
func (g glmGolden) table(roles ...[]float64) *tensor.Tensor[float64] {
	rows := make([][]float64, len(g.X))
	for i, x := range g.X {
		rows[i] = append([]float64(nil), x...)
		for k, r := range roles {
			at := k % (len(x) + 1)
			rows[i] = append(rows[i][:at], append([]float64{r[i]}, rows[i][at:]...)...)
		}
	}
	x, err := tensor.FromRows(rows)
	if err != nil {
		panic(err)
	}
	return x
}

// caseOf is the data and config of a golden case: roles first, then the three columns of X.
func (g glmGolden) caseOf(c glmCase) (linear.GLM, ml.Dataset[float64]) {
	config := linear.GLM{Family: glmFamilies[c.Family], Link: glmLinks[c.Link]}
	d := ml.Data(g.table(), c.Y)
	switch c.How {
	case "count":
		d.Weight = g.Count
		if c.Family == "binomial" {
			d.X, config.Precision = g.table(g.Each), "x0"
		}
	case "each":
		d.X, config.Precision = g.table(g.Each), "x0"
	case "offset":
		d.X, config.Offset = g.table(g.Offset), "x0"
		if c.Link == "log" && c.Family != "binomial" {
			d.X, config.Exposure = g.table(g.Offset, g.Exposure), "x1"
		}
	}
	return config, d
}

func TestGLMMatchesStatsmodels(t *testing.T) {
	g := loadGLM(t)
	// Both solve to rounding; standard errors of statsmodels come from a pseudo-inverse.
	const tol = 1e-7
	for _, c := range g.Cases {
		t.Run(fmt.Sprint(c.Family, " ", c.Link, " ", c.How), func(t *testing.T) {
			config, d := g.caseOf(c)
			m, err := config.Fit(context.Background(), d)
			if err != nil {
				t.Fatal(err)
			}
			if m.Info.Status != ml.Converged {
				t.Errorf("%v after %d iterations, gap %g", m.Info.Status, m.Info.Iterations, m.Info.Gap)
			}
			_, p := d.X.Dims()
			golden.Close(t, append(append([]float64(nil), m.Coef[p-3:]...), m.Intercept), c.Params, tol, 1e-8, "coefficients")
			terms := m.Terms()
			var se []float64
			for _, term := range terms {
				if !strings.HasPrefix(term.Name, "(") && !isRole(config, term.Name) {
					se = append(se, term.StdErr)
				}
			}
			golden.Close(t, append(se, terms[0].StdErr), c.Bse, tol, 0, "standard errors")
			golden.Close(t, []float64{m.Deviance, m.NullDeviance, m.PearsonChi2, m.Dispersion, m.LogLik, m.DFResidual},
				[]float64{c.Deviance, c.Null, c.Pearson, c.Scale, c.Loglik, c.Df}, tol, 1e-9, "deviance, null deviance, χ², dispersion, log-likelihood, df")
		})
	}
}

func isRole(c linear.GLM, name string) bool {
	return name == c.Offset || name == c.Exposure || name == c.Precision
}

func TestGLMRobustCovarianceMatchesStatsmodels(t *testing.T) {
	g := loadGLM(t)
	for _, c := range g.Cases {
		if len(c.HC0) == 0 || c.Family == "negative binomial" { // with other than canonical links statsmodels takes the observed information
			continue
		}
		config, d := g.caseOf(c)
		config.Covariance = linear.HC0
		m, err := config.Fit(context.Background(), d)
		if err != nil {
			t.Fatal(err)
		}
		terms := m.Terms()
		var se []float64
		for _, term := range append(terms[1:], terms[0]) {
			se = append(se, term.StdErr)
		}
		golden.Close(t, se, c.HC0, 1e-7, 0, fmt.Sprint(c.Family, c.Link))
	}
}

func TestNegativeBinomialMatchesStatsmodels(t *testing.T) {
	g := loadGLM(t)
	m, err := linear.GLM{Family: linear.NegativeBinomial{}, Exposure: "x0"}.Fit(context.Background(), ml.Data(g.table(g.Exposure), g.Estimated.Y))
	if err != nil {
		t.Fatal(err)
	}
	// statsmodels' Newton ends at gradients of about 1e-8.
	golden.Close(t, append(m.Coef[1:], m.Intercept), g.Estimated.Params, 1e-6, 0, "coefficients")
	golden.Close(t, []float64{m.Family.(linear.NegativeBinomial).Overdispersion, m.LogLik}, []float64{g.Estimated.Alpha, g.Estimated.Loglik}, 1e-6, 0, "alpha, log-likelihood")
}

func TestPenalizedRegressorsMatchScikitLearn(t *testing.T) {
	g := loadGLM(t)
	for _, c := range g.Penalized {
		var power float64
		name, link, _ := strings.Cut(strings.TrimPrefix(c.Model, "tweedie "), " ")
		fmt.Sscan(name, &power)
		config := ml.Fitter[ml.Dataset[float64], *linear.GLMModel](linear.TweedieRegressor{Power: power, Link: glmLinks[link], Alpha: c.Alpha, NoIntercept: !c.Intercept})
		switch c.Model {
		case "poisson":
			config = linear.PoissonRegressor{Alpha: c.Alpha, NoIntercept: !c.Intercept}
		case "gamma":
			config = linear.GammaRegressor{Alpha: c.Alpha, NoIntercept: !c.Intercept}
		}
		d := ml.Data(g.table(), c.Y)
		d.Weight = g.Count
		m, err := config.Fit(context.Background(), d)
		if err != nil {
			t.Errorf("%s, alpha %g: %v", c.Model, c.Alpha, err)
			continue
		}
		golden.Close(t, append(m.Coef, m.Intercept), append(c.Coef, c.B), 1e-7, 1e-8, fmt.Sprint(c.Model, c.Alpha, c.Intercept))
	}
}

func TestTweedieDensityMatchesStatsmodels(t *testing.T) {
	for _, c := range loadGLM(t).Densities {
		got := make([]float64, len(c.Y))
		for i, y := range c.Y {
			got[i] = linear.Tweedie{Power: c.Power}.LogProb(y, c.Mu, c.Phi, 1)
		}
		golden.Close(t, got, c.Logprob, 1e-9, 1e-9, fmt.Sprint(c.Power)) // the terms of a sum of thousands cancel
	}
	// At y = 0 the probability is that of no event.
	if got := (linear.Tweedie{Power: 1.5}).LogProb(0, 1, 1, 1); math.Abs(got+2) > 1e-15 {
		t.Errorf("log probability of 0 is %g", got)
	}
}

func TestGLMResidualsMatchStatsmodels(t *testing.T) {
	g := loadGLM(t)
	for _, c := range g.Cases {
		if c.How != "plain" {
			continue
		}
		config, d := g.caseOf(c)
		m, err := config.Fit(context.Background(), d)
		if err != nil {
			t.Fatal(err)
		}
		for kind, want := range map[linear.Residual][]float64{linear.DevianceResidual: c.ResidDeviance, linear.PearsonResidual: c.ResidPearson, linear.WorkingResidual: c.ResidWorking, linear.AnscombeResidual: c.ResidAnscombe} {
			if kind == linear.AnscombeResidual {
				if len(want) == 0 { // of a Tweedie model
					continue
				}
				for i := range want { // theirs is over the root of the dispersion, unlike their others
					want[i] *= math.Sqrt(c.Scale)
				}
			}
			got, err := m.Residuals(kind, d)
			if err != nil {
				t.Fatal(err)
			}
			golden.Close(t, got, want, 1e-6, 1e-6, fmt.Sprint(c.Family, c.Link, kind)) // the deviance of y near μ cancels to the root of rounding
		}
		leverage, err := m.Leverage(d)
		if err != nil {
			t.Fatal(err)
		}
		golden.Close(t, leverage, c.Leverage, 1e-7, 1e-10, fmt.Sprint(c.Family, c.Link, " leverage"))
	}
}

func TestGLMSaysSeparationByName(t *testing.T) {
	x, _ := tensor.FromRows([][]float64{{1}, {2}, {3}, {4}})
	m, err := linear.GLM{Family: linear.Binomial{}}.Fit(context.Background(), ml.Data(x, []float64{0, 0, 1, 1}))
	if err != nil || !strings.Contains(m.Info.Note, "perfect separation") {
		t.Errorf("note %q, error %v", m.Info.Note, err)
	}
	m, err = linear.GLM{Family: linear.Binomial{}}.Fit(context.Background(), ml.Data(x, []float64{0, 1, 0, 1}))
	if err != nil || m.Info.Note != "" {
		t.Errorf("overlapping classes: note %q, error %v", m.Info.Note, err)
	}
}

func TestGLMRefusesImpossibleTargets(t *testing.T) {
	x, _ := tensor.FromRows([][]float64{{1}, {2}, {3}, {4}})
	for _, f := range []linear.Family{linear.Poisson{}, linear.Gamma{}, linear.Binomial{}, linear.NegativeBinomial{}, linear.Tweedie{Power: 1.5}, linear.InverseGaussian{}} {
		d := ml.Data(x, []float64{0.5, 0.5, -1, 0.5})
		if _, err := (linear.GLM{Family: f}).Fit(context.Background(), d); !errors.Is(err, ml.ErrTarget) {
			t.Errorf("%v: %v", f, err)
		}
		d.Weight = []float64{1, 1, 0, 1} // an absent row may hold anything
		if _, err := (linear.GLM{Family: f, Link: linear.LogLink{}}).Fit(context.Background(), d); err != nil {
			t.Errorf("%v: %v", f, err)
		}
	}
}

// An exact fit has a dispersion of about 0: millions of terms of the series, or a saddlepoint. Both must agree where one takes over.
func TestTweedieDensityOfTinyDispersions(t *testing.T) {
	for _, p := range []float64{1.05, 1.5, 1.95} {
		f := linear.Tweedie{Power: p}
		const y, edge = 2.5, 1e-5
		at := func(ratio float64) float64 {
			phi := ratio * math.Pow(y, 2-p)
			return f.LogProb(y, y, phi, 1) + math.Log(phi)/2 // the density at the mean is of order 1/√φ
		}
		// Terms of the series near the edge are of size 1e7, so 1e-8 is their rounding.
		if below, above := at(edge*(1-1e-9)), at(edge*(1+1e-9)); !(math.Abs(below-above) < 2e-8) {
			t.Errorf("power %g: %.12g below the edge, %.12g above", p, below, above)
		}
		const tiny = 1e-9
		want := -math.Log(2*math.Pi*tiny*math.Pow(y, p)) / 2
		// The deviance at the mean is rounding, up to 1e-14 for these powers, over the dispersion.
		if got := f.LogProb(y, y, tiny, 1); !(math.Abs(got-want) < 1e-4) {
			t.Errorf("power %g: %g at a dispersion of %g, want %g", p, got, tiny, want)
		}
		f.LogProb(y, y, 1e-33, 1) // must end
	}
}

// The numbers are those of R's example of glm, with a column twice.
func TestGLMTableShowsWhatRShows(t *testing.T) {
	x, _ := tensor.FromRows([][]float64{
		{0, 0, 0, 0, 0}, {1, 0, 0, 0, 1}, {0, 1, 0, 0, 0}, {0, 0, 1, 0, 0}, {1, 0, 1, 0, 1}, {0, 1, 1, 0, 0}, {0, 0, 0, 1, 0}, {1, 0, 0, 1, 1}, {0, 1, 0, 1, 0},
	})
	d := ml.Data(x, []float64{18, 17, 15, 20, 10, 20, 25, 13, 12})
	m, err := linear.GLM{Family: linear.Poisson{}}.Fit(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Poisson, log link, 9 observations", "x0 -0.45426 0.20217 -2.247 0.0246 *", "x4 aliased", "Null deviance: 10.581 on 8 degrees",
		"Residual deviance: 5.1291 on 4 degrees", "Dispersion: 1.0000, fixed by the family", "AIC: 56.761", "coefficient 0: x4",
	} {
		if table := strings.Join(strings.Fields(m.String()), " "); !strings.Contains(table, want) {
			t.Errorf("no %q in %s", want, table)
		}
	}
	quasi, err := linear.GLM{Family: linear.Poisson{}, Quasi: true}.Fit(context.Background(), d)
	if err != nil || !strings.Contains(quasi.String(), "Dispersion: 1.2933, estimated") || strings.Contains(quasi.String(), "AIC") {
		t.Errorf("%v\n%v", err, quasi)
	}
}

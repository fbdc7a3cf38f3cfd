package linear

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// String is the table of the model: what was fitted, a line for each coefficient, deviances and criteria.
func (m *GLMModel) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Generalised linear model: %s, %s link, %s observations\n", m.Family, m.Link, number(m.Observations))
	for _, r := range []struct{ role, column string }{{"Offset", m.Offset}, {"Exposure", m.Exposure}, {"Precision", m.Precision}} {
		if r.column != "" {
			fmt.Fprintf(&b, "%s: %s\n", r.role, r.column)
		}
	}
	stat := "t"
	if math.IsInf(m.dfTest(), 1) {
		stat = "z"
	}
	level := strconv.FormatFloat(100*(1-m.miscoverage()), 'g', 6, 64)
	c, _ := m.config()
	fmt.Fprintf(&b, "\nCoefficients, %s standard errors:\n", c.Covariance)
	lines := [][]string{{"", "Estimate", "Std. Error", stat, "P(>|" + stat + "|)", "", level + "% from", "to"}}
	for _, t := range m.Terms() {
		if t.Aliased {
			lines = append(lines, []string{t.Name, "aliased", "-", "-", "-", "", "-", "-"})
			continue
		}
		lines = append(lines, []string{t.Name, brief(t.Estimate), brief(t.StdErr), fixed(t.Stat, 3), probability(t.P), stars(t.P), brief(t.Lower), brief(t.Upper)})
	}
	writeColumns(&b, lines)
	b.WriteString("Significance: *** below 0.001, ** 0.01, * 0.05, . 0.1\n\n")
	origin := "estimated"
	if math.IsInf(m.dfTest(), 1) {
		origin = "fixed by the family"
	}
	fmt.Fprintf(&b, "Null deviance: %s on %s degrees of freedom\n", brief(m.NullDeviance), number(m.Observations-float64(m.lead())))
	df := strconv.FormatFloat(m.DFResidual, 'f', -1, 64)
	if m.DFResidual != math.Trunc(m.DFResidual) { // of a penalty
		df = fixed(m.DFResidual, 2)
	}
	fmt.Fprintf(&b, "Residual deviance: %s on %s degrees of freedom, Pearson chi-squared: %s\n", brief(m.Deviance), df, brief(m.PearsonChi2))
	fmt.Fprintf(&b, "Dispersion: %s, %s\n", brief(m.Dispersion), origin)
	if !math.IsNaN(m.LogLik) {
		fmt.Fprintf(&b, "Log-likelihood: %s, AIC: %s, BIC: %s\n", brief(m.LogLik), brief(m.AIC), brief(m.BIC))
	}
	fmt.Fprintf(&b, "%s after %d iterations\n", m.Info.Status, m.Info.Iterations)
	if m.Info.Note != "" {
		fmt.Fprintf(&b, "Note: %s\n", m.Info.Note)
	}
	return b.String()
}

// WriteTo writes String to w.
func (m *GLMModel) WriteTo(w io.Writer) (int64, error) {
	n, err := io.WriteString(w, m.String())
	return int64(n), err
}

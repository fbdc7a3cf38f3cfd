package linear

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/gopherwood-ml/ml/internal/stats"
)

// String is the regression table: what was fitted, the quartiles of the residuals, a line for each coefficient, and the quality of the fit.
func (m *OLSResults) String() string {
	c := m.config()
	var b strings.Builder
	fmt.Fprintf(&b, "Ordinary least squares: %s observations, %s, %s\n", number(m.Observations), plural(m.Info.Features, "column"), m.how())
	label := "Residuals"
	if c.Precision {
		label = "Weighted residuals"
	}
	fmt.Fprintf(&b, "\n%s:\n", label)
	writeColumns(&b, [][]string{{"Min", "1Q", "Median", "3Q", "Max"}, briefs(m.Quantiles)})

	level := strconv.FormatFloat(100*(1-c.Miscoverage), 'g', 6, 64)
	stat := "t"
	if c.Normal {
		stat = "z"
	}
	b.WriteString("\nCoefficients:\n")
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

	fmt.Fprintf(&b, "Residual standard error: %s on %s degrees of freedom\n", brief(m.Sigma), number(m.DFResidual))
	fmt.Fprintf(&b, "R-squared: %s, adjusted: %s\n", fixed(m.R2, 4), fixed(m.AdjR2, 4))
	if m.DFModel > 0 {
		df, test := m.DFResidual, ""
		if c.Covariance == Cluster {
			df = float64(m.Groups - 1)
		}
		if c.Covariance != Classical {
			test = " (Wald)"
		}
		fmt.Fprintf(&b, "F%s: %s on %d and %s degrees of freedom, p: %s\n", test, brief(m.F), m.DFModel, number(df), probability(m.PF))
	}
	fmt.Fprintf(&b, "Log-likelihood: %s, AIC: %s, BIC: %s\n", brief(m.LogLik), brief(m.AIC), brief(m.BIC))
	jb, p := m.JarqueBera()
	fmt.Fprintf(&b, "Durbin-Watson: %s, Jarque-Bera: %s (p: %s), skewness: %s, excess kurtosis: %s\n",
		fixed(m.DurbinWatson, 3), fixed(jb, 3), probability(p), fixed(m.Skewness, 3), fixed(m.Kurtosis, 3))
	const high = 30 // Belsley, Kuh and Welsch (1980): where estimates begin to suffer
	if m.Condition > high {
		fmt.Fprintf(&b, "Condition number: %s: some columns nearly depend on others\n", brief(m.Condition))
	}
	if m.Info.Note != "" {
		fmt.Fprintf(&b, "Note: %s\n", m.Info.Note)
	}
	return b.String()
}

// WriteTo writes String to w.
func (m *OLSResults) WriteTo(w io.Writer) (int64, error) {
	n, err := io.WriteString(w, m.String())
	return int64(n), err
}

// JarqueBera tests the residuals for normality by their skewness and kurtosis: the statistic, about χ² of 2 degrees of freedom under
// normal noise and many rows, and its p-value.
func (m *OLSResults) JarqueBera() (stat, p float64) {
	stat = m.Observations / 6 * (m.Skewness*m.Skewness + m.Kurtosis*m.Kurtosis/4)
	return stat, stats.ChiSquared{K: 2}.Survival(stat)
}

// how says in words what standard errors are reported.
func (m *OLSResults) how() string {
	c := m.config()
	text := c.Covariance.String() + " standard errors"
	switch c.Covariance {
	case HAC:
		text += " of " + plural(m.Lags, "lag")
	case Cluster:
		text = fmt.Sprintf("standard errors of %d clusters", m.Groups)
	}
	if c.Precision {
		text += ", weights are inverse variances"
	}
	return text
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// writeColumns aligns words right, but for the first of a line that names it and those that are marks.
func writeColumns(b *strings.Builder, lines [][]string) {
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for k, word := range line {
			widths[k] = max(widths[k], len([]rune(word)))
		}
	}
	named := lines[0][0] == ""
	for _, line := range lines {
		var row strings.Builder
		for k, word := range line {
			pad := strings.Repeat(" ", widths[k]-len([]rune(word)))
			if k > 0 {
				row.WriteString("  ")
			}
			if k == 0 && named || lines[0][k] == "" {
				row.WriteString(word + pad)
			} else {
				row.WriteString(pad + word)
			}
		}
		b.WriteString(strings.TrimRight(row.String(), " "))
		b.WriteByte('\n')
	}
}

// brief is a number to five digits.
func brief(v float64) string {
	if a := math.Abs(v); a >= 1e5 && a < 1e9 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strings.TrimSuffix(fmt.Sprintf("%#.5g", v), ".")
}

func briefs(v []float64) []string {
	out := make([]string, len(v))
	for i, x := range v {
		out[i] = brief(x)
	}
	return out
}

// number is a count, which need not be whole.
func number(v float64) string { return strconv.FormatFloat(v, 'g', 10, 64) }

func fixed(v float64, digits int) string { return strconv.FormatFloat(v, 'f', digits, 64) }

// probability is a p-value to three digits. Nothing is below what the residuals' rounding allows to say.
func probability(p float64) string {
	const least = 2e-16
	switch {
	case p < least:
		return "<2e-16"
	case p < 1e-3:
		return strconv.FormatFloat(p, 'e', 2, 64)
	}
	return strconv.FormatFloat(p, 'f', 4, 64)
}

// stars marks how small a p-value is, as R does.
func stars(p float64) string {
	switch {
	case p < 0.001:
		return "***"
	case p < 0.01:
		return "**"
	case p < 0.05:
		return "*"
	case p < 0.1:
		return "."
	}
	return ""
}

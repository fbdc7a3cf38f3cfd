package metrics

import (
	"fmt"
	"math"
	"strings"
)

// A Report is the scores that a person should look at, for one task, each with its range and what is best.
type Report struct {
	Title  string
	Lines  []ReportLine
	Detail string // tables below the lines, as text
}

// ReportLine is one score.
type ReportLine struct {
	Name     string
	Interval Interval // Low and High are NaN where no interval is given
	Note     string   // how to read it
}

// Value is the score of a name, NaN if the report has none of it.
func (r *Report) Value(name string) float64 {
	for _, l := range r.Lines {
		if l.Name == name {
			return l.Interval.Value
		}
	}
	return math.NaN()
}

func (r *Report) add(name string, value float64, note string) {
	r.Lines = append(r.Lines, ReportLine{name, Interval{value, math.NaN(), math.NaN()}, note})
}

// String is the report as text.
func (r *Report) String() string {
	width := 0
	for _, l := range r.Lines {
		width = max(width, len([]rune(l.Name)))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", r.Title)
	for _, l := range r.Lines {
		value := fmt.Sprintf("%12.5g", l.Interval.Value)
		between := ""
		if l.Interval.Low == l.Interval.Low {
			between = fmt.Sprintf(" [%.4g, %.4g]", l.Interval.Low, l.Interval.High)
		}
		b.WriteString(strings.TrimRight(fmt.Sprintf("%-*s %s%-20s  %s", width, l.Name, value, between, l.Note), " "))
		b.WriteByte('\n')
	}
	if r.Detail != "" {
		b.WriteByte('\n')
		b.WriteString(r.Detail)
	}
	return b.String()
}

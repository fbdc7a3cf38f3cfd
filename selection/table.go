package selection

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// BestConfig returns the config that was chosen.
func (t *Tuned[P, Y, M]) BestConfig() any { return t.Config }

// Ranks are the places of the trials by the first scorer's mean, from 1; equal means share a place, and trials that failed or had a part of the resource
// come after the others, those that had more of it first.
func (t *Tuned[P, Y, M]) Ranks() []int {
	order := t.ranked()
	ranks := make([]int, len(order))
	for place, i := range order {
		ranks[i] = place + 1
		if place > 0 && t.compare(order[place-1], i) == 0 {
			ranks[i] = ranks[order[place-1]]
		}
	}
	return ranks
}

func (t *Tuned[P, Y, M]) ranked() []int {
	order := make([]int, len(t.Trials))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, t.compare)
	return order
}

func (t *Tuned[P, Y, M]) compare(i, j int) int {
	a, b := t.Trials[i], t.Trials[j]
	switch {
	case a.Fault != "" && b.Fault != "":
		return 0
	case a.Fault != "":
		return 1
	case b.Fault != "":
		return -1
	}
	if c := cmp.Compare(b.Rung, a.Rung); c != 0 {
		return c
	}
	if t.Trials[t.BestIndex].Metrics[0].Lower {
		return cmp.Compare(a.Metrics[0].Mean(), b.Metrics[0].Mean())
	}
	return cmp.Compare(b.Metrics[0].Mean(), a.Metrics[0].Mean())
}

// String renders the table of all trials, times included: see Format.
func (t *Tuned[P, Y, M]) String() string { return t.Format(true) }

// Format renders the table of all trials, the best first and the chosen one marked: rank, number, mean and standard deviation of the first score, means of the others, the
// first one's score on each fold, the resource of a halving, mean times of a fit and of scoring it, and the parameters. Without times it is the same in every run.
func (t *Tuned[P, Y, M]) Format(times bool) string {
	ranks := t.Ranks()
	halved := slices.ContainsFunc(t.Trials, func(r Trial[P]) bool { return !r.Whole })
	metrics := t.Trials[t.BestIndex].Metrics
	head := []string{"", "rank", "trial", metrics[0].Name, "std"}
	for _, m := range metrics[1:] {
		head = append(head, m.Name)
	}
	head = append(head, "folds")
	if halved {
		head = append(head, "resource")
	}
	if times {
		head = append(head, "fit", "score")
	}
	rows := [][]string{append(head, t.Names...)}
	var faults []string
	for _, i := range t.ranked() {
		r := t.Trials[i]
		mark := ""
		if i == t.BestIndex {
			mark = "*"
		}
		row := []string{mark, fmt.Sprint(ranks[i]), fmt.Sprint(i)}
		if r.Fault != "" {
			row = append(row, "failed", "")
			for range metrics[1:] {
				row = append(row, "")
			}
			row = append(row, "")
			faults = append(faults, fmt.Sprintf("trial %d failed: %s\n", i, r.Fault))
		} else {
			row = append(row, fmt.Sprintf("%.4f", r.Metrics[0].Mean()), fmt.Sprintf("%.4f", r.Metrics[0].Std()))
			for _, m := range r.Metrics[1:] {
				row = append(row, fmt.Sprintf("%.4f", m.Mean()))
			}
			folds := make([]string, len(r.Metrics[0].Folds))
			for k, v := range r.Metrics[0].Folds {
				folds[k] = fmt.Sprintf("%.3f", v)
			}
			row = append(row, strings.Join(folds, " "))
		}
		if halved {
			row = append(row, fmt.Sprint(r.Resource))
		}
		if times {
			row = append(row, meanTime(r.FitTime), meanTime(r.ScoreTime))
		}
		rows = append(rows, append(row, t.shown[i]...))
	}
	return aligned(rows) + strings.Join(faults, "")
}

func meanTime(of []time.Duration) string {
	sum := time.Duration(0)
	for _, d := range of {
		sum += d
	}
	mean := sum / time.Duration(max(len(of), 1))
	switch {
	case mean >= time.Second:
		return mean.Round(10 * time.Millisecond).String()
	case mean >= time.Millisecond:
		return mean.Round(10 * time.Microsecond).String()
	}
	return mean.Round(10 * time.Nanosecond).String()
}

// aligned sets columns side by side, flush right.
func aligned(rows [][]string) string {
	width := make([]int, len(rows[0]))
	for _, row := range rows {
		for j, s := range row {
			width[j] = max(width[j], len([]rune(s)))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		var line strings.Builder
		for j, s := range row {
			if j > 0 {
				line.WriteString("  ")
			}
			line.WriteString(strings.Repeat(" ", width[j]-len([]rune(s))))
			line.WriteString(s)
		}
		b.WriteString(strings.TrimRight(line.String(), " "))
		b.WriteByte('\n')
	}
	return b.String()
}

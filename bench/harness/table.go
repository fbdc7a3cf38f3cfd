package harness

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/gopherwood-ml/ml/bench/cases"
)

var header = []string{"case", "step", "n x d", "threads", "ours", "peer", "ratio [95 %]", "floor", "verdict", "scaling", "GFLOP/s (peak)", "score ours", "score peer", "memory ours / peer", "others",
	"library", "its kernels", "ours: kernels", "CPU"}

// WriteTable writes the rows with everything a reader needs to judge each of them by itself.
func WriteTable(w io.Writer, rows []Row) error {
	t := tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)
	line := func(cells []string) { fmt.Fprintf(t, "| %s\t|\n", strings.Join(cells, "\t| ")) }
	line(header)
	dashes := make([]string, len(header))
	for i, h := range header {
		dashes[i] = strings.Repeat("-", len(h))
	}
	line(dashes)
	for _, r := range rows {
		line(cells(r, scaling(r, rows)))
	}
	return t.Flush()
}

func cells(r Row, scaling string) []string {
	size := ""
	if r.Rows > 0 {
		size = fmt.Sprintf("%dx%d", r.Rows, r.Cols)
	}
	verdict := r.Verdict
	if verdict == "" {
		verdict = r.Status
	}
	floor := ""
	if r.Ratio != nil {
		floor = "< " + strconv.FormatFloat(r.Floor, 'g', 4, 64)
	}
	speed := ""
	if r.GFLOPS > 0 {
		speed = fmt.Sprintf("%.1f", r.GFLOPS)
		if r.Peak > 0 {
			speed += fmt.Sprintf(" (%.0f %%)", 100*r.GFLOPS/r.Peak)
		}
	}
	library := r.Env.Library
	if library == "" {
		library = r.Lib
	}
	if r.Env.Unlike != "" {
		library += " (not as pinned: " + r.Env.Unlike + ")"
	}
	our := ""
	if r.OurEnv.Library != "" {
		our = r.OurEnv.Library + ", " + r.OurEnv.Kernel
	}
	return []string{r.Case, r.Step, size, strconv.Itoa(r.Threads), seconds(r.Ours), seconds(r.Theirs), ratioText(r), floor, verdict, scaling, speed,
		scoreText(r.Score), scoreText(r.TheirScore), memoryText(r), othersText(r.Others), library, r.Env.Kernel, our, r.CPU}
}

// scaling is how much faster ours is than at one thread, in another row, or "".
func scaling(r Row, rows []Row) string {
	for _, one := range rows {
		if one.Threads == 1 && r.Threads > 1 && one.Case == r.Case && one.Step == r.Step && one.Lib == r.Lib && len(one.Ours) > 0 && len(r.Ours) > 0 {
			return fmt.Sprintf("%.2fx", cases.Median(slices.Clone(one.Ours))/cases.Median(slices.Clone(r.Ours)))
		}
	}
	return ""
}

// seconds is the median of the rounds in a unit that reads well.
func seconds(t []float64) string {
	if len(t) == 0 {
		return ""
	}
	s := cases.Median(slices.Clone(t))
	for _, u := range []struct {
		name string
		size float64
	}{{"s", 1}, {"ms", 1e-3}, {"µs", 1e-6}} {
		if s >= u.size {
			return fmt.Sprintf("%.3g %s", s/u.size, u.name)
		}
	}
	return fmt.Sprintf("%.3g ns", s*1e9)
}

// memoryText is what a fit takes on both sides, in megabytes, and their ratio.
func memoryText(r Row) string {
	if r.Memory == 0 || r.TheirMemory == 0 {
		return ""
	}
	return fmt.Sprintf("%.0f / %.0f MB (%.2f)", r.Memory/1e6, r.TheirMemory/1e6, r.Memory/r.TheirMemory)
}

func ratioText(r Row) string {
	if r.Ratio == nil {
		return ""
	}
	return fmt.Sprintf("%.3g [%.3g, %.3g]", r.Ratio.Mean, r.Ratio.Low, r.Ratio.High)
}

func scoreText(s map[string]float64) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(s)) {
		parts = append(parts, fmt.Sprintf("%s %.8g", k, s[k]))
	}
	return strings.Join(parts, ", ")
}

func othersText(share float64) string {
	if share < 0 {
		return "?"
	}
	return fmt.Sprintf("%.0f %%", 100*share)
}

// WriteJSON writes a row as one line.
func WriteJSON(w io.Writer, r Row) error {
	if r.Ratio != nil && len(r.Ours) < 2 {
		r.Ratio = nil // JSON knows no infinity
	}
	return json.NewEncoder(w).Encode(r)
}

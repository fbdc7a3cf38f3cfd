package coverage

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

const (
	beginMark = "<!-- coverage:begin -->"
	endMark   = "<!-- coverage:end -->"
)

// table renders the rows as Markdown, a section for each package: first what users import, in the order of the layers, then
// what lies below. A row belongs to the package of its first name. The tests stay in coverage.json: a reader of the README
// asks what there is.
func table(rows map[string]Row) string {
	sections := map[string][]string{}
	for _, id := range slices.Sorted(maps.Keys(rows)) {
		if len(rows[id].Names) > 0 {
			pkg := packageOf(rows[id].Names[0])
			sections[pkg] = append(sections[pkg], id)
		}
	}
	packages := slices.SortedFunc(maps.Keys(sections), func(a, b string) int {
		return cmp.Or(cmp.Compare(below(a), below(b)), cmp.Compare(layerOf(folder(a)), layerOf(folder(b))), strings.Compare(a, b))
	})
	var b strings.Builder
	for _, pkg := range packages {
		fmt.Fprintf(&b, "\n### %s\n\n| Row | What | Provided by |\n|---|---|---|\n", pkg)
		for _, id := range sections[pkg] {
			row := rows[id]
			fmt.Fprintf(&b, "| %s | %s | %s |\n", id, strings.ReplaceAll(row.Title, "|", `\|`), code(row.Names))
		}
	}
	if len(packages) > 0 {
		b.WriteByte('\n') // Markdown wants a blank line after a table
	}
	return b.String()
}

func below(pkg string) int {
	if strings.HasPrefix(pkg, "internal/") {
		return 1
	}
	return 0
}

// packageOf is the package of "internal/par.For" or "linear.Ridge.Fit".
func packageOf(name string) string {
	slash := strings.LastIndexByte(name, '/') + 1
	last, _, _ := strings.Cut(name[slash:], ".")
	return name[:slash] + last
}

func folder(pkg string) string {
	if pkg == "ml" {
		return "."
	}
	return pkg
}

func code(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return "`" + strings.Join(names, "`, `") + "`"
}

// withTable returns the README with the table between its marks.
func withTable(readme string, rows map[string]Row) (string, error) {
	before, rest, okBegin := strings.Cut(readme, beginMark)
	_, after, okEnd := strings.Cut(rest, endMark)
	if !okBegin || !okEnd || strings.Count(readme, beginMark) != 1 || strings.Count(readme, endMark) != 1 {
		return "", fmt.Errorf("README.md must hold %s and, after it, %s, once each", beginMark, endMark)
	}
	return before + beginMark + "\n" + table(rows) + endMark + after, nil
}

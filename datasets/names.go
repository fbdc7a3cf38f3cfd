package datasets

import (
	"strconv"

	"github.com/gopherwood-ml/ml"
)

// part is a run of columns of one kind.
type part struct {
	kind  string
	count int
}

// nameColumns names column j of the parts, laid end to end, by kind and number, and puts it at place[j]. The last
// part takes what is left.
func nameColumns(place []int, parts ...part) []ml.Column {
	columns := make([]ml.Column, len(place))
	j := 0
	for _, p := range parts {
		for n := 0; n < p.count && j < len(place); n++ {
			columns[place[j]].Name = p.kind + strconv.Itoa(n)
			j++
		}
	}
	return columns
}

// classNames names the codes of drawn classes by their number, so that K is known even where a class drew no row.
func classNames(k int) []string {
	names := make([]string, k)
	for i := range names {
		names[i] = strconv.Itoa(i)
	}
	return names
}

func named(names ...string) []ml.Column {
	columns := make([]ml.Column, len(names))
	for j, n := range names {
		columns[j].Name = n
	}
	return columns
}

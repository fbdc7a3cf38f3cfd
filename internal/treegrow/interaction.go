package treegrow

import "slices"

// interactions turns lists of columns into sets. Columns in no list form one more.
func interactions(lists [][]int, columns int) [][]bool {
	if lists == nil {
		return nil
	}
	rest := slices.Repeat([]bool{true}, columns)
	var groups [][]bool
	for _, list := range lists {
		g := make([]bool, columns)
		for _, j := range list {
			g[j], rest[j] = true, false
		}
		groups = append(groups, g)
	}
	return append(groups, rest)
}

// mayFollow reports whether a group holds column j and all columns above the node.
func (f *frame[E]) mayFollow(nd *node, j int) bool {
	return f.together == nil || slices.ContainsFunc(nd.open, func(g int) bool { return f.together[g][j] })
}

// stillOpen lists the groups that are open below a split on column j.
func (f *frame[E]) stillOpen(nd *node, j int32) []int {
	var open []int
	for _, g := range nd.open {
		if f.together[g][j] {
			open = append(open, g)
		}
	}
	return open
}

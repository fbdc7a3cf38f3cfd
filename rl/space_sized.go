package rl

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"unicode/utf8"
)

// The spaces of this file have members of different sizes. Flattened, each has room for the largest.

// Text is the strings of Min to Max letters, all of them from Letters. It flattens to a 1 among zeros for each place, all zeros behind the end.
type Text struct {
	Min, Max int
	Letters  string // each once; "": a-z, A-Z, 0-9
}

const alphanumeric = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

func (t Text) letters() []rune {
	if t.Letters == "" {
		return []rune(alphanumeric)
	}
	return []rune(t.Letters)
}

// Contains tells whether v has a right length and right letters.
func (t Text) Contains(v string) bool {
	letters := t.Letters
	if letters == "" {
		letters = alphanumeric
	}
	n := utf8.RuneCountInString(v)
	return n >= t.Min && n <= t.Max && strings.Trim(v, letters) == ""
}

// Sample draws the length uniformly, then each letter.
func (t Text) Sample(r *rand.Rand) string {
	letters := t.letters()
	v := make([]rune, t.Min+r.IntN(t.Max-t.Min+1))
	for i := range v {
		v[i] = letters[r.IntN(len(letters))]
	}
	return string(v)
}

// Flat is Max times the number of letters.
func (t Text) Flat() int { return t.Max * len(t.letters()) }

// Flatten writes a 1 among zeros for each letter.
func (t Text) Flatten(dst []float32, v string) {
	clear(dst)
	letters := t.letters()
	at := 0
	for _, c := range v {
		for k, l := range letters {
			if c == l {
				dst[at+k] = 1
			}
		}
		at += len(letters)
	}
}

func (t Text) String() string {
	return fmt.Sprintf("texts of %d to %d letters of %q", t.Min, t.Max, string(t.letters()))
}

// Sequence is the lists of up to Max members of a space. It flattens to Max places, each with a 1 (there is a member) and the member's numbers, zeros behind the end.
type Sequence[T any] struct {
	Of  Space[T]
	Max int
}

// Contains tells whether v is short enough and all of it members.
func (s Sequence[T]) Contains(v []T) bool {
	if len(v) > s.Max {
		return false
	}
	for _, x := range v {
		if !s.Of.Contains(x) {
			return false
		}
	}
	return true
}

// Sample draws the length uniformly, then each member.
func (s Sequence[T]) Sample(r *rand.Rand) []T {
	v := make([]T, r.IntN(s.Max+1))
	for i := range v {
		v[i] = s.Of.Sample(r)
	}
	return v
}

// Flat is Max times one more than the numbers of a member.
func (s Sequence[T]) Flat() int { return s.Max * (1 + s.Of.Flat()) }

// Flatten writes one member after the other.
func (s Sequence[T]) Flatten(dst []float32, v []T) {
	clear(dst)
	width := 1 + s.Of.Flat()
	for i, x := range v {
		dst[i*width] = 1
		s.Of.Flatten(dst[i*width+1:(i+1)*width], x)
	}
}

func (s Sequence[T]) String() string { return fmt.Sprintf("up to %d of: %v", s.Max, s.Of) }

// GraphValue is a graph: nodes, edges between them by index (directed, [from, to]), and what each edge carries.
type GraphValue[N, E any] struct {
	Nodes []N
	Edges []E
	Ends  [][2]int // of each edge
}

// Graph is the graphs of 1 to MaxNodes nodes and up to MaxEdges edges. It flattens to the nodes as a Sequence, then for each edge a 1, its ends as two numbers (node
// over MaxNodes) and what it carries.
type Graph[N, E any] struct {
	Node               Space[N]
	Edge               Space[E]
	MaxNodes, MaxEdges int
}

// Contains tells whether nodes and edges are members and every end is a node.
func (g Graph[N, E]) Contains(v GraphValue[N, E]) bool {
	if len(v.Nodes) < 1 || len(v.Ends) != len(v.Edges) || !(Sequence[N]{g.Node, g.MaxNodes}).Contains(v.Nodes) || !(Sequence[E]{g.Edge, g.MaxEdges}).Contains(v.Edges) {
		return false
	}
	for _, e := range v.Ends {
		if min(e[0], e[1]) < 0 || max(e[0], e[1]) >= len(v.Nodes) {
			return false
		}
	}
	return true
}

// Sample draws the numbers of nodes and edges uniformly, then each of them and its ends.
func (g Graph[N, E]) Sample(r *rand.Rand) GraphValue[N, E] {
	v := GraphValue[N, E]{Nodes: make([]N, 1+r.IntN(g.MaxNodes))}
	for i := range v.Nodes {
		v.Nodes[i] = g.Node.Sample(r)
	}
	n := r.IntN(g.MaxEdges + 1)
	v.Edges, v.Ends = make([]E, n), make([][2]int, n)
	for i := range n {
		v.Edges[i], v.Ends[i] = g.Edge.Sample(r), [2]int{r.IntN(len(v.Nodes)), r.IntN(len(v.Nodes))}
	}
	return v
}

// Flat counts the room for the largest graph.
func (g Graph[N, E]) Flat() int { return g.MaxNodes*(1+g.Node.Flat()) + g.MaxEdges*(3+g.Edge.Flat()) }

// Flatten writes nodes, then edges.
func (g Graph[N, E]) Flatten(dst []float32, v GraphValue[N, E]) {
	nodes := Sequence[N]{g.Node, g.MaxNodes}
	nodes.Flatten(dst[:nodes.Flat()], v.Nodes)
	dst = dst[nodes.Flat():]
	clear(dst)
	width := 3 + g.Edge.Flat()
	for i, e := range v.Edges {
		at := dst[i*width : (i+1)*width]
		at[0], at[1], at[2] = 1, float32(v.Ends[i][0])/float32(g.MaxNodes), float32(v.Ends[i][1])/float32(g.MaxNodes)
		g.Edge.Flatten(at[3:], e)
	}
}

func (g Graph[N, E]) String() string {
	return fmt.Sprintf("graphs of up to %d nodes of %v and %d edges of %v", g.MaxNodes, g.Node, g.MaxEdges, g.Edge)
}

// Package hnsw searches among vectors by walking a graph of them in layers (Malkov and Yashunin, "Efficient and robust approximate nearest neighbor search using
// hierarchical navigable small world graphs", IEEE TPAMI 42, 2020). Vectors are inserted a batch at a time: those of a batch look for their neighbours in the graph as it
// was, on all cores, and are linked in a fixed order afterwards (after Manohar et al., "ParlayANN: scalable and deterministic parallel graph-based approximate nearest
// neighbor search algorithms", PPoPP 2024), so the graph has the same bytes on any number of cores, and since distances are in portable bits on any CPU.
package hnsw

import (
	"math"
	"sync"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// none ends a list of links that is not full.
const none = -1

// MaxLevel is the highest layer of a node.
const MaxLevel = 15

// Graph is vectors with their links. Searches may go on at the same time, changes need it for themselves, but for what Plan does.
type Graph struct {
	Dim      int  // numbers of a vector, zeros behind it included: a multiple of kern.RowLanes
	Products bool // near is what has a large product, not a short distance
	M        int  // links of a node of a layer above the lowest, where it is twice that
	Width    int  // candidates of an insertion
	Seed     uint64

	Vectors []float32 // n x Dim
	Level   []uint8   // of each node: it is in the layers 0 to Level
	Links   []int32   // n x 2M, of the lowest layer
	Upper   []int32   // of the other layers: Level x M for each node, one after the other
	Entry   int32     // where searches begin: a node of the highest level that is linked; none: there are no nodes

	start []int // of each node's share of Upper
	pool  sync.Pool
}

// N is the number of nodes.
func (g *Graph) N() int { return len(g.Level) }

// Padded is how long vectors of d numbers are stored.
func Padded(d int) int { return (d + kern.RowLanes - 1) / kern.RowLanes * kern.RowLanes }

// Vector is that of node i.
func (g *Graph) Vector(i int32) []float32 { return g.Vectors[int(i)*g.Dim : (int(i)+1)*g.Dim] }

// links are those of a node in a layer, with room for all that it may have.
func (g *Graph) links(i int32, layer int) []int32 {
	if layer == 0 {
		at := int(i) * 2 * g.M
		return g.Links[at : at+2*g.M : at+2*g.M]
	}
	at := g.start[i] + (layer-1)*g.M
	return g.Upper[at : at+g.M : at+g.M]
}

// linked is the part of a list that holds links.
func linked(list []int32) []int32 {
	for i, v := range list {
		if v == none {
			return list[:i]
		}
	}
	return list
}

// setLinks overwrites a list.
func setLinks(list, with []int32) {
	for i := copy(list, with); i < len(list); i++ {
		list[i] = none
	}
}

// LevelOf draws the level of what has this key: each layer above the lowest holds one in M of the one below it. It takes whole numbers alone, so that every machine draws the same.
func (g *Graph) LevelOf(key uint64) uint8 {
	r := rng.New(g.Seed, key)
	level := uint8(0)
	for level < MaxLevel && r.IntN(g.M) == 0 {
		level++
	}
	return level
}

// Grow makes room for nodes of these levels behind those there are; their vectors are zeros, and nothing links to them.
func (g *Graph) Grow(levels []uint8) {
	n, m := g.N(), len(levels)
	if (n+m)*g.Dim > cap(g.Vectors) {
		room := max(n+m, n+n/2)
		if n == 0 {
			room = m
		}
		moved := kern.Aligned[float32](room * g.Dim)[:n*g.Dim]
		copy(moved, g.Vectors)
		g.Vectors = moved
	}
	g.Vectors = g.Vectors[:(n+m)*g.Dim]
	clear(g.Vectors[n*g.Dim:])
	g.Level = append(g.Level, levels...)
	g.Links = extend(g.Links, m*2*g.M)
	for _, l := range levels {
		g.start = append(g.start, len(g.Upper))
		g.Upper = extend(g.Upper, int(l)*g.M)
	}
}

// extend appends empty links.
func extend(list []int32, m int) []int32 {
	n := len(list)
	list = append(list, make([]int32, m)...)
	for i := range list[n:] {
		list[n+i] = none
	}
	return list
}

// distances writes how far x is from some nodes.
func (g *Graph) distances(dst, x []float32, at []int32) {
	if !g.Products {
		kern.SqDistsAt(dst, x, g.Vectors, at)
		return
	}
	kern.DotsAt(dst, x, g.Vectors, at)
	for i, v := range dst {
		dst[i] = -v
	}
}

// A key is a distance and a node in one number that orders by both: the bits of the distance in an order of whole numbers, the node, and whether its links were followed.
type key = uint64

const followed key = 1

func keyOf(distance float32, node int32) key {
	b := math.Float32bits(distance)
	b ^= uint32(int32(b)>>31) | 1<<31
	return key(b)<<32 | key(node)<<1
}

func nodeOf(k key) int32 { return int32(uint32(k) >> 1) }

func distanceOf(k key) float32 {
	b := uint32(k >> 32)
	return math.Float32frombits(b ^ (uint32(int32(^b)>>31) | 1<<31))
}

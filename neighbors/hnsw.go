package neighbors

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/hnsw"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

// HNSW searches among many vectors of many columns, such as embeddings, by walking a graph of them (hierarchical navigable small worlds: Malkov and Yashunin, IEEE TPAMI 42,
// 2020). A search looks at a few hundred vectors instead of all, and may miss some of the nearest: how many it finds (the recall) grows with Width, and so does its time.
// Where every neighbour counts, take [NearestNeighbors].
//
// Vectors are kept in single precision, and so are distances. Building takes about Width of Build · log(rows) distances a row, on all cores; the index is the same to the byte
// on any number of cores and any CPU, for the same order of rows. Rows of weight 0 are absent; other weights do not count. CSR is an error, and so is a row longer than 1e18,
// whose squares are beyond single precision. The only thing that is random is in which layers a row stands, which Seed and its id decide.
type HNSW struct {
	Connections int              // links of a row in the upper layers; in the lowest there are twice as many. 2 to 100; 0: 16
	Build       int              // candidates that a row's links are chosen from, >= 1: more make a better graph and a slower build. 0: 200
	Width       int              // candidates that a search keeps, >= 1: more find more of the nearest, and take longer. 0: 64
	Distance    metrics.Distance // metrics.Euclidean, metrics.Cosine or metrics.InnerProduct; nil: Euclidean
	Seed        uint64
}

var _ ml.Fitter[ml.Table, *HNSWIndex] = HNSW{}

// HNSWIndex is a fitted [HNSW]. Unlike models, it changes: rows can be added, replaced and deleted while others search, by any number of goroutines; changes wait for each
// other. Every row has an id, its index in the table of the fit or what Add returned, which is never given out again. Rows that are equal share a node of the graph. The other
// fields are what a file holds, and are not to be changed.
type HNSWIndex struct {
	ml.Fitted
	Next     int       // the next id
	ID       []int     // of each node, the first of them; -1: it was deleted
	Twin     []int     // ids of rows that are equal to one that has a node
	TwinNode []int     // the node of each
	Vectors  []float32 // of the nodes, each filled up with zeros to a multiple of 16 numbers; of length 1 for Cosine
	Level    []uint8   // of the nodes
	Links    []int32   // of the nodes in the lowest layer: 2 Connections each, -1 behind the last
	Upper    []int32   // in the layers above: Level · Connections each
	Entry    int       // the node where searches begin; -1: there are none

	live *live
}

// live is what of an index is made when it is read.
type live struct {
	writing sync.Mutex   // one change at a time
	lock    sync.RWMutex // what searches read
	graph   *hnsw.Graph
	linked  int              // nodes that are in the graph; those behind them are about to be
	dead    int              // of the linked ones
	node    map[int]int32    // of an id
	twins   map[int32][]int  // of a node
	equal   map[uint64]int32 // the node of a vector with this hash
	cosine  bool
	width   int
}

// Fit builds an index of the rows of t.
func (c HNSW) Fit(ctx context.Context, t ml.Table) (*HNSWIndex, error) {
	const where = "neighbors.HNSW.Fit"
	if err := t.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	for _, f := range []struct{ to, zero *int }{{&c.Connections, new(16)}, {&c.Build, new(200)}, {&c.Width, new(64)}} {
		if *f.to == 0 {
			*f.to = *f.zero
		}
	}
	x := &HNSWIndex{Fitted: ml.NewFitted(t, nil, c), Entry: ml.None}
	if err := x.ready(where); err != nil {
		return nil, err
	}
	n, _ := t.X.Dims()
	ids := make([]int, 0, n)
	for i := range n {
		if t.Weight == nil || t.Weight[i] > 0 {
			ids = append(ids, i)
		}
	}
	if err := x.insert(ctx, where, t.X, ids, ids); err != nil {
		return nil, err
	}
	x.Next = n
	return x, nil
}

// ready checks the config and makes an empty graph.
func (x *HNSWIndex) ready(where string) error {
	c, ok := x.Config.(HNSW)
	switch {
	case !ok:
		return &ml.Error{Where: where, Field: "Config", Found: fmt.Sprintf("%T", x.Config), Want: "a neighbors.HNSW", Kind: ml.ErrFormat}
	case c.Connections < 2 || c.Connections > 100:
		return ml.BadConfig(where, "Connections", c.Connections, "2 to 100, or 0 for 16")
	case c.Build < 1 || c.Build > math.MaxInt32:
		return ml.BadConfig(where, "Build", c.Build, ">= 1, or 0 for 200")
	case c.Width < 1 || c.Width > math.MaxInt32:
		return ml.BadConfig(where, "Width", c.Width, ">= 1, or 0 for 64")
	case x.Info.Features < 1 || x.Info.Features > 1<<20:
		return ml.BadShape(where, "X", fmt.Sprintf("%d columns", x.Info.Features), "1 to 2^20")
	}
	x.live = &live{node: map[int]int32{}, twins: map[int32][]int{}, equal: map[uint64]int32{}, width: c.Width}
	x.live.graph = &hnsw.Graph{Dim: hnsw.Padded(x.Info.Features), M: c.Connections, Width: c.Build, Seed: c.Seed, Entry: ml.None}
	switch c.Distance.(type) {
	case nil, metrics.Euclidean:
	case metrics.Cosine:
		x.live.cosine, x.live.graph.Products = true, true
	case metrics.InnerProduct:
		x.live.graph.Products = true
	default:
		return ml.BadConfig(where, "Distance", fmt.Sprintf("%T", c.Distance), "metrics.Euclidean, metrics.Cosine or metrics.InnerProduct")
	}
	return nil
}

// Restore checks an index that was read from a file.
func (x *HNSWIndex) Restore() error {
	const where = "neighbors.HNSWIndex"
	if err := x.ready(where); err != nil {
		return err
	}
	bad := func(field, found, want string) error {
		return &ml.Error{Where: where, Field: field, Found: found, Want: want, Kind: ml.ErrFormat}
	}
	if x.Entry < ml.None || x.Entry > math.MaxInt32 {
		return bad("Entry", fmt.Sprint(x.Entry), "a node")
	}
	g := x.live.graph
	g.Vectors, g.Level, g.Links, g.Upper, g.Entry = x.Vectors, x.Level, x.Links, x.Upper, int32(x.Entry)
	if fault := g.Fault(); fault != "" {
		return bad("Level, Links, Upper and Entry", fault, "a graph as it was saved")
	}
	if len(x.ID) != g.N() {
		return bad("ID", fmt.Sprintf("%d long", len(x.ID)), fmt.Sprintf("%d", g.N()))
	}
	for i, v := range x.Vectors {
		if !(math.Abs(float64(v)) <= longest) || i%g.Dim >= x.Info.Features && v != 0 {
			return bad(fmt.Sprintf("Vectors[%d]", i), fmt.Sprint(v), "a number up to 1e18, 0 behind the last column")
		}
	}
	if len(x.Twin) != len(x.TwinNode) {
		return bad("TwinNode", fmt.Sprintf("%d long", len(x.TwinNode)), fmt.Sprintf("%d, as Twin", len(x.Twin)))
	}
	known := func(field string, id int, node int32) error {
		if _, twice := x.live.node[id]; twice || id < 0 || id >= x.Next {
			return bad(field, fmt.Sprint(id), fmt.Sprintf("ids below %d, each once", x.Next))
		}
		x.live.node[id] = node
		return nil
	}
	for node, id := range x.ID {
		if id == ml.None {
			x.live.dead++
		} else if err := known(fmt.Sprintf("ID[%d]", node), id, int32(node)); err != nil {
			return err
		}
	}
	for i, id := range x.Twin {
		at := x.TwinNode[i]
		if at < 0 || at >= len(x.ID) || x.ID[at] == ml.None {
			return bad(fmt.Sprintf("TwinNode[%d]", i), fmt.Sprint(at), "a node that is not deleted")
		}
		if err := known(fmt.Sprintf("Twin[%d]", i), id, int32(at)); err != nil {
			return err
		}
		x.live.twins[int32(at)] = append(x.live.twins[int32(at)], id)
	}
	g.Vectors = kern.Aligned[float32](len(x.Vectors)) // searches read whole lines
	copy(g.Vectors, x.Vectors)
	for node := range int32(g.N()) {
		x.live.equal[hash(g.Vector(node))] = node
	}
	x.live.linked = g.N()
	x.publish()
	return nil
}

// publish shows the graph as it is in the fields.
func (x *HNSWIndex) publish() {
	g := x.live.graph
	x.Vectors, x.Level, x.Links, x.Upper, x.Entry = g.Vectors, g.Level, g.Links, g.Upper, int(g.Entry)
}

// longest keeps squares and products within single precision.
const longest = 1e18

// prepare writes a row as it is stored, or says what is wrong.
func (x *HNSWIndex) prepare(dst []float32, row []float32) (fault string) {
	sum := 0.0
	for _, v := range row {
		sum += float64(float64(v) * float64(v))
	}
	size := math.Sqrt(sum)
	if !(size <= longest) {
		return fmt.Sprintf("a row of length %g", size)
	}
	scale := 1.0
	if x.live.cosine && size > 0 {
		scale = 1 / size
	}
	for j, v := range row {
		dst[j] = float32(float64(v)*scale) + 0 // no -0, which would be equal and have other bits
	}
	return ""
}

// hash tells vectors apart, most of the time. Zeros behind the numbers count.
func hash(v []float32) uint64 {
	h := uint64(len(v))
	for _, f := range v {
		h = (h ^ uint64(math.Float32bits(f))) * 0x9e3779b97f4a7c15
		h ^= h >> 32
	}
	return h
}

// insert adds rows of a matrix under ids; an id that is there moves to where its new row is.
func (x *HNSWIndex) insert(ctx context.Context, where string, m tensor.Matrix, from, ids []int) error {
	if err := dense(where, m); err != nil {
		return err
	}
	if err := ml.Done(ctx); err != nil {
		return err
	}
	l, r, g := x.live, rows.Of(m), x.live.graph
	first := g.N()
	if len(ids) > math.MaxInt32/2-first {
		return ml.BadShape(where, "X", fmt.Sprintf("%d rows", len(ids)), "fewer than 2^30 in all")
	}
	vectors := make([]float32, len(ids)*g.Dim)
	buf := make([]float32, r.Cols())
	for i, at := range from {
		if fault := x.prepare(vectors[i*g.Dim:(i+1)*g.Dim], r.Row32(at, buf)); fault != "" {
			return tooLong(where, fmt.Sprintf("X[%d]", at), fault)
		}
	}
	change := func(apply func()) {
		l.lock.Lock()
		defer l.lock.Unlock()
		apply()
		x.publish()
	}
	var owner, others []int // rows that get a node of their own, in the order of the nodes, and those that are equal to an earlier one
	nodes := make([]int32, len(ids))
	for i := range ids {
		v := vectors[i*g.Dim : (i+1)*g.Dim]
		h := hash(v)
		at, met := l.equal[h]
		if met && int(at) < first {
			met = slices.Equal(v, g.Vector(at))
		} else if met {
			o := owner[int(at)-first]
			met = slices.Equal(v, vectors[o*g.Dim:(o+1)*g.Dim])
		}
		if !met {
			at = int32(first + len(owner))
			owner = append(owner, i)
			l.equal[h] = at
		} else {
			others = append(others, i)
		}
		nodes[i] = at
	}
	levels := make([]uint8, len(owner))
	for i, o := range owner {
		levels[i] = g.LevelOf(uint64(ids[o]))
	}
	change(func() {
		g.Grow(levels)
		for _, id := range ids {
			x.Next = max(x.Next, id+1)
		}
		for i, o := range owner {
			copy(g.Vector(int32(first+i)), vectors[o*g.Dim:(o+1)*g.Dim])
			x.ID = append(x.ID, ml.None) // until it is linked
		}
	})
	err := g.Insert(ctx, first, func(lo, hi int, apply func()) {
		change(func() {
			apply()
			l.linked = hi
			l.dead += hi - lo
			for node := lo; node < hi; node++ {
				x.assign(ids[owner[node-first]], int32(node))
			}
		})
	})
	if err != nil {
		return err
	}
	change(func() {
		for _, i := range others {
			x.assign(ids[i], nodes[i])
		}
	})
	return nil
}

// assign gives an id to a node, and takes it from the one that had it.
func (x *HNSWIndex) assign(id int, node int32) {
	l := x.live
	if _, ok := l.node[id]; ok {
		x.remove(id)
	}
	if x.ID[node] == ml.None {
		x.ID[node] = id
		l.dead--
	} else {
		x.Twin, x.TwinNode = append(x.Twin, id), append(x.TwinNode, int(node))
		l.twins[node] = append(l.twins[node], id)
	}
	l.node[id] = node
}

// remove takes an id from its node, which is dead if it was the only one.
func (x *HNSWIndex) remove(id int) {
	l := x.live
	node := l.node[id]
	delete(l.node, id)
	twins := l.twins[node]
	if len(twins) == 0 {
		x.ID[node] = ml.None
		l.dead++
		return
	}
	if x.ID[node] == id {
		id, x.ID[node] = twins[0], twins[0]
	}
	at := slices.Index(x.Twin, id)
	x.Twin, x.TwinNode = slices.Delete(x.Twin, at, at+1), slices.Delete(x.TwinNode, at, at+1)
	at = slices.Index(twins, id)
	if twins = slices.Delete(twins, at, at+1); len(twins) == 0 {
		delete(l.twins, node)
	} else {
		l.twins[node] = twins
	}
}

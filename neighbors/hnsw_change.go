package neighbors

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// Add adds the rows of m, of which the first gets the id that is returned, the next the following one, and so on. Searches go on meanwhile, and find
// the rows that are linked by then. A cancelled ctx adds nothing.
func (x *HNSWIndex) Add(ctx context.Context, m tensor.Matrix) (first int, err error) {
	const where = "neighbors.HNSWIndex.Add"
	if err := check(where, &x.Fitted, m); err != nil {
		return 0, err
	}
	x.live.writing.Lock()
	defer x.live.writing.Unlock()
	n, _ := m.Dims()
	first = x.Next
	from, ids := make([]int, n), make([]int, n)
	for i := range ids {
		from[i], ids[i] = i, first+i
	}
	if err := x.insert(ctx, where, m, from, ids); err != nil {
		x.undo(ids)
		return 0, err
	}
	return first, nil
}

// Replace gives rows that are there other numbers: row i of m becomes that of ids[i]. An id that is not there, or stands twice, is an error, and nothing is changed. A
// cancelled ctx leaves the later ones as they were.
func (x *HNSWIndex) Replace(ctx context.Context, ids []int, m tensor.Matrix) error {
	const where = "neighbors.HNSWIndex.Replace"
	if err := check(where, &x.Fitted, m); err != nil {
		return err
	}
	x.live.writing.Lock()
	defer x.live.writing.Unlock()
	if n, _ := m.Dims(); n != len(ids) {
		return ml.BadShape(where, "ids", fmt.Sprintf("%d long", len(ids)), fmt.Sprintf("%d, one for each row", n))
	}
	if err := x.known(where, ids); err != nil {
		return err
	}
	from := make([]int, len(ids))
	for i := range from {
		from[i] = i
	}
	if err := x.insert(ctx, where, m, from, ids); err != nil {
		x.undo(nil)
		return err
	}
	x.live.lock.Lock()
	defer x.live.lock.Unlock()
	x.tidy()
	return nil
}

// undo takes rows out after an insertion that was not completed, and the nodes that were never linked.
func (x *HNSWIndex) undo(ids []int) {
	x.live.lock.Lock()
	defer x.live.lock.Unlock()
	for _, id := range ids {
		if _, ok := x.live.node[id]; ok {
			x.remove(id)
		}
	}
	x.live.dead += x.live.graph.N() - x.live.linked
	x.live.linked = x.live.graph.N()
	x.compact()
}

// Delete takes rows out. They stay in the graph as signposts until more than a quarter of it is deleted; then it is compacted. An id that is not there, or stands twice, is an
// error, and nothing is deleted.
func (x *HNSWIndex) Delete(ids ...int) error {
	const where = "neighbors.HNSWIndex.Delete"
	x.live.writing.Lock()
	defer x.live.writing.Unlock()
	if err := x.known(where, ids); err != nil {
		return err
	}
	x.live.lock.Lock()
	defer x.live.lock.Unlock()
	for _, id := range ids {
		x.remove(id)
	}
	x.tidy()
	return nil
}

// Compact takes deleted rows out of the graph: those that linked to them are linked to what lay behind. It happens by itself when they are more than a quarter.
func (x *HNSWIndex) Compact() {
	x.live.writing.Lock()
	defer x.live.writing.Unlock()
	x.live.lock.Lock()
	defer x.live.lock.Unlock()
	x.compact()
}

// known makes sure that ids are there, each once.
func (x *HNSWIndex) known(where string, ids []int) error {
	seen := make(map[int]bool, len(ids))
	for i, id := range ids {
		if _, ok := x.live.node[id]; !ok || seen[id] {
			return ml.BadConfig(where, fmt.Sprintf("ids[%d]", i), id, "an id that is there, once")
		}
		seen[id] = true
	}
	return nil
}

// tidy compacts when a quarter is deleted.
func (x *HNSWIndex) tidy() {
	if 4*x.live.dead > x.live.linked {
		x.compact()
	}
}

func (x *HNSWIndex) compact() {
	l := x.live
	if l.dead == 0 {
		return
	}
	g, place := l.graph.Without(func(node int32) bool { return x.ID[node] == ml.None })
	l.graph, l.linked, l.dead = g, g.N(), 0
	x.ID = slices.DeleteFunc(slices.Clone(x.ID), func(id int) bool { return id == ml.None })
	for i, node := range x.TwinNode {
		x.TwinNode[i] = int(place[node])
	}
	twins := make(map[int32][]int, len(l.twins))
	for node, ids := range l.twins {
		twins[place[node]] = ids
	}
	l.twins = twins
	for id, node := range l.node {
		l.node[id] = place[node]
	}
	clear(l.equal)
	for node := range int32(g.N()) {
		l.equal[hash(g.Vector(node))] = node
	}
	x.publish()
}

// Len is the number of rows.
func (x *HNSWIndex) Len() int {
	x.live.lock.RLock()
	defer x.live.lock.RUnlock()
	return len(x.live.node)
}

// Vector is the row of an id as it is kept: in single precision, of length 1 for [metrics.Cosine]; false if there is no such id.
func (x *HNSWIndex) Vector(id int) ([]float32, bool) {
	x.live.lock.RLock()
	defer x.live.lock.RUnlock()
	node, ok := x.live.node[id]
	if !ok {
		return nil, false
	}
	return slices.Clone(x.live.graph.Vector(node)[:x.Info.Features]), true
}

// Save is [ml.Save] while others may change the index: they wait.
func (x *HNSWIndex) Save(w io.Writer) error {
	x.live.lock.RLock()
	defer x.live.lock.RUnlock()
	return ml.Save(w, x)
}

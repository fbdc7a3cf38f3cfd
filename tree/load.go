package tree

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"math"

	"github.com/gopherwood-ml/ml"
)

// Origin is the config of a loaded model: where it comes from.
type Origin struct {
	Library   string // "LightGBM" or "XGBoost"
	Version   string // of the file's format
	Objective string // with its parameters, as the library spells it
	// Categories are the levels that LightGBM's Python keeps of a pandas frame, as JSON: there, 7 and "7" are two things. "" without.
	Categories string
}

// task is what a file's objective makes of its trees.
type task uint8

const (
	regression task = iota
	classification
)

// loaded makes the fitted model of a file and hands it out as what the caller asked for.
func loaded[M any](where string, f ml.Fitted, e *Ensemble, kind task) (M, error) {
	var none M
	var model any
	var err error
	f.Info.Features, f.Info.Iterations = e.Features, e.Stages()
	switch {
	case kind == classification:
		model, err = NewClassificationModel(f, e)
	case e.Outputs == 1:
		model, err = NewRegressionModel(f, e)
	default:
		model, err = NewMultiRegressionModel(f, e)
	}
	if err != nil {
		return none, err
	}
	m, ok := model.(M)
	if !ok {
		return none, &ml.Error{Where: where, Found: fmt.Sprintf("a file with a %T", model), Want: fmt.Sprintf("a %T", none), Kind: ml.ErrType}
	}
	return m, nil
}

// readAll reads a whole file, into as much memory as it says it needs if it can say so.
func readAll(where string, r io.Reader) ([]byte, error) {
	var b bytes.Buffer
	if n := size(r); n > 0 && n < math.MaxInt32 {
		b.Grow(int(n) + bytes.MinRead) // what ReadFrom wants to see free at the end
	}
	if _, err := b.ReadFrom(r); err != nil {
		return nil, &ml.Error{Where: where, Found: "unreadable", Kind: ml.ErrFormat, Cause: err}
	}
	return b.Bytes(), nil
}

// size is how many bytes a reader still holds, as far as it tells: a file's size may be more than that, 0 is unknown.
func size(r io.Reader) int64 {
	switch r := r.(type) {
	case interface{ Len() int }:
		return int64(r.Len())
	case interface{ Stat() (fs.FileInfo, error) }:
		if info, err := r.Stat(); err == nil && info.Mode().IsRegular() {
			return info.Size()
		}
	}
	return 0
}

// inOrder brings the nodes of a tree into an order in which a child stands after its parent, and drops those that the root does not
// reach. Nodes that are in order stay as they are. It tells of cycles and of nodes with two parents.
func inOrder(nodes []Node) ([]Node, error) {
	sound := true
	reached := 1
	for i := range nodes {
		n := &nodes[i]
		if n.Leaf() {
			continue
		}
		if n.Left < 0 || n.Left >= len(nodes) || n.Right < 0 || n.Right >= len(nodes) {
			return nil, malformed(fmt.Sprintf("node %d", i), fmt.Sprintf("with children %d and %d", n.Left, n.Right), fmt.Sprintf("children among %d nodes", len(nodes)))
		}
		sound = sound && n.Left > i && n.Right > i
		reached += 2
	}
	if sound && reached == len(nodes) {
		return nodes, nil
	}
	out := make([]Node, 0, len(nodes))
	seen := make([]bool, len(nodes))
	type place struct {
		node, parent int
		right        bool
	}
	stack := []place{{node: 0, parent: -1}}
	for len(stack) > 0 {
		p := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[p.node] {
			return nil, malformed(fmt.Sprintf("node %d", p.node), "reached twice", "a tree")
		}
		seen[p.node] = true
		n, at := nodes[p.node], len(out)
		out = append(out, n)
		switch {
		case p.parent >= 0 && p.right:
			out[p.parent].Right = at
		case p.parent >= 0:
			out[p.parent].Left = at
		}
		if !n.Leaf() {
			stack = append(stack, place{n.Right, at, true}, place{n.Left, at, false})
		}
	}
	return out, nil
}

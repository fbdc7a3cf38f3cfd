package ensemble

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/treegrow"
	"github.com/gopherwood-ml/ml/tree"
)

// RowDraws says which rows a tree of a forest is grown on.
type RowDraws uint8

// The ways to draw rows. A row that is drawn k times counts k times. Rows are drawn in proportion to their weights, so the tree itself knows none.
const (
	DefaultRows  RowDraws = iota // DrawRows in a random forest, EveryRow in extremely randomised trees
	DrawRows                     // MaxSamples of the rows, with replacement
	EveryRow                     // every row once, with its weight
	DrawBalanced                 // classes: as many rows of each class as the rarest one has, with replacement: a balanced random forest
	PickBalanced                 // the same without replacement
)

var rowDrawsNames = [...]string{"default rows", "draw rows", "every row", "draw balanced", "pick balanced"}

// String names the way.
func (r RowDraws) String() string {
	if int(r) < len(rowDrawsNames) {
		return rowDrawsNames[r]
	}
	return fmt.Sprintf("RowDraws(%d)", uint8(r))
}

// Engine says how exactly the trees of a forest look at numbers.
type Engine uint8

// The engines.
const (
	AutoEngine  Engine = iota // ExactEngine, however many rows there are
	ExactEngine               // a split may lie between any two neighbouring numbers
	// Columns are cut into at most 255 bins first, of about as many rows each, and splits lie between bins. A million rows with classes take about two thirds of ExactEngine's time, those
	// with numbers nearly as long; but all trees have the same few cuts to choose from, and a forest of classes that is grown out is somewhat less accurate
	HistogramEngine
)

var engineNames = [...]string{"auto", "exact", "histogram"}

// String names the engine.
func (e Engine) String() string {
	if int(e) < len(engineNames) {
		return engineNames[e]
	}
	return fmt.Sprintf("Engine(%d)", uint8(e))
}

// forest is one fit of many trees.
type forest struct {
	where      string
	trees      int
	before     int // trees of a model that is continued
	rows       RowDraws
	maxSamples float64
	engine     Engine
	seed       uint64
	subsample  bool // classes weigh alike among the rows of each tree

	table   ml.Table
	target  *treegrow.Target
	class   []int // nil: numbers
	k       int
	params  treegrow.Params // MinWeight is a share
	outputs int
	vector  bool
	link    tree.Link

	bag    *bag
	source *source
}

// check fills in defaults and refuses what is out of range.
func (f *forest) check(fallback RowDraws) error {
	switch {
	case f.trees < 0:
		return ml.BadConfig(f.where, "Trees", f.trees, ">= 1; 0 means 100")
	case int(f.rows) >= len(rowDrawsNames):
		return ml.BadConfig(f.where, "Rows", f.rows, "DrawRows, EveryRow, DrawBalanced or PickBalanced")
	case int(f.engine) >= len(engineNames):
		return ml.BadConfig(f.where, "Engine", f.engine, "AutoEngine, ExactEngine or HistogramEngine")
	case !(f.maxSamples >= 0) || math.IsInf(f.maxSamples, 1):
		return ml.BadConfig(f.where, "MaxSamples", f.maxSamples, "a share > 0; 0 means 1")
	}
	if f.trees == 0 {
		f.trees = 100
	}
	if f.rows == DefaultRows {
		f.rows = fallback
	}
	if f.maxSamples != 0 && f.rows != DrawRows {
		return ml.BadConfig(f.where, "MaxSamples", f.maxSamples, fmt.Sprintf("0 with Rows %v", f.rows))
	}
	if f.subsample && f.rows == EveryRow {
		return ml.BadConfig(f.where, "BalancedSubsample", true, "rows that are drawn; else ClassWeight.Balanced")
	}
	return nil
}

// outOfBag reports whether trees leave rows out.
func (f *forest) outOfBag() bool { return f.rows != EveryRow }

// checkOutOfBag refuses OOB where no row is left out.
func (f *forest) checkOutOfBag(oob bool) error {
	if oob && !f.outOfBag() {
		return ml.BadConfig(f.where, "OOB", true, "rows that are drawn: every tree has seen every row")
	}
	return nil
}

// fit grows the trees, after those of old.
func (f *forest) fit(ctx context.Context, fitted ml.Fitted, old *tree.Model) (ml.Fitted, *tree.Ensemble, error) {
	if err := ml.Done(ctx); err != nil {
		return fitted, nil, err
	}
	_, p := f.table.X.Dims()
	g := newGrove(tree.Ensemble{Features: p, Outputs: f.outputs, Vector: f.vector, Average: true, Link: f.link}, f.trees)
	if old != nil {
		f.before = old.Ensemble.Trees()
		g.takeOver(old.Ensemble)
	}
	if f.params.MaxFeatures == 0 { // in an order that is drawn, so that no column wins all ties
		f.params.MaxFeatures = p
	}
	f.bag = newBag(f)
	var err error
	if f.source, err = newSource(ctx, f); err != nil {
		return fitted, nil, err
	}
	stopped, err := f.grow(ctx, g)
	if err != nil {
		return fitted, nil, err
	}
	e, err := g.finish()
	if err != nil {
		return fitted, nil, err
	}
	fitted.Info.Iterations, fitted.Info.Status = e.Trees(), ml.MaxIter
	if stopped {
		fitted.Info.Status = ml.Stopped
	}
	return fitted, e, nil
}

// checkContinued refuses rows that do not fit a model that is continued.
func checkContinued(where string, old *tree.Model, outputs int, d ml.Table) error {
	if old.Ensemble.Outputs != outputs {
		return &ml.Error{Where: where, Field: "Y", Found: fmt.Sprintf("%d outputs", outputs), Want: fmt.Sprintf("%d, as the model", old.Ensemble.Outputs), Kind: ml.ErrTarget}
	}
	return ml.CheckPredict(where, &old.Fitted, d.X)
}

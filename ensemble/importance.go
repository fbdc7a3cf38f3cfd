package ensemble

import (
	"fmt"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

// Importance says how the columns of a model of trees are weighed.
type Importance uint8

// The kinds of importance.
const (
	TotalGain  Importance = iota // what the splits on the column gained: by how much they made the loss on the training rows less, as the trees saw it
	MeanGain                     // the same for each split
	Splits                       // how many splits ask for the column
	TotalCover                   // the weight of the training rows that came to these splits
	MeanCover                    // the same for each split
)

// String names the kind.
func (i Importance) String() string {
	names := [...]string{"total gain", "mean gain", "splits", "total cover", "mean cover"}
	if int(i) < len(names) {
		return names[i]
	}
	return fmt.Sprintf("Importance(%d)", uint8(i))
}

// Importances returns the importance of each column in a model of trees, not divided by their sum; 0 for a column that no split asks for. The method of
// that name, which every such model has, gives shares of the total gain. Gain and cover favour columns with many different numbers. A model
// that does not know its gains or covers gives ErrFormat.
func Importances(m tree.Grown, kind Importance) ([]float64, error) {
	const where = "ensemble.Importances"
	if kind > MeanCover {
		return nil, ml.BadConfig(where, "kind", kind, "TotalGain, MeanGain, Splits, TotalCover or MeanCover")
	}
	e := m.Trees()
	value := e.Gain
	if kind == TotalCover || kind == MeanCover {
		value = e.Cover
	}
	if value == nil && kind != Splits && len(e.Feature) > e.Trees() {
		return nil, &ml.Error{Where: where, Field: "Ensemble", Found: fmt.Sprintf("no %v", kind), Want: "a model that knows it", Kind: ml.ErrFormat}
	}
	out, count := make([]float64, e.Features), make([]float64, e.Features)
	for i, j := range e.Feature {
		if j < 0 {
			continue
		}
		count[j]++
		if kind != Splits {
			out[j] += value[i]
		}
	}
	switch kind {
	case Splits:
		return count, nil
	case MeanGain, MeanCover:
		for j := range out {
			out[j] /= max(count[j], 1)
		}
	}
	return out, nil
}

// InteractionGains returns what pairs of columns gained together, columns x columns and symmetric: the gain of a split is shared in equal parts among the pairs of its column with each other
// column that a split above it asks for, and belongs to its column alone, on the diagonal, where there is none. So the diagonal and what is above it sum to the total gain of
// the model, and columns that Interactions keeps apart have 0. It says where trees use columns together, not that these interact: for that see the interactions of
// package explain. It takes O(nodes · depth). A model that does not know its gains gives ErrFormat.
func InteractionGains(m tree.Grown) (*tensor.Tensor[float64], error) {
	e := m.Trees()
	if e.Gain == nil && len(e.Feature) > e.Trees() {
		return nil, &ml.Error{Where: "ensemble.InteractionGains", Field: "Ensemble", Found: "no gains", Want: "a model that knows them", Kind: ml.ErrFormat}
	}
	out := tensor.New[float64](e.Features, e.Features)
	for t := range e.Trees() {
		first := int(e.Start[t])
		above := make([][]int32, e.Nodes(t)) // of each node: the columns asked for above it
		for i := range above {
			j := e.Feature[first+i]
			if j < 0 {
				continue
			}
			asked := slices.Clone(above[i])
			at := slices.Index(asked, j)
			if at < 0 {
				asked = append(asked, j)
				at = len(asked) - 1
			}
			share := e.Gain[first+i] / float64(max(1, len(asked)-1))
			for k, other := range asked {
				if k == at {
					continue
				}
				out.Row(int(j))[other] += share
				out.Row(int(other))[j] += share
			}
			if len(asked) == 1 {
				out.Row(int(j))[j] += share
			}
			above[e.Left[first+i]], above[e.Right[first+i]] = asked, asked
		}
	}
	return out, nil
}

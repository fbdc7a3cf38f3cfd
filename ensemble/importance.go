package ensemble

import (
	"fmt"

	"github.com/gopherwood-ml/ml"
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

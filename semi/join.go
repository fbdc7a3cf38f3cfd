package semi

import (
	"fmt"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// Join puts rows with and without a class together: those of labelled first, then those of unlabelled, whose class is ml.None. Columns are matched by name, where
// both sides have names (see ml.Align), by place otherwise. Rows of a side without weights weigh 1; rows have groups if both sides do, and ErrShape is the answer if one does.
// Two CSR matrices give a CSR matrix, anything else a dense one; it stays float32 if both are. The numbers are copied. Valid is that of labelled.
func Join(labelled ml.Dataset[int], unlabelled ml.Table) (ml.Dataset[int], error) {
	const where = "semi.Join"
	none := ml.Dataset[int]{}
	for _, m := range []tensor.Matrix{labelled.X, unlabelled.X} {
		if fault := rows.Fault(m); fault != "" {
			return none, ml.BadShape(where, "X", fault, "a matrix of rows and columns, for both sides")
		}
	}
	n, p := labelled.X.Dims()
	if len(labelled.Y) != n {
		return none, ml.BadShape(where, "Y", fmt.Sprintf("%d codes", len(labelled.Y)), fmt.Sprintf("%d, one for each row", n))
	}
	var err error
	if named(labelled.Columns) && named(unlabelled.Columns) {
		as := ml.NewFitted(labelled.Table, labelled.Classes, nil)
		if unlabelled, err = ml.Align(&as, unlabelled); err != nil {
			return none, err
		}
	}
	more, q := unlabelled.X.Dims()
	if p != q {
		return none, ml.BadShape(where, "the unlabelled X", fmt.Sprintf("%d columns wide", q), fmt.Sprintf("%d, as the labelled one", p))
	}
	if (labelled.Group == nil) != (unlabelled.Group == nil) {
		return none, ml.BadShape(where, "Group", "there on one side", "groups for all rows, or for none")
	}
	out := labelled
	out.X = over(labelled.X, unlabelled.X)
	out.Y = slices.Concat(labelled.Y, slices.Repeat([]int{ml.None}, more))
	if labelled.Weight != nil || unlabelled.Weight != nil {
		out.Weight = slices.Concat(weights(labelled.Weight, n), weights(unlabelled.Weight, more))
	}
	if labelled.Group != nil {
		out.Group = slices.Concat(labelled.Group, unlabelled.Group)
	}
	return out, nil
}

func named(columns []ml.Column) bool {
	return len(columns) > 0 && !slices.ContainsFunc(columns, func(c ml.Column) bool { return c.Name == "" })
}

// weights are w, or n ones.
func weights(w []float64, n int) []float64 {
	if w == nil {
		return slices.Repeat([]float64{1}, n)
	}
	return w
}

// over lays the rows of one matrix over those of another.
func over(a, b tensor.Matrix) tensor.Matrix {
	switch a := a.(type) {
	case *tensor.CSR[float64]:
		if b, ok := b.(*tensor.CSR[float64]); ok {
			return tensor.VStack(a, b)
		}
	case *tensor.CSR[float32]:
		if b, ok := b.(*tensor.CSR[float32]); ok {
			return tensor.VStack(a, b)
		}
	case *tensor.Tensor[float32]:
		if b, ok := b.(*tensor.Tensor[float32]); ok {
			return tensor.Concat(0, a, b)
		}
	}
	return tensor.Concat(0, tensor.FromMatrix[float64](a), tensor.FromMatrix[float64](b))
}

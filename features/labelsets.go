package features

import (
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// FitLabelSets numbers the distinct labels of sets of labels, such as the tags of articles, as FitLabels does. Sets may be empty, but not all of them.
func FitLabelSets[L comparable](sets [][]L) (*Labels[L], error) {
	var all []L
	for _, set := range sets {
		all = append(all, set...)
	}
	return FitLabels(all)
}

// Binarize returns a column for each label, which holds 1 where a row has it and 0 elsewhere; for two labels one column, of the second. A
// label that is unknown is an error that says where it stands. It is scikit-learn's LabelBinarizer.
func (l *Labels[L]) Binarize(y []L) (*tensor.Tensor[float64], error) {
	codes, err := l.Encode(y)
	if err != nil {
		return nil, err
	}
	k := l.binaryWidth()
	out := tensor.New[float64](len(y), k)
	for i, c := range codes {
		if k == len(l.Values) {
			out.Row(i)[c] = 1
		} else {
			out.Row(i)[0] = float64(c)
		}
	}
	return out, nil
}

func (l *Labels[L]) binaryWidth() int {
	if len(l.Values) == 2 {
		return 1
	}
	return len(l.Values)
}

// BinaryColumns describes the columns of Binarize, which are called what their labels are.
func (l *Labels[L]) BinaryColumns() []ml.Column {
	names := l.Names()
	names = names[len(names)-l.binaryWidth():]
	out := make([]ml.Column, len(names))
	for k, name := range names {
		out[k] = ml.Column{Name: name, From: []int{}}
	}
	return out
}

// FromBinary returns the label of each row of what Binarize gives, or of scores in its columns: that of the greatest number, the first of several;
// of one column for two labels, the second above 1/2. NaN is an error.
func (l *Labels[L]) FromBinary(x tensor.Matrix) ([]L, error) {
	const where = "features.Labels.FromBinary"
	shape := ml.Fitted{Info: ml.Info{Features: l.binaryWidth()}}
	if err := ml.CheckPredict(where, &shape, x); err != nil {
		return nil, err
	}
	from := rows.Of(x)
	n, p := from.Dims()
	buf, out := make([]float64, p), make([]L, n)
	for i := range n {
		row := from.Row(i, buf)
		best := 0
		for k, v := range row {
			if v != v {
				return nil, ml.NotFinite(where, nil, i, k, v)
			}
			if v > row[best] {
				best = k
			}
		}
		if len(l.Values) == 2 && row[0] > 0.5 {
			best = 1
		}
		out[i] = l.Values[best]
	}
	return out, nil
}

// EncodeSets returns for each set a 0 or 1 for each label, which is what multi-label estimators learn (Dataset[[]int]). A label that stands in a set twice counts once;
// one that is unknown is an error that says where it stands. It is scikit-learn's MultiLabelBinarizer.
func (l *Labels[L]) EncodeSets(sets [][]L) ([][]int, error) {
	out := make([][]int, len(sets))
	for i, set := range sets {
		out[i] = make([]int, len(l.Values))
		for _, label := range set {
			code, known := l.codes[label]
			if !known {
				return nil, &ml.Error{Where: "features.Labels.EncodeSets", Field: fmt.Sprintf("set %d", i), Found: fmt.Sprint(label), Want: "labels of the fit", Kind: ml.ErrTarget}
			}
			out[i][code] = 1
		}
	}
	return out, nil
}

// DecodeSets returns the labels of each row of 0 and 1, in the order of their codes. Another number, and a row of another length, are errors.
func (l *Labels[L]) DecodeSets(y [][]int) ([][]L, error) {
	const where = "features.Labels.DecodeSets"
	out := make([][]L, len(y))
	for i, row := range y {
		if len(row) != len(l.Values) {
			return nil, ml.BadShape(where, fmt.Sprintf("row %d", i), lengthOf(len(row)), lengthOf(len(l.Values)))
		}
		out[i] = []L{}
		for k, v := range row {
			switch v {
			case 0:
			case 1:
				out[i] = append(out[i], l.Values[k])
			default:
				return nil, &ml.Error{Where: where, Field: fmt.Sprintf("row %d, label %d", i, k), Found: fmt.Sprint(v), Want: "0 or 1", Kind: ml.ErrTarget}
			}
		}
	}
	return out, nil
}

// SetsDataset joins rows and their sets of labels to what a multi-label estimator fits; Classes are the names of the labels.
func (l *Labels[L]) SetsDataset(t ml.Table, sets [][]L) (ml.Dataset[[]int], error) {
	y, err := l.EncodeSets(sets)
	if err != nil {
		return ml.Dataset[[]int]{}, err
	}
	return ml.Dataset[[]int]{Table: t, Y: y, Classes: l.Names()}, nil
}

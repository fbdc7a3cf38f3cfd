package nn

import (
	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// Quantize is the model with weights of 8 bits; it is a model like any other, and a file of it is about a quarter as large. calibration are rows as they will come, a
// few hundred; nil for Dynamic.
func (m *ClassifierModel) Quantize(q Quantization, calibration tensor.Matrix) (*ClassifierModel, error) {
	o, w, err := q.model("nn.ClassifierModel.Quantize", &m.Fitted, m.oracle, calibration)
	if err != nil {
		return nil, err
	}
	return &ClassifierModel{Fitted: m.Fitted, Weights: w, K: m.K, Unseen: m.Unseen, oracle: o}, nil
}

// Quantize is ClassifierModel.Quantize for a model of numbers.
func (m *RegressorModel) Quantize(q Quantization, calibration tensor.Matrix) (*RegressorModel, error) {
	o, w, err := q.model("nn.RegressorModel.Quantize", &m.Fitted, m.oracle, calibration)
	if err != nil {
		return nil, err
	}
	return &RegressorModel{Fitted: m.Fitted, Weights: w, Shift: m.Shift, Scale: m.Scale, oracle: o}, nil
}

// Quantize is ClassifierModel.Quantize for a model of several numbers.
func (m *MultiModel) Quantize(q Quantization, calibration tensor.Matrix) (*MultiModel, error) {
	o, w, err := q.model("nn.MultiModel.Quantize", &m.Fitted, m.oracle, calibration)
	if err != nil {
		return nil, err
	}
	return &MultiModel{Fitted: m.Fitted, Weights: w, Shift: m.Shift, Scale: m.Scale, oracle: o}, nil
}

// Quantize is ClassifierModel.Quantize for a model of labels.
func (m *MultiLabelModel) Quantize(q Quantization, calibration tensor.Matrix) (*MultiLabelModel, error) {
	o, w, err := q.model("nn.MultiLabelModel.Quantize", &m.Fitted, m.oracle, calibration)
	if err != nil {
		return nil, err
	}
	return &MultiLabelModel{Fitted: m.Fitted, Weights: w, Labels: m.Labels, oracle: o}, nil
}

// model quantises the net behind a model.
func (q Quantization) model(where string, fitted *ml.Fitted, o *oracle, calibration tensor.Matrix) (*oracle, Weights, error) {
	var x *tensor.Tensor[float32]
	if calibration != nil {
		if err := check(where, fitted, calibration); err != nil {
			return nil, Weights{}, err
		}
		r := rows.Of(calibration)
		x = tensor.New[float32](append([]int{r.Len()}, o.net.In...)...)
		a := asking{x: x.Data()}
		a.fill(r, 0, r.Len())
	}
	own, err := o.net.onHost()
	if err != nil {
		return nil, Weights{}, err
	}
	f, err := q.apply(where, own, x)
	if err != nil {
		return nil, Weights{}, err
	}
	n, err := f.net.onHost()
	if err != nil {
		return nil, Weights{}, err
	}
	made := newOracle(n)
	made.frozen = f
	return made, f.Weights().Weights, nil
}

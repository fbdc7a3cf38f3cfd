package nn

import (
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// Distillation is the loss of a net that learns from another (Hinton et al., 2015): Share times T² times the Kullback-Leibler divergence of the student's softmax from the teacher's, both
// of logits divided by the temperature T, plus 1-Share times the cross-entropy against the class. The target of a row are the teacher's K logits and, behind them, the class, as
// Targets makes it; a row whose class is negative learns from the teacher alone.
type Distillation struct {
	Temperature float64 // above 0. 0: 4
	Share       float64 // of the teacher, above 0 up to 1 (papers call it alpha). 0: 0.5
}

// Rows gives the loss of every row.
func (l Distillation) Rows(c *Ctx, pred, y *Var) *Var {
	k := pred.Dim(-1)
	t, share := orElse(l.Temperature, 4), orElse(l.Share, .5)
	if !(t > 0) || !(share > 0 && share <= 1) {
		c.Fail(misset("Distillation.Temperature and Share", fmt.Sprint(l.Temperature, l.Share), "a temperature above 0, and a share above 0 up to 1"))
	}
	if len(pred.shape) != 2 || len(y.shape) != 2 || y.shape[0] != pred.shape[0] || y.shape[1] != k+1 {
		c.Fail(misfit("the target", fmt.Sprintf("of shape %v", y.shape), fmt.Sprintf("%d logits and a class for each row of the predictions, %v", k, pred.shape)))
	}
	teacher := c.LogSoftmax(c.Affine(c.Slice(y, 1, 0, k), 1/t, 0))
	student := c.LogSoftmax(c.Affine(pred, 1/t, 0))
	soft := c.Sum(c.Mul(c.Exp(teacher), c.Sub(teacher, student)), -1)
	class := c.Reshape(c.Slice(y, 1, k, k+1), -1)
	hard := CrossEntropy{}.Rows(c, pred, class)
	return c.Add(c.Affine(soft, share*t*t, 0), c.Affine(hard, 1-share, 0))
}

// Targets are what a student learns from: the teacher's logits for x, and the classes, one for each row (nil: none are known).
func (l Distillation) Targets(teacher *Frozen, x *tensor.Tensor[float32], class []int) (*tensor.Tensor[float32], error) {
	const where = "nn.Distillation.Targets"
	if teacher == nil || x == nil {
		return nil, ml.BadConfig(where, "teacher and x", "nil", "a frozen net and a batch")
	}
	logits, err := teacher.Predict(x)
	if err != nil {
		return nil, err
	}
	shape := logits.Shape()
	if len(shape) != 2 {
		return nil, ml.BadShape(where, "teacher", fmt.Sprintf("outputs of shape %v", shape[1:]), "logits, one for each class")
	}
	rows, k := shape[0], shape[1]
	if class != nil && len(class) != rows {
		return nil, ml.BadShape(where, "class", fmt.Sprintf("%d long", len(class)), fmt.Sprint(rows))
	}
	y := tensor.New[float32](rows, k+1)
	for i := range rows {
		copy(y.Row(i), logits.Row(i))
		y.Row(i)[k] = ml.None
		if class != nil {
			if class[i] >= k {
				return nil, ml.BadShape(where, "class", fmt.Sprintf("%d in row %d", class[i], i), fmt.Sprintf("below %d, or negative for none", k))
			}
			y.Row(i)[k] = float32(class[i])
		}
	}
	return y, nil
}

package mltest

import (
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

func checkClusterCodes(e *env) error {
	if !e.clusters {
		return notApplicable("it is no clusterer")
	}
	return e.each(func(s sample) error {
		v, err := e.model(s)
		if err != nil {
			return err
		}
		m := v.method(predict)
		if m == nil {
			return notApplicable("its model has no Predict")
		}
		for _, x := range []tensor.Matrix{s.x(), s.probe} {
			a, err := m.call(x)
			if err != nil {
				return err
			}
			for i, c := range a.grid.v {
				if c < ml.None || int(c) >= s.data.Rows() {
					return fmt.Errorf("row %d is in cluster %v, want 0..K-1 or ml.None", i, c)
				}
			}
		}
		return nil
	})
}

package selection

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
)

// fingerprint tells searches apart by all that their scores depend on, but for the code: the space, the strategy, the folds, the scorers, and the data by its
// targets, weights and a sample of its cells.
func (s *tuning[P, Y, M, C]) fingerprint() string {
	h := sha256.New()
	for i, d := range s.terrain.dims {
		fmt.Fprintln(h, s.terrain.names[i], d.axis)
		if d.axis.kind != choice {
			continue
		}
		point := make([]float64, len(s.terrain.dims))
		for j := range point {
			point[j] = math.NaN()
		}
		for point[i] = d.axis.low; point[i] <= d.axis.high; point[i]++ {
			fmt.Fprintln(h, s.terrain.show(i, point))
		}
	}
	if text, err := ml.MarshalConfig(s.Space.Build(s.terrain.base)); err == nil {
		h.Write(text)
	}
	fmt.Fprintf(h, "%#v\n", s.Strategy)
	for _, score := range s.Scorers {
		fmt.Fprintln(h, score.Name())
		if text, err := ml.MarshalConfig(score); err == nil { // a name does not tell all: not the matrix of a Cost
			h.Write(text)
		}
	}
	for i := range s.plan.folds {
		fmt.Fprintln(h, s.plan.folds[i].fold.Test, s.plan.folds[i].fold.Train)
	}
	d := s.plan.data
	n, p := d.X.Dims()
	fmt.Fprintln(h, n, p, d.Y, d.Weight)
	const cells = 4096
	step := max(1, n*p/cells)
	for at := 0; at < n*p; at += step {
		fmt.Fprintln(h, d.X.At(at/p, at%p))
	}
	return hex.EncodeToString(h.Sum(nil))
}

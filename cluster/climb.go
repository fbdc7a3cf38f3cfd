package cluster

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml"
)

// climber is one fit from one start that goes up step by step.
type climber interface {
	climb() (height float64, err error) // of the parameters before the step
	keep()                              // as the best so far
	said() string                       // what the user should know
}

// climb fits once for each restart, until settled says so of the last change of height, and keeps the highest; info says how that went, and how many steps all took.
func climb(ctx context.Context, info *ml.Info, restarts, most int, settled func(change float64) bool, begin func(restart uint64) (climber, error)) (best float64, err error) {
	track := ml.Track(ctx, "iteration", restarts*most)
	done, best := 0, math.Inf(-1)
	for r := range restarts {
		c, err := begin(uint64(r))
		if err != nil {
			return 0, err
		}
		var curve []float64
		status, last, change, stop := ml.MaxIter, math.Inf(-1), 0.0, false
		for len(curve) < most {
			height, err := c.climb()
			if err != nil {
				return 0, err
			}
			curve, change, last = append(curve, height), height-last, height
			if stop, err = track.Step(done+len(curve), ml.Loss{Train: height}); err != nil {
				return 0, err
			}
			if len(curve) > 1 && settled(change) {
				status = ml.Converged
				break
			}
			if stop {
				status = ml.Stopped
				break
			}
		}
		done += len(curve)
		if r == 0 || last > best {
			best = last
			if len(curve) == 1 {
				change = 0 // there was nothing to compare with
			}
			c.keep()
			info.Status, info.Gap, info.Loss, info.Note = status, math.Abs(change), curve, c.said()
		}
		if stop {
			info.Status = ml.Stopped
			break
		}
	}
	info.Iterations = done
	return best, nil
}

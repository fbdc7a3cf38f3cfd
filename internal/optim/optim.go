package optim

// Status says why a minimisation ended.
type Status uint8

const (
	Converged Status = iota // the criterion was met
	MaxIter                 // the iterations ran out
	Stalled                 // no step along the best direction known improves
	Stopped                 // Observe asked for it
	NotFinite               // the function was not finite where it had to be
)

var statusNames = [...]string{"converged", "out of iterations", "stalled", "stopped", "not finite"}

func (s Status) String() string { return statusNames[min(int(s), len(statusNames)-1)] }

// Result says where a minimisation ended; the point is in the x given to Minimize.
type Result struct {
	Status     Status
	Iterations int
	Evals      int // of the function
	F, Gap     float64
}

// Observer is called after each step; true stops, an error ends without a result.
type Observer func(step int, f, gap float64) (bool, error)

func (o Observer) call(step int, f, gap float64) (bool, error) {
	if o == nil {
		return false, nil
	}
	return o(step, f, gap)
}

// identity is a multiple of the identity as a metric.
type identity struct{ scale float64 }

func (m *identity) Apply(dst, grad []float64) {
	for i, g := range grad {
		dst[i] = m.scale * g
	}
}

// or is v, or the default for 0.
func or[T int | float64](v, standard T) T {
	if v == 0 {
		return standard
	}
	return v
}

package ml

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/compute"
)

// Engine names what computes for large nets and other large work ("cpu": the cores of the host), and says why it is that. Small work always stays
// with the host. What was made before an engine failed keeps failing with [ErrEngine]; what is made after is the host's.
func Engine() (name, why string) {
	_, name, why = compute.Serving(math.MaxInt)
	return name, why
}

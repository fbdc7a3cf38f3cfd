package nn

import "github.com/gopherwood-ml/ml/internal/compute"

// Buf is a stretch of an engine's memory: what the methods of Node hand out.
type Buf = compute.Buf

// Engine computes: see Node.Engine.
type Engine = compute.Engine

// Floats is a Buf as a slice that shares its memory, for operations that compute on the host. T must be float64 where Node.Engine's
// Double says so (GradCheck computes in it), float32 elsewhere.
func Floats[T float32 | float64](b Buf) []T { return compute.Floats[T](b) }

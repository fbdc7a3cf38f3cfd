package datasets

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

// SparseCoded draws signals that are sparse combinations of the atoms of a dictionary: X = Code Dictionary. Atoms are normal
// vectors scaled to length 1; each row of Code has Nonzero standard normal entries at places drawn without repeats. As
// scikit-learn's make_sparse_coded_signal.
type SparseCoded struct {
	Rows       int // signals; 0 means 100
	Features   int // length of a signal; 0 means 20
	Components int // atoms; 0 means 30
	Nonzero    int // atoms in each signal, at most Components; 0 means 3
	Seed       uint64
}

// CodedSignal is what SparseCoded draws: X = Code Dictionary.
type CodedSignal struct {
	X          *tensor.Tensor[float64] // Rows x Features
	Dictionary *tensor.Tensor[float64] // Components x Features
	Code       *tensor.Tensor[float64] // Rows x Components
}

// Make draws dictionary, code and signals.
func (s SparseCoded) Make() (CodedSignal, error) {
	p := params{where: "datasets.SparseCoded.Make"}
	s.Rows = p.count("Rows", s.Rows, 100, 1)
	s.Features = p.count("Features", s.Features, 20, 1)
	s.Components = p.count("Components", s.Components, 30, 1)
	s.Nonzero = p.count("Nonzero", s.Nonzero, min(3, s.Components), 1)
	if p.err == nil && s.Nonzero > s.Components {
		p.reject("Nonzero", s.Nonzero, fmt.Sprintf("<= %d, the Components", s.Components))
	}
	p.size("Rows", s.Rows, max(s.Features, s.Components))
	p.size("Components", s.Components, s.Features)
	if p.err != nil {
		return CodedSignal{}, p.err
	}
	model := rng.New(s.Seed, streamModel)
	out := CodedSignal{
		X:          tensor.New[float64](s.Rows, s.Features),
		Dictionary: tensor.New[float64](s.Components, s.Features),
		Code:       tensor.New[float64](s.Rows, s.Components),
	}
	for k := range s.Components {
		atom := out.Dictionary.Row(k)
		rng.Normal(model, atom, 0, 1)
		length := math.Sqrt(dot(atom, atom))
		for j := range atom {
			atom[j] /= length
		}
	}
	eachChunk(s.Rows, s.Seed, func(r *rand.Rand, lo, hi int) {
		for i := lo; i < hi; i++ {
			code := out.Code.Row(i)
			for _, k := range rng.Sample(r, s.Components, s.Nonzero) {
				code[k] = r.NormFloat64()
				axpy(code[k], out.Dictionary.Row(k), out.X.Row(i))
			}
		}
	})
	return out, nil
}

package nn

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
)

// SequenceClassifier is a recurrent net for sequences of one length: LSTM layers, whose last state tells the class. A row of X is a
// sequence, step by step, the numbers of a step together; or, with Vocabulary, a sequence of codes 0..Vocabulary-1, each of which gets a learned vector
// (a negative code ends a text that is shorter than the row; codes beyond count as vectors of zeros). It is otherwise as MLPClassifier.
type SequenceClassifier struct {
	Features      int            // numbers of a step. 0: 1
	Vocabulary    int            // codes there are. 0: X holds numbers
	Embed         int            // length of a code's vector. 0: 32
	Units         int            // of each layer. 0: 64
	Layers        int            // 0: 1
	Bidirectional bool           // also read from the end
	Gated         bool           // GRU instead of LSTM layers
	Dropout       float64        // between layers and before the last, below 1. 0: none
	Optimizer     Optimizer      // as in MLPClassifier
	Schedule      Schedule       // as in MLPClassifier
	Alpha         float64        // as in MLPClassifier
	Smoothing     float64        // as in MLPClassifier
	BatchSize     int            // 0: 32
	Epochs        int            // 0: 20
	Tol           float64        // as in MLPClassifier
	NoChange      int            // as in MLPClassifier
	Patience      int            // as in MLPClassifier
	ClipNorm      float64        // 0: 1, since gradients through time explode; for none set it large
	ClassWeight   ml.ClassWeight // as in MLPClassifier
	Seed          uint64
}

var _ ml.Fitter[ml.Dataset[int], *ClassifierModel] = SequenceClassifier{}

// Fit learns the classes of d.
func (c SequenceClassifier) Fit(ctx context.Context, d ml.Dataset[int]) (*ClassifierModel, error) {
	return c.fit(ctx, "nn.SequenceClassifier.Fit", d, nil)
}

func (c SequenceClassifier) fit(ctx context.Context, where string, d ml.Dataset[int], from *ClassifierModel) (*ClassifierModel, error) {
	c.Features, c.Embed, c.Units, c.Layers = orInt(c.Features, 1), orInt(c.Embed, 32), orInt(c.Units, 64), orInt(c.Layers, 1)
	c.Epochs, c.BatchSize, c.ClipNorm = orInt(c.Epochs, 20), orInt(c.BatchSize, 32), orOne(c.ClipNorm)
	m, l, err := MLPClassifier{Dropout: c.Dropout, Optimizer: c.Optimizer, Schedule: c.Schedule, Alpha: c.Alpha, Smoothing: c.Smoothing,
		BatchSize: c.BatchSize, Epochs: c.Epochs, Tol: c.Tol, NoChange: c.NoChange, Patience: c.Patience, ClipNorm: c.ClipNorm, ClassWeight: c.ClassWeight, Seed: c.Seed}.resolve(where)
	if err != nil {
		return nil, err
	}
	c.Optimizer, c.Tol, c.NoChange, c.ClassWeight = m.Optimizer, m.Tol, m.NoChange, m.ClassWeight
	return teachClasses(ctx, l, d, c, c.ClassWeight, c.Smoothing, from)
}

func (c SequenceClassifier) build(p, out int) (Module, []int, error) {
	const where = "nn.SequenceClassifier"
	for _, f := range []struct {
		name string
		v    int
		min  int
	}{{"Features", c.Features, 1}, {"Vocabulary", c.Vocabulary, 0}, {"Embed", c.Embed, 1}, {"Units", c.Units, 1}, {"Layers", c.Layers, 1}} {
		if f.v < f.min || f.v > maxInput {
			return nil, nil, ml.BadConfig(where, f.name, f.v, fmt.Sprintf("%d to %d", f.min, maxInput))
		}
	}
	var s Seq
	in := []int{p}
	if c.Vocabulary > 0 {
		if c.Features != 1 {
			return nil, nil, ml.BadConfig(where, "Features", c.Features, "0 or 1 with Vocabulary: a step is a code")
		}
		s = append(s, Lengths{}, Embedding{Rows: c.Vocabulary, Width: c.Embed})
	} else {
		if p%c.Features != 0 {
			return nil, nil, ml.BadConfig(where, "Features", c.Features, fmt.Sprintf("a divisor of the %d columns", p))
		}
		in = []int{p / c.Features, c.Features}
	}
	l := LSTM{Units: c.Units, Last: true, Layers: c.Layers, Bidirectional: c.Bidirectional, Dropout: c.Dropout}
	if c.Gated {
		s = append(s, GRU(l))
	} else {
		s = append(s, l)
	}
	if c.Dropout > 0 {
		s = append(s, Dropout{c.Dropout})
	}
	return append(s, Dense{Out: out}), in, nil
}

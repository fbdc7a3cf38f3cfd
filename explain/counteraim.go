package explain

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/tree"
)

// aim is what a counterfactual must reach: conditions that are linear in the raw scores, which any answer that will do fulfils, and the model itself, which
// has the last word.
type aim struct {
	conditions []condition
	reached    func(x []float64) bool
	answer     func(x []float64) []float64
}

// condition is sum over the outputs of coef x raw score >= need.
type condition struct {
	coef []float64
	need float64
}

func (c TreeCounterfactuals) aim(where string, m tree.Grown) (*aim, error) {
	e := m.Trees()
	if model, ok := m.(chooser); ok {
		return c.aimAtClass(where, e, model)
	}
	return c.aimAtNumber(where, e, m)
}

// chooser is a classifier that answers single rows.
type chooser interface {
	ml.RowPredictor[int]
	ml.RowProba
	K() int
}

func (c TreeCounterfactuals) aimAtClass(where string, e *tree.Ensemble, m chooser) (*aim, error) {
	k, class, q := m.K(), c.Class, c.Chance
	switch {
	case class < 0 || class >= k:
		return nil, ml.BadConfig(where, "Class", class, fmt.Sprintf("one of %d classes, from 0", k))
	case !(q >= 0 && q < 1):
		return nil, ml.BadConfig(where, "Chance", q, ">= 0 and < 1")
	case q > 0 && q < 0.5 && e.Link == tree.OneVsRest:
		return nil, ml.BadConfig(where, "Chance", q, "0, or at least 0.5 for a one-vs-rest model")
	case c.Lo != 0 || c.Hi != 0 || c.Output != 0:
		return nil, ml.BadConfig(where, "Output, Lo and Hi", fmt.Sprintf("%d, %v and %v", c.Output, c.Lo, c.Hi), "0 for a classifier: Class and Chance say what it is to answer")
	}
	answer := func(x []float64) []float64 {
		p := make([]float64, k)
		if m.ProbaRow(p, x) != nil { // only for a row that is not finite, which none here is
			return nil
		}
		return p
	}
	out := &aim{answer: answer, reached: func(x []float64) bool {
		if q > 0 {
			p := answer(x)
			return p != nil && p[class] >= q
		}
		got, err := m.PredictRow(x)
		return err == nil && got == class
	}}
	if k == 2 && e.Outputs == 1 {
		need := 0.0 // of the raw score of class 1
		if e.Link == tree.Probability {
			need = 0.5
		}
		if q > 0 && e.Link != tree.Hinge {
			if need = q; class == 0 {
				need = 1 - q
			}
			if e.Link == tree.Logistic {
				need = kern.LogOne(need/(1-need)) / scaleOf(e)
			}
		}
		if class == 1 {
			out.conditions = []condition{{[]float64{1}, need}}
		} else {
			out.conditions = []condition{{[]float64{-1}, -need}}
		}
		return out, nil
	}
	for o := range e.Outputs {
		if o == class {
			continue
		}
		one := condition{coef: make([]float64, e.Outputs)}
		one.coef[class], one.coef[o] = 1, -1
		switch {
		case q > 0 && e.Link == tree.Softmax: // the others have at most 1-q of the chance
			one.need = kern.LogOne(q / (1 - q))
		case q > 0 && e.Link == tree.Share:
			for j := range one.coef {
				one.coef[j] = -q
			}
			one.coef[class] = 1 - q
		}
		out.conditions = append(out.conditions, one)
		if q > 0 && e.Link == tree.Share {
			break
		}
	}
	return out, nil
}

// scaleOf is the factor of the score in the link.
func scaleOf(e *tree.Ensemble) float64 {
	if e.LinkScale == 0 {
		return 1
	}
	return e.LinkScale
}

func (c TreeCounterfactuals) aimAtNumber(where string, e *tree.Ensemble, m tree.Grown) (*aim, error) {
	switch {
	case c.Output < 0 || c.Output >= e.Outputs:
		return nil, ml.BadConfig(where, "Output", c.Output, fmt.Sprintf("one of %d outputs, from 0", e.Outputs))
	case !(c.Lo <= c.Hi) || c.Lo == 0 && c.Hi == 0:
		return nil, ml.BadConfig(where, "Lo and Hi", fmt.Sprintf("%v and %v", c.Lo, c.Hi), "the range of predictions to reach, Lo <= Hi, infinite where it is open")
	case c.Class != 0 || c.Chance != 0:
		return nil, ml.BadConfig(where, "Class and Chance", fmt.Sprintf("%d and %v", c.Class, c.Chance), "0 for a model of numbers: Lo and Hi say what it is to answer")
	}
	answer := func(x []float64) []float64 {
		out := make([]float64, e.Outputs)
		if m, ok := m.(interface{ ResponseRow(dst, x []float64) error }); ok && m.ResponseRow(out, x) == nil {
			return out
		}
		bareOf(m).raw(out, x)
		e.Respond(out)
		return out
	}
	out := &aim{answer: answer, reached: func(x []float64) bool {
		v := answer(x)[c.Output]
		return v >= c.Lo && v <= c.Hi
	}}
	lo, ok := inverse(e, c.Lo)
	hi, fine := inverse(e, c.Hi)
	if !ok || !fine {
		return nil, &ml.Error{Where: where, Field: "model", Found: fmt.Sprintf("with link %v", e.Link), Want: "a link of single scores that rises", Kind: ml.ErrConfig}
	}
	for side, bound := range [2]float64{lo, -hi} {
		if math.IsInf(bound, -1) {
			continue
		}
		one := condition{coef: make([]float64, e.Outputs), need: bound}
		one.coef[c.Output] = 1 - 2*float64(side)
		out.conditions = append(out.conditions, one)
	}
	return out, nil
}

// bareOf is an explainer that can do no more than add up trees.
func bareOf(m tree.Grown) *TreeExplainer {
	x := &TreeExplainer{model: m, e: m.Trees()}
	x.countAdders()
	return x
}

// inverse is the raw score whose response is v: infinite where none is that small or that large.
func inverse(e *tree.Ensemble, v float64) (float64, bool) {
	below := func(bound, at float64) float64 {
		if v <= bound {
			return math.Inf(-1)
		}
		return at
	}
	switch e.Link {
	case tree.Identity, tree.Probability:
		return v, true
	case tree.Logistic:
		if v >= 1 {
			return math.Inf(1), true
		}
		return below(0, kern.LogOne(v/(1-v))/scaleOf(e)), true
	case tree.Exp:
		return below(0, kern.LogOne(v)), true
	case tree.SignedSquare:
		return math.Copysign(math.Sqrt(math.Abs(v)), v), true
	case tree.Softplus:
		return below(0, v+kern.LogOne(fallen(v))), true
	}
	return 0, false
}

// fallen is 1 - exp(-v), with all its digits where v is small.
func fallen(v float64) float64 {
	if v > 1e-3 {
		return 1 - kern.ExpOne(-v)
	}
	return float64(v * (1 - float64(v/2*(1-float64(v/3*(1-float64(v/4*(1-v/5))))))))
}

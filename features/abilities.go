package features

import "github.com/gopherwood-ml/ml"

// The abilities of these models depend on what they hold: a method that would only give errors.ErrUnsupported does not count.

// Can says that Inverse needs a function that has one.
func (m *MapModel) Can(ability any) ml.Verdict {
	if _, inverse := ability.(*ml.Inverter); inverse {
		if _, is := m.f.(InvertibleFunc); !is {
			return ml.Lacks
		}
	}
	return ml.Undecided
}

// Can says that TransformRow needs it in every part.
func (m *ColumnsModel) Can(ability any) ml.Verdict {
	if _, rows := ability.(*ml.RowTransformer); rows && !m.rows {
		return ml.Lacks
	}
	return ml.Undecided
}

// Can says that PredictRow needs it in the classifier.
func (m *Labelled[L]) Can(ability any) ml.Verdict {
	if _, rows := ability.(*ml.RowPredictor[L]); rows && m.row == nil {
		return ml.Lacks
	}
	return ml.Undecided
}

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

// Can says that TransformRow and TransformInto need it in every part.
func (m *ColumnsModel) Can(ability any) ml.Verdict {
	switch ability.(type) {
	case *ml.RowTransformer:
		if !m.rows {
			return ml.Lacks
		}
	case *ml.IntoTransformer:
		if !m.into || m.Sparse {
			return ml.Lacks
		}
	}
	return ml.Undecided
}

// What makes CSR has no TransformInto, whose result is dense.

// Can says that TransformInto needs a dense result.
func (m *OneHotModel) Can(ability any) ml.Verdict {
	return denseInto(ability, m.Config.(OneHotEncoder).Sparse)
}

// Can says that TransformInto needs a dense result.
func (m *BinsModel) Can(ability any) ml.Verdict {
	return denseInto(ability, m.Config.(KBinsDiscretizer).Sparse)
}

func denseInto(ability any, sparse bool) ml.Verdict {
	if _, into := ability.(*ml.IntoTransformer); into && sparse {
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

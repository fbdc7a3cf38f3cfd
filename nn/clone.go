package nn

// Clone is a net of its own with the same numbers: what is done to one does not reach the other. How parameters are trained (Param's settings, what was
// pruned) is copied, gradients are not.
func (n *Net) Clone() (*Net, error) {
	t, err := newNet(n.Module, n.In, n.seed, n.engine)
	if err != nil {
		return nil, err
	}
	t.engine.Copy(t.weights, n.weights)
	t.engine.Copy(t.states, n.states)
	for i, p := range t.book.params {
		q := n.book.params[i]
		p.Decay, p.Frozen, p.Rate, p.mask = q.Decay, q.Frozen, q.Rate, q.mask // a mask never changes: SetMask makes another
	}
	return t, nil
}

// Net is a copy of the net behind the model: to freeze it, quantise it, export it, prune it or train it further. Its outputs are logits of the
// classes.
func (m *ClassifierModel) Net() (*Net, error) { return m.oracle.net.Clone() }

// Net is a copy of the net behind the model. A prediction is Shift plus Scale times its output (the exponential of that for PoissonNLL).
func (m *RegressorModel) Net() (*Net, error) { return m.oracle.net.Clone() }

// Net is a copy of the net behind the model. A prediction is Shift plus Scale times its outputs (the exponential of that for PoissonNLL).
func (m *MultiModel) Net() (*Net, error) { return m.oracle.net.Clone() }

// Net is a copy of the net behind the model. Its outputs are logits of the labels.
func (m *MultiLabelModel) Net() (*Net, error) { return m.oracle.net.Clone() }

// Nets are copies of the nets that encode rows and decode what comes out.
func (m *EncoderModel) Nets() (encoder, decoder *Net, err error) {
	if encoder, err = m.encode.net.Clone(); err != nil {
		return nil, nil, err
	}
	decoder, err = m.decode.net.Clone()
	return encoder, decoder, err
}

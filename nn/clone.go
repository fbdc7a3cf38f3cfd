package nn

import "github.com/gopherwood-ml/ml/internal/compute"

// Clone is a net of its own with the same numbers: what is done to one does not reach the other. How parameters are trained (Param's settings, what was
// pruned) is copied, gradients are not.
func (n *Net) Clone() (*Net, error) { return n.cloneOn(n.engine) }

// onHost is a clone for those who compute with its numbers in the host's memory.
func (n *Net) onHost() (*Net, error) { return n.cloneOn(compute.CPU32) }

func (n *Net) cloneOn(e compute.Engine) (*Net, error) {
	t, err := newNet(n.Module, n.In, n.seed, e)
	if err != nil {
		return nil, err
	}
	t.bring(t.weights, n.weights, n.engine)
	t.bring(t.states, n.states, n.engine)
	for i, p := range t.book.params {
		q := n.book.params[i]
		p.Decay, p.Frozen, p.Rate, p.mask = q.Decay, q.Frozen, q.Rate, q.mask // a mask never changes: SetMask makes another
		if q.mask != nil && e != n.engine {
			p.mask = &mask{keep: e.New(q.mask.keep.Len()), space: q.mask.space}
			t.bring(p.mask.keep, q.mask.keep, n.engine)
		}
	}
	return t, n.fault("nn.Net.Clone")
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

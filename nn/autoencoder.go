package nn

import (
	"context"
	"fmt"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// Autoencoder learns to say rows with few numbers, from which it can tell them again: a net that narrows to Components and widens back, trained on
// the mean squared error between what goes in and what comes out (Hinton and Salakhutdinov, Science 313 (2006)). As a transformer it
// gives the numbers in the middle. Scale the columns first. It is otherwise as MLPRegressor; targets are the rows as they are.
type Autoencoder struct {
	Components int         // numbers in the middle. 0: 2
	Hidden     []int       // units of the layers before the middle; behind it they come in reverse. nil: one of 64; []int{}: none
	Activation *Activation // of those layers. nil: ReLU
	Noise      float64     // deviation of noise added to the rows in training (a denoising autoencoder, Vincent et al., ICML 2008). 0: none
	Optimizer  Optimizer   // as in MLPRegressor
	Schedule   Schedule    // as in MLPRegressor
	Alpha      float64     // as in MLPRegressor
	BatchSize  int         // as in MLPRegressor
	Epochs     int         // as in MLPRegressor
	Tol        float64     // as in MLPRegressor
	NoChange   int         // as in MLPRegressor
	ClipNorm   float64     // as in MLPRegressor
	Seed       uint64
}

var _ ml.Fitter[ml.Table, *EncoderModel] = Autoencoder{}

// EncoderModel is a fitted Autoencoder.
type EncoderModel struct {
	ml.Fitted
	Weights

	encode, decode *oracle
}

// coder is a module of two halves.
type coder struct{ encoder, decoder Module }

// Forward runs both halves.
func (m coder) Forward(c *Ctx, x *Var) *Var {
	return c.Call("decoder", m.decoder, c.Call("encoder", m.encoder, x))
}

func (c Autoencoder) halves(p int) (coder, error) {
	const where = "nn.Autoencoder"
	if c.Components < 1 {
		return coder{}, ml.BadConfig(where, "Components", c.Components, ">= 1, or 0 for 2")
	}
	if !(c.Noise >= 0 && c.Noise <= 1e30) {
		return coder{}, ml.BadConfig(where, "Noise", c.Noise, ">= 0")
	}
	if err := checkHidden(where, c.Hidden, 0); err != nil {
		return coder{}, err
	}
	back := slices.Clone(c.Hidden)
	slices.Reverse(back)
	enc := layers(c.Hidden, c.Activation, 0, false, c.Components).(Seq)
	if c.Noise > 0 {
		enc = append(Seq{Noise{c.Noise}}, enc...)
	}
	return coder{encoder: enc, decoder: layers(back, c.Activation, 0, false, p)}, nil
}

// Fit learns from the rows of t.
func (c Autoencoder) Fit(ctx context.Context, t ml.Table) (*EncoderModel, error) {
	const where = "nn.Autoencoder.Fit"
	if c.Components == 0 {
		c.Components = 2
	}
	if c.Hidden == nil {
		c.Hidden = []int{64}
	}
	r, l, err := MLPRegressor{Hidden: c.Hidden, Optimizer: c.Optimizer, Schedule: c.Schedule, Alpha: c.Alpha, BatchSize: c.BatchSize, Epochs: c.Epochs, Tol: c.Tol, NoChange: c.NoChange, ClipNorm: c.ClipNorm, Seed: c.Seed}.resolve(where)
	if err != nil {
		return nil, err
	}
	c.Hidden, c.Optimizer, c.Epochs, c.NoChange, c.Tol = r.Hidden, r.Optimizer, r.Epochs, r.NoChange, r.Tol
	if err := t.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	_, p := t.X.Dims()
	h, err := c.halves(p)
	if err != nil {
		return nil, l.named(err)
	}
	l.module, l.in = h, []int{p}
	net, info, err := l.learn(ctx, taught{Table: t, out: []int{p}}, nil, nil)
	if err != nil {
		return nil, err
	}
	m := &EncoderModel{Fitted: ml.NewFitted(t, nil, c), Weights: weightsOf(net)}
	m.Info = info
	return m, m.Restore()
}

// Restore checks a model that was read from a file and builds its nets.
func (m *EncoderModel) Restore() error {
	const where = "nn.EncoderModel"
	c, ok := m.Config.(Autoencoder)
	p := m.Info.Features
	if !ok || p < 1 || p > maxInput {
		return &ml.Error{Where: where, Field: "Config", Found: fmt.Sprintf("%T for %d columns", m.Config, p), Want: "an Autoencoder", Kind: ml.ErrFormat}
	}
	h, err := c.halves(p)
	if err != nil {
		return err
	}
	split := 2 * (len(c.Hidden) + 1)
	if len(m.Params) != 2*split || len(m.States) != 0 {
		return &ml.Error{Where: where, Field: "Weights", Found: fmt.Sprintf("%d and %d arrays", len(m.Params), len(m.States)), Want: fmt.Sprintf("%d, and no states", 2*split), Kind: ml.ErrFormat}
	}
	enc, err := netOf(where, Weights{Params: m.Params[:split]}, h.encoder, []int{p})
	if err != nil {
		return err
	}
	dec, err := netOf(where, Weights{Params: m.Params[split:]}, h.decoder, []int{c.Components})
	if err != nil {
		return err
	}
	m.encode, m.decode = newOracle(enc), newOracle(dec)
	return nil
}

// Transform returns the numbers in the middle for each row of x.
func (m *EncoderModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	return m.through("nn.EncoderModel.Transform", m.encode, &m.Fitted, x)
}

// Inverse returns the rows that numbers in the middle stand for.
func (m *EncoderModel) Inverse(x tensor.Matrix) (tensor.Matrix, error) {
	middle := ml.Fitted{Info: ml.Info{Features: m.encode.out}}
	return m.through("nn.EncoderModel.Inverse", m.decode, &middle, x)
}

func (m *EncoderModel) through(where string, o *oracle, f *ml.Fitted, x tensor.Matrix) (tensor.Matrix, error) {
	if err := check(where, f, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out := tensor.New[float64](n, o.out)
	err := o.each(x, func(i int, y []float32) {
		for j, v := range y {
			out.Row(i)[j] = float64(v)
		}
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// TransformRow is Transform of one row into dst, without allocating.
func (m *EncoderModel) TransformRow(dst, x []float64) error {
	const where = "nn.EncoderModel.TransformRow"
	if err := ml.CheckFiniteRow(where, &m.Fitted, x); err != nil {
		return err
	}
	if len(dst) != m.encode.out {
		return ml.BadShape(where, "dst", fmt.Sprintf("%d long", len(dst)), fmt.Sprint(m.encode.out))
	}
	a, err := m.encode.row(x)
	for j := range dst {
		dst[j] = float64(a.y[j])
	}
	m.encode.pool.Put(a)
	return err
}

// Out describes the numbers in the middle, each made of all columns.
func (m *EncoderModel) Out() []ml.Column {
	from := make([]int, m.Info.Features)
	for j := range from {
		from[j] = j
	}
	out := make([]ml.Column, m.encode.out)
	for k := range out {
		out[k] = ml.Column{Name: fmt.Sprintf("code%d", k), From: from}
	}
	return out
}

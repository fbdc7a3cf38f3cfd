package nn

import (
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/compute"
	"github.com/gopherwood-ml/ml/tensor"
)

// Calibration says how the inputs of layers become bytes.
type Calibration uint8

// Kinds of calibration.
const (
	Dynamic Calibration = iota // by the least and the largest number of each row (each image), found as it passes
	MinMax                     // by the least and the largest that a layer was given in calibration
	Entropy                    // by the range that loses least: of all cuts, that whose steps are nearest to what was seen, by the Kullback-Leibler divergence (Migacz, GTC 2017)
)

var calibrations = [...]string{"dynamic", "min-max", "entropy"}

func (c Calibration) String() string {
	if int(c) < len(calibrations) {
		return calibrations[c]
	}
	return fmt.Sprintf("Calibration(%d)", c)
}

// Quantization makes the weights of dense layers and of convolutions without groups bytes, with a scale for each output (symmetric: -127 to 127), and what
// they are given bytes on the way, 0 to 255 with a zero in between. Sums are exact integers, so a quantised net gives the same bits on every machine but for the
// layers that stay in single precision. A file takes about a quarter; a pass over one row reads a quarter of the memory. It is done to a trained net; accuracy is
// to be measured: some tenths of a percent are usual. Biases, embeddings, recurrent layers and attention's products stay as they are.
type Quantization struct {
	Calibration Calibration // zero: Dynamic, which needs no data
	Keep        []string    // names of parameters that stay as they are: of a first or last layer that loses too much, say
}

// Quantize is Freeze with weights of 8 bits. calibration is a batch of inputs as they will come, a few hundred; nil for Dynamic.
func (n *Net) Quantize(q Quantization, calibration *tensor.Tensor[float32]) (*Frozen, error) {
	const where = "nn.Net.Quantize"
	own, err := n.onHost()
	if err != nil {
		return nil, err
	}
	return q.apply(where, own, calibration)
}

// apply takes the net over.
func (q Quantization) apply(where string, own *Net, x *tensor.Tensor[float32]) (*Frozen, error) {
	if q.Calibration > Entropy {
		return nil, ml.BadConfig(where, "Calibration", q.Calibration, "Dynamic, MinMax or Entropy")
	}
	for _, name := range q.Keep {
		if !slices.ContainsFunc(own.Params(), func(p *Param) bool { return p.Name == name }) {
			return nil, ml.BadConfig(where, "Keep", name, "the name of a parameter")
		}
	}
	switch {
	case q.Calibration == Dynamic && x != nil:
		return nil, ml.BadConfig(where, "calibration", "a batch", "nil for Dynamic: it would not be looked at")
	case q.Calibration != Dynamic && (x == nil || x.Len() == 0):
		return nil, ml.BadShape(where, "calibration", "nothing", fmt.Sprintf("a batch of inputs, for %v", q.Calibration))
	}
	if x != nil {
		if err := own.check(where, x.Shape()); err != nil {
			return nil, err
		}
		if !finite32(x.Data()) {
			return nil, &ml.Error{Where: where, Field: "calibration", Found: "NaN or infinite numbers", Want: "finite ones", Kind: ml.ErrNotFinite}
		}
	}
	plain, err := freeze(own, nil, nil)
	if err != nil {
		return nil, err
	}
	p, err := plain.program(1, own.In)
	if err != nil {
		return nil, err
	}
	oct, layers := make([]*octets, len(own.book.params)), 0
	for _, i := range p.list {
		a := i.weights
		if a == nil {
			continue
		}
		layers++
		if a.param < 0 || oct[a.param] != nil || !a.fits() || slices.Contains(q.Keep, own.book.params[a.param].Name) {
			continue
		}
		w := own.book.params[a.param].Values()
		if !finite32(w) {
			return nil, &ml.Error{Where: where, Field: own.book.params[a.param].Name, Found: "NaN or infinite weights", Want: "finite ones", Kind: ml.ErrNotFinite}
		}
		oct[a.param] = toOctets(w, a.k, a.n)
	}
	if !slices.ContainsFunc(oct, func(o *octets) bool { return o != nil }) {
		return nil, &ml.Error{Where: where, Field: "the net", Found: "without a dense layer or a convolution to quantise", Want: "one", Kind: ml.ErrConfig}
	}
	var inputs []compute.Range
	if q.Calibration != Dynamic {
		if inputs, err = q.ranges(plain, layers, x); err != nil {
			return nil, err
		}
	}
	for i, o := range oct { // the net itself has what the bytes stand for from here on
		if o != nil {
			own.engine.Put(own.book.params[i].v.value, o.floats())
		}
	}
	return freeze(own, oct, inputs)
}

// octetsMost is the most products in a sum that 32 bits hold whatever the bytes are.
const octetsMost = 1<<31/(255*127) - 1

// fits reports whether a layer can go by bytes.
func (a *affine) fits() bool {
	return a.k > 0 && a.k <= octetsMost && (a.conv == nil || a.shape.Groups == 1)
}

// fineBins is how many bins of magnitudes there are for each step.
const fineBins = 16

// entropySteps is how many steps magnitudes have: the byte's on one side of 0, or all of them where the other side is empty.
func entropySteps(r compute.Range) int {
	if r.Low < 0 && r.High > 0 {
		return 128
	}
	return 255
}

// ranges passes the batch through the net and looks at what layers are given.
func (q Quantization) ranges(f *Frozen, layers int, x *tensor.Tensor[float32]) ([]compute.Range, error) {
	shape := x.Shape()
	one, err := f.program(1, shape[1:])
	if err != nil {
		return nil, err
	}
	found := make([]compute.Range, layers)
	y := make([]float32, shape[0]*one.out.size)
	look := func(see func(layer int, x []float32)) error {
		f.seen = &observer{see}
		return f.parts(one, y, x.Data(), shape[0], one.together())
	}
	overflow := false
	if err := look(func(layer int, x []float32) {
		found[layer] = found[layer].Add(x)
		overflow = overflow || !finite32(x)
	}); err != nil {
		return nil, err
	}
	if overflow {
		return nil, tooLarge(0)
	}
	for i, r := range found {
		if r == (compute.Range{}) {
			found[i].High = 1 // only zeros were seen
		}
	}
	if q.Calibration == MinMax {
		return found, nil
	}
	counts := make([][]float64, layers)
	for i := range counts {
		counts[i] = make([]float64, fineBins*entropySteps(found[i]))
	}
	if err := look(func(layer int, x []float32) {
		most, bins := float64(max(-found[layer].Low, found[layer].High)), counts[layer]
		for _, v := range x {
			if v != 0 { // zeros cost nothing, wherever the cut is
				bins[min(int(math.Abs(float64(v))/most*float64(len(bins))), len(bins)-1)]++
			}
		}
	}); err != nil {
		return nil, err
	}
	for i, r := range found {
		most := float64(max(-r.Low, r.High))
		bins := coarser(counts[i])
		cut := float32(most * float64(leastLoss(bins, entropySteps(r))) / float64(len(bins)))
		found[i] = compute.Range{Low: max(r.Low, -cut), High: min(r.High, cut)}
	}
	return found, nil
}

// coarser joins bins by twos while fewer than 16 numbers fall into one on average and there are two or more for each step: of a histogram full of holes,
// the divergence says little.
func coarser(bins []float64) []float64 {
	total := 0.0
	for _, v := range bins {
		total += v
	}
	for join := fineBins; join > 2 && total < 16*float64(len(bins)); join /= 2 {
		half := make([]float64, len(bins)/2)
		for i := range half {
			half[i] = bins[2*i] + bins[2*i+1]
		}
		bins = half
	}
	return bins
}

// leastLoss is how many bins to keep: those behind are counted to the last kept one, those kept joined to so many steps and spread out again over the bins that are not
// empty; of all cuts, it takes the one for which the latter tells least apart from the former.
func leastLoss(counts []float64, steps int) int {
	best, at := math.Inf(1), len(counts)
	tail := 0.0
	for _, v := range counts[steps:] {
		tail += v
	}
	spread := make([]float64, len(counts))
	for keep := steps; keep <= len(counts); keep++ {
		if d := divergence(counts[:keep], tail, spread[:keep], steps); d < best {
			best, at = d, keep
		}
		if keep < len(counts) {
			tail -= counts[keep]
		}
	}
	return at
}

// divergence is that of the kept bins, with the tail counted to the last of them, from what steps make of them; infinite where these have nothing in a bin that those have.
func divergence(kept []float64, tail float64, spread []float64, steps int) float64 {
	for s := range steps {
		lo, hi := s*len(kept)/steps, (s+1)*len(kept)/steps
		sum, some := 0.0, 0.0
		for _, v := range kept[lo:hi] {
			if sum += v; v > 0 {
				some++
			}
		}
		for i, v := range kept[lo:hi] {
			spread[lo+i] = 0
			if v > 0 {
				spread[lo+i] = sum / some
			}
		}
	}
	total, made := tail, 0.0
	for i, v := range kept {
		total += v
		made += spread[i]
	}
	if total == 0 || made == 0 {
		return math.Inf(1)
	}
	d := 0.0
	for i, v := range kept {
		if i == len(kept)-1 {
			v += tail
		}
		switch {
		case v > 0 && spread[i] > 0:
			d += float64(v / total * math.Log(v/total*made/spread[i]))
		case v > 0:
			return math.Inf(1)
		}
	}
	return d
}

// FrozenWeights are the parameters of a frozen net, those of 8 bits as such: what ml.Save keeps of a net whose layers are code.
type FrozenWeights struct{ Weights }

// Weights are the parameters of the net. FreezeWeights makes a net of them again.
func (f *Frozen) Weights() *FrozenWeights {
	w := weightsOf(f.net)
	for i, o := range f.oct {
		if o != nil {
			w.Params[i] = nil
			w.Quantized = append(w.Quantized, QuantizedWeights{Param: i, Shape: slices.Clone(f.net.book.params[i].Shape), Values: slices.Clone(o.data), Scale: slices.Clone(o.scale)})
		}
	}
	for _, in := range f.inputs {
		w.Inputs = append(w.Inputs, QuantizedInput(in))
	}
	return &FrozenWeights{w}
}

// FreezeWeights makes a frozen net of layers, the shape of an input and weights, quantised or not, that were saved.
func FreezeWeights(m Module, in []int, w *FrozenWeights) (*Frozen, error) {
	const where = "nn.FreezeWeights"
	if w == nil {
		return nil, ml.BadConfig(where, "w", "nil", "weights")
	}
	if m == nil {
		return nil, ml.BadConfig(where, "m", "nil", "a layer")
	}
	_, f, err := w.nets(where, m, in)
	if err != nil || f != nil {
		return f, err
	}
	n, err := netOf(where, w.Weights, m, in)
	if err != nil {
		return nil, err
	}
	return freeze(n, nil, nil)
}

// nets are the net of weights in single precision, and, where some are quantised, the frozen one.
func (w *Weights) nets(where string, m Module, in []int) (*Net, *Frozen, error) {
	if w.Quantized == nil && w.Inputs == nil {
		n, err := netOf(where, *w, m, in)
		return n, nil, err
	}
	full, oct, inputs, err := w.octetsOf(where)
	if err != nil {
		return nil, nil, err
	}
	n, err := netOf(where, full, m, in)
	if err != nil {
		return nil, nil, err
	}
	own, err := n.onHost()
	if err != nil {
		return nil, nil, err
	}
	f := &Frozen{net: own, oct: oct, inputs: inputs, packed: map[[32]byte]runner{}}
	if err := f.matches(where); err != nil {
		return nil, nil, err
	}
	return n, f, nil
}

// matches refuses bytes for what is no layer that takes them, and ranges that are not one for each layer.
func (f *Frozen) matches(where string) error {
	plain := &Frozen{net: f.net, packed: map[[32]byte]runner{}}
	p, err := plain.program(1, f.net.In)
	if err != nil {
		return err
	}
	layers, takes := 0, make([]bool, len(f.oct))
	for _, i := range p.list {
		if a := i.weights; a != nil {
			layers++
			if a.param >= 0 && a.fits() {
				takes[a.param] = true
			}
		}
	}
	for i, o := range f.oct {
		if o != nil && !takes[i] {
			return &ml.Error{Where: where, Field: "Weights.Quantized", Found: fmt.Sprintf("parameter %d", i), Want: "weights of dense layers and convolutions", Kind: ml.ErrFormat}
		}
	}
	if f.inputs != nil && len(f.inputs) != layers {
		return &ml.Error{Where: where, Field: "Weights.Inputs", Found: fmt.Sprint(len(f.inputs)), Want: fmt.Sprintf("%d, one for each layer with weights", layers), Kind: ml.ErrFormat}
	}
	_, err = f.program(1, f.net.In)
	return err
}

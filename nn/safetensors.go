package nn

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/codec"
)

// StateDict says how the tensors of a file of weights are named. Its zero value is PyTorch's way, in full.
//
// Names are the path of the layer in the net, which for Seq is that of nn.Sequential, and PyTorch's name in the layer. An activation that
// is part of a layer here has a number of its own in nn.Sequential: Rename evens that out. Weights are turned to PyTorch's layout:
//
//	Dense                   weight [out, in], bias
//	Conv1D, Conv2D, Conv3D  weight [out, in/groups, places...] of our [places..., in/groups, out], bias
//	ConvTranspose2D         weight [in, out, h, w] of our [h, w, out, in], bias
//	Embedding, EmbeddingBag, Positions: weight
//	LayerNorm, RMSNorm, GroupNorm, InstanceNorm: weight, bias of our scale, shift
//	BatchNorm               also running_mean, running_var; num_batches_tracked is written as 0 and neither missed nor used
//	WeightNorm              parametrizations.weight.original0 [out, 1], .original1 [out, in] (or weight_g, weight_v), bias
//	SpectralNorm            parametrizations.weight.original, .0._u, .0._v (or weight_orig, weight_u, weight_v), bias
//	LSTM                    weight_ih_l0 [4 h, in], weight_hh_l0 [4 h, h], bias_ih_l0, bias_hh_l0; _l1 for the second layer, _reverse for
//	                        the way back; rows are the gates input, forget, cell, output. We have the sum of both biases: it is written
//	                        as the first, the second is 0
//	GRU                     the same with the gates reset, update, new; of the second bias we keep the new gate's
//	RNN                     the same with one
//	MultiHeadAttention      in_proj_weight [3 d, d] (queries, keys, values; with KVHeads there are fewer rows of keys and values), in_proj_bias,
//	                        out_proj.weight, out_proj.bias
//	Ctx.CrossAttention      the same; q_proj_weight, k_proj_weight and v_proj_weight where memory has another width
//	Transformer             self_attn, linear1, linear2, norm1, norm2 of nn.TransformerEncoderLayer with norm_first
//	Decoder                 self_attn, multihead_attn, linear1, linear2, norm1, norm2, norm3 of nn.TransformerDecoderLayer with norm_first
//	Residual                inner, short
//
// Parameters of layers of one's own keep their names and layout. A net that takes images apart by Flatten sees them channels-last: the
// first Dense behind it must have its inputs in that order, as torch's does after permute(0, 2, 3, 1).
type StateDict struct {
	// Rename replaces the beginning of names, whole parts between dots, by what the file has: {"0": "conv1", "3": "fc"}; "" stands before
	// all. The longest that fits counts. nil: none.
	Rename map[string]string
	// Loose makes tensors that are missing, or that nobody asked for, no error: the report has them. What is missing stays as it was.
	Loose bool
}

// StateReport says what became of the tensors of a file, by their names there.
type StateReport struct {
	Loaded     []string // in the order of the net
	Missing    []string // asked for by the net and not there
	Unexpected []string // there and asked for by nobody
}

// WriteSafetensors writes the parameters and states of a net in float32 as a safetensors file, which PyTorch's load_state_dict takes (strictly)
// after safetensors.torch.load_file. Names are those of StateDict. Memory is that of the parameters once more.
func WriteSafetensors(w io.Writer, n *Net, how StateDict) error {
	const where = "nn.WriteSafetensors"
	dict, err := how.of(where, n)
	if err != nil {
		return err
	}
	file, values := codec.File{Meta: map[string]string{"format": "pt"}}, map[held][]float32{}
	for _, t := range dict {
		if t.count {
			file.Arrays = append(file.Arrays, codec.ArrayOf(t.name, []int64{0}))
			continue
		}
		out := make([]float32, size(t.shape))
		for _, p := range t.parts {
			if !p.second {
				had := p.to.values(n, values)
				p.each(func(i, j int) { out[i] = had[j] })
			}
		}
		file.Arrays = append(file.Arrays, codec.ArrayOf(t.name, out, t.shape...))
	}
	return fileError(where, codec.WriteSafetensors(w, file))
}

// ReadSafetensors fills the parameters and states of a net from a safetensors file, such as safetensors.torch.save_file writes of a state_dict.
// Names are those of StateDict; numbers may be F64, F32, F16 or BF16. A tensor of another shape, a number that float32 does not hold
// and, unless Loose, a tensor that is missing or unexpected are errors; after an error the net is as it was. The report is there in
// either case, as far as reading went. No other goroutine may use the net meanwhile. Memory is that of the file and of the parameters.
func ReadSafetensors(r io.Reader, n *Net, how StateDict) (StateReport, error) {
	const where = "nn.ReadSafetensors"
	var report StateReport
	dict, err := how.of(where, n)
	if err != nil {
		return report, err
	}
	file, err := codec.ReadSafetensors(r)
	if err != nil {
		return report, fileError(where, err)
	}
	byName := map[string]*codec.Array{}
	for i := range file.Arrays {
		byName[file.Arrays[i].Name] = &file.Arrays[i]
	}
	become, whole := map[held][]float32{}, map[held]bool{} // by parameter: what it becomes, and whether all of it is there
	for _, t := range dict {
		a, name := byName[t.name], t.name
		if a == nil && t.also != "" {
			a, name = byName[t.also], t.also
		}
		delete(byName, name)
		if t.count {
			continue
		}
		for _, p := range t.parts {
			so, seen := whole[*p.to]
			whole[*p.to] = (so || !seen) && a != nil
		}
		if a == nil {
			report.Missing = append(report.Missing, t.name)
			continue
		}
		if !slices.Equal(a.Shape, t.shape) {
			return report, &ml.Error{Where: where, Field: name, Found: fmt.Sprintf("of shape %v", a.Shape), Want: fmt.Sprint(t.shape), Kind: ml.ErrShape}
		}
		x, err := floats(where, a)
		if err != nil {
			return report, err
		}
		for _, p := range t.parts {
			to := become[*p.to]
			if to == nil {
				to = make([]float32, size(p.to.shape()))
				become[*p.to] = to
			}
			p.each(func(i, j int) { to[j] += x[i] })
		}
		report.Loaded = append(report.Loaded, name)
	}
	for i := range file.Arrays {
		if name := file.Arrays[i].Name; byName[name] != nil {
			report.Unexpected = append(report.Unexpected, name)
		}
	}
	slices.Sort(report.Unexpected)
	if !how.Loose && len(report.Missing)+len(report.Unexpected) > 0 {
		found := fmt.Sprintf("without %s and with %s, which nobody asked for", briefly(report.Missing), briefly(report.Unexpected))
		return report, &ml.Error{Where: where, Field: "the file", Found: found, Want: "the tensors of the net and no others, or Loose", Kind: ml.ErrFormat}
	}
	return report, replace(where, n, dict, func(h *held) []float32 {
		if !whole[*h] {
			return nil
		}
		return become[*h]
	})
}

// of lists the tensors of a net under the names of the file.
func (how StateDict) of(where string, n *Net) ([]stored, error) {
	dict, seen := stateDict(n), map[string]bool{}
	for i := range dict {
		t := &dict[i]
		t.name = how.renamed(t.name)
		if t.also != "" {
			t.also = how.renamed(t.also)
		}
		if seen[t.name] {
			return nil, ml.BadConfig(where, "Rename", fmt.Sprintf("such that two tensors are called %s", t.name), "names that differ")
		}
		seen[t.name] = true
	}
	return dict, nil
}

func (how StateDict) renamed(name string) string {
	for end := len(name); end > 0; end = strings.LastIndexByte(name[:end], '.') {
		to, ok := how.Rename[name[:end]]
		switch {
		case ok && end == len(name):
			return to
		case ok:
			return joined(to, strings.TrimPrefix(name[end:], "."))
		}
	}
	if to := how.Rename[""]; to != "" {
		return to + "." + name
	}
	return name
}

// each calls f with the places of every number in the tensor and in the parameter.
func (p *storedPart) each(f func(i, j int)) {
	at, j := make([]int, len(p.shape)), p.from
	for i := range size(p.shape) {
		f(p.at+i, j)
		for a := len(at) - 1; a >= 0; a-- {
			at[a]++
			j += p.strides[a]
			if at[a] < p.shape[a] {
				break
			}
			j -= at[a] * p.strides[a]
			at[a] = 0
		}
	}
}

// values are the numbers of a parameter, fetched once.
func (h *held) values(n *Net, got map[held][]float32) []float32 {
	x, ok := got[*h]
	switch {
	case ok:
		return x
	case h.param != nil:
		x = h.param.Values()
	default:
		x = h.state.Values(n)
	}
	got[*h] = x
	return x
}

// replace sets the parameters for which there are numbers: all of them or, if one cannot be, none.
func replace(where string, n *Net, dict []stored, numbers func(*held) []float32) error {
	for _, set := range []bool{false, true} {
		for _, t := range dict {
			for _, p := range t.parts {
				x := numbers(p.to)
				switch {
				case x == nil || p.second:
				case !set && slices.ContainsFunc(x, func(v float32) bool { return math.Abs(float64(v)) > math.MaxFloat32 }): // two biases may add up to more
					return &ml.Error{Where: where, Field: p.to.name(), Found: "a sum beyond float32", Want: "finite numbers", Kind: ml.ErrNotFinite}
				case !set:
				case p.to.param != nil:
					n.engine.Put(p.to.param.v.value, x)
				default:
					n.engine.Put(p.to.state.v.value, x)
				}
			}
		}
	}
	return nil
}

// floats are the numbers of a tensor.
func floats(where string, a *codec.Array) ([]float32, error) {
	width := a.DType.Size()
	if a.DType != codec.F64 && a.DType != codec.F32 && a.DType != codec.F16 && a.DType != codec.BF16 {
		return nil, &ml.Error{Where: where, Field: a.Name, Found: string(a.DType), Want: "F64, F32, F16 or BF16", Kind: ml.ErrFormat}
	}
	x := make([]float32, len(a.Data)/width)
	for i := range x {
		b := a.Data[i*width:]
		switch a.DType {
		case codec.F64:
			x[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(b)))
		case codec.F32:
			x[i] = math.Float32frombits(binary.LittleEndian.Uint32(b))
		case codec.F16:
			x[i] = codec.Half(binary.LittleEndian.Uint16(b))
		default:
			x[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(b)) << 16)
		}
		if !(math.Abs(float64(x[i])) <= math.MaxFloat32) {
			return nil, &ml.Error{Where: where, Field: a.Name, Found: fmt.Sprintf("%v at number %d", x[i], i), Want: "numbers that float32 holds", Kind: ml.ErrNotFinite}
		}
	}
	return x, nil
}

// briefly names a few of many.
func briefly(names []string) string {
	switch {
	case len(names) == 0:
		return "none"
	case len(names) > 5:
		return fmt.Sprintf("%s and %d more", strings.Join(names[:5], ", "), len(names)-5)
	}
	return strings.Join(names, ", ")
}

// fileError turns the codec's errors into those of this library.
func fileError(where string, err error) error {
	var e *codec.Error
	if !errors.As(err, &e) {
		return err
	}
	return &ml.Error{Where: where, Field: e.Path, Found: e.Found, Want: e.Want, Kind: ml.ErrFormat, Cause: e.Cause}
}

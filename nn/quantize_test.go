package nn

import (
	"bytes"
	"context"
	"errors"
	"math"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/internal/compute"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

// quantizedByHand is a dense layer in 8 bits as its doc has it, in float64: the oracle.
func quantizedByHand(x, w, b []float32, k, n int, in compute.Range) []float64 {
	lo, hi := math.Min(0, float64(in.Low)), math.Max(0, float64(in.High))
	if in == (compute.Range{}) {
		for _, v := range x {
			lo, hi = math.Min(lo, float64(v)), math.Max(hi, float64(v))
		}
	}
	step := (hi - lo) / 255
	zero := math.RoundToEven(-lo / step)
	y := make([]float64, n)
	for j := range n {
		most := 0.0
		for i := range k {
			most = math.Max(most, math.Abs(float64(w[i*n+j])))
		}
		sum := 0.0
		for i := range k {
			a := math.Min(math.Max(math.RoundToEven(float64(x[i])/step)+zero, 0), 255) - zero
			sum += a * math.RoundToEven(float64(w[i*n+j])/(most/127))
		}
		y[j] = sum*step*most/127 + float64(b[j])
	}
	return y
}

// A quantised layer computes what its definition says, by each row's own range or by one from calibration.
func TestQuantizedDense(t *testing.T) {
	const k, n = 70, 19
	net, err := New(Dense{Out: n}, []int{k}, 1)
	require.NoError(t, err)
	settled(t, net)
	x, _ := batch([]int{k}, 6, 2)
	w, b := net.Params()[0].Values(), net.Params()[1].Values()
	whole := compute.Range{}.Add(x.Data())
	for _, c := range []Calibration{Dynamic, MinMax} {
		var cal *tensor.Tensor[float32]
		in := compute.Range{}
		if c == MinMax {
			cal, in = x, whole
		}
		f, err := net.Quantize(Quantization{Calibration: c}, cal)
		require.NoError(t, err)
		y, err := f.Predict(x)
		require.NoError(t, err)
		for i := range 6 {
			want := quantizedByHand(x.Row(i), w, b, k, n, in)
			for j, v := range want { // the steps are single precision: a number that stands at a tie may go the other way, by one step of one input
				require.InDelta(t, v, y.Row(i)[j], 2e-3, "%v row %d", c, i)
			}
		}
	}
}

// Quantised nets of every kind stay near their parents, give the same numbers row by row, and come back from their weights.
func TestQuantizedNets(t *testing.T) {
	for _, s := range frozenNets() {
		if s.name == "nothing" || s.name == "branches" {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			net, err := New(s.m, s.in, 3)
			require.NoError(t, err)
			x, _, _ := s.batch()
			rows := min(s.rows, 9)
			x = tensor.FromSlice(x.Data()[:rows*size(s.in)], append([]int{rows}, s.in...)...)
			want, err := net.Predict(x)
			require.NoError(t, err)
			for _, c := range []Calibration{Dynamic, MinMax, Entropy} {
				var cal *tensor.Tensor[float32]
				if c != Dynamic {
					cal = x
				}
				f, err := net.Quantize(Quantization{Calibration: c}, cal)
				require.NoError(t, err)
				got, err := f.Predict(x)
				require.NoError(t, err)
				far, most := 0.0, largest32(want.Data())
				for i, v := range want.Data() {
					far = max(far, math.Abs(float64(v-got.Data()[i])))
				}
				limit := .1 // of the largest output: a few layers of 8 bits; these nets are not trained, their outputs are small
				if c == Entropy {
					limit = .5 // which cuts what is rare
				}
				require.Less(t, far, limit*most, "%v", c)
				each := size(net.Out())
				one := make([]float32, each)
				require.NoError(t, f.PredictInto(one, tensor.FromSlice(x.Data()[:size(s.in)], append([]int{1}, s.in...)...)))
				require.Equal(t, print32(got.Data()[:each]), print32(one))

				var file bytes.Buffer
				require.NoError(t, ml.Save(&file, f.Weights()))
				w, err := ml.Load[*FrozenWeights](&file)
				require.NoError(t, err)
				again, err := FreezeWeights(s.m, s.in, w)
				require.NoError(t, err)
				same, err := again.Predict(x)
				require.NoError(t, err)
				require.Equal(t, print32(got.Data()), print32(same.Data()))
			}
		})
	}
}

// Layers that are to be kept have their numbers.
func TestQuantizationKeep(t *testing.T) {
	net, err := New(Seq{Dense{Out: 8, Act: ReLU}, Dense{Out: 3}}, []int{5}, 1)
	require.NoError(t, err)
	f, err := net.Quantize(Quantization{Keep: []string{"0.W"}}, nil)
	require.NoError(t, err)
	w := f.Weights()
	require.Len(t, w.Quantized, 1)
	require.Equal(t, 2, w.Quantized[0].Param)
	require.NotNil(t, w.Params[0])
	require.Nil(t, w.Params[2])
}

func TestQuantizationRefuses(t *testing.T) {
	net, err := New(Dense{Out: 2}, []int{3}, 1)
	require.NoError(t, err)
	x := tensor.New[float32](4, 3)
	nan := tensor.New[float32](1, 3)
	nan.Data()[1] = float32(math.NaN())
	for i, c := range []struct {
		q    Quantization
		x    *tensor.Tensor[float32]
		kind error
	}{
		{Quantization{Calibration: 9}, x, ml.ErrConfig}, {Quantization{}, x, ml.ErrConfig}, {Quantization{Calibration: MinMax}, nil, ml.ErrShape}, {Quantization{Keep: []string{"x"}}, nil, ml.ErrConfig},
		{Quantization{Calibration: MinMax}, tensor.New[float32](4, 2), ml.ErrShape}, {Quantization{Calibration: Entropy}, nan, ml.ErrNotFinite}, {Quantization{Keep: []string{"W"}}, nil, ml.ErrConfig},
	} {
		_, err := net.Quantize(c.q, c.x)
		require.ErrorIs(t, err, c.kind, "%d", i)
	}
	f, err := net.Quantize(Quantization{Calibration: MinMax}, x) // zeros alone
	require.NoError(t, err)
	y, err := f.Predict(x)
	require.NoError(t, err)
	require.Equal(t, net.Params()[1].Values(), y.Row(0))

	good := *f.Weights()
	for i, spoil := range []func(w *FrozenWeights){
		func(w *FrozenWeights) { w.Quantized[0].Param = 7 },
		func(w *FrozenWeights) { w.Quantized[0].Param = -1 },
		func(w *FrozenWeights) { w.Quantized[0].Param = 1 },
		func(w *FrozenWeights) { w.Quantized[0].Shape = []int{3, 3} },
		func(w *FrozenWeights) { w.Quantized[0].Shape = []int{6} },
		func(w *FrozenWeights) { w.Quantized[0].Shape = []int{2, 3} },
		func(w *FrozenWeights) { w.Quantized[0].Scale[0] = 0 },
		func(w *FrozenWeights) { w.Quantized[0].Scale[1] = float32(math.Inf(1)) },
		func(w *FrozenWeights) { w.Quantized[0].Values[0] = -128 },
		func(w *FrozenWeights) { w.Quantized = append(w.Quantized, w.Quantized[0]) },
		func(w *FrozenWeights) { w.Inputs = append(w.Inputs, w.Inputs[0]) },
		func(w *FrozenWeights) { w.Inputs[0].Low = 1 },
		func(w *FrozenWeights) { w.Inputs[0].High = float32(math.NaN()) },
		func(w *FrozenWeights) { w.Quantized = nil },
		func(w *FrozenWeights) { w.Params = w.Params[1:] },
	} {
		w := good
		w.Params = append(w.Params[:0:0], good.Params...)
		w.Quantized = []QuantizedWeights{{Param: 0, Shape: []int{3, 2}, Values: make([]int8, 6), Scale: []float32{1, 1}}}
		w.Inputs = append(w.Inputs[:0:0], good.Inputs...)
		_, err := FreezeWeights(Dense{Out: 2}, []int{3}, &w)
		require.NoError(t, err)
		spoil(&w)
		_, err = FreezeWeights(Dense{Out: 2}, []int{3}, &w)
		require.Error(t, err, "%d", i)
		var e *ml.Error
		require.True(t, errors.As(err, &e), "%d: %v", i, err)
	}
	_, err = FreezeWeights(nil, []int{3}, &good)
	require.Error(t, err)
	_, err = FreezeWeights(Dense{Out: 2}, []int{3}, nil)
	require.Error(t, err)
}

// Of a heap and a few numbers far out, the cut keeps the heap; of one bin, all.
func TestEntropyCut(t *testing.T) {
	counts := make([]float64, 2048)
	for i := range 600 {
		counts[i] = 1000 * math.Exp(-float64(i*i)/(2*150*150))
	}
	counts[2047] = 1
	at := leastLoss(counts, 128)
	require.Greater(t, at, 300)
	require.Less(t, at, 1000)
	clear(counts)
	require.Equal(t, 2048, leastLoss(counts, 128))
	counts[3] = 40
	require.Len(t, coarser(counts), 256)
}

// On handwritten digits a quantised classifier loses less than half a point, its file is about a quarter, and it is a model like any other.
func TestQuantizedDigits(t *testing.T) {
	if testing.Short() {
		t.Skip("it learns for a second")
	}
	d := datasets.Digits()
	m, err := MLPClassifier{Hidden: []int{512, 256}, Epochs: 6, Seed: 1}.Fit(context.Background(), d)
	require.NoError(t, err)
	score := func(m *ClassifierModel) float64 {
		y, err := m.Predict(d.X)
		require.NoError(t, err)
		return metrics.Accuracy(d.Y, y)
	}
	var plain bytes.Buffer
	require.NoError(t, ml.Save(&plain, m))
	whole := score(m)
	require.Greater(t, whole, .97)
	for _, c := range []Calibration{Dynamic, MinMax, Entropy} {
		var cal tensor.Matrix
		if c != Dynamic {
			cal = d.X
		}
		q, err := m.Quantize(Quantization{Calibration: c}, cal)
		require.NoError(t, err)
		require.Greater(t, score(q), whole-.005, "%v", c)
		var file bytes.Buffer
		require.NoError(t, ml.Save(&file, q))
		t.Logf("%v: accuracy %.4f of %.4f, file %.3f of %d bytes", c, score(q), whole, float64(file.Len())/float64(plain.Len()), plain.Len())
		require.Less(t, float64(file.Len()), .27*float64(plain.Len()))
		again, err := ml.Load[*ClassifierModel](bytes.NewReader(file.Bytes()))
		require.NoError(t, err)
		p, err := q.PredictProba(d.X)
		require.NoError(t, err)
		s, err := again.PredictProba(d.X)
		require.NoError(t, err)
		require.Equal(t, p.Data(), s.Data())
		row := make([]float64, 10)
		r, err := q.Net()
		require.NoError(t, err)
		require.Equal(t, []int{10}, r.Out())
		if !raceEnabled {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
			x := make([]float64, 64)
			require.Zero(t, testing.AllocsPerRun(20, func() { q.ProbaRow(row, x) }))
		}
	}
}

// The other models are quantised alike.
func TestQuantizedModels(t *testing.T) {
	x := tensor.New[float64](60, 3)
	y, many, labels := make([]float64, 60), make([][]float64, 60), make([][]int, 60)
	for i := range 60 {
		for j := range 3 {
			x.Row(i)[j] = float64((i*7+j*5)%11)/5 - 1
		}
		y[i] = x.Row(i)[0] - x.Row(i)[2]
		many[i], labels[i] = []float64{y[i], -y[i]}, []int{i % 2, 1}
	}
	ctx := context.Background()
	r, err := MLPRegressor{Hidden: []int{16}, Epochs: 60}.Fit(ctx, ml.Data(x, y))
	require.NoError(t, err)
	rq, err := r.Quantize(Quantization{Calibration: Entropy}, x)
	require.NoError(t, err)
	want, _ := r.Predict(x)
	got, err := rq.Predict(x)
	require.NoError(t, err)
	require.InDeltaSlice(t, want, got, .15)
	m, err := MLPMulti{Hidden: []int{16}, Epochs: 5}.Fit(ctx, ml.Data(x, many))
	require.NoError(t, err)
	mq, err := m.Quantize(Quantization{}, nil)
	require.NoError(t, err)
	wide, _ := m.Predict(x)
	also, err := mq.Predict(x)
	require.NoError(t, err)
	require.InDeltaSlice(t, wide[0], also[0], .1)
	l, err := MLPMultiLabel{Hidden: []int{16}, Epochs: 5}.Fit(ctx, ml.Data(x, labels))
	require.NoError(t, err)
	lq, err := l.Quantize(Quantization{}, nil)
	require.NoError(t, err)
	p, _ := l.Response(x)
	s, err := lq.Response(x)
	require.NoError(t, err)
	require.InDeltaSlice(t, p.Data(), s.Data(), .05)
	_, err = r.Quantize(Quantization{Calibration: MinMax}, tensor.New[float64](2, 4))
	require.Error(t, err)
}

package nn

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

// curve is a small regression.
func curve(n int, seed uint64) Arrays {
	x, y := tensor.New[float32](n, 3), tensor.New[float32](n, 1)
	rng.Normal(rng.New(seed, 0), x.Data(), 0, 1)
	for i := range n {
		v := x.Row(i)
		y.Set(float32(math.Sin(float64(2*v[0])))+v[1]*v[2], i, 0)
	}
	return Arrays{x, y}
}

func fitCurve(t *testing.T, cfg FitConfig, train, valid *Loader) (*Net, *History) {
	t.Helper()
	net, err := New(Seq{Dense{Out: 16}, BatchNorm{}, Tanh, Dropout{.1}, Dense{Out: 1}}, []int{3}, 5)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Loss = MSE{}
	_, h, err := Fit(context.Background(), net, cfg, train, valid)
	if err != nil {
		t.Fatal(err)
	}
	return net, h
}

func weightBits(n *Net) []byte {
	var b bytes.Buffer
	w := weightsOf(n)
	for _, x := range append(w.Params, w.States...) {
		tensor.WriteNpy(&b, x)
	}
	return b.Bytes()
}

// A training that is cut off after some epochs and goes on from its file ends with the bytes of one that was not: weights, running means, what the
// optimiser keeps, the schedule, averages, the plateau and the best epoch are all in it.
func TestResume(t *testing.T) {
	train := &Loader{Data: curve(90, 1), BatchSize: 16, Shuffle: true, Seed: 3}
	valid := &Loader{Data: curve(40, 2), BatchSize: 40}
	for _, opt := range []Optimizer{Adam{AMSGrad: true}, SGD{Momentum: .9, LearningRate: .05}, NAdam{}} {
		cfg := FitConfig{Training: Training{Optimizer: opt, Schedule: Cosine{}, EMA: .9, Accumulate: 2, TotalSteps: 36}, Epochs: 9, Patience: 4, Plateau: 2}
		whole, wholeHistory := fitCurve(t, cfg, train, valid)
		cfg.Checkpoint = filepath.Join(t.TempDir(), "run")
		cut := cfg
		cut.Callbacks = []Callback{CallbackFunc(func(_ *Trainer, e Epoch) error {
			if e.Epoch == 4 {
				return errors.New("the lights went out")
			}
			return nil
		})}
		net, err := New(Seq{Dense{Out: 16}, BatchNorm{}, Tanh, Dropout{.1}, Dense{Out: 1}}, []int{3}, 5)
		if err != nil {
			t.Fatal(err)
		}
		cut.Loss = MSE{}
		if _, _, err := Fit(context.Background(), net, cut, train, valid); err == nil {
			t.Fatal("no error of the callback")
		}
		resumed, history := fitCurve(t, cfg, train, valid)
		if !bytes.Equal(weightBits(whole), weightBits(resumed)) {
			t.Errorf("%T: other weights after a break", opt)
		}
		if history.Best != wholeHistory.Best || len(history.Epochs) != len(wholeHistory.Epochs) {
			t.Errorf("%T: best of %d in %d epochs after a break, %d in %d without", opt, history.Best, len(history.Epochs), wholeHistory.Best, len(wholeHistory.Epochs))
		}
	}
}

// Files that are no checkpoint, or of another net, are errors.
func TestResumeRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "run")
	train := &Loader{Data: curve(30, 1)}
	fitCurve(t, FitConfig{Epochs: 1, Checkpoint: file}, train, nil)
	other, err := New(Dense{Out: 1}, []int{3}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := Fit(context.Background(), other, FitConfig{Training: Training{Loss: MSE{}}, Checkpoint: file}, train, nil); !errors.Is(err, ml.ErrShape) {
		t.Errorf("another net: %v", err)
	}
	if err := os.WriteFile(file, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Fit(context.Background(), other, FitConfig{Training: Training{Loss: MSE{}}, Checkpoint: file}, train, nil); err == nil {
		t.Error("no error of a file that is none")
	}
}

func TestFitLowersTheLoss(t *testing.T) {
	var csv, js bytes.Buffer
	_, h := fitCurve(t, FitConfig{Training: Training{Optimizer: Adam{LearningRate: .02}}, Epochs: 30, Callbacks: []Callback{LogCSV(&csv), LogJSON(&js)}},
		&Loader{Data: curve(300, 1), Shuffle: true}, &Loader{Data: curve(100, 2), BatchSize: 100})
	if last := h.Epochs[29]; last.Valid > .25 || !last.Watched {
		t.Errorf("loss %v after 30 epochs, %v after the first", last, h.Epochs[0])
	}
	if strings.Count(csv.String(), "\n") != 31 || strings.Count(js.String(), "\n") != 30 {
		t.Errorf("logs of %d and %d lines", strings.Count(csv.String(), "\n"), strings.Count(js.String(), "\n"))
	}
}

// Early stopping keeps the weights of the best epoch.
func TestPatienceKeepsTheBest(t *testing.T) {
	valid := &Loader{Data: curve(40, 2), BatchSize: 40}
	net, h := fitCurve(t, FitConfig{Training: Training{Optimizer: Adam{LearningRate: .3}}, Epochs: 60, Patience: 3}, &Loader{Data: curve(60, 1), Shuffle: true}, valid)
	best := slices.MinFunc(h.Epochs, func(a, b Epoch) int {
		if a.Valid < b.Valid {
			return -1
		}
		return 1
	})
	tr, err := NewTrainer(net, Training{Loss: MSE{}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := tr.Evaluate(context.Background(), valid)
	if err != nil || got != best.Valid || h.Best != best.Epoch || !h.Stopped {
		t.Errorf("loss %v of epoch %d, want %v of %d (%v)", got, h.Best, best.Valid, best.Epoch, err)
	}
}

// Batches come in the same order whatever fills them, each sample once an epoch.
func TestLoader(t *testing.T) {
	data := curve(25, 1)
	for i := range data.Y.Data() {
		data.Y.Data()[i] = float32(i)
	}
	read := func(l Loader, epoch int) (all []float32) {
		for b, err := range l.Epoch(epoch) {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, b.Y.Data()...)
		}
		return
	}
	plain := Loader{Data: data, BatchSize: 4, Shuffle: true, Seed: 9}
	ahead := plain
	ahead.Prefetch = 3
	first := read(plain, 0)
	if !slices.Equal(first, read(ahead, 0)) || slices.Equal(first, read(plain, 1)) {
		t.Error("filling ahead changes the order, or epochs do not")
	}
	sorted := slices.Sorted(slices.Values(first))
	for i, v := range sorted {
		if v != float32(i) {
			t.Fatalf("samples %v", sorted)
		}
	}
	drop := plain
	drop.DropLast = true
	if n := len(read(drop, 0)); n != 24 {
		t.Errorf("%d samples without the last batch", n)
	}
	some := plain
	some.Weights = make([]float64, 25)
	some.Weights[3], some.Weights[7] = 1, 3
	count := map[float32]int{}
	for epoch := range 40 {
		for _, v := range read(some, epoch) {
			count[v]++
		}
	}
	if share := float64(count[7]) / 1000; count[3]+count[7] != 1000 || math.Abs(share-.75) > .06 {
		t.Errorf("drawn %v", count)
	}
	for b, err := range ahead.Epoch(0) { // leaving early ends the filling goroutine
		_ = b
		if err != nil {
			t.Fatal(err)
		}
		break
	}
	if _, err := next(Loader{Data: data, Weights: []float64{1}}); !errors.Is(err, ml.ErrShape) {
		t.Errorf("weights of another length: %v", err)
	}
}

func next(l Loader) (*Batch, error) {
	for b, err := range l.Epoch(0) {
		return b, err
	}
	return nil, nil
}

// Mixing keeps means and stays within the range of what is mixed.
func TestMixup(t *testing.T) {
	data := curve(64, 1)
	l := Loader{Data: data, BatchSize: 64, Mixup: .4}
	b, err := next(l)
	if err != nil {
		t.Fatal(err)
	}
	mean := func(x []float32) float64 {
		s := 0.0
		for _, v := range x {
			s += float64(v)
		}
		return s / float64(len(x))
	}
	if slices.Equal(b.X.Data(), data.X.Data()) || math.Abs(mean(b.Y.Data())-mean(data.Y.Data())) > .35 {
		t.Errorf("mean %v of mixed targets, %v of those before", mean(b.Y.Data()), mean(data.Y.Data()))
	}
	if slices.Max(b.X.Data()) > slices.Max(data.X.Data()) || slices.Min(b.X.Data()) < slices.Min(data.X.Data()) {
		t.Error("mixed beyond what there was")
	}
}

// Faults of the user's are errors that say where.
func TestFaults(t *testing.T) {
	for what, f := range map[string]func() error{
		"a layer that does not fit": func() error { _, err := New(Seq{Dense{Out: 3}, Conv2D{Out: 2, Kernel: 3}}, []int{4}, 1); return err },
		"no module":                 func() error { _, err := New(nil, []int{4}, 1); return err },
		"a name asked for twice": func() error {
			_, err := New(Func(func(c *Ctx, x *Var) *Var { return Dense{Out: 2}.Forward(c, Dense{Out: 2}.Forward(c, x)) }), []int{2}, 1)
			return err
		},
		"a file whose image would take gigabytes": func() error {
			_, err := restored("nn.ClassifierModel", &ml.Fitted{Config: ConvClassifier{Height: 4096, Width: 4096, Channels: 1, Kernel: 3, Filters: []int{1000}}, Info: ml.Info{Features: 1 << 24}}, Weights{}, 2)
			return err
		},
		"another input": func() error {
			net, err := New(Dense{Out: 3}, []int{4}, 1)
			if err != nil {
				t.Fatal(err)
			}
			_, err = net.Predict(tensor.New[float32](2, 5))
			return err
		},
		"a class that is none": func() error {
			net, err := New(Dense{Out: 3}, []int{4}, 1)
			if err != nil {
				t.Fatal(err)
			}
			tr, err := NewTrainer(net, Training{Loss: CrossEntropy{}})
			if err != nil {
				t.Fatal(err)
			}
			_, err = tr.Step(tensor.New[float32](2, 4), tensor.FromSlice([]float32{0, 3}, 2))
			return err
		},
		"a stride below 0":  func() error { _, err := New(Conv2D{Out: 1, Kernel: 1, Stride: -1}, []int{4, 4, 1}, 1); return err },
		"a dropout below 0": func() error { _, err := New(Dropout{-.1}, []int{4}, 1); return err },
		"L-BFGS in batches": func() error {
			net, err := New(Dense{Out: 3}, []int{4}, 1)
			if err != nil {
				t.Fatal(err)
			}
			_, err = NewTrainer(net, Training{Optimizer: LBFGS{}})
			return err
		},
		"no loss": func() error {
			net, _ := New(Dense{Out: 3}, []int{4}, 1)
			tr, err := NewTrainer(net, Training{})
			if err != nil {
				return err
			}
			_, err = tr.Step(tensor.New[float32](2, 4), tensor.New[float32](2))
			return err
		},
	} {
		err := f()
		var e *ml.Error
		if !errors.As(err, &e) || e.Where == "" || e.Want == "" {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// What plain compositions of a schedule's and a trainer's options promise.
func TestTrainerOptions(t *testing.T) {
	data := curve(32, 1)
	step := func(cfg Training) *Net {
		net, err := New(Seq{Dense{Out: 8, Act: Tanh}, Dense{Out: 1}}, []int{3}, 2)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Loss = MSE{}
		tr, err := NewTrainer(net, cfg)
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			if _, err := tr.Step(data.X, data.Y); err != nil {
				t.Fatal(err)
			}
		}
		return net
	}
	norm := func(n *Net, before *Net) float64 {
		s := 0.0
		for i, p := range n.Params() {
			b := before.Params()[i].Values()
			for j, v := range p.Values() {
				s += float64((v - b[j]) * (v - b[j]))
			}
		}
		return math.Sqrt(s)
	}
	start, err := New(Seq{Dense{Out: 8, Act: Tanh}, Dense{Out: 1}}, []int{3}, 2)
	if err != nil {
		t.Fatal(err)
	}
	if d := norm(step(Training{Optimizer: SGD{LearningRate: 1}, ClipNorm: .01}), start); d > .0501 {
		t.Errorf("moved by %v in five clipped steps of 0.01", d)
	}
	limited := step(Training{Optimizer: SGD{LearningRate: 1}, MaxNorm: .3})
	for _, p := range limited.Params() {
		if len(p.Shape) < 2 {
			continue
		}
		w := p.Values()
		for j := range p.Shape[1] {
			s := 0.0
			for i := j; i < len(w); i += p.Shape[1] {
				s += float64(w[i] * w[i])
			}
			if math.Sqrt(s) > .3001 {
				t.Errorf("%s: a column of norm %v", p.Name, math.Sqrt(s))
			}
		}
	}
}

// The finder leaves the net alone and suggests rates at which the loss falls.
func TestFindRate(t *testing.T) {
	net, err := New(Seq{Dense{Out: 16, Act: Tanh}, Dense{Out: 1}}, []int{3}, 5)
	if err != nil {
		t.Fatal(err)
	}
	before := weightBits(net)
	c, err := FindRate(context.Background(), net, Training{Loss: MSE{}}, &Loader{Data: curve(200, 1), BatchSize: 200}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, weightBits(net)) {
		t.Error("the net has learned")
	}
	if c.Steepest < 1e-4 || c.Steepest > 1 || c.Valley < 1e-6 || c.Valley > 1 {
		t.Errorf("steepest at %v, valley at %v", c.Steepest, c.Valley)
	}
}

func TestSummary(t *testing.T) {
	net, err := New(Seq{Conv2D{Out: 4, Kernel: 3}, Flatten{}, Dense{Out: 10}}, []int{5, 5, 2}, 1)
	if err != nil {
		t.Fatal(err)
	}
	// 3·3·2·4 weights and 4 biases, 9 places; 36·10 weights and 10 biases
	for _, want := range []string{"[3 3 4]", "76", "1296", "370", "720", "446", "2016", "1784 bytes"} {
		if s := net.Summary(); !strings.Contains(s, want) {
			t.Errorf("no %q in\n%s", want, s)
		}
	}
}

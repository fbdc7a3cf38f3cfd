//go:build cuda

package cuda_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/compute"
	"github.com/gopherwood-ml/ml/internal/cuda"
	"github.com/gopherwood-ml/ml/nn"
	"github.com/gopherwood-ml/ml/tensor"
)

// serve lets an engine serve nets of any size.
func serve(t *testing.T, e *cuda.Device) {
	compute.Offer(func(int) (compute.Engine, string, string) {
		if e == nil || e.Sync() != nil {
			return nil, "", "broken"
		}
		return e, "cuda", "asked for"
	})
	t.Cleanup(func() { compute.Offer(nil) })
}

func random(shape ...int) *tensor.Tensor[float32] {
	x := tensor.New[float32](shape...)
	r := rand.New(rand.NewPCG(5, 18))
	for i := range x.Data() {
		x.Data()[i] = float32(r.NormFloat64())
	}
	return x
}

// trained is what a net of many kinds of layers predicts after some steps.
func trained(t *testing.T, steps int) (*nn.Net, []float64, *tensor.Tensor[float32]) {
	t.Helper()
	net, err := nn.New(nn.Seq{nn.Conv2D{Out: 6, Kernel: 3, Act: nn.ReLU}, nn.BatchNorm{}, nn.MaxPool{Size: 2}, nn.Flatten{}, nn.Dense{Out: 16, Act: nn.GELU}, nn.LayerNorm{}, nn.Dense{Out: 3}}, []int{8, 8, 2}, 4)
	if err != nil {
		t.Fatal(err)
	}
	tr, err := nn.NewTrainer(net, nn.Training{Loss: nn.CrossEntropy{}, Optimizer: nn.Adam{LearningRate: 1e-3}, ClipNorm: 1})
	if err != nil {
		t.Fatal(err)
	}
	x, y := random(12, 8, 8, 2), tensor.New[float32](12)
	for i := range y.Data() {
		y.Data()[i] = float32(i % 3)
	}
	var losses []float64
	for range steps {
		loss, err := tr.Step(x, y)
		if err != nil {
			t.Fatal(err)
		}
		losses = append(losses, loss)
	}
	p, err := net.Predict(x)
	if err != nil {
		t.Fatal(err)
	}
	return net, losses, p
}

// A net learns on the device what it learns on the host, and gives it to whoever computes with its numbers elsewhere.
func TestNetsLearn(t *testing.T) {
	cuda.Driver().Reset()
	_, want, wantOut := trained(t, 4)
	serve(t, cuda.SharedEngine(t))
	before := cuda.Driver().Calls()
	net, got, out := trained(t, 4)
	if cuda.Driver().Calls() < before+100 {
		t.Error("the device was hardly asked")
	}
	for i, v := range want { // some thousand roundings, multiplied by a few steps
		if math.Abs(got[i]-v) > 1e-4*math.Abs(v) {
			t.Errorf("the loss of step %d is %v, on the host %v", i, got[i], v)
		}
	}
	for i, v := range wantOut.Data() {
		if math.Abs(float64(out.Data()[i]-v)) > 2e-3 {
			t.Errorf("output %d is %v, on the host %v", i, out.Data()[i], v)
		}
	}
	frozen, err := net.Freeze()
	if err != nil {
		t.Fatal(err)
	}
	x := random(12, 8, 8, 2)
	p, err := frozen.Predict(x)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range p.Data() {
		if math.Abs(float64(out.Data()[i]-v)) > 1e-4 {
			t.Errorf("frozen, output %d is %v, not %v", i, v, out.Data()[i])
		}
	}
}

// A training that is called off leaves nothing on the device once nobody holds the net.
func TestCancelledTrainingFreesTheDevice(t *testing.T) {
	e := cuda.OwnEngine(t)
	serve(t, e)
	func() {
		ctx, cancel := context.WithCancel(t.Context())
		x, y := tensor.New[float64](200, 10), make([]int, 200)
		for i := range y {
			y[i] = i % 3
			x.Row(i)[i%10] = 1
		}
		ctx = ml.WithProgress(ctx, func(p ml.Progress) error {
			if cuda.BlocksInUse(e) == 0 {
				t.Error("the device has nothing")
			}
			cancel()
			return nil
		})
		if _, err := (nn.MLPClassifier{Hidden: []int{20}, Epochs: 100}).Fit(ctx, ml.Data[int](x, y)); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}()
	for range 200 {
		runtime.GC()
		time.Sleep(time.Millisecond)
		if cuda.BlocksInUse(e) == 0 {
			break
		}
	}
	if n := cuda.BlocksInUse(e); n > 0 {
		t.Errorf("%d blocks are in use", n)
	}
	if err := e.Sync(); err != nil { // what was queued for memory that others may have by now
		t.Error(err)
	}
}

// When the device breaks, a training ends with its fault, and the next is the host's.
func TestTrainingOnABrokenDevice(t *testing.T) {
	e := cuda.OwnEngine(t)
	serve(t, e)
	net, _, x := trained(t, 1)
	cuda.Driver().FailWork(5)
	tr, err := nn.NewTrainer(net, nn.Training{Loss: nn.MSE{}, Optimizer: nn.SGD{LearningRate: .1}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = tr.Step(random(12, 8, 8, 2), x)
	var f *cuda.Fault
	if !errors.Is(err, ml.ErrEngine) || !errors.As(err, &f) {
		t.Errorf("a step on a broken device: %v", err)
	}
	if _, err := net.Predict(random(2, 8, 8, 2)); !errors.Is(err, ml.ErrEngine) {
		t.Errorf("a prediction on a broken device: %v", err)
	}
	trained(t, 1)
}

// child runs this test in a process of its own, with the libraries named by env, and gives what ml.Engine says there.
func child(t *testing.T, env ...string) string {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestSayEngine$", "-test.v")
	cmd.Env = append(os.Environ(), append([]string{"SAY_ENGINE=1"}, env...)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

func TestSayEngine(t *testing.T) {
	if os.Getenv("SAY_ENGINE") == "" {
		t.Skip("a part of TestEngineServes")
	}
	name, why := ml.Engine()
	t.Logf("%s: %s", name, why)
	if _, err := nn.New(nn.Seq{nn.Dense{Out: 400}}, []int{400}, 1); err != nil {
		t.Error(err)
	}
}

// Programs start with and without a device, and say what serves.
func TestEngineServes(t *testing.T) {
	for _, c := range []struct {
		env  []string
		want string
	}{
		{nil, "cuda: a device of the host's making, compute capability 7.0, 1024 MiB"},
		{[]string{"GOPHERWOOD_CUDA_DRIVER=/nowhere/libcuda.so.1"}, "cpu: cuda: /nowhere/libcuda.so.1: cannot open"},
		{[]string{"GOPHERWOOD_CUDA_BLAS=/nowhere/libcublas.so"}, "cpu: cuda: /nowhere/libcublas.so: cannot open"},
		{[]string{"FAKE_NO_DEVICE=1"}, "cpu: cuda: the driver sees no device"},
		{[]string{"FAKE_CAPABILITY=6"}, "capability 6.0: kernels are for 7.0 and above"},
	} {
		if got := child(t, append(c.env, "KEEP_DRIVER="+cuda.Driver().Path)...); !strings.Contains(got, c.want) {
			t.Errorf("%v: %s", c.env, got)
		}
	}
}

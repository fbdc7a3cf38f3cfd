//go:build cuda

package cuda_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/gopherwood-ml/ml/internal/compute"
	"github.com/gopherwood-ml/ml/internal/cuda"
)

// TestGPU makes on the machine's device, or on that of the libraries that are named, every comparison with the host that there is, and prints ratios
// of times. With -short, ratios are of little work: for a library that stands for a device.
func TestGPU(t *testing.T) {
	if os.Getenv(cuda.GPUVariable) == "" {
		t.Skip("for machines with a GPU: see the package's documentation")
	}
	for _, name := range []string{cuda.DriverVariable, cuda.BlasVariable} {
		if library := os.Getenv(name); library != "" {
			t.Logf("NOT THE USUAL LIBRARY: %s=%s", name, library)
		}
	}
	engine := cuda.SharedEngine(t)
	t.Log(cuda.Describe())
	for _, c := range cuda.Comparisons() {
		t.Run(c.Name, c.Run)
	}
	t.Run("TestEstimatorsOnDevice", TestEstimatorsOnDevice)
	t.Run("TestNetsLearnTheSame", TestNetsLearnTheSame)
	if t.Failed() {
		t.Fatal("what is wrong is not timed")
	}

	cuda.Ratios(t, testing.Short())
	rows, cols := 40000, 64
	if testing.Short() {
		rows, cols = 400, 6
	}
	defer compute.Accelerate(nil)
	all := estimators(t, rows, cols)
	for _, name := range []string{"neighbors", "k-means", "boosting", "ridge"} {
		took := func(a compute.Accelerator) time.Duration {
			compute.Accelerate(a)
			all[name].run() // what is made once
			start := time.Now()
			all[name].run()
			return time.Since(start)
		}
		host := took(nil)
		cuda.Ratio(t, name, host, took(cuda.Eager(engine)))
	}
	if err := engine.Sync(); err != nil {
		t.Error(err)
	}
}

// The command for a machine with a GPU works, where a library stands for the device's, and says that one does.
func TestGPUCommand(t *testing.T) {
	if testing.Short() || os.Getenv(cuda.GPUVariable) != "" {
		t.Skip("makes all comparisons once more")
	}
	path := cuda.Driver().Path
	command := exec.Command(os.Args[0], "-test.run", "^TestGPU$", "-test.v", "-test.short")
	command.Env = append(os.Environ(), cuda.GPUVariable+"=1", cuda.DriverVariable+"="+path, cuda.BlasVariable+"="+path)
	text, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for _, want := range []string{"NOT THE USUAL LIBRARY: " + cuda.DriverVariable + "=" + path, "a device of the host's making", "TestGPU/TestUpdate", "TestGPU/TestEstimatorsOnDevice/ridge",
		"TestGPU/TestNetsLearnTheSame/lstm", "its gradient by weights  host", "boosting                 host", "times as fast"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the command does not say %q", want)
		}
	}
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, "NOT THE USUAL") || strings.Contains(line, "times as fast") {
			t.Log(strings.TrimSpace(line))
		}
	}
}

//go:build cuda

package cuda

import (
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/gopherwood-ml/ml/internal/compute"
	"github.com/gopherwood-ml/ml/internal/cuda/fake"
)

// driver is the library that stands for the device's.
var driver *fake.Driver

func TestMain(m *testing.M) {
	if os.Getenv("SAY_ENGINE") != "" { // see TestEngineServes
		for _, name := range []string{driverVariable, blasVariable} {
			if os.Getenv(name) == "" {
				os.Setenv(name, os.Getenv("KEEP_DRIVER"))
			}
		}
		os.Exit(m.Run())
	}
	if os.Getenv(gpuVariable) != "" { // TestGPU alone makes sense then
		compute.Accelerate(nil)
		os.Exit(m.Run())
	}
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "fake-cuda")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		if driver, err = fake.Build(".", dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		compute.Offer(nil) // tests say what serves
		compute.Accelerate(nil)
		return m.Run()
	}())
}

var theEngine = sync.OnceValues(func() (*engine, error) {
	if driver == nil {
		return opened()
	}
	return openEngine(driver.Path, driver.Path)
})

// testEngine is an engine that all tests share who break nothing.
func testEngine(t testing.TB) *engine {
	e, err := theEngine()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

//go:build cuda

package cuda

import (
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/gopherwood-ml/ml/internal/cuda/fake"
)

// driver is the library that stands for the device's.
var driver *fake.Driver

func TestMain(m *testing.M) {
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
		os.Setenv(driverVariable, driver.Path)
		os.Setenv(blasVariable, driver.Path)
		return m.Run()
	}())
}

var theEngine = sync.OnceValues(func() (*engine, error) { return openEngine(driver.Path, driver.Path) })

// testEngine is an engine that all tests share who break nothing.
func testEngine(t testing.TB) *engine {
	e, err := theEngine()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestMain's faults have to be seen.
func TestEveryKernelIsKnown(t *testing.T) {
	e := testEngine(t)
	if len(e.kernels) < 50 {
		t.Errorf("%d kernels", len(e.kernels))
	}
}

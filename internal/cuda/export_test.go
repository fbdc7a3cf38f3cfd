//go:build cuda

package cuda

import (
	"testing"

	"github.com/gopherwood-ml/ml/internal/cuda/fake"
)

// What tests of estimators need, which cannot be in this package.

type (
	Blocks = blocks
	Device = engine
)

// Driver is the library that stands for the device's.
func Driver() *fake.Driver { return driver }

// SharedEngine is for those who break nothing.
func SharedEngine(t testing.TB) *Device { return testEngine(t) }

// OwnEngine is one that may break: what it took is gone when the test ends.
func OwnEngine(t *testing.T) *Device {
	t.Helper()
	driver.Reset()
	e, err := openEngine(driver.Path, driver.Path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		driver.Reset()
		e.close()
	})
	return e
}

// Eager is an accelerator for which nothing is too little.
func Eager(e *Device) *Blocks { return &blocks{e: e, always: true} }

// BlocksInUse counts what was taken and not given back.
func BlocksInUse(e *Device) int {
	e.heap.mu.Lock()
	defer e.heap.mu.Unlock()
	return e.heap.counts.blocks
}

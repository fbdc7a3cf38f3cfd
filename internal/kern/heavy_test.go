//go:build heavy

package kern

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/gopherwood-ml/ml/internal/par"
)

// Tests that take long or need more than Go's standard library: CI runs them with -tags heavy.

// The committed assembly is what the generator writes. It needs the modules of _asm (network or a warm module cache).
func TestAssemblyIsGenerated(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command("go", "run", ".", "-dir", dir)
	cmd.Dir = "_asm"
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOARCH="+hostArch(t))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go run in _asm: %v\n%s", err, out)
	}
	made, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, path := range made {
		name := filepath.Base(path)
		names[name] = true
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what the generator writes: go run . -dir .. in _asm", name)
		}
	}
	committed, err := filepath.Glob("*.s")
	if err != nil {
		t.Fatal(err)
	}
	if len(committed) == 0 {
		t.Error("no assembly here")
	}
	for _, name := range committed {
		if !names[name] {
			t.Errorf("%s comes from no generator", name)
		}
	}
}

func hostArch(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOHOSTARCH").Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(bytes.TrimSpace(out))
}

// A stop-the-world finds its way into a long product: ReadMemStats stops the world and starts it again. Where other
// processes want the cores a wait can be long for want of a core, so plain Go loops, which stop at once, are asked in
// the same way before and after: nine waits in ten must be shorter than 5 ms, or than such loops need here.
func TestGemmLetsTheWorldStop(t *testing.T) {
	if runtime.NumCPU() < 2 {
		t.Skip("needs a second core to ask from")
	}
	const n = 4096
	r := rand.New(rand.NewPCG(1, 1))
	a, b, c := make([]float32, n*n), make([]float32, n*n), make([]float32, n*n)
	normals(r, a)
	normals(r, b)
	spin := func() {
		par.For(runtime.GOMAXPROCS(0), int(time.Second), func(lo, hi int) {
			for start := time.Now(); time.Since(start) < time.Second; {
				runtime.KeepAlive(sumSqGeneric(a[:sweep]))
			}
		})
	}
	for _, l := range levels() {
		if l == Generic {
			continue // plain Go is preemptible
		}
		t.Run(l.String(), func(t *testing.T) {
			defer force(l)()
			letsTheWorldStop(t, spin, func() { Gemm(false, false, n, n, n, 1, a, n, b, n, 0, c, n) })
		})
	}
}

func letsTheWorldStop(t *testing.T, spin, work func()) {
	before := stops(spin)
	waits := stops(work)
	after := stops(spin)
	usual := append(before, after...)
	slices.Sort(usual)
	slices.Sort(waits)
	most := func(w []time.Duration) time.Duration { return w[len(w)*9/10] }
	t.Logf("%d stops: half under %v, nine tenths under %v, longest %v; plain loops %v, %v, %v", len(waits),
		waits[len(waits)/2], most(waits), waits[len(waits)-1], usual[len(usual)/2], most(usual), usual[len(usual)-1])
	if len(waits) < 20 {
		t.Fatal("too few stops to tell")
	}
	if limit := max(5*time.Millisecond, most(usual)*3/2); most(waits) > limit {
		t.Errorf("nine tenths of the stops took up to %v, more than %v", most(waits), limit)
	}
}

// stops measures how long stopping the world takes while work runs.
func stops(work func()) (waits []time.Duration) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		work()
	}()
	var m runtime.MemStats
	for {
		select {
		case <-done:
			return waits
		case <-time.After(2 * time.Millisecond):
			start := time.Now()
			runtime.ReadMemStats(&m)
			waits = append(waits, time.Since(start))
		}
	}
}

func TestManyPointsF64(t *testing.T) { testElementary[float64](t, 5000) }

// A hundredth of all float32 patterns, for every elementary function.
func TestManyPatternsF32(t *testing.T) { testPatterns(t, 101) }

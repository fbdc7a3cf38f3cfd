//go:build cuda

package cuda

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// hostFlags are those of kernels on the host.
var hostFlags = []string{"-std=c++17", "-O1", "-g", "-ffp-contract=off", "-DEMU", "-Ikernels", "-x", "c++"}

// sanitized builds a program of sources for the host, or skips where the compiler has no such sanitizer.
func sanitized(t *testing.T, sanitizer string, sources ...string) string {
	t.Helper()
	dir := t.TempDir()
	flag := "-fsanitize=" + sanitizer
	probe := filepath.Join(dir, "probe.cpp")
	if err := os.WriteFile(probe, []byte("int main() { return 0; }\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("g++", flag, probe, "-o", filepath.Join(dir, "probe")).CombinedOutput(); err != nil {
		t.Skipf("no g++ with %s: %v %s", flag, err, out)
	}
	if out, err := exec.Command(filepath.Join(dir, "probe")).CombinedOutput(); err != nil {
		t.Skipf("programs with %s do not run here: %v %s", flag, err, out)
	}
	objects := make([]string, len(sources))
	failed := make([]string, len(sources))
	room := make(chan struct{}, runtime.GOMAXPROCS(0))
	var all sync.WaitGroup
	for i, source := range sources {
		objects[i] = filepath.Join(dir, filepath.Base(source)+".o")
		all.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			args := append(append([]string{flag, "-fno-sanitize-recover=all"}, hostFlags...), "-c", source, "-o", objects[i])
			if out, err := exec.Command("g++", args...).CombinedOutput(); err != nil {
				failed[i] = err.Error() + "\n" + string(out)
			}
		})
	}
	all.Wait()
	for i, f := range failed {
		if f != "" {
			t.Fatalf("%s: %s", sources[i], f)
		}
	}
	program := filepath.Join(dir, "program")
	if out, err := exec.Command("g++", append([]string{flag, "-o", program}, objects...)...).CombinedOutput(); err != nil {
		t.Fatalf("linking: %v\n%s", err, out)
	}
	return program
}

func TestKernelsUnderSanitizers(t *testing.T) {
	if testing.Short() {
		t.Skip("builds all kernels twice")
	}
	sources, err := filepath.Glob("kernels/*.cu")
	if err != nil || len(sources) == 0 {
		t.Fatalf("no kernels: %v", err)
	}
	for _, s := range []string{"thread", "address,undefined"} {
		t.Run(s, func(t *testing.T) {
			program := sanitized(t, s, append([]string{"testdata/launches.cpp"}, sources...)...)
			out, err := exec.Command(program).CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			t.Logf("%s", out)
		})
	}
}

func TestSanitizersSeeFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	for sanitizer, faults := range map[string]map[string]string{
		"thread":  {"hasty": "data race", "crossing": "data race", "parting": "different barriers", "overrun": "behind its end", "sound": ""},
		"address": {"beyond": "heap-buffer-overflow", "parting": "different barriers", "sound": ""},
	} {
		t.Run(sanitizer, func(t *testing.T) {
			program := sanitized(t, sanitizer, "testdata/faulty.cpp")
			for kernel, want := range faults {
				out, err := exec.Command(program, kernel).CombinedOutput()
				if (err == nil) != (want == "") || !strings.Contains(string(out), want) {
					t.Errorf("%s: %v, and the report does not say %q:\n%s", kernel, err, want, out)
				}
			}
		})
	}
}

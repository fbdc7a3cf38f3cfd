//go:build cuda

package cuda

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The committed modules are what the compiler makes of the sources.
func TestModulesAreTheSources(t *testing.T) {
	version, err := exec.Command("sh", "-c", "$(command -v clang-14 || command -v clang) --version").Output()
	if err != nil {
		t.Skip("no clang: ", err)
	}
	if !bytes.Contains(version, []byte("version 14.")) {
		t.Skipf("the modules were made by clang 14; this is %s", bytes.SplitN(version, []byte("\n"), 2)[0])
	}
	dir := t.TempDir()
	if out, err := exec.Command("sh", "kernels/compile.sh", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	sources, _ := filepath.Glob("kernels/*.cu")
	committed, _ := filepath.Glob("kernels/*.ptx")
	if len(sources) == 0 || len(sources) != len(committed) {
		t.Errorf("%d sources, %d modules", len(sources), len(committed))
	}
	for _, source := range sources {
		name := strings.TrimSuffix(filepath.Base(source), ".cu") + ".ptx"
		got, err := os.ReadFile(filepath.Join("kernels", name))
		if err != nil {
			t.Error(err)
			continue
		}
		want, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what %s gives: go generate ./internal/cuda", name, source)
		}
	}
}

// ptxasVariable names the assembler of the CUDA toolkit, which pip's nvidia-cuda-nvcc-cu12 has too.
const ptxasVariable = "GOPHERWOOD_PTXAS"

func TestModulesAssemble(t *testing.T) {
	ptxas := os.Getenv(ptxasVariable)
	if ptxas == "" {
		var err error
		if ptxas, err = exec.LookPath("ptxas"); err != nil {
			t.Skipf("no ptxas on the PATH and none in %s", ptxasVariable)
		}
	}
	all, err := families()
	if err != nil {
		t.Fatal(err)
	}
	for _, arch := range []string{"sm_70", "sm_75", "sm_80", "sm_86", "sm_89", "sm_90"} {
		t.Run(arch, func(t *testing.T) {
			t.Parallel()
			for _, f := range all {
				out, err := exec.Command(ptxas, "-arch="+arch, "-v", "-o", os.DevNull, "kernels/"+f.name+".ptx").CombinedOutput()
				if err != nil {
					t.Errorf("%s: %v\n%s", f.name, err, out)
				}
				for line := range strings.Lines(string(out)) {
					var spilled int
					if _, at, found := strings.Cut(line, "bytes stack frame, "); found {
						if fmt.Sscan(at, &spilled); spilled > 0 {
							t.Errorf("%s: registers are spilled: %s", f.name, line)
						}
					}
				}
			}
		})
	}
}

// Every module and every kernel is read the way it is launched: an argument has the width that the compiler gave it.
func TestSignatures(t *testing.T) {
	all, err := families()
	if err != nil {
		t.Fatal(err)
	}
	kernels := map[string]string{}
	for _, f := range all {
		for name, params := range f.kernels {
			kernels[name] = string(params)
		}
	}
	for name, want := range map[string]string{"axpby": "fwfww", "map": "wwwhff", "sum_sq": "www", "drop_mask": "wwwfw"} {
		if kernels[name] != want {
			t.Errorf("%s takes %q, not %q", name, kernels[name], want)
		}
	}
}

//go:build heavy

package nn

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// goIn runs the go command in a folder outside this repository.
func goIn(t *testing.T, dir string, env []string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Env = dir, append(append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off"), env...)
	var out, fault bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &fault
	require.NoError(t, cmd.Run(), "%v: %s", args, fault.String())
	return out.Bytes()
}

func module(t *testing.T) string {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module apart\n\ngo 1.24\n"), 0o644))
	return dir
}

// A module of written files alone is built, far from this one, and gives the numbers of the nets.
func TestWrittenGoStandsAlone(t *testing.T) {
	dir := module(t)
	var program bytes.Buffer
	program.WriteString("package main\n\nimport (\n\t\"encoding/json\"\n\t\"os\"\n)\n\nfunc main() {\n\tvar in, out [][]float32\n\tif json.NewDecoder(os.Stdin).Decode(&in) != nil {\n\t\tos.Exit(1)\n\t}\n\tvar y []float32\n")
	var in, want [][]float32
	for i, c := range sourceCases() {
		n := c.net(t)
		var code bytes.Buffer
		require.NoError(t, WriteGo(&code, n, GoSource{Package: "main", Func: c.name}))
		require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("net%d.go", i)), code.Bytes(), 0o644))
		x := c.inputs(1)
		in = append(in, x.Data())
		y, err := n.Predict(x)
		require.NoError(t, err)
		want = append(want, y.Data())
		fmt.Fprintf(&program, "\ty = make([]float32, %d)\n\t%s(new(%sState), y, in[%d])\n\tout = append(out, y)\n", y.Len(), c.name, c.name, i)
	}
	program.WriteString("\tif json.NewEncoder(os.Stdout).Encode(out) != nil {\n\t\tos.Exit(1)\n\t}\n}\n")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "main.go"), program.Bytes(), 0o644))
	goIn(t, dir, nil, "build", "-o", "apart", ".")
	text, err := json.Marshal(in)
	require.NoError(t, err)
	cmd := exec.Command(filepath.Join(dir, "apart"))
	cmd.Stdin = bytes.NewReader(text)
	said, err := cmd.Output()
	require.NoError(t, err)
	var got [][]float32
	require.NoError(t, json.Unmarshal(said, &got))
	require.Len(t, got, len(want))
	for i, c := range sourceCases() {
		compareSource(t, c.name, got[i], want[i])
	}
}

// The whole program of a net in WebAssembly stays small: the bound is 3 MB.
func TestWrittenGoIsSmallInWebAssembly(t *testing.T) {
	for _, c := range []struct {
		name   string
		in     int
		hidden []int
		most   int64
	}{{"64-32-10", 64, []int{32}, 3_000_000}, {"784-256-128-10", 784, []int{256, 128}, 3_000_000}} {
		var m Seq
		for _, h := range c.hidden {
			m = append(m, Dense{Out: h, Act: ReLU})
		}
		n, err := New(append(m, Dense{Out: 10}), []int{c.in}, 1)
		require.NoError(t, err)
		dir := module(t)
		var code bytes.Buffer
		require.NoError(t, WriteGo(&code, n, GoSource{Package: "main"}))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "net.go"), code.Bytes(), 0o644))
		program := fmt.Sprintf(`package main

import "syscall/js"

func main() {
	var state PredictState
	x, y := make([]float32, %d), make([]float32, 10)
	js.Global().Set("predict", js.FuncOf(func(_ js.Value, args []js.Value) any {
		for i := range x {
			x[i] = float32(args[0].Index(i).Float())
		}
		Predict(&state, y, x)
		for k, v := range y {
			args[1].SetIndex(k, v)
		}
		return nil
	}))
	select {}
}
`, c.in)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "main.go"), []byte(program), 0o644))
		goIn(t, dir, []string{"GOOS=js", "GOARCH=wasm"}, "build", "-ldflags", "-s -w", "-o", "net.wasm", ".")
		info, err := os.Stat(filepath.Join(dir, "net.wasm"))
		require.NoError(t, err)
		t.Logf("%s: %d bytes of WebAssembly", c.name, info.Size())
		require.LessOrEqual(t, info.Size(), c.most)
	}
}

//go:build !js

// Digitswasm is a page on which one draws a digit and a net in the browser reads it: net.go is a trained net as one Go file that imports math alone,
// written by nn.WriteGo, and main_js.go the program around it that is compiled to WebAssembly.
//
//	go run ./examples/digitswasm                # builds the page and serves it at localhost:8080
//	go run ./examples/digitswasm -check         # builds it, tells its size, and lets node, if there is one, read images
//	go run ./examples/digitswasm -train         # trains the net anew and writes net.go
//
// It runs in the folder of this repository, with a Go toolchain.
package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/nn"
	"github.com/gopherwood-ml/ml/selection"
	"github.com/gopherwood-ml/ml/tensor"
)

//go:embed index.html
var page []byte

const pkg = "github.com/gopherwood-ml/ml/examples/digitswasm"

func main() {
	addr := flag.String("addr", "localhost:8080", "where to serve the page")
	check := flag.Bool("check", false, "build the page and look at it without a browser")
	train := flag.Bool("train", false, "train the net and write examples/digitswasm/net.go")
	flag.Parse()
	if err := run(context.Background(), os.Stdout, *addr, *check, *train); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, w io.Writer, addr string, check, train bool) error {
	if train {
		return write(ctx, w, "examples/digitswasm/net.go")
	}
	dir, err := os.MkdirTemp("", "digitswasm")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := build(ctx, w, dir); err != nil {
		return err
	}
	if check {
		return readByNode(ctx, w, dir)
	}
	fmt.Fprintf(w, "draw at http://%s\n", addr)
	server := &http.Server{Addr: addr, Handler: http.FileServer(http.Dir(dir)), ReadHeaderTimeout: 5 * time.Second}
	return server.ListenAndServe()
}

// images are the digits with pixels from 0 to 1.
func images() ml.Dataset[int] {
	d := datasets.Digits()
	x := tensor.New[float64](d.Rows(), 64)
	whole := tensor.FromMatrix[float64](d.X)
	for i, v := range whole.Data() {
		x.Data()[i] = v / 16
	}
	d.X = x
	return d
}

// write trains a net and writes it as Go.
func write(ctx context.Context, w io.Writer, path string) error {
	learn, test := selection.Split(images(), 0.25, 1)
	model, err := nn.MLPClassifier{Hidden: []int{64}, BatchSize: 64, Epochs: 150, Seed: 1}.Fit(ctx, learn)
	if err != nil {
		return err
	}
	read, err := model.Predict(test.X)
	if err != nil {
		return err
	}
	right := 0
	for i, y := range test.Y {
		if read[i] == y {
			right++
		}
	}
	var labels []string
	for i := range 10 {
		labels = append(labels, strconv.Itoa(i))
	}
	var code bytes.Buffer
	if err := nn.WriteGo(&code, model, nn.GoSource{Package: "main", Func: "Read", Labels: labels}); err != nil {
		return err
	}
	fmt.Fprintf(w, "%d of %d images that were not learnt from are read; %d bytes of Go\n", right, test.Rows(), code.Len())
	return os.WriteFile(path, code.Bytes(), 0o644)
}

// build puts the page, the program and Go's own loader into a folder.
func build(ctx context.Context, w io.Writer, dir string) error {
	program := filepath.Join(dir, "digits.wasm")
	cmd := exec.CommandContext(ctx, "go", "build", "-ldflags", "-s -w", "-o", program, pkg)
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	info, err := os.Stat(program)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "the whole program is %d bytes of WebAssembly\n", info.Size())
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return fmt.Errorf("go env: %w", err)
	}
	loader, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec.js"))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "wasm_exec.js"), loader, 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "index.html"), page, 0o644)
}

// script lets the program in a folder read images as a browser does.
const script = `
const fs = require("fs");
require(process.argv[2] + "/wasm_exec.js");
const go = new Go();
WebAssembly.instantiate(fs.readFileSync(process.argv[2] + "/digits.wasm"), go.importObject).then(({instance}) => {
	go.run(instance);
	const images = JSON.parse(fs.readFileSync(0));
	console.log(JSON.stringify(images.map(image => readDigit(image))));
	process.exit(0);
});`

// readByNode compares what the program reads under node with what the same net reads here.
func readByNode(ctx context.Context, w io.Writer, dir string) error {
	node, err := exec.LookPath("node")
	if err != nil {
		fmt.Fprintln(w, "no node here: the program was built, not run")
		return nil
	}
	d := images()
	whole := tensor.FromMatrix[float64](d.X)
	var shown [][]float64
	var state ReadState
	var here []string
	for i := range 100 {
		row := whole.Data()[64*i : 64*i+64]
		pixels := make([]float32, 64)
		for j, v := range row {
			pixels[j] = float32(v)
		}
		shown = append(shown, row)
		_, label := ReadClassify(&state, pixels)
		here = append(here, label)
	}
	text, err := json.Marshal(shown)
	if err != nil {
		return err
	}
	file := filepath.Join(dir, "check.js")
	if err := os.WriteFile(file, []byte(script), 0o644); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, node, file, dir)
	cmd.Stdin = bytes.NewReader(text)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("node: %w\n%s", err, out)
	}
	var there []string
	if err := json.Unmarshal(out, &there); err != nil || len(there) != len(here) {
		return fmt.Errorf("node answered %q: %w", out, err)
	}
	right := 0
	for i, label := range there {
		if label != here[i] {
			return fmt.Errorf("image %d is %s in WebAssembly and %s here", i, label, here[i])
		}
		if label == strconv.Itoa(d.Y[i]) {
			right++
		}
	}
	fmt.Fprintf(w, "node reads %d of %d images right, each as this program does\n", right, len(here))
	return nil
}

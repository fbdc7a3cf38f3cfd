// Package harness runs a case on both sides in turn and says what came of it.
package harness

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"github.com/gopherwood-ml/ml/bench/protocol"
)

// Process is a worker at the other end of two pipes.
type Process struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *json.Decoder
	cpu float64 // seconds it has used, by its last reply
}

// Start runs a worker. What it prints on standard error is the user's to see.
func Start(env []string, name string, args ...string) (*Process, error) {
	cmd := exec.Command(name, args...)
	cmd.Env, cmd.Stderr = env, os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &Process{cmd: cmd, in: in, out: json.NewDecoder(bufio.NewReader(out))}, nil
}

// Ask sends one request and waits for the reply. A worker's own error comes back as such.
func (p *Process) Ask(q protocol.Request) (protocol.Reply, error) {
	line, err := json.Marshal(q)
	if err != nil {
		return protocol.Reply{}, err
	}
	if _, err := p.in.Write(append(line, '\n')); err != nil {
		return protocol.Reply{}, fmt.Errorf("the worker is gone: %w", err)
	}
	var r protocol.Reply
	if err := p.out.Decode(&r); err != nil {
		return protocol.Reply{}, fmt.Errorf("the worker ended during %q: %w", q.Op, err)
	}
	p.cpu = r.CPU
	if r.Error != "" {
		return r, errors.New(r.Error)
	}
	return r, nil
}

// Stop ends the worker, which ends by itself at the end of its input.
func (p *Process) Stop() error {
	if err := p.in.Close(); err != nil {
		return err
	}
	return p.cmd.Wait()
}

// slowing are settings that would slow the peers' BLAS down; threadCounts say how many threads a library starts.
var (
	slowing      = []string{"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"}
	threadCounts = []string{"GOMAXPROCS", "BENCH_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"}
)

// Environment is env for a worker of so many threads: without what would slow a peer down.
func Environment(env []string, threads int) []string {
	env = slices.DeleteFunc(slices.Clone(env), func(s string) bool {
		name, _, _ := strings.Cut(s, "=")
		return slices.Contains(slowing, name) || slices.Contains(threadCounts, name)
	})
	for _, name := range threadCounts {
		env = append(env, name+"="+strconv.Itoa(threads))
	}
	return env
}

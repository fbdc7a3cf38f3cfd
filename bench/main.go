// Command bench measures Gopherwood against Python's libraries and gonum on the same data: see README.md.
package main

import (
	"embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gopherwood-ml/ml/bench/cases"
	"github.com/gopherwood-ml/ml/bench/harness"
	"github.com/gopherwood-ml/ml/bench/protocol"
)

//go:embed peers/*.py peers/requirements.txt
var source embed.FS

type options struct {
	only, skip, libs, steps, threads, out, data, cache, python string
	rounds                                                     int
	seconds                                                    float64
	settle                                                     time.Duration
	alone, list                                                bool
}

func main() {
	if len(os.Args) == 3 && os.Args[1] == "worker" {
		exit(protocol.Serve(os.Stdin, os.Stdout, &cases.Worker{Dir: os.Args[2]}))
	}
	var o options
	flag.StringVar(&o.only, "only", "", "comma-separated case names, or parts of names")
	flag.StringVar(&o.skip, "skip", "", "comma-separated parts of case names to leave out")
	flag.StringVar(&o.libs, "libs", "", "comma-separated names of the peers to compare with (default all)")
	flag.StringVar(&o.steps, "steps", "", "comma-separated names of the steps to time (default all); a case's first step is made once even so")
	flag.StringVar(&o.threads, "threads", "1,2", "numbers of threads")
	flag.IntVar(&o.rounds, "rounds", 7, "rounds of ours, theirs, ours, theirs, ...")
	flag.Float64Var(&o.seconds, "seconds", 0.2, "how long a step is repeated in a round, once at the least")
	flag.DurationVar(&o.settle, "settle", 150*time.Millisecond, "pause after each run where the system does not tell when a worker is idle (Linux does)")
	flag.StringVar(&o.out, "out", "", "append JSON lines to this file")
	flag.StringVar(&o.data, "data", os.Getenv("BENCHDATA"), "folder of the .npy files (default $BENCHDATA, else a folder of -cache)")
	flag.StringVar(&o.cache, "cache", "", "folder for the virtual environment and the data (default gopherwood-bench in the user's cache)")
	flag.StringVar(&o.python, "python", os.Getenv("BENCH_PYTHON"), "interpreter that has the peers (default $BENCH_PYTHON, else a virtual environment made in -cache)")
	flag.BoolVar(&o.alone, "alone", false, "measure the peers of cases that are not built yet, too")
	flag.BoolVar(&o.list, "list", false, "list the chosen cases and stop")
	flag.Parse()
	exit(o.run())
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// chosen says whether the flags let a case through.
func (o options) chosen(l cases.Listed) bool {
	names := list(o.only)
	in := slices.Contains(names, l.Name)
	for _, part := range names {
		whole := slices.ContainsFunc(cases.Rows(), func(l cases.Listed) bool { return l.Name == part })
		in = in || !whole && strings.Contains(l.Name, part)
	}
	return (o.only == "" || in) && !slices.ContainsFunc(list(o.skip), func(s string) bool { return strings.Contains(l.Name, s) }) &&
		(o.libs == "" || slices.Contains(list(o.libs), l.Lib))
}

func list(flag string) []string {
	return strings.FieldsFunc(flag, func(r rune) bool { return r == ',' })
}

func (o options) run() error {
	var threads []int
	for _, s := range list(o.threads) {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			return fmt.Errorf("-threads %q: want numbers from 1 on", o.threads)
		}
		threads = append(threads, n)
	}
	var rows []cases.Listed
	var sets []string
	for _, l := range cases.Rows() {
		if !o.chosen(l) {
			continue
		}
		rows = append(rows, l)
		_, built := cases.Find(l.Name, cases.Ours)
		if l.Data != "" && (built || o.alone) && !slices.Contains(sets, l.Data) {
			sets = append(sets, l.Data)
		}
		if o.list {
			fmt.Printf("%s\t%s\t%s\n", l.Name, l.Lib, l.Data)
		}
	}
	switch {
	case len(rows) == 0:
		return errors.New("no such case: -list says which there are")
	case o.list:
		return nil
	}
	measured, err := o.withPeers(sets, func(pool *harness.Pool) ([]harness.Row, error) { return o.measure(pool, rows, threads) })
	if err != nil {
		return err
	}
	return harness.WriteTable(os.Stdout, measured)
}

// withPeers prepares both sides, the interpreter, the data and this program as the Go worker, and cleans up after f.
func (o options) withPeers(sets []string, f func(*harness.Pool) ([]harness.Row, error)) (rows []harness.Row, err error) {
	if o.cache == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			return nil, err
		}
		o.cache = filepath.Join(dir, "gopherwood-bench")
	}
	if o.data == "" {
		o.data = filepath.Join(o.cache, "data")
	}
	files, err := fs.Sub(source, "peers")
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	peers, err := harness.MakePeers(o.cache, o.python, o.data, files)
	defer func() { err = errors.Join(err, peers.Close()) }()
	if err != nil {
		return nil, err
	}
	if len(sets) > 0 {
		if err := peers.MakeData(sets); err != nil {
			return nil, err
		}
	}
	pool := &harness.Pool{Start: func(lib string, threads int) (harness.Asker, error) {
		if cases.InGo(lib) {
			return harness.Start(harness.Environment(os.Environ(), threads), self, "worker", o.data)
		}
		return peers.Start(threads)
	}}
	defer func() { err = errors.Join(err, pool.Close()) }()
	return f(pool)
}

func (o options) measure(pool *harness.Pool, rows []cases.Listed, threads []int) ([]harness.Row, error) {
	var out io.Writer = io.Discard
	if o.out != "" {
		f, err := os.OpenFile(o.out, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		out = f
	}
	how := harness.Options{Rounds: o.rounds, Seconds: o.seconds, Settle: o.settle, Steps: list(o.steps), Log: func(format string, a ...any) {
		fmt.Fprintf(os.Stderr, format+"\n", a...)
	}}
	var all []harness.Row
	for _, l := range rows {
		for _, t := range threads {
			var got []harness.Row
			if c, built := cases.Find(l.Name, cases.Ours); built {
				got = harness.Compare(pool, c, l.Lib, t, how)
			} else {
				got = harness.Alone(pool, l, t, o.alone, how)
			}
			for _, r := range got {
				all = append(all, r)
				if err := harness.WriteJSON(out, r); err != nil {
					return nil, err
				}
			}
		}
	}
	return all, nil
}

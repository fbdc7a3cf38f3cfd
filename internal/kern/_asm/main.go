// Command _asm writes the assembly of package kern: the amd64 kernels through avo (github.com/mmcloughlin/avo, v0.6.0,
// asked for by number because @latest may resolve to an older one), the arm64 kernels through the small emitter in
// arm64.go. Run it from this folder:
//
//	go run . -dir ..
//
// Everything is built in memory and written only when all of it succeeded, so a failing run leaves the files alone.
package main

import (
	"flag"
	"fmt"
	"go/format"
	"os"
	"path/filepath"
	"sort"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/buildtags"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"
)

// A section is one amd64 kernel file: NAME_amd64.s.
type section struct {
	name string
	emit func(c *build.Context)
}

func main() {
	out := flag.String("dir", "..", "folder to write to")
	flag.Parse()
	files := map[string][]byte{}
	if err := amd64Files(files); err != nil {
		fail(err)
	}
	if err := arm64Files(files); err != nil {
		fail(err)
	}
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(*out, name), files[name], 0o644); err != nil {
			fail(err)
		}
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "_asm:", err)
	os.Exit(1)
}

// amd64Files adds every NAME_amd64.s and the stubs of all of them.
func amd64Files(files map[string][]byte) error {
	config := printer.Config{Name: "_asm with avo v0.6.0", Pkg: "kern"}
	all := build.NewContext() // every function once more, for the one stub file
	for _, s := range amd64Sections {
		c := build.NewContext()
		constrain(c)
		s.emit(c)
		f, err := c.Result()
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		if err := pass.Compile.Execute(f); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		text, err := printer.NewGoAsm(config).Print(f)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		files[s.name+"_amd64.s"] = text
		s.emit(all)
	}
	constrain(all)
	f, err := all.Result()
	if err != nil {
		return err
	}
	text, err := printer.NewStubs(config).Print(f)
	if err != nil {
		return err
	}
	files["stubs_amd64.go"], err = format.Source(text)
	return err
}

func constrain(c *build.Context) {
	c.Constraint(buildtags.Not("purego"))
}

package rl

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/gosource"
)

// GoSource says how WriteGo names things.
type GoSource struct {
	Package string // "" means policy
	Func    string // "" means Act; all other names in the file begin with it, so that several policies fit into one package
}

// Frozen is what WriteGo takes: [Actor], [DiscretePolicy], [MultiPolicy] and [BoxPolicy].
type Frozen interface {
	frozen() *Actor
	Restore() error
	writeGo(f *gosource.File)
}

// WriteGo writes a policy as a Go source file that imports math alone, for programs without this library: in a browser, on a small machine, under TinyGo.
//
//	func Act(s *ActState, obs []float32, valid []bool) int        // DiscretePolicy: the code, of those that valid allows (nil: all)
//	func Act(s *ActState, dst []int, obs []float32, valid []bool) // MultiPolicy: a code for each place
//	func Act(s *ActState, dst, obs []float32)                     // BoxPolicy: the action; Actor: what its net gives
//
// The zero ActState is ready: it is the memory of one caller, each goroutine has its own, and nothing is allocated. Slices that are too short panic.
// Observations are normalised as the policy does it.
//
// The numbers are the policy's to 1e-6 (to the bit where its layers use max(x, 0)), and the same bits on every machine. A weight is some 12 bytes of the file and four of the program.
func WriteGo(w io.Writer, p Frozen, how GoSource) error {
	const where = "rl.WriteGo"
	f := &gosource.File{Package: how.Package, Name: how.Func}
	if f.Package == "" {
		f.Package = "policy"
	}
	if f.Name == "" {
		f.Name = "Act"
	}
	for _, field := range [...][2]string{{"Package", f.Package}, {"Func", f.Name}} {
		if !gosource.Identifier(field[1]) {
			return ml.BadConfig(where, field[0], strconv.Quote(field[1]), "a Go identifier")
		}
	}
	if p == nil || p.frozen() == nil {
		return ml.BadConfig(where, "policy", "nil", "a policy with a net")
	}
	a := p.frozen()
	sound := &Actor{Layers: a.Layers, Norm: a.Norm, Clip: a.Clip} // a's own Restore writes to it, while others may ask it
	if err := sound.Restore(); err != nil {
		return err
	}
	if a != p {
		if err := p.Restore(); err != nil { // which only looks
			return err
		}
	}
	p.writeGo(f)
	f.Printf("\n// %sState is the memory of one caller of %s. Its zero value is ready.\ntype %sState struct{ room [%d]float32 }\n", f.Name, f.Name, f.Name, 3*sound.wide)
	a.writeNet(f, sound.wide)
	if _, err := w.Write(f.Bytes()); err != nil {
		return &ml.Error{Where: where, Found: "unwritable", Kind: ml.ErrFormat, Cause: err}
	}
	return nil
}

func (a *Actor) frozen() *Actor          { return a }
func (p *DiscretePolicy) frozen() *Actor { return p.Actor }
func (p *MultiPolicy) frozen() *Actor    { return p.Actor }
func (p *BoxPolicy) frozen() *Actor      { return p.Actor }

func (a *Actor) writeGo(f *gosource.File) {
	f.Printf("// %s writes what the net makes of an observation of %d numbers to dst, of %d. Nothing is allocated; any number of goroutines may call it, each with its own s.\n", f.Name, a.In(), a.Out())
	f.Printf("func %s(s *%sState, dst, obs []float32) {\n\tcopy(dst[:%d], %s(s, obs))\n}\n", f.Name, f.Name, a.Out(), f.Helper("Net"))
}

func (p *DiscretePolicy) writeGo(f *gosource.File) {
	f.Printf("// %s is the code of the best action for an observation of %d numbers: %d to %d, of those that valid has a true for (nil: all; %d: none has).\n", f.Name, p.Actor.In(), p.Start, p.Start+p.Actor.Out()-1, p.Start-1)
	f.Printf("// Nothing is allocated; any number of goroutines may call it, each with its own s.\n")
	f.Printf("func %s(s *%sState, obs []float32, valid []bool) int {\n\treturn %d + GenChoose(%s(s, obs), valid)\n}\n", f.Name, f.Name, p.Start, f.Helper("Net"))
}

func (p *MultiPolicy) writeGo(f *gosource.File) {
	f.Printf("// %s writes the best code of each of %d places to dst, for an observation of %d numbers, of those that valid has a true for: a flag for each of %v codes,\n", f.Name, len(p.N), p.Actor.In(), p.N)
	f.Printf("// one place after the other (nil: all; a place where none has gets -1). Nothing is allocated; any number of goroutines may call it, each with its own s.\n")
	f.Printf("func %s(s *%sState, dst []int, obs []float32, valid []bool) {\n\ty, all := %s(s, obs), valid\n", f.Name, f.Name, f.Helper("Net"))
	f.Printf("\tfor i, n := range [...]int{%s} {\n\t\tif valid != nil {\n\t\t\tvalid, all = all[:n], all[n:]\n\t\t}\n\t\tdst[i] = GenChoose(y[:n], valid)\n\t\ty = y[n:]\n\t}\n}\n", list(p.N))
}

func (p *BoxPolicy) writeGo(f *gosource.File) {
	n := len(p.Lo)
	f.Printf("// %s writes the action, %d numbers, for an observation of %d to dst. Nothing is allocated; any number of goroutines may call it, each with its own s.\n", f.Name, n, p.Actor.In())
	f.Printf("func %s(s *%sState, dst, obs []float32) {\n\tlo, hi := %s, %s\n\tfor i, v := range %s(s, obs)[:%d] {\n", f.Name, f.Name, f.Numbers(p.Lo), f.Numbers(p.Hi), f.Helper("Net"), n)
	if p.Squash {
		f.Printf("\t\tv = lo[i] + float32((hi[i]-lo[i])*(0.5*(float32(GenTanh(float64(v)))+1)))\n")
	}
	f.Printf("\t\tdst[i] = min(max(v, lo[i]), hi[i])\n\t}\n}\n")
}

// writeNet writes the function that runs the layers, in room for three of the widest.
func (a *Actor) writeNet(f *gosource.File, wide int) {
	f.Printf("\n// %s runs the layers.\nfunc %s(s *%sState, obs []float32) []float32 {\n\tx := s.room[:%d]\n", f.Helper("Net"), f.Helper("Net"), f.Name, a.In())
	if a.Norm == nil {
		f.Printf("\tcopy(x, obs[:%d])\n", a.In())
	} else {
		deviation := make([]float64, len(a.Norm.Var))
		for i, v := range a.Norm.Var {
			deviation[i] = math.Sqrt(v + 1e-8)
		}
		f.Printf("\tmean := [...]float64{%s}\n\tdeviation := [...]float64{%s}\n", list(a.Norm.Mean), list(deviation))
		f.Printf("\tfor i, v := range obs[:%d] {\n\t\tx[i] = float32((float64(v) - mean[i]) / deviation[i])\n", a.In())
		if a.Clip > 0 {
			f.Printf("\t\tx[i] = min(max(x[i], -%g), %g)\n", a.Clip, a.Clip)
		}
		f.Printf("\t}\n")
	}
	x := "x"
	for i, l := range a.Layers {
		y := fmt.Sprintf("s.room[%d:%d]", (1+i%2)*wide, (1+i%2)*wide+l.Out)
		f.Printf("\n\t// layer %d: %d to %d\n\tGenLinear(%s, %s, %s, %s, %d, %d)\n", i, l.In, l.Out, y, x, f.Numbers(l.Weights), f.Numbers(l.Bias), l.In, l.Out)
		switch {
		case i == len(a.Layers)-1:
		case a.ReLU:
			f.Printf("\tGenReLU(%s, %s)\n", y, y)
		default:
			f.Printf("\tGenTanhs(%s, %s)\n", y, y)
		}
		x = y
	}
	if !a.Dueling {
		f.Printf("\treturn %s\n}\n", x)
		return
	}
	f.Printf("\n\t// value + advantage - mean advantage\n\tall := %s\n\tvalue, y, middle := all[0], all[1:], float32(0)\n", x)
	f.Printf("\tfor _, v := range y {\n\t\tmiddle += v\n\t}\n\tmiddle /= %d\n\tfor i, v := range y {\n\t\ty[i] = value + (v - middle)\n\t}\n\treturn y\n}\n", a.Out())
}

// list is numbers as code.
func list[T int | float64](x []T) string {
	var words []string
	for _, v := range x {
		words = append(words, fmt.Sprint(v))
	}
	return strings.Join(words, ", ")
}

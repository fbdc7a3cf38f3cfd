// Package golden reads and compares golden files: small JSON files in the testdata folders, written by the Python scripts
// of this folder with the pinned references. See README.md for how they are made again. Only tests import it.
//
//	want := golden.Load[struct{ Coef []float64 }](t, "testdata/ridge.json")
//	golden.Close(t, model.Coef, want.Coef, 1e-10, 0, "Coef") // 1e-10: both solve by SVD, condition number 1e4
package golden

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Load reads a golden file, by its path from the folder of the test, into a T, and fails the test if it cannot. It
// reads as encoding/json does (json tags included), with three differences: a float may be the string "NaN", "+Inf" or
// "-Inf"; a field of T that the file lacks fails the test unless its json tag has omitempty; null is only for pointers,
// slices, maps and interfaces. Keys of the file that T lacks are ignored: a test may look at a part.
func Load[T any](t testing.TB, path string) T {
	t.Helper()
	var out T
	text, err := os.ReadFile(path)
	if err == nil {
		err = unmarshal(text, &out)
	}
	if err != nil {
		t.Fatalf("golden file %s: %v", path, err)
	}
	return out
}

// Close fails the test, without ending it, unless the slices have one length and each number is as close as
// |got - want| <= abs + rel*|want|, NaN being close to NaN and an infinity to itself. what names the slices in the message,
// which shows the worst number with its index and distance in units in the last place. It returns whether all are close.
func Close[F float32 | float64](t testing.TB, got, want []F, rel, abs float64, what string) bool {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: got %d numbers, want %d", what, len(got), len(want))
		return false
	}
	bad, worst, excess := 0, -1, 0.0
	for i := range got {
		over := distance(float64(got[i]), float64(want[i])) / (abs + rel*math.Abs(float64(want[i])))
		if isClose(float64(got[i]), float64(want[i]), rel, abs) {
			continue
		}
		bad++
		if math.IsNaN(over) || worst < 0 || over > excess {
			worst, excess = i, over
		}
	}
	if bad == 0 {
		return true
	}
	g, w := float64(got[worst]), float64(want[worst])
	t.Errorf("%s: %d of %d numbers differ by more than %g + %g*|want|; the worst is [%d]: got %v, want %v: off by %.3g, relative %.3g, %s ulps",
		what, bad, len(got), abs, rel, worst, got[worst], want[worst], distance(g, w), distance(g, w)/math.Abs(w), ulps(got[worst], want[worst]))
	return false
}

func isClose(got, want, rel, abs float64) bool {
	if got == want || math.IsNaN(got) && math.IsNaN(want) {
		return true
	}
	d := distance(got, want)
	return !math.IsInf(d, 0) && d <= abs+rel*math.Abs(want)
}

func distance(a, b float64) float64 { return math.Abs(a - b) }

// ulps counts the numbers of F from a to b.
func ulps[F float32 | float64](a, b F) string {
	x, y := float64(a), float64(b)
	if math.IsNaN(x) || math.IsNaN(y) {
		return "NaN"
	}
	var i, j int64
	if _, narrow := any(a).(float32); narrow {
		i, j = place(int64(int32(math.Float32bits(float32(a)))), math.MinInt32), place(int64(int32(math.Float32bits(float32(b)))), math.MinInt32)
	} else {
		i, j = place(int64(math.Float64bits(x)), math.MinInt64), place(int64(math.Float64bits(y)), math.MinInt64)
	}
	return fmt.Sprint(uint64(max(i, j)) - uint64(min(i, j)))
}

// place numbers floats in rising order, from their bits as a signed integer whose lowest value is lowest.
func place(bits, lowest int64) int64 {
	if bits < 0 {
		return lowest - bits
	}
	return bits
}

// Root is the folder of the module the test belongs to, found upwards from the test's own.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	for ; err == nil; dir = filepath.Dir(dir) {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(text), "module github.com/gopherwood-ml/ml\n") {
			return dir
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	t.Fatalf("no go.mod of the module above the test's folder (%v)", err)
	return ""
}

package kern

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"testing"
)

// eachLevel runs f at every level this machine has, in one process.
func eachLevel(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	for _, l := range levels() {
		t.Run(l.String(), func(t *testing.T) {
			defer force(l)()
			f(t)
		})
	}
}

// An emulated or real machine in CI names the level it is there for; a kernel set that is skipped silently would
// otherwise pass.
func TestRequiredLevel(t *testing.T) {
	want := os.Getenv("KERN_LEVEL")
	if want == "" {
		t.Skip("KERN_LEVEL names no level")
	}
	if got := Current().String(); got != want {
		t.Fatalf("the kernels run at level %s, KERN_LEVEL wants %s", got, want)
	}
}

func TestLevels(t *testing.T) {
	all := levels()
	if all[0] != Generic || all[len(all)-1] != Current() {
		t.Errorf("levels %v, current %v", all, Current())
	}
	if runtime.GOARCH == "s390x" && Current() != Generic {
		t.Errorf("assembly at level %v on %s", Current(), runtime.GOARCH)
	}
	if s := fmt.Sprint(Generic, NEON, AVX2, AVX512, Level(77)); s != "generic neon avx2 avx512 Level(77)" {
		t.Error(s)
	}
}

// small asks for less: under emulation (-short) and under the race detector plain Go is some ten times slower.
func small() bool { return testing.Short() || racing }

// eps is the unit roundoff of T.
func eps[T Float]() float64 {
	if single[T]() {
		return 0x1p-24
	}
	return 0x1p-53
}

const guard = 24 // elements of NaN on either side of every vector: a kernel that reads them shows it

// guarded returns a vector of n elements at the given offset from its allocation's start, with NaN around it, and a
// function that fails the test if the surroundings were written to.
func guarded[T Float](t testing.TB, n, offset int) (x []T, check func()) {
	t.Helper()
	all := make([]T, guard+offset+n+guard)
	for i := range all {
		all[i] = T(math.NaN())
	}
	x = all[guard+offset : guard+offset+n : guard+offset+n]
	return x, func() {
		t.Helper()
		for i, v := range all {
			if (i < guard+offset || i >= guard+offset+n) && v == v {
				t.Fatalf("n %d offset %d: wrote %v at %d", n, offset, v, i-guard-offset)
			}
		}
	}
}

// normals fills x with numbers of either sign.
func normals[T Float](r *rand.Rand, x []T) {
	for i := range x {
		x[i] = T(r.NormFloat64())
	}
}

// lengths are 0 .. two blocks and one of the widest kernel, and those around the chunk length.
func lengths() []int {
	var ns []int
	for n := range 2*64 + 2 {
		ns = append(ns, n)
	}
	if small() {
		return append(ns, sweep+1)
	}
	return append(ns, 255, 1000, sweep-1, sweep, sweep+1, 2*sweep+77)
}

// cases runs f at every level for every length and several offsets.
func cases(t *testing.T, f func(t *testing.T, r *rand.Rand, n, offset int)) {
	t.Helper()
	eachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 2))
		for _, n := range lengths() {
			for offset := range 3 {
				f(t, r, n, offset)
			}
		}
	})
}

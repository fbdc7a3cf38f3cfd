package kern

import (
	"encoding/binary"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"testing"
)

// spread returns n numbers made without rounding: even over [-size, size), and arbitrary bit patterns.
func spread[T Float](r *rand.Rand, n int, size float64) []T {
	x := make([]T, n)
	for i := range x {
		switch {
		case i%4 != 3:
			x[i] = T(float64(int64(r.Uint64())>>40) * 0x1p-23 * size)
		case single[T]():
			x[i] = T(math.Float32frombits(r.Uint32()))
		default:
			x[i] = T(math.Float64frombits(r.Uint64()))
		}
	}
	return x
}

// pattern returns the bits of x, of a NaN as well.
func pattern[T Float](x T) uint64 {
	if single[T]() {
		return uint64(math.Float32bits(float32(x)))
	}
	return math.Float64bits(float64(x))
}

var portables = []struct {
	name     string
	size     float64 // of the arguments
	f32, f64 uint64  // hashes of the results
}{
	{"exp portable", 1024, 0xca9d21486e66d495, 0x2723d7156df3c43f},
	{"exp portable", 2, 0x3de9d272d78352a0, 0xb4815134af75599c},
	{"expm1 portable", 1024, 0xd0f9fb7bb1f36c1, 0xdfeb2a72a99f3a3a},
	{"expm1 portable", 2, 0x20ff739e46adf877, 0x44c14b3ae20253ac},
	{"log portable", 4, 0xee29f1fe0be48ab6, 0xd9c3b455a65e7ff9},
	{"log1p portable", 2, 0x407274c477b12e60, 0x8373622ca85b1902},
	{"sigmoid portable", 128, 0xc35bf57fc79e54a1, 0x4838705fa7b470a9},
	{"sum portable", 8, 0xacdd0093627939b1, 0x2efa719cf7f4e8ab},
	{"dot portable", 8, 0x823b32561e7bbd73, 0x8b530a1468eb711d},
}

// portableResults are elementwise results, or those of the reduction for vectors of every length up to two blocks and
// three long ones.
func portableResults[T Float](name string, size float64) []T {
	r := rand.New(rand.NewPCG(31, 32))
	if name != "sum portable" && name != "dot portable" {
		x := spread[T](r, 4099, size)
		out := make([]T, len(x))
		apply(name, out, x)
		return out
	}
	var out []T
	for _, n := range append(lengths()[:130], 1000, sweep, 2*sweep+77) {
		x, y := spread[T](r, n, size), spread[T](r, n, size)
		for i := 3; i < n; i += 4 { // arbitrary patterns would make every sum a NaN or as large as its largest
			x[i], y[i] = x[i-1]/3, y[i-2]/1e3
		}
		if n%40 == 39 {
			x[n/2] = T(math.Inf(1))
			x[0] = T(math.Inf(-1))
		}
		if name == "sum portable" {
			out = append(out, SumPortable(x))
		} else {
			out = append(out, DotPortable(x, y))
		}
	}
	return out
}

// The results are the same at every level, to the bit, and the hashes are the same in every build and on every
// architecture: a change of one is a change of models.
func testPortableBits[T Float](t *testing.T) {
	for _, c := range portables {
		t.Run(c.name, func(t *testing.T) {
			want := c.f64
			if single[T]() {
				want = c.f32
			}
			eachLevel(t, func(t *testing.T) {
				h := fnv.New64a()
				for _, v := range portableResults[T](c.name, c.size) {
					h.Write(binary.LittleEndian.AppendUint64(nil, pattern(v)))
				}
				if got := h.Sum64(); got != want {
					t.Errorf("the results hash to %#x, pinned is %#x", got, want)
				}
			})
		})
	}
}

func TestPortableBitsF32(t *testing.T) { testPortableBits[float32](t) }
func TestPortableBitsF64(t *testing.T) { testPortableBits[float64](t) }

// Offsets and lengths do not matter, nothing else is read or written, and every level gives the generic bits.
func testPortableReductions[T Float](t *testing.T) {
	cases(t, func(t *testing.T, r *rand.Rand, n, offset int) {
		x, checkX := guarded[T](t, n, offset)
		y, checkY := guarded[T](t, n, 2*offset+1)
		normals(r, x)
		normals(r, y)
		sum, size := exact(n, func(i int) (a, b float64) { return float64(x[i]), 1 })
		near(t, "SumPortable", SumPortable(x), n, sum, size)
		sum, size = exact(n, func(i int) (a, b float64) { return float64(x[i]), float64(y[i]) })
		near(t, "DotPortable", DotPortable(x, y), n, sum, size)
		if n <= sweep {
			if a, b := SumPortable(x), sumPortableGeneric(x); a != b {
				t.Fatalf("SumPortable of %d is %v, the generic %v", n, a, b)
			}
			if a, b := DotPortable(x, y), dotPortableGeneric(x, y); a != b {
				t.Fatalf("DotPortable of %d is %v, the generic %v", n, a, b)
			}
		}
		checkX()
		checkY()
	})
}

func TestPortableReductionsF32(t *testing.T) { testPortableReductions[float32](t) }
func TestPortableReductionsF64(t *testing.T) { testPortableReductions[float64](t) }

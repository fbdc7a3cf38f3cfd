package kern

import "fmt"

// A Level says which instructions the kernels use. Levels of one architecture are ordered: a kernel runs at the highest
// level it has code for that does not exceed the level found.
type Level uint8

const (
	Generic Level = iota // plain Go, on every architecture; the only level under the tag purego
	NEON                 // arm64, where it is always there
	AVX2                 // amd64 with AVX2 and FMA (x86-64-v3)
	AVX512               // amd64 with AVX-512 F, BW, DQ and VL besides (x86-64-v4)
)

var levelNames = [...]string{"generic", "neon", "avx2", "avx512"}

func (l Level) String() string {
	if int(l) < len(levelNames) {
		return levelNames[l]
	}
	return fmt.Sprintf("Level(%d)", l)
}

// Current returns the level the kernels run at in this process.
func Current() Level { return level }

package tree

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Numbers of every length and size, halves between two floats among them, are read as strconv reads them.
func TestScannedFloatsAreThoseOfStrconv(t *testing.T) {
	n := 20000
	if testing.Short() {
		n = 3000
	}
	r := rand.New(rand.NewPCG(1, 2))
	check := func(text string) {
		want, err := strconv.ParseFloat(text, 64)
		if err != nil && !math.IsInf(want, 0) {
			got, size := scanFloat([]byte(text))
			require.Zero(t, size, "%s: %v", text, got)
			return
		}
		got, size := scanFloat([]byte(text + " 1"))
		require.Equal(t, len(text), size, text)
		require.Equal(t, math.Float64bits(want), math.Float64bits(got), text)
		two := make([]float64, 2)
		require.NoError(t, scanFloats("x", []byte(text+" "+text), two))
		require.Equal(t, math.Float64bits(want), math.Float64bits(two[0]), text)
		require.Equal(t, math.Float64bits(want), math.Float64bits(two[1]), text)
	}
	for range n {
		v := math.Float64frombits(r.Uint64())
		if r.IntN(2) == 0 {
			v = r.NormFloat64() * math.Pow(10, float64(r.IntN(12)-6))
		}
		check(strconv.FormatFloat(v, "egf"[r.IntN(2)], r.IntN(20), 64))
		check(strconv.FormatFloat(v, 'g', -1, 64))
		check(fmt.Sprintf("%.17g", v))
		if !math.IsNaN(v) && !math.IsInf(v, 0) { // the middle between two neighbours, cut at 19 digits
			half := math.Float64frombits(1023<<52 | r.Uint64()>>12)
			next := math.Nextafter(half, 2)
			check(fmt.Sprintf("%.18f", half+(next-half)/2))
		}
		check(fmt.Sprintf("%de-%d", r.Uint64()>>r.IntN(64), r.IntN(40)))
	}
	for k := range 28 { // m·2^53+1 over a power of five is as near to a half as can be
		for range 200 {
			check(fmt.Sprintf("%de-%d", (r.Uint64()>>12|1<<52)<<1|1, k))
		}
	}
	for _, text := range []string{"", "-", ".", "-.", "e5", "1e", "1e+", "1e-", ".5", "5.", "-.5e3", "0x10", "1_0", "inf", "-inf", "nan", "Infinity", "1e400", "-1e400", "1e-400", "0", "-0",
		"00001", "0.00000000000000000000", "0.0012345678901234567", "000.0000000000000000000000000001e20", "1.0000000000000000000000", "123456789012345678901234567890", "18446744073709551615", "9999999999999999999e-27", "1e5x", "1e00005", "1ee5", "--1", "+1", "1e22", "1e23", "9007199254740993", "4.9e-324"} {
		check(text)
	}
}

func TestScannedLinesHaveTheNumbersAskedFor(t *testing.T) {
	floats, ints, words := make([]float64, 3), make([]int32, 3), make([]uint32, 3)
	assert.NoError(t, scanFloats("x", []byte(" 1  2.5 -3e1 "), floats))
	assert.Equal(t, []float64{1, 2.5, -30}, floats)
	assert.NoError(t, scanWhole("x", []byte("1 -2147483648  2147483647"), ints))
	assert.Equal(t, []int32{1, math.MinInt32, math.MaxInt32}, ints)
	assert.NoError(t, scanWhole("x", []byte("0 1 4294967295 "), words))
	assert.Equal(t, []uint32{0, 1, math.MaxUint32}, words)
	many, want, text := make([]float64, 700), make([]float64, 700), ""
	for i := range many { // of all forms, and in several calls of the kernel
		want[i] = float64(i-300) / []float64{1, 8, 1e9, -1e-300}[i%4]
		text += strconv.FormatFloat(want[i], "efg"[i%3], -1, 64) + strings.Repeat(" ", 1+i%50/49)
	}
	assert.NoError(t, scanFloats("x", []byte(text), many))
	assert.Equal(t, want, many)
	assert.NoError(t, scanFloats("x", []byte("0.00000000000000000000000 -0 -0.0"), floats))
	assert.Equal(t, []float64{0, math.Copysign(0, -1), math.Copysign(0, -1)}, floats)
	for _, text := range []string{"1 2 3. ", "1 2.0 3", "1 2.5 3 ", "1 2 3e0", "1 -2147483649 3", "1 4294967296 2"} {
		assert.Error(t, scanWhole("x", []byte(text), ints), text)
	}
	assert.Error(t, scanWhole("x", []byte("-1 2 3 "), words))
	for _, text := range []string{"", "1 2", "1 2 3 4", "1 2 x", "1 2 3x", "1,2 3 4", "1 2 -"} {
		assert.Error(t, scanFloats("x", []byte(text), floats), text)
		assert.Error(t, scanWhole("x", []byte(text), ints), text)
		assert.Error(t, scanWhole("x", []byte(text), words), text)
	}
	assert.Error(t, scanWhole("x", []byte("1 2 2147483648"), ints))
	assert.Error(t, scanWhole("x", []byte("1 2 99999999999"), ints))
	assert.Error(t, scanWhole("x", []byte("1 2 4294967296"), words))
	assert.Error(t, scanWhole("x", []byte("1 2 -1"), words))
}

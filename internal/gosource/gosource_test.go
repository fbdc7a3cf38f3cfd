package gosource

import (
	"go/format"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The functions that files get agree with package math's to what a float32 can hold, and beyond.
func TestFunctionsAreMaths(t *testing.T) {
	close := func(name string, x, got, want float64) {
		t.Helper()
		if got != want && !(math.Abs(got-want) <= 2e-9*math.Abs(want)) && !(got != got && want != want) {
			t.Errorf("%s(%v) = %v, want %v", name, x, got, want)
		}
	}
	for i := -40000; i <= 40000; i += 7 {
		x := float64(i) / 1000
		sin, cos := GenSinCos(x * 7)
		close("exp", x, GenExp(x), math.Exp(x))
		close("tanh", x, GenTanh(x), math.Tanh(x))
		close("expm1", x, GenExpm1(x), math.Expm1(x))
		if math.Abs(sin-math.Sin(x*7)) > 1e-12 || math.Abs(cos-math.Cos(x*7)) > 1e-12 {
			t.Errorf("sin, cos(%v) = %v, %v", x*7, sin, cos)
		}
		if x >= 0 {
			close("log", x, GenLog(x), math.Log(x))
			close("log1p", x, GenLog1p(x), math.Log1p(x))
			close("erfc", x/2, GenErfc(x/2), math.Erfc(x/2))
			close("pow", x, GenPow(x, 1.7), math.Pow(x, 1.7))
			close("pow", x, GenPow(x, -.5), math.Pow(x, -.5))
		}
		close("pow", x, GenPow(x, 3), math.Pow(x, 3))
		close("pow", x, GenPow(x, -67), math.Pow(x, -67))
	}
	for _, x := range []float64{1e-30, 1e-7, -1e-7, 1e-3, math.MaxFloat32, math.SmallestNonzeroFloat32} {
		close("tanh", x, GenTanh(x), math.Tanh(x))
		close("expm1", min(x, 700), GenExpm1(min(x, 700)), math.Expm1(min(x, 700)))
		close("log", math.Abs(x), GenLog(math.Abs(x)), math.Log(math.Abs(x)))
	}
	for _, x := range []float64{math.Inf(1), math.Inf(-1), math.NaN()} {
		close("exp", x, GenExp(x), math.Exp(x))
		close("log", x, GenLog(x), math.Log(x))
		close("tanh", x, GenTanh(x), math.Tanh(x))
	}
}

// Every function and type of the two files is found, whole, and can be renamed without losing its format.
func TestDeclarations(t *testing.T) {
	found := append(declarations(lib), declarations(maps)...)
	assert.Equal(t, strings.Count(lib+maps, "\nfunc Gen")+strings.Count(lib+maps, "\ntype Gen"), len(found))
	f := File{Package: "all", Name: "AVeryLongNameOfAModelThatSomebodyChose"}
	for _, d := range found {
		assert.True(t, strings.HasPrefix(d.text, "// Gen"+d.name+" "), d.name)
		if strings.Contains(d.text, "\nfunc ") {
			f.Printf("var _ = Gen%s\n", d.name)
		}
	}
	f.Numbers([]float32{1, -2, float32(math.Inf(1))})
	code := f.Bytes()
	pretty, err := format.Source(code)
	require.NoError(t, err)
	assert.Equal(t, string(pretty), string(code))
}

func TestNumbersReadBack(t *testing.T) {
	assert.Equal(t, []float32{1, -2.5}, GenDecode([]string{"\x00\x00\x80\x3f", "\x00\x00\x20\xc0"}, 2))
	assert.False(t, Identifier("range"))
	assert.False(t, Identifier("1a"))
	assert.True(t, Identifier("größe2"))
	assert.Equal(t, "a b", Line(" a\nb"))
}

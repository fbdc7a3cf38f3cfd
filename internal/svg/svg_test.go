package svg

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTicksAreRound(t *testing.T) {
	at, labels := Ticks(-0.13, 0.47, 6)
	require.InDeltaSlice(t, []float64{-0.1, 0, 0.1, 0.2, 0.3, 0.4}, at, 1e-15)
	require.Equal(t, []string{"−0.1", "0.0", "0.1", "0.2", "0.3", "0.4"}, labels)
	_, labels = Ticks(0, 52000, 5)
	require.Equal(t, []string{"0", "20000", "40000"}, labels)
	_, labels = Ticks(3, 3, 5)
	require.Equal(t, []string{"3"}, labels)
	at, _ = Ticks(-math.MaxFloat64, math.MaxFloat64, 5)
	require.Len(t, at, 1)
	for _, n := range []int{1, 3, 9} {
		at, _ := Ticks(0.001, 0.0092, n)
		require.LessOrEqual(t, len(at), n+1)
	}
}

func TestTextsFit(t *testing.T) {
	require.Equal(t, "short", Cut("short", 12, 100))
	long := Cut("a rather long name of a column", 12, 100)
	require.LessOrEqual(t, Width(long)*12, 100.0)
	require.Contains(t, long, "…")
	require.Equal(t, "…", Cut("abc", 12, 1))
	require.Equal(t, "a &lt;b&gt; &amp;  c", Escape("a <b> &\x00 c"))
}

func TestScalesAndColours(t *testing.T) {
	require.Equal(t, 15.0, Scale{0, 2, 10, 20}.At(1))
	require.Equal(t, 15.0, Scale{2, 2, 10, 20}.At(7))
	require.Equal(t, "#1d6fd1", Ramp(0))
	require.Equal(t, "#e8492f", Ramp(2))
	require.Equal(t, Grey, Ramp(math.NaN()))
	require.Equal(t, "0", place(-0.01))
}

package explain

import (
	"bytes"
	"context"
	"encoding/xml"
	"flag"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

var pictures = flag.String("pictures", "", "a folder to write the pictures of TestPictures to")

// TestPictures draws each kind of picture of a small explanation. The smaller ones are golden files, written anew beside the folder of -pictures; all are well-formed, hold their labels, and nothing lies beyond
// their borders.
func TestPictures(t *testing.T) {
	ctx := context.Background()
	r := rand.New(rand.NewPCG(1, 2))
	columns := []ml.Column{{Name: "income"}, {Name: "contract", Kind: ml.Categorical, Levels: []string{"monthly", "yearly", "<2 years>"}}, {Name: "age & years of employment, taken together"}, {Name: "debt"}}
	n := 150
	e := &Explanation{Values: tensor.New[float64](n, 1, 4), Base: tensor.New[float64](n, 1), X: tensor.New[float64](n, 4), Columns: columns, Outputs: []string{"accepted"}}
	for i := range n {
		x, v := e.X.Row(i), e.Row(i, 0)
		x[0], x[1], x[2], x[3] = 20000+float64(r.IntN(500))*100, float64(r.IntN(3)), 20+float64(r.IntN(40)), r.Float64()
		v[0], v[1], v[2], v[3] = (x[0]-45000)/20000*(0.5+x[3]), []float64{-0.6, 0.2, 0.4}[int(x[1])], 0.01*(x[2]-40), -0.3*x[3]
		e.Base.Row(i)[0] = 0.27
		if i%20 == 7 {
			x[3] = math.NaN()
		}
	}
	table := ml.Table{X: e.X, Columns: columns}
	f := formula(func(x []float64) []float64 {
		if math.IsNaN(x[3]) {
			return []float64{0}
		}
		return []float64{math.Sin(x[0]/8000)*x[3] + []float64{-0.6, 0.2, 0.4}[int(x[1])]}
	})
	dependence := func(c PartialDependence) func(io.Writer) error {
		return func(w io.Writer) error {
			d, err := c.Of(ctx, f, table)
			require.NoError(t, err)
			return d.WriteSVG(w, 0)
		}
	}
	effects := func(c AccumulatedEffects) func(io.Writer) error {
		return func(w io.Writer) error {
			d, err := c.Of(ctx, f, table)
			require.NoError(t, err)
			return d.WriteSVG(w, 0)
		}
	}
	importance := &ImportanceTable{Scorer: "accuracy", Rows: []ImportanceRow{{Name: "income", Mean: 0.2, Lo: 0.15, Hi: 0.25}, {Name: "debt", Mean: -0.01, Lo: -0.03, Hi: 0.01}, {Name: "once", Mean: 0.05, Lo: math.Inf(-1), Hi: math.Inf(1)}}}
	for name, c := range map[string]struct {
		draw   func(io.Writer) error
		labels []string
		golden bool
	}{
		"waterfall":  {func(w io.Writer) error { return e.WriteWaterfall(w, 3, 0, 0) }, []string{"contract = ", "base = 0.27", "accepted = "}, true},
		"few":        {func(w io.Writer) error { return e.WriteWaterfall(w, 0, 0, 2) }, []string{"2 others"}, false},
		"force":      {func(w io.Writer) error { return e.WriteForce(w, 3, 0, 0) }, []string{"contract = ", "base = 0.27"}, true},
		"bar":        {func(w io.Writer) error { return e.WriteBar(w, 0, 0) }, []string{"income", "age &amp; years"}, true},
		"importance": {func(w io.Writer) error { return importance.WriteSVG(w, 0) }, []string{"income", "accuracy"}, true},
		"beeswarm":   {func(w io.Writer) error { return e.WriteBeeswarm(w, 0, 0) }, []string{"income", "high", "low"}, false},
		"scatter":    {func(w io.Writer) error { return e.WriteDependence(w, 0, 3, 0) }, []string{"income", "debt"}, false},
		"levels":     {func(w io.Writer) error { return e.WriteDependence(w, 1, 0, 0) }, []string{"&lt;2 years&gt;", "income"}, false},
		"pdp":        {dependence(PartialDependence{Columns: []int{0}, Points: 30}), []string{"income"}, true},
		"ice":        {dependence(PartialDependence{Columns: []int{0}, Points: 30, ICE: true}), []string{"income"}, false},
		"pdpcodes":   {dependence(PartialDependence{Columns: []int{1}}), []string{"monthly", "yearly"}, true},
		"pdp2":       {dependence(PartialDependence{Columns: []int{0, 1}, Points: 12}), []string{"income", "monthly"}, false},
		"ale":        {effects(AccumulatedEffects{Columns: []int{0}, Bins: 12}), []string{"income"}, true},
		"alecodes":   {effects(AccumulatedEffects{Columns: []int{1}}), []string{"monthly", "contract"}, true},
		"ale2":       {effects(AccumulatedEffects{Columns: []int{0, 3}, Bins: 8}), []string{"income", "debt"}, false},
	} {
		var b bytes.Buffer
		require.NoError(t, c.draw(&b), name)
		for d := xml.NewDecoder(bytes.NewReader(b.Bytes())); ; {
			_, err := d.Token()
			if err == io.EOF {
				break
			}
			require.NoError(t, err, name)
		}
		for _, label := range c.labels {
			require.Contains(t, b.String(), label, name)
		}
		require.NotContains(t, b.String(), "NaN", name)
		require.False(t, strings.Contains(b.String(), "Inf"), name)
		if *pictures != "" {
			require.NoError(t, os.WriteFile(filepath.Join(*pictures, name+".svg"), b.Bytes(), 0o644))
		}
		if c.golden {
			path := "testdata/" + name + ".svg"
			if *pictures != "" {
				require.NoError(t, os.WriteFile(path, b.Bytes(), 0o644))
			}
			want, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, string(want), b.String(), name)
		}
	}
	require.ErrorIs(t, e.WriteWaterfall(io.Discard, n, 0, 0), ml.ErrConfig)
	require.ErrorIs(t, e.WriteForce(io.Discard, 0, 1, 0), ml.ErrConfig)
	require.ErrorIs(t, e.WriteBar(io.Discard, 1, 0), ml.ErrConfig)
	require.ErrorIs(t, e.WriteBeeswarm(io.Discard, 1, 0), ml.ErrConfig)
	require.ErrorIs(t, e.WriteDependence(io.Discard, 4, 0, 0), ml.ErrConfig)
	require.ErrorIs(t, e.WriteDependence(io.Discard, 0, -2, 0), ml.ErrConfig)
}

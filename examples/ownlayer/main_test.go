package main

import (
	"bytes"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml/nn"
)

// Theory knows what comes out: a loss of 0.32, and predictions 0.16 above the mean.
func TestLearnsWhatTheLossAsksFor(t *testing.T) {
	var out bytes.Buffer
	steps := 1500
	if testing.Short() {
		steps = 300
	}
	require.NoError(t, run(&out, steps))
	t.Log(out.String())
	require.Contains(t, out.String(), "right: true")
	number := func(pattern string) float64 {
		found := regexp.MustCompile(pattern).FindStringSubmatch(out.String())
		require.NotNil(t, found, pattern)
		v, err := strconv.ParseFloat(found[1], 64)
		require.NoError(t, err)
		return v
	}
	loss, above := number(`new rows: loss (\S+),`), number(`stand (\S+) above`)
	if testing.Short() {
		require.Less(t, loss, number(`step    1: loss (\S+)`)/2)
		return
	}
	require.InDelta(t, 0.32, loss, 0.05)
	require.InDelta(t, 0.16, above, 0.04)
}

// A wrong gradient does not pass: the check is worth something.
func TestGradCheckFindsAFault(t *testing.T) {
	report, err := nn.GradCheck(nn.Seq{faulty{}, nn.Dense{Out: 1}}, Linex{A: 1}, []int{2}, []float64{.3, -1.2, .9, .4}, []int{2, 1}, []float64{1, 0}, 0)
	require.NoError(t, err)
	require.Greater(t, report.Worst, 1e-3)
}

// faulty forgets the gradient of the centres.
type faulty struct{}

func (faulty) Forward(c *nn.Ctx, x *nn.Var) *nn.Var {
	return nn.Apply(c, half{}, x, c.Param("centres", spread, 3, 2))
}

type half struct{ distances }

func (half) Backward(n *nn.Node) {
	pull[float64](n, 0)
	if g, add, ok := n.Grad(1); ok && !add {
		clear(nn.Floats[float64](g))
	}
}

func TestShapesAreChecked(t *testing.T) {
	_, err := nn.New(RBF{Units: 3}, []int{2, 2}, 1)
	require.ErrorContains(t, err, "equally long rows")
}

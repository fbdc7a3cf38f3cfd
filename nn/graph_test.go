package nn

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// forked computes something that its result does not need.
type forked struct{}

func (forked) Forward(c *Ctx, x *Var) *Var {
	c.Exp(c.Linear(x, c.Param("unused", nil, 3, 2), nil, Activation{}))
	y := c.Linear(x, c.Param("W", nil, 3, 2), c.Bias("b", nil, 2), ReLU)
	return c.Add(c.Mul(y, y), c.Const([]float64{1, 2}))
}

// A trace lists what the result needs, in order, and tells inputs, parameters and constants apart.
func TestTrace(t *testing.T) {
	n, err := New(forked{}, []int{3}, 1)
	require.NoError(t, err)
	g, err := n.trace([]int{5, 3})
	require.NoError(t, err)
	var names []string
	done := map[*Var]bool{g.in: true}
	for _, s := range g.steps {
		names = append(names, fmt.Sprintf("%T", s.op))
		for _, v := range s.in {
			require.True(t, done[v] || g.fixed(v))
		}
		done[&s.out] = true
	}
	require.Equal(t, []string{"*nn.linearOp", "*nn.binaryOp", "*nn.binaryOp"}, names)
	require.True(t, done[g.out])
	o, ok := operation[linearOp](g.steps[0])
	require.True(t, ok)
	require.Equal(t, ReLU, o.f)
	_, ok = operation[binaryOp](g.steps[0])
	require.False(t, ok)
	require.Equal(t, "W", g.params[g.steps[0].in[1]].Name)
	require.Equal(t, []float32{1, 2}, g.numbers(g.steps[2].in[1]))
	require.Equal(t, 2, g.uses()[&g.steps[0].out])
	require.Equal(t, 1, g.uses()[g.out])
	require.True(t, slices.Equal([]int{5, 2}, g.out.shape))

	_, err = n.trace([]int{5, 4})
	require.Error(t, err)
}

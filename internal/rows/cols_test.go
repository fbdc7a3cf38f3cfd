package rows

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml/tensor"
)

// bare is a matrix that is nothing but a Matrix.
type bare struct{ tensor.Matrix }

func TestSelectCols(t *testing.T) {
	x := tensor.FromSlice([]float64{1, 2, 3, 4, 5, 6}, 2, 3)
	for _, m := range []tensor.Matrix{x, x.To32(), tensor.SparseFrom[float64](x), tensor.SparseFrom[float32](x), bare{x}} {
		for _, idx := range [][]int{{}, {1}, {1, 2}, {2, 0}, {0, 0}} {
			got := SelectCols(m, idx)
			n, p := got.Dims()
			require.Equal(t, []int{2, len(idx)}, []int{n, p})
			for i := range n {
				for k, j := range idx {
					require.Equal(t, x.At(i, j), got.At(i, k), "%T %v", m, idx)
				}
			}
			if _, other := m.(bare); !other {
				require.IsType(t, m, got)
			}
		}
		require.Panics(t, func() { SelectCols(m, []int{3}) })
	}
	part := SelectCols(x, []int{1, 2}).(*tensor.Tensor[float64])
	require.Same(t, &x.Row(0)[1], &part.Row(0)[0], "neighbours share memory")
}

package bandit

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
)

func TestBestArmIsIdentified(t *testing.T) {
	ctx := context.Background()
	rates := []float64{0.3, 0.5, 0.45, 0.2, 0.75, 0.4, 0.5}
	wrong, spent := [2]int{}, [2]int{}
	seeds := 200
	if testing.Short() {
		seeds = 20
	}
	for seed := range seeds {
		calls := 0
		pull := func(arm int) (float64, error) {
			calls++
			return coin(rates[arm], uint64(seed), uint64(arm), uint64(calls)), nil
		}
		h, err := SuccessiveHalving{Budget: 1000}.Identify(ctx, len(rates), pull)
		require.NoError(t, err)
		require.LessOrEqual(t, calls, 1000)
		require.False(t, h.Sure)
		spent[0] += calls
		calls = 0
		e, err := SuccessiveElimination{Miscoverage: 0.1}.Identify(ctx, len(rates), pull)
		require.NoError(t, err)
		require.True(t, e.Sure)
		spent[1] += calls
		for i, f := range []*Found{h, e} {
			if f.Best != 4 {
				wrong[i]++
			}
		}
	}
	t.Logf("wrong of %d: halving %d with %d pulls, elimination %d with %d", seeds, wrong[0], spent[0]/seeds, wrong[1], spent[1]/seeds)
	require.LessOrEqual(t, float64(wrong[0]), 0.05*float64(seeds))
	require.LessOrEqual(t, float64(wrong[1]), 0.1*float64(seeds)+3*math.Sqrt(0.09*float64(seeds)))

	same := func(int) (float64, error) { return 0.5, nil }
	f, err := SuccessiveElimination{MaxPulls: 50}.Identify(ctx, 4, same)
	require.NoError(t, err)
	require.False(t, f.Sure, "arms that are alike")
	require.Equal(t, []int{12, 12, 12, 12}, f.Pulls)
	f, err = SuccessiveHalving{}.Identify(ctx, 1, same)
	require.NoError(t, err)
	require.Equal(t, 0, f.Best)

	_, err = SuccessiveHalving{Budget: 3}.Identify(ctx, 4, same)
	require.ErrorIs(t, err, ml.ErrConfig)
	_, err = SuccessiveElimination{Miscoverage: 2}.Identify(ctx, 4, same)
	require.ErrorIs(t, err, ml.ErrConfig)
	_, err = SuccessiveHalving{}.Identify(ctx, 0, same)
	require.ErrorIs(t, err, ml.ErrConfig)
	_, err = SuccessiveElimination{}.Identify(ctx, 2, func(int) (float64, error) { return 2, nil })
	require.ErrorIs(t, err, ml.ErrTarget)
	_, err = SuccessiveHalving{}.Identify(ctx, 2, func(int) (float64, error) { return 0, errors.New("closed") })
	require.EqualError(t, err, "closed")
	gone, cancel := context.WithCancel(ctx)
	cancel()
	_, err = SuccessiveHalving{}.Identify(gone, 2, same)
	require.ErrorIs(t, err, context.Canceled)
}

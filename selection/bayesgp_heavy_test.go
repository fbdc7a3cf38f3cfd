//go:build heavy

package selection

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// At 60 evaluations, over 5 seeds, the mean regret of a process is less than that of the Parzen estimator on each of the usual functions, and always less than that of random search.
func TestProcessBeatsParzen(t *testing.T) {
	for _, c := range usuals() {
		g := must(c.s.terrain("test"))
		var process, parzen float64
		for seed := range uint64(5) {
			a := minimum(t, BayesSearch{Trials: 60, Seed: seed, Surrogate: GaussianProcess}, g, c.f) - c.min
			process += a / 5
			parzen += (minimum(t, BayesSearch{Trials: 60, Seed: seed}, g, c.f) - c.min) / 5
			require.Less(t, a, minimum(t, RandomSearch{Trials: 60, Seed: seed}, g, c.f)-c.min, "%s, seed %d", c.name, seed)
		}
		t.Logf("%s: regret %.4g, Parzen estimator %.4g", c.name, process, parzen)
		require.Less(t, process, parzen, c.name)
	}
}

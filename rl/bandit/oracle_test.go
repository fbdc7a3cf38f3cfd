package bandit

import (
	"hash/crc64"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/stats"
	"github.com/gopherwood-ml/ml/rl/ope"
)

// solve is the plain solution of a small system by Gauss and Jordan, the oracle of what the policies keep in packed and updated form.
func solve(a [][]float64, b []float64) []float64 {
	n := len(b)
	m := make([][]float64, n)
	for i := range m {
		m[i] = append(append([]float64{}, a[i]...), b[i])
	}
	for c := range n {
		pivot := c
		for r := c; r < n; r++ {
			if math.Abs(m[r][c]) > math.Abs(m[pivot][c]) {
				pivot = r
			}
		}
		m[c], m[pivot] = m[pivot], m[c]
		for r := range n {
			if r == c {
				continue
			}
			f := m[r][c] / m[c][c]
			for k := c; k <= n; k++ {
				m[r][k] -= f * m[c][k]
			}
		}
	}
	x := make([]float64, n)
	for i := range x {
		x[i] = m[i][n] / m[i][i]
	}
	return x
}

// A ridge regression over all rows, kept as a plain matrix.
type plainRidge struct {
	a [][]float64
	b []float64
}

func newPlainRidge(p int, l2 float64) *plainRidge {
	r := &plainRidge{b: make([]float64, p)}
	for i := range p {
		r.a = append(r.a, make([]float64, p))
		r.a[i][i] = l2
	}
	return r
}

func (r *plainRidge) add(x []float64, y float64) {
	for i, v := range x {
		r.b[i] += v * y
		for j, w := range x {
			r.a[i][j] += v * w
		}
	}
}

// index is θ·x + explore·sqrt(xᵀ A⁻¹ x).
func (r *plainRidge) index(x []float64, explore float64) float64 {
	return dot(solve(r.a, r.b), x) + explore*math.Sqrt(dot(x, solve(r.a, x)))
}

// LinUCB and its hybrid take the arm that the textbook's formulas over all rewards say, computed by plain elimination; the hybrid's is one ridge over the features and a
// block of columns for each arm.
func TestLinUCBIsTheFormula(t *testing.T) {
	const d, k, arms = 3, 2, 4
	for _, shared := range []bool{false, true} {
		r := rng.New(3, 8)
		var b *Bandit
		oracles := make([]*plainRidge, arms)
		for a := range oracles {
			oracles[a] = newPlainRidge(d+1, 0.5)
		}
		joint := newPlainRidge(k+arms*(d+1), 0.5)
		if shared {
			b = newBandit(t, HybridLinUCB{Explore: 0.7, L2: 0.5}, Options{}, names(arms)...)
		} else {
			b = newBandit(t, LinUCB{Explore: 0.7, Design: Design{L2: 0.5}}, Options{}, names(arms)...)
		}
		for range 150 {
			q := Request{Context: make([]float64, d)}
			rng.Normal(r, q.Context, 0, 1)
			x := append([]float64{1}, q.Context...)
			rows := make([][]float64, arms)
			index := make([]float64, arms)
			for a := range arms {
				if !shared {
					rows[a], index[a] = x, oracles[a].index(x, 0.7)
					continue
				}
				z := make([]float64, k)
				rng.Normal(r, z, 0, 1)
				q.Features = append(q.Features, z)
				rows[a] = make([]float64, k+arms*(d+1))
				copy(rows[a], z)
				copy(rows[a][k+a*(d+1):], x)
				index[a] = joint.index(rows[a], 0.7)
			}
			dec, err := b.Decide(q)
			require.NoError(t, err)
			for a := range arms { // 1e-9: a tie in all but rounding
				require.LessOrEqual(t, index[a], index[dec.Arm]+1e-9)
			}
			y := r.NormFloat64() + 0.5*float64(dec.Arm)*x[1]
			require.NoError(t, b.Reward(dec.ID, y))
			oracles[dec.Arm].add(x, y)
			joint.add(rows[dec.Arm], y)
		}
	}
}

// Thousands of updates leave the inverse as good as a new one.
func TestUpdatesKeepTheirDigits(t *testing.T) {
	const p = 12
	sums, derived := make([]float64, ridgeSums(p)), make([]float64, ridgeDerived(p))
	m := ridgeAt(sums, derived, p)
	m.renew(1e-3)
	r := rng.New(4, 4)
	x, u := make([]float64, p), make([]float64, p)
	for i := range 5000 {
		rng.Normal(r, x, 0, 1)
		x[1] = x[0] + 1e-3*x[1] // nearly dependent
		m.learn(x, 1, x[2]+0.1*r.NormFloat64(), 1e-3, 1, u)
		if i%700 != 0 {
			continue
		}
		fresh := ridgeAt(sums, make([]float64, ridgeDerived(p)), p)
		fresh.renew(1e-3)
		require.InDeltaSlice(t, fresh.theta, m.theta, 1e-7)
		for j, v := range fresh.inv {
			require.InDelta(t, v, m.inv[j], 1e-7*math.Max(1, math.Abs(v)))
		}
	}
}

// Each step of LogisticThompson ends in the mode of the reward's likelihood times the normal distribution before, with the curvature there: found again by plain Newton steps.
func TestLogisticUpdateIsLaplace(t *testing.T) {
	const p = 3
	l, err := LogisticThompson{Design: Design{NoIntercept: true, L2: 0.3}}.start()
	require.NoError(t, err)
	lt := l.(*logisticThompson)
	lt.widths(p, 0)
	sums, derived, _, _ := lt.blocks()
	lt.attach(0, make([]float64, sums+derived), true)
	m := &lt.arm[0][0]
	h := newPlainRidge(p, 0.3).a
	w := make([]float64, p)
	r := rng.New(9, 2)
	x := make([]float64, p)
	for i := range 60 {
		rng.Normal(r, x, 0, 2)
		y := float64(i % 2)
		lt.update(&outcome{arm: 0, row: x, reward: y})
		// minimise (v-w)ᵀh(v-w)/2 - log likelihood
		v := append([]float64{}, w...)
		var curve float64
		for range 200 {
			q := 1 / (1 + math.Exp(-dot(v, x)))
			curve = q * (1 - q)
			g, a := make([]float64, p), make([][]float64, p)
			for j := range p {
				a[j] = append([]float64{}, h[j]...)
				for k := range p {
					g[j] += h[j][k] * (v[k] - w[k])
					a[j][k] += curve * x[j] * x[k]
				}
				g[j] += (q - y) * x[j]
			}
			step := solve(a, g)
			scale := 1.0
			if math.Abs(dot(step, x)) > 2 { // damped: the first step may overshoot
				scale = 2 / math.Abs(dot(step, x))
			}
			for j := range v {
				v[j] -= scale * step[j]
			}
		}
		for j := range p {
			for k := range p {
				h[j][k] += curve * x[j] * x[k]
			}
		}
		w = v
		require.InDeltaSlice(t, w, m.theta, 1e-6)
	}
}

// The indices of policies without contexts, by the formulas of their papers.
func TestIndicesAreTheFormulas(t *testing.T) {
	n, sum := []float64{10, 25, 40}, []float64{4, 14, 21}
	total := 75.0
	index := map[string]func(i int) float64{
		"UCB1": func(i int) float64 { return sum[i]/n[i] + math.Sqrt(2*math.Log(total)/n[i]) },
		"UCBTuned": func(i int) float64 {
			m := sum[i] / n[i]
			v := m - m*m + math.Sqrt(2*math.Log(total)/n[i]) // rewards of 0 and 1: the mean of squares is the mean
			return m + math.Sqrt(math.Log(total)/n[i]*math.Min(0.25, v))
		},
		"SlidingWindowUCB": func(i int) float64 { return sum[i]/n[i] + math.Sqrt(0.5*math.Log(total)/n[i]) },
		"BayesUCB":         func(i int) float64 { return stats.Beta{A: 1 + sum[i], B: 1 + n[i] - sum[i]}.Quantile(1 - 1/(total+1)) },
	}
	for name, p := range map[string]Policy{"UCB1": UCB1{}, "UCBTuned": UCBTuned{}, "SlidingWindowUCB": SlidingWindowUCB{Window: 100}, "BayesUCB": BayesUCB{}} {
		b := newBandit(t, p, Options{}, names(3)...)
		for i := range n {
			for k := range int(n[i]) {
				reward := 0.0
				if k < int(sum[i]) {
					reward = 1
				}
				require.NoError(t, b.Learn(Request{}, i, 1, reward))
			}
		}
		s := scratches.Get().(*scratch)
		q := &query{arms: []int{0, 1, 2}, n: 3}
		s.p = grow(s.p, 3)
		b.l.probs(s, q)
		for i := range n {
			require.InDelta(t, index[name](i), s.q[i], 1e-9, name)
		}
		scratches.Put(s)
	}
}

// SquareCB's probabilities by hand, and EXP3's after two rewards.
func TestProbabilitiesByHand(t *testing.T) {
	b := newBandit(t, SquareCB{Scale: 4}, Options{}, names(3)...)
	require.NoError(t, b.Learn(Request{Context: []float64{1}}, 0, 0.5, 1)) // θ = (A + I)⁻¹ b with both columns 1: 1/3 each
	p := make([]float64, 3)
	require.NoError(t, b.Probs(p, &ope.Round{Context: []float64{1}, Arms: names(3)}))
	gamma := 4 * math.Sqrt2
	other := 1 / (3 + gamma*2/3)
	require.InDeltaSlice(t, []float64{1 - 2*other, other, other}, p, 1e-12)

	e := newBandit(t, EXP3{LearningRate: 0.2}, Options{}, names(2)...)
	require.NoError(t, e.Learn(Request{}, 0, 0.5, 0.25)) // a loss of 0.75 at propensity 0.5
	require.NoError(t, e.Learn(Request{}, 1, 0.4, 0.9))
	require.NoError(t, e.Probs(p[:2], &ope.Round{Arms: names(2)}))
	w := []float64{math.Exp(-0.2 * 0.75 / 0.5), math.Exp(-0.2 * 0.1 / 0.4)}
	require.InDeltaSlice(t, []float64{w[0] / (w[0] + w[1]), w[1] / (w[0] + w[1])}, p[:2], 1e-12)
}

// The same bits at every level of the CPU and on every architecture: what is drawn and what is learned of it. BayesUCB's quantiles and the draws of shared Thompson
// policies pass through functions of other packages; their choices are pinned all the same.
func TestSameBitsEverywhere(t *testing.T) {
	sums := map[string]uint64{}
	everyPolicy(t, func(t *testing.T, p Policy, request func(int) Request) {
		b := newBandit(t, p, Options{Seed: 11, MinProb: 0.02}, names(4)...)
		table, sum := crc64.MakeTable(crc64.ECMA), uint64(0)
		add := func(v float64) {
			bits := math.Float64bits(v)
			sum = crc64.Update(sum, table, []byte{byte(bits), byte(bits >> 8), byte(bits >> 16), byte(bits >> 24), byte(bits >> 32), byte(bits >> 40), byte(bits >> 48), byte(bits >> 56)})
		}
		for i := range 120 {
			d, err := b.Decide(request(i))
			require.NoError(t, err)
			add(float64(d.Choice))
			add(d.Propensity)
			require.NoError(t, b.Reward(d.ID, coin(0.2+0.15*float64(d.Arm), d.ID)))
		}
		for _, a := range b.Snapshot().Arms {
			for _, v := range a.State {
				add(v)
			}
		}
		sums[t.Name()[len("TestSameBitsEverywhere/"):]] = sum
		require.Equal(t, pinned[t.Name()[len("TestSameBitsEverywhere/"):]], sum, "%#x", sum)
	})
	if t.Failed() {
		for name, sum := range sums {
			t.Logf("%q: %#x,", name, sum)
		}
	}
}

var pinned = map[string]uint64{
	"Bagging":                 0x3ce9ba26d7fc909c,
	"BayesUCB":                0x75b8104a6ebf514d,
	"DiscountedUCB":           0xc728be30e422c980,
	"EXP3":                    0xe7d24c0a7e724339,
	"EXP3IX":                  0x39cb6eb899161a46,
	"EXP3Mixed":               0x6429fe9160159aa9,
	"EpsilonGreedy":           0x3760609979d7cacf,
	"EpsilonGreedyDiscounted": 0x51036640796b676d,
	"Gradient":                0x7e10fbd0a3af1f2f,
	"KLUCB":                   0x54b10adf639bd845,
	"LinEpsilonGreedy":        0xa0d66d3696f4286f,
	"LinThompson":             0x36f5409cc8428fff,
	"LinUCB":                  0x29136379f78de79d,
	"LinUCBDecay":             0x3a2609c6a629546f,
	"LogisticThompson":        0x5d3622beaaf7eda9,
	"SharedBagging":           0xc91dc2c8159d4e09,
	"SharedHybridLinUCB":      0xb12c74d7b5a3fe82,
	"SharedLinEpsilonGreedy":  0x70c7b16e6db2f77b,
	"SharedLinThompson":       0xec374b4e7b739dc2,
	"SharedLinUCB":            0xcd4853ca94e9267,
	"SharedLogisticThompson":  0xfacfdfacd4323733,
	"SharedSquareCB":          0xdeecaacb32f03288,
	"SlidingWindowUCB":        0x2f32a7f018b723ea,
	"Softmax":                 0xb6edc8a7c22fb4d4,
	"SquareCB":                0x3a8c43d70fdfeba4,
	"ThompsonBeta":            0xc322aff2536f4926,
	"ThompsonBetaDiscounted":  0xbbd35be6aeb2c819,
	"ThompsonGaussian":        0x8a6aea241ec21f4e,
	"UCB1":                    0x8801c0620e46b5fa,
	"UCBTuned":                0x69e424c172eb2431,
}

package ensemble

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// The losses for numbers, with targets that they take and whether the second derivative is that of Value.
var numberLosses = []struct {
	loss  Loss
	y     func(z float64) float64
	exact bool
}{
	{SquaredLoss{}, plain, true},
	{HuberLoss{}, plain, true},
	{HuberLoss{Delta: 2}, plain, true},
	{PseudoHuberLoss{}, plain, false},
	{PseudoHuberLoss{Delta: 0.3}, plain, false},
	{FairLoss{}, plain, true},
	{FairLoss{C: 3}, plain, true},
	{LogCoshLoss{}, plain, false},
	{ExpectileLoss{}, plain, true},
	{ExpectileLoss{Level: 0.8}, plain, true},
	{PowerLoss{}, plain, true},
	{PowerLoss{Power: 3}, plain, true},
	{PowerLoss{Power: 1.5}, plain, true},
	{AbsoluteLoss{}, plain, false},
	{QuantileLoss{}, plain, false},
	{QuantileLoss{Level: 0.2}, plain, false},
	{MAPELoss{}, func(z float64) float64 { return 3 * z }, false},
	{PoissonLoss{}, func(z float64) float64 { return math.Floor(math.Exp(z)) }, false}, // by exp(0.7)
	{GammaLoss{}, math.Exp, true},
	{TweedieLoss{}, func(z float64) float64 { return max(0, z) }, true},
	{TweedieLoss{Power: 1.9}, func(z float64) float64 { return max(0, z) }, true},
	{CrossEntropyLoss{}, func(z float64) float64 { return 1 / (1 + math.Exp(-z)) }, true},
	{SquaredLogLoss{}, func(z float64) float64 { return math.Exp(z) - 0.5 }, false}, // not below 1e-6
}

func plain(z float64) float64 { return z }

// normals are numbers to try a loss on, more than one block of them.
func normals(n int, seed uint64) []float64 {
	z := make([]float64, n)
	rng.Normal(rng.New(seed, 0), z, 0, 1.5)
	return z
}

func mapped(z []float64, f func(float64) float64) []float64 {
	out := make([]float64, len(z))
	for i, v := range z {
		out[i] = f(v)
	}
	return out
}

func shifted(z []float64, by float64) []float64 {
	return mapped(z, func(v float64) float64 { return v + by })
}

// Gradients are differences of Value over a step of 2e-5, whose error is 1e-9; the Hessian is that of gradients in float32 over 2e-2.
func TestLossDerivatives(t *testing.T) {
	const n, step, wide = 700, 1e-5, 1e-2
	for _, c := range numberLosses {
		t.Run(fmt.Sprintf("%T%+v", c.loss, c.loss), func(t *testing.T) {
			y, score := mapped(normals(n, 1), c.y), normals(n, 2)
			if _, is := c.loss.(SquaredLogLoss); is {
				score = mapped(score, math.Abs)
			}
			grad, hess := make([]float32, n), make([]float32, n)
			c.loss.Derivatives(grad, hess, y, score)
			up, down := make([]float64, n), make([]float64, n)
			c.loss.Value(up, y, shifted(score, step))
			c.loss.Value(down, y, shifted(score, -step))
			gu, gd, h := make([]float32, n), make([]float32, n), make([]float32, n)
			c.loss.Derivatives(gu, h, y, shifted(score, wide))
			c.loss.Derivatives(gd, h, y, shifted(score, -wide))
			for i := range y {
				if math.Abs(math.Abs(score[i]-y[i])-1) < 2*wide || math.Abs(score[i]-y[i]) < 2*wide {
					continue // kinks
				}
				want := (up[i] - down[i]) / (2 * step)
				if d := math.Abs(float64(grad[i]) - want); !(d <= 2e-5*(1+math.Abs(want))) {
					t.Fatalf("y %v, score %v: gradient %v, differences %v", y[i], score[i], grad[i], want)
				}
				bend := float64(gu[i]-gd[i]) / (2 * wide)
				if d := math.Abs(float64(hess[i]) - bend); c.exact && math.Abs(score[i]-y[i]) > 0.1 && !nearKink(c.loss, score[i]-y[i], 2*wide) && !(d <= 5e-3*(0.1+math.Abs(bend))) && !isHuber(c.loss) {
					t.Fatalf("y %v, score %v: Hessian %v, differences %v", y[i], score[i], hess[i], bend)
				}
				if !(hess[i] > 0) {
					t.Fatalf("y %v, score %v: Hessian %v", y[i], score[i], hess[i])
				}
			}
		})
	}
}

func isHuber(l Loss) bool { _, is := l.(HuberLoss); return is }

func nearKink(l Loss, d, width float64) bool {
	h, is := l.(HuberLoss)
	return is && math.Abs(math.Abs(d)-h.delta()) < width
}

// The constant to start from has the least loss of all constants near it.
func TestLossStart(t *testing.T) {
	const n = 700
	weight := mapped(normals(n, 3), func(z float64) float64 { return math.Floor(z*z) + 0.25 })
	for _, c := range numberLosses {
		y := mapped(normals(n, 1), c.y)
		if _, is := c.loss.(SquaredLogLoss); is {
			continue // the start is the minimum of another parameter; below
		}
		for _, w := range [][]float64{nil, weight} {
			s := BestConstant(c.loss, y, w)
			total := func(s float64) float64 {
				dst := make([]float64, n)
				c.loss.Value(dst, y, slices.Repeat([]float64{s}, n))
				sum := 0.0
				for i, v := range dst {
					if w != nil {
						v *= w[i]
					}
					sum += v
				}
				return sum
			}
			at := total(s)
			for _, d := range []float64{1e-3, 1e-2, 0.3} {
				if up, down := total(s+d), total(s-d); up < at-1e-9*math.Abs(at) || down < at-1e-9*math.Abs(at) {
					t.Errorf("%T%+v: %v at %v, %v and %v at ±%v", c.loss, c.loss, at, s, down, up, d)
				}
			}
		}
	}
	if s := BestConstant(SquaredLogLoss{}, []float64{0, math.E*math.E - 1}, nil); math.Abs(s-(math.E-1)) > 1e-12 {
		t.Errorf("squared log: start %v", s)
	}
}

func TestQuantileOf(t *testing.T) {
	for _, c := range []struct {
		x, w  []float64
		level float64
		want  float64
	}{
		{[]float64{3, 1, 2}, nil, 0.5, 2},
		{[]float64{4, 3, 1, 2}, nil, 0.5, 2.5},
		{[]float64{4, 3, 1, 2}, nil, 0.25, 1.5},
		{[]float64{4, 3, 1, 2}, nil, 0.3, 2},
		{[]float64{4, 3, 1, 2}, nil, 0.99, 4},
		{[]float64{7}, nil, 0.1, 7},
		{nil, nil, 0.1, 0},
		{[]float64{5, 1}, []float64{1, 3}, 0.5, 1},
		{[]float64{5, 1, 9}, []float64{1, 2, 1}, 0.5, 3},
		{[]float64{5, 1, 9}, []float64{0, 2, 2}, 0.5, 5},
		{[]float64{5, 1, 9}, []float64{0, 0, 2}, 0.001, 9},
	} {
		if got := quantileOf(slices.Clone(c.x), c.w, c.level); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
	// A row of weight k is k rows.
	x := normals(101, 5)
	w := mapped(normals(101, 6), func(z float64) float64 { return math.Floor(math.Abs(2 * z)) })
	var rows []float64
	for i, v := range x {
		for range int(w[i]) {
			rows = append(rows, v)
		}
	}
	for _, level := range []float64{0.01, 0.1, 0.25, 0.5, 0.77, 0.9, 0.999} {
		if a, b := quantileOf(slices.Clone(x), w, level), quantileOf(slices.Clone(rows), nil, level); a != b {
			t.Errorf("level %v: %v with weights, %v with rows", level, a, b)
		}
	}
}

var classLosses = []struct {
	loss   ClassLoss
	k      int
	factor float64 // of the second derivative; 0: not that of Value
}{
	{LogLoss{}, 2, 1}, {LogLoss{Smoothing: 0.2}, 2, 1}, {LogLoss{}, 4, 4.0 / 3}, {LogLoss{Smoothing: 0.1}, 3, 1.5},
	{OneVsAllLoss{}, 2, 1}, {OneVsAllLoss{}, 4, 1},
	{FocalLoss{}, 2, 0}, {FocalLoss{Gamma: 0.5, Positive: 0.8}, 2, 0}, {FocalLoss{}, 3, 0}, {HingeLoss{}, 2, 0},
}

func TestClassLossDerivatives(t *testing.T) {
	const n, step, wide = 600, 1e-5, 1e-2
	for _, c := range classLosses {
		t.Run(fmt.Sprintf("%T%+v of %d", c.loss, c.loss, c.k), func(t *testing.T) {
			m := c.loss.Outputs(c.k)
			y := make([]int, n)
			for i := range y {
				y[i] = i * i % c.k
			}
			score, grad, hess := make([][]float64, m), make([][]float32, m), make([][]float32, m)
			for k := range score {
				score[k], grad[k], hess[k] = normals(n, uint64(10+k)), make([]float32, n), make([]float32, n)
			}
			c.loss.Derivatives(grad, hess, y, score)
			up, down := make([]float64, n), make([]float64, n)
			for k := range score {
				moved := slices.Clone(score)
				at := func(by float64) [][]float64 { moved[k] = shifted(score[k], by); return moved }
				c.loss.Value(up, y, at(step))
				c.loss.Value(down, y, at(-step))
				gu, gd, h := pair(m, n), pair(m, n), pair(m, n)
				c.loss.Derivatives(gu, h, y, at(wide))
				c.loss.Derivatives(gd, h, y, at(-wide))
				for i := range y {
					if math.Abs(math.Abs(score[k][i])-1) < 2*wide && m == 1 {
						continue // the kink of the hinge
					}
					want := (up[i] - down[i]) / (2 * step)
					if d := math.Abs(float64(grad[k][i]) - want); !(d <= 2e-5) {
						t.Fatalf("class %d, score %v: gradient %v, differences %v", y[i], score[k][i], grad[k][i], want)
					}
					bend := float64(gu[k][i]-gd[k][i]) / (2 * wide)
					if d := math.Abs(float64(hess[k][i]) - c.factor*bend); c.factor > 0 && !(d <= 1e-4) {
						t.Fatalf("class %d, score %v: Hessian %v, differences %v", y[i], score[k][i], hess[k][i], bend)
					}
					if f, focal := c.loss.(FocalLoss); focal {
						z := f.side(y[i], k, m) * score[k][i]
						p := 1 / (1 + math.Exp(-z))
						alpha := f.positive()
						if f.side(y[i], k, m) < 0 {
							alpha = 2 - alpha
						}
						least := alpha * math.Pow(1-p, f.gamma()) * p * (1 - p)
						if d := math.Abs(float64(hess[k][i]) - max(bend, least)); !(d <= 2e-4) {
							t.Fatalf("class %d, score %v: Hessian %v, differences %v, least %v", y[i], score[k][i], hess[k][i], bend, least)
						}
					}
				}
			}
		})
	}
}

func pair(m, n int) [][]float32 {
	out := make([][]float32, m)
	for k := range out {
		out[k] = make([]float32, n)
	}
	return out
}

// At the start the gradients of each score sum to 0.
func TestClassLossStart(t *testing.T) {
	for _, c := range classLosses {
		s, ok := c.loss.(ClassLossStart)
		if !ok {
			continue
		}
		n := 1000
		y, share := make([]int, n), make([]float64, c.k)
		for i := range y {
			y[i] = int(math.Sqrt(float64(i))) * 7 % c.k
			share[y[i]] += 1 / float64(n)
		}
		m := c.loss.Outputs(c.k)
		score := make([][]float64, m)
		for k, v := range s.Start(share) {
			score[k] = slices.Repeat([]float64{v}, n)
		}
		grad, hess := pair(m, n), pair(m, n)
		c.loss.Derivatives(grad, hess, y, score)
		for k := range grad {
			sum := 0.0
			for _, g := range grad[k] {
				sum += float64(g)
			}
			if math.Abs(sum) > 1e-3 {
				t.Errorf("%T%+v of %d: gradients of score %d sum to %v", c.loss, c.loss, c.k, k, sum)
			}
		}
	}
}

// Extreme scores give finite derivatives.
func TestLossesStayFinite(t *testing.T) {
	far := []float64{-1e300, -1e6, -800, -80, -1e-300, 0, 80, 800, 1e6, 1e300}
	check := func(name string, grad, hess []float32) {
		for i := range grad {
			if g, h := float64(grad[i]), float64(hess[i]); math.IsNaN(g) || math.IsNaN(h) || h < 0 {
				t.Errorf("%s at %v: %v, %v", name, far[i], g, h)
			}
		}
	}
	grad, hess := make([]float32, len(far)), make([]float32, len(far))
	for _, c := range numberLosses {
		c.loss.Derivatives(grad, hess, mapped(make([]float64, len(far)), c.y), far)
		check(fmt.Sprintf("%T", c.loss), grad, hess)
	}
	for _, c := range classLosses {
		for class := range c.k {
			m := c.loss.Outputs(c.k)
			score := make([][]float64, m)
			for k := range score {
				score[k] = slices.Clone(far)
				if k&1 == 1 {
					slices.Reverse(score[k])
				}
			}
			g, h := pair(m, len(far)), pair(m, len(far))
			c.loss.Derivatives(g, h, slices.Repeat([]int{class}, len(far)), score)
			for k := range g {
				check(fmt.Sprintf("%T", c.loss), g[k], h[k])
			}
		}
	}
}

type lossGolden struct {
	Data   map[string][]float64
	Weight []float64
	Group  []int
	Cases  []struct {
		Loss, Y  string
		Weighted bool
		Params   map[string]float64
		Start    []float64
		Leaf     [][]int
		Values   [][]float64
		Weights  [][]float64
	}
	Starts []struct {
		Loss, Y  string
		Weighted bool
		Start    []float64
	}
}

// lightGBM's names.
func lossOf(name string, p map[string]float64) any {
	switch name {
	case "regression":
		return SquaredLoss{}
	case "regression_l1":
		return AbsoluteLoss{}
	case "huber":
		return HuberLoss{Delta: p["alpha"]}
	case "fair":
		return FairLoss{C: p["fair_c"]}
	case "quantile":
		return QuantileLoss{Level: p["alpha"]}
	case "mape":
		return MAPELoss{}
	case "poisson":
		return PoissonLoss{}
	case "gamma":
		return GammaLoss{}
	case "tweedie":
		return TweedieLoss{Power: p["tweedie_variance_power"]}
	case "cross_entropy":
		return CrossEntropyLoss{}
	case "binary", "multiclass":
		return LogLoss{}
	case "multiclassova":
		return OneVsAllLoss{}
	case "lambdarank":
		l := LambdaMART{Truncation: int(p["lambdarank_truncation_level"]), Steepness: p["sigmoid"]}
		_, l.PlainScores = p["lambdarank_norm"]
		return l
	}
	return XENDCG{}
}

func codesOf(y []float64) ([]int, int) {
	out := make([]int, len(y))
	for i, v := range y {
		out[i] = int(v)
	}
	return out, slices.Max(out) + 1
}

// lgbmRandom is the generator of LightGBM.
type lgbmRandom struct{ x uint32 }

func (r *lgbmRandom) Float64() float64 {
	r.x = 214013*r.x + 2531011
	return float64(float32((r.x>>16)&0x7fff) / 32768)
}

// LightGBM's sums of derivatives over the leaves of a tree, and its renewed leaves. 3e-5: it takes the sums of float32 numbers, and the logistic
// function of lambdarank from a table.
func TestLossesAreLightGBMs(t *testing.T) {
	f := golden.Load[lossGolden](t, "testdata/losses.json")
	for _, c := range f.Cases {
		name := fmt.Sprintf("%s %v weighted %v", c.Loss, c.Params, c.Weighted)
		y := f.Data[c.Y]
		n := len(y)
		m := len(c.Start) / n
		score, grad, hess := make([][]float64, m), pair(m, n), pair(m, n)
		for k := range score {
			score[k] = c.Start[k*n : (k+1)*n]
		}
		weight := slices.Repeat([]float64{1}, n)
		if c.Weighted {
			weight = slices.Clone(f.Weight)
		}
		var leaf LossLeaf
		switch l := lossOf(c.Loss, c.Params).(type) {
		case Loss:
			l.Derivatives(grad[0], hess[0], y, score[0])
			leaf, _ = l.(LossLeaf)
		case ClassLoss:
			codes, _ := codesOf(y)
			l.Derivatives(grad, hess, codes, score)
			if p := c.Params["scale_pos_weight"]; p > 0 {
				for i, code := range codes {
					if code == 1 {
						weight[i] *= p
					}
				}
			}
		case RankLoss:
			for lo, q := 0, 0; lo < n; q++ {
				hi := lo
				for hi < n && f.Group[hi] == f.Group[lo] {
					hi++
				}
				if _, is := l.(XENDCG); is {
					xendcg(grad[0][lo:hi], hess[0][lo:hi], y[lo:hi], score[0][lo:hi], &lgbmRandom{uint32(5 + q)})
				} else {
					l.Derivatives(grad[0][lo:hi], hess[0][lo:hi], y[lo:hi], score[0][lo:hi], 0)
				}
				lo = hi
			}
		}
		for k := range score {
			leaves := len(c.Values[k])
			g, h := make([]float64, leaves), make([]float64, leaves)
			rows := make([][]int, leaves)
			for i, at := range c.Leaf[k] {
				g[at] += float64(grad[k][i]) * weight[i]
				h[at] += float64(hess[k][i]) * weight[i]
				rows[at] = append(rows[at], i)
			}
			if c.Loss != "mape" || !c.Weighted { // there LightGBM's Hessian is weight/max(1, |y|), but 1 without weights
				golden.Close(t, h, c.Weights[k], 3e-5, 1e-7, name+": Hessians")
			}
			value := make([]float64, leaves)
			for at := range value {
				value[at] = -g[at] / h[at]
			}
			if leaf == nil {
				golden.Close(t, value, c.Values[k], 5e-5, 3e-6, name+": leaves")
				continue
			}
			for at, idx := range rows {
				checkRenewed(t, name, leaf, c.Params["alpha"], idx, y, score[k], weight, c.Weighted, c.Values[k][at])
			}
		}
	}
}

// checkRenewed compares a leaf. Medians of rows that weigh alike are LightGBM's. Where quantiles differ, LightGBM interpolates between two
// residuals where the loss is least at one of them, so that its leaf lies between the neighbours of ours.
func checkRenewed(t *testing.T, name string, leaf LossLeaf, level float64, idx []int, y, score, weight []float64, weighted bool, want float64) {
	t.Helper()
	var ys, ss, ws []float64
	for _, i := range idx {
		ys, ss, ws = append(ys, y[i]), append(ss, score[i]), append(ws, weight[i])
	}
	rest := residuals(slices.Clone(ys), ss)
	slices.Sort(rest)
	if !weighted {
		ws = nil
	}
	got := leaf.Leaf(ys, ss, ws)
	_, mape := leaf.(MAPELoss)
	if !weighted && !mape && (level == 0 || level == 0.5) {
		if math.Abs(got-want) > 1e-6 {
			t.Errorf("%s: leaf %v, want %v", name, got, want)
		}
		return
	}
	at, _ := slices.BinarySearch(rest, got)
	low, high := rest[max(at-1, 0)], rest[min(at+1, len(rest)-1)]
	if want < low-1e-6 || want > high+1e-6 {
		t.Errorf("%s: leaf %v, LightGBM's %v is not between %v and %v", name, got, want, low, high)
	}
}

// LightGBM's constants are sums of float32 labels.
func TestStartsAreLightGBMs(t *testing.T) {
	f := golden.Load[lossGolden](t, "testdata/losses.json")
	for _, c := range f.Starts {
		var weight []float64
		if c.Weighted {
			weight = f.Weight
		}
		y := f.Data[c.Y]
		var got []float64
		switch l := lossOf(c.Loss, map[string]float64{}).(type) {
		case Loss:
			if _, is := l.(LossLeaf); is && c.Weighted {
				continue // LightGBM interpolates weighted quantiles in its own way
			}
			got = []float64{BestConstant(l, y, weight)}
		case ClassLoss:
			codes, k := codesOf(y)
			share, total := make([]float64, k), 0.0
			for i, code := range codes {
				w := 1.0
				if weight != nil {
					w = weight[i]
				}
				share[code] += w
				total += w
			}
			for code := range share {
				share[code] /= total
			}
			got = l.(ClassLossStart).Start(share)
		}
		golden.Close(t, got, c.Start, 1e-6, 1e-7, c.Loss)
	}
}

// The forces within a query of four rows, by hand: labels 2, 0, 1, 0 at scores 0.5, 1, 0, 0.
func TestLambdaMARTByHand(t *testing.T) {
	y, s := []float64{2, 0, 1, 0}, []float64{0.5, 1, 0, 0}
	rank := []int{1, 0, 2, 3}
	gain := []float64{3, 0, 1, 0}
	best := 3 + 1/math.Log2(3)
	grad, hess := make([]float64, 4), make([]float64, 4)
	for i := range y {
		for j := range y {
			if y[i] <= y[j] {
				continue
			}
			change := (gain[i] - gain[j]) * math.Abs(1/math.Log2(float64(rank[i]+2))-1/math.Log2(float64(rank[j]+2))) / best
			p := 1 / (1 + math.Exp(s[i]-s[j]))
			grad[i] -= p * change
			grad[j] += p * change
			hess[i] += p * (1 - p) * change
			hess[j] += p * (1 - p) * change
		}
	}
	g, h := make([]float32, 4), make([]float32, 4)
	LambdaMART{PlainScores: true}.Derivatives(g, h, y, s, 0)
	for i := range g {
		if math.Abs(float64(g[i])-grad[i]) > 1e-7 || math.Abs(float64(h[i])-hess[i]) > 1e-7 {
			t.Errorf("row %d: %v and %v, want %v and %v", i, g[i], h[i], grad[i], hess[i])
		}
	}
}

// What a pair weighs in PairsMAP is what changing its places does to average precision.
func TestLambdaMAPIsTheChange(t *testing.T) {
	y := []float64{0, 1, 3, 0, 1, 0, 2, 0}
	ap := func(y []float64) float64 {
		sum, seen := 0.0, 0.0
		for k, v := range y {
			if v > 0 {
				seen++
				sum += seen / float64(k+1)
			}
		}
		return sum / seen
	}
	score := make([]float64, len(y))
	for i := range score {
		score[i] = -float64(i)
	}
	l := LambdaMART{Pairs: PairsMAP}
	q := l.sorted(y, score)
	for i := range y {
		for j := i + 1; j < len(y); j++ {
			if (y[i] > 0) == (y[j] > 0) {
				continue
			}
			swapped := slices.Clone(y)
			swapped[i], swapped[j] = swapped[j], swapped[i]
			want := math.Abs(ap(swapped) - ap(y))
			if got := q.swapMAP(i, j) * q.inverse; math.Abs(got-want) > 1e-12 {
				t.Errorf("places %d and %d: %v, want %v", i, j, got, want)
			}
		}
	}
}

// pairsIn counts the pairs of different relevance.
func pairsIn(y []float64) int {
	count := 0
	for i := range y {
		for j := range i {
			if y[i] != y[j] {
				count++
			}
		}
	}
	return count
}

// Losses of ranked lists whose Value has derivatives.
func TestRankLossDerivatives(t *testing.T) {
	y, score := mapped(normals(40, 1), func(z float64) float64 { return math.Floor(math.Abs(z)) }), normals(40, 2)
	for _, c := range []struct {
		loss  RankLoss
		scale float64
	}{{QuerySoftmaxLoss{}, 1}, {QuerySquaredLoss{}, 40}, {PairLogitLoss{}, float64(pairsIn(y))}} {
		grad, hess := make([]float32, 40), make([]float32, 40)
		c.loss.Derivatives(grad, hess, y, score, 0)
		for i := range y {
			s := slices.Clone(score)
			s[i] += 1e-5
			up := c.loss.Value(y, s)
			s[i] -= 2e-5
			want := c.scale * (up - c.loss.Value(y, s)) / 2e-5
			if math.Abs(float64(grad[i])-want) > 1e-6*(1+math.Abs(want)) || !(hess[i] >= 0) {
				t.Errorf("%T row %d: gradient %v, differences %v", c.loss, i, grad[i], want)
			}
		}
	}
	// Without noise the first-order term of XENDCG is that of its value, and one row is in order.
	g, h := make([]float32, 1), make([]float32, 1)
	XENDCG{}.Derivatives(g, h, []float64{3}, []float64{1}, 7)
	if g[0] != 0 || h[0] != 0 {
		t.Errorf("a query of one row: %v, %v", g, h)
	}
	if v := (LambdaMART{}).Value([]float64{1, 2, 0}, []float64{1, 2, 0}); v != 0 {
		t.Errorf("the best order costs %v", v)
	}
}

// Parameters out of range are named; 0 and the bounds that are meant pass.
func TestLossParameters(t *testing.T) {
	nan := math.NaN()
	for _, l := range []Loss{HuberLoss{Delta: -1}, HuberLoss{Delta: nan}, PseudoHuberLoss{Delta: math.Inf(1)}, FairLoss{C: -2}, QuantileLoss{Level: 1}, ExpectileLoss{Level: -0.1},
		TweedieLoss{Power: 2}, TweedieLoss{Power: 1}, PowerLoss{Power: 0.5}, PowerLoss{Power: nan}} {
		if field, _, want := checkLoss(l); field == "" || want == "" {
			t.Errorf("%T%+v passes", l, l)
		}
	}
	for _, l := range []ClassLoss{LogLoss{Smoothing: 1}, LogLoss{Smoothing: nan}, FocalLoss{Gamma: -1}, FocalLoss{Positive: 1}} {
		if field, _, want := checkClassLoss(l); field == "" || want == "" {
			t.Errorf("%T%+v passes", l, l)
		}
	}
	for _, l := range []RankLoss{LambdaMART{Pairs: 3}, LambdaMART{Gain: 2}, LambdaMART{Truncation: -1}, LambdaMART{Steepness: nan}, LambdaMART{Sampled: -1}, LambdaMART{Sampled: 1, Truncation: 5}, YetiRank{Permutations: -1}, YetiRank{Decay: 1.5}, YetiRank{Decay: nan}, StochasticRank{Sigma: -1}, StochasticRank{Mu: nan}, StochasticRank{Draws: -1}, StochasticRank{Truncation: -1}, StochasticRank{Gain: 2}} {
		if field, _, want := checkRankLoss(l); field == "" || want == "" {
			t.Errorf("%T%+v passes", l, l)
		}
	}
	for _, c := range numberLosses {
		if field, _, _ := checkLoss(c.loss); field != "" {
			t.Errorf("%T%+v refused for %s", c.loss, c.loss, field)
		}
		if l, ok := c.loss.(LossTarget); ok {
			if l.Takes(c.y(0.7)) != "" || l.Takes(-3) == "" || l.Takes(nan) == "" {
				t.Errorf("%T takes the wrong targets", c.loss)
			}
		}
	}
	for _, c := range classLosses {
		if field, _, _ := checkClassLoss(c.loss); field != "" {
			t.Errorf("%T%+v refused for %s", c.loss, c.loss, field)
		}
	}
}

// The parabola that stands for the loss where Newton steps would go too far lies above it everywhere, so that no step makes the loss larger.
func TestParabolasLieAbove(t *testing.T) {
	for _, l := range []Loss{PseudoHuberLoss{}, PseudoHuberLoss{Delta: 0.2}, LogCoshLoss{}} {
		for _, s := range []float64{-30, -2, -0.3, 1e-4, 0.7, 5, 100} {
			grad, hess := make([]float32, 1), make([]float32, 1)
			l.Derivatives(grad, hess, []float64{0}, []float64{s})
			value := func(at float64) float64 {
				v := make([]float64, 1)
				l.Value(v, []float64{0}, []float64{at})
				return v[0]
			}
			for _, step := range []float64{-200, -50, -5, -1, -0.1, 0.1, 1, 5, 50, 200} {
				bound := value(s) + float64(grad[0])*step + float64(hess[0])*step*step/2
				if v := value(s + step); v > bound+1e-5*(1+math.Abs(bound)) {
					t.Errorf("%T%+v from %v by %v: %v above %v", l, l, s, step, v, bound)
				}
			}
		}
	}
}

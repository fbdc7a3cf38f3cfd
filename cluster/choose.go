package cluster

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

// KScore is what is said for a number of clusters. What is not defined for it, or was not asked for, is NaN.
type KScore struct {
	K                int
	Silhouette       float64 // the more the better; of a part of the rows, where they are many
	CalinskiHarabasz float64 // the more the better
	DaviesBouldin    float64 // the less the better
	Gap, GapError    float64 // the smallest K whose gap is no more than GapError below the next one's is the best
	BIC              float64 // the less the better: the model's own, or that of spheres of one variance around the means of its clusters
	Strength         float64 // prediction strength, 0 to 1: at 0.8 and more, halves of the rows agree on the clusters
	StrengthError    float64 // its standard deviation over the divisions, by their square root
	Jaccard          float64 // mean over samples of the least stable cluster's likeness, 0 to 1, to the one most like it among those of a sample drawn with replacement
}

// KOptions say how numbers of clusters are compared.
type KOptions struct {
	Distance       metrics.Distance // of the silhouette; nil: Euclidean
	SilhouetteRows int              // rows drawn for the silhouette where there are more; 0: 5000
	References     int              // sets of rows without clusters that the gap compares with; 0: 10
	NoGap          bool             // leave the gap out: it takes References fits for each number
	Resamples      int              // divisions and samples for Strength and Jaccard, three fits each for each number; 0: none, and NaN
	Seed           uint64           // of what is drawn
}

// KCriterion is how the best number of clusters is told.
type KCriterion uint8

const (
	// BySilhouette takes the highest silhouette (Rousseeuw, J. Computational and Applied Mathematics 20, 1987). The zero value.
	BySilhouette KCriterion = iota
	// ByCalinskiHarabasz takes the highest index of Calinski and Harabasz.
	ByCalinskiHarabasz
	// ByDaviesBouldin takes the lowest index of Davies and Bouldin.
	ByDaviesBouldin
	// ByGap takes the smallest number whose gap is within an error of the next one's (Tibshirani, Walther and Hastie, J. Royal Statistical Society B 63, 2001).
	ByGap
	// ByBIC takes the lowest BIC.
	ByBIC
	// ByStrength takes the largest number whose prediction strength is 0.8 within an error (Tibshirani and Walther, J. Computational and Graphical Statistics 14, 2005).
	ByStrength
)

// ChooseK fits the config that at makes of each number of clusters, and says what speaks for it. It returns the models as well, in the same order.
//
//	scores, models, err := cluster.ChooseK(ctx, table, []int{2, 3, 4, 5}, func(k int) ml.Fitter[ml.Table, *cluster.KMeansModel] { return cluster.KMeans{K: k, Restarts: 5} }, cluster.KOptions{})
//	best := cluster.BestK(scores, cluster.ByGap) // an index of both
//
// The cost is that of the fits, and of squared rows for the silhouette. Rows of weight 0 are absent; the gap and the resamples know no other weights.
func ChooseK[M ml.Predictor[int]](ctx context.Context, t ml.Table, ks []int, at func(k int) ml.Fitter[ml.Table, M], opt KOptions) ([]KScore, []M, error) {
	const where = "cluster.ChooseK"
	if err := t.Check(where, ml.Accepts{}); err != nil {
		return nil, nil, err
	}
	if len(ks) == 0 || at == nil {
		return nil, nil, ml.BadConfig(where, "ks and at", fmt.Sprintf("%d numbers", len(ks)), "numbers to try, and a function")
	}
	if err := countOr(where, "SilhouetteRows", &opt.SilhouetteRows, 5000); err != nil {
		return nil, nil, err
	}
	if err := countOr(where, "References", &opt.References, 10); err != nil {
		return nil, nil, err
	}
	if opt.Resamples < 0 {
		return nil, nil, ml.BadConfig(where, "Resamples", opt.Resamples, ">= 0")
	}
	if opt.Distance == nil {
		opt.Distance = metrics.Euclidean{}
	}
	if t.Weight != nil {
		var kept []int
		for i, w := range t.Weight {
			if w > 0 {
				kept = append(kept, i)
			}
		}
		t = t.Select(kept)
	}
	_, d := t.X.Dims()
	if err := metrics.CheckDistance(where, opt.Distance, d); err != nil {
		return nil, nil, err
	}
	c := choosing[M]{t: t, at: at, opt: opt}
	scores, models := make([]KScore, len(ks)), make([]M, len(ks))
	for i, k := range ks {
		if k < 1 || k > t.Rows() {
			return nil, nil, ml.BadConfig(where, fmt.Sprintf("ks[%d]", i), k, fmt.Sprintf("1 to %d, the rows of positive weight", t.Rows()))
		}
		var err error
		if models[i], err = at(k).Fit(ml.WithTask(ctx, "clusters", i, len(ks)), t); err != nil {
			return nil, nil, err
		}
		if scores[i], err = c.score(ctx, k, models[i]); err != nil {
			return nil, nil, err
		}
	}
	if opt.NoGap {
		return scores, models, nil
	}
	g, err := metrics.GapStatistic(t.X, ks, opt.References, rng.Key(opt.Seed, 0), func(x tensor.Matrix, k int) ([]int, error) {
		m, err := at(k).Fit(ml.Quiet(ctx), ml.Table{X: x})
		if err != nil {
			return nil, err
		}
		return m.Predict(x)
	})
	if err != nil {
		return nil, nil, err
	}
	for i := range scores {
		scores[i].Gap, scores[i].GapError = g.Gap[i], g.Error[i]
	}
	return scores, models, nil
}

// choosing is what numbers of clusters are judged by.
type choosing[M ml.Predictor[int]] struct {
	t   ml.Table
	at  func(k int) ml.Fitter[ml.Table, M]
	opt KOptions
}

func (c *choosing[M]) score(ctx context.Context, k int, m M) (KScore, error) {
	nan := math.NaN()
	s := KScore{K: k, Silhouette: nan, CalinskiHarabasz: nan, DaviesBouldin: nan, Gap: nan, GapError: nan, Strength: nan, StrengthError: nan, Jaccard: nan}
	labels, err := m.Predict(c.t.X)
	if err != nil {
		return s, err
	}
	x, code, w := c.t.X, labels, c.t.Weight
	s.CalinskiHarabasz, s.DaviesBouldin = metrics.CalinskiHarabasz(x, code, w...), metrics.DaviesBouldin(x, code, w...)
	if n := len(code); n > c.opt.SilhouetteRows {
		few := rng.Sample(rng.New(c.opt.Seed, 1), n, c.opt.SilhouetteRows)
		part := c.t.Select(few)
		x, w, code = part.X, part.Weight, make([]int, len(few))
		for i, at := range few {
			code[i] = labels[at]
		}
	}
	s.Silhouette = metrics.Silhouette(x, code, c.opt.Distance, w...)
	if b, ok := ml.As[interface {
		BIC(x tensor.Matrix, weight ...float64) (float64, error)
	}](m); ok {
		if s.BIC, err = b.BIC(c.t.X, c.t.Weight...); err != nil {
			return s, err
		}
	} else {
		s.BIC = sphericalBIC(c.t, labels)
	}
	if c.opt.Resamples == 0 {
		return s, nil
	}
	if s.Strength, s.StrengthError, err = c.strength(ctx, k); err != nil {
		return s, err
	}
	s.Jaccard, err = c.jaccard(ctx, k, labels)
	return s, err
}

// sphericalBIC is Schwarz's criterion for rows as drawn from normal distributions of one variance, each row from that of its cluster (Pelleg and Moore, "X-means", ICML 2000).
func sphericalBIC(t ml.Table, labels []int) float64 {
	s := newSpace(t)
	k := 0
	seen := map[int]int32{}
	own := make([]int32, len(labels))
	for i, c := range labels {
		at, ok := seen[c]
		if !ok {
			at = int32(k)
			seen[c] = at
			k++
		}
		own[i] = at
	}
	if s.x.Sparse() {
		s.open(false)
	}
	l := &lloyd{space: s, k: k, label: own}
	weight := l.counts()
	inertia, n, likelihood := s.inertia(own, l.means()), sumOf(weight), 0.0
	for _, w := range weight {
		likelihood += float64(w * math.Log(w/n))
	}
	d := float64(s.d)
	free := n - float64(k)
	if !(free > 0 && inertia > 0) {
		return math.NaN()
	}
	likelihood -= n*d/2*math.Log(2*math.Pi*inertia/(d*free)) + d*free/2
	return float64(k*(s.d+1))*math.Log(n) - 2*likelihood
}

// strength is how well the clusters of one half of the rows foretell which rows of the other half belong together: in the cluster of which that holds least, for what share
// of its pairs.
func (c *choosing[M]) strength(ctx context.Context, k int) (mean, deviation float64, err error) {
	n := c.t.Rows()
	if n/2 < k {
		return math.NaN(), math.NaN(), nil
	}
	var all []float64
	for r := range c.opt.Resamples {
		order := rng.Perm(rng.New(rng.Key(c.opt.Seed, 2), uint64(r)), n)
		halves := [2]ml.Table{c.t.Select(order[:n/2]), c.t.Select(order[n/2:])}
		foretold, err := c.codes(ctx, k, halves[0], halves[1].X)
		if err != nil {
			return 0, 0, err
		}
		own, err := c.codes(ctx, k, halves[1], halves[1].X)
		if err != nil {
			return 0, 0, err
		}
		least := 1.0
		for _, members := range together(own) {
			if len(members) < 2 {
				continue
			}
			count := map[int]int{}
			for _, i := range members {
				count[foretold[i]]++
			}
			pairs := 0
			for _, v := range count {
				pairs += v * (v - 1)
			}
			least = min(least, float64(pairs)/float64(len(members)*(len(members)-1)))
		}
		all = append(all, least)
	}
	for _, v := range all {
		mean += v / float64(len(all))
	}
	for _, v := range all {
		deviation += float64((v - mean) * (v - mean))
	}
	return mean, math.Sqrt(deviation) / float64(len(all)), nil
}

// jaccard is the stability of the least stable cluster (Hennig, "Cluster-wise assessment of cluster stability", Computational Statistics and Data Analysis 52, 2007).
func (c *choosing[M]) jaccard(ctx context.Context, k int, labels []int) (float64, error) {
	n := c.t.Rows()
	clusters := together(labels)
	sum := make([]float64, len(clusters))
	for r := range c.opt.Resamples {
		draw := rng.New(rng.Key(c.opt.Seed, 3), uint64(r))
		rows := make([]int, n)
		drawn := make([]bool, n)
		for i := range rows {
			rows[i] = draw.IntN(n)
			drawn[rows[i]] = true
		}
		codes, err := c.codes(ctx, k, c.t.Select(rows), c.t.X)
		if err != nil {
			return 0, err
		}
		size := map[int]int{} // of the sample's clusters, in different rows
		for i, in := range drawn {
			if in {
				size[codes[i]]++
			}
		}
		for g, members := range clusters {
			common, own := map[int]int{}, 0
			for _, i := range members {
				if drawn[i] {
					common[codes[i]]++
					own++
				}
			}
			best := 0.0
			for code, both := range common {
				best = max(best, float64(both)/float64(own+size[code]-both))
			}
			sum[g] += best / float64(c.opt.Resamples)
		}
	}
	least := 1.0
	for _, v := range sum {
		least = min(least, v)
	}
	return least, nil
}

// codes are those of x by the clusters of t.
func (c *choosing[M]) codes(ctx context.Context, k int, t ml.Table, x tensor.Matrix) ([]int, error) {
	m, err := c.at(k).Fit(ml.Quiet(ctx), t)
	if err != nil {
		return nil, err
	}
	return m.Predict(x)
}

// together are the rows of each code, noise aside, in the order in which codes are first seen.
func together(codes []int) [][]int {
	at := map[int]int{}
	var out [][]int
	for i, c := range codes {
		if c == ml.None {
			continue
		}
		g, ok := at[c]
		if !ok {
			g = len(out)
			at[c] = g
			out = append(out, nil)
		}
		out[g] = append(out[g], i)
	}
	return out
}

// BestK is the index of the best number of clusters; the first of equals, -1 if the criterion is defined for none. ByGap and ByStrength take the numbers to be in rising order.
func BestK(scores []KScore, by KCriterion) int {
	best := -1
	for i, s := range scores {
		switch by {
		case ByGap:
			if best < 0 && i+1 < len(scores) && s.Gap >= scores[i+1].Gap-scores[i+1].GapError {
				best = i
			}
			continue
		case ByStrength:
			if s.Strength+s.StrengthError >= 0.8 {
				best = i
			}
			continue
		}
		if v := value(s, by); !math.IsNaN(v) && (best < 0 || v > value(scores[best], by)) {
			best = i
		}
	}
	if by == ByGap && best < 0 {
		for i, s := range scores {
			if !math.IsNaN(s.Gap) && (best < 0 || s.Gap > scores[best].Gap) {
				best = i
			}
		}
	}
	return best
}

// value is what is to be as great as can be.
func value(s KScore, by KCriterion) float64 {
	switch by {
	case BySilhouette:
		return s.Silhouette
	case ByCalinskiHarabasz:
		return s.CalinskiHarabasz
	case ByDaviesBouldin:
		return -s.DaviesBouldin
	case ByBIC:
		return -s.BIC
	}
	return math.NaN()
}

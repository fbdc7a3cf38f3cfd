package linear

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/stats"
)

// TheilSen fits least squares to every subset of a few rows and takes the spatial median of all these solutions: the point with the least sum
// of distances to them (Dang, Peng, Wang and Zhang, "Theil-Sen estimators in a multiple linear regression model" (2008)). Nothing needs tuning, and it
// stands rows that are far off in X, too, as long as they are fewer than the share Breakdown gives, which falls with the columns.
//
// If there are more than MaxSubpopulation subsets, so many are drawn by Seed. This is scikit-learn's TheilSenRegressor, but for subsets that do not
// determine the coefficients, such as two rows with the same x: they are left out, as Sen did, and not counted with the shortest of
// their solutions; Info.Note says how many. Only if no subset determines them, since columns depend on each other, the shortest are taken. With as
// many rows as a subset has, or fewer, it is OLS.
//
// Distances between solutions are in the units of the coefficients, the intercept among them, so that the result depends on the units of the columns:
// bring them to comparable ones first. Scale of the model is the median absolute residual over 0.6745, Outliers the rows beyond 2.5 scales; RowWeights
// are 1, since all rows are drawn alike.
//
// Weights: a row of weight 0 is absent. A subset counts as the product of the weights of its rows, and is fitted with them; so one of weight k is as
// k rows if all subsets are used and NSubsamples is 0. Rows are drawn without regard to weights and by their position, so that their order matters then.
//
// A subset costs NSubsamples·columns², and all solutions are held: MaxSubpopulation·(columns+1) numbers. A sparse matrix stays sparse but for the rows
// of the subsets at hand, one for each core.
type TheilSen struct {
	NSubsamples      int     // rows of a subset, at least as many as coefficients: more are less robust, and closer to least squares. 0: columns+1, or columns without intercept
	MaxSubpopulation int     // subsets at the most. 0: 10000
	NoIntercept      bool    // leave the intercept out: the fit passes through the origin. False: fit one
	MaxIter          int     // iterations for the median at the most. 0: 1000
	Tol              float64 // ends when Info.Gap is at most this. 0: 1e-10
	Seed             uint64  // of the draws. 0 is a seed like any other
}

var _ ml.Fitter[ml.Dataset[float64], *RobustModel] = TheilSen{}

// Fit returns the robust model. Y must be finite. Info.Iterations counts those of the median; Info.Gap is the length of the last step over the mean
// distance to the solutions, which is Info.Loss.
func (c TheilSen) Fit(ctx context.Context, d ml.Dataset[float64]) (*RobustModel, error) {
	const where = "linear.TheilSen.Fit"
	if err := checkIterative(where, c.Tol, c.MaxIter); err != nil {
		return nil, err
	}
	switch {
	case c.NSubsamples < 0:
		return nil, ml.BadConfig(where, "NSubsamples", c.NSubsamples, ">= 0; 0 means one row for each coefficient")
	case c.MaxSubpopulation < 0:
		return nil, ml.BadConfig(where, "MaxSubpopulation", c.MaxSubpopulation, ">= 0; 0 means 10000")
	}
	if c.MaxSubpopulation == 0 {
		c.MaxSubpopulation = 10_000
	}
	if c.MaxIter == 0 {
		c.MaxIter = 1000
	}
	if c.Tol == 0 {
		c.Tol = 1e-10
	}
	if err := d.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	live := weighing(d)
	rows, cols := live.X.Dims()
	size := c.subset(rows, cols)
	switch {
	case size > rows:
		return nil, ml.BadShape(where, "X", fmt.Sprintf("%d rows of positive weight", rows), fmt.Sprintf("at least NSubsamples, %d", size))
	case size < min(c.coefficients(cols), rows):
		return nil, ml.BadConfig(where, "NSubsamples", size, fmt.Sprintf("at least one row for each of %d coefficients", c.coefficients(cols)))
	}
	s, info, err := c.fit(ctx, where, live, size)
	if err == nil {
		err = checkSolutions(where, []solution{s})
	}
	if err != nil {
		return nil, err
	}
	scale := residualScale(live, s)
	if scale == 0 && info.Note == "" {
		info.Note = "most rows are fitted exactly: the scale is 0"
	}
	return newRobustModel(d, c, s, scale, info, func(u float64) (float64, bool) { return 1, u > outlying }), nil
}

// Breakdown is the share of bad rows, out of the given rows, up to which they cannot carry the fit away: where half of the subsets hold good ones only.
// Columns do not count the intercept.
func (c TheilSen) Breakdown(rows, columns int) float64 {
	if rows < 1 {
		return 0
	}
	n, m := float64(rows), float64(c.subset(rows, columns))
	return max(0, 1-(math.Pow(0.5, 1/m)*(n-m+1)+m-1)/n)
}

func (c TheilSen) coefficients(cols int) int {
	if c.NoIntercept {
		return cols
	}
	return cols + 1
}

func (c TheilSen) subset(rows, cols int) int {
	if c.NSubsamples > 0 {
		return c.NSubsamples
	}
	return min(c.coefficients(cols), rows)
}

func (c TheilSen) fit(ctx context.Context, where string, d ml.Dataset[float64], size int) (solution, ml.Info, error) {
	none := func(err error) (solution, ml.Info, error) { return solution{}, ml.Info{}, err }
	rows, _ := d.X.Dims()
	if size == rows {
		fits, info, err := OLS{NoIntercept: c.NoIntercept}.fit(ctx, where, d.Table, [][]float64{d.Y})
		if err != nil {
			return none(err)
		}
		return fits[0], info, nil
	}
	base, err := newDesign(where, d.Table, [][]float64{d.Y}, !c.NoIntercept)
	if err != nil {
		return none(err)
	}
	p := newSubsetFits(base, size, c)
	if p == nil {
		return none(ml.BadConfig(where, "MaxSubpopulation", c.MaxSubpopulation, fmt.Sprintf("fewer: the solutions, of %d numbers each, would not fit into memory", c.coefficients(base.cols))))
	}
	if err := p.run(ctx); err != nil {
		return none(err)
	}
	info := ml.Info{}
	cloud, left := p.cloud()
	if cloud.n == 0 {
		return none(tooLarge(where))
	}
	if left > 0 {
		info.Note = fmt.Sprintf("%d of %d subsets do not determine the coefficients and were left out", left, p.n)
	} else if p.determined == 0 {
		info.Note = "no subset determines the coefficients: the shortest solutions were taken"
	}
	at, err := cloud.median(ml.Track(ctx, "iteration", c.MaxIter), c.MaxIter, c.Tol, &info)
	if err != nil {
		return none(err)
	}
	s := solution{coef: at[:base.cols:base.cols]}
	if base.fitted {
		s.intercept = at[base.cols]
	}
	return s, info, nil
}

// subsetFits are the least-squares solutions of subsets of the rows.
type subsetFits struct {
	*design
	TheilSen
	size, width int
	n           int       // subsets
	all         bool      // these are all there are
	scale       []float64 // of the columns and the intercept
	found       []float64 // n x width, in the units of the data
	logWeight   []float64 // of each subset
	full        []bool    // the subset determines its solution
	ok          []bool    // the solution is a number, and not out of all proportion
	determined  int
}

// newSubsetFits is nil if the solutions would take more than any memory has.
func newSubsetFits(d *design, size int, c TheilSen) *subsetFits {
	p := &subsetFits{design: d, TheilSen: c, size: size, width: c.coefficients(d.cols), scale: d.spreads()}
	if d.fitted {
		p.scale = append(p.scale, 1)
	}
	subsets := binomial(d.rows, size)
	p.all = subsets <= float64(c.MaxSubpopulation)
	numbers := min(subsets, float64(c.MaxSubpopulation)) * float64(p.width)
	if numbers > min(math.MaxInt/64, 1<<32) {
		return nil
	}
	p.n = int(min(subsets, float64(c.MaxSubpopulation)))
	p.found, p.logWeight = make([]float64, p.n*p.width), make([]float64, p.n)
	p.full, p.ok = make([]bool, p.n), make([]bool, p.n)
	return p
}

// binomial is n over k, exact below 2^53.
func binomial(n, k int) float64 {
	value := 1.0
	for i := range min(k, n-k) {
		value *= float64(n-i) / float64(i+1)
		if value < 1<<52 {
			value = math.Round(value) // whole after each step
		}
	}
	return value
}

func (p *subsetFits) run(ctx context.Context) error {
	const length = 64 // subsets to a task: enough to hide what a task costs
	return par.Do(ctx, par.Chunks(p.n, length), func(ctx context.Context, task int) error {
		lo, hi := task*length, min((task+1)*length, p.n)
		rows, block, buf := make([]int, p.size), make([]float64, p.size*(p.width+1)), p.rowScratch()
		if p.all {
			combination(rows, lo, p.rows)
		}
		for k := lo; k < hi; k++ {
			if err := ml.Done(ctx); err != nil {
				return err
			}
			if !p.all {
				copy(rows, rng.Sample(rng.New(p.Seed, uint64(k)), p.rows, p.size))
			}
			p.one(k, rows, block, buf)
			if p.all {
				nextCombination(rows, p.rows)
			}
		}
		return nil
	})
}

// combination writes the k-th of the subsets of 0..n-1 of the size of dst, in lexicographic order.
func combination(dst []int, k, n int) {
	item := 0
	for i := range dst {
		for ; ; item++ {
			with := int(binomial(n-item-1, len(dst)-i-1))
			if k < with {
				break
			}
			k -= with
		}
		dst[i] = item
		item++
	}
}

// nextCombination goes to the next in lexicographic order; it leaves the last as it is.
func nextCombination(dst []int, n int) {
	i := len(dst) - 1
	for i >= 0 && dst[i] == n-len(dst)+i {
		i--
	}
	if i < 0 {
		return
	}
	dst[i]++
	for j := i + 1; j < len(dst); j++ {
		dst[j] = dst[j-1] + 1
	}
}

// one fits subset k.
func (p *subsetFits) one(k int, rows []int, block []float64, buf *scratch) {
	heaviest := 0.0
	for _, i := range rows {
		p.logWeight[k] += math.Log(p.w(i))
		heaviest = max(heaviest, p.w(i))
	}
	for r, i := range rows {
		dst := block[r*(p.width+1) : (r+1)*(p.width+1)]
		kern.Add(dst[:p.cols], p.row(i, buf), p.shift)
		if p.fitted {
			dst[p.cols] = 1
		}
		dst[p.width] = p.targets[0][i] - p.offset[0]
		if p.size > p.width { // else weights change nothing
			kern.Scal(math.Sqrt(p.w(i)/heaviest), dst, dst)
		}
	}
	const rounding = 8 * 0x1p-52
	f := linalg.NewLeastSquares(block, p.size, p.width, 1, p.scale, rounding*float64(p.size))
	if f == nil {
		return
	}
	b := p.found[k*p.width : (k+1)*p.width]
	f.Basic(b, 0)
	f.Shortest(b)
	p.full[k] = f.Rank() == p.width
	if p.fitted {
		b[p.cols] += p.offset[0] - linalg.Dot(p.center, b[:p.cols])
	}
	const largest = 1e150 // whose square is a number
	p.ok[k] = linalg.AllFinite(b) && linalg.MaxAbs(b) < largest
}

// cloud is the solutions to take the median of, and how many were left out.
func (p *subsetFits) cloud() (c *pointCloud, left int) {
	heaviest := math.Inf(-1)
	for k, ok := range p.ok {
		if ok && p.full[k] {
			p.determined++
		}
	}
	use := func(k int) bool { return p.ok[k] && (p.full[k] || p.determined == 0) }
	for k, w := range p.logWeight {
		if use(k) {
			heaviest = max(heaviest, w)
		}
	}
	c = &pointCloud{width: p.width, points: p.found}
	for k, w := range p.logWeight {
		if !use(k) {
			left++
			continue
		}
		copy(c.point(c.n), p.found[k*p.width:(k+1)*p.width])
		c.weight = append(c.weight, math.Exp(w-heaviest))
		c.total += c.weight[c.n]
		c.n++
	}
	return c, left
}

// residualScale is the median absolute residual over that of a standard normal; 0 if it is rounding.
func residualScale(d ml.Dataset[float64], s solution) float64 {
	x := newSource(d.X)
	r := make([]float64, x.rows)
	s.fitted(r, x)
	for i, fit := range r {
		r[i] = math.Abs(d.Y[i] - fit)
	}
	scale := stats.NewSample(r, d.Weight).Quantile(0.5, stats.AveragedInvertedCDF) / normalMAD
	if scale <= exactScale*deviation(d.Y, d.Weight)+4*0x1p-52*linalg.MaxAbs(d.Y) {
		return 0
	}
	return scale
}

package kernel

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/optim"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// What Gaussian processes for numbers and for classes have in common: the search for the parameters of a covariance, and predictions by a factor of a matrix of rows.

// climber looks for the parameters of a covariance that make something largest.
type climber struct {
	restarts, maxIter int
	seed              uint64
}

func (c climber) check(where string) error {
	if c.restarts < 0 {
		return ml.BadConfig(where, "Restarts", c.restarts, ">= 0")
	}
	if c.maxIter < 0 {
		return ml.BadConfig(where, "MaxIter", c.maxIter, ">= 1, or 0 for 15000")
	}
	return nil
}

// valuer is the value of a covariance; it writes the derivatives by the logarithms of all parameters. False where it has none.
type valuer func(k Covariance, grad []float64) (float64, bool)

// climb returns the best covariance. rough, if there is one, is a value that costs less and has its top nearby: searches begin with it.
func (c climber) climb(ctx context.Context, kernel Covariance, columns int, info *ml.Info, value, rough valuer) (Covariance, error) {
	parameters := kernel.Parameters(columns)
	var free []int
	var low, high, start []float64
	for i, p := range parameters {
		if !p.Fixed {
			free = append(free, i)
			low, high, start = append(low, math.Log(p.Low)), append(high, math.Log(p.High)), append(start, math.Log(p.Value))
		}
	}
	info.Status = ml.Converged
	if len(free) == 0 {
		return kernel, nil
	}
	values, all := make([]float64, len(parameters)), make([]float64, len(parameters))
	with := func(logs []float64) Covariance {
		for i, p := range parameters {
			values[i] = p.Value
		}
		for k, i := range free {
			values[i] = math.Exp(logs[k])
		}
		return kernel.With(values)
	}
	track := ml.Track(ctx, "step", c.maxIter)
	steps := 0
	best, most := append([]float64(nil), start...), math.Inf(-1)
	for restart := range c.restarts + 1 {
		at := append([]float64(nil), start...)
		if restart > 0 {
			r := rng.New(c.seed, uint64(restart))
			for k := range at {
				at[k] = low[k] + float64(r.Float64()*(high[k]-low[k]))
			}
		}
		stopped := false
		search := func(of valuer, at []float64) (optim.Result, error) {
			result, err := optim.LBFGSB{Lower: low, Upper: high, MaxIter: c.maxIter,
				Observe: func(_ int, f, _ float64) (bool, error) {
					steps++
					var err error
					stopped, err = track.Step(steps, ml.Loss{Train: f})
					return stopped, err
				},
				Eval: func(at, grad []float64) float64 {
					v, ok := 0.0, false
					if ctx.Err() == nil {
						v, ok = of(with(at), all)
					}
					if !ok {
						clear(grad)
						return math.Inf(1)
					}
					for k, i := range free {
						grad[k] = -all[i]
					}
					return -v
				}}.Minimize(at)
			if err == nil {
				err = ml.Done(ctx)
			}
			return result, err
		}
		if rough != nil {
			near := append([]float64(nil), at...)
			if _, err := search(rough, near); err != nil {
				return nil, err
			}
			from, ok := value(with(at), all)
			if to, fine := value(with(near), all); fine && (to > from || !ok) {
				at = near
			}
			if stopped {
				best = at
				info.Status = ml.Stopped
				break
			}
		}
		result, err := search(value, at)
		if err != nil {
			return nil, err
		}
		if -result.F > most {
			best, most = at, -result.F
			info.Gap = result.Gap
		}
		if stopped {
			info.Status = ml.Stopped
			break
		}
		if result.Iterations >= c.maxIter && c.maxIter > 0 {
			info.Status = ml.MaxIter
		}
	}
	info.Iterations += steps
	return with(best), nil
}

// process is a fit of numbers under way.
type process struct {
	*lot
	y           [][]float64 // of each output
	mean, scale []float64
	noise       []float64
	asked       Covariance
	kernel      Covariance
	chol        *linalg.Cholesky
	alpha       [][]float64 // of each output
	k           []float64   // n x n, as the next two, which are kept between steps
	inverse     []float64
	room        []float64
	ctx         context.Context
}

// at is the log marginal likelihood of a covariance, and its gradient.
func (g *process) at(k Covariance, grad []float64) (float64, bool) {
	if g.kernel = k; !g.factor() {
		return 0, false
	}
	copy(grad, g.gradient(len(grad)))
	return g.likelihood(), true
}

// rough is the same of every fourth row, a sixty-fourth of the work; nil for few rows.
func (g *process) rough() valuer {
	const few, each = 1000, 4
	if g.len() < few {
		return nil
	}
	var some []int
	for i := 0; i < g.len(); i += each {
		some = append(some, i)
	}
	small := &process{lot: newLot(copyRows(rows.Of(g.rows), some)), ctx: g.ctx}
	for _, i := range some {
		small.noise = append(small.noise, g.noise[i])
	}
	for _, y := range g.y {
		own := make([]float64, len(some))
		for k, i := range some {
			own[k] = y[i]
		}
		small.y = append(small.y, own)
	}
	return small.at
}

// factor makes the Cholesky factor of the covariance of the rows, and the weights of the means.
func (g *process) factor() bool {
	n := g.len()
	if g.k == nil {
		g.k = make([]float64, n*n)
		g.measure(g.kernel)
	}
	g.matrix(g.kernel, g.k)
	for i := range n {
		g.k[i*n+i] += g.noise[i]
	}
	if g.chol = linalg.NewCholesky(g.k, n); g.chol == nil { // as it is for what is not finite
		return false
	}
	g.alpha = g.alpha[:0]
	for _, y := range g.y {
		a := append([]float64(nil), y...)
		g.chol.Solve(a)
		if !linalg.AllFinite(a) {
			return false
		}
		g.alpha = append(g.alpha, a)
	}
	return true
}

// likelihood is the sum over the outputs.
func (g *process) likelihood() float64 {
	sum := 0.0
	for t, y := range g.y {
		sum += -linalg.Dot(y, g.alpha[t])/2 - g.chol.LogDet()/2 - float64(g.len())/2*math.Log(2*math.Pi)
	}
	return sum
}

// gradient is that of the log marginal likelihood by the logarithms of all parameters: half the trace of (alpha·alphaᵀ - K⁻¹)·dK, summed over the outputs.
func (g *process) gradient(count int) []float64 {
	n := g.len()
	if g.inverse == nil {
		g.inverse, g.room = make([]float64, n*n), make([]float64, n*n)
	}
	g.chol.InverseUpper(g.inverse, g.room)
	return g.slope(g.kernel, count, func(dst []float64, i int) {
		kern.Scal(-float64(len(g.alpha)), dst, g.inverse[i*n+i:(i+1)*n])
		for _, a := range g.alpha {
			kern.Axpy(a[i], a[i:], dst)
		}
		dst[0] /= 2
	})
}

// inverseFactor is an upper triangular P with P·Pᵀ the inverse of the covariance.
func (g *process) inverseFactor() *tensor.Tensor[float64] {
	t := tensor.New[float64](g.len(), g.len())
	g.chol.InverseFactor(t.Data())
	return t
}

// copyRows makes a dense matrix of rows idx of x.
func copyRows(x rows.Rows, idx []int) *tensor.Tensor[float64] {
	out := tensor.New[float64](len(idx), x.Cols())
	buf := make([]float64, x.Cols())
	for i, r := range idx {
		copy(out.Row(i), x.Row(r, buf))
	}
	return out
}

// posterior is what predictions of a process need beside the weights of its mean.
type posterior struct {
	*lot
	kernel Covariance
	factor []float64 // n x n, upper triangular: P with P·Pᵀ the inverse of the covariance of the training rows
	root   []float64 // covariances are multiplied by these first; nil: ones
}

// newPosterior checks what may come from a file.
func newPosterior(where string, k Covariance, x, factor *tensor.Tensor[float64], n, columns int) (*posterior, error) {
	fits := func(t *tensor.Tensor[float64], r, c int) bool {
		return t != nil && len(t.Shape()) == 2 && t.Shape()[0] == r && t.Shape()[1] == c && t.Contiguous()
	}
	if n == 0 || !fits(x, n, columns) || !fits(factor, n, n) {
		return nil, &ml.Error{Where: where, Field: "Rows, Alpha and Factor", Found: "shapes that do not fit", Want: fmt.Sprintf("%d rows", n), Kind: ml.ErrFormat}
	}
	if k == nil {
		return nil, &ml.Error{Where: where, Field: "Kernel", Found: "nil", Want: "a Covariance", Kind: ml.ErrFormat}
	}
	if err := checkCovariance(where, k, columns); err != nil {
		return nil, err
	}
	return &posterior{lot: newLot(x), kernel: k, factor: factor.Data()}, nil
}

// each hands Pᵀ times the covariances of every row of x with the training rows to use, which must be safe for several goroutines, and the row's posterior variance.
func (p *posterior) each(x rows.Rows, use func(i int, projected []float64, variance float64)) {
	const block = 64
	n := p.len()
	par.ForChunks(x.Len(), block, func(_, lo, hi int) {
		m := max(hi-lo, 2) // one product for all sizes: a single row would go another way, with other bits
		k, half, row, own := make([]float64, m*n), make([]float64, m*n), make([]float64, x.Cols()), make([]float64, m)
		for i := lo; i < hi; i++ {
			v, to := x.Row(i, row), k[(i-lo)*n:(i-lo+1)*n]
			p.against(p.kernel, to, v)
			if p.root != nil {
				kern.Mul(to, to, p.root)
			}
			own[i-lo] = p.kernel.Of(v, v, true)
		}
		kern.Gemm(false, false, m, n, n, 1, k, n, p.factor, n, 0, half, n)
		for i := lo; i < hi; i++ {
			h := half[(i-lo)*n : (i-lo+1)*n]
			use(i, h, max(0, own[i-lo]-linalg.Dot(h, h)))
		}
	})
}

// variance is that of one row: k holds its covariances with the training rows and as many zeros, half has as much room.
func (p *posterior) variance(k, half, x []float64) float64 {
	n := p.n
	if p.root != nil {
		kern.Mul(k[:n], k[:n], p.root)
	}
	kern.Gemm(false, false, 2, n, n, 1, k, n, p.factor, n, 0, half, n)
	return max(0, p.kernel.Of(x, x, true)-linalg.Dot(half[:n], half[:n]))
}

func checkDense(where string, f *ml.Fitted, x tensor.Matrix) error {
	if err := checkAsked(where, f, x); err != nil {
		return err
	}
	if rows.Of(x).Sparse() {
		return refuseSparse(where)
	}
	return nil
}

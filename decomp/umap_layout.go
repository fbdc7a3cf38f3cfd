package decomp

import (
	"context"
	"math"
	"math/bits"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/near"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// start is where the layout begins: in a square of side 10.
func (c UMAP) start(ctx context.Context, where string, t ml.Table, p near.Points, from []int, g *edges) ([]float64, error) {
	const side, noise = 10, 1e-4
	if c.Start != nil {
		all, _ := t.X.Dims()
		return checkStart(where, c.Start, all, c.Components, from)
	}
	var y []float64
	switch c.Init {
	case InitRandom:
		y = make([]float64, p.N*c.Components)
		rng.Uniform(rng.New(c.Seed, 0), y, -side, side)
		return y, nil
	case InitPCA:
		y = principalStart(p, c.Components, 1, c.Seed)
	default:
		var err error
		if y, err = spectralStart(ctx, where, p, g, c.Components, c.Seed); err != nil {
			return nil, err
		}
	}
	largest := 0.0
	for _, v := range y {
		largest = max(largest, math.Abs(v))
	}
	if largest > 0 {
		for i := range y {
			y[i] *= side / largest
		}
	}
	jitter(y, noise, c.Seed)
	for k := range c.Components {
		low, high := math.Inf(1), math.Inf(-1)
		for i := k; i < len(y); i += c.Components {
			low, high = min(low, y[i]), max(high, y[i])
		}
		for i := k; i < len(y); i += c.Components {
			if y[i] -= low; high > low {
				y[i] *= side / (high - low)
			}
		}
	}
	return y, nil
}

// layout moves rows epoch by epoch.
type layout struct {
	c      UMAP
	g      *edges // values are shares of the largest weight
	curve  *curve
	y      []float64
	next   []float64 // of the rows whose turn it is
	n      int
	epochs int
	most   float64 // the largest weight
}

// turns are how many groups of rows move one after the other in an epoch.
const turns = 2

func newLayout(c UMAP, g *edges, f *curve, y []float64, epochs int) *layout {
	l := &layout{c: c, curve: f, y: y, n: g.rows(), epochs: epochs}
	for _, v := range g.value {
		l.most = max(l.most, v)
	}
	// Edges that are not due once go.
	l.g = &edges{start: []int{0}}
	for i := range l.n {
		cols, value := g.row(i)
		for e, v := range value {
			if share := v / l.most; share*float64(epochs) >= 1 {
				l.g.cols, l.g.value = append(l.g.cols, cols[e]), append(l.g.value, share)
			}
		}
		l.g.start = append(l.g.start, len(l.g.cols))
	}
	l.next = make([]float64, len(y))
	return l
}

// due tells whether an edge pulls in an epoch: the largest weight does in every one, others in a share of them.
func due(share float64, epoch int) bool {
	return int(share*float64(epoch+1)) > int(share*float64(epoch))
}

func (l *layout) run(ctx context.Context, info *ml.Info) error {
	info.Status = ml.MaxIter
	track := ml.Track(ctx, "epoch", l.epochs)
	each := max(l.epochs/10, 1)
	loss := l.loss()
	for epoch := range l.epochs {
		rate := l.c.LearningRate * (1 - float64(epoch)/float64(l.epochs))
		for turn := range turns {
			l.move(epoch, turn, rate)
		}
		info.Iterations = epoch + 1
		if epoch+1 == l.epochs || (epoch+1)%each == 0 {
			loss = l.loss()
			info.Loss = append(info.Loss, loss)
		}
		stop, err := track.Step(epoch+1, ml.Loss{Train: loss})
		if err != nil {
			return err
		}
		if stop {
			info.Status = ml.Stopped
			return nil
		}
	}
	return nil
}

// move moves every turns-th row: each is pulled along its edges, once for each that is due, and pushed by rows that are drawn. (umap-learn moves both ends of an edge, which is there in
// both directions, so that it pulls twice; with one pull more neighbours are kept.)
func (l *layout) move(epoch, turn int, rate float64) {
	mine := (l.n - turn + turns - 1) / turns
	c := l.c.Components
	cost := 100 + 60*(1+l.c.NegativeSamples)*len(l.g.cols)/l.n/4
	par.For(mine, cost, func(lo, hi int) {
		for k := lo; k < hi; k++ {
			i := turn + k*turns
			if c == 2 {
				l.moveRow2(epoch, i, rate)
				continue
			}
			y := l.next[i*c : (i+1)*c]
			copy(y, l.y[i*c:])
			random := stream(l.c.Seed, uint64(epoch*l.n+i))
			cols, share := l.g.row(i)
			for e, j := range cols {
				if !due(share[e], epoch) {
					continue
				}
				l.curve.pull(y, l.y[int(j)*c:(int(j)+1)*c], rate)
				for range l.c.NegativeSamples {
					if j := random.below(l.n); j != i {
						l.curve.push(y, l.y[j*c:(j+1)*c], rate)
					}
				}
			}
		}
	})
	for i := turn; i < l.n; i += turns { // sooner done than handed out
		copy(l.y[i*c:(i+1)*c], l.next[i*c:(i+1)*c])
	}
}

// moveRow2 is the same in a plane.
func (l *layout) moveRow2(epoch, i int, rate float64) {
	x, y, at := l.y[2*i], l.y[2*i+1], l.y
	random := stream(l.c.Seed, uint64(epoch*l.n+i))
	attract, repel, near, close := l.curve.attract, l.curve.repel, l.curve.near, l.curve.close
	cols, share := l.g.row(i)
	for e, j := range cols {
		if !due(share[e], epoch) {
			continue
		}
		dx, dy := x-at[2*j], y-at[2*j+1]
		if square := float64(dx*dx) + float64(dy*dy); square > 0 {
			p, square := piece(square)
			force := attract[p][0] + float64(attract[p][1]*square)
			fx, fy := force*dx, force*dy
			if square < near {
				fx, fy = clip(fx), clip(fy)
			}
			x -= float64(fx * rate)
			y -= float64(fy * rate)
		}
		for range l.c.NegativeSamples {
			j := random.below(l.n)
			dx, dy := x-at[2*j], y-at[2*j+1]
			square := float64(dx*dx) + float64(dy*dy)
			if square == 0 || j == i {
				continue
			}
			p, square := piece(square)
			force := repel[p][0] + float64(repel[p][1]*square)
			fx, fy := force*dx, force*dy
			if square < close {
				fx, fy = clip(fx), clip(fy)
			}
			x += float64(fx * rate)
			y += float64(fy * rate)
		}
	}
	l.next[2*i], l.next[2*i+1] = x, y
}

// loss is the mean cross-entropy of the edges.
func (l *layout) loss() float64 {
	if len(l.g.cols) == 0 {
		return 0
	}
	c := l.c.Components
	sum := par.Reduce(l.n, 256, func(_, lo, hi int) float64 {
		edges := l.g.start[hi] - l.g.start[lo]
		near, far := make([]float64, 0, edges), make([]float64, edges)
		for i := lo; i < hi; i++ {
			cols, _ := l.g.row(i)
			for _, j := range cols {
				square := 0.0
				for k := range c {
					d := l.y[i*c+k] - l.y[int(j)*c+k]
					square += float64(d * d)
				}
				near = append(near, square)
			}
		}
		l.curve.weights(near)
		for e, q := range near {
			near[e], far[e] = max(q, 1e-12), max(1-q, 1e-12)
		}
		kern.LogPortable(near, near)
		kern.LogPortable(far, far)
		sum := 0.0
		for e, share := range l.g.value[l.g.start[lo]:l.g.start[hi]] {
			w := float64(share * l.most)
			sum -= float64(w*near[e]) + float64((1-w)*far[e])
		}
		return sum
	}, func(a, b float64) float64 { return a + b })
	return sum / float64(len(l.g.cols))
}

// random is a fast stream of numbers: splitmix64 (Steele, Lea and Flood, OOPSLA 2014).
type random uint64

// stream is that of a task.
func stream(seed, task uint64) random { return random(rng.Key(seed, task)) }

func (r *random) below(n int) int {
	*r += 0x9e3779b97f4a7c15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	hi, _ := bits.Mul64(z^z>>31, uint64(n))
	return int(hi)
}

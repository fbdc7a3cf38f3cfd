package datasets

import (
	"fmt"
	"math/rand/v2"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

// Classification draws classes made of Gaussian clusters on the corners of a hypercube, among columns that repeat or
// merely add noise: the design of the Madelon set (I. Guyon, Design of experiments for the NIPS 2003 variable selection
// benchmark, 2003), as scikit-learn's make_classification.
//
// Each cluster c has a corner v of {-Separation, Separation}^Informative of its own and a matrix A with entries uniform in
// [-1, 1); its rows have the informative part zA + v with z standard normal. The redundant columns are the informative part
// times a matrix with entries uniform in [-1, 1), a repeated column copies an informative or redundant one drawn at
// random, and all others are standard normal noise. Cluster c belongs to class c mod Classes.
//
// Columns are named for what they are (informative0, redundant1, repeated0, noise3), wherever shuffling puts them.
type Classification struct {
	Rows             int       // 0 means 100
	Features         int       // all columns; 0 means 20
	Informative      int       // 0 means 2
	Redundant        int       // 0: none
	Repeated         int       // 0: none; the columns left over are noise
	Classes          int       // 0 means 2
	ClustersPerClass int       // 0 means 2; Classes*ClustersPerClass must not exceed 2^Informative
	Weights          []float64 // the share of rows of each class, summing to 1; nil: equal shares
	Flip             float64   // the share of rows whose class is redrawn uniformly from all classes; 0: none
	Separation       float64   // half the edge of the hypercube; 0 means 1
	Polytope         bool      // stretch the corners by uniform [0, 1) factors for each cluster and each column; false: a hypercube
	Shift            float64   // added to every column before Scale; 0: none
	Scale            float64   // multiplies every column; 0 means 1
	RandomShift      bool      // shift each column by a value of its own, uniform in [-Separation, Separation); Shift must be 0
	RandomScale      bool      // scale each column by a value of its own, uniform in [1, 100); Scale must be 0
	NoShuffle        bool      // keep rows by cluster and columns in the order informative, redundant, repeated, noise
	Seed             uint64
}

// Make draws the set. Y is the class; class counts follow Weights to within ClustersPerClass rows before Flip.
func (c Classification) Make() (ml.Dataset[int], error) {
	p := params{where: "datasets.Classification.Make"}
	c.Rows = p.count("Rows", c.Rows, 100, 1)
	c.Features = p.count("Features", c.Features, 20, 1)
	c.Informative = p.count("Informative", c.Informative, 2, 1)
	c.Classes = p.count("Classes", c.Classes, 2, 1)
	c.ClustersPerClass = p.count("ClustersPerClass", c.ClustersPerClass, 2, 1)
	p.natural("Redundant", c.Redundant)
	p.natural("Repeated", c.Repeated)
	p.share("Flip", c.Flip)
	c.Separation = p.positive("Separation", c.Separation, 1)
	c.checkAffine(&p)
	p.size("Rows", c.Rows, c.Features)
	p.size("Features", c.Features, max(c.Informative, 1))
	p.size("Classes", c.Classes, c.ClustersPerClass)
	// By subtraction, since the sum of three ints may overflow.
	left := c.Features - c.Informative
	if p.err == nil && (left < 0 || c.Redundant > left || c.Repeated > left-c.Redundant) {
		p.reject("Features", c.Features, fmt.Sprintf("at least Informative + Redundant + Repeated: %d + %d + %d", c.Informative, c.Redundant, c.Repeated))
	}
	clusters := c.Classes * c.ClustersPerClass
	if p.err == nil && c.Informative < 31 && clusters > 1<<c.Informative {
		p.reject("Informative", c.Informative, fmt.Sprintf("enough for %d clusters (Classes x ClustersPerClass) on 2^Informative corners", clusters))
	}
	if p.err == nil {
		p.size("Classes", clusters, c.Informative*c.Informative)
		c.checkWeights(&p)
	}
	if p.err != nil {
		return ml.Dataset[int]{}, p.err
	}
	return c.draw(), nil
}

func (c *Classification) checkAffine(p *params) {
	p.finite("Shift", c.Shift)
	p.finite("Scale", c.Scale)
	if c.RandomShift && c.Shift != 0 {
		p.reject("Shift", c.Shift, "0 with RandomShift")
	}
	if c.RandomScale && c.Scale != 0 {
		p.reject("Scale", c.Scale, "0 with RandomScale")
	}
	if c.Scale == 0 {
		c.Scale = 1
	}
}

func (c *Classification) checkWeights(p *params) {
	if c.Weights == nil {
		c.Weights = make([]float64, c.Classes)
		for k := range c.Weights {
			c.Weights[k] = 1 / float64(c.Classes)
		}
	}
	if len(c.Weights) != c.Classes {
		p.reject("Weights", fmt.Sprintf("a list of %d", len(c.Weights)), fmt.Sprintf("%d, one for each class", c.Classes))
		return
	}
	sum := 0.0
	for k, w := range c.Weights {
		p.share(fmt.Sprintf("Weights[%d]", k), w)
		sum += w
	}
	if sum < 1-1e-9 || sum > 1+1e-9 {
		p.reject("Weights", c.Weights, "shares that sum to 1")
	}
}

func (c Classification) draw() ml.Dataset[int] {
	model, shuffle := rng.New(c.Seed, streamModel), rng.New(c.Seed, streamShuffle)
	clusters := c.Classes * c.ClustersPerClass
	corner := c.corners(model, clusters)
	mixing := make([][]float64, clusters)
	for k := range mixing {
		mixing[k] = uniforms(model, c.Informative*c.Informative)
	}
	redundant := uniforms(model, c.Informative*c.Redundant)
	source := make([]int, c.Repeated)
	for j := range source {
		source[j] = model.IntN(c.Informative + c.Redundant)
	}
	shift, scale := c.affine(model)

	cluster := c.assign(clusters)
	if !c.NoShuffle {
		rng.Shuffle(shuffle, cluster)
	}
	place := order(shuffle, c.Features, c.NoShuffle)

	x := make([]float64, c.Rows*c.Features)
	y := make([]int, c.Rows)
	eachChunk(c.Rows, c.Seed, func(r *rand.Rand, lo, hi int) {
		z := make([]float64, c.Informative)
		row := make([]float64, c.Features)
		for i := lo; i < hi; i++ {
			k := cluster[i]
			rng.Normal(r, z, 0, 1)
			inf := row[:c.Informative]
			multiply(inf, z, mixing[k])
			for j, v := range corner[k] {
				inf[j] += v
			}
			multiply(row[c.Informative:c.Informative+c.Redundant], inf, redundant)
			for j, s := range source {
				row[c.Informative+c.Redundant+j] = row[s]
			}
			rng.Normal(r, row[c.Informative+c.Redundant+c.Repeated:], 0, 1)
			out := x[i*c.Features : (i+1)*c.Features]
			for j, v := range row {
				out[place[j]] = (v + shift[j]) * scale[j]
			}
			y[i] = k % c.Classes
			if r.Float64() < c.Flip {
				y[i] = r.IntN(c.Classes)
			}
		}
	})
	d := ml.Data(tensor.FromSlice(x, c.Rows, c.Features), y)
	d.Columns = nameColumns(place, part{"informative", c.Informative}, part{"redundant", c.Redundant},
		part{"repeated", c.Repeated}, part{"noise", c.Features})
	d.Classes = classNames(c.Classes)
	return d
}

// corners picks a different corner of the hypercube for each cluster.
func (c Classification) corners(r *rand.Rand, clusters int) [][]float64 {
	taken := make(map[string]bool, clusters)
	out := make([][]float64, 0, clusters)
	signs := make([]byte, c.Informative)
	for len(out) < clusters {
		for j := range signs {
			signs[j] = byte(r.IntN(2))
		}
		if taken[string(signs)] {
			continue
		}
		taken[string(signs)] = true
		v := make([]float64, c.Informative)
		for j, s := range signs {
			v[j] = c.Separation * float64(2*int(s)-1)
		}
		out = append(out, v)
	}
	if c.Polytope {
		each := make([]float64, c.Informative)
		rng.Uniform(r, each, 0, 1)
		for _, v := range out {
			f := r.Float64()
			for j := range v {
				v[j] *= f * each[j]
			}
		}
	}
	return out
}

// assign deals the rows out to the clusters by the shares of their classes; what rounding leaves goes around.
func (c Classification) assign(clusters int) []int {
	of := make([]int, 0, c.Rows)
	for k := range clusters {
		for range int(float64(c.Rows) * c.Weights[k%c.Classes] / float64(c.ClustersPerClass)) {
			of = append(of, k)
		}
	}
	for k := 0; len(of) < c.Rows; k = (k + 1) % clusters {
		if c.Weights[k%c.Classes] > 0 {
			of = append(of, k)
		}
	}
	return of[:c.Rows]
}

func (c Classification) affine(r *rand.Rand) (shift, scale []float64) {
	shift, scale = make([]float64, c.Features), make([]float64, c.Features)
	for j := range shift {
		shift[j], scale[j] = c.Shift, c.Scale
		if c.RandomShift {
			shift[j] = uniform(r, -c.Separation, c.Separation)
		}
		if c.RandomScale {
			scale[j] = uniform(r, 1, 100)
		}
	}
	return shift, scale
}

// uniforms draws n numbers of [-1, 1).
func uniforms(r *rand.Rand, n int) []float64 {
	v := make([]float64, n)
	rng.Uniform(r, v, -1, 1)
	return v
}

// multiply sets dst to the row x times the matrix a, which is len(x) x len(dst).
func multiply(dst, x, a []float64) {
	clear(dst)
	for i, v := range x {
		for j, w := range a[i*len(dst) : (i+1)*len(dst)] {
			dst[j] += v * w
		}
	}
}

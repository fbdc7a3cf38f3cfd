package datasets

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

// RankingQueries draws queries with documents to rank: Group is the query of each row, Y its relevance from 0 to 4.
//
// A document has standard normal traits z. Its relevance is graded on s = (w z + Noise e) / sqrt(1 + Noise^2), where w is a random
// direction in the Informative traits and e is standard normal: s is standard normal, and grades 0 to 4 fall to 50, 25,
// 15, 7 and 3 percent of all documents. Column j shows a t(z[j]) + b, where t is the identity, exp or the cube (j mod 3 = 0,
// 1, 2), and a = exp(0.3 g) and b = g are drawn for each query and column, g standard normal: values compare within a
// query, not between queries. A query has 1 + Poisson(Documents - 1) documents.
//
// Columns are named informative0.. and noise0...
type RankingQueries struct {
	Queries     int     // 0 means 100
	Documents   int     // mean number of documents of a query; 0 means 20
	Features    int     // 0 means 20
	Informative int     // columns that carry relevance, the first ones; 0 means 5, or Features if that is less
	Noise       float64 // standard deviation of e against w z; 0: none
	Seed        uint64
}

// gradeAbove are the normal quantiles of 50, 75, 90 and 97 percent.
var gradeAbove = [4]float64{0, 0.6744897501960817, 1.2815515655446004, 1.8807936081512509}

// Make draws the queries, one after the other.
func (q RankingQueries) Make() (ml.Dataset[float64], error) {
	p := params{where: "datasets.RankingQueries.Make"}
	q.Queries = p.count("Queries", q.Queries, 100, 1)
	q.Documents = p.count("Documents", q.Documents, 20, 1)
	q.Features = p.count("Features", q.Features, 20, 1)
	q.Informative = p.count("Informative", q.Informative, min(5, q.Features), 1)
	if p.err == nil && q.Informative > q.Features {
		p.reject("Informative", q.Informative, fmt.Sprintf("<= %d, the Features", q.Features))
	}
	p.nonNegative("Noise", q.Noise)
	p.size("Documents", q.Documents, q.Features)
	if p.err == nil {
		p.size("Queries", q.Queries, q.Documents*q.Features)
	}
	if p.err != nil {
		return ml.Dataset[float64]{}, p.err
	}

	model := rng.New(q.Seed, streamModel)
	w := orthonormal(model, 1, q.Informative)[0]
	start := make([]int, q.Queries+1)
	for i := range q.Queries {
		start[i+1] = start[i] + 1
		if q.Documents > 1 {
			start[i+1] += poisson(model, float64(q.Documents-1))
		}
	}
	rows := start[q.Queries]
	x := make([]float64, rows*q.Features)
	d := ml.Data(tensor.FromSlice(x, rows, q.Features), make([]float64, rows))
	d.Group = make([]int, rows)
	d.Columns = nameColumns(order(nil, q.Features, true), part{"informative", q.Informative}, part{"noise", q.Features})
	par.For(q.Queries, 20*q.Documents*q.Features, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			r := rng.New(q.Seed, streamRows+uint64(i))
			q.query(r, w, x[start[i]*q.Features:start[i+1]*q.Features], d.Y[start[i]:start[i+1]])
			for row := start[i]; row < start[i+1]; row++ {
				d.Group[row] = i
			}
		}
	})
	return d, nil
}

// query draws the documents of one query.
func (q RankingQueries) query(r *rand.Rand, w, x, y []float64) {
	stretch, offset := make([]float64, q.Features), make([]float64, q.Features)
	for j := range stretch {
		stretch[j], offset[j] = math.Exp(0.3*r.NormFloat64()), r.NormFloat64()
	}
	signal := 1 / math.Hypot(1, q.Noise)
	for i := range y {
		z := x[i*q.Features : (i+1)*q.Features]
		fillNormal(r, z)
		s := signal * (dot(w, z) + q.Noise*r.NormFloat64())
		for _, above := range gradeAbove {
			if s > above {
				y[i]++
			}
		}
		for j, v := range z {
			switch j % 3 {
			case 1:
				v = math.Exp(v)
			case 2:
				v = v * v * v
			}
			z[j] = stretch[j]*v + offset[j]
		}
	}
}

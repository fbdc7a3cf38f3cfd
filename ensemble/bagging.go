package ensemble

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/folds"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// bagging is what all bagging configs have in common.
type bagging[Y any] struct {
	where           string
	config          any
	learn           func(config any) learner[Y]
	members         int
	rows, columns   float64
	pasting, repeat bool
	oob             bool
	seed            uint64
	answers         answers[Y]
	strata          func(y []Y) [][]int // nil: all rows are drawn from together
	score           func(y, pred []Y, weight ...float64) float64
}

// bagged is what fitting a bag gives.
type bagged[Y any] struct {
	members   []ml.Predictor[Y]
	subspaces [][]int
	oob       OutOfBag
}

// bagMember is one member, with the rows that it was fitted to, and what it says of the others.
type bagMember[Y any] struct {
	model   ml.Predictor[Y]
	rows    []int
	answers *tensor.Tensor[float64]
}

// begin checks the config and the data, and puts the defaults in place of zeros.
func (b *bagging[Y]) begin(d ml.Dataset[Y], accept ml.Accepts) error {
	switch {
	case b.members < 0:
		return ml.BadConfig(b.where, "Members", b.members, ">= 1, or 0 for 10")
	case !(b.rows >= 0 && b.rows <= 1):
		return ml.BadConfig(b.where, "Rows", b.rows, "a share above 0, up to 1, or 0 for 1")
	case !(b.columns >= 0 && b.columns <= 1):
		return ml.BadConfig(b.where, "Columns", b.columns, "a share above 0, up to 1, or 0 for 1")
	case b.oob && b.pasting && (b.rows == 0 || b.rows == 1) && b.strata == nil:
		return ml.BadConfig(b.where, "OOB", true, "false where every member is fitted to all rows")
	}
	b.members = cmp.Or(b.members, 10)
	b.rows, b.columns = cmp.Or(b.rows, 1), cmp.Or(b.columns, 1)
	return d.Check(b.where, accept)
}

// fit draws for and fits each member.
func (b *bagging[Y]) fit(ctx context.Context, all ml.Dataset[Y]) (*bagged[Y], error) {
	d := all.Present()
	_, p := d.X.Dims()
	u := b.urn(d)
	out := &bagged[Y]{}
	if b.columns < 1 || b.repeat {
		out.subspaces = make([][]int, b.members)
		for i := range out.subspaces {
			out.subspaces[i] = drawSubspace(rng.New(rng.Key(b.seed, drawColumns), uint64(i)), p, b.columns, b.repeat)
		}
	}
	parts, err := fitEach(ctx, b.where, "member", b.members, func(ctx context.Context, i int) (bagMember[Y], error) {
		rows, weight := b.draw(u, d, i)
		own := d
		if rows != nil {
			own = d.Select(rows)
			own.Weight = weight
		}
		if out.subspaces != nil {
			own = own.SelectColumns(out.subspaces[i])
		}
		m, err := b.learn(reseeded(b.config, b.seed, uint64(i))).fit(ctx, own)
		if err != nil || !b.oob {
			return bagMember[Y]{model: m}, err
		}
		left, err := b.leftOut(d, rows, out.subspaces, i, m)
		return bagMember[Y]{m, rows, left}, err
	})
	if err != nil {
		return nil, err
	}
	for _, part := range parts {
		out.members = append(out.members, part.model)
	}
	if !b.oob {
		return out, nil
	}
	out.oob = b.outOfBag(all, d, parts)
	return out, nil
}

// urn is where rows are drawn from; nil if every member gets all of them.
func (b *bagging[Y]) urn(d ml.Dataset[Y]) *urn {
	if b.strata != nil {
		return newUrn(b.strata(d.Y), b.rows, !b.pasting, d.Weight)
	}
	if b.pasting && b.rows == 1 {
		return nil
	}
	every := make([]int, d.Rows())
	for i := range every {
		every[i] = i
	}
	return newUrn([][]int{every}, b.rows, !b.pasting, d.Weight)
}

// draw gives the rows of member i and their weights: with replacement how often a row was drawn, else its own. A draw of a single class, which few methods
// can learn from, is made again where there are more.
func (b *bagging[Y]) draw(u *urn, d ml.Dataset[Y], i int) (drawn []int, weight []float64) {
	if u == nil {
		return nil, nil
	}
	r := rng.New(rng.Key(b.seed, drawRows), uint64(i))
	codes, classes := any(d.Y).([]int)
	for range 100 {
		drawn, weight = u.draw(r, d.Rows())
		if !classes || varied(codes, drawn) || !varied(codes, nil) {
			break
		}
	}
	if u.replace {
		return drawn, weight
	}
	if d.Weight == nil {
		return drawn, nil
	}
	for k, row := range drawn {
		weight[k] = d.Weight[row]
	}
	return drawn, weight
}

// varied says whether there are two classes in the given rows; nil: in all.
func varied(y, rows []int) bool {
	if rows == nil {
		for _, c := range y {
			if c != y[0] {
				return true
			}
		}
		return false
	}
	for _, i := range rows {
		if y[i] != y[rows[0]] {
			return true
		}
	}
	return false
}

// leftOut is what a member says of the rows that it was not fitted to.
func (b *bagging[Y]) leftOut(d ml.Dataset[Y], drawn []int, subspaces [][]int, i int, m ml.Predictor[Y]) (*tensor.Tensor[float64], error) {
	rest := folds.Complement(d.Rows(), drawn)
	if len(rest) == 0 {
		return tensor.New[float64](0, b.answers.width), nil
	}
	x := rows.Select(d.X, rest)
	if subspaces != nil {
		x = rows.SelectCols(x, subspaces[i])
	}
	return b.answers.of(b.where, m, x)
}

// outOfBag averages the answers and scores them. d are the rows of all that have weight.
func (b *bagging[Y]) outOfBag(all, d ml.Dataset[Y], parts []bagMember[Y]) OutOfBag {
	width := b.answers.width
	sum, times := tensor.New[float64](d.Rows(), width), make([]int32, d.Rows())
	for _, part := range parts {
		for k, row := range folds.Complement(d.Rows(), part.rows) {
			times[row]++
			for j, v := range part.answers.Row(k) {
				sum.Row(row)[j] += v
			}
		}
	}
	b.answers.finish(sum, func(i int) float64 { return float64(times[i]) })
	out := OutOfBag{Score: math.NaN(), Count: make([]int32, all.Rows()), Value: make([]float64, all.Rows()*width)}
	var y, pred []Y
	var weight []float64
	at := 0
	for i := range all.Rows() {
		to := out.Value[i*width : (i+1)*width]
		absent := all.Weight != nil && all.Weight[i] == 0
		if absent || times[at] == 0 {
			for j := range to {
				to[j] = math.NaN()
			}
		} else {
			copy(to, sum.Row(at))
			out.Count[i] = times[at]
			y, pred = append(y, d.Y[at]), append(pred, b.answers.decide(to))
			if d.Weight != nil {
				weight = append(weight, d.Weight[at])
			}
		}
		if !absent {
			at++
		}
	}
	if len(y) > 0 {
		out.Score = b.score(y, pred, weight...)
	}
	return out
}

// checkBagged checks what a bagged model that was read from a file is made of.
func checkBagged[Y any](where string, f *ml.Fitted, width int, members []ml.Predictor[Y], subspaces [][]int, oob *OutOfBag) error {
	if len(members) == 0 || subspaces != nil && len(subspaces) != len(members) || width < 1 {
		return ml.BadFile(where, "Members and Subspaces", fmt.Sprintf("%d and %d, of %d answers", len(members), len(subspaces), width), "at least one member, as many subspaces or none, and at least one answer")
	}
	for i, m := range members {
		features := f.Info.Features
		if subspaces != nil {
			for _, j := range subspaces[i] {
				if j < 0 || j >= features {
					return ml.BadFile(where, fmt.Sprintf("Subspaces[%d]", i), fmt.Sprintf("of column %d", j), fmt.Sprintf("columns 0 to %d", features-1))
				}
			}
			features = len(subspaces[i])
		}
		if err := ml.CheckInside(where, features, m); err != nil {
			return err
		}
	}
	if len(oob.Value) != len(oob.Count)*width {
		return ml.BadFile(where, "OOB", fmt.Sprintf("%d answers for %d rows", len(oob.Value), len(oob.Count)), fmt.Sprintf("%d for each row", width))
	}
	return nil
}

// askBag is the mean answer of the members.
func askBag[Y any](where string, f *ml.Fitted, a answers[Y], members []ml.Predictor[Y], subspaces [][]int, x tensor.Matrix) (*tensor.Tensor[float64], error) {
	if err := ml.CheckPredict(where, f, x); err != nil {
		return nil, err
	}
	if subspaces != nil { // no member may see the column of a bad number
		if err := ml.CheckFinite(where, f, x, ml.AcceptsOf(f.Config).Missing); err != nil {
			return nil, err
		}
	}
	return a.mean(where, members, nil, subspaces, x)
}

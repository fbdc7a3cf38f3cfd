package features

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// SMOTE makes rows of the smaller classes, until they have as many rows as the largest class: each lies on the way from a row of the class to one of its
// K nearest neighbours in the class.
//
// Categorical columns are allowed (SMOTE-NC): a made row has the category that most of the neighbours have, and different categories lie apart by the median standard deviation of the
// smallest class's numeric columns. Scale the columns first. The original rows stay, in order, and made ones follow, class by class, with the weight and group of the row they begin at. Rows of weight 0
// are neither counted nor used. A class needs at least 2 rows. CSR and missing values are errors. O(rows of the class squared * columns).
//
// In a pipeline it is a stage, ml.Resample(features.SMOTE{}), which only training rows pass: made rows in a test set would be copies of what was learned.
//
// Chawla et al.: SMOTE: Synthetic minority over-sampling technique. Journal of Artificial Intelligence Research 16 (2002).
type SMOTE struct {
	K     int     // neighbours; zero: 5, and never more than there are
	Ratio float64 // of a smaller class to the largest afterwards, in 0..1; zero: 1. A class that has as many already stays
	Seed  uint64
}

// BorderlineSMOTE is SMOTE from those rows alone of whose M nearest neighbours in the whole set at least half, but not all, are of other classes: the border is where a classifier
// needs more rows, and rows among strangers are noise. A class without such rows stays as it is. This is Borderline-SMOTE1.
//
// Han, Wang, Mao: Borderline-SMOTE. International Conference on Intelligent Computing 2005.
type BorderlineSMOTE struct {
	K     int     // neighbours in the class; zero: 5
	M     int     // neighbours in the whole set; zero: 10
	Ratio float64 // as in SMOTE
	Seed  uint64
}

// ADASYN is SMOTE with more rows made from rows that have more neighbours of other classes. Their number is the class's lack, up to rounding for each row; a class whose rows have no
// such neighbour stays as it is.
//
// He, Bai, Garcia, Li: ADASYN: Adaptive synthetic sampling approach for imbalanced learning. IJCNN 2008.
type ADASYN struct {
	K     int     // neighbours, in the whole set and in the class; zero: 5
	Ratio float64 // as in SMOTE
	Seed  uint64
}

// Resample returns the rows to learn from.
func (c SMOTE) Resample(ctx context.Context, d ml.Dataset[int]) (ml.Dataset[int], error) {
	o, err := newOversampling(ctx, "features.SMOTE.Resample", d, c.K, c.Ratio, c.Seed)
	if err != nil {
		return d, err
	}
	for k, members := range o.members {
		if err := o.draw(k, members); err != nil {
			return d, err
		}
	}
	return o.dataset(), nil
}

// Resample returns the rows to learn from.
func (c BorderlineSMOTE) Resample(ctx context.Context, d ml.Dataset[int]) (ml.Dataset[int], error) {
	const where = "features.BorderlineSMOTE.Resample"
	if err := checkNeighbors(where, "M", c.M); err != nil {
		return d, err
	}
	o, err := newOversampling(ctx, where, d, c.K, c.Ratio, c.Seed)
	if err != nil {
		return d, err
	}
	for k, members := range o.members {
		if o.lacking(k) == 0 {
			continue
		}
		var danger []int
		for q, near := range o.h.nearest(members, o.used, orDefault(c.M, 10)) {
			if others := strangers(d.Y, members[q], near); 2*others >= len(near) && others < len(near) {
				danger = append(danger, members[q])
			}
		}
		if err := o.draw(k, danger); err != nil {
			return d, err
		}
	}
	return o.dataset(), nil
}

// Resample returns the rows to learn from.
func (c ADASYN) Resample(ctx context.Context, d ml.Dataset[int]) (ml.Dataset[int], error) {
	o, err := newOversampling(ctx, "features.ADASYN.Resample", d, c.K, c.Ratio, c.Seed)
	if err != nil {
		return d, err
	}
	for k, members := range o.members {
		lack := o.lacking(k)
		if lack == 0 {
			continue
		}
		share, total := make([]float64, len(members)), 0.0
		for q, near := range o.h.nearest(members, o.used, o.k) {
			share[q] = float64(strangers(d.Y, members[q], near)) / float64(len(near))
			total += share[q]
		}
		if total == 0 {
			continue
		}
		count := make([]int, len(members))
		for q := range count {
			count[q] = int(math.RoundToEven(share[q] / total * float64(lack)))
		}
		if err := o.make(k, members, count); err != nil {
			return d, err
		}
	}
	return o.dataset(), nil
}

// strangers counts the neighbours of other classes.
func strangers(y []int, row int, near []neighbor) int {
	others := 0
	for _, n := range near {
		if y[n.row] != y[row] {
			others++
		}
	}
	return others
}

// oversampling is what the three share.
type oversampling struct {
	*balance
	synthetic
	where string
	h     *neighborhood
	used  []int // all rows of positive weight
	k     int
	seed  uint64
}

func newOversampling(ctx context.Context, where string, d ml.Dataset[int], k int, ratio float64, seed uint64) (*oversampling, error) {
	if err := checkNeighbors(where, "K", k); err != nil {
		return nil, err
	}
	b, err := newBalance(ctx, where, d, ratio, ml.Accepts{Categorical: true})
	if err != nil {
		return nil, err
	}
	if err := denseRows(where, d); err != nil {
		return nil, err
	}
	penalty, err := categoryPenalty(where, d, b)
	if err != nil {
		return nil, err
	}
	o := &oversampling{balance: b, synthetic: synthetic{d: d}, where: where, h: newNeighborhood(d.Table, penalty), k: orDefault(k, 5), seed: seed}
	for _, m := range b.members {
		o.used = append(o.used, m...)
	}
	slices.Sort(o.used)
	return o, nil
}

// draw makes the rows that class k lacks from rows drawn at random among bases.
func (o *oversampling) draw(k int, bases []int) error {
	lack := o.lacking(k)
	if lack == 0 || len(bases) == 0 {
		return nil
	}
	r := rng.New(o.seed, uint64(2*k))
	count := make([]int, len(bases))
	for range lack {
		count[r.IntN(len(bases))]++
	}
	return o.make(k, bases, count)
}

// make makes count[q] rows from bases[q], each on the way to a neighbour in class k.
func (o *oversampling) make(k int, bases, count []int) error {
	if len(o.members[k]) < 2 {
		return ml.BadShape(o.where, "Y", fmt.Sprintf("with 1 row of class %d", k), "at least 2, to make rows between; or RandomOverSampler")
	}
	r := rng.New(o.seed, uint64(2*k+1))
	near := o.h.nearest(bases, o.members[k], o.k)
	for q, base := range bases {
		for range count[q] {
			o.x = append(o.x, between(o.d, base, near[q], r))
			o.class, o.base = append(o.class, k), append(o.base, base)
		}
	}
	return nil
}

func init() {
	ml.Register[RandomOverSampler]("features.RandomOverSampler")
	ml.Register[RandomUnderSampler]("features.RandomUnderSampler")
	ml.Register[SMOTE]("features.SMOTE")
	ml.Register[BorderlineSMOTE]("features.BorderlineSMOTE")
	ml.Register[ADASYN]("features.ADASYN")
	ml.Register[TomekLinks]("features.TomekLinks")
	ml.Register[EditedNearestNeighbours]("features.EditedNearestNeighbours")
	ml.Register[NearMiss]("features.NearMiss")
}

package ope

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/tensor"
)

// Regression learns rewards from the log: where candidates have features, one model over context and features; else one over the context for each arm (by name, or by
// place where there are none). What is expected in a round comes from models that did not see it: of each of Folds parts of the log, from the other parts. So
// the doubly robust estimators stay unbiased with any model.
type Regression struct {
	Base  ml.AnyRegressor // ml.Regress of any config; zero: linear.Ridge{Alpha: 1}
	Folds int             // 2 or more; 0: 5. Rounds i, i+Folds, i+2·Folds... are a part
}

// Expect fits and predicts.
func (c Regression) Expect(ctx context.Context, rounds []Round) ([][]float64, error) {
	return c.expect(ctx, rounds, nil)
}

// expect fits with a weight for each round; nil: all weigh the same.
func (c Regression) expect(ctx context.Context, rounds []Round, weight []float64) ([][]float64, error) {
	const where = "ope.Regression"
	if c.Folds == 0 {
		c.Folds = 5
	}
	if c.Folds < 2 {
		return nil, ml.BadConfig(where, "Folds", c.Folds, "2 or more")
	}
	if c.Base.Config == nil {
		c.Base = ml.Regress(linear.Ridge{Alpha: 1})
	}
	width := rowWidth(&rounds[0])
	q := make([][]float64, len(rounds))
	for i := range rounds {
		if w := rowWidth(&rounds[i]); w != width {
			return nil, ml.BadShape(where, fmt.Sprintf("round %d", i), fmt.Sprintf("%d numbers of context and features", w), fmt.Sprint(width))
		}
		q[i] = make([]float64, rounds[i].Candidates())
	}
	for fold := range min(c.Folds, len(rounds)) {
		if err := c.fold(ctx, rounds, weight, q, fold, width); err != nil {
			return nil, err
		}
	}
	return q, nil
}

func rowWidth(r *Round) int {
	n := len(r.Context)
	if len(r.Features) > 0 {
		n += len(r.Features[0])
	}
	return n
}

// key says which model speaks for a candidate.
func (r *Round) key(i int) string {
	switch {
	case r.Features != nil:
		return ""
	case r.Arms != nil:
		return r.Arms[i]
	}
	return fmt.Sprint(i)
}

func (r *Round) appendRow(dst []float64, i int) []float64 {
	dst = append(dst, r.Context...)
	if r.Features != nil {
		dst = append(dst, r.Features[i]...)
	}
	return dst
}

// part is the rows of one model.
type part struct {
	x, y, w []float64
	at      [][2]int // round and candidate of each row
}

func (p *part) add(r *Round, round, candidate int) {
	p.x = r.appendRow(p.x, candidate)
	p.at = append(p.at, [2]int{round, candidate})
}

func (c Regression) fold(ctx context.Context, rounds []Round, weight []float64, q [][]float64, fold, width int) error {
	train, ask := map[string]*part{}, map[string]*part{}
	var order []string // of models, so that errors and progress come in one order
	sum, n := 0.0, 0.0
	of := func(m map[string]*part, key string) *part {
		if m[key] == nil {
			m[key] = &part{}
		}
		return m[key]
	}
	for i := range rounds {
		r := &rounds[i]
		if i%c.Folds == fold {
			for a := range q[i] {
				key := r.key(a)
				if ask[key] == nil {
					order = append(order, key)
				}
				of(ask, key).add(r, i, a)
			}
			continue
		}
		w := 1.0
		if weight != nil {
			w = weight[i]
		}
		sum += float64(w * r.Reward)
		n += w
		if w == 0 {
			continue
		}
		p := of(train, r.key(r.Choice))
		p.add(r, i, r.Choice)
		p.y, p.w = append(p.y, r.Reward), append(p.w, w)
	}
	mean := 0.0 // what is expected of arms that were never chosen
	if n > 0 {
		mean = sum / n
	}
	for _, key := range order {
		rows := ask[key]
		p, err := c.predict(ctx, train[key], rows, width, mean)
		if err != nil {
			return err
		}
		for k, at := range rows.at {
			q[at[0]][at[1]] = p[k]
		}
	}
	return nil
}

func (c Regression) predict(ctx context.Context, train, rows *part, width int, mean float64) ([]float64, error) {
	out := make([]float64, len(rows.at))
	if train == nil || width == 0 || len(train.y) < 2 {
		if train != nil {
			sum, n := 0.0, 0.0
			for i, v := range train.y {
				sum += float64(train.w[i] * v)
				n += train.w[i]
			}
			mean = sum / n
		}
		for i := range out {
			out[i] = mean
		}
		return out, nil
	}
	d := ml.Data(tensor.FromSlice(train.x, len(train.y), width), train.y)
	d.Weight = train.w
	model, err := c.Base.Fit(ctx, d)
	if err != nil {
		return nil, err
	}
	return model.Predict(tensor.FromSlice(rows.x, len(rows.at), width))
}

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
		if err := c.fold(ctx, rounds, q, fold, width); err != nil {
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
	x, y []float64
	at   [][2]int // round and candidate of each row
}

func (p *part) add(r *Round, round, candidate int) {
	p.x = r.appendRow(p.x, candidate)
	p.at = append(p.at, [2]int{round, candidate})
}

func (c Regression) fold(ctx context.Context, rounds []Round, q [][]float64, fold, width int) error {
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
		p := of(train, r.key(r.Choice))
		p.add(r, i, r.Choice)
		p.y = append(p.y, r.Reward)
		sum += r.Reward
		n++
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
			mean = 0
			for _, v := range train.y {
				mean += v / float64(len(train.y))
			}
		}
		for i := range out {
			out[i] = mean
		}
		return out, nil
	}
	model, err := c.Base.Fit(ctx, ml.Data(tensor.FromSlice(train.x, len(train.y), width), train.y))
	if err != nil {
		return nil, err
	}
	return model.Predict(tensor.FromSlice(rows.x, len(rows.at), width))
}

package explain

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// Sampled is what all explainers of any model have in common. A column that is left out has the value of a background row, and answers are averaged over the background:
// the cost is the number of sets that are asked times the rows of the background, in answers of the model, for each row.
type Sampled struct {
	Background ml.Table // rows that stand for "unknown", at least one, with Weight if they have any; a hundred are usual
	Groups     []Group  // columns that come and go together, and have one value; nil: each column by itself. What is in no group is by itself, behind them
}

// asker asks a model about sets of players: columns, or groups of them.
type asker struct {
	where      string
	model      Model
	columns    []ml.Column
	outputs    []string
	background *tensor.Tensor[float64]
	weight     []float64 // adds up to 1
	players    []Group
	base       []float64
	features   int
}

func (s Sampled) asker(where string, m Model) (*asker, error) {
	t := s.Background
	if rows.IsNil(t.X) {
		return nil, ml.BadConfig(where, "Background", "missing", "rows that stand for what is not known")
	}
	if err := t.Check(where, ml.Accepts{Missing: true, Categorical: true}); err != nil {
		return nil, err
	}
	meta := metaOf(m)
	_, p := t.X.Dims()
	if meta.Info.Features > 0 && meta.Info.Features != p {
		return nil, ml.BadShape(where, "Background", fmt.Sprintf("%d columns wide", p), fmt.Sprintf("%d, as in training", meta.Info.Features))
	}
	a := &asker{where: where, model: m, features: p, background: tensor.FromMatrix[float64](t.X)}
	a.columns = columnsOf(&ml.Fitted{Columns: t.Columns}, p)
	if meta.Columns != nil {
		a.columns = columnsOf(meta, p)
	}
	var err error
	if a.weight, err = shares(where, t); err != nil {
		return nil, err
	}
	if err := a.seat(s.Groups); err != nil {
		return nil, err
	}
	out, err := answer(where, m, a.background, 0)
	if err != nil {
		return nil, err
	}
	k := out.Shape()[1]
	a.outputs = outputsOf(meta, k)
	a.base = make([]float64, k)
	a.mean(a.base, out, 0)
	return a, nil
}

// shares are the weights of a background's rows, 1 for each if it has none, made to add up to 1.
func shares(where string, t ml.Table) ([]float64, error) {
	n, _ := t.X.Dims()
	out, total := make([]float64, n), 0.0
	for i := range out {
		out[i] = 1
		if t.Weight != nil {
			out[i] = t.Weight[i]
		}
		total += out[i]
	}
	if !(total > 0 && total <= math.MaxFloat64) {
		return nil, &ml.Error{Where: where, Field: "Background.Weight", Found: fmt.Sprintf("%v in all", total), Want: "a finite sum > 0", Kind: ml.ErrWeight}
	}
	for i := range out {
		out[i] /= total
	}
	return out, nil
}

// seat lists the players: the groups, then each column that is in none.
func (a *asker) seat(groups []Group) error {
	taken := make([]bool, a.features)
	for _, g := range groups {
		for _, j := range g.Columns {
			if j < 0 || j >= a.features || taken[j] {
				return ml.BadConfig(a.where, "Groups", j, fmt.Sprintf("each of %d columns at most once", a.features))
			}
			taken[j] = true
		}
		a.players = append(a.players, g)
	}
	for j, in := range taken {
		if !in {
			a.players = append(a.players, Group{Name: a.columns[j].Name, Columns: []int{j}})
		}
	}
	return nil
}

// mean adds the weighted mean of the answers from row first on, one for each row of the background, to dst.
func (a *asker) mean(dst []float64, answers *tensor.Tensor[float64], first int) {
	for i, w := range a.weight {
		for k, v := range answers.Row(first + i) {
			dst[k] += float64(w * v)
		}
	}
}

// rowsAtOnce bounds the rows that a model is asked at once.
const rowsAtOnce = 1 << 13

// ask returns what the model answers when the players of each set have row's values and the others the background's: sets x outputs.
func (a *asker) ask(ctx context.Context, row []float64, sets [][]bool) ([][]float64, error) {
	m := len(a.weight)
	out := make([][]float64, len(sets))
	each := max(1, rowsAtOnce/m)
	for lo := 0; lo < len(sets); lo += each {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		part := sets[lo:min(lo+each, len(sets))]
		x := tensor.New[float64](len(part)*m, a.features)
		for s, set := range part {
			for i := range m {
				mixed := x.Row(s*m + i)
				copy(mixed, a.background.Row(i))
				for q, in := range set {
					if !in {
						continue
					}
					for _, j := range a.players[q].Columns {
						mixed[j] = row[j]
					}
				}
			}
		}
		answers, err := answer(a.where, a.model, x, len(a.base))
		if err != nil {
			return nil, err
		}
		for s := range part {
			out[lo+s] = make([]float64, len(a.base))
			a.mean(out[lo+s], answers, s*m)
		}
	}
	return out, nil
}

// varying are the players whose values differ from some row of the background: the others have value 0.
func (a *asker) varying(row []float64) []int {
	var out []int
	for q, g := range a.players {
		if a.differs(row, g.Columns) {
			out = append(out, q)
		}
	}
	return out
}

func (a *asker) differs(row []float64, columns []int) bool {
	for i := range a.weight {
		for _, j := range columns {
			v, w := row[j], a.background.Row(i)[j]
			if v != w && !(math.IsNaN(v) && math.IsNaN(w)) {
				return true
			}
		}
	}
	return false
}

// set is the players of who, as a set of all of them.
func (a *asker) set(who []int) []bool {
	out := make([]bool, len(a.players))
	for _, q := range who {
		out[q] = true
	}
	return out
}

// explainer explains row after row by a method that knows sets of the varying players.
type explainer struct {
	*asker
	// values returns players x outputs, and their standard errors or nil. whole is what the model says of the row.
	values func(ctx context.Context, row int, x []float64, who []int, whole []float64) (values, errors [][]float64, err error)
}

// Explain returns the values of each player for each row of m.
func (e *explainer) Explain(ctx context.Context, m tensor.Matrix) (*Explanation, error) {
	n, p := m.Dims()
	if p != e.features {
		return nil, ml.BadShape(e.where, "X", fmt.Sprintf("%d columns wide", p), fmt.Sprint(e.features))
	}
	if err := ml.CheckFinite(e.where, &ml.Fitted{Columns: e.columns}, m, true); err != nil {
		return nil, err
	}
	k, q := len(e.base), len(e.players)
	out := &Explanation{Values: tensor.New[float64](n, k, q), Base: tensor.New[float64](n, k), X: tensor.New[float64](n, q), Outputs: e.outputs}
	for _, g := range e.players {
		c := ml.Column{Name: g.Name, From: g.Columns}
		if len(g.Columns) == 1 {
			c = e.columns[g.Columns[0]]
			c.Name, c.From = g.Name, g.Columns
		}
		out.Columns = append(out.Columns, c)
	}
	src := rows.Of(m)
	buf := make([]float64, p)
	for i := range n {
		row := src.Row(i, buf)
		copy(out.Base.Row(i), e.base)
		for q, g := range e.players {
			out.X.Row(i)[q] = math.NaN()
			if len(g.Columns) == 1 {
				out.X.Row(i)[q] = row[g.Columns[0]]
			}
		}
		if err := e.explainRow(ctx, i, row, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (e *explainer) explainRow(ctx context.Context, i int, row []float64, out *Explanation) error {
	who := e.varying(row)
	if len(who) == 0 {
		return ctx.Err()
	}
	whole, err := e.ask(ctx, row, [][]bool{e.set(who)})
	if err != nil {
		return err
	}
	values, errors, err := e.values(ctx, i, row, who, whole[0])
	if err != nil {
		return err
	}
	n, k, p := out.Dims()
	if errors != nil && out.Errors == nil {
		out.Errors = tensor.New[float64](n, k, p)
	}
	for q, player := range who {
		for o := range k {
			out.Row(i, o)[player] = values[q][o]
			if errors != nil {
				out.Errors.Data()[(i*k+o)*p+player] = errors[q][o]
			}
		}
	}
	return nil
}

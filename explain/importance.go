package explain

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/internal/stats"
	"github.com/gopherwood-ml/ml/tensor"
)

// PermutationImportance says how a score falls when a column's numbers are dealt out anew among the rows (Breiman 2001; Fisher, Rudin and Dominici 2019): what the
// model loses without what the column tells. Columns that tell the same share their importance: put them in a group. Measure it on rows that the model has not
// seen. It costs columns x Repeats scores.
type PermutationImportance struct {
	Repeats int     // 0: 5, as scikit-learn has it
	Groups  []Group // columns that are dealt out together; nil: each column by itself. What is in no group is by itself, behind them
	Seed    uint64  // of the permutations; each repeat of each group has its own stream
	Level   float64 // of the intervals, in (0, 1); 0: 0.95
}

// ImportanceRow is what one column, or group, is worth.
type ImportanceRow struct {
	Name   string
	Mean   float64   // how much better the score is with the column than without, over the repeats: higher is better whatever the scorer
	SD     float64   // of the repeats
	Lo, Hi float64   // the interval of the mean over the repeats, by Student's t; it does not know of the rows being a sample, nor the training
	Falls  []float64 // of each repeat
}

// ImportanceTable is the result of Importance, in the order of the groups and columns.
type ImportanceTable struct {
	Scorer string
	Score  float64 // with all columns as they are
	Rows   []ImportanceRow
}

// Order returns the rows with the most important one first; ties keep their order.
func (t *ImportanceTable) Order() []int {
	means := make([]float64, len(t.Rows))
	for i, r := range t.Rows {
		means[i] = r.Mean
	}
	return Order(means)
}

// String prints the table, the most important row first.
func (t *ImportanceTable) String() string {
	wide := len("column")
	for _, r := range t.Rows {
		wide = max(wide, len(r.Name))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%-*s  %10s  %10s  %s\n", wide, "column", "importance", "sd", "interval")
	for _, i := range t.Order() {
		r := t.Rows[i]
		fmt.Fprintf(&b, "%-*s  %10.4g  %10.4g  [%.4g, %.4g]\n", wide, r.Name, r.Mean, r.SD, r.Lo, r.Hi)
	}
	fmt.Fprintf(&b, "%s is %.4g with all columns\n", t.Scorer, t.Score)
	return b.String()
}

// Importance measures the importance of each column of d to a model, by a scorer. Weights of d count as the scorer has them. A CSR matrix stays one.
func Importance[Y any](ctx context.Context, m ml.Predictor[Y], d ml.Dataset[Y], scorer ml.Scorer[Y], how PermutationImportance) (*ImportanceTable, error) {
	const where = "explain.Importance"
	if how.Repeats < 0 {
		return nil, ml.BadConfig(where, "Repeats", how.Repeats, ">= 0")
	}
	if how.Repeats == 0 {
		how.Repeats = 5
	}
	if how.Level == 0 {
		how.Level = 0.95
	}
	if !(how.Level > 0 && how.Level < 1) {
		return nil, ml.BadConfig(where, "Level", how.Level, "in (0, 1)")
	}
	if err := d.Check(where, ml.Accepts{Missing: true, Categorical: true}); err != nil {
		return nil, err
	}
	_, p := d.X.Dims()
	a := &asker{where: where, features: p, columns: columnsOf(&ml.Fitted{Columns: d.Columns}, p)}
	if err := a.seat(how.Groups); err != nil {
		return nil, err
	}
	whole, err := scorer.Score(ctx, m, d)
	if err != nil {
		return nil, err
	}
	scores := make([]float64, len(a.players)*how.Repeats)
	err = par.Do(ctx, len(scores), func(ctx context.Context, i int) error {
		group, repeat := i/how.Repeats, i%how.Repeats
		order := rng.Perm(rng.New(rng.Key(how.Seed, uint64(group)), uint64(repeat)), d.Rows())
		dealt := d
		dealt.X = deal(d.X, a.players[group].Columns, order)
		var err error
		scores[i], err = scorer.Score(ctx, m, dealt)
		return err
	})
	if err != nil {
		return nil, err
	}
	sign := 1.0
	if scorer.Lower() {
		sign = -1
	}
	out := &ImportanceTable{Scorer: scorer.Name(), Score: whole}
	for g, player := range a.players {
		r := ImportanceRow{Name: player.Name, Falls: scores[g*how.Repeats : (g+1)*how.Repeats]}
		for i, s := range r.Falls {
			r.Falls[i] = sign * (whole - s)
		}
		r.summarise(how.Level)
		out.Rows = append(out.Rows, r)
	}
	return out, nil
}

func (r *ImportanceRow) summarise(level float64) {
	n := float64(len(r.Falls))
	for _, v := range r.Falls {
		r.Mean += v / n
	}
	for _, v := range r.Falls {
		r.SD += float64((v-r.Mean)*(v-r.Mean)) / n
	}
	r.SD = math.Sqrt(r.SD)
	r.Lo, r.Hi = math.Inf(-1), math.Inf(1)
	if n > 1 {
		half := stats.StudentT{Nu: n - 1}.Quantile(0.5+level/2) * r.SD / math.Sqrt(n-1)
		r.Lo, r.Hi = r.Mean-half, r.Mean+half
	}
}

// deal gives row i the numbers that row order[i] has in the columns.
func deal(x tensor.Matrix, columns, order []int) tensor.Matrix {
	src := rows.Of(x)
	moved := make([]bool, src.Cols())
	for _, j := range columns {
		moved[j] = true
	}
	if !src.Sparse() {
		out := tensor.FromMatrix[float64](x)
		buf := make([]float64, src.Cols())
		for i, from := range order {
			row := src.Row(from, buf)
			for _, j := range columns {
				out.Row(i)[j] = row[j]
			}
		}
		return out
	}
	var entries rows.Entries
	to := make([]int, len(order)) // where each row's numbers go
	for i, from := range order {
		to[from] = i
	}
	var at, in []int
	var values []float64
	for i := range order {
		cols, vals := src.NZ(i, &entries)
		for q, j := range cols {
			row := i
			if moved[j] {
				row = to[i]
			}
			at, in, values = append(at, row), append(in, int(j)), append(values, vals[q])
		}
	}
	out, err := tensor.FromCOO(src.Len(), src.Cols(), at, in, values)
	if err != nil {
		panic(err) // the entries are those of a sound matrix
	}
	return out
}

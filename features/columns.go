package features

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// Rest says what Columns does with columns that no part selects.
type Rest uint8

const (
	DropRest Rest = iota // leave them out. The zero value
	PassRest             // put them, as they are, behind the columns of the parts
)

var rests = []string{"drop", "pass"}

// String returns "drop" or "pass".
func (r Rest) String() string { return enumString("Rest", rests, uint8(r)) }

// MarshalText writes what String returns.
func (r Rest) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what MarshalText wrote; anything else is an error.
func (r *Rest) UnmarshalText(text []byte) error {
	v, err := enumValue("Rest", rests, text)
	if err == nil {
		*r = Rest(v)
	}
	return err
}

// Columns is the column transformer: each part takes some of the columns through stages of its own, and the results stand
// side by side, in the order of the parts. It is a stage of a pipeline, and as a Fitter of a Table stands on its own.
//
//	prepare := features.Columns{Parts: []features.Part{
//		{Columns: features.ByKind(ml.Numeric), Do: ml.Stages{ml.Step(features.SimpleImputer{}), ml.Step(features.StandardScaler{})}},
//		{Columns: features.ByKind(ml.Categorical), Do: ml.Step(features.OneHotEncoder{})},
//	}}
//	pipe := ml.Pipe(prepare, linear.LogisticRegression{})
//
// Parts may select the same column; each gets it as it is in the input. A part sees its columns as a table of their own,
// with the targets, weights and groups of the whole, and its rows must stay as many as they are. A part that selects no
// column is left out. Names come from the stages; two columns of one name are an error that Part.Name resolves. From leads
// back to the columns of the input.
//
// The result is CSR if every part's is, or if any is and the share of entries in the training rows is below Density, where a
// dense part counts as full; otherwise it is dense. That is decided by Fit. It is float32 if every part's result is.
type Columns struct {
	Parts   []Part  // at least one
	Rest    Rest    // zero: DropRest
	Density float64 // in 0..1, see above; zero: 0.3
}

// Part is one part of Columns.
type Part struct {
	Name    string   // put before the names of its columns: "Name__age"; "": nothing
	Columns Selector // which columns it takes; nil is an error
	Do      ml.Stage // what it does with them: ml.Step, ml.Stages, another Columns; nil: passes them as they are
	Weight  float64  // its results, which then must be numeric, are multiplied by it; zero: 1
}

// ColumnsModel is a fitted Columns.
type ColumnsModel struct {
	ml.Fitted
	Blocks []Block
	Sparse bool // the result is CSR

	out     []ml.Column
	rows    bool       // every block can transform a single row
	into    bool       // every block can transform into a matrix of the caller's
	scratch *sync.Pool // of *[]float64, as long as the widest block's input
}

// Block is a fitted Part.
type Block struct {
	Columns []int          // of the input
	Model   ml.Transformer // nil: they pass as they are
	Name    string         // before the names, as in Part
	Weight  float64        // the factor, not 0

	row    ml.RowTransformer
	into   ml.IntoTransformer
	offset int // of its first column in the result
	width  int
}

const columnsFit = "features.Columns.Fit"

// CheckStage checks the configuration, and every part's stage against d's kind of targets.
func (c Columns) CheckStage(d ml.AnyData) error {
	if err := enumCheck(columnsFit, "Rest", "Rest", rests, uint8(c.Rest)); err != nil {
		return err
	}
	switch {
	case len(c.Parts) == 0:
		return ml.BadConfig(columnsFit, "Parts", "empty", "at least one")
	case !(c.Density >= 0 && c.Density <= 1):
		return ml.BadConfig(columnsFit, "Density", c.Density, "in 0..1")
	}
	for i, p := range c.Parts {
		switch {
		case p.Columns == nil:
			return ml.BadConfig(columnsFit, fmt.Sprintf("Parts[%d].Columns", i), "nil", "a selector, such as features.ByName{...}")
		case !finite(p.Weight):
			return ml.BadConfig(columnsFit, fmt.Sprintf("Parts[%d].Weight", i), p.Weight, "a finite number")
		case p.Do == nil:
			continue
		}
		if err := p.Do.CheckStage(d); err != nil {
			return p.wrap(i, err)
		}
	}
	return nil
}

func (p Part) wrap(i int, err error) error {
	if p.Name != "" {
		return fmt.Errorf("part %d (%s): %w", i, p.Name, err)
	}
	return fmt.Errorf("part %d: %w", i, err)
}

// Fit fits the parts to rows without targets. Stages that need targets give ml.ErrData.
func (c Columns) Fit(ctx context.Context, t ml.Table) (*ColumnsModel, error) {
	if err := c.CheckStage(t.Any()); err != nil {
		return nil, err
	}
	m, _, err := c.fit(ctx, t.Any())
	return m, err
}

// FitStage fits every part, and returns the training rows as the parts' own stages give them.
func (c Columns) FitStage(ctx context.Context, d ml.AnyData) (ml.Transformer, ml.AnyData, error) {
	m, behind, err := c.fit(ctx, d)
	if err != nil {
		return nil, ml.AnyData{}, err
	}
	return m, behind, nil
}

func (c Columns) fit(ctx context.Context, d ml.AnyData) (*ColumnsModel, ml.AnyData, error) {
	if err := d.Table.Check(columnsFit, ml.Accepts{Missing: true, Categorical: true, Text: true}); err != nil {
		return nil, ml.AnyData{}, err
	}
	n, p := d.X.Dims()
	m := &ColumnsModel{Fitted: ml.NewFitted(d.Table, d.Classes, c)}
	var train []tensor.Matrix
	var valid [][]tensor.Matrix // the parts of each set to watch
	var used []int
	for i, part := range c.Parts {
		if err := ml.Done(ctx); err != nil {
			return nil, ml.AnyData{}, err
		}
		block, behind, err := part.fit(ctx, d)
		if err != nil {
			return nil, ml.AnyData{}, part.wrap(i, err)
		}
		if len(block.Columns) == 0 {
			continue
		}
		used = append(used, block.Columns...)
		m.Blocks = append(m.Blocks, block)
		train, valid = append(train, behind.X), appendValid(valid, behind)
	}
	if rest := others(p, used); c.Rest == PassRest && len(rest) > 0 {
		m.Blocks = append(m.Blocks, Block{Columns: rest, Weight: 1})
		behind := take(d, make([]ml.Column, p), rest)
		train, valid = append(train, behind.X), appendValid(valid, behind)
	}
	if len(m.Blocks) == 0 {
		return nil, ml.AnyData{}, &ml.Error{Where: columnsFit, Field: "Parts", Found: "without a column: no selector finds one", Want: "at least one column", Kind: ml.ErrColumn}
	}
	m.Sparse = c.sparse(train)
	if err := m.Restore(); err != nil {
		return nil, ml.AnyData{}, err
	}
	if err := m.checkOut(); err != nil {
		return nil, ml.AnyData{}, err
	}
	d.X, d.Columns = m.join(n, train), m.Out()
	set := len(valid)
	d, err := d.MapValid(func(v *ml.AnyData) error { // the last one first
		set--
		v.X, v.Columns = m.join(v.Rows(), valid[set]), m.Out()
		return nil
	})
	return m, d, err
}

// appendValid adds the part that behind holds of each set to watch.
func appendValid(parts [][]tensor.Matrix, behind ml.AnyData) [][]tensor.Matrix {
	for i, v := 0, behind.Valid; v != nil; i, v = i+1, v.Valid {
		if i == len(parts) {
			parts = append(parts, nil)
		}
		parts[i] = append(parts[i], v.X)
	}
	return parts
}

// fit fits the part to its columns of d. A part without columns gives a Block without columns.
func (p Part) fit(ctx context.Context, d ml.AnyData) (Block, ml.AnyData, error) {
	_, width := d.X.Dims()
	described := d.Columns
	if described == nil {
		described = make([]ml.Column, width)
	}
	idx, err := p.Columns.Select(described)
	if err != nil || len(idx) == 0 {
		return Block{}, ml.AnyData{}, err
	}
	seen := make([]bool, width)
	for _, j := range idx {
		if j < 0 || j >= width || seen[j] {
			return Block{}, ml.AnyData{}, badSelection("Columns", fmt.Sprintf("index %d of %T", j, p.Columns), fmt.Sprintf("each of 0..%d at most once", width-1))
		}
		seen[j] = true
	}
	block := Block{Columns: idx, Name: p.Name, Weight: p.Weight}
	if block.Weight == 0 {
		block.Weight = 1
	}
	own := take(d, described, idx)
	if p.Do == nil {
		return block, own, nil
	}
	t, behind, err := p.Do.FitStage(ctx, own)
	if err != nil {
		return Block{}, ml.AnyData{}, err
	}
	if t == nil {
		return Block{}, ml.AnyData{}, ml.BadConfig(columnsFit, "Do", "a stage that changes the rows", "a transformer; resample in front of Columns")
	}
	if behind.Rows() != d.Rows() {
		return Block{}, ml.AnyData{}, ml.BadConfig(columnsFit, "Do", "a stage that changes the number of rows", "one that keeps them; resample in front of Columns")
	}
	block.Model = t
	return block, behind, nil
}

// take is d with some of its columns only.
func take(d ml.AnyData, described []ml.Column, idx []int) ml.AnyData {
	columns := make([]ml.Column, len(idx))
	for k, j := range idx {
		columns[k] = described[j]
		columns[k].From = nil
	}
	d.X, d.Columns = rows.SelectCols(d.X, idx), columns
	d, _ = d.MapValid(func(v *ml.AnyData) error {
		v.X, v.Columns = rows.SelectCols(v.X, idx), columns
		return nil
	})
	return d
}

// sparse decides on the storage of the result.
func (c Columns) sparse(parts []tensor.Matrix) bool {
	limit := c.Density
	if limit == 0 {
		limit = 0.3
	}
	entries, size, sparse := 0, 0, 0
	for _, x := range parts {
		n, p := x.Dims()
		size += n * p
		if isSparse(x) {
			sparse++
			entries += x.(interface{ NNZ() int }).NNZ()
		} else {
			entries += n * p
		}
	}
	return sparse == len(parts) || sparse > 0 && float64(entries) < limit*float64(size)
}

// checkOut refuses names that stand twice, and weights on category codes.
func (m *ColumnsModel) checkOut() error {
	seen := make(map[string]bool, len(m.out))
	for _, c := range m.out {
		if c.Name != "" && seen[c.Name] {
			return &ml.Error{Where: columnsFit, Field: "Parts", Found: fmt.Sprintf("giving two columns called %q", c.Name),
				Want: "names that differ; set Part.Name to tell the parts apart", Kind: ml.ErrColumn}
		}
		seen[c.Name] = true
	}
	for _, b := range m.Blocks {
		for k, c := range m.out[b.offset : b.offset+b.width] {
			if c.Kind == ml.Text {
				return &ml.Error{Where: columnsFit, Field: "Parts", Found: "passing the texts of " + columnLabel(m.out, b.offset+k) + " as they are",
					Want: "a part that counts their words, as Do: ml.Step(features.Texts{})", Kind: ml.ErrColumn}
			}
			if b.Weight != 1 && c.Kind == ml.Categorical {
				return &ml.Error{Where: columnsFit, Field: "Parts", Found: fmt.Sprintf("with the weight %v on %s", b.Weight, columnLabel(m.out, b.offset+k)),
					Want: "weights on numeric columns only: this one holds category codes", Kind: ml.ErrColumn}
			}
		}
	}
	return nil
}

// Restore checks a model that was read from a file and derives the rest.
func (m *ColumnsModel) Restore() error {
	const where = "features.ColumnsModel"
	p := m.Info.Features
	if m.Columns != nil && len(m.Columns) != p || len(m.Blocks) == 0 {
		return ml.BadFile(where, "Columns and Blocks", fmt.Sprintf("%d and %d long", len(m.Columns), len(m.Blocks)), fmt.Sprintf("%d, and at least one block", p))
	}
	m.out, m.rows, m.into = nil, true, true
	widest := 0
	for i := range m.Blocks {
		b := &m.Blocks[i]
		field := fmt.Sprintf("Blocks[%d]", i)
		for _, j := range b.Columns {
			if j < 0 || j >= p {
				return ml.BadFile(where, field, fmt.Sprintf("for column %d", j), fmt.Sprintf("columns 0..%d", p-1))
			}
		}
		if !finite(b.Weight) || b.Weight == 0 || len(b.Columns) == 0 {
			return ml.BadFile(where, field, fmt.Sprintf("of weight %v, for %d columns", b.Weight, len(b.Columns)), "a finite weight but 0, at least one column")
		}
		if f, described := b.Model.(interface{ Meta() *ml.Fitted }); described && f.Meta().Info.Features != len(b.Columns) {
			return ml.BadFile(where, field, fmt.Sprintf("with a model of %d columns", f.Meta().Info.Features), fmt.Sprintf("%d, as the block has", len(b.Columns)))
		}
		columns := b.columns(m.Columns)
		b.offset, b.width = len(m.out), len(columns)
		m.out = append(m.out, columns...)
		b.row, b.into = nil, nil
		if b.Model != nil {
			var is bool
			b.row, is = ml.As[ml.RowTransformer](b.Model)
			m.rows = m.rows && is
			b.into, is = ml.As[ml.IntoTransformer](b.Model)
			m.into = m.into && is
		}
		widest = max(widest, len(b.Columns))
	}
	m.scratch = &sync.Pool{New: func() any { s := make([]float64, widest); return &s }}
	return nil
}

// columns describes what the block gives.
func (b *Block) columns(input []ml.Column) []ml.Column {
	var out []ml.Column
	if b.Model == nil {
		for _, j := range b.Columns {
			out = append(out, passed(input, j))
		}
	} else {
		out = slices.Clone(b.Model.Out())
		for k := range out {
			out[k].From = b.origin(k, out[k].From)
		}
	}
	if b.Name != "" {
		for k := range out {
			out[k].Name = b.Name + "__" + ml.ColumnName(out, k)
		}
	}
	return out
}

// origin leads from the block's input to the whole input.
func (b *Block) origin(k int, from []int) []int {
	if from == nil {
		from = []int{k}
	}
	var out []int
	for _, j := range from {
		if j >= 0 && j < len(b.Columns) {
			out = append(out, b.Columns[j])
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Transform takes the rows through every part.
func (m *ColumnsModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	const where = "features.ColumnsModel.Transform"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	parts := make([]tensor.Matrix, len(m.Blocks))
	for i, b := range m.Blocks {
		parts[i] = rows.SelectCols(x, b.Columns)
		if b.Model == nil {
			if row, k, v, fine := rows.CheckFinite(parts[i], true); !fine {
				return nil, ml.NotFinite(where, m.Columns, row, b.Columns[k], v)
			}
			continue
		}
		var err error
		if parts[i], err = b.Model.Transform(parts[i]); err != nil {
			return nil, b.wrap(i, err)
		}
		if rows, width := parts[i].Dims(); rows != n || width != b.width {
			return nil, ml.BadShape(where, fmt.Sprintf("block %d", i), fmt.Sprintf("%d x %d", rows, width), fmt.Sprintf("%d x %d", n, b.width))
		}
	}
	return m.join(n, parts), nil
}

func (b *Block) wrap(i int, err error) error { return Part{Name: b.Name}.wrap(i, err) }

// TransformRow takes one row through every part; dst has len(Out()) elements. A part that cannot transform a single row
// gives errors.ErrUnsupported.
func (m *ColumnsModel) TransformRow(dst, x []float64) error {
	const where = "features.ColumnsModel.TransformRow"
	if !m.rows {
		return &ml.Error{Where: where, Found: "a part without TransformRow", Kind: errors.ErrUnsupported}
	}
	if err := checkRows(where, &m.Fitted, dst, x, len(m.out)); err != nil {
		return err
	}
	scratch := m.scratch.Get().(*[]float64)
	defer m.scratch.Put(scratch)
	for i := range m.Blocks {
		b := &m.Blocks[i]
		own := (*scratch)[:len(b.Columns)]
		for k, j := range b.Columns {
			own[k] = x[j]
		}
		to := dst[b.offset : b.offset+b.width]
		if b.row == nil {
			for k, v := range own {
				if math.IsInf(v, 0) {
					return ml.NotFinite(where, m.Columns, 0, b.Columns[k], v)
				}
				to[k] = v
			}
		} else if err := b.row.TransformRow(to, own); err != nil {
			return b.wrap(i, err)
		}
		if b.Weight != 1 {
			for k := range to {
				to[k] *= b.Weight
			}
		}
	}
	return nil
}

// Out describes the columns of the result; From points to the columns of the input.
func (m *ColumnsModel) Out() []ml.Column { return ml.CloneColumns(m.out) }

func init() {
	ml.RegisterConfig[Columns]("features.Columns")
	ml.Register[Part]("features.Part")
	ml.Register[*ColumnsModel]("features.ColumnsModel")
}

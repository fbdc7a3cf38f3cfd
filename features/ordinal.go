package features

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// OrdinalEncoder turns categorical columns into numeric ones that hold the rank of the category: 0, 1, 2, ... That says
// that the categories have an order, which most methods then take as a scale; for categories without one use OneHotEncoder.
//
// Without Order the ranks of a column are the codes of its Levels, whether training rows have them or not. With Seen, MinFrequency or MaxCategories only categories of training rows (of positive weight)
// have one: 0, 1, ... in the order of their codes, and behind them one that infrequent categories share. Weights count: a row of weight k is k rows.
//
// A category without a rank, one that is not in Order or that no training row had, is dealt with as Unknown says; a number that is
// no code of the column is an error always. Missing values (NaN) stay missing, unless MissingRank is set. Numeric columns pass through. The columns keep their places and names; storage and width are kept, except that CSR
// input gives CSR only where rank 0 and code 0 are the same, which is an error otherwise.
type OrdinalEncoder struct {
	Order         []string // the categories from rank 0 on, the same for every categorical column; nil: the order of each column's Levels
	Unknown       Unknown  // zero: UnknownError. UnknownIgnore: UnknownRank; UnknownInfrequent and UnknownWarn: the rank of the infrequent ones, UnknownRank if the column has none
	UnknownRank   *float64 // of a category without a rank: a finite number that is no rank; nil: missing (NaN). Not with UnknownError
	MissingRank   *float64 // of a missing value: a finite number that is no rank; nil: missing (NaN)
	Seen          bool     // true: only categories of training rows have ranks; false: all Levels, or Order
	MinFrequency  float64  // below 1: the least share of the total weight, from 1 on: the least weight, a category needs for a rank of its own; zero: any. Not with Order
	MaxCategories int      // the most ranks of one column, the shared one included; zero: any number. Not with Order
}

// OrdinalModel is a fitted OrdinalEncoder.
type OrdinalModel struct {
	ml.Fitted
	Encoded []OrdinalColumn // of each categorical column, in order, if ranks are learned; else nil

	columns []ranking
	unknown Unknown
	absent  float64 // the rank of what has none
	missing float64 // that of a missing value
}

// OrdinalColumn are the categories that training rows have in one column.
type OrdinalColumn struct {
	Column     int       // in the input
	Categories []float64 // codes, rising
	Infrequent []int     // indices into Categories of those that share the last rank, rising
}

// ranking is how one column is encoded.
type ranking struct {
	categorical bool
	levels      []string
	rank        []float64           // of each code, NaN for none; nil where rank is code, and with index
	code        map[float64]float64 // by rank; nil where rank is code
	index       *categoryIndex      // of learned categories
	place       []float64           // their ranks
	infrequent  float64             // the shared rank, NaN if there is none
}

// Accepts says that it takes missing values and categorical columns.
func (OrdinalEncoder) Accepts() ml.Accepts { return ml.Accepts{Missing: true, Categorical: true} }

// learns says that training rows decide on the ranks.
func (c OrdinalEncoder) learns() bool { return c.Seen || c.MinFrequency > 0 || c.MaxCategories > 0 }

func (c OrdinalEncoder) check(where string) error {
	if err := enumCheck(where, "Unknown", "Unknown", unknowns, uint8(c.Unknown)); err != nil {
		return err
	}
	for name, v := range map[string]*float64{"UnknownRank": c.UnknownRank, "MissingRank": c.MissingRank} {
		if v != nil && !finite(*v) {
			return ml.BadConfig(where, name, *v, "a finite number, or nil for a missing value")
		}
	}
	switch {
	case c.UnknownRank != nil && c.Unknown == UnknownError:
		return ml.BadConfig(where, "UnknownRank", *c.UnknownRank, "nil, as Unknown is error")
	case !(c.MinFrequency >= 0) || math.IsInf(c.MinFrequency, 0):
		return ml.BadConfig(where, "MinFrequency", c.MinFrequency, "a share >= 0 and < 1, or a weight >= 1")
	case c.MaxCategories < 0:
		return ml.BadConfig(where, "MaxCategories", c.MaxCategories, ">= 0")
	case c.Order != nil && c.learns():
		return ml.BadConfig(where, "Order", fmt.Sprintf("a list of %d beside Seen, MinFrequency or MaxCategories", len(c.Order)), "one of them")
	}
	return nil
}

// own is c with copies of what it points to.
func (c OrdinalEncoder) own() OrdinalEncoder {
	c.Order = slices.Clone(c.Order)
	for _, p := range []**float64{&c.UnknownRank, &c.MissingRank} {
		if *p != nil {
			v := **p
			*p = &v
		}
	}
	return c
}

// Fit learns the ranks, and checks the categories of the training rows.
func (c OrdinalEncoder) Fit(ctx context.Context, t ml.Table) (*OrdinalModel, error) {
	const where = "features.OrdinalEncoder.Fit"
	if err := c.check(where); err != nil {
		return nil, err
	}
	if err := t.Check(where, c.Accepts()); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	m := &OrdinalModel{Fitted: ml.NewFitted(t, nil, c.own())}
	if c.learns() {
		if err := m.learn(where, c, t); err != nil {
			return nil, err
		}
	}
	if err := m.Restore(); err != nil {
		return nil, err
	}
	if err := m.checkRanks(where, c); err != nil {
		return nil, err
	}
	for j := range m.columns {
		if isCategorical(t.Columns, j) && c.Order != nil && t.Columns[j].Levels == nil {
			return nil, &ml.Error{Where: where, Field: columnLabel(t.Columns, j), Found: "without Levels", Want: "Levels, to be found in Order", Kind: ml.ErrColumn}
		}
	}
	if err := m.checkSparse(where, t.X); err != nil {
		return nil, err
	}
	return m, m.checkRows(where, t)
}

// learn finds the categories of each column.
func (m *OrdinalModel) learn(where string, c OrdinalEncoder, t ml.Table) error {
	seen, err := learnCategories(where, t, true, func(j int) bool { return isCategorical(t.Columns, j) })
	if err != nil {
		return err
	}
	all := total(t.Weight, t.Rows())
	share := OneHotEncoder{MinFrequency: c.MinFrequency, MaxCategories: c.MaxCategories}
	for _, s := range seen {
		m.Encoded = append(m.Encoded, OrdinalColumn{Column: s.column, Categories: s.values, Infrequent: share.infrequent(s.weight, all)})
	}
	return nil
}

// checkRanks refuses numbers for the unknown and the missing that are ranks.
func (m *OrdinalModel) checkRanks(where string, c OrdinalEncoder) error {
	for name, v := range map[string]*float64{"UnknownRank": c.UnknownRank, "MissingRank": c.MissingRank} {
		if v == nil {
			continue
		}
		for j, r := range m.columns {
			if r.categorical && r.isRank(*v) {
				return ml.BadConfig(where, name, *v, "a number that is no rank of "+columnLabel(m.Columns, j)+", such as -1")
			}
		}
	}
	return nil
}

// isRank says whether v is the rank of a category.
func (r *ranking) isRank(v float64) bool {
	return !math.IsNaN(r.category(v)) || v == r.infrequent
}

// checkRows makes sure that every row that counts can be encoded.
func (m *OrdinalModel) checkRows(where string, t ml.Table) error {
	n, p := t.X.Dims()
	from := rows.Of(t.X)
	src, dst := make([]float64, p), make([]float64, p)
	for i := range n {
		if weightOf(t.Weight, i) == 0 {
			continue
		}
		if j := m.row(dst, from.Row(i, src)); j >= 0 {
			return m.refuse(where, i, j, t.X.At(i, j))
		}
	}
	return nil
}

// Restore checks a model that was read from a file and derives the ranks.
func (m *OrdinalModel) Restore() error {
	const where = "features.OrdinalModel"
	c, isEncoder := m.Config.(OrdinalEncoder)
	p := m.Info.Features
	if !isEncoder || m.Columns != nil && len(m.Columns) != p || c.check(where) != nil {
		return ml.BadFile(where, "Config and Columns", fmt.Sprintf("%T, %d long", m.Config, len(m.Columns)), fmt.Sprintf("a features.OrdinalEncoder, %d long", p))
	}
	m.unknown, m.absent, m.missing = c.Unknown, math.NaN(), math.NaN()
	if c.UnknownRank != nil {
		m.absent = *c.UnknownRank
	}
	if c.MissingRank != nil {
		m.missing = *c.MissingRank
	}
	ranks := make(map[string]float64, len(c.Order))
	for r, level := range c.Order {
		if _, twice := ranks[level]; twice {
			return ml.BadConfig("features.OrdinalEncoder", "Order", fmt.Sprintf("with %q twice", level), "each category once")
		}
		ranks[level] = float64(r)
	}
	m.columns = make([]ranking, p)
	next := 0
	for j, column := range m.Columns {
		r := &m.columns[j]
		r.infrequent = math.NaN()
		if column.Kind != ml.Categorical {
			continue
		}
		r.categorical, r.levels = true, column.Levels
		switch {
		case c.learns():
			if next == len(m.Encoded) || m.Encoded[next].Column != j {
				return ml.BadFile(where, "Encoded", "without "+columnLabel(m.Columns, j), "an entry for each categorical column, in order")
			}
			if err := r.learned(where, &m.Encoded[next]); err != nil {
				return err
			}
			next++
		case c.Order != nil:
			r.ordered(ranks)
		}
	}
	if next != len(m.Encoded) {
		return ml.BadFile(where, "Encoded", lengthOf(len(m.Encoded)), lengthOf(next))
	}
	return nil
}

// ordered are the ranks that Order gives.
func (r *ranking) ordered(ranks map[string]float64) {
	r.rank, r.code = make([]float64, len(r.levels)), map[float64]float64{}
	for k, level := range r.levels {
		rank, known := ranks[level]
		if !known {
			r.rank[k] = math.NaN()
			continue
		}
		r.rank[k], r.code[rank] = rank, float64(k)
	}
}

// learned are the ranks of the categories of training rows.
func (r *ranking) learned(where string, e *OrdinalColumn) error {
	if err := checkCategories(where, e.Categories, true); err != nil {
		return err
	}
	if k := len(e.Categories); k > 0 && math.IsNaN(e.Categories[k-1]) {
		return ml.BadFile(where, "Categories", "with NaN", "codes")
	}
	r.place, r.code = make([]float64, len(e.Categories)), map[float64]float64{}
	for k, i := range e.Infrequent {
		if i < 0 || i >= len(r.place) || k > 0 && i <= e.Infrequent[k-1] {
			return ml.BadFile(where, fmt.Sprintf("Infrequent[%d]", k), fmt.Sprint(i), "rising indices into Categories")
		}
		r.place[i] = -1
	}
	next := 0.0
	for k := range r.place {
		if r.place[k] == 0 {
			r.place[k], r.code[next] = next, e.Categories[k]
			next++
		}
	}
	if len(e.Infrequent) > 0 {
		r.infrequent = next
		for _, i := range e.Infrequent {
			r.place[i] = next
		}
	}
	index := newCategoryIndex(e.Categories)
	r.index = &index
	return nil
}

// of is the rank of a code, NaN for none.
func (r *ranking) of(v float64) float64 {
	switch {
	case r.index != nil:
		if k := r.index.find(v); k >= 0 {
			return r.place[k]
		}
		return math.NaN()
	case r.rank != nil:
		return r.rank[int(v)]
	}
	return v
}

// category is the code of a rank, NaN for a number that is no rank of one category.
func (r *ranking) category(rank float64) float64 {
	if r.code == nil && isCode(rank, r.levels) {
		return rank
	}
	if code, known := r.code[rank]; known {
		return code
	}
	return math.NaN()
}

// row is the rowFunc.
func (m *OrdinalModel) row(dst, src []float64) int {
	for j, v := range src {
		r := &m.columns[j]
		switch {
		case math.IsInf(v, 0):
			return j
		case r.categorical && v != v:
			v = m.missing
		case r.categorical:
			if !isCode(v, r.levels) {
				return j
			}
			if v = r.of(v); v != v {
				if m.unknown == UnknownError {
					return j
				}
				v = m.absent
				if m.unknown != UnknownIgnore && r.infrequent == r.infrequent {
					v = r.infrequent
				}
			}
		}
		dst[j] = v
	}
	return -1
}

func (m *OrdinalModel) inverseRow(dst, src []float64) int {
	for j, v := range src {
		switch {
		case v != v:
		case math.IsInf(v, 0):
			return j
		case m.columns[j].categorical:
			v = m.columns[j].category(math.Round(v))
		}
		dst[j] = v
	}
	return -1
}

// Transform writes the ranks of categories.
func (m *OrdinalModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	out, err := m.apply("features.OrdinalModel.Transform", x, m.row)
	if err == nil && m.unknown == UnknownWarn {
		warnUnknown("features.OrdinalModel.Transform", m.Columns, x, m.isUnknown)
	}
	return out, err
}

// isUnknown says of a code that it has no rank.
func (m *OrdinalModel) isUnknown(j int, v float64) bool {
	r := &m.columns[j]
	return r.categorical && v == v && math.IsNaN(r.of(v))
}

// Inverse returns the categories of ranks, rounded to the nearest; a number that is no rank becomes NaN, and so does the rank that infrequent categories share.
func (m *OrdinalModel) Inverse(x tensor.Matrix) (tensor.Matrix, error) {
	return m.apply("features.OrdinalModel.Inverse", x, m.inverseRow)
}

func (m *OrdinalModel) apply(where string, x tensor.Matrix, row rowFunc) (tensor.Matrix, error) {
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	p := m.Info.Features
	var out tensor.Matrix
	var bad place
	if err := m.checkSparse(where, x); err != nil {
		return nil, err
	}
	if isSparse(x) {
		out, bad = buildSparse(x, p, func() sparseRow { return m.sparse(row) })
	} else {
		out, bad = mapRows(x, p, 3*p, row)
	}
	if bad != noPlace {
		return nil, m.refuse(where, bad.row, bad.col, x.At(bad.row, bad.col))
	}
	return out, nil
}

func (m *OrdinalModel) checkSparse(where string, x tensor.Matrix) error {
	if !isSparse(x) {
		return nil
	}
	for j := range m.columns {
		r := &m.columns[j]
		if r.categorical && (r.rank != nil && len(r.rank) == 0 || r.of(0) != 0) {
			return &ml.Error{Where: where, Field: columnLabel(m.Columns, j), Found: "sparse (CSR), and its first category has another rank than 0",
				Want: "a dense matrix: every zero would have to be stored", Kind: ml.ErrConfig}
		}
	}
	return nil
}

// sparse applies a rowFunc that leaves zeros alone to the stored values of a row.
func (m *OrdinalModel) sparse(row rowFunc) sparseRow {
	dst, src := make([]float64, m.Info.Features), make([]float64, m.Info.Features)
	return func(js []int32, vs []float64, put func(int, float64)) int {
		for k, j := range js {
			src[j] = vs[k]
		}
		bad := row(dst, src)
		for _, j := range js {
			if bad < 0 {
				put(int(j), dst[j])
			}
			src[j] = 0
		}
		return bad
	}
}

// refuse is the error of a value that row cannot take.
func (m *OrdinalModel) refuse(where string, i, j int, v float64) error {
	if math.IsInf(v, 0) {
		return ml.NotFinite(where, m.Columns, i, j, v)
	}
	field := fmt.Sprintf("X[%d, %d] (%s)", i, j, ml.ColumnName(m.Columns, j))
	if !isCode(v, m.Columns[j].Levels) {
		return badCode(where, m.Columns, field, j, v)
	}
	c := m.Config.(OrdinalEncoder)
	if c.learns() {
		return &ml.Error{Where: where, Field: field, Found: fmt.Sprintf("category %q, which no training row had", categoryName(m.Columns, j, v)),
			Want: "a known category; or OrdinalEncoder{Unknown: features.UnknownIgnore}", Kind: ml.ErrColumn}
	}
	return &ml.Error{Where: where, Field: field, Found: fmt.Sprintf("category %q", categoryName(m.Columns, j, v)),
		Want: "one of Order: " + strings.Join(c.Order, ", "), Kind: ml.ErrColumn}
}

// TransformInto is Transform into dst: see ml.IntoTransformer.
func (m *OrdinalModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	const where = "features.OrdinalModel.TransformInto"
	err := mapping{columns: m.Info.Features, nsPerRow: 3 * m.Info.Features, row: m.row}.into(where, &m.Fitted, dst, x, func(i, j int, v float64) error { return m.refuse(where, i, j, v) })
	if err == nil && m.unknown == UnknownWarn {
		warnUnknown(where, m.Columns, x, m.isUnknown)
	}
	return err
}

// TransformRow writes the ranks of one row; dst is as long as x. It does not allocate, unless UnknownWarn has something to say.
func (m *OrdinalModel) TransformRow(dst, x []float64) error {
	const where = "features.OrdinalModel.TransformRow"
	if err := checkRows(where, &m.Fitted, dst, x, m.Info.Features); err != nil {
		return err
	}
	if j := m.row(dst, x); j >= 0 {
		return m.refuse(where, 0, j, x[j])
	}
	if m.unknown == UnknownWarn {
		warnUnknownRow(where, m.Columns, x, m.isUnknown)
	}
	return nil
}

// Out describes the columns, all numeric.
func (m *OrdinalModel) Out() []ml.Column {
	out := sameColumns(m.Columns, m.Info.Features)
	for j := range out {
		out[j].Kind, out[j].Levels = ml.Numeric, nil
	}
	return out
}

func init() {
	ml.RegisterConfig[OrdinalEncoder]("features.OrdinalEncoder")
	ml.Register[*OrdinalModel]("features.OrdinalModel")
}

package features

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// Strategy is what a SimpleImputer puts in place of a missing number.
type Strategy uint8

const (
	Mean         Strategy = iota // the weighted mean of the column. The zero value
	Median                       // the weighted median: where the weights below and above balance
	MostFrequent                 // the value of the greatest weight, the smallest of several
	Constant                     // SimpleImputer.Fill
)

var strategies = []string{"mean", "median", "most frequent", "constant"}

// String returns the strategy in words: "most frequent".
func (s Strategy) String() string { return enumString("Strategy", strategies, uint8(s)) }

// MarshalText writes the strategy in words.
func (s Strategy) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText wrote; anything else is an error.
func (s *Strategy) UnmarshalText(text []byte) error {
	v, err := enumValue("Strategy", strategies, text)
	if err == nil {
		*s = Strategy(v)
	}
	return err
}

// SimpleImputer replaces missing values (NaN) by one number for each column. Categorical columns get their most frequent
// category, or with Strategy Constant the category FillLevel. The zero value imputes means.
//
// Weights count: a row of weight k is k rows. The median of a CSR column counts what is not stored as zeros, as the mean and
// the most frequent value do; a stored zero is a zero, and only a stored NaN is missing. Storage and width are kept: CSR
// stays CSR, float32 stays float32. Inverse is not offered, since what was missing is not known afterwards.
//
// Means learn on in batches (Update), and so do most frequent values while a column has no more than 1024 different ones; a median does not, which would need all of the values.
//
// A column without a single value has no mean: it is an error, unless Strategy is Constant or KeepEmpty is set.
type SimpleImputer struct {
	Strategy     Strategy // zero: Mean
	Fill         float64  // the number for Constant, and with KeepEmpty for columns without a value; zero: 0
	FillLevel    string   // with Constant: the category for categorical columns, added to their Levels if it is new; "": the most frequent
	AddIndicator bool     // true: behind the columns, add one of 0 and 1 for each that had missing values in training
	KeepEmpty    bool     // false: a numeric column without any value is an error; true: it is filled with Fill
}

// ImputerModel is a fitted SimpleImputer.
type ImputerModel struct {
	ml.Fitted
	Fill      []float64 // what replaces a missing value of each column
	Indicator []int     // the columns that have an indicator, rising
	Sums      *FillSums // what Update goes on from; nil: it cannot

	out []ml.Column
}

// Accepts says that it takes missing values and categorical columns.
func (SimpleImputer) Accepts() ml.Accepts { return ml.Accepts{Missing: true, Categorical: true} }

// Fit finds what to put in place of missing values.
func (c SimpleImputer) Fit(ctx context.Context, t ml.Table) (*ImputerModel, error) {
	const where = "features.SimpleImputer.Fit"
	if err := c.check(where); err != nil {
		return nil, err
	}
	if err := t.Check(where, c.Accepts()); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	m := &ImputerModel{Fitted: ml.NewFitted(t, nil, c)}
	if c.Strategy == Median {
		_, p := t.X.Dims()
		m.Fill = make([]float64, p)
		for j := range m.Fill {
			m.Fill[j] = math.NaN()
		}
		eachTally(t.X, t.Weight, func(j int) bool { return !isCategorical(t.Columns, j) }, func(j int, t tally) {
			if len(t.values) > 0 {
				m.Fill[j] = t.median()
			}
		})
	}
	if err := m.fill(where, c, c.sums(t)); err != nil {
		return nil, err
	}
	if c.AddIndicator {
		m.Indicator = columnsWithMissing(t)
	}
	return ready(m)
}

func (c SimpleImputer) check(where string) error {
	if err := enumCheck(where, "Strategy", "Strategy", strategies, uint8(c.Strategy)); err != nil {
		return err
	}
	switch {
	case math.IsNaN(c.Fill) || math.IsInf(c.Fill, 0):
		return ml.BadConfig(where, "Fill", c.Fill, "a finite number")
	case c.Fill != 0 && c.Strategy != Constant && !c.KeepEmpty:
		return ml.BadConfig(where, "Fill", c.Fill, "0: it is for Strategy Constant, or for columns without a value with KeepEmpty")
	case c.FillLevel != "" && c.Strategy != Constant:
		return ml.BadConfig(where, "FillLevel", fmt.Sprintf("%q", c.FillLevel), `"": it is for Strategy Constant`)
	}
	return nil
}

func isCategorical(columns []ml.Column, j int) bool {
	return columns != nil && columns[j].Kind == ml.Categorical
}

// fill writes Fill, in which the medians are already, from what the other strategies learn.
func (m *ImputerModel) fill(where string, c SimpleImputer, s *FillSums) error {
	p := m.Info.Features
	if m.Fill == nil {
		m.Fill = make([]float64, p)
		for j := range m.Fill {
			m.Fill[j] = math.NaN()
		}
	}
	for j, w := range s.Seen {
		if w > 0 && !isCategorical(m.Columns, j) {
			if m.Fill[j] = s.Mean[j]; !finite(m.Fill[j]) {
				return tooLarge(where, m.Columns, j)
			}
		}
	}
	for i := range s.Modes {
		m.Fill[s.Modes[i].Column] = s.Modes[i].mode()
	}
	for j, v := range m.Fill {
		switch {
		case isCategorical(m.Columns, j):
			if c.constantLevel() {
				code, err := c.level(where, m.Columns, j)
				if err != nil {
					return err
				}
				m.Fill[j] = code
			}
		case c.Strategy == Constant || c.KeepEmpty && v != v:
			m.Fill[j] = c.Fill
		}
		if v := m.Fill[j]; v != v {
			return noValue(where, m.Columns, j)
		}
	}
	if c.Strategy != Median && s.brief() {
		m.Sums = s
	}
	return nil
}

func (c SimpleImputer) constantLevel() bool { return c.Strategy == Constant && c.FillLevel != "" }

// level is the code of FillLevel in categorical column j, one more than the others if it is new.
func (c SimpleImputer) level(where string, columns []ml.Column, j int) (float64, error) {
	levels := columns[j].Levels
	if levels == nil {
		return 0, &ml.Error{Where: where, Field: columnLabel(columns, j), Found: "without Levels", Want: "Levels, in which FillLevel can take its place", Kind: ml.ErrColumn}
	}
	if code := slices.Index(levels, c.FillLevel); code >= 0 {
		return float64(code), nil
	}
	return float64(len(levels)), nil
}

func noValue(where string, columns []ml.Column, j int) error {
	want := "at least one; or SimpleImputer{KeepEmpty: true}, which fills it with Fill"
	if isCategorical(columns, j) {
		want = "at least one; or SimpleImputer{Strategy: features.Constant, FillLevel: ...}"
	}
	return &ml.Error{Where: where, Field: columnLabel(columns, j), Found: "without a single value", Want: want, Kind: ml.ErrColumn}
}

// columnLabel is how errors call a column: "column 3 (age)".
func columnLabel(columns []ml.Column, j int) string {
	return fmt.Sprintf("column %d (%s)", j, ml.ColumnName(columns, j))
}

// columnsWithMissing lists the columns with a NaN in a row that counts.
func columnsWithMissing(t ml.Table) []int {
	from := rows.Of(t.X)
	n, p := from.Dims()
	has := make([]bool, p)
	buf := make([]float64, p)
	for i := range n {
		if weightOf(t.Weight, i) == 0 {
			continue
		}
		for j, v := range from.Row(i, buf) {
			if v != v {
				has[j] = true
			}
		}
	}
	out := []int{}
	for j, h := range has {
		if h {
			out = append(out, j)
		}
	}
	return out
}

// Restore checks a model that was read from a file and derives its columns.
func (m *ImputerModel) Restore() error {
	const where = "features.ImputerModel"
	c, isImputer := m.Config.(SimpleImputer)
	p := m.Info.Features
	switch {
	case !isImputer:
		return ml.BadFile(where, "Config", fmt.Sprintf("%T", m.Config), "a features.SimpleImputer")
	case len(m.Fill) != p:
		return ml.BadFile(where, "Fill", lengthOf(len(m.Fill)), lengthOf(p))
	}
	var err error
	if m.out, err = withIndicators(where, m.Columns, p, m.Indicator); err != nil {
		return err
	}
	if err := m.Sums.check(where, c, m.Columns, p); err != nil {
		return err
	}
	for j, v := range m.Fill {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return ml.BadFile(where, fmt.Sprintf("Fill[%d]", j), fmt.Sprint(v), "a finite number")
		}
		if isCategorical(m.Columns, j) && c.FillLevel != "" && v == float64(len(m.out[j].Levels)) {
			m.out[j].Levels = append(slices.Clone(m.out[j].Levels), c.FillLevel)
		}
	}
	return nil
}

// row is the rowFunc.
func (m *ImputerModel) row(dst, src []float64) int {
	for j, v := range src {
		if v != v {
			v = m.Fill[j]
		} else if math.IsInf(v, 0) {
			return j
		}
		dst[j] = v
	}
	indicate(dst[len(src):], src, m.Indicator)
	return -1
}

// Transform replaces the missing values of x, and adds the indicators. Inf is an error. A column may have missing values
// that had none in training.
func (m *ImputerModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	const where = "features.ImputerModel.Transform"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	var out tensor.Matrix
	var bad place
	if isSparse(x) {
		out, bad = m.transformStored(x)
	} else {
		out, bad = mapRows(x, len(m.out), 2*len(m.out), m.row)
	}
	if bad != noPlace {
		return nil, ml.NotFinite(where, m.Columns, bad.row, bad.col, x.At(bad.row, bad.col))
	}
	return out, nil
}

func (m *ImputerModel) transformStored(x tensor.Matrix) (tensor.Matrix, place) {
	p := len(m.Fill)
	indicator := make([]int, p) // of each column, or -1
	for j := range indicator {
		indicator[j] = -1
	}
	for k, j := range m.Indicator {
		indicator[j] = p + k
	}
	return buildSparse(x, len(m.out), func() sparseRow {
		var flags []int
		return func(js []int32, vs []float64, put func(j int, v float64)) int {
			flags = flags[:0]
			for k, j := range js {
				v := vs[k]
				if v != v {
					v = m.Fill[j]
					if indicator[j] >= 0 {
						flags = append(flags, indicator[j])
					}
				} else if math.IsInf(v, 0) {
					return int(j)
				}
				put(int(j), v)
			}
			for _, j := range flags {
				put(j, 1)
			}
			return -1
		}
	})
}

// TransformInto is Transform into dst: see ml.IntoTransformer.
func (m *ImputerModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	return mapping{columns: len(m.out), nsPerRow: 2 * len(m.out), row: m.row}.transformInto("features.ImputerModel.TransformInto", &m.Fitted, dst, x)
}

// TransformRow replaces the missing values of one row; dst has len(Out()) elements.
func (m *ImputerModel) TransformRow(dst, x []float64) error {
	const where = "features.ImputerModel.TransformRow"
	if err := checkRows(where, &m.Fitted, dst, x, len(m.out)); err != nil {
		return err
	}
	if j := m.row(dst, x); j >= 0 {
		return ml.NotFinite(where, m.Columns, 0, j, x[j])
	}
	return nil
}

// Out describes the columns: those of training, and the indicators, called "missingindicator_age".
func (m *ImputerModel) Out() []ml.Column { return ml.CloneColumns(m.out) }

func init() {
	ml.RegisterConfig[SimpleImputer]("features.SimpleImputer")
	ml.Register[*ImputerModel]("features.ImputerModel")
}

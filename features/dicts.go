package features

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// DictVectorizer turns records of keys and values, such as decoded JSON objects (json.Number included), into rows. A number, or true and false as 1 and 0, goes into the column of its key; a
// text makes a column of its key and itself, "city=Oslo", which holds 1; of a list of texts each does. nil is a missing number (NaN). A key that a record lacks is 0.
//
// The columns are those of the training records, in the order of their names' bytes. Keys and texts that no training record had are left out. Another type of value is an error that says
// where it stands, and so is Inf. The result is CSR. It is scikit-learn's DictVectorizer.
type DictVectorizer struct {
	Separator string // between a key and a text; "": "="
}

// DictModel is a fitted DictVectorizer. Any number of goroutines may use it at once.
type DictModel struct {
	ml.Fitted
	Names []string // of the columns, rising

	index     map[string]int
	separator string
}

var _ ml.Fitter[[]map[string]any, *DictModel] = DictVectorizer{}

// Fit finds the columns of the records. None is an error.
func (c DictVectorizer) Fit(ctx context.Context, records []map[string]any) (*DictModel, error) {
	const where = "features.DictVectorizer.Fit"
	if len(records) == 0 {
		return nil, ml.BadShape(where, "records", "empty", "at least one")
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	m := &DictModel{Fitted: ml.Fitted{Config: c, Info: ml.Info{Rows: len(records), Features: 1}}, separator: c.separator()}
	seen := map[string]bool{}
	for i, r := range records {
		if err := m.each(where, i, r, func(name string, _ float64) { seen[name] = true }); err != nil {
			return nil, err
		}
	}
	if len(seen) == 0 {
		return nil, &ml.Error{Where: where, Field: "records", Found: "without any key", Want: "a key with a value", Kind: ml.ErrShape}
	}
	m.Names = slices.Sorted(maps.Keys(seen))
	return ready(m)
}

func (c DictVectorizer) separator() string {
	if c.Separator == "" {
		return "="
	}
	return c.Separator
}

// each visits what a record holds: the name of a column, and a number for it.
func (m *DictModel) each(where string, i int, record map[string]any, visit func(name string, v float64)) error {
	for key, value := range record {
		bad := func(found string) error {
			return &ml.Error{Where: where, Field: fmt.Sprintf("record %d, key %q", i, key), Found: found, Want: "a finite number, true or false, a text, or a list of texts", Kind: ml.ErrData}
		}
		switch v := value.(type) {
		case nil:
			visit(key, math.NaN())
			continue
		case string:
			visit(key+m.separator+v, 1)
			continue
		case []string:
			for _, text := range v {
				visit(key+m.separator+text, 1)
			}
			continue
		case []any:
			for _, element := range v {
				text, is := element.(string)
				if !is {
					return bad(fmt.Sprintf("a list with a %T", element))
				}
				visit(key+m.separator+text, 1)
			}
			continue
		}
		if text, is := value.(json.Number); is {
			v, err := text.Float64()
			if err != nil {
				return bad(text.String())
			}
			value = v
		}
		number := 0.0
		switch v := reflect.ValueOf(value); v.Kind() {
		case reflect.Bool:
			if v.Bool() {
				number = 1
			}
		case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
			number = float64(v.Int())
		case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
			number = float64(v.Uint())
		case reflect.Float32, reflect.Float64:
			number = v.Float()
		default:
			return bad(fmt.Sprintf("a %T", value))
		}
		if math.IsInf(number, 0) {
			return bad(fmt.Sprint(number))
		}
		visit(key, number)
	}
	return nil
}

// Restore checks a model that was read from a file and derives the index.
func (m *DictModel) Restore() error {
	const where = "features.DictModel"
	c, is := m.Config.(DictVectorizer)
	if !is || len(m.Names) == 0 || m.Info.Features != 1 {
		return ml.BadFile(where, "Config and Names", fmt.Sprintf("%T, %d long", m.Config, len(m.Names)), "a features.DictVectorizer, and at least one name")
	}
	m.separator, m.index = c.separator(), make(map[string]int, len(m.Names))
	for j, name := range m.Names {
		if j > 0 && name <= m.Names[j-1] {
			return ml.BadFile(where, fmt.Sprintf("Names[%d]", j), fmt.Sprintf("%q", name), "rising names")
		}
		m.index[name] = j
	}
	return nil
}

// Transform returns a row for each record.
func (m *DictModel) Transform(records []map[string]any) (*tensor.CSR[float64], error) {
	type entry struct {
		col int32
		v   float64
	}
	indptr := make([]int, 1, len(records)+1)
	var cols []int32
	var vals []float64
	var row []entry
	for i, r := range records {
		row = row[:0]
		if err := m.each("features.DictModel.Transform", i, r, func(name string, v float64) {
			if j, known := m.index[name]; known && v != 0 {
				row = append(row, entry{int32(j), v})
			}
		}); err != nil {
			return nil, err
		}
		slices.SortFunc(row, func(a, b entry) int { return int(a.col) - int(b.col) })
		for k, e := range row {
			if last := len(cols) - 1; k > 0 && cols[last] == e.col { // a text that its list holds twice
				vals[last] += e.v
				continue
			}
			cols, vals = append(cols, e.col), append(vals, e.v)
		}
		indptr = append(indptr, len(cols))
	}
	return tensor.NewCSR(len(records), len(m.Names), indptr, cols, vals)
}

// Index is the column of a name, -1 if it has none.
func (m *DictModel) Index(name string) int {
	if j, known := m.index[name]; known {
		return j
	}
	return -1
}

// Out describes the columns.
func (m *DictModel) Out() []ml.Column {
	out := make([]ml.Column, len(m.Names))
	for j, name := range m.Names {
		out[j] = ml.Column{Name: name, From: []int{0}}
	}
	return out
}

func init() {
	ml.RegisterConfig[DictVectorizer]("features.DictVectorizer")
	ml.Register[*DictModel]("features.DictModel")
}

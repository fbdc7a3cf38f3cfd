package features

import (
	"fmt"
	"log/slog"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// Unknown is what an encoder does with a category that it does not know.
type Unknown uint8

const (
	UnknownError      Unknown = iota // refuse the row. The zero value
	UnknownIgnore                    // a OneHotEncoder: zeros in all of the column's places; an OrdinalEncoder: UnknownRank
	UnknownInfrequent                // count it among the infrequent categories; as UnknownIgnore if the column has none
	UnknownWarn                      // the same, and tell slog.Default: once for each column that Transform finds one in, once for each in TransformRow
)

var unknowns = []string{"error", "ignore", "infrequent", "warn"}

// String returns "error", "ignore", "infrequent" or "warn".
func (u Unknown) String() string { return enumString("Unknown", unknowns, uint8(u)) }

// MarshalText writes what String returns.
func (u Unknown) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// UnmarshalText reads what MarshalText wrote; anything else is an error.
func (u *Unknown) UnmarshalText(text []byte) error {
	v, err := enumValue("Unknown", unknowns, text)
	if err == nil {
		*u = Unknown(v)
	}
	return err
}

// warnUnknown logs, for each column of x that has unknown categories, how many rows have one and the first of them.
func warnUnknown(where string, columns []ml.Column, x tensor.Matrix, unknown func(j int, v float64) bool) {
	from := rows.Of(x)
	n, p := from.Dims()
	buf, count, first := make([]float64, p), make([]int, p), make([]float64, p)
	for i := range n {
		for j, v := range from.Row(i, buf) {
			if unknown(j, v) {
				if count[j] == 0 {
					first[j] = v
				}
				count[j]++
			}
		}
	}
	for j, rows := range count {
		if rows > 0 {
			warnOf(where, columns, j, first[j], rows)
		}
	}
}

// warnUnknownRow is warnUnknown of one row.
func warnUnknownRow(where string, columns []ml.Column, x []float64, unknown func(j int, v float64) bool) {
	for j, v := range x {
		if unknown(j, v) {
			warnOf(where, columns, j, v, 1)
		}
	}
}

func warnOf(where string, columns []ml.Column, j int, v float64, rows int) {
	slog.Default().Warn(fmt.Sprintf("%s: %s has a category that no training row had", where, columnLabel(columns, j)), "category", categoryName(columns, j, v), "rows", rows)
}

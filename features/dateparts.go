package features

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// DatePart is a part of a date or time of day.
type DatePart uint8

const (
	Year      DatePart = iota // 2026
	Quarter                   // 1..4
	Month                     // 1..12
	Week                      // of ISO 8601, 1..53
	YearDay                   // 1..366
	MonthDay                  // 1..31
	WeekDay                   // 0 (Monday) .. 6
	Hour                      // 0..23
	Minute                    // 0..59
	Second                    // 0..60, with its fraction
	Weekend                   // 1 on Saturday and Sunday, else 0
	MonthEnd                  // 1 on the last day of a month, else 0
	DayOfTime                 // the share of the day that has passed, from 0 to below 1
)

var dateParts = []string{"year", "quarter", "month", "week", "yearday", "monthday", "weekday", "hour", "minute", "second", "weekend", "monthend", "time"}

// cycles are the first value and the length of the cycle of each part; 0 for parts without one.
var cycles = [][2]float64{Quarter: {1, 4}, Month: {1, 12}, Week: {1, 53}, YearDay: {1, 366}, MonthDay: {1, 31}, WeekDay: {0, 7}, Hour: {0, 24}, Minute: {0, 60}, Second: {0, 60}, Weekend: {}, MonthEnd: {}, DayOfTime: {0, 1}}

// String returns "year", "quarter", "month", "week", "yearday", "monthday", "weekday", "hour", "minute", "second", "weekend", "monthend" or "time".
func (p DatePart) String() string { return enumString("DatePart", dateParts, uint8(p)) }

// MarshalText writes what String returns.
func (p DatePart) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads what MarshalText wrote; anything else is an error.
func (p *DatePart) UnmarshalText(text []byte) error {
	v, err := enumValue("DatePart", dateParts, text)
	if err == nil {
		*p = DatePart(v)
	}
	return err
}

// DateParts replaces columns of times, held as Unix seconds, by parts of their date and time of day in a zone.
//
// With Cyclic a part with a cycle (a month, an hour) becomes two columns, the sine and cosine of its angle, so that December is next to January and 23
// o'clock next to midnight; parts without one (Year, Weekend, MonthEnd) stay numbers. A missing time (NaN) is missing in every part. Nothing is learned. Times must be
// within the years -9999 to 9999. CSR is an error: second 0 is in 1970. Categorical columns are an error. About 100 ns a value.
type DateParts struct {
	Parts  []DatePart // in the order wanted; nil: Year, Month, MonthDay, WeekDay, Hour
	Cyclic bool       // true: cycles as sine and cosine; false: numbers
	Zone   string     // of the IANA data base, "Europe/Paris"; "": UTC. A machine without that data base needs import _ "time/tzdata" in the program
}

// DatePartsModel is a fitted DateParts.
type DatePartsModel struct {
	ml.Fitted

	parts []DatePart
	zone  *time.Location
	width int // of the result, for each column
}

// Accepts says that it takes missing values.
func (DateParts) Accepts() ml.Accepts { return ml.Accepts{Missing: true} }

const whyDate = ": second 0 is in 1970"

// Fit checks the zone and the times of t.
func (c DateParts) Fit(ctx context.Context, t ml.Table) (*DatePartsModel, error) {
	const where = "features.DateParts.Fit"
	if err := t.Check(where, c.Accepts()); err != nil {
		return nil, err
	}
	if isSparse(t.X) {
		return nil, denseOnly(where, whyDate)
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	m, err := ready(&DatePartsModel{Fitted: ml.NewFitted(t, nil, c)})
	if err != nil {
		return nil, err
	}
	e := columnExtremes(t.X, t.Weight)
	for j := range e.low {
		if e.weight[j] > 0 && !(e.low[j] >= -dateRange && e.high[j] <= dateRange) {
			return nil, &ml.Error{Where: where, Field: columnLabel(t.Columns, j), Found: fmt.Sprintf("from %v to %v", e.low[j], e.high[j]), Want: "Unix seconds within the years -9999 to 9999", Kind: ml.ErrConfig}
		}
	}
	return m, nil
}

// dateRange is beyond the seconds of the years -9999 to 9999.
const dateRange = 3.8e11

// Restore checks a model that was read from a file and derives the rest.
func (m *DatePartsModel) Restore() error {
	const where = "features.DateParts"
	c, is := m.Config.(DateParts)
	if !is {
		return ml.BadFile("features.DatePartsModel", "Config", fmt.Sprintf("%T", m.Config), "a features.DateParts")
	}
	m.parts = c.Parts
	if m.parts == nil {
		m.parts = []DatePart{Year, Month, MonthDay, WeekDay, Hour}
	}
	if len(m.parts) == 0 {
		return ml.BadConfig(where, "Parts", "empty", "nil, or at least one")
	}
	zone, err := time.LoadLocation(c.Zone)
	if err != nil || c.Zone == "Local" {
		return &ml.Error{Where: where, Field: "Zone", Found: fmt.Sprintf("%q", c.Zone), Want: `the name of a zone that this machine knows, such as "Europe/Paris"; or import _ "time/tzdata"`, Kind: ml.ErrConfig, Cause: err}
	}
	m.zone, m.width = zone, 0
	seen := make([]bool, len(dateParts))
	for i, p := range m.parts {
		if err := enumCheck(where, fmt.Sprintf("Parts[%d]", i), "DatePart", dateParts, uint8(p)); err != nil {
			return err
		}
		if seen[p] {
			return ml.BadConfig(where, fmt.Sprintf("Parts[%d]", i), p.String()+" for the second time", "each part once")
		}
		seen[p] = true
		m.width++
		if c.Cyclic && cycles[p][1] > 0 {
			m.width++
		}
	}
	return nil
}

func (m *DatePartsModel) row(dst, src []float64) int {
	cyclic := m.Config.(DateParts).Cyclic
	for j, v := range src {
		place := dst[j*m.width : (j+1)*m.width]
		if v != v {
			for k := range place {
				place[k] = v
			}
			continue
		}
		if !(math.Abs(v) <= dateRange) {
			return j
		}
		whole := math.Floor(v)
		at := time.Unix(int64(whole), 0).In(m.zone)
		k := 0
		for _, p := range m.parts {
			value := p.of(at, v-whole)
			if cycle := cycles[p]; cyclic && cycle[1] > 0 {
				place[k], place[k+1] = math.Sincos(2 * math.Pi * (value - cycle[0]) / cycle[1])
				k += 2
				continue
			}
			place[k] = value
			k++
		}
	}
	return -1
}

// of is the part of a time and the fraction of its second.
func (p DatePart) of(at time.Time, fraction float64) float64 {
	switch p {
	case Year:
		return float64(at.Year())
	case Quarter:
		return float64((at.Month()-1)/3 + 1)
	case Month:
		return float64(at.Month())
	case Week:
		_, week := at.ISOWeek()
		return float64(week)
	case YearDay:
		return float64(at.YearDay())
	case MonthDay:
		return float64(at.Day())
	case WeekDay:
		return float64((at.Weekday() + 6) % 7)
	case Hour:
		return float64(at.Hour())
	case Minute:
		return float64(at.Minute())
	case Second:
		return float64(at.Second()) + fraction
	case Weekend:
		return flag(at.Weekday() == time.Saturday || at.Weekday() == time.Sunday)
	case MonthEnd:
		return flag(at.AddDate(0, 0, 1).Day() == 1)
	default: // DayOfTime
		hour, minute, second := at.Clock()
		return (float64(hour*3600+minute*60+second) + fraction) / 86400
	}
}

func flag(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// Transform writes the parts of each time of x. A number beyond the years -9999 to 9999 is an error.
func (m *DatePartsModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	p := m.Info.Features
	out, err := transform("features.DatePartsModel.Transform", &m.Fitted, x, p*m.width, 100*p, m.row, nil, whyDate)
	return out, notTime(err)
}

func notTime(err error) error {
	if e, is := err.(*ml.Error); is && e.Kind == ml.ErrNotFinite {
		e.Want = "Unix seconds within the years -9999 to 9999"
	}
	return err
}

// TransformInto is Transform into dst: see ml.IntoTransformer.
func (m *DatePartsModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	return notTime(mapping{columns: m.Info.Features * m.width, nsPerRow: 100 * m.Info.Features, row: m.row}.transformInto("features.DatePartsModel.TransformInto", &m.Fitted, dst, x))
}

// TransformRow writes the parts of one row of times; dst has len(Out()) elements.
func (m *DatePartsModel) TransformRow(dst, x []float64) error {
	return notTime(transformRow("features.DatePartsModel.TransformRow", &m.Fitted, dst, x, m.Info.Features*m.width, m.row))
}

// Out describes the parts: "opened_month", and with Cyclic "opened_month_sin" and "opened_month_cos".
func (m *DatePartsModel) Out() []ml.Column {
	cyclic := m.Config.(DateParts).Cyclic
	var out []ml.Column
	for j := range m.Info.Features {
		for _, p := range m.parts {
			name := ml.ColumnName(m.Columns, j) + "_" + p.String()
			if cyclic && cycles[p][1] > 0 {
				out = append(out, ml.Column{Name: name + "_sin", From: []int{j}}, ml.Column{Name: name + "_cos", From: []int{j}})
				continue
			}
			out = append(out, ml.Column{Name: name, From: []int{j}})
		}
	}
	return out
}

func init() {
	ml.RegisterConfig[DateParts]("features.DateParts")
	ml.Register[*DatePartsModel]("features.DatePartsModel")
}

package ml

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

// sqlTable is a database driver that answers every query with the same rows.
type sqlTable struct {
	names []string
	rows  [][]driver.Value
	err   error // after the last row
}

func (t *sqlTable) Open(string) (driver.Conn, error)           { return t, nil }
func (t *sqlTable) Prepare(string) (driver.Stmt, error)        { return t, nil }
func (t *sqlTable) Begin() (driver.Tx, error)                  { return nil, errors.ErrUnsupported }
func (t *sqlTable) Close() error                               { return nil }
func (t *sqlTable) NumInput() int                              { return 0 }
func (t *sqlTable) Exec([]driver.Value) (driver.Result, error) { return nil, errors.ErrUnsupported }
func (t *sqlTable) Query([]driver.Value) (driver.Rows, error)  { return &sqlCursor{sqlTable: t}, nil }

type sqlCursor struct {
	*sqlTable
	at int
}

func (c *sqlCursor) Columns() []string { return c.names }
func (c *sqlCursor) Next(dest []driver.Value) error {
	if c.at == len(c.rows) {
		if c.err != nil {
			return c.err
		}
		return io.EOF
	}
	copy(dest, c.rows[c.at])
	c.at++
	return nil
}

var answers = &sqlTable{}

func init() { sql.Register("ml-test", answers) }

func TestReadRowsOfDatabaseSQL(t *testing.T) {
	db, err := sql.Open("ml-test", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	at := time.Date(2024, 5, 17, 10, 30, 0, 5e8, time.FixedZone("", 7200))
	*answers = sqlTable{
		names: []string{"n", "f", "ok", "name", "raw", "at", "id", "day", "mixed"},
		rows: [][]driver.Value{
			{int64(1), 0.1, true, "1", []byte("12.50"), at, int64(9007199254740993), "2024-05-17", int64(7)},
			{nil, nil, nil, nil, nil, nil, int64(9007199254740992), nil, nil},
			{int64(-3), 1e300, false, "ann", []byte("-1"), at.Add(time.Second), int64(5), "1970-01-01", "x"},
		},
	}
	rows, err := db.Query("select")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	table, err := ReadRows(rows, Schema{})
	if err != nil {
		t.Fatal(err)
	}
	wantColumn(t, table, "n", []float64{1, nan, -3}, nil)
	wantColumn(t, table, "f", []float64{0.1, nan, 1e300}, nil)
	wantColumn(t, table, "ok", []float64{1, nan, 0}, nil)
	wantColumn(t, table, "name", []float64{0, nan, 1}, []string{"1", "ann"})
	wantColumn(t, table, "raw", []float64{12.5, nan, -1}, nil)
	wantColumn(t, table, "at", []float64{1715934600.5, nan, 1715934601.5}, nil)
	wantColumn(t, table, "id", []float64{2, 1, 0}, []string{"5", "9007199254740992", "9007199254740993"})
	wantColumn(t, table, "day", []float64{1715904000, nan, 0}, nil)
	wantColumn(t, table, "mixed", []float64{0, nan, 1}, []string{"7", "x"})

	answers.err = errors.New("connection lost")
	rows, err = db.Query("select")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if _, err := ReadRows(rows, Schema{}); !errors.Is(err, answers.err) || !strings.Contains(err.Error(), "after row 3") {
		t.Error(err)
	}
}

// handRows is a source of rows that no driver made.
type handRows struct {
	names []string
	rows  [][]any
	scan  error
}

func (h *handRows) Columns() ([]string, error) { return h.names, nil }
func (h *handRows) Next() bool                 { return len(h.rows) > 0 }
func (h *handRows) Err() error                 { return nil }
func (h *handRows) Scan(dest ...any) error {
	for j, v := range h.rows[0] {
		*dest[j].(*any) = v
	}
	h.rows = h.rows[1:]
	return h.scan
}

func TestReadRowsOfOtherSources(t *testing.T) {
	table, err := ReadRows(&handRows{names: []string{"a", "b", "c"}, rows: [][]any{{1, float32(0.5), "3.5"}, {uint64(2), int8(-1), "4"}}}, Schema{Types: map[string]Type{"c": TypeNumber}})
	if err != nil {
		t.Fatal(err)
	}
	wantColumn(t, table, "a", []float64{1, 2}, nil)
	wantColumn(t, table, "b", []float64{0.5, -1}, nil)
	wantColumn(t, table, "c", []float64{3.5, 4}, nil)

	broken := errors.New("broken")
	for _, c := range []struct {
		rows SQLRows
		opt  Schema
		kind error
		want string
	}{
		{&handRows{names: []string{"a", "b"}, rows: [][]any{{1, struct{}{}}}}, Schema{}, ErrFormat, "row 1, column 2 (b) is a struct {}"},
		{&handRows{names: []string{"a"}, rows: [][]any{{1}, {"x"}}}, Schema{Types: map[string]Type{"a": TypeNumber}}, ErrFormat, `row 2, column 1 (a) is "x"`},
		{&handRows{names: []string{"a"}, rows: [][]any{{1}}}, Schema{Types: map[string]Type{"z": TypeNumber}}, ErrColumn, `"z"`},
		{&handRows{names: []string{"a"}, rows: [][]any{{1}}, scan: broken}, Schema{}, broken, "row 1"},
		{&handRows{}, Schema{}, ErrShape, "without columns"},
		{(*handRows)(nil), Schema{}, ErrShape, "nil"},
	} {
		if _, err := ReadRows(c.rows, c.opt); !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

// HousesDB is a database for the example of ReadRows.
func HousesDB() *sql.DB {
	return sql.OpenDB(dsnless{&sqlTable{
		names: []string{"rooms", "city", "price"},
		rows:  [][]driver.Value{{int64(3), "Lima", 250000.0}, {int64(4), "Oslo", 410000.0}},
	}})
}

// dsnless makes a driver a connector.
type dsnless struct{ *sqlTable }

func (d dsnless) Connect(context.Context) (driver.Conn, error) { return d.sqlTable, nil }
func (d dsnless) Driver() driver.Driver                        { return d.sqlTable }

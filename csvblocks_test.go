package ml

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// Quoted line ends and comments with quotes in a file of several blocks: the same texts as encoding/csv, row by row.
func TestReadCSVQuotesAcrossBlocks(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	pieces := []string{"a", ",", "\"", "\n", "# x", "word ", "\n\n"}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	for i := 0; b.Len() < 700_000; i++ {
		var cell strings.Builder
		cell.WriteString("t")
		for range r.IntN(8) {
			cell.WriteString(pieces[r.IntN(len(pieces))])
		}
		if i%50 == 3 {
			cell.WriteString(strings.Repeat("long \n", r.IntN(2000)))
		}
		w.Write([]string{fmt.Sprint(i), cell.String()})
		w.Flush()
		if i%20 == 0 {
			b.WriteString("# a \" in a comment\n")
		}
	}
	std := csv.NewReader(bytes.NewReader(b.Bytes()))
	std.Comment = '#'
	want, err := std.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	table, err := ReadCSV(bytes.NewReader(b.Bytes()), CSV{NoHeader: true, Comment: '#'})
	if err != nil {
		t.Fatal(err)
	}
	if table.Rows() != len(want) {
		t.Fatalf("%d rows, want %d", table.Rows(), len(want))
	}
	for i, rec := range want {
		if got := table.Columns[1].Levels[int(table.X.At(i, 1))]; got != rec[1] || table.X.At(i, 0) != float64(i) {
			t.Fatalf("row %d is %v and %q, want %q", i, table.X.At(i, 0), got, rec[1])
		}
	}
}

// More rows than one block of the recorder takes, with a text in the last one.
func TestReadRowsInManyBlocks(t *testing.T) {
	const n = 400_000
	rows := &handRows{names: []string{"i", "late"}}
	for i := range n {
		rows.rows = append(rows.rows, []any{i, 1.5})
	}
	rows.rows[n-1][1] = "x"
	table, err := ReadRows(rows, Schema{})
	if err != nil {
		t.Fatal(err)
	}
	if table.Rows() != n || table.X.At(n-1, 0) != n-1 || fmt.Sprint(table.Columns[1].Levels) != "[1.5 x]" || table.X.At(n-1, 1) != 1 {
		t.Errorf("%d rows, %v", table.Rows(), table.Columns)
	}
	rows = &handRows{names: []string{"i"}}
	for i := range n {
		rows.rows = append(rows.rows, []any{fmt.Sprint(i)})
	}
	rows.rows[n-1][0] = "y"
	if _, err := ReadRows(rows, Schema{Types: map[string]Type{"i": TypeNumber}}); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("row %d, column 1 (i)", n)) {
		t.Error(err)
	}
}

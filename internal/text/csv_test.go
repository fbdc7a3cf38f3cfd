package text

import (
	"bytes"
	"encoding/csv"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// records tokenizes a whole file with the cursor.
func records(f *csvFormat, data []byte) ([][]string, *Fault) {
	var out [][]string
	cur := csvCursor{csvFormat: f, data: data, line: 1}
	for cur.row() {
		var rec []string
		for end := false; !end; {
			var b []byte
			var fault *Fault
			if b, end, fault = cur.cell(); fault != nil {
				return nil, fault
			}
			rec = append(rec, string(b))
		}
		out = append(out, rec)
	}
	return out, nil
}

func randomText(r *rand.Rand, alphabet string, most int) string {
	var b strings.Builder
	for range r.IntN(most + 1) {
		b.WriteByte(alphabet[r.IntN(len(alphabet))])
	}
	return b.String()
}

// What encoding/csv writes, we read as it was.
func TestCSVReadsWhatEncodingCSVWrites(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 3000 {
		width := 1 + r.IntN(4)
		var want [][]string
		for range r.IntN(6) {
			rec := make([]string, width)
			for j := range rec {
				rec[j] = randomText(r, "ab1,\";\n \t'#", 6)
			}
			want = append(want, rec)
		}
		var file bytes.Buffer
		w := csv.NewWriter(&file)
		w.Comma = []rune{',', ';', '\t'}[r.IntN(3)]
		if err := w.WriteAll(want); err != nil {
			t.Fatal(err)
		}
		// a record of one empty field is written as a blank line, which is none
		want = slices.DeleteFunc(want, func(rec []string) bool { return width == 1 && rec[0] == "" })
		got, fault := records(newCSV(CSV{Comma: byte(w.Comma)}), file.Bytes())
		if fault != nil {
			t.Fatalf("%q: %v", file.String(), fault)
		}
		if !slices.EqualFunc(got, want, slices.Equal) {
			t.Fatalf("%q read as %q, want %q", file.String(), got, want)
		}
	}
}

// On any text we agree with encoding/csv: on the cells, and on whether there is an error.
func TestCSVAgreesWithEncodingCSV(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	faults := 0
	for range 100_000 {
		data := randomText(r, "a1,,\"\"\n\n #", 14)
		if r.IntN(2) == 0 {
			data = strings.ReplaceAll(data, "\n", "\r\n")
		}
		std := csv.NewReader(strings.NewReader(data))
		std.FieldsPerRecord = -1
		std.Comment = '#'
		want, err := std.ReadAll()
		got, fault := records(newCSV(CSV{Comma: ',', Comment: '#'}), []byte(data))
		if (err != nil) != (fault != nil) {
			t.Fatalf("%q: we say %v, encoding/csv says %v", data, fault, err)
		}
		if err != nil {
			faults++
			continue
		}
		for _, rec := range got { // encoding/csv turns CRLF within quotes into LF
			for j := range rec {
				rec[j] = strings.ReplaceAll(rec[j], "\r\n", "\n")
			}
		}
		if !slices.EqualFunc(got, want, slices.Equal) {
			t.Fatalf("%q read as %q, encoding/csv says %q", data, got, want)
		}
	}
	if faults < 1000 || faults > 99_000 {
		t.Fatalf("%d faulty texts: the test does not see both sides", faults)
	}
}

// However the input is cut into blocks, the records stay whole: their borders are those of the cursor.
func TestCSVBordersAreRowEnds(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	f := newCSV(CSV{Comma: ',', Comment: '#'})
	for range 20_000 {
		data := []byte(randomText(r, "a,\"\n#\r", 20))
		want, fault := records(f, data)
		if fault != nil {
			continue
		}
		var got [][]string
		rows := 0
		for rest := data; len(rest) > 0; {
			n, row := f.record(rest)
			if n == 0 {
				n = len(rest)
			}
			part, fault := records(f, rest[:n])
			if fault != nil || len(part) > 1 || row && len(part) == 0 && n < len(rest) && rest[0] != '\r' || !row && len(part) > 0 {
				t.Fatalf("%q cut at %q: %q %v, a row: %v", data, rest[:n], part, fault, row)
			}
			got = append(got, part...)
			rows += len(part)
			rest = rest[n:]
		}
		if !slices.EqualFunc(got, want, slices.Equal) {
			t.Fatalf("%q in pieces is %q, whole %q", data, got, want)
		}
	}
}

// A quote that is never closed must not draw in all of an endless file.
func TestCSVLimitsRecords(t *testing.T) {
	f := newCSV(CSV{Comma: ','})
	for _, rows := range []int{0, 5} {
		in, fault := newInput(&endless{}, f)
		if fault != nil {
			t.Fatal(fault)
		}
		in.limit = 4 << 20
		if _, fault = in.round(rows); fault == nil || len(in.carry) > 2*in.limit {
			t.Fatalf("%v after %d bytes", fault, len(in.carry))
		}
	}
}

// endless is an open quote and a line after the other.
type endless struct{ begun bool }

func (e *endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = "aaaaaaa\n"[i%8]
	}
	if !e.begun {
		b[0], e.begun = '"', true
	}
	return len(b), nil
}

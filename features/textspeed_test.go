package features

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode"
)

func TestAsciiPrefix(t *testing.T) {
	all := make([]byte, 128)
	for c := range all {
		all[c] = byte(c)
	}
	for offset := range 9 {
		for _, tail := range []string{"", "é", "éABCDEFGH"} {
			text := string(all[offset:]) + tail
			b := []byte(text)
			if n := asciiPrefix(b, true); n != len(all)-offset || string(b[:n]) != strings.Map(unicode.ToLower, text[:n]) || string(b[n:]) != tail {
				t.Errorf("from byte %d before %q: %d bytes, %q", offset, tail, n, b)
			}
			b = []byte(text)
			if n := asciiPrefix(b, false); n != len(all)-offset || string(b) != text {
				t.Errorf("from byte %d before %q: %d bytes, %q without lower case", offset, tail, n, b)
			}
		}
	}
}

// TestWriteMixed has letters of several bytes at every place of a run of eight.
func TestWriteMixed(t *testing.T) {
	for n := range 80 {
		text := strings.Repeat("X", n) + "É" + strings.Repeat("Y", 80-n) + "ß"
		a := newAnalyzer(TextAnalysis{})
		if a.write(text); string(a.text) != strings.ToLower(text) {
			t.Errorf("%q became %q", text, a.text)
		}
	}
}

func TestEntrySorter(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, terms := range []int{1, 2, 256, 257, 65_536, 65_537, 1 << 24, 1<<31 - 1} {
		s := newEntrySorter(terms)
		for _, n := range []int{0, 1, 2, 24, 25, 300, 90} {
			row, seen := []uint64(nil), map[int]bool{}
			for len(row) < min(n, terms) {
				if term := terms - 1 - r.IntN(terms); !seen[term] {
					seen[term] = true
					row = append(row, uint64(term)<<32|uint64(r.Uint32()))
				}
			}
			want := slices.Sorted(slices.Values(row))
			if s.sort(row); !slices.Equal(row, want) {
				t.Errorf("%d entries of %d terms are out of order", n, terms)
			}
		}
	}
}

// TestTermTable has terms of every length, with and without zero bytes, that differ in one byte.
func TestTermTable(t *testing.T) {
	table, known := newTermTable(0), map[string]int{}
	add := func(term string) {
		want, seen := known[term]
		if got := table.lookUp([]byte(term)); seen && got != want || !seen && got != -1 {
			t.Fatalf("%q is number %d before it is added", term, got)
		}
		if !seen {
			want = len(known)
			known[term] = want
		}
		if got := table.add([]byte(term)); got != want || string(table.term(got)) != term {
			t.Fatalf("%q is number %d, want %d", term, got, want)
		}
	}
	for range 2 {
		for n := range 40 {
			for _, fill := range []string{"a", "\x00", "\xff"} {
				term := []byte(strings.Repeat(fill, n))
				add(string(term))
				for i := range term {
					term[i] ^= 1
					add(string(term))
					term[i] ^= 1
				}
			}
		}
		for i := range 5000 {
			add(fmt.Sprint(i * i))
		}
	}
}

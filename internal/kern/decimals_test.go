package kern

import (
	"bytes"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// plainDecimal says in the plainest way what a number is, which all of text is read for.
func plainDecimal(text string) (v uint64, form uint8, ok bool) {
	whole, negative := strings.CutPrefix(text, "-")
	left, right, dotted := strings.Cut(whole, ".")
	if len(whole) > mostDecimal || dotted && right == "" || left+right == "" || strings.Trim(left+right, "0123456789") != "" {
		return 0, 0, false
	}
	n, _ := new(big.Int).SetString(left+right, 10)
	if negative {
		form = 128
	}
	return n.Uint64(), form | uint8(len(right)), n.Cmp(new(big.Int).SetUint64(1e19)) < 0
}

func TestDecimals(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 1))
	odd := []string{"", "-", ".", "-.", "5.", ".5", "-.5", "1e5", "--1", "1-1", "1.2.3", "+1", "1 ", "\x00", "1\x00", "nan", "9999999999999999999", "10000000000000000000", "0009999999999999999999", "00010000000000000000000",
		"000000000000000000000000", "0000000000000000000000000", "-000000000000000000000000", "0.0000000000000000000001", "123456789012345678901234567890123456789", "18446744073709551615", "18446744073709551616", "1:", "1/", "0.:", "٣"}
	word := func() string {
		switch r.IntN(12) {
		case 0:
			return odd[r.IntN(len(odd))]
		case 1:
			return fmt.Sprint(-r.Int64N(1 << r.IntN(60)))
		case 2, 3, 4:
			return fmt.Sprint(r.Int64N(1 << r.IntN(60)))
		case 5, 6:
			return strconv.FormatFloat(r.NormFloat64(), 'f', r.IntN(23), 64)
		default:
			return strconv.FormatFloat(r.NormFloat64()*float64(r.IntN(1000)), 'g', 1+r.IntN(17), 64)
		}
	}
	rounds := 3000
	if small() {
		rounds = 300
	}
	eachLevel(t, func(t *testing.T) {
		for range rounds {
			separator := " ,\n0"[r.IntN(3)]
			words := make([]string, r.IntN(80))
			calm := r.IntN(2) == 0 // no number of another form
			for i := range words {
				for words[i] = word(); calm; words[i] = word() {
					if _, _, ok := plainDecimal(words[i]); ok {
						break
					}
				}
			}
			text := []byte(strings.Join(words, string(separator)))
			if r.IntN(2) == 0 {
				text = append(text, separator)
			}
			text = append(bytes.Repeat([]byte("7"), r.IntN(70)), text...)[:len(text):len(text)]
			var m []uint64
			var form []uint8
			used, room := 0, r.IntN(90)
			for len(m) < room {
				w, _, found := bytes.Cut(text[used:], []byte{separator})
				v, f, ok := plainDecimal(string(w))
				if !found || !ok {
					break
				}
				m, form, used = append(m, v), append(form, f), used+len(w)+1
			}
			gotM, gotForm := make([]uint64, room+1)[:room], make([]uint8, room+1)[:room]
			n, size := Decimals(gotM, gotForm, text, separator)
			if n != len(m) || size != used || !slices.Equal(gotM[:n], m) || !slices.Equal(gotForm[:n], form) || gotM[:room+1][room] != 0 || gotForm[:room+1][room] != 0 {
				t.Fatalf("%q by %q: %d numbers in %d bytes %v %v, want %d in %d %v %v", text, separator, n, size, gotM[:n], gotForm[:n], len(m), used, m, form)
			}
		}
	})
}

// Text that has no separator, or far apart, is not read to its end.
func TestDecimalsStop(t *testing.T) {
	text := bytes.Repeat([]byte("1"), 1<<20)
	text[len(text)-1] = ' '
	eachLevel(t, func(t *testing.T) {
		m, form := make([]uint64, 3), make([]uint8, 3)
		if n, used := Decimals(m, form, text, ' '); n != 0 || used != 0 {
			t.Fatal(n, used)
		}
	})
}

func BenchmarkDecimals(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 9))
	for name, draw := range map[string]func() string{
		"17 digits": func() string { return strconv.FormatFloat(r.NormFloat64(), 'f', 17, 64) },
		"6 digits":  func() string { return strconv.FormatFloat(100*r.Float64(), 'g', 6, 64) },
		"column":    func() string { return fmt.Sprint(r.IntN(28)) },
	} {
		b.Run(name, func(b *testing.B) {
			var text []byte
			m, form := make([]uint64, DecimalsAtOnce), make([]uint8, DecimalsAtOnce)
			for range m {
				text = append(append(text, draw()...), ' ')
			}
			for b.Loop() {
				if n, _ := Decimals(m, form, text, ' '); n != len(m) {
					b.Fatal(n)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(m)), "ns/number")
		})
	}
}

package text

import (
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"strconv"
	"testing"
	"time"
)

// decimalText is what number must take: it is narrower than strconv, which knows Go's own notations.
var decimalText = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$|^[+-]?(?i:nan|inf|infinity)$`)

func checkNumber(t *testing.T, s string) {
	t.Helper()
	v, looks := number([]byte(s), '.')
	if ok := decimalText.MatchString(s); ok != (looks != notNumber) {
		t.Fatalf("%q: a number is %v, want %v", s, looks != notNumber, ok)
	}
	if looks == notNumber {
		return
	}
	want, _ := strconv.ParseFloat(s, 64)
	if math.Float64bits(v) != math.Float64bits(want) && !(math.IsNaN(v) && (math.IsNaN(want) || len(s) == 4)) {
		t.Fatalf("%q: %v, strconv says %v", s, v, want)
	}
}

// The same bits as strconv on every kind of text a file may hold: shortest digits, fixed decimals, many digits,
// exponents near and beyond the range, and texts that are almost numbers.
func TestNumberAgainstStrconv(t *testing.T) {
	for _, s := range []string{"", "-", "+", ".", "-.", "1.", ".5", "1e", "1e+", "e5", "0x10", "1_000", "1e400", "-1e400", "1e-400",
		"00", "-0", "1.7976931348623158e308", "4.9e-324", "2.4e-324", "9007199254740992", "9007199254740993", "18446744073709551615",
		"18446744073709551616", "123456789012345678901234567890", "0.000000000000000000000000000001", "nan", "-NaN", "Inf", "+INFINITY",
		"infin", "1 ", "1e1000000000000", "1e-99999999999", "179769313486231580793e289", "1..2", "1.5.5", "１"} {
		checkNumber(t, s)
	}
	r := rand.New(rand.NewPCG(1, 1))
	for range 200_000 {
		v := math.Float64frombits(r.Uint64())
		if r.IntN(2) == 0 {
			v = r.NormFloat64() * math.Pow(10, float64(r.IntN(40)-20))
		}
		format := "eEfgG"[r.IntN(5)]
		if format == 'f' && math.Abs(v) > 1e60 {
			format = 'e'
		}
		checkNumber(t, strconv.FormatFloat(v, format, r.IntN(25)-1, 64))
	}
	for range 100_000 {
		b := make([]byte, r.IntN(12))
		for i := range b {
			b[i] = "0123456789.-+eE"[r.IntN(15)]
		}
		checkNumber(t, string(b))
	}
}

func TestNumberWithDecimalComma(t *testing.T) {
	for s, want := range map[string]float64{"3,14": 3.14, "-0,1234567890123456789": -0.1234567890123456789, "1e3": 1000} {
		if v, looks := number([]byte(s), ','); looks == notNumber || v != want {
			t.Errorf("%q is %v (%v), want %v", s, v, looks, want)
		}
	}
	if _, looks := number([]byte("3.14"), ','); looks != notNumber {
		t.Error("a point is read as a decimal point besides the comma")
	}
}

func TestNumberLooks(t *testing.T) {
	for s, want := range map[string]literal{"12": whole, "9007199254740992": whole, "9007199254740993": wide, "9007199254740994": whole,
		"18446744073709551615": wide, "100000000000000000000": wide, "1e3": fraction, "12.0": fraction, "nan": fraction} {
		if _, looks := number([]byte(s), '.'); looks != want {
			t.Errorf("%q looks %v, want %v", s, looks, want)
		}
	}
}

// Every layout that instant takes, against package time; and days that do not exist.
func TestInstantAgainstTime(t *testing.T) {
	layouts := []string{"2006-01-02", "2006-01-02T15:04:05Z07:00", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02T15:04:05.000Z07:00", "2006-01-02T15:04Z07:00"}
	r := rand.New(rand.NewPCG(2, 2))
	for range 20_000 {
		zone := time.FixedZone("", (r.IntN(48)-24)*1800)
		at := time.Date(r.IntN(10000), time.Month(1+r.IntN(12)), 1+r.IntN(31), r.IntN(24), r.IntN(60), r.IntN(60), r.IntN(1000)*1e6, zone)
		if at.Year() < 0 || at.Year() > 9999 {
			continue
		}
		layout := layouts[r.IntN(len(layouts))]
		s := at.Format(layout)
		parsed, err := time.Parse(layout, s)
		if err != nil {
			t.Fatal(err)
		}
		want := float64(parsed.Unix()) + float64(parsed.Nanosecond())/1e9
		if v, ok := instant([]byte(s)); !ok || v != want {
			t.Fatalf("%q is %v (%v), want %v", s, v, ok, want)
		}
	}
	for _, s := range []string{"2023-02-29", "2024-13-01", "2024-00-10", "2024-01-32", "2024-01-00", "2024-01-02T", "2024-01-02T24:00",
		"2024-01-02T10:60", "2024-01-02T10:10:60", "2024-01-02T10:10:10.", "2024-01-02T10:10:10+2:00", "2024-01-02x10:10", "2024/01/02",
		"20240102", "2024-1-2", "", "2024-01-02T10:10:10+24:00", "2024-01-02T10:10:10ZZ"} {
		if _, ok := instant([]byte(s)); ok {
			t.Errorf("%q passes for a time", s)
		}
	}
}

func TestGoLayout(t *testing.T) {
	for pattern, want := range map[string]string{
		"yyyy-MM-dd'T'HH:mm:ss.SSSXXX": "2006-01-02T15:04:05.000Z07:00",
		"EEE, d MMM yy hh:mm a":        "Mon, 2 Jan 06 03:04 PM",
		"dd.MM.yyyy":                   "02.01.2006",
	} {
		if got, ok := goLayout(pattern); !ok || got != want {
			t.Errorf("%q is %q (%v), want %q", pattern, got, ok, want)
		}
	}
	for _, pattern := range []string{"SSS", "ww", "'open", "yyyy2", "'1'"} {
		if got, ok := goLayout(pattern); ok {
			t.Errorf("%q is %q", pattern, got)
		}
	}
}

func TestDeclaredBool(t *testing.T) {
	for s, want := range map[string]float64{"T": 1, "Yes": 1, "on": 1, "1": 1, "FALSE": 0, "n": 0, "0": 0} {
		if v, ok := declaredBool([]byte(s)); !ok || v != want {
			t.Errorf("%q is %v (%v)", s, v, ok)
		}
	}
	if _, ok := declaredBool([]byte("2")); ok {
		t.Error("2 passes for a truth value")
	}
}

func BenchmarkNumber(b *testing.B) {
	for _, s := range []string{"7", "12345", "-3.25", "0.123456", "0.6964691855978616"} {
		b.Run(s, func(b *testing.B) {
			cell := []byte(s)
			for b.Loop() {
				if _, looks := number(cell, '.'); looks == notNumber {
					b.Fatal(fmt.Sprint(s))
				}
			}
		})
	}
}

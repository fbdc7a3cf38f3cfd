package text

import (
	"math"
	"strconv"
)

// literal says what a number looks like in the text.
type literal uint8

const (
	notNumber literal = iota
	whole             // digits only, and float64 holds it exactly
	wide              // digits only, but float64 has to round it: an id, rather than a quantity
	fraction          // with a point or an exponent, or not finite
)

// pow10 are the powers of ten that float64 holds exactly.
var pow10 = [...]float64{
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
}

// number parses a decimal number whose decimal point is the given byte, correctly rounded: the same bits as
// strconv.ParseFloat, but for the notations of Go (hexadecimal, underscores), which are not numbers here. Beyond the
// range of float64 the result is an infinity.
func number(b []byte, point byte) (float64, literal) {
	i, negative := 0, false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		negative = b[0] == '-'
		i++
	}
	first := i
	var mantissa uint64
	for ; i < len(b) && b[i]-'0' < 10; i++ {
		mantissa = mantissa*10 + uint64(b[i]-'0')
	}
	digits, exponent, looks := i-first, 0, whole
	if i < len(b) && b[i] == point {
		looks = fraction
		i++
		start := i
		for ; i < len(b) && b[i]-'0' < 10; i++ {
			mantissa = mantissa*10 + uint64(b[i]-'0')
		}
		exponent = start - i
		digits += i - start
	}
	if digits == 0 {
		return special(b[first:], negative)
	}
	if i < len(b) {
		e, ok := exponentOf(b[i:])
		if !ok {
			return 0, notNumber
		}
		looks = fraction
		exponent += e
	}
	// 19 digits cannot overflow the mantissa. With both factors exact, one rounding is the correct one (Clinger 1990).
	if digits <= 19 && mantissa <= 1<<53 && exponent >= -22 && exponent <= 22 {
		v := float64(mantissa)
		if exponent < 0 {
			v /= pow10[-exponent]
		} else {
			v *= pow10[exponent]
		}
		if negative {
			v = -v
		}
		return v, looks
	}
	if looks == whole && (digits > 19 || !exact(mantissa)) {
		looks = wide
	}
	return slow(b, point), looks
}

// exact reports whether float64 holds n.
func exact(n uint64) bool {
	f := float64(n)
	return f < 1<<64 && uint64(f) == n
}

// exponentOf parses "e-12". It saturates far outside the range of float64.
func exponentOf(b []byte) (int, bool) {
	if b[0] != 'e' && b[0] != 'E' {
		return 0, false
	}
	b = b[1:]
	negative := false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		negative = b[0] == '-'
		b = b[1:]
	}
	if len(b) == 0 {
		return 0, false
	}
	e := 0
	for _, c := range b {
		if c-'0' >= 10 {
			return 0, false
		}
		e = min(e*10+int(c-'0'), 1<<20)
	}
	if negative {
		e = -e
	}
	return e, true
}

// slow leaves what the short way can't do to strconv; b is known to be well formed.
func slow(b []byte, point byte) float64 {
	if point != '.' {
		b = append(make([]byte, 0, 32), b...)
		for i, c := range b {
			if c == point {
				b[i] = '.'
			}
		}
	}
	v, _ := strconv.ParseFloat(string(b), 64) // on overflow v is the infinity that is wanted
	return v
}

// special parses NaN and the infinities, in any case.
func special(b []byte, negative bool) (float64, literal) {
	switch {
	case fold(b, "nan"):
		return math.NaN(), fraction
	case fold(b, "inf"), fold(b, "infinity"):
		if negative {
			return math.Inf(-1), fraction
		}
		return math.Inf(1), fraction
	}
	return 0, notNumber
}

// fold reports whether b is the word, which is in lower case, but for the case of its ASCII letters.
func fold(b []byte, word string) bool {
	if len(b) != len(word) {
		return false
	}
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != word[i] {
			return false
		}
	}
	return true
}

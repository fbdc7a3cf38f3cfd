package tree

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"strconv"

	"github.com/gopherwood-ml/ml/internal/kern"
)

// This file reads the numbers of model files, which is nearly all that loading does: a number is one pass over its bytes, and no string is made.

// pow10 are the powers of ten that float64 holds exactly.
var pow10 = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// pow5 are the powers of five that 64 bits hold.
var pow5 = func() (p [28]uint64) {
	p[0] = 1
	for k := 1; k < len(p); k++ {
		p[k] = 5 * p[k-1]
	}
	return p
}()

// scanFloat reads the number that text begins with and returns how many bytes it took: up to a space, comma, bracket or the end. n is 0 for what is
// no number.
func scanFloat(text []byte) (v float64, n int) {
	if len(text) < 48 { // so that all that follows may read eight bytes
		return lastFloat(text)
	}
	sign := uint64(0)
	if text[0] == '-' {
		sign = 1
	}
	i := int(sign)
	w := binary.LittleEndian.Uint64(text[i:])
	k := kern.DigitCount(w)
	if k == 8 {
		return lastFloat(text)
	}
	m, digits, exponent := kern.DigitValue(w, k), k, 0
	i += k
	if text[i] == '.' {
		point := i + 1
		for i = point; ; i += 8 {
			w = binary.LittleEndian.Uint64(text[i:])
			if k = kern.DigitCount(w); k < 8 || i > point+16 {
				break
			}
			m = m*1e8 + kern.DigitValue(w, 8)
		}
		m = m*whole10[k] + kern.DigitValue(w, k)
		i += k
		exponent = point - i
		digits -= exponent
	}
	if text[i]|' ' == 'e' {
		e, size := scanExponent(text[i+1:])
		i += 1 + size
		exponent += e
		if size == 0 {
			digits = 0
		}
	}
	if digits > 0 && digits <= 19 && ends(text[i]) {
		if v, ok := decimal(m, exponent); ok {
			return math.Float64frombits(math.Float64bits(v) | sign<<63), i
		}
	}
	return lastFloat(text)
}

// whole10 are the powers of ten of at most eight digits.
var whole10 = [...]uint64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8}

// lastFloat is scanFloat byte by byte: at the end of a text, and for numbers of a rare form.
func lastFloat(text []byte) (v float64, n int) {
	i := 0
	negative := len(text) > 0 && text[0] == '-'
	if negative {
		i++
	}
	m, digits, exponent := uint64(0), 0, 0
	for ; i < len(text) && text[i]-'0' <= 9; i++ {
		m = m*10 + uint64(text[i]-'0')
		digits++
	}
	if i < len(text) && text[i] == '.' {
		point := i
		i++
		for ; i < len(text) && text[i]-'0' <= 9; i++ {
			m = m*10 + uint64(text[i]-'0')
		}
		exponent = point + 1 - i
		digits -= exponent
	}
	if i < len(text) && text[i]|' ' == 'e' {
		e, size := scanExponent(text[i+1:])
		i += 1 + size
		exponent += e
		if size == 0 {
			digits = 0
		}
	}
	if digits > 19 { // zeros at the beginning do not count
		for _, c := range text {
			if c >= '1' && c <= '9' {
				break
			}
			if c == '0' {
				digits--
			}
		}
	}
	if digits > 0 && digits <= 19 && (i == len(text) || ends(text[i])) { // 19 digits fit into 64 bits
		if v, ok := decimal(m, exponent); ok {
			if negative {
				v = -v
			}
			return v, i
		}
	}
	return slowFloat(text)
}

// scanExponent reads what stands behind an e.
func scanExponent(text []byte) (e, n int) {
	negative := false
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		negative = text[0] == '-'
		n++
	}
	start := n
	for ; n < len(text) && n < start+4 && text[n]-'0' <= 9; n++ {
		e = e*10 + int(text[n]-'0')
	}
	if n == start {
		return 0, 0
	}
	if negative {
		e = -e
	}
	return e, n
}

// ends reports whether a number ends before the byte.
func ends(c byte) bool {
	return c == ' ' || c == ',' || c == ']' || c == '}' || c == '\n' || c == '\r' || c == '\t' || c == ':'
}

// slowFloat reads what scanFloat leaves: very long and very large numbers, infinities, NaN and no numbers at all.
func slowFloat(text []byte) (v float64, n int) {
	for n < len(text) && !ends(text[n]) {
		n++
	}
	v, err := strconv.ParseFloat(string(text[:n]), 64)
	if err != nil && !math.IsInf(v, 0) {
		return 0, 0
	}
	return v, n
}

// decimal is m times 10^exponent rounded to the nearest float64, where that takes no long arithmetic: an exact product or quotient of floats, or a
// division of 128 bits by a power of five, whose remainder says how to round.
func decimal(m uint64, exponent int) (float64, bool) {
	switch {
	case m == 0:
		return 0, true
	case m < 1<<53 && exponent >= 0 && exponent < len(pow10):
		return float64(m) * pow10[exponent], true
	case m < 1<<53 && exponent < 0 && -exponent < len(pow10):
		return float64(m) / pow10[-exponent], true
	case exponent > 0 || -exponent >= len(pow5):
		return 0, false
	}
	return quotient(m, -exponent), true
}

// quotient is m/10^k rounded to the nearest float64, m not 0. It is (n/d)·2^power with n and d at least 2^63. A product with the inverse of d gives n/d to two units of
// the last of 64 bits, which is enough but where the bits that are rounded off are near a half: there a division says on which side.
func quotient(m uint64, k int) float64 {
	shift := bits.LeadingZeros64(m)
	n := m << shift
	high, _ := bits.Mul64(n, inverse5[k])
	q, half := bits.Add64(n, high, 0)
	q = q>>half | half<<63
	if q>>63 == 0 || q&(1<<11-1)-(1<<10-1) <= 1 {
		return divided(n, k, shift)
	}
	mantissa := (q + 1<<10) >> 11
	if q+1<<10 < q {
		mantissa = 1 << 53
	}
	return float64(mantissa) * power2(scale5[k]-shift-k+int(half)-53)
}

// divided is n/5^k·2^-(shift+k), rounded to even.
func divided(n uint64, k, shift int) float64 {
	d := pow5[k] << scale5[k]
	_, less := bits.Sub64(n, d, 0)
	half := 1 - less // n is halved if the quotient has more than 64 bits
	q, r := bits.Div64(n>>half, n&half<<63, d)
	mantissa, rest := q>>11, q&(1<<11-1)
	if rest > 1<<10 || rest == 1<<10 && (r != 0 || mantissa&1 == 1) {
		mantissa++
	}
	return float64(mantissa) * power2(scale5[k]-shift-k+int(half)-53)
}

// power2 is 2^e of a normal number.
func power2(e int) float64 { return math.Float64frombits(uint64(e+1023) << 52) }

// scale5 are the bits that a power of five in 64 is shifted by until the highest one is set, inverse5 2^128 over what it is then, without 2^64.
var scale5, inverse5 = func() (scale [len(pow5)]int, inverse [len(pow5)]uint64) {
	for k, p := range pow5 {
		scale[k] = bits.LeadingZeros64(p)
		d := p << scale[k]
		inverse[k], _ = bits.Div64(^d, math.MaxUint64, d)
	}
	return scale, inverse
}()

// scanFloats reads exactly len(dst) numbers separated by spaces.
func scanFloats(key string, text []byte, dst []float64) error {
	var m [kern.DecimalsAtOnce]uint64
	var form [kern.DecimalsAtOnce]uint8
	at := 0
	for i := 0; i < len(dst); i++ {
		at = skipSpaces(text, at)
		n := min(len(dst)-i, len(m))
		k, used := kern.Decimals(m[:n], form[:n], text[at:], ' ')
		floats(dst[i:i+k], m[:k], form[:k])
		i, at = i+k, at+used
		if i == len(dst) {
			break
		}
		at = skipSpaces(text, at)
		v, size := scanFloat(text[at:])
		if size == 0 || at+size < len(text) && text[at+size] != ' ' {
			return badNumber(key, text[at:], i, len(dst))
		}
		dst[i] = v
		at += size
	}
	return noMore(key, text, at, len(dst))
}

// floats rounds the numbers of kern.Decimals.
func floats(dst []float64, m []uint64, form []uint8) {
	form, dst = form[:len(m)], dst[:len(m)]
	for i, v := range m {
		k := int(form[i] & 31)
		var x float64
		switch {
		case k == 0 && v < 1<<53:
			x = float64(v)
		case k < len(pow10) && v < 1<<53:
			x = float64(v) / pow10[k]
		case v > 0:
			x = quotient(v, k)
		}
		dst[i] = math.Float64frombits(math.Float64bits(x) | uint64(form[i])>>7<<63)
	}
}

// scanWhole is scanFloats for whole numbers.
func scanWhole[T int32 | uint32](key string, text []byte, dst []T) error {
	var m [kern.DecimalsAtOnce]uint64
	var form [kern.DecimalsAtOnce]uint8
	at := 0
	for i := 0; i < len(dst); i++ {
		at = skipSpaces(text, at)
		n := min(len(dst)-i, len(m))
		k, used := kern.Decimals(m[:n], form[:n], text[at:], ' ')
		for q, v := range m[:k] {
			var ok bool
			if dst[i+q], ok = wholeOf[T](v, form[q]); !ok {
				return malformed(key, fmt.Sprintf("%d with %d decimals", v, form[q]&31), "a whole number")
			}
		}
		i, at = i+k, at+used
		if i == len(dst) {
			break
		}
		at = skipSpaces(text, at)
		v, size := lastWhole[T](text[at:])
		if size == 0 {
			return badNumber(key, text[at:], i, len(dst))
		}
		dst[i] = v
		at += size
	}
	return noMore(key, text, at, len(dst))
}

// wholeOf is a number of kern.Decimals, if T holds it.
func wholeOf[T int32 | uint32](m uint64, form uint8) (_ T, ok bool) {
	v := int64(m)
	if form>>7 != 0 {
		v = -v
	}
	return T(v), m <= math.MaxUint32 && form&31 == 0 && int64(T(v)) == v
}

// lastWhole reads the number that text begins with, byte by byte; n is how many they were, 0 if it is none that T holds.
func lastWhole[T int32 | uint32](text []byte) (_ T, n int) {
	form := uint8(0)
	if len(text) > 0 && text[0] == '-' {
		form, n = 1<<7, 1
	}
	m, first := uint64(0), n
	for ; n < len(text) && n < first+10 && text[n]-'0' <= 9; n++ {
		m = m*10 + uint64(text[n]-'0')
	}
	v, ok := wholeOf[T](m, form)
	if n == first || n < len(text) && text[n] != ' ' || !ok {
		return 0, 0
	}
	return v, n
}

func skipSpaces(text []byte, at int) int {
	for at < len(text) && text[at] == ' ' {
		at++
	}
	return at
}

// badNumber says what stands where number i of n should be.
func badNumber(key string, text []byte, i, n int) error {
	if len(text) == 0 {
		return malformed(key, fmt.Sprintf("%d numbers", i), fmt.Sprint(n))
	}
	return malformed(key, fmt.Sprintf("%.20q", text), "a number")
}

func noMore(key string, text []byte, at, n int) error {
	if skipSpaces(text, at) < len(text) {
		return malformed(key, "too long", fmt.Sprintf("%d numbers", n))
	}
	return nil
}

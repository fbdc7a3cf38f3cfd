package tree

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"strconv"
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
		for len(text)-i >= 8 {
			v, ok := eightDigits(binary.LittleEndian.Uint64(text[i:]))
			if !ok {
				break
			}
			m = m*1e8 + v
			i += 8
		}
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

// eightDigits is the number that eight bytes spell, the first byte lowest, if all are digits: pairs, fours and eights are joined side by side.
func eightDigits(v uint64) (uint64, bool) {
	const high = 0xf0f0f0f0f0f0f0f0
	if v&high != 0x3030303030303030 || (v+0x0606060606060606)&high != 0x3030303030303030 {
		return 0, false
	}
	v &= 0x0f0f0f0f0f0f0f0f
	v = (v*10 + v>>8) & 0x00ff00ff00ff00ff
	v = (v*100 + v>>16) & 0x0000ffff0000ffff
	return (v*10000 + v>>32) & 0xffffffff, true
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
	k := -exponent
	shift, scale := bits.LeadingZeros64(m), bits.LeadingZeros64(pow5[k])
	n, d := m<<shift, pow5[k]<<scale // both at least 2^63
	power := scale - shift - 64 - k
	high, low := n, uint64(0)
	if n >= d {
		high, low = n>>1, n<<63
		power++
	}
	q, r := bits.Div64(high, low, d) // at least 2^63: m/5^k is q times 2^(power+k)
	mantissa, rest := q>>11, q&(1<<11-1)
	if rest > 1<<10 || rest == 1<<10 && (r != 0 || mantissa&1 == 1) {
		mantissa++
	}
	return float64(mantissa) * math.Float64frombits(uint64(power+11+1023)<<52), true
}

// scanFloats reads exactly len(dst) numbers separated by spaces.
func scanFloats(key string, text []byte, dst []float64) error {
	at := 0
	for i := range dst {
		at = skipSpaces(text, at)
		v, n := scanFloat(text[at:])
		if n == 0 || at+n < len(text) && text[at+n] != ' ' {
			return badNumber(key, text[at:], i, len(dst))
		}
		dst[i] = v
		at += n
	}
	return noMore(key, text, at, len(dst))
}

// scanInts is scanFloats for whole numbers.
func scanInts(key string, text []byte, dst []int32) error {
	at := 0
	for i := range dst {
		at = skipSpaces(text, at)
		start := at
		negative := at < len(text) && text[at] == '-'
		if negative {
			at++
		}
		v, first := int64(0), at
		for ; at < len(text) && at < first+10 && text[at]-'0' <= 9; at++ {
			v = v*10 + int64(text[at]-'0')
		}
		if negative {
			v = -v
		}
		if at == first || at < len(text) && text[at] != ' ' || int64(int32(v)) != v {
			return badNumber(key, text[start:], i, len(dst))
		}
		dst[i] = int32(v)
	}
	return noMore(key, text, at, len(dst))
}

// scanWords is scanFloats for the words of sets.
func scanWords(key string, text []byte, dst []uint32) error {
	at := 0
	for i := range dst {
		at = skipSpaces(text, at)
		start := at
		v := uint64(0)
		for ; at < len(text) && at < start+10 && text[at]-'0' <= 9; at++ {
			v = v*10 + uint64(text[at]-'0')
		}
		if at == start || at < len(text) && text[at] != ' ' || v > math.MaxUint32 {
			return badNumber(key, text[start:], i, len(dst))
		}
		dst[i] = uint32(v)
	}
	return noMore(key, text, at, len(dst))
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

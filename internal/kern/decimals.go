package kern

import (
	"encoding/binary"
	mathbits "math/bits"
)

// DecimalsAtOnce is how many numbers a call of Decimals should ask for: enough for its cost not to matter.
const DecimalsAtOnce = 256

// mostDecimal is the most bytes of a number without its sign.
const mostDecimal = 24

// Decimals reads plain decimal numbers from text, at most len(m) of them, each with a separator right behind it: digits with at most one point before
// the last of them, a minus before the first, up to 24 bytes, less than 10^19 without the point. Number i is m[i]·10^-(form[i]&31), negative
// if form[i]&128 is set. It returns how many it read and how many bytes of text they took, and stops before what is no such number, which may be one of another
// form, or the last one.
func Decimals(m []uint64, form []uint8, text []byte, separator byte) (n, used int) {
	same("Decimals", len(m), len(form))
	reads(text)
	writes(m)
	writes(form)
	for n < len(m) {
		some := min(len(m)-n, DecimalsAtOnce)
		k, size := decimals(m[n:n+some], form[n:n+some], text[used:], separator)
		n, used = n+k, used+size
		if k < some {
			break
		}
	}
	return n, used
}

func decimalsGeneric(m []uint64, form []uint8, text []byte, separator byte) (n, used int) {
	for n < len(m) {
		v, f, size := oneDecimal(text[used:], separator)
		if size == 0 {
			break
		}
		m[n], form[n] = v, f
		n, used = n+1, used+size
	}
	return n, used
}

// oneDecimal reads one number and says how many bytes it took with its separator; 0 if it is none.
func oneDecimal(text []byte, separator byte) (v uint64, form uint8, size int) {
	i, first := 0, 0
	if len(text) > 0 && text[0] == '-' {
		form, i, first = 1<<7, 1, 1
	}
	v, i = digitsFrom(0, text, i)
	digits := i - first
	if i < len(text) && text[i] == '.' {
		point := i + 1
		v, i = digitsFrom(v, text, point)
		if i == point || i > point+31 {
			return 0, 0, 0
		}
		form |= uint8(i - point)
		digits += i - point
	}
	if digits == 0 || i-first > mostDecimal || i >= len(text) || text[i] != separator || digits > 19 && !zeros(text[first:i], digits-19) {
		return 0, 0, 0
	}
	return v, form, i + 1
}

// digitsFrom appends the digits from place i to those of v and returns where they end.
func digitsFrom(v uint64, text []byte, i int) (uint64, int) {
	for i+8 <= len(text) {
		w := binary.LittleEndian.Uint64(text[i:])
		k := DigitCount(w)
		v = v*tens[k] + DigitValue(w, k)
		i += k
		if k < 8 {
			return v, i
		}
	}
	for i < len(text) && text[i]-'0' <= 9 {
		v = v*10 + uint64(text[i]-'0')
		i++
	}
	return v, i
}

// zeros reports whether the first n digits of a number are zeros.
func zeros(text []byte, n int) bool {
	for _, c := range text {
		if n == 0 {
			break
		}
		if c != '0' && c != '.' {
			return false
		}
		if c == '0' {
			n--
		}
	}
	return true
}

var tens = [...]uint64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8}

// DigitCount is how many of eight bytes, the first byte lowest, are digits before one that is none.
func DigitCount(w uint64) int {
	w ^= 0x3030303030303030 // digits become 0 to 9; what a byte above carries is of no interest
	return mathbits.TrailingZeros64((w+0x7676767676767676|w)&0x8080808080808080) >> 3
}

// DigitValue is the number that the first k of eight bytes spell, which are digits: moved to the end, with zeros before them, they are eight.
func DigitValue(w uint64, k int) uint64 {
	w = w << (64 - 8*uint(k)) & 0x0f0f0f0f0f0f0f0f
	w = (w*10 + w>>8) & 0x00ff00ff00ff00ff
	w = (w*100 + w>>16) & 0x0000ffff0000ffff
	return (w*10000 + w>>32) & 0xffffffff
}

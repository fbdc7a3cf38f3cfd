package features

import "math/bits"

// entrySorter sorts the entries of rows by their terms, which are below a known number. Entries of one term stay in order.
type entrySorter struct {
	passes int // of eight bits each
	buf    []uint64
}

func newEntrySorter(terms int) entrySorter {
	return entrySorter{passes: (bits.Len(uint(max(terms, 1)-1)) + 7) / 8}
}

// sort puts a row in order: a short one by insertion, a longer one digit by digit.
func (s *entrySorter) sort(row []uint64) {
	const short = 24
	if len(row) <= short {
		insertionSort(row)
		return
	}
	if len(s.buf) < len(row) {
		s.buf = make([]uint64, 2*len(row))
	}
	from, to := row, s.buf[:len(row)]
	for pass := range s.passes {
		var start [256]int32
		shift := 32 + 8*pass
		for _, e := range from {
			start[uint8(e>>shift)]++
		}
		at := int32(0)
		for digit, n := range &start {
			start[digit] = at
			at += n
		}
		for _, e := range from {
			digit := uint8(e >> shift)
			to[start[digit]] = e
			start[digit]++
		}
		from, to = to, from
	}
	if s.passes%2 == 1 {
		copy(row, from)
	}
}

func insertionSort(row []uint64) {
	for i, e := range row {
		k := i
		for ; k > 0 && row[k-1]>>32 > e>>32; k-- {
			row[k] = row[k-1]
		}
		row[k] = e
	}
}

package kern

// The form of AVX2 and AVX-512 without VBMI: a split tells who of the rows that reach it goes left and who right, and hands that on.

// noSlot is where a split sends the rows that have reached a leaf.
const noSlot = TreeLeaves - 1

// flatten appends a tree. Splits that lead to leaves alone come last: they hand nothing on.
func (t *Trees) flatten(splits []TreeSplit) {
	upper := 0
	var slot, first [TreeLeaves]int // of each split: its new place, and the first leaf below it
	for i, s := range splits {
		if s.Left >= 0 || s.Right >= 0 {
			slot[i] = upper
			upper++
		}
	}
	bottom := upper
	for i, s := range splits {
		if s.Left < 0 && s.Right < 0 {
			slot[i] = bottom
			bottom++
		}
	}
	leaf := func(child int16) int {
		if child < 0 {
			return int(^child)
		}
		return first[child]
	}
	for i := len(splits) - 1; i >= 0; i-- {
		first[i] = leaf(splits[i].Left)
	}
	place := func(child int16) uint64 {
		if child < 0 {
			return noSlot
		}
		return uint64(slot[child])
	}
	start := len(t.splits)
	t.splits = append(t.splits, make([]uint64, len(splits))...)
	for i, s := range splits {
		// the column in bytes of bins, the slots in bytes of bits
		t.splits[start+slot[i]] = uint64(s.Bound^0x80) | uint64(leaf(s.Right))<<8 | uint64(s.Column)*TreeRows<<16 |
			place(s.Left)*(TreeRows/8)<<32 | place(s.Right)*(TreeRows/8)<<48
	}
	t.heads = append(t.heads, treeHead{start: start, end: len(t.splits), upper: upper})
}

func passFlatGeneric(dst []uint8, splits []uint64, upper int, bins []int8, reach []uint64) {
	clear(dst)
	words := len(dst) / 64
	for q := range words {
		reach[q] = ^uint64(0)
	}
	for i, s := range splits {
		bound, leaf, column := int8(s), uint8(s>>8), bins[int(s>>16&0xffff):]
		left, right := reach[s>>32&0xffff/8:], reach[s>>48/8:]
		for q := range words {
			var there uint64
			for b, v := range column[64*q : 64*q+64] {
				if v > bound {
					there |= 1 << b
				}
			}
			here := reach[4*i+q]
			there &= here
			if i < upper {
				left[q], right[q] = here&^there, there
			}
			for b := range 64 {
				if there>>b&1 != 0 {
					dst[64*q+b] = leaf
				}
			}
		}
	}
}

func treeAddGeneric[T Float](sums []T, leaves []uint8, table []T) {
	for lo := 0; lo < len(leaves); lo += TreeGroup {
		s, l := (*[TreeGroup]T)(sums[lo:]), (*[TreeGroup]uint8)(leaves[lo:])
		if single[T]() {
			for r := range s {
				s[r] += table[l[r&48>>2|r&12<<2|r&3]]
			}
			continue
		}
		for r := range l {
			s[r&48|r&2<<2|r&12>>1|r&1] += table[l[r&48>>2|r&12<<2|r&3]]
		}
	}
}

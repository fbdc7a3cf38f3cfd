//go:build !purego

package kern

import (
	"unsafe"

	"github.com/klauspost/cpuid/v2"
)

// vbmi is an ability apart from the levels. Tests alone change it.
var vbmi = detect() >= AVX512 && cpuid.CPU.Supports(cpuid.AVX512VBMI)

func treesFast() bool { return level >= AVX2 }

func treesPlanned() bool { return level >= AVX512 && vbmi }

func (t *Trees) pass(h *treeHead, rows int, bins []int8, s *TreeScratch) []uint8 {
	if t.planned {
		writes(s.parts)
		run := treePass256VBMI
		if rows == TreeGroup {
			run = treePass64VBMI
		}
		run(&t.program[h.start], h.few, h.many, h.upper, &bins[0], &s.parts[0])
		last := (h.few + h.many + h.upper - 1) * TreeRows
		return s.parts[last : last+rows]
	}
	writes(s.reach)
	writes(s.dst)
	dst, splits := s.dst[:rows], t.splits[h.start:h.end]
	bottom := len(splits) - h.upper
	switch {
	case level < AVX2:
		passFlatGeneric(dst, splits, h.upper, bins, s.reach)
	case level >= AVX512 && rows == TreeRows:
		treeLeaves256AVX512(&splits[0], h.upper, bottom, &bins[0], &s.reach[0], &dst[0])
	case level >= AVX512:
		treeLeaves64AVX512(&splits[0], h.upper, bottom, &bins[0], &s.reach[0], &dst[0])
	default:
		for lo := 0; lo < rows; lo += TreeGroup {
			treeLeaves64AVX2(&splits[0], h.upper, bottom, &bins[lo], &s.reach[0], &dst[lo])
		}
	}
	return dst
}

func treeTable[T Float](table []T) {
	if !treesPlanned() {
		return
	}
	size := int(unsafe.Sizeof(table[0]))
	bytes := unsafe.Slice((*byte)(unsafe.Pointer(&table[0])), size*len(table))
	values := append([]byte(nil), bytes...)
	for i, v := range values {
		bytes[i%size*len(table)+i/size] = v
	}
}

func treeAdd[T Float](sums []T, leaves []uint8, table []T) {
	if !treesPlanned() {
		treeAddGeneric(sums, leaves, table)
		return
	}
	planes, groups := (*uint8)(unsafe.Pointer(&table[0])), len(leaves)/TreeGroup
	if single[T]() {
		f := (*float32)(unsafe.Pointer(&sums[0]))
		switch len(table) {
		case 64:
			treeAdd64F32VBMI(f, &leaves[0], planes, groups)
		case 128:
			treeAdd128F32VBMI(f, &leaves[0], planes, groups)
		default:
			treeAdd256F32VBMI(f, &leaves[0], planes, groups)
		}
		return
	}
	f := (*float64)(unsafe.Pointer(&sums[0]))
	switch len(table) {
	case 64:
		treeAdd64F64VBMI(f, &leaves[0], planes, groups)
	case 128:
		treeAdd128F64VBMI(f, &leaves[0], planes, groups)
	default:
		treeAdd256F64VBMI(f, &leaves[0], planes, groups)
	}
}

func treesBinned() bool { return level >= AVX512 }

func treeBin(c *TreeCuts, dst []int8, x []float64) {
	switch {
	case level < AVX512:
		treeBinGeneric(c, dst, x)
	case c.wide == nil:
		treeBinF32AVX512(&c.heap[0], c.levels, nil, c.missing, &x[0], &dst[0])
	default:
		treeBinF64AVX512(&c.heap[0], c.levels, &c.wide[0], c.missing, &x[0], &dst[0])
	}
}

func (t *LowTrees) run(from int, dst []uint8, row *[TreeColumns]uint8) {
	trees := &t.trees[128*from]
	switch {
	case !treesPlanned():
		panic("kern: LowTrees without VBMI")
	case t.columns <= 64:
		lowTrees64VBMI(trees, len(dst), &row[0], &t.ways[0], &dst[0])
	case t.columns <= 128:
		lowTrees128VBMI(trees, len(dst), &row[0], &t.ways[0], &dst[0])
	default:
		lowTrees256VBMI(trees, len(dst), &row[0], &t.ways[0], &dst[0])
	}
}

// walksFast: the walk wants no instruction that some amd64 lacks.
const walksFast = true

func walkEight(dst []uint8, nodes, roots []uint32, rounds int, row *[TreeColumns]uint8) {
	walkTreesAMD64(&nodes[0], &roots[0], rounds, &row[0], &dst[0])
}

func (c *RowCuts) ranks(dst []uint8, x *float64) {
	switch {
	case level < AVX512:
		panic("kern: RowCuts without AVX-512")
	case c.isWide:
		treeRankF64AVX512(&c.wide[0], len(dst), &c.ask[0], &c.missing[0], x, &dst[0])
	default:
		treeRankF32AVX512(&c.narrow[0], len(dst), &c.ask[0], &c.missing[0], x, &dst[0])
	}
}

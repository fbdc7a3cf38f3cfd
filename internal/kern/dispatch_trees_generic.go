//go:build purego || !amd64

package kern

func treesFast() bool { return false }

func treesPlanned() bool { return false }

func (t *Trees) pass(h *treeHead, rows int, bins []int8, s *TreeScratch) []uint8 {
	passFlatGeneric(s.dst[:rows], t.splits[h.start:h.end], h.upper, bins, s.reach)
	return s.dst[:rows]
}

func treeTable[T Float](table []T) {}

func treeAdd[T Float](sums []T, leaves []uint8, table []T) { treeAddGeneric(sums, leaves, table) }

func treesBinned() bool { return false }

func treeBin(c *TreeCuts, dst []int8, x []float64) { treeBinGeneric(c, dst, x) }

func (t *LowTrees) run(int, []uint8, *[TreeColumns]uint8) { panic("kern: LowTrees without VBMI") }

const walksFast = false

func walkEight([]uint8, []uint32, []uint32, int, *[TreeColumns]uint8) {}

func (c *RowCuts) ranks([]uint8, *float64) { panic("kern: RowCuts without AVX-512") }

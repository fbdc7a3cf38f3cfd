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

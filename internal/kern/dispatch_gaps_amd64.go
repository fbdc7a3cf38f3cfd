//go:build !purego

package kern

import "unsafe"

var gapTilesAVX2 = [...]func(m, nr, k int, x *float64, ldx int, panel, c *float64, ldc, onto int){
	SumAbs:    sumAbsF64AVX2,
	MaxAbs:    maxAbsF64AVX2,
	SumAbsSum: sumAbsSumF64AVX2,
	Differ:    differF64AVX2,
	Canberra:  canberraF64AVX2,
	SquaresOf: squaresOfF64AVX2,
	NumbersOf: numbersOfF64AVX2,
}

var gapTilesAVX512 = [...]func(m, nr, k int, x *float64, ldx int, panel, c *float64, ldc, onto int){
	SumAbs:    sumAbsF64AVX512,
	MaxAbs:    maxAbsF64AVX512,
	SumAbsSum: sumAbsSumF64AVX512,
	Differ:    differF64AVX512,
	Canberra:  canberraF64AVX512,
	SquaresOf: squaresOfF64AVX512,
	NumbersOf: numbersOfF64AVX512,
}

func gapTile(g Gap, m, nr, k int, x []float64, ldx int, panel, c []float64, ldc int, onto bool) {
	add := 0
	if onto {
		add = 1
	}
	switch {
	case level < AVX2:
		gapTileGeneric(g, m, nr, k, x, ldx, panel, c, ldc, onto)
	case level < AVX512:
		gapTilesAVX2[g](m, nr, k, unsafe.SliceData(x), ldx, unsafe.SliceData(panel), unsafe.SliceData(c), ldc, add)
	default:
		gapTilesAVX512[g](m, nr, k, unsafe.SliceData(x), ldx, unsafe.SliceData(panel), unsafe.SliceData(c), ldc, add)
	}
}

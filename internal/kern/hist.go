package kern

// Histograms of boosted trees. A cell is a 64-bit integer, so that sums are exact and have no order: the same for any number of threads and at
// every level. A histogram has HistBins cells for each column, whose rows' bins are bytes, row-major.
//
// A packed cell holds several sums side by side, one addition for all of them; a wide histogram has two blocks of cells for each column, the
// first of one sum, the second of one or two others.

// HistBins is how many cells a column has in a histogram.
const HistBins = 256

// HistPacked adds vals[r] to the cell of each of the first cols columns of row r: hist[c*HistBins+codes[r*stride+c]]. It does so for the rows
// listed, or for the first n of them if rows is nil. cols is a multiple of 4.
func HistPacked(hist []int64, codes []uint8, stride, cols int, rows []int32, n int, vals []int64) {
	if rows != nil {
		n = len(rows)
	}
	if n == 0 || cols == 0 {
		return
	}
	if cols%4 != 0 || len(hist) < cols*HistBins {
		mismatch("HistPacked", cols*HistBins, len(hist))
	}
	writes(hist[:cols*HistBins]) // what lies behind may be another goroutine's
	histPacked(hist, codes, stride, cols, rows, n, vals)
}

// HistPair adds vals[2*r] to the cell of each column of row r in the first block of a wide histogram, and vals[2*r+1] to that in the second
// one. Rows are given as to HistPacked.
func HistPair(hist []int64, codes []uint8, stride, cols int, rows []int32, n int, vals []int64) {
	if rows != nil {
		n = len(rows)
	}
	if n == 0 || cols == 0 {
		return
	}
	if cols%4 != 0 || len(hist) < 2*cols*HistBins {
		mismatch("HistPair", 2*cols*HistBins, len(hist))
	}
	writes(hist[:2*cols*HistBins])
	histPair(hist, codes, stride, cols, rows, n, vals)
}

func histPackedGeneric(hist []int64, codes []uint8, stride, cols int, rows []int32, n int, vals []int64) {
	for i := range n {
		r := i
		if rows != nil {
			r = int(rows[i])
		}
		v := vals[r]
		row := codes[r*stride : r*stride+cols]
		at := hist
		for len(row) >= 4 {
			cells := (*[4 * HistBins]int64)(at)
			cells[row[0]] += v
			cells[HistBins+int(row[1])] += v
			cells[2*HistBins+int(row[2])] += v
			cells[3*HistBins+int(row[3])] += v
			row, at = row[4:], at[4*HistBins:]
		}
	}
}

func histPairGeneric(hist []int64, codes []uint8, stride, cols int, rows []int32, n int, vals []int64) {
	for i := range n {
		r := i
		if rows != nil {
			r = int(rows[i])
		}
		v, w := vals[2*r], vals[2*r+1]
		row := codes[r*stride : r*stride+cols]
		for c, bin := range row {
			cells := (*[2 * HistBins]int64)(hist[c*2*HistBins:])
			cells[bin] += v
			cells[HistBins+int(bin)] += w
		}
	}
}

// HistLayout says where the sums lie in a cell. A packed cell holds, from the lowest bit on, a count of CountBits, a sum of HessBits that is not
// negative, and a signed sum. The second block of a wide histogram holds the second sum, below bit CountShift, and the count from there on.
type HistLayout struct {
	CountBits, HessBits, CountShift uint
}

// HistWiden adds the cells of a packed histogram to a wide one, and clears them.
func HistWiden(wide, packed []int64, l HistLayout) {
	if len(wide) != 2*len(packed) || len(packed)%HistBins != 0 {
		mismatch("HistWiden", 2*len(packed), len(wide))
	}
	if len(packed) == 0 {
		return
	}
	writes(wide)
	writes(packed)
	histWiden(wide, packed, l)
}

func histWidenGeneric(wide, packed []int64, l HistLayout) {
	countMask, hessMask := int64(1)<<l.CountBits-1, int64(1)<<l.HessBits-1
	for len(packed) > 0 {
		from, to := (*[HistBins]int64)(packed), (*[2 * HistBins]int64)(wide)
		for i, p := range from {
			to[i] += p >> (l.CountBits + l.HessBits)
			to[HistBins+i] += p>>l.CountBits&hessMask + (p&countMask)<<l.CountShift
		}
		clear(from[:])
		packed, wide = packed[HistBins:], wide[2*HistBins:]
	}
}

// HistSub subtracts the cells of y from those of x. The lengths agree.
func HistSub(x, y []int64) {
	if len(x) != len(y) {
		mismatch("HistSub", len(x), len(y))
	}
	reads(y)
	writes(x)
	histSub(x, y)
}

// HistAdd adds the cells of y to those of x. The lengths agree.
func HistAdd(x, y []int64) {
	if len(x) != len(y) {
		mismatch("HistAdd", len(x), len(y))
	}
	reads(y)
	writes(x)
	histAdd(x, y)
}

func histAddGeneric(x, y []int64) {
	for i, v := range y {
		x[i] += v
	}
}

func histSubGeneric(x, y []int64) {
	for i, v := range y {
		x[i] -= v
	}
}

// HistScanner finds the best cut of a column. A sum times its unit is a real number; the second derivative of a part is its second sum times
// HessUnit plus its count times HessEach.
type HistScanner struct {
	Grad, Hess                   int64 // both sums of the whole node, as cells hold them
	GradUnit, HessUnit, HessEach float64
	L2, MinHess                  float64
	CountShift                   uint
	MinCount                     int64 // of either part; at least 1
}

// Best scans the first bins of a column's block of a wide histogram: a cut after bin t leaves bins 0 to t on the left, and the sums startGrad
// and startHess with them. It returns the largest gain and its cut, the last of several, or a cut of -1 if no cut is allowed. The gain is
// (gl^2*hr + gr^2*hl) / (hl*hr), with L2 in either h: the gain of the parts together, without that of the node.
func (s *HistScanner) Best(cells []int64, bins int, startGrad, startHess int64) (gain float64, cut int) {
	if len(cells) < 2*HistBins || bins > HistBins {
		mismatch("HistScanner.Best", 2*HistBins, len(cells))
	}
	reads(cells[:2*HistBins])
	return histScan(s, cells, bins, startGrad, startHess)
}

func histScanGeneric(s *HistScanner, cells []int64, bins int, g, h int64) (gain float64, cut int) {
	gain, cut = 0, -1
	block := (*[2 * HistBins]int64)(cells)
	mask := int64(1)<<s.CountShift - 1
	for t := range bins {
		g += block[t]
		h += block[HistBins+t]
		left := h >> s.CountShift
		if left < s.MinCount {
			continue
		}
		other := s.Hess - h
		right := other >> s.CountShift
		if right < s.MinCount {
			break
		}
		// Conversions keep the compiler from fusing: the gain has the same bits everywhere.
		hl := float64(float64(h&mask)*s.HessUnit) + float64(float64(left)*s.HessEach)
		hr := float64(float64(other&mask)*s.HessUnit) + float64(float64(right)*s.HessEach)
		dl, dr := hl+s.L2, hr+s.L2
		if !(hl >= s.MinHess && hr >= s.MinHess && dl > 0 && dr > 0) {
			continue
		}
		gl, gr := float64(g)*s.GradUnit, float64(s.Grad-g)*s.GradUnit
		num := float64(float64(gl*gl)*dr) + float64(float64(gr*gr)*dl)
		if v := num / float64(dl*dr); v >= gain {
			gain, cut = v, t
		}
	}
	return gain, cut
}

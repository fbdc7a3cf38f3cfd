package kern

// One vector against rows that lie anywhere, in portable bits: element j of a row goes to partial sum j%16, products and sums are rounded one by one, and the partial
// sums are joined by halves, those 8 apart first. Rows are of whole sixteens, which zeros fill up: they change neither a distance nor a product.

// RowLanes is what the length of rows for SqDistsAt and DotsAt is a multiple of.
const RowLanes = 16

// SqDistsAt sets dst[i] to the squared Euclidean distance of x and row at[i] of rows, which are len(x) long, a multiple of RowLanes above zero. dst is as long as at and may not overlap
// x or rows.
func SqDistsAt(dst, x, rows []float32, at []int32) { rowsAt("SqDistsAt", dst, x, rows, at, false) }

// DotsAt is SqDistsAt for dot products.
func DotsAt(dst, x, rows []float32, at []int32) { rowsAt("DotsAt", dst, x, rows, at, true) }

func rowsAt(what string, dst, x, rows []float32, at []int32, dot bool) {
	same(what, len(dst), len(at))
	if len(x) == 0 || len(x)%RowLanes != 0 {
		mismatch(what+": x", len(x), (len(x)/RowLanes+1)*RowLanes)
	}
	last := int32(len(rows) / len(x))
	for _, i := range at {
		if i < 0 || i >= last {
			mismatch(what+": rows", int(i), len(rows)/len(x))
		}
	}
	writes(dst)
	for len(dst) > 0 {
		n := min(len(dst), max(4, sweep/len(x)))
		rowsAtCall(dst[:n], x, rows, at[:n], dot)
		dst, at = dst[n:], at[n:]
	}
}

//go:noinline
func rowsAtCall(dst, x, rows []float32, at []int32, dot bool) {
	reads(x)
	for _, i := range at {
		if racing {
			reads(rows[int(i)*len(x) : int(i+1)*len(x)])
		}
	}
	if dot {
		dotsAt(dst, x, rows, at)
	} else {
		sqDistsAt(dst, x, rows, at)
	}
}

func sqDistsAtGeneric(dst, x, rows []float32, at []int32) {
	for i, r := range at {
		var s [RowLanes]float32
		row := rows[int(r)*len(x):][:len(x)]
		for j := 0; j < len(x); j += RowLanes {
			a, b := (*[RowLanes]float32)(x[j:]), (*[RowLanes]float32)(row[j:])
			for l, v := range a {
				t := v - b[l]
				s[l] += float32(t * t)
			}
		}
		dst[i] = joinLanes(&s)
	}
}

func dotsAtGeneric(dst, x, rows []float32, at []int32) {
	for i, r := range at {
		var s [RowLanes]float32
		row := rows[int(r)*len(x):][:len(x)]
		for j := 0; j < len(x); j += RowLanes {
			a, b := (*[RowLanes]float32)(x[j:]), (*[RowLanes]float32)(row[j:])
			for l, v := range a {
				s[l] += float32(v * b[l])
			}
		}
		dst[i] = joinLanes(&s)
	}
}

func joinLanes(s *[RowLanes]float32) float32 {
	for half := RowLanes / 2; half > 0; half /= 2 {
		for i := range half {
			s[i] += s[i+half]
		}
	}
	return s[0]
}

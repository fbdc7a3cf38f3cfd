package compute

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
)

func (cpu[T]) Softmax(dst, x Buf, rows, n int, log bool) {
	d, s := Floats[T](dst), Floats[T](x)
	if small(rows, 2*n) {
		softmax(d, s, 0, rows, n, log)
		return
	}
	rowsTogether(rows, 2*n, func(lo, hi int) { softmax(d, s, lo, hi, n, log) })
}

func softmax[T Float](dst, x []T, lo, hi, n int, log bool) {
	if !log {
		kern.SoftmaxRows(hi-lo, n, x[lo*n:], n, dst[lo*n:], n)
		return
	}
	for i := lo; i < hi; i++ {
		row := x[i*n : (i+1)*n]
		kern.Shift(1, -kern.LogSumExp(row), dst[i*n:(i+1)*n], row)
	}
}

func (cpu[T]) SoftmaxGrad(dx, dy, y Buf, rows, n int, log, add bool) {
	d, g, s := Floats[T](dx), Floats[T](dy), Floats[T](y)
	if small(rows, 2*n) {
		softmaxBack(d, g, s, 0, rows, n, log, add)
		return
	}
	rowsTogether(rows, 2*n, func(lo, hi int) { softmaxBack(d, g, s, lo, hi, n, log, add) })
}

// softmaxBack: y (dy - Σ dy y) for the softmax, dy - exp(y) Σ dy for its logarithm.
func softmaxBack[T Float](dx, dy, y []T, lo, hi, n int, log, add bool) {
	var t [stretch]T
	for i := lo; i < hi; i++ {
		d, g, p := dx[i*n:(i+1)*n], dy[i*n:(i+1)*n], y[i*n:(i+1)*n]
		var sum T
		if log {
			sum = kern.Sum(g)
		} else {
			sum = kern.Dot(g, p)
		}
		for len(d) > 0 {
			m := min(len(d), stretch)
			if log {
				kern.Exp(t[:m], p[:m])
				kern.Scal(-sum, t[:m], t[:m])
				kern.Add(t[:m], t[:m], g[:m])
			} else {
				kern.Shift(1, -sum, t[:m], g[:m])
				kern.Mul(t[:m], t[:m], p[:m])
			}
			if add {
				kern.Add(d[:m], d[:m], t[:m])
			} else {
				copy(d[:m], t[:m])
			}
			d, g, p = d[m:], g[m:], p[m:]
		}
	}
}

func (cpu[T]) CrossEntropy(loss, grad, logits, class, classWeight Buf, rows, n int, smoothing float64) {
	l, g, s, c, w := Floats[T](loss), Floats[T](grad), Floats[T](logits), Floats[T](class), Floats[T](classWeight)
	if small(rows, 3*n) {
		crossEntropy(l, g, s, c, w, 0, rows, n, smoothing)
		return
	}
	rowsTogether(rows, 3*n, func(lo, hi int) { crossEntropy(l, g, s, c, w, lo, hi, n, smoothing) })
}

// crossEntropy is, for a row of class c, (1-ε) w_c (lse - x_c) + ε/n Σ w_j (lse - x_j), as PyTorch has it.
func crossEntropy[T Float](loss, grad, x, class, weight []T, lo, hi, n int, smoothing float64) {
	kern.SoftmaxRows(hi-lo, n, x[lo*n:], n, grad[lo*n:], n)
	for i := lo; i < hi; i++ {
		row, g := x[i*n:(i+1)*n], grad[i*n:(i+1)*n]
		if !(class[i] >= 0 && class[i] < T(n)) {
			loss[i] = 0
			if !(class[i] < 0) {
				loss[i] = T(math.NaN()) // no class at all: the step ends with an error
			}
			clear(g)
			continue
		}
		c, lse := int(class[i]), kern.LogSumExp(row)
		one := T(1)
		if len(weight) > 0 {
			one = weight[c]
		}
		keep := T(T(1-smoothing) * one)
		total := keep
		loss[i] = T(keep * (lse - row[c]))
		if smoothing > 0 {
			each := T(smoothing / float64(n))
			sum, mass := T(0), T(0)
			for j, v := range row {
				wj := T(1)
				if len(weight) > 0 {
					wj = weight[j]
				}
				sum += T(wj * (lse - v))
				mass += wj
			}
			loss[i] += T(each * sum)
			total += T(each * mass)
			kern.Scal(total, g, g)
			for j := range g {
				wj := T(1)
				if len(weight) > 0 {
					wj = weight[j]
				}
				g[j] -= T(each * wj)
			}
		} else if total != 1 {
			kern.Scal(total, g, g)
		}
		g[c] -= keep
	}
}

func (cpu[T]) NormRows(dst, inv, x Buf, rows, n int, eps float64, centre bool) {
	d, v, s := Floats[T](dst), Floats[T](inv), Floats[T](x)
	if small(rows, n) {
		normRows(d, v, s, 0, rows, n, eps, centre)
		return
	}
	rowsTogether(rows, n, func(lo, hi int) { normRows(d, v, s, lo, hi, n, eps, centre) })
}

func normRows[T Float](dst, inv, x []T, lo, hi, n int, eps float64, centre bool) {
	for i := lo; i < hi; i++ {
		row, d := x[i*n:(i+1)*n], dst[i*n:(i+1)*n]
		if centre {
			kern.Shift(1, -kern.Sum(row)/T(n), d, row)
			row = d
		}
		inv[i] = T(1 / math.Sqrt(float64(kern.SumSq(row))/float64(n)+eps))
		kern.Scal(inv[i], d, row)
	}
}

func (cpu[T]) NormRowsGrad(dx, dy, y, inv Buf, rows, n int, centre, add bool) {
	d, g, s, v := Floats[T](dx), Floats[T](dy), Floats[T](y), Floats[T](inv)
	if small(rows, 2*n) {
		normRowsBack(d, g, s, v, 0, rows, n, centre, add)
		return
	}
	rowsTogether(rows, 2*n, func(lo, hi int) { normRowsBack(d, g, s, v, lo, hi, n, centre, add) })
}

// normRowsBack: inv (dy - mean(dy) - y mean(dy y)), the first mean only with a centre.
func normRowsBack[T Float](dx, dy, y, inv []T, lo, hi, n int, centre, add bool) {
	for i := lo; i < hi; i++ {
		d, g, s := dx[i*n:(i+1)*n], dy[i*n:(i+1)*n], y[i*n:(i+1)*n]
		v := inv[i]
		shift, tilt := T(0), kern.Dot(g, s)/T(n)
		if centre {
			shift = kern.Sum(g) / T(n)
		}
		if add {
			kern.Shift(1, -v*shift, d, d)
			kern.Axpy(v, g, d)
		} else {
			kern.Shift(v, -v*shift, d, g)
		}
		kern.Axpy(-v*tilt, s, d)
	}
}

func (e cpu[T]) NormColumns(dst, inv, mean, variance, x Buf, rows, cols int, eps float64) {
	e.ColumnSums(mean, x, rows, cols, false)
	m, v, i := Floats[T](mean)[:cols], Floats[T](variance)[:cols], Floats[T](inv)[:cols]
	kern.Scal(1/T(rows), m, m)
	d, s := Floats[T](dst), Floats[T](x)
	clear(v)
	for r := range rows { // two passes: no digits are lost where the mean is far from 0
		row := d[r*cols : (r+1)*cols]
		kern.Scal(-1, row, m)
		kern.Add(row, row, s[r*cols:(r+1)*cols])
		kern.FMA(v, row, row, v)
	}
	kern.Scal(1/T(rows), v, v)
	for j := range i {
		i[j] = T(1 / math.Sqrt(float64(v[j])+eps))
	}
	for r := range rows {
		row := d[r*cols : (r+1)*cols]
		kern.Mul(row, row, i)
	}
}

// NormColumnsGrad: inv/rows (rows dy - Σ dy - y Σ dy y), column by column.
func (e cpu[T]) NormColumnsGrad(dx, dy, y, inv, room Buf, rows, cols int, add bool) {
	d, g, s, v := Floats[T](dx), Floats[T](dy), Floats[T](y), Floats[T](inv)[:cols]
	sums := Floats[T](room)[:3*cols]
	clear(sums)
	shift, tilt, t := sums[:cols], sums[cols:2*cols], sums[2*cols:]
	for r := range rows {
		gr := g[r*cols : (r+1)*cols]
		kern.Add(shift, shift, gr)
		kern.FMA(tilt, gr, s[r*cols:(r+1)*cols], tilt)
	}
	kern.Scal(-1/T(rows), shift, shift)
	kern.Scal(-1/T(rows), tilt, tilt)
	for r := range rows {
		lo, hi := r*cols, (r+1)*cols
		kern.FMA(t, s[lo:hi], tilt, shift)
		kern.Add(t, t, g[lo:hi])
		if add {
			kern.FMA(d[lo:hi], t, v, d[lo:hi])
		} else {
			kern.Mul(d[lo:hi], t, v)
		}
	}
}

// isRow compares before it converts: what int makes of infinities and of numbers beyond its own depends on the machine.
func isRow[T Float](index T, have int) bool { return index >= 0 && float64(index) < float64(have) }

func (cpu[T]) Gather(dst, table, index Buf, width int) {
	d, t, at := Floats[T](dst), Floats[T](table), Floats[T](index)
	have := len(t) / width
	for i, v := range at {
		row := d[i*width : (i+1)*width]
		if isRow(v, have) {
			k := int(v)
			copy(row, t[k*width:(k+1)*width])
		} else {
			clear(row)
		}
	}
}

func (cpu[T]) Scatter(table, src, index Buf, width int) {
	t, s, at := Floats[T](table), Floats[T](src), Floats[T](index)
	have := len(t) / width
	for i, v := range at {
		if isRow(v, have) {
			k := int(v)
			kern.Add(t[k*width:(k+1)*width], t[k*width:(k+1)*width], s[i*width:(i+1)*width])
		}
	}
}

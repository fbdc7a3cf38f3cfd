package linalg

// QR folds the rows of a tall matrix [A Y] into the triangle R of A = QR, and QᵀY, by Householder reflections, without
// keeping the rows: each time its buffer is full, the triangle so far and the new rows are factored together
// (sequential tall-skinny QR; Demmel, Grigori, Hoemmen, Langou, SIAM J. Sci. Comput. 34 (2012)).
type QR struct {
	cols, targets int
	buf           []float64 // room for limit rows of cols+targets numbers; the triangle first
	rows, limit   int
}

// NewQR prepares for about rows rows of cols columns and some targets.
func NewQR(rows, cols, targets int) *QR {
	const cache = 1 << 15 // numbers; 256 kB stay in an L2 cache
	width := cols + targets
	limit := min(max(3*cols, cache/max(width, 1), 16)+cols, max(rows, 1))
	return &QR{cols: cols, targets: targets, limit: limit, buf: make([]float64, limit*width)}
}

// Row returns the place of the next row, all cols+targets of it to be overwritten before the next call.
func (q *QR) Row() []float64 {
	if q.rows == q.limit {
		q.fold()
		if q.rows == q.limit { // rows was underestimated: less room than the triangle needs
			q.limit = 2*q.limit + 1
			q.buf = append(q.buf, make([]float64, q.limit*q.width()-len(q.buf))...)
		}
	}
	lo := q.rows * q.width()
	q.rows++
	return q.buf[lo : lo+q.width()]
}

func (q *QR) width() int { return q.cols + q.targets }

// fold leaves at most cols rows.
func (q *QR) fold() {
	k := min(q.rows, q.cols)
	if k == 0 {
		q.rows = 0
		return
	}
	w := q.width()
	factorQR(q.rows, q.cols, q.targets, q.buf, w, nil)
	q.rows = k
	for i := 1; i < k; i++ {
		clear(q.buf[i*w : i*w+min(i, q.cols)])
	}
}

// Triangle folds what is left and returns R and QᵀY beside it: rows of cols+targets numbers, at most cols of them.
// The slice is the accumulator's own.
func (q *QR) Triangle() (rows int, rt []float64) {
	q.fold()
	return q.rows, q.buf[:q.rows*q.width()]
}

// Join folds another triangle in.
func (q *QR) Join(other *QR) {
	n, rt := other.Triangle()
	w := q.width()
	for i := range n {
		copy(q.Row(), rt[i*w:(i+1)*w])
	}
}

//go:build cuda

package cuda

import "github.com/gopherwood-ml/ml/internal/compute"

// mostAxes is the most axes of an index space, as internal/compute has it.
const mostAxes = 8

// space is an index space with the steps along its axes in three arrays.
type space struct {
	n    []int
	step [3][]int
}

// newSpace joins axes that all arrays run through as one. A nil array has step 0.
func newSpace(shape []int, arrays ...[]int) space {
	var s space
	for i, n := range shape {
		if n == 1 {
			continue
		}
		last := len(s.n) - 1
		joins := last >= 0
		for j, a := range arrays {
			joins = joins && (a == nil || s.step[j][last] == a[i]*n)
		}
		if joins {
			s.n[last] *= n
		} else {
			s.n = append(s.n, n)
			last++
			for j := range s.step {
				s.step[j] = append(s.step[j], 0)
			}
		}
		for j, a := range arrays {
			if a != nil {
				s.step[j][last] = a[i]
			}
		}
	}
	return s
}

func (s *space) count() int {
	c := 1
	for _, n := range s.n {
		c *= n
	}
	return c
}

// sumsLast moves the axes that array 0 does not go along behind the others, and returns how many elements they have and how many the others.
func (s *space) sumsLast() (count, sums int) {
	var kept, summed space
	count, sums = 1, 1
	for i, n := range s.n {
		to := &kept
		if s.step[0][i] == 0 {
			to = &summed
			sums *= n
		} else {
			count *= n
		}
		to.n = append(to.n, n)
		for j := range s.step {
			to.step[j] = append(to.step[j], s.step[j][i])
		}
	}
	s.n = append(kept.n, summed.n...)
	for j := range s.step {
		s.step[j] = append(kept.step[j], summed.step[j]...)
	}
	return count, sums
}

// args are the axes, then the steps in some arrays, as the kernels take them.
func (s *space) args(arrays ...int) []any {
	args := []any{int32(len(s.n))}
	for i := range mostAxes {
		n := 1
		if i < len(s.n) {
			n = s.n[i]
		}
		args = append(args, int64(n))
	}
	for _, j := range arrays {
		for i := range mostAxes {
			step := 0
			if i < len(s.n) {
				step = s.step[j][i]
			}
			args = append(args, int64(step))
		}
	}
	return args
}

func (e *engine) Move(shape []int, dst compute.Buf, dstStride []int, src compute.Buf, srcStride []int, add bool) {
	s := newSpace(shape, dstStride, srcStride)
	if s.count() == 0 {
		return
	}
	count, sums := s.sumsLast()
	if sums > 1 && add {
		e.contract(s, dst, src, compute.Buf{}, count, sums)
		return
	}
	for i, n := range s.n { // of what goes to one place the last stays
		if s.step[0][i] == 0 {
			src = src.Part((n-1)*s.step[1][i], src.Len())
			s.n[i] = 1
		}
	}
	e.launch("move", blocksFor(count), blockThreads, 0, append([]any{dst, src, int64(count), flag(add)}, s.args(0, 1)...)...)
}

func (e *engine) Binary(op compute.Op, shape []int, dst, x compute.Buf, xStride []int, y compute.Buf, yStride []int) {
	s := newSpace(shape, nil, xStride, yStride)
	if count := s.count(); count > 0 {
		e.launch("binary", blocksFor(count), blockThreads, 0, append([]any{dst, x, y, int64(count), int32(op)}, s.args(1, 2)...)...)
	}
}

func (e *engine) Contract(shape []int, dst compute.Buf, dstStride []int, x compute.Buf, xStride []int, y compute.Buf, yStride []int, add bool) {
	if !add {
		e.Fill(dst, 0)
	}
	s := newSpace(shape, dstStride, xStride, yStride)
	if s.count() == 0 {
		return
	}
	count, sums := s.sumsLast()
	e.contract(s, dst, x, y, count, sums)
}

// leastPart is how many products are worth a part of a sum to itself.
const leastPart = 4096

// contract adds sums of products, or of x where there is no y. Long sums of which there are few are made in parts, whose number depends on the
// space alone.
func (e *engine) contract(s space, dst, x, y compute.Buf, count, sums int) {
	width := lanes(sums)
	parts := max(1, min(sums/leastPart, sumBlocks/count, sumBlocks))
	if parts == 1 {
		e.launchContract(s, dst, x, y, count, sums, 1, 0, width)
		return
	}
	room := e.New(parts * count)
	own := space{n: s.n}
	own.step[1], own.step[2] = s.step[1], s.step[2]
	own.step[0] = make([]int, len(s.n))
	for i, dense := len(s.n)-1, 1; i >= 0; i-- {
		if s.step[0][i] != 0 {
			own.step[0][i] = dense
			dense *= s.n[i]
		}
	}
	e.launchContract(own, room, x, y, count, sums, parts, count, width)
	var shape, to, of []int
	for i, n := range s.n {
		if s.step[0][i] != 0 {
			shape, to, of = append(shape, n), append(to, s.step[0][i]), append(of, own.step[0][i])
		}
	}
	e.Move(append(shape, parts), dst, append(to, 0), room, append(of, count), true)
	e.free(room)
}

func (e *engine) launchContract(s space, dst, x, y compute.Buf, count, sums, parts, away, width int) {
	blocks := min(max((count*parts*width+blockThreads-1)/blockThreads, 1), mostBlocks)
	args := append([]any{dst, x, y, int64(count), int64(sums), int32(parts), int64(away)}, s.args(0, 1, 2)...)
	e.launch("contract", blocks, blockThreads, 0, append(args, int32(width))...)
}

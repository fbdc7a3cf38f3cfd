package compute

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/gopherwood-ml/ml/internal/rng"
)

// places calls f with the offsets of every place of an index space under some strides.
func places(shape []int, strides [][]int, f func(at []int)) {
	at := make([]int, len(strides))
	var down func(axis int)
	down = func(axis int) {
		if axis == len(shape) {
			f(at)
			return
		}
		for range shape[axis] {
			down(axis + 1)
			for j := range at {
				at[j] += strides[j][axis]
			}
		}
		for j := range at {
			at[j] -= strides[j][axis] * shape[axis]
		}
	}
	down(0)
}

// layout draws strides for a shape: axes in any order, some left out (a stride of 0), gaps between; and the memory they need.
func layout(r *rand.Rand, shape []int, drops, gaps bool) (strides []int, size int) {
	strides, size = make([]int, len(shape)), 1
	order := r.Perm(len(shape))
	if r.IntN(2) == 0 {
		for i := range order {
			order[i] = len(shape) - 1 - i
		}
	}
	for _, i := range order {
		if drops && r.IntN(3) == 0 {
			continue
		}
		strides[i] = size
		size *= shape[i]
		if gaps && r.IntN(4) == 0 {
			size += r.IntN(3)
		}
	}
	return strides, size
}

func dense(shape []int) []int {
	s, step := make([]int, len(shape)), 1
	for i := len(shape) - 1; i >= 0; i-- {
		s[i] = step
		step *= shape[i]
	}
	return s
}

// Moves, functions of two arrays and products over index spaces with strides of any kind, by their definition.
func TestIndexSpaces(t *testing.T) {
	r := rng.New(21, 0)
	for trial := range 300 {
		en := engines[trial%2]
		e := en.e
		shape := make([]int, 1+r.IntN(4))
		total := 1
		for i := range shape {
			shape[i] = 1 + r.IntN(6)
			if trial%10 == 0 && i == len(shape)-1 {
				shape[i] = stretch + 100
			}
			total *= shape[i]
		}
		xs, nx := layout(r, shape, true, true)
		ys, ny := layout(r, shape, true, true)
		x, xv := wide(e, r, nx)
		y, yv := wide(e, r, ny)
		what := fmt.Sprint(shape, xs, ys)

		to, nd := layout(r, shape, false, true) // every place once
		want := make([]float64, nd)
		for i := range want {
			want[i] = 3
		}
		dst := e.New(nd)
		e.Fill(dst, 3)
		places(shape, [][]int{to, xs}, func(at []int) { want[at[0]] = xv[at[1]] })
		e.Move(shape, dst, to, x, xs, false)
		agree(t, read(e, dst), want, 0, "Move "+what)

		sums, ns := layout(r, shape, true, false)
		want, dst = make([]float64, ns), e.New(ns)
		for i := range want {
			want[i] = 3
		}
		e.Fill(dst, 3)
		places(shape, [][]int{sums, xs}, func(at []int) { want[at[0]] += xv[at[1]] })
		e.Move(shape, dst, sums, x, xs, true)
		agree(t, read(e, dst), want, en.tol, "Move, add "+what)

		for op, f := range map[Op]func(a, b float64) float64{
			Add: func(a, b float64) float64 { return a + b }, Sub: func(a, b float64) float64 { return a - b }, Mul: func(a, b float64) float64 { return a * b }, Div: func(a, b float64) float64 { return a / b },
			Max: func(a, b float64) float64 { return max(a, b) }, Min: func(a, b float64) float64 { return min(a, b) }, Equal: func(a, b float64) float64 { return pick(a == b, 1, 0) },
		} {
			want, dst = make([]float64, total), e.New(total)
			places(shape, [][]int{dense(shape), xs, ys}, func(at []int) { want[at[0]] = f(xv[at[1]], yv[at[2]]) })
			e.Binary(op, shape, dst, x, xs, y, ys)
			agree(t, read(e, dst), want, en.tol, fmt.Sprint("Binary ", op, what))
		}

		for _, add := range []bool{false, true} {
			want, dst = make([]float64, ns), e.New(ns)
			e.Fill(dst, 3)
			for i := range want {
				want[i] = pick(add, 3, 0)
			}
			places(shape, [][]int{sums, xs, ys}, func(at []int) { want[at[0]] += xv[at[1]] * yv[at[2]] })
			e.Contract(shape, dst, sums, x, xs, y, ys, add)
			agree(t, read(e, dst), want, en.tol, fmt.Sprint("Contract ", sums, what, add))
		}
		if t.Failed() {
			return
		}
	}
}

package kern

import (
	"sync"
	"unsafe"
)

// Scratch memory is kept between calls: a fresh page costs more than most of what is done with it.
var pool sync.Pool

// loan is scratch memory on its way back to the pool.
type loan = *[]float64

// scratch returns n elements aligned to 64 bytes whose values are arbitrary, and what release takes to give them back.
func scratch[T Float](n int) (x []T, l loan) {
	var t T
	words := (n*int(unsafe.Sizeof(t))+7)/8 + 8
	l, _ = pool.Get().(loan)
	if l == nil || len(*l) < words {
		fresh := make([]float64, words)
		l = &fresh
	}
	p := unsafe.Pointer(unsafe.SliceData(*l))
	p = unsafe.Add(p, -uintptr(p)&63)
	return unsafe.Slice((*T)(p), n), l
}

// Borrow returns n numbers of arbitrary value, in memory that is kept between calls, and what gives it back. Nothing may use them afterwards.
func Borrow(n int) (x []float64, giveBack func()) {
	x, l := scratch[float64](n)
	return x, func() { release(l) }
}

// BorrowWords is Borrow for integers.
func BorrowWords(n int) (x []int64, giveBack func()) {
	s, giveBack := Borrow(n)
	return words(s), giveBack
}

// release gives scratch memory back; nil is none.
func release(l loan) {
	if l != nil {
		pool.Put(l)
	}
}

package kern

import "unsafe"

// largePage is the size of a large page where there is one: of amd64, and of arm64 with pages of 4 KiB.
const largePage = 2 << 20

// LargePages asks the system to keep new memory, of which nothing has been used yet, in large pages where it holds any whole ones, and returns it. It is for what is
// read again and again: reading from page to page costs less, and so does finding any one element. Results that are written once go without: on a virtual machine the
// first use of a large page can cost more than that of the small ones it stands for, which the system has at hand. Only Linux does anything, and only if its
// administrator lets programs ask, as is usual.
func LargePages[T Float | int | int32 | uint64](x []T) []T {
	var t T
	bytes := cap(x) * int(unsafe.Sizeof(t))
	if bytes < 2*largePage {
		return x
	}
	start := unsafe.Pointer(unsafe.SliceData(x))
	lead := int(-uintptr(start) % largePage)
	if whole := (bytes - lead) / largePage * largePage; whole > 0 {
		adviseLarge(unsafe.Slice((*byte)(unsafe.Add(start, lead)), whole))
	}
	return x
}

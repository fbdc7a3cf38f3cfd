package near

import "sync/atomic"

// unions are sets that several goroutines join at the same time (Anderson and Woll, "Wait-free parallel algorithms for the union-find problem", STOC 1991). The root of
// a set is its lowest member, whatever the order of the joins.
type unions struct{ root []atomic.Int32 }

func newUnions(n int) *unions {
	u := &unions{make([]atomic.Int32, n)}
	for i := range u.root {
		u.root[i].Store(int32(i))
	}
	return u
}

func (u *unions) find(i int32) int32 {
	for {
		up := u.root[i].Load()
		if up == i {
			return i
		}
		if above := u.root[up].Load(); above != up {
			u.root[i].CompareAndSwap(up, above)
		}
		i = up
	}
}

func (u *unions) unite(a, b int32) {
	for {
		a, b = u.find(a), u.find(b)
		if a == b {
			return
		}
		if a < b {
			a, b = b, a
		}
		if u.root[a].CompareAndSwap(a, b) {
			return
		}
	}
}

// whole tells whether all are in one set.
func (u *unions) whole(members []int32) bool {
	for _, i := range members {
		if u.find(i) != u.find(members[0]) {
			return false
		}
	}
	return true
}

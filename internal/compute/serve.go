package compute

import "sync/atomic"

// Server opens an engine in float32 other than CPU32, once, and tells its name. There is none, e being nil, where the machine has nothing to run it
// on, since it failed, or for little work; why says so. It may be asked from several goroutines.
type Server func(work int) (e Engine, name, why string)

var offered atomic.Pointer[Server]

// Offer registers s; nil takes back what was offered.
func Offer(s Server) {
	if s == nil {
		offered.Store(nil)
		return
	}
	offered.Store(&s)
}

// Serving is the engine that computes in float32, its name, and why it does. work is about how many multiplications there are at a time, for each of
// many rows.
func Serving(work int) (e Engine, name, why string) {
	why = "nothing else is built in"
	if s := offered.Load(); s != nil {
		if e, name, why = (*s)(work); e != nil {
			return e, name, why
		}
	}
	return CPU32, "cpu", why
}

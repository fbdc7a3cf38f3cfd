package features

import (
	"bytes"
	"hash/maphash"
)

// termTable numbers terms from 0 in the order of their first appearance. Numbers do not depend on its hash function, which is
// another one in every process.
type termTable struct {
	slots []termSlot // a power of two
	text  []byte     // all terms, one after the other
	ends  []int      // where each term ends
}

type termSlot struct {
	hash uint32
	id   int32 // +1; 0 for an empty slot
}

var termSeed = maphash.MakeSeed()

func newTermTable(terms int) *termTable {
	size := 1024
	for size < 2*terms {
		size *= 2
	}
	return &termTable{slots: make([]termSlot, size)}
}

func (t *termTable) len() int { return len(t.ends) }

func (t *termTable) term(id int) []byte {
	lo := 0
	if id > 0 {
		lo = t.ends[id-1]
	}
	return t.text[lo:t.ends[id]]
}

// find returns the number of a term, -1 for none, and the slot where the search ended.
func (t *termTable) find(term []byte, hash uint32) (id, slot int) {
	mask := len(t.slots) - 1
	for slot = int(hash) & mask; ; slot = (slot + 1) & mask {
		switch s := t.slots[slot]; {
		case s.id == 0:
			return -1, slot
		case s.hash == hash && bytes.Equal(t.term(int(s.id-1)), term):
			return int(s.id - 1), slot
		}
	}
}

func hashTerm(term []byte) uint32 { return uint32(maphash.Bytes(termSeed, term)) }

func (t *termTable) lookUp(term []byte) int {
	id, _ := t.find(term, hashTerm(term))
	return id
}

// add returns the number of a term, a new one if need be.
func (t *termTable) add(term []byte) int {
	hash := hashTerm(term)
	id, slot := t.find(term, hash)
	if id >= 0 {
		return id
	}
	id = len(t.ends)
	t.text = append(t.text, term...)
	t.ends = append(t.ends, len(t.text))
	t.slots[slot] = termSlot{hash, int32(id + 1)}
	if 2*len(t.ends) > len(t.slots) {
		t.grow()
	}
	return id
}

func (t *termTable) grow() {
	old := t.slots
	t.slots = make([]termSlot, 2*len(old))
	mask := len(t.slots) - 1
	for _, s := range old {
		if s.id == 0 {
			continue
		}
		slot := int(s.hash) & mask
		for t.slots[slot].id != 0 {
			slot = (slot + 1) & mask
		}
		t.slots[slot] = s
	}
}

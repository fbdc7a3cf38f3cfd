package features

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"math/bits"
)

// termTable numbers terms from 0 in the order of their first appearance. Numbers do not depend on its hash function, which is
// another one in every process.
type termTable struct {
	slots []termSlot // a power of two
	text  []byte     // all terms, one after the other
	ends  []int      // where each term ends
}

// shortTerm is the length up to which a key tells terms apart.
const shortTerm = 16

// termKey is a term of up to shortTerm bytes, or the hash of a longer one.
type termKey struct {
	first, last uint64 // the first and the last eight bytes
	length      int32  // shortTerm+1 for all that are longer
}

type termSlot struct {
	termKey
	id int32 // +1; 0 for an empty slot
}

// termSeed, and numbers drawn from it.
var (
	termSeed           = maphash.MakeSeed()
	seedFirst, seedEnd = maphash.String(termSeed, "first"), maphash.String(termSeed, "last") | 1
)

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

// keyOf reads a term in words that overlap, so that none of its bytes is looked at alone.
func keyOf(term []byte) termKey {
	le, n := binary.LittleEndian, len(term)
	switch {
	case n > shortTerm:
		return termKey{first: maphash.Bytes(termSeed, term), length: shortTerm + 1}
	case n >= 8:
		return termKey{le.Uint64(term), le.Uint64(term[n-8:]), int32(n)}
	case n >= 4:
		return termKey{first: uint64(le.Uint32(term)) | uint64(le.Uint32(term[n-4:]))<<32, length: int32(n)}
	case n > 0:
		return termKey{first: uint64(term[0]) | uint64(term[n/2])<<8 | uint64(term[n-1])<<16, length: int32(n)}
	}
	return termKey{}
}

func (k termKey) hash() uint64 {
	high, low := bits.Mul64(k.first^seedFirst^uint64(k.length)<<56, k.last^seedEnd)
	return high ^ low
}

// find returns the number of a term, -1 for none, and the slot where the search ended.
func (t *termTable) find(term []byte, key termKey) (id, slot int) {
	mask := len(t.slots) - 1
	for slot = int(key.hash()) & mask; ; slot = (slot + 1) & mask {
		switch s := &t.slots[slot]; {
		case s.id == 0:
			return -1, slot
		case s.termKey == key && (key.length <= shortTerm || bytes.Equal(t.term(int(s.id-1)), term)):
			return int(s.id - 1), slot
		}
	}
}

func (t *termTable) lookUp(term []byte) int {
	id, _ := t.find(term, keyOf(term))
	return id
}

// add returns the number of a term, a new one if need be.
func (t *termTable) add(term []byte) int {
	key := keyOf(term)
	id, slot := t.find(term, key)
	if id >= 0 {
		return id
	}
	id = len(t.ends)
	t.text = append(t.text, term...)
	t.ends = append(t.ends, len(t.text))
	t.slots[slot] = termSlot{key, int32(id + 1)}
	if 2*len(t.ends) > len(t.slots) {
		t.grow()
	}
	return id
}

// addAll adds the terms of another table and returns the number of each.
func (t *termTable) addAll(other *termTable) []int {
	ids := make([]int, other.len())
	for id := range ids {
		ids[id] = t.add(other.term(id))
	}
	return ids
}

func (t *termTable) grow() {
	old := t.slots
	t.slots = make([]termSlot, 2*len(old))
	mask := len(t.slots) - 1
	for _, s := range old {
		if s.id == 0 {
			continue
		}
		slot := int(s.hash()) & mask
		for t.slots[slot].id != 0 {
			slot = (slot + 1) & mask
		}
		t.slots[slot] = s
	}
}

package rl

import (
	"encoding/binary"
	"math"
	"os"
	"slices"
)

// states keeps what steps led from and to, most of it once: the end of a step is the beginning of the next one of its environment. They lie in a ring in the order in
// which they came; it grows if episodes are so short that it must, up to two states for a step.
type states struct {
	wide       int
	first, end int // numbers of the oldest state that is used and of the one that comes next; number k lies in place k % len(uses)
	data       []float32
	uses       []uint8 // of each place: how many steps begin or end there
	from, to   []int32 // of each step: the places of its states
	latest     [][]int // of each environment: numbers of the ends of its latest steps, where its next ones may begin
	candidates int

	file    *os.File // where the numbers are instead of in data; nil: there
	bytes   []byte   // of one state
	scratch []float32
	err     error // of the file
}

// newStates makes room for so many steps of several environments; where a step begins is looked for among the ends of the latest n of its environment.
func newStates(steps, envs, wide, n int) *states {
	room := steps + steps/16 + 2*envs*n + 2
	s := &states{wide: wide, data: make([]float32, room*wide), uses: make([]uint8, room), from: make([]int32, steps), to: make([]int32, steps), latest: make([][]int, envs), candidates: n}
	for i := range s.latest {
		s.latest[i] = make([]int, 0, n+1)
	}
	return s
}

func (s *states) place(number int) int32 { return int32(number % len(s.uses)) }

// onDisk moves it, while it is empty, to a file in a folder, which has room for all states that there can be, and so need not grow. close removes it.
func (s *states) onDisk(dir string) error {
	f, err := os.CreateTemp(dir, "rl-memory-*")
	if err != nil {
		return err
	}
	s.file, s.data, s.uses = f, nil, make([]uint8, s.most()+2)
	s.bytes, s.scratch = make([]byte, 4*s.wide), make([]float32, s.wide)
	return nil
}

func (s *states) close() {
	if s.file != nil {
		_ = s.file.Close()
		_ = os.Remove(s.file.Name())
	}
}

// most is how many states there can be from the first to the last one: two of each step, and some within that are used no longer.
func (s *states) most() int { return 2 * (len(s.from) + len(s.latest)*s.candidates) }

// row is a state where it lies, or, if that is in a file, a copy that holds until the next call.
func (s *states) row(place int32) []float32 {
	if s.file == nil {
		return s.data[int(place)*s.wide : (int(place)+1)*s.wide]
	}
	if _, err := s.file.ReadAt(s.bytes, int64(place)*int64(len(s.bytes))); err != nil && s.err == nil {
		s.err = err
	}
	for i := range s.scratch {
		s.scratch[i] = math.Float32frombits(binary.LittleEndian.Uint32(s.bytes[4*i:]))
	}
	return s.scratch
}

func (s *states) write(place int32, v []float32) {
	if s.file == nil {
		copy(s.row(place), v)
		return
	}
	for i, x := range v {
		binary.LittleEndian.PutUint32(s.bytes[4*i:], math.Float32bits(x))
	}
	if _, err := s.file.WriteAt(s.bytes, int64(place)*int64(len(s.bytes))); err != nil && s.err == nil {
		s.err = err
	}
}

// add keeps a state, and gives its number.
func (s *states) add(v []float32) int {
	if s.end-s.first == len(s.uses) {
		s.grow(len(s.uses) + len(s.uses)/4 + 2)
	}
	at := s.place(s.end)
	s.write(at, v)
	s.uses[at] = 1
	s.end++
	return s.end - 1
}

// put keeps the states of step i, of an environment.
func (s *states) put(i, env int, obs, next []float32) {
	from := -1
	for _, k := range s.latest[env] {
		if at := s.place(k); k >= s.first && s.uses[at] > 0 && s.uses[at] < 255 && same(s.row(at), obs) {
			from = k
			s.uses[at]++
			break
		}
	}
	if from < 0 {
		from = s.add(obs)
	}
	to := s.add(next)
	s.from[i], s.to[i] = s.place(from), s.place(to)
	l := append(s.latest[env], to)
	if len(l) > s.candidates {
		copy(l, l[1:])
		l = l[:s.candidates]
	}
	s.latest[env] = l
}

// same is equality to the bit of numbers that are finite.
func same(a, b []float32) bool {
	for i, v := range a {
		if v != b[i] || v == 0 && 1/v != 1/b[i] {
			return false
		}
	}
	return true
}

// drop lets go of the states of step i.
func (s *states) drop(i int) {
	s.uses[s.from[i]]--
	s.uses[s.to[i]]--
	for s.first < s.end && s.uses[s.place(s.first)] == 0 {
		s.first++
	}
}

// grow makes the ring larger. Step i of the caller may still point to where its states were: it is about to be written.
func (s *states) grow(room int) {
	old := *s
	s.data, s.uses = make([]float32, room*s.wide), make([]uint8, room)
	moved := make([]int32, len(old.uses))
	for k := s.first; k < s.end; k++ {
		was, at := old.place(k), s.place(k)
		copy(s.row(at), old.row(was))
		s.uses[at], moved[was] = old.uses[was], at
	}
	for i := range s.from {
		s.from[i], s.to[i] = moved[s.from[i]], moved[s.to[i]]
	}
}

// archive keeps the states of the first steps, numbered from 0 on.
func (s *states) archive(a *archive, steps int) {
	n, room := a.length(s.end-s.first), len(s.uses)
	a.int(&room)
	if a.reading {
		most := s.most()
		if a.short = a.short || n > most || s.file == nil && room < max(n, len(s.uses)) || room > most+most/2+4; a.short {
			return
		}
		s.first, s.end = 0, 0
		clear(s.uses)
		if s.file == nil && room > len(s.uses) {
			s.grow(room)
		}
		s.end = n
	}
	for k := s.first; k < s.first+n; k++ {
		row := s.row(s.place(k))
		if a.floats(row); a.reading && s.file != nil {
			s.write(s.place(k), row)
		}
	}
	for i := range steps {
		for _, at := range [2]*int32{&s.from[i], &s.to[i]} {
			v := (int(*at) - int(s.place(s.first)) + len(s.uses)) % len(s.uses) // its number, less the first
			a.int(&v)
			a.within(v, n-1)
			if a.short {
				return
			}
			if a.reading {
				*at = int32(v)
				s.uses[v] = min(s.uses[v], 254) + 1
			}
		}
	}
	for e, l := range s.latest {
		kept := slices.DeleteFunc(slices.Clone(l), func(k int) bool { return k < s.first || s.uses[s.place(k)] == 0 })
		m := a.length(len(kept))
		a.within(m, s.candidates)
		if a.short {
			return
		}
		if a.reading {
			kept = make([]int, m)
		}
		for j := range kept {
			v := kept[j] - s.first
			a.int(&v)
			a.within(v, n-1)
			if a.short {
				return
			}
			kept[j] = v
		}
		if a.reading {
			s.latest[e] = append(l[:0], kept...)
		}
	}
}

// size is the memory that states take, in bytes.
func (s *states) size() int { return 4*len(s.data) + len(s.uses) + 4*len(s.from) + 4*len(s.to) }

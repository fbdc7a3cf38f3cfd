package rl

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"

	"github.com/gopherwood-ml/ml"
)

func init() { ml.Register[*Checkpoint]("rl.Checkpoint") }

// Checkpoint is a training that stopped midway: all that its learner knew. Fit writes it to [Run].Checkpoint, and goes on from what it finds there, to the same bytes
// that it would have reached without stopping. Of environments it keeps the seeds of the running episodes and what was done since, so any that keeps the contract of
// [Env] can be brought back; one that carries something from an episode to the next ([NormalizeObs]) cannot, and learners normalise themselves.
type Checkpoint struct {
	Learner string
	Config  any // that trains: another one does not go on from here
	Floats  []float32
	Doubles []float64
	Ints    []int
}

// archive walks through a learner's state, to write it down or to read it back; both walk the same way.
type archive struct {
	*Checkpoint
	reading bool
	short   bool // what is read has ended too early, or is no such state
	f, d, i int
}

func (a *archive) floats(s []float32) {
	if !a.reading {
		a.Floats = append(a.Floats, s...)
		return
	}
	if a.short = a.short || len(a.Floats)-a.f < len(s); !a.short {
		copy(s, a.Floats[a.f:])
		a.f += len(s)
	}
}

func (a *archive) doubles(s []float64) {
	if !a.reading {
		a.Doubles = append(a.Doubles, s...)
		return
	}
	if a.short = a.short || len(a.Doubles)-a.d < len(s); !a.short {
		copy(s, a.Doubles[a.d:])
		a.d += len(s)
	}
}

func (a *archive) double(p ...*float64) {
	for _, v := range p {
		one := [1]float64{*v}
		a.doubles(one[:])
		*v = one[0]
	}
}

func (a *archive) int(p ...*int) {
	for _, v := range p {
		if !a.reading {
			a.Ints = append(a.Ints, *v)
			continue
		}
		if a.short = a.short || a.i >= len(a.Ints); !a.short {
			*v = a.Ints[a.i]
			a.i++
		}
	}
}

func (a *archive) word(p *uint64) {
	v := int(*p)
	a.int(&v)
	*p = uint64(v)
}

func (a *archive) bools(s []bool) {
	for k := range s {
		v := 0
		if s[k] {
			v = 1
		}
		a.int(&v)
		s[k] = v != 0
	}
}

// length is a count, which a file may not make larger than what it holds.
func (a *archive) length(n int) int {
	a.int(&n)
	if a.reading && (n < 0 || n > len(a.Floats)+len(a.Doubles)+len(a.Ints)) {
		a.short = true
		return 0
	}
	return n
}

// list is doubles of any number.
func (a *archive) list(s *[]float64) {
	n := a.length(len(*s))
	if a.reading {
		*s = make([]float64, n)
	}
	a.doubles(*s)
}

// within makes sure that a number that was read is 0..most.
func (a *archive) within(v, most int) {
	if v < 0 || v > most {
		a.short = true
	}
}

func (s *slab) archive(a *archive) {
	a.floats(s.w)
	a.floats(s.m)
	a.floats(s.v)
	a.int(&s.step)
	a.within(s.step, math.MaxInt)
}

func (n *Normalizer) archive(a *archive) {
	if n == nil {
		return
	}
	a.doubles(n.Mean)
	a.doubles(n.Var)
	a.double(&n.Count)
}

func (b *budget) archive(a *archive) {
	a.int(&b.steps, &b.episodes)
	a.within(b.steps, 1<<62)
	a.within(b.episodes, 1<<62)
	b.next = 0 // it looks up at once
	a.double(&b.sum, &b.ended, &b.count, &b.valid)
	w := []bool{b.watched}
	a.bools(w)
	b.watched = w[0]
	a.list(&b.returns)
	if len(b.returns) > 100 {
		a.short = true
	}
}

// archive of environments: the seeds of the episodes that run, and the actions since.
func (e *VecEnv[A]) archive(a *archive) error {
	for i := range e.n {
		a.word(&e.seeds[i])
		a.word(&e.episodes[i])
		n := a.length(len(e.history[i]))
		if a.reading {
			e.history[i] = make([]A, n)
		}
		for k := range e.history[i] {
			switch v := any(&e.history[i][k]).(type) {
			case *int:
				a.int(v)
			case *float32:
				one := [1]float32{*v}
				a.floats(one[:])
				*v = one[0]
			}
		}
		if a.short {
			return nil
		}
		if a.reading {
			if err := e.replay(i); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *Batch) archive(a *archive) {
	a.floats(b.Obs)
	a.floats(b.Final)
	a.floats(b.Reward)
	a.bools(b.Terminated)
	a.bools(b.Truncated)
	a.doubles(b.Return)
	for i := range b.Length {
		a.int(&b.Length[i])
	}
}

// save writes a checkpoint so that the one before stays until the new one is whole.
func (c *Checkpoint) save(path string) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	err = ml.Save(f, c)
	if err2 := f.Close(); err == nil {
		err = err2
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// open reads a checkpoint of a learner with this config; nil: there is none.
func openCheckpoint(where, path string, config any) (*Checkpoint, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	c, err := ml.Load[*Checkpoint](f)
	if err != nil {
		return nil, err
	}
	if c.Learner != where || !reflect.DeepEqual(c.Config, config) {
		return nil, &ml.Error{Where: where, Field: "Run.Checkpoint", Found: "that of another learner or config: " + path, Want: fmt.Sprintf("one of %+v", config), Kind: ml.ErrConfig}
	}
	return c, nil
}

package rl

import (
	"bytes"
	"flag"
	"fmt"
	"go/format"
	"hash/fnv"
	"io"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/rl/internal/written"
)

var updateWritten = flag.Bool("update-written", false, "write the files of rl/internal/written again")

// randomActor has weights that are drawn.
func randomActor(relu, dueling, norm bool, sizes ...int) *Actor {
	r := rng.New(uint64(len(sizes)), 0)
	draw := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(2*r.Float64() - 1)
		}
		return x
	}
	a := &Actor{ReLU: relu, Dueling: dueling}
	for i, out := range sizes[1:] {
		a.Layers = append(a.Layers, Layer{In: sizes[i], Out: out, Weights: draw(sizes[i] * out), Bias: draw(out)})
	}
	if norm {
		a.Norm, a.Clip = &Normalizer{Mean: make([]float64, sizes[0]), Var: make([]float64, sizes[0]), Count: 3}, 1.5
		for i := range sizes[0] {
			a.Norm.Mean[i], a.Norm.Var[i] = r.Float64(), .2+r.Float64()
		}
	}
	if err := a.Restore(); err != nil {
		panic(err)
	}
	return a
}

// The code in rl/internal/written is what WriteGo writes, is formatted, and acts as the policies do.
func TestWrittenGoActsAsThePolicy(t *testing.T) {
	discrete := &DiscretePolicy{Actor: randomActor(true, true, true, 4, 8, 6), Start: 2}
	multi := &MultiPolicy{Actor: randomActor(false, false, false, 4, 7, 5), N: []int{2, 3}}
	squash := &BoxPolicy{Actor: randomActor(false, false, true, 3, 6, 5, 2), Lo: []float32{-2, 0}, Hi: []float32{2, .5}, Squash: true}
	cut := &BoxPolicy{Actor: randomActor(true, false, false, 3, 4), Lo: []float32{-.3, -1, 0}, Hi: []float32{.3, 1, .1}}
	for _, p := range []struct {
		name   string
		policy Frozen
	}{{"Discrete", discrete}, {"Multi", multi}, {"Squash", squash}, {"Cut", cut}, {"Net", multi.Actor}} {
		var code bytes.Buffer
		require.NoError(t, WriteGo(&code, p.policy, GoSource{Package: "written", Func: p.name}))
		pretty, err := format.Source(code.Bytes())
		require.NoError(t, err, p.name)
		assert.True(t, bytes.Equal(pretty, code.Bytes()), "%s is not formatted", p.name)
		path := fmt.Sprintf("internal/written/%s.go", strings.ToLower(p.name))
		if *updateWritten {
			require.NoError(t, os.WriteFile(path, code.Bytes(), 0o644))
		}
		stored, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.True(t, bytes.Equal(stored, code.Bytes()), "%s: write it again with -update-written", p.name)
	}
	var (
		ds written.DiscreteState
		ms written.MultiState
		ss written.SquashState
		cs written.CutState
		ns written.NetState
	)
	hash := fnv.New64a()
	close := func(got, want []float32, to float64) {
		for i, v := range got {
			if !(math.Abs(float64(v)-float64(want[i])) <= to) {
				t.Errorf("%v, want %v", got, want)
			}
			fmt.Fprintf(hash, "%x ", math.Float32bits(v))
		}
	}
	r := rng.New(9, 0)
	codes, action, out := make([]int, 2), make([]float32, 2), make([]float32, 5)
	for range 100 {
		obs, valid := make([]float32, 4), make([]bool, 5)
		for i := range obs {
			obs[i] = float32(4*r.Float64() - 2)
		}
		for i := range valid {
			valid[i] = i == 0 || i == 3 || r.Float64() < .5
		}
		for _, valid := range [][]bool{nil, valid} {
			code, err := discrete.ActMasked(obs, valid)
			require.NoError(t, err)
			assert.Equal(t, code, written.Discrete(&ds, obs, valid))
			want, err := multi.ActMasked(obs, valid)
			require.NoError(t, err)
			written.Multi(&ms, codes, obs, valid)
			assert.Equal(t, want, codes)
		}
		want, err := squash.Act(obs[:3])
		require.NoError(t, err)
		written.Squash(&ss, action, obs[:3])
		close(action, want, 1e-6) // tanh is rounded from float64
		want, err = cut.Act(obs[:3])
		require.NoError(t, err)
		written.Cut(&cs, out, obs[:3])
		close(out[:3], want, 0)
		want = make([]float32, 5)
		require.NoError(t, multi.Actor.Ask(want, obs))
		written.Net(&ns, out, obs)
		close(out, want, 1e-6)
	}
	assert.Equal(t, 1, written.Discrete(&ds, make([]float32, 4), make([]bool, 5))) // none is allowed
	assert.Zero(t, testing.AllocsPerRun(10, func() {
		written.Discrete(&ds, out[:4], nil)
		written.Multi(&ms, codes, out[:4], nil)
		written.Squash(&ss, action, out[:3])
	}))
	// The same bits on every machine.
	assert.Equal(t, uint64(0x6601d880f2e06761), hash.Sum64())
}

func TestWriteGoRefusesWhatIsNoPolicy(t *testing.T) {
	a := randomActor(true, false, false, 2, 2)
	for _, how := range []GoSource{{Func: "a b"}, {Package: "1x"}} {
		assert.ErrorIs(t, WriteGo(io.Discard, a, how), ml.ErrConfig, "%+v", how)
	}
	assert.ErrorIs(t, WriteGo(io.Discard, &DiscretePolicy{}, GoSource{}), ml.ErrConfig)
	assert.ErrorIs(t, WriteGo(io.Discard, &Actor{}, GoSource{}), ml.ErrFormat)
	assert.ErrorIs(t, WriteGo(io.Discard, &BoxPolicy{Actor: a}, GoSource{}), ml.ErrFormat)
}

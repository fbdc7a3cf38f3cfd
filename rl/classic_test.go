package rl

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/internal/nprand"
)

type classic struct {
	Envs map[string]struct {
		Low, High  []float64
		Limits     [][]float64 // number of the state, value
		Next, Ends string
		Rewards    any
		Few        []float64
		Resets     [][]float32
	}
	Episode string
	Starts  [][]float32
}

func doubles(t *testing.T, text string) []float64 {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]float64, len(raw)/8)
	for i := range out {
		out[i] = math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:]))
	}
	return out
}

// stateful is what the classic environments have in common.
type stateful[A any] interface {
	Env[[]float32, A]
	Stateful
}

func made[A any](t *testing.T, m Maker[[]float32, A]) stateful[A] {
	t.Helper()
	e, err := m.Make()
	if err != nil {
		t.Fatal(err)
	}
	return e.(stateful[A])
}

// close is the bar for one step: the last digits of sines and cosines differ between libraries.
func closeTo(a, b float64) bool { return math.Abs(a-b) <= 1e-15+1e-14*math.Abs(b) }

func checkClassic[A any](t *testing.T, name string, m Maker[[]float32, A], action func(i int) A) {
	t.Helper()
	g := golden.Load[classic](t, "testdata/classic.json").Envs[name]
	e := made(t, m)
	single := name == "MountainCarContinuous-v0"
	d := len(g.Low)
	var next []float64
	if single {
		raw, err := base64.StdEncoding.DecodeString(g.Next)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(raw); i += 4 {
			next = append(next, float64(math.Float32frombits(binary.LittleEndian.Uint32(raw[i:]))))
		}
	} else {
		next = doubles(t, g.Next)
	}
	var rewards []float64
	if text, ok := g.Rewards.(string); ok {
		rewards = doubles(t, text)
	}
	r := nprand.New(1)
	n, unequal, beyond := len(g.Ends), 0, 0
	state := make([]float64, d)
	for i := range n {
		for j := range state {
			state[j] = r.Uniform(g.Low[j], g.High[j])
		}
		if i%10 == 0 {
			at := g.Limits[i/10%len(g.Limits)]
			state[int(at[0])] = at[1]
		}
		if single {
			for j, v := range state {
				state[j] = float64(float32(v))
			}
		}
		if err := e.SetState(state); err != nil {
			t.Fatal(err)
		}
		s, err := e.Step(action(i))
		if err != nil {
			t.Fatal(err)
		}
		now := e.State()
		for j, v := range now {
			if !closeTo(v, next[i*d+j]) {
				beyond++
			}
			// The velocities of Acrobot change by sums of terms that are a thousand times larger where it turns fast, and the last digits of the terms' sines differ
			// (NumPy's are those of its vector library).
			if math.Abs(v-next[i*d+j]) > 1e-12*(1+math.Abs(next[i*d+j])) {
				t.Fatalf("%s, step %d from %v: state %d is %v, want %v (off by %g)", name, i, state, j, v, next[i*d+j], v-next[i*d+j])
			}
			if v != next[i*d+j] && float32(v) != float32(next[i*d+j]) {
				unequal++
			}
		}
		if s.Terminated != (g.Ends[i] == '1') {
			t.Errorf("%s, step %d: terminated %v", name, i, s.Terminated)
		}
		if rewards != nil && !closeTo(s.Reward, rewards[i]) {
			t.Errorf("%s, step %d from %v: reward %v, want %v", name, i, state, s.Reward, rewards[i])
		}
		if rewards == nil { // one for every step, or another for the last one
			want := g.Few[0]
			if g.Ends[i] == '1' {
				want = g.Few[len(g.Few)-1]
			}
			if s.Reward != want {
				t.Errorf("%s, step %d: reward %v, want %v", name, i, s.Reward, want)
			}
		}
	}
	if acrobot := strings.HasPrefix(name, "Acrobot"); !acrobot && beyond > 0 || beyond*100 > n*d {
		t.Errorf("%s: %d of %d numbers are off by more than 1e-15 + 1e-14 of their size", name, beyond, n*d)
	}
	if unequal*1000 > n*d {
		t.Errorf("%s: %d of %d rounded numbers differ", name, unequal, n*d)
	}
	for seed, want := range g.Resets {
		obs, err := e.Reset(uint64(seed))
		if err != nil {
			t.Fatal(err)
		}
		for j, v := range obs {
			if v != want[j] && math.Abs(float64(v-want[j])) > 1.2e-7*math.Abs(float64(want[j])) { // sines and cosines may round otherwise
				t.Errorf("%s: Reset(%d) gives %v, want %v", name, seed, obs, want)
			}
		}
	}
}

func TestClassicControlIsGymnasiums(t *testing.T) {
	checkClassic(t, "CartPole-v1", CartPole{}, func(i int) int { return i % 2 })
	checkClassic(t, "MountainCar-v0", MountainCar{}, func(i int) int { return i % 3 })
	checkClassic(t, "MountainCarContinuous-v0", MountainCarContinuous{}, func(i int) []float32 { return []float32{float32(float64(i%41-20) / 20)} })
	checkClassic(t, "Pendulum-v1", Pendulum{}, func(i int) []float32 { return []float32{float32(float64(i%41-20) / 10)} })
	checkClassic(t, "Acrobot-v1book", Acrobot{}, func(i int) int { return i % 3 })
	checkClassic(t, "Acrobot-v1nips", Acrobot{NIPS: true}, func(i int) int { return i % 3 })
}

// The limits are Gymnasium's to the bit: an angle on its limit goes on, the next double has fallen.
func TestCartPoleFallsWhereGymnasiumsDoes(t *testing.T) {
	const limit = 0.20943951023931953 // 12 * 2 * math.pi / 360 in Python
	e := made(t, CartPole{})
	for _, c := range []struct {
		x, angle float64
		fallen   bool
	}{{0, limit, false}, {0, math.Nextafter(limit, 1), true}, {2.4, 0, false}, {math.Nextafter(2.4, 3), 0, true}} {
		for _, sign := range []float64{1, -1} {
			if err := e.SetState([]float64{sign * c.x, 0, sign * c.angle, 0}); err != nil {
				t.Fatal(err)
			}
			s, err := e.Step(1) // positions move by the velocities before the step, which are 0
			if err != nil || s.Terminated != c.fallen {
				t.Errorf("at %v, %v: terminated %v, %v", sign*c.x, sign*c.angle, s.Terminated, err)
			}
		}
	}
}

// Along an episode the last digits add up.
func TestCartPoleEpisodeIsGymnasiums(t *testing.T) {
	g := golden.Load[classic](t, "testdata/classic.json")
	want := doubles(t, g.Episode)
	e := made(t, CartPole{})
	if _, err := e.Reset(3); err != nil {
		t.Fatal(err)
	}
	for i := range len(want) / 4 {
		s := e.State()
		action := 0
		if s[2]+0.3*s[3]+0.05*s[1] > 0 {
			action = 1
		}
		step, err := e.Step(action)
		if err != nil {
			t.Fatal(err)
		}
		for j, v := range e.State() {
			if math.Abs(v-want[4*i+j]) > 1e-9 {
				t.Fatalf("step %d: %v, want %v", i, e.State(), want[4*i:4*i+4])
			}
		}
		if step.Done() {
			t.Fatalf("over after %d steps", i+1)
		}
	}
	first := made(t, MountainCarContinuous{})
	for seed, want := range g.Starts {
		if _, err := first.Reset(uint64(seed)); err != nil {
			t.Fatal(err)
		}
		s, err := first.Step([]float32{float32(float64(seed-10) / 10)})
		if err != nil {
			t.Fatal(err)
		}
		for j, v := range s.Obs {
			if v != want[j] {
				t.Errorf("the first step of seed %d leads to %v, want %v", seed, s.Obs, want)
			}
		}
	}
}

func TestClassicControlIsSound(t *testing.T) {
	for _, m := range []Maker[[]float32, int]{CartPole{}, CartPole{SuttonBartoReward: true, MaxSteps: 9}, MountainCar{}, Acrobot{MaxSteps: 60}, Acrobot{TorqueNoise: 0.5, MaxSteps: 60}} {
		if err := Check(m).Err(); err != nil {
			t.Errorf("%T: %v", m, err)
		}
	}
	for _, m := range []Maker[[]float32, []float32]{MountainCarContinuous{MaxSteps: 100}, Pendulum{}} {
		if err := Check(m).Err(); err != nil {
			t.Errorf("%T: %v", m, err)
		}
	}
	if _, err := (CartPole{MaxSteps: -1}).Make(); err == nil {
		t.Error("a negative limit passes")
	}
	e := made(t, CartPole{NoTimeLimit: true})
	if e.Spec().MaxSteps != 0 {
		t.Error("there is a limit")
	}
	if err := e.SetState([]float64{1, 2}); err == nil {
		t.Error("a state of two numbers passes")
	}
	if _, err := made(t, CartPole{}).Step(0); !errors.Is(err, ErrDone) {
		t.Error(err)
	}
}

func TestClassicControlAllocatesNothing(t *testing.T) {
	e := made(t, Acrobot{NoTimeLimit: true})
	p := made(t, Pendulum{NoTimeLimit: true})
	e.Reset(1)
	p.Reset(1)
	action := []float32{0.5}
	if n := testing.AllocsPerRun(100, func() {
		if s, _ := e.Step(1); s.Done() {
			e.Reset(1)
		}
		p.Step(action)
	}); n != 0 {
		t.Errorf("%g allocations", n)
	}
}

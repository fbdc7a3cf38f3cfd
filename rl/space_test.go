package rl

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gopherwood-ml/ml/internal/rng"
)

// checkSpace draws members and holds them to the space; wrong must not be members.
func checkSpace[T any](t *testing.T, s Space[T], wrong ...T) {
	t.Helper()
	r := rng.New(1, 0)
	dst := make([]float32, s.Flat())
	for range 200 {
		v := s.Sample(r)
		if !s.Contains(v) {
			t.Errorf("%v draws %v", s, v)
		}
		for i := range dst {
			dst[i] = float32(math.NaN())
		}
		s.Flatten(dst, v)
		for _, x := range dst {
			if x != x {
				t.Fatalf("%v leaves numbers of %v unwritten", s, v)
			}
		}
	}
	for _, v := range wrong {
		if s.Contains(v) {
			t.Errorf("%v contains %v", s, v)
		}
	}
	if s.String() == "" {
		t.Error("no name")
	}
}

func TestSpaces(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	checkSpace(t, Discrete{N: 3, Start: -1}, -2, 2, math.MinInt, math.MaxInt)
	checkSpace(t, Box{Lo: []float32{-1, -inf, 2, -inf}, Hi: []float32{1, 0, inf, inf}}, nil, []float32{0, 0, 2}, []float32{nan, 0, 2, 0}, []float32{0, 1, 2, 0})
	checkSpace(t, MultiDiscrete{N: []int{2, 5}}, []int{2, 0}, []int{0, -1}, []int{1})
	checkSpace(t, MultiBinary{N: 3}, []int{0, 1, 2}, []int{1})
	checkSpace(t, Text{Min: 1, Max: 4, Letters: "añb"}, "", "abcab", "ac", "aaaaa")
	checkSpace(t, Text{Max: 2}, "a b", "abc")
	checkSpace(t, Sequence[int]{Of: Discrete{N: 4}, Max: 3}, []int{0, 4}, []int{0, 0, 0, 0})
	checkSpace(t, Graph[int, []float32]{Node: Discrete{N: 2}, Edge: NewBox(0, 1, 1), MaxNodes: 4, MaxEdges: 5},
		GraphValue[int, []float32]{}, GraphValue[int, []float32]{Nodes: []int{1}, Edges: [][]float32{{0}}, Ends: [][2]int{{0, 1}}})
	both := Tuple{PartOf(Discrete{N: 2}), PartOf(NewBox(-1, 1, 2))}
	checkSpace(t, both, []any{0}, []any{2, []float32{0, 0}}, []any{"0", []float32{0, 0}})
	checkSpace(t, Dict{{"switch", PartOf(Discrete{N: 2})}, {"both", PartOf(both)}}, map[string]any{"switch": 1}, map[string]any{"switch": 1, "other": nil})
}

func TestFlattenedByHand(t *testing.T) {
	for _, c := range []struct {
		flatten func(dst []float32)
		want    []float32
	}{
		{func(d []float32) { Discrete{N: 3, Start: 5}.Flatten(d, 6) }, []float32{0, 1, 0}},
		{func(d []float32) { MultiDiscrete{N: []int{2, 3}}.Flatten(d, []int{1, 2}) }, []float32{0, 1, 0, 0, 1}},
		{func(d []float32) { Text{Max: 2, Letters: "ab"}.Flatten(d, "b") }, []float32{0, 1, 0, 0}},
		{func(d []float32) { Sequence[int]{Of: Discrete{N: 2}, Max: 2}.Flatten(d, []int{1}) }, []float32{1, 0, 1, 0, 0, 0}},
		{func(d []float32) {
			Graph[int, int]{Node: Discrete{N: 2}, Edge: Discrete{N: 2}, MaxNodes: 2, MaxEdges: 1}.Flatten(d,
				GraphValue[int, int]{Nodes: []int{0, 1}, Edges: []int{1}, Ends: [][2]int{{1, 0}}})
		}, []float32{1, 1, 0, 1, 0, 1, 1, 0.5, 0, 0, 1}},
		{func(d []float32) {
			Dict{{"b", PartOf(Discrete{N: 2})}, {"a", PartOf(NewBox(0, 1, 1))}}.Flatten(d, map[string]any{"a": []float32{0.25}, "b": 1})
		}, []float32{0, 1, 0.25}},
	} {
		got := make([]float32, len(c.want))
		c.flatten(got)
		if !slices.Equal(got, c.want) {
			t.Errorf("%v, want %v", got, c.want)
		}
	}
}

// room is an environment with mixed observations and switches for actions.
type room struct{ steps, lamp int }

func (r *room) Spec() Spec[map[string]any, []int] {
	return Spec[map[string]any, []int]{ID: "room", MaxSteps: 5, Act: MultiBinary{N: 2},
		Obs: Dict{{"lamp", PartOf(Discrete{N: 2})}, {"clock", PartOf(NewBox(0, 1, 1))}, {"pair", PartOf(Tuple{PartOf(MultiDiscrete{N: []int{2}}), PartOf(MultiBinary{N: 1})})}}}
}

func (r *room) see() map[string]any {
	return map[string]any{"lamp": r.lamp, "clock": []float32{float32(r.steps) / 5}, "pair": []any{[]int{r.lamp}, []int{1}}}
}

func (r *room) Reset(seed uint64) (map[string]any, error) {
	r.steps, r.lamp = 0, int(seed%2)
	return r.see(), nil
}

func (r *room) Step(a []int) (Step[map[string]any], error) {
	if r.steps == 5 {
		return Step[map[string]any]{}, Over("room.Step")
	}
	if !(MultiBinary{N: 2}).Contains(a) {
		return Step[map[string]any]{}, BadAction("room.Step", a, MultiBinary{N: 2})
	}
	r.steps++
	r.lamp = a[0] ^ a[1]
	return Step[map[string]any]{Obs: r.see(), Reward: float64(r.lamp), Truncated: r.steps == 5}, nil
}

func TestFlattenGivesNumbersOfAnyEnvironment(t *testing.T) {
	m := Flatten(MakerFunc[map[string]any, []int](func() (Env[map[string]any, []int], error) { return &room{steps: 5}, nil }))
	if r := Check(m); r.Err() != nil || len(r.Warnings) != 0 {
		t.Errorf("%+v", r)
	}
	e, _ := m.Make()
	e.Reset(1)
	s, _ := e.Step([]int{1, 1})
	if want := []float32{1, 0, 0.2, 1, 0, 1}; !slices.Equal(s.Obs, want) {
		t.Errorf("%v, want %v", s.Obs, want)
	}
	if b, ok := e.Spec().Obs.(Box); !ok || b.Lo[2] != 0 || b.Hi[2] != 1 || !strings.Contains(b.String(), "6 numbers") {
		t.Errorf("%v", e.Spec().Obs)
	}
}

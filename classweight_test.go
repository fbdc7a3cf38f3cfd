package ml

import (
	"errors"
	"math"
	"reflect"
	"testing"
)

func TestClassWeight(t *testing.T) {
	y := []int{0, 0, 0, 1, 2, None}
	weight := []float64{1, 2, 0, 1, 2, 5}
	for _, c := range []struct {
		name string
		w    ClassWeight
		own  []float64
		want []float64
	}{
		{"zero value keeps what is there", ClassWeight{}, weight, weight},
		{"zero value keeps nil", ClassWeight{}, nil, nil},
		{"per class times own", ClassWeight{PerClass: []float64{1, 10, 0}}, weight, []float64{1, 2, 0, 10, 0, 5}},
		{"balanced", ClassWeight{Balanced: true}, nil, []float64{5.0 / 9, 5.0 / 9, 5.0 / 9, 5.0 / 3, 5.0 / 3, 1}},
		{"balanced from weighted counts", ClassWeight{Balanced: true}, weight, []float64{6.0 / 9, 12.0 / 9, 0, 2, 2, 5}},
	} {
		got, err := c.w.Weights("test", y, c.own, 3)
		if err != nil {
			t.Fatal(c.name, err)
		}
		if len(got) != len(c.want) {
			t.Fatal(c.name, got)
		}
		for i, v := range got {
			if math.Abs(v-c.want[i]) > 1e-15*c.want[i] {
				t.Errorf("%s: row %d weighs %v, want %v", c.name, i, v, c.want[i])
			}
		}
	}
	if !reflect.DeepEqual(weight, []float64{1, 2, 0, 1, 2, 5}) {
		t.Error("the input was written to")
	}
}

// A class that is declared but has no weight must not change what the others weigh.
func TestClassWeightBalancedIgnoresAbsentClasses(t *testing.T) {
	got, err := ClassWeight{Balanced: true}.Weights("test", []int{0, 0, 3, 1}, []float64{1, 1, 2, 0}, 5)
	if err != nil {
		t.Fatal(err)
	}
	if want := []float64{1, 1, 2, 0}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestClassWeightErrors(t *testing.T) {
	for name, w := range map[string]ClassWeight{
		"both":       {Balanced: true, PerClass: []float64{1, 1}},
		"length":     {PerClass: []float64{1}},
		"negative":   {PerClass: []float64{1, -1}},
		"NaN":        {PerClass: []float64{1, math.NaN()}},
		"all zero":   {PerClass: []float64{0, 0}},
		"zero where": {PerClass: []float64{0, 1}},
	} {
		if _, err := w.Weights("test", []int{0, 0}, nil, 2); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

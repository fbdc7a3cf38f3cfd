package rl

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/gopherwood-ml/ml"
)

func TestValueMaps(t *testing.T) {
	m := must(ValueIteration{Discount: 1}.Fit(background, must(CliffWalking{}.MDP())))
	cliff := ValueMap{Title: "cliff <1>", Map: []string{"............", "............", "............", "SHHHHHHHHHHG"}, Arrows: "urdl"}
	text := must(cliff.Text(m))
	if lines := strings.Split(text, "\n"); len(lines) != 6 || !strings.HasPrefix(lines[4], "↑ -13") || !strings.HasPrefix(lines[3], "→ -12") {
		t.Errorf("%q", text)
	}
	picture := must(cliff.SVG(m))
	d := xml.NewDecoder(strings.NewReader(string(picture)))
	for {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(string(picture), "<polygon"); n != 37 {
		t.Errorf("%d arrows, want 37", n)
	}
	walk := must(TD{Steps: 100}.Fit(background, RandomWalk{}))
	if text := must(ValueMap{Map: []string{"....."}}.Text(walk)); strings.ContainsAny(text, "←→") {
		t.Errorf("%q: a model that predicts has no arrows", text)
	}
	must(ValueMap{Map: []string{"....."}}.SVG(walk))
	for i, p := range []ValueMap{{}, {Map: []string{}}, {Map: []string{"..", "."}}, {Map: cliff.Map, Arrows: "abcd"}, {Map: cliff.Map, Arrows: "l"}} {
		_, err := p.SVG(m)
		if !errors.Is(err, ml.ErrConfig) && !errors.Is(err, ml.ErrShape) {
			t.Errorf("case %d: %v", i, err)
		}
	}
	if _, err := (ValueMap{}).Text(nil); !errors.Is(err, ml.ErrConfig) {
		t.Error(err)
	}
}

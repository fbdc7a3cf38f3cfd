package rl

import (
	"bytes"
	"encoding/xml"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

type drawn interface {
	Drawer
	Framer
}

func wellFormed(t *testing.T, name string, picture []byte) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(string(picture)))
	for {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
}

// Every tabular environment draws itself, in every state that a few episodes meet. SCENES names a folder to look at the first pictures in.
func TestTabularEnvironmentsDrawThemselves(t *testing.T) {
	for name, c := range map[string]struct {
		m    Maker[int, int]
		want string // after Reset(1)
	}{
		"lake":       {FrozenLake{}, "[S] F  F  F \n F  H  F  H \n F  F  F  H \n H  F  F  G \n"},
		"cliff":      {CliffWalking{}, strings.Repeat(strings.Repeat(" . ", 12)+"\n", 3) + "[S]" + strings.Repeat(" H ", 10) + " G \n"},
		"grid":       {GridWorld{Map: []string{"S#", ".G"}}, "[S] # \n .  G \n"},
		"walk":       {RandomWalk{}, " .  . [.] .  . \n"},
		"taxi":       {Taxi{}, ""},
		"fickle":     {Taxi{Fickle: true}, ""},
		"blackjack":  {Blackjack{}, ""},
		"gambler":    {Gambler{}, ""},
		"autoscaler": {Autoscaler{}, "load      [======              ] 1 of 3\nwaiting   [                    ] 0 of 20\nservers   [==                  ] 1 of 8\n"},
		"pricing":    {Pricing{}, "periods   [====================] 30 of 30\nstock     [====================] 20 of 20\n"},
		"own":        {one(Outcome{P: 1, Terminated: true}), "state 0 of 2\n"},
	} {
		env := must(c.m.Make())
		d, ok := Ability[drawn](env)
		if !ok {
			t.Errorf("%s does not draw itself", name)
			continue
		}
		d.Text() // also before the first Reset
		size := d.Frame().Rect
		wellFormed(t, name, d.SVG())
		env.Reset(1)
		if text := d.Text(); c.want != "" && text != c.want {
			t.Errorf("%s:\n%q, want\n%q", name, text, c.want)
		}
		moved := name == "own" // which stays where it is
		for i := range 30 {
			if folder := os.Getenv("SCENES"); folder != "" && i == 3 {
				os.WriteFile(filepath.Join(folder, name+".svg"), d.SVG(), 0o644)
				var frame bytes.Buffer
				png.Encode(&frame, d.Frame())
				os.WriteFile(filepath.Join(folder, name+".frame.png"), frame.Bytes(), 0o644)
				t.Log("\n" + d.Text())
			}
			a := 0
			if mask, ok := env.(Masker); ok {
				for valid := make([]bool, env.Spec().Act.(Discrete).N); a == 0 || !valid[a]; {
					mask.Mask(valid)
					if a = (a + i + 1) % len(valid); valid[a] {
						break
					}
				}
			}
			before := d.Frame()
			if s := must(env.Step(a)); s.Done() {
				wellFormed(t, name, d.SVG())
				env.Reset(uint64(i))
			}
			wellFormed(t, name, d.SVG())
			after := d.Frame()
			if after.Rect != size {
				t.Fatalf("%s: frames of %v and %v", name, size, after.Rect)
			}
			moved = moved || !bytes.Equal(before.Pix, after.Pix)
		}
		if !moved {
			t.Errorf("%s: the frames do not change", name)
		}
	}
	d := newDots(40, 7)
	d.number(1, 1, 1, 1234567890, 1)
	text := ""
	for i, p := range d.Pix {
		text += string(" #"[p])
		if i%40 == 39 {
			text += "\n"
		}
	}
	if text[41:61] != "  #  ### ### # # ###" {
		t.Errorf("figures:\n%s", text)
	}
	var film bytes.Buffer
	if err := WriteGIF(&film, FrozenLake{}, must(ValueIteration{}.Fit(background, must(FrozenLake{}.MDP()))), Film{Pause: 20}); err != nil || film.Len() == 0 {
		t.Errorf("a film of %d bytes, %v", film.Len(), err)
	}
	env := must(Taxi{}.Make())
	e := env.(*mdpEnv)
	e.state = taxiCode(7, inTaxi, 3)
	if got, want := e.Text(), "+---------+\n|R: | : :G|\n| : |T: : |\n| : : : : |\n| | : | : |\n|Y| : |B: |\n+---------+\nthe passenger is in the taxi and goes to B\n"; got != want {
		t.Errorf("taxi:\n%s", got)
	}
}

package rl

import (
	"bytes"
	"errors"
	"image/gif"
	"image/png"
	"os"
	"strings"
	"testing"

	"github.com/gopherwood-ml/ml"
)

func TestClassicControlDrawsItself(t *testing.T) {
	draw := func(name string, env any, state ...float64) {
		t.Helper()
		s, _ := env.(Stateful)
		if err := s.SetState(state); err != nil {
			t.Fatal(err)
		}
		d, ok := Ability[Drawer](env)
		f, films := Ability[Framer](env)
		if !ok || !films {
			t.Fatalf("%s does not draw", name)
		}
		text, picture, frame := d.Text(), string(d.SVG()), f.Frame()
		if !strings.Contains(text, "*") || !strings.Contains(picture, "<svg") || !strings.Contains(picture, name) {
			t.Errorf("%s: %s\n%.200s", name, text, picture)
		}
		if dir := os.Getenv("RL_PICTURES"); dir != "" { // to look at
			var b bytes.Buffer
			if err := png.Encode(&b, frame); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(os.WriteFile(dir+"/"+name+".png", b.Bytes(), 0o644), os.WriteFile(dir+"/"+name+".svg", d.SVG(), 0o644), os.WriteFile(dir+"/"+name+".txt", []byte(text), 0o644)); err != nil {
				t.Fatal(err)
			}
		}
		painted := 0
		for _, c := range frame.Pix {
			if c != paper {
				painted++
			}
		}
		if painted < 500 || painted > len(frame.Pix)/2 {
			t.Errorf("%s: %d of %d pixels are painted", name, painted, len(frame.Pix))
		}
	}
	draw("CartPole-v1", made(t, CartPole{}), 0.5, 0, 0.15, 0)
	draw("Pendulum-v1", made(t, Pendulum{}), 2, 0)
	draw("Acrobot-v1", made(t, Acrobot{}), 0.7, 0.9, 0, 0)
	draw("MountainCar-v0", made(t, MountainCar{}), -0.8, 0.03)
	draw("MountainCarContinuous-v0", made(t, MountainCarContinuous{}), 0.1, 0.03)
}

func TestFilms(t *testing.T) {
	left := PolicyFunc[[]float32, int](func([]float32) (int, error) { return 0, nil })
	var b bytes.Buffer
	if err := WriteGIF(&b, TimeLimit(CartPole{}, 8), left, Film{Every: 2, Repeat: true}); err != nil {
		t.Fatal(err)
	}
	film, err := gif.DecodeAll(&b)
	if err != nil || len(film.Image) != 5 || film.Delay[0] != 3 || film.LoopCount != 0 {
		t.Errorf("%d frames, %v", len(film.Image), err)
	}
	if err := WriteGIF(&b, ownLake{}, PolicyFunc[int, int](func(int) (int, error) { return 0, nil }), Film{}); !errors.Is(err, ml.ErrConfig) {
		t.Error(err)
	}
	if err := WriteGIF(&b, CartPole{}, left, Film{Every: -1}); !errors.Is(err, ml.ErrConfig) {
		t.Error(err)
	}
}

package rl

import (
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"io"
	"math"
	"strings"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/svg"
)

// Drawer is an environment that draws its state: for a terminal, and as a picture. All environments of this package do; ask with Ability[Drawer](env).
type Drawer interface {
	Text() string
	SVG() []byte
}

// Framer is an environment that draws its state as an image, for films: all of this package do, that of any MDP included. The images of one environment are of one size.
type Framer interface {
	Frame() *image.Paletted
}

// Film is how [WriteGIF] films.
type Film struct {
	Seed   uint64 // of the episode
	Steps  int    // at most; 0: until the episode ends, but 1000 at most
	Every  int    // a frame for so many steps; 0: 1
	Pause  int    // hundredths of a second between frames; 0: 3
	Repeat bool   // the film starts again when it ends
}

// WriteGIF plays an episode and writes it as an animated GIF. An environment that is no [Framer] gives an error of kind ml.ErrConfig.
func WriteGIF[O, A any](w io.Writer, m Maker[O, A], p Policy[O, A], f Film) error {
	const where = "rl.WriteGIF"
	for _, n := range []struct {
		name string
		v    *int
		zero int
	}{{"Steps", &f.Steps, 1000}, {"Every", &f.Every, 1}, {"Pause", &f.Pause, 3}} {
		if *n.v < 0 {
			return ml.BadConfig(where, n.name, *n.v, fmt.Sprintf(">= 1, or 0 for %d", n.zero))
		}
		if *n.v == 0 {
			*n.v = n.zero
		}
	}
	env, err := m.Make()
	if err != nil {
		return err
	}
	camera, ok := Ability[Framer](env)
	if !ok {
		return &ml.Error{Where: where, Field: "environment", Found: env.Spec().ID, Want: "one that is an rl.Framer", Kind: ml.ErrConfig}
	}
	obs, err := env.Reset(f.Seed)
	if err != nil {
		return err
	}
	film := gif.GIF{LoopCount: -1}
	if f.Repeat {
		film.LoopCount = 0
	}
	shoot := func() {
		film.Image, film.Delay = append(film.Image, camera.Frame()), append(film.Delay, f.Pause)
	}
	shoot()
	for i := range f.Steps {
		action, err := p.Act(obs)
		if err != nil {
			return err
		}
		s, err := env.Step(action)
		if err != nil {
			return err
		}
		if obs = s.Obs; (i+1)%f.Every == 0 || s.Done() {
			shoot()
		}
		if s.Done() {
			break
		}
	}
	return gif.EncodeAll(w, &film)
}

// picture is shapes on a sheet, in pixels, y downwards; every form of drawing is made of it.
type picture struct {
	w, h   float64
	shapes []shape
}

// shape is a line through points, or a disc if there is just one; width is that of the line or the disc.
type shape struct {
	xy     [][2]float64
	width  float64
	colour int
}

// The colours of pictures, and the letters that stand for them in a terminal.
const (
	paper = iota
	ground
	body
	limb
	joint
	goal
)

var (
	paletteHex     = [...]string{"#ffffff", svg.Grid, svg.Ink, svg.Up, svg.Down, "#3a8f5c"}
	paletteLetters = [...]byte{' ', '_', '#', '*', 'o', '|'}
	palette        = paletteOf(paletteHex[:])
)

// paletteOf turns colours such as "#9aa3ad" into those of images.
func paletteOf(hex []string) (p color.Palette) {
	for _, h := range hex {
		var r, g, b uint8
		fmt.Sscanf(h, "#%02x%02x%02x", &r, &g, &b)
		p = append(p, color.RGBA{r, g, b, 255})
	}
	return p
}

func (p *picture) line(colour int, width float64, xy ...[2]float64) {
	p.shapes = append(p.shapes, shape{xy, width, colour})
}

func (p *picture) disc(colour int, x, y, r float64) {
	p.shapes = append(p.shapes, shape{[][2]float64{{x, y}}, 2 * r, colour})
}

func (p *picture) svg(title string) []byte {
	c := svg.New(p.w, p.h, title)
	for _, s := range p.shapes {
		if len(s.xy) == 1 {
			c.Circle(s.xy[0][0], s.xy[0][1], s.width/2, paletteHex[s.colour], 1)
		} else {
			c.Polyline(s.xy, paletteHex[s.colour], s.width, 1)
		}
	}
	return c.Bytes()
}

// paint calls set for every cell of a grid of w by h whose centre a shape covers; a thin line covers the cells it passes through.
func (p *picture) paint(w, h int, set func(x, y, colour int)) {
	sx, sy := p.w/float64(w), p.h/float64(h)
	for _, s := range p.shapes {
		r := max(s.width, max(sx, sy)) / 2
		for i := range s.xy {
			a := s.xy[i]
			b := s.xy[min(i+1, len(s.xy)-1)]
			if i > 0 && i == len(s.xy)-1 {
				break
			}
			for y := cell(min(a[1], b[1])-r, sy, h); y <= cell(max(a[1], b[1])+r, sy, h); y++ {
				for x := cell(min(a[0], b[0])-r, sx, w); x <= cell(max(a[0], b[0])+r, sx, w); x++ {
					if away(a, b, (float64(x)+0.5)*sx, (float64(y)+0.5)*sy) <= r {
						set(x, y, s.colour)
					}
				}
			}
		}
	}
}

func cell(v, side float64, n int) int { return min(max(int(v/side), 0), n-1) }

// away is the distance of a point from the line between two others.
func away(a, b [2]float64, x, y float64) float64 {
	dx, dy := b[0]-a[0], b[1]-a[1]
	t := 0.0
	if long := dx*dx + dy*dy; long > 0 {
		t = min(max(((x-a[0])*dx+(y-a[1])*dy)/long, 0), 1)
	}
	return math.Hypot(x-a[0]-t*dx, y-a[1]-t*dy)
}

func (p *picture) frame() *image.Paletted {
	im := image.NewPaletted(image.Rect(0, 0, int(p.w), int(p.h)), palette)
	p.paint(int(p.w), int(p.h), func(x, y, colour int) { im.SetColorIndex(x, y, uint8(colour)) })
	return im
}

func (p *picture) text() string {
	w, h := int(p.w)/6, int(p.h)/12
	grid := []byte(strings.Repeat(strings.Repeat(" ", w)+"\n", h))
	p.paint(w, h, func(x, y, colour int) { grid[y*(w+1)+x] = paletteLetters[colour] })
	lines := strings.Split(string(grid), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
	}
	return strings.Join(lines, "\n")
}

func (e *cartPole) picture() *picture {
	p := &picture{w: 300, h: 180}
	const level = 140
	x := 150 + 52*e.x
	p.line(ground, 2, [2]float64{0, level}, [2]float64{300, level})
	for _, end := range []float64{-cartPoleX, cartPoleX} {
		p.line(ground, 4, [2]float64{150 + 52*end, level - 6}, [2]float64{150 + 52*end, level + 6})
	}
	p.line(body, 22, [2]float64{x - 15, level}, [2]float64{x + 15, level})
	p.line(limb, 7, [2]float64{x, level - 8}, [2]float64{x + 90*math.Sin(e.theta), level - 8 - 90*math.Cos(e.theta)})
	p.disc(joint, x, level-8, 5)
	return p
}

func hillside(x float64) [2]float64 {
	return [2]float64{10 + 280*(x-carLow)/(carHigh-carLow), 170 - 140*(math.Sin(3*x)*0.45+0.55)}
}

func carPicture(x, flag float64) *picture {
	p := &picture{w: 300, h: 180}
	var hill [][2]float64
	for i := range 61 {
		hill = append(hill, hillside(carLow+(carHigh-carLow)*float64(i)/60))
	}
	p.line(ground, 3, hill...)
	pole := hillside(flag)
	p.line(goal, 3, pole, [2]float64{pole[0], pole[1] - 28})
	p.line(goal, 8, [2]float64{pole[0] - 4, pole[1] - 24}, [2]float64{pole[0] - 12, pole[1] - 24})
	at := hillside(x)
	p.disc(limb, at[0], at[1]-8, 8)
	return p
}

func (e *mountainCar) picture() *picture           { return carPicture(e.x, carGoal) }
func (e *mountainCarContinuous) picture() *picture { return carPicture(float64(e.x), 0.45) }

func (e *pendulum) picture() *picture {
	p := &picture{w: 180, h: 180}
	sin, cos := math.Sincos(e.theta)
	p.line(limb, 14, [2]float64{90, 90}, [2]float64{90 - 70*sin, 90 - 70*cos})
	p.disc(joint, 90, 90, 6)
	return p
}

func (e *acrobot) picture() *picture {
	p := &picture{w: 180, h: 180}
	const unit = 38
	p.line(goal, 2, [2]float64{0, 90 - unit}, [2]float64{180, 90 - unit})
	elbow := [2]float64{90 + unit*math.Sin(e.s[0]), 90 + unit*math.Cos(e.s[0])}
	hand := [2]float64{elbow[0] + unit*math.Sin(e.s[0]+e.s[1]), elbow[1] + unit*math.Cos(e.s[0]+e.s[1])}
	p.line(limb, 8, [2]float64{90, 90}, elbow, hand)
	p.disc(joint, 90, 90, 5)
	p.disc(joint, elbow[0], elbow[1], 5)
	return p
}

// The classic environments implement Drawer and Framer by their pictures.

// Text implements Drawer.
func (e *cartPole) Text() string { return e.picture().text() }

// SVG implements Drawer.
func (e *cartPole) SVG() []byte { return e.picture().svg("CartPole-v1") }

// Frame implements Framer.
func (e *cartPole) Frame() *image.Paletted { return e.picture().frame() }

// Text implements Drawer.
func (e *mountainCar) Text() string { return e.picture().text() }

// SVG implements Drawer.
func (e *mountainCar) SVG() []byte { return e.picture().svg("MountainCar-v0") }

// Frame implements Framer.
func (e *mountainCar) Frame() *image.Paletted { return e.picture().frame() }

// Text implements Drawer.
func (e *mountainCarContinuous) Text() string { return e.picture().text() }

// SVG implements Drawer.
func (e *mountainCarContinuous) SVG() []byte { return e.picture().svg("MountainCarContinuous-v0") }

// Frame implements Framer.
func (e *mountainCarContinuous) Frame() *image.Paletted { return e.picture().frame() }

// Text implements Drawer.
func (e *pendulum) Text() string { return e.picture().text() }

// SVG implements Drawer.
func (e *pendulum) SVG() []byte { return e.picture().svg("Pendulum-v1") }

// Frame implements Framer.
func (e *pendulum) Frame() *image.Paletted { return e.picture().frame() }

// Text implements Drawer.
func (e *acrobot) Text() string { return e.picture().text() }

// SVG implements Drawer.
func (e *acrobot) SVG() []byte { return e.picture().svg("Acrobot-v1") }

// Frame implements Framer.
func (e *acrobot) Frame() *image.Paletted { return e.picture().frame() }

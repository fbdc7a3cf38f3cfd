package rl

import (
	"fmt"
	"image"
	"strings"

	"github.com/gopherwood-ml/ml/internal/svg"
)

// scene draws the states of a tabular environment, for a terminal and as a picture.
type scene interface {
	text(state int) string
	svg(title string, state int) []byte
	frame(state int) *image.Paletted
}

// Text draws the state for a terminal.
func (e *mdpEnv) Text() string {
	if e.scene == nil {
		return fmt.Sprintf("state %d of %d\n", e.state, e.states)
	}
	return e.scene.text(e.state)
}

// SVG draws the state as a picture.
func (e *mdpEnv) SVG() []byte {
	s := e.scene
	if s == nil {
		s = gauges(func(state int) []gauge { return []gauge{{"state", state, e.states - 1}} })
	}
	return s.svg(e.id, e.state)
}

// makeDrawn makes the environment of an MDP that was asked for, with its scene.
func makeDrawn(m *MDP, err error, s scene) (Env[int, int], error) {
	if err != nil {
		return nil, err
	}
	e, err := m.make("rl." + m.ID)
	if err != nil {
		return nil, err
	}
	e.scene = s
	return e, nil
}

const (
	tileSide = 48.0
	edge     = 12.0
	headline = 34.0
)

// canvas begins a picture of w by h with a title.
func canvas(title string, w, h float64) *svg.Canvas {
	c := svg.New(w+2*edge, h+headline+edge, title)
	c.Text(edge, 22, "start", 14, svg.Ink, title)
	return c
}

// tileLook is how a tile of a map looks: its colour, its letter and the letter's colour.
func tileLook(tile byte) (fill, mark, ink string) {
	switch tile {
	case 'G':
		return "#f2c14e", "G", svg.Ink
	case 'H':
		return "#59636e", "H", "#ffffff"
	case '#':
		return "#1f2328", "", svg.Ink
	case 'S':
		return "#ffffff", "S", svg.Ink
	}
	return "#ffffff", "", svg.Ink
}

// tiles is a map, with the agent on one of its tiles.
type tiles []string

func (t tiles) text(state int) string {
	var b strings.Builder
	for i, row := range t {
		for j := range len(row) {
			if i*len(row)+j == state {
				fmt.Fprintf(&b, "[%c]", row[j])
			} else {
				fmt.Fprintf(&b, " %c ", row[j])
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func (t tiles) svg(title string, state int) []byte {
	cols := len(t[0])
	c := canvas(title, tileSide*float64(cols), tileSide*float64(len(t)))
	for s := range cols * len(t) {
		x, y := edge+tileSide*float64(s%cols), headline+tileSide*float64(s/cols)
		fill, mark, ink := tileLook(t[s/cols][s%cols])
		c.Rect(x, y, tileSide, tileSide, svg.Grid, 1)
		c.Rect(x+1, y+1, tileSide-2, tileSide-2, fill, 1)
		c.Text(x+6, y+16, "start", 12, ink, mark)
		if s == state {
			c.Circle(x+tileSide/2, y+tileSide/2, tileSide/4, svg.Up, 1)
		}
	}
	return c.Bytes()
}

// gauge is one number of a state.
type gauge struct {
	name        string
	value, most int
}

// gauges shows the numbers of a state as bars.
type gauges func(state int) []gauge

func (g gauges) text(state int) string {
	var b strings.Builder
	for _, x := range g(state) {
		const width = 20
		full := 0
		if x.most > 0 {
			full = width * x.value / x.most
		}
		fmt.Fprintf(&b, "%-9s [%s%s] %d of %d\n", x.name, strings.Repeat("=", full), strings.Repeat(" ", width-full), x.value, x.most)
	}
	return b.String()
}

func (g gauges) svg(title string, state int) []byte {
	const width, high, names, numbers = 240.0, 26.0, 80.0, 90.0
	of := g(state)
	c := canvas(title, names+width+numbers, high*float64(len(of)))
	for i, x := range of {
		y := headline + high*float64(i)
		c.Text(edge, y+16, "start", 12, svg.Ink, x.name)
		c.Rect(edge+names, y+3, width, high-8, svg.Grid, 1)
		if x.most > 0 {
			c.Rect(edge+names, y+3, width*float64(x.value)/float64(x.most), high-8, svg.Down, 1)
		}
		c.Text(edge+names+width+8, y+16, "start", 12, svg.Ink, fmt.Sprintf("%d of %d", x.value, x.most))
	}
	return c.Bytes()
}

// taxiScene is the town of Taxi.
type taxiScene struct{}

var (
	taxiLetters = [4]string{"R", "G", "Y", "B"}
	taxiColours = [4]string{"#c8502d", "#3a8f5c", "#e6b800", "#2b6cb0"}
)

func (taxiScene) text(state int) string {
	row, col, passenger, destination := TaxiState(state)
	var b strings.Builder
	b.WriteString("+---------+\n")
	for s := range taxiSize * taxiSize {
		if s%taxiSize == 0 {
			b.WriteByte('|')
		}
		sign := " "
		for i, p := range taxiPlaces {
			if p == s {
				sign = taxiLetters[i]
			}
		}
		if s == row*taxiSize+col {
			sign = "T" // with the passenger in it, or on the way to him
		}
		b.WriteString(sign)
		if taxiWalls[s] {
			b.WriteByte('|')
		} else {
			b.WriteByte(':')
		}
		if s%taxiSize == taxiSize-1 {
			b.WriteByte('\n')
		}
	}
	b.WriteString("+---------+\n")
	from := "in the taxi"
	if passenger != inTaxi {
		from = "at " + taxiLetters[passenger]
	}
	fmt.Fprintf(&b, "the passenger is %s and goes to %s\n", from, taxiLetters[destination])
	return b.String()
}

func (taxiScene) svg(title string, state int) []byte {
	row, col, passenger, destination := TaxiState(state)
	const side = taxiSize * tileSide
	c := canvas(title, side, side)
	at := func(s int) (x, y float64) {
		return edge + tileSide*float64(s%taxiSize), headline + tileSide*float64(s/taxiSize)
	}
	for s := range taxiSize * taxiSize {
		x, y := at(s)
		c.Rect(x, y, tileSide, tileSide, svg.Grid, 1)
		c.Rect(x+1, y+1, tileSide-2, tileSide-2, "#ffffff", 1)
		for i, p := range taxiPlaces {
			if p == s {
				c.Rect(x+1, y+1, tileSide-2, tileSide-2, taxiColours[i], 0.35)
				c.Text(x+6, y+16, "start", 12, svg.Ink, taxiLetters[i])
			}
		}
	}
	for s, wall := range taxiWalls {
		if x, y := at(s); wall && s%taxiSize < taxiSize-1 {
			c.Line(x+tileSide, y, x+tileSide, y+tileSide, svg.Ink, 4, "")
		}
	}
	x, y := at(taxiPlaces[destination])
	c.Text(x+tileSide-6, y+tileSide-7, "end", 12, svg.Ink, "to")
	x, y = at(row*taxiSize + col)
	c.Rect(x+9, y+15, tileSide-18, tileSide-26, "#f2c14e", 1)
	c.Rect(x+16, y+9, tileSide-32, 8, "#f2c14e", 1)
	if passenger != inTaxi {
		x, y = at(taxiPlaces[passenger])
		x, y = x-12, y+12
	}
	c.Circle(x+tileSide/2, y+tileSide/2, 6, svg.Ink, 1)
	return c.Bytes()
}

// Text draws the hands for a terminal.
func (b *blackjack) Text() string {
	ace := ""
	if b.player.usable() {
		ace = ", with an ace as 11"
	}
	dealer := fmt.Sprintf("shows %s", cardName(b.open))
	if b.over && b.dealer.cards > 0 {
		dealer = fmt.Sprintf("has %d", b.dealer.sum())
	}
	return fmt.Sprintf("the dealer %s\nthe player has %d in %d cards%s\n", dealer, b.player.sum(), b.player.cards, ace)
}

func cardName(card int) string {
	if card == 1 {
		return "an ace"
	}
	return fmt.Sprint(card)
}

// SVG draws the hands as a picture.
func (b *blackjack) SVG() []byte {
	lines := strings.Split(strings.TrimSpace(b.Text()), "\n")
	c := canvas("Blackjack-v1", 300, 150)
	for i, text := range lines {
		y := headline + 75*float64(i)
		c.Text(edge, y+14, "start", 12, svg.Ink, text)
		n, open := 2, i == 1
		if i == 1 {
			n = min(b.player.cards, 8)
		}
		for k := range n {
			x := edge + 34*float64(k)
			c.Rect(x, y+22, 28, 42, svg.Ink, 1)
			fill := "#ffffff"
			if !open && k > 0 && !b.over {
				fill = svg.Down // face down
			}
			c.Rect(x+1, y+23, 26, 40, fill, 1)
		}
	}
	return c.Bytes()
}

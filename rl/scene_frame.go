package rl

import (
	"image"

	"github.com/gopherwood-ml/ml/internal/svg"
)

// The colours of frames.
const (
	dotPaper = iota
	dotLine
	dotInk
	dotAgent
	dotBar
	dotGoal
	dotPit
	dotGreen
	dotYellow
)

var dotPalette = paletteOf([]string{"#ffffff", svg.Grid, svg.Ink, svg.Up, svg.Down, "#f2c14e", "#59636e", "#3a8f5c", "#e6b800"})

// dots is an image in the making.
type dots struct{ *image.Paletted }

func newDots(w, h int) dots { return dots{image.NewPaletted(image.Rect(0, 0, w, h), dotPalette)} }

func (d dots) rect(x, y, w, h int, colour uint8) {
	for i := max(y, 0); i < min(y+h, d.Rect.Dy()); i++ {
		for j := max(x, 0); j < min(x+w, d.Rect.Dx()); j++ {
			d.SetColorIndex(j, i, colour)
		}
	}
}

func (d dots) disc(x, y, r int, colour uint8) {
	for i := -r; i <= r; i++ {
		for j := -r; j <= r; j++ {
			if i*i+j*j <= r*r {
				d.rect(x+j, y+i, 1, 1, colour)
			}
		}
	}
}

// digits are the figures in 3 by 5 dots, rows from above, 3 bits each.
var digits = [10]uint16{0b111_101_101_101_111, 0b010_110_010_010_111, 0b111_001_111_100_111, 0b111_001_111_001_111, 0b101_101_111_001_001, 0b111_100_111_001_111,
	0b111_100_111_101_111, 0b111_001_001_010_010, 0b111_101_111_101_111, 0b111_101_111_001_111}

// number writes a number >= 0 with dots of the given size.
func (d dots) number(x, y, size, n int, colour uint8) {
	width := 1
	for m := n; m > 9; m /= 10 {
		width++
	}
	for k := width - 1; k >= 0; k-- {
		for bit := range 15 {
			if digits[n%10]>>(14-bit)&1 == 1 {
				d.rect(x+(4*k+bit%3)*size, y+bit/3*size, size, size, colour)
			}
		}
		n /= 10
	}
}

// Frame draws the state as an image, for films.
func (e *mdpEnv) Frame() *image.Paletted {
	s := e.scene
	if s == nil {
		s = gauges(func(state int) []gauge { return []gauge{{"state", state, e.states - 1}} })
	}
	return s.frame(e.state)
}

const dotTile = 24

func (t tiles) frame(state int) *image.Paletted {
	cols := len(t[0])
	d := newDots(dotTile*cols+1, dotTile*len(t)+1)
	d.rect(0, 0, d.Rect.Dx(), d.Rect.Dy(), dotLine)
	for s := range cols * len(t) {
		x, y := s%cols*dotTile, s/cols*dotTile
		colour := map[byte]uint8{'G': dotGoal, 'H': dotPit, '#': dotInk}[t[s/cols][s%cols]]
		d.rect(x+1, y+1, dotTile-1, dotTile-1, colour)
		if s == state {
			d.disc(x+dotTile/2, y+dotTile/2, dotTile/4, dotAgent)
		}
	}
	return d.Paletted
}

func (g gauges) frame(state int) *image.Paletted {
	const width, high = 200, 20
	of := g(state)
	d := newDots(width+60, high*len(of)+8)
	for i, x := range of {
		y := 8 + high*i
		d.rect(8, y, width, high-8, dotLine)
		if x.most > 0 {
			d.rect(8, y, width*x.value/x.most, high-8, dotBar)
		}
		d.number(16+width, y+1, 2, x.value, dotInk)
	}
	return d.Paletted
}

func (taxiScene) frame(state int) *image.Paletted {
	row, col, passenger, destination := TaxiState(state)
	d := newDots(taxiSize*dotTile+1, taxiSize*dotTile+1)
	d.rect(0, 0, d.Rect.Dx(), d.Rect.Dy(), dotLine)
	at := func(s int) (x, y int) { return s % taxiSize * dotTile, s / taxiSize * dotTile }
	for s := range taxiSize * taxiSize {
		x, y := at(s)
		d.rect(x+1, y+1, dotTile-1, dotTile-1, dotPaper)
	}
	for i, s := range taxiPlaces {
		x, y := at(s)
		colour := [4]uint8{dotAgent, dotGreen, dotYellow, dotBar}[i]
		d.rect(x+1, y+1, dotTile-1, dotTile-1, colour)
		if i != destination { // the destination is filled, the others are frames
			d.rect(x+4, y+4, dotTile-7, dotTile-7, dotPaper)
		}
	}
	for s, wall := range taxiWalls {
		if x, y := at(s); wall && s%taxiSize < taxiSize-1 {
			d.rect(x+dotTile-1, y, 3, dotTile, dotInk)
		}
	}
	x, y := at(row*taxiSize + col)
	d.rect(x+5, y+9, dotTile-9, 9, dotGoal)
	d.rect(x+9, y+5, dotTile-17, 4, dotGoal)
	if passenger != inTaxi {
		x, y = at(taxiPlaces[passenger])
	}
	d.disc(x+dotTile/2, y+dotTile/2+1, 3, dotInk)
	return d.Paletted
}

// Frame draws the hands as an image, for films: the dealer's above, of which one card lies open until the end, and the sum of the player's below.
func (b *blackjack) Frame() *image.Paletted {
	d := newDots(300, 120)
	dealer, cards := b.open, 1
	if b.over {
		dealer, cards = b.dealer.sum(), b.dealer.cards
	}
	for i, of := range [2][2]int{{dealer, cards}, {b.player.sum(), b.player.cards}} {
		y := 8 + 58*i
		d.number(8, y+12, 4, of[0], dotInk)
		for k := range max(of[1], 2) {
			d.rect(56+30*k, y, 26, 46, dotInk)
			colour := uint8(dotPaper)
			if k >= of[1] {
				colour = dotBar // face down
			}
			d.rect(57+30*k, y+1, 24, 44, colour)
		}
	}
	return d.Paletted
}

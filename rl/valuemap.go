package rl

import (
	"fmt"
	"math"
	"strings"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/svg"
)

// ValueMap draws what a model thinks of the squares of a grid, such as FrozenLake, GridWorld and CliffWalking: the value of each as a number and a shade, and the best
// action as an arrow.
type ValueMap struct {
	Title  string
	Map    []string // rows of tiles: S is a start, G a goal, H a pit, # a wall, anything else free; nil: FrozenLake's of 4 by 4
	Arrows string   // where each action leads, a letter of l, d, r and u each. "": "ldru", as in FrozenLake and GridWorld; that of CliffWalking is "urdl"
}

func (p ValueMap) check(where string, m *TableModel) (ValueMap, error) {
	if p.Map == nil {
		p.Map = lake4x4
	}
	if p.Arrows == "" {
		p.Arrows = "ldru"
	}
	cols := len(p.Map)
	if cols > 0 {
		cols = len(p.Map[0])
	}
	for i, row := range p.Map {
		if len(row) != cols {
			return p, ml.BadConfig(where, "Map", fmt.Sprintf("row %d of %d tiles", i, len(row)), fmt.Sprintf("%d, as in row 0", cols))
		}
	}
	switch {
	case m == nil:
		return p, ml.BadConfig(where, "model", "nil", "a model")
	case cols*len(p.Map) != m.States:
		return p, ml.BadShape(where, "Map", fmt.Sprintf("%d tiles", cols*len(p.Map)), fmt.Sprintf("%d, one for each state", m.States))
	case strings.Trim(p.Arrows, "ldru") != "" || m.Best != nil && len(p.Arrows) != m.Actions:
		return p, ml.BadConfig(where, "Arrows", p.Arrows, fmt.Sprintf("%d letters of l, d, r, u, one for each action", m.Actions))
	}
	return p, nil
}

// shown tells whether a square has a value to show: it is no end, no wall, and its value is finite.
func (p ValueMap) shown(m *TableModel, s int) bool {
	cols := len(p.Map[0])
	return !strings.ContainsRune("GH#", rune(p.Map[s/cols][s%cols])) && math.Abs(m.V[s]) <= math.MaxFloat64
}

// SVG draws the map as a picture.
func (p ValueMap) SVG(m *TableModel) ([]byte, error) {
	p, err := p.check("rl.ValueMap.SVG", m)
	if err != nil {
		return nil, err
	}
	const side = 72.0
	rows, cols := len(p.Map), len(p.Map[0])
	low, high := math.Inf(1), math.Inf(-1)
	for s, v := range m.V {
		if p.shown(m, s) {
			low, high = min(low, v), max(high, v)
		}
	}
	c := canvas(p.Title, side*float64(cols), side*float64(rows))
	for s := range m.States {
		x, y := edge+side*float64(s%cols), headline+side*float64(s/cols)
		tile := p.Map[s/cols][s%cols]
		fill, mark, ink := tileLook(tile)
		share := 0.0
		if p.shown(m, s) {
			if high > low {
				share = (m.V[s] - low) / (high - low)
			}
			fill = svg.Blend("#ffffff", "#2b6cb0", 0.05+float64(0.8*share))
		}
		c.Rect(x, y, side, side, svg.Grid, 1)
		c.Rect(x+1, y+1, side-2, side-2, fill, 1)
		if share > 0.65 {
			ink = "#ffffff"
		}
		if mark == "G" || mark == "H" {
			c.Text(x+side/2, y+side/2+7, "middle", 20, ink, mark)
			continue
		}
		c.Text(x+6, y+16, "start", 12, ink, mark)
		if !p.shown(m, s) {
			continue
		}
		c.Text(x+side/2, y+side-9, "middle", 13, ink, svg.Number(m.V[s], 3))
		if m.Best != nil {
			arrow(c, x+side/2, y+side/2-8, 15, p.Arrows[m.Best[s]], ink)
		}
	}
	return c.Bytes(), nil
}

// arrow draws an arrow around a place.
func arrow(c *svg.Canvas, x, y, size float64, way byte, ink string) {
	dx, dy := 0.0, 0.0
	switch way {
	case 'l':
		dx = -1
	case 'r':
		dx = 1
	case 'u':
		dy = -1
	case 'd':
		dy = 1
	}
	at := func(along, across float64) [2]float64 {
		return [2]float64{x + float64(size*(float64(along*dx)-float64(across*dy))), y + float64(size*(float64(along*dy)+float64(across*dx)))}
	}
	c.Polygon([][2]float64{at(-1, -0.14), at(0.1, -0.14), at(0.1, -0.5), at(1, 0), at(0.1, 0.5), at(0.1, 0.14), at(-1, 0.14)}, ink, 1)
}

// Text draws the map in letters, a row of squares a line: the arrow and the value of each.
func (p ValueMap) Text(m *TableModel) (string, error) {
	p, err := p.check("rl.ValueMap.Text", m)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if p.Title != "" {
		b.WriteString(p.Title + "\n")
	}
	signs := map[byte]string{'l': "←", 'd': "↓", 'r': "→", 'u': "↑"}
	cols := len(p.Map[0])
	width := 1
	for s, v := range m.V {
		if p.shown(m, s) {
			width = max(width, len(fmt.Sprintf("%.3g", v)))
		}
	}
	for s := range m.States {
		sign, value := " ", string(p.Map[s/cols][s%cols])
		if p.shown(m, s) {
			value = fmt.Sprintf("%.3g", m.V[s])
			if m.Best != nil {
				sign = signs[p.Arrows[m.Best[s]]]
			}
		}
		end := "  "
		if s%cols == cols-1 {
			end = "\n"
		}
		fmt.Fprintf(&b, "%s %*s%s", sign, width, value, end)
	}
	return b.String(), nil
}

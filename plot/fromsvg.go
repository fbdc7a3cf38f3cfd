package plot

import (
	"bytes"
	"encoding/xml"
	"io"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot/vg"

	"github.com/gopherwood-ml/ml"
)

// FromSVG makes a picture of what a Write method of this module draws: FromSVG(func(w io.Writer) error { return why.WriteWaterfall(w, 0, 0, 0) }). It knows the part of SVG that this
// module writes (rect, line, circle, polyline, polygon, text, title, and paths of one curve, in absolute pixels) and refuses anything else with ErrFormat.
func FromSVG(write func(w io.Writer) error) (*Picture, error) {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return nil, err
	}
	p := &Picture{svg: b.Bytes()}
	if err := p.read(xml.NewDecoder(bytes.NewReader(p.svg))); err != nil {
		return nil, err
	}
	return p, nil
}

func badSVG(found, want string) error {
	return &ml.Error{Where: "plot.FromSVG", Field: "the picture", Found: found, Want: want, Kind: ml.ErrFormat}
}

// shape draws one element; height is that of the picture, for SVG counts from above and vg from below.
type shape func(c vg.Canvas)

// read makes p draw what the elements say.
func (p *Picture) read(d *xml.Decoder) error {
	var shapes []shape
	fontSize := 12.0
	var origin [2]float64
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return badSVG(err.Error(), "well-formed XML")
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		e := &element{fontSize: fontSize, height: p.height, width: p.width, origin: origin, at: map[string]string{}}
		for _, a := range start.Attr {
			e.at[a.Name.Local] = a.Value
		}
		name := start.Name.Local
		if (name == "svg") != (p.height == 0) {
			return badSVG(name, "one svg element around all others")
		}
		switch name {
		case "svg":
			box := strings.Fields(e.at["viewBox"])
			if len(box) != 4 {
				return badSVG("viewBox "+e.at["viewBox"], "four numbers")
			}
			e.at["left"], e.at["top"], e.at["w"], e.at["h"] = box[0], box[1], box[2], box[3]
			origin = [2]float64{e.number("left"), e.number("top")}
			p.width, p.height = e.number("w"), e.number("h")
			if !(p.width >= 1 && p.height >= 1 && p.width <= maxSide && p.height <= maxSide) {
				return badSVG("viewBox "+e.at["viewBox"], "sides from 1 to 16384 pixels")
			}
			if e.at["font-size"] != "" {
				fontSize = e.number("font-size")
			}
		case "title":
			if err := d.Skip(); err != nil {
				return badSVG(err.Error(), "well-formed XML")
			}
		case "text":
			var text string
			if err := d.DecodeElement(&text, &start); err != nil {
				return badSVG(err.Error(), "a text without elements")
			}
			shapes = append(shapes, e.text(text))
		case "rect":
			x, y, w, h := e.number("x"), e.number("y"), e.number("width"), e.number("height")
			if r := min(e.number("rx"), w/2, h/2); r > 0 {
				shapes = append(shapes, e.rounded(x, y, w, h, r))
			} else {
				shapes = append(shapes, e.outlined([][2]float64{{x, y}, {x + w, y}, {x + w, y + h}, {x, y + h}}, true))
			}
		case "line":
			shapes = append(shapes, e.outlined([][2]float64{{e.number("x1"), e.number("y1")}, {e.number("x2"), e.number("y2")}}, false))
		case "polyline":
			shapes = append(shapes, e.outlined(e.points(), false))
		case "polygon":
			shapes = append(shapes, e.outlined(e.points(), true))
		case "circle":
			shapes = append(shapes, e.circle())
		case "path":
			shapes = append(shapes, e.bow())
		default:
			return badSVG(name, "rect, line, circle, polyline, polygon, path, text or title")
		}
		if e.err != nil {
			return e.err
		}
	}
	if p.height == 0 {
		return badSVG("nothing", "an svg element")
	}
	p.draw = func(c vg.CanvasSizer) {
		for _, s := range shapes {
			s(c)
		}
	}
	return nil
}

// element is the attributes of one; err is the first that was not understood.
type element struct {
	at            map[string]string
	width, height float64
	origin        [2]float64 // what lies in the upper left corner
	fontSize      float64
	err           error
}

func (e *element) fail(err error) {
	if e.err == nil {
		e.err = err
	}
}

// number reads an attribute, 0 if it is not there; a share such as 100% is one of the picture.
func (e *element) number(name string) float64 {
	s, ok := e.at[name]
	if !ok {
		return 0
	}
	by := 1.0
	if whole, share := strings.CutSuffix(s, "%"); share {
		s, by = whole, e.width/100
		if name == "height" || name == "y" {
			by = e.height / 100
		}
	}
	v, err := strconv.ParseFloat(strings.TrimSuffix(s, "px"), 64)
	if err != nil || !(math.Abs(v) <= 1e6) {
		e.fail(badSVG(name+"="+s, "a number of pixels"))
		return 0
	}
	return v * by
}

func (e *element) numberOr(name string, byDefault float64) float64 {
	if _, ok := e.at[name]; !ok {
		return byDefault
	}
	return e.number(name)
}

func (e *element) place(x, y float64) vg.Point {
	return vg.Point{X: vg.Length(x - e.origin[0]), Y: vg.Length(e.height - (y - e.origin[1]))}
}

func (e *element) points() [][2]float64 {
	numbers := strings.FieldsFunc(e.at["points"], func(r rune) bool { return r == ',' || r == ' ' })
	var out [][2]float64
	for i := 0; i+1 < len(numbers); i += 2 {
		e.at["px"], e.at["py"] = numbers[i], numbers[i+1]
		out = append(out, [2]float64{e.number("px"), e.number("py")})
	}
	return out
}

// outlined fills and strokes a way through points.
func (e *element) outlined(xy [][2]float64, closed bool) shape {
	var path vg.Path
	for i, at := range xy {
		if p := e.place(at[0], at[1]); i == 0 {
			path.Move(p)
		} else {
			path.Line(p)
		}
	}
	if closed && len(xy) > 0 {
		path.Close()
	}
	fill := e.at["fill"]
	if fill == "" && closed {
		fill = "black"
	}
	return e.painted(path, fill)
}

func (e *element) painted(path vg.Path, fill string) shape {
	var shapes []shape
	if fill != "none" && fill != "" {
		colour, err := colourOf(fill, e.numberOr("fill-opacity", 1)*e.numberOr("opacity", 1))
		if err != nil {
			e.fail(err)
		}
		shapes = append(shapes, func(c vg.Canvas) {
			c.SetColor(colour)
			c.Fill(path)
		})
	}
	if stroke := e.at["stroke"]; stroke != "none" && stroke != "" {
		colour, err := colourOf(stroke, e.numberOr("stroke-opacity", 1)*e.numberOr("opacity", 1))
		if err != nil {
			e.fail(err)
		}
		width := vg.Length(e.numberOr("stroke-width", 1))
		var dashes []vg.Length
		for _, s := range strings.FieldsFunc(e.at["stroke-dasharray"], func(r rune) bool { return r == ',' || r == ' ' }) {
			e.at["dash"] = s
			dashes = append(dashes, vg.Length(e.number("dash")))
		}
		shapes = append(shapes, func(c vg.Canvas) {
			c.SetColor(colour)
			c.SetLineWidth(width)
			c.SetLineDash(dashes, 0)
			c.Stroke(path)
		})
	}
	return func(c vg.Canvas) {
		if len(path) > 1 {
			for _, s := range shapes {
				s(c)
			}
		}
	}
}

func (e *element) circle() shape {
	var path vg.Path
	at, r := e.place(e.number("cx"), e.number("cy")), vg.Length(e.number("r"))
	path.Move(vg.Point{X: at.X + r, Y: at.Y})
	path.Arc(at, r, 0, 2*math.Pi)
	path.Close()
	fill := e.at["fill"]
	if fill == "" {
		fill = "black"
	}
	return e.painted(path, fill)
}

// rounded is a rectangle with corners of a radius.
func (e *element) rounded(x, y, w, h, r float64) shape {
	var path vg.Path
	path.Move(e.place(x+r, y))
	for i, corner := range [4][2]float64{{x + w - r, y + r}, {x + w - r, y + h - r}, {x + r, y + h - r}, {x + r, y + r}} {
		path.Arc(e.place(corner[0], corner[1]), vg.Length(r), math.Pi/2*float64(1-i), -math.Pi/2)
	}
	path.Close()
	return e.painted(path, e.at["fill"])
}

// bow is a path of one curve, "Mx yCx y x y x y".
func (e *element) bow() shape {
	from, rest, ok := strings.Cut(strings.TrimPrefix(e.at["d"], "M"), "C")
	numbers := strings.Fields(strings.ReplaceAll(from+" "+rest, ",", " "))
	if !ok || len(numbers) != 8 {
		e.fail(badSVG("path "+e.at["d"], "M and C with one and three points"))
		return nil
	}
	var at [4]vg.Point
	for i := range at {
		e.at["px"], e.at["py"] = numbers[2*i], numbers[2*i+1]
		at[i] = e.place(e.number("px"), e.number("py"))
	}
	var path vg.Path
	path.Move(at[0])
	path.CubeTo(at[1], at[2], at[3])
	return e.painted(path, e.at["fill"])
}

func (e *element) text(s string) shape {
	size := e.fontSize
	if e.at["font-size"] != "" {
		size = e.number("font-size")
	}
	fill := e.at["fill"]
	if fill == "" {
		fill = "black"
	}
	colour, err := colourOf(fill, e.numberOr("fill-opacity", 1))
	if err != nil {
		e.fail(err)
	}
	if !(size > 0 && size <= 1000) {
		e.fail(badSVG("font-size "+e.at["font-size"], "up to 1000 pixels"))
		size = 12
	}
	at, turned := e.place(e.number("x"), e.number("y")), false
	if how := e.at["transform"]; how != "" {
		// the one way in which this module turns texts: upright, around their place
		inner, ok := strings.CutPrefix(how, "translate(")
		place, ok2 := strings.CutSuffix(inner, ") rotate(-90)")
		xy := strings.Fields(strings.ReplaceAll(place, ",", " "))
		if !ok || !ok2 || len(xy) != 2 {
			if xy = e.turnedInPlace(how); xy == nil {
				e.fail(badSVG("transform "+how, "translate(x y) rotate(-90)"))
				return nil
			}
		}
		e.at["px"], e.at["py"] = xy[0], xy[1]
		at, turned = e.place(e.number("px"), e.number("py")), true
	}
	letters := face(size, e.at["font-weight"] == "bold" || e.numberOr("font-weight", 400) >= 600)
	shift := vg.Length(0)
	switch e.at["text-anchor"] {
	case "middle":
		shift = -letters.Width(s) / 2
	case "end":
		shift = -letters.Width(s)
	}
	return func(c vg.Canvas) {
		c.SetColor(colour)
		if !turned {
			c.FillString(letters, vg.Point{X: at.X + shift, Y: at.Y}, s)
			return
		}
		c.Push()
		c.Translate(at)
		c.Rotate(math.Pi / 2)
		c.FillString(letters, vg.Point{X: shift}, s)
		c.Pop()
	}
}

// turnedInPlace reads "rotate(-90 x y)".
func (e *element) turnedInPlace(how string) []string {
	inner, ok := strings.CutPrefix(how, "rotate(-90 ")
	place, ok2 := strings.CutSuffix(inner, ")")
	if xy := strings.Fields(strings.ReplaceAll(place, ",", " ")); ok && ok2 && len(xy) == 2 {
		return xy
	}
	return nil
}

package plot

import (
	"fmt"
	"image/color"
	"io"
	"math"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/gopherwood-ml/ml"
)

// Picture is what was drawn, and can be written any number of times.
type Picture struct {
	width, height float64 // pixels
	draw          func(c vg.CanvasSizer)
	svg           []byte // of pictures that are SVG already
}

// Size is the width and height in pixels at scale 1.
func (p *Picture) Size() (width, height float64) { return p.width, p.height }

// maxSide bounds the memory of a PNG.
const maxSide = 1 << 14

// WritePNG writes p with scale pixels for each of its own; 0: 1. ErrConfig if a side would be longer than 16384 pixels.
func (p *Picture) WritePNG(w io.Writer, scale float64) error {
	if scale == 0 {
		scale = 1
	}
	if longest := max(p.width, p.height) * scale; !(scale > 0 && longest >= 1 && longest <= maxSide) {
		return ml.BadConfig("plot.Picture.WritePNG", "scale", scale, fmt.Sprintf("0 for 1, or what makes no side of %.0f x %.0f longer than %d pixels", p.width, p.height, maxSide))
	}
	c := vgimg.NewWith(vgimg.UseWH(vg.Length(p.width), vg.Length(p.height)), vgimg.UseDPI(max(1, int(math.Round(vg.Inch.Points()*scale)))), vgimg.UseBackgroundColor(color.White))
	p.draw(c)
	_, err := vgimg.PngCanvas{Canvas: c}.WriteTo(w)
	return err
}

// WriteSVG writes p.
func (p *Picture) WriteSVG(w io.Writer) error {
	if p.svg != nil {
		_, err := w.Write(p.svg)
		return err
	}
	c := vgsvg.New(vg.Length(p.width), vg.Length(p.height))
	p.draw(c)
	_, err := c.WriteTo(w)
	return err
}

// faces are those of Liberation Sans, whose letters are as wide as Helvetica's and Arial's.
var faces = font.NewCache(liberation.Collection())

func face(size float64, bold bool) font.Face {
	f := font.Font{Typeface: "Liberation", Variant: "Sans"}
	if bold {
		f.Weight = xfont.WeightBold
	}
	return faces.Lookup(f, vg.Length(size))
}

// colourOf reads "#rrggbb".
func colourOf(s string, alpha float64) (color.NRGBA, error) {
	var r, g, b uint8
	if n, err := fmt.Sscanf(s, "#%02x%02x%02x", &r, &g, &b); n != 3 || err != nil || len(s) != 7 {
		switch s {
		case "white":
			r, g, b = 255, 255, 255
		case "black":
		default:
			return color.NRGBA{}, badSVG("colour "+s, "#rrggbb, black or white")
		}
	}
	return color.NRGBA{r, g, b, uint8(math.Round(255 * min(max(alpha, 0), 1)))}, nil
}

func mustColour(s string, alpha float64) color.NRGBA {
	c, err := colourOf(s, alpha)
	if err != nil {
		panic(err) // of this package's own constants
	}
	return c
}

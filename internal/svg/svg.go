// Package svg writes pictures as SVG text: the same bytes for the same calls on every machine. It knows shapes, texts and their widths, scales and their ticks; what a picture
// shows is up to its caller.
package svg

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
)

// Colours that those who do not see red and green alike can tell apart, and that stay apart in print.
const (
	Ink    = "#1f2328" // texts
	Faint  = "#59636e" // texts of less weight, axes
	Grid   = "#e4e7eb"
	Up     = "#c8502d" // more
	Down   = "#2b6cb0" // less
	Grey   = "#9aa3ad" // neither, or missing
	Second = "#e69f00"
)

// Canvas is a picture in the making. Places are pixels from its upper left corner.
type Canvas struct {
	b bytes.Buffer
}

// New begins a picture on white ground.
func New(width, height float64, title string) *Canvas {
	c := &Canvas{}
	fmt.Fprintf(&c.b, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" font-family="Helvetica, Arial, sans-serif" font-size="12" role="img">`+"\n", width, height, width, height)
	fmt.Fprintf(&c.b, "<title>%s</title>\n", Escape(title))
	c.Rect(0, 0, width, height, "#ffffff", 1)
	return c
}

// Bytes ends the picture.
func (c *Canvas) Bytes() []byte {
	c.b.WriteString("</svg>\n")
	return c.b.Bytes()
}

// place is a number with one decimal, and without a sign if it is 0.
func place(v float64) string {
	v = math.Round(v*10) / 10
	return strconv.FormatFloat(v+0, 'f', -1, 64)
}

func opacity(v float64) string {
	if v == 1 {
		return ""
	}
	return fmt.Sprintf(` fill-opacity="%.2g"`, v)
}

// Rect draws a filled rectangle.
func (c *Canvas) Rect(x, y, width, height float64, fill string, alpha float64) {
	fmt.Fprintf(&c.b, `<rect x="%s" y="%s" width="%s" height="%s" fill="%s"%s/>`+"\n", place(x), place(y), place(width), place(height), fill, opacity(alpha))
}

// Line draws a line; dash is "" or a pattern such as "4 3".
func (c *Canvas) Line(x1, y1, x2, y2 float64, stroke string, width float64, dash string) {
	if dash != "" {
		dash = ` stroke-dasharray="` + dash + `"`
	}
	fmt.Fprintf(&c.b, `<line x1="%s" y1="%s" x2="%s" y2="%s" stroke="%s" stroke-width="%.2g"%s/>`+"\n", place(x1), place(y1), place(x2), place(y2), stroke, width, dash)
}

// Circle draws a dot.
func (c *Canvas) Circle(x, y, r float64, fill string, alpha float64) {
	fmt.Fprintf(&c.b, `<circle cx="%s" cy="%s" r="%.2g" fill="%s"%s/>`+"\n", place(x), place(y), r, fill, opacity(alpha))
}

func points(xy [][2]float64) string {
	words := make([]string, len(xy))
	for i, p := range xy {
		words[i] = place(p[0]) + "," + place(p[1])
	}
	return strings.Join(words, " ")
}

// Polyline draws a line through points.
func (c *Canvas) Polyline(xy [][2]float64, stroke string, width, alpha float64) {
	more := ""
	if alpha != 1 {
		more = fmt.Sprintf(` stroke-opacity="%.2g"`, alpha)
	}
	fmt.Fprintf(&c.b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="%.2g" stroke-linejoin="round"%s/>`+"\n", points(xy), stroke, width, more)
}

// Polygon fills what lies between points.
func (c *Canvas) Polygon(xy [][2]float64, fill string, alpha float64) {
	fmt.Fprintf(&c.b, `<polygon points="%s" fill="%s"%s/>`+"\n", points(xy), fill, opacity(alpha))
}

// Text writes a line whose anchor (start, middle or end) is at x and whose base line is at y.
func (c *Canvas) Text(x, y float64, anchor string, size float64, fill, text string) {
	fmt.Fprintf(&c.b, `<text x="%s" y="%s" text-anchor="%s" font-size="%.3g" fill="%s">%s</text>`+"\n", place(x), place(y), anchor, size, fill, Escape(text))
}

// Upright writes a line from below to above, with its middle at (x, y).
func (c *Canvas) Upright(x, y, size float64, fill, text string) {
	fmt.Fprintf(&c.b, `<text transform="translate(%s %s) rotate(-90)" text-anchor="middle" font-size="%.3g" fill="%s">%s</text>`+"\n", place(x), place(y), size, fill, Escape(text))
}

// Width estimates the width of a text in Helvetica or what is like it, in units of the font size.
func Width(s string) float64 {
	w := 0.0
	for _, r := range s {
		switch {
		case strings.ContainsRune("ijlt.,:;'|!()[]{} /f", r):
			w += 0.32
		case strings.ContainsRune("mwMW%@", r):
			w += 0.87
		case r >= 0x2e80:
			w++
		case unicode.IsUpper(r), strings.ContainsRune("<>=+&", r):
			w += 0.68
		default:
			w += 0.56
		}
	}
	return w
}

// Cut shortens a text to a width in pixels, with an ellipsis where something is missing.
func Cut(s string, size, width float64) string {
	if Width(s)*size <= width {
		return s
	}
	letters := []rune(s)
	for n := len(letters) - 1; n > 0; n-- {
		if short := strings.TrimRight(string(letters[:n]), " ") + "…"; Width(short)*size <= width {
			return short
		}
	}
	return "…"
}

// Escape makes a text fit between tags: no marks, and no control characters, which XML has no place for.
func Escape(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == unicode.ReplacementChar || r == 0xfffe || r == 0xffff {
			return ' '
		}
		return r
	}, s)
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// Scale maps Lo..Hi to From..To; a single value lies in the middle.
type Scale struct{ Lo, Hi, From, To float64 }

// At is the place of a value.
func (s Scale) At(v float64) float64 {
	if s.Hi == s.Lo {
		return (s.From + s.To) / 2
	}
	return s.From + float64((v-s.Lo)/(s.Hi-s.Lo)*(s.To-s.From))
}

// Ticks are about n round numbers from lo to hi, and their labels.
func Ticks(lo, hi float64, n int) (at []float64, labels []string) {
	if !(hi > lo) || n < 1 || hi-lo > math.MaxFloat64 {
		return []float64{lo}, []string{Number(lo, 4)}
	}
	step := math.Pow(10, math.Floor(math.Log10((hi-lo)/float64(n))))
	for _, m := range []float64{1, 2, 5, 10} {
		if (hi-lo)/(m*step) <= float64(n) {
			step *= m
			break
		}
	}
	decimals := max(0, int(math.Ceil(-math.Log10(step)-1e-9)))
	for k := math.Ceil(lo/step - 1e-9); float64(k*step) <= hi+float64(1e-9*step); k++ {
		v := float64(k * step)
		at = append(at, v)
		label := strconv.FormatFloat(v+0, 'f', min(decimals, 12), 64)
		if decimals > 6 || math.Abs(v) >= 1e7 {
			label = strconv.FormatFloat(v+0, 'g', 4, 64)
		}
		labels = append(labels, strings.Replace(label, "-", "−", 1))
	}
	return at, labels
}

// Number is a number with so many digits.
func Number(v float64, digits int) string {
	return strings.Replace(strconv.FormatFloat(v+0, 'g', digits, 64), "-", "−", 1)
}

// Blend is the colour between those of two hexadecimal triples.
func Blend(from, to string, share float64) string {
	share = min(max(share, 0), 1)
	var out [3]int
	for k := range out {
		a, _ := strconv.ParseInt(from[1+2*k:3+2*k], 16, 32)
		b, _ := strconv.ParseInt(to[1+2*k:3+2*k], 16, 32)
		out[k] = int(math.Round(float64(a) + float64(share*float64(b-a))))
	}
	return fmt.Sprintf("#%02x%02x%02x", out[0], out[1], out[2])
}

// Ramp is the colour of a share from 0 (little, blue) over violet to 1 (much, orange-red).
func Ramp(share float64) string {
	if math.IsNaN(share) {
		return Grey
	}
	if share < 0.5 {
		return Blend("#1d6fd1", "#8d4fb0", 2*share)
	}
	return Blend("#8d4fb0", "#e8492f", 2*share-1)
}

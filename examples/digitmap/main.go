// Digitmap lays 1797 handwritten digits out in a plane, by t-SNE and by UMAP, says how well each keeps neighbourhoods, and writes a picture of both. UMAP learns from two thirds of the digits and places the
// others, which it has not seen; they are drawn as rings.
//
//	go run ./examples/digitmap [FOLDER]
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"math"
	"os"
	"path/filepath"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/decomp"
	"github.com/gopherwood-ml/ml/internal/svg"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/neighbors"
	"github.com/gopherwood-ml/ml/selection"
	"github.com/gopherwood-ml/ml/tensor"
)

func main() {
	folder := "."
	if len(os.Args) > 1 {
		folder = os.Args[1]
	}
	if err := run(context.Background(), os.Stdout, folder, datasets.Digits()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, w io.Writer, folder string, digits ml.Dataset[int]) error {
	tsne, err := decomp.TSNE{}.Fit(ctx, digits.Table)
	if err != nil {
		return err
	}
	train, test := selection.Split(digits, 1.0/3, 1)
	umap, err := decomp.UMAP{}.Fit(ctx, train.Table)
	if err != nil {
		return err
	}
	placed, err := umap.Transform(test.X)
	if err != nil {
		return err
	}
	fmt.Fprintln(w, "        trustworthiness  continuity  neighbours kept")
	for _, m := range []struct {
		name string
		x, z tensor.Matrix
	}{{"t-SNE", digits.X, tsne.Embedding}, {"UMAP", train.X, umap.Embedding}, {"placed", test.X, placed}} {
		trust, err := decomp.Trustworthiness(m.x, m.z, 12, nil)
		if err != nil {
			return err
		}
		whole, err := decomp.Continuity(m.x, m.z, 12, nil)
		if err != nil {
			return err
		}
		kept, err := decomp.NeighborsKept(m.x, m.z, 12, nil)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%-6s  %15.3f  %10.3f  %15.3f\n", m.name, trust, whole, kept)
	}
	// What a digit is can be read off the map: by its nearest five of known class.
	nearest, err := neighbors.KNeighborsClassifier{Neighbors: 5}.Fit(ctx, ml.Data(umap.Embedding, train.Y))
	if err != nil {
		return err
	}
	read, err := nearest.Predict(placed)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\n%.1f %% of the digits that UMAP had not seen are read off its map as what they are\n", 100*metrics.Accuracy(test.Y, read))
	for name, draw := range map[string]func(c *svg.Canvas){
		"tsne.svg": func(c *svg.Canvas) { points(c, tsne.Embedding, digits.Y, tsne.Embedding, false) },
		"umap.svg": func(c *svg.Canvas) {
			points(c, umap.Embedding, train.Y, umap.Embedding, false)
			points(c, placed, test.Y, umap.Embedding, true)
		},
	} {
		c := svg.New(size, size, "Handwritten digits")
		draw(c)
		if err := os.WriteFile(filepath.Join(folder, name), c.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}

const size, margin = 720.0, 24.0

// colours of the digits, in which light and dark ones take turns.
var colours = []string{"#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#777777", "#dd7711", "#332288", "#99bb55"}

// points draws one circle for each row, in the frame of a map, and the digit at the middle of its circles.
func points(c *svg.Canvas, z tensor.Matrix, y []int, frame tensor.Matrix, rings bool) {
	n, _ := frame.Dims()
	var axis [2]svg.Scale
	for k := range axis {
		lo, hi := math.Inf(1), math.Inf(-1)
		for i := range n {
			lo, hi = min(lo, frame.At(i, k)), max(hi, frame.At(i, k))
		}
		axis[k] = svg.Scale{Lo: lo, Hi: hi, From: margin, To: size - margin}
	}
	var sum [10][3]float64
	for i, digit := range y {
		at := [2]float64{axis[0].At(z.At(i, 0)), axis[1].At(z.At(i, 1))}
		if rings {
			c.Circle(at[0], at[1], 4, svg.Ink, 0.8)
			c.Circle(at[0], at[1], 2.8, colours[digit], 1)
			continue
		}
		c.Circle(at[0], at[1], 3, colours[digit], 0.7)
		sum[digit][0], sum[digit][1], sum[digit][2] = sum[digit][0]+at[0], sum[digit][1]+at[1], sum[digit][2]+1
	}
	for digit, s := range sum {
		if s[2] > 0 {
			c.Text(s[0]/s[2], s[1]/s[2]+8, "middle", 24, svg.Ink, fmt.Sprint(digit))
		}
	}
}

// Segments divides travellers into groups that a railway might speak to in different ways: 210 people who went between Sydney, Canberra and Melbourne, by what they earn, how many
// travel together and how far they go. How many segments there are is chosen by what several fits say; what each segment is like, and how its members travelled, which no fit
// has seen, is printed, and a picture of both is written.
//
//	go run ./examples/segments [FOLDER]
//
// The data are table F18-2 of Greene, "Econometric Analysis" (Greene and Hensher 1997), in the public domain.
package main

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"log"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/cluster"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/internal/svg"
	"github.com/gopherwood-ml/ml/tensor"
)

//go:embed travellers.csv
var travellers string

func main() {
	folder := "."
	if len(os.Args) > 1 {
		folder = os.Args[1]
	}
	if err := run(context.Background(), os.Stdout, folder); err != nil {
		log.Fatal(err)
	}
}

// segment is what the members of a cluster have in common.
type segment struct {
	people               int
	income, party, hours float64        // means
	chosen               map[string]int // how they travelled
}

var modes = []string{"air", "train", "bus", "car"}

func run(ctx context.Context, w io.Writer, folder string) error {
	all, err := ml.ReadCSV(strings.NewReader(travellers), ml.CSV{})
	if err != nil {
		return err
	}
	known, err := ml.KeepColumns(all, "income", "party", "car minutes")
	if err != nil {
		return err
	}
	// Shares matter, not differences: twice the way is twice the way, whether long or short.
	n := known.Rows()
	shape := tensor.New[float64](n, 3)
	for i := range n {
		row := shape.Row(i)
		row[0], row[1], row[2] = math.Sqrt(known.X.At(i, 0)), math.Log(known.X.At(i, 1)), math.Log(known.X.At(i, 2))
	}
	scaler, err := features.StandardScaler{}.Fit(ctx, ml.Table{X: shape})
	if err != nil {
		return err
	}
	x, err := scaler.Transform(shape)
	if err != nil {
		return err
	}
	scores, models, err := cluster.ChooseK(ctx, ml.Table{X: x}, []int{2, 3, 4, 5, 6}, func(k int) ml.Fitter[ml.Table, *cluster.KMeansModel] {
		return cluster.KMeans{K: k, Restarts: 20}
	}, cluster.KOptions{Resamples: 20})
	if err != nil {
		return err
	}
	fmt.Fprintln(w, "segments  silhouette  gap          BIC   strength  stability")
	for _, s := range scores {
		fmt.Fprintf(w, "%8d  %10.3f  %.3f±%.3f  %4.0f  %8.2f  %9.2f\n", s.K, s.Silhouette, s.Gap, s.GapError, s.BIC, s.Strength, s.Jaccard)
	}
	best := cluster.BestK(scores, cluster.ByBIC)
	codes, err := models[best].Predict(x)
	if err != nil {
		return err
	}
	segments, err := describe(all, codes, scores[best].K)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\n%d segments by the least BIC\n\nsegment  people  income  party  hours by car    air  train    bus    car\n", len(segments))
	for i, s := range segments {
		fmt.Fprintf(w, "%7d  %6d  %6.1f  %5.1f  %12.1f", i+1, s.people, s.income, s.party, s.hours)
		for _, mode := range modes {
			fmt.Fprintf(w, "  %4.0f%%", 100*s.share(mode))
		}
		fmt.Fprintln(w)
	}
	return os.WriteFile(filepath.Join(folder, "segments.svg"), draw(known, codes, segments), 0o644)
}

// share of the people who travelled so.
func (s *segment) share(mode string) float64 { return float64(s.chosen[mode]) / float64(s.people) }

// describe says what the members of each cluster have in common.
func describe(all ml.Table, codes []int, k int) ([]segment, error) {
	chosen, err := ml.ClassTarget(all, "chosen")
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	for j := range chosen.Columns {
		at[ml.ColumnName(chosen.Columns, j)] = j
	}
	segments := make([]segment, k)
	for i, c := range codes {
		s := &segments[c]
		if s.chosen == nil {
			s.chosen = map[string]int{}
		}
		s.people++
		s.income += chosen.X.At(i, at["income"])
		s.party += chosen.X.At(i, at["party"])
		s.hours += chosen.X.At(i, at["car minutes"]) / 60
		s.chosen[chosen.Classes[chosen.Y[i]]]++
	}
	for c := range segments {
		s := &segments[c]
		n := float64(s.people)
		s.income, s.party, s.hours = s.income/n, s.party/n, s.hours/n
	}
	return segments, nil
}

// colours of the segments, which those who do not see red and green alike can tell apart.
var colours = []string{svg.Down, svg.Up, svg.Second, "#2f8f6b", "#7d4fa0", svg.Grey}

// draw shows the travellers by income and way on the left, and how those of each segment travelled on the right.
func draw(known ml.Table, codes []int, segments []segment) []byte {
	const width, height, left, top, bottom, plot, bars = 900.0, 460.0, 60.0, 50.0, 410.0, 500.0, 640.0
	c := svg.New(width, height, "Travellers in segments")
	c.Text(left, 28, "start", 15, svg.Ink, "Who travels: income and way, circles grow with the party")
	c.Text(bars, 28, "start", 15, svg.Ink, "How they went")
	income, way := svg.Scale{Lo: 0, Hi: 75, From: left, To: left + plot}, svg.Scale{Lo: math.Log(150), Hi: math.Log(1500), From: bottom, To: top}
	for v := 0.0; v <= 75; v += 15 {
		c.Line(income.At(v), top, income.At(v), bottom, svg.Grid, 1, "")
		c.Text(income.At(v), bottom+18, "middle", 12, svg.Faint, svg.Number(v, 2))
	}
	for _, hours := range []float64{3, 6, 12, 24} {
		y := way.At(math.Log(60 * hours))
		c.Line(left, y, left+plot, y, svg.Grid, 1, "")
		c.Text(left-8, y+4, "end", 12, svg.Faint, svg.Number(hours, 2)+" h")
	}
	c.Text(left+plot/2, bottom+38, "middle", 12, svg.Faint, "household income, thousands a year")
	c.Upright(16, (top+bottom)/2, 12, svg.Faint, "hours by car")
	for i, s := range codes {
		c.Circle(income.At(known.X.At(i, 0)), way.At(math.Log(known.X.At(i, 2))), 3+1.5*known.X.At(i, 1), colours[s%len(colours)], 0.6)
	}
	step := (bottom - top) / float64(len(segments))
	for s := range segments {
		y := top + step*float64(s)
		c.Rect(bars-16, y+4, 8, step-12, colours[s%len(colours)], 1)
		for m, mode := range modes {
			share := segments[s].share(mode)
			row := (step - 12) / float64(len(modes))
			c.Rect(bars+44, y+4+row*float64(m), 170*share, row-2, colours[s%len(colours)], 0.8)
			c.Text(bars+40, y+row*(float64(m)+0.75), "end", 11, svg.Faint, mode)
			c.Text(bars+50+170*share, y+row*(float64(m)+0.75), "start", 11, svg.Faint, fmt.Sprintf("%.0f %%", 100*share))
		}
	}
	return c.Bytes()
}

// Askme shows handwritten digits that it is least sure of and asks what they are, learns from each answer, and stops when told, to go on another day: active learning with a person in the terminal.
//
//	go run ./examples/askme                       # type a digit, s to skip, q to stop; again: it goes on
//	go run ./examples/askme -file my.session -n 5 # five questions between two fits
//	go run ./examples/askme -auto                 # an oracle that knows all digits answers 60 questions, beside random choice
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log"
	"os"
	"strings"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/selection"
	"github.com/gopherwood-ml/ml/semi"
)

func main() {
	file := flag.String("file", "askme.session", "where the session is kept")
	batch := flag.Int("n", 1, "questions between two fits")
	auto := flag.Bool("auto", false, "let an oracle answer")
	flag.Parse()
	ctx := context.Background()
	var err error
	if *auto {
		err = compare(ctx, os.Stdout, 60)
	} else {
		err = converse(ctx, os.Stdin, os.Stdout, *file, *batch)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// images are those to ask about, one of each digit labelled, what they are, and others to test on. Pixels are 0 to 16.
func images() (few ml.Dataset[int], truth []int, test ml.Dataset[int]) {
	few, test = selection.Split(datasets.Digits(), 0.3, 1)
	truth = few.Y
	few.Y = make([]int, len(truth))
	seen := map[int]bool{}
	for i, y := range truth {
		few.Y[i] = ml.None
		if !seen[y] {
			seen[y], few.Y[i] = true, y
		}
	}
	return few, truth, test
}

// converse asks the person in front of the terminal, and keeps the session in a file.
func converse(ctx context.Context, in io.Reader, out io.Writer, file string, batch int) error {
	few, _, test := images()
	s, err := resume(file)
	if errors.Is(err, fs.ErrNotExist) {
		s, err = semi.Active{Base: ml.Classify(linear.LogisticRegression{}), Query: semi.Margin{}, Batch: batch}.Start(ctx, few)
	}
	if err != nil {
		return err
	}
	if err := report(ctx, out, s, test); err != nil {
		return err
	}
	if err := s.Ask(ctx, &semi.Terminal{In: in, Out: out, Show: picture}); err != nil {
		return err
	}
	if err := report(ctx, out, s, test); err != nil {
		return err
	}
	return keep(file, s)
}

func resume(file string) (*semi.Session, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return ml.Load[*semi.Session](f)
}

func keep(file string, s *semi.Session) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := ml.Save(f, s); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// picture draws an image of 8 x 8 pixels, two letters a pixel.
func picture(q semi.Query) string {
	var b strings.Builder
	for i, v := range q.X {
		shade := " .:-=+*#%@"[min(int(v*10/16.5), 9)]
		b.WriteByte(shade)
		b.WriteByte(shade)
		if i%8 == 7 {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// report says how well the digits set aside are read.
func report(ctx context.Context, out io.Writer, s *semi.Session, test ml.Dataset[int]) error {
	a, err := accuracy(ctx, s, test)
	if err == nil {
		fmt.Fprintf(out, "\n%d answers, %d skipped: %.1f %% of %d other digits are read rightly\n", len(s.Asked)-len(s.Skipped), len(s.Skipped), 100*a, test.Rows())
	}
	return err
}

func accuracy(ctx context.Context, s *semi.Session, test ml.Dataset[int]) (float64, error) {
	m, err := s.Model(ctx)
	if err != nil {
		return 0, err
	}
	pred, err := m.Predict(test.X)
	if err != nil {
		return 0, err
	}
	return metrics.Accuracy(test.Y, pred), nil
}

// compare lets an oracle answer and prints how well digits are read after as many labels, by whom they were chosen.
func compare(ctx context.Context, out io.Writer, budget int) error {
	few, truth, test := images()
	ways := []struct {
		name  string
		query semi.Strategy
	}{{"random", semi.Randomly{}}, {"margin", semi.Margin{}}, {"committee", semi.Committee{}}, {"core-set", semi.CoreSet{}}}
	fmt.Fprintf(out, "%-10s", "labels")
	sessions := make([]*semi.Session, len(ways))
	for i, way := range ways {
		fmt.Fprintf(out, "%12s", way.name)
		var err error
		if sessions[i], err = (semi.Active{Base: ml.Classify(linear.LogisticRegression{}), Query: way.query, Batch: 10, Budget: budget}.Start(ctx, few)); err != nil {
			return err
		}
	}
	for labels := 10; ; labels += 10 {
		fmt.Fprintf(out, "\n%-10d", labels)
		for _, s := range sessions {
			a, err := accuracy(ctx, s, test)
			if err != nil {
				return err
			}
			fmt.Fprintf(out, "%12.3f", a)
		}
		if labels >= budget+10 {
			break
		}
		for _, s := range sessions {
			rows, err := s.Next(ctx)
			if err != nil {
				return err
			}
			for _, row := range rows {
				if err := s.Answer(row, truth[row]); err != nil {
					return err
				}
			}
		}
	}
	fmt.Fprintln(out)
	return nil
}

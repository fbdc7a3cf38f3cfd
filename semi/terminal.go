package semi

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/gopherwood-ml/ml"
)

// Terminal is an oracle who sits in front of a terminal: it shows a row and what the model thinks of it, and reads the name or the code of a class; s skips the row, q stops for now ([ErrQuit]). Use one Terminal for a session: it reads ahead.
type Terminal struct {
	In   io.Reader            // nil: os.Stdin
	Out  io.Writer            // nil: os.Stdout
	Show func(q Query) string // how a row is shown. nil: its columns with their numbers, of categories the names

	in *bufio.Scanner
}

// Class asks until the answer is a class, s or q. The end of the input is q.
func (t *Terminal) Class(ctx context.Context, q Query) (int, error) {
	if t.in == nil {
		if t.In == nil {
			t.In = os.Stdin
		}
		t.in = bufio.NewScanner(t.In)
	}
	out := t.Out
	if out == nil {
		out = os.Stdout
	}
	show := t.Show
	if show == nil {
		show = showRow
	}
	fmt.Fprintf(out, "\nrow %d, %d left to ask\n%s\n", q.Row, q.Left, show(q))
	for c := range q.K {
		fmt.Fprintf(out, "  %d %s", c, q.name(c))
		if q.Proba != nil {
			fmt.Fprintf(out, " (%.0f %%)", 100*q.Proba[c])
		}
		fmt.Fprintln(out)
	}
	for {
		if err := ml.Done(ctx); err != nil {
			return 0, err
		}
		fmt.Fprint(out, "class, s to skip, q to stop: ")
		if !t.in.Scan() {
			fmt.Fprintln(out)
			if err := t.in.Err(); err != nil {
				return 0, fmt.Errorf("semi.Terminal.Class: %w", err)
			}
			return 0, ErrQuit
		}
		if class, err := q.parse(strings.TrimSpace(t.in.Text())); err != errAgain {
			return class, err
		}
		fmt.Fprintf(out, "that is no class: a name, or 0 to %d\n", q.K-1)
	}
}

// errAgain says that the answer was none.
var errAgain = fmt.Errorf("semi: no class")

// parse reads an answer. The name of a class goes before a code, a code before s and q.
func (q Query) parse(text string) (int, error) {
	for c := range q.K {
		if q.name(c) == text && text != "" {
			return c, nil
		}
	}
	if c, err := strconv.Atoi(text); err == nil && c >= 0 && c < q.K {
		return c, nil
	}
	switch text {
	case "s":
		return ml.None, nil
	case "q":
		return 0, ErrQuit
	}
	return 0, errAgain
}

func (q Query) name(c int) string {
	if c < len(q.Classes) {
		return q.Classes[c]
	}
	return strconv.Itoa(c)
}

// showRow lists the columns of a row.
func showRow(q Query) string {
	var b strings.Builder
	for j, v := range q.X {
		value := strconv.FormatFloat(v, 'g', 5, 64)
		if j < len(q.Columns) {
			if levels := q.Columns[j].Levels; q.Columns[j].Kind == ml.Categorical && v >= 0 && int(v) < len(levels) {
				value = levels[int(v)]
			}
		}
		fmt.Fprintf(&b, "  %s: %s\n", ml.ColumnName(q.Columns, j), value)
	}
	return strings.TrimRight(b.String(), "\n")
}

// Chargpt is a small GPT: it reads sonnets of Shakespeare letter by letter, learns which letter comes next, and writes some of its own.
//
//	go run ./examples/chargpt -steps 1500 -temperature 0.7
//
// A few thousand letters make no poet: it learns spelling, lines and a good deal by heart, which the loss on a sonnet that it has not seen tells.
package main

import (
	"context"
	_ "embed"
	"flag"
	"fmt"
	"io"
	"log"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"

	"github.com/gopherwood-ml/ml/nn"
	"github.com/gopherwood-ml/ml/tensor"
)

// Sonnets of William Shakespeare, printed in 1609 and in the public domain, in modern spelling, typed from memory.
//
//go:embed sonnets.txt
var sonnets string

func main() {
	c := config{}
	flag.IntVar(&c.steps, "steps", 600, "of training, on 32 stretches of text each")
	flag.IntVar(&c.letters, "letters", 400, "how many to write")
	flag.Float64Var(&c.temperature, "temperature", 0.7, "how daring the choice of letters is: near 0, always the likeliest")
	flag.Uint64Var(&c.seed, "seed", 1, "of the net, of training and of writing")
	flag.Parse()
	if err := run(context.Background(), os.Stdout, c); err != nil {
		log.Fatal(err)
	}
}

type config struct {
	steps, letters int
	temperature    float64
	seed           uint64
}

// length is how many letters the net looks back.
const length = 48

// gpt is the net: rows for letters and for places, blocks of attention that look back only, and a score for every letter at every place.
func gpt(letters int) nn.Module {
	const width = 48
	block := nn.Transformer{Attention: nn.MultiHeadAttention{Heads: 4, Causal: true}, Dropout: .1}
	return nn.Seq{
		nn.Embedding{Rows: letters, Width: width, Init: nn.NormalInit{Deviation: .1}},
		nn.Positions{Length: length, Init: nn.NormalInit{Deviation: .1}},
		block, block, // plain data: each place in the Seq has parameters of its own
		nn.LayerNorm{}, nn.Dense{Out: letters},
	}
}

// text is Data of all stretches of a text: letters, and at each place the letter that follows.
type text []float32

func (t text) Len() int             { return len(t) - length }
func (t text) Shapes() (x, y []int) { return []int{length}, []int{length} }
func (t text) Fill(idx []int, x, y []float32) error {
	for i, at := range idx {
		copy(x[i*length:(i+1)*length], t[at:])
		copy(y[i*length:(i+1)*length], t[at+1:])
	}
	return nil
}

// alphabet are the letters of a text in order; a letter's number is its place.
func alphabet(s string) []rune {
	letters := []rune(s)
	slices.Sort(letters)
	return slices.Compact(letters)
}

func encode(alphabet []rune, s string) text {
	var t text
	for _, r := range s {
		at, _ := slices.BinarySearch(alphabet, r)
		t = append(t, float32(at))
	}
	return t
}

func run(ctx context.Context, w io.Writer, c config) error {
	letters := alphabet(sonnets)
	last := strings.LastIndex(strings.TrimSpace(sonnets), "\n\n") + 2 // the last sonnet is kept back
	seen, unseen := encode(letters, sonnets[:last]), encode(letters, sonnets[last:])
	net, err := nn.New(gpt(len(letters)), []int{length}, c.seed)
	if err != nil {
		return err
	}
	weights := 0
	for _, p := range net.Params() {
		weights += len(p.Values())
	}
	fmt.Fprintf(w, "%d letters of text, %d kinds; a net of %d weights\n", len(seen), len(letters), weights)

	trainer, err := nn.NewTrainer(net, nn.Training{
		Loss: nn.CrossEntropy{}, Optimizer: nn.AdamW{LearningRate: .003}, ClipNorm: 1,
		Schedule: nn.WarmUp{Steps: c.steps / 20, Then: nn.Cosine{}}, TotalSteps: c.steps,
	})
	if err != nil {
		return err
	}
	if err := train(ctx, w, trainer, seen, c); err != nil {
		return err
	}
	loss, err := trainer.Evaluate(ctx, &nn.Loader{Data: unseen})
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "a sonnet not seen: loss %.2f a letter; by chance alone %.2f\n\n", loss, math.Log(float64(len(letters))))
	out, err := write(net, letters, "Shall I ", c)
	if err != nil {
		return err
	}
	fmt.Fprintln(w, out)
	return nil
}

// train makes so many steps and prints the mean loss of each eighth of them.
func train(ctx context.Context, w io.Writer, trainer *nn.Trainer, seen text, c config) error {
	loader := &nn.Loader{Data: seen, BatchSize: 32, Shuffle: true, DropLast: true, Seed: c.seed}
	sum, every := 0.0, max(c.steps/8, 1)
	for step, err := range trainer.Run(ctx, loader.All()) {
		if err != nil {
			return err
		}
		if sum += step.Loss; step.Step%every == 0 {
			fmt.Fprintf(w, "step %4d: loss %.3f\n", step.Step, sum/float64(every))
			sum = 0
		}
		if step.Step >= c.steps {
			break
		}
	}
	return nil
}

// write goes on from a beginning, letter by letter, in a session, which keeps what the net found out about the letters before. A session that is full
// begins anew with the later half of what it has read.
func write(net *nn.Net, letters []rune, begin string, c config) (string, error) {
	if !(c.temperature > 0) {
		return "", fmt.Errorf("a temperature of %v: want one above 0", c.temperature)
	}
	session, err := net.NewSession(1, length)
	if err != nil {
		return "", err
	}
	codes := encode(letters, begin)
	r := rand.New(rand.NewPCG(c.seed, 0))
	next := codes
	for range c.letters {
		if session.Len()+len(next) > length {
			session.Reset()
			next = codes[len(codes)-length/2:]
		}
		y, err := session.Read(tensor.FromSlice(next, 1, len(next)))
		if err != nil {
			return "", err
		}
		codes = append(codes, float32(draw(r, y.Data()[(len(next)-1)*len(letters):], c.temperature)))
		next = codes[len(codes)-1:]
	}
	var s strings.Builder
	for _, code := range codes {
		s.WriteRune(letters[int(code)])
	}
	return s.String(), nil
}

// draw picks a letter: scores, divided by the temperature, are the logarithms of chances.
func draw(r *rand.Rand, scores []float32, temperature float64) int {
	high := slices.Max(scores)
	chances := make([]float64, len(scores))
	sum := 0.0
	for i, s := range scores {
		chances[i] = math.Exp(float64(s-high) / temperature)
		sum += chances[i]
	}
	u, pick := r.Float64()*sum, 0
	for pick < len(chances)-1 && u >= chances[pick] {
		u -= chances[pick]
		pick++
	}
	return pick
}

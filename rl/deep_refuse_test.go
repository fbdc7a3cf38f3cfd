package rl

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/metrics"
)

func TestDeepLearnersRefuse(t *testing.T) {
	nan := math.NaN()
	for name, fit := range map[string]func() error{
		"PPO.Steps":        func() error { _, err := PPO{Steps: -1}.Fit(bg, CartPole{}); return err },
		"PPO.Hidden":       func() error { _, err := PPO{Hidden: []int{0}}.Fit(bg, CartPole{}); return err },
		"PPO.LearningRate": func() error { _, err := PPO{LearningRate: nan}.Fit(bg, CartPole{}); return err },
		"PPO.Discount":     func() error { _, err := PPO{Discount: 2}.Fit(bg, CartPole{}); return err },
		"PPO.Maker":        func() error { _, err := PPO{}.Fit(bg, nil); return err },
		"PPOMulti.Maker":   func() error { _, err := PPOMulti{}.Fit(bg, nil); return err },
		"PPO.Run":          func() error { _, err := PPO{Run: Run{EvalEvery: -1}}.Fit(bg, CartPole{}); return err },
		"PPO.Beta":         func() error { _, err := PPOContinuous{Beta: true, SDE: true}.Fit(bg, Pendulum{}); return err },
		"A2C.SDEEvery":     func() error { _, err := A2CContinuous{SDEEvery: -1}.Fit(bg, Pendulum{}); return err },
		"PPO.Patience":     func() error { _, err := PPO{Run: Run{Patience: 2}}.Fit(bg, CartPole{}); return err },
		"PPO.Enough":       func() error { _, err := PPO{Run: Run{EvalEvery: 1, Enough: &nan}}.Fit(bg, CartPole{}); return err },
		"A2C.Entropy":      func() error { _, err := A2C{Entropy: nan}.Fit(bg, CartPole{}); return err },
		"REINFORCE.Max":    func() error { _, err := REINFORCE{MaxLength: -1}.Fit(bg, CartPole{}); return err },
		"DQN.NStep":        func() error { _, err := DQN{NStep: -1}.Fit(bg, CartPole{}); return err },
		"DQN.Hindsight":    func() error { _, err := DQN{NStep: 2, Hindsight: 1}.Fit(bg, BitFlip{}); return err },
		"SAC.Alpha":        func() error { _, err := SAC{Alpha: -1}.Fit(bg, Pendulum{}); return err },
		"SAC.LogStd":       func() error { _, err := SAC{LogStd: 21}.Fit(bg, Pendulum{}); return err },
		"SAC.Maker":        func() error { _, err := SAC{}.Fit(bg, nil); return err },
		"TD3.Noise":        func() error { _, err := TD3{Noise: -1}.Fit(bg, Pendulum{}); return err },
		"BitFlip.N":        func() error { _, err := BitFlip{N: -1}.Make(); return err },
	} {
		if err := fit(); !errors.Is(err, ml.ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := (DQN{Hindsight: 1}).Fit(bg, CartPole{}); !errors.Is(err, ErrEnv) {
		t.Error("hindsight without goals:", err)
	}
	ctx, stop := context.WithCancel(bg)
	stop()
	for _, l := range learners {
		if _, err := l.fit(ctx, Run{}); !errors.Is(err, context.Canceled) {
			t.Error(l.name, err)
		}
	}
}

// A file that is no checkpoint of the learner, or that has been tampered with, is an error and never a panic.
func TestForgedCheckpoints(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c")
	stopAt := func(step int) context.Context {
		return ml.WithProgress(bg, func(p ml.Progress) error {
			if p.Step >= step {
				return errors.New("enough")
			}
			return nil
		})
	}
	for _, l := range learners {
		_ = os.Remove(file)
		if _, err := l.fit(stopAt(60), Run{Checkpoint: file, Every: 50}); !errors.Is(err, ml.ErrAborted) {
			t.Fatal(l.name, err)
		}
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(l.name, err)
		}
		c, err := ml.Load[*Checkpoint](bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		n := len(c.Ints)
		places := 20
		if testing.Short() {
			places = 3
		}
		for k := 0; k < n; k += max(1, n/places) {
			for _, v := range []int{-1, math.MaxInt} {
				forged := *c
				forged.Ints = append([]int(nil), c.Ints...)
				forged.Ints[k] = v
				if err := forged.save(file); err != nil {
					t.Fatal(err)
				}
				_, _ = l.fit(stopAt(100), Run{Checkpoint: file, Every: 1 << 30}) // must not panic
			}
		}
		short := *c
		short.Floats = c.Floats[:len(c.Floats)/2]
		if err := short.save(file); err != nil {
			t.Fatal(err)
		}
		if _, err := l.fit(bg, Run{Checkpoint: file}); err == nil {
			t.Error(l.name, ": half a checkpoint was taken")
		}
	}
	if _, err := (PPO{Run: Run{Checkpoint: file}}).Fit(bg, CartPole{}); !errors.Is(err, ml.ErrConfig) {
		t.Error("another learner's checkpoint:", err)
	}
}

func TestLogs(t *testing.T) {
	var csv, board, both, curve bytes.Buffer
	ctx := ml.WithProgress(bg, LogCSV(&csv))
	p, err := A2C{Steps: 800, Hidden: []int{4}, Run: Run{EvalEvery: 300, EvalEpisodes: 1}}.Fit(ml.WithTask(ctx, "seed", 0, 1), CartPole{})
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(csv.String()), "\n")
	if len(lines) != 101 || lines[0] != "task,percent,return,score" || !strings.HasPrefix(lines[100], "seed 0,100,") {
		t.Fatal(len(lines), lines[len(lines)-1])
	}
	if err := p.Learning.WriteCSV(&curve); err != nil || strings.Count(curve.String(), "\n") != len(p.Learning.Points)+1 {
		t.Fatal(err, curve.String())
	}
	if _, err := (A2C{Steps: 800, Hidden: []int{4}}).Fit(ml.WithProgress(bg, LogTensorBoard(&both)), CartPole{}); err != nil || both.Len() == 0 {
		t.Fatal(err)
	}
	if err := p.Learning.WriteTensorBoard(&board); err != nil {
		t.Fatal(err)
	}
	// The records as TFRecord has them: length, its checksum, bytes, their checksum.
	b, n := board.Bytes(), 0
	mask := func(b []byte) uint32 {
		c := crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli))
		return (c>>15 | c<<17) + 0xa282ead8
	}
	for ; len(b) > 0; n++ {
		size := binary.LittleEndian.Uint64(b)
		data := b[12 : 12+size]
		if binary.LittleEndian.Uint32(b[8:]) != mask(b[:8]) || binary.LittleEndian.Uint32(b[12+size:]) != mask(data) {
			t.Fatal("checksums of record", n)
		}
		b = b[16+size:]
	}
	if n != 1+10*len(p.Learning.Points) {
		t.Fatal(n, "records")
	}
	if s := string(p.Learning.SVG("A")); !strings.Contains(s, "<polyline") || !strings.Contains(s, "<circle") {
		t.Fatal(s)
	}
}

func TestEvaluateSeeds(t *testing.T) {
	s, err := EvaluateSeeds(bg, []uint64{1, 2, 3, 4}, func(ctx context.Context, seed uint64) (*DiscretePolicy, error) {
		return REINFORCE{Steps: 200, Episodes: 2, Hidden: []int{4}, Seed: seed}.Fit(ctx, CartPole{})
	}, CartPole{}, Evaluation{Episodes: 5})
	if err != nil {
		t.Fatal(err)
	}
	in, err := s.Interval(metrics.Bootstrap{})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Means) != 4 || s.IQM() != IQM(s.Means) || in.Value != s.IQM() || in.Low > in.Value || in.High < in.Value || s.Reached(0) != 4 {
		t.Fatal(s, in)
	}
}

func TestBitFlipKeepsTheContract(t *testing.T) {
	if err := Check(BitFlip{}).Err(); err != nil {
		t.Fatal(err)
	}
}

package rl

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gopherwood-ml/ml"
)

// LogCSV writes the reports of trainings to w as they come, one line each: the nested tasks, the percent done, the mean return of the episodes of that hundredth, and the
// score of the last evaluation, where there was one. Hand it to ml.WithProgress.
func LogCSV(w io.Writer) func(ml.Progress) error {
	var once sync.Once
	return func(p ml.Progress) error {
		var err error
		once.Do(func() { _, err = io.WriteString(w, "task,percent,return,score\n") })
		if err != nil {
			return err
		}
		score := ""
		if p.Loss.Watched {
			score = number(-p.Loss.Valid)
		}
		_, err = fmt.Fprintf(w, "%s,%d,%s,%s\n", pathOf(p, "; "), p.Step, number(-p.Loss.Train), score)
		return err
	}
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

func pathOf(p ml.Progress, between string) string {
	var parts []string
	for _, t := range p.Path {
		parts = append(parts, fmt.Sprintf("%s %d", t.Name, t.Index))
	}
	return strings.ReplaceAll(strings.Join(parts, between), ",", ";")
}

// LogTensorBoard writes the reports of trainings to w as TensorBoard reads them: w is a file named such as "events.out.tfevents.1", in a folder of its own. The scalars are
// return and score, by the percent done, after the names of nested tasks. Hand it to ml.WithProgress.
func LogTensorBoard(w io.Writer) func(ml.Progress) error {
	e := events{w: w}
	return func(p ml.Progress) error {
		prefix := pathOf(p, "/")
		if prefix != "" {
			prefix += "/"
		}
		now := float64(time.Now().UnixNano()) / 1e9
		e.scalar(now, p.Step, prefix+"return", -p.Loss.Train)
		if p.Loss.Watched {
			e.scalar(now, p.Step, prefix+"score", -p.Loss.Valid)
		}
		return e.err
	}
}

var pointNames = []string{"episodes", "return", "score", "policy_loss", "value_loss", "entropy", "kl", "clip_fraction", "explained_variance", "alpha"}

func (p *Point) values() [10]float64 {
	return [10]float64{float64(p.Episodes), p.Return, p.Score, p.PolicyLoss, p.ValueLoss, p.Entropy, p.KL, p.ClipFraction, p.Explained, p.Alpha}
}

// WriteCSV writes all that was noted, a line for each point.
func (l Learning) WriteCSV(w io.Writer) error {
	var b strings.Builder
	b.WriteString("steps," + strings.Join(pointNames, ",") + "\n")
	for _, p := range l.Points {
		b.WriteString(strconv.Itoa(p.Steps))
		for _, v := range p.values() {
			b.WriteString("," + number(v))
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteTensorBoard writes all that was noted as TensorBoard reads it, by steps; the wall time of a point is its step, in seconds, so that equal trainings give equal files.
func (l Learning) WriteTensorBoard(w io.Writer) error {
	e := events{w: w}
	for _, p := range l.Points {
		for i, v := range p.values() {
			e.scalar(float64(p.Steps), p.Steps, pointNames[i], v)
		}
	}
	return e.err
}

// events writes TensorBoard's files: records of a length and bytes with checksums (TFRecord) that hold an Event in protocol buffers.
type events struct {
	w     io.Writer
	begun bool
	err   error
}

func (e *events) scalar(wall float64, step int, tag string, v float64) {
	if !e.begun {
		e.begun = true
		e.record(appendText(appendWall(nil, wall), 3, "brain.Event:2"))
	}
	value := binary.LittleEndian.AppendUint32(append(appendText(nil, 1, tag), 2<<3|5), math.Float32bits(float32(v)))
	b := binary.AppendUvarint(append(appendWall(nil, wall), 2<<3), uint64(step))
	e.record(appendText(b, 5, string(appendText(nil, 1, string(value)))))
}

func appendWall(b []byte, wall float64) []byte {
	return binary.LittleEndian.AppendUint64(append(b, 1<<3|1), math.Float64bits(wall))
}

// appendText writes a field of bytes.
func appendText(b []byte, field byte, s string) []byte {
	return append(binary.AppendUvarint(append(b, field<<3|2), uint64(len(s))), s...)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (e *events) record(data []byte) {
	if e.err != nil {
		return
	}
	sum := func(b []byte) uint32 {
		c := crc32.Checksum(b, castagnoli)
		return (c>>15 | c<<17) + 0xa282ead8
	}
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(data)))
	b = binary.LittleEndian.AppendUint32(b, sum(b))
	b = append(b, data...)
	b = binary.LittleEndian.AppendUint32(b, sum(data))
	_, e.err = e.w.Write(b)
}

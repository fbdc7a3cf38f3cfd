package nn

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

// counting is an array of 1, 2, 3, ...
func counting(shape ...int) *tensor.Tensor[float32] {
	x := tensor.New[float32](shape...)
	for i := range x.Data() {
		x.Data()[i] = float32(i + 1)
	}
	return x
}

func TestFlips(t *testing.T) {
	for name, tc := range map[string]struct {
		f    Augmentation
		want []float32
	}{
		"left and right": {FlipLeftRight(1), []float32{5, 6, 3, 4, 1, 2, 11, 12, 9, 10, 7, 8}},
		"up and down":    {FlipUpDown(1), []float32{7, 8, 9, 10, 11, 12, 1, 2, 3, 4, 5, 6}},
		"never":          {FlipLeftRight(0), []float32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}},
	} {
		x := counting(2, 3, 2)
		tc.f(rng.New(1, 1), x.Data(), x.Shape())
		if !slices.Equal(x.Data(), tc.want) {
			t.Errorf("%s: %v", name, x.Data())
		}
	}
}

// What is seen of a cropped image is the image, moved; the rest is zeros. All moves come, also those that leave nothing.
func TestRandomCropMoves(t *testing.T) {
	const h, w, c, places = 4, 3, 2, 3
	f, r := RandomCrop(places), rng.New(1, 2)
	seen := map[string]bool{}
	for range 2000 {
		x := counting(h, w, c)
		f(r, x.Data(), x.Shape())
		found := false
		for down := -places; down <= places && !found; down++ {
			for right := -places; right <= places && !found; right++ {
				found = true
				for i := range h {
					for j := range w {
						for k := range c {
							want := float32(0)
							if a, b := i+down, j+right; a >= 0 && a < h && b >= 0 && b < w {
								want = float32((a*w+b)*c + k + 1)
							}
							found = found && x.Get(i, j, k) == want
						}
					}
				}
			}
		}
		if !found {
			t.Fatalf("no move of the image: %v", x.Data())
		}
		seen[fmt.Sprint(x.Data())] = true
	}
	if len(seen) < 7*5 { // moves to one side by the whole width all look the same
		t.Errorf("%d kinds of images", len(seen))
	}
}

func TestCutoutAndCodes(t *testing.T) {
	r := rng.New(3, 3)
	blank := 0
	for range 400 {
		x := counting(8, 8, 1)
		Cutout(4)(r, x.Data(), x.Shape())
		n := 0
		for _, v := range x.Data() {
			if v == 0 {
				n++
			}
		}
		if n < 4 || n > 16 {
			t.Fatalf("%d places blank", n)
		}
		blank += n
	}
	if mean := float64(blank) / 400; mean < 11 || mean > 15 { // of 16, less what reaches over the edge: a side sees 4 of 4 or fewer places, 3.5 on average
		t.Errorf("%v places blank on average", mean)
	}
	codes := make([]float32, 4000)
	codes[3999] = -1
	DropCodes(.25, 7)(r, codes, []int{4000})
	if n := len(slices.DeleteFunc(slices.Clone(codes), func(v float32) bool { return v != 7 })); n < 900 || n > 1100 || codes[3999] != -1 {
		t.Errorf("%d of 4000 codes dropped", n)
	}
}

func TestColorJitter(t *testing.T) {
	x := counting(2, 2, 3)
	ColorJitter(0, 0, 0)(rng.New(1, 1), x.Data(), x.Shape())
	for i, v := range x.Data() { // sums of thirds round
		if math.Abs(float64(v)-float64(i+1)) > 1e-5 {
			t.Fatalf("changed without need: %v", x.Data())
		}
	}
	bright, vivid := counting(2, 2, 3), counting(2, 2, 3)
	ColorJitter(.5, 0, 0)(rng.New(1, 1), bright.Data(), bright.Shape())
	factor := bright.Data()[0]
	ColorJitter(0, 0, .5)(rng.New(1, 1), vivid.Data(), vivid.Shape())
	for i := range bright.Data() {
		if math.Abs(float64(bright.Data()[i]-factor*float32(i+1))) > 1e-4 || factor == 1 {
			t.Fatalf("brightness is no factor: %v", bright.Data())
		}
	}
	for i := 0; i < 12; i += 3 { // grey stays, and the middle channel is grey here
		if math.Abs(float64(vivid.Data()[i+1])-float64(i+2)) > 1e-5 || vivid.Data()[i] == float32(i+1) {
			t.Fatalf("saturation: %v", vivid.Data())
		}
	}
}

// A batch's random numbers are those of its key: the loader gives the same batches again, filled ahead or not.
func TestAugmentedBatchesComeAgain(t *testing.T) {
	data := Arrays{X: counting(20, 6, 6, 1), Y: counting(20)}
	batches := func(prefetch int) (all []float32) {
		l := &Loader{Data: data, BatchSize: 6, Shuffle: true, Prefetch: prefetch, Seed: 5, CutMix: 1,
			Augment: Augment(FlipLeftRight(.5), RandomCrop(2), Jitter(.1), Cutout(2))}
		for epoch := range 2 {
			for b, err := range l.Epoch(epoch) {
				if err != nil {
					t.Fatal(err)
				}
				all = append(append(all, b.X.Data()...), b.Y.Data()...)
			}
		}
		return all
	}
	first := batches(0)
	if !slices.Equal(first, batches(3)) {
		t.Error("other batches when filled ahead")
	}
	if slices.Equal(first[:216], first[len(first)/2:][:216]) {
		t.Error("the second epoch is as the first")
	}
}

// A target of CutMix is mixed by the share of the image that is another's.
func TestCutMixShares(t *testing.T) {
	const n, side = 64, 8
	x, y := tensor.New[float32](n, side, side, 1), tensor.New[float32](n, 1)
	for i := range n {
		y.Data()[i] = float32(i)
		for j := range side * side {
			x.Data()[i*side*side+j] = float32(i)
		}
	}
	l := &Loader{Data: Arrays{x, y}, BatchSize: n, CutMix: 1}
	b, err := next(*l)
	if err != nil {
		t.Fatal(err)
	}
	mixed, area := 0, 0.0
	for i := range n {
		sum := 0.0
		for _, v := range b.X.Data()[i*side*side : (i+1)*side*side] {
			sum += float64(v)
			if v != float32(i) {
				area++
			}
		}
		if want := sum / (side * side); math.Abs(float64(b.Y.Data()[i])-want) > 1e-4 {
			t.Fatalf("image %d: target %v, its places %v on average", i, b.Y.Data()[i], want)
		}
		if b.Y.Data()[i] != float32(i) {
			mixed++
		}
	}
	if mixed < n/2 || area > .6*n*side*side {
		t.Errorf("%d of %d images mixed, %v of the places", mixed, n, area/(n*side*side))
	}
}

// SwapRows keeps every column's numbers.
func TestSwapRows(t *testing.T) {
	b := &Batch{X: counting(100, 3)}
	SwapRows(.3)(4, b)
	changed := 0
	for i, v := range b.X.Data() {
		if (int(v)-1)%3 != i%3 {
			t.Fatalf("%v in column %d", v, i%3)
		}
		if v != float32(i+1) {
			changed++
		}
	}
	if changed < 60 || changed > 120 {
		t.Errorf("%d of 300 numbers swapped", changed)
	}
}

// Batches of like lengths hold every sample once, cut behind the longest, and waste less than those that come by chance.
func TestBatchesOfLikeLengths(t *testing.T) {
	const n, steps = 203, 40
	x, y := tensor.New[float32](n, steps), tensor.New[float32](n, steps)
	lengths := make([]int, n)
	r := rng.New(5, 5)
	for i := range lengths {
		lengths[i] = r.IntN(steps + 1)
		row := x.Row(i)
		for j := range row {
			row[j] = -1
			if j < lengths[i] {
				row[j] = float32(i)
			}
		}
		copy(y.Row(i), row)
	}
	l := &Loader{Data: Arrays{x, y}, BatchSize: 10, Shuffle: true, Lengths: lengths, Seed: 2}
	seen, places, first := map[int]int{}, 0, 0
	for b, err := range l.Epoch(0) {
		if err != nil {
			t.Fatal(err)
		}
		shape := b.X.Shape()
		places += shape[0] * shape[1]
		longest := 1
		for i := range shape[0] {
			row := b.X.Row(i)
			if !slices.Equal(row, b.Y.Row(i)) {
				t.Fatal("targets of places are not cut alike")
			}
			if row[0] < 0 {
				continue
			}
			k := int(row[0])
			seen[k]++
			longest = max(longest, lengths[k])
		}
		if longest != shape[1] && longest > 1 {
			t.Errorf("batch of %d places, the longest sample has %d", shape[1], longest)
		}
		if first == 0 {
			first = shape[1]
		}
	}
	for k, v := range seen {
		if v != 1 {
			t.Errorf("sample %d came %d times", k, v)
		}
	}
	empty := len(slices.DeleteFunc(slices.Clone(lengths), func(v int) bool { return v > 0 }))
	if len(seen)+empty != n || float64(places) > .6*n*steps {
		t.Errorf("%d samples, %d places of %d", len(seen), places, n*steps)
	}
	for what, bad := range map[string]*Loader{
		"a short list": {Data: Arrays{x, y}, Lengths: lengths[1:]}, "a length beyond": {Data: Arrays{x, y}, Lengths: slices.Repeat([]int{steps + 1}, n)}, "no images": {Data: Arrays{x, y}, CutMix: 1},
	} {
		if _, err := next(*bad); !errors.Is(err, ml.ErrShape) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

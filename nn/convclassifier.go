package nn

import (
	"context"
	"fmt"
	"slices"

	"github.com/gopherwood-ml/ml"
)

// ConvClassifier is a convolutional net for images: blocks of a 3x3 convolution, ReLU and a pooling by two, then fully connected layers
// (LeCun et al., Proceedings of the IEEE 86 (1998)). A row of X is an image, line by line, pixel by pixel, the channels of a pixel together.
// It is otherwise as MLPClassifier.
type ConvClassifier struct {
	Height, Width int            // of the images: both must be given
	Channels      int            // 0: what the number of columns leaves for Height x Width
	Filters       []int          // channels of each block. nil: 16, 32
	Kernel        int            // 0: 3
	Hidden        []int          // units of the layers behind. nil: one of 100; []int{}: none
	Dropout       float64        // as in MLPClassifier
	BatchNorm     bool           // as in MLPClassifier
	Optimizer     Optimizer      // as in MLPClassifier; LBFGS is slow here
	Schedule      Schedule       // as in MLPClassifier
	Alpha         float64        // as in MLPClassifier
	Smoothing     float64        // as in MLPClassifier
	BatchSize     int            // 0: 64
	Epochs        int            // 0: 20
	Tol           float64        // as in MLPClassifier
	NoChange      int            // as in MLPClassifier
	Patience      int            // as in MLPClassifier
	ClipNorm      float64        // as in MLPClassifier
	ClassWeight   ml.ClassWeight // as in MLPClassifier
	Seed          uint64
}

var _ ml.Fitter[ml.Dataset[int], *ClassifierModel] = ConvClassifier{}

// Fit learns the classes of d.
func (c ConvClassifier) Fit(ctx context.Context, d ml.Dataset[int]) (*ClassifierModel, error) {
	return c.fit(ctx, "nn.ConvClassifier.Fit", d, nil)
}

func (c ConvClassifier) fit(ctx context.Context, where string, d ml.Dataset[int], from *ClassifierModel) (*ClassifierModel, error) {
	c.Filters, c.Kernel, c.Epochs, c.BatchSize = orFilters(c.Filters), orInt(c.Kernel, 3), orInt(c.Epochs, 20), orInt(c.BatchSize, 64)
	m, l, err := MLPClassifier{Hidden: c.Hidden, Dropout: c.Dropout, Optimizer: c.Optimizer, Schedule: c.Schedule, Alpha: c.Alpha, Smoothing: c.Smoothing,
		BatchSize: c.BatchSize, Epochs: c.Epochs, Tol: c.Tol, NoChange: c.NoChange, Patience: c.Patience, ClipNorm: c.ClipNorm, ClassWeight: c.ClassWeight, Seed: c.Seed}.resolve(where)
	if err != nil {
		return nil, err
	}
	c.Hidden, c.Optimizer, c.Tol, c.NoChange, c.ClassWeight = m.Hidden, m.Optimizer, m.Tol, m.NoChange, m.ClassWeight
	if err := d.CheckShape(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	if c.Channels == 0 && c.Height > 0 && c.Width > 0 {
		if _, p := d.X.Dims(); p%(c.Height*c.Width) == 0 {
			c.Channels = p / (c.Height * c.Width)
		}
	}
	return teachClasses(ctx, l, d, c, c.ClassWeight, c.Smoothing, from)
}

func orFilters(f []int) []int {
	if f == nil {
		return []int{16, 32}
	}
	return slices.Clone(f)
}

func (c ConvClassifier) build(p, out int) (Module, []int, error) {
	const where = "nn.ConvClassifier"
	in := []int{c.Height, c.Width, c.Channels}
	if checkedSize(in) != p {
		return nil, nil, ml.BadConfig(where, "Height, Width and Channels", fmt.Sprint(in), fmt.Sprintf("the size of images of %d numbers", p))
	}
	if c.Kernel < 1 || c.Kernel > 1<<10 {
		return nil, nil, ml.BadConfig(where, "Kernel", c.Kernel, "1 to 1024")
	}
	if err := checkHidden(where, c.Hidden, c.Dropout); err != nil {
		return nil, nil, err
	}
	var s Seq
	h, w := c.Height, c.Width
	for i, f := range c.Filters {
		if f < 1 || f > maxInput/(h*w) {
			return nil, nil, ml.BadConfig(where, fmt.Sprintf("Filters[%d]", i), f, fmt.Sprintf("1 to %d, so that an image takes %d numbers at the most", maxInput/(h*w), maxInput))
		}
		if c.BatchNorm {
			s = append(s, Conv2D{Out: f, Kernel: c.Kernel, Pad: Same, NoBias: true}, BatchNorm{}, ReLU)
		} else {
			s = append(s, Conv2D{Out: f, Kernel: c.Kernel, Pad: Same, Act: ReLU})
		}
		if h >= 2 && w >= 2 {
			s = append(s, MaxPool{Size: 2})
			h, w = h/2, w/2
		}
	}
	s = append(s, Flatten{})
	return append(s, layers(c.Hidden, nil, c.Dropout, false, out).(Seq)...), in, nil
}

// The geometry of convolutions and pooling, as internal/compute.ConvShape has it: images [N, D, H, W, C], weights
// [KD, KH, KW, C/groups, Out].

#pragma once

struct Shape {
	int n, c, out, groups;
	int in[3], kernel[3], stride[3], dilation[3], before[3], size[3];
};

#define GEOMETRY                                                                                                                        \
	int n_, int c_, int out_, int groups_, int in0, int in1, int in2, int kernel0, int kernel1, int kernel2, int stride0, int stride1, \
		int stride2, int dilation0, int dilation1, int dilation2, int before0, int before1, int before2, int size0, int size1, int size2
#define SHAPE                                                                                                                  \
	Shape s = {n_, c_, out_, groups_, {in0, in1, in2}, {kernel0, kernel1, kernel2}, {stride0, stride1, stride2}, \
	           {dilation0, dilation1, dilation2}, {before0, before1, before2}, {size0, size1, size2}}

DEVICE int Pixels(const Shape &s) { return s.size[0] * s.size[1] * s.size[2]; }
DEVICE int Places(const Shape &s) { return s.in[0] * s.in[1] * s.in[2]; }
DEVICE int Taps(const Shape &s) { return s.kernel[0] * s.kernel[1] * s.kernel[2]; }

// At is a place along three axes.
struct At {
	int d, h, w;
};

DEVICE At Unfold(int i, const int *axes) {
	At a;
	a.w = i % axes[2];
	i /= axes[2];
	a.h = i % axes[1];
	a.d = i / axes[1];
	return a;
}

// Seen is the place in the image, counted through it, that a tap of a pixel's window sees, or -1.
DEVICE int Seen(const Shape &s, At pixel, At tap) {
	int d = pixel.d * s.stride[0] - s.before[0] + tap.d * s.dilation[0];
	int h = pixel.h * s.stride[1] - s.before[1] + tap.h * s.dilation[1];
	int w = pixel.w * s.stride[2] - s.before[2] + tap.w * s.dilation[2];
	if (d < 0 || d >= s.in[0] || h < 0 || h >= s.in[1] || w < 0 || w >= s.in[2]) return -1;
	return (d * s.in[1] + h) * s.in[2] + w;
}

// Over is, along one axis, the pixel one of whose taps sees a place, or -1.
DEVICE int Over(int place, int tap, int stride, int dilation, int before, int size) {
	int at = place + before - tap * dilation;
	if (at < 0 || at % stride != 0 || at / stride >= size) return -1;
	return at / stride;
}

// SeenFrom is the pixel, counted through the image that comes out, whose tap sees a place, or -1.
DEVICE int SeenFrom(const Shape &s, At place, At tap) {
	int d = Over(place.d, tap.d, s.stride[0], s.dilation[0], s.before[0], s.size[0]);
	int h = Over(place.h, tap.h, s.stride[1], s.dilation[1], s.before[1], s.size[1]);
	int w = Over(place.w, tap.w, s.stride[2], s.dilation[2], s.before[2], s.size[2]);
	return d < 0 || h < 0 || w < 0 ? -1 : (d * s.size[1] + h) * s.size[2] + w;
}

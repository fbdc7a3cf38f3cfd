// Functions of numbers for host and device, since libdevice comes with the toolkit only. In float32 each is within three units in
// the last place of the true value (Erfc: four), denormal results aside, and NaN, infinities and signs of zero are as in C.

DEVICE float Fma(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
DEVICE double Fma(double a, double b, double c) { return __builtin_fma(a, b, c); }
DEVICE float Sqrt(float x) { return __builtin_sqrtf(x); }
DEVICE double Sqrt(double x) { return __builtin_sqrt(x); }
DEVICE float Abs(float x) { return __builtin_fabsf(x); }
DEVICE float Sign(float size, float sign) { return __builtin_copysignf(size, sign); }
DEVICE float Floor(float x) { return __builtin_floorf(x); }

// Max and Min are NaN where either argument is, unlike those of C, and order the zeros by their signs.
DEVICE float Max(float a, float b) {
	if (a != a || b != b) return a + b;
	if (a == b) return __builtin_signbit(a) ? b : a;
	return a > b ? a : b;
}
DEVICE float Min(float a, float b) {
	if (a != a || b != b) return a + b;
	if (a == b) return __builtin_signbit(a) ? a : b;
	return a < b ? a : b;
}

DEVICE uint32 Bits(float x) {
	union { float f; uint32 u; } v;
	v.f = x;
	return v.u;
}
DEVICE float FromBits(uint32 x) {
	union { uint32 u; float f; } v;
	v.u = x;
	return v.f;
}
DEVICE uint64 Bits(double x) {
	union { double f; uint64 u; } v;
	v.f = x;
	return v.u;
}
DEVICE double FromBits(uint64 x) {
	union { uint64 u; double f; } v;
	v.u = x;
	return v.f;
}

#define INFINITE FromBits(0x7f800000u)
#define NOT_A_NUMBER FromBits(0x7fc00000u)

// TwoTo is 2 to the n, which the result has to hold as a normal number.
DEVICE float TwoTo(int n) { return FromBits((uint32)(n + 127) << 23); }
DEVICE double TwoTo64(int n) { return FromBits((uint64)(n + 1023) << 52); }

// Nearest rounds a number below 2^22 in size to a whole one, by what adding a large one shifts out.
DEVICE float Nearest(float x) { return (x + 12582912.f) - 12582912.f; }
DEVICE double Nearest(double x) { return (x + 6755399441055744.) - 6755399441055744.; }

// The exponential of n ln 2 + r, |r| <= ln 2 / 2: Expm1Rest is that of r, less 1, by its series.
DEVICE float Expm1Rest(float r) {
	float p = 1.9841270e-4f;
	p = Fma(p, r, 1.3888889e-3f);
	p = Fma(p, r, 8.3333333e-3f);
	p = Fma(p, r, 4.1666667e-2f);
	p = Fma(p, r, 1.6666667e-1f);
	p = Fma(p, r, .5f);
	return Fma(p, r * r, r);
}

#define LN2_HIGH 0.693145751953125f /* 15 bits: its products with exponents are exact */
#define LN2_LOW 1.42860682030941723212e-6f

DEVICE float Exp(float x) {
	if (x != x) return x;
	if (x > 89.f) return INFINITE;
	if (x < -104.f) return 0.f;
	float n = Nearest(x * 1.44269504f);
	float p = Expm1Rest(Fma(n, -LN2_LOW, Fma(n, -LN2_HIGH, x))) + 1.f;
	int half = (int)n / 2; // in two steps, so that a denormal result is rounded once
	return p * TwoTo(half) * TwoTo((int)n - half);
}

// Expm1 is the exponential less 1, precise near 0.
DEVICE float Expm1(float x) {
	if (x != x || x == 0.f) return x;
	if (x > 89.f) return INFINITE;
	if (x < -18.f) return -1.f;
	float n = Nearest(x * 1.44269504f);
	float p = Expm1Rest(Fma(n, -LN2_LOW, Fma(n, -LN2_HIGH, x)));
	if (n > 127.f) return Fma(p, TwoTo(127), TwoTo(127)) * 2.f;
	float scale = TwoTo((int)n);
	return Fma(p, scale, scale - 1.f);
}

// LogOf is e ln 2 + log(1 + f): twice the series of the inverse hyperbolic tangent of s = f / (2 + f), where 2 s = f - s f.
DEVICE float LogOf(float e, float f) {
	float s = f / (2.f + f), z = s * s;
	float r = 0.22222222f;
	r = Fma(r, z, 0.28571429f);
	r = Fma(r, z, 0.4f);
	r = Fma(r, z, 0.66666667f);
	float low = Fma(s, Fma(-r, z, f), -e * LN2_LOW); // what is taken off f
	return Fma(e, LN2_HIGH, f - low);
}

// Split cuts a positive finite number into 2^e (1 + f), where 1 + f is between the roots of 1/2 and 2.
DEVICE float Split(float x, float *f) {
	int e = 0;
	if (x < 1.17549435e-38f) {
		x *= 8388608.f;
		e = -23;
	}
	uint32 b = Bits(x) + (0x3f800000u - 0x3f3504f3u);
	e += (int)(b >> 23) - 127;
	*f = FromBits((b & 0x7fffffu) + 0x3f3504f3u) - 1.f;
	return (float)e;
}

DEVICE float Log(float x) {
	if (!(x > 0.f) || x == INFINITE) {
		if (x == 0.f) return -INFINITE;
		return x < 0.f ? NOT_A_NUMBER : x;
	}
	float f, e = Split(x, &f);
	return LogOf(e, f);
}

// Log1p is the logarithm of 1 + x, precise near 0.
DEVICE float Log1p(float x) {
	if (!(x > -1.f) || x == INFINITE) {
		if (x == -1.f) return -INFINITE;
		return x < -1.f ? NOT_A_NUMBER : x;
	}
	if (Abs(x) < 0.29f) return x == 0.f ? x : LogOf(0.f, x);
	float u = 1.f + x, f;
	float lost = x < 1.f ? x - (u - 1.f) : 1.f - (u - x);
	float e = Split(u, &f);
	return LogOf(e, f) + lost / u;
}

DEVICE float Tanh(float x) {
	float a = Abs(x);
	if (a > 10.f) return Sign(1.f, x);
	float e = Expm1(2.f * a);
	return Sign(e / (e + 2.f), x);
}

// Sigmoid never takes the exponential of a positive number, which would overflow where the result is small but not zero.
DEVICE float Sigmoid(float x) {
	float e = Exp(-Abs(x));
	return (x < 0.f ? e : 1.f) / (1.f + e);
}

// Softplus is log(1 + exp x).
DEVICE float Softplus(float x) { return Max(x, 0.f) + Log1p(Exp(-Abs(x))); }

// ScaledErfc is exp(z²) erfc(z) for z from 0.4 on, as V(t) / (z + 2) with t = (z - 2) / (z + 2). V was fitted to 10.5, where erfc is
// nothing in float32, with a relative error of 5e-9.
DEVICE float ScaledErfc(float z) {
	float r = 1.f / (z + 2.f), t = (z - 2.f) * r;
	float v = 8.8057706e-05f;
	v = Fma(v, t, -5.2040000e-04f);
	v = Fma(v, t, -8.7281427e-04f);
	v = Fma(v, t, 3.0376092e-03f);
	v = Fma(v, t, 6.4891512e-03f);
	v = Fma(v, t, -2.1502499e-02f);
	v = Fma(v, t, -3.6443342e-02f);
	v = Fma(v, t, 2.7947167e-01f);
	v = Fma(v, t, -6.8716067e-01f);
	v = Fma(v, t, 1.0215827f);
	return v * r;
}

// ErfNear is the error function up to 0.6, by its series.
DEVICE float ErfNear(float x) {
	float z = x * x;
	float p = 1.2055333e-04f;
	p = Fma(p, z, -8.5483270e-04f);
	p = Fma(p, z, 5.2239776e-03f);
	p = Fma(p, z, -2.6866171e-02f);
	p = Fma(p, z, 1.1283792e-01f);
	p = Fma(p, z, -3.7612639e-01f);
	return Fma(x, p * z + 0.12837917f, x); // 2/sqrt(pi) - 1
}

// Erfc is 1 less the error function, precise where that is nearly 1.
DEVICE float Erfc(float x) {
	if (x != x) return x;
	float a = Abs(x);
	if (a < 0.6f) return 1.f - ErfNear(x);
	float tail = 0.f;
	if (a < 10.4f) {
		float s = a * a, rest = Fma(a, a, -s);
		tail = ScaledErfc(a) * Exp(-s);
		tail = Fma(tail, -rest, tail);
	}
	return x < 0.f ? 2.f - tail : tail;
}

DEVICE float Erf(float x) {
	if (x != x) return x;
	float a = Abs(x);
	if (a < 0.6f) return ErfNear(x);
	return Sign(a > 4.f ? 1.f : 1.f - Erfc(a), x);
}

// The same in double, for powers and long sums.
DEVICE double Exp(double x) {
	if (x != x) return x;
	if (x > 710.) return FromBits((uint64)0x7ff0000000000000ull);
	if (x < -746.) return 0.;
	double n = Nearest(x * 1.4426950408889634);
	double r = Fma(n, -1.90821492927058770002e-10, Fma(n, -0.69314718036912381649, x));
	double p = 1. / 6227020800.;
	p = Fma(p, r, 1. / 479001600.);
	p = Fma(p, r, 1. / 39916800.);
	p = Fma(p, r, 1. / 3628800.);
	p = Fma(p, r, 1. / 362880.);
	p = Fma(p, r, 1. / 40320.);
	p = Fma(p, r, 1. / 5040.);
	p = Fma(p, r, 1. / 720.);
	p = Fma(p, r, 1. / 120.);
	p = Fma(p, r, 1. / 24.);
	p = Fma(p, r, 1. / 6.);
	p = Fma(p, r, .5);
	p = Fma(p, r * r, r) + 1.;
	int half = (int)n / 2;
	return p * TwoTo64(half) * TwoTo64((int)n - half);
}

// Log is for normal numbers above 0.
DEVICE double Log(double x) {
	uint64 b = Bits(x) + (0x3ff0000000000000ull - 0x3fe6a09e667f3bcdull);
	double e = (double)((int)(b >> 52) - 1023);
	double f = FromBits((uint64)((b & 0xfffffffffffffull) + 0x3fe6a09e667f3bcdull)) - 1.;
	double s = f / (2. + f), z = s * s, r = 2. / 21.;
	r = Fma(r, z, 2. / 19.);
	r = Fma(r, z, 2. / 17.);
	r = Fma(r, z, 2. / 15.);
	r = Fma(r, z, 2. / 13.);
	r = Fma(r, z, 2. / 11.);
	r = Fma(r, z, 2. / 9.);
	r = Fma(r, z, 2. / 7.);
	r = Fma(r, z, 2. / 5.);
	r = Fma(r, z, 2. / 3.);
	return e * 0.6931471805599453 + (f - s * (f - r * z));
}

// Pow is x to the y with all of C's special cases.
DEVICE float Pow(float x, float y) {
	if (y == 0.f || x == 1.f) return 1.f;
	if (x != x || y != y) return x + y;
	bool whole = Abs(y) >= 16777216.f || Floor(y) == y;
	bool odd = whole && Abs(y) < 16777216.f && ((int)y & 1);
	float a = Abs(x), size;
	if (a == 1.f && (y == INFINITE || y == -INFINITE)) return 1.f;
	if (x < 0.f && !whole && a != INFINITE) return NOT_A_NUMBER;
	if (a == 0.f || a == INFINITE) {
		size = (a == 0.f) == (y < 0.f) ? INFINITE : 0.f;
	} else if (y == INFINITE || y == -INFINITE) {
		size = (a > 1.f) == (y > 0.f) ? INFINITE : 0.f;
	} else {
		size = (float)Exp((double)y * Log((double)a));
	}
	return odd && __builtin_signbit(x) ? -size : size;
}

// 2/pi from its 32nd bit above the point on.
CONSTANT uint32 twoOverPi[8] = {0x00000000u, 0xa2f9836eu, 0x4e441529u, 0xfc2757d1u, 0xf534ddc0u, 0xdb629599u, 0x3c439041u, 0xfe5163abu};

// Quarter is the number of quarter turns nearest to an angle, by four, and the rest of the angle. The product with 2/pi is taken in
// whole numbers from the bits that matter (Payne and Hanek, SIGNUM Newsletter 18 (1983)), so no angle is too large.
DEVICE int Quarter(float x, float *rest) {
	float a = Abs(x);
	if (a < 0.78539816f) {
		*rest = x;
		return 0;
	}
	uint32 b = Bits(a);
	int up = (int)(b >> 23) - 150; // x is m 2^up
	uint64 m = (b & 0x7fffffu) | 0x800000u;
	// The product of m and the 96 bits of 2/pi from here on has its point after bit 94: earlier bits make whole turns.
	int at = up + 30, word = at / 32, shift = at % 32;
	uint32 p[3];
	for (int i = 0; i < 3; i++) {
		uint32 next = word + i + 1 < 8 ? twoOverPi[word + i + 1] : 0u;
		p[i] = shift ? twoOverPi[word + i] << shift | next >> (32 - shift) : twoOverPi[word + i];
	}
	uint64 low = m * p[2], middle = m * p[1] + (low >> 32), high = m * p[0] + (middle >> 32);
	uint64 turn = high << 32 | (middle & 0xffffffffu); // 64 bits from bit 95 on
	int q = (int)(turn >> 62);
	uint64 fraction = turn << 2;
	bool over = fraction >> 63;
	if (over) {
		q++;
		fraction = 0 - fraction;
	}
	double r = (double)fraction * (1.5707963267948966 / 18446744073709551616.);
	if (over) r = -r;
	if (x < 0.f) {
		r = -r;
		q = -q;
	}
	*rest = (float)r;
	return q & 3;
}

DEVICE float SinNear(float r) {
	float z = r * r, p = 2.7557319e-6f;
	p = Fma(p, z, -1.9841270e-4f);
	p = Fma(p, z, 8.3333333e-3f);
	p = Fma(p, z, -1.6666667e-1f);
	return Fma(p * z, r, r);
}

DEVICE float CosNear(float r) {
	float z = r * r, p = -2.7557319e-7f;
	p = Fma(p, z, 2.4801587e-5f);
	p = Fma(p, z, -1.3888889e-3f);
	p = Fma(p, z, 4.1666667e-2f);
	p = Fma(p, z, -.5f);
	return Fma(p, z, 1.f);
}

// SinQuarters is the sine of so many quarter turns and a rest.
DEVICE float SinQuarters(int q, float rest) {
	float v = q & 1 ? CosNear(rest) : SinNear(rest);
	return q & 2 ? -v : v;
}

DEVICE float Sin(float x) {
	if (!(Abs(x) < INFINITE)) return NOT_A_NUMBER;
	if (x == 0.f) return x;
	float rest;
	int q = Quarter(x, &rest);
	return SinQuarters(q, rest);
}

DEVICE float Cos(float x) {
	if (!(Abs(x) < INFINITE)) return NOT_A_NUMBER;
	float rest;
	int q = Quarter(x, &rest);
	return SinQuarters(q + 1, rest);
}

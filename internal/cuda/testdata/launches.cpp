// Launches every kernel on a few shapes, on the host, for the sanitizers: they tell of races between threads and blocks, of barriers that
// only some reach, and of reads and writes outside buffers, which are exactly as long as they have to be here. What comes out is
// compared elsewhere. A kernel that is not launched here fails the run.

#include "device.h"

#include <memory>
#include <set>

namespace {

// Buffer is as many numbers as were asked for, and no more.
struct Buffer {
	std::unique_ptr<float[]> at;
	Buffer(size_t n, float lo = -1, float hi = 1) : at(new float[n]) {
		static uint64 state = 1;
		for (size_t i = 0; i < n; i++) {
			state = state * 6364136223846793005ull + 1442695040888963407ull;
			at[i] = lo + (hi - lo) * (float)(state >> 40) / 16777216.f;
		}
	}
};

// Whole is whole numbers from 0 to below.
Buffer Whole(size_t n, int below) {
	Buffer b(n, 0, (float)below);
	for (size_t i = 0; i < n; i++) b.at[i] = Floor(b.at[i]);
	return b;
}

Buffer Bits32(size_t n, int value) {
	Buffer b(n);
	for (size_t i = 0; i < n; i++) b.at[i] = FromBits((uint32)value);
	return b;
}

union Value {
	void *p;
	int i;
	int64 l;
	uint64 u;
	float f;
};

std::set<std::string> launched;
int failures;

struct Arg {
	char letter;
	Value v;
	Arg(const Buffer &b) : letter('p') { v.p = b.at.get(); }
	Arg(std::nullptr_t) : letter('p') { v.p = nullptr; }
	Arg(int i) : letter('i') { v.i = i; }
	Arg(int64 l) : letter('l') { v.l = l; }
	Arg(uint64 u) : letter('u') { v.u = u; }
	Arg(float f) : letter('f') { v.f = f; }
	Arg(bool b) : letter('i') { v.i = b; }
};

void launch(const char *name, int blocks, std::vector<Arg> args, int shared = 0) {
	std::string letters;
	std::vector<void *> at;
	for (Arg &a : args) {
		letters += a.letter;
		at.push_back(&a.v);
	}
	launched.insert(name);
	const char *want = emu_signature(name);
	if (!want || letters != want) {
		fprintf(stderr, "%s: arguments %s, not %s\n", name, letters.c_str(), want ? want : "known");
		failures++;
		return;
	}
	if (emu_launch(name, blocks, 256, shared, at.data())) {
		fprintf(stderr, "%s\n", emu_error());
		failures++;
	}
}

typedef std::vector<Arg> Args;

Args operator+(Args a, const Args &b) {
	a.insert(a.end(), b.begin(), b.end());
	return a;
}

void reductions() {
	for (int add = 0; add < 2; add++) {
		launch("column_sums", 3, {Buffer(2 * 40), Buffer(50 * 40), nullptr, 0, 50ll, 40, 2, 1.f, add});
		launch("column_sums", 2, {Buffer(33), Buffer(9 * 33), Buffer(33), 1, 9ll, 33, 1, .5f, add});
		launch("column_sums", 1, {Buffer(3), Buffer(9 * 3), Buffer(9 * 3), 2, 9ll, 3, 1, .5f, add});
		launch("extreme_grad", 2, {Buffer(4 * 5 * 30), Buffer(4 * 30), Whole(4 * 30, 5), 4ll, 5, 30ll, add});
	}
	launch("sum_sq", 3, {Buffer(6), Buffer(1000), 1000ll});
	launch("sum_wide", 1, {Buffer(2), Bits32(6, 0), 3});
	launch("extreme", 2, {Buffer(600), Buffer(600), Buffer(600 * 7), 2ll, 7, 300ll, 1});
	launch("extreme", 2, {Buffer(20), Buffer(20), Buffer(20 * 70), 20ll, 70, 1ll, 32});
}

void rows() {
	struct {
		int rows, n, width;
	} shapes[] = {{1, 1, 1}, {70, 10, 8}, {3, 500, 128}, {5, 300, 256}};
	for (auto s : shapes) {
		size_t n = (size_t)s.rows * s.n;
		int64 many = s.rows;
		for (int k = 0; k < 4; k++) {
			int a = k & 1, b = k >> 1;
			Buffer dy(n);
			launch("softmax", 2, {Buffer(n), Buffer(n), many, s.n, a, s.width});
			launch("softmax_grad", 2, {Buffer(n), dy, Buffer(n), many, s.n, a, b, s.width});
			launch("softmax_grad", 2, {dy, dy, Buffer(n), many, s.n, a, b, s.width});
			launch("norm_rows", 2, {Buffer(n), Buffer(s.rows), Buffer(n), many, s.n, .1f, a, s.width});
			launch("norm_rows_grad", 2, {Buffer(n), Buffer(n), Buffer(n), Buffer(s.rows), many, s.n, a, b, s.width});
			Buffer weight(s.n);
			Arg w = a ? Arg(weight) : Arg(nullptr);
			launch("cross_entropy", 2, {Buffer(s.rows), Buffer(n), Buffer(n), Buffer(s.rows, -1, (float)s.n + 1), w, many, s.n, .9f, b ? .1f : 0.f, s.width});
		}
		launch("norm_columns", 2, {Buffer(n), Buffer(s.n), Buffer(s.n), Buffer(s.n, 0, 1), Buffer(n), many, s.n, .1f});
		launch("norm_columns_grad", 2, {Buffer(n), Buffer(n), Buffer(n), Buffer(s.n), Buffer(s.n), Buffer(s.n), many, s.n, 1});
	}
	for (int causal = 0; causal < 2; causal++) {
		launch("attention_softmax", 2, {Buffer(2 * 3 * 5 * 7), Buffer(2, -1, 9), 30ll, 3, 5, 7, causal, 8});
		launch("attention_softmax", 2, {Buffer(2 * 3 * 7 * 5), nullptr, 42ll, 3, 7, 5, causal, 8});
	}
}

void indices() {
	Buffer index(100, -2, 12), next = Bits32(100, 0), begins = Bits32(100, 1), table(10 * 7);
	launch("gather", 3, {Buffer(700), table, index, 100ll, 7, 10ll});
	launch("scatter_links", 2, {next, begins, index, 100, 10ll});
	launch("scatter", 3, {table, Buffer(700), index, next, begins, 100, 7, 10ll});
	launch("drop_mask", 2, {Buffer(701), 701ll, 1ull << 31, 2.f, 5ull});
	launch("normal", 2, {Buffer(701), 701ll, 5ull});
}

void images() {
	struct {
		int n, c, out, groups;
		int in[3], kernel[3], stride[3], dilation[3], before[3], size[3];
	} shapes[] = {
	    {2, 3, 20, 1, {1, 6, 7}, {1, 3, 3}, {1, 1, 1}, {1, 1, 1}, {0, 1, 1}, {1, 6, 7}},
	    {1, 8, 12, 2, {2, 9, 5}, {2, 3, 2}, {1, 2, 1}, {1, 2, 1}, {1, 1, 0}, {3, 4, 4}},
	    {1, 40, 70, 1, {1, 1, 9}, {1, 1, 2}, {1, 1, 3}, {1, 1, 1}, {0, 0, 1}, {1, 1, 4}},
	};
	for (auto &s : shapes) {
		size_t places = (size_t)s.in[0] * s.in[1] * s.in[2] * s.n, pixels = (size_t)s.size[0] * s.size[1] * s.size[2] * s.n;
		size_t weights = (size_t)s.kernel[0] * s.kernel[1] * s.kernel[2] * s.c / s.groups * s.out;
		Args geometry = {s.n, s.c, s.out, s.groups};
		for (const int *axes : {s.in, s.kernel, s.stride, s.dilation, s.before, s.size})
			for (int a = 0; a < 3; a++) geometry.push_back(axes[a]);
		Buffer x(places * s.c), w(weights), dy(pixels * s.out);
		for (std::string end : {"", "_direct"}) {
			launch(("conv" + end).c_str(), 2, Args{Buffer(pixels * s.out), x, w} + geometry);
			for (int add = 0; add < 2; add++) {
				launch(("conv_grad_x" + end).c_str(), 2, Args{Buffer(places * s.c), dy, w, add} + geometry);
				launch(("conv_grad_w" + end).c_str(), 2, Args{Buffer(weights), dy, x, 1, add} + geometry);
			}
			launch(("conv_grad_w" + end).c_str(), 3, Args{Buffer(3 * weights), dy, x, 3, 0} + geometry);
		}
		Buffer y(pixels * s.c), taps = Bits32(pixels * s.c, -1);
		launch("max_pool", 2, Args{y, x} + geometry);
		launch("max_pool_taps", 2, Args{taps, y, x} + geometry);
		launch("mean_pool", 2, Args{y, x, 1} + geometry);
		for (int add = 0; add < 2; add++) {
			launch("max_pool_grad", 2, Args{Buffer(places * s.c), Buffer(pixels * s.c), taps, add} + geometry);
			launch("mean_pool_grad", 2, Args{Buffer(places * s.c), Buffer(pixels * s.c), add, add} + geometry);
		}
	}
}

void cells() {
	int64 n = 600;
	Buffer g(4 * 600), a(600), b(600), c(600), d(600), e(600);
	launch("lstm_cell", 2, {g, n, a, b, c, d, n});
	launch("lstm_cell_grad", 2, {Buffer(4 * 600), g, n, a, b, c, d, e, n});
	launch("gru_cell", 2, {g, n, a, b, c, n});
	launch("gru_cell_grad", 2, {Buffer(3 * 600), g, n, a, b, c, d, e, n});
}

void rules() {
	int64 n = 600;
	Buffer w(600), g(600), m(600), v(600, 0, 1), most(600, 0, 1);
	const float r = .1f;
	launch("update_sgd", 2, {w, g, nullptr, n, r, r, r, r, r, 0});
	launch("update_sgd", 2, {w, g, m, n, r, r, r, r, r, 1});
	launch("update_adam", 2, {w, g, m, v, nullptr, n, r, r, r, r, r, r, r, r});
	launch("update_adam", 2, {w, g, m, v, most, n, r, r, r, r, r, r, r, r});
	launch("update_nadam", 2, {w, g, m, v, n, r, r, r, r, r, r, r, r, r});
	launch("update_radam", 2, {w, g, m, v, n, r, r, r, r, r, r, r, 1});
	launch("update_lamb", 2, {w, g, m, v, n, r, r, r, r, r, r, r});
	launch("update_rmsprop", 2, {w, g, nullptr, v, n, r, r, r, r, r, r});
	launch("update_rmsprop", 2, {w, g, m, v, n, r, r, r, r, r, r});
	launch("update_adagrad", 2, {w, g, v, n, r, r, r});
	launch("update_adadelta", 2, {w, g, m, v, n, r, r, r, r, r});
	launch("update_lion", 2, {w, g, m, n, r, r, r, r, r, r});
}

void elements() {
	int64 n = 600;
	Buffer x(600), y(600), bias(7);
	for (int kind = 0; kind < 31; kind++) {
		launch("map", 2, {y, x, n, kind, -.5f, .5f});
		launch("map_grad", 2, {Buffer(600), y, x, nullptr, n, kind, -.5f, .5f, 0});
		launch("map_grad", 2, {y, y, nullptr, x, n, kind, .5f, .5f, 1});
		launch("bias_map", 2, {y, x, bias, n, 7, kind, -.5f, .5f});
	}
	launch("axpby", 2, {.5f, x, 0.f, y, n});
	launch("axpby", 2, {.5f, x, .5f, y, n});
	// 5 x 12 x 10 turned, and the first axis alone repeated on one side.
	Args axes = {3, 5ll, 12ll, 10ll, 1ll, 1ll, 1ll, 1ll, 1ll}, rest = {0ll, 0ll, 0ll, 0ll, 0ll};
	Args plain = Args{120ll, 10ll, 1ll} + rest, turned = Args{1ll, 5ll, 60ll} + rest, single = Args{1ll, 0ll, 0ll} + rest;
	for (int add = 0; add < 2; add++) launch("move", 2, Args{Buffer(600), x, n, add} + axes + plain + turned);
	for (int op = 0; op < 7; op++) launch("binary", 2, Args{Buffer(600), x, Buffer(5), n, op} + axes + turned + single);
	// 60 elements of 10 products: by one part, and by three that lie apart.
	Args sums = Args{10ll, 1ll, 0ll} + rest;
	launch("contract", 2, Args{Buffer(60 * 10), x, y, 60ll, 10ll, 1, 0ll} + axes + Args{12ll, 1ll, 0ll} + rest + plain + turned + Args{8});
	launch("contract", 2, Args{Buffer(3 * 600), x, nullptr, 60ll, 10ll, 3, 600ll} + axes + sums + plain + turned + Args{4});
}

void distances() {
	const uint64 half = Bits(.5);
	for (int64 n : {1, 64, 70}) {
		int64 m = 67;
		int d = (int)(n % 19) + 1, k = (int)n, some = (int)(n + 1) / 2;
		Buffer x(m * d), y(n * d), all(m * n), wide(2 * m * d), columns(2 * n * d);
		launch("squares", 3, {all, x, y, m, n, d});
		launch("least", 3, {Buffer(m), Buffer(m), Buffer(m * some), Buffer(m * some), all, m, n, some});
		launch("nearest_two", 2, {Buffer(m), Buffer(m), Buffer(m), x, y, m, k, d});
		for (int kind : {1, 2, 3, 4, 5}) launch("kernel_values", 3, {Buffer(2 * m * n), wide, columns, m, n, d, kind & 1, kind, half, half, 3});
		launch("own_squares", 3, {Buffer(2 * n * n), columns, n, d});
	}
}

// Blocks of one column of blocks add to the same cells of the device's memory.
void histograms() {
	int64 rows = 300, lo = 7, some = 200;
	int stride = 24;
	Buffer codes(rows * stride / 4), sums(2 * 512 * 20), values(2 * 2 * rows), places = Bits32(some, 5);
	for (bool pairs : {false, true}) {
		launch("histogram", 4, {sums, codes, nullptr, values, lo, some, stride, 20, pairs, 64, 14, 24, 45});
		launch("histogram", 4, {sums, codes, places, values, lo, some, stride, 20, pairs, 64, 14, 24, 45});
	}
}

} // namespace

int main() {
	distances();
	histograms();
	reductions();
	rows();
	indices();
	images();
	cells();
	rules();
	elements();
	for (auto &k : emu::table())
		if (!launched.count(k.first)) {
			fprintf(stderr, "%s is launched by nothing\n", k.first.c_str());
			failures++;
		}
	if (failures == 0) printf("%zu kernels\n", launched.size());
	return failures ? 1 : 0;
}

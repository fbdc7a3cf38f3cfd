//go:build cuda

// Package cuda is an engine of internal/compute on NVIDIA devices. It has never run on one: all that is known of it was seen on machines
// without a GPU.
//
// # What there is
//
// go build -tags cuda, with cgo and any C compiler, links without the CUDA toolkit. The program opens libcuda.so.1 and libcublas.so.13, .12
// or .11 when it first has work that is worth it; GOPHERWOOD_CUDA_DRIVER and GOPHERWOOD_CUDA_BLAS name other libraries. Where there are none, or no
// device of compute capability 7.0 or above, the cpu engine serves, and ml.Engine says why. An engine is one device (the first), its primary context
// and one stream. It computes in float32, products without TensorFloat-32.
//
// The engine does all of compute.Engine: products by cuBLAS, all else by kernels/*.cu. Nets of package nn with at least 100 000 multiplications a row
// learn and predict on it; frozen and quantised nets are the host's. An operation of a user's own that asks for nn.Floats has its numbers copied to
// the host and back. As a compute.Accelerator it finds nearest neighbours and centres, makes kernel matrices and counts boosting's
// histograms, where a model of the costs says that the device is twice as fast. The constants of both thresholds are guesses.
//
// A fault of the device is a *Fault, an ml.ErrEngine to nn's users, and stays: the engine does nothing any more, and who asks for an engine next gets
// the host's. Estimators that were accelerated go on without. Where the device has no memory left, memory of the host that it sees serves.
//
// # Kernels
//
// kernels/compile.sh (go generate) compiles each family with clang 14, without the toolkit, to PTX for sm_70, which is committed, embedded and
// compiled by the driver for its device. Tests make the same again, and assemble it with ptxas for sm_70 to sm_90 where GOPHERWOOD_PTXAS or the PATH
// has one: pip install nvidia-cuda-nvcc-cu12 brings it. kernels/emu.h runs the same sources on the host, testdata/driver.cpp stands for the driver and
// cuBLAS.
//
// # What has run
//
// Without a GPU: every kernel on the host against the cpu engine, and under ThreadSanitizer and AddressSanitizer; the whole path from Go to
// the kernels through the driver that stands in, with a fault at every call; ptxas for six architectures from sm_70 to sm_90. On a GPU: nothing. That the driver takes
// the modules, that cuBLAS is called the way it wants to be, all times, and that the thresholds make sense remain to be seen.
//
// On a machine with a GPU,
//
//	GOPHERWOOD_GPU=1 CGO_ENABLED=1 go test -tags cuda -count=1 -run TestGPU -v ./internal/cuda
//
// makes the tests' comparisons with the cpu engine on the device: every method of an engine, every block of an accelerator, estimators, nets that
// learn. It prints how many times as fast the device is with some of the operations and estimators. The tests run this command on the library that
// stands for the driver, where it says so: its ratios are of no use there.
package cuda

// Package kernel holds methods that see rows through a kernel only, a similarity of two rows: support vector machines, kernel ridge regression and Gaussian processes.
//
//	scale := ml.Step(features.StandardScaler{})
//	m, err := ml.Pipe(scale, kernel.SVC{C: 10}).Fit(ctx, train)                                      // Gaussian kernel
//	m, err = ml.Pipe(scale, kernel.SVC{Kernel: metrics.PolynomialKernel{Degree: 2, Coef0: 1}}).Fit(ctx, train) // another
//
// [SVC] and [NuSVC] tell classes apart, [SVR] and [NuSVR] learn numbers, [OneClassSVM] and [SVDD] find rows unlike the others; [KernelRidge] is least squares. Kernels are those of
// package metrics (metrics.RBF and its neighbours), values computed elsewhere ([Precomputed]), or any type of yours with the method Of, which works as the built-in ones do but row by row.
//
// [GaussianProcessRegressor] says how sure it is. Its covariance is put together of parts, whose parameters it learns:
//
//	k := kernel.Sum{A: kernel.Product{A: kernel.Constant{}, B: kernel.SquaredExponential{Length: []float64{1}}}, B: kernel.White{}}
//	gp, err := kernel.GaussianProcessRegressor{Kernel: k, Normalize: true, Restarts: 3}.Fit(ctx, train)
//	mean, deviation, err := gp.PredictDeviation(test.X)
//
// [GaussianProcessRegressorMulti] has several targets, [GaussianProcessClassifier] classes. [Nystroem] and [RBFSampler] make columns on which a linear model is nearly a kernel machine, for many rows;
// [AdditiveChi2Sampler] and [SkewedChi2Sampler] do so for histograms, with chi-squared kernels.
//
// Support vector machines with the Gaussian kernel keep kernel values in single precision, as LIBSVM does, for dense data of 1000 rows or more: half the memory traffic, and
// twice as many numbers in a vector. They do so only if rounding, which is estimated from the data, C and Tol before the fit, moves no score by more than an eighth of Tol; else, as for
// a large C, a small Tol, rows far from all others or a one-class machine of many support vectors, values are in double precision. Sums of values always are. Such a fit goes on to three quarters of Tol,
// so that what is left of the violation is within Tol in double precision; Info.Gap is as measured with the rounded values. Predictions are in double precision.
//
// Kernels measure distances or angles: columns in different units want a features.StandardScaler first. A fit costs at least the square of the number of
// rows; beyond some ten thousands use package linear.
package kernel

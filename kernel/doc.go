// Package kernel holds methods that see rows through a kernel only, a similarity of two rows: support vector machines and kernel machines.
//
//	scale := ml.Step(features.StandardScaler{})
//	m, err := ml.Pipe(scale, kernel.SVC{C: 10}).Fit(ctx, train)                                      // Gaussian kernel
//	m, err = ml.Pipe(scale, kernel.SVC{Kernel: metrics.PolynomialKernel{Degree: 2, Coef0: 1}}).Fit(ctx, train) // another
//
// [SVC] and [NuSVC] tell classes apart, [SVR] and [NuSVR] learn numbers, [OneClassSVM] and [SVDD] find rows unlike the others. Kernels are those of
// package metrics (metrics.RBF and its neighbours), values computed elsewhere ([Precomputed]), or any type of yours with the method Of, which works as the built-in ones do but row by row.
//
// Kernels measure distances or angles: columns in different units want a features.StandardScaler first. A fit costs at least the square of the number of
// rows; beyond some ten thousands use package linear.
package kernel

package kernel

import "github.com/gopherwood-ml/ml"

func init() {
	ml.RegisterConfig[SVC]("kernel.SVC")
	ml.RegisterConfig[NuSVC]("kernel.NuSVC")
	ml.RegisterConfig[SVR]("kernel.SVR")
	ml.RegisterConfig[NuSVR]("kernel.NuSVR")
	ml.RegisterConfig[OneClassSVM]("kernel.OneClassSVM")
	ml.RegisterConfig[SVDD]("kernel.SVDD")
	ml.RegisterConfig[KernelRidge]("kernel.KernelRidge")
	ml.RegisterConfig[Nystroem]("kernel.Nystroem")
	ml.RegisterConfig[RBFSampler]("kernel.RBFSampler")
	ml.RegisterConfig[AdditiveChi2Sampler]("kernel.AdditiveChi2Sampler")
	ml.RegisterConfig[SkewedChi2Sampler]("kernel.SkewedChi2Sampler")
	ml.Register[*NystroemModel]("kernel.NystroemModel")
	ml.Register[*RBFSamplerModel]("kernel.RBFSamplerModel")
	ml.Register[*AdditiveChi2Model]("kernel.AdditiveChi2Model")
	ml.Register[*SkewedChi2Model]("kernel.SkewedChi2Model")
	ml.Register[*SVCModel]("kernel.SVCModel")
	ml.Register[*SVRModel]("kernel.SVRModel")
	ml.Register[*OneClassModel]("kernel.OneClassModel")
	ml.Register[Precomputed]("kernel.Precomputed")
}

func init() {
	ml.RegisterConfig[GaussianProcessRegressor]("kernel.GaussianProcessRegressor")
	ml.Register[*GPRModel]("kernel.GPRModel")
	ml.RegisterConfig[GaussianProcessRegressorMulti]("kernel.GaussianProcessRegressorMulti")
	ml.Register[*GPRMultiModel]("kernel.GPRMultiModel")
	ml.RegisterConfig[GaussianProcessClassifier]("kernel.GaussianProcessClassifier")
	ml.Register[*GPCModel]("kernel.GPCModel")
	ml.Register[SquaredExponential]("kernel.SquaredExponential")
	ml.Register[Matern]("kernel.Matern")
	ml.Register[RationalQuadratic]("kernel.RationalQuadratic")
	ml.Register[ExpSineSquared]("kernel.ExpSineSquared")
	ml.Register[DotProduct]("kernel.DotProduct")
	ml.Register[White]("kernel.White")
	ml.Register[Constant]("kernel.Constant")
	ml.Register[Sum]("kernel.Sum")
	ml.Register[Product]("kernel.Product")
	ml.Register[Power]("kernel.Power")
}

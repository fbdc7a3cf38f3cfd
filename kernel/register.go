package kernel

import "github.com/gopherwood-ml/ml"

func init() {
	ml.RegisterConfig[SVC]("kernel.SVC")
	ml.RegisterConfig[NuSVC]("kernel.NuSVC")
	ml.RegisterConfig[SVR]("kernel.SVR")
	ml.RegisterConfig[NuSVR]("kernel.NuSVR")
	ml.RegisterConfig[OneClassSVM]("kernel.OneClassSVM")
	ml.RegisterConfig[SVDD]("kernel.SVDD")
	ml.Register[*SVCModel]("kernel.SVCModel")
	ml.Register[*SVRModel]("kernel.SVRModel")
	ml.Register[*OneClassModel]("kernel.OneClassModel")
	ml.Register[Precomputed]("kernel.Precomputed")
}

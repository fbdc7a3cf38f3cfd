package decomp

import "github.com/gopherwood-ml/ml"

func init() {
	ml.RegisterConfig[PLSRegression]("decomp.PLSRegression")
	ml.RegisterConfig[PLSRegressionMulti]("decomp.PLSRegressionMulti")
	ml.RegisterConfig[PLSCanonical]("decomp.PLSCanonical")
	ml.RegisterConfig[CCA]("decomp.CCA")
	ml.RegisterConfig[PLSSVD]("decomp.PLSSVD")
	ml.RegisterConfig[O2PLS]("decomp.O2PLS")
	ml.Register[*O2PLSModel]("decomp.O2PLSModel")
	ml.RegisterConfig[FastICA]("decomp.FastICA")
	ml.Register[*FastICAModel]("decomp.FastICAModel")
	ml.RegisterConfig[FactorAnalysis]("decomp.FactorAnalysis")
	ml.Register[*FactorAnalysisModel]("decomp.FactorAnalysisModel")
	ml.RegisterConfig[KernelPCA]("decomp.KernelPCA")
	ml.Register[*KernelPCAModel]("decomp.KernelPCAModel")
	ml.RegisterConfig[KernelCCA]("decomp.KernelCCA")
	ml.Register[*KernelCCAModel]("decomp.KernelCCAModel")
	ml.Register[LogCosh]("decomp.LogCosh")
	ml.Register[NegativeExp]("decomp.NegativeExp")
	ml.Register[Quartic]("decomp.Quartic")
	ml.Register[*PLSRegressionModel]("decomp.PLSRegressionModel")
	ml.Register[*PLSModel]("decomp.PLSModel")
	ml.Register[*PLSSVDModel]("decomp.PLSSVDModel")
}

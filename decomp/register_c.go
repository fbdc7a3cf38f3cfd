package decomp

import "github.com/gopherwood-ml/ml"

func init() {
	ml.RegisterConfig[PLSRegression]("decomp.PLSRegression")
	ml.RegisterConfig[PLSRegressionMulti]("decomp.PLSRegressionMulti")
	ml.RegisterConfig[PLSCanonical]("decomp.PLSCanonical")
	ml.RegisterConfig[CCA]("decomp.CCA")
	ml.RegisterConfig[PLSSVD]("decomp.PLSSVD")
	ml.Register[*PLSRegressionModel]("decomp.PLSRegressionModel")
	ml.Register[*PLSModel]("decomp.PLSModel")
	ml.Register[*PLSSVDModel]("decomp.PLSSVDModel")
}

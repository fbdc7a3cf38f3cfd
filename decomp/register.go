package decomp

import "github.com/gopherwood-ml/ml"

func init() {
	ml.RegisterConfig[PCA]("decomp.PCA")
	ml.Register[*PCAModel]("decomp.PCAModel")
}

package decomp

import "github.com/gopherwood-ml/ml"

func init() {
	ml.RegisterConfig[TSNE]("decomp.TSNE")
	ml.Register[*TSNEModel]("decomp.TSNEModel")
}

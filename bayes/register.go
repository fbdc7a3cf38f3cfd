package bayes

import "github.com/gopherwood-ml/ml"

func init() {
	ml.RegisterConfig[GaussianNB]("bayes.GaussianNB")
	ml.RegisterConfig[MultinomialNB]("bayes.MultinomialNB")
	ml.RegisterConfig[ComplementNB]("bayes.ComplementNB")
	ml.RegisterConfig[BernoulliNB]("bayes.BernoulliNB")
	ml.RegisterConfig[PoissonNB]("bayes.PoissonNB")
	ml.RegisterConfig[CategoricalNB]("bayes.CategoricalNB")
	ml.RegisterConfig[MixedNB]("bayes.MixedNB")
	ml.RegisterConfig[LDA]("bayes.LDA")
	ml.RegisterConfig[QDA]("bayes.QDA")
	ml.RegisterConfig[RDA]("bayes.RDA")
	ml.Register[*LDAModel]("bayes.LDAModel")
	ml.Register[*QDAModel]("bayes.QDAModel")
	ml.Register[*MixedModel]("bayes.MixedModel")
	ml.Register[*GaussianModel]("bayes.GaussianModel")
	ml.Register[*CountModel]("bayes.CountModel")
	ml.Register[*CategoricalModel]("bayes.CategoricalModel")
}

package ope

import "github.com/gopherwood-ml/ml"

func init() {
	ml.Register[IPS]("ope.IPS")
	ml.Register[SNIPS]("ope.SNIPS")
	ml.Register[DM]("ope.DM")
	ml.Register[DR]("ope.DR")
	ml.Register[SwitchDR]("ope.SwitchDR")
	ml.Register[MRDR]("ope.MRDR")
	ml.Register[Normal]("ope.Normal")
	ml.Register[Bootstrap]("ope.Bootstrap")
	ml.Register[Bernstein]("ope.Bernstein")
	ml.Register[Regression]("ope.Regression")
	ml.Register[Gate]("ope.Gate")
	ml.Register[Uniform]("ope.Uniform")
	ml.Register[Always]("ope.Always")
}

package selection

import (
	"reflect"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/codec"
)

func init() {
	registerScorers()
	registerSplitters()
	ml.Register[*Scores]("selection.Scores")
	ml.Register[BestMean]("selection.BestMean")
	ml.Register[OneStandardError]("selection.OneStandardError")
	neighbour := reflect.TypeFor[Scores]()
	codec.RegisterFamily(codec.Family{Name: "selection.Search", Inner: []string{"Configs", "0"}, Owner: codec.InstanceOf(neighbour, "Search"), Kind: searchKind, Default: loadedSearch, Fit: fitOf})
	codec.RegisterFamily(codec.Family{Name: "selection.SearchModel", Inner: []string{"Best"}, Owner: codec.InstanceOf(neighbour, "SearchModel"), Kind: searchModelKind, Default: loadedSearchModel})
	codec.RegisterFamily(codec.Family{Name: "selection.HeldOut", Inner: []string{"Fitter"}, Owner: codec.InstanceOf(neighbour, "HeldOut"), Kind: heldOutKind, Default: loadedHeldOut, Fit: fitOf})
}

func registerScorers() {
	ml.Register[Accuracy]("selection.Accuracy")
	ml.Register[LogLoss]("selection.LogLoss")
	ml.Register[ROCAUC]("selection.ROCAUC")
	ml.Register[R2]("selection.R2")
	ml.Register[RMSE]("selection.RMSE")
	ml.Register[MSE]("selection.MSE")
	ml.Register[MAE]("selection.MAE")
	ml.Register[Precision]("selection.Precision")
	ml.Register[Recall]("selection.Recall")
	ml.Register[F1]("selection.F1")
	ml.Register[BalancedAccuracy]("selection.BalancedAccuracy")
	ml.Register[MCC]("selection.MCC")
	ml.Register[Brier]("selection.Brier")
	ml.Register[AveragePrecision]("selection.AveragePrecision")
	ml.Register[MedianAE]("selection.MedianAE")
	ml.Register[MAPE]("selection.MAPE")
	ml.Register[TweedieDeviance]("selection.TweedieDeviance")
	ml.Register[Pinball]("selection.Pinball")
}

func registerSplitters() {
	ml.Register[KFold]("selection.KFold")
	ml.Register[StratifiedKFold]("selection.StratifiedKFold")
	ml.Register[GroupKFold]("selection.GroupKFold")
	ml.Register[StratifiedGroupKFold]("selection.StratifiedGroupKFold")
	ml.Register[LeaveOneGroupOut]("selection.LeaveOneGroupOut")
	ml.Register[RepeatedKFold]("selection.RepeatedKFold")
	ml.Register[RepeatedStratifiedKFold]("selection.RepeatedStratifiedKFold")
	ml.Register[ShuffleSplit]("selection.ShuffleSplit")
	ml.Register[StratifiedShuffleSplit]("selection.StratifiedShuffleSplit")
	ml.Register[GroupShuffleSplit]("selection.GroupShuffleSplit")
	ml.Register[LeaveOneOut]("selection.LeaveOneOut")
	ml.Register[TimeSeriesSplit]("selection.TimeSeriesSplit")
	ml.Register[PredefinedSplit]("selection.PredefinedSplit")
	ml.Register[LeavePOut]("selection.LeavePOut")
	ml.Register[LeavePGroupsOut]("selection.LeavePGroupsOut")
	ml.Register[GroupTimeSeriesSplit]("selection.GroupTimeSeriesSplit")
	ml.Register[StratifiedRegressionKFold]("selection.StratifiedRegressionKFold")
}

// The kind of a generic struct names what it predicts; what it holds carries kinds of its own.

func searchKind(t reflect.Type) string { return "selection.Search[" + fittedTo(t) + "]" }

func heldOutKind(t reflect.Type) string { return "selection.HeldOut[" + fittedTo(t) + "]" }

func searchModelKind(t reflect.Type) string {
	predict, _ := reflect.PointerTo(t).MethodByName("Predict")
	return "selection.SearchModel[" + predict.Type.Out(0).Elem().String() + "]"
}

// fittedTo is the target type Y of a config whose Fit takes a Dataset[Y].
func fittedTo(config reflect.Type) string {
	data, _ := fitOf(config)
	y, _ := data.FieldByName("Y")
	return y.Type.Elem().String()
}

func fitOf(config reflect.Type) (data, model reflect.Type) {
	fit, _ := config.MethodByName("Fit")
	return fit.Type.In(2), fit.Type.Out(0)
}

// What is loaded into an interface holds its own parts as interfaces too.

type fitterOf[Y, M any] = ml.Fitter[ml.Dataset[Y], M]

func search[Y any, M ml.Predictor[Y]]() reflect.Type {
	return reflect.TypeFor[Search[Y, M, fitterOf[Y, M]]]()
}

func searchModel[Y any, M ml.Predictor[Y]]() reflect.Type {
	return reflect.TypeFor[*SearchModel[Y, M]]()
}

func heldOut[Y any, M ml.Predictor[Y]]() reflect.Type { return reflect.TypeFor[HeldOut[Y, M]]() }

func loadedSearch(kind string, peek codec.Peek) (reflect.Type, error) {
	switch kind {
	case "selection.Search[int]":
		if codec.StoredHas[ml.Classifier](peek, "Configs", "0") {
			return search[int, ml.Classifier](), nil
		}
		return search[int, ml.Predictor[int]](), nil
	case "selection.Search[float64]":
		return search[float64, ml.Predictor[float64]](), nil
	case "selection.Search[[]float64]":
		return search[[]float64, ml.Predictor[[]float64]](), nil
	case "selection.Search[[]int]":
		return search[[]int, ml.Predictor[[]int]](), nil
	}
	return nil, nil
}

func loadedSearchModel(kind string, peek codec.Peek) (reflect.Type, error) {
	switch kind {
	case "selection.SearchModel[int]":
		if codec.StoredHas[ml.Classifier](peek, "Best") {
			return searchModel[int, ml.Classifier](), nil
		}
		return searchModel[int, ml.Predictor[int]](), nil
	case "selection.SearchModel[float64]":
		return searchModel[float64, ml.Predictor[float64]](), nil
	case "selection.SearchModel[[]float64]":
		return searchModel[[]float64, ml.Predictor[[]float64]](), nil
	case "selection.SearchModel[[]int]":
		return searchModel[[]int, ml.Predictor[[]int]](), nil
	}
	return nil, nil
}

func loadedHeldOut(kind string, peek codec.Peek) (reflect.Type, error) {
	switch kind {
	case "selection.HeldOut[int]":
		if codec.StoredHas[ml.Classifier](peek, "Fitter") {
			return heldOut[int, ml.Classifier](), nil
		}
		return heldOut[int, ml.Predictor[int]](), nil
	case "selection.HeldOut[float64]":
		return heldOut[float64, ml.Predictor[float64]](), nil
	case "selection.HeldOut[[]float64]":
		return heldOut[[]float64, ml.Predictor[[]float64]](), nil
	case "selection.HeldOut[[]int]":
		return heldOut[[]int, ml.Predictor[[]int]](), nil
	}
	return nil, nil
}

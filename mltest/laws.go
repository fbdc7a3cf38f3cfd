package mltest

// Law names one law. Its text is the name of the subtest that checks it.
type Law string

// The laws, in the order they are checked. Those of the last two groups are checked where they apply.
const (
	// A fit repeated on the same data gives the same bytes.
	Repeatable Law = "Repeatable"
	// GOMAXPROCS 1, 2, 3 and 8 give the same bytes; under the race detector, 1 and 3.
	AnyProcs Law = "AnyProcs"
	// Fit leaves the config as it is.
	ConfigUnchanged Law = "ConfigUnchanged"
	// The zero config works or gives ErrConfig.
	ZeroConfig Law = "ZeroConfig"
	// A config goes to JSON and back unchanged, and an unknown field is refused.
	ConfigJSON Law = "ConfigJSON"

	// Fit, Predict and Transform write to nothing they are given.
	InputsUnchanged Law = "InputsUnchanged"
	// A model does not change when its training data and the rows it predicted are overwritten.
	InputsNotKept Law = "InputsNotKept"
	// What a model returned is the caller's: overwriting it changes neither the model nor other results.
	OutputsOwned Law = "OutputsOwned"

	// Nil, empty and disagreeing shapes give ErrShape from Fit.
	BadShapes Law = "BadShapes"
	// NaN and Inf in X give ErrNotFinite from Fit; with Missing, NaN is learned from.
	BadNumbers Law = "BadNumbers"
	// Impossible class codes and non-finite targets give ErrTarget from Fit; with Unlabelled, ml.None is learned from.
	BadTargets Law = "BadTargets"
	// Negative, non-finite and all-zero weights give ErrWeight from Fit.
	BadWeights Law = "BadWeights"
	// A categorical column gives ErrColumn from Fit; with Categorical, it is learned from.
	BadColumns Law = "BadColumns"
	// Rows of the wrong width, nil matrices and short slices give ErrShape from a fitted model.
	WrongWidth Law = "WrongWidth"
	// NaN and Inf give ErrNotFinite from a fitted model; with Missing, NaN gives a usable answer.
	NotFinite Law = "NotFinite"
	// One row, one class, constant columns, duplicates, more columns than rows, extreme scales: a usable model or an *ml.Error.
	Degenerate Law = "Degenerate"

	// A row of weight 0 is absent.
	ZeroWeight Law = "ZeroWeight"
	// A row of integer weight k is k rows; no weights are weights of 1.
	RepeatedRows Law = "RepeatedRows"
	// The order of the training rows does not matter.
	RowOrder Law = "RowOrder"

	// Tensors, strided views, gonum's *mat.Dense and any other Matrix of the same numbers give the same model.
	Storage Law = "Storage"
	// float32 storage of the same numbers gives the same model.
	Float32 Law = "Float32"
	// CSR storage of the same numbers gives the same model, or an error that says that sparse input is refused.
	Sparse Law = "Sparse"
	// A wide CSR matrix is never made dense.
	SparseMemory Law = "SparseMemory"

	// A batch, its rows one by one, and the single-row and into methods give the same bits.
	RowByRow Law = "RowByRow"
	// PredictRow, ProbaRow and TransformRow do not allocate.
	RowAllocs Law = "RowAllocs"
	// PredictInto does not allocate for a row of float64; wrappers, which transform first, are exempt.
	IntoAllocs Law = "IntoAllocs"

	// A model saves to the same bytes each time, and loaded it predicts and saves the same.
	SaveLoad Law = "SaveLoad"
	// A truncated, damaged or foreign file gives an error or a model that does not panic, within bounded memory.
	HostileFile Law = "HostileFile"
	// The config inside a loaded model fits the same model again.
	RefitLoaded Law = "RefitLoaded"

	// A cancelled context gives its error and no model.
	CancelBefore Law = "CancelBefore"
	// A context cancelled during the fit gives its error and no model; it is asked in every iteration.
	CancelDuring Law = "CancelDuring"
	// No goroutine outlives a fit, finished or cancelled.
	NoLeak Law = "NoLeak"
	// ml.Stop from the progress function gives the model so far, with status Stopped.
	StopKeepsModel Law = "StopKeepsModel"
	// Any other error of the progress function comes out of Fit.
	ProgressError Law = "ProgressError"

	// Fits at the same time do not disturb each other.
	ConcurrentFit Law = "ConcurrentFit"
	// Any number of goroutines may use a model at once.
	ConcurrentPredict Law = "ConcurrentPredict"

	// A model says what it was fitted on: Columns, Classes, Config, Info.Rows, Info.Features.
	Meta Law = "Meta"
	// Info says how the fit ended, consistently and in finite numbers.
	FitInfo Law = "FitInfo"
	// ml.Align puts named columns in the model's order and refuses a table that lacks one.
	Align Law = "Align"

	// Update, where a model has it, gives a new model each time and leaves the old one as it is; it refuses what Fit refuses.
	Update Law = "Update"

	// Probabilities are finite, in [0, 1], one column for each class, and rows sum to 1 within K ulp.
	Probabilities Law = "Probabilities"
	// Predict is the most probable class, the lowest code of equals.
	ArgMax Law = "ArgMax"
	// A declared class without rows keeps its column and is not predicted for training rows.
	AbsentClass Law = "AbsentClass"
	// The names of the classes do not matter.
	ClassNames Law = "ClassNames"

	// Transform keeps the rows; Out has a valid entry for each of its columns.
	OutColumns Law = "OutColumns"
	// Inverse undoes Transform.
	Inverse Law = "Inverse"
	// FitTransform gives Fit's model and its Transform of the training rows.
	FitTransform Law = "FitTransform"
	// Cluster codes are 0..K-1, or ml.None.
	ClusterCodes Law = "ClusterCodes"
)

// rule is a law with its check. The check returns nil when the law holds, a notApplicable when there is nothing to check,
// and otherwise what was found against it.
type rule struct {
	law   Law
	check func(*env) error
	tol   float64 // default tolerance, 0 for laws that allow none
}

// rules lists every law in the order of checking.
func rules() []rule {
	return []rule{
		{Repeatable, checkRepeatable, 0},
		{AnyProcs, checkAnyProcs, 0},
		{ConfigUnchanged, checkConfigUnchanged, 0},
		{ZeroConfig, checkZeroConfig, 0},
		{ConfigJSON, checkConfigJSON, 0},
		{InputsUnchanged, checkInputsUnchanged, 0},
		{InputsNotKept, checkInputsNotKept, 0},
		{OutputsOwned, checkOutputsOwned, 0},
		{BadShapes, checkBadShapes, 0},
		{BadNumbers, checkBadNumbers, 0},
		{BadTargets, checkBadTargets, 0},
		{BadWeights, checkBadWeights, 0},
		{BadColumns, checkBadColumns, 0},
		{WrongWidth, checkWrongWidth, 0},
		{NotFinite, checkNotFinite, 0},
		{Degenerate, checkDegenerate, 0},
		{ZeroWeight, checkZeroWeight, 1e-6},
		{RepeatedRows, checkRepeatedRows, 1e-6},
		{RowOrder, checkRowOrder, 1e-6},
		{Storage, checkStorage, 1e-9},
		{Float32, checkFloat32, 1e-4},
		{Sparse, checkSparse, 1e-6},
		{SparseMemory, checkSparseMemory, 0},
		{RowByRow, checkRowByRow, 0},
		{RowAllocs, checkRowAllocs, 0},
		{IntoAllocs, checkIntoAllocs, 0},
		{SaveLoad, checkSaveLoad, 0},
		{HostileFile, checkHostileFile, 0},
		{RefitLoaded, checkRefitLoaded, 0},
		{CancelBefore, checkCancelBefore, 0},
		{CancelDuring, checkCancelDuring, 0},
		{NoLeak, checkNoLeak, 0},
		{StopKeepsModel, checkStopKeepsModel, 0},
		{ProgressError, checkProgressError, 0},
		{ConcurrentFit, checkConcurrentFit, 0},
		{ConcurrentPredict, checkConcurrentPredict, 0},
		{Meta, checkMeta, 0},
		{FitInfo, checkFitInfo, 0},
		{Align, checkAlign, 0},
		{Update, checkUpdate, 0},
		{Probabilities, checkProbabilities, 0},
		{ArgMax, checkArgMax, 0},
		{AbsentClass, checkAbsentClass, 0},
		{ClassNames, checkClassNames, 0},
		{OutColumns, checkOutColumns, 0},
		{Inverse, checkInverse, 1e-8},
		{FitTransform, checkFitTransform, 1e-9},
		{ClusterCodes, checkClusterCodes, 0},
	}
}

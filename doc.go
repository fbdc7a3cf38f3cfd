// Package ml is the vocabulary that every package of Gopherwood shares: data, configs that are fitted, fitted models,
// pipelines, model files, progress and errors. It holds no algorithm; those are in linear, features, selection and the
// other packages beside it.
//
// # Configs and models
//
// A method is a struct with a Fit method. Its fields are plain data, and the zero of each has a documented meaning. Fit never
// changes the config or the data and returns another type, the model, which never changes either and may be used by any
// number of goroutines at once:
//
//	model, err := linear.Ridge{Alpha: 1}.Fit(ctx, train) // *linear.RegressionModel
//	pred, err := model.Predict(test.X)
//
// In an if or for statement Go wants the config in parentheses: if m, err := (linear.Ridge{Alpha: 1}).Fit(ctx, d); err == nil {...}.
//
// # Data
//
// A [Table] is a matrix with what is known about its columns and rows; a [Dataset] adds targets, and the type of the targets
// is the task: float64 for regression, int codes 0..K-1 for classes, []float64 for several outputs, []int for multi-label.
// Everything with Dims and At is a matrix: tensors of float32 and float64, sparse CSR, gonum's *mat.Dense, a type of your own.
// [ReadCSV] and the other readers make tables from files; features.For makes data sets from a []struct.
//
// A categorical column holds codes 0..len(Levels)-1 as numbers; NaN is a missing or unseen category.
//
// # Pipelines
//
// [Pipe] joins preprocessing [Step]s and a final estimator into one Fitter, so that cross-validation fits the preprocessing on
// training rows only. The final model keeps its type:
//
//	pipe := ml.Pipe(ml.Step(features.StandardScaler{}), linear.LogisticRegression{C: 10})
//	fitted, err := pipe.Fit(ctx, train)
//	fmt.Println(fitted.Final.Coef)
//
// # Abilities
//
// What some models can do and others not are small interfaces: [RowPredictor], [RowProba], [RowTransformer], [IntoTransformer], [Into],
// [Inverter], [Stager], [Updater]. Ask with [As], which sees through pipelines and other wrappers.
//
// # Files
//
// [Save] writes a model, its config and columns as a safetensors file; [Load] reads it back as the type asked for, or as an
// interface such as [Classifier]. [MarshalConfig] and [UnmarshalConfig] do the same for a config as JSON. Types of your own take
// part after [Register], configs after [RegisterConfig].
//
// # Progress and cancellation
//
// Fit stops when its context is done. [WithProgress] puts a function into the context that every fit below it reports to;
// [Bar] and [LogProgress] are ready made. Returning [Stop] ends the fit with the model so far.
//
// # Errors
//
// A fault of data, config or file is an [*Error]: what was found, where, what was wanted. Its kind is found with errors.Is:
// [ErrConfig], [ErrShape], [ErrNotFinite], [ErrTarget], [ErrWeight], [ErrColumn], [ErrData], [ErrFormat], [ErrType]. An ability that a model
// lacks is errors.ErrUnsupported. Index algebra in package tensor panics with *tensor.ShapeError, as a slice index does.
package ml

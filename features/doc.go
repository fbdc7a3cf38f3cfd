// Package features turns columns into what an estimator can learn from: scalers, encoders, imputers, the column
// transformer, and the schema that reads Go structs.
package features

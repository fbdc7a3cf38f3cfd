package ml

import "fmt"

// CheckFolds checks what a [Splitter] gave for n rows: at least one fold, each with test and training rows, all of them between 0 and
// n-1. The error, ErrConfig, names the field that holds the splitter.
func CheckFolds(where, field string, folds []Fold, n int) error {
	bad := func(format string, a ...any) error {
		return &Error{Where: where, Field: field, Found: fmt.Sprintf(format, a...),
			Want: fmt.Sprintf("folds with rows to learn from and rows to test on, of rows 0 to %d", n-1), Kind: ErrConfig}
	}
	if len(folds) == 0 {
		return bad("one that makes no folds")
	}
	for f, fold := range folds {
		for part, rows := range [2][]int{fold.Test, fold.Train} {
			for _, i := range rows {
				if i < 0 || i >= n {
					return bad("one whose fold %d has row %d in %s", f, i, [2]string{"Test", "Train"}[part])
				}
			}
		}
		if len(fold.Test) == 0 || len(fold.TrainRows(n)) == 0 {
			return bad("one whose fold %d is empty on one side", f)
		}
	}
	return nil
}

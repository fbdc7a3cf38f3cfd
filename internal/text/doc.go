// Package text reads tables from text: the parsers behind the readers of package ml, which adds options, documentation
// and errors of its own type.
//
// A source cuts its input into blocks at record borders (source.go). A format cuts a block into cells and hands them to
// a shard (csv.go, jsonl.go, sql.go), whose columns work out what the cells are (column.go). Blocks are parsed side by
// side; since their borders depend on the input alone, so does the result. At the end the shards are joined (join.go):
// levels get their final codes and, when two blocks saw different things in one column, the input is read again with
// that column declared as text. LIBSVM and ARFF (svm.go, arff.go) build on the same columns and numbers.
package text

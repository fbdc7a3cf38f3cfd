//go:build !race

package kern

const racing = false

func reads[E any](x []E)  {}
func writes[E any](x []E) {}

func readsRows[T Float](x []T, rows, cols, stride int)  {}
func writesRows[T Float](x []T, rows, cols, stride int) {}

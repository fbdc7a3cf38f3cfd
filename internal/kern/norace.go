//go:build !race

package kern

const racing = false

func reads[T Float](x []T)  {}
func writes[T Float](x []T) {}

func readsRows[T Float](x []T, rows, cols, stride int)  {}
func writesRows[T Float](x []T, rows, cols, stride int) {}

//go:build !race

package kern

const racing = false

func reads[E any](x []E)  {}
func writes[E any](x []E) {}

func readsRows[E any](x []E, rows, cols, stride int)  {}
func writesRows[E any](x []E, rows, cols, stride int) {}

//go:build purego || !amd64

package kern

import "testing"

func eachInt8Path(t *testing.T, f func(t *testing.T)) { f(t) }

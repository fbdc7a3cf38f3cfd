//go:build cuda

package ml

import _ "github.com/gopherwood-ml/ml/internal/cuda" // which offers its engine

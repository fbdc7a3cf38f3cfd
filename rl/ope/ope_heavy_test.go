//go:build heavy

package ope

import "testing"

func TestIntervalsCoverTheTruthHeavy(t *testing.T) { coverTheTruth(t, 1500, 1500, 1000) }
